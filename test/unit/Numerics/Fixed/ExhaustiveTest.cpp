//===- ExhaustiveTest.cpp - Every input of the integer steps ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each step of one variable against exact integers of 128 bits, or against long
// doubles, whose own error of 2^-60 is far below what is asked. With
// QUANTC_EXHAUSTIVE=1 in the environment over all of its domain, which takes
// minutes (docs/integer-only.md has the result); without it over one input in
// some thousand and over the ends.
//
//===----------------------------------------------------------------------===//

#include "quantc/Numerics/Fixed/Functions.h"
#include "quantc/Numerics/Fixed/Powers.h"
#include "quantc/Numerics/Fixed/Primitives.h"
#include "quantc/Numerics/Fixed/Published.h"
#include "quantc/Numerics/Fixed/Rows.h"
#include "gtest/gtest.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

using namespace quantc::numerics::fixed;

__extension__ typedef __int128 Wide;

/// Calls \p check for low .. high: each, or about \p samples and both ends.
template <typename Check>
static void forEach(int64_t low, int64_t high, Check check,
                    int64_t samples = 1 << 18) {
  bool isWhole = std::getenv("QUANTC_EXHAUSTIVE") != nullptr;
  // Odd, so that all residues of powers of two come up.
  int64_t step = isWhole ? 1 : std::max<int64_t>(1, (high - low) / samples) | 1;
  for (int64_t x = low; x < high; x += step)
    check(x);
  check(high);
}

/// The largest of what has been seen.
template <typename T> static void raise(T &most, T value) {
  most = std::max(most, value);
}

TEST(Exhaustive, ShiftsRoundHalfUp) {
  // floor(x / 2^s + 1/2): twice the remainder is -2^s .. 2^s - 1.
  int64_t wrong = 0;
  for (int32_t s : {1, 2, 8, 16, 30, 31})
    forEach(
        INT32_MIN, INT32_MAX,
        [&](int64_t x) {
          int64_t y = shiftRight(static_cast<int32_t>(x), s);
          int64_t twice = 2 * (x - y * (int64_t(1) << s));
          wrong += twice < -(int64_t(1) << s) || twice >= (int64_t(1) << s);
        },
        1 << 16);
  EXPECT_EQ(wrong, 0);
}

TEST(Exhaustive, RowsLoseHalfAUnit) {
  // A row of one element: its mantissa has its bits, or is the largest.
  int64_t wrong = 0;
  for (unsigned bits : {8, 12, 16})
    forEach(-INT32_MAX, INT32_MAX, [&](int64_t x) {
      auto w = static_cast<int32_t>(x);
      int16_t m = 0;
      int32_t shift = normalise(&w, 1, 0, bits, &m);
      if (x == 0) {
        wrong += m != 0 || shift != zeroExponent;
        return;
      }
      // In units of half a last place, which may be below 1.
      Wide difference = Wide(m) * (Wide(1) << std::max(shift, 0)) -
                        Wide(x) * (Wide(1) << std::max(-shift, 0));
      // What rounds up to the next power is limited, and loses up to a unit.
      bool isLimited = std::abs(m) == (1 << (bits - 1)) - 1;
      Wide limit = shift > 0 ? Wide(1) << (shift - !isLimited) : 0;
      wrong += difference > limit || difference < -limit ||
               std::abs(m) < (1 << (bits - 2));
    });
  EXPECT_EQ(wrong, 0);
}

TEST(Exhaustive, RootsAreExact) {
  // Between k^2 and (k + 1)^2 - 1, at both ends.
  int64_t wrong = 0;
  forEach(1, INT32_MAX, [&](int64_t k) {
    uint64_t square = static_cast<uint64_t>(k) * k;
    wrong += integerSqrt(square) != k || integerSqrt(square - 1) != k - 1;
  });
  EXPECT_EQ(wrong, 0);
}

TEST(Exhaustive, ReciprocalsOfSums) {
  // Divisors that are normalised to 31 bits.
  int64_t wrong = 0;
  forEach(int64_t(1) << 30, INT32_MAX, [&](int64_t d) {
    Wide rest = (Wide(1) << 61) - Wide(reciprocal61(d)) * d;
    // Only 2^30 itself needs more than 31 bits.
    wrong += rest < 0 || (rest >= d && d != int64_t(1) << 30);
  });
  EXPECT_EQ(wrong, 0);
}

// All that depends on the bits alone is seen where they are normalised.
TEST(Exhaustive, Reciprocals) {
  Wide most = 0;
  int32_t least = INT32_MAX, largest = 0;
  forEach(int64_t(1) << 30, INT32_MAX, [&](int64_t x) {
    Floating y = reciprocal(static_cast<int32_t>(x));
    // y.m x 2^(y.e) - 1 in units of 2^y.e.
    Wide error = Wide(y.m) * x - (Wide(1) << -y.e);
    raise(most, error < 0 ? -error : error);
    least = std::min(least, y.m);
    largest = std::max(largest, y.m);
  });
  // 2^-28 of 2^60.
  EXPECT_LT(static_cast<double>(most), std::scalbn(1.0, 32));
  EXPECT_GE(least, 1 << 29);
  EXPECT_LE(largest, 1 << 30);
}

TEST(Exhaustive, SquareRoots) {
  long double root = 0, inverse = 0;
  int32_t least = INT32_MAX, largest = 0;
  forEach(int64_t(1) << 28, (int64_t(1) << 30) - 1, [&](int64_t x) {
    auto exact = std::sqrt(static_cast<long double>(x));
    Floating y = squareRoot(static_cast<int32_t>(x));
    raise(root, std::fabs(std::scalbn((long double)y.m, y.e) / exact - 1));
    Floating z = reciprocalRoot(static_cast<int32_t>(x));
    raise(inverse, std::fabs(std::scalbn((long double)z.m, z.e) * exact - 1));
    least = std::min(least, z.m);
    largest = std::max(largest, z.m);
  });
  EXPECT_LT(root, std::scalbn(1.0L, -27));
  EXPECT_LT(inverse, std::scalbn(1.0L, -27));
  EXPECT_GE(least, 1 << 29);
  EXPECT_LE(largest, 1 << 30);
}

TEST(Exhaustive, Logarithms) {
  long double most = 0;
  forEach(int64_t(1) << 30, INT32_MAX, [&](int64_t x) {
    long double exact = std::log2(static_cast<long double>(x));
    raise(most, std::fabs(logarithm(static_cast<int32_t>(x)) -
                          std::scalbn(exact, 22)));
  });
  EXPECT_LT(most, 1.3L);
}

TEST(Exhaustive, PowersOfTwo) {
  long double most = 0, relative = 0;
  for (int32_t f = 0; f < 32768; ++f) {
    long double exact = std::exp2(-f / 32768.0L);
    raise(most, std::fabs(exp2Fraction(f) - 32640 * exact));
    Floating y = powerOfTwo(f);
    raise(relative, std::fabs(std::scalbn((long double)y.m, y.e) / exact - 1));
  }
  EXPECT_LT(most, 4.7L);
  EXPECT_LT(relative, 3e-4L);
}

static long double evaluate(Sigma function, long double x) {
  switch (function) {
  case Sigma::GeluErf:
    return std::erfc(-x / std::sqrt(2.0L)) / 2;
  case Sigma::GeluTanh:
    x *= 2 * std::sqrt(2 / 3.14159265358979323846264338L) *
         (1 + 0.044715L * x * x);
    break;
  case Sigma::QuickGelu:
    x *= 1.702L;
    break;
  case Sigma::Sigmoid:
    break;
  case Sigma::Erf:
    return std::erfc(-x) / 2;
  }
  return 1 / (1 + std::exp(-x));
}

// Every mantissa at every exponent from where all results are 1/2. Above the
// last one here the definition counts elements below 8 units as at that one.
TEST(Exhaustive, Sigmas) {
  for (Sigma function : {Sigma::GeluErf, Sigma::GeluTanh, Sigma::QuickGelu,
                         Sigma::Sigmoid, Sigma::Erf}) {
    long double most = 0;
    int32_t last = 3 - getSigmaTable(function).log2PerUnit;
    for (int32_t e = -32; e <= last; ++e)
      forEach(
          -32767, 32767,
          [&](int64_t m) {
            long double x = std::scalbn(static_cast<long double>(m), e);
            int32_t g = sigma(function, static_cast<int16_t>(m), e);
            raise(most, std::fabs(g - 32768 * evaluate(function, x)));
          },
          1 << 12);
    EXPECT_LT(most, 1.2L) << static_cast<int>(function);
    for (int32_t e : {-128, -100, -60, 20, 60, 127})
      for (int32_t m : {-32767, -8, 0, 8, 32767}) {
        int32_t g = sigma(function, static_cast<int16_t>(m), e);
        EXPECT_EQ(g, e < 0 || m == 0 ? 16384 : m < 0 ? 0 : 32768);
      }
  }
}

TEST(Exhaustive, TiesGoToEven) {
  int64_t wrong = 0;
  for (int32_t places : {1, 2, 16, 31, 40})
    forEach(
        INT32_MIN, INT32_MAX,
        [&](int64_t x) {
          int64_t y = shiftToEven(x, places);
          int64_t unit = int64_t(1) << places, twice = 2 * (x - y * unit);
          bool isTie = twice == unit || twice == -unit;
          wrong += twice > unit || twice < -unit || (isTie && y % 2 != 0);
        },
        1 << 14);
  EXPECT_EQ(wrong, 0);
}
