//===- ExponentialArguments.cpp - What exponentials are of ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/ExponentialArguments.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Dialect/NN/IR/NNOps.h"

using namespace mlir;
using namespace quantc;

static bool isExponential(Operation &op) {
  auto unary = dyn_cast<nn::UnaryOp>(op);
  return unary && (unary.getKind() == nn::UnaryKind::Exp ||
                   unary.getKind() == nn::UnaryKind::Expm1);
}

llvm::DenseSet<Value> quantc::findExponentialArguments(Block &block) {
  llvm::DenseSet<Value> arguments;
  for (Operation &op : llvm::reverse(block)) {
    auto exponents = dyn_cast<ExponentOpInterface>(op);
    bool isPassed = exponents && op.getNumResults() == 1 &&
                    arguments.contains(op.getResult(0)) &&
                    exponents.passesErrors(isConstantSlice);
    if (!isPassed && !isExponential(op))
      continue;
    for (Value operand : op.getOperands())
      if (getElementTypeOrSelf(operand.getType()).isF32())
        arguments.insert(operand);
  }
  return arguments;
}
