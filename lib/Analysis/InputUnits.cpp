//===- InputUnits.cpp - Inputs with units of their own ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/InputUnits.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Interpreter/Interpreter.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

/// Whether a value of floats has rows of more than one element.
static bool hasRows(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getElementType().isF32() && type.getRank() > 0 &&
         type.getShape().back() != 1;
}

/// Whether the elements of a row of a constant differ by so many bits that a
/// row of 31 leaves a row of 16 too few of the smallest feature's.
static bool areScalesFarApart(Value constant) {
  constexpr double far = 256;
  if (!hasRows(constant) || !isConstantSlice(constant))
    return false;
  FailureOr<HostValue> value = interpretConstant(constant);
  if (failed(value))
    return false;
  int64_t length = value->getShape().back();
  double least = 0, most = 0;
  for (int64_t i = 0, e = value->getNumElements(); i < e; ++i) {
    if (i % length == 0)
      least = most = 0;
    double magnitude = std::abs(value->getNumber(i));
    if (magnitude == 0 || !std::isfinite(magnitude))
      continue;
    least = least == 0 ? magnitude : std::min(least, magnitude);
    most = std::max(most, magnitude);
    if (most > far * least)
      return true;
  }
  return false;
}

static bool hasNegative(Value constant) {
  if (!isConstantSlice(constant))
    return false;
  FailureOr<HostValue> value = interpretConstant(constant);
  if (failed(value))
    return false;
  for (int64_t i = 0, e = value->getNumElements(); i < e; ++i)
    if (value->getNumber(i) < 0)
      return true;
  return false;
}

/// Whether rows are single elements, whose exponents are those of elements.
static bool isOneColumn(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getRank() > 0 && type.getShape().back() == 1;
}

/// Whether something is found along columns, of which each has a unit.
static bool reducesColumns(Operation &op) {
  auto reduce = dyn_cast<nn::ReduceOp>(op);
  return reduce && reduce.getKind() != nn::ReduceKind::Prod &&
         !llvm::is_contained(reduce.getAxes(),
                             reduce.getInput().getType().getRank() - 1);
}

/// Whether rows are put together from several.
static bool joinsRows(Operation &op) {
  auto concat = dyn_cast<nn::ConcatOp>(op);
  return concat && hasRows(concat.getResult()) &&
         static_cast<int64_t>(concat.getAxis()) + 1 ==
             concat.getType().getRank();
}

/// Whether some of what a row is put together from has a unit: what stands
/// beside it, whatever it is, has one of its own then.
bool InputUnits::joinsUnits(Operation &op) const {
  return joinsRows(op) && llvm::any_of(op.getOperands(), [&](Value operand) {
           return features.contains(operand) ||
                  (isOneColumn(operand) && !isConstantSlice(operand));
         });
}

/// Whether each element of the result is computed of the elements at its place,
/// or of its column.
bool InputUnits::isOfElements(Operation &op) const {
  auto isKnown = [&](Value operand) {
    return features.contains(operand) || isConstantSlice(operand) ||
           isOneColumn(operand) ||
           !getElementTypeOrSelf(operand.getType()).isF32();
  };
  if (op.getNumResults() != 1 || !hasRows(op.getResult(0)) ||
      !llvm::all_of(op.getOperands(), isKnown) ||
      llvm::none_of(op.getOperands(),
                    [&](Value operand) { return features.contains(operand); }))
    return false;
  auto exponents = dyn_cast<ExponentOpInterface>(op);
  return op.hasTrait<nn::MovesElements>() || reducesColumns(op) ||
         (exponents && exponents.keepsUnits(isConstantSlice));
}

bool InputUnits::showsUnits(Operation &op) const {
  auto exponents = dyn_cast<ExponentOpInterface>(op);
  auto isInput = [&](Value operand) { return features.contains(operand); };
  return exponents && exponents.showsUnits({isInput, isConstantSlice,
                                            areScalesFarApart, hasNegative});
}

void InputUnits::visit(Operation &op) {
  bool isKept = op.getNumResults() == 1 && kept.contains(op.getResult(0));
  if (!isKept && !showsUnits(op))
    return;
  for (Value operand : op.getOperands())
    if (features.contains(operand)) {
      kept.insert(operand);
      readers.insert(&op);
    }
}

bool InputUnits::computesInUnits(Operation *op) const {
  return kept.contains(op->getResult(0)) &&
         !op->hasTrait<nn::MovesElements>() &&
         (!isa<nn::ConcatOp>(op) || joinsRows(*op));
}

bool InputUnits::removesUnits(Operation *op) const {
  return readers.contains(op) && !kept.contains(op->getResult(0));
}

InputUnits::InputUnits(Block &block, const InputArithmetic &before) {
  for (BlockArgument argument : block.getArguments())
    if (hasRows(argument))
      features.insert(argument);
  for (Operation &op : block)
    if (isOfElements(op) || joinsUnits(op) ||
        (op.getNumResults() == 1 && hasRows(op.getResult(0)) &&
         before.isInput(op.getResult(0))))
      features.insert(op.getResult(0));
  // Users before what they use.
  for (Operation &op : llvm::reverse(block))
    if (!before.contains(&op))
      visit(op);
}
