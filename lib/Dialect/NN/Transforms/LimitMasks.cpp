//===- LimitMasks.cpp - Masks of one order of magnitude ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Masks hide keys by -inf, the lowest float or -1e9, and biases are added
// beside. Integers with one exponent for a row would lose the biases; a number
// whose exponential is nothing hides as well. So the constants and inputs that
// a mask is computed from are limited, where that changes nothing else of it.
//
//===----------------------------------------------------------------------===//

#include "Limiter.h"
#include "quantc/Analysis/MaskParts.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/LimitAttr.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

namespace {
class MaskLimiter : Limiter {
public:
  /// The value with what is beyond the limit at it; itself where nothing is, or
  /// where it is computed in a way that limits would change.
  Value limit(Value value) {
    return Limiter::limit(value,
                          {/*low=*/true, /*high=*/true, /*isSummand=*/true});
  }

private:
  Value limitInput(Value input) override;
  Value limitProduct(BinaryOp op, Part part) override;
  SmallVector<unsigned> getMoved(Operation *op) override;
};
} // namespace

/// Before it is quantised.
Value MaskLimiter::limitInput(Value input) {
  OpBuilder builder(input.getContext());
  builder.setInsertionPointAfterValue(input);
  return ClipOp::create(builder, input.getLoc(), input.getType(), input,
                        builder.getF64FloatAttr(-limitOfScores),
                        builder.getF64FloatAttr(limitOfScores));
}

Value MaskLimiter::limitProduct(BinaryOp op, Part part) {
  return limitConstantFactor(op, part);
}

SmallVector<unsigned> MaskLimiter::getMoved(Operation *op) {
  if (isa<ConcatOp>(op))
    return llvm::to_vector(llvm::seq<unsigned>(0, op->getNumOperands()));
  if (isa<PadOp>(op))
    return {0};
  return Limiter::getMoved(op);
}

/// Whether scores have a mask: a number beyond the limit among what they are
/// chosen from or the sum of, or an input beside what is computed.
static bool haveMask(Value scores) {
  MaskParts parts = collectMaskParts(scores);
  return parts.largest > limitOfScores || (parts.hasInput && parts.hasComputed);
}

void nn::limitMasks(func::FuncOp func) {
  MaskLimiter limiter;
  SmallVector<Operation *> ops;
  func.walk([&](Operation *op) {
    if (isa<AttentionOp, SoftmaxOp>(op))
      ops.push_back(op);
  });
  for (Operation *op : ops) {
    if (auto attention = dyn_cast<AttentionOp>(op)) {
      if (attention.getMask())
        attention.getMaskMutable().assign(limiter.limit(attention.getMask()));
      continue;
    }
    auto softmax = cast<SoftmaxOp>(op);
    if (!haveMask(softmax.getInput()))
      continue;
    softmax.getInputMutable().assign(limiter.limit(softmax.getInput()));
    softmax->setAttr(qt::hasHiddenAttrName, UnitAttr::get(op->getContext()));
  }
}
