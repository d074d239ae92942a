//===- LoopModels.cpp - The models of LoopOpInterface -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LoopModels.h"
#include "quantc/Conversion/KernelToLoops/LoopOpInterface.h"
#include "quantc/Dialect/NN/IR/NNDialect.h"
#include "quantc/Dialect/QT/IR/QTDialect.h"

using namespace mlir;
using namespace quantc;

void quantc::registerLoopModels(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, nn::NNDialect *) {
    attachReductionLoops(context);
    attachTopKLoops(context);
  });
  registry.addExtension(+[](MLIRContext *context, qt::QTDialect *) {
    attachContractionLoops(context);
    attachCrossingLoops(context);
    attachContractionParts(context);
  });
}
