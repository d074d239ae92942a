//===- Packing.cpp - Weights in panels -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Numerics/Packing.h"
#include "Chains.h"
#include "Panels.h"
#include "quantc/Numerics/TileTransform.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

using namespace quantc::numerics;

int64_t quantc::numerics::activationStride(int64_t k) {
  int64_t stride = alignToLine(k);
  return stride % 512 == 0 ? stride + 64 : stride;
}

std::optional<PackedForm>
quantc::numerics::parsePackedForm(std::string_view name) {
  for (const FormTraits &traits : detail::formTraits)
    if (traits.name == name)
      return static_cast<PackedForm>(&traits - detail::formTraits);
  return std::nullopt;
}

std::string quantc::numerics::listPackedForms() {
  std::string names;
  for (const FormTraits &traits : detail::formTraits)
    names.append(names.empty() ? "" : ", ").append(traits.name);
  return names;
}

int64_t PackedLayout::panelBytes() const {
  if (hasTable(form))
    return 0;
  if (form == PackedForm::Winograd)
    return panel * tileElements * (k / windowTaps) * 4;
  const FormTraits &traits = getTraits(form);
  // Codes are filled up to whole steps.
  int64_t weights =
      traits.isCut ? numBlocks() * traits.cutBytes()
                   : traits.weightBytes(traits.codeBits ? numSteps() * 4 : k);
  return panel * (traits.columnBytes + weights);
}

int64_t PackedLayout::leastBytes() const {
  if (form == PackedForm::Chained)
    return leastChainedBytes(*this);
  if (form != PackedForm::Matched)
    return numPanels() * panelBytes();
  // A panel without a step still has its head and a line of each column's.
  int64_t count = numPanels() * numMatchedChunks();
  return alignToLine(count * 4) + count * (64 + panel * 8);
}

namespace {
/// One step of a matched panel: its weights and where its activations lie.
struct Step {
  int32_t offset;
  std::vector<int8_t> weights;    // [NR][4]
  std::vector<uint16_t> positive; // of each 16-bit lane: [NR][2]
  std::vector<uint16_t> negative;
  int peak = 0;

  void measure() {
    size_t lanes = weights.size() / 2;
    positive.assign(lanes, 0);
    negative.assign(lanes, 0);
    for (size_t i = 0; i < weights.size(); ++i) {
      int w = weights[i];
      (w > 0 ? positive : negative)[i / 2] +=
          static_cast<uint16_t>(w > 0 ? w : -w);
    }
    for (size_t i = 0; i < lanes; ++i)
      peak = std::max<int>({peak, positive[i], negative[i]});
  }
  bool isZero() const {
    return std::all_of(weights.begin(), weights.end(),
                       [](int8_t w) { return w == 0; });
  }
  /// Takes the lanes of a step that goes into the same sums.
  void join(const Step &other) {
    for (size_t i = 0; i < positive.size(); ++i) {
      positive[i] = static_cast<uint16_t>(positive[i] + other.positive[i]);
      negative[i] = static_cast<uint16_t>(negative[i] + other.negative[i]);
    }
  }
};

struct MatchedPanel {
  std::vector<Step> steps; // fours first, then pairs
  int32_t fours = 0;
  int32_t pairs = 0;
  int32_t singles = 0;
};
} // namespace

/// Moves what a lane has too much of into a second step at the same offset.
static void addStep(std::vector<Step> &steps, Step step, int laneLimit) {
  Step rest{
      step.offset, std::vector<int8_t>(step.weights.size(), 0), {}, {}, 0};
  for (size_t lane = 0; lane < step.weights.size(); lane += 2)
    for (int sign = -1; sign <= 1; sign += 2) {
      int a = std::max(sign * step.weights[lane], 0);
      int b = std::max(sign * step.weights[lane + 1], 0);
      int excess = a + b - laneLimit;
      if (excess <= 0)
        continue;
      size_t from = a >= b ? lane : lane + 1;
      step.weights[from] =
          static_cast<int8_t>(step.weights[from] - sign * excess);
      rest.weights[from] = static_cast<int8_t>(sign * excess);
    }
  step.measure();
  steps.push_back(std::move(step));
  if (!rest.isZero()) {
    rest.measure();
    steps.push_back(std::move(rest));
  }
}

static bool canJoin(const Step &a, const Step &b, int laneLimit) {
  bool fits = true;
  for (size_t i = 0; i < a.positive.size(); ++i)
    fits &= a.positive[i] + b.positive[i] <= laneLimit &&
            a.negative[i] + b.negative[i] <= laneLimit;
  return fits;
}

/// Splits and pairs the steps of a panel: the step with the largest lane that
/// is left takes the first of the smallest ones that it fits with, or three of
/// them where codes are not negative.
static MatchedPanel matchSteps(const PackedLayout &layout, const Panel &panel,
                               int64_t chunk) {
  std::vector<Step> steps;
  int laneLimit = layout.laneLimit();
  int64_t each = (layout.matchedChunk() + 3) / 4, from = chunk * each;
  for (int64_t s = from; s < std::min(from + each, layout.numSteps()); ++s) {
    Step step{static_cast<int32_t>(s * 4), {}, {}, {}, 0};
    for (int64_t column = 0; column < layout.panel; ++column)
      for (int64_t i = 0; i < 4; ++i)
        step.weights.push_back(panel.get(column, s * 4 + i));
    if (!step.isZero())
      addStep(steps, std::move(step), laneLimit);
  }
  std::sort(steps.begin(), steps.end(), [](const Step &a, const Step &b) {
    return std::pair(a.peak, a.offset) < std::pair(b.peak, b.offset);
  });
  MatchedPanel result;
  std::vector<Step> pairs, singles;
  std::vector<bool> used(steps.size(), false);
  constexpr size_t tries = 64; // bounds the time for weights that rarely fit
  size_t low = 0, most = layout.bias == 0 ? 4 : 2;
  for (size_t high = steps.size(); high-- > 0;) {
    if (used[high])
      continue;
    used[high] = true;
    while (low < high && used[low])
      ++low;
    Step sums = steps[high];
    std::vector<size_t> group{high};
    for (size_t i = low, tried = 0;
         i < high && tried < tries && group.size() < most; ++i) {
      if (used[i])
        continue;
      ++tried;
      if (canJoin(sums, steps[i], laneLimit)) {
        group.push_back(i);
        sums.join(steps[i]);
      }
    }
    if (group.size() == 3)
      group.pop_back();
    std::vector<Step> &target = group.size() == 4   ? result.steps
                                : group.size() == 2 ? pairs
                                                    : singles;
    for (size_t i : group) {
      used[i] = true;
      target.push_back(std::move(steps[i]));
    }
  }
  result.fours = static_cast<int32_t>(result.steps.size() / 4);
  result.pairs = static_cast<int32_t>(pairs.size() / 2);
  result.singles = static_cast<int32_t>(singles.size());
  for (std::vector<Step> *list : {&pairs, &singles})
    for (Step &step : *list)
      result.steps.push_back(std::move(step));
  return result;
}

/// Bytes of one panel behind the table.
static int64_t matchedPanelBytes(const PackedLayout &layout, int64_t steps) {
  return 64 + layout.panel * 8 + alignToLine(steps * 4) +
         steps * layout.panel * 4;
}

StepSummary quantc::numerics::summarizeMatched(const PackedLayout &layout,
                                               const int8_t *codes) {
  int64_t chunks = layout.numMatchedChunks(),
          count = layout.numPanels() * chunks;
  StepSummary summary{0, alignToLine(count * 4)};
  for (int64_t index = 0; index < count; ++index) {
    Panel panel(layout, codes, index / chunks);
    MatchedPanel matched = matchSteps(layout, panel, index % chunks);
    summary.cost +=
        9.0 * matched.fours + 5.0 * matched.pairs + 3.0 * matched.singles;
    summary.bytes +=
        matchedPanelBytes(layout, static_cast<int64_t>(matched.steps.size()));
  }
  int64_t steps = layout.numPanels() * layout.numSteps();
  if (steps > 0)
    summary.cost /= static_cast<double>(steps);
  return summary;
}

static std::vector<uint8_t> packMatched(const PackedLayout &layout,
                                        const WeightParts &parts) {
  int64_t chunks = layout.numMatchedChunks(), nr = layout.panel;
  int64_t total = layout.numPanels() * chunks;
  std::vector<uint8_t> bytes(alignToLine(total * 4));
  for (int64_t index = 0; index < total; ++index) {
    Panel panel(layout, parts.codes, index / chunks);
    int64_t chunk = index % chunks, from = chunk * layout.matchedChunk();
    MatchedPanel matched = matchSteps(layout, panel, chunk);
    int64_t begin = static_cast<int64_t>(bytes.size());
    int64_t count = static_cast<int64_t>(matched.steps.size());
    int64_t listBytes = alignToLine(count * 4);
    bytes.resize(begin + matchedPanelBytes(layout, count));
    Writer(bytes.data() + index * 4).put(static_cast<uint32_t>(begin));
    Writer head(bytes.data() + begin);
    head.put(matched.pairs);
    head.put(matched.singles);
    head.put(matched.fours);
    Writer columns(bytes.data() + begin + 64);
    for (int64_t c = 0; c < nr; ++c)
      columns.put(panel.part(parts.scales, c));
    for (int64_t c = 0; c < nr; ++c)
      columns.put(static_cast<int32_t>(
          -layout.bias * panel.sum(c, from, from + layout.matchedChunk())));
    Writer list(bytes.data() + begin + 64 + nr * 8);
    Writer data(bytes.data() + begin + 64 + nr * 8 + listBytes);
    for (const Step &step : matched.steps) {
      list.put(step.offset);
      for (int8_t w : step.weights)
        data.put(w);
    }
  }
  return bytes;
}

int64_t quantc::numerics::boundSums(const PackedLayout &layout,
                                    const WeightParts &parts, int64_t largest) {
  if (hasFloatRows(layout.form))
    return 0;
  bool isScaled = hasNibbles(layout.form);
  int64_t most = 0, blocks = layout.numBlocks();
  for (int64_t n = 0; n < layout.n; ++n) {
    int64_t sum = 0;
    for (int64_t b = 0; b < blocks; ++b) {
      int64_t dot = 0;
      for (int64_t k = b * 32; k < std::min(b * 32 + 32, layout.k); ++k)
        dot += std::abs(int64_t(parts.codes[n * layout.k + k]));
      if (isScaled)
        dot *= std::abs(int64_t(parts.multipliers[n * blocks + b]));
      sum = hasBlockScales(layout.form) ? std::max(sum, dot) : sum + dot;
    }
    most = std::max(most, sum);
  }
  return most * largest;
}

/// The weights of tiles of one panel.
static void writeTiles(Writer &out, const PackedLayout &layout,
                       const Panel &panel, const float *values) {
  int64_t depth = layout.k / windowTaps, nr = layout.panel;
  std::vector<TileWeights> tiles(depth * nr);
  for (int64_t p = 0; p < depth; ++p)
    for (int64_t c = 0; c < nr; ++c) {
      WindowWeights window;
      for (int64_t tap = 0; tap < windowTaps; ++tap)
        window[tap] = panel.part(values, c, layout.k, tap * depth + p);
      tiles[p * nr + c] = makeTileWeights(window);
    }
  for (int64_t e = 0; e < tileElements; ++e)
    for (const TileWeights &tile : tiles)
      out.put(tile[e]);
}

/// One row of codes for each value of K.
static void writeRows(Writer &out, const PackedLayout &layout,
                      const Panel &panel, int64_t from, int64_t to) {
  for (int64_t k = from; k < to; ++k)
    for (int64_t c = 0; c < layout.panel; ++c)
      out.put(panel.get(c, k));
}

static void writeSteps(Writer &out, const PackedLayout &layout,
                       const Panel &panel, int64_t from, int64_t count) {
  for (int64_t s = from; s < from + count; ++s)
    for (int64_t c = 0; c < layout.panel; ++c)
      for (int64_t i = 0; i < 4; ++i)
        out.put(panel.get(c, s * 4 + i));
}

/// Two steps to a byte step, of a block.
template <typename Encode>
static void writeNibbles(Writer &out, const PackedLayout &layout,
                         const Panel &panel, int64_t block, Encode encode) {
  for (int64_t s = block * 8; s < block * 8 + 8; s += 2)
    for (int64_t c = 0; c < layout.panel; ++c)
      for (int64_t i = 0; i < 4; ++i) {
        int low = encode(c, panel.get(c, s * 4 + i));
        int high = encode(c, panel.get(c, s * 4 + 4 + i));
        out.put(static_cast<uint8_t>(low | high << 4));
      }
}

bool quantc::numerics::areNarrow(const int8_t *codes, int64_t count) {
  return std::all_of(codes, codes + count,
                     [](int8_t code) { return std::abs(code) <= narrowCode; });
}

bool quantc::numerics::haveSmallProducts(const int8_t *multipliers,
                                         int64_t count) {
  return std::all_of(multipliers, multipliers + count,
                     [](int8_t m) { return std::abs(m) <= smallMultiplier; });
}

std::vector<uint8_t> quantc::numerics::packWeights(const PackedLayout &layout,
                                                   const WeightParts &parts) {
  if (layout.form == PackedForm::Matched)
    return packMatched(layout, parts);
  if (layout.form == PackedForm::Chained)
    return packChained(layout, parts);
  int64_t nr = layout.panel, size = layout.panelBytes();
  std::vector<uint8_t> bytes(layout.numPanels() * size);
  for (int64_t index = 0; index < layout.numPanels(); ++index) {
    Panel panel(layout, parts.codes, index);
    Writer out(bytes.data() + index * size);
    switch (layout.form) {
    case PackedForm::F32:
      for (int64_t k = 0; k < layout.k; ++k)
        for (int64_t c = 0; c < nr; ++c)
          out.put(panel.part(parts.values, c, layout.k, k));
      break;
    case PackedForm::Winograd:
      writeTiles(out, layout, panel, parts.values);
      break;
    case PackedForm::S8:
      for (int64_t c = 0; c < nr; ++c)
        out.put(panel.part(parts.scales, c));
      for (int64_t c = 0; c < nr; ++c)
        out.put(static_cast<int32_t>(-layout.bias * panel.sum(c, 0, layout.k)));
      writeSteps(out, layout, panel, 0, layout.numSteps());
      break;
    case PackedForm::B32:
    case PackedForm::B32N:
      for (int64_t b = 0; b < layout.numBlocks(); ++b) {
        for (int64_t c = 0; c < nr; ++c)
          out.put(panel.part(parts.scales, c, layout.numBlocks(), b));
        for (int64_t c = 0; c < nr; ++c)
          out.put(static_cast<int32_t>(-layout.bias *
                                       panel.sum(c, b * 32, b * 32 + 32)));
        writeSteps(out, layout, panel, b * 8, 8);
      }
      break;
    case PackedForm::W4I:
    case PackedForm::W4S: {
      auto multiplier = [&](int64_t c, int64_t b) {
        return panel.part(parts.multipliers, c, layout.numBlocks(), b);
      };
      for (int64_t c = 0; c < nr; ++c)
        out.put(panel.part(parts.outer, c));
      for (int64_t c = 0; c < nr; ++c) {
        int64_t total = 0;
        for (int64_t b = 0; b < layout.numBlocks(); ++b)
          total += multiplier(c, b) * panel.sum(c, b * 32, b * 32 + 32);
        out.put(static_cast<int32_t>(-layout.bias * total));
      }
      for (int64_t b = 0; b < layout.numBlocks(); ++b) {
        if (layout.form == PackedForm::W4I) {
          for (int64_t c = 0; c < nr; ++c) {
            int16_t m = multiplier(c, b);
            out.put(m);
            out.put(m);
          }
          writeNibbles(out, layout, panel, b,
                       [](int64_t, int code) { return code + 8; });
          continue;
        }
        for (int64_t c = 0; c < nr; ++c)
          out.put(static_cast<uint8_t>(std::abs(multiplier(c, b))));
        for (int64_t c = 0; c < nr; ++c) {
          int m = multiplier(c, b);
          out.put(static_cast<uint8_t>(m < 0 ? -7 * m : 8 * m));
        }
        writeNibbles(out, layout, panel, b, [&](int64_t c, int code) {
          return multiplier(c, b) < 0 ? 7 - code : code + 8;
        });
      }
      break;
    }
    case PackedForm::S8F:
      for (int64_t c = 0; c < nr; ++c)
        out.put(panel.part(parts.scales, c));
      writeRows(out, layout, panel, 0, layout.numSteps() * 4);
      break;
    case PackedForm::B32F:
      for (int64_t b = 0; b < layout.numBlocks(); ++b) {
        for (int64_t c = 0; c < nr; ++c)
          out.put(panel.part(parts.scales, c, layout.numBlocks(), b));
        writeRows(out, layout, panel, b * 32, b * 32 + 32);
      }
      break;
    case PackedForm::W4F:
      for (int64_t c = 0; c < nr; ++c)
        out.put(panel.part(parts.outer, c));
      for (int64_t b = 0; b < layout.numBlocks(); ++b) {
        for (int64_t c = 0; c < nr; ++c)
          out.put(static_cast<float>(
              panel.part(parts.multipliers, c, layout.numBlocks(), b)));
        for (int64_t k = b * 32; k < b * 32 + 32; k += 8)
          for (int64_t c = 0; c < nr; ++c) {
            uint32_t word = 0;
            for (int64_t i = 0; i < 8; ++i)
              word |= static_cast<uint32_t>(panel.get(c, k + i) + 8) << (4 * i);
            out.put(word);
          }
      }
      break;
    case PackedForm::Matched:
    case PackedForm::Chained:
      break; // above
    }
  }
  return bytes;
}
