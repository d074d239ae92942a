//===- LinearTest.cpp - Vectors of products with weights --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Vectors.h"

#include "quantc/Numerics/Fixed/Linear.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace quantc::numerics;
using vectors::as;

namespace {
/// One product of the vectors: weights, multipliers, bias, rows and results.
struct Case {
  std::vector<std::vector<int8_t>> codes;
  std::vector<std::vector<int16_t>> multipliers; // empty: 8 bits
  int64_t block;
  fixed::Multipliers scale;
  fixed::ConstantVector bias;
};

using Rows = std::vector<std::vector<int64_t>>;

void check(const Case &product, const Rows &x, const std::vector<int64_t> &ex,
           const Rows *shifts, const Rows &acc, const Rows &y,
           const std::vector<int64_t> &ey) {
  for (size_t row = 0; row < x.size(); ++row) {
    std::vector<int8_t> q = as<int8_t>(x[row]);
    std::vector<uint8_t> k = as<uint8_t>(shifts ? (*shifts)[row] : Rows{{}}[0]);
    std::vector<int32_t> out;
    for (size_t j = 0; j < product.codes.size(); ++j) {
      const std::vector<int8_t> &w = product.codes[j];
      int64_t count = std::min(w.size(), q.size());
      const int16_t *multipliers =
          product.multipliers.empty() ? nullptr : product.multipliers[j].data();
      int32_t sum =
          fixed::accumulate(q.data(), shifts ? k.data() : nullptr, w.data(),
                            multipliers, count, product.block);
      EXPECT_EQ(sum, acc[row][j]);
      out.push_back(product.scale.apply(sum, j));
    }
    int32_t exponent = static_cast<int32_t>(ex[row]) + product.scale.exponent;
    EXPECT_EQ(fixed::addBias(out.data(), exponent, product.bias), ey[row]);
    EXPECT_EQ(out, as<int32_t>(y[row]));
  }
}

template <typename Weights>
Case makeCase(const Weights &weights, int64_t block,
              const std::vector<int64_t> &mult, int64_t p, int64_t e,
              const std::vector<int64_t> &bias, int64_t eBias) {
  Case result{
      {},
      {},
      block,
      {as<int32_t>(mult), static_cast<int32_t>(p), static_cast<int32_t>(e)},
      {as<int32_t>(bias), static_cast<int32_t>(eBias)}};
  for (const std::vector<int64_t> &row : weights)
    result.codes.push_back(as<int8_t>(row));
  return result;
}

/// Blocks one after the other as one row.
Rows flatten(const std::vector<Rows> &blocks) {
  Rows rows;
  for (const Rows &row : blocks) {
    rows.emplace_back();
    for (const auto &block : row)
      rows.back().insert(rows.back().end(), block.begin(), block.end());
  }
  return rows;
}
} // namespace

TEST(FixedLinear, Weights8) {
  namespace row = vectors::linear_w8;
  check(makeCase(row::W, 8, row::mult, row::p, row::E, row::bias, row::e_bias),
        row::xq, row::exq, nullptr, row::acc, row::y, row::ey);
  namespace block = vectors::linear_w8_block;
  check(makeCase(block::W, 8, block::mult, block::p, block::E, block::bias,
                 block::e_bias),
        block::xq, block::exq, &block::k, block::acc, block::y, block::ey);
}

TEST(FixedLinear, Weights4) {
  namespace row = vectors::linear_w4;
  Case product = makeCase(flatten(row::W), 32, row::mult, row::p, row::E,
                          row::bias, row::e_bias);
  for (const auto &u : row::u)
    product.multipliers.push_back(as<int16_t>(u));
  check(product, row::xq, row::exq, nullptr, row::acc, row::y, row::ey);
  namespace block = vectors::linear_w4_block;
  product.scale = {as<int32_t>(block::mult), block::p, block::E};
  check(product, block::xq, block::exq, &block::k, block::acc, block::y,
        block::ey);
}

/// Each channel has the bits that its bound leaves, whatever the scales of the
/// others are; one of zeros has none, and takes no bits from them.
TEST(FixedLinear, OwnMultipliers) {
  std::vector<double> scales = {0.01, 3e-9, 1, 7.5};
  std::vector<int64_t> bounds = {127 * 127 * 9 * 16, 127 * 500 * 16, 0, 32768};
  fixed::OwnMultipliers own =
      fixed::makeOwnMultipliers(scales.data(), bounds.data(), 4);
  EXPECT_EQ(own.values[2], 0);
  for (size_t i : {0, 1, 3}) {
    EXPECT_GT(own.exponents[i], own.exponents[2] + 256);
    int64_t sum = bounds[i] << own.preShift;
    EXPECT_LT(sum, int64_t(1) << 31);
    int32_t y =
        static_cast<int32_t>((sum * own.values[i] + (int64_t(1) << 30)) >> 31);
    EXPECT_LT(y, 1 << 30);
    // Half a unit of the product, and what 29 bits of the multiplier leave.
    double real = std::ldexp(bounds[i] * scales[i], -own.exponents[i]);
    EXPECT_NEAR(y, real, 1);
    // A quarter of 2^30, less what the bound is below the largest one.
    EXPECT_GT(y, std::ldexp(bounds[i], 28) / bounds[0]);
  }
}

TEST(FixedLinear, BoundsHoldAtTheWorstOperands) {
  const int8_t codes[] = {127, -127, 127, -3};
  const int8_t x[] = {127, -127, 127, -127};
  const uint8_t shifts[] = {4, 4};
  EXPECT_EQ(fixed::boundSum(codes, nullptr, 4, 2, 4),
            fixed::accumulate(x, shifts, codes, nullptr, 4, 2));
  const int16_t multipliers[] = {255, -31};
  const int8_t four[] = {7, -8, -8, 7};
  const int8_t signs[] = {127, -127, 127, -127};
  EXPECT_EQ(fixed::boundSum(four, multipliers, 4, 2, 4),
            fixed::accumulate(signs, shifts, four, multipliers, 4, 2));
}
