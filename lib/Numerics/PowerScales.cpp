//===- PowerScales.cpp - Blocks scaled by powers of two -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Numerics/PowerScales.h"

#include <algorithm>
#include <cmath>

using namespace quantc::numerics;

PowerEncoder::PowerEncoder(const ElementFormat &element, PowerRule rule,
                           CodeRange range)
    : element(element), rule(rule), range(range), largest(0) {
  if (element.isInteger()) {
    largest = static_cast<double>(element.getHighest());
    largestExponent = std::ilogb(largest);
    mantissaBits = largestExponent;
    return;
  }
  for (uint32_t code = 0; code < (1U << std::min(element.bits, 8U)); ++code)
    if (double value = element.decode(code); std::isfinite(value))
      largest = std::max(largest, value);
  largestExponent = std::ilogb(largest);
  mantissaBits = static_cast<int>(element.mantissaBits);
}

int PowerEncoder::chooseExponent(float amax) const {
  double a = amax;
  int exponent = std::ilogb(a), plain = exponent - largestExponent;
  switch (rule) {
  case PowerRule::Floor:
    return plain;
  case PowerRule::Ceil: {
    int up = std::ldexp(1.0, exponent) < a ? 1 : 0;
    return plain + up - (element.isInteger() ? 1 : 0);
  }
  case PowerRule::RoundCeil: {
    double most =
        element.isInteger() ? static_cast<double>(range.high) : largest;
    int least = exponent - std::ilogb(most);
    return std::ldexp(most, least) < a ? least + 1 : least;
  }
  case PowerRule::Even:
    // The tie has an odd mantissa below it, so it goes up as well.
    return a >= std::ldexp(2 - std::ldexp(1.0, -mantissaBits - 1), exponent)
               ? plain + 1
               : plain;
  }
  return plain;
}

uint32_t PowerEncoder::encode(float x, int exponent) const {
  double scaled = std::ldexp(static_cast<double>(x), -exponent);
  if (!element.isInteger())
    return element.encode(scaled);
  if (std::isnan(scaled))
    return 0;
  scaled = std::clamp(scaled, static_cast<double>(range.low),
                      static_cast<double>(range.high));
  // Rounds to nearest even in the default mode, which nothing changes.
  return static_cast<uint32_t>(static_cast<int64_t>(std::nearbyint(scaled)));
}
