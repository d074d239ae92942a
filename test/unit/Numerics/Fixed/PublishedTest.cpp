//===- PublishedTest.cpp - I-BERT and I-ViT by their vectors ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Numerics/Fixed/Published.h"
#include "gtest/gtest.h"

#include <algorithm>
#include <cmath>
#include <vector>

using namespace quantc::numerics::fixed;
using Integers = std::vector<int32_t>;
using Longs = std::vector<int64_t>;

TEST(Dyadic, HasThePublishedMultipliers) {
  auto expect = [](double ratio, int64_t multiplier, int32_t places) {
    Dyadic dyadic = makeDyadic(ratio);
    EXPECT_EQ(dyadic.multiplier, multiplier);
    EXPECT_EQ(dyadic.places, places);
  };
  expect(0.0037, 2034096511, 39);
  expect(1.5, 1610612736, 30);
  expect(0.75, 1610612736, 31);
  expect(std::scalbn(1, -9), 1073741824, 39);
  // Just below a power of two.
  expect(1 - std::scalbn(1, -40), 1073741824, 30);
  Dyadic ratio = makeDyadic(0.0037);
  EXPECT_EQ(rescale(12345, ratio, 8), 46);
  EXPECT_EQ(rescale(-12345, ratio, 8), -46);
  EXPECT_EQ(rescale(135, ratio, 8), 0);
  EXPECT_EQ(rescale(1000000, ratio, 8), 127);
  EXPECT_EQ(rescale(-1000000, ratio, 8), -128);
}

TEST(Dyadic, RoundsTiesToEven) {
  // Against exact halves for every small number and several places.
  for (int64_t x = -5000; x <= 5000; ++x)
    for (int32_t places = 1; places < 12; ++places) {
      double exact = std::scalbn(static_cast<double>(x), -places);
      EXPECT_EQ(shiftToEven(x, places), std::nearbyint(exact));
    }
  EXPECT_EQ(shiftToEven((int64_t(1) << 61) - 1, 63), 0);
  EXPECT_EQ(shiftToEven(-(int64_t(1) << 61), 62), 0);
  EXPECT_EQ(shiftToEven(3, -2), 12);
}

TEST(IBert, ExpVector) {
  IntegerExp exp = IntegerExp::make(0.05);
  EXPECT_EQ(exp.ln2, -14);
  EXPECT_EQ(exp.b, 54);
  EXPECT_EQ(exp.c, 1116);
  Longs q{0, -1, -5, -14, -20, -60, -200};
  Longs p{1116, 1063, 871, 1116, 828, 916, 916};
  Integers z{0, 0, 0, 1, 1, 4, 14};
  for (size_t i = 0; i < q.size(); ++i) {
    int32_t places = -1;
    EXPECT_EQ(exp.evaluate(q[i], &places), p[i]);
    EXPECT_EQ(places, z[i]);
  }
}

TEST(IBert, SoftmaxVectors) {
  auto expect = [](double scale, const Integers &q, const Integers &weights,
                   const Integers &expected) {
    IntegerSoftmax softmax = IntegerSoftmax::make(scale);
    int32_t largest = *std::max_element(q.begin(), q.end());
    for (size_t i = 0; i < q.size(); ++i)
      EXPECT_EQ(softmax.weigh(q[i] - largest), weights[i]);
    Integers out(q.size());
    softmax.apply(q.data(), q.size(), out.data());
    EXPECT_EQ(out, expected);
  };
  expect(0.1, {12, -7, 30, 25}, {5491, 840, 32767, 19848}, {23, 3, 142, 86});
  expect(0.0625, {127, -128, 0, 100}, {32767, 0, 21, 6815}, {211, 0, 0, 44});
}

TEST(IBert, GeluVectors) {
  IntegerGelu small = IntegerGelu::make(0.05, 0);
  EXPECT_EQ(IntegerGelu::chooseDrop(0.05), 0);
  EXPECT_EQ(small.b, -51);
  EXPECT_EQ(small.c, -2771);
  EXPECT_EQ(small.one, -2771);
  EXPECT_NEAR(small.unit * 0.05, -9.025173e-6, 1e-11);
  Longs q{-64, -20, -5, 0, 5, 20, 64};
  Longs out{0, 19220, 10580, 0, -17130, -91620, -354688};
  for (size_t i = 0; i < q.size(); ++i)
    EXPECT_EQ(small.apply(q[i]), out[i]);

  IntegerGelu wide = IntegerGelu::make(2e-5, IntegerGelu::chooseDrop(2e-5));
  EXPECT_EQ(wide.drop, 14);
  EXPECT_EQ(wide.b, -125086);
  EXPECT_EQ(wide.c, -17312687327);
  EXPECT_EQ(wide.one, -1056683);
  Longs arguments{-160000, -50000, -12500, 0, 12500, 50000, 160000};
  Longs gates{1056682, 712572, 283024, 0, -283025, -712573, -1056683};
  for (size_t i = 0; i < arguments.size(); ++i)
    EXPECT_EQ(wide.gate(arguments[i]), gates[i] + wide.one);
}

TEST(IBert, NormVector) {
  Integers q{10, -3, 7, 25, -14, 0, 3, -8};
  Longs out(q.size());
  IntegerNorm{0, false}.apply(q.data(), q.size(), out.data());
  Longs expected{277094664,  -173184165, 173184165, 796647159,
                 -554189328, -69273666,  34636833,  -346368330};
  EXPECT_EQ(out, expected);
  EXPECT_EQ(IntegerNorm::makeIBert(1024, 16).drop, 5);
  EXPECT_EQ(IntegerNorm::makeIBert(1025, 16).drop, 6);
  EXPECT_EQ(IntegerNorm::makeIBert(8, 8).drop, 0);
  // Without variance there is nothing to divide by.
  Integers same(8, 5);
  IntegerNorm::makeIBert(8, 16).apply(same.data(), same.size(), out.data());
  EXPECT_EQ(out, Longs(8, 0));
}

TEST(IViT, ExpVector) {
  ShiftExp exp = ShiftExp::make(0.05, 15);
  EXPECT_EQ(exp.one, -20);
  Longs q{0, -1, -5, -14, -20, -60, -200};
  Longs e{655360, 638976, 540672, 327680, 262144, 34816, 33};
  for (size_t i = 0; i < q.size(); ++i)
    EXPECT_EQ(exp.evaluate(q[i]), e[i]);
}

TEST(IViT, ShiftmaxVector) {
  Integers q{12, -7, 30, 25}, out(4);
  Longs e{61440, 8704, 327680, 212992};
  Shiftmax narrow = Shiftmax::make(0.1, 8);
  for (size_t i = 0; i < q.size(); ++i)
    EXPECT_EQ(narrow.exp.evaluate(q[i] - 30), e[i]);
  narrow.apply(q.data(), q.size(), out.data());
  EXPECT_EQ(out, (Integers{12, 1, 68, 44}));
  Shiftmax::make(0.1, 16).apply(q.data(), q.size(), out.data());
  EXPECT_EQ(out, (Integers{3295, 466, 17575, 11423}));
}

TEST(IViT, ShiftGeluVector) {
  Integers q{-64, -20, -5, 0, 5, 20, 64};
  Longs sigma{0, 20, 50, 63, 75, 107, 126};
  Longs expected{0, -400, -250, 0, 375, 2140, 8064};
  ShiftGelu gelu = ShiftGelu::make(0.05);
  for (size_t i = 0; i < q.size(); ++i)
    EXPECT_EQ(gelu.gate(q[i], 64), sigma[i]);
  Longs out(q.size());
  gelu.apply(q.data(), q.size(), out.data());
  EXPECT_EQ(out, expected);
}

TEST(IViT, RootVector) {
  std::vector<std::pair<uint64_t, uint32_t>> roots{
      {1, 64},      {100, 64},    {1004, 68},       {4096, 83},
      {16384, 132}, {65536, 256}, {12345678, 3513}, {uint64_t(1) << 31, 46340}};
  for (auto [v, root] : roots)
    EXPECT_EQ(rootOfTenSteps(v), root);
}

/// The largest difference to \p exact of what \p f gives on a grid.
template <typename F, typename Exact>
static double findError(int64_t low, int64_t high, F f, Exact exact) {
  double most = 0;
  for (int64_t q = low; q <= high; ++q)
    most = std::max(most, std::fabs(f(q) - exact(q)));
  return most;
}

// Every argument of the grids that networks use.
TEST(Published, HasTheStatedErrors) {
  double unit = std::scalbn(1, -IntegerExp::gridPlaces);
  IntegerSoftmax softmax = IntegerSoftmax::make(unit);
  EXPECT_LT(findError(
                -20 * (1 << IntegerExp::gridPlaces), 0,
                [&](int64_t q) { return softmax.weigh(q) / 32767.0; },
                [&](int64_t q) { return std::exp(q * unit); }),
            1.95e-3);
  ShiftExp shift = ShiftExp::make(std::scalbn(1, -14), 15);
  EXPECT_LT(findError(
                -10 * (1 << 14), 0,
                [&](int64_t q) { return std::scalbn(shift.evaluate(q), -29); },
                [&](int64_t q) { return std::exp(std::scalbn(q, -14)); }),
            4.5e-2);
  double step = std::scalbn(1, -IntegerGelu::gridPlaces);
  IntegerGelu gelu = IntegerGelu::make(step, IntegerGelu::gridDrop);
  EXPECT_LT(findError(
                -8 * (1 << IntegerGelu::gridPlaces),
                8 << IntegerGelu::gridPlaces,
                [&](int64_t q) { return gelu.apply(q) * gelu.unit * step; },
                [&](int64_t q) {
                  double x = q * step;
                  return x / 2 * (1 + std::erf(x / std::sqrt(2.0)));
                }),
            1.9e-2);
}
