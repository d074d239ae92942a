//===- SizeBoundsTest.cpp - How large a size can be -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/SizeBounds.h"
#include "mlir/IR/MLIRContext.h"
#include "quantc/Analysis/SizeArithmetic.h"
#include "gtest/gtest.h"
#include <random>

using namespace mlir;
using namespace quantc;

namespace {
class SizeBounds : public ::testing::Test {
protected:
  AffineExpr number(int64_t value) {
    return getAffineConstantExpr(value, &context);
  }
  /// Where it lies; 1 to -1 where that is not known.
  std::pair<int64_t, int64_t> range(AffineExpr size,
                                    llvm::ArrayRef<SizeRange> symbols) {
    std::optional<SizeRange> range = getSizeRange(size, symbols);
    return range ? std::pair(range->low, range->high)
                 : std::pair<int64_t, int64_t>(1, -1);
  }
  static constexpr int64_t Many = 1 << 20;

  MLIRContext context;
  AffineExpr a = getAffineSymbolExpr(0, &context);
  AffineExpr b = getAffineSymbolExpr(1, &context);
};
using Pair = std::pair<int64_t, int64_t>;
} // namespace

TEST_F(SizeBounds, WhatOccursTwiceCountsOnce) {
  // x[4:] of a = 1..8.
  AffineExpr rest = maxOfSizes(a - 4, number(0));
  EXPECT_EQ(range(rest, {{1, 8}}), Pair(0, 4));
  EXPECT_EQ(range(minOfSizes(a, number(5)), {{1, 8}}), Pair(1, 5));
  EXPECT_EQ(range(a * a - a * 2, {{0, 9}}), Pair(-1, 63));
  EXPECT_EQ(range(a % 4, {{0, 2}}), Pair(0, 2));
  EXPECT_EQ(range(a % 4, {{4, 6}}), Pair(0, 2));
}

TEST_F(SizeBounds, LargeRangesAreBoundedAtTheirEnds) {
  llvm::SmallVector<SizeRange> symbols = {{1, Many}, {1, Many}};
  EXPECT_EQ(range(maxOfSizes(a - 4, number(0)), symbols).second, Many - 4);
  EXPECT_EQ(range(maxOfSizes(a, b), symbols), Pair(1, Many));
  EXPECT_EQ(range(maxOfSizes(maxOfSizes(a, b * 3), number(7)), symbols).second,
            3 * Many);
  // a (b - 2), which is not written so.
  EXPECT_EQ(range(canonicalizeSize(a * (b - 2)), symbols),
            Pair(-Many, Many * (Many - 2)));
  EXPECT_EQ(range(countWindows(a, 2, 3, 2).count, symbols), Pair(1, Many / 2));
  EXPECT_LE(range(truncatedQuotient(a - 9, 2), symbols).second, Many / 2);
}

TEST_F(SizeBounds, NothingWhereADivisorMayBeZero) {
  EXPECT_FALSE(getSizeRange(a.floorDiv(b), {{1, 3}, {0, 2}}));
  EXPECT_EQ(range(a.floorDiv(b), {{1, 7}, {1, 2}}), Pair(0, 7));
  EXPECT_FALSE(getSizeRange(a * a * a * a, {{0, Many}}));
  EXPECT_FALSE(getSizeRange(b, {{0, 1}}));
}

TEST_F(SizeBounds, HoldForAllSymbolsInTheirRanges) {
  SizeRange ranges[] = {{0, 7}, {2, 5}};
  for (AffineExpr size :
       {a + b * 3, a * b - 4, (a - 9).floorDiv(b), (a - 9).ceilDiv(b),
        (a - 9) % b, -a * (b - 3), (a * a).ceilDiv(4) * b}) {
    std::optional<SizeRange> range = getSizeRange(size, ranges);
    ASSERT_TRUE(range);
    for (int64_t i = ranges[0].low; i <= ranges[0].high; ++i)
      for (int64_t k = ranges[1].low; k <= ranges[1].high; ++k) {
        AffineExpr value =
            size.replaceSymbols({getAffineConstantExpr(i, &context),
                                 getAffineConstantExpr(k, &context)});
        int64_t number = cast<AffineConstantExpr>(value).getValue();
        EXPECT_TRUE(range->low <= number && number <= range->high);
      }
  }
  SizeRange fixed[] = {{6, 6}};
  EXPECT_EQ(getSizeRange((a * a + 1).ceilDiv(2), fixed)->high, 19);
  EXPECT_EQ(getSizeRange((a * a + 1).ceilDiv(2), fixed)->low, 19);
}

TEST_F(SizeBounds, AreNotThereBeyondTheIntegers) {
  SizeRange ranges[] = {{0, INT64_MAX}};
  EXPECT_FALSE(getSizeRange(a * 2, ranges));
  EXPECT_FALSE(getSizeRange(a + 1, ranges));
  EXPECT_FALSE(
      getSizeRange(getAffineConstantExpr(5, &context).floorDiv(a), ranges));
  EXPECT_FALSE(getSizeRange(b, ranges));
}

TEST_F(SizeBounds, NoValueLiesOutside) {
  std::mt19937 random(3);
  auto draw = [&](int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random);
  };
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<AffineExpr> known = {a, b, number(draw(0, 9))};
    for (int step = 0; step < 6; ++step) {
      AffineExpr x = known[draw(0, known.size() - 1)],
                 y = known[draw(0, known.size() - 1)];
      switch (draw(0, 6)) {
      case 0:
        known.push_back(x + y);
        break;
      case 1:
        known.push_back(x - y);
        break;
      case 2:
        known.push_back(draw(0, 2) == 0 ? x * y : x * draw(-3, 3));
        break;
      case 3:
        known.push_back(x.floorDiv(draw(1, 4)));
        break;
      case 4:
        known.push_back(x % draw(1, 5));
        break;
      case 5:
        known.push_back(x.ceilDiv(draw(1, 4)));
        break;
      default:
        known.push_back(maxOfSizes(x, y));
      }
    }
    // Ranges that are enumerated, and ranges that are not.
    int64_t extent = trial % 2 ? 4 : 3000;
    SizeRange ranges[] = {{draw(0, 9), 0}, {draw(0, 9), 0}};
    for (SizeRange &own : ranges)
      own.high = own.low + draw(0, extent);
    std::optional<SizeRange> range = getSizeRange(known.back(), ranges);
    if (!range)
      continue;
    int64_t low = INT64_MAX, high = INT64_MIN;
    for (int i = 0; i < 200; ++i) {
      int64_t x = draw(ranges[0].low, ranges[0].high),
              y = draw(ranges[1].low, ranges[1].high);
      auto value = dyn_cast<AffineConstantExpr>(
          known.back().replaceSymbols({number(x), number(y)}));
      ASSERT_TRUE(value);
      low = std::min(low, value.getValue());
      high = std::max(high, value.getValue());
    }
    EXPECT_LE(range->low, low) << trial;
    EXPECT_GE(range->high, high) << trial;
    if (trial % 2) {
      EXPECT_EQ(range->low, low) << trial;
      EXPECT_EQ(range->high, high) << trial;
    }
  }
}
