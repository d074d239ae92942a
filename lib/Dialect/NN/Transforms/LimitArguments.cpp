//===- LimitArguments.cpp - Arguments of functions with limits --*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A sigmoid is as good as constant from some argument on, but an element that
// is further out takes the bits of all others of its row. Results that have 30
// bits are limited before they come to the 16 of a row. Constants that are
// added or chosen to be further out than that (masks) are limited themselves,
// which leaves others the finer units of 30 bits, unless what is beside them
// may be as large.
//
//===----------------------------------------------------------------------===//

#include "Limiter.h"
#include "MaskFactors.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Analysis/MaskParts.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/LimitAttr.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

/// Whether integers for a value may have more than 16 bits: not what a function
/// or a quotient gives, nor an input.
static bool isResult(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (isa<MatmulOp, ConvOp, SelectOp, ConcatOp, ReduceOp>(op))
      return true;
    if (auto binary = dyn_cast<BinaryOp>(op))
      return binary.getKind() != BinaryKind::Div &&
             binary.getKind() != BinaryKind::Pow;
    auto unary = dyn_cast<UnaryOp>(op);
    bool isSame = unary && (unary.getKind() == UnaryKind::Relu ||
                            unary.getKind() == UnaryKind::Neg ||
                            unary.getKind() == UnaryKind::Abs);
    if (!isSame && !op->hasTrait<MovesElements>())
      return false;
    value = op->getOperand(0);
  }
  return false;
}

namespace {
/// Limits masks in arguments, where what is beside them cannot come to what
/// they are limited to. What the model takes from outside stays.
class ArgumentLimiter : Limiter {
public:
  Value limit(Value value) {
    if (collectMaskParts(value).largest <= limitOfScores ||
        find(value).isUndecided)
      return value;
    double factor = factors.findFactor(
        value, /*unknown=*/std::numeric_limits<double>::infinity());
    if (!std::isfinite(factor))
      return value;
    Part part{/*low=*/true, /*high=*/true};
    part.places = MaskFactors::getPlaces(factor);
    return Limiter::limit(value, part);
  }

private:
  /// What numbers beyond the limit do to a value.
  struct Masks {
    bool low = false, high = false; ///< move it down, or up
    /// Some move all elements, or one moves up what another moves down: what
    /// is left of both is not what is left of their limits.
    bool isUndecided = false;
  };

  Masks find(Value value) {
    if (auto found = known.find(value); found != known.end())
      return found->second;
    Masks masks = compute(value);
    return known[value] = masks;
  }
  Masks compute(Value value);
  Masks findProduct(BinaryOp op);
  /// Whether all elements are moved: a constant beyond the limit, or a choice
  /// of such ones.
  static bool isFar(Value value) {
    auto select = value.getDefiningOp<SelectOp>();
    return nn::isOffset(value) || (select && nn::isOffset(select.getOnTrue()) &&
                                   nn::isOffset(select.getOnFalse()));
  }

  Value limitProduct(BinaryOp op, Part part) override {
    bool isLimited = part.isSummand && factors.isMask(op);
    return isLimited ? limitConstantFactor(op, part) : op.getResult();
  }

  MaskFactors factors;
  llvm::DenseMap<Value, Masks> known;
};

/// The signs that elements may have.
struct Signs {
  bool negative, positive;
};
} // namespace

/// Of conditions, one less an input, which is none or one where it is a mask,
/// and products of these. All else may have both.
static Signs findSigns(Value value, unsigned depth = 0) {
  constexpr unsigned deepest = 8;
  Signs both{true, true}, positive{false, true};
  if (typeOf(value).getElementType().isInteger(1))
    return positive;
  auto isAll = [&](Value constant, double least) {
    return isConstantOf(constant,
                        [&](double element) { return element >= least; });
  };
  if (isConstantSlice(value))
    return isAll(value, 0) ? positive : both;
  Operation *op = value.getDefiningOp();
  if (!op || depth == deepest)
    return both;
  if (op->hasTrait<MovesElements>() || isa<CastOp>(op))
    return findSigns(op->getOperand(0), depth + 1);
  auto binary = dyn_cast<BinaryOp>(op);
  if (!binary)
    return both;
  bool isSub = binary.getKind() == BinaryKind::Sub;
  if (isSub && isAll(op->getOperand(0), 1))
    return positive;
  if (isSub && isAll(op->getOperand(1), 1))
    return {true, false};
  auto isPositive = [&](Value operand) {
    return !findSigns(operand, depth + 1).negative;
  };
  return !isSub && binary.getKind() != BinaryKind::Div &&
                 llvm::all_of(op->getOperands(), isPositive)
             ? positive
             : both;
}

ArgumentLimiter::Masks ArgumentLimiter::findProduct(BinaryOp op) {
  if (!factors.isMask(op))
    return {};
  Value constant = op.getLhs(), factor = op.getRhs();
  if (!isConstantSlice(constant))
    std::swap(constant, factor);
  Masks own = find(constant), masks;
  Signs signs = findSigns(factor);
  masks.low = (own.low && signs.positive) || (own.high && signs.negative);
  masks.high = (own.high && signs.positive) || (own.low && signs.negative);
  return masks;
}

ArgumentLimiter::Masks ArgumentLimiter::compute(Value value) {
  Masks masks;
  if (isConstantSlice(value)) {
    isConstantOf(value, [&](double element) {
      masks.low |= element < -limitOfScores;
      masks.high |= element > limitOfScores;
      return true;
    });
    return masks;
  }
  Operation *op = value.getDefiningOp();
  auto binary = dyn_cast_or_null<BinaryOp>(op);
  if (binary && binary.getKind() == BinaryKind::Mul)
    return findProduct(binary);
  bool isChoice = isa_and_nonnull<SelectOp>(op);
  if (!binary && !isChoice && (!op || !op->hasTrait<MovesElements>()))
    return masks;
  bool isSub = binary && binary.getKind() == BinaryKind::Sub;
  bool isSum = isSub || (binary && binary.getKind() == BinaryKind::Add);
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isReal(operand.get()))
      continue;
    Masks own = find(operand.get());
    if (isSub && operand.getOperandNumber() == 1)
      std::swap(own.low, own.high);
    masks.isUndecided |=
        own.isUndecided ||
        (isSum && (isFar(operand.get()) || (own.low && masks.high) ||
                   (own.high && masks.low)));
    masks.low |= own.low;
    masks.high |= own.high;
  }
  return masks;
}

void nn::limitArguments(func::FuncOp func) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  llvm::DenseMap<std::pair<Value, unsigned>, Value> known;
  ArgumentLimiter masks;
  SmallVector<UnaryOp> ops;
  func.walk([&](UnaryOp op) { ops.push_back(op); });
  for (UnaryOp op : ops) {
    double low = 0, high = 0;
    switch (op.getKind()) {
    case UnaryKind::Sigmoid:
    case UnaryKind::Tanh:
    case UnaryKind::Erf:
      // Constant to 2^-15 beyond; 16 bits up to 2^5 have units of 2^-10.
      low = -31;
      high = 31;
      break;
    case UnaryKind::Expm1:
      // -1 to 2^-30 below.
      low = -30;
      high = infinity;
      break;
    case UnaryKind::Exp:
      // No float below.
      low = -127;
      high = infinity;
      break;
    default:
      continue;
    }
    Value x = op.getInput();
    if (!isReal(x) || isConstantSlice(x) || !isResult(x))
      continue;
    Value &limited = known[{x, static_cast<unsigned>(-low)}];
    if (!limited) {
      OpBuilder builder(op);
      builder.setInsertionPointAfterValue(x);
      Value argument = masks.limit(x);
      if (argument != x)
        builder.setInsertionPointAfterValue(argument);
      auto clip = ClipOp::create(builder, op.getLoc(), x.getType(), argument,
                                 builder.getF64FloatAttr(low),
                                 builder.getF64FloatAttr(high));
      clip->setAttr(qt::ownExponentAttrName, builder.getUnitAttr());
      limited = clip;
    }
    op.getInputMutable().assign(limited);
  }
}
