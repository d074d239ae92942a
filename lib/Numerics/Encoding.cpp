//===- Encoding.cpp - Exact block quantisers -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Numerics/Encoding.h"
#include "quantc/Numerics/Packing.h"

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

/// Adding and subtracting this rounds what is below 2^22 in magnitude to the
/// nearest integer, ties to even, and unlike a library call in vectors too.
static constexpr float rounder = 0x1.8p23f;

/// To the nearest code, ties to even; NaN to 0.
static int8_t toCode(float scaled, CodeRange range) {
  float low = static_cast<float>(range.low);
  float high = static_cast<float>(range.high);
  scaled = scaled == scaled ? scaled : 0;
  scaled = scaled > low ? scaled : low;
  scaled = scaled < high ? scaled : high;
  // Codes of unsigned formats reach 255: by way of an int, which wraps.
  return static_cast<int8_t>(static_cast<int>((scaled + rounder) - rounder));
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

//===----------------------------------------------------------------------===//
// Search
//===----------------------------------------------------------------------===//

namespace {
/// A scale of the search in each lane: the sums over a block's elements are
/// then in their order, whatever the width.
using Lanes = float __attribute__((vector_size(16)));
constexpr int numLanes = 4;
constexpr int numVectors = 2; // as many sums as 16 registers hold

/// What the search takes from a code range.
struct LaneRange {
  Lanes low, high;
};
} // namespace

static Lanes toCodes(Lanes scaled, const LaneRange &range) {
  Lanes q = (scaled + rounder) - rounder;
  q = q > range.low ? q : range.low;
  return q < range.high ? q : range.high;
}

/// The least-squares scale of the codes that each of the scales gives.
static void refineScales(const float *x, int64_t count, const LaneRange &range,
                         Lanes (&scales)[numVectors]) {
  Lanes xq[numVectors] = {}, qq[numVectors] = {}, inverse[numVectors];
  for (int v = 0; v < numVectors; ++v)
    inverse[v] = 1.0f / scales[v];
  for (int64_t i = 0; i < count; ++i)
    for (int v = 0; v < numVectors; ++v) {
      Lanes q = toCodes(x[i] * inverse[v], range);
      xq[v] += x[i] * q;
      qq[v] += q * q;
    }
  // Where all codes are 0 or cancel out, the scale stays.
  for (int v = 0; v < numVectors; ++v)
    for (int lane = 0; lane < numLanes; ++lane)
      if (xq[v][lane] != 0)
        scales[v][lane] = xq[v][lane] / qq[v][lane];
}

/// The squared error of each of the scales.
static void measureErrors(const float *x, int64_t count, const LaneRange &range,
                          const Lanes (&scales)[numVectors],
                          Lanes (&errors)[numVectors]) {
  Lanes inverse[numVectors];
  for (int v = 0; v < numVectors; ++v) {
    inverse[v] = 1.0f / scales[v];
    errors[v] = Lanes{};
  }
  for (int64_t i = 0; i < count; ++i)
    for (int v = 0; v < numVectors; ++v) {
      Lanes e = x[i] - scales[v] * toCodes(x[i] * inverse[v], range);
      errors[v] += e * e;
    }
}

/// The block's best scale; 0 for a block of zeros. `room` holds the block.
static float searchScale(const float *x, int64_t count, CodeRange range,
                         float *room) {
  constexpr int ratios = 49, group = numLanes * numVectors;
  float amax = 0;
  for (int64_t i = 0; i < count; ++i)
    amax = std::max(amax, std::fabs(x[i]));
  if (!(amax >= 0x1p-100f) || amax == std::numeric_limits<float>::infinity())
    return 0;
  // Powers of two change no result and keep the squares from overflowing and
  // underflowing.
  int exponent = std::ilogb(amax);
  float power = std::ldexp(1.0f, -exponent);
  for (int64_t i = 0; i < count; ++i)
    room[i] = x[i] * power;
  amax *= power;

  LaneRange lanes{};
  lanes.low += static_cast<float>(range.low);
  lanes.high += static_cast<float>(range.high);
  float most = lanes.high[0];
  float best = amax / most, least = std::numeric_limits<float>::infinity();
  for (int first = 0; first < 2 * ratios; first += group) {
    Lanes scales[numVectors], errors[numVectors];
    for (int i = 0; i < group; ++i) {
      int trial = std::min(first + i, 2 * ratios - 1);
      float ratio = 0.55f + 0.0125f * static_cast<float>(trial % ratios);
      scales[i / numLanes][i % numLanes] =
          (trial < ratios ? -amax : amax) * ratio / most;
    }
    refineScales(room, count, lanes, scales);
    measureErrors(room, count, lanes, scales, errors);
    for (int i = 0; i < group; ++i)
      if (errors[i / numLanes][i % numLanes] < least) {
        least = errors[i / numLanes][i % numLanes];
        best = scales[i / numLanes][i % numLanes];
      }
  }
  return std::ldexp(best, exponent);
}

static_assert(searchedMultipliers <= smallMultiplier);

namespace {
/// A channel's scale, and with it each block's multiplier. Candidates are the
/// lanes of a group: they give the largest block scale a multiplier of 15, 14,
/// 13 or 12, and the others are rounded down in the first vector and up in the
/// second.
class ChannelSearch {
public:
  ChannelSearch(CodeRange range, float largest, int64_t blocks)
      : exponent(std::ilogb(largest)), steps(blocks) {
    lanes.low += static_cast<float>(range.low);
    lanes.high += static_cast<float>(range.high);
    for (int i = 0; i < numLanes; ++i)
      channels[i] = largest / static_cast<float>(searchedMultipliers - i);
  }

  void add(int64_t block, float scale, const float *x, int64_t count,
           float *room) {
    // Powers of two, as in searchScale.
    for (int64_t i = 0; i < count; ++i)
      room[i] = std::ldexp(x[i], -exponent);
    Lanes least{};
    for (int first = 0; first < numSteps; first += numVectors) {
      Lanes scales[numVectors], errors[numVectors];
      for (int v = 0; v < numVectors; ++v)
        for (int i = 0; i < numLanes; ++i)
          scales[v][i] = static_cast<float>(round(scale, i, first + v)) *
                         std::ldexp(channels[i], -exponent);
      measureErrors(room, count, lanes, scales, errors);
      for (int v = 0; v < numVectors; ++v)
        for (int i = 0; i < numLanes; ++i)
          if (first + v == 0 || errors[v][i] < least[i]) {
            least[i] = errors[v][i];
            steps[block] &= static_cast<uint8_t>(~(3 << 2 * i));
            steps[block] |= static_cast<uint8_t>((first + v) << 2 * i);
          }
    }
    for (int i = 0; i < numLanes; ++i)
      totals[i] += least[i];
  }

  /// Keeps the best candidate.
  float finish() {
    best =
        static_cast<int>(std::min_element(totals, totals + numLanes) - totals);
    return channels[best];
  }
  int8_t getMultiplier(int64_t block, float scale) const {
    return round(scale, best, steps[block] >> 2 * best & 3);
  }

private:
  /// The integer below the block's scale in units of the channel's, and its
  /// neighbours.
  int8_t round(float scale, int candidate, int step) const {
    constexpr float offsets[numSteps] = {0, 1, -1, 2};
    float ratio =
        std::floor(std::fabs(scale) / channels[candidate]) + offsets[step];
    ratio = std::clamp(ratio, 0.0f, static_cast<float>(searchedMultipliers));
    return static_cast<int8_t>(std::copysign(ratio, scale));
  }

  static constexpr int numSteps = 4;
  LaneRange lanes{};
  int exponent, best = 0;
  float channels[numLanes];
  double totals[numLanes] = {};
  std::vector<uint8_t> steps; ///< two bits for each candidate
};
} // namespace

void quantc::numerics::encodeSearched(const float *x, int64_t count,
                                      int64_t block, CodeRange range,
                                      int8_t *codes, int8_t *multipliers,
                                      float *channel, int64_t rows) {
  int64_t each = (count + block - 1) / block, blocks = rows * each;
  std::vector<float> scales(blocks), room(std::min(block, count));
  float largest = 0;
  bool finite = true;
  for (int64_t i = 0; i < rows * count; ++i)
    finite &= std::isfinite(x[i]);
  auto forEachBlock = [&](auto body) {
    for (int64_t b = 0; b < blocks; ++b) {
      int64_t start = b % each * block;
      body(b, b / each * count + start, std::min(block, count - start));
    }
  };
  forEachBlock([&](int64_t b, int64_t from, int64_t size) {
    scales[b] = searchScale(x + from, size, range, room.data());
    largest = std::max(largest, std::fabs(scales[b]));
  });
  if (!finite || largest == 0) {
    *channel = finite ? 0 : std::numeric_limits<float>::quiet_NaN();
    std::fill_n(multipliers, blocks, int8_t(0));
    std::fill_n(codes, rows * count, int8_t(0));
    return;
  }
  ChannelSearch search(range, largest, blocks);
  forEachBlock([&](int64_t b, int64_t from, int64_t size) {
    search.add(b, scales[b], x + from, size, room.data());
  });
  *channel = search.finish();
  forEachBlock([&](int64_t b, int64_t from, int64_t size) {
    multipliers[b] = search.getMultiplier(b, scales[b]);
    float stored = static_cast<float>(multipliers[b]) * *channel;
    for (int64_t i = from; i < from + size; ++i)
      codes[i] = stored != 0 ? toCode(x[i] / stored, range) : 0;
  });
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
