//===- PackingChainsTest.cpp - Chained weights in panels --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RandomWeights.h"
#include "quantc/Numerics/ChainPlan.h"
#include "gtest/gtest.h"
#include <cstring>
#include <limits>

using namespace quantc::numerics;

namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(PackingChains, RefusesChainsThatAreNowhere) {
  PackedLayout layout{PackedForm::Chained, 16, 128, 16, 64};
  RandomWeights weights(layout, WeightKind::Highest, 1);
  std::vector<uint8_t> bytes = packWeights(layout, weights.getParts());
  auto size = static_cast<int64_t>(bytes.size());
  ASSERT_TRUE(unpackWeights(layout, bytes.data(), size));
  // Behind the scales and the orders of two blocks.
  int64_t panel = 64, places = panel + 64 + 16 * 4 + 64;
  auto refuses = [&](int64_t at, int32_t value) {
    std::vector<uint8_t> other = bytes;
    std::memcpy(other.data() + at, &value, sizeof value);
    return !unpackWeights(layout, other.data(), size);
  };
  EXPECT_TRUE(refuses(panel, -1));          // with starts
  EXPECT_TRUE(refuses(panel + 4, -1));      // without
  EXPECT_TRUE(refuses(panel + 4, 1 << 20)); // more than there are
  EXPECT_TRUE(refuses(places, 64));         // behind all of K
  EXPECT_TRUE(refuses(places, 32));         // of another block
  EXPECT_TRUE(refuses(places, -4));
  EXPECT_TRUE(refuses(places, 2));     // within a step
  EXPECT_TRUE(refuses(places + 8, 1)); // the other block
  int64_t orders = panel + 64 + 16 * 4;
  EXPECT_TRUE(refuses(orders, 0x20212223)); // none of a block's 32
  EXPECT_TRUE(refuses(orders, 0));          // one of them four times
}

TEST(PackingChains, RefusesMoreChainsThanABlockHas) {
  PackedLayout layout{PackedForm::Chained, 16, 0, 16, 64};
  auto unpack = [&](int32_t ofFirst, int32_t ofSecond) {
    int32_t chains = ofFirst + ofSecond;
    int64_t orders = 64 + 64 + 16 * 4, places = orders + 64,
            steps = places + alignToLine(chains * 16);
    std::vector<uint8_t> bytes(steps + chains * 16 * 8);
    auto put = [&](int64_t place, auto value) {
      std::memcpy(bytes.data() + place, &value, sizeof value);
    };
    put(0, uint32_t{64});
    put(64 + 4, chains);
    for (int64_t i = 0; i < 64; ++i)
      put(orders + i, static_cast<uint8_t>(i % 32));
    for (int32_t chain = ofFirst; chain < chains; ++chain)
      for (int32_t entry : {0, 4, 8})
        put(places + chain * 16 + entry, entry == 8 ? 1 : 32);
    return unpackWeights(layout, bytes.data(),
                         static_cast<int64_t>(bytes.size()));
  };
  EXPECT_TRUE(unpack(12, 12));
  EXPECT_FALSE(unpack(13, 11));
  EXPECT_FALSE(unpack(12, 13));
}

/// Where the parts of the first panel of chains lie.
struct ChainedOffsets {
  ChainedOffsets(const PackedLayout &layout,
                 const std::vector<uint8_t> &bytes) {
    std::memcpy(&started, bytes.data() + panel, 4);
    std::memcpy(&plain, bytes.data() + panel + 4, 4);
    places = orders + layout.numBlocks() * 32;
    starts = places + alignToLine((started + plain) * 16);
    steps = starts + started * 16 * 4;
  }
  int32_t started = 0, plain = 0;
  int64_t panel = 64, orders = panel + 64 + 16 * 4, places, starts, steps;
};

TEST(PackingChains, RefusesChainsThatAreWrong) {
  PackedLayout layout{PackedForm::Chained, 16, 128, 16, 64};
  RandomWeights weights(layout, WeightKind::Bell, 1, 90);
  std::vector<uint8_t> bytes = packWeights(layout, weights.getParts());
  ASSERT_TRUE(unpackWeights(layout, bytes.data(), bytes.size()));
  ChainedOffsets panel(layout, bytes);
  ASSERT_GT(panel.started, 0);
  ASSERT_GT(panel.plain, 0);
  for (int64_t at : {panel.starts, panel.starts + 2, panel.steps - 2,
                     panel.steps, static_cast<int64_t>(bytes.size()) - 1}) {
    std::vector<uint8_t> other = bytes;
    other[at] ^= 1;
    EXPECT_FALSE(unpackWeights(layout, other.data(), other.size())) << at;
  }
}

TEST(PackingChains, RefusesChainsWithoutABiasThatAreWrong) {
  PackedLayout layout{PackedForm::Chained, 16, 0, 16, 64};
  RandomWeights weights(layout, WeightKind::Bell, 1, 90);
  std::vector<uint8_t> bytes = packWeights(layout, weights.getParts());
  ASSERT_TRUE(unpackWeights(layout, bytes.data(), bytes.size()));
  int64_t panel = 64, orders = panel + 64 + 16 * 4;
  auto refuses = [&](int64_t at, std::vector<uint8_t> values) {
    std::vector<uint8_t> other = bytes;
    std::copy(values.begin(), values.end(), other.begin() + at);
    return !unpackWeights(layout, other.data(), other.size());
  };
  EXPECT_TRUE(refuses(panel, {1, 0, 0, 0})); // one with a start
  EXPECT_TRUE(refuses(orders, {1, 0}));      // another order
  EXPECT_TRUE(refuses(orders, {0x80}));      // turned
  // Of the last chain: the sum of a lane would wrap around.
  int64_t last = bytes.size() - 16 * 8;
  std::vector<uint8_t> large(16 * 8, 127);
  EXPECT_TRUE(refuses(last, large));
}

TEST(PackingChains, RefusesStepsThatSaturate) {
  PackedLayout layout{PackedForm::Chained, 16, 128, 16, 32};
  RandomWeights weights(layout, WeightKind::Lowest, 1);
  std::fill(weights.codes.begin(), weights.codes.end(), int8_t{1});
  std::vector<uint8_t> bytes = packWeights(layout, weights.getParts());
  ASSERT_TRUE(unpackWeights(layout, bytes.data(), bytes.size()));
  ChainedOffsets panel(layout, bytes);
  ASSERT_GT(panel.started, 0);
  auto isTurned = [&](int64_t place) {
    return (bytes[panel.orders + place] & 0x80) != 0;
  };
  // The second lane, which takes off no bias of others, has 127 and 127 of its
  // first step: the sum fits, the step does not.
  int32_t place = 0;
  int16_t start = 0;
  std::memcpy(&place, bytes.data() + panel.places, 4);
  for (int64_t i : {2, 3}) {
    bytes[panel.steps + i] = 127;
    auto second = static_cast<int8_t>(bytes[panel.steps + 16 * 4 + i]);
    start = static_cast<int16_t>(start - (128 - isTurned(place + i)) * 127 -
                                 (128 - isTurned(place + 4 + i)) * second);
  }
  std::memcpy(bytes.data() + panel.starts + 2, &start, 2);
  EXPECT_FALSE(unpackWeights(layout, bytes.data(), bytes.size()));
}

TEST(PackingChains, MakesThePlannedChains) {
  for (int64_t bias : {0, 128}) {
    PackedLayout layout{PackedForm::Chained, chainColumns, bias, 33, 172};
    RandomWeights weights(layout, WeightKind::Full, 2);
    std::optional<ChainPlan> plan =
        planChains(layout, weights.codes.data(), infinity);
    ASSERT_TRUE(plan);
    WeightParts parts = weights.getParts();
    std::vector<uint8_t> expected = packWeights(layout, parts);
    parts.plan = &*plan;
    EXPECT_EQ(packWeights(layout, parts), expected);
  }
}
} // namespace
