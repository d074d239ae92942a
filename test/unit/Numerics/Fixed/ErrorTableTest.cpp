//===- ErrorTableTest.cpp - Methods side by side ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Prints the table of docs/integer-only.md: the largest absolute errors of
// `fixed`, I-BERT and I-ViT, each at the scales that networks without
// calibration have. The order of the errors is what is tested.
//
//===----------------------------------------------------------------------===//

#include "quantc/Numerics/Fixed/Attention.h"
#include "quantc/Numerics/Fixed/Functions.h"
#include "quantc/Numerics/Fixed/Normalisation.h"
#include "quantc/Numerics/Fixed/Published.h"
#include "quantc/Numerics/Fixed/Rows.h"
#include "gtest/gtest.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

using namespace quantc::numerics::fixed;

namespace {
struct Errors {
  double fixed = 0, ibert = 0, ivit = 0;
};
} // namespace

static void print(const char *name, const Errors &errors) {
  std::printf("| %s | %.1e | %.1e | %.1e |\n", name, errors.fixed, errors.ibert,
              errors.ivit);
}

static void raise(double &most, double got, double exact) {
  most = std::max(most, std::fabs(got - exact));
}

static double gelu(double x) { return x / 2 * std::erfc(-x / std::sqrt(2.0)); }

TEST(ErrorTable, Exp) {
  Errors errors;
  double fine = std::scalbn(1.0, -IntegerExp::gridPlaces);
  IntegerSoftmax softmax = IntegerSoftmax::make(fine);
  for (int64_t q = 0; q * fine <= 12; ++q)
    raise(errors.ibert, softmax.weigh(-q) / 32767.0, std::exp(-q * fine));
  double coarse = std::scalbn(1.0, -Shiftmax::gridPlaces);
  ShiftExp shift = ShiftExp::make(coarse, Shiftmax::expPlaces);
  for (int64_t q = 0; q * coarse <= 12; ++q)
    raise(errors.ivit,
          shift.evaluate(-q) * std::scalbn(coarse, -Shiftmax::expPlaces),
          std::exp(-q * coarse));
  for (int32_t z = 0; z < 18 * 32768; ++z)
    raise(errors.fixed,
          std::scalbn(exp2Fraction(z & 32767) / 32640.0, -(z >> 15)),
          std::exp2(-z / 32768.0));
  print("exp on [-12, 0]", errors);
  EXPECT_LT(errors.fixed, 1.5e-4);
  EXPECT_LT(errors.ibert, 2e-3);
  // The line for a power of two, and the slope of 1.4375 for log2(e).
  EXPECT_LT(errors.ivit, 5.1e-2);
}

TEST(ErrorTable, Gelu) {
  double grid = std::scalbn(1.0, -IntegerGelu::gridPlaces);
  IntegerGelu integer = IntegerGelu::make(grid, IntegerGelu::gridDrop);
  double step = std::scalbn(1.0, -ShiftGelu::gridPlaces) / 1.702;
  ShiftGelu shift{ShiftExp::make(std::scalbn(1.0, -ShiftGelu::gridPlaces),
                                 ShiftGelu::expPlaces)};
  for (int32_t most : {2, 4, 8}) {
    Errors errors;
    int32_t e = std::ilogb(most) - 15;
    int64_t largest = std::llround(most / step);
    for (int32_t m = -32767; m <= 32767; ++m) {
      double x = std::scalbn(m, e);
      raise(errors.fixed,
            std::scalbn(gated(Sigma::GeluErf, static_cast<int16_t>(m), e),
                        e - 15),
            gelu(x));
      raise(errors.ibert,
            x * integer.gate(std::llround(x / grid)) * integer.unit, gelu(x));
      raise(errors.ivit, x * shift.gate(std::llround(x / step), largest) / 128,
            gelu(x));
    }
    std::string name = "GELU, rows up to " + std::to_string(most);
    print(name.c_str(), errors);
    EXPECT_LT(errors.fixed, 1e-4);
    EXPECT_LT(errors.ibert, 1.9e-2);
  }
}

TEST(ErrorTable, Softmax) {
  constexpr int64_t keys = 128;
  std::mt19937 random(1);
  std::normal_distribution<double> normal(0, 3);
  Errors largest, sums;
  for (int row = 0; row < 200; ++row) {
    std::vector<double> x(keys), exact(keys);
    std::vector<int32_t> z(keys), fine(keys), coarse(keys), out(keys);
    double most = -1e9, total = 0;
    for (double &v : x)
      most = std::max(most, v = normal(random));
    for (int64_t i = 0; i < keys; ++i) {
      total += exact[i] = std::exp(x[i] - most);
      z[i] = static_cast<int32_t>(std::llround(x[i] / std::log(2.0) * 32768));
      fine[i] = static_cast<int32_t>(
          std::llround(std::scalbn(x[i], IntegerExp::gridPlaces)));
      coarse[i] = static_cast<int32_t>(
          std::llround(std::scalbn(x[i], Shiftmax::gridPlaces)));
    }
    auto compare = [&](double scale, double Errors::*method) {
      double sum = 0;
      for (int64_t i = 0; i < keys; ++i) {
        double error = std::fabs(out[i] * scale - exact[i] / total);
        largest.*method = std::max(largest.*method, error);
        sum += error;
      }
      sums.*method = std::max(sums.*method, sum);
    };
    int32_t e = softmax(z.data(), nullptr, keys, out.data());
    compare(std::scalbn(1.0, e), &Errors::fixed);
    IntegerSoftmax::make(std::scalbn(1.0, -IntegerExp::gridPlaces))
        .apply(fine.data(), keys, out.data());
    compare(1 / 256.0, &Errors::ibert);
    Shiftmax::make(std::scalbn(1.0, -Shiftmax::gridPlaces), 16)
        .apply(coarse.data(), keys, out.data());
    compare(1 / 32768.0, &Errors::ivit);
  }
  print("softmax of 128, sigma 3: largest", largest);
  print("softmax of 128, sigma 3: sum", sums);
  EXPECT_LT(largest.fixed, largest.ibert);
  EXPECT_LT(largest.fixed, largest.ivit);
}

TEST(ErrorTable, LayerNorm) {
  std::mt19937 random(2);
  std::normal_distribution<double> normal(0.3, 1);
  for (int64_t count : {8, 64, 384, 4096}) {
    Errors errors;
    double power = 0;
    std::vector<double> gamma(count, 1.0);
    Normalisation norm = makeLayerNorm(gamma.data(), nullptr, count, 0);
    for (int row = 0; row < 50; ++row) {
      std::vector<float> x(count);
      for (float &v : x)
        v = static_cast<float>(normal(random));
      std::vector<int16_t> m(count);
      int32_t e = quantiseInput(x.data(), count, m.data());
      std::vector<int32_t> wide(m.begin(), m.end()), y(count);
      std::vector<int64_t> integer(count), shift(count);
      norm.apply(m.data(), e, y.data());
      IntegerNorm::makeIBert(count, 16).apply(wide.data(), count,
                                              integer.data());
      IntegerNorm::makeIVit().apply(wide.data(), count, shift.data());
      double mean = 0, variance = 0;
      for (int16_t v : m)
        mean += v / static_cast<double>(count);
      for (int16_t v : m)
        variance += (v - mean) * (v - mean) / static_cast<double>(count);
      double unit = std::scalbn(std::sqrt(static_cast<double>(count)), -30);
      for (int64_t i = 0; i < count; ++i) {
        double exact = (m[i] - mean) / std::sqrt(variance);
        auto square = [&](double got) { return (got - exact) * (got - exact); };
        errors.fixed += square(std::scalbn(y[i], norm.exponent));
        errors.ibert += square(static_cast<double>(integer[i]) * unit);
        errors.ivit += square(static_cast<double>(shift[i]) * unit);
        power += exact * exact;
      }
    }
    for (double *sum : {&errors.fixed, &errors.ibert, &errors.ivit})
      *sum = std::sqrt(*sum / power);
    std::string name = "LayerNorm of " + std::to_string(count) + ", relative";
    print(name.c_str(), errors);
    EXPECT_LT(errors.fixed, 1.1e-7);
    EXPECT_LT(errors.fixed, errors.ibert);
    EXPECT_LT(errors.fixed, errors.ivit);
  }
}
