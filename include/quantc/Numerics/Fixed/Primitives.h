//===- Primitives.h - Integer steps of the method fixed ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The steps that every integer-only function is made of. Rounding is half up
// (towards +infinity) everywhere; shifts of negative numbers are arithmetic.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_NUMERICS_FIXED_PRIMITIVES_H
#define QUANTC_NUMERICS_FIXED_PRIMITIVES_H

#include <cstdint>

namespace quantc::numerics::fixed {

/// The exponent of a row (or vector) that holds zeros alone.
constexpr int32_t zeroExponent = -100;

/// The least exponent that is stored (8 bits). A row below 2^14 of these units
/// has fewer than 15 bits, as a float has that is denormal.
constexpr int32_t leastExponent = -128;

/// The number of bits of \p x: 0 for 0, else 64 minus its leading zeros.
constexpr int32_t bitLength(uint64_t x) {
  int32_t length = 0;
  for (; x != 0; x >>= 1)
    ++length;
  return length;
}

/// |x| as an unsigned number, also for the smallest int32.
constexpr uint32_t magnitude(int32_t x) {
  return x < 0 ? -static_cast<uint32_t>(x) : static_cast<uint32_t>(x);
}

/// x 2^-s, rounded half up. s > 31 gives 0; for s <= 0 it is x * 2^-s, which
/// the caller knows to fit 32 bits (bits beyond them are dropped).
constexpr int32_t shiftRight(int32_t x, int32_t s) {
  if (s > 31)
    return 0;
  if (s >= 1)
    return static_cast<int32_t>(
        (static_cast<int64_t>(x) + (int64_t(1) << (s - 1))) >> s);
  return s < -31 ? 0 : static_cast<int32_t>(static_cast<uint32_t>(x) << -s);
}

/// (a b + 2^30) >> 31 with the exact product. a and b are not both -2^31.
/// Equals SQRDMULH of the Arm architecture.
constexpr int32_t multiplyHigh31(int32_t a, int32_t b) {
  return static_cast<int32_t>(
      (static_cast<int64_t>(a) * b + (int64_t(1) << 30)) >> 31);
}

/// x limited to -(2^(bits-1) - 1) ... 2^(bits-1) - 1.
constexpr int32_t saturate(int32_t x, unsigned bits) {
  int32_t limit = static_cast<int32_t>((uint32_t(1) << (bits - 1)) - 1);
  return x > limit ? limit : x < -limit ? -limit : x;
}

/// The integer part of the square root of \p v < 2^62.
uint32_t integerSqrt(uint64_t v);

/// The multiplier min(floor(2^61 / d), 2^31 - 1) that divides by \p d > 0.
int32_t reciprocal61(uint64_t d);

} // namespace quantc::numerics::fixed

#endif // QUANTC_NUMERICS_FIXED_PRIMITIVES_H
