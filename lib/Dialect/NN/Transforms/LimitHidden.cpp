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

#include "Limiter.h"
#include "MaskFactors.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/LimitAttr.h"

#include <limits>

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

namespace {
/// What an extreme or an order does not see since it has been given a huge
/// number, or one was added: the number is limited for these alone.
class HiddenLimiter : Limiter {
public:
  /// Hidden below what is seen, or above.
  explicit HiddenLimiter(bool isDown) : Limiter(deepestOp), isDown(isDown) {}

  /// The value with limited numbers, itself where none is beyond the limit. A
  /// constant alone hides nothing.
  Value limit(Value value) {
    if (isConstantSlice(value))
      return value;
    // What is seen may be larger by a factor, but is a float.
    Part part{isDown, !isDown};
    part.places =
        MaskFactors::getPlaces(factors.findFactor(value, /*unknown=*/0.5));
    return Limiter::limit(value, part);
  }

private:
  Value limitProduct(BinaryOp op, Part part) override;
  /// What moves all that an extreme is found in stays.
  bool isOffset(Value value) override { return nn::isOffset(value); }

  static constexpr unsigned deepestOp = 8;

  bool isDown;
  MaskFactors factors;
};
} // namespace

Value HiddenLimiter::limitProduct(BinaryOp op, Part part) {
  if (!factors.isMask(op) || !part.isSummand)
    return op;
  // The other factor may be a fraction, so that the product is limited.
  double infinity = std::numeric_limits<double>::infinity();
  OpBuilder builder(op.getContext());
  builder.setInsertionPointAfter(op);
  auto clip = ClipOp::create(
      builder, op.getLoc(), op.getType(), op.getResult(),
      builder.getF64FloatAttr(part.low ? -part.getLimit() : -infinity),
      builder.getF64FloatAttr(part.high ? part.getLimit() : infinity));
  clip->setAttr(qt::ownExponentAttrName, builder.getUnitAttr());
  return clip;
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
    if (auto pool = dyn_cast<PoolOp>(op);
        pool && pool.getKind() == PoolKind::Max)
      ops.push_back({op, &high});
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
