//===- HardGateTest.cpp - Gates of straight pieces --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Numerics/Fixed/HardGate.h"
#include "gtest/gtest.h"

#include <algorithm>
#include <cmath>
#include <random>

using namespace quantc::numerics;
using fixed::HardGate;

static double realGate(double slope, double shift, double x) {
  return std::clamp(slope * x + shift, 0.0, 1.0);
}

/// The largest error of the gate in units of 2^-29, and of x times it in units
/// of the result's exponent beyond that.
static void measure(double slope, double shift, int32_t exponent,
                    double &ofGate, double &ofProduct) {
  HardGate gate = fixed::makeHardGate(slope, shift);
  std::mt19937 random(7);
  auto check = [&](int32_t m) {
    double x = std::ldexp(m, exponent), real = realGate(slope, shift, x);
    double y = std::ldexp(fixed::hardSigmoid(gate, m, exponent), -29);
    EXPECT_GE(y, 0);
    EXPECT_LE(y, 1);
    ofGate = std::max(ofGate, std::fabs(y - real) * 0x1p29);
    double product =
        std::ldexp(fixed::hardSwish(gate, m, exponent), exponent + 1);
    ofProduct = std::max(ofProduct, std::fabs(product - x * y) /
                                        std::ldexp(1, exponent + 1));
  };
  for (int32_t m : {0, 1, 2, 3, 5, 1 << 14, (1 << 30) - 1, INT32_MAX})
    for (int32_t sign : {1, -1})
      check(sign * m);
  for (unsigned bits = 1; bits <= 31; ++bits)
    for (int i = 0; i < 200; ++i)
      check(static_cast<int32_t>(random() >> (32 - bits)) *
            (random() % 2 ? 1 : -1));
}

TEST(FixedHardGate, IsNearRealOne) {
  double ofGate = 0, ofProduct = 0;
  for (double slope : {1.0 / 6, 0.2, 1.0, -0.25, 0.75, 1e-6, 3e4})
    for (double shift : {0.0, 0.1, 0.5, 1.0})
      for (int32_t exponent = -140; exponent <= 120; ++exponent)
        measure(slope, shift, exponent, ofGate, ofProduct);
  // Half a unit each of the product and of the shift, and 2^-31 of up to one
  // that the slope is off by; where that is shifted, half of what is left of
  // it, by a magnitude up to 2^31.
  EXPECT_LE(ofGate, 1.75);
  EXPECT_LE(ofProduct, 0.5);
}
