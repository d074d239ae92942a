//===- Published.h - Functions of I-BERT and I-ViT --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Softmax, GELU and LayerNorm by the formulas of I-BERT (Kim et al., 2021) and
// I-ViT (Li and Gu, 2022), bit for bit, for any scale of the input. Divisions
// round down, shifts of negative numbers are arithmetic.
//
// Errors, measured over every input of the stated grid (docs/integer-only.md):
//
//   i-exp on [-20, 0]           1.9e-3     ShiftExp   4.5e-2
//   i-GELU on [-8, 8]           1.9e-2     ShiftGELU  see `gridPlaces`
//
// Where the scales of a network are powers of two that its own integers choose,
// the functions see their argument on a grid of 2^-gridPlaces: constants are
// then constants.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_NUMERICS_FIXED_PUBLISHED_H
#define QUANTC_NUMERICS_FIXED_PUBLISHED_H

#include "quantc/Numerics/Fixed/Dyadic.h"

#include <cstdint>

namespace quantc::numerics::fixed {

/// floor(a / b) for b != 0.
constexpr int64_t divideDown(int64_t a, int64_t b) {
  int64_t quotient = a / b;
  return quotient - (a % b != 0 && (a < 0) != (b < 0));
}

/// floor(sqrt(v)) by the fixed number of steps of I-ViT, which is too large for
/// small \p v: exact from about 65,000 upward.
uint32_t rootOfTenSteps(uint64_t v);

//===----------------------------------------------------------------------===//
// I-BERT
//===----------------------------------------------------------------------===//

/// exp of q <= 0 at a scale S: p 2^-z in units of aS^2.
struct IntegerExp {
  /// Scales below 2^-14 need more than 32 bits.
  static constexpr int32_t gridPlaces = 14;

  int64_t ln2; ///< floor(-ln 2 / S), below 0
  int64_t b, c;

  static IntegerExp make(double scale);
  /// p, from 0 to c; \p z is in 0 .. 30.
  int64_t evaluate(int64_t q, int32_t *z) const;
};

/// Probabilities in units of 1 / 256.
struct IntegerSoftmax {
  IntegerExp exp;
  Dyadic toHalf; ///< of exp 2^30 to 16 bits

  static IntegerSoftmax make(double scale);
  /// exp(q) in units of 1 / 32767 for q <= 0.
  int32_t weigh(int64_t q) const;
  /// Of \p count scores; the largest is subtracted first.
  void apply(const int32_t *q, int64_t count, int32_t *out) const;
};

/// x/2 (1 + L(x / sqrt 2)).
struct IntegerGelu {
  /// Products with 16 bits stay below 2^31.
  static constexpr int32_t gridPlaces = 10, gridDrop = 9;

  int64_t b, c, one; ///< one is below 0
  int32_t drop;      ///< bits that the polynomial loses
  double unit;       ///< of the result, in units of the input's scale; below 0

  static IntegerGelu make(double scale, int32_t drop);
  /// The bits that leave the polynomial 21.
  static int32_t chooseDrop(double scale);
  /// 1 + L, from 2 one to about 0.
  int64_t gate(int64_t q) const;
  int64_t apply(int64_t q) const { return q * gate(q); }
};

/// What both LayerNorms are: integers less their mean, times 2^31 by the root
/// of the sum of their squares, in units of sqrt(count) / 2^30.
struct IntegerNorm {
  int32_t drop;    ///< bits that are lost before squares are summed
  bool isTenSteps; ///< I-ViT's root, and a quotient of 2^31 - 1

  /// For elements of \p bits bits, so that the sum of squares fits 32.
  static IntegerNorm makeIBert(int64_t count, unsigned bits);
  static IntegerNorm makeIVit() { return {0, true}; }
  /// \p out has 31 bits; a row without variance divides by one.
  void apply(const int32_t *q, int64_t count, int64_t *out) const;
};

//===----------------------------------------------------------------------===//
// I-ViT
//===----------------------------------------------------------------------===//

/// exp of q <= 0 at a scale S in units of S / 2^places.
struct ShiftExp {
  int64_t one; ///< floor(-1 / S), below 0
  int32_t places;

  static ShiftExp make(double scale, int32_t places);
  int64_t evaluate(int64_t q) const;
};

/// Probabilities in units of 2^-(bits - 1).
struct Shiftmax {
  /// A finer grid costs bits of the quotient by the sum.
  static constexpr int32_t gridPlaces = 6, expPlaces = 15;

  ShiftExp exp;
  int32_t bits;

  static Shiftmax make(double scale, int32_t bits);
  void apply(const int32_t *q, int64_t count, int32_t *out) const;
};

/// x sigmoid(1.702 x), in units of S / 2^7: depends on the largest element of a
/// row.
struct ShiftGelu {
  /// In units of 1 / (1.702 2^2): a finer grid costs bits of the quotient.
  static constexpr int32_t gridPlaces = 2, expPlaces = 23;

  ShiftExp exp; ///< at the scale 1.702 S

  static ShiftGelu make(double scale);
  /// The sigmoid in units of 2^-7 for an argument \p q at the scale 1.702 S and
  /// the largest one of its row.
  int64_t gate(int64_t q, int64_t largest) const;
  void apply(const int32_t *q, int64_t count, int64_t *out) const;
};

} // namespace quantc::numerics::fixed

#endif // QUANTC_NUMERICS_FIXED_PUBLISHED_H
