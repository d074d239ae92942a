//===- HardGate.cpp - Gates of three straight pieces ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Numerics/Fixed/HardGate.h"
#include "quantc/Numerics/Fixed/Linear.h"
#include "quantc/Numerics/Fixed/Primitives.h"
#include <algorithm>
#include <cmath>

using namespace quantc::numerics::fixed;

HardGate quantc::numerics::fixed::makeHardGate(double slope, double shift) {
  ConstantVector vector = makeVector(&slope, 1, 31);
  return {vector.values[0], vector.exponent + 31 + hardGateBits,
          static_cast<int32_t>(std::lround(std::ldexp(shift, hardGateBits)))};
}

int32_t quantc::numerics::fixed::hardSigmoid(const HardGate &gate, int32_t m,
                                             int32_t exponent) {
  int32_t left = exponent + gate.exponent;
  // What is beyond 2^31 there is beyond the pieces.
  int32_t places = std::clamp(left, 0, 30);
  int32_t limit = INT32_MAX >> places;
  m = std::clamp(m, -limit, limit) * (1 << places);
  int32_t line = multiplyHigh31(m, shiftRight(gate.slope, std::max(-left, 0)));
  constexpr int32_t one = 1 << hardGateBits;
  return std::clamp(line, -gate.shift, one - gate.shift) + gate.shift;
}

int32_t quantc::numerics::fixed::hardSwish(const HardGate &gate, int32_t m,
                                           int32_t exponent) {
  return multiplyHigh31(m, 2 * hardSigmoid(gate, m, exponent));
}
