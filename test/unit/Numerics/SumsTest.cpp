//===- SumsTest.cpp - Integer sums over packed weights ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PackedModel.h"
#include "RandomWeights.h"
#include "quantc/Numerics/ChainPlan.h"
#include "gtest/gtest.h"
#include <cmath>
#include <limits>
#include <random>

using namespace quantc::numerics;

namespace {
enum class RowKind { Random, Lowest, Highest, Extremes, Opposed };

/// Codes of a row; `Opposed` drives the first column as far as it goes.
std::vector<int8_t> drawRow(const PackedLayout &layout, RowKind kind,
                            const RandomWeights &weights) {
  std::mt19937 engine(9);
  std::vector<int8_t> row(layout.k);
  // Without a bias these are unsigned as they are.
  bool isUnsigned = hasTable(layout.form) && layout.bias == 0;
  for (int64_t i = 0; i < layout.k; ++i) {
    bool isHigh = kind == RowKind::Highest ||
                  (kind == RowKind::Extremes && engine() % 2) ||
                  (kind == RowKind::Opposed && weights.codes[i] > 0);
    row[i] = static_cast<int8_t>(kind == RowKind::Random ? engine() % 256 - 128
                                 : isHigh                ? 127
                                                         : -128);
    if (isUnsigned && row[i] < 0)
      row[i] = static_cast<int8_t>(kind == RowKind::Random ? 128 + row[i] : 0);
    // Chains are of codes without the lowest one.
    if (layout.form == PackedForm::Chained)
      row[i] = std::max<int8_t>(row[i], -127);
  }
  return row;
}

/// The sums by their definition.
std::vector<int64_t> getSums(const PackedLayout &layout,
                             const RandomWeights &weights,
                             const std::vector<int8_t> &row) {
  std::vector<int64_t> sums;
  int64_t blocks = layout.numBlocks();
  for (int64_t n = 0; n < layout.n; ++n) {
    int64_t sum = 0;
    for (int64_t b = 0; b < blocks; ++b) {
      int64_t dot = 0;
      for (int64_t k = b * 32; k < std::min(b * 32 + 32, layout.k); ++k)
        dot += row[k] * weights.codes[n * layout.k + k];
      if (hasNibbles(layout.form))
        dot *= weights.multipliers[n * blocks + b];
      sum += dot;
      if (hasBlockScales(layout.form))
        sums.push_back(dot);
    }
    if (!hasBlockScales(layout.form))
      sums.push_back(sum);
  }
  return sums;
}

void checkSums(const PackedLayout &layout, WeightKind kind, int high = 127) {
  RandomWeights weights(layout, kind, 7, high);
  std::vector<uint8_t> bytes = packWeights(layout, weights.getParts());
  int64_t bound = boundSums(layout, weights.getParts());
  for (RowKind rowKind : {RowKind::Random, RowKind::Lowest, RowKind::Highest,
                          RowKind::Extremes, RowKind::Opposed}) {
    std::vector<int8_t> codes = drawRow(layout, rowKind, weights);
    std::vector<uint8_t> row((layout.k + 31) / 32 * 32,
                             static_cast<uint8_t>(layout.bias));
    for (int64_t i = 0; i < layout.k; ++i)
      row[i] = static_cast<uint8_t>(codes[i] + layout.bias);
    PackedModel model(layout, bytes, row);
    std::vector<int32_t> sums = model.run();
    std::vector<int64_t> expected = getSums(layout, weights, codes);
    ASSERT_EQ(std::vector<int64_t>(sums.begin(), sums.end()), expected);
    EXPECT_EQ(model.numSaturated, 0);
    for (int64_t sum : expected)
      EXPECT_LE(std::abs(sum), bound);
  }
}

class Sums : public testing::TestWithParam<std::pair<PackedForm, int>> {};

TEST_P(Sums, AreExact) {
  auto [form, bias] = GetParam();
  for (int64_t k : {1, 8, 31, 33, 172, 4097})
    for (WeightKind kind :
         {WeightKind::Full, WeightKind::Bell, WeightKind::Heavy,
          WeightKind::Lowest, WeightKind::Highest})
      for (int64_t n : {1, 19}) {
        SCOPED_TRACE(testing::Message() << "k " << k << ", n " << n << ", kind "
                                        << static_cast<int>(kind));
        checkSums({form, 16, bias, n, k}, kind);
        int64_t narrow = form == PackedForm::Chained ? chainColumns : 8;
        checkSums({form, narrow, bias, n, k}, kind, 90);
      }
}

INSTANTIATE_TEST_SUITE_P(Forms, Sums,
                         testing::Values(std::pair(PackedForm::S8, 0),
                                         std::pair(PackedForm::S8, 128),
                                         std::pair(PackedForm::Matched, 0),
                                         std::pair(PackedForm::Matched, 128),
                                         std::pair(PackedForm::W4I, 128),
                                         std::pair(PackedForm::W4S, 128),
                                         std::pair(PackedForm::B32, 0),
                                         std::pair(PackedForm::B32, 128),
                                         std::pair(PackedForm::B32N, 128),
                                         std::pair(PackedForm::Chained, 0),
                                         std::pair(PackedForm::Chained, 128)));

TEST(SumsTest, OfUnmatchedPairsWouldSaturate) {
  // What the model is there to see: two plain steps of large weights.
  PackedLayout layout{PackedForm::Matched, 8, 128, 1, 8};
  RandomWeights weights(layout, WeightKind::Highest, 1);
  std::vector<uint8_t> bytes = packWeights(layout, weights.getParts());
  std::vector<uint8_t> row(32, 255);
  int64_t list = readAt<uint32_t>(bytes, 0) + 64 + 64;
  for (size_t i = list + 64; i < bytes.size(); ++i)
    bytes[i] = 127;
  PackedModel model(layout, bytes, row);
  model.run();
  EXPECT_GT(model.numSaturated, 0);
}

/// Operations of a step of weights up to \p high, of codes with \p bias.
static double getMatchedCost(int64_t bias, WeightKind kind, int high) {
  PackedLayout layout{PackedForm::Matched, 16, bias, 32, 1024};
  RandomWeights weights(layout, kind, 5, high);
  return summarizeMatched(layout, weights.codes.data()).cost;
}

TEST(SumsTest, PairWhereTheRangeAllowsIt) {
  EXPECT_EQ(getMatchedCost(128, WeightKind::Full, 31), 2.5);
  EXPECT_LT(getMatchedCost(128, WeightKind::Bell, 90), 2.6);
  EXPECT_LT(getMatchedCost(128, WeightKind::Bell, 127), 3.3);
  EXPECT_GT(getMatchedCost(128, WeightKind::Highest, 127), 4.5);
}

static double getChainedCost(const PackedLayout &layout,
                             const RandomWeights &weights) {
  std::optional<ChainPlan> plan = planChains(
      layout, weights.codes.data(), std::numeric_limits<double>::infinity());
  EXPECT_TRUE(plan);
  return plan ? plan->summary.cost : 0;
}

/// The same of chains.
static double getChainedCost(WeightKind kind, int high, int64_t bias = 128) {
  PackedLayout layout{PackedForm::Chained, 16, bias, 32, 1024};
  return getChainedCost(layout, RandomWeights(layout, kind, 5, high));
}

TEST(SumsTest, ChainWhereWeightsAreSmallTogether) {
  // Four of 32 never need a start: one of a block's chains has one, which takes
  // the bias off the others.
  EXPECT_EQ(getChainedCost(WeightKind::Full, 32), (3 * 5 + 6) / 8.);
  // Four of 63 fit with one, and most without.
  EXPECT_LT(getChainedCost(WeightKind::Full, 63), 2.7);
  // Normal ones up to four times their deviation, which are of that size.
  EXPECT_LT(getChainedCost(WeightKind::Bell, 127), 2.7);
  // Each step has a rest, and two of these a chain of their own.
  EXPECT_EQ(getChainedCost(WeightKind::Highest, 127), 6);
}

TEST(SumsTest, ChainStepsWhereNoCodeIsNegative) {
  EXPECT_EQ(getChainedCost(WeightKind::Full, 64, 0), 4 * 5 / 8.);
  EXPECT_LT(getChainedCost(WeightKind::Bell, 127, 0), 2.51);
  // None fits another one.
  EXPECT_EQ(getChainedCost(WeightKind::Highest, 127, 0), 5);
  // Half of each block, as of 16 channels: what is not there costs nothing.
  PackedLayout layout{PackedForm::Chained, 16, 0, 32, 1024};
  RandomWeights weights(layout, WeightKind::Full, 5, 64);
  for (size_t i = 0; i < weights.codes.size(); ++i)
    weights.codes[i] = i % 32 < 16 ? weights.codes[i] : int8_t(0);
  EXPECT_EQ(getChainedCost(layout, weights), 2 * 5 / 8.);
}

TEST(SumsTest, PlanNoChainsFromTheirCostOn) {
  for (int64_t bias : {0, 128}) {
    PackedLayout layout{PackedForm::Chained, 16, bias, 64, 1024};
    RandomWeights weights(layout, WeightKind::Full, 5, 40);
    auto expectLimit = [&] {
      // A power of two, so that sums are integers and limits exact.
      auto steps =
          static_cast<double>(8 * layout.numPanels() * layout.numBlocks());
      double sum = getChainedCost(layout, weights) * steps;
      ASSERT_EQ(sum, std::floor(sum));
      const int8_t *codes = weights.codes.data();
      EXPECT_FALSE(planChains(layout, codes, 2));
      EXPECT_FALSE(planChains(layout, codes, sum / steps));
      EXPECT_TRUE(planChains(layout, codes, (sum + 1) / steps));
    };
    expectLimit();
    // Blocks of a kind lie together, those that cost most in front: what is
    // seen first of all weights is not what lies there.
    std::fill_n(weights.codes.begin(), 16 * layout.k, int8_t(127));
    expectLimit();
  }
}

TEST(SumsTest, PlanChainsWhereFewBlocksArePruned) {
  for (int64_t bias : {0, 128}) {
    // Of 2048 blocks, which cost the same, 5 % cost next to nothing.
    PackedLayout layout{PackedForm::Chained, 16, bias, 1024, 1024};
    RandomWeights weights(layout, WeightKind::Highest, 5);
    std::mt19937 engine(11);
    for (int64_t panel = 0; panel < layout.numPanels(); ++panel)
      for (int64_t b = 0; b < layout.numBlocks(); ++b)
        if (engine() % 20 == 0)
          for (int64_t n = panel * 16; n < panel * 16 + 16; ++n)
            std::fill_n(weights.codes.begin() + n * layout.k + b * 32, 32,
                        int8_t(0));
    double cost = getChainedCost(layout, weights),
           most = getChainedCost(WeightKind::Highest, 127, bias);
    EXPECT_LT(cost, 0.98 * most);
    const int8_t *codes = weights.codes.data();
    EXPECT_TRUE(planChains(layout, codes, (cost + most) / 2));
    EXPECT_FALSE(planChains(layout, codes, most / 2));
  }
}

TEST(SumsTest, JoinFourWhereNoCodeIsNegative) {
  EXPECT_EQ(getMatchedCost(0, WeightKind::Full, 31), 2.25);
  EXPECT_LT(getMatchedCost(0, WeightKind::Bell, 90), 2.3);
  EXPECT_LT(getMatchedCost(0, WeightKind::Bell, 127), 2.5);
  EXPECT_EQ(getMatchedCost(0, WeightKind::Highest, 127), 3);
}

TEST(SumsTest, HaveATightBound) {
  PackedLayout s8{PackedForm::S8, 16, 128, 1, 132000};
  RandomWeights weights(s8, WeightKind::Lowest, 1);
  EXPECT_EQ(boundSums(s8, weights.getParts()), int64_t(132000) * 128 * 128);
  PackedLayout w4i{PackedForm::W4I, 16, 128, 1, 4096};
  RandomWeights nibbles(w4i, WeightKind::Lowest, 1);
  EXPECT_EQ(boundSums(w4i, nibbles.getParts()), 4096 * 8 * 127 * 128);
  PackedLayout w4s{PackedForm::W4S, 16, 128, 1, 4096};
  RandomWeights small(w4s, WeightKind::Lowest, 1);
  EXPECT_EQ(boundSums(w4s, small.getParts()), 4096 * 8 * 15 * 128);
}
} // namespace
