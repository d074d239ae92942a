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
  if (op.hasTrait<nn::MovesElements>() || reducesColumns(op) ||
      isa<nn::ConcatOp, nn::SelectOp, nn::ClipOp>(op))
    return true;
  if (auto unary = dyn_cast<nn::UnaryOp>(op))
    switch (unary.getKind()) {
    case nn::UnaryKind::Abs:
    case nn::UnaryKind::Neg:
    case nn::UnaryKind::Relu:
    case nn::UnaryKind::Sign:
    case nn::UnaryKind::Sqrt:
    case nn::UnaryKind::Rsqrt:
    case nn::UnaryKind::Reciprocal:
      return true;
    default:
      return false;
    }
  auto binary = dyn_cast<nn::BinaryOp>(op);
  return isFloatArithmetic(&op) ||
         (binary && binary.getKind() == nn::BinaryKind::Pow &&
          isConstantSlice(binary.getRhs()));
}

/// Whether an op shows each element of a feature in its own unit: it scales
/// each by its own constant, divides by another one, or shows how large an
/// element is.
bool InputUnits::showsUnits(Operation &op) const {
  if (isa<nn::CompareOp>(op))
    return llvm::all_of(op.getOperands(), [&](Value operand) {
      return features.contains(operand) || isConstantSlice(operand);
    });
  if (auto unary = dyn_cast<nn::UnaryOp>(op))
    switch (unary.getKind()) {
    case nn::UnaryKind::Log:
    case nn::UnaryKind::Log1p:
    case nn::UnaryKind::Sign:
    case nn::UnaryKind::Rsqrt:
    case nn::UnaryKind::Reciprocal:
      return true;
    default:
      return false;
    }
  auto binary = dyn_cast<nn::BinaryOp>(op);
  if (!binary)
    return false;
  Value lhs = binary.getLhs(), rhs = binary.getRhs();
  switch (binary.getKind()) {
  case nn::BinaryKind::Mul:
    return areScalesFarApart(lhs) || areScalesFarApart(rhs);
  case nn::BinaryKind::Div:
    return areScalesFarApart(rhs) || features.contains(rhs);
  case nn::BinaryKind::Pow:
    return hasNegative(rhs);
  case nn::BinaryKind::Mod:
  case nn::BinaryKind::Fmod:
    return true;
  default:
    return false;
  }
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
         !op->hasTrait<nn::MovesElements>() && !isa<nn::ConcatOp>(op);
}

bool InputUnits::removesUnits(Operation *op) const {
  return readers.contains(op) && !kept.contains(op->getResult(0));
}

InputUnits::InputUnits(Block &block, const InputArithmetic &before) {
  for (BlockArgument argument : block.getArguments())
    if (hasRows(argument))
      features.insert(argument);
  for (Operation &op : block)
    if (isOfElements(op) ||
        (op.getNumResults() == 1 && hasRows(op.getResult(0)) &&
         before.isInput(op.getResult(0))))
      features.insert(op.getResult(0));
  // Users before what they use.
  for (Operation &op : llvm::reverse(block))
    if (!before.contains(&op))
      visit(op);
}
