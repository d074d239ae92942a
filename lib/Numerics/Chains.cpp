//===- Chains.cpp - Steps that are summed in 16 bits ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Chains.h"
#include "Panels.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

using namespace quantc::numerics;

namespace {
using Columns = std::array<int16_t, chainColumns>;

/// Four values of K that meet in a lane: two of one step, two of the other.
struct Group {
  std::array<uint8_t, 4> members;
  /// By how much the two of each step and all four are too large, over all
  /// columns.
  std::array<int, 2> ofStep = {0, 0};
  int ofLane = 0;
  bool fits() const { return ofStep[0] + ofStep[1] + ofLane == 0; }
  /// A step that needs a second one costs more than how much it moves there.
  int cost() const {
    constexpr int step = 1000;
    int steps = (ofStep[0] > 0) + (ofStep[1] > 0);
    return ofStep[0] + ofStep[1] + ofLane +
           step * std::max<int>(steps, ofLane > 0);
  }
};

/// Half a block: 16 values of K in four groups.
class Half {
public:
  Half(const std::array<int8_t, chainColumns> *codes) {
    for (int i = 0; i < 16; ++i)
      for (int64_t c = 0; c < chainColumns; ++c) {
        positive[i][c] = std::max<int16_t>(codes[i][c], 0);
        negative[i][c] = std::max<int16_t>(-codes[i][c], 0);
      }
  }

  std::array<Group, 4> search();

private:
  void measure(Group &group) const;
  bool improve(Group &a, Group &b) const;

  std::array<Columns, 16> positive, negative;
};
} // namespace

void Half::measure(Group &group) const {
  const auto &[a, b, x, y] = group.members;
  // Sums of 16 columns fit 16 bits, which as many lanes hold.
  int16_t first = 0, second = 0, both = 0;
  auto beyond = [](int16_t value, int16_t most) {
    return static_cast<int16_t>(std::max<int16_t>(value - most, 0));
  };
  for (int64_t c = 0; c < chainColumns; ++c) {
    int16_t p0 = positive[a][c] + positive[b][c],
            n0 = negative[a][c] + negative[b][c],
            p1 = positive[x][c] + positive[y][c],
            n1 = negative[x][c] + negative[y][c];
    first += beyond(p0, mostOfSign) + beyond(n0, mostOfSign);
    second += beyond(p1, mostOfSign) + beyond(n1, mostOfSign);
    both += beyond(p0 + n0 + p1 + n1, mostOfLane);
  }
  group.ofStep = {first, second};
  group.ofLane = both;
}

/// Swaps two members, of one group or of two, if that makes them better.
bool Half::improve(Group &a, Group &b) const {
  bool isOne = &a == &b;
  for (int i = 0; i < (isOne ? 2 : 4); ++i)
    for (int j = isOne ? 2 : 0; j < 4; ++j) {
      Group first = a, second = b;
      if (isOne) {
        std::swap(first.members[i], first.members[j]);
        measure(first);
        if (first.cost() >= a.cost())
          continue;
        a = first;
        return true;
      }
      std::swap(first.members[i], second.members[j]);
      measure(first);
      // Most are no better even if the second one then fits.
      if (first.cost() >= a.cost() + b.cost())
        continue;
      measure(second);
      if (first.cost() + second.cost() >= a.cost() + b.cost())
        continue;
      a = first;
      b = second;
      return true;
    }
  return false;
}

std::array<Group, 4> Half::search() {
  // Large ones beside small ones.
  std::array<std::pair<int, uint8_t>, 16> bySize;
  for (uint8_t i = 0; i < 16; ++i) {
    int size = 0;
    for (int64_t c = 0; c < chainColumns; ++c)
      size +=
          (positive[i][c] + negative[i][c]) * (positive[i][c] + negative[i][c]);
    bySize[i] = {size, i};
  }
  std::sort(bySize.begin(), bySize.end());
  std::array<Group, 4> groups;
  for (int g = 0; g < 4; ++g) {
    groups[g].members = {bySize[g].second, bySize[15 - g].second,
                         bySize[4 + g].second, bySize[11 - g].second};
    measure(groups[g]);
  }
  // Each change makes it better: this ends.
  for (bool changed = true; changed;) {
    changed = false;
    for (Group &a : groups) {
      if (a.fits())
        continue;
      for (Group &b : groups)
        while (!a.fits() && improve(a, b))
          changed = true;
    }
  }
  return groups;
}

/// Moves what the lane of a chain has too much of to \p rest, whose steps then
/// fit as well: a lane's weights are 508 at most, and 254 of a sign in a step.
static void splitLane(std::array<int8_t *, 4> own,
                      std::array<int8_t *, 4> rest) {
  auto move = [&](int i, int amount) {
    int sign = *own[i] < 0 ? -1 : 1;
    *own[i] = static_cast<int8_t>(*own[i] - sign * amount);
    *rest[i] = static_cast<int8_t>(*rest[i] + sign * amount);
  };
  auto sumOf = [&](int step, int sign, const std::array<int8_t *, 4> &list) {
    return std::max(sign * *list[2 * step], 0) +
           std::max(sign * *list[2 * step + 1], 0);
  };
  for (int step = 0; step < 2; ++step)
    for (int sign = -1; sign <= 1; sign += 2) {
      int excess = sumOf(step, sign, own) - mostOfSign;
      if (excess > 0)
        move(sign * *own[2 * step] > sign * *own[2 * step + 1] ? 2 * step
                                                               : 2 * step + 1,
             excess);
    }
  int excess = -mostOfLane;
  for (const int8_t *weight : own)
    excess += std::abs(*weight);
  // The later step first: it often has something to move already.
  for (int i = 3; i >= 0 && excess > 0; --i) {
    int sign = *own[i] < 0 ? -1 : 1;
    int room = mostOfSign - sumOf(i / 2, sign, rest);
    int amount = std::min({excess, std::abs(*own[i]), room});
    move(i, amount);
    excess -= amount;
  }
}

static bool isZero(const ChainStep &step) {
  return std::all_of(step.begin(), step.end(), [](const auto &lanes) {
    return std::all_of(lanes.begin(), lanes.end(),
                       [](int8_t weight) { return weight == 0; });
  });
}

/// Whether the lanes of two steps fit a chain.
static bool canJoin(const ChainStep &a, const ChainStep &b) {
  for (int64_t c = 0; c < chainColumns; ++c)
    for (int i = 0; i < 4; i += 2)
      if (std::abs(a[c][i]) + std::abs(a[c][i + 1]) + std::abs(b[c][i]) +
              std::abs(b[c][i + 1]) >
          mostOfLane)
        return false;
  return true;
}

ChainedBlock quantc::numerics::chainBlock(
    const std::array<std::array<int8_t, chainColumns>, 32> &codes) {
  ChainedBlock block;
  // Of the halves of lanes of two steps, a group each.
  std::array<bool, 8> fits;
  for (int half = 0; half < 2; ++half) {
    std::array<Group, 4> groups = Half(codes.data() + 16 * half).search();
    // Those that do not fit share a chain, so that few steps have a rest.
    std::partition(groups.begin(), groups.end(),
                   [](const Group &group) { return group.fits(); });
    for (int g = 0; g < 4; ++g) {
      fits[4 * half + g] = groups[g].fits();
      for (int i = 0; i < 4; ++i)
        block.order[16 * half + 8 * (g / 2) + 4 * (i / 2) + 2 * (g % 2) +
                    i % 2] = groups[g].members[i];
    }
  }
  for (int place = 0; place < 32; ++place)
    for (int64_t c = 0; c < chainColumns; ++c)
      block.steps[place / 4][c][place % 4] =
          codes[place / 16 * 16 + block.order[place]][c];
  std::array<ChainStep, 8> rests = {};
  for (int step = 0; step < 8; step += 2)
    for (int i = 0; i < 4; i += 2) {
      if (fits[step + i / 2])
        continue;
      for (int64_t c = 0; c < chainColumns; ++c) {
        auto lane = [&](std::array<ChainStep, 8> &of) {
          return std::array<int8_t *, 4>{&of[step][c][i], &of[step][c][i + 1],
                                         &of[step + 1][c][i],
                                         &of[step + 1][c][i + 1]};
        };
        splitLane(lane(block.steps), lane(rests));
      }
    }
  std::vector<int> left;
  for (int step = 0; step < 8; ++step)
    if (!isZero(rests[step]))
      left.push_back(step);
  while (!left.empty()) {
    int first = left.front();
    ChainedBlock::Rest rest{{first, first}, {rests[first], ChainStep{}}};
    left.erase(left.begin());
    auto second = std::find_if(left.begin(), left.end(), [&](int step) {
      return canJoin(rests[first], rests[step]);
    });
    if (second != left.end()) {
      rest.steps[1] = *second;
      rest.weights[1] = rests[*second];
      left.erase(second);
    }
    block.rests.push_back(rest);
  }
  return block;
}

static ChainedBlock chainPanel(const Panel &panel, int64_t block) {
  std::array<std::array<int8_t, chainColumns>, 32> codes;
  for (int64_t i = 0; i < 32; ++i)
    for (int64_t c = 0; c < chainColumns; ++c)
      codes[i][c] = panel.get(c, block * 32 + i);
  return chainBlock(codes);
}

static int64_t chainedPanelBytes(const PackedLayout &layout, int64_t rests) {
  return 64 + layout.panel * 4 + layout.numBlocks() * 32 * (1 + layout.panel) +
         alignToLine(rests * 8) + rests * layout.panel * 8;
}

int64_t quantc::numerics::leastChainedBytes(const PackedLayout &layout) {
  return alignToLine(layout.numPanels() * 4) +
         layout.numPanels() * chainedPanelBytes(layout, 0);
}

StepSummary quantc::numerics::summarizeChained(const PackedLayout &layout,
                                               const int8_t *codes) {
  StepSummary summary{0, alignToLine(layout.numPanels() * 4)};
  int64_t all = 0, blocks = layout.numPanels() * layout.numBlocks();
  for (int64_t index = 0; index < layout.numPanels(); ++index) {
    Panel panel(layout, codes, index);
    int64_t rests = 0;
    for (int64_t b = 0; b < layout.numBlocks(); ++b)
      rests += static_cast<int64_t>(chainPanel(panel, b).rests.size());
    summary.bytes += chainedPanelBytes(layout, rests);
    all += rests;
  }
  constexpr double ofBlock = 4 * 6, ofRest = 6, steps = 8;
  if (blocks > 0)
    summary.cost = (ofBlock + ofRest * static_cast<double>(all) /
                                  static_cast<double>(blocks)) /
                   steps;
  return summary;
}

std::vector<uint8_t> quantc::numerics::packChained(const PackedLayout &layout,
                                                   const WeightParts &parts) {
  std::vector<uint8_t> bytes(alignToLine(layout.numPanels() * 4));
  int64_t nr = layout.panel, places = layout.numBlocks() * 32;
  for (int64_t index = 0; index < layout.numPanels(); ++index) {
    Panel panel(layout, parts.codes, index);
    std::vector<ChainedBlock> blocks;
    int64_t rests = 0;
    for (int64_t b = 0; b < layout.numBlocks(); ++b) {
      blocks.push_back(chainPanel(panel, b));
      rests += static_cast<int64_t>(blocks.back().rests.size());
    }
    int64_t begin = static_cast<int64_t>(bytes.size());
    bytes.resize(begin + chainedPanelBytes(layout, rests));
    Writer(bytes.data() + index * 4).put(static_cast<uint32_t>(begin));
    uint8_t *head = bytes.data() + begin, *orders = head + 64 + nr * 4,
            *list = orders + places + places * nr;
    Writer(head).put(static_cast<int32_t>(rests));
    Writer columns(head + 64), order(orders), steps(orders + places),
        restPlaces(list), restSteps(list + alignToLine(rests * 8));
    for (int64_t c = 0; c < nr; ++c)
      columns.put(panel.part(parts.scales, c));
    for (int64_t b = 0; b < layout.numBlocks(); ++b) {
      const ChainedBlock &block = blocks[b];
      for (uint8_t place : block.order)
        order.put(place);
      for (const ChainStep &step : block.steps)
        steps.put(step);
      for (const ChainedBlock::Rest &rest : block.rests)
        for (int i = 0; i < 2; ++i) {
          restPlaces.put(static_cast<int32_t>(b * 32 + rest.steps[i] * 4));
          restSteps.put(rest.weights[i]);
        }
    }
  }
  return bytes;
}
