//===- SliceRangeTest.cpp - What a slice takes of a dimension ---*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/NN/IR/SliceRange.h"
#include "gtest/gtest.h"
#include <limits>

using quantc::nn::getSliceRange;
using quantc::nn::SliceRange;

namespace {
constexpr int64_t lowest = std::numeric_limits<int64_t>::min();
constexpr int64_t highest = std::numeric_limits<int64_t>::max();

void expect(SliceRange range, int64_t first, int64_t count) {
  EXPECT_EQ(range.count, count);
  if (count != 0) {
    EXPECT_EQ(range.first, first);
  }
}

TEST(SliceRange, Forward) {
  expect(getSliceRange(0, 10, 1, 10), 0, 10);
  expect(getSliceRange(2, -1, 1, 10), 2, 7);
  expect(getSliceRange(-3, highest, 1, 10), 7, 3);
  expect(getSliceRange(1, 10, 3, 10), 1, 3);
  expect(getSliceRange(5, 2, 1, 10), 0, 0);
  expect(getSliceRange(20, 30, 1, 10), 0, 0);
  expect(getSliceRange(-20, 3, 1, 10), 0, 3);
}

TEST(SliceRange, Backward) {
  expect(getSliceRange(-1, lowest, -1, 10), 9, 10);
  expect(getSliceRange(-1, -11, -1, 10), 9, 10);
  expect(getSliceRange(highest, 0, -1, 10), 9, 9);
  expect(getSliceRange(8, 2, -3, 10), 8, 2);
  expect(getSliceRange(2, 5, -1, 10), 0, 0);
  expect(getSliceRange(-20, lowest, -1, 10), 0, 1);
}

TEST(SliceRange, ExtremeValues) {
  expect(getSliceRange(lowest, highest, highest, 10), 0, 1);
  expect(getSliceRange(highest, lowest, lowest, 10), 9, 1);
  expect(getSliceRange(0, highest, 1, highest), 0, highest);
}

TEST(SliceRange, EmptyDimension) {
  expect(getSliceRange(0, highest, 1, 0), 0, 0);
  expect(getSliceRange(-1, lowest, -1, 0), 0, 0);
  expect(getSliceRange(0, 0, -1, 0), 0, 0);
}
} // namespace
