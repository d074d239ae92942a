//===- InputArithmetic.cpp - Inputs that are scaled at once -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/InputArithmetic.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/ComparedExtremes.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Interfaces/IntegerLoweringInterface.h"

using namespace mlir;
using namespace quantc;

bool quantc::isFloatArithmetic(Operation *op) {
  auto binary = dyn_cast<nn::BinaryOp>(op);
  if (!binary || !getElementTypeOrSelf(binary.getType()).isF32())
    return false;
  switch (binary.getKind()) {
  case nn::BinaryKind::Add:
  case nn::BinaryKind::Sub:
  case nn::BinaryKind::Mul:
  case nn::BinaryKind::Div:
  case nn::BinaryKind::Max:
  case nn::BinaryKind::Min:
    return true;
  default:
    return false;
  }
}

Value quantc::getScaledOperand(Operation *op) {
  if (!isFloatArithmetic(op))
    return {};
  auto binary = cast<nn::BinaryOp>(op);
  Value lhs = binary.getLhs(), rhs = binary.getRhs();
  if (isConstantSlice(rhs))
    return isConstantSlice(lhs) ? Value() : lhs;
  // A quotient of a constant is a reciprocal.
  bool isQuotient = binary.getKind() == nn::BinaryKind::Div;
  return isConstantSlice(lhs) && !isQuotient ? rhs : Value();
}

InputArithmetic::InputArithmetic(Block &block, InputScope scope)
    : scope(scope), inputs(llvm::from_range, block.getArguments()),
      compared(scope == InputScope::Scaled
                   ? findComparedValues(block, /*withConstants=*/true)
                   : llvm::DenseSet<Value>()) {
  for (Operation &op : block) {
    // Most ops read none, and whether others are constants is a longer way.
    if (llvm::none_of(op.getOperands(),
                      [&](Value operand) { return isInput(operand); }))
      continue;
    bool isMade = makesInput(op);
    // Sizes and conditions are no data.
    if (isMade && !isa<nn::ShapeOp>(op))
      inputs.insert_range(op.getResults());
    bool isComparison = scope >= InputScope::Scaled && isa<nn::CompareOp>(op) &&
                        readsInputs(op.getOperands());
    if (isMade || isComparison)
      ops.insert(&op);
  }
}

bool InputArithmetic::makesInput(Operation &op) const {
  if (movesInputs(op))
    return true;
  if (scope == InputScope::Moved)
    return false;
  if (Value scaled = getScaledOperand(&op))
    return isInput(scaled);
  if (choosesInput(op))
    return true;
  if (auto pool = dyn_cast<nn::PoolOp>(op))
    return pool.getKind() == nn::PoolKind::Max && isInput(pool.getInput()) &&
           (scope >= InputScope::Maxima || compared.contains(pool.getResult()));
  return scope == InputScope::Axes && isa<nn::ReduceOp>(op) &&
         isInput(op.getOperand(0));
}

bool InputArithmetic::movesInputs(Operation &op) const {
  if (isa<nn::CastOp>(op))
    return isInput(op.getOperand(0));
  auto integer = dyn_cast<IntegerLoweringInterface>(op);
  if (!integer || !integer.isMovement())
    return false;
  ValueRange moved = op.getOperands();
  // Other ops take sizes and places beside what they move.
  if (!isa<nn::ConcatOp>(op))
    moved = moved.take_front();
  return llvm::all_of(moved, [&](Value value) { return isInput(value); });
}

/// Whether an op reads inputs and constants alone.
bool InputArithmetic::readsInputs(ValueRange operands) const {
  auto isOne = [&](Value value) { return isInput(value); };
  return llvm::any_of(operands, isOne) &&
         llvm::all_of(operands, [&](Value operand) {
           return isInput(operand) || isConstantSlice(operand);
         });
}

bool InputArithmetic::choosesInput(Operation &op) const {
  auto select = dyn_cast<nn::SelectOp>(op);
  if (!select || !getElementTypeOrSelf(select.getType()).isF32())
    return false;
  auto compare = select.getCondition().getDefiningOp<nn::CompareOp>();
  bool isKnown = compare ? readsInputs(compare->getOperands())
                         : isa<BlockArgument>(select.getCondition());
  return isKnown && readsInputs({select.getOnTrue(), select.getOnFalse()}) &&
         !op.use_empty() && llvm::all_of(op.getUsers(), [&](Operation *user) {
           return getScaledOperand(user) == select.getResult();
         });
}
