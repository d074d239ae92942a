//===- PowerScales.h - Blocks scaled by powers of two -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_NUMERICS_POWERSCALES_H
#define QUANTC_NUMERICS_POWERSCALES_H

#include "quantc/Numerics/Encoding.h"
#include "quantc/Numerics/Format.h"

#include <cstdint>

namespace quantc::numerics {

/// How the exponent e of a block's scale 2^e follows from its largest magnitude
/// A, for elements whose largest number is L, of exponent l = floor(log2 L):
enum class PowerRule {
  Floor,     ///< floor(log2 A) - l, as OCP's MX formats: A may saturate
  Ceil,      ///< of integers ceil(log2 A) - l - 1, as block floating point,
             ///< which is Floor but at powers of two; else ceil(log2 A) - l
  RoundCeil, ///< ceil(log2(A / L)): the least that does not saturate
  Even,      ///< Floor, of A rounded to the mantissa of an element
};

/// Encodes elements of one format in blocks that a rule scales.
class PowerEncoder {
public:
  /// \p range holds for integers; their L is range.high under RoundCeil. Other
  /// elements have at most 8 bits.
  PowerEncoder(const ElementFormat &element, PowerRule rule, CodeRange range);

  /// For 0 < \p amax < infinity.
  int chooseExponent(float amax) const;
  /// The code of the number nearest to x / 2^exponent, ties to even; beyond the
  /// largest, that one. NaN has the code of NaN, or else of zero.
  uint32_t encode(float x, int exponent) const;

private:
  ElementFormat element;
  PowerRule rule;
  CodeRange range;
  double largest;
  int largestExponent, mantissaBits;
};

} // namespace quantc::numerics

#endif // QUANTC_NUMERICS_POWERSCALES_H
