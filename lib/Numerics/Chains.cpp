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
#include <cstring>
#include <numeric>
#include <utility>

using namespace quantc::numerics;

namespace {
/// A number of each column, which are added and compared at once.
using Columns = int16_t __attribute__((vector_size(2 * chainColumns)));

/// By how much the columns that are beyond \p most are so.
Columns getExcess(const Columns &value, int16_t most) {
  Columns excess = value - most;
  return excess & (excess > 0);
}

using Words = std::array<uint64_t, sizeof(Columns) / 8>;

/// Whether any column is beyond \p most.
bool exceed(const Columns &value, int16_t most) {
  Columns beyond = value > most;
  Words words;
  std::memcpy(words.data(), &beyond, sizeof beyond);
  uint64_t any = 0;
  for (uint64_t word : words)
    any |= word;
  return any != 0;
}

/// The sum of the columns, none of which is negative, within 16 bits.
int sum(const Columns &columns) {
  Words words;
  std::memcpy(words.data(), &columns, sizeof columns);
  uint64_t fours = 0;
  for (uint64_t word : words)
    fours += word;
  return static_cast<int>(fours * 0x0001000100010001u >> 48);
}

/// Four values of K that meet in a lane: two of one step, two of the other.
struct Group {
  std::array<uint8_t, 4> members;
  /// By how much the two of each step and all four are too large, over all
  /// columns.
  std::array<int, 2> ofStep = {0, 0};
  int ofLane = 0;
  /// And for a chain without a start.
  int ofPlain = 0;
  bool fits() const { return ofStep[0] + ofStep[1] + ofLane == 0; }
  bool isPlain() const { return fits() && ofPlain == 0; }
  /// A step that needs a second one costs more than how much it moves there,
  /// and that more than a start.
  int cost() const {
    constexpr int step = 1 << 20, part = 1 << 6;
    int steps = (ofStep[0] > 0) + (ofStep[1] > 0);
    return step * std::max<int>(steps, ofLane > 0) +
           part * (ofStep[0] + ofStep[1] + ofLane) + ofPlain;
  }
};

using Groups = std::array<Group, 8>;

/// Finds which of a block's 32 values meet.
class Search {
public:
  explicit Search(
      const std::array<std::array<int8_t, chainColumns>, 32> &codes) {
    for (int i = 0; i < 32; ++i)
      for (int64_t c = 0; c < chainColumns; ++c) {
        positive[i][c] = std::max<int16_t>(codes[i][c], 0);
        negative[i][c] = std::max<int16_t>(-codes[i][c], 0);
      }
  }

  Groups find();

private:
  void measure(Group &group) const;
  bool improve(Group &a, Group &b) const;
  void improveAll(Groups &groups) const;
  Group pairBest(uint32_t members) const;
  uint32_t enumerate();
  bool cover(uint32_t left, int depth);

  std::array<Columns, 32> positive, negative;
  /// Sets of four that fit, each in the list of that member which has the
  /// fewest, those that need no start first; the members with few before those
  /// with many.
  std::array<std::vector<uint32_t>, 32> fitting;
  std::array<uint8_t, 32> byRarity;
  /// How many more sets are looked at, and the most that were disjoint.
  int budget = 1 << 14;
  std::array<uint32_t, 8> chosen = {}, best = {};
  int bestDepth = 0;
};
} // namespace

void Search::measure(Group &group) const {
  const auto &[a, b, x, y] = group.members;
  Columns p0 = positive[a] + positive[b], n0 = negative[a] + negative[b],
          p1 = positive[x] + positive[y], n1 = negative[x] + negative[y];
  auto ofSigns = [](const Columns &p, const Columns &n) {
    return sum(getExcess(p, mostOfSign) + getExcess(n, mostOfSign));
  };
  group.ofStep = {ofSigns(p0, n0), ofSigns(p1, n1)};
  group.ofLane = sum(getExcess(p0 + n0 + p1 + n1, mostOfLane));
  group.ofPlain = ofSigns(p0 + p1, n0 + n1);
}

/// Swaps two members, of one group or of two, if that makes them better.
bool Search::improve(Group &a, Group &b) const {
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
      int before = a.cost() + b.cost();
      if (first.cost() >= before)
        continue;
      measure(second);
      if (first.cost() + second.cost() >= before)
        continue;
      a = first;
      b = second;
      return true;
    }
  return false;
}

/// Each change makes it better: this ends.
void Search::improveAll(Groups &groups) const {
  for (bool changed = true; changed;) {
    changed = false;
    for (Group &a : groups) {
      if (a.isPlain())
        continue;
      for (Group &b : groups)
        while (!a.isPlain() && improve(a, b))
          changed = true;
    }
  }
}

/// The best of the three ways to make two steps of four values.
Group Search::pairBest(uint32_t members) const {
  std::array<uint8_t, 4> list;
  for (uint8_t i = 0, place = 0; i < 32; ++i)
    if (members >> i & 1)
      list[place++] = i;
  Group best;
  for (int i = 1; i < 4; ++i) {
    Group group;
    group.members = list;
    std::swap(group.members[1], group.members[i]);
    measure(group);
    if (i == 1 || group.cost() < best.cost())
      best = group;
  }
  return best;
}

/// Lists all sets of four values that fit, and returns the values in any.
uint32_t Search::enumerate() {
  std::array<std::array<Columns, 32>, 32> together;
  std::array<uint32_t, 32> partners = {};
  for (int i = 0; i < 32; ++i)
    for (int j = i + 1; j < 32; ++j) {
      Columns p = positive[i] + positive[j], n = negative[i] + negative[j];
      together[i][j] = p + n;
      if (exceed(p, mostOfSign) || exceed(n, mostOfSign))
        continue;
      partners[i] |= 1u << j;
      partners[j] |= 1u << i;
    }
  auto canPair = [&](int i, int j) { return partners[i] >> j & 1; };
  std::vector<uint32_t> sets, plain;
  std::array<int, 32> counts = {};
  for (int i = 0; i < 32; ++i)
    for (int j = i + 1; j < 32; ++j)
      for (int k = j + 1; k < 32; ++k)
        for (int l = k + 1; l < 32; ++l) {
          if (!(canPair(i, j) && canPair(k, l)) &&
              !(canPair(i, k) && canPair(j, l)) &&
              !(canPair(i, l) && canPair(j, k)))
            continue;
          if (exceed(together[i][j] + together[k][l], mostOfLane))
            continue;
          bool needsStart =
              exceed(positive[i] + positive[j] + positive[k] + positive[l],
                     mostOfSign) ||
              exceed(negative[i] + negative[j] + negative[k] + negative[l],
                     mostOfSign);
          (needsStart ? sets : plain)
              .push_back(1u << i | 1u << j | 1u << k | 1u << l);
          for (int member : {i, j, k, l})
            ++counts[member];
        }
  std::iota(byRarity.begin(), byRarity.end(), 0);
  std::sort(byRarity.begin(), byRarity.end(), [&](uint8_t a, uint8_t b) {
    return std::pair(counts[a], a) < std::pair(counts[b], b);
  });
  plain.insert(plain.end(), sets.begin(), sets.end());
  for (uint32_t set : plain)
    fitting[*std::find_if(byRarity.begin(), byRarity.end(), [&](uint8_t i) {
      return set >> i & 1;
    })].push_back(set);
  uint32_t members = 0;
  for (uint32_t set : plain)
    members |= set;
  return members;
}

/// Whether \p left can be made of sets that fit, which are \p chosen then.
bool Search::cover(uint32_t left, int depth) {
  if (depth > bestDepth) {
    best = chosen;
    bestDepth = depth;
  }
  if (left == 0)
    return true;
  uint8_t rarest = *std::find_if(byRarity.begin(), byRarity.end(),
                                 [&](uint8_t i) { return left >> i & 1; });
  for (uint32_t set : fitting[rarest]) {
    if (--budget < 0)
      return false;
    if ((set & left) != set)
      continue;
    chosen[depth] = set;
    if (cover(left & ~set, depth + 1))
      return true;
  }
  return false;
}

Groups Search::find() {
  // Large ones beside small ones.
  std::array<std::pair<int, uint8_t>, 32> bySize;
  for (uint8_t i = 0; i < 32; ++i) {
    int size = 0;
    for (int64_t c = 0; c < chainColumns; ++c)
      size +=
          (positive[i][c] + negative[i][c]) * (positive[i][c] + negative[i][c]);
    bySize[i] = {size, i};
  }
  std::sort(bySize.begin(), bySize.end());
  Groups groups;
  for (int g = 0; g < 8; ++g) {
    groups[g].members = {bySize[g].second, bySize[31 - g].second,
                         bySize[8 + g].second, bySize[23 - g].second};
    measure(groups[g]);
  }
  improveAll(groups);
  if (std::all_of(groups.begin(), groups.end(),
                  [](const Group &group) { return group.fits(); }))
    return groups;
  // Swaps end where none helps by itself; this looks at all sets there are.
  // Values that are in none are left over.
  cover(enumerate(), 0);
  Groups others;
  uint32_t left = ~0u;
  for (int g = 0; g < bestDepth; ++g) {
    others[g] = pairBest(best[g]);
    left &= ~best[g];
  }
  for (int g = bestDepth; g < 8; ++g) {
    uint32_t members = 0;
    for (int i = 0; i < 4; ++i, left &= left - 1)
      members |= left & -left;
    others[g] = pairBest(members);
  }
  improveAll(others);
  auto costOf = [](const Groups &list) {
    return std::accumulate(
        list.begin(), list.end(), 0,
        [](int sum, const Group &group) { return sum + group.cost(); });
  };
  return costOf(others) < costOf(groups) ? others : groups;
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

/// Whether \p check holds for the weights of both signs, the negative ones'
/// magnitudes, in every lane of a chain of two steps.
template <typename Check>
static bool holdsForLanes(const ChainStep &a, const ChainStep &b, Check check) {
  for (int64_t c = 0; c < chainColumns; ++c)
    for (int i = 0; i < 4; i += 2) {
      int positive = 0, negative = 0;
      for (int weight : {a[c][i], a[c][i + 1], b[c][i], b[c][i + 1]})
        (weight < 0 ? negative : positive) += std::abs(weight);
      if (!check(positive, negative))
        return false;
    }
  return true;
}

static bool canJoin(const ChainStep &a, const ChainStep &b) {
  return holdsForLanes(a, b, [](int positive, int negative) {
    return positive + negative <= mostOfLane;
  });
}

static bool isPlain(const ChainStep &a, const ChainStep &b) {
  return holdsForLanes(a, b, [](int positive, int negative) {
    return positive <= mostOfSign && negative <= mostOfSign;
  });
}

ChainedBlock quantc::numerics::chainBlock(
    const std::array<std::array<int8_t, chainColumns>, 32> &codes) {
  ChainedBlock block;
  Groups groups = Search(codes).find();
  // Equals share a chain, so that few steps have a rest and few chains a start.
  auto rank = [](const Group &group) {
    return group.isPlain() ? 0 : group.fits() ? 1 : 2;
  };
  std::sort(groups.begin(), groups.end(), [&](const Group &a, const Group &b) {
    return std::pair(rank(a), a.members) < std::pair(rank(b), b.members);
  });
  for (int g = 0; g < 8; ++g)
    for (int i = 0; i < 4; ++i)
      block.order[8 * (g / 2) + 4 * (i / 2) + 2 * (g % 2) + i % 2] =
          groups[g].members[i];
  std::array<ChainStep, 8> steps, rests = {};
  for (int place = 0; place < 32; ++place)
    for (int64_t c = 0; c < chainColumns; ++c)
      steps[place / 4][c][place % 4] = codes[block.order[place]][c];
  for (int step = 0; step < 8; step += 2)
    for (int i = 0; i < 4; i += 2) {
      if (groups[step + i / 2].fits())
        continue;
      for (int64_t c = 0; c < chainColumns; ++c) {
        auto lane = [&](std::array<ChainStep, 8> &of) {
          return std::array<int8_t *, 4>{&of[step][c][i], &of[step][c][i + 1],
                                         &of[step + 1][c][i],
                                         &of[step + 1][c][i + 1]};
        };
        splitLane(lane(steps), lane(rests));
      }
    }
  auto add = [&](std::array<int, 2> places,
                 const std::array<ChainStep, 2> &own) {
    block.chains.push_back({places, own, !isPlain(own[0], own[1])});
  };
  for (int step = 0; step < 8; step += 2)
    add({step, step + 1}, {steps[step], steps[step + 1]});
  std::vector<int> left;
  for (int step = 0; step < 8; ++step)
    if (!isZero(rests[step]))
      left.push_back(step);
  while (!left.empty()) {
    int first = left.front();
    left.erase(left.begin());
    auto second = std::find_if(left.begin(), left.end(), [&](int step) {
      return canJoin(rests[first], rests[step]);
    });
    if (second == left.end()) {
      add({first, first}, {rests[first], ChainStep{}});
      continue;
    }
    add({first, *second}, {rests[first], rests[*second]});
    left.erase(second);
  }
  return block;
}

/// How many chains of \p blocks have a start, or have none.
static int64_t countChains(const std::vector<ChainedBlock> &blocks,
                           bool hasStart) {
  int64_t count = 0;
  for (const ChainedBlock &block : blocks)
    count += std::count_if(
        block.chains.begin(), block.chains.end(),
        [&](const Chain &chain) { return chain.hasStart == hasStart; });
  return count;
}

static std::vector<ChainedBlock> chainPanel(const Panel &panel,
                                            const PackedLayout &layout) {
  std::vector<ChainedBlock> blocks;
  for (int64_t b = 0; b < layout.numBlocks(); ++b) {
    std::array<std::array<int8_t, chainColumns>, 32> codes;
    for (int64_t i = 0; i < 32; ++i)
      for (int64_t c = 0; c < chainColumns; ++c)
        codes[i][c] = panel.get(c, b * 32 + i);
    blocks.push_back(layout.bias != 0 ? chainBlock(codes) : chainSteps(codes));
  }
  // Taking the bias off a block is an operation, as much as a start is.
  if (layout.bias != 0 && countChains(blocks, false) <= layout.numBlocks())
    for (ChainedBlock &block : blocks)
      for (Chain &chain : block.chains)
        chain.hasStart = true;
  return blocks;
}

/// The weights of column \p c in chains without a start, 1024 at most.
static int sumOfPlain(const ChainedBlock &block, int64_t c) {
  int sum = 0;
  for (const Chain &chain : block.chains)
    for (const ChainStep &step : chain.steps)
      if (!chain.hasStart)
        sum = std::accumulate(step[c].begin(), step[c].end(), sum);
  return sum;
}

int64_t quantc::numerics::leastChainedBytes(const PackedLayout &layout) {
  int64_t chains = layout.bias != 0 ? 4 * layout.numBlocks() : 0;
  return alignToLine(layout.numPanels() * 4) +
         layout.numPanels() * ChainedPanel(layout, chains).end;
}

StepSummary quantc::numerics::summarizeChained(const PackedLayout &layout,
                                               const int8_t *codes) {
  StepSummary summary{0, alignToLine(layout.numPanels() * 4)};
  int64_t blocks = layout.numBlocks(), operations = 0;
  for (int64_t index = 0; index < layout.numPanels(); ++index) {
    std::vector<ChainedBlock> chained =
        chainPanel(Panel(layout, codes, index), layout);
    int64_t started = countChains(chained, true),
            plain = countChains(chained, false);
    summary.bytes += ChainedPanel(layout, started + plain).end;
    operations += 6 * started + 5 * plain;
    if (plain > 0 && layout.bias != 0)
      operations += blocks;
  }
  constexpr double stepsOfBlock = 8;
  if (blocks > 0 && layout.numPanels() > 0)
    summary.cost =
        static_cast<double>(operations) /
        (stepsOfBlock * static_cast<double>(blocks * layout.numPanels()));
  return summary;
}

std::vector<uint8_t> quantc::numerics::packChained(const PackedLayout &layout,
                                                   const WeightParts &parts) {
  std::vector<uint8_t> bytes(alignToLine(layout.numPanels() * 4));
  int64_t nr = layout.panel, numBlocks = layout.numBlocks();
  for (int64_t index = 0; index < layout.numPanels(); ++index) {
    Panel panel(layout, parts.codes, index);
    std::vector<ChainedBlock> blocks = chainPanel(panel, layout);
    int64_t started = countChains(blocks, true),
            plain = countChains(blocks, false),
            begin = static_cast<int64_t>(bytes.size());
    ChainedPanel at(layout, started + plain);
    bytes.resize(begin + at.end);
    Writer(bytes.data() + index * 4).put(static_cast<uint32_t>(begin));
    uint8_t *head = bytes.data() + begin;
    Writer counts(head), columns(head + at.scales), bias(head + at.biases),
        order(head + at.orders), places(head + at.places),
        steps(head + at.steps);
    counts.put(static_cast<int32_t>(started));
    counts.put(static_cast<int32_t>(plain));
    for (int64_t c = 0; c < nr; ++c)
      columns.put(panel.part(parts.scales, c));
    for (int64_t b = 0; b < numBlocks; b += 2)
      for (int64_t c = 0; c < nr; ++c)
        for (int64_t i = b; i < b + 2; ++i)
          bias.put(static_cast<int16_t>(
              i < numBlocks ? -sumOfPlain(blocks[i], c) : 0));
    for (const ChainedBlock &block : blocks)
      for (uint8_t place : block.order)
        order.put(place);
    for (bool hasStart : {true, false})
      for (int64_t b = 0; b < numBlocks; ++b)
        for (const Chain &chain : blocks[b].chains) {
          if (chain.hasStart != hasStart)
            continue;
          for (int place : chain.places)
            places.put(static_cast<int32_t>(b * 32 + place * 4));
          places.put(static_cast<int32_t>(b));
          places.put(int32_t{0});
          for (const ChainStep &step : chain.steps)
            steps.put(step);
        }
  }
  return bytes;
}
