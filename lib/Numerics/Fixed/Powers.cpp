//===- Powers.cpp - Integer reciprocals, roots, logarithms ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Numerics/Fixed/Powers.h"
#include "quantc/Numerics/Fixed/Attention.h"
#include "quantc/Numerics/Fixed/Functions.h"
#include "quantc/Numerics/Fixed/Primitives.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

using namespace quantc::numerics;
using namespace quantc::numerics::fixed;

/// Zeros before the highest bit of a number that is positive, less the sign.
static int32_t getLead(int32_t x) { return 31 - bitLength(magnitude(x)); }

Floating fixed::reciprocal(int32_t x) {
  int32_t lead = getLead(x), d = x << lead; // Q31, 1/2 .. 1
  int32_t y = reciprocalStart - multiplyHigh31(d - (1 << 30), reciprocalStart);
  for (int step = 0; step < 3; ++step)
    y += multiplyHigh31(y, 4 * ((1 << 29) - multiplyHigh31(d, y)));
  return {y, lead - 60};
}

namespace {
/// x 4^half in Q31, a quarter to one, and the reciprocal of its root in Q29.
struct Root {
  int32_t half, d, y;
};
} // namespace

static Root makeRoot(int32_t x) {
  Root root{(getLead(x) - 1) >> 1, 0, 0};
  root.d = x << (2 * root.half + 1);
  int32_t y = multiplyHigh31(root.d, rootStart[2]) + rootStart[1];
  y = 2 * (multiplyHigh31(root.d, y) + rootStart[0]);
  for (int step = 0; step < 3; ++step) {
    int32_t square = 2 * multiplyHigh31(y, y); // Q28
    y += multiplyHigh31(y, 4 * ((1 << 28) - multiplyHigh31(root.d, square)));
  }
  root.y = y;
  return root;
}

Floating fixed::squareRoot(int32_t x) {
  Root root = makeRoot(x);
  return {multiplyHigh31(root.d, root.y), -14 - root.half};
}

Floating fixed::reciprocalRoot(int32_t x) {
  Root root = makeRoot(x);
  return {root.y, root.half - 44};
}

/// log2(1 + v) / v in Q29 of v in Q31.
static int32_t getSlope(int32_t v) {
  int32_t sum = *std::rbegin(logarithmPolynomial);
  for (auto c = std::next(std::rbegin(logarithmPolynomial));
       c != std::rend(logarithmPolynomial); ++c)
    sum = *c + multiplyHigh31(v, sum);
  return sum;
}

int32_t fixed::logarithm(int32_t x) {
  int32_t lead = getLead(x);
  // x = (1 + v) 2^(30 - lead), v in Q31.
  int32_t v = 2 * ((x << lead) - (1 << 30));
  return shiftRight(multiplyHigh31(v, getSlope(v)), 7) + ((30 - lead) << 22);
}

Floating fixed::log1p(int32_t m, int32_t exponent) {
  int32_t lead = getLead(std::abs(m)) - 1;
  m *= 1 << lead;
  exponent -= lead;
  if (exponent <= -33) { // below 1/16
    int32_t v = shiftRight(m, std::min(-31 - exponent, 31));
    int32_t sum = *std::rbegin(log1pPolynomial);
    for (auto c = std::next(std::rbegin(log1pPolynomial));
         c != std::rend(log1pPolynomial); ++c)
      sum = *c + multiplyHigh31(v, sum);
    return {multiplyHigh31(m, sum), exponent + 1};
  }
  int32_t common = std::max(exponent, -29);
  int32_t sum = shiftRight(m, common - exponent) +
                shiftRight(1 << 29, std::min(common + 29, 31));
  return {multiplyHigh31(logarithm(std::max(sum, 1)) + common * (1 << 22), ln2),
          -22};
}

Floating fixed::powerOfTwo(int32_t y) {
  int32_t power = exp2Fraction(y & 32767);
  return {multiplyHigh31(power << 15, unitOfPowers), -29 - (y >> 15)};
}

Floating fixed::expm1(int16_t m, int32_t exponent) {
  constexpr double log2e = 1.4426950408889634074;
  constexpr int64_t bound = INT16_MAX;
  static const Multipliers multipliers = makeMultipliers(&log2e, &bound, 1);
  // x = (n + t) ln 2, t of 15 bits.
  int32_t score = makeScore(multipliers, m, exponent);
  int32_t n = shiftRight(score, 15);
  int32_t t = ((score + (1 << 14)) & 32767) - (1 << 14);
  int32_t rise = *std::rbegin(risePolynomial);
  for (auto c = std::next(std::rbegin(risePolynomial));
       c != std::rend(risePolynomial); ++c)
    rise = *c + multiplyHigh31(t * (1 << 16), rise);
  int32_t lead = getLead(std::abs(int32_t(m))) - 1;
  if (n == 0)
    return {multiplyHigh31(m * (1 << lead), rise), exponent - lead + 1};
  // 2^n (2^t - 1) + 2^n - 1 in units of 2^-29, or of as many times that as the
  // power has bits above one.
  int32_t rest = multiplyHigh31(multiplyHigh31(t * (1 << 15), ln2), rise);
  int32_t up = std::max(n, 0), down = std::max(-n, 0);
  return {shiftRight((1 << 29) + rest, down) - shiftRight(1 << 29, up),
          up - 29};
}

Floating fixed::softplus(int16_t m, int32_t exponent) {
  constexpr double log2e = 1.4426950408889634074;
  constexpr int64_t bound = INT16_MAX;
  static const Multipliers multipliers = makeMultipliers(&log2e, &bound, 1);
  // max(x, 0) + ln(1 + t), t = e^-|x|.
  int32_t below = makeScore(multipliers, std::abs(int32_t(m)), exponent);
  Floating t = powerOfTwo(below);
  int32_t v = shiftRight(std::min(t.m, (1 << 29) - 1), (below >> 15) - 2);
  int32_t slope = multiplyHigh31(getSlope(v), ln2);
  Floating rest{multiplyHigh31(t.m, 2 * slope), t.e + 1};
  if (m <= 0)
    return rest;
  int32_t own = exponent - 14, common = std::max(own, rest.e);
  return {shiftRight(int32_t(m) << 14, common - own) +
              shiftRight(rest.m, common - rest.e),
          common};
}
