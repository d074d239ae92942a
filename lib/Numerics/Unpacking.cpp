//===- Unpacking.cpp - Weights back from panels -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Chains.h"
#include "quantc/Numerics/Packing.h"
#include "quantc/Numerics/TileTransform.h"

#include <algorithm>
#include <cstring>

using namespace quantc::numerics;

namespace {
/// Reads numbers out of a buffer; what lies outside of it reads as zero and is
/// remembered.
class Reader {
public:
  Reader(const uint8_t *bytes, int64_t size) : bytes(bytes), size(size) {}

  template <typename T> T get(int64_t offset) {
    T value = 0;
    if (offset < 0 || offset > size - static_cast<int64_t>(sizeof value)) {
      outside = true;
      return value;
    }
    std::memcpy(&value, bytes + offset, sizeof value);
    return value;
  }
  bool wasOutside() const { return outside; }

private:
  const uint8_t *bytes;
  int64_t size;
  bool outside = false;
};
} // namespace

/// One step's weights, added to what is there: a packer may split a step.
static void readStep(Reader &in, const PackedLayout &layout, int64_t first,
                     int64_t k, int64_t at, UnpackedWeights &weights) {
  for (int64_t c = 0; c < layout.panel && first + c < layout.n; ++c)
    for (int64_t i = 0; i < 4 && k + i < layout.k; ++i) {
      int8_t &code = weights.codes[(first + c) * layout.k + k + i];
      code = static_cast<int8_t>(code + in.get<int8_t>(at + c * 4 + i));
    }
}

/// False where the table or a panel is none.
static bool unpackMatched(Reader &in, const PackedLayout &layout,
                          UnpackedWeights &weights) {
  int64_t nr = layout.panel, chunks = layout.numMatchedChunks();
  for (int64_t part = 0; part < layout.numPanels() * chunks; ++part) {
    int64_t index = part / chunks, at = in.get<uint32_t>(part * 4);
    int64_t pairs = in.get<int32_t>(at), singles = in.get<int32_t>(at + 4),
            fours = in.get<int32_t>(at + 8);
    if (pairs < 0 || singles < 0 || fours < 0)
      return false;
    int64_t count = 4 * fours + 2 * pairs + singles;
    int64_t list = at + 64 + nr * 8, data = list + alignToLine(count * 4);
    for (int64_t c = 0; c < nr && index * nr + c < layout.n; ++c)
      weights.scales[index * nr + c] = in.get<float>(at + 64 + c * 4);
    for (int64_t step = 0; step < count && !in.wasOutside(); ++step) {
      int64_t k = in.get<int32_t>(list + step * 4);
      if (k >= 0)
        readStep(in, layout, index * nr, k, data + step * nr * 4, weights);
    }
  }
  return !in.wasOutside();
}

namespace {
/// Reads a panel of chains and holds it against what kernels rely on.
class ChainedReader {
public:
  ChainedReader(Reader &in, const PackedLayout &layout, int64_t at)
      : in(in), layout(layout), parts(layout), at(at),
        started(in.get<int32_t>(at + parts.started)),
        chains(started + int64_t{in.get<int32_t>(at + parts.plain)}) {}

  /// Whether as many chains can be.
  bool areCountsSound() const {
    return started >= 0 && chains >= started &&
           (layout.bias != 0 || started == 0) &&
           chains <= layout.numBlocks() * chainsOfBlock;
  }
  /// False where the panel is none. \p first: its first column.
  bool read(int64_t first, UnpackedWeights &weights);

private:
  uint8_t getOrder(int64_t place) {
    return in.get<uint8_t>(at + parts.orders + place);
  }
  int64_t getEntry(int64_t chain, int64_t field) {
    return in.get<int32_t>(at + parts.entries + chain * parts.entryBytes +
                           field);
  }
  int64_t getPlace(int64_t chain, int64_t step) {
    return getEntry(chain, parts.places[step]);
  }
  int8_t getWeight(int64_t chain, int64_t step, int64_t c, int64_t i) {
    return in.get<int8_t>(at + parts.getSteps(started, chains) +
                          (chain * 2 + step) * parts.stepBytes + c * 4 + i);
  }
  bool areOrdersSound();
  bool arePlacesSound();
  bool isLaneSound(int64_t chain, int64_t c, int64_t lane, int64_t &left);

  Reader &in;
  const PackedLayout &layout;
  ChainedPanel parts;
  int64_t at, started, chains;
};
} // namespace

/// Whether every block has each of its values at one place, without a bias its
/// own.
bool ChainedReader::areOrdersSound() {
  for (int64_t b = 0; b < layout.numBlocks(); ++b) {
    uint32_t seen = 0;
    for (int i = 0; i < 32; ++i) {
      int order = getOrder(b * 32 + i), k = order & ~turnedPlace;
      if (k >= 32 || (layout.bias == 0 && order != i))
        return false;
      seen |= uint32_t{1} << k;
    }
    if (~seen != 0)
      return false;
  }
  return true;
}

/// Whether every chain has two steps of its block, and none too many.
bool ChainedReader::arePlacesSound() {
  std::vector<int64_t> counts(layout.numBlocks());
  for (int64_t chain = 0; chain < chains; ++chain) {
    int64_t block = getEntry(chain, parts.block);
    if (block < 0 || block >= layout.numBlocks() ||
        ++counts[block] > chainsOfBlock)
      return false;
    for (int64_t step : {0, 1})
      if (int64_t place = getPlace(chain, step);
          place % 4 != 0 || place / 32 != block || place < 0)
        return false;
  }
  return true;
}

/// Whether no step of a lane saturates and the sum of both fits; \p left gets
/// what of the bias is left in the block.
bool ChainedReader::isLaneSound(int64_t chain, int64_t c, int64_t lane,
                                int64_t &left) {
  ChainedLane both;
  for (int64_t step : {0, 1}) {
    ChainedLane own;
    for (int64_t i = 2 * lane; i < 2 * lane + 2; ++i) {
      bool isTurned = getOrder(getPlace(chain, step) + i) & turnedPlace;
      own.add(getWeight(chain, step, c, i), isTurned);
      both.add(getWeight(chain, step, c, i), isTurned);
    }
    if (layout.bias != 0 && !own.isPlain())
      return false;
  }
  if (layout.bias == 0)
    return both.fitsUnsigned();
  if (chain >= started) {
    left += both.bias;
    return both.isPlain();
  }
  int start = in.get<int16_t>(at + parts.getStarts(chains) +
                              chain * parts.startBytes + c * 4 + lane * 2);
  auto taken = static_cast<int16_t>(-start - both.bias);
  left -= taken;
  return std::abs(taken) <= both.getRoom();
}

bool ChainedReader::read(int64_t first, UnpackedWeights &weights) {
  int64_t nr = layout.panel, columns = std::min(nr, layout.n - first);
  for (int64_t c = 0; c < columns; ++c)
    weights.scales[first + c] = in.get<float>(at + parts.scales + c * 4);
  // All of it is there, what is read below or not.
  if (chains > 0)
    in.get<uint8_t>(at + parts.getEnd(started, chains) - 1);
  if (!areOrdersSound() || in.wasOutside() || !arePlacesSound())
    return false;
  for (int64_t c = 0; c < nr; ++c) {
    std::vector<int64_t> left(layout.numBlocks());
    std::vector<int> codes(layout.numBlocks() * 32);
    for (int64_t chain = 0; chain < chains; ++chain) {
      for (int64_t step : {0, 1})
        for (int64_t i = 0; i < 4; ++i) {
          int64_t place = getPlace(chain, step), order = getOrder(place + i),
                  k = place / 32 * 32 + (order & ~turnedPlace);
          int weight = getWeight(chain, step, c, i);
          codes[k] += order & turnedPlace ? -weight : weight;
        }
      for (int64_t lane : {0, 1})
        if (!isLaneSound(chain, c, lane, left[getPlace(chain, 0) / 32]))
          return false;
    }
    if (std::any_of(left.begin(), left.end(),
                    [](int64_t bias) { return bias != 0; }))
      return false;
    for (int64_t k = 0; k < layout.k && c < columns; ++k) {
      auto code = static_cast<int8_t>(codes[k]);
      if (code != codes[k])
        return false;
      weights.codes[(first + c) * layout.k + k] = code;
    }
  }
  return true;
}

/// False where the table or a panel is none, or has more than it may.
static bool unpackChained(Reader &in, const PackedLayout &layout,
                          UnpackedWeights &weights) {
  for (int64_t index = 0; index < layout.numPanels(); ++index) {
    ChainedReader panel(in, layout, in.get<uint32_t>(index * 4));
    if (!panel.areCountsSound() || !panel.read(index * layout.panel, weights))
      return false;
  }
  return !in.wasOutside();
}

/// The row of codes of one value of K.
static void readRow(Reader &in, const PackedLayout &layout, int64_t first,
                    int64_t k, int64_t at, UnpackedWeights &weights) {
  for (int64_t c = 0; c < layout.panel && first + c < layout.n; ++c)
    weights.codes[(first + c) * layout.k + k] = in.get<int8_t>(at + c);
}

std::optional<UnpackedWeights>
quantc::numerics::unpackWeights(const PackedLayout &layout,
                                const uint8_t *bytes, int64_t size) {
  // Before anything is made that has the weights' size.
  bool isExact = !hasTable(layout.form);
  if (size < layout.leastBytes() || (isExact && size > layout.leastBytes()))
    return std::nullopt;
  Reader in(bytes, size);
  UnpackedWeights weights;
  int64_t nr = layout.panel, blocks = layout.numBlocks();
  bool isFloat = getTraits(layout.form).codeBits == 0;
  if (isFloat)
    weights.values.resize(layout.n * layout.k);
  else
    weights.codes.resize(layout.n * layout.k);
  if (hasNibbles(layout.form)) {
    weights.multipliers.resize(layout.n * blocks);
    weights.outer.resize(layout.n);
  } else if (!isFloat) {
    weights.scales.resize(hasBlockScales(layout.form) ? layout.n * blocks
                                                      : layout.n);
  }
  if (!isExact) {
    bool isWhole = layout.form == PackedForm::Chained
                       ? unpackChained(in, layout, weights)
                       : unpackMatched(in, layout, weights);
    if (!isWhole)
      return std::nullopt;
    return weights;
  }
  for (int64_t index = 0; index < layout.numPanels(); ++index) {
    int64_t at = index * layout.panelBytes(), first = index * nr;
    int64_t columns = std::min(nr, layout.n - first);
    // One number of each column, block `b` of `blocks`.
    auto readColumns = [&](int64_t from, std::vector<float> &to,
                           int64_t blocks = 1, int64_t b = 0) {
      for (int64_t c = 0; c < columns; ++c)
        to[(first + c) * blocks + b] = in.get<float>(from + c * 4);
    };
    switch (layout.form) {
    case PackedForm::F32:
      for (int64_t k = 0; k < layout.k; ++k)
        for (int64_t c = 0; c < columns; ++c)
          weights.values[(first + c) * layout.k + k] =
              in.get<float>(at + (k * nr + c) * 4);
      break;
    case PackedForm::Winograd:
      for (int64_t p = 0, depth = layout.k / windowTaps; p < depth; ++p)
        for (int64_t c = 0; c < columns; ++c) {
          TileWeights tile;
          for (int64_t e = 0; e < tileElements; ++e)
            tile[e] = in.get<float>(at + ((e * depth + p) * nr + c) * 4);
          WindowWeights window = makeWindowWeights(tile);
          for (int64_t tap = 0; tap < windowTaps; ++tap)
            weights.values[(first + c) * layout.k + tap * depth + p] =
                window[tap];
        }
      break;
    case PackedForm::S8:
      readColumns(at, weights.scales);
      for (int64_t s = 0; s < layout.numSteps(); ++s)
        readStep(in, layout, first, s * 4, at + nr * 8 + s * nr * 4, weights);
      break;
    case PackedForm::B32:
    case PackedForm::B32N:
      for (int64_t b = 0; b < blocks; ++b) {
        int64_t block = at + b * nr * 40;
        readColumns(block, weights.scales, blocks, b);
        for (int64_t s = 0; s < 8; ++s)
          readStep(in, layout, first, b * 32 + s * 4,
                   block + nr * 8 + s * nr * 4, weights);
      }
      break;
    case PackedForm::W4I:
    case PackedForm::W4S: {
      readColumns(at, weights.outer);
      const FormTraits &traits = getTraits(layout.form);
      for (int64_t b = 0; b < blocks; ++b) {
        int64_t block = at + nr * (traits.columnBytes + b * traits.cutBytes());
        for (int64_t c = 0; c < columns; ++c) {
          bool isNegative = false;
          int multiplier;
          if (layout.form == PackedForm::W4I) {
            multiplier = in.get<int16_t>(block + c * 4);
          } else {
            multiplier = in.get<uint8_t>(block + c);
            int zero = in.get<uint8_t>(block + nr + c);
            isNegative = multiplier != 0 && zero == 7 * multiplier;
            // Not what the packer writes.
            if (multiplier > smallMultiplier ||
                (!isNegative && zero != 8 * multiplier))
              return std::nullopt;
          }
          weights.multipliers[(first + c) * blocks + b] =
              static_cast<int8_t>(isNegative ? -multiplier : multiplier);
          for (int64_t k = 0; k < 32 && b * 32 + k < layout.k; ++k) {
            // Two steps of 4 share a byte step, the earlier the low nibbles.
            int64_t step = k / 8, i = k % 4;
            uint8_t byte = in.get<uint8_t>(block + nr * traits.blockBytes +
                                           (step * nr + c) * 4 + i);
            int nibble = k % 8 < 4 ? byte & 0xf : byte >> 4;
            weights.codes[(first + c) * layout.k + b * 32 + k] =
                static_cast<int8_t>(isNegative ? 7 - nibble : nibble - 8);
          }
        }
      }
      break;
    }
    case PackedForm::S8F:
      readColumns(at, weights.scales);
      for (int64_t k = 0; k < layout.k; ++k)
        readRow(in, layout, first, k, at + nr * 4 + k * nr, weights);
      break;
    case PackedForm::B32F:
      for (int64_t b = 0; b < blocks; ++b) {
        int64_t block = at + b * nr * 36;
        readColumns(block, weights.scales, blocks, b);
        for (int64_t k = 0; k < 32 && b * 32 + k < layout.k; ++k)
          readRow(in, layout, first, b * 32 + k, block + nr * (4 + k), weights);
      }
      break;
    case PackedForm::W4F:
      readColumns(at, weights.outer);
      for (int64_t b = 0; b < blocks; ++b) {
        int64_t block = at + nr * 4 + b * nr * 20;
        for (int64_t c = 0; c < columns; ++c) {
          float multiplier = in.get<float>(block + c * 4);
          // Not what the packer writes; NaN as well.
          if (!(multiplier >= INT8_MIN && multiplier <= INT8_MAX))
            return std::nullopt;
          weights.multipliers[(first + c) * blocks + b] =
              static_cast<int8_t>(multiplier);
          for (int64_t k = 0; k < 32 && b * 32 + k < layout.k; ++k) {
            uint8_t byte = in.get<uint8_t>(block + nr * (4 + k / 8 * 4) +
                                           c * 4 + k % 8 / 2);
            int nibble = k % 2 ? byte >> 4 : byte & 15;
            weights.codes[(first + c) * layout.k + b * 32 + k] =
                static_cast<int8_t>(nibble - 8);
          }
        }
      }
      break;
    case PackedForm::Matched:
    case PackedForm::Chained:
      break; // above
    }
  }
  return weights;
}
