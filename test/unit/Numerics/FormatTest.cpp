//===- FormatTest.cpp - Number formats -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Numerics/Format.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace quantc::numerics;

static ElementFormat element(const char *spelling) {
  std::optional<ElementFormat> format = ElementFormat::parse(spelling);
  EXPECT_TRUE(format) << spelling;
  return format.value_or(ElementFormat{ElementFormat::Kind::Binary, 1});
}

TEST(FormatTest, SpellingsAreRead) {
  for (const char *spelling : {"s2",
                               "s8",
                               "s32",
                               "u1",
                               "u16",
                               "f4E2M1",
                               "f6E2M3",
                               "f6E3M2",
                               "f8E4M3",
                               "f8E5M2",
                               "float<3, 4>",
                               "float<2, 1, bias = 3>",
                               "float<4, 3, implicit = 0>",
                               "float<4, 3, bias = 2, implicit = 0>",
                               "log<4>",
                               "dint<4>",
                               "sdr<4>",
                               "ternary",
                               "binary",
                               "nf4"})
    EXPECT_EQ(element(spelling).spell(), spelling);
  EXPECT_EQ(element("float<2,1>").spell(), "f4E2M1");
  EXPECT_EQ(element("float<3, 4, bias = 3>").spell(), "float<3, 4>");
  for (const char *spelling : {"",
                               "s",
                               "s1",
                               "s33",
                               "s08",
                               "u0",
                               "u17",
                               "s8 ",
                               "f4",
                               "float<",
                               "float<>",
                               "float<4>",
                               "float<0, 3>",
                               "float<9, 3>",
                               "float<8, 8>",
                               "float<4, 3",
                               "float<4, 3, bias>",
                               "float<4, 3, size = 1>",
                               "float<4, 0, implicit = 0>",
                               "float<4, 3, bias = 99999999999>",
                               "log<1>",
                               "log<9>",
                               "log<4, 4>",
                               "dint",
                               "int<4>"})
    EXPECT_FALSE(ElementFormat::parse(spelling)) << spelling;
  for (const char *spelling : {"f32", "f16", "bf16", "e8m0", "e4m3", "exp<8>",
                               "exp<32>", "shift<3>", "s8", "u6"}) {
    ASSERT_TRUE(ScaleFormat::parse(spelling)) << spelling;
    EXPECT_EQ(ScaleFormat::parse(spelling)->spell(), spelling);
  }
  for (const char *spelling :
       {"", "f64", "exp<16>", "shift<0>", "shift<5>", "s1"})
    EXPECT_FALSE(ScaleFormat::parse(spelling)) << spelling;
}

TEST(FormatTest, Values) {
  EXPECT_EQ(element("s4").decode(0x8), -8);
  EXPECT_EQ(element("s32").decode(0x80000000u), -2147483648.0);
  EXPECT_EQ(element("u4").decode(0xF), 15);
  // E2M1: 0 0.5 1 1.5 2 3 4 6.
  const double e2m1[] = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
  for (uint32_t code = 0; code < 8; ++code) {
    EXPECT_EQ(element("f4E2M1").decode(code), e2m1[code]);
    EXPECT_EQ(element("f4E2M1").decode(code | 8), -e2m1[code]);
  }
  EXPECT_EQ(element("f8E4M3").decode(0x7E), 448);
  EXPECT_TRUE(std::isnan(element("f8E4M3").decode(0x7F)));
  EXPECT_EQ(element("f8E5M2").decode(0x7B), 57344);
  EXPECT_TRUE(std::isinf(element("f8E5M2").decode(0x7C)));
  EXPECT_EQ(element("f6E3M2").decode(0x1F), 28);
  EXPECT_EQ(element("f6E2M3").decode(0x1F), 7.5);
  // Without specials the top code is a number, 480 for E4M3.
  EXPECT_EQ(element("float<4, 3>").decode(0x7F), 480);
  // Without the implicit one: 2^(e - bias) * m / 2^M.
  EXPECT_EQ(element("float<2, 2, bias = 1, implicit = 0>").decode(0b00111),
            0.75);
  EXPECT_EQ(element("float<2, 2, bias = 1, implicit = 0>").decode(0b11111), -3);
  EXPECT_EQ(element("log<4>").decode(0b1011), -8);
  EXPECT_EQ(element("dint<4>").decode(0x8), -0.5);
  EXPECT_EQ(element("dint<4>").decode(0x7), 0.5);
  EXPECT_EQ(element("dint<4>").decode(0x9), -7);
  EXPECT_EQ(element("sdr<4>").decode(0xF), -7);
  EXPECT_EQ(element("ternary").decode(3), -1);
  EXPECT_EQ(element("binary").decode(0), -1);
  EXPECT_EQ(element("nf4").decode(15), 1);
  EXPECT_EQ(element("nf4").decode(7), 0);
}

TEST(FormatTest, EveryCodeIsEncodedToItself) {
  for (const char *spelling :
       {"s2", "s8", "u4", "f4E2M1", "f6E2M3", "f6E3M2", "f8E4M3", "f8E5M2",
        "float<3, 4>", "float<3, 2, implicit = 0>", "log<4>", "dint<4>",
        "sdr<4>", "ternary", "binary", "nf4"}) {
    ElementFormat format = element(spelling);
    for (uint32_t code = 0; code < (1u << format.bits); ++code) {
      double value = format.decode(code);
      if (std::isinf(value) || (format.spell() == "ternary" && code == 2))
        continue;
      double again = format.decode(format.encode(value));
      if (std::isnan(value)) {
        EXPECT_TRUE(std::isnan(again)) << spelling << " " << code;
        continue;
      }
      EXPECT_EQ(again, value) << spelling << " " << code;
      EXPECT_EQ(std::signbit(again), std::signbit(value));
    }
  }
}

TEST(FormatTest, RoundsToNearestEvenAndSaturates) {
  EXPECT_EQ(element("s8").encode(2.5), 2u);
  EXPECT_EQ(element("s8").encode(-3.5), 0xFCu);
  EXPECT_EQ(element("s8").encode(1000), 127u);
  EXPECT_EQ(element("s8").encode(-1000), 0x80u);
  EXPECT_EQ(element("u4").encode(-1), 0u);
  EXPECT_EQ(element("s8").encode(NAN), 0u);
  ElementFormat e2m1 = element("f4E2M1");
  EXPECT_EQ(e2m1.decode(e2m1.encode(2.5)), 2);
  EXPECT_EQ(e2m1.decode(e2m1.encode(3.5)), 4);
  EXPECT_EQ(e2m1.decode(e2m1.encode(100)), 6);
  EXPECT_EQ(e2m1.decode(e2m1.encode(-INFINITY)), -6);
  EXPECT_EQ(e2m1.encode(-0.1), 8u);
  EXPECT_EQ(element("f8E4M3").decode(element("f8E4M3").encode(1e9)), 448);
  EXPECT_EQ(element("f8E5M2").decode(element("f8E5M2").encode(INFINITY)),
            57344);
  EXPECT_EQ(element("binary").encode(0.25), 1u);
}

TEST(FormatTest, Scales) {
  auto scale = [](const char *spelling, uint32_t code) {
    return ScaleFormat::parse(spelling)->decode(code);
  };
  EXPECT_EQ(scale("f32", 0x3F800000u), 1);
  EXPECT_EQ(scale("bf16", 0xC000u), -2);
  EXPECT_EQ(scale("f16", 0x3C00u), 1);
  EXPECT_EQ(scale("f16", 0x0001u), std::ldexp(1.0, -24));
  EXPECT_EQ(scale("e8m0", 130), 8);
  EXPECT_TRUE(std::isnan(scale("e8m0", 255)));
  EXPECT_EQ(scale("e4m3", 0x7E), 448);
  EXPECT_EQ(scale("exp<8>", 0xFF), 0.5);
  EXPECT_EQ(scale("exp<32>", 10), 1024);
  EXPECT_EQ(scale("shift<3>", 7), 128);
  EXPECT_EQ(scale("s8", 0xFF), -1);
  EXPECT_EQ(scale("u6", 63), 63);
  EXPECT_TRUE(ScaleFormat::parse("s8")->isRelative());
  EXPECT_FALSE(ScaleFormat::parse("exp<8>")->isRelative());
  EXPECT_FALSE(ScaleFormat::parse("e8m0")->isIntegerOnly());
}
