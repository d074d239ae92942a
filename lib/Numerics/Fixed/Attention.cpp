//===- Attention.cpp - Integer softmax and attention ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Numerics/Fixed/Attention.h"
#include "quantc/Numerics/Fixed/Functions.h"
#include "quantc/Numerics/Fixed/Primitives.h"

#include <algorithm>

using namespace quantc::numerics;
using namespace quantc::numerics::fixed;

Multipliers fixed::makeScoreMultiplier(double scale, int64_t size) {
  constexpr double log2e = 1.4426950408889634074;
  double factor = log2e * scale;
  int64_t bound = int64_t(2047) * 2047 * size + 1;
  return makeMultipliers(&factor, &bound, 1);
}

int32_t fixed::makeScore(const Multipliers &multiplier, int32_t dot,
                         int32_t exponent) {
  int32_t y = multiplier.apply(dot, 0);
  int32_t left = exponent + multiplier.exponent + 15;
  if (left <= 0)
    return std::clamp(shiftRight(y, -left), -largestScore, largestScore);
  // |y| < 2^30, so 31 places saturate whatever is not zero.
  int64_t wide = static_cast<int64_t>(y) * (int64_t(1) << std::min(left, 31));
  return static_cast<int32_t>(
      std::clamp<int64_t>(wide, -largestScore, largestScore));
}

static bool isVisible(const uint8_t *visible, int64_t j) {
  return !visible || visible[j];
}

/// The multiplier of step 4, 2^61 / (S << (31 - bits of S)).
static int32_t sumReciprocal(int32_t sum) {
  return reciprocal61(static_cast<uint64_t>(sum) << (31 - bitLength(sum)));
}

static int32_t findLargest(const int32_t *scores, const uint8_t *visible,
                           int64_t count) {
  int32_t largest = -largestScore;
  for (int64_t j = 0; j < count; ++j)
    if (isVisible(visible, j))
      largest = std::max(largest, scores[j]);
  return largest;
}

int32_t fixed::softmaxWeights(const int32_t *scores, const uint8_t *visible,
                              int64_t count, int32_t *p, int32_t *n) {
  int32_t largest = findLargest(scores, visible, count);
  int32_t sum = 0;
  for (int64_t j = 0; j < count; ++j) {
    p[j] = n[j] = 0;
    if (!isVisible(visible, j))
      continue;
    int32_t below = largest - scores[j];
    n[j] = below >> 15;
    p[j] = exp2Fraction(below & 32767);
    sum += shiftRight(p[j], n[j]);
  }
  return sum;
}

int32_t fixed::softmax(const int32_t *scores, const uint8_t *visible,
                       int64_t count, int32_t *y) {
  int32_t largest = findLargest(scores, visible, count);
  int32_t sum = 0;
  for (int64_t j = 0; j < count; ++j) {
    int32_t below = largest - scores[j];
    y[j] = isVisible(visible, j)
               ? shiftRight(exp2Fraction(below & 32767), below >> 15)
               : 0;
    sum += y[j];
  }
  if (sum == 0)
    return zeroExponent;
  int32_t reciprocal = sumReciprocal(sum);
  for (int64_t j = 0; j < count; ++j)
    y[j] = multiplyHigh31(y[j] << 15, reciprocal);
  return -(14 + bitLength(sum));
}

int32_t fixed::attend(const Multipliers &multiplier, const int16_t *q,
                      int32_t qExponent, const int16_t *k,
                      const int32_t *kExponents, const int8_t *v,
                      const int32_t *vExponents, const uint8_t *visible,
                      int64_t keys, int64_t size, int64_t valueSize,
                      int32_t *scratch, int32_t *y, const int32_t *mask) {
  int32_t *scores = scratch, *p = scratch + keys, *n = scratch + 2 * keys;
  int32_t *weights = scratch + 3 * keys;
  for (int64_t j = 0; j < keys; ++j) {
    int32_t dot = 0;
    for (int64_t c = 0; c < size; ++c)
      dot += q[c] * k[j * size + c];
    scores[j] = makeScore(multiplier, dot, qExponent + kExponents[j]);
    if (mask)
      scores[j] = std::clamp(scores[j] + mask[j], -largestScore, largestScore);
  }
  int32_t sum = softmaxWeights(scores, visible, keys, p, n);
  std::fill_n(y, valueSize, 0);
  if (sum == 0)
    return zeroExponent;

  // The scales of the values go into the weights, as shifts.
  int32_t largest = INT32_MIN, smallest = INT32_MAX, count = 0;
  for (int64_t j = 0; j < keys; ++j)
    if (isVisible(visible, j)) {
      largest = std::max(largest, vExponents[j]);
      ++count;
    }
  for (int64_t j = 0; j < keys; ++j)
    if (isVisible(visible, j)) {
      n[j] += largest - vExponents[j];
      smallest = std::min(smallest, n[j]);
    }
  for (int64_t j = 0; j < keys; ++j)
    weights[j] =
        isVisible(visible, j) ? shiftRight(p[j], n[j] - smallest + 7) : 0;

  int32_t length = 16 - bitLength(count);
  int32_t reciprocal = sumReciprocal(sum);
  for (int64_t j = 0; j < keys; ++j)
    if (weights[j] != 0)
      for (int64_t c = 0; c < valueSize; ++c)
        y[c] += weights[j] * v[j * valueSize + c];
  for (int64_t c = 0; c < valueSize; ++c)
    y[c] = multiplyHigh31(shiftRight(y[c], -length), reciprocal);
  return largest - smallest + 7 - (length - 1 + bitLength(sum));
}

int32_t fixed::alignHeads(int32_t *y, const int32_t *exponents, int64_t heads,
                          int64_t size) {
  int32_t common = zeroExponent;
  for (int64_t h = 0; h < heads; ++h) {
    int32_t *head = y + h * size;
    bool zero = true;
    for (int64_t c = 0; c < size; ++c) {
      head[c] = shiftRight(head[c], 1);
      zero &= head[c] == 0;
    }
    if (!zero)
      common = std::max(common, exponents[h] + 1);
  }
  for (int64_t h = 0; h < heads; ++h)
    for (int64_t c = 0; c < size; ++c)
      y[h * size + c] = shiftRight(y[h * size + c], common - exponents[h] - 1);
  return common;
}
