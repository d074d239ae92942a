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
#include <bitset>
#include <cassert>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <utility>

using namespace quantc::numerics;

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

/// Of a block's places.
using ChainOrder = decltype(ChainedBlock::order);

static ChainedLane getLane(const Chain &chain, const ChainOrder &order,
                           int64_t c, int lane) {
  ChainedLane sums;
  for (int step : {0, 1})
    for (int i = 2 * lane; i < 2 * lane + 2; ++i)
      sums.add(chain.steps[step][c][i],
               order[chain.places[step] * 4 + i] & turnedPlace);
  return sums;
}

/// Whether the sum of all lanes fits.
static bool fits(const Chain &chain, const ChainOrder &order) {
  for (int64_t c = 0; c < chainColumns; ++c)
    for (int lane : {0, 1})
      if (getLane(chain, order, c, lane).getRoom() < 0)
        return false;
  return true;
}

/// What a group's weights come to in every column, as they are and turned.
using GroupLanes = std::array<std::array<ChainedLane, chainColumns>, 2>;

static GroupLanes getLanes(const ChainGroup &group, const ChainCodes &codes) {
  GroupLanes lanes;
  for (int64_t c = 0; c < chainColumns; ++c)
    for (int i = 0; i < 4; ++i)
      for (bool turn : {false, true}) {
        bool isTurned = group.isTurned[i] != turn;
        int weight = codes[group.members[i]][c];
        lanes[turn][c].add(isTurned ? -weight : weight, isTurned);
      }
  return lanes;
}

/// Whether what the bias comes to in the groups of \p plain, those of \p
/// turned turned, can be taken off in the lanes of the others.
static bool canTakeOff(const std::vector<GroupLanes> &groups, unsigned plain,
                       unsigned turned) {
  for (int64_t c = 0; c < chainColumns; ++c) {
    int room = 0, bias = 0;
    for (size_t g = 0; g < groups.size(); ++g) {
      const ChainedLane &lane = groups[g][turned >> g & 1][c];
      if (plain >> g & 1)
        bias += lane.bias;
      else // What is too much gets a chain of its own.
        room += std::max(lane.getRoom(), 0);
    }
    if (std::abs(bias) > room)
      return false;
  }
  return true;
}

/// Puts the groups in front that share chains without a start, as many as can
/// be so that the other chains take their bias off, and returns how many.
static size_t choosePlain(ChainGroups &groups, const ChainCodes &codes,
                          bool canTurn) {
  // Those that fit share chains, so that few steps have a rest.
  auto rank = [](const ChainGroup &group) {
    return group.isPlain() ? 0 : group.fits() ? 1 : 2;
  };
  std::sort(groups.begin(), groups.end(),
            [&](const ChainGroup &a, const ChainGroup &b) {
              return std::pair(rank(a), a.members) <
                     std::pair(rank(b), b.members);
            });
  size_t candidates =
      std::count_if(groups.begin(), groups.end(),
                    [](const ChainGroup &group) { return group.isPlain(); });
  std::vector<GroupLanes> lanes;
  for (const ChainGroup &group : groups)
    lanes.push_back(getLanes(group, codes));
  for (size_t number = candidates / 2 * 2; number > 0; number -= 2)
    for (unsigned plain = 0; plain < 1u << candidates; ++plain) {
      if (std::bitset<8>(plain).count() != number)
        continue;
      // Turning all of them is turning none.
      unsigned most = canTurn ? plain & (plain - 1) : 0;
      for (unsigned turned = most;; turned = (turned - 1) & most) {
        if (canTakeOff(lanes, plain, turned)) {
          for (size_t g = 0; g < groups.size(); ++g)
            for (bool &isTurned : groups[g].isTurned)
              isTurned ^= (turned >> g & 1) != 0;
          ChainGroups chosen;
          auto to = chosen.begin();
          for (bool isPlain : {true, false})
            for (size_t g = 0; g < groups.size(); ++g)
              if ((plain >> g & 1) == isPlain)
                *to++ = groups[g];
          groups = chosen;
          return number;
        }
        if (turned == 0)
          break;
      }
    }
  return 0;
}

/// Sets the starts of chains: what the bias comes to in them, and what it does
/// in those without a start.
static void setStarts(ChainedBlock &block) {
  for (int64_t c = 0; c < chainColumns; ++c) {
    int left = 0;
    for (const Chain &chain : block.chains)
      for (int lane : {0, 1})
        if (!chain.hasStart)
          left += getLane(chain, block.order, c, lane).bias;
    for (Chain &chain : block.chains)
      for (int lane : {0, 1}) {
        if (!chain.hasStart)
          continue;
        ChainedLane sums = getLane(chain, block.order, c, lane);
        int taken = std::clamp(left, -sums.getRoom(), sums.getRoom());
        left -= taken;
        // The sum may wrap around.
        chain.start[c][lane] = static_cast<int16_t>(-sums.bias - taken);
      }
    assert(left == 0 && "a bias that is not taken off");
  }
}

ChainPlan::Block quantc::numerics::planBlock(const ChainCodes &codes) {
  // The lowest code has no negative one.
  bool canTurn = true;
  for (const auto &row : codes)
    for (int8_t code : row)
      canTurn &= code != std::numeric_limits<int8_t>::min();
  ChainGroups groups = findChainGroups(codes, canTurn);
  ChainPlan::Block block;
  block.numPlain = static_cast<uint8_t>(choosePlain(groups, codes, canTurn));
  for (int g = 0; g < 8; ++g)
    for (int i = 0; i < 4; ++i) {
      int place = 8 * (g / 2) + 4 * (i / 2) + 2 * (g % 2) + i % 2;
      uint8_t value = groups[g].members[i];
      block.order[place] = groups[g].isTurned[i] ? value | turnedPlace : value;
    }
  return block;
}

ChainedBlock quantc::numerics::chainBlock(const ChainCodes &codes,
                                          const ChainPlan::Block &plan) {
  ChainedBlock block;
  block.order = plan.order;
  std::array<ChainStep, 8> steps, rests = {};
  for (int place = 0; place < 32; ++place)
    for (int64_t c = 0; c < chainColumns; ++c) {
      int8_t code = codes[plan.order[place] & ~turnedPlace][c];
      steps[place / 4][c][place % 4] =
          static_cast<int8_t>(plan.order[place] & turnedPlace ? -code : code);
    }
  for (int step = 0; step < 8; step += 2)
    for (int i = 0; i < 4; i += 2)
      for (int64_t c = 0; c < chainColumns; ++c) {
        auto lane = [&](std::array<ChainStep, 8> &of) {
          return std::array<int8_t *, 4>{&of[step][c][i], &of[step][c][i + 1],
                                         &of[step + 1][c][i],
                                         &of[step + 1][c][i + 1]};
        };
        splitLane(lane(steps), lane(rests));
      }
  for (int step = 0; step < 8; step += 2)
    block.chains.push_back({{step, step + 1},
                            {steps[step], steps[step + 1]},
                            step >= plan.numPlain});
  std::vector<int> left;
  for (int step = 0; step < 8; ++step)
    if (rests[step] != ChainStep{})
      left.push_back(step);
  while (!left.empty()) {
    int first = left.front();
    left.erase(left.begin());
    Chain chain{{first, first}, {rests[first], ChainStep{}}, /*hasStart=*/true};
    for (auto second = left.begin(); second != left.end(); ++second) {
      Chain both{
          {first, *second}, {rests[first], rests[*second]}, /*hasStart=*/true};
      if (!fits(both, block.order))
        continue;
      chain = both;
      left.erase(second);
      break;
    }
    block.chains.push_back(chain);
  }
  setStarts(block);
  return block;
}

/// How many chains of a block have a start, or have none.
static int64_t countChains(const ChainedBlock &block, bool hasStart) {
  return std::count_if(
      block.chains.begin(), block.chains.end(),
      [&](const Chain &chain) { return chain.hasStart == hasStart; });
}

static ChainCodes getCodes(const PackedLayout &layout, const int8_t *codes,
                           int64_t panel, int64_t block) {
  Panel own(layout, codes, panel);
  ChainCodes result;
  for (int64_t i = 0; i < 32; ++i)
    for (int64_t c = 0; c < chainColumns; ++c)
      result[i][c] = own.get(c, block * 32 + i);
  return result;
}

int64_t quantc::numerics::leastChainedBytes(const PackedLayout &layout) {
  int64_t chains = layout.bias != 0 ? 4 * layout.numBlocks() : 0;
  return alignToLine(layout.numPanels() * 4) +
         layout.numPanels() * ChainedPanel(layout).getEnd(0, chains);
}

namespace {
/// What blocks cost that have been searched, of so many in all. Each costs
/// from \p least to \p most.
class CostOfBlocks {
public:
  CostOfBlocks(int64_t total, double limit, int64_t least, int64_t most)
      : total(total), limit(limit), least(least), most(most) {}

  void add(int64_t cost) {
    assert(cost >= least && cost <= most);
    ++seen;
    sum += cost;
  }
  double getMean() const {
    return seen > 0 ? static_cast<double>(sum) / static_cast<double>(seen) : 0;
  }
  /// Whether the mean of all of them is not below the limit: whatever the
  /// others cost, or if these are a sample of them.
  bool isTooLarge() const {
    if (static_cast<double>(sum + (total - seen) * least) >=
        limit * static_cast<double>(total))
      return true;
    // Each look is one more chance to be wrong: at powers of two alone.
    if ((seen & (seen - 1)) != 0)
      return false;
    // By Hoeffding, with the range of costs rather than the variance of those
    // seen, which knows nothing of rare blocks: ln(10^6).
    constexpr double sure = 13.8155;
    double error = static_cast<double>(most - least) *
                   std::sqrt(sure / (2 * static_cast<double>(seen)));
    return getMean() - error > limit;
  }

private:
  int64_t total;
  double limit;
  int64_t least, most, seen = 0, sum = 0;
};
} // namespace

std::optional<ChainPlan>
quantc::numerics::planChains(const PackedLayout &layout, const int8_t *codes,
                             double limit) {
  ChainPlan plan;
  int64_t numBlocks = layout.numBlocks(), panels = layout.numPanels(),
          total = numBlocks * panels;
  bool hasBias = layout.bias != 0;
  if (hasBias)
    plan.blocks.resize(total);
  // A block has eight steps. With a bias it has four chains at least and, where
  // each step has a rest by itself, twelve; without one a step is in one chain
  // at most, and none has a start.
  constexpr int64_t steps = 8;
  CostOfBlocks cost(total, limit * steps, hasBias ? 4 * 5 : 0,
                    hasBias ? 12 * 6 : steps * 5);
  std::vector<int64_t> started(panels), plain(panels);
  // Any number of them from the first on is spread over all: by the golden
  // section of their number, or the next one that has no divisor in common.
  auto stride = std::max<int64_t>(
      1, static_cast<int64_t>(0.618 * static_cast<double>(total)));
  while (std::gcd(stride, total) > 1)
    ++stride;
  for (int64_t i = 0, at = 0; i < total; ++i, at = (at + stride) % total) {
    int64_t panel = at / numBlocks;
    ChainCodes own = getCodes(layout, codes, panel, at % numBlocks);
    if (hasBias)
      plan.blocks[at] = planBlock(own);
    ChainedBlock block =
        hasBias ? chainBlock(own, plan.blocks[at]) : chainSteps(own);
    int64_t ownStarted = countChains(block, true),
            ownPlain = countChains(block, false);
    started[panel] += ownStarted;
    plain[panel] += ownPlain;
    cost.add(6 * ownStarted + 5 * ownPlain);
    if (cost.isTooLarge())
      return std::nullopt;
  }
  plan.summary = {cost.getMean() / steps, alignToLine(panels * 4)};
  for (int64_t panel = 0; panel < panels; ++panel)
    plan.summary.bytes += ChainedPanel(layout).getEnd(
        started[panel], started[panel] + plain[panel]);
  return plan;
}

std::vector<uint8_t> quantc::numerics::packChained(const PackedLayout &layout,
                                                   const WeightParts &parts) {
  std::vector<uint8_t> bytes(alignToLine(layout.numPanels() * 4));
  int64_t nr = layout.panel, numBlocks = layout.numBlocks();
  for (int64_t index = 0; index < layout.numPanels(); ++index) {
    Panel panel(layout, parts.codes, index);
    std::vector<ChainedBlock> blocks;
    int64_t started = 0, plain = 0, begin = static_cast<int64_t>(bytes.size());
    for (int64_t b = 0; b < numBlocks; ++b) {
      ChainCodes codes = getCodes(layout, parts.codes, index, b);
      blocks.push_back(
          layout.bias == 0 ? chainSteps(codes)
          : parts.plan
              ? chainBlock(codes, parts.plan->blocks[index * numBlocks + b])
              : chainBlock(codes, planBlock(codes)));
      started += countChains(blocks.back(), true);
      plain += countChains(blocks.back(), false);
    }
    ChainedPanel at(layout);
    bytes.resize(begin + at.getEnd(started, started + plain));
    Writer(bytes.data() + index * 4).put(static_cast<uint32_t>(begin));
    uint8_t *head = bytes.data() + begin;
    Writer counts(head), columns(head + at.scales), order(head + at.orders),
        entries(head + at.entries),
        starts(head + at.getStarts(started + plain)),
        steps(head + at.getSteps(started, started + plain));
    counts.put(static_cast<int32_t>(started));
    counts.put(static_cast<int32_t>(plain));
    for (int64_t c = 0; c < nr; ++c)
      columns.put(panel.part(parts.scales, c));
    for (const ChainedBlock &block : blocks)
      for (uint8_t place : block.order)
        order.put(place);
    for (bool hasStart : {true, false})
      for (int64_t b = 0; b < numBlocks; ++b)
        for (const Chain &chain : blocks[b].chains) {
          if (chain.hasStart != hasStart)
            continue;
          for (int place : chain.places)
            entries.put(static_cast<int32_t>(b * 32 + place * 4));
          entries.put(static_cast<int32_t>(b));
          entries.put(int32_t{0});
          if (hasStart)
            starts.put(chain.start);
          for (const ChainStep &step : chain.steps)
            steps.put(step);
        }
  }
  return bytes;
}
