//===- Normalisation.cpp - Integer LayerNorm and RMSNorm --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Numerics/Fixed/Normalisation.h"
#include "quantc/Numerics/Fixed/Primitives.h"

#include <algorithm>
#include <cmath>

using namespace quantc::numerics;
using namespace quantc::numerics::fixed;

static Normalisation make(const double *gamma, const double *beta,
                          int64_t count, double epsilon, bool subtractMean) {
  Normalisation norm;
  norm.subtractMean = subtractMean;
  norm.halfBits = (bitLength(count - 1) + 1) >> 1;
  int32_t fraction = 29 - norm.halfBits;
  ConstantVector scale = makeVector(gamma, count, 31);
  norm.gamma = std::move(scale.values);
  int32_t natural = 31 - fraction + scale.exponent;
  norm.exponent = natural;
  if (beta) {
    norm.exponent = std::max(natural, makeVector(beta, count, 30).exponent);
    for (int64_t i = 0; i < count; ++i)
      norm.beta.push_back(static_cast<int32_t>(
          std::floor(std::scalbn(beta[i], -norm.exponent) + 0.5)));
  }
  norm.shift = norm.exponent - natural;
  double product = epsilon * static_cast<double>(count) * count;
  ConstantVector small = makeVector(&product, 1, 31);
  norm.epsilon = small.values[0];
  norm.epsilonExponent = small.exponent;
  return norm;
}

Normalisation fixed::makeLayerNorm(const double *gamma, const double *beta,
                                   int64_t count, double epsilon) {
  return make(gamma, beta, count, epsilon, true);
}

Normalisation fixed::makeRmsNorm(const double *gamma, int64_t count,
                                 double epsilon) {
  return make(gamma, nullptr, count, epsilon, false);
}

/// Half up.
static uint64_t shiftDown(uint64_t x, int32_t places) {
  return (x + ((uint64_t(1) << places) >> 1)) >> places;
}

Normalisation::Row Normalisation::measure(const int16_t *m,
                                          int32_t rowExponent) const {
  int64_t count = gamma.size();
  Row row{0, 0, 0};
  int64_t squares = 0;
  for (int64_t i = 0; i < count; ++i) {
    row.sum += subtractMean ? m[i] : 0;
    squares += static_cast<int64_t>(m[i]) * m[i];
  }
  // Below 2^60, and below 2^62 with epsilon.
  uint64_t variance = count * squares - row.sum * row.sum;
  int32_t u = 2 * rowExponent - epsilonExponent;
  // Of a row far below epsilon on an exponent on which that fits, which the
  // reciprocal takes back. Epsilon is 2^59 at least then, and what the row has
  // of its own is below that for up to 16,384 elements.
  int32_t below = variance == 0 ? 0 : std::clamp((-29 - u) >> 1, 0, 63);
  u += 2 * below;
  uint64_t mantissa = epsilon, own = variance;
  variance = shiftDown(variance, std::min(2 * below, 62));
  if (u < 0)
    variance += mantissa << std::min(-u, 30);
  else if (u <= 40)
    variance += shiftDown(mantissa, u);
  variance = std::max({variance, own, uint64_t(1)});
  row.lead = (62 - bitLength(variance)) >> 1;
  uint64_t reciprocal = reciprocal61(integerSqrt(variance << (2 * row.lead)));
  row.reciprocal = static_cast<int32_t>(shiftDown(reciprocal, below));
  return row;
}

void Normalisation::apply(const int16_t *m, int32_t rowExponent,
                          int32_t *y) const {
  Row row = measure(m, rowExponent);
  int32_t count = static_cast<int32_t>(gamma.size());
  for (int32_t i = 0; i < count; ++i) {
    int32_t difference = count * m[i] - static_cast<int32_t>(row.sum);
    // No more than 2^30: a difference is below the root of the count times its
    // row's variance.
    int32_t scaled = shiftRight(difference, halfBits + 1 - row.lead);
    int32_t normalised = multiplyHigh31(scaled, row.reciprocal);
    y[i] = shiftRight(multiplyHigh31(normalised, gamma[i]), shift) +
           (beta.empty() ? 0 : beta[i]);
  }
}
