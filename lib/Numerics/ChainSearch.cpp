//===- ChainSearch.cpp - Which values of K share a lane ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChainSearch.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>
#include <vector>

using namespace quantc::numerics;

namespace {
/// A number of each column, which are added and compared at once.
using Columns = int16_t __attribute__((vector_size(2 * chainColumns)));

/// By how much the columns that are beyond \p most are so, added up.
int sumExcess(const Columns &value, int16_t most) {
  Columns excess = value - most;
  excess &= excess > 0;
  std::array<uint64_t, sizeof(Columns) / 8> words;
  std::memcpy(words.data(), &excess, sizeof excess);
  uint64_t fours = std::accumulate(words.begin(), words.end(), uint64_t{0});
  // None is negative, and the sum within 16 bits.
  return static_cast<int>(fours * 0x0001000100010001u >> 48);
}

/// Looks for disjoint sets of four whose weights of one sign come to 127 at
/// most in every column: one less than may be, which leaves the highest bit of
/// a byte to say so, that of 32 sums at once.
class PlainSets {
public:
  using Set = std::array<uint8_t, 4>;

  /// \p bySize: the values, the largest first: those are hard to place.
  PlainSets(const ChainCodes &codes, const std::array<uint8_t, 32> &bySize);

  void find() { place(~uint32_t{0}); }
  /// As many as a bounded search found, of places in `bySize`.
  const std::vector<Set> &getBest() const { return best; }
  /// Which of a set are turned so that it is plain.
  std::array<bool, 4> getTurned(const Set &set) const;

private:
  /// Sums of the positive weights of the columns, and of the negative ones'
  /// magnitudes. No byte runs into the next one: it is 127 at most before
  /// another 127 at most are added.
  struct Sums {
    std::array<uint64_t, chainColumns / 4> words;
    Sums operator+(const Sums &other) const {
      Sums sums;
      for (size_t i = 0; i < words.size(); ++i)
        sums.words[i] = words[i] + other.words[i];
      return sums;
    }
    bool areTooLarge() const {
      uint64_t any = 0;
      for (uint64_t word : words)
        any |= word;
      return (any & 0x8080808080808080u) != 0;
    }
  };

  void place(uint32_t left);
  void choose(uint32_t left, uint32_t later, Set &set, size_t size,
              const Sums &sums);
  /// Whether no more sets can be found where \p left are not in one yet.
  bool isDone(size_t left) const {
    return budget < 0 || chosen.size() + left / 4 <= best.size();
  }

  /// As they are and turned.
  std::array<std::array<Sums, 2>, 32> values;
  /// How many more sums are looked at.
  int budget = 1 << 14;
  std::vector<Set> chosen, best;
};

/// Finds which of a block's values meet.
class Search {
public:
  Search(const ChainCodes &codes, bool canTurn);
  ChainGroups find() const;

private:
  void measure(ChainGroup &group) const;
  void arrange(ChainGroup &group) const;
  Columns getMagnitudes(const ChainGroup &group) const;
  bool improve(ChainGroup &a, ChainGroup &b) const;
  void improveFrom(size_t first, ChainGroups &groups) const;
  bool regroup(size_t first, ChainGroups &groups) const;

  const ChainCodes &codes;
  bool canTurn;
  /// Of positive weights as they are and turned.
  std::array<std::array<Columns, 2>, 32> positive;
  std::array<Columns, 32> magnitudes;
  std::array<int, 32> sizes;
  /// The largest first.
  std::array<uint8_t, 32> bySize;
};
} // namespace

PlainSets::PlainSets(const ChainCodes &codes,
                     const std::array<uint8_t, 32> &bySize) {
  for (int place = 0; place < 32; ++place)
    for (bool turned : {false, true}) {
      std::array<uint8_t, 2 * chainColumns> bytes;
      for (int64_t c = 0; c < chainColumns; ++c) {
        int weight =
            turned ? -codes[bySize[place]][c] : codes[bySize[place]][c];
        bytes[c] = static_cast<uint8_t>(std::max(weight, 0));
        bytes[chainColumns + c] = static_cast<uint8_t>(std::max(-weight, 0));
      }
      std::memcpy(&values[place][turned], bytes.data(), bytes.size());
    }
}

/// Finds sets of the values \p left, beside those that are chosen already.
void PlainSets::place(uint32_t left) {
  if (chosen.size() > best.size())
    best = chosen;
  size_t number = __builtin_popcount(left);
  if (isDone(number))
    return;
  auto first = static_cast<uint8_t>(__builtin_ctz(left));
  Set set{first};
  choose(left & (left - 1), left & (left - 1), set, 1, values[first][false]);
  // Without it.
  if (!isDone(number - 1))
    place(left & (left - 1));
}

/// Adds one of \p later to \p set, which has \p size members.
void PlainSets::choose(uint32_t left, uint32_t later, Set &set, size_t size,
                       const Sums &sums) {
  if (size == set.size()) {
    chosen.push_back(set);
    place(left);
    chosen.pop_back();
    return;
  }
  size_t number = __builtin_popcount(left) + size;
  for (; later != 0; later &= later - 1) {
    set[size] = static_cast<uint8_t>(__builtin_ctz(later));
    for (bool turned : {false, true}) {
      if (isDone(number))
        return;
      --budget;
      Sums with = sums + values[set[size]][turned];
      if (with.areTooLarge())
        continue;
      choose(left & ~(uint32_t{1} << set[size]), later & (later - 1), set,
             size + 1, with);
      if (size + 1 == set.size())
        break; // The other way leaves the same values.
    }
  }
}

std::array<bool, 4> PlainSets::getTurned(const Set &set) const {
  std::array<bool, 4> isTurned = {};
  for (int signs = 0; signs < 8; ++signs) {
    Sums sums = values[set[0]][false];
    bool isPlain = true;
    for (int i = 1; i < 4; ++i) {
      isTurned[i] = signs >> (i - 1) & 1;
      sums = sums + values[set[i]][isTurned[i]];
      isPlain &= !sums.areTooLarge();
    }
    if (isPlain)
      break;
  }
  return isTurned;
}

Search::Search(const ChainCodes &codes, bool canTurn)
    : codes(codes), canTurn(canTurn) {
  for (int i = 0; i < 32; ++i) {
    sizes[i] = 0;
    for (int64_t c = 0; c < chainColumns; ++c) {
      int weight = codes[i][c];
      positive[i][false][c] = static_cast<int16_t>(std::max(weight, 0));
      positive[i][true][c] = static_cast<int16_t>(std::max(-weight, 0));
      sizes[i] += weight * weight;
    }
    magnitudes[i] = positive[i][false] + positive[i][true];
  }
  std::iota(bySize.begin(), bySize.end(), 0);
  std::sort(bySize.begin(), bySize.end(), [&](uint8_t a, uint8_t b) {
    return std::pair(-sizes[a], a) < std::pair(-sizes[b], b);
  });
}

void Search::measure(ChainGroup &group) const {
  std::array<Columns, 4> p, n;
  for (int i = 0; i < 4; ++i) {
    p[i] = positive[group.members[i]][group.isTurned[i]];
    n[i] = positive[group.members[i]][!group.isTurned[i]];
  }
  auto ofSigns = [](const Columns &p, const Columns &n) {
    return sumExcess(p, mostOfSign) + sumExcess(n, mostOfSign);
  };
  Columns p0 = p[0] + p[1], n0 = n[0] + n[1], p1 = p[2] + p[3],
          n1 = n[2] + n[3];
  group.ofStep = {ofSigns(p0, n0), ofSigns(p1, n1)};
  group.ofLane = sumExcess(p0 + n0 + p1 + n1, mostOfLane);
  group.ofPlain = ofSigns(p0 + p1, n0 + n1);
}

/// A step that needs a second one costs more than how much it moves there, and
/// that more than a start.
constexpr int costOfStep = 1 << 20, costOfPart = 1 << 6;

static int getCostOfLane(int excess) {
  return excess > 0 ? costOfStep + costOfPart * excess : 0;
}

static int getCost(const ChainGroup &group) {
  int steps = (group.ofStep[0] > 0) + (group.ofStep[1] > 0);
  return std::max(costOfStep * steps, group.ofLane > 0 ? costOfStep : 0) +
         costOfPart * (group.ofStep[0] + group.ofStep[1] + group.ofLane) +
         group.ofPlain;
}

/// Makes the best of a group's members: three ways to make two steps of four,
/// each of which may be turned.
void Search::arrange(ChainGroup &group) const {
  ChainGroup best = group;
  measure(best);
  for (int partner = 1; partner < 4; ++partner)
    for (int signs = 0; signs < (canTurn ? 8 : 1); ++signs) {
      ChainGroup other = group;
      for (int i = 0; i < 4; ++i)
        other.isTurned[i] = i > 0 && signs >> (i - 1) & 1;
      std::swap(other.members[1], other.members[partner]);
      measure(other);
      if (getCost(other) < getCost(best))
        best = other;
    }
  group = best;
}

Columns Search::getMagnitudes(const ChainGroup &group) const {
  Columns sum = {};
  for (uint8_t member : group.members)
    sum += magnitudes[member];
  return sum;
}

/// Swaps a member of one group with one of the other if that makes them better.
bool Search::improve(ChainGroup &a, ChainGroup &b) const {
  int before = getCost(a) + getCost(b),
      lanes = getCostOfLane(a.ofLane) + getCostOfLane(b.ofLane);
  Columns ofA = getMagnitudes(a), ofB = getMagnitudes(b);
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) {
      // What tells soonest comes first: few swaps make lanes smaller.
      Columns moved = magnitudes[b.members[j]] - magnitudes[a.members[i]];
      int after = getCostOfLane(sumExcess(ofA + moved, mostOfLane)) +
                  getCostOfLane(sumExcess(ofB - moved, mostOfLane));
      if (after > lanes || (after == lanes && after > 0))
        continue;
      ChainGroup first = a, second = b;
      std::swap(first.members[i], second.members[j]);
      arrange(first);
      arrange(second);
      if (getCost(first) + getCost(second) >= before)
        continue;
      a = first;
      b = second;
      return true;
    }
  return false;
}

/// Swaps members of the groups from \p first on until all fit or no swap
/// helps: each makes them better.
void Search::improveFrom(size_t first, ChainGroups &groups) const {
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t a = first; a < groups.size(); ++a)
      for (size_t b = first; b < groups.size(); ++b)
        while (a != b && !groups[a].fits() && improve(groups[a], groups[b]))
          changed = true;
  }
}

/// Makes groups of the members of those from \p first on anew, and returns
/// whether all fit.
bool Search::regroup(size_t first, ChainGroups &groups) const {
  std::vector<uint8_t> members;
  Columns together = {};
  for (size_t g = first; g < groups.size(); ++g) {
    members.insert(members.end(), groups[g].members.begin(),
                   groups[g].members.end());
    together += getMagnitudes(groups[g]);
  }
  auto number = static_cast<int16_t>(groups.size() - first);
  if (first > 0 && sumExcess(together, number * mostOfLane) > 0)
    return false; // They cannot.
  std::sort(members.begin(), members.end(), [&](uint8_t a, uint8_t b) {
    return std::pair(-sizes[a], a) < std::pair(-sizes[b], b);
  });
  // Large ones beside small ones.
  size_t rest = groups.size() - first;
  for (size_t g = 0; g < rest; ++g) {
    groups[first + g].members = {members[g], members[4 * rest - 1 - g],
                                 members[rest + g], members[3 * rest - 1 - g]};
    arrange(groups[first + g]);
  }
  improveFrom(first, groups);
  return std::all_of(groups.begin() + first, groups.end(),
                     [](const ChainGroup &group) { return group.fits(); });
}

ChainGroups Search::find() const {
  PlainSets sets(codes, bySize);
  ChainGroups groups;
  uint32_t left = ~uint32_t{0};
  size_t number = 0;
  if (canTurn)
    sets.find();
  for (const PlainSets::Set &set : sets.getBest()) {
    ChainGroup &group = groups[number++];
    group.isTurned = sets.getTurned(set);
    for (int i = 0; i < 4; ++i) {
      group.members[i] = bySize[set[i]];
      left &= ~(uint32_t{1} << set[i]);
    }
    measure(group);
  }
  for (size_t g = number; g < groups.size(); ++g)
    for (uint8_t &member : groups[g].members) {
      member = bySize[__builtin_ctz(left)];
      left &= left - 1;
    }
  // What is in no such set is large: some with small ones may help it to fit.
  auto sizeOf = [&](const ChainGroup &group) {
    int size = 0;
    for (uint8_t member : group.members)
      size += sizes[member];
    return size;
  };
  std::sort(groups.begin(), groups.begin() + number,
            [&](const ChainGroup &a, const ChainGroup &b) {
              return std::pair(-sizeOf(a), a.members) <
                     std::pair(-sizeOf(b), b.members);
            });
  while (!regroup(number, groups) && number > 0)
    --number;
  return groups;
}

ChainGroups quantc::numerics::findChainGroups(const ChainCodes &codes,
                                              bool canTurn) {
  return Search(codes, canTurn).find();
}
