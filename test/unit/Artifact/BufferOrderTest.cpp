//===- BufferOrderTest.cpp - Which buffers lie under which ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Artifact/BufferOrder.h"

#include "llvm/ADT/STLExtras.h"
#include <gtest/gtest.h>
#include <random>

using namespace llvm;
using namespace quantc;

namespace {
/// The bytes of all if they have the sizes they were ordered for; each pair
/// that is needed at once must lie apart.
int64_t layOutChecked(ArrayRef<LiveBuffer> buffers, const BufferOrder &order,
                      ArrayRef<int64_t> bytes) {
  SmallVector<int64_t> offsets;
  int64_t end = layOut(order, bytes, offsets);
  for (size_t a = 0; a < buffers.size(); ++a) {
    EXPECT_GE(offsets[a], 0);
    EXPECT_LE(offsets[a] + bytes[a], end);
    for (size_t b = 0; b < a; ++b)
      if (buffers[a].first <= buffers[b].last &&
          buffers[b].first <= buffers[a].last) {
        EXPECT_TRUE(offsets[a] + bytes[a] <= offsets[b] ||
                    offsets[b] + bytes[b] <= offsets[a])
            << a << " and " << b;
      }
  }
  return end;
}

int64_t layOutChecked(ArrayRef<LiveBuffer> buffers) {
  auto bytes = to_vector(map_range(
      buffers, [](const LiveBuffer &buffer) { return buffer.bytes; }));
  int64_t end = layOutChecked(buffers, orderBuffers(buffers), bytes);
  EXPECT_GE(end, getLargestLiveSet(buffers));
  return end;
}

/// Slots that have one buffer at a time: what no order may exceed.
int64_t getBytesOfSlots(ArrayRef<LiveBuffer> buffers) {
  std::vector<std::pair<size_t, int64_t>> slots; // free from, bytes
  SmallVector<LiveBuffer> sorted(buffers);
  sort(sorted, [](const LiveBuffer &a, const LiveBuffer &b) {
    return std::tuple(a.first, a.last, a.bytes) <
           std::tuple(b.first, b.last, b.bytes);
  });
  for (const LiveBuffer &buffer : sorted) {
    auto waste = [&](int64_t bytes) {
      return bytes >= buffer.bytes ? std::pair<int, int64_t>(0, bytes)
                                   : std::pair<int, int64_t>(1, -bytes);
    };
    std::pair<size_t, int64_t> *chosen = nullptr;
    for (auto &slot : slots)
      if (slot.first <= buffer.first &&
          (!chosen || waste(slot.second) < waste(chosen->second)))
        chosen = &slot;
    if (!chosen)
      chosen = &slots.emplace_back(0, 0);
    *chosen = {buffer.last + 1, std::max(chosen->second, buffer.bytes)};
  }
  int64_t total = 0;
  for (const auto &slot : slots)
    total += slot.second;
  return total;
}
} // namespace

TEST(BufferOrderTest, NothingNeedsNothing) {
  EXPECT_EQ(layOutChecked({}), 0);
  EXPECT_EQ(getLargestLiveSet({}), 0);
}

TEST(BufferOrderTest, ChainsTakeTheirLargestPair) {
  EXPECT_EQ(layOutChecked({{10, 0, 1}, {30, 1, 2}, {20, 2, 3}, {30, 3, 4}}),
            50);
}

TEST(BufferOrderTest, SmallOnesShareALargeOne) {
  EXPECT_EQ(layOutChecked({{100, 0, 1},
                           {10, 1, 2},
                           {30, 2, 5},
                           {30, 3, 5},
                           {30, 4, 5},
                           {10, 5, 6}}),
            110);
}

TEST(BufferOrderTest, AShortcutLiesOutOfTheWay) {
  // Residual blocks: a shortcut lives across, with nothing lost beside it.
  EXPECT_EQ(layOutChecked({{64, 0, 3},
                           {16, 1, 2},
                           {16, 2, 3},
                           {64, 3, 6},
                           {32, 4, 5},
                           {32, 5, 6},
                           {64, 6, 7}}),
            160);
}

TEST(BufferOrderTest, EmptyOnesLieApartWhenTheyAreNot) {
  std::vector<LiveBuffer> buffers = {{0, 0, 4}, {0, 1, 3}, {8, 2, 3}};
  layOutChecked(buffers, orderBuffers(buffers), {5, 7, 3});
}

TEST(BufferOrderTest, RandomLifetimes) {
  std::mt19937 random(7);
  auto draw = [&](int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random);
  };
  double ratios = 0;
  for (int trial = 0; trial < 400; ++trial) {
    std::vector<LiveBuffer> buffers;
    int64_t steps = draw(1, 60);
    for (int64_t i = draw(1, 80); i > 0; --i) {
      size_t first = draw(0, steps - 1);
      int64_t length = draw(0, 9) == 0 ? draw(0, steps) : draw(0, 3);
      int64_t bytes = draw(0, 2) == 0 ? draw(0, 4000) : 64 << draw(0, 6);
      buffers.push_back({bytes, first, first + length});
    }
    int64_t end = layOutChecked(buffers);
    EXPECT_LE(end, getBytesOfSlots(buffers));
    ratios += double(end) / std::max<int64_t>(getLargestLiveSet(buffers), 1);
    // The order holds at all other sizes.
    std::vector<int64_t> others;
    for (size_t i = 0; i < buffers.size(); ++i)
      others.push_back(draw(0, 1000));
    layOutChecked(buffers, orderBuffers(buffers), others);
  }
  // On average hardly anything is lost: it was 1.005.
  EXPECT_LT(ratios / 400, 1.01);
}
