//===- RowsTest.cpp - Vectors of rows and products --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Vectors.h"

#include "quantc/Numerics/Fixed/Linear.h"
#include "quantc/Numerics/Fixed/Primitives.h"
#include "quantc/Numerics/Fixed/Rows.h"
#include "gtest/gtest.h"

#include <cmath>
#include <limits>

using namespace quantc::numerics;
using vectors::as;

TEST(FixedPrimitives, Vectors) {
  for (size_t i = 0; i < vectors::rshift::x.size(); ++i)
    EXPECT_EQ(fixed::shiftRight(vectors::rshift::x[i], vectors::rshift::s[i]),
              vectors::rshift::y[i]);
  for (size_t i = 0; i < vectors::mulh31::a.size(); ++i)
    EXPECT_EQ(
        fixed::multiplyHigh31(vectors::mulh31::a[i], vectors::mulh31::b[i]),
        vectors::mulh31::y[i]);
  for (size_t i = 0; i < vectors::isqrt::n.size(); ++i)
    EXPECT_EQ(fixed::integerSqrt(vectors::isqrt::n[i]), vectors::isqrt::y[i]);
  for (size_t i = 0; i < vectors::bitlen::n.size(); ++i)
    EXPECT_EQ(fixed::bitLength(vectors::bitlen::n[i]), vectors::bitlen::y[i]);
}

TEST(FixedRows, Normalise) {
  auto check = [](const auto &w, const auto &e, const auto &m,
                  const auto &expected, unsigned bits) {
    for (size_t i = 0; i < w.size(); ++i) {
      std::vector<int16_t> out(w[i].size());
      EXPECT_EQ(fixed::normalise(as<int32_t>(w[i]).data(), w[i].size(), e[i],
                                 bits, out.data()),
                expected[i]);
      EXPECT_EQ(out, as<int16_t>(m[i]));
    }
  };
  namespace v8 = vectors::normalise8;
  check(v8::w, v8::e, v8::m, v8::e_out, 8);
  namespace v16 = vectors::normalise16;
  check(v16::w, v16::e, v16::m, v16::e_out, 16);
}

TEST(FixedRows, InputAndBlocks) {
  namespace input = vectors::quantise_input;
  for (size_t i = 0; i < input::x.size(); ++i) {
    std::vector<float> x(input::x[i].begin(), input::x[i].end());
    std::vector<int16_t> m(x.size());
    EXPECT_EQ(fixed::quantiseInput(x.data(), x.size(), m.data()), input::e[i]);
    EXPECT_EQ(m, as<int16_t>(input::m[i]));
  }
  namespace blocks = vectors::blocks8;
  for (size_t i = 0; i < blocks::m.size(); ++i) {
    std::vector<int8_t> q(blocks::m[i].size());
    std::vector<uint8_t> k(blocks::k[i].size());
    EXPECT_EQ(fixed::encodeBlocks(as<int16_t>(blocks::m[i]).data(), q.size(),
                                  blocks::e[i], blocks::block, q.data(),
                                  k.data()),
              blocks::e_out[i]);
    EXPECT_EQ(q, as<int8_t>(blocks::q[i]));
    EXPECT_EQ(k, as<uint8_t>(blocks::k[i]));
  }
}

TEST(FixedRows, InputsThatNoIntegerHas) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const float x[] = {std::nanf(""), infinity, -infinity, 1.0f};
  int16_t m[4];
  int32_t e = fixed::quantiseInput(x, 4, m);
  EXPECT_EQ(std::vector<int16_t>(m, m + 4),
            (std::vector<int16_t>{0, 32767, -32767, 0}));
  EXPECT_EQ(e, 128 - 15);
  const float tiny[] = {std::numeric_limits<float>::denorm_min(), 0.0f};
  EXPECT_EQ(fixed::quantiseInput(tiny, 2, m), fixed::leastExponent);
  EXPECT_EQ(m[0], 0);
  EXPECT_EQ(fixed::quantiseInput(x, 1, m), fixed::zeroExponent);
}

TEST(FixedRows, LeastExponent) {
  // The last row with all its bits, then fewer, each half up, and none.
  const float x[] = {0x1p-114f, -0x1.8p-127f, 0x1p-130f};
  int16_t m[3];
  EXPECT_EQ(fixed::quantiseInput(x, 3, m), -128);
  EXPECT_EQ(std::vector<int16_t>(m, m + 3),
            (std::vector<int16_t>{16384, -3, 0}));
  EXPECT_EQ(fixed::quantiseInput(x + 1, 2, m), -128);
  EXPECT_EQ(m[0], -3);
  const int32_t w[] = {0x30000000, -0x28000000, 1};
  for (int32_t below = 0; below < 40; ++below) {
    for (int32_t bits : {8, 12, 16}) {
      // At -128 the largest has all bits but `below`.
      int32_t e = -128 - (31 - bits) - below;
      EXPECT_EQ(fixed::normalise(w, 3, e, bits, m), -128);
      for (int i = 0; i < 3; ++i)
        EXPECT_EQ(m[i], std::floor(std::scalbn(double(w[i]), e + 128) + 0.5));
    }
  }
  const int32_t zeros[] = {0, 0, 0};
  EXPECT_EQ(fixed::normalise(zeros, 3, -200, 16, m), fixed::zeroExponent);
  // Blocks: 16 units of the least exponent, whatever bits the row has.
  for (int16_t largest : {32767, 8192, 2047, 24, 7, 0}) {
    const int16_t row[] = {largest, -24};
    int8_t q[2];
    uint8_t k[1];
    EXPECT_EQ(fixed::encodeBlocks(row, 1, -128, 2, q, k), -124);
    int32_t shift = std::max(fixed::bitLength(largest) - 7, 4);
    EXPECT_EQ(q[0],
              std::min(127.0, std::floor(std::scalbn(largest, -shift) + 0.5)));
    EXPECT_EQ(k[0], shift - 4);
    EXPECT_EQ(fixed::encodeBlocks(row + 1, 1, -128, 2, q, k), -124);
    EXPECT_EQ(q[0], -1);
  }
  EXPECT_EQ(fixed::leastBlockExponent, -124);
}

TEST(FixedRows, ResidualAndRotation) {
  namespace add = vectors::add_residual;
  for (size_t i = 0; i < add::y.size(); ++i) {
    std::vector<int32_t> z(add::y[i].size());
    EXPECT_EQ(fixed::addResidual(as<int32_t>(add::y[i]).data(), add::ey[i],
                                 as<int16_t>(add::m[i]).data(), add::em[i],
                                 z.size(), z.data()),
              add::ez[i]);
    EXPECT_EQ(z, as<int32_t>(add::z[i]));
  }
  for (size_t i = 0; i < vectors::rope::m.size(); ++i)
    for (int pair = 0; pair < 2; ++pair) {
      const auto &m = vectors::rope::m[i];
      int32_t a, b;
      fixed::rotatePair(m[2 * pair], m[2 * pair + 1],
                        vectors::rope::cos[i][pair],
                        vectors::rope::sin[i][pair], &a, &b);
      EXPECT_EQ(a, vectors::rope::y[i][2 * pair]);
      EXPECT_EQ(b, vectors::rope::y[i][2 * pair + 1]);
    }
}

TEST(FixedLinear, Multipliers) {
  namespace v = vectors::multipliers;
  fixed::Multipliers made =
      fixed::makeMultipliers(v::scales.data(), v::bounds.data(), 4);
  EXPECT_EQ(made.values, as<int32_t>(v::m));
  EXPECT_EQ(made.preShift, v::p);
  EXPECT_EQ(made.exponent, v::E);
}

TEST(FixedLinear, MeanIsExactToAUnit) {
  for (int64_t count : {1, 2, 3, 7, 64, 99, 1000, 65535}) {
    int32_t exponent = 0, sum = 1234567 - 2 * static_cast<int32_t>(count);
    double value = fixed::mean(sum, count, &exponent);
    // Half a unit of rounding and half a unit of the factor's last place.
    EXPECT_NEAR(value, std::scalbn(double(sum) / count, -exponent), 1.0);
  }
}

TEST(FixedRows, WideInput) {
  // All bits of a float, and the same rules for what is none.
  float x[] = {1.5f, -0x1.fffffep-1f, NAN, 0x1p-29f, 0x1p-30f};
  int32_t m[5];
  EXPECT_EQ(fixed::quantiseInput(x, 5, m), -29);
  EXPECT_EQ(m[0], 3 << 28);
  EXPECT_EQ(m[1], -0x1fffffe0);
  EXPECT_EQ(m[2], 0);
  EXPECT_EQ(m[3], 1);
  EXPECT_EQ(m[4], 1);
  float infinite[] = {-INFINITY, 0};
  EXPECT_EQ(fixed::quantiseInput(infinite, 2, m), 127 - 29);
  EXPECT_EQ(m[0], -0x3fffffc0);
  float zero = 0;
  EXPECT_EQ(fixed::quantiseInput(&zero, 1, m), fixed::zeroExponent);
}
