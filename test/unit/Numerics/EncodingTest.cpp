//===- EncodingTest.cpp - Exact block quantisers ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Numerics/Encoding.h"
#include "gtest/gtest.h"
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace numerics = quantc::numerics;

namespace {
constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();

struct Block {
  std::vector<int8_t> codes;
  float scale;
};

Block encode(const std::vector<float> &x, numerics::CodeRange range) {
  Block block{std::vector<int8_t>(x.size()), -1};
  numerics::encodeAbsMax(x.data(), static_cast<int64_t>(x.size()), range,
                         block.codes.data(), &block.scale);
  return block;
}

std::vector<float> drawNormal(int64_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal;
  std::vector<float> x(count);
  for (float &value : x)
    value = normal(engine);
  return x;
}

/// Signal to noise in decibels of blocks of `size`.
double measureNoise(int64_t size, numerics::CodeRange range) {
  double signal = 0, noise = 0;
  std::vector<float> all = drawNormal(65536, 1);
  for (int64_t from = 0; from < 65536; from += size) {
    std::vector<float> x(all.begin() + from, all.begin() + from + size);
    Block block = encode(x, range);
    for (int64_t i = 0; i < size; ++i) {
      double error = x[i] - static_cast<double>(block.codes[i]) * block.scale;
      signal += static_cast<double>(x[i]) * x[i];
      noise += error * error;
    }
  }
  return 10 * std::log10(signal / noise);
}

TEST(AbsMax, EncodesTheCommonBlock) {
  // The codes of Q8_0 on this block.
  Block block = encode({0.11f, -0.52f, 1.97f, 0.003f, -3.2f, 0.75f, -0.031f, 0},
                       {-127, 127});
  EXPECT_EQ(block.codes, (std::vector<int8_t>{4, -21, 78, 0, -127, 30, -1, 0}));
  EXPECT_EQ(block.scale, 3.2f / 127);
}

TEST(AbsMax, HasUnsignedCodes) {
  Block block = encode({0, 1, 2, 3, 4}, {0, 255});
  EXPECT_EQ(block.scale, 4.0f / 255);
  std::vector<uint8_t> codes(block.codes.begin(), block.codes.end());
  EXPECT_EQ(codes, (std::vector<uint8_t>{0, 64, 128, 191, 255}));
}

TEST(AbsMax, DoesTheStatedOperations) {
  for (int64_t k : {1, 8, 31, 33, 172, 4097})
    for (int high : {7, 64, 90, 100, 127}) {
      std::vector<float> x = drawNormal(k, static_cast<unsigned>(k));
      Block block = encode(x, {-high, high});
      float amax = 0;
      for (float value : x)
        amax = std::fmax(amax, std::fabs(value));
      float factor = static_cast<float>(high) / amax;
      ASSERT_EQ(block.scale, amax / static_cast<float>(high));
      for (int64_t i = 0; i < k; ++i)
        ASSERT_EQ(block.codes[i], std::lrintf(x[i] * factor)) << k << ' ' << i;
    }
}

TEST(AbsMax, RoundsTiesToEven) {
  Block block =
      encode({127, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f, 126.5f}, {-127, 127});
  EXPECT_EQ(block.codes, (std::vector<int8_t>{127, 0, 2, 2, 0, -2, -2, 126}));
}

TEST(AbsMax, ClampsToTheRange) {
  Block block = encode({10, -10, 5, -5}, {-3, 7});
  EXPECT_EQ(block.codes, (std::vector<int8_t>{7, -3, 4, -3}));
}

TEST(AbsMax, TakesTinyBlocksForZero) {
  for (float x : {0.0f, -0.0f, 0x1p-101f, -0x1p-149f}) {
    Block block = encode({x, 0, x}, {-127, 127});
    EXPECT_EQ(block.scale, 0) << x;
    EXPECT_EQ(block.codes, (std::vector<int8_t>{0, 0, 0})) << x;
  }
  EXPECT_EQ(encode({0x1p-100f}, {-127, 127}).codes[0], 127);
  EXPECT_EQ(encode({}, {-127, 127}).scale, 0);
}

TEST(AbsMax, ReachesTheLargestFloat) {
  float largest = std::numeric_limits<float>::max();
  Block block = encode({largest, -largest, largest / 2}, {-127, 127});
  EXPECT_EQ(block.codes, (std::vector<int8_t>{127, -127, 64}));
  EXPECT_EQ(block.scale, largest / 127);
}

TEST(AbsMax, LetsNoNumberThrough) {
  for (float bad : {infinity, -infinity, notANumber, -notANumber})
    for (size_t place : {0, 1, 2}) {
      std::vector<float> x{1, 2, 3};
      x[place] = bad;
      EXPECT_TRUE(std::isnan(encode(x, {-127, 127}).scale)) << bad;
    }
}

TEST(AbsMax, HasTheKnownNoise) {
  EXPECT_NEAR(measureNoise(128, {-127, 127}), 43.77, 0.2);
  EXPECT_NEAR(measureNoise(32, {-7, 7}), 20.19, 0.2);
  EXPECT_NEAR(measureNoise(128, {-7, 7}), 18.55, 0.2);
}

TEST(Nibbles, LieLowFirst) {
  std::vector<int8_t> codes{-8, 7, -3, -8, 0, -6, -8, -8};
  std::vector<uint8_t> bytes(4);
  numerics::packNibbles(codes.data(), 8, bytes.data());
  EXPECT_EQ(bytes, (std::vector<uint8_t>{0x78, 0x8d, 0xa0, 0x88}));
}

TEST(Nibbles, ComeBackAlsoWhenOdd) {
  for (int64_t count : {0, 1, 2, 31, 32}) {
    std::vector<int8_t> codes(count), back(count);
    for (int64_t i = 0; i < count; ++i)
      codes[i] = static_cast<int8_t>(i % 16 - 8);
    std::vector<uint8_t> bytes((count + 1) / 2);
    numerics::packNibbles(codes.data(), count, bytes.data());
    numerics::unpackNibbles(bytes.data(), count, back.data());
    EXPECT_EQ(back, codes);
    if (count % 2)
      EXPECT_EQ(bytes.back() >> 4, 0);
  }
}
} // namespace
