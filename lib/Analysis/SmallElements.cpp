//===- SmallElements.cpp - Whose small elements count -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/SmallElements.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/LimitAttr.h"

using namespace mlir;
using namespace quantc;

static bool isFloat(Value value) {
  return getElementTypeOrSelf(value.getType()).isF32();
}

SmallElements::SmallElements(Block &block) : inputs(block, InputScope::Axes) {
  for (Operation &op : block)
    findSpread(op);
  // Users before what they use.
  for (Operation &op : llvm::reverse(block)) {
    findSummed(op);
    if (op.getNumResults() == 1 &&
        (isFloat(op.getResult(0)) || llvm::any_of(op.getOperands(), isFloat)))
      visit(op);
  }
}

void SmallElements::findSpread(Operation &op) {
  auto exponents = dyn_cast<ExponentOpInterface>(op);
  if (!exponents)
    return;
  auto isSpread = [&](Value value) { return spread.contains(value); };
  if (exponents.isResultSpread(isConstantSlice, isSpread))
    spread.insert_range(op.getResults());
  // A constant factor brings nothing farther apart.
  auto binary = dyn_cast<nn::BinaryOp>(op);
  bool isScaling = binary && binary.getKind() == nn::BinaryKind::Mul &&
                   llvm::any_of(op.getOperands(), isConstantSlice);
  auto maySpread = [&](Value value) { return spreading.contains(value); };
  if (exponents.isResultSpread(isConstantSlice, maySpread) ||
      (!isScaling && exponents.canKeepExponents(isConstantSlice, maySpread)))
    spreading.insert_range(op.getResults());
}

void SmallElements::findSummed(Operation &op) {
  auto exponents = dyn_cast<ExponentOpInterface>(op);
  if (exponents && exponents.sumsRows())
    summed.insert_range(op.getOperands());
  else if (op.hasTrait<nn::MovesElements>() && summed.contains(op.getResult(0)))
    summed.insert(op.getOperand(0));
}

/// Inputs that are close to each other, or to what is found in them.
bool SmallElements::isDifferenceOfInputs(Operation &op) const {
  auto binary = dyn_cast<nn::BinaryOp>(op);
  return binary && binary.getKind() == nn::BinaryKind::Sub &&
         inputs.isInput(binary.getLhs()) && inputs.isInput(binary.getRhs());
}

/// What is divided by an input has its unit no longer: features of other orders
/// of magnitude come close to each other.
bool SmallElements::isQuotientByInputs(ExponentOpInterface op) const {
  auto binary = dyn_cast<nn::BinaryOp>(op.getOperation());
  return binary && binary.getKind() == nn::BinaryKind::Div &&
         op.mayLeaveSmall(isConstantSlice) && inputs.isInput(binary.getRhs());
}

bool SmallElements::keepsExponents(ExponentOpInterface op) const {
  Value result = op->getResult(0);
  bool mayLeaveSmall = op.mayLeaveSmall(isConstantSlice);
  if (isQuotientByInputs(op) ||
      (mayLeaveSmall && llvm::any_of(op->getOperands(), [&](Value value) {
         return spread.contains(value);
       })))
    return true;
  if (!shown.contains(result))
    return false;
  auto maySpread = [&](Value value) { return spreading.contains(value); };
  if (mayLeaveSmall && llvm::any_of(op->getOperands(), maySpread))
    return true;
  bool isColumns = columns.contains(result);
  return op.canKeepExponents(isConstantSlice, [&](Value value) {
    return isColumns || maySpread(value);
  });
}

bool SmallElements::readsColumns(Operation &op) const {
  if (columns.contains(op.getResult(0)))
    return true;
  return isa<nn::ReduceOp>(op) && keepExponents(&op) &&
         spread.contains(op.getResult(0)) && !spread.contains(op.getOperand(0));
}

bool SmallElements::showsOperands(ExponentOpInterface op) const {
  bool isKept = keepExponents(op);
  if (isDifferenceOfInputs(*op) ||
      (isKept && op.mayLeaveSmall(isConstantSlice)))
    return true;
  // A product takes the largest element of a row for all of it, and that of a
  // turned row may be small.
  Value result = op->getResult(0);
  if (op.turnsRows() && summed.contains(result) &&
      spread.contains(op->getOperand(0)))
    return true;
  bool isShown = shown.contains(result);
  switch (op.getSmallOperands()) {
  case SmallOperands::Hidden:
    return false;
  case SmallOperands::Passed:
    return isShown;
  case SmallOperands::Summed:
    return isKept || (isShown && inputs.isInput(op->getOperand(0)));
  case SmallOperands::Multiplied:
    return isKept || op->hasAttr(qt::elementExponentsAttrName);
  case SmallOperands::Shown:
    return true;
  }
  llvm_unreachable("all cases are covered");
}

void SmallElements::visit(Operation &op) {
  auto exponents = dyn_cast<ExponentOpInterface>(op);
  if (!exponents)
    return;
  if (keepsExponents(exponents))
    keepers.insert(&op);
  if (!showsOperands(exponents))
    return;
  bool areColumns = readsColumns(op);
  for (Value operand : op.getOperands()) {
    if (!isFloat(operand))
      continue;
    shown.insert(operand);
    if (areColumns)
      columns.insert(operand);
  }
}
