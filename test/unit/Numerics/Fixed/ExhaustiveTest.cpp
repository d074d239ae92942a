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

/// Whether all inputs are wanted.
static bool isWhole() {
  static bool isSet = std::getenv("QUANTC_EXHAUSTIVE") != nullptr;
  return isSet;
}

/// Calls \p check for low .. high: each, or about \p samples and both ends.
template <typename Check>
static void forEach(int64_t low, int64_t high, Check check,
                    int64_t samples = 1 << 18) {
  // Odd, so that all residues of powers of two come up.
  int64_t step =
      isWhole() ? 1 : std::max<int64_t>(1, (high - low) / samples) | 1;
  for (int64_t x = low; x < high; x += step)
    check(x);
  check(high);
}

/// The largest of what has been seen.
template <typename T> static void raise(T &most, T value) {
  most = std::max(most, value);
}

TEST(Exhaustive, ShiftsRoundHalfUp) {
  // floor(x / 2^s + 1/2) is k from k 2^s - 2^(s-1) on.
  int64_t wrong = 0;
  for (int32_t s = 1; s < 32; ++s) {
    int64_t unit = int64_t(1) << s, most = int64_t(1) << (31 - s);
    forEach(
        -most, most,
        [&](int64_t k) {
          int64_t first = std::max<int64_t>(k * unit - unit / 2, INT32_MIN);
          int64_t end = std::min<int64_t>(k * unit + unit / 2, 1LL << 31);
          int64_t step = isWhole() ? 1 : unit / 8 + 1;
          for (int64_t x = first; x < end; x += step)
            wrong += shiftRight(static_cast<int32_t>(x), s) != k;
        },
        1 << 12);
  }
  // To the left nothing is rounded.
  for (int32_t s = 0; s < 31; ++s) {
    int64_t most = INT32_MAX >> s;
    forEach(
        -most, most,
        [&](int64_t x) {
          wrong +=
              shiftRight(static_cast<int32_t>(x), -s) != x * (int64_t(1) << s);
        },
        1 << 12);
  }
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
  EXPECT_GE(least, (1 << 29) - 1);
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

// Between two multiples of a unit results can only grow, so that the first and
// the last number that gives each of them say what all others give.
TEST(Exhaustive, TiesGoToEven) {
  int64_t wrong = 0;
  for (int32_t places = 1; places < 62; ++places) {
    // Numbers of 32 bits, and products with multipliers of 31.
    int64_t bits = places < 32 ? 31 : 62;
    int64_t unit = int64_t(1) << places, most = int64_t(1) << (bits - places);
    forEach(
        1 - most, most - 1,
        [&](int64_t k) {
          // Half a unit on both sides for an even result, less for an odd one.
          int64_t side = unit / 2 - (k & 1);
          wrong += shiftToEven(k * unit - side, places) != k;
          wrong += shiftToEven(k * unit + side, places) != k;
        },
        1 << 14);
  }
  EXPECT_EQ(wrong, 0);
}

// A row's variance is brought to 62 bits; what has one root has one reciprocal.
TEST(Exhaustive, ReciprocalRootsOfVariances) {
  long double most = 0;
  forEach(int64_t(1) << 30, INT32_MAX, [&](int64_t k) {
    long double y = std::scalbn((long double)reciprocal61(k), -61);
    // The smallest variance is k^2, the largest is below (k + 1)^2.
    raise(most, std::fabs(y * k - 1));
    raise(most, std::fabs(y * (k + 1) - 1));
  });
  EXPECT_LE(most, std::scalbn(1.0L, -30));
}

TEST(Exhaustive, Cosines) {
  double most = 0, coarse = 0;
  constexpr double turn = 6.283185307179586476925;
  forEach(INT32_MIN, INT32_MAX, [&](int64_t phase) {
    auto x = static_cast<int32_t>(phase);
    double exact = std::cos(std::scalbn(turn * x, -32));
    raise(most, std::fabs(cosine30(x) - std::scalbn(exact, 30)));
    double limited = std::clamp(32768 * exact, -32767.0, 32767.0);
    raise(coarse, std::fabs(cosine(x) - limited));
  });
  EXPECT_LT(most, 64);
  EXPECT_LT(coarse, 0.51);
}

TEST(Exhaustive, Phases) {
  long double most = 0;
  constexpr long double turn = 6.283185307179586476925286766559L;
  for (int32_t e = -48; e <= 16; ++e)
    forEach(
        -32767, 32767,
        [&](int64_t m) {
          long double turns = std::scalbn((long double)m, e) / turn;
          long double off =
              turns - std::scalbn((long double)findPhase(m, e), -30);
          raise(most, std::fabs(off - std::round(off)));
        },
        1 << 12);
  EXPECT_LT(std::scalbn(most, 30), 1.5L);
}

TEST(Exhaustive, Softplus) {
  // From where all results are ln 2 to where powers are below any exponent's.
  long double most = 0;
  for (int32_t e = -32; e <= -8; ++e)
    forEach(
        -32767, 32767,
        [&](int64_t m) {
          long double x = std::scalbn((long double)m, e);
          Floating y = softplus(static_cast<int16_t>(m), e);
          long double exact =
              std::log1p(std::exp(-std::fabs(x))) + std::max<long double>(x, 0);
          raise(most,
                std::fabs(std::scalbn((long double)y.m, y.e) / exact - 1));
        },
        1 << 12);
  EXPECT_LT(most, 4e-4L);
}

// From where results are the argument.
TEST(Exhaustive, OddFunctionsOfSmallRows) {
  long double most[2] = {};
  for (int32_t e = -40; e <= mostOddExponent; ++e)
    forEach(
        1, 32767,
        [&](int64_t m) {
          long double x = std::scalbn((long double)m, e);
          auto compare = [&](long double &worst, const OddPolynomial &p,
                             long double exact) {
            int32_t y = timesOdd(p, static_cast<int16_t>(m), e);
            EXPECT_EQ(timesOdd(p, static_cast<int16_t>(-m), e), -y);
            raise(worst,
                  std::fabs(std::scalbn((long double)y, e - p.places) / exact -
                            1));
          };
          compare(most[0], tanhPolynomial, std::tanh(x));
          compare(most[1], erfPolynomial, std::erf(x));
        },
        1 << 12);
  EXPECT_LT(most[0], 3e-5L);
  EXPECT_LT(most[1], 5.3e-5L);
}

TEST(Exhaustive, Expm1) {
  long double most = 0;
  for (int32_t e = -40; e <= -8; ++e)
    forEach(
        1, 32767,
        [&](int64_t m) {
          for (int64_t x : {m, -m}) {
            Floating y = expm1(static_cast<int16_t>(x), e);
            raise(most,
                  std::fabs(std::scalbn((long double)y.m, y.e) /
                                std::expm1(std::scalbn((long double)x, e)) -
                            1));
          }
        },
        1 << 12);
  EXPECT_LT(most, 6e-5L);
}
