//===- PackedModel.h - What kernels compute from panels ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A kernel's arithmetic on packed weights, instruction by instruction and from
// the bytes alone: vpmaddubsw and vpaddw with their saturation, counted.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TEST_UNIT_NUMERICS_PACKEDMODEL_H
#define QUANTC_TEST_UNIT_NUMERICS_PACKEDMODEL_H

#include "quantc/Numerics/Packing.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <cstring>
#include <vector>

namespace quantc::numerics {

template <typename T> T readAt(const std::vector<uint8_t> &bytes, int64_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

class PackedModel {
public:
  /// `row` are activations as stored: code + bias, padded with the bias.
  PackedModel(const PackedLayout &layout, const std::vector<uint8_t> &bytes,
              const std::vector<uint8_t> &row)
      : layout(layout), bytes(bytes), row(row) {}

  /// The sums of a row: [N], of b32 [N, K/32].
  std::vector<int32_t> run();
  /// How often 16 bits did not hold a sum.
  int64_t numSaturated = 0;

private:
  using Half = std::pair<int16_t, int16_t>; // the 16-bit lanes of a column

  int16_t saturate(int32_t value) {
    int32_t held = std::min(std::max(value, -32768), 32767);
    numSaturated += held != value;
    return static_cast<int16_t>(held);
  }
  /// vpmaddubsw, of unsigned activations.
  Half multiply(int64_t k, const int8_t *w) {
    auto lane = [&](int64_t i) {
      return saturate(row[k + i] * w[i] + row[k + i + 1] * w[i + 1]);
    };
    return {lane(0), lane(2)};
  }
  /// vpaddw; that it wraps is no less wrong.
  Half add(Half a, Half b) {
    return {saturate(a.first + b.first), saturate(a.second + b.second)};
  }
  static uint32_t widen(Half a, int32_t factor = 1) {
    return static_cast<uint32_t>(a.first * factor) +
           static_cast<uint32_t>(a.second * factor);
  }
  const int8_t *weights(int64_t at) {
    return reinterpret_cast<const int8_t *>(bytes.data() + at);
  }
  /// A step by exact 32-bit products, signed activations where unbiased.
  uint32_t dot(int64_t k, const int8_t *w) {
    int32_t sum = 0;
    for (int64_t i = 0; i < 4; ++i)
      sum +=
          w[i] * (layout.bias ? row[k + i] : static_cast<int8_t>(row[k + i]));
    return static_cast<uint32_t>(sum);
  }
  uint32_t runMatched(int64_t part, int64_t column);
  uint32_t runChained(int64_t panel, int64_t column);
  uint32_t runBlock(int64_t at, int64_t block, int64_t column);
  uint32_t runSmallBlock(int64_t at, int64_t block, int64_t column);

  const PackedLayout &layout;
  const std::vector<uint8_t> &bytes;
  const std::vector<uint8_t> &row;
};

/// One chunk of K; \p part counts panels and in each its chunks.
inline uint32_t PackedModel::runMatched(int64_t part, int64_t column) {
  int64_t nr = layout.panel, at = readAt<uint32_t>(bytes, part * 4);
  int64_t inFours = 4 * int64_t(readAt<int32_t>(bytes, at + 8));
  int64_t paired = inFours + 2 * int64_t(readAt<int32_t>(bytes, at));
  int64_t count = paired + readAt<int32_t>(bytes, at + 4);
  int64_t list = at + 64 + nr * 8, data = list + (count * 4 + 63) / 64 * 64;
  uint32_t sum = readAt<uint32_t>(bytes, at + 64 + nr * 4 + column * 4);
  auto step = [&](int64_t s) {
    return multiply(readAt<int32_t>(bytes, list + s * 4),
                    weights(data + (s * nr + column) * 4));
  };
  for (int64_t s = 0; s < count;) {
    int64_t end = s + (s < inFours ? 4 : s < paired ? 2 : 1);
    Half half{0, 0};
    for (; s < end; ++s)
      half = add(half, step(s));
    sum += widen(half);
  }
  return sum;
}

/// Sums in 16 bits may wrap around on the way; the last one is held. What the
/// bias comes to is taken off where a chain starts.
inline uint32_t PackedModel::runChained(int64_t panel, int64_t column) {
  int64_t nr = layout.panel, places = layout.numBlocks() * 32,
          at = readAt<uint32_t>(bytes, panel * 4),
          started = readAt<int32_t>(bytes, at),
          chains = started + readAt<int32_t>(bytes, at + 4),
          orders = at + 64 + nr * 4, list = orders + places,
          starts = list + (chains * 16 + 63) / 64 * 64,
          data = starts + started * nr * 4;
  std::vector<uint8_t> ordered(places);
  for (int64_t i = 0; i < places; ++i) {
    uint8_t order = bytes[orders + i], code = row[i / 32 * 32 + order % 32];
    ordered[i] = static_cast<uint8_t>(order & 128 ? ~code : code);
  }
  uint32_t sum = 0;
  for (int64_t chain = 0; chain < chains; ++chain) {
    int32_t entry = static_cast<int32_t>(list + chain * 16);
    std::array<int16_t, 2> lanes = {};
    for (int64_t lane = 0; lane < 2 && chain < started; ++lane)
      lanes[lane] =
          readAt<int16_t>(bytes, starts + (chain * nr + column) * 4 + lane * 2);
    for (int64_t step = 0; step < 2; ++step) {
      const int8_t *w = weights(data + ((chain * 2 + step) * nr + column) * 4);
      int64_t place = readAt<int32_t>(bytes, entry + step * 4);
      if (readAt<int32_t>(bytes, entry + 8) != place / 32)
        ADD_FAILURE() << "block of chain " << chain;
      for (int64_t lane = 0; lane < 2; ++lane) {
        const uint8_t *x = ordered.data() + place + 2 * lane;
        int32_t products =
            saturate(x[0] * w[2 * lane] + x[1] * w[2 * lane + 1]);
        lanes[lane] = static_cast<int16_t>(lanes[lane] + products);
      }
    }
    sum += widen({lanes[0], lanes[1]});
  }
  return sum;
}

/// A block of w4i.
inline uint32_t PackedModel::runBlock(int64_t at, int64_t block,
                                      int64_t column) {
  int64_t nr = layout.panel;
  Half sum{0, 0};
  for (int64_t step = 0; step < 8; ++step) {
    int8_t w[4];
    for (int64_t i = 0; i < 4; ++i) {
      uint8_t byte = bytes[at + nr * 4 + (step / 2 * nr + column) * 4 + i];
      w[i] = static_cast<int8_t>((step % 2 ? byte >> 4 : byte & 15) - 8);
    }
    sum = add(sum, multiply(block * 32 + step * 4, w));
  }
  return widen(sum, readAt<int16_t>(bytes, at + column * 4));
}

/// A block of w4s.
inline uint32_t PackedModel::runSmallBlock(int64_t at, int64_t block,
                                           int64_t column) {
  int64_t nr = layout.panel;
  int multiplier = bytes[at + column], zero = bytes[at + nr + column];
  uint32_t sum = 0;
  for (int64_t step = 0; step < 8; ++step) {
    int8_t w[4];
    for (int64_t i = 0; i < 4; ++i) {
      uint8_t byte = bytes[at + nr * 2 + (step / 2 * nr + column) * 4 + i];
      w[i] = static_cast<int8_t>(
          (step % 2 ? byte >> 4 : byte & 15) * multiplier - zero);
    }
    sum += dot(block * 32 + step * 4, w);
  }
  return sum;
}

inline std::vector<int32_t> PackedModel::run() {
  std::vector<int32_t> sums;
  int64_t nr = layout.panel;
  for (int64_t n = 0; n < layout.n; ++n) {
    int64_t panel = n / nr, c = n % nr, at = panel * layout.panelBytes();
    if (hasBlockScales(layout.form)) {
      for (int64_t b = 0; b < layout.numBlocks(); ++b, at += nr * 40) {
        uint32_t sum = readAt<uint32_t>(bytes, at + nr * 4 + c * 4);
        for (int64_t s = 0; s < 8; ++s)
          sum += dot(b * 32 + s * 4, weights(at + nr * 8 + (s * nr + c) * 4));
        sums.push_back(static_cast<int32_t>(sum));
      }
      continue;
    }
    uint32_t sum = 0;
    if (layout.form == PackedForm::Matched)
      for (int64_t chunk = 0; chunk < layout.numMatchedChunks(); ++chunk)
        sum += runMatched(panel * layout.numMatchedChunks() + chunk, c);
    else if (layout.form == PackedForm::Chained)
      sum = runChained(panel, c);
    else
      sum = readAt<uint32_t>(bytes, at + nr * 4 + c * 4);
    at += nr * 8;
    if (layout.form == PackedForm::S8)
      for (int64_t s = 0; s < layout.numSteps(); ++s)
        sum += dot(s * 4, weights(at + (s * nr + c) * 4));
    if (layout.form == PackedForm::W4I)
      for (int64_t b = 0; b < layout.numBlocks(); ++b)
        sum += runBlock(at + b * nr * 20, b, c);
    if (layout.form == PackedForm::W4S)
      for (int64_t b = 0; b < layout.numBlocks(); ++b)
        sum += runSmallBlock(at + b * nr * 18, b, c);
    sums.push_back(static_cast<int32_t>(sum));
  }
  return sums;
}

} // namespace quantc::numerics

#endif // QUANTC_TEST_UNIT_NUMERICS_PACKEDMODEL_H
