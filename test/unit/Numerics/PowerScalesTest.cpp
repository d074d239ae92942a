//===- PowerScalesTest.cpp - Blocks scaled by powers of two -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Numerics/PowerScales.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

using namespace quantc::numerics;

namespace {

struct Block {
  int exponent;
  std::vector<double> values; ///< of the codes, without the scale
};

Block encode(std::string_view spelling, PowerRule rule,
             const std::vector<float> &x) {
  ElementFormat element = *ElementFormat::parse(spelling);
  auto high =
      static_cast<int32_t>(element.isInteger() ? element.getHighest() : 0);
  PowerEncoder encoder(element, rule, {-high, high});
  float amax = 0;
  for (float value : x)
    amax = std::max(amax, std::fabs(value));
  Block block{encoder.chooseExponent(amax), {}};
  for (float value : x) {
    uint32_t code = encoder.encode(value, block.exponent);
    block.values.push_back(element.isInteger() ? static_cast<int32_t>(code)
                                               : element.decode(code));
  }
  return block;
}

void expectBlock(std::string_view spelling, PowerRule rule,
                 const std::vector<float> &x, int exponent,
                 const std::vector<double> &values) {
  SCOPED_TRACE(std::string(spelling));
  Block block = encode(spelling, rule, x);
  EXPECT_EQ(block.exponent, exponent);
  EXPECT_EQ(block.values, values);
}

const std::vector<float> common = {.11F,  -.52F, 1.97F,  .003F,
                                   -3.2F, .75F,  -.031F, 0};

// Stored exponents of e8m0 are these plus 127; those of MX's int8 count its
// elements as 64ths.
TEST(PowerScales, FormatsOfMX) {
  expectBlock("f8E4M3", PowerRule::Floor, common, -7,
              {14, -64, 256, .375, -416, 96, -4, 0});
  expectBlock("f8E5M2", PowerRule::Floor, common, -14,
              {1792, -8192, 32768, 48, -49152, 12288, -512, 0});
  expectBlock("f6E3M2", PowerRule::Floor, common, -3,
              {.875, -4, 16, 0, -24, 6, -.25, 0});
  expectBlock("f6E2M3", PowerRule::Floor, common, -1,
              {.25, -1, 4, 0, -6.5, 1.5, 0, 0});
  expectBlock("f4E2M1", PowerRule::Floor, common, -1,
              {0, -1, 4, 0, -6, 1.5, 0, 0});
  expectBlock("s8", PowerRule::Floor, common, -5,
              {4, -17, 63, 0, -102, 24, -1, 0});
}

TEST(PowerScales, BlockFloatingPoint) {
  expectBlock("s6", PowerRule::Ceil, common, -3, {1, -4, 16, 0, -26, 6, 0, 0});
  expectBlock("s4", PowerRule::Ceil, common, -1, {0, -1, 4, 0, -6, 2, 0, 0});
  expectBlock("s8", PowerRule::Ceil, common, -5,
              {4, -17, 63, 0, -102, 24, -1, 0});
  // At a power of two the largest loses the last bit of its code.
  expectBlock("s6", PowerRule::Ceil, {1, -.25F, .078125F}, -5, {31, -8, 2});
}

TEST(PowerScales, RulesDiffer) {
  const std::vector<float> ties = {7.9F,  -1.25F, .25F, .75F,
                                   -2.5F, 5,      3.5F, -.0625F};
  expectBlock("f4E2M1", PowerRule::Floor, ties, 0, {6, -1, 0, 1, -2, 4, 4, 0});
  EXPECT_EQ(encode("f4E2M1", PowerRule::RoundCeil, ties).exponent, 1);
  EXPECT_EQ(encode("f4E2M1", PowerRule::RoundCeil, ties).values[0], 4);
  EXPECT_EQ(encode("f4E2M1", PowerRule::Even, ties).exponent, 1);
  auto exponentOf = [](PowerRule rule, float amax) {
    return encode("f4E2M1", rule, {amax}).exponent;
  };
  // 6 is the largest, 7 the tie between 6 and 8.
  EXPECT_EQ(exponentOf(PowerRule::RoundCeil, 6), 0);
  EXPECT_EQ(exponentOf(PowerRule::RoundCeil, std::nextafter(6.F, 7.F)), 1);
  EXPECT_EQ(exponentOf(PowerRule::Even, std::nextafter(7.F, 6.F)), 0);
  EXPECT_EQ(exponentOf(PowerRule::Even, 7), 1);
  EXPECT_EQ(exponentOf(PowerRule::Ceil, 4), 0);
  EXPECT_EQ(exponentOf(PowerRule::Ceil, std::nextafter(4.F, 5.F)), 1);
}

/// The signal over the error in dB, of 65536 normal numbers.
double measure(std::string_view spelling, PowerRule rule, size_t block) {
  std::mt19937 engine(0);
  std::normal_distribution<float> normal;
  double signal = 0, error = 0;
  for (size_t at = 0; at < 65536; at += block) {
    std::vector<float> x(block);
    for (float &value : x)
      value = normal(engine);
    Block coded = encode(spelling, rule, x);
    for (size_t i = 0; i < block; ++i) {
      double back = std::ldexp(coded.values[i], coded.exponent);
      signal += double(x[i]) * x[i];
      error += (x[i] - back) * (x[i] - back);
    }
  }
  return 10 * std::log10(signal / error);
}

// Published anchors; the seed moves them by less than a tenth.
TEST(PowerScales, LoseAsMuchAsPublished) {
  EXPECT_NEAR(measure("s6", PowerRule::Ceil, 16), 30.72, 0.1);
  EXPECT_NEAR(measure("s4", PowerRule::Ceil, 16), 18.62, 0.1);
  EXPECT_NEAR(measure("s8", PowerRule::Floor, 32), 41.62, 0.1);
  EXPECT_NEAR(measure("f8E4M3", PowerRule::Floor, 32), 30.60, 0.1);
  EXPECT_NEAR(measure("f8E5M2", PowerRule::Floor, 32), 25.36, 0.1);
  EXPECT_NEAR(measure("f6E2M3", PowerRule::Floor, 32), 30.94, 0.1);
  EXPECT_NEAR(measure("f6E3M2", PowerRule::Floor, 32), 25.36, 0.1);
  EXPECT_NEAR(measure("f4E2M1", PowerRule::Floor, 32), 18.74, 0.1);
}

} // namespace
