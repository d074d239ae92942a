//===- Powers.h - Integer reciprocals, roots, logarithms --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Functions of one positive integer whose results have exponents of their own:
// Newton's steps from a polynomial, in 32 bits with the upper halves of
// products. Rows are put on one exponent afterwards.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_NUMERICS_FIXED_POWERS_H
#define QUANTC_NUMERICS_FIXED_POWERS_H

#include <cstdint>

namespace quantc::numerics::fixed {

/// m 2^e.
struct Floating {
  int32_t m, e;
};

/// 1 / x for x > 0, with a mantissa of 2^29 .. 2^30. Relative error below
/// 2^-28.
Floating reciprocal(int32_t x);

/// The root of x and its reciprocal for 0 < x < 2^30, with mantissas of 2^28 ..
/// 2^29 and 2^29 - 1 .. 2^30. Relative errors below 2^-27.
Floating squareRoot(int32_t x);
Floating reciprocalRoot(int32_t x);

/// log2 of x > 0 in units of 2^-22, off by up to 1.3 units.
int32_t logarithm(int32_t x);

/// 2^-y for y in units of 2^-15, |y| < 2^30, with a mantissa of 2^28 .. 2^29.
/// Relative error below 3e-4, that of exp2Fraction.
Floating powerOfTwo(int32_t y);

/// ln(1 + e^x) of x = m 2^exponent, with a mantissa below 2^30. Relative error
/// below 4e-4.
Floating softplus(int16_t m, int32_t exponent);

/// e^x - 1 of x = m 2^exponent, with a mantissa below 2^30. Relative error
/// below 6e-5, also where x is small.
Floating expm1(int16_t m, int32_t exponent);

/// (2^t - 1) / (t ln 2) in Q30 of t of -1/2 .. 1/2, from the constant term up.
constexpr int32_t risePolynomial[] = {1073741824, 372125957, 85979461, 14973664,
                                      2075208};

/// ln(1 + x) of x = m 2^exponent, |m| < 2^29, with a mantissa below 2^30.
/// Relative error below 4e-6, also where x is small; of -1 and less that of one
/// unit.
Floating log1p(int32_t m, int32_t exponent);

/// ln(1 + v) / v in Q30 of v in Q31 up to 1/16, from the constant term up.
constexpr int32_t log1pPolynomial[] = {1073741824, -536870070, 357912419,
                                       -269307576, 215738555};

/// What the functions are made of: the start of the reciprocal, 32/17 in Q29;
/// that of the root's in Q28; log2(1 + v) / v in Q29, both from the constant
/// term up; 32768 / 32640 in Q30; ln 2 in Q31.
constexpr int32_t reciprocalStart = 1010580540;
constexpr int32_t rootStart[] = {705622595, -841268886, 408876638};
constexpr int32_t logarithmPolynomial[] = {774540833,  -387248617, 257704728,
                                           -189567161, 136996759,  -82759728,
                                           33687809,   -6483801};
constexpr int32_t unitOfPowers = 1077952576;
constexpr int32_t ln2 = 1488522236;

} // namespace quantc::numerics::fixed

#endif // QUANTC_NUMERICS_FIXED_POWERS_H
