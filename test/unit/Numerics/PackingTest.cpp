//===- PackingTest.cpp - Weights in panels ----------------------*- C++ -*-===//
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
#include <random>

using namespace quantc::numerics;

namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr PackedForm forms[] = {
    PackedForm::F32, PackedForm::S8,   PackedForm::Matched, PackedForm::W4I,
    PackedForm::W4S, PackedForm::B32,  PackedForm::B32N,    PackedForm::Chained,
    PackedForm::S8F, PackedForm::B32F, PackedForm::W4F};

/// Calls with layouts of every form and tail.
template <typename Body> void forEachLayout(Body body) {
  for (PackedForm form : forms)
    for (int64_t k : {0, 1, 8, 31, 33, 172, 1024, 4097})
      for (int64_t n : {1, 16, 19})
        for (int64_t panel : {8, 16, 32})
          for (int64_t bias : {0, 128}) {
            if (form == PackedForm::Chained && panel != chainColumns)
              continue;
            PackedLayout layout{form, panel, bias, n, k};
            SCOPED_TRACE(testing::Message()
                         << "form " << static_cast<int>(form) << ", n " << n
                         << ", k " << k << ", panel " << panel << ", bias "
                         << bias);
            body(layout);
          }
}

TEST(Packing, ComesBack) {
  forEachLayout([](const PackedLayout &layout) {
    RandomWeights weights(layout, WeightKind::Full, 1);
    std::vector<uint8_t> bytes = packWeights(layout, weights.getParts());
    auto back =
        unpackWeights(layout, bytes.data(), static_cast<int64_t>(bytes.size()));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->values, weights.values);
    EXPECT_EQ(back->codes, weights.codes);
    EXPECT_EQ(back->scales, weights.scales);
    EXPECT_EQ(back->multipliers, weights.multipliers);
    EXPECT_EQ(back->outer, weights.outer);
  });
}

/// Weights whose quarters are exact come back; where they lie is checked for
/// one channel.
TEST(Packing, MakesTilesOfWindows) {
  for (int64_t depth : {1, 5}) {
    PackedLayout layout{PackedForm::Winograd, 8, 0, 19, 9 * depth};
    std::vector<float> values(layout.n * layout.k);
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = static_cast<float>(static_cast<int>(i * 37 % 101) - 50);
    WeightParts parts;
    parts.values = values.data();
    std::vector<uint8_t> bytes = packWeights(layout, parts);
    ASSERT_EQ(static_cast<int64_t>(bytes.size()), 3 * 8 * 16 * depth * 4);
    auto back =
        unpackWeights(layout, bytes.data(), static_cast<int64_t>(bytes.size()));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->values, values);
    // Of output 9, which is the second column of the second panel, channel 0.
    const float *g = values.data() + 9 * layout.k;
    auto get = [&](int64_t e) {
      float value;
      std::memcpy(&value,
                  bytes.data() + (8 * 16 * depth + e * depth * 8 + 1) * 4,
                  sizeof value);
      return value;
    };
    auto tap = [&](int64_t i) { return g[i * depth]; };
    EXPECT_EQ(get(0), tap(0));
    EXPECT_EQ(get(1), (tap(0) + tap(1) + tap(2)) / 2);
    EXPECT_EQ(get(8), (tap(0) - tap(3) + tap(6)) / 2);
    EXPECT_EQ(get(15), tap(8));
  }
}

TEST(Packing, RefusesNegativeCounts) {
  PackedLayout layout{PackedForm::Matched, 8, 128, 8, 32};
  RandomWeights weights(layout, WeightKind::Bell, 1);
  std::vector<uint8_t> bytes = packWeights(layout, weights.getParts());
  auto size = static_cast<int64_t>(bytes.size());
  uint32_t panel = 0;
  std::memcpy(&panel, bytes.data(), sizeof panel);
  int32_t counts[] = {-1, 4}; // two pairs less than what they say
  std::memcpy(bytes.data() + panel, counts, sizeof counts);
  EXPECT_FALSE(unpackWeights(layout, bytes.data(), size));
}

TEST(Packing, RefusesChainsThatAreNowhere) {
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

TEST(Packing, RefusesMoreChainsThanABlockHas) {
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

TEST(Packing, RefusesChainsThatAreWrong) {
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

TEST(Packing, RefusesChainsWithoutABiasThatAreWrong) {
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

TEST(Packing, RefusesStepsThatSaturate) {
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

TEST(Packing, HasTheStatedSize) {
  forEachLayout([](const PackedLayout &layout) {
    RandomWeights weights(layout, WeightKind::Full, 2);
    auto size =
        static_cast<int64_t>(packWeights(layout, weights.getParts()).size());
    if (layout.form == PackedForm::Matched) {
      EXPECT_EQ(size, summarizeMatched(layout, weights.codes.data()).bytes);
      EXPECT_GE(size, layout.leastBytes());
    } else if (layout.form == PackedForm::Chained) {
      std::optional<ChainPlan> plan =
          planChains(layout, weights.codes.data(), infinity);
      ASSERT_TRUE(plan);
      EXPECT_EQ(size, plan->summary.bytes);
      EXPECT_GE(size, layout.leastBytes());
    } else {
      EXPECT_EQ(size, layout.leastBytes());
    }
  });
}

TEST(Packing, MakesThePlannedChains) {
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

TEST(Packing, HasTheLeastSizeWithoutASingleStep) {
  PackedLayout layout{PackedForm::Matched, 8, 128, 20, 1600};
  std::vector<int8_t> codes(layout.n * layout.k, 0);
  std::vector<float> scales(layout.n, 1);
  WeightParts parts;
  parts.codes = codes.data();
  parts.scales = scales.data();
  EXPECT_EQ(static_cast<int64_t>(packWeights(layout, parts).size()),
            layout.leastBytes());
}

TEST(Packing, AsksForNoMemoryBeforeItKnowsTheSize) {
  // Weights that no memory holds.
  for (PackedForm form : forms) {
    PackedLayout layout{form, 16, 128, int64_t(1) << 40, 64};
    std::vector<uint8_t> bytes(4096);
    EXPECT_FALSE(unpackWeights(layout, bytes.data(), 4096));
  }
}

TEST(Packing, NamesItsForms) {
  for (PackedForm form : forms)
    EXPECT_EQ(parsePackedForm(getTraits(form).name), form);
  EXPECT_FALSE(parsePackedForm("f33"));
}

TEST(Packing, TakesOddBytesForNoWeights) {
  std::mt19937 engine(3);
  for (PackedForm form : forms) {
    PackedLayout layout{form, 16, 128, 32, 172};
    RandomWeights weights(layout, WeightKind::Full, 3);
    std::vector<uint8_t> bytes = packWeights(layout, weights.getParts());
    auto size = static_cast<int64_t>(bytes.size());
    EXPECT_FALSE(unpackWeights(layout, bytes.data(), size - 1));
    EXPECT_FALSE(unpackWeights(layout, bytes.data(), 3));
    EXPECT_FALSE(unpackWeights(layout, nullptr, 0));
    // Whatever the bytes are, no read leaves them.
    for (int trial = 0; trial < 200; ++trial) {
      std::vector<uint8_t> wrong = bytes;
      for (int i = 0; i < 8; ++i)
        wrong[engine() % (i % 2 ? wrong.size() : 256)] =
            static_cast<uint8_t>(engine());
      unpackWeights(layout, wrong.data(), size);
    }
  }
}

TEST(Packing, PutsFloatsInColumns) {
  PackedLayout layout{PackedForm::F32, 2, 0, 3, 2};
  WeightParts parts;
  float values[] = {1, 2, 3, 4, 5, 6};
  parts.values = values;
  std::vector<uint8_t> bytes = packWeights(layout, parts);
  std::vector<float> floats(8);
  ASSERT_EQ(bytes.size(), 32u);
  std::memcpy(floats.data(), bytes.data(), 32);
  EXPECT_EQ(floats, (std::vector<float>{1, 3, 2, 4, 5, 0, 6, 0}));
}

TEST(Packing, KeepsRowsOutOfOneCacheSet) {
  for (int64_t k = 0; k <= 4200; ++k) {
    int64_t stride = activationStride(k);
    ASSERT_GE(stride, k);
    ASSERT_LE(stride, k + 127);
    ASSERT_EQ(stride % 64, 0);
    ASSERT_NE(stride % 512, 0);
  }
}
} // namespace
