//===- Scalar.cpp - Scalar functions, the same on every host ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Of the C library only functions with exact results are used here: fabs, sqrt,
// floor, fmod, frexp, ldexp.
//
//===----------------------------------------------------------------------===//

#include "quantc/Numerics/Scalar.h"
#include <cmath>
#include <cstdint>
#include <limits>

using namespace quantc;

static constexpr double infinity = std::numeric_limits<double>::infinity();
static constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

// ln 2 in two parts: multiples of the first by up to 11 bits are exact.
static constexpr double ln2High = 0x1.62e42feep-1;
static constexpr double ln2Low = 0x1.a39ef35793c76p-33;

/// The nearest integer of |x| < 2^51.
static double roundToInteger(double x) {
  constexpr double magic = 0x1.8p52;
  return (x + magic) - magic;
}

/// exp(r) - 1 for |r| <= 0.35, by its series.
static double expm1Small(double r) {
  double sum = 0;
  for (int n = 14; n >= 2; --n)
    sum = (sum + 1) * r / n;
  // r (1 + r/2 (1 + r/3 (...)))
  return r + r * sum;
}

double numerics::exp(double x) {
  if (std::isnan(x))
    return x;
  if (x > 709.8)
    return infinity;
  if (x < -745.2)
    return 0;
  double k = roundToInteger(x * 0x1.71547652b82fep0);
  double r = (x - k * ln2High) - k * ln2Low;
  return std::ldexp(1 + expm1Small(r), static_cast<int>(k));
}

double numerics::expm1(double x) {
  return std::fabs(x) < 0.35 ? expm1Small(x) : exp(x) - 1;
}

double numerics::log(double x) {
  if (std::isnan(x) || x == infinity)
    return x;
  if (x <= 0)
    return x == 0 ? -infinity : notANumber;
  int exponent;
  double m = std::frexp(x, &exponent);
  if (m < 0.70710678118654752440) {
    m *= 2;
    --exponent;
  }
  // log(1 + f) = f - f^2/2 + s (f^2/2 + R), s = f / (2 + f), and R from the
  // series of the area tangent: the large terms are exact or nearly so.
  double f = m - 1, s = f / (2 + f), z = s * s, series = 0;
  for (int n = 12; n >= 1; --n)
    series = z * (series + 2.0 / (2 * n + 1));
  double half = 0.5 * f * f, k = exponent;
  return k * ln2High - ((half - (s * (half + series) + k * ln2Low)) - f);
}

double numerics::log1p(double x) {
  if (x <= -1 || std::isnan(x) || x == infinity)
    return log(1 + x);
  double sum = 1 + x;
  // What the sum lost, to first order.
  double lost = std::fabs(x) < 1 ? x - (sum - 1) : 1 - (sum - x);
  return log(sum) + lost / sum;
}

double numerics::tanh(double x) {
  if (std::isnan(x))
    return x;
  double a = std::fabs(x), y;
  if (a > 22) {
    y = 1;
  } else if (a < 0.17) {
    double t = expm1Small(2 * a);
    y = t / (t + 2);
  } else {
    y = 1 - 2 / (exp(2 * a) + 1);
  }
  return std::copysign(y, x);
}

/// exp(-x^2); the square is split, for its rounding error would be multiplied
/// by its size.
static double expOfMinusSquare(double x) {
  double high = static_cast<float>(x);
  return numerics::exp(-high * high) * numerics::exp(-(x - high) * (x + high));
}

/// erf for |x| <= 1.5 by a series of terms of one sign.
static double erfSmall(double x) {
  double term = x, sum = x;
  for (int n = 1; std::fabs(term) > std::fabs(sum) * 0x1p-56; ++n) {
    term *= 2 * x * x / (2 * n + 1);
    sum += term;
  }
  return 1.12837916709551257390 * expOfMinusSquare(x) * sum; // 2 / sqrt(pi)
}

/// erfc for x >= 1.5 by its continued fraction.
static double erfcLarge(double x) {
  if (x > 27.3)
    return 0;
  double fraction = x;
  for (int k = 100; k >= 1; --k)
    fraction = x + 0.5 * k / fraction;
  return 0.56418958354775628695 * expOfMinusSquare(x) /
         fraction; // 1 / sqrt(pi)
}

double numerics::erf(double x) {
  if (std::isnan(x))
    return x;
  double a = std::fabs(x);
  return std::copysign(a <= 1.5 ? erfSmall(a) : 1 - erfcLarge(a), x);
}

double numerics::erfc(double x) {
  if (std::isnan(x))
    return x;
  if (std::fabs(x) <= 1.5)
    return 1 - erfSmall(x);
  return x > 0 ? erfcLarge(x) : 2 - erfcLarge(-x);
}

double numerics::sigmoid(double x) {
  // Of the two forms the one whose exponential cannot overflow.
  if (x >= 0)
    return 1 / (1 + exp(-x));
  double e = exp(x);
  return e / (1 + e);
}

double numerics::softplus(double x) {
  return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

//===----------------------------------------------------------------------===//
// Sine and cosine
//===----------------------------------------------------------------------===//

/// The first 1280 bits of 2/pi behind the point.
static constexpr uint64_t twoOverPi[] = {
    0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041,
    0xfe5163abdebbc561, 0xb7246e3a424dd2e0, 0x06492eea09d1921c,
    0xfe1deb1cb129a73e, 0xe88235f52ebb4484, 0xe99c7026b45f7e41,
    0x3991d639835339f4, 0x9c845f8bbdf9283b, 0x1ff897ffde05980f,
    0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7, 0x4f463f669e5fea2d,
    0x7527bac7ebe5f17b, 0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08,
    0x56033046fc7b6bab, 0xf0cfbc209af4361d,
};

namespace {
/// x = quadrant * pi/2 + rest, |rest| <= pi/4.
struct Reduced {
  int quadrant;
  double rest;
};
} // namespace

/// 64 bits of 2/pi from a bit on; zeros behind the table, where no double needs
/// them.
static uint64_t getTableBits(int from) {
  constexpr int words = sizeof(twoOverPi) / sizeof(twoOverPi[0]);
  int word = from / 64, shift = from % 64;
  uint64_t high = word < words ? twoOverPi[word] : 0;
  uint64_t low = word + 1 < words ? twoOverPi[word + 1] : 0;
  return shift == 0 ? high : high << shift | low >> (64 - shift);
}

/// Of a finite x by an exact product with the bits of 2/pi that matter: those
/// before give multiples of a whole turn.
static Reduced reduce(double x) {
  double a = std::fabs(x);
  if (a <= 0.78539816339744830962)
    return {0, x};
  int exponent;
  uint64_t mantissa =
      static_cast<uint64_t>(std::ldexp(std::frexp(a, &exponent), 53));
  exponent -= 53; // a = mantissa * 2^exponent
  int skipped = exponent > 2 ? exponent - 2 : 0;
  // The product of the mantissa and 192 bits, lowest limb first.
  uint64_t limbs[4] = {0, 0, 0, 0};
  for (int i = 0; i < 3; ++i) {
    __extension__ using Wide = unsigned __int128;
    Wide sum =
        static_cast<Wide>(mantissa) * getTableBits(skipped + 64 * (2 - i)) +
        limbs[i];
    limbs[i] = static_cast<uint64_t>(sum);
    limbs[i + 1] = static_cast<uint64_t>(sum >> 64);
  }
  // The point stands before this bit. Moved to the top of the second limb from
  // above, the fraction lies in three limbs and the quadrant above them.
  int point = 192 + skipped - exponent;
  int left = point < 192 ? 192 - point : 0,
      right = point > 192 ? point - 192 : 0;
  uint64_t shifted[4];
  for (int i = 0; i < 4; ++i) {
    uint64_t below = i > 0 ? limbs[i - 1] : 0, above = i < 3 ? limbs[i + 1] : 0;
    if (left)
      shifted[i] = limbs[i] << left | below >> (64 - left);
    else if (right)
      shifted[i] = limbs[i] >> right | above << (64 - right);
    else
      shifted[i] = limbs[i];
  }
  int quadrant = shifted[3] & 3;
  bool negative = shifted[2] >> 63;
  if (negative) {
    // The nearer multiple lies above: take the complement of the fraction.
    ++quadrant;
    for (int i = 0; i < 3; ++i)
      shifted[i] = ~shifted[i];
  }
  // Three limbs keep enough bits whatever cancels.
  double fraction = std::ldexp(static_cast<double>(shifted[2]), -64) +
                    std::ldexp(static_cast<double>(shifted[1]), -128) +
                    std::ldexp(static_cast<double>(shifted[0]), -192);
  double rest = fraction * 1.57079632679489661923;
  bool flip = negative != (x < 0);
  return {x < 0 ? -quadrant : quadrant, flip ? -rest : rest};
}

static double sinSmall(double r) {
  double z = r * r, sum = 0;
  for (int n = 9; n >= 1; --n)
    sum = -z / (2 * n * (2 * n + 1)) * (1 + sum);
  return r + r * sum;
}

static double cosSmall(double r) {
  double z = r * r, sum = 0;
  for (int n = 9; n >= 2; --n)
    sum = -z / ((2 * n - 1) * (2 * n)) * (1 + sum);
  // 1 - z/2 first, and what its rounding lost: the rest is small.
  double half = 0.5 * z, one = 1 - half;
  return one + ((1 - one) - half - half * sum);
}

static double sinOfQuadrant(Reduced x) {
  switch (x.quadrant & 3) {
  case 0:
    return sinSmall(x.rest);
  case 1:
    return cosSmall(x.rest);
  case 2:
    return -sinSmall(x.rest);
  default:
    return -cosSmall(x.rest);
  }
}

double numerics::sin(double x) {
  if (x == 0) // of either sign
    return x;
  return std::isfinite(x) ? sinOfQuadrant(reduce(x)) : notANumber;
}

double numerics::cos(double x) {
  if (!std::isfinite(x))
    return notANumber;
  Reduced reduced = reduce(x);
  return sinOfQuadrant({reduced.quadrant + 1, reduced.rest});
}

double numerics::tan(double x) {
  if (!std::isfinite(x))
    return notANumber;
  if (x == 0) // of either sign
    return x;
  Reduced reduced = reduce(x);
  double sine = sinSmall(reduced.rest), cosine = cosSmall(reduced.rest);
  return reduced.quadrant & 1 ? -cosine / sine : sine / cosine;
}

//===----------------------------------------------------------------------===//
// Inverse and hyperbolic functions
//===----------------------------------------------------------------------===//

static constexpr double halfPi = 1.57079632679489661923;

double numerics::atan(double x) {
  if (std::isnan(x))
    return x;
  double a = std::fabs(x);
  bool isSteep = a > 1;
  double t = isSteep ? 1 / a : a;
  // The angle is halved twice: tan(a/2) = t / (1 + sqrt(1 + t^2)).
  for (int i = 0; i < 2; ++i)
    t = t / (1 + std::sqrt(1 + t * t));
  double z = t * t, sum = 0;
  for (int n = 12; n >= 1; --n)
    sum = -z * (1.0 / (2 * n + 1) + sum);
  double angle = 4 * (t + t * sum);
  return std::copysign(isSteep ? halfPi - angle : angle, x);
}

double numerics::asin(double x) {
  double a = std::fabs(x);
  if (!(a <= 1))
    return notANumber;
  // Both factors are exact where they are small.
  return a < 1 ? atan(x / std::sqrt((1 - x) * (1 + x)))
               : std::copysign(halfPi, x);
}

double numerics::acos(double x) {
  if (!(std::fabs(x) <= 1))
    return notANumber;
  return x == -1 ? 2 * halfPi : 2 * atan(std::sqrt((1 - x) / (1 + x)));
}

double numerics::sinh(double x) {
  double a = std::fabs(x), e;
  if (a > 0.35) {
    e = exp(a / 2);
    // In two steps: the exponential of the whole may be infinite before half
    // of it is.
    return std::copysign(a > 40 ? 0.5 * e * e : 0.5 * (e * e - 1 / (e * e)), x);
  }
  e = expm1Small(a);
  return std::copysign(0.5 * (e + e / (1 + e)), x);
}

double numerics::cosh(double x) {
  double e = exp(std::fabs(x) / 2);
  return 0.5 * e * e + 0.5 / e / e;
}

double numerics::asinh(double x) {
  double a = std::fabs(x);
  // Squares of larger ones may be infinite, and 1 is nothing beside them.
  double y = a > 1e150 ? log(a) + 0.69314718055994530942
                       : log1p(a + a * a / (1 + std::sqrt(1 + a * a)));
  return std::copysign(y, x);
}

double numerics::acosh(double x) {
  if (!(x >= 1))
    return notANumber;
  double t = x - 1;
  return x > 1e150 ? log(x) + 0.69314718055994530942
                   : log1p(t + std::sqrt(t * (2 + t)));
}

double numerics::atanh(double x) {
  double a = std::fabs(x);
  if (!(a <= 1))
    return notANumber;
  return std::copysign(a == 1 ? infinity : 0.5 * log1p(2 * a / (1 - a)), x);
}

//===----------------------------------------------------------------------===//
// Power
//===----------------------------------------------------------------------===//

/// base^exponent by squaring.
static double powInteger(double base, unsigned exponent) {
  double result = 1;
  for (; exponent; exponent >>= 1, base *= base)
    if (exponent & 1)
      result *= base;
  return result;
}

double numerics::pow(double x, double y) {
  if (y == 0 || x == 1)
    return 1;
  if (std::isnan(x) || std::isnan(y))
    return notANumber;
  bool integer = std::isinf(y) || std::floor(y) == y;
  bool odd = std::isfinite(y) && std::fabs(std::fmod(y, 2)) == 1;
  double a = std::fabs(x);
  if (std::isinf(y)) {
    if (a == 1)
      return 1;
    return (a > 1) == (y > 0) ? infinity : 0;
  }
  if (x < 0 && !integer && std::isfinite(x))
    return notANumber;
  double sign = odd ? std::copysign(1, x) : 1;
  if (a == 0 || std::isinf(a))
    return sign * ((a == 0) == (y > 0) ? 0 : infinity);
  if (integer && std::fabs(y) <= 64) {
    double power = powInteger(a, static_cast<unsigned>(std::fabs(y)));
    return sign * (y > 0 ? power : 1 / power);
  }
  return sign * exp(y * log(a));
}
