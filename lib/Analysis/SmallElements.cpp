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
#include "quantc/Analysis/InputArithmetic.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/LimitAttr.h"

using namespace mlir;
using namespace quantc;

static bool isFloat(Value value) {
  return getElementTypeOrSelf(value.getType()).isF32();
}

/// Whether an op finds its elements with an exponent each.
static bool hasElementExponents(Operation &op) {
  if (auto binary = dyn_cast<nn::BinaryOp>(op))
    return binary.getKind() == nn::BinaryKind::Pow ||
           (binary.getKind() == nn::BinaryKind::Div &&
            !isConstantSlice(binary.getRhs()));
  auto unary = dyn_cast<nn::UnaryOp>(op);
  return unary &&
         llvm::is_contained({nn::UnaryKind::Exp, nn::UnaryKind::Softplus,
                             nn::UnaryKind::Sqrt, nn::UnaryKind::Rsqrt,
                             nn::UnaryKind::Reciprocal},
                            unary.getKind());
}

SmallElements::SmallElements(Block &block) {
  for (BlockArgument argument : block.getArguments())
    ofInputs.insert(argument);
  for (Operation &op : block)
    findOfInputs(op);
  // Users before what they use.
  for (Operation &op : llvm::reverse(block))
    visit(op);
}

void SmallElements::findOfInputs(Operation &op) {
  Value source = isa<nn::ReshapeOp, nn::TransposeOp, nn::ExpandOp, nn::SliceOp,
                     nn::ReduceOp>(op)
                     ? op.getOperand(0)
                     : getScaledOperand(&op);
  if (source && ofInputs.contains(source))
    ofInputs.insert_range(op.getResults());
}

bool SmallElements::isInDifference(Operation &op) const {
  if (auto binary = dyn_cast<nn::BinaryOp>(op))
    return binary.getKind() == nn::BinaryKind::Sub &&
           ofInputs.contains(binary.getLhs()) &&
           ofInputs.contains(binary.getRhs());
  return isa<nn::ReduceOp, nn::ReshapeOp, nn::ExpandOp>(op) &&
         differing.contains(op.getResult(0));
}

bool SmallElements::showsOperands(Operation &op) const {
  if (op.getNumResults() != 1 || !isFloat(op.getResult(0)))
    return false;
  bool isShown = shown.contains(op.getResult(0));
  if (auto unary = dyn_cast<nn::UnaryOp>(op))
    switch (unary.getKind()) {
    case nn::UnaryKind::Log:
    case nn::UnaryKind::Sqrt:
    case nn::UnaryKind::Rsqrt:
    case nn::UnaryKind::Reciprocal:
      return true;
    case nn::UnaryKind::Relu:
    case nn::UnaryKind::Neg:
    case nn::UnaryKind::Abs:
      return isShown;
    default:
      return false;
    }
  if (auto binary = dyn_cast<nn::BinaryOp>(op))
    switch (binary.getKind()) {
    case nn::BinaryKind::Add:
    case nn::BinaryKind::Sub:
    case nn::BinaryKind::Max:
    case nn::BinaryKind::Min:
      return isShown;
    default:
      // A factor with an exponent of its own.
      return op.hasAttr(qt::elementExponentsAttrName) || keepExponents(&op);
    }
  // Sums and extremes of inputs take all their bits.
  if (isa<nn::ReduceOp>(op))
    return isShown && ofInputs.contains(op.getOperand(0));
  return isShown && isa<nn::SelectOp, nn::ClipOp, nn::ReshapeOp,
                        nn::TransposeOp, nn::ExpandOp, nn::SliceOp>(op);
}

void SmallElements::visit(Operation &op) {
  if (hasElementExponents(op) && shown.contains(op.getResult(0)))
    keepers.insert(&op);
  bool isDifference = isInDifference(op);
  if (!isDifference && !showsOperands(op))
    return;
  for (Value operand : op.getOperands()) {
    if (!isFloat(operand))
      continue;
    shown.insert(operand);
    if (isDifference)
      differing.insert(operand);
  }
}
