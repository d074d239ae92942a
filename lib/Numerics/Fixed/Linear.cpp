//===- Linear.cpp - Integer products with constant weights ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Numerics/Fixed/Linear.h"
#include "quantc/Numerics/Fixed/Primitives.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

using namespace quantc::numerics;
using namespace quantc::numerics::fixed;

/// floor(value 2^-exponent + 1/2)
static double roundAt(double value, int32_t exponent) {
  return std::floor(std::scalbn(value, -exponent) + 0.5);
}

/// acc << shift as two's complement.
static int32_t shiftLeft(int32_t value, int32_t shift) {
  return static_cast<int32_t>(static_cast<uint32_t>(value) << shift);
}

ConstantVector fixed::makeVector(const double *values, int64_t count,
                                 unsigned bits) {
  ConstantVector result{std::vector<int32_t>(count, 0), zeroExponent};
  double largest = 0;
  for (int64_t i = 0; i < count; ++i)
    largest = std::max(largest, std::fabs(values[i]));
  if (largest == 0)
    return result;
  double limit = std::scalbn(1.0, bits) - 1;
  // One below the exponent that is certainly large enough; rounding up can
  // need one more.
  int32_t exponent = std::ilogb(largest) - static_cast<int32_t>(bits);
  auto fits = [&](double value) {
    return std::fabs(roundAt(value, exponent)) <= limit;
  };
  while (!std::all_of(values, values + count, fits))
    ++exponent;
  for (int64_t i = 0; i < count; ++i)
    result.values[i] = static_cast<int32_t>(roundAt(values[i], exponent));
  result.exponent = exponent;
  return result;
}

int32_t Multipliers::apply(int32_t acc, int64_t channel) const {
  return multiplyHigh31(shiftLeft(acc, preShift), values[channel]);
}

Multipliers fixed::makeMultipliers(const double *scales, const int64_t *bounds,
                                   int64_t count) {
  Multipliers result{std::vector<int32_t>(count, 0), 0, zeroExponent};
  int64_t largestBound = 0;
  double largestScale = 0, largestProduct = 0;
  for (int64_t i = 0; i < count; ++i) {
    largestBound = std::max(largestBound, bounds[i]);
    largestScale = std::max(largestScale, scales[i]);
    largestProduct = std::max(largestProduct, scales[i] * bounds[i]);
  }
  result.preShift = 31 - bitLength(largestBound);
  if (largestScale == 0)
    return result;
  // Both conditions only become easier with the exponent; start below them.
  int32_t exponent = std::ilogb(largestScale) - result.preShift - 2;
  while (roundAt(largestScale, exponent + result.preShift - 31) > INT32_MAX ||
         std::scalbn(largestProduct, -exponent) > (1 << 30) - 2)
    ++exponent;
  for (int64_t i = 0; i < count; ++i)
    result.values[i] = static_cast<int32_t>(
        roundAt(scales[i], exponent + result.preShift - 31));
  result.exponent = exponent;
  return result;
}

OwnMultipliers fixed::makeOwnMultipliers(const double *scales,
                                         const int64_t *bounds, int64_t count) {
  constexpr int32_t none = -1000;
  int64_t largest = 0;
  for (int64_t i = 0; i < count; ++i)
    largest = std::max(largest, bounds[i]);
  OwnMultipliers result{{}, {}, 31 - bitLength(largest)};
  for (int64_t i = 0; i < count; ++i) {
    Multipliers own = makeMultipliers(scales + i, &largest, 1);
    result.values.push_back(bounds[i] == 0 ? 0 : own.values[0]);
    result.exponents.push_back(bounds[i] == 0 ? none : own.exponent);
  }
  return result;
}

int64_t fixed::boundSum(const int8_t *codes, const int16_t *multipliers,
                        int64_t count, int64_t block, int32_t depth) {
  int64_t sum = 0;
  for (int64_t i = 0; i < count; ++i)
    sum += std::abs(codes[i]) *
           int64_t(multipliers ? std::abs(multipliers[i / block]) : 1);
  return 127 * (sum << depth);
}

int32_t fixed::accumulate(const int8_t *x, const uint8_t *shifts,
                          const int8_t *codes, const int16_t *multipliers,
                          int64_t count, int64_t block) {
  int32_t acc = 0;
  for (int64_t begin = 0, index = 0; begin < count; begin += block, ++index) {
    int32_t sum = 0;
    for (int64_t i = begin, end = std::min(begin + block, count); i < end; ++i)
      sum += x[i] * codes[i];
    if (multipliers)
      sum *= multipliers[index];
    acc += shiftLeft(sum, shifts ? shifts[index] : 0);
  }
  return acc;
}

int32_t fixed::addBias(int32_t *y, int32_t exponent,
                       const ConstantVector &bias) {
  int32_t common = std::max(exponent, bias.exponent);
  for (size_t j = 0; j < bias.values.size(); ++j)
    y[j] = shiftRight(y[j], common - exponent) +
           shiftRight(bias.values[j], common - bias.exponent);
  return common;
}

int32_t fixed::mean(int32_t sum, int64_t count, int32_t *exponent) {
  int32_t log = bitLength(count) - 1;
  *exponent -= log;
  if ((count & (count - 1)) == 0)
    return sum;
  double factor = std::floor(std::scalbn(1.0, 31 + log) / count + 0.5);
  return multiplyHigh31(sum, static_cast<int32_t>(factor));
}
