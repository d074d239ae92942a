//===- Powers.cpp - Integer quotients, roots, powers ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Powers.h"
#include "quantc/Numerics/Fixed/Powers.h"
#include "quantc/Numerics/Fixed/Primitives.h"
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::numerics;

Scaled quantc::joinExponents(IntegerBuilder &b, Scaled x,
                             ArrayRef<int64_t> blocks) {
  // What a block of zeros has in the place of its largest element.
  constexpr int64_t none = -(1 << 20);
  Value length = b.add(b.bitLength(b.unary(nn::UnaryKind::Abs, x.m)), x.e);
  Value isZero = b.compare(nn::Predicate::Eq, x.m, b.number(0));
  length = b.select(isZero, b.number(none), length);
  SmallVector<int64_t> axes = getWholeAxes(blocks);
  Value most = length;
  // Of rows first, which is a pass over them.
  if (axes.size() > 1 && axes.back() + 1 == static_cast<int64_t>(blocks.size()))
    most = b.reduce(nn::ReduceKind::Max, most, axes.pop_back_val());
  if (!axes.empty())
    most = b.reduce(nn::ReduceKind::Max, most, axes);
  Value common = b.add(most, -29);
  Value m = b.shift(x.m, b.sub(common, x.e));
  Value isEmpty = b.compare(nn::Predicate::Le, most, b.number(none));
  return {m, b.select(isEmpty, b.number(fixed::zeroExponent), common)};
}

bool quantc::haveOwnExponents(qt::BlockType format) {
  return getWholeAxes(format.getShape()).empty();
}

Scaled quantc::chooseElements(IntegerBuilder &b, Value isFirst, Scaled x,
                              Scaled y) {
  x = joinExponents(b, x, {});
  y = joinExponents(b, y, {});
  return {b.select(isFirst, x.m, y.m), b.select(isFirst, x.e, y.e)};
}

Scaled quantc::chooseExtreme(IntegerBuilder &b, bool isLarger, Scaled x,
                             Scaled y) {
  Scaled first = x, second = y;
  b.align(first, second);
  nn::Predicate predicate = isLarger ? nn::Predicate::Gt : nn::Predicate::Lt;
  return chooseElements(b, b.compare(predicate, first.m, second.m), x, y);
}

/// Zeros before the highest bit, less the sign, of what is positive.
static Value getLead(IntegerBuilder &b, Value x) {
  return b.add(b.unary(nn::UnaryKind::Clz, x), -1);
}
static Value shiftLeft(IntegerBuilder &b, Value x, Value places) {
  return b.shift(x, b.sub(b.number(0), places));
}
static Value isNegative(IntegerBuilder &b, Value x) {
  return b.compare(nn::Predicate::Lt, x, b.number(0));
}
static Value giveSign(IntegerBuilder &b, Value from, Value x) {
  return b.select(isNegative(b, from), b.sub(b.number(0), x), x);
}
static Value getMagnitude(IntegerBuilder &b, Value x) {
  return b.max(b.unary(nn::UnaryKind::Abs, x), 1);
}

/// fixed::reciprocal
static Scaled invert(IntegerBuilder &b, Value x) {
  Value lead = getLead(b, x), d = shiftLeft(b, x, lead);
  Value start = b.number(fixed::reciprocalStart);
  Value y = b.sub(start, b.multiplyHigh(b.add(d, -(int64_t(1) << 30)), start));
  for (int step = 0; step < 3; ++step) {
    Value rest = b.sub(b.number(1 << 29), b.multiplyHigh(d, y));
    y = b.add(y, b.multiplyHigh(y, b.shift(rest, -2)));
  }
  return {y, b.add(lead, -60)};
}

Scaled quantc::buildReciprocal(IntegerBuilder &b, Scaled x) {
  Scaled y = invert(b, getMagnitude(b, x.m));
  return {giveSign(b, x.m, y.m), b.sub(y.e, x.e)};
}

Scaled quantc::buildQuotient(IntegerBuilder &b, Scaled x, Scaled y) {
  Scaled inverse = buildReciprocal(b, y);
  // All bits of the dividend; 30 where it is 0.
  Value lead = b.add(getLead(b, b.unary(nn::UnaryKind::Abs, x.m)), -1);
  Value m = b.multiplyHigh(shiftLeft(b, x.m, lead), inverse.m);
  return {m, b.add(b.sub(b.add(x.e, inverse.e), lead), 31)};
}

Scaled quantc::buildRemainder(IntegerBuilder &b, Scaled x, Scaled y,
                              bool isFloored) {
  constexpr int64_t places = 31, most = (int64_t(1) << places) - 1;
  auto shiftUp = [&](Value from, Value by) {
    return b.shift(from, b.cast(b.sub(b.number(0), by), 64));
  };
  // In the smaller unit of both: where that of the divisor is 2^31 times as
  // large, the dividend is below it.
  Value above = b.sub(x.e, y.e);
  Value divisor = shiftUp(b.cast(getMagnitude(b, y.m), 64),
                          b.clip(b.sub(b.number(0), above), 0, places));
  Value rest = b.cast(b.unary(nn::UnaryKind::Abs, x.m), 64);
  rest = b.binary(nn::BinaryKind::Fmod, rest, divisor);
  // Long division, by as many bits at a time as 64 leave: from here on the
  // divisor has its own unit where anything is shifted.
  for (int64_t step = 0; step < 3; ++step) {
    Value by = b.clip(b.add(above, -places * step), 0, places);
    rest = shiftUp(b.min(rest, b.number(most, 64)), by);
    rest = b.binary(nn::BinaryKind::Fmod, rest, divisor);
  }
  Scaled result = narrowSums(b, rest, b.min(x.e, y.e));
  if (!isFloored)
    return {giveSign(b, x.m, result.m), result.e};
  // What is missing to the divisor where the signs differ.
  Scaled part = result,
         whole = joinExponents(b, {b.unary(nn::UnaryKind::Abs, y.m), y.e}, {});
  b.align(whole, part);
  Value differs =
      b.compare(nn::Predicate::Ne, b.unary(nn::UnaryKind::Sign, x.m),
                b.unary(nn::UnaryKind::Sign, y.m));
  Value isOther =
      b.both(differs, b.compare(nn::Predicate::Gt, result.m, b.number(0)));
  return {giveSign(b, y.m, b.select(isOther, b.sub(whole.m, part.m), result.m)),
          b.select(isOther, whole.e, result.e)};
}

Scaled quantc::leaveRoom(IntegerBuilder &b, Scaled x, qt::BlockType format) {
  if (!qt::isWide(format))
    return x;
  // Those that need it, by as much: sums use few of their bits, and small ones
  // have none to give up.
  Value zeros = b.unary(nn::UnaryKind::Clz, b.unary(nn::UnaryKind::Abs, x.m));
  Value places = b.max(b.sub(b.number(3), zeros), 0);
  return {b.min(b.shift(x.m, places), b.number((1 << 29) - 1)),
          b.add(x.e, places)};
}

Scaled quantc::buildRoot(IntegerBuilder &b, Scaled x, bool isReciprocal) {
  // fixed::squareRoot and reciprocalRoot of a number with an even exponent.
  Value odd = b.maskBits(x.e, 1);
  Value exponent = b.shift(b.sub(x.e, odd), 1);
  Value radicand = shiftLeft(b, b.max(x.m, 1), odd);
  Value half = b.shiftDown(b.add(getLead(b, radicand), -1), 1);
  Value d = shiftLeft(b, radicand, b.add(b.add(half, half), 1));
  Value y = b.add(b.multiplyHigh(d, b.number(fixed::rootStart[2])),
                  fixed::rootStart[1]);
  y = b.shift(b.add(b.multiplyHigh(d, y), fixed::rootStart[0]), -1);
  for (int step = 0; step < 3; ++step) {
    Value square = b.shift(b.multiplyHigh(y, y), -1);
    Value rest = b.sub(b.number(1 << 28), b.multiplyHigh(d, square));
    y = b.add(y, b.multiplyHigh(y, b.shift(rest, -2)));
  }
  if (isReciprocal)
    return {y, b.add(b.sub(half, exponent), -44)};
  Value root = b.multiplyHigh(d, y);
  Value isPositive = b.compare(nn::Predicate::Gt, x.m, b.number(0));
  return {b.select(isPositive, root, b.number(0)),
          b.add(b.sub(exponent, half), -14)};
}

/// fixed::powerOfTwo
static Scaled raiseTwo(IntegerBuilder &b, Value below) {
  auto [power, places] = b.powerOfTwo(below);
  Value m = b.multiplyHigh(b.shift(power, -15), b.number(fixed::unitOfPowers));
  return {m, b.sub(b.number(-29), places)};
}

Scaled quantc::buildExponential(IntegerBuilder &b, Scaled x, int64_t bound) {
  constexpr double log2e = 1.4426950408889634074;
  Value z = b.score(fixed::makeMultipliers(&log2e, &bound, 1), x.m, x.e);
  return raiseTwo(b, b.sub(b.number(0), z));
}

Scaled quantc::buildExpm1(IntegerBuilder &b, Scaled x, int64_t bound) {
  constexpr double log2e = 1.4426950408889634074;
  Value score = b.score(fixed::makeMultipliers(&log2e, &bound, 1), x.m, x.e);
  Value n = b.shift(score, 15);
  Value t = b.add(b.maskBits(b.add(score, 1 << 14), 32767), -(1 << 14));
  ArrayRef<int32_t> polynomial = fixed::risePolynomial;
  Value rise = b.number(polynomial.back()), place = b.shift(t, -16);
  for (int32_t c : llvm::reverse(polynomial.drop_back()))
    rise = b.add(b.multiplyHigh(place, rise), c);
  Value lead = b.add(getLead(b, b.unary(nn::UnaryKind::Abs, x.m)), -1);
  Value near = b.multiplyHigh(shiftLeft(b, x.m, lead), rise);
  Value rest = b.multiplyHigh(
      b.multiplyHigh(b.shift(t, -15), b.number(fixed::ln2)), rise);
  Value up = b.max(n, 0), down = b.max(b.sub(b.number(0), n), 0);
  Value far = b.sub(b.shift(b.add(rest, 1 << 29), down),
                    b.shift(b.number(1 << 29), up));
  Value isNear = b.compare(nn::Predicate::Eq, n, b.number(0));
  return {b.select(isNear, near, far),
          b.select(isNear, b.add(b.sub(x.e, lead), 1), b.add(up, -29))};
}

Scaled quantc::buildOdd(IntegerBuilder &b,
                        const fixed::OddPolynomial &polynomial, Scaled x,
                        Scaled table) {
  Value places = b.clip(b.sub(b.number(-17), b.add(x.e, x.e)), 15, 31);
  Value square = b.shift(b.mul(x.m, x.m), places);
  Value sum = b.number(polynomial.c[3]);
  for (int i : {2, 1})
    sum = b.add(b.shift(b.mul(sum, square), 17), polynomial.c[i]);
  sum = b.shift(b.mul(sum, square), 34 - polynomial.places);
  Value near = b.mul(x.m, b.add(sum, polynomial.c[0]));
  Value isNear =
      b.compare(nn::Predicate::Le, x.e, b.number(fixed::mostOddExponent));
  return {b.select(isNear, near, table.m),
          b.select(isNear, b.add(x.e, -polynomial.places), table.e)};
}

/// e^-|x|, up to 2^29, and how many powers of two that is below one.
static std::pair<Scaled, Value> decay(IntegerBuilder &b, Scaled x) {
  constexpr double log2e = 1.4426950408889634074;
  constexpr int64_t bound = INT16_MAX;
  Value below = b.max(b.score(fixed::makeMultipliers(&log2e, &bound, 1),
                              b.unary(nn::UnaryKind::Abs, x.m), x.e),
                      0);
  return {raiseTwo(b, below), b.shiftDown(below, 15)};
}

Scaled quantc::buildSigmoid(IntegerBuilder &b, Scaled x) {
  // t / (1 + t) of t = e^-|x|, and 1 / (1 + t) on the other side.
  auto [t, places] = decay(b, x);
  t.m = b.min(t.m, b.number(1 << 29));
  Scaled larger = invert(b, b.add(b.shift(t.m, places), 1 << 29));
  larger.e = b.add(larger.e, 29);
  Scaled smaller{b.multiplyHigh(b.shift(t.m, -1), larger.m),
                 b.add(b.add(t.e, larger.e), 30)};
  Value isBelow = b.compare(nn::Predicate::Lt, x.m, b.number(0));
  return {b.select(isBelow, smaller.m, larger.m),
          b.select(isBelow, smaller.e, larger.e)};
}

/// log2(1 + v) / v in Q29 of v in Q31.
static Value getSlope(IntegerBuilder &b, Value v) {
  ArrayRef<int32_t> polynomial = fixed::logarithmPolynomial;
  Value sum = b.number(polynomial.back());
  for (int32_t c : llvm::reverse(polynomial.drop_back()))
    sum = b.add(b.multiplyHigh(v, sum), c);
  return sum;
}

/// log2 of magnitudes in units of 2^-22, by fixed::logarithm.
static Value getLogarithm(IntegerBuilder &b, Scaled x) {
  Value lead = getLead(b, x.m);
  Value v = b.shift(b.add(shiftLeft(b, x.m, lead), -(int64_t(1) << 30)), -1);
  Value fraction = b.shift(b.multiplyHigh(v, getSlope(b, v)), 7);
  return b.add(fraction, b.shift(b.sub(b.add(x.e, 30), lead), -22));
}

Scaled quantc::buildLogarithm(IntegerBuilder &b, Scaled x) {
  Value y = getLogarithm(b, {b.max(x.m, 1), x.e});
  return {b.multiplyHigh(y, b.number(fixed::ln2)), b.number(-22)};
}

Scaled quantc::buildLog1p(IntegerBuilder &b, Scaled x) {
  Value lead = b.add(getLead(b, b.unary(nn::UnaryKind::Abs, x.m)), -1);
  Value m = shiftLeft(b, x.m, lead), e = b.sub(x.e, lead);
  // Below 1/16.
  Value isNear = b.compare(nn::Predicate::Le, e, b.number(-33));
  Value v = b.shift(m, b.clip(b.sub(b.number(-31), e), 2, 31));
  ArrayRef<int32_t> polynomial = fixed::log1pPolynomial;
  Value sum = b.number(polynomial.back());
  for (int32_t c : llvm::reverse(polynomial.drop_back()))
    sum = b.add(b.multiplyHigh(v, sum), c);
  Value near = b.multiplyHigh(m, sum);
  Value places = b.clip(b.sub(b.number(-29), e), 0, 31),
        common = b.max(e, b.number(-29));
  Value one = b.shift(b.number(1 << 29), b.clip(b.add(e, 29), 0, 31));
  Scaled far = buildLogarithm(b, {b.add(b.shift(m, places), one), common});
  return {b.select(isNear, near, far.m), b.select(isNear, b.add(e, 1), far.e)};
}

Scaled quantc::buildSoftplus(IntegerBuilder &b, Scaled x) {
  auto [t, places] = decay(b, x);
  Value most = b.min(t.m, b.number((1 << 29) - 1));
  Value v = b.shift(most, b.add(places, -2));
  Value slope = b.multiplyHigh(getSlope(b, v), b.number(fixed::ln2));
  Scaled rest{b.multiplyHigh(t.m, b.shift(slope, -1)), b.add(t.e, 1)};
  Value own = b.add(x.e, -14), common = b.max(own, rest.e);
  Value sum = b.add(b.shift(b.shift(x.m, -14), b.sub(common, own)),
                    b.shift(rest.m, b.sub(common, rest.e)));
  Value isPositive = b.compare(nn::Predicate::Gt, x.m, b.number(0));
  return {b.select(isPositive, sum, rest.m),
          b.select(isPositive, common, rest.e)};
}

Scaled quantc::buildCosine(IntegerBuilder &b, Scaled x, bool isSine) {
  // fixed::findPhase, with the units of all exponents that are stored.
  SmallVector<int32_t> units[3];
  for (int32_t e = INT8_MIN; e <= INT8_MAX; ++e) {
    fixed::AngleUnit unit = fixed::getAngleUnit(e);
    units[0].push_back(unit.high);
    units[1].push_back(unit.middle);
    units[2].push_back(unit.low);
  }
  OpBuilder &builder = b.getBuilder();
  auto type = cast<RankedTensorType>(x.e.getType());
  Value place = b.cast(b.add(x.e, -INT8_MIN), 64);
  auto part = [&](ArrayRef<int32_t> values) -> Value {
    return nn::GatherOp::create(builder, b.getLoc(), type,
                                b.numbers(values, 256), place,
                                builder.getI64IntegerAttr(0));
  };
  Value high = b.shift(b.maskBits(b.mul(x.m, part(units[0])), 32767), -15);
  Value middle = b.mul(x.m, part(units[1]));
  Value low = b.shift(b.mul(x.m, part(units[2])), 15);
  constexpr int64_t half = int64_t(1) << 29;
  // Modulo a turn of 2^30, half a turn less.
  auto wrap = [&](Value phase) {
    return b.add(b.maskBits(phase, 2 * half - 1), -half);
  };
  Value phase = wrap(b.add(wrap(b.add(high, middle)), low));
  // A quarter of a turn less is three quarters more, and half of one less.
  if (isSine)
    phase = wrap(b.add(phase, half / 2));
  Value y = b.cosine30(phase);
  if (!isSine)
    return {y, b.number(-30)};
  // The sine of what is below 2^-9 is the angle, but for 2^-20 of it.
  Value isSmall = b.compare(nn::Predicate::Lt, x.e, b.number(-24));
  return {b.select(isSmall, x.m, y), b.select(isSmall, x.e, b.number(-30))};
}

/// Where an exponent is one of those that \p isOne finds.
static Value findPowers(IntegerBuilder &b, ArrayRef<double> powers,
                        ArrayRef<int64_t> shape, bool (*isOne)(double)) {
  SmallVector<int32_t> found(powers.size());
  llvm::transform(powers, found.begin(), isOne);
  return b.compare(nn::Predicate::Ne, b.numbers(found, shape), b.number(0));
}

Scaled quantc::buildPower(IntegerBuilder &b, Scaled x, ArrayRef<double> powers,
                          ArrayRef<int64_t> shape, bool isWide) {
  if (llvm::all_equal(powers)) {
    double power = powers.front();
    if (power == 2 && isWide) {
      x = joinExponents(b, x, {});
      return {b.multiplyHigh(x.m, x.m), b.add(b.add(x.e, x.e), 31)};
    }
    if (power == 2)
      return {b.mul(x.m, x.m), b.add(x.e, x.e)};
    if (power == -1)
      return buildReciprocal(b, x);
    if (std::abs(power) == 0.5)
      return buildRoot(b, x, power < 0);
    powers = powers.take_front();
    shape = {};
  }
  // Exponents of eight bits: logarithms are below 2^30.
  SmallVector<double> factors;
  SmallVector<int32_t> signs;
  for (double power : powers) {
    factors.push_back(std::abs(power));
    signs.push_back(power < 0 ? 1 : -1);
  }
  SmallVector<int64_t> bounds(powers.size(), int64_t(1) << 30);
  Value y = getLogarithm(b, {getMagnitude(b, x.m), x.e});
  Value z = b.score(
      fixed::makeMultipliers(factors.data(), bounds.data(), factors.size()), y,
      b.number(-22), shape);
  Scaled result = raiseTwo(b, b.mul(z, b.numbers(signs, shape)));
  auto replace = [&](Value isReplaced, bool (*isOne)(double), Value other) {
    if (!llvm::any_of(powers, isOne))
      return;
    if (!llvm::all_of(powers, isOne))
      isReplaced = b.both(isReplaced, findPowers(b, powers, shape, isOne));
    result.m = b.select(isReplaced, other, result.m);
  };
  replace(
      isNegative(b, x.m),
      [](double power) { return std::abs(std::fmod(power, 2)) == 1; },
      b.sub(b.number(0), result.m));
  replace(
      isNegative(b, x.m),
      [](double power) { return power != std::floor(power); }, b.number(0));
  replace(
      b.compare(nn::Predicate::Eq, x.m, b.number(0)),
      [](double power) { return power > 0; }, b.number(0));
  return result;
}
