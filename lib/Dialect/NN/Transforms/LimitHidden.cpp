//===- LimitHidden.cpp - Elements that a maximum must not see ---*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Elements are hidden from a maximum, or an order, by -1e9 in their place or
// added to them. With one exponent for a row this leaves nothing of the others.
// Any number below these hides as well, so that it is limited, in a copy where
// others see it.
//
//===----------------------------------------------------------------------===//

#include "PrepareIntegers.h"
#include "mlir/IR/IRMapping.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/LimitAttr.h"
#include "quantc/Interpreter/Interpreter.h"
#include "llvm/ADT/DenseMap.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

namespace {
/// What an extreme or an order does not see since it has been given a huge
/// number, or one was added: the number is limited for these alone.
class HiddenLimiter {
public:
  /// Hidden below what is seen, or above.
  explicit HiddenLimiter(bool isDown) : isDown(isDown) {}

  /// The value with limited numbers, itself where none is beyond the limit.
  Value limit(Value value) {
    return compute(value, isDown, /*isSummand=*/false, 0);
  }

private:
  Value compute(Value value, bool down, bool isSummand, unsigned depth);
  Value limitConstant(Value value, bool down);
  Value limitProduct(BinaryOp op, bool down);
  Value rebuild(Operation *op, ArrayRef<std::pair<unsigned, bool>> which,
                bool down, bool isSummand, unsigned depth);

  /// By ops, directions, and whether they are summands.
  Value &lookup(Operation *op, bool down, bool isSummand) {
    return known[{op, 2 * unsigned(down) + unsigned(isSummand)}];
  }

  bool isDown;
  llvm::DenseMap<std::pair<Operation *, unsigned>, Value> known;
};
} // namespace

/// Whether a value is a constant with an element that hides.
static bool hidesSomething(Value value) {
  if (!isConstantSlice(value) || !isReal(value))
    return false;
  FailureOr<HostValue> constant = interpretConstant(value);
  if (failed(constant))
    return false;
  for (int64_t i = 0, e = constant->getNumElements(); i < e; ++i)
    if (std::abs(constant->getNumber(i)) > limitOfScores)
      return true;
  return false;
}

/// Whether a value is made of inputs and constants by what masks are made by.
static bool isGiven(Value value, unsigned depth = 0) {
  constexpr unsigned deepest = 8;
  Operation *op = value.getDefiningOp();
  if (!op || isConstantSlice(value) || isa<ShapeOp>(op))
    return true;
  return depth < deepest &&
         isa<BinaryOp, CompareOp, SelectOp, CastOp, ClipOp, ReshapeOp,
             TransposeOp, ExpandOp, SliceOp, GatherOp, ConcatOp>(op) &&
         llvm::all_of(
             op->getOperands(),
             [&](Value operand) { return isGiven(operand, depth + 1); });
}

Value HiddenLimiter::limitConstant(Value value, bool down) {
  FailureOr<HostValue> constant = interpretConstant(value);
  if (failed(constant))
    return value;
  SmallVector<float> limited;
  bool isChanged = false;
  for (int64_t i = 0, e = constant->getNumElements(); i < e; ++i) {
    auto number = static_cast<float>(constant->getNumber(i));
    auto limit = static_cast<float>(down ? -limitOfScores : limitOfScores);
    // A NaN is left to whoever refuses it.
    bool isBeyond = down ? number < limit : number > limit;
    limited.push_back(isBeyond ? limit : number);
    isChanged |= isBeyond;
  }
  if (!isChanged)
    return value;
  OpBuilder builder(value.getContext());
  builder.setInsertionPointAfterValue(value);
  auto type = typeOf(value).clone(constant->getShape());
  return arith::ConstantOp::create(
      builder, value.getLoc(),
      DenseElementsAttr::get(type, ArrayRef<float>(limited)));
}

Value HiddenLimiter::rebuild(Operation *op,
                             ArrayRef<std::pair<unsigned, bool>> which,
                             bool down, bool isSummand, unsigned depth) {
  IRMapping mapping;
  for (auto [index, operandDown] : which) {
    Value operand = op->getOperand(index);
    Value limited = compute(operand, operandDown, isSummand, depth + 1);
    if (limited != operand)
      mapping.map(operand, limited);
  }
  if (mapping.getValueMap().empty())
    return op->getResult(0);
  Value &made = lookup(op, down, isSummand);
  if (!made) {
    OpBuilder builder(op->getContext());
    builder.setInsertionPointAfter(op);
    made = builder.clone(*op, mapping)->getResult(0);
  }
  return made;
}

Value HiddenLimiter::limitProduct(BinaryOp op, bool down) {
  bool isMask = (hidesSomething(op.getLhs()) && isGiven(op.getRhs())) ||
                (hidesSomething(op.getRhs()) && isGiven(op.getLhs()));
  if (!isMask)
    return op;
  // The other factor may be a fraction, so that the product is limited.
  Value &made = lookup(op, down, /*isSummand=*/true);
  if (!made) {
    double infinity = std::numeric_limits<double>::infinity();
    OpBuilder builder(op.getContext());
    builder.setInsertionPointAfter(op);
    auto clip = ClipOp::create(
        builder, op.getLoc(), op.getType(), op.getResult(),
        builder.getF64FloatAttr(down ? -limitOfScores : -infinity),
        builder.getF64FloatAttr(down ? infinity : limitOfScores));
    clip->setAttr(qt::ownExponentAttrName, builder.getUnitAttr());
    made = clip;
  }
  return made;
}

Value HiddenLimiter::compute(Value value, bool down, bool isSummand,
                             unsigned depth) {
  constexpr unsigned deepest = 8;
  if (depth == deepest || !isReal(value))
    return value;
  // A constant alone hides nothing.
  if (isConstantSlice(value))
    return depth == 0 ? value : limitConstant(value, down);
  Operation *op = value.getDefiningOp();
  if (auto binary = dyn_cast_or_null<BinaryOp>(op))
    switch (binary.getKind()) {
    case BinaryKind::Add:
      return rebuild(op, {{0, down}, {1, down}}, down, /*isSummand=*/true,
                     depth);
    case BinaryKind::Sub:
      return rebuild(op, {{0, down}, {1, !down}}, down, /*isSummand=*/true,
                     depth);
    case BinaryKind::Min:
    case BinaryKind::Max:
      return rebuild(op, {{0, down}, {1, down}}, down, isSummand, depth);
    case BinaryKind::Mul:
      return isSummand ? limitProduct(binary, down) : value;
    default:
      return value;
    }
  if (isa_and_nonnull<SelectOp>(op))
    return rebuild(op, {{1, down}, {2, down}}, down, isSummand, depth);
  if (isa_and_nonnull<ReshapeOp, TransposeOp, ExpandOp, SliceOp>(op))
    return rebuild(op, {{0, down}}, down, isSummand, depth);
  return value;
}

/// Whether \p value is \p reduced, maybe in another shape.
static bool isResultOf(Operation *reduced, Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (op == reduced)
      return true;
    if (!isa<ReshapeOp, ExpandOp>(op))
      return false;
    value = op->getOperand(0);
  }
  return false;
}

void nn::limitHidden(func::FuncOp func) {
  HiddenLimiter high(/*isDown=*/true), low(/*isDown=*/false);
  SmallVector<std::pair<Operation *, HiddenLimiter *>> ops;
  func.walk([&](Operation *op) {
    if (auto reduce = dyn_cast<ReduceOp>(op)) {
      if (reduce.getKind() == ReduceKind::Max)
        ops.push_back({op, &high});
      if (reduce.getKind() == ReduceKind::Min)
        ops.push_back({op, &low});
    }
    if (auto top = dyn_cast<TopKOp>(op))
      ops.push_back({op, top.getSmallest() ? &low : &high});
  });
  for (auto [op, limiter] : ops) {
    Value value = op->getOperand(0);
    Value limited = limiter->limit(value);
    if (limited == value)
      continue;
    // What is compared with an extreme, or taken off it, is what that was found
    // in.
    if (isa<ReduceOp>(op))
      for (OpOperand &use : llvm::make_early_inc_range(value.getUses())) {
        Operation *user = use.getOwner();
        unsigned index = use.getOperandNumber();
        auto binary = dyn_cast<BinaryOp>(user);
        bool isDifference =
            binary && binary.getKind() == BinaryKind::Sub && index == 0;
        if ((isDifference || isa<CompareOp>(user)) &&
            isResultOf(op, user->getOperand(1 - index)))
          use.set(limited);
      }
    op->setOperand(0, limited);
  }
}
