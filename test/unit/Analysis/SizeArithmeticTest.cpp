//===- SizeArithmeticTest.cpp - One form for equal sizes --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/SizeArithmetic.h"
#include "mlir/IR/MLIRContext.h"
#include "gtest/gtest.h"
#include <limits>

using namespace mlir;
using namespace quantc;

namespace {
class SizeArithmetic : public ::testing::Test {
protected:
  AffineExpr number(int64_t value) {
    return getAffineConstantExpr(value, &context);
  }

  MLIRContext context;
  AffineExpr a = getAffineSymbolExpr(0, &context);
  AffineExpr b = getAffineSymbolExpr(1, &context);
  AffineExpr c = getAffineSymbolExpr(2, &context);
};

TEST_F(SizeArithmetic, EqualSumsAreOneExpression) {
  EXPECT_EQ(canonicalizeSize(a + b + c), canonicalizeSize(c + (b + a)));
  EXPECT_EQ(canonicalizeSize(a + a), canonicalizeSize(a * 2));
  EXPECT_EQ(canonicalizeSize(a - a + 3), number(3));
}

TEST_F(SizeArithmetic, EqualProductsAreOneExpression) {
  EXPECT_EQ(canonicalizeSize(a * b * 6), canonicalizeSize(b * 3 * (a * 2)));
  EXPECT_EQ(canonicalizeSize((a + 1) * (b + 2)),
            canonicalizeSize(a * b + a * 2 + b + 2));
  EXPECT_EQ(canonicalizeSize((a + b) * c), canonicalizeSize(c * b + a * c));
}

TEST_F(SizeArithmetic, RemaindersAreBelowTheirDivisor) {
  EXPECT_TRUE(isSizeAtLeast(number(3) - a % 4, number(0)));
  EXPECT_FALSE(isSizeAtLeast(number(2) - a % 4, number(0)));
  EXPECT_TRUE(isSizeAtLeast(b + 9 - (a % 4) * 3, number(0)));
  EXPECT_FALSE(isSizeAtLeast(number(9) - (a % 4) * b, number(0)));
}

TEST_F(SizeArithmetic, NumbersStay) {
  EXPECT_EQ(canonicalizeSize(number(7)), number(7));
  EXPECT_EQ(canonicalizeSize(a * 0), number(0));
  EXPECT_EQ(canonicalizeSize(a), a);
}

TEST_F(SizeArithmetic, QuotientsGiveUpWhatDivides) {
  EXPECT_EQ(canonicalizeSize((a * 4 + b + 8).floorDiv(4)),
            canonicalizeSize(b.floorDiv(4) + a + 2));
  EXPECT_EQ(canonicalizeSize((a * 4 + 8).floorDiv(4)), a + 2);
  EXPECT_EQ(canonicalizeSize((a * 4 + b) % 4), canonicalizeSize(b % 4));
  EXPECT_EQ(canonicalizeSize((a * 4) % 2), number(0));
  EXPECT_EQ(canonicalizeSize((b + a).floorDiv(3)),
            canonicalizeSize((a + b).floorDiv(3)));
  EXPECT_EQ(canonicalizeSize((a * 6 + 1).ceilDiv(3)), a * 2 + 1);
}

TEST_F(SizeArithmetic, OverflowIsNull) {
  int64_t huge = std::numeric_limits<int64_t>::max();
  EXPECT_FALSE(multiplySizes({a * huge, b * 2}, &context));
  EXPECT_FALSE(multiplySizes({number(huge), number(2)}, &context));
  EXPECT_FALSE(canonicalizeSize(a * huge + (a + b) * 2 - b * 2));
  EXPECT_EQ(multiplySizes({a * huge, number(0)}, &context), number(0));
  EXPECT_EQ(multiplySizes({}, &context), number(1));
}

TEST_F(SizeArithmetic, ExactDivision) {
  EXPECT_EQ(divideSizeExactly(a * 99 * 64, number(99 * 64)), a);
  EXPECT_EQ(divideSizeExactly(a * b * 64, a * 64), b);
  EXPECT_EQ(divideSizeExactly((a + 1) * b * 4, (a + 1) * 2),
            canonicalizeSize(b * 2));
  EXPECT_EQ(divideSizeExactly((a + b) * (a + b), a + b), a + b);
  EXPECT_EQ(divideSizeExactly(number(0), a), number(0));
}

TEST_F(SizeArithmetic, InexactDivisionIsNull) {
  EXPECT_FALSE(divideSizeExactly(a * 3, number(2)));
  EXPECT_FALSE(divideSizeExactly(a + 1, a));
  EXPECT_FALSE(divideSizeExactly(a, b));
  EXPECT_FALSE(divideSizeExactly(a, number(0)));
  EXPECT_FALSE(divideSizeExactly(number(std::numeric_limits<int64_t>::min()),
                                 number(-1)));
}

TEST_F(SizeArithmetic, Comparison) {
  EXPECT_EQ(compareSizes(a, a), 0);
  EXPECT_EQ(compareSizes(number(3), number(5)), -1);
  EXPECT_EQ(compareSizes(a + 1, a), 1);
  EXPECT_EQ(compareSizes(a * b, number(-1)), 1);
  EXPECT_EQ(compareSizes(a, b), std::nullopt);
  // Symbols may be zero.
  EXPECT_EQ(compareSizes(a, number(0)), std::nullopt);
  EXPECT_TRUE(isSizeAtLeast(a, number(0)));
  EXPECT_TRUE(isSizeAtLeast(a * 2 + b, a));
  EXPECT_FALSE(isSizeAtLeast(a, number(1)));
  // Windows of a padded convolution, twice: floor((a - 1) / 2) + 1 is -1 / 2,
  // rounded down, plus 1 at least.
  AffineExpr once = (a - 1).floorDiv(2) + 1, twice = (once - 1).floorDiv(3) + 1;
  EXPECT_TRUE(isSizeAtLeast(once, number(0)));
  EXPECT_TRUE(isSizeAtLeast(twice + b, number(0)));
  EXPECT_FALSE(isSizeAtLeast((a - 3).floorDiv(2) + 1, number(0)));
  EXPECT_FALSE(isSizeAtLeast((once - 2) * b, number(-2)));
  EXPECT_TRUE(isSizeAtLeast((a - 9) % 4, number(0)));
}

/// Replaces both symbols by numbers.
static int64_t evaluate(AffineExpr size, int64_t x, int64_t y) {
  MLIRContext *context = size.getContext();
  AffineExpr known =
      size.replaceDimsAndSymbols({}, {getAffineConstantExpr(x, context),
                                      getAffineConstantExpr(y, context)});
  return cast<AffineConstantExpr>(known).getValue();
}

TEST_F(SizeArithmetic, LargerAndSmaller) {
  EXPECT_EQ(maxOfSizes(a + 2, a), a + 2);
  EXPECT_EQ(minOfSizes(a, a + b), a);
  AffineExpr larger = canonicalizeSize(maxOfSizes(a - 1, b)),
             smaller = canonicalizeSize(minOfSizes(a - 1, b));
  for (int64_t x = 0; x < 5; ++x)
    for (int64_t y = 0; y < 5; ++y) {
      EXPECT_EQ(evaluate(larger, x, y), std::max(x - 1, y));
      EXPECT_EQ(evaluate(smaller, x, y), std::min(x - 1, y));
    }
  // Both sides of zero, and equal however they are spelled.
  EXPECT_EQ(evaluate(maxOfSizes(a - 3, number(-1)), 0, 0), -1);
  EXPECT_EQ(canonicalizeSize(maxOfSizes(a - 1, number(0)) + b),
            canonicalizeSize(b + maxOfSizes(a - 1, number(0))));
}

TEST_F(SizeArithmetic, QuotientsToZero) {
  EXPECT_EQ(truncatedQuotient(a + 1, 2), (a + 1).floorDiv(2));
  EXPECT_EQ(truncatedQuotient(number(-3), 2), number(-1));
  AffineExpr quotient = canonicalizeSize(truncatedQuotient(a - b, 3));
  for (int64_t x = 0; x < 8; ++x)
    for (int64_t y = 0; y < 8; ++y)
      EXPECT_EQ(evaluate(quotient, x, y), (x - y) / 3);
}

TEST_F(SizeArithmetic, ChoicesAreLookedAtBothWays) {
  AffineExpr few = canonicalizeSize(minOfSizes(a, number(40)));
  EXPECT_TRUE(isSizeAtLeast(number(40), few));
  EXPECT_FALSE(isSizeAtLeast(number(39), few));
  EXPECT_TRUE(isSizeAtLeast(a, few));
  EXPECT_TRUE(isSizeAtLeast(few, number(0)));
  EXPECT_FALSE(isSizeAtLeast(few, number(1)));
  EXPECT_EQ(minOfSizes(few, number(40)), few);
  EXPECT_EQ(minOfSizes(few, number(50)), few);
  AffineExpr without = canonicalizeSize(maxOfSizes(few - 1, number(0)));
  EXPECT_TRUE(isSizeAtLeast(number(39), without));
  EXPECT_TRUE(isSizeAtLeast(few, without));
  EXPECT_FALSE(isSizeAtLeast(without, few - 2 + a));
}

TEST_F(SizeArithmetic, ChoicesThatDoNotMatterGo) {
  AffineExpr once = canonicalizeSize(maxOfSizes(a - 1, number(0))),
             twice = canonicalizeSize(maxOfSizes(once - 1, number(0)));
  EXPECT_EQ(twice, canonicalizeSize(maxOfSizes(a - 2, number(0))));
  AffineExpr few = canonicalizeSize(minOfSizes(a, number(40)));
  EXPECT_EQ(canonicalizeSize(minOfSizes(few + 2, number(30))),
            canonicalizeSize(minOfSizes(a + 2, number(30))));
}

// Each step has the one before several times.
TEST_F(SizeArithmetic, ChainsEnd) {
  AffineExpr size = a;
  int steps = 0;
  for (; steps < 64 && size; ++steps)
    size = canonicalizeSize(maxOfSizes((size - 1).floorDiv(3), b - size * 2));
  EXPECT_FALSE(size);
  EXPECT_GT(steps, 2);
}
} // namespace
