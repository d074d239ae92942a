//===- LogarithmOperands.cpp - What logarithms are taken of -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/LogarithmOperands.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Dialect/NN/IR/NNOps.h"

using namespace mlir;
using namespace quantc;

static bool passesMagnitudes(Operation &op) {
  auto exponents = dyn_cast<ExponentOpInterface>(op);
  return op.hasTrait<nn::MovesElements>() ||
         (exponents && exponents.passesMagnitudes(isConstantSlice));
}

llvm::DenseSet<Value> quantc::findLogarithmOperands(Block &block) {
  llvm::DenseSet<Value> operands;
  for (Operation &op : llvm::reverse(block)) {
    auto unary = dyn_cast<nn::UnaryOp>(op);
    bool isLogarithm = unary && (unary.getKind() == nn::UnaryKind::Log ||
                                 unary.getKind() == nn::UnaryKind::Log1p);
    if (isLogarithm || (op.getNumResults() == 1 && passesMagnitudes(op) &&
                        operands.contains(op.getResult(0))))
      operands.insert_range(op.getOperands());
  }
  return operands;
}
