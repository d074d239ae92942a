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
#include "quantc/Analysis/RowUnits.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Interpreter/Interpreter.h"

using namespace mlir;
using namespace quantc;

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
  if (partsColumns(op))
    return true;
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
  return kept.contains(op->getResult(0)) && choosesExponents(*op);
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
