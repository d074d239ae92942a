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
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Analysis/MaskParts.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/LimitAttr.h"
#include "quantc/Interpreter/Interpreter.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

namespace {
/// The factors of which masks are made: conditions, integers, and one less an
/// input, of which an input of numbers has nothing.
class MaskFactors {
public:
  /// Whether a value is made of the model's own integers, of conditions, or of
  /// the difference of one and an input, by what masks are made by.
  bool contain(Value value);

private:
  bool find(Value value);
  /// Whether a value is an input, or a product, an extreme or a place of some.
  bool isOfInputs(Value value);

  /// By values, since they meet again: what they are made of may be a diamond.
  llvm::DenseMap<Value, bool> factors, ofInputs;
};

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
    part.places = std::clamp(std::ilogb(findFactor(value)) + 1, 0, 96);
    return Limiter::limit(value, part);
  }

private:
  Value limitProduct(BinaryOp op, Part part) override;
  bool isOffset(Value value) override;
  /// Whether a product is a number that hides, or nothing.
  bool isMask(BinaryOp op);
  /// The largest constant that what is seen in a value is multiplied by; half
  /// of one where there is none, and 0 of what only hides.
  double findFactor(Value value, unsigned depth = 0);

  static constexpr unsigned deepestOp = 8;

  bool isDown;
  MaskFactors factors;
};
} // namespace

/// Whether a value is constant and \p check holds for all of its elements.
static bool isConstantOf(Value value, function_ref<bool(double)> check) {
  if (!isConstantSlice(value))
    return false;
  FailureOr<HostValue> constant = interpretConstant(value);
  if (failed(constant))
    return false;
  for (int64_t i = 0, e = constant->getNumElements(); i < e; ++i)
    if (!check(constant->getNumber(i)))
      return false;
  return true;
}

static bool isOne(Value value) {
  return isConstantOf(value, [](double element) { return element == 1; });
}

static bool isIntegral(Value value) {
  return typeOf(value).getElementType().isInteger();
}

bool MaskFactors::isOfInputs(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return true;
  if (auto known = ofInputs.find(value); known != ofInputs.end())
    return known->second;
  auto isNext = [&](Value next) { return isOfInputs(next); };
  bool is = false;
  if (auto binary = dyn_cast<BinaryOp>(op))
    is = llvm::is_contained({BinaryKind::Mul, BinaryKind::Min, BinaryKind::Max},
                            binary.getKind()) &&
         llvm::all_of(op->getOperands(), isNext);
  else if (op->hasTrait<MovesElements>() || isa<CastOp, ClipOp>(op))
    is = isNext(op->getOperand(0));
  return ofInputs[value] = is;
}

bool MaskFactors::contain(Value value) {
  if (auto known = factors.find(value); known != factors.end())
    return known->second;
  bool is = find(value);
  return factors[value] = is;
}

bool MaskFactors::find(Value value) {
  if (typeOf(value).getElementType().isInteger(1) || isConstantSlice(value))
    return true;
  Operation *op = value.getDefiningOp();
  if (!op)
    return isIntegral(value);
  if (isa<ShapeOp>(op))
    return true;
  auto isNext = [&](Value next) { return contain(next); };
  if (auto binary = dyn_cast<BinaryOp>(op)) {
    Value lhs = op->getOperand(0), rhs = op->getOperand(1);
    bool isFromOne =
        binary.getKind() == BinaryKind::Sub &&
        ((isOne(lhs) && isOfInputs(rhs)) || (isOne(rhs) && isOfInputs(lhs)));
    return isFromOne || llvm::all_of(op->getOperands(), isNext);
  }
  if (isa<SelectOp>(op))
    return llvm::all_of(op->getOperands().drop_front(), isNext);
  if (isa<ConcatOp>(op))
    return llvm::all_of(op->getOperands(), isNext);
  return (op->hasTrait<MovesElements>() || isa<CastOp, ClipOp>(op)) &&
         isNext(op->getOperand(0));
}

/// A constant all of which is beyond the limit leaves nothing to be seen: it
/// moves what an extreme is found in.
bool HiddenLimiter::isOffset(Value value) {
  // NaN is beyond it, too.
  return isConstantOf(value, [](double element) {
    return !(std::abs(element) <= limitOfScores);
  });
}

/// Whether a value is a constant with an element that hides.
static bool hidesSomething(Value value) {
  return isConstantSlice(value) &&
         collectMaskParts(value).largest > limitOfScores;
}

bool HiddenLimiter::isMask(BinaryOp op) {
  return (hidesSomething(op.getLhs()) && factors.contain(op.getRhs())) ||
         (hidesSomething(op.getRhs()) && factors.contain(op.getLhs()));
}

/// The largest magnitude of a constant's finite elements.
static double findLargest(Value value, bool isDivisor) {
  double largest = 0;
  isConstantOf(value, [&](double element) {
    double factor = std::abs(isDivisor ? 1 / element : element);
    if (std::isfinite(factor))
      largest = std::max(largest, factor);
    return true;
  });
  return largest;
}

double HiddenLimiter::findFactor(Value value, unsigned depth) {
  // Of what is neither a product nor made of some.
  constexpr double none = 0.5;
  Operation *op = value.getDefiningOp();
  if (isConstantSlice(value))
    return 0;
  if (!op || depth == deepestOp)
    return none;
  auto ofAll = [&](OperandRange operands) {
    double largest = 0;
    for (Value operand : operands)
      if (isReal(operand))
        largest = std::max(largest, findFactor(operand, depth + 1));
    return largest;
  };
  if (op->hasTrait<MovesElements>())
    return findFactor(op->getOperand(0), depth + 1);
  if (isa<SelectOp>(op))
    return ofAll(op->getOperands());
  auto binary = dyn_cast<BinaryOp>(op);
  if (!binary)
    return none;
  bool isDivided = binary.getKind() == BinaryKind::Div;
  switch (binary.getKind()) {
  case BinaryKind::Add:
  case BinaryKind::Sub:
  case BinaryKind::Max:
  case BinaryKind::Min:
    return ofAll(op->getOperands());
  case BinaryKind::Mul:
  case BinaryKind::Div:
    if (!isDivided && isMask(binary))
      return 0;
    for (unsigned index : {1, 0})
      if (isConstantSlice(op->getOperand(index)) && !(isDivided && index == 0))
        return std::max(none,
                        findFactor(op->getOperand(1 - index), depth + 1)) *
               findLargest(op->getOperand(index), isDivided);
    return none;
  default:
    return none;
  }
}

Value HiddenLimiter::limitProduct(BinaryOp op, Part part) {
  if (!isMask(op) || !part.isSummand)
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
