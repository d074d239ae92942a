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
  case nn::BinaryKind::Max:
  case nn::BinaryKind::Min:
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

/// The operand that an op moves or scales; null for every other op.
static Value getSource(Operation *op) {
  return op->hasTrait<nn::MovesElements>() ? op->getOperand(0)
                                           : getScaledOperand(op);
}

bool quantc::isOfInputs(Value value) {
  while (value) {
    Operation *op = value.getDefiningOp();
    if (!op)
      return true;
    value = getSource(op);
  }
  return false;
}

/// Whether an op reads inputs and constants alone.
static bool readsInputs(ValueRange operands,
                        llvm::function_ref<bool(Value)> isInput) {
  return llvm::any_of(operands, isInput) &&
         llvm::all_of(operands, [&](Value operand) {
           return isInput(operand) || isConstantSlice(operand);
         });
}

static bool isScaledChoice(nn::SelectOp op,
                           llvm::function_ref<bool(Value)> isInput) {
  auto compare = op.getCondition().getDefiningOp<nn::CompareOp>();
  bool isKnown = compare ? readsInputs(compare->getOperands(), isInput)
                         : isa<BlockArgument>(op.getCondition());
  return isKnown && readsInputs({op.getOnTrue(), op.getOnFalse()}, isInput) &&
         !op->use_empty() && llvm::all_of(op->getUsers(), [&](Operation *user) {
           return getScaledOperand(user) == op.getResult();
         });
}

/// Whether a value is compared, also in other shapes.
static bool isCompared(Value value) {
  return llvm::any_of(value.getUsers(), [](Operation *user) {
    return isa<nn::CompareOp>(user) || (user->hasTrait<nn::MovesElements>() &&
                                        isCompared(user->getResult(0)));
  });
}

bool quantc::isChoiceOfInputs(Operation *op,
                              llvm::function_ref<bool(Value)> isInput) {
  if (auto select = dyn_cast<nn::SelectOp>(op))
    return getElementTypeOrSelf(select.getType()).isF32() &&
           isScaledChoice(select, isInput);
  if (auto pool = dyn_cast<nn::PoolOp>(op))
    return pool.getKind() == nn::PoolKind::Max && isInput(pool.getInput()) &&
           isCompared(pool.getResult());
  return isa<nn::CompareOp>(op) && readsInputs(op->getOperands(), isInput);
}

bool quantc::isInputArithmetic(Operation *op,
                               llvm::function_ref<bool(Value)> isInput) {
  if (Value source = getSource(op))
    return isInput(source);
  return isa<nn::SelectOp, nn::PoolOp>(op) && isChoiceOfInputs(op, isInput);
}

llvm::DenseSet<Value> quantc::findInputArithmetic(Block &block) {
  llvm::DenseSet<Value> inputs(llvm::from_range, block.getArguments());
  auto isInput = [&](Value value) { return inputs.contains(value); };
  for (Operation &op : block)
    if (isInputArithmetic(&op, isInput))
      inputs.insert_range(op.getResults());
  return inputs;
}
