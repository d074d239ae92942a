//===- Functions.h - Integer functions of one variable ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sigmoid-like functions by tables of quadratics, and the powers of two that
// softmax is made of. Errors: 4.6 units of 1 / 32640 for the power of two; 1.2
// units of 2^-15 for the sigma functions, over every mantissa at exponents up
// to 3 less the table's log2PerUnit. Above, elements below 8 units are counted
// as at that exponent.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_NUMERICS_FIXED_FUNCTIONS_H
#define QUANTC_NUMERICS_FIXED_FUNCTIONS_H

#include <cstdint>

namespace quantc::numerics::fixed {

/// Functions G with G(-x) = 1 - G(x).
enum class Sigma : uint8_t {
  GeluErf,   ///< (1 + erf(x / sqrt 2)) / 2
  GeluTanh,  ///< the sigma of the tanh form of GELU
  QuickGelu, ///< sigmoid(1.702 x)
  Sigmoid,
  Erf ///< (1 + erf x) / 2
};

/// 64 segments of 2^-log2PerUnit each; in segment i at the position r of 0..1
/// the function is (c0[i] + c1[i] r + c2[i] r^2) 2^-18.
struct SigmaTable {
  int32_t log2PerUnit;
  int32_t c0[64], c1[64], c2[64];
};
const SigmaTable &getSigmaTable(Sigma function);

/// G(m 2^exponent) in Q15, 0 .. 32768, for an element of a row16.
int32_t sigma(Sigma function, int16_t m, int32_t exponent);

/// tanh in Q15, -32768 .. 32768, from the table: of rows up to
/// mostOddExponent a product has the bits that this has not.
int32_t tanhQ15(int16_t m, int32_t exponent);

/// Odd functions of rows that are nowhere 1/2 or more: x by a polynomial of
/// three degrees in x^2, c[0] in units of 2^-places and the others of 2^-17.
struct OddPolynomial {
  int32_t places;
  int32_t c[4];
};
constexpr int32_t mostOddExponent = -16;
constexpr OddPolynomial tanhPolynomial = {15, {32768, -43684, 17310, -5871}};
constexpr OddPolynomial erfPolynomial = {14, {18487, -49297, 14740, -3198}};

/// Such a function of m 2^exponent, for exponents up to mostOddExponent, at the
/// exponent less the polynomial's places, below 2^30. Relative error below
/// 6e-5.
int32_t timesOdd(const OddPolynomial &polynomial, int16_t m, int32_t exponent);

/// m times sigma of it: GELU and SiLU, wide at the exponent - 15.
inline int32_t gated(Sigma function, int16_t m, int32_t exponent) {
  return m * sigma(function, m, exponent);
}

/// 32640 * 2^(-fraction / 32768) for a fraction in 0 .. 32767.
int32_t exp2Fraction(int32_t fraction);

/// Angles are phases: a turn is 2^32. Polynomials of three degrees in the
/// square of the distance from the next multiple of a quarter, `sine` times the
/// distance; distances are in units of an eighth, coefficients of 2^-30.
struct TurnPolynomials {
  int32_t cosine[4], sine[4];
};
constexpr TurnPolynomials turnPolynomials = {
    {1073741794, -331168019, 17018712, -342392},
    {843314854, -86699750, 2673624, -38606}};

/// The cosine of a phase in Q30, off by up to 64 units.
int32_t cosine30(int32_t phase);

/// The cosine of a phase in Q15, -32767 .. 32767; off by up to 0.51 units
/// from the exact one limited to that. The sine is that of a quarter turn less.
int32_t cosine(int32_t phase);

/// Radians as parts of a turn in units of 2^-64, of which whole turns drop out:
/// integers multiply them exactly.
int64_t radiansToTurns(double radians);

/// 2^exponent radians in turns, of which whole ones drop out, with 15 bits a
/// part: high 2^-15 + middle 2^-30 + low 2^-45.
struct AngleUnit {
  int32_t high, middle, low;
};
AngleUnit getAngleUnit(int32_t exponent);
/// A radian in units of 2^-64 turns.
constexpr int64_t radian = 2935890503282001226;

/// The phase of the angle m 2^exponent in radians in units of 2^-30 turns,
/// -2^29
/// .. 2^29 - 1; off by up to 1.5 units for exponents up to 16.
int32_t findPhase(int16_t m, int32_t exponent);

} // namespace quantc::numerics::fixed

#endif // QUANTC_NUMERICS_FIXED_FUNCTIONS_H
