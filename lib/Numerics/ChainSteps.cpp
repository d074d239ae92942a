//===- ChainSteps.cpp - Chains of steps as they lie -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Chains.h"

#include <algorithm>
#include <numeric>

using namespace quantc::numerics;

/// Whether the sum of both fits 16 bits for activations up to 127.
static bool canJoin(const ChainStep &a, const ChainStep &b) {
  for (int64_t c = 0; c < chainColumns; ++c)
    for (int i = 0; i < 4; i += 2) {
      ChainedLane sums;
      for (int weight : {a[c][i], a[c][i + 1], b[c][i], b[c][i + 1]})
        sums.add(weight, /*isTurned=*/false);
      if (!sums.fitsUnsigned())
        return false;
    }
  return true;
}

namespace {
/// Finds which steps of a block meet where its values keep their places.
class StepPairs {
public:
  explicit StepPairs(const std::array<ChainStep, 8> &steps) : steps(steps) {
    for (int step = 0; step < 8; ++step)
      if (steps[step] != ChainStep{})
        left |= 1u << step;
    for (int i = 0; i < 8; ++i)
      for (int j = i + 1; j < 8; ++j)
        joins[i][j] = canJoin(steps[i], steps[j]);
  }

  /// As few chains as there can be.
  std::vector<Chain> find();

private:
  using Places = std::vector<std::array<int, 2>>;
  void extend(uint32_t rest, Places &chosen);

  const std::array<ChainStep, 8> &steps;
  bool joins[8][8] = {};
  uint32_t left = 0; ///< those that have weights
  Places best;
  bool hasBest = false;
};
} // namespace

void StepPairs::extend(uint32_t rest, Places &chosen) {
  if (rest == 0) {
    if (!hasBest || chosen.size() < best.size())
      best = chosen;
    hasBest = true;
    return;
  }
  int first = __builtin_ctz(rest);
  rest &= rest - 1;
  // The step itself stands for none.
  for (int second = 7; second >= first; --second) {
    bool isAlone = second == first;
    if (!isAlone && !((rest >> second & 1) && joins[first][second]))
      continue;
    chosen.push_back({first, second});
    extend(rest & ~(1u << second), chosen);
    chosen.pop_back();
  }
}

std::vector<Chain> StepPairs::find() {
  Places chosen;
  extend(left, chosen);
  std::vector<Chain> chains;
  for (const auto &[first, second] : best)
    chains.push_back(
        {{first, second},
         {steps[first], first == second ? ChainStep{} : steps[second]},
         /*hasStart=*/false});
  return chains;
}

ChainedBlock quantc::numerics::chainSteps(const ChainCodes &codes) {
  ChainedBlock block;
  std::iota(block.order.begin(), block.order.end(), uint8_t{0});
  std::array<ChainStep, 8> steps;
  for (int place = 0; place < 32; ++place)
    for (int64_t c = 0; c < chainColumns; ++c)
      steps[place / 4][c][place % 4] = codes[place][c];
  block.chains = StepPairs(steps).find();
  return block;
}
