//===- ScalarTest.cpp - Scalar functions ------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Numerics/Scalar.h"
#include "gtest/gtest.h"
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>

namespace numerics = quantc::numerics;

namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

using Function = double (*)(double);

/// The C library as a witness; it is good to about one unit itself.
void expectNear(Function ours, Function theirs, double low, double high,
                double ulps) {
  constexpr int count = 20000;
  for (int i = 0; i <= count; ++i) {
    double x = low + (high - low) * i / count;
    double expected = theirs(x);
    double unit =
        std::nextafter(std::fabs(expected), infinity) - std::fabs(expected);
    ASSERT_LE(std::fabs(ours(x) - expected), ulps * unit) << "at " << x;
  }
}

TEST(Scalar, AgreesWithTheLibrary) {
  expectNear(numerics::exp, std::exp, -740, 709, 3);
  expectNear(numerics::exp, std::exp, -1, 1, 3);
  expectNear(numerics::expm1, std::expm1, -1, 1, 4);
  expectNear(numerics::expm1, std::expm1, -40, 700, 4);
  expectNear(numerics::log, std::log, 1e-5, 3, 3);
  expectNear(numerics::log, std::log, 1, 1e12, 3);
  expectNear(numerics::log1p, std::log1p, -0.9, 2, 3);
  expectNear(numerics::tanh, std::tanh, -25, 25, 9);
  expectNear(numerics::tanh, std::tanh, -0.5, 0.5, 9);
  expectNear(numerics::erf, std::erf, -7, 7, 9);
  expectNear(numerics::erfc, std::erfc, -7, 26, 128);
  expectNear(numerics::sin, std::sin, -100, 100, 3);
  expectNear(numerics::cos, std::cos, -1e6, 1e6, 3);
  expectNear(numerics::tan, std::tan, -1e3, 1e3, 7);
  expectNear(numerics::asin, std::asin, -1, 1, 7);
  expectNear(numerics::acos, std::acos, -1, 1, 7);
  expectNear(numerics::atan, std::atan, -50, 50, 7);
  expectNear(numerics::atan, std::atan, -1e300, 1e300, 7);
  expectNear(numerics::sinh, std::sinh, -2, 2, 7);
  expectNear(numerics::sinh, std::sinh, -700, 700, 7);
  expectNear(numerics::cosh, std::cosh, -700, 700, 7);
  expectNear(numerics::asinh, std::asinh, -3, 3, 7);
  expectNear(numerics::asinh, std::asinh, -1e300, 1e300, 7);
  expectNear(numerics::acosh, std::acosh, 1, 3, 7);
  expectNear(numerics::acosh, std::acosh, 1, 1e300, 7);
  expectNear(numerics::atanh, std::atanh, -0.9999, 0.9999, 7);
}

TEST(Scalar, LargeAngles) {
  expectNear(numerics::sin, std::sin, 1e15, 1e17, 3);
  expectNear(numerics::cos, std::cos, 1e299, 1e300, 3);
  // The double that lies nearest to a multiple of pi/2.
  double worst = std::ldexp(6381956970095103.0, 797);
  EXPECT_NEAR(numerics::cos(worst), -4.68716592425462761112e-19, 1e-33);
  EXPECT_EQ(numerics::sin(worst), std::sin(worst));
}

TEST(Scalar, SpecialValues) {
  EXPECT_EQ(numerics::exp(infinity), infinity);
  EXPECT_EQ(numerics::exp(-infinity), 0);
  EXPECT_EQ(numerics::exp(0), 1);
  EXPECT_EQ(numerics::exp(710), infinity);
  EXPECT_EQ(numerics::log(0), -infinity);
  EXPECT_EQ(numerics::log(1), 0);
  EXPECT_EQ(numerics::log(infinity), infinity);
  EXPECT_TRUE(std::isnan(numerics::log(-1)));
  EXPECT_EQ(numerics::log(std::numeric_limits<double>::denorm_min()),
            std::log(std::numeric_limits<double>::denorm_min()));
  EXPECT_EQ(numerics::log1p(-1), -infinity);
  EXPECT_EQ(numerics::log1p(1e-30), 1e-30);
  EXPECT_EQ(numerics::tanh(infinity), 1);
  EXPECT_EQ(numerics::tanh(-infinity), -1);
  EXPECT_TRUE(std::signbit(numerics::tanh(-0.0)));
  EXPECT_EQ(numerics::erf(infinity), 1);
  EXPECT_TRUE(std::signbit(numerics::erf(-0.0)));
  EXPECT_EQ(numerics::erfc(-infinity), 2);
  EXPECT_EQ(numerics::erfc(infinity), 0);
  EXPECT_EQ(numerics::erfc(0), 1);
  EXPECT_TRUE(std::signbit(numerics::sin(-0.0)));
  EXPECT_EQ(numerics::cos(0), 1);
  EXPECT_TRUE(std::isnan(numerics::sin(infinity)));
  EXPECT_TRUE(std::isnan(numerics::cos(-infinity)));
  EXPECT_TRUE(std::isnan(numerics::tan(infinity)));
  EXPECT_EQ(numerics::atan(infinity), std::atan(infinity));
  EXPECT_EQ(numerics::acos(1), 0);
  EXPECT_EQ(numerics::acos(-1), std::acos(-1.0));
  EXPECT_EQ(numerics::sinh(-infinity), -infinity);
  EXPECT_EQ(numerics::cosh(-infinity), infinity);
  EXPECT_EQ(numerics::asinh(-infinity), -infinity);
  EXPECT_EQ(numerics::acosh(infinity), infinity);
  EXPECT_EQ(numerics::atanh(-1), -infinity);
  for (double x : {1.5, -1.5, -infinity})
    for (Function function : {numerics::asin, numerics::atanh})
      EXPECT_TRUE(std::isnan(function(x)));
  EXPECT_TRUE(std::isnan(numerics::acosh(0.5)));
  for (Function function : {numerics::tan, numerics::asin, numerics::atan,
                            numerics::sinh, numerics::asinh, numerics::atanh}) {
    EXPECT_TRUE(std::signbit(function(-0.0)));
    EXPECT_TRUE(std::isnan(function(notANumber)));
  }
  EXPECT_EQ(numerics::sigmoid(infinity), 1);
  EXPECT_EQ(numerics::sigmoid(-infinity), 0);
  EXPECT_EQ(numerics::softplus(-infinity), 0);
  EXPECT_EQ(numerics::softplus(1000), 1000);
  for (Function function :
       {numerics::exp, numerics::log, numerics::log1p, numerics::tanh,
        numerics::erf, numerics::erfc, numerics::sin, numerics::cos,
        numerics::sigmoid, numerics::softplus})
    EXPECT_TRUE(std::isnan(function(notANumber)));
}

TEST(Scalar, PowerHasTheSpecialCasesOfC) {
  const double values[] = {0.0,        -0.0,      1.0,   -1.0, 2.0,
                           -2.0,       0.5,       -0.5,  3.0,  -3.0,
                           infinity,   -infinity, 1e300, 2.5,  -2.5,
                           notANumber, 1e-300,    -65.0, 67.0};
  for (double x : values)
    for (double y : values) {
      double ours = numerics::pow(x, y), theirs = std::pow(x, y);
      if (std::isnan(theirs)) {
        EXPECT_TRUE(std::isnan(ours)) << x << " " << y;
      } else if (theirs == 0 || std::isinf(theirs)) {
        EXPECT_EQ(ours, theirs) << x << " " << y;
        EXPECT_EQ(std::signbit(ours), std::signbit(theirs)) << x << " " << y;
      } else {
        EXPECT_NEAR(ours / theirs, 1, 1e-12) << x << " " << y;
      }
    }
  EXPECT_EQ(numerics::pow(3, 5), 243);
  EXPECT_EQ(numerics::pow(-2, 3), -8);
  EXPECT_EQ(numerics::pow(2, -3), 0.125);
}

// Other bits on some host would be other output of the compiler there.
TEST(Scalar, TheBitsAreFixed) {
  uint64_t hash = 1469598103934665603u;
  for (Function function :
       {numerics::exp, numerics::log, numerics::log1p, numerics::tanh,
        numerics::erf, numerics::erfc, numerics::sin, numerics::cos,
        numerics::sigmoid, numerics::softplus})
    for (int i = 1; i < 1000; ++i) {
      double y = function(i * 0.01371);
      uint64_t bits;
      std::memcpy(&bits, &y, sizeof(bits));
      hash = (hash ^ bits) * 1099511628211u;
    }
  EXPECT_EQ(hash, 10992487976038480148u);
}
} // namespace
