//===- Primitives.cpp - Integer steps of the method fixed -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Numerics/Fixed/Primitives.h"

using namespace quantc::numerics;

uint32_t fixed::integerSqrt(uint64_t v) {
  // One bit of the root per step, from the highest that v < 2^62 can have.
  uint64_t root = 0, rest = v;
  for (uint64_t bit = uint64_t(1) << 60; bit != 0; bit >>= 2) {
    uint64_t trial = root + bit;
    root >>= 1;
    if (rest >= trial) {
      rest -= trial;
      root += bit;
    }
  }
  return static_cast<uint32_t>(root);
}

int32_t fixed::reciprocal61(uint64_t d) {
  uint64_t quotient = (uint64_t(1) << 61) / d;
  return quotient > INT32_MAX ? INT32_MAX : static_cast<int32_t>(quotient);
}
