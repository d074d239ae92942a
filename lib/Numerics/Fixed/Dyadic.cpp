//===- Dyadic.cpp - Rescaling by dyadic constants ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Numerics/Fixed/Dyadic.h"

#include <algorithm>
#include <cmath>

using namespace quantc::numerics;
using namespace quantc::numerics::fixed;

Dyadic fixed::makeDyadic(double ratio) {
  int exponent = 0;
  double fraction = std::frexp(ratio, &exponent);
  auto multiplier =
      static_cast<int64_t>(std::floor(std::scalbn(fraction, 31) + 0.5));
  // A fraction that rounds up to one.
  if (multiplier == int64_t(1) << 31)
    return {multiplier >> 1, 30 - exponent};
  return {multiplier, 31 - exponent};
}

int64_t fixed::shiftToEven(int64_t x, int32_t places) {
  if (places <= 0)
    return x * (int64_t(1) << -places);
  if (places > 62)
    return 0;
  int64_t odd = (x >> places) & 1;
  return (x + odd - 1 + (int64_t(1) << (places - 1))) >> places;
}

int32_t fixed::rescale(int64_t x, const Dyadic &ratio, unsigned bits) {
  int64_t limit = int64_t(1) << (bits - 1);
  int64_t y = shiftToEven(x * ratio.multiplier, ratio.places);
  return static_cast<int32_t>(std::clamp(y, -limit, limit - 1));
}
