//===- Linear.h - Integer products with constant weights --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// y = W x + b on a blk8 row: the exact sum of products, one multiplier per
// output channel, the bias aligned to the result. Constants are made at compile
// time in double; the steps of run time are integers.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_NUMERICS_FIXED_LINEAR_H
#define QUANTC_NUMERICS_FIXED_LINEAR_H

#include <cstdint>
#include <vector>

namespace quantc::numerics::fixed {

/// Integers with a common exponent, made from constants: value = 2^exponent.
struct ConstantVector {
  std::vector<int32_t> values;
  int32_t exponent;
};

/// \p values as integers of magnitude up to 2^bits - 1 (bits <= 31) with the
/// smallest exponent that allows it; zeros have `zeroExponent`. The values are
/// finite.
ConstantVector makeVector(const double *values, int64_t count, unsigned bits);

/// How sums acc_j, |acc_j| <= bound_j, become values: y_j = multiplyHigh31(
/// acc_j << preShift, values_j), |y_j| < 2^30, in units of 2^exponent.
struct Multipliers {
  std::vector<int32_t> values;
  int32_t preShift;
  int32_t exponent;

  int32_t apply(int32_t acc, int64_t channel) const;
};

/// Multipliers for \p count scales, positive and finite, with \p bounds below
/// 2^31 - 1 that the weights prove.
Multipliers makeMultipliers(const double *scales, const int64_t *bounds,
                            int64_t count);

/// The same with an exponent for each channel, so that all of them have bits
/// to spare only where their bound is below the largest one. A channel of zeros
/// has one that no other has.
struct OwnMultipliers {
  std::vector<int32_t> values, exponents;
  int32_t preShift;
};

OwnMultipliers makeOwnMultipliers(const double *scales, const int64_t *bounds,
                                  int64_t count);

/// The largest magnitude of a sum over one output channel: 8-bit codes of
/// weights times 8-bit codes of activations whose blocks are shifted by up to
/// \p depth bits. Codes of 4 bits come with the multiplier of each block of
/// \p block (null for 8 bits).
int64_t boundSum(const int8_t *codes, const int16_t *multipliers, int64_t count,
                 int64_t block, int32_t depth);

/// The exact sum of a blk8 row times one output channel: over the blocks the
/// sum of (sum x q) u << shift. \p shifts is null where rows have none, the
/// blocks' \p multipliers u are null where weights have 8 bits.
int32_t accumulate(const int8_t *x, const uint8_t *shifts, const int8_t *codes,
                   const int16_t *multipliers, int64_t count, int64_t block);

/// Adds the bias to a wide row of one element per channel in place; returns
/// its exponent. |y| < 2^30 on entry, < 2^31 behind.
int32_t addBias(int32_t *y, int32_t exponent, const ConstantVector &bias);

/// Integer sum of \p count values of one exponent divided by their number;
/// \p exponent is adjusted. The sum of the magnitudes is below 2^31.
int32_t mean(int32_t sum, int64_t count, int32_t *exponent);

} // namespace quantc::numerics::fixed

#endif // QUANTC_NUMERICS_FIXED_LINEAR_H
