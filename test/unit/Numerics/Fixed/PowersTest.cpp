//===- PowersTest.cpp - Integer reciprocals, roots, logarithms --*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Numerics/Fixed/Powers.h"
#include "gtest/gtest.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

using namespace quantc::numerics;
using fixed::Floating;

static double getValue(Floating x) { return std::scalbn(double(x.m), x.e); }

/// Every number of 16 bits, and some of every other length.
template <typename Body> static void forEachNumber(int bits, Body body) {
  for (int32_t x = 1; x < 65536; ++x)
    body(x);
  for (int length = 17; length <= bits; ++length)
    for (int64_t i = 0; i < 4096; ++i)
      body(static_cast<int32_t>((int64_t(1) << (length - 1)) +
                                (i * (int64_t(1) << (length - 1))) / 4096));
  body(static_cast<int32_t>((int64_t(1) << bits) - 1));
}

TEST(FixedPowers, Reciprocal) {
  double worst = 0;
  forEachNumber(31, [&](int32_t x) {
    Floating y = fixed::reciprocal(x);
    EXPECT_TRUE(y.m >= (1 << 29) - 4 && y.m <= 1 << 30) << x;
    worst = std::max(worst, std::fabs(getValue(y) * x - 1));
  });
  EXPECT_LT(worst, std::scalbn(1.0, -28));
}

TEST(FixedPowers, Roots) {
  double worst = 0, worstReciprocal = 0;
  forEachNumber(30, [&](int32_t x) {
    Floating root = fixed::squareRoot(x), other = fixed::reciprocalRoot(x);
    EXPECT_TRUE(root.m >= (1 << 28) - 4 && root.m <= 1 << 29) << x;
    EXPECT_TRUE(other.m >= (1 << 29) - 4 && other.m <= (1 << 30) + 4) << x;
    worst = std::max(worst, std::fabs(getValue(root) / std::sqrt(x) - 1));
    worstReciprocal = std::max(worstReciprocal,
                               std::fabs(getValue(other) * std::sqrt(x) - 1));
  });
  EXPECT_LT(worst, std::scalbn(1.0, -27));
  EXPECT_LT(worstReciprocal, std::scalbn(1.0, -27));
}

TEST(FixedPowers, Logarithm) {
  double worst = 0;
  forEachNumber(31, [&](int32_t x) {
    worst = std::max(worst, std::fabs(fixed::logarithm(x) -
                                      std::log2(double(x)) * (1 << 22)));
  });
  EXPECT_LT(worst, 1.3);
  EXPECT_EQ(fixed::logarithm(1), 0);
  EXPECT_EQ(fixed::logarithm(1 << 20), 20 << 22);
}

TEST(FixedPowers, PowerOfTwo) {
  double worst = 0;
  for (int32_t y = -70000; y < 70000; ++y) {
    Floating power = fixed::powerOfTwo(y);
    EXPECT_TRUE(power.m >= (1 << 28) - (1 << 14) && power.m <= 1 << 29) << y;
    worst = std::max(worst,
                     std::fabs(getValue(power) * std::exp2(y / 32768.0) - 1));
  }
  EXPECT_LT(worst, 3e-4);
  EXPECT_EQ(fixed::powerOfTwo(0).m, 1 << 29);
}

TEST(FixedPowers, Softplus) {
  double worst = 0;
  for (int32_t exponent = -40; exponent <= 0; ++exponent)
    for (int32_t m = -32767; m < 32768; m += 5) {
      double x = std::scalbn(double(m), exponent);
      // Below, the result has an exponent beyond eight bits.
      if (x < -80)
        continue;
      Floating y = fixed::softplus(static_cast<int16_t>(m), exponent);
      ASSERT_TRUE(y.m > 0 && y.m < 1 << 30) << m << " " << exponent;
      double exact = std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x)));
      worst = std::max(worst, std::fabs(getValue(y) / exact - 1));
    }
  EXPECT_LT(worst, 4e-4);
}

TEST(FixedPowers, Expm1) {
  double worst = 0;
  for (int32_t exponent = -60; exponent <= -8; ++exponent)
    for (int32_t m = -32767; m < 32768; m += 5) {
      double x = std::scalbn(double(m), exponent);
      Floating y = fixed::expm1(static_cast<int16_t>(m), exponent);
      ASSERT_TRUE(std::abs(y.m) < 1 << 30) << m << " " << exponent;
      double exact = std::expm1(x);
      // Beyond 1 a power of two has 15 bits for its exponent's fraction.
      if (m != 0)
        worst = std::max(worst, std::fabs(getValue(y) / exact - 1));
      else
        EXPECT_EQ(y.m, 0);
    }
  EXPECT_LT(worst, 6e-5);
}

TEST(FixedPowers, Log1p) {
  double worst = 0;
  for (int32_t exponent = -80; exponent <= 20; ++exponent)
    for (int32_t m = 1; m < 1 << 29; m += 1 + m / 97)
      for (int32_t sign : {-1, 1}) {
        double x = std::scalbn(double(sign * m), exponent);
        // Of less, as far as 1 is told from it.
        if (x < -0.99)
          continue;
        Floating y = fixed::log1p(sign * m, exponent);
        ASSERT_TRUE(std::abs(y.m) < 1 << 30) << m << " " << exponent;
        worst = std::max(worst, std::fabs(getValue(y) / std::log1p(x) - 1));
      }
  EXPECT_LT(worst, 4e-6);
  EXPECT_EQ(fixed::log1p(0, -100).m, 0);
}
