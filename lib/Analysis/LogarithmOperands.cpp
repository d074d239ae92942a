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

/// Whether small elements of what the op reads are small ones of its result.
static bool passesMagnitudes(Operation &op) {
  if (op.hasTrait<nn::MovesElements>() || isa<nn::ClipOp>(op))
    return true;
  if (auto unary = dyn_cast<nn::UnaryOp>(op))
    return unary.getKind() == nn::UnaryKind::Relu ||
           unary.getKind() == nn::UnaryKind::Abs ||
           unary.getKind() == nn::UnaryKind::Sqrt;
  auto binary = dyn_cast<nn::BinaryOp>(op);
  if (!binary || llvm::none_of(op.getOperands(), isConstantSlice))
    return false;
  switch (binary.getKind()) {
  case nn::BinaryKind::Add:
  case nn::BinaryKind::Mul:
  case nn::BinaryKind::Max:
  case nn::BinaryKind::Min:
    return true;
  case nn::BinaryKind::Div:
    return isConstantSlice(binary.getRhs());
  default:
    return false;
  }
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
