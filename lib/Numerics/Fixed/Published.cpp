//===- Published.cpp - Functions of I-BERT and I-ViT ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Numerics/Fixed/Published.h"
#include "quantc/Numerics/Fixed/Primitives.h"

#include <algorithm>
#include <cmath>

using namespace quantc::numerics;
using namespace quantc::numerics::fixed;

static int64_t roundDown(double x) {
  return static_cast<int64_t>(std::floor(x));
}

uint32_t fixed::rootOfTenSteps(uint64_t v) {
  uint64_t x = 1 << 16;
  for (int step = 0; step < 10; ++step)
    x = (x + v / x) / 2;
  return static_cast<uint32_t>(x);
}

//===----------------------------------------------------------------------===//
// I-BERT
//===----------------------------------------------------------------------===//

IntegerExp IntegerExp::make(double scale) {
  constexpr double a = 0.35815147, b = 0.96963238, c = 1.0;
  return {roundDown(-0.6931 / scale), roundDown(b / a / scale),
          roundDown(c / a / (scale * scale))};
}

int64_t IntegerExp::evaluate(int64_t q, int32_t *z) const {
  q = std::max(q, 30 * ln2);
  *z = static_cast<int32_t>(divideDown(q, ln2));
  int64_t rest = q - ln2 * *z;
  return std::max<int64_t>(rest * (rest + b) + c, 0);
}

IntegerSoftmax IntegerSoftmax::make(double scale) {
  IntegerExp exp = IntegerExp::make(scale);
  double largest = std::scalbn(static_cast<double>(exp.c), 30);
  return {exp, makeDyadic(32767 / largest)};
}

int32_t IntegerSoftmax::weigh(int64_t q) const {
  int32_t z = 0;
  int64_t p = exp.evaluate(q, &z);
  // floor(p 2^(30 - z)) is exact, so that the shifts are one.
  return static_cast<int32_t>(
      shiftToEven(p * toHalf.multiplier, toHalf.places - 30 + z));
}

void IntegerSoftmax::apply(const int32_t *q, int64_t count,
                           int32_t *out) const {
  int32_t largest = *std::max_element(q, q + count);
  int64_t sum = 0;
  for (int64_t i = 0; i < count; ++i) {
    out[i] = weigh(static_cast<int64_t>(q[i]) - largest);
    sum += out[i];
  }
  int64_t factor = (int64_t(1) << 32) / sum;
  for (int64_t i = 0; i < count; ++i)
    out[i] = static_cast<int32_t>(out[i] * factor >> 24);
}

IntegerGelu IntegerGelu::make(double scale, int32_t drop) {
  constexpr double a = -0.2888, b = -1.769;
  double inner = scale / 1.4142;
  double unit = std::scalbn(a * inner * inner, drop);
  return {roundDown(b / inner), roundDown(1 / a / (inner * inner)),
          roundDown(1 / unit), drop, unit / 2};
}

int32_t IntegerGelu::chooseDrop(double scale) {
  auto length = bitLength(static_cast<uint64_t>(-make(scale, 0).c));
  return std::max(0, length - 21);
}

int64_t IntegerGelu::gate(int64_t q) const {
  int64_t part = std::min(std::abs(q), -b) + b;
  int64_t y = part * part + c;
  // The sign of 0 is 0.
  y = q > 0 ? y : q < 0 ? -y : 0;
  return (y >> drop) + one;
}

IntegerNorm IntegerNorm::makeIBert(int64_t count, unsigned bits) {
  // ceil((2 bits + log2 count - 32) / 2)
  int32_t excess = 2 * static_cast<int32_t>(bits) + bitLength(count - 1) - 32;
  return {std::max(0, (excess + 1) >> 1), false};
}

void IntegerNorm::apply(const int32_t *q, int64_t count, int64_t *out) const {
  int64_t sum = 0;
  for (int64_t i = 0; i < count; ++i)
    sum += q[i];
  // The mean to nearest, ties to even.
  int64_t mean = divideDown(2 * sum + count, 2 * count);
  if ((2 * sum + count) % (2 * count) == 0)
    mean -= mean & 1;
  uint64_t squares = 0;
  for (int64_t i = 0; i < count; ++i) {
    out[i] = q[i] - mean;
    int64_t part = out[i] >> drop;
    squares += static_cast<uint64_t>(part * part);
  }
  int64_t deviation = isTenSteps ? rootOfTenSteps(squares)
                                 : int64_t(integerSqrt(squares)) << drop;
  int64_t factor = (int64_t(1) << 31) - isTenSteps;
  factor /= std::max<int64_t>(deviation, 1);
  constexpr int64_t limit = int64_t(1) << 30;
  for (int64_t i = 0; i < count; ++i)
    out[i] = std::clamp(out[i] * factor >> 1, -limit, limit);
}

//===----------------------------------------------------------------------===//
// I-ViT
//===----------------------------------------------------------------------===//

ShiftExp ShiftExp::make(double scale, int32_t places) {
  return {roundDown(-1 / scale), places};
}

int64_t ShiftExp::evaluate(int64_t q) const {
  q += (q >> 1) - (q >> 4);
  q = std::max(q, places * one);
  int64_t z = divideDown(q, one);
  // r/2 - one in units of a half.
  int64_t twice = q - one * z - 2 * one;
  int64_t left = places - z - 1;
  return std::max<int64_t>(left >= 0 ? twice << left : twice >> -left, 0);
}

Shiftmax Shiftmax::make(double scale, int32_t bits) {
  return {ShiftExp::make(scale, expPlaces), bits};
}

void Shiftmax::apply(const int32_t *q, int64_t count, int32_t *out) const {
  int32_t largest = *std::max_element(q, q + count);
  int64_t sum = 0;
  for (int64_t i = 0; i < count; ++i)
    sum += exp.evaluate(static_cast<int64_t>(q[i]) - largest);
  int64_t factor = INT32_MAX / std::min<int64_t>(sum, INT32_MAX);
  for (int64_t i = 0; i < count; ++i)
    out[i] = static_cast<int32_t>(
        exp.evaluate(static_cast<int64_t>(q[i]) - largest) * factor >>
        (32 - bits));
}

ShiftGelu ShiftGelu::make(double scale) {
  return {ShiftExp::make(1.702 * scale, expPlaces)};
}

int64_t ShiftGelu::gate(int64_t q, int64_t largest) const {
  // Of a row of negative ones the sigmoid is the same from 0, and bounded.
  largest = std::max<int64_t>(largest, 0);
  int64_t own = exp.evaluate(q - largest), other = exp.evaluate(-largest);
  int64_t factor = INT32_MAX / std::min<int64_t>(own + other, INT32_MAX);
  return own * factor >> (32 - 8);
}

void ShiftGelu::apply(const int32_t *q, int64_t count, int64_t *out) const {
  int32_t largest = *std::max_element(q, q + count);
  for (int64_t i = 0; i < count; ++i)
    out[i] = q[i] * gate(q[i], largest);
}
