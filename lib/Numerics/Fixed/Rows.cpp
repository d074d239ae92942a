//===- Rows.cpp - Integer rows with an exponent -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Numerics/Fixed/Rows.h"
#include "quantc/Numerics/Fixed/Primitives.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace quantc::numerics;

int32_t fixed::normalise(const int32_t *w, int64_t count, int32_t exponent,
                         unsigned bits, int16_t *m) {
  uint32_t largest = 0;
  for (int64_t i = 0; i < count; ++i)
    largest = std::max(largest, magnitude(w[i]));
  if (largest == 0) {
    std::fill_n(m, count, int16_t(0));
    return zeroExponent;
  }
  int32_t shift = std::max(bitLength(largest) - static_cast<int32_t>(bits - 1),
                           leastExponent - exponent);
  for (int64_t i = 0; i < count; ++i)
    m[i] = static_cast<int16_t>(saturate(shiftRight(w[i], shift), bits));
  return exponent + shift;
}

int32_t fixed::encodeBlocks(const int16_t *m, int64_t count, int32_t exponent,
                            int64_t block, int8_t *codes, uint8_t *shifts) {
  return encodeBlocks(m, 1, count, exponent, block, codes, shifts);
}

int32_t fixed::encodeBlocks(const int16_t *m, int64_t positions, int64_t count,
                            int32_t exponent, int64_t block, int8_t *codes,
                            uint8_t *shifts) {
  auto largestOf = [&](int64_t begin, int64_t end) {
    uint32_t largest = 0;
    for (int64_t i = begin; i < end; ++i)
      largest = std::max(largest, magnitude(m[i]));
    return largest;
  };
  uint32_t rowLargest = largestOf(0, positions * count);
  // The smallest shift: a block lies at most `blockDepth` bits lower.
  int32_t low = std::max(bitLength(rowLargest) - 7 - blockDepth,
                         leastBlockExponent - exponent);
  for (int64_t first = 0; first < positions * count; first += count)
    for (int64_t begin = first; begin < first + count; begin += block) {
      int64_t end = std::min(begin + block, first + count);
      int32_t shift = std::max(bitLength(largestOf(begin, end)) - 7, low);
      for (int64_t i = begin; i < end; ++i)
        codes[i] = static_cast<int8_t>(saturate(shiftRight(m[i], shift), 8));
      *shifts++ = rowLargest == 0 ? 0 : static_cast<uint8_t>(shift - low);
    }
  return rowLargest == 0 && exponent != leastExponent ? zeroExponent
                                                      : exponent + low;
}

template <typename Mantissa>
static int32_t quantise(const float *x, int64_t count, int bits, int32_t least,
                        Mantissa *m) {
  const float finite = std::numeric_limits<float>::max();
  auto defined = [finite](float v) {
    return std::isnan(v) ? 0.0f : std::clamp(v, -finite, finite);
  };
  float largest = 0;
  for (int64_t i = 0; i < count; ++i)
    largest = std::max(largest, std::fabs(defined(x[i])));
  if (largest == 0) {
    std::fill_n(m, count, Mantissa(0));
    return fixed::zeroExponent;
  }
  int32_t exponent = std::max(std::ilogb(largest) + 2 - bits, least);
  for (int64_t i = 0; i < count; ++i) {
    double scaled = std::scalbn(static_cast<double>(defined(x[i])), -exponent);
    m[i] = static_cast<Mantissa>(
        fixed::saturate(static_cast<int32_t>(std::floor(scaled + 0.5)), bits));
  }
  return exponent;
}

int32_t fixed::quantiseInput(const float *x, int64_t count, int16_t *m) {
  return quantise(x, count, 16, leastExponent, m);
}

int32_t fixed::quantiseInput(const float *x, int64_t count, int32_t *m) {
  // Wide exponents reach below all floats.
  return quantise(x, count, 31, std::numeric_limits<int32_t>::min(), m);
}

int32_t fixed::addResidual(const int32_t *y, int32_t yExponent,
                           const int16_t *m, int32_t mExponent, int64_t count,
                           int32_t *z) {
  int32_t yShifted = yExponent + 1, mShifted = mExponent - 15;
  int32_t common = std::max(yShifted, mShifted);
  for (int64_t i = 0; i < count; ++i)
    z[i] = shiftRight(static_cast<int32_t>(m[i]) * 32768, common - mShifted) +
           shiftRight(shiftRight(y[i], 1), common - yShifted);
  return common;
}

void fixed::rotatePair(int16_t a, int16_t b, int16_t cosine, int16_t sine,
                       int32_t *outA, int32_t *outB) {
  int32_t x = a, y = b, c = cosine, s = sine;
  *outA = x * c - y * s;
  *outB = x * s + y * c;
}
