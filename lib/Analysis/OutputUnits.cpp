//===- OutputUnits.cpp - Outputs with units of their own --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/OutputUnits.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Analysis/RowUnits.h"
#include "quantc/Dialect/NN/IR/NNOps.h"

using namespace mlir;
using namespace quantc;

static bool isFloat(Value value) {
  return isa<FloatType>(getElementTypeOrSelf(value.getType()));
}

static bool passesElements(Operation &op) {
  if (op.getNumResults() != 1 || !isFloat(op.getResult(0)))
    return false;
  auto exponents = dyn_cast<ExponentOpInterface>(op);
  return op.hasTrait<nn::MovesElements>() || reducesColumns(op) ||
         isa<nn::CastOp>(op) ||
         (exponents && exponents.keepsUnits(isConstantSlice));
}

/// Whether all that an op computes with is one value, beside constants, or what
/// it puts together or chooses from.
static bool passesDirectly(Operation &op) {
  if (isa<nn::ReduceOp>(op))
    return false;
  return !isa<nn::BinaryOp>(op) ||
         llvm::any_of(op.getOperands(), isConstantSlice);
}

/// Whether an op has units of its own, beside which elements are small or not
/// whatever others there are.
static bool isGate(Operation &op) {
  if (isa<nn::HardSigmoidOp>(op))
    return true;
  auto unary = dyn_cast<nn::UnaryOp>(op);
  return unary && llvm::is_contained({nn::UnaryKind::Sigmoid,
                                      nn::UnaryKind::Tanh, nn::UnaryKind::Erf},
                                     unary.getKind());
}

OutputReach::OutputReach(Block &block) {
  for (Operation &op : llvm::reverse(block)) {
    if (isGate(op) || (passesElements(op) && gated.contains(op.getResult(0))))
      gated.insert_range(llvm::make_filter_range(op.getOperands(), isFloat));
    bool isEnd = op.hasTrait<OpTrait::ReturnLike>();
    bool isPassed = passesElements(op) &&
                    (reached.contains(op.getResult(0)) || partsColumns(op));
    if (!isEnd && !isPassed)
      continue;
    bool isDirect =
        isEnd || (direct.contains(op.getResult(0)) && passesDirectly(op));
    for (Value operand : op.getOperands()) {
      if (!isFloat(operand))
        continue;
      reached.insert(operand);
      if (isDirect)
        direct.insert(operand);
    }
  }
}

/// The constant that \p value is, or that its elements are picked from.
static Value getConstants(Value value) {
  while (!isConstantSlice(value) && value.getDefiningOp() &&
         value.getDefiningOp()->hasTrait<nn::MovesElements>())
    value = value.getDefiningOp()->getOperand(0);
  return value;
}

/// Whether a row that has a constant in it, or added to it, may leave nothing
/// of what is usual in it: results have 31 bits. One that is only far apart
/// from others, as biases are that are nearly 0, takes nothing from them.
static bool isFarAway(Value constant) {
  return isConstantSlice(constant) && getLargestMagnitude(constant) > 4096;
}

bool OutputUnits::readsInputs(Operation &op) const {
  return llvm::any_of(op.getOperands(), [&](Value operand) {
    return inputs.isOfInputs(operand);
  });
}

/// Whether elements of a row of the result may be far apart, if those of its
/// operands are not.
bool OutputUnits::bringsApart(Operation &op) const {
  // To a gate alone it is constants that do so.
  auto product = dyn_cast<nn::BinaryOp>(op);
  if (!reach.contains(op.getResult(0)))
    return product && product.getKind() == nn::BinaryKind::Mul &&
           areScalesFarApart(product.getRhs());
  bool isDirect = reach.isDirect(op.getResult(0));
  if (isDirect && passesElements(op) && choosesExponents(op) && readsInputs(op))
    return true;
  // What is divided by the sum of its row, as a softmax is, has no more bits
  // than that has.
  if (isa<nn::UnaryOp>(op))
    return isDirect && cast<ExponentOpInterface>(op).isResultSpread(
                           isConstantSlice, [](Value) { return false; });
  if (isa<nn::SelectOp>(op))
    return isDirect && llvm::any_of(op.getOperands(), isFarAway);
  if (isa<nn::ConcatOp>(op))
    return isDirect && joinsRows(op);
  auto binary = dyn_cast<nn::BinaryOp>(op);
  if (!binary)
    return false;
  switch (binary.getKind()) {
  case nn::BinaryKind::Mul:
    return llvm::any_of(op.getOperands(), [](Value value) {
      return areScalesFarApart(getConstants(value));
    });
  case nn::BinaryKind::Div:
    return areScalesFarApart(binary.getRhs()) ||
           cast<ExponentOpInterface>(op).mayLeaveSmall(isConstantSlice);
  case nn::BinaryKind::Add:
  case nn::BinaryKind::Sub:
  case nn::BinaryKind::Max:
  case nn::BinaryKind::Min:
    return llvm::any_of(op.getOperands(), isFarAway);
  default:
    return false;
  }
}

bool OutputUnits::removesUnits(Operation *op) const {
  return op->getNumResults() == 1 && !kept.contains(op->getResult(0)) &&
         llvm::any_of(op->getOperands(), [&](Value operand) {
           return kept.contains(operand) && !inputs.isOfInputs(operand);
         });
}

bool OutputUnits::computesInUnits(Operation *op) const {
  return kept.contains(op->getResult(0)) && choosesExponents(*op);
}

OutputUnits::OutputUnits(Block &block, const InputUnits &inputs,
                         const InputArithmetic &before)
    : inputs(inputs), reach(block) {
  for (Operation &op : block) {
    if (op.getNumResults() != 1 ||
        !(reach.contains(op.getResult(0)) || reach.isGated(op.getResult(0))) ||
        before.contains(&op) || isConstantSlice(op.getResult(0)))
      continue;
    bool isApart = passesElements(op) &&
                   llvm::any_of(op.getOperands(), [&](Value operand) {
                     return kept.contains(operand);
                   });
    if (isApart || (hasRows(op.getResult(0)) && bringsApart(op)))
      kept.insert(op.getResult(0));
  }
  // What is computed of inputs alone keeps their units for what reads it so.
  for (Operation &op : llvm::reverse(block)) {
    if (op.getNumResults() != 1 || !kept.contains(op.getResult(0)))
      continue;
    readers.insert(&op);
    for (Value operand : op.getOperands())
      if (inputs.isOfInputs(operand) && !before.isInput(operand))
        kept.insert(operand);
  }
}
