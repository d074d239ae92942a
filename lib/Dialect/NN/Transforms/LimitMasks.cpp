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

#include "PrepareIntegers.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Analysis/MaskParts.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Interpreter/Interpreter.h"

#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

namespace {
class MaskLimiter {
public:
  /// The value with what is beyond the limit at it; itself where nothing is, or
  /// where it is computed in a way that limits would change.
  Value limit(Value value);

private:
  Value compute(Value value);
  Value limitConstant(Value value);
  Value limitProduct(BinaryOp op);
  /// The op on limited operands, of those that \p which names.
  Value rebuild(Operation *op, ArrayRef<unsigned> which);

  llvm::DenseMap<Value, Value> known;
};
} // namespace

/// Whether elements are integers: products with them are 0, or at least as
/// large as their other factor.
static bool isWhole(Value value, unsigned depth = 0) {
  constexpr unsigned deepest = 8;
  if (depth == deepest)
    return false;
  if (isConstantSlice(value)) {
    FailureOr<HostValue> constant = interpretConstant(value);
    if (failed(constant))
      return false;
    for (int64_t i = 0, e = constant->getNumElements(); i < e; ++i)
      if (constant->getNumber(i) != std::floor(constant->getNumber(i)))
        return false;
    return true;
  }
  Operation *op = value.getDefiningOp();
  if (auto cast = dyn_cast_or_null<CastOp>(op))
    return typeOf(cast.getInput()).getElementType().isInteger();
  auto isNextWhole = [&](Value next) { return isWhole(next, depth + 1); };
  if (auto binary = dyn_cast_or_null<BinaryOp>(op)) {
    BinaryKind kind = binary.getKind();
    return (kind == BinaryKind::Add || kind == BinaryKind::Sub ||
            kind == BinaryKind::Mul) &&
           llvm::all_of(binary->getOperands(), isNextWhole);
  }
  return isa_and_nonnull<ReshapeOp, TransposeOp, ExpandOp, SliceOp, GatherOp>(
             op) &&
         isNextWhole(op->getOperand(0));
}

Value MaskLimiter::limitConstant(Value value) {
  FailureOr<HostValue> constant = interpretConstant(value);
  if (failed(constant))
    return value;
  SmallVector<float> limited;
  bool isChanged = false;
  for (int64_t i = 0, e = constant->getNumElements(); i < e; ++i) {
    auto number = static_cast<float>(constant->getNumber(i));
    auto limit = static_cast<float>(limitOfScores);
    // A NaN is left to whoever refuses it.
    limited.push_back(std::isnan(number) ? number
                                         : std::clamp(number, -limit, limit));
    isChanged |= limited.back() != number;
  }
  if (!isChanged)
    return value;
  OpBuilder builder(value.getContext());
  builder.setInsertionPointAfterValue(value);
  auto type = typeOf(value).clone(constant->getShape());
  Value result = arith::ConstantOp::create(
      builder, value.getLoc(),
      DenseElementsAttr::get(type, ArrayRef<float>(limited)));
  return result;
}

Value MaskLimiter::limitProduct(BinaryOp op) {
  for (unsigned factor : {0, 1})
    if (isConstantSlice(op->getOperand(factor)) &&
        isWhole(op->getOperand(1 - factor)))
      return rebuild(op, factor);
  return op;
}

Value MaskLimiter::rebuild(Operation *op, ArrayRef<unsigned> which) {
  IRMapping mapping;
  for (unsigned index : which) {
    Value operand = op->getOperand(index), limited = limit(operand);
    if (limited != operand)
      mapping.map(operand, limited);
  }
  if (mapping.getValueMap().empty())
    return op->getResult(0);
  OpBuilder builder(op->getContext());
  builder.setInsertionPointAfter(op);
  return builder.clone(*op, mapping)->getResult(0);
}

Value MaskLimiter::compute(Value value) {
  if (!typeOf(value).getElementType().isF32())
    return value;
  if (isConstantSlice(value))
    return limitConstant(value);
  Operation *op = value.getDefiningOp();
  if (!op) {
    // An input: limited before it is quantised.
    OpBuilder builder(value.getContext());
    builder.setInsertionPointAfterValue(value);
    return ClipOp::create(builder, value.getLoc(), value.getType(), value,
                          builder.getF64FloatAttr(-limitOfScores),
                          builder.getF64FloatAttr(limitOfScores));
  }
  if (auto binary = dyn_cast<BinaryOp>(op))
    switch (binary.getKind()) {
    case BinaryKind::Add:
    case BinaryKind::Sub:
    case BinaryKind::Min:
    case BinaryKind::Max:
      return rebuild(op, {0, 1});
    case BinaryKind::Mul:
      return limitProduct(binary);
    default:
      return value;
    }
  if (isa<SelectOp>(op))
    return rebuild(op, {1, 2});
  if (isa<ConcatOp>(op))
    return rebuild(
        op, llvm::to_vector(llvm::seq<unsigned>(0, op->getNumOperands())));
  if (isa<ReshapeOp, TransposeOp, ExpandOp, SliceOp, GatherOp, PadOp>(op))
    return rebuild(op, 0);
  return value;
}

Value MaskLimiter::limit(Value value) {
  if (Value limited = known.lookup(value))
    return limited;
  // The map may grow while operands are limited.
  Value limited = compute(value);
  return known[value] = limited;
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
    if (haveMask(softmax.getInput()))
      softmax.getInputMutable().assign(limiter.limit(softmax.getInput()));
  }
}
