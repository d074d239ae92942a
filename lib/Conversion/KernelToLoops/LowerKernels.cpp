//===- LowerKernels.cpp - Kernels become span functions -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Generators.h"
#include "KernelCost.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "quantc/Conversion/KernelToLoops/Passes.h"
#include "quantc/Dialect/NN/IR/NNDialect.h"
#include "quantc/Dialect/QT/IR/QTDialect.h"
#include "quantc/Dialect/QT/IR/QTOps.h"

namespace quantc {
#define GEN_PASS_DEF_LOWERKERNELS
#include "quantc/Conversion/KernelToLoops/Passes.h.inc"
} // namespace quantc

using namespace mlir;
using namespace quantc;

Operation *quantc::getOnlyOp(func::FuncOp kernel) {
  Operation *single = nullptr;
  for (Operation &op : kernel.getBody().front().without_terminator()) {
    if (op.hasTrait<OpTrait::ConstantLike>())
      continue;
    if (single)
      return nullptr;
    single = &op;
  }
  return single;
}

/// The first that can emit a kernel does.
static const KernelGenerator generators[] = {
    {"contraction", canEmitContraction, emitContraction},
    {"plain contraction", canEmitPlainContraction, emitPlainContraction},
    {"attention", canEmitAttention, emitAttention},
    {"integer attention", canEmitIntegerAttention, emitIntegerAttention},
    {"rows", canEmitRows, emitRows},
    {"transpose", canEmitTranspose, emitTranspose},
    {"movement", canEmitMovement, emitMovement},
    {"positions", canEmitPositions, emitPositions},
    {"halo", canEmitHalo, emitHalo},
    {"magnitudes", canEmitMagnitudes, emitMagnitudes},
    {"halo of integers", canEmitHaloIntegers, emitHaloIntegers},
    {"windows", canEmitWindow, emitWindow},
    {"loops", canEmitLoops, emitLoops},
};

namespace {
struct LowerKernels : quantc::impl::LowerKernelsBase<LowerKernels> {
  using LowerKernelsBase::LowerKernelsBase;

  void runOnOperation() override {
    SmallVector<func::FuncOp> kernels;
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (func->hasAttr(kernelAttrName))
        kernels.push_back(func);
    locate(kernels);
    for (func::FuncOp kernel : kernels)
      if (failed(lower(kernel)))
        return signalPassFailure();
  }

  /// Equal kernels were merged without their locations: errors in one name the
  /// nodes of the first launch.
  void locate(ArrayRef<func::FuncOp> kernels) {
    llvm::DenseMap<Attribute, Location> locations;
    getOperation().walk([&](qt::LaunchOp launch) {
      locations.try_emplace(launch.getKernel().getLeafReference(),
                            launch.getLoc());
    });
    for (func::FuncOp kernel : kernels)
      if (auto found = locations.find(kernel.getSymNameAttr());
          found != locations.end())
        kernel.walk([&](Operation *op) { op->setLoc(found->second); });
  }

  LogicalResult lower(func::FuncOp kernel) {
    const auto *generator =
        llvm::find_if(generators, [&](const KernelGenerator &candidate) {
          return candidate.canEmit(kernel);
        });
    if (generator == std::end(generators)) {
      InFlightDiagnostic diagnostic =
          kernel.emitError("no code for a kernel of ");
      llvm::interleaveComma(
          kernel.getBody().front().without_terminator(), diagnostic,
          [&](Operation &op) { diagnostic << "'" << op.getName() << "'"; });
      return diagnostic;
    }
    KernelBuilder builder(kernel);
    KernelCost cost = getKernelCost(kernel, builder.getShapes());
    if (failed(generator->emit(builder)))
      return failure();
    if (builder.hasUnknownSize())
      return kernel.emitError("sizes depend on data, or on two dims that "
                              "broadcast; supported: sizes that follow from "
                              "the named dims of the inputs");
    builder.setAttr(operationsAttrName, cost.operations);
    builder.setAttr(bytesAttrName, cost.bytes);
    if (!cost.arithmetic.empty())
      builder.getModule()->setAttr(
          arithmeticAttrName, StringAttr::get(&getContext(), cost.arithmetic));
    builder.finish();
    return success();
  }
};
} // namespace
