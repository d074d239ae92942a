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
