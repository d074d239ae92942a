//===- InputArithmetic.cpp - Inputs that are scaled at once -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/InputArithmetic.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Dialect/NN/IR/NNOps.h"

using namespace mlir;
using namespace quantc;

Value quantc::getScaledOperand(Operation *op) {
  auto binary = dyn_cast<nn::BinaryOp>(op);
  if (!binary || !getElementTypeOrSelf(binary.getType()).isF32())
    return {};
  switch (binary.getKind()) {
  case nn::BinaryKind::Add:
  case nn::BinaryKind::Sub:
  case nn::BinaryKind::Mul:
  case nn::BinaryKind::Div:
    break;
  default:
    return {};
  }
  Value lhs = binary.getLhs(), rhs = binary.getRhs();
  if (isConstantSlice(rhs))
    return isConstantSlice(lhs) ? Value() : lhs;
  // A quotient of a constant is a reciprocal.
  bool isQuotient = binary.getKind() == nn::BinaryKind::Div;
  return isConstantSlice(lhs) && !isQuotient ? rhs : Value();
}

bool quantc::isOfInputs(Value value) {
  while (value) {
    Operation *op = value.getDefiningOp();
    if (!op)
      return true;
    value = op->hasTrait<nn::MovesElements>() ? op->getOperand(0)
                                              : getScaledOperand(op);
  }
  return false;
}
