//===- Attention.h - Integer softmax and attention --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Scores in units of log2 with 15 fraction bits; probabilities are powers of
// two that are never normalised before the product with the values: the
// division by their sum is one multiplication per output.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_NUMERICS_FIXED_ATTENTION_H
#define QUANTC_NUMERICS_FIXED_ATTENTION_H

#include "quantc/Numerics/Fixed/Linear.h"

#include <cstdint>

namespace quantc::numerics::fixed {

/// The largest magnitude of a score.
constexpr int32_t largestScore = (1 << 30) - 1;

/// The multiplier of scores: log2(e) * scale of products of two 12-bit heads of
/// \p size elements (size <= 512).
Multipliers makeScoreMultiplier(double scale, int64_t size);

/// One score: the sum of products \p dot of a query and a key, with the sum of
/// their exponents.
int32_t makeScore(const Multipliers &multiplier, int32_t dot, int32_t exponent);

/// Unnormalised probabilities of one row of scores: p_j 2^-n_j, p_j in units of
/// 1 / 32640, and their sum in the same unit. Places with visible[j] == 0
/// (null: all are visible) take no part and have p = n = 0. Returns the sum, 0
/// where nothing is visible. At most 65,793 places.
int32_t softmaxWeights(const int32_t *scores, const uint8_t *visible,
                       int64_t count, int32_t *p, int32_t *n);

/// Softmax as a result of its own: wide, returns the exponent. A row without
/// visible places is zeros.
int32_t softmax(const int32_t *scores, const uint8_t *visible, int64_t count,
                int32_t *y);

/// One query row against \p keys keys: q is 12 bits of \p size elements, k
/// [keys, size] 12 bits, v [keys, valueSize] 8 bits, with one exponent per key.
/// \p mask, null for none, is added to the scores, in their unit. Writes the
/// wide row \p y of \p valueSize elements; returns its exponent. \p scratch
/// holds 4 * keys integers. At most 65,793 keys.
int32_t attend(const Multipliers &multiplier, const int16_t *q,
               int32_t qExponent, const int16_t *k, const int32_t *kExponents,
               const int8_t *v, const int32_t *vExponents,
               const uint8_t *visible, int64_t keys, int64_t size,
               int64_t valueSize, int32_t *scratch, int32_t *y,
               const int32_t *mask = nullptr);

/// Puts the heads of a token, \p heads wide rows of \p size elements one after
/// the other, on one exponent, which is returned.
int32_t alignHeads(int32_t *y, const int32_t *exponents, int64_t heads,
                   int64_t size);

} // namespace quantc::numerics::fixed

#endif // QUANTC_NUMERICS_FIXED_ATTENTION_H
