//===- PrepareGuards.cpp - Questions for what is not finite -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Integers have neither infinities nor NaN. A model that asks whether a result
// is one, to put another number in its place, asks what the result is of: 1 / x
// is infinite where x is 0.
//
//===----------------------------------------------------------------------===//

#include "PrepareIntegers.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Analysis/SplatConstants.h"

#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

/// The one number of a constant that leaves what is beside it its shape.
static std::optional<double> getNumber(Value value, Value beside) {
  auto type = typeOf(value);
  if (!isReal(value) || type.getRank() > typeOf(beside).getRank() ||
      !type.hasStaticShape() || type.getNumElements() != 1)
    return std::nullopt;
  return matchSplat(value);
}

namespace {
/// Conditions on what a value is computed from; none where nothing is known, or
/// where the value is always a number.
class Guards {
public:
  explicit Guards(Build &build) : b(build) {}

  /// Where \p value is infinite in floats: above with \p sign 1, below with -1,
  /// either with 0.
  Value findInfinite(Value value, int sign);
  /// Where it is NaN, of operands that are numbers.
  Value findUndefined(Value value);

private:
  Value isZero(Value x) { return b.compare(Predicate::Eq, x, b.number(0)); }
  Value isNegative(Value x) { return b.compare(Predicate::Lt, x, b.number(0)); }
  Value both(Value x, Value y) { return b.binary(BinaryKind::And, x, y); }
  Value findInfiniteQuotient(BinaryOp op, int sign);
  Value findInfiniteProduct(Value x, Value constant, int sign);
  Value findInfiniteSum(BinaryOp op, int sign);

  Build &b;
};
} // namespace

Value Guards::findInfiniteQuotient(BinaryOp op, int sign) {
  Value lhs = op.getLhs(), rhs = op.getRhs();
  if (getNumber(rhs, lhs))
    return findInfiniteProduct(lhs, rhs, sign);
  if (std::optional<double> dividend = getNumber(lhs, rhs)) {
    bool isOther = *dividend < 0 ? sign > 0 : sign < 0;
    return *dividend == 0 || isOther ? Value() : isZero(rhs);
  }
  Predicate predicate = sign > 0   ? Predicate::Gt
                        : sign < 0 ? Predicate::Lt
                                   : Predicate::Ne;
  return both(isZero(rhs), b.compare(predicate, lhs, b.number(0)));
}

Value Guards::findInfiniteProduct(Value x, Value constant, int sign) {
  std::optional<double> factor = getNumber(constant, x);
  if (!factor || *factor == 0)
    return {};
  return findInfinite(x, *factor < 0 ? -sign : sign);
}

/// Whether \p value is a finite number that leaves what is beside it its shape.
static bool isFiniteNumber(Value value, Value beside) {
  std::optional<double> number = getNumber(value, beside);
  return number && std::isfinite(*number);
}

/// A constant moves what is infinite nowhere.
Value Guards::findInfiniteSum(BinaryOp op, int sign) {
  Value lhs = op.getLhs(), rhs = op.getRhs();
  if (isFiniteNumber(rhs, lhs))
    return findInfinite(lhs, sign);
  if (isFiniteNumber(lhs, rhs))
    return findInfinite(rhs, op.getKind() == BinaryKind::Sub ? -sign : sign);
  return {};
}

Value Guards::findInfinite(Value value, int sign) {
  if (auto unary = value.getDefiningOp<UnaryOp>()) {
    Value x = unary.getInput();
    switch (unary.getKind()) {
    case UnaryKind::Abs:
      return sign < 0 ? Value() : findInfinite(x, 0);
    case UnaryKind::Neg:
      return findInfinite(x, -sign);
    case UnaryKind::Sqrt:
      return sign < 0 ? Value() : findInfinite(x, 1);
    // A zero is one without a sign.
    case UnaryKind::Reciprocal:
    case UnaryKind::Rsqrt:
      return sign < 0 ? Value() : isZero(x);
    case UnaryKind::Log:
      return sign > 0 ? Value() : isZero(x);
    default:
      return {};
    }
  }
  auto binary = value.getDefiningOp<BinaryOp>();
  if (!binary)
    return {};
  Value lhs = binary.getLhs(), rhs = binary.getRhs();
  switch (binary.getKind()) {
  case BinaryKind::Div:
    return findInfiniteQuotient(binary, sign);
  case BinaryKind::Pow:
    return getNumber(rhs, lhs).value_or(0) < 0 && sign >= 0 ? isZero(lhs)
                                                            : Value();
  case BinaryKind::Add:
  case BinaryKind::Sub:
    return findInfiniteSum(binary, sign);
  case BinaryKind::Mul:
    return getNumber(lhs, rhs) ? findInfiniteProduct(rhs, lhs, sign)
                               : findInfiniteProduct(lhs, rhs, sign);
  default:
    return {};
  }
}

Value Guards::findUndefined(Value value) {
  if (auto unary = value.getDefiningOp<UnaryOp>())
    switch (unary.getKind()) {
    case UnaryKind::Abs:
    case UnaryKind::Neg:
      return findUndefined(unary.getInput());
    case UnaryKind::Sqrt:
    case UnaryKind::Rsqrt:
    case UnaryKind::Log:
      return isNegative(unary.getInput());
    default:
      return {};
    }
  auto binary = value.getDefiningOp<BinaryOp>();
  if (!binary)
    return {};
  Value lhs = binary.getLhs(), rhs = binary.getRhs();
  std::optional<double> right = getNumber(rhs, lhs);
  switch (binary.getKind()) {
  case BinaryKind::Div:
    if (right || getNumber(lhs, rhs))
      return {};
    return both(isZero(lhs), isZero(rhs));
  case BinaryKind::Pow:
    return right && *right != std::floor(*right) ? isNegative(lhs) : Value();
  case BinaryKind::Add:
  case BinaryKind::Sub:
    if (isFiniteNumber(rhs, lhs))
      return findUndefined(lhs);
    return isFiniteNumber(lhs, rhs) ? findUndefined(rhs) : Value();
  case BinaryKind::Mul:
    return right && *right != 0 ? findUndefined(lhs) : Value();
  default:
    return {};
  }
}

namespace {
struct AskOperands : OpRewritePattern<CompareOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(CompareOp op,
                                PatternRewriter &rewriter) const override {
    Value lhs = op.getLhs(), rhs = op.getRhs();
    Build b(rewriter, op.getLoc());
    Guards guards(b);
    Value found;
    if (op.getPredicate() == Predicate::Ne && lhs == rhs && isReal(lhs)) {
      found = guards.findUndefined(lhs);
    } else if (op.getPredicate() == Predicate::Eq) {
      std::optional<double> number = getNumber(rhs, lhs);
      if (number && std::isinf(*number))
        found = guards.findInfinite(lhs, *number < 0 ? -1 : 1);
    }
    if (!found)
      return rewriter.notifyMatchFailure(
          op, "does not ask for what is no number of a known function");
    rewriter.replaceOp(op, found);
    return success();
  }
};
} // namespace

void nn::populateGuardPatterns(RewritePatternSet &patterns) {
  patterns.add<AskOperands>(patterns.getContext());
}
