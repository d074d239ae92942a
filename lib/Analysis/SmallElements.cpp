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

/// Whether elements of results are as far apart as those of the operands.
static bool isArithmetic(Operation &op) {
  if (auto binary = dyn_cast<nn::BinaryOp>(op))
    return llvm::is_contained({nn::BinaryKind::Add, nn::BinaryKind::Sub,
                               nn::BinaryKind::Max, nn::BinaryKind::Min,
                               nn::BinaryKind::Mul, nn::BinaryKind::Div},
                              binary.getKind());
  auto unary = dyn_cast<nn::UnaryOp>(op);
  return unary && llvm::is_contained({nn::UnaryKind::Relu, nn::UnaryKind::Neg,
                                      nn::UnaryKind::Abs},
                                     unary.getKind());
}

/// Whether results are elements of one operand or another, or bounds in their
/// place.
static bool isChoice(Operation &op) {
  auto binary = dyn_cast<nn::BinaryOp>(op);
  return isa<nn::SelectOp, nn::ClipOp>(op) ||
         (binary && (binary.getKind() == nn::BinaryKind::Max ||
                     binary.getKind() == nn::BinaryKind::Min));
}

static int64_t getLastSize(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  return type.getRank() == 0 ? 1 : type.getShape().back();
}

/// Whether each element of a row has a divisor of its own.
static bool hasDivisors(Operation &op) {
  auto binary = dyn_cast<nn::BinaryOp>(op);
  return binary && binary.getKind() == nn::BinaryKind::Div &&
         !isConstantSlice(binary.getRhs()) && getLastSize(binary.getRhs()) != 1;
}

/// Whether rows of the result are not those of the operand, and a product reads
/// them at once.
static bool turnsRows(nn::TransposeOp op) {
  ArrayRef<int64_t> permutation = op.getPerm();
  return !permutation.empty() &&
         permutation.back() != static_cast<int64_t>(permutation.size()) - 1 &&
         llvm::any_of(op->getUsers(), llvm::IsaPred<nn::MatmulOp>);
}

/// Sums and extremes that leave rows of several elements.
static bool reducesColumns(Operation &op) {
  auto reduce = dyn_cast<nn::ReduceOp>(op);
  if (!reduce)
    return false;
  int64_t last = reduce.getInput().getType().getRank() - 1;
  return llvm::is_contained({nn::ReduceKind::Sum, nn::ReduceKind::Mean,
                             nn::ReduceKind::Max, nn::ReduceKind::Min},
                            reduce.getKind()) &&
         !llvm::is_contained(reduce.getAxes(), last);
}

/// What leaves the smallest of several elements, in rows or along others.
static bool isMinimum(Operation &op) {
  auto reduce = dyn_cast<nn::ReduceOp>(op);
  return reduce && reduce.getKind() == nn::ReduceKind::Min;
}

/// What is found with an exponent for each element where small ones are shown,
/// and on one for all else.
static bool isSigmoid(Operation &op) {
  auto unary = dyn_cast<nn::UnaryOp>(op);
  return unary && unary.getKind() == nn::UnaryKind::Sigmoid;
}

/// Whether an op finds its elements with an exponent each.
static bool hasElementExponents(Operation &op) {
  if (isa<nn::SoftmaxOp>(op))
    return true;
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
  for (Operation &op : block) {
    findOfInputs(op);
    findSpread(op);
  }
  // Users before what they use.
  for (Operation &op : llvm::reverse(block))
    visit(op);
}

void SmallElements::findSpread(Operation &op) {
  bool passes = isArithmetic(op) || reducesColumns(op) ||
                op.hasTrait<nn::MovesElements>() ||
                isa<nn::SelectOp, nn::ClipOp, nn::ConcatOp>(op);
  if (hasElementExponents(op) ||
      (passes && llvm::any_of(op.getOperands(), [&](Value operand) {
         return spread.contains(operand);
       })))
    spread.insert_range(op.getResults());
}

void SmallElements::findOfInputs(Operation &op) {
  Value source = op.hasTrait<nn::MovesElements>() || isa<nn::ReduceOp>(op)
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

bool SmallElements::choosesSpread(Operation &op) const {
  return isChoice(op) && llvm::any_of(op.getOperands(), [&](Value operand) {
           return spread.contains(operand);
         });
}

bool SmallElements::showsOperands(Operation &op) const {
  if (op.getNumResults() != 1 || !isFloat(op.getResult(0)))
    return false;
  // What is not chosen may be all that is large.
  if (choosesSpread(op))
    return true;
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
    return isShown &&
           (ofInputs.contains(op.getOperand(0)) || keepExponents(&op));
  if (auto transpose = dyn_cast<nn::TransposeOp>(op))
    if (spread.contains(transpose.getInput()) && turnsRows(transpose))
      return true;
  return isShown && (op.hasTrait<nn::MovesElements>() ||
                     isa<nn::SelectOp, nn::ClipOp>(op));
}

bool SmallElements::keepsExponents(Operation &op) const {
  if (op.getNumResults() != 1 || !isFloat(op.getResult(0)))
    return false;
  if (choosesSpread(op))
    return true;
  auto isSpread = [&](Value value) { return spread.contains(value); };
  // Quotients of what is far apart may be close together.
  if (hasDivisors(op) && llvm::any_of(op.getOperands(), isSpread))
    return true;
  if (!shown.contains(op.getResult(0)))
    return false;
  if (isMinimum(op) && isSpread(op.getOperand(0)))
    return true;
  return hasElementExponents(op) || isSigmoid(op) ||
         ((isa<nn::BinaryOp>(op) || reducesColumns(op)) &&
          isSpread(op.getResult(0)));
}

void SmallElements::visit(Operation &op) {
  if (keepsExponents(op))
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
