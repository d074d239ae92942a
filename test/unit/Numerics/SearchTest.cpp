//===- SearchTest.cpp - Searched scales -------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Numerics/Encoding.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace numerics = quantc::numerics;

namespace {
struct Channel {
  std::vector<int8_t> codes, multipliers;
  float scale;

  double decode(int64_t i) const {
    return static_cast<double>(codes[i]) * multipliers[i / 32] * scale;
  }
};

Channel encode(const std::vector<float> &x,
               numerics::CodeRange range = {-8, 7}) {
  int64_t count = static_cast<int64_t>(x.size());
  Channel channel{std::vector<int8_t>(count),
                  std::vector<int8_t>((count + 31) / 32), -1};
  numerics::encodeSearched(x.data(), count, 32, range, channel.codes.data(),
                           channel.multipliers.data(), &channel.scale);
  return channel;
}

std::vector<float> drawNormal(int64_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal;
  std::vector<float> x(count);
  for (float &value : x)
    value = normal(engine);
  return x;
}

double getError(const std::vector<float> &x, const Channel &channel) {
  double error = 0;
  for (size_t i = 0; i < x.size(); ++i)
    error += std::pow(x[i] - channel.decode(static_cast<int64_t>(i)), 2);
  return error;
}

/// The least error of any scale, on a grid far finer than the search's.
double getLeastError(const std::vector<float> &x) {
  double amax = 0, least = std::numeric_limits<double>::infinity();
  for (float value : x)
    amax = std::max(amax, std::fabs(static_cast<double>(value)));
  for (int step = -4000; step <= 4000; ++step) {
    double d = amax * step / 4000 * 1.3 / 7, error = 0;
    for (float value : x) {
      double q = step ? std::nearbyint(value / d) : 0;
      error += std::pow(value - d * std::min(std::max(q, -8.0), 7.0), 2);
    }
    least = std::min(least, error);
  }
  return least;
}

TEST(Search, IsAsGoodAsBruteForce) {
  // One block, so that its multiplier is one of the largest and its scale
  // exact.
  double ours = 0, best = 0;
  for (unsigned seed = 0; seed < 40; ++seed) {
    std::vector<float> x = drawNormal(seed % 2 ? 32 : 17, seed);
    Channel channel = encode(x);
    EXPECT_GE(std::abs(channel.multipliers[0]), 12);
    ours += getError(x, channel);
    best += getLeastError(x);
    EXPECT_LT(getError(x, channel), 1.08 * getLeastError(x)) << seed;
  }
  EXPECT_LT(ours, 1.01 * best);
}

TEST(Search, EncodesWithTheStoredScale) {
  for (int64_t k : {1, 8, 31, 33, 172, 4097}) {
    std::vector<float> x = drawNormal(k, static_cast<unsigned>(k));
    for (int64_t i = 0; i < k; ++i)
      x[i] *= static_cast<float>(1 + i / 32 % 5);
    Channel channel = encode(x);
    int largest = 0;
    for (int8_t multiplier : channel.multipliers)
      largest = std::max(largest, std::abs(multiplier));
    EXPECT_GE(largest, 12);
    EXPECT_LE(largest, 15);
    for (int8_t code : encode(x, {-7, 7}).codes)
      ASSERT_GE(code, -7);
    for (int64_t i = 0; i < k; ++i) {
      double scale =
          static_cast<double>(channel.multipliers[i / 32]) * channel.scale;
      double error = std::fabs(x[i] - channel.decode(i));
      for (int code = -8; code <= 7; ++code)
        ASSERT_LE(error, std::fabs(x[i] - scale * code) * (1 + 1e-6) + 1e-7);
    }
  }
}

TEST(Search, LosesLittleToExactScales) {
  // Blocks on their own have exact scales: what rounding those of a channel to
  // multipliers costs, some 5 % of the error where they differ by up to 2.
  std::vector<float> x = drawNormal(4096, 5);
  double best = 0;
  for (size_t from = 0; from < x.size(); from += 32) {
    for (size_t i = from; i < from + 32; ++i)
      x[i] *= std::exp2f(static_cast<float>(from / 32 % 5) / 4);
    std::vector<float> block(x.begin() + from, x.begin() + from + 32);
    best += getError(block, encode(block));
  }
  EXPECT_LT(std::sqrt(getError(x, encode(x))), 1.06 * std::sqrt(best));
}

TEST(Search, BeatsTheExtremeOfTheBlock) {
  // Q4_0, whose scale is the extreme by -8, has 21.29 dB.
  std::vector<float> x = drawNormal(65536, 2);
  double signal = 0;
  for (float value : x)
    signal += static_cast<double>(value) * value;
  EXPECT_GT(10 * std::log10(signal / getError(x, encode(x))), 21.4);
}

TEST(Search, DoesNotDependOnTheMagnitude) {
  std::vector<float> x = drawNormal(172, 3);
  Channel expected = encode(x);
  for (int power : {-90, -60, 40, 100, 120}) {
    std::vector<float> scaled;
    for (float value : x)
      scaled.push_back(std::ldexp(value, power));
    Channel channel = encode(scaled);
    EXPECT_EQ(channel.codes, expected.codes) << power;
    EXPECT_EQ(channel.multipliers, expected.multipliers) << power;
    EXPECT_EQ(channel.scale, std::ldexp(expected.scale, power));
  }
}

TEST(Search, KeepsZerosAndTinyBlocks) {
  std::vector<float> x(96, 0.0f);
  EXPECT_EQ(getError(x, encode(x)), 0);
  EXPECT_EQ(encode(x).scale, 0);
  x[40] = 100;
  x[70] = 1e-4f; // far below the resolution of the multipliers
  Channel channel = encode(x);
  EXPECT_NEAR(channel.decode(40), 100, 1e-4);
  EXPECT_EQ(channel.multipliers[0], 0);
  EXPECT_EQ(channel.multipliers[2], 0);
  EXPECT_EQ(channel.codes[70], 0);
}

TEST(Search, LetsNoNumberThrough) {
  for (float bad : {std::numeric_limits<float>::infinity(),
                    std::numeric_limits<float>::quiet_NaN()}) {
    std::vector<float> x = drawNormal(64, 4);
    x[50] = bad;
    EXPECT_TRUE(std::isnan(encode(x).scale));
  }
}
} // namespace
