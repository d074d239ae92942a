//===- InitAll.cpp - Registration of everything in quantc -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/InitAll.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "quantc/Analysis/Passes.h"
#include "quantc/Conversion/ExpandElementwise/Passes.h"
#include "quantc/Conversion/IntegerLowering/IntegerLowering.h"
#include "quantc/Conversion/KernelToLoops/LoopOpInterface.h"
#include "quantc/Conversion/KernelToLoops/Passes.h"
#include "quantc/Conversion/LowerDot/Passes.h"
#include "quantc/Dialect/Check/IR/CheckOps.h"
#include "quantc/Dialect/NN/IR/NNDialect.h"
#include "quantc/Dialect/NN/Transforms/Passes.h"
#include "quantc/Dialect/QT/IR/QTDialect.h"
#include "quantc/Dialect/QT/Transforms/Passes.h"
#include "quantc/Dialect/QT/Verify/Passes.h"
#include "quantc/Interpreter/Passes.h"
#include "quantc/Pipelines/Pipelines.h"
#include "quantc/Target/CPU/Passes.h"

using namespace mlir;

void quantc::registerAllDialects(DialectRegistry &registry) {
  registry
      .insert<arith::ArithDialect, cf::ControlFlowDialect, func::FuncDialect,
              LLVM::LLVMDialect, math::MathDialect, memref::MemRefDialect,
              quant::QuantDialect, scf::SCFDialect, tensor::TensorDialect,
              ub::UBDialect, vector::VectorDialect>();
  // Ours, one a line.
  registry.insert<check::CheckDialect>();
  registry.insert<nn::NNDialect>();
  registry.insert<qt::QTDialect>();
  registerLoopModels(registry);
  registerIntegerModels(registry);
}

void quantc::registerAllPasses() {
  nn::registerNNPasses();
  qt::registerQTVerifyPasses();
  registerAnalysisPasses();
  qt::registerQTTransformsPasses();
  registerTargetCPUPasses();
  registerKernelToLoopsPasses();
  registerExpandElementwisePasses();
  registerLowerDotPasses();
  registerInterpreterPasses();
  registerStagePipelines();
}
