//===- NonNegative.cpp - Which numbers have no sign -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/NonNegative.h"
#include "mlir/IR/Matchers.h"
#include "quantc/Interfaces/SignOpInterface.h"

using namespace mlir;
using namespace quantc;

static bool isNonNegativeConstant(Attribute constant) {
  if (auto splat = dyn_cast<SplatElementsAttr>(constant))
    constant = splat.getSplatValue<Attribute>();
  if (auto integer = dyn_cast<IntegerAttr>(constant))
    return integer.getType().isSignlessInteger() &&
           !integer.getValue().isNegative();
  auto number = dyn_cast<FloatAttr>(constant);
  return number && number.getValueAsDouble() >= 0;
}

/// \p left bounds how many ops are looked at.
static bool check(Value value, unsigned &left) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    auto owner =
        dyn_cast_or_null<SignOpInterface>(argument.getOwner()->getParentOp());
    Value operand =
        owner ? owner.getOperandOfArgument(argument.getArgNumber()) : Value();
    return operand && check(operand, left);
  }
  if (left == 0)
    return false;
  --left;
  Operation *op = value.getDefiningOp();
  Attribute constant;
  if (matchPattern(op, m_Constant(&constant)))
    return isNonNegativeConstant(constant);
  auto known = dyn_cast<SignOpInterface>(op);
  return known && known.isResultNonNegative(
                      [&](Value operand) { return check(operand, left); });
}

bool quantc::isNonNegative(Value value) {
  unsigned left = 64;
  return check(value, left);
}
