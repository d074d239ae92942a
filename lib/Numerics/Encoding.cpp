//===- Encoding.cpp - Exact block quantisers -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Numerics/Encoding.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

using namespace quantc::numerics;

static uint32_t magnitude(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits & 0x7fffffffu;
}

static float fromBits(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

/// To the nearest code, ties to even; NaN to the lowest.
static int8_t toCode(float scaled, CodeRange range) {
  if (!(scaled > static_cast<float>(range.low)))
    return static_cast<int8_t>(range.low);
  if (scaled >= static_cast<float>(range.high))
    return static_cast<int8_t>(range.high);
  return static_cast<int8_t>(std::nearbyintf(scaled));
}

void quantc::numerics::encodeAbsMax(const float *x, int64_t count,
                                    CodeRange range, int8_t *codes,
                                    float *scale) {
  uint32_t bits = 0;
  for (int64_t i = 0; i < count; ++i)
    bits = std::max(bits, magnitude(x[i]));
  float amax = fromBits(bits), high = static_cast<float>(range.high);
  float factor = 0;
  if (amax < 0x1p-100f) {
    *scale = 0;
  } else if (amax < std::numeric_limits<float>::infinity()) {
    *scale = amax / high;
    factor = high / amax;
  } else {
    *scale = std::numeric_limits<float>::quiet_NaN();
  }
  for (int64_t i = 0; i < count; ++i)
    codes[i] = toCode(x[i] * factor, range);
}

namespace {
/// The squared error of one scale, and the least-squares scale of its codes.
struct Trial {
  float error;
  float refined;
};
} // namespace

static Trial tryScale(const float *x, int64_t count, float d, CodeRange range) {
  float inverse = 1 / d, low = static_cast<float>(range.low),
        high = static_cast<float>(range.high);
  float error = 0, xq = 0, qq = 0;
  for (int64_t i = 0; i < count; ++i) {
    // Adding and subtracting 1.5 * 2^23 rounds to the nearest even integer.
    float q = (x[i] * inverse + 12582912.0f) - 12582912.0f;
    q = std::min(std::max(q, low), high);
    float e = x[i] - d * q;
    error += e * e;
    xq += x[i] * q;
    qq += q * q;
  }
  return {error, qq > 0 ? xq / qq : d};
}

/// The block's best scale; 0 for a block of zeros.
static float searchScale(const float *x, int64_t count, CodeRange range) {
  float amax = 0;
  for (int64_t i = 0; i < count; ++i)
    amax = std::max(amax, std::fabs(x[i]));
  if (!(amax >= 0x1p-100f) || amax == std::numeric_limits<float>::infinity())
    return 0;
  float best = amax / 7, least = std::numeric_limits<float>::infinity();
  for (int sign = -1; sign <= 1; sign += 2)
    for (int step = 0; step < 49; ++step) {
      float ratio = 0.55f + 0.0125f * static_cast<float>(step);
      float d = static_cast<float>(sign) * amax * ratio / 7;
      float refined = tryScale(x, count, d, range).refined;
      if (refined == 0)
        continue;
      float error = tryScale(x, count, refined, range).error;
      if (error < least) {
        least = error;
        best = refined;
      }
    }
  return best;
}

void quantc::numerics::encodeSearched(const float *x, int64_t count,
                                      int64_t block, CodeRange range,
                                      int8_t *codes, int8_t *multipliers,
                                      float *channel) {
  int64_t blocks = (count + block - 1) / block;
  std::vector<float> scales(blocks);
  float largest = 0;
  bool finite = true;
  for (int64_t i = 0; i < count; ++i)
    finite &= std::isfinite(x[i]);
  for (int64_t b = 0; b < blocks; ++b) {
    int64_t from = b * block, size = std::min(block, count - from);
    scales[b] = searchScale(x + from, size, range);
    largest = std::max(largest, std::fabs(scales[b]));
  }
  *channel = finite ? largest / 127 : std::numeric_limits<float>::quiet_NaN();
  for (int64_t b = 0; b < blocks; ++b) {
    int64_t from = b * block, size = std::min(block, count - from);
    float ratio = largest > 0 ? scales[b] / (largest / 127) : 0;
    multipliers[b] = static_cast<int8_t>(std::nearbyintf(ratio));
    float stored = static_cast<float>(multipliers[b]) * *channel;
    for (int64_t i = from; i < from + size; ++i)
      codes[i] = stored != 0 && finite ? toCode(x[i] / stored, range) : 0;
  }
}

void quantc::numerics::packNibbles(const int8_t *codes, int64_t count,
                                   uint8_t *bytes) {
  for (int64_t i = 0; i < count; i += 2) {
    uint8_t low = codes[i] & 0xf;
    uint8_t high = i + 1 < count ? codes[i + 1] & 0xf : 0;
    bytes[i / 2] = static_cast<uint8_t>(low | high << 4);
  }
}

void quantc::numerics::unpackNibbles(const uint8_t *bytes, int64_t count,
                                     int8_t *codes) {
  for (int64_t i = 0; i < count; ++i) {
    int nibble = i % 2 ? bytes[i / 2] >> 4 : bytes[i / 2] & 0xf;
    codes[i] = static_cast<int8_t>(nibble >= 8 ? nibble - 16 : nibble);
  }
}
