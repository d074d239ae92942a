//===- HardGate.h - Gates of three straight pieces --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// min(max(slope x + shift, 0), 1) and x times that, of wide results as they
// are: no element is limited by what a row has beside it, and what comes out is
// on an exponent that is known before it is.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_NUMERICS_FIXED_HARDGATE_H
#define QUANTC_NUMERICS_FIXED_HARDGATE_H

#include <cstdint>

namespace quantc::numerics::fixed {

struct HardGate {
  int32_t slope;    ///< 31 bits
  int32_t exponent; ///< m slope 2^-31 is slope x in Q29 for x = m 2^-exponent
  int32_t shift;    ///< in Q29
};

/// A gate of \p slope, finite and other than 0, with \p shift in 0 .. 1.
HardGate makeHardGate(double slope, double shift);

constexpr int32_t hardGateBits = 29;

/// The gate of m 2^exponent in Q29, 0 .. 2^29, |m| < 2^31. Off by up to 1.5
/// units for a slope of 31 bits, and by its own error of 2^-31 of itself.
int32_t hardSigmoid(const HardGate &gate, int32_t m, int32_t exponent);

/// m times that, on exponent + 1, |y| <= 2^30.
int32_t hardSwish(const HardGate &gate, int32_t m, int32_t exponent);

} // namespace quantc::numerics::fixed

#endif // QUANTC_NUMERICS_FIXED_HARDGATE_H
