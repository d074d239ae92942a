//===- FunctionsTest.cpp - Integer functions against real ones --*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Vectors.h"

#include "quantc/Numerics/Fixed/Attention.h"
#include "quantc/Numerics/Fixed/Functions.h"
#include "quantc/Numerics/Fixed/Normalisation.h"
#include "quantc/Numerics/Fixed/Primitives.h"
#include "quantc/Numerics/Scalar.h"
#include "gtest/gtest.h"

#include <cmath>
#include <cstdlib>

namespace numerics = quantc::numerics;
using namespace quantc::numerics;
using fixed::Sigma;
using vectors::as;

#define EXPECT_SIGMA(GROUP, KIND)                                              \
  do {                                                                         \
    namespace v = vectors::GROUP;                                              \
    for (size_t i = 0; i < v::m.size(); ++i) {                                 \
      int16_t m = v::m[i];                                                     \
      EXPECT_EQ(fixed::sigma(Sigma::KIND, m, -20), v::at_minus_20[i]);         \
      EXPECT_EQ(fixed::sigma(Sigma::KIND, m, -15), v::at_minus_15[i]);         \
      EXPECT_EQ(fixed::sigma(Sigma::KIND, m, -13), v::at_minus_13[i]);         \
      EXPECT_EQ(fixed::sigma(Sigma::KIND, m, -12), v::at_minus_12[i]);         \
      EXPECT_EQ(fixed::sigma(Sigma::KIND, m, -9), v::at_minus_9[i]);           \
      EXPECT_EQ(fixed::sigma(Sigma::KIND, m, 2), v::at_2[i]);                  \
    }                                                                          \
  } while (false)

TEST(FixedFunctions, SigmaVectors) {
  EXPECT_SIGMA(g_gelu_erf, GeluErf);
  EXPECT_SIGMA(g_gelu_tanh, GeluTanh);
  EXPECT_SIGMA(g_quick_gelu, QuickGelu);
  EXPECT_SIGMA(g_sigmoid, Sigmoid);
  EXPECT_SIGMA(g_erf, Erf);
}

TEST(FixedFunctions, GatedTanhAndExpVectors) {
  namespace gelu = vectors::gelu_erf;
  for (size_t i = 0; i < gelu::m.size(); ++i)
    EXPECT_EQ(fixed::gated(Sigma::GeluErf, gelu::m[i], gelu::e), gelu::y[i]);
  namespace silu = vectors::silu;
  for (size_t i = 0; i < silu::m.size(); ++i)
    EXPECT_EQ(fixed::gated(Sigma::Sigmoid, silu::m[i], silu::e), silu::y[i]);
  namespace th = vectors::tanh;
  for (size_t i = 0; i < th::m.size(); ++i) {
    EXPECT_EQ(fixed::tanhQ15(th::m[i], -15), th::at_minus_15[i]);
    EXPECT_EQ(fixed::tanhQ15(th::m[i], -13), th::at_minus_13[i]);
    EXPECT_EQ(fixed::tanhQ15(th::m[i], -9), th::at_minus_9[i]);
  }
  for (size_t i = 0; i < vectors::exp2::f.size(); ++i)
    EXPECT_EQ(fixed::exp2Fraction(vectors::exp2::f[i]), vectors::exp2::y[i]);
}

/// The largest error in units of 2^-15 over every mantissa at every exponent
/// that reaches the table. The definition shifts a mantissa by at most 15,
/// which bounds the exponent: beyond it a unit of the mantissa is 1 or more.
static double worstSigma(Sigma function, double (*exact)(double)) {
  double worst = 0;
  for (int32_t e = -22; e <= 3 - fixed::getSigmaTable(function).log2PerUnit;
       ++e)
    for (int32_t m = -32767; m <= 32767; ++m) {
      double x = std::scalbn(double(m), e);
      worst = std::max(
          worst, std::fabs(fixed::sigma(function, m, e) - 32768 * exact(x)));
    }
  return worst;
}

TEST(FixedFunctions, ErrorsOverEveryMantissa) {
  EXPECT_LE(worstSigma(Sigma::GeluErf,
                       [](double x) {
                         return (1 + numerics::erf(x * M_SQRT1_2)) / 2;
                       }),
            0.98);
  EXPECT_LE(worstSigma(Sigma::GeluTanh,
                       [](double x) {
                         return sigmoid(2 * std::sqrt(2 / M_PI) *
                                        (x + 0.044715 * x * x * x));
                       }),
            0.97);
  EXPECT_LE(worstSigma(Sigma::Sigmoid, sigmoid), 1.15);
  EXPECT_LE(
      worstSigma(Sigma::QuickGelu, [](double x) { return sigmoid(1.702 * x); }),
      1.15);
  EXPECT_LE(worstSigma(Sigma::Erf,
                       [](double x) { return (1 + numerics::erf(x)) / 2; }),
            0.98);
  double worst = 0;
  for (int32_t f = 0; f < 32768; ++f)
    worst = std::max(worst, std::fabs(fixed::exp2Fraction(f) -
                                      32640 * std::exp2(-f / 32768.0)));
  EXPECT_LE(worst, 4.6);
}

TEST(FixedFunctions, OddFunctionsOfSmallRows) {
  auto findWorst = [](const fixed::OddPolynomial &polynomial,
                      double (*exact)(double)) {
    double worst = 0;
    for (int32_t e = -40; e <= fixed::mostOddExponent; ++e)
      for (int32_t m = -32767; m <= 32767; ++m) {
        double y = std::scalbn(fixed::timesOdd(polynomial, m, e),
                               e - polynomial.places);
        double wanted = exact(std::scalbn(double(m), e));
        worst =
            std::max(worst, m == 0 ? std::fabs(y) : std::fabs(y / wanted - 1));
      }
    return worst;
  };
  // Half a unit of 2^-15 and, of erf, 0.86 units of 2^-14 beside 17055.
  EXPECT_LE(findWorst(fixed::tanhPolynomial, numerics::tanh), 3e-5);
  EXPECT_LE(findWorst(fixed::erfPolynomial, numerics::erf), 5.3e-5);
}

TEST(FixedFunctions, NormsFarBelowEpsilon) {
  constexpr double epsilon = 1e-5;
  for (int32_t count : {8, 384, 16384}) {
    std::vector<double> gamma(count, 1);
    std::vector<int16_t> m(count);
    for (int32_t i = 0; i < count; ++i)
      m[i] = static_cast<int16_t>(i * 7919 % 65535 - 32767);
    for (bool isRms : {false, true}) {
      fixed::Normalisation norm =
          isRms ? fixed::makeRmsNorm(gamma.data(), count, epsilon)
                : fixed::makeLayerNorm(gamma.data(), nullptr, count, epsilon);
      double sum = 0, squares = 0;
      for (int16_t x : m) {
        sum += x;
        squares += double(x) * x;
      }
      double mean = isRms ? 0 : sum / count;
      double variance = squares / count - mean * mean;
      std::vector<int32_t> y(count);
      for (int32_t e = -8; e >= -120; --e) {
        norm.apply(m.data(), e, y.data());
        double deviation = std::sqrt(std::scalbn(variance, 2 * e) + epsilon);
        // The difference, its reciprocal and two products are rounded: 3 units
        // of 2^(halfBits - 29) in all.
        double limit = std::scalbn(3, norm.halfBits - 29);
        for (int32_t i = 0; i < count; ++i) {
          double exact = std::scalbn(m[i] - mean, e) / deviation;
          ASSERT_NEAR(std::scalbn(y[i], norm.exponent), exact,
                      limit + 1e-6 * std::fabs(exact))
              << count << " " << e << " " << i;
          if (e == -120) {
            ASSERT_EQ(y[i], 0);
          }
        }
      }
    }
  }
}

TEST(FixedFunctions, Cosine) {
  const std::pair<int32_t, int32_t> known[] = {
      {0, 32767},          {1 << 30, 0},       {-(1 << 30), 0},
      {INT32_MIN, -32767}, {1 << 29, 23170},   {-(1 << 29), 23170},
      {123456789, 32235},  {-987654321, 4116}, {1 << 28, 30274}};
  for (auto [phase, y] : known)
    EXPECT_EQ(fixed::cosine(phase), y) << phase;
  double worst = 0;
  constexpr double turn = 6.283185307179586476925;
  for (int64_t phase = INT32_MIN; phase <= INT32_MAX; phase += 997) {
    double exact = 32768 * std::cos(std::scalbn(double(phase), -32) * turn);
    exact = std::min(std::max(exact, -32767.0), 32767.0);
    worst = std::max(
        worst, std::fabs(fixed::cosine(static_cast<int32_t>(phase)) - exact));
  }
  EXPECT_LE(worst, 0.51);
}

TEST(FixedFunctions, Cosine30) {
  double worst = 0;
  constexpr double turn = 6.283185307179586476925;
  for (int64_t phase = INT32_MIN; phase <= INT32_MAX; phase += 997) {
    double exact =
        std::scalbn(std::cos(std::scalbn(double(phase), -32) * turn), 30);
    int32_t y = fixed::cosine30(static_cast<int32_t>(phase));
    EXPECT_LT(std::abs(y), 1 << 30) << phase;
    worst = std::max(worst, std::fabs(y - exact));
  }
  EXPECT_LE(worst, 64);
}

TEST(FixedFunctions, FindPhase) {
  // As near as doubles are.
  EXPECT_NEAR(static_cast<double>(fixed::radian - fixed::radiansToTurns(1)), 0,
              512);
  double worst = 0;
  constexpr long double turn = 6.283185307179586476925286766559L;
  for (int32_t exponent = -40; exponent <= 16; ++exponent)
    for (int32_t m = -32767; m < 32768; m += 3) {
      long double turns = std::scalbn((long double)(m), exponent) / turn;
      long double exact = std::scalbn(turns - std::floor(turns + 0.5L), 30);
      int32_t phase = fixed::findPhase(static_cast<int16_t>(m), exponent);
      ASSERT_TRUE(phase >= -(1 << 29) && phase < 1 << 29);
      auto off = std::fabs(static_cast<double>(phase - exact));
      worst = std::max(worst, std::min(off, 0x1p30 - off));
    }
  EXPECT_LE(worst, 1.5);
}

TEST(FixedFunctions, RadiansToTurns) {
  constexpr double turn = 6.283185307179586476925;
  EXPECT_EQ(fixed::radiansToTurns(0), 0);
  EXPECT_EQ(fixed::radiansToTurns(turn), 0);
  EXPECT_EQ(fixed::radiansToTurns(turn / 4), int64_t(1) << 62);
  EXPECT_EQ(fixed::radiansToTurns(-turn / 4), -(int64_t(1) << 62));
  // Multiples are those of the angle: a million positions are off by less than
  // 2^-32 turns.
  double frequency = 0.1;
  auto turns = static_cast<uint64_t>(fixed::radiansToTurns(frequency));
  for (int64_t position : {1, 1000, 1000000}) {
    double exact = std::fmod(position * (frequency / turn), 1.0);
    auto phase = static_cast<uint64_t>(position) * turns;
    EXPECT_NEAR(std::scalbn(static_cast<double>(phase), -64), exact, 2.4e-10);
  }
}

TEST(FixedNormalisation, Vectors) {
  namespace ln = vectors::layernorm;
  fixed::Normalisation norm = fixed::makeLayerNorm(
      ln::gamma.data(), ln::beta.data(), ln::gamma.size(), ln::eps);
  EXPECT_EQ(norm.gamma, as<int32_t>(ln::G));
  EXPECT_EQ(norm.beta, as<int32_t>(ln::B));
  EXPECT_EQ(norm.exponent, ln::E);
  EXPECT_EQ(norm.epsilon, ln::me);
  EXPECT_EQ(norm.epsilonExponent, ln::ke);
  auto check = [](const fixed::Normalisation &norm, const auto &m,
                  const auto &e, const auto &s, const auto &r, const auto &t,
                  const auto &y) {
    for (size_t i = 0; i < m.size(); ++i) {
      std::vector<int16_t> row = as<int16_t>(m[i]);
      fixed::Normalisation::Row found = norm.measure(row.data(), e[i]);
      EXPECT_EQ(found.sum, s[i]);
      EXPECT_EQ(found.reciprocal, r[i]);
      EXPECT_EQ(found.lead, t[i]);
      std::vector<int32_t> out(row.size());
      norm.apply(row.data(), e[i], out.data());
      EXPECT_EQ(out, as<int32_t>(y[i]));
    }
  };
  check(norm, ln::m, ln::e, ln::S, ln::R, ln::t, ln::y);
  namespace rms = vectors::rmsnorm;
  check(fixed::makeRmsNorm(rms::gamma.data(), rms::gamma.size(), rms::eps),
        rms::m, rms::e, rms::S, rms::R, rms::t, rms::y);
}
