//===- AttentionTest.cpp - Integer softmax and attention --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Vectors.h"

#include "quantc/Numerics/Fixed/Attention.h"
#include "quantc/Numerics/Fixed/Primitives.h"
#include "gtest/gtest.h"

using namespace quantc::numerics;
using vectors::as;

TEST(FixedAttention, Softmax) {
  namespace w = vectors::softmax_weights;
  namespace s = vectors::softmax;
  for (size_t i = 0; i < w::z.size(); ++i) {
    std::vector<int32_t> z = as<int32_t>(w::z[i]), p(z.size()), n(z.size());
    std::vector<uint8_t> visible = as<uint8_t>(w::mask[i]);
    EXPECT_EQ(fixed::softmaxWeights(z.data(), visible.data(), z.size(),
                                    p.data(), n.data()),
              w::S[i]);
    for (size_t j = 0; j < z.size(); ++j)
      if (visible[j]) {
        EXPECT_EQ(p[j], w::p[i][j]);
        EXPECT_EQ(fixed::shiftRight(p[j], n[j] + 7), w::u8[i][j]);
        EXPECT_EQ(fixed::shiftRight(p[j], n[j]), w::u15[i][j]);
      }
    std::vector<int32_t> y(z.size());
    EXPECT_EQ(fixed::softmax(z.data(), visible.data(), z.size(), y.data()),
              s::ey[i]);
    EXPECT_EQ(y, as<int32_t>(s::y[i]));
  }
  const int32_t z[] = {5, 7};
  const uint8_t none[] = {0, 0};
  int32_t y[2] = {1, 1};
  EXPECT_EQ(fixed::softmax(z, none, 2, y), fixed::zeroExponent);
  EXPECT_EQ(y[0] | y[1], 0);
}

namespace {
using Rows = std::vector<std::vector<int64_t>>;

template <typename T> std::vector<T> join(const Rows &rows) {
  std::vector<T> all;
  for (const auto &row : rows)
    all.insert(all.end(), row.begin(), row.end());
  return all;
}

void check(bool causal, const Rows &y, const std::vector<int64_t> &ey) {
  namespace a = vectors::attention;
  int64_t keys = a::k.size(), size = a::d;
  fixed::Multipliers multiplier = fixed::makeScoreMultiplier(0.5, size);
  EXPECT_EQ(multiplier.values[0], a::mult);
  EXPECT_EQ(multiplier.preShift, a::p);
  EXPECT_EQ(multiplier.exponent, a::E);
  std::vector<int16_t> q = join<int16_t>(a::q), k = join<int16_t>(a::k);
  std::vector<int8_t> v = join<int8_t>(a::v);
  std::vector<int32_t> ek = as<int32_t>(a::ek), ev = as<int32_t>(a::ev);
  for (int64_t i = 0; i < keys; ++i) {
    std::vector<uint8_t> visible(keys, 1);
    for (int64_t j = i + 1; causal && j < keys; ++j)
      visible[j] = 0;
    std::vector<int32_t> scratch(4 * keys), out(size);
    int32_t exponent =
        fixed::attend(multiplier, q.data() + i * size, a::eq[i], k.data(),
                      ek.data(), v.data(), ev.data(), visible.data(), keys,
                      size, size, scratch.data(), out.data());
    EXPECT_EQ(fixed::alignHeads(out.data(), &exponent, 1, size), ey[i]);
    EXPECT_EQ(out, as<int32_t>(y[i]));
  }
}
} // namespace

TEST(FixedAttention, Rows) {
  check(false, vectors::attention::y, vectors::attention::ey);
  check(true, vectors::attention_causal::y, vectors::attention_causal::ey);
}

TEST(FixedAttention, NothingVisible) {
  fixed::Multipliers multiplier = fixed::makeScoreMultiplier(0.5, 2);
  const int16_t q[] = {100, -3};
  const int8_t v[] = {5, 6};
  const int32_t exponent[] = {-9};
  const uint8_t none[] = {0};
  int32_t scratch[4], y[2];
  EXPECT_EQ(fixed::attend(multiplier, q, -10, q, exponent, v, exponent, none, 1,
                          2, 2, scratch, y),
            fixed::zeroExponent);
  EXPECT_EQ(y[0] | y[1], 0);
}

TEST(FixedAttention, HeadsOnOneExponent) {
  int32_t y[] = {1 << 20, -(1 << 20), 3 << 10, 0, 0, 0};
  const int32_t exponents[] = {-30, -28, 0};
  // The third head is zero, so that its exponent does not count.
  EXPECT_EQ(fixed::alignHeads(y, exponents, 3, 2), -27);
  EXPECT_EQ(y[0], 1 << 17);
  EXPECT_EQ(y[1], -(1 << 17));
  EXPECT_EQ(y[2], 3 << 9);
  EXPECT_EQ(y[4], 0);
}
