//===- Functions.cpp - Integer functions of one variable --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Numerics/Fixed/Functions.h"
#include "quantc/Numerics/Fixed/Primitives.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

using namespace quantc::numerics;
using namespace quantc::numerics::fixed;

// Interpolated at the three Chebyshev nodes of each segment and rounded to
// nearest; the integers are the definition.
static const SigmaTable tables[] = {
#include "SigmaTables.inc"
};

const SigmaTable &fixed::getSigmaTable(Sigma function) {
  return tables[static_cast<int>(function)];
}

int32_t fixed::sigma(Sigma function, int16_t m, int32_t exponent) {
  const SigmaTable &table = getSigmaTable(function);
  int32_t a = std::abs(static_cast<int32_t>(m));
  int32_t shift = -(exponent + table.log2PerUnit + 12);
  // 15 bits more than a mantissa has lie beyond the table in any case.
  int64_t t = shift >= 0 ? shiftRight(a, shift)
                         : static_cast<int64_t>(a) << std::min(-shift, 15);
  int32_t g = 32768;
  if (t < 64 << 12) {
    int64_t i = t >> 12;
    int32_t r = t & 4095;
    int32_t slope = table.c1[i] + shiftRight(table.c2[i] * r, 12);
    g = std::min(shiftRight(table.c0[i] + shiftRight(slope * r, 12), 3), 32768);
  }
  return m < 0 ? 32768 - g : g;
}

int32_t fixed::tanhQ15(int16_t m, int32_t exponent) {
  return 2 * sigma(Sigma::Sigmoid, m, exponent + 1) - 32768;
}

int32_t fixed::timesOdd(const OddPolynomial &polynomial, int16_t m,
                        int32_t exponent) {
  // x^2 below 1/4 in units of 2^-17.
  int32_t square = shiftRight(m * m, std::min(-17 - 2 * exponent, 31));
  const int32_t *c = polynomial.c;
  int32_t sum = c[3];
  for (int i = 2; i >= 1; --i)
    sum = c[i] + shiftRight(sum * square, 17);
  return m * (c[0] + shiftRight(sum * square, 34 - polynomial.places));
}

int32_t fixed::cosine30(int32_t phase) {
  // The next multiple of a quarter, and the distance from it in Q30.
  int32_t quarter = shiftRight(phase, 30);
  int32_t distance =
      2 * static_cast<int32_t>(static_cast<uint32_t>(phase) -
                               (static_cast<uint32_t>(quarter) << 30));
  int32_t square = 2 * multiplyHigh31(distance, distance);
  auto evaluate = [&](const int32_t (&c)[4]) {
    int32_t sum = c[3];
    for (int i = 2; i >= 0; --i)
      sum = c[i] + 2 * multiplyHigh31(square, sum);
    return sum;
  };
  bool isOdd = quarter & 1;
  int32_t y = isOdd
                  ? 2 * multiplyHigh31(distance, evaluate(turnPolynomials.sine))
                  : evaluate(turnPolynomials.cosine);
  return (quarter + 1) & 2 ? -y : y;
}

int32_t fixed::cosine(int32_t phase) {
  return saturate(shiftRight(cosine30(phase), 15), 16);
}

AngleUnit fixed::getAngleUnit(int32_t exponent) {
  auto unit = static_cast<uint64_t>(radian);
  if (exponent < 0)
    unit = exponent < -63 ? 0 : ((unit >> (-exponent - 1)) + 1) >> 1;
  else
    unit = exponent > 63 ? 0 : unit << exponent;
  auto part = [unit](int from) {
    return static_cast<int32_t>(unit >> from & 32767);
  };
  return {part(49), part(34), part(19)};
}

int32_t fixed::findPhase(int16_t m, int32_t exponent) {
  AngleUnit unit = getAngleUnit(exponent);
  constexpr int32_t half = 1 << 29;
  auto wrap = [](int32_t phase) { return (phase & (2 * half - 1)) - half; };
  int32_t high = (m * unit.high & 32767) << 15;
  // Half a turn less each time.
  return wrap(wrap(high + m * unit.middle) + shiftRight(m * unit.low, 15));
}

int64_t fixed::radiansToTurns(double radians) {
  constexpr double turn = 6.283185307179586476925;
  double turns = radians / turn;
  turns -= std::floor(turns);
  // A fraction that rounds to a whole turn is none.
  return turns < 1 ? static_cast<int64_t>(
                         static_cast<uint64_t>(std::scalbn(turns, 64)))
                   : 0;
}

int32_t fixed::exp2Fraction(int32_t fraction) {
  int32_t r = -1289;
  for (int32_t c : {7533, -22564, 32640})
    r = ((r * fraction + (1 << 14)) >> 15) + c;
  return r;
}
