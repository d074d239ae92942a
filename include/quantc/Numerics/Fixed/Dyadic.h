//===- Dyadic.h - Rescaling by dyadic constants -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Where scales are known before, as in I-BERT and I-ViT, integers are brought
// from one to another by m / 2^e. Rounding is to nearest, ties to even, which
// is what those define.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_NUMERICS_FIXED_DYADIC_H
#define QUANTC_NUMERICS_FIXED_DYADIC_H

#include <cstdint>

namespace quantc::numerics::fixed {

/// multiplier / 2^places, with a multiplier of 2^30 .. 2^31 - 1.
struct Dyadic {
  int64_t multiplier;
  int32_t places;
};

/// The ratio of two scales, positive and finite: off by up to 2^-31 of it.
Dyadic makeDyadic(double ratio);

/// x / 2^places to nearest, ties to even; |x| < 2^62.
int64_t shiftToEven(int64_t x, int32_t places);

/// x times the ratio to nearest, limited to -2^(bits-1) .. 2^(bits-1) - 1.
/// |x| < 2^31.
int32_t rescale(int64_t x, const Dyadic &ratio, unsigned bits);

} // namespace quantc::numerics::fixed

#endif // QUANTC_NUMERICS_FIXED_DYADIC_H
