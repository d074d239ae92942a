//===- Format.h - Number formats -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// What a stored code means, for every element and scale format: the one place
// that names, verifies, encodes and decodes them.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_NUMERICS_FORMAT_H
#define QUANTC_NUMERICS_FORMAT_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace quantc::numerics {

/// A format of elements. `bits` are the bits of one code; a code is their
/// value as an unsigned number.
struct ElementFormat {
  enum class Kind {
    Signed,      ///< s2 to s32: two's complement
    Unsigned,    ///< u1 to u16
    Minifloat,   ///< sign, exponent, mantissa; see below
    Logarithmic, ///< log<w>: sign, then e of w - 1 bits: +-2^e; no zero
    DenormalInt, ///< dint<w>: sw whose largest and smallest codes are +-1/2
    Razored,     ///< sdr<w>: sign, then magnitude of w - 1 bits
    Ternary,     ///< 2 bits: 0, 1 and, as 3, -1
    Binary,      ///< 1 bit: 0 is -1
    NormalFloat, ///< nf4: quantiles of the normal distribution
  };
  /// What the top exponent of a minifloat holds.
  enum class Special {
    None,   ///< numbers like any other
    NaN,    ///< f8E4M3: NaN with a full mantissa
    InfNaN, ///< f8E5M2: as IEEE
  };

  Kind kind;
  unsigned bits;
  // Of minifloats: `float<E, M>`, `float<E, M, bias = b>`, and with
  // `implicit = 0` without the implicit one: +-2^(e - bias) * m / 2^M for
  // every e. The OCP formats have names of their own.
  unsigned exponentBits = 0;
  unsigned mantissaBits = 0;
  int bias = 0;
  bool implicitOne = true;
  Special special = Special::None;

  static std::optional<ElementFormat> parse(std::string_view spelling);
  /// What parse reads, for messages.
  static std::string_view getSupported();

  /// The spelling that equal formats share.
  std::string spell() const;
  bool isInteger() const {
    return kind == Kind::Signed || kind == Kind::Unsigned;
  }
  bool isSigned(unsigned width) const {
    return kind == Kind::Signed && bits == width;
  }
  bool isUnsigned(unsigned width) const {
    return kind == Kind::Unsigned && bits == width;
  }
  /// The range of integers; codes of other kinds have none.
  int64_t getLowest() const;
  int64_t getHighest() const;
  /// The number that a code stands for, exactly.
  double decode(uint32_t code) const;
  /// The code of the nearest number, of two equally near ones the even code;
  /// beyond the largest, that one. NaN has the code of NaN, or else of zero.
  uint32_t encode(double value) const;
};

/// How a scale or a zero point is stored.
struct ScaleFormat {
  enum class Kind {
    F32,
    F16,
    BF16,
    E8M0,     ///< 2^(code - 127), 255 is NaN
    E4M3,     ///< f8E4M3
    Exponent, ///< exp<8>, exp<32>: 2^e, e signed
    Shift,    ///< shift<N>: 2^n, n of N bits, times an outer scale
    Signed,   ///< sN: a multiple of an outer scale
    Unsigned, ///< uN
  };

  Kind kind;
  /// Bits of the stored number.
  unsigned bits;

  static std::optional<ScaleFormat> parse(std::string_view spelling);
  static std::string_view getSupported();

  std::string spell() const;
  bool isFloat() const { return kind <= Kind::BF16; }
  bool isF32() const { return kind == Kind::F32; }
  bool isSigned(unsigned width) const {
    return kind == Kind::Signed && bits == width;
  }
  /// Whether every scale is a power of two.
  bool isPower() const {
    return kind == Kind::E8M0 || kind == Kind::Exponent || kind == Kind::Shift;
  }
  /// Whether it is a number only relative to an outer scale.
  bool isRelative() const { return kind >= Kind::Shift; }
  /// Whether products of it need no floating point.
  bool isIntegerOnly() const { return kind >= Kind::Exponent; }
  /// The number that the stored bits stand for.
  double decode(uint32_t code) const;
};

/// The exact value of IEEE half bits, and of E4M3 bits.
double decodeHalf(uint16_t bits);

} // namespace quantc::numerics

#endif // QUANTC_NUMERICS_FORMAT_H
