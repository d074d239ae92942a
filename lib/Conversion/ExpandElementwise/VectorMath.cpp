//===- VectorMath.cpp - Polynomials on vectors -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "VectorMath.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "quantc/Conversion/KernelToLoops/Exponential.h"

using namespace mlir;
using namespace quantc;

static Type withElement(Type type, Type element) {
  if (auto vector = dyn_cast<VectorType>(type))
    return vector.clone(element);
  return element;
}

static Value constant(OpBuilder &builder, Location loc, Type type,
                      TypedAttr element) {
  if (auto vector = dyn_cast<VectorType>(type))
    return arith::ConstantOp::create(
        builder, loc, DenseElementsAttr::get(vector, Attribute(element)));
  return arith::ConstantOp::create(builder, loc, element);
}

Type VectorMath::intType() { return withElement(type, builder.getI32Type()); }
Type VectorMath::wideType() { return withElement(type, builder.getF64Type()); }

Value VectorMath::number(double value) {
  return constant(builder, loc, type, builder.getF32FloatAttr(value));
}
Value VectorMath::integer(int64_t value) {
  return constant(builder, loc, intType(),
                  builder.getI32IntegerAttr(static_cast<int32_t>(value)));
}
Value VectorMath::add(Value a, Value b) {
  return arith::AddFOp::create(builder, loc, a, b);
}
Value VectorMath::sub(Value a, Value b) {
  return arith::SubFOp::create(builder, loc, a, b);
}
Value VectorMath::mul(Value a, Value b) {
  return arith::MulFOp::create(builder, loc, a, b);
}
Value VectorMath::div(Value a, Value b) {
  return arith::DivFOp::create(builder, loc, a, b);
}
Value VectorMath::fma(Value a, Value b, Value c) {
  return math::FmaOp::create(builder, loc, a, b, c);
}
Value VectorMath::neg(Value a) {
  return arith::NegFOp::create(builder, loc, a);
}
Value VectorMath::abs(Value a) { return math::AbsFOp::create(builder, loc, a); }
Value VectorMath::copySign(Value magnitude, Value sign) {
  return math::CopySignOp::create(builder, loc, magnitude, sign);
}
Value VectorMath::less(Value a, Value b) {
  return arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLT, a, b);
}
Value VectorMath::equal(Value a, Value b) {
  return arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OEQ, a, b);
}
Value VectorMath::isNaN(Value a) {
  return arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::UNO, a, a);
}
Value VectorMath::select(Value condition, Value a, Value b) {
  return arith::SelectOp::create(builder, loc, condition, a, b);
}
Value VectorMath::min(Value a, Value b) { return select(less(b, a), b, a); }
Value VectorMath::max(Value a, Value b) { return select(less(a, b), b, a); }
Value VectorMath::bits(Value x) {
  return arith::BitcastOp::create(builder, loc, intType(), x);
}
Value VectorMath::fromBits(Value x) {
  return arith::BitcastOp::create(builder, loc, type, x);
}

Value VectorMath::polynomial(Value x, ArrayRef<double> coefficients) {
  Value sum = number(coefficients.back());
  for (double coefficient : llvm::reverse(coefficients.drop_back()))
    sum = fma(sum, x, number(coefficient));
  return sum;
}

/// p * 2^n for an integer n in [-250, 250], by two factors, so that neither
/// overflows before the product does.
Value VectorMath::scaleByPowers(Value p, Value n) {
  Value half = arith::ShRSIOp::create(builder, loc, n, integer(1));
  Value rest = arith::SubIOp::create(builder, loc, n, half);
  auto power = [&](Value e) {
    Value biased = arith::AddIOp::create(builder, loc, e, integer(127));
    return fromBits(arith::ShLIOp::create(builder, loc, biased, integer(23)));
  };
  return mul(mul(p, power(half)), power(rest));
}

Value VectorMath::exp(Value x) { return scaledExp(x, 0); }

Value VectorMath::scaledExp(Value x, int64_t power) {
  // Beyond these the result is 0 or infinite; a NaN passes both.
  Value bounded = min(max(x, number(-105.0)), number(power < 0 ? 90.0 : 89.0));
  // Adding 1.5 * 2^23 leaves the nearest integer in the low bits.
  Value magic = number(12582912.0);
  Value shifted = fma(bounded, number(1.44269504088896341), magic);
  Value n = sub(shifted, magic);
  Value p = expOfRest(bounded, n);
  Value exponent =
      arith::SubIOp::create(builder, loc, bits(shifted), bits(magic));
  if (power != 0)
    exponent = arith::AddIOp::create(builder, loc, exponent, integer(power));
  return scaleByPowers(p, exponent);
}

/// Added, it leaves the nearest integer, plus 127, in the low bits.
static constexpr double wholeMagic = 12582912.0 + 127.0;

Value VectorMath::lowBitsPower(Value shifted) {
  return fromBits(
      arith::ShLIOp::create(builder, loc, bits(shifted), integer(23)));
}

Value VectorMath::expInRange(Value x, bool isFast) {
  Value magic = number(wholeMagic);
  Value shifted = fma(x, number(1.44269504088896341), magic);
  Value n = sub(shifted, magic);
  Value power = lowBitsPower(shifted);
  if (isFast) {
    // The polynomial is off by 9.2e-8 at most, the one product with log 2 by
    // 1.9e-9 n.
    Value r = fma(n, number(-0.69314718055994531), x);
    Value p = polynomial(r, {1.0, 0.9999997019767761, 0.4999914765357971,
                             0.1666763871908188, 0.04189816117286682,
                             0.008290272206068039});
    return mul(p, power);
  }
  return mul(expOfRest(x, n), power);
}

/// exp(x - n log 2), where that is at most half of log 2.
Value VectorMath::expOfRest(Value x, Value n) {
  Value r = fma(n, number(-0.693145751953125), x);
  r = fma(n, number(-1.42860682030941723e-6), r);
  Value tail = polynomial(r, {0.5000000095121949, 0.16666518896664198,
                              0.041666206013889005, 0.008368882433868399,
                              0.001395047681919847});
  return add(fma(mul(r, r), tail, r), number(1.0));
}

Value quantc::emitExpOfNonPositive(OpBuilder &builder, Location loc, Value x) {
  VectorMath m(builder, loc, x.getType());
  // -88 / log 2 rounds to -127: the power is 0.
  return m.expInRange(m.max(x, m.number(-88.0)), /*isFast=*/true);
}

Value VectorMath::expm1(Value x) {
  Value tail = polynomial(x, {0.49999999872249423, 0.16666675753712665,
                              0.04166669651071026, 0.008332353720441221,
                              0.0013887131654882843, 0.00020141073943486407,
                              2.518251258176061e-05});
  // The product underflows, and is 0 of an infinity, beside what has no need
  // of it.
  Value near = fma(mul(x, x), tail, x);
  return select(less(abs(x), number(0.75)), near, sub(exp(x), number(1.0)));
}

Value VectorMath::log(Value x) {
  // Denormals are scaled into the normal range first.
  Value tiny = less(x, number(0x1p-126));
  Value scaled = select(tiny, mul(x, number(0x1p23)), x);
  Value raw = bits(scaled);
  // The mantissa goes to [sqrt(1/2), sqrt(2)).
  Value offset = arith::SubIOp::create(builder, loc, raw, integer(0x3f3504f3));
  Value e = arith::ShRSIOp::create(builder, loc, offset, integer(23));
  Value m = fromBits(arith::SubIOp::create(
      builder, loc, raw, arith::ShLIOp::create(builder, loc, e, integer(23))));
  Value exponent = arith::SIToFPOp::create(builder, loc, type, e);
  exponent = sub(exponent, select(tiny, number(23), number(0)));
  Value f = sub(m, number(1.0));
  Value s = div(f, add(f, number(2.0)));
  Value z = mul(s, s);
  // log(1 + f) = f - s (f - R): the leading term is exact.
  Value r = mul(z, polynomial(z, {0.6666666522344104, 0.40000389174546,
                                  0.28534783697241494, 0.236212813349107}));
  Value half = mul(number(0.5), mul(f, f));
  Value correction = sub(half, mul(s, add(half, r)));
  Value low = fma(exponent, number(1.42860682030941723e-6), neg(correction));
  Value result = add(fma(exponent, number(0.693145751953125), f), low);
  Value infinity = number(std::numeric_limits<double>::infinity());
  result = select(equal(x, infinity), infinity, result);
  result = select(equal(x, number(0)), neg(infinity), result);
  Value nan = number(std::numeric_limits<double>::quiet_NaN());
  return select(arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::ULT,
                                      x, number(0)),
                nan, result);
}

Value VectorMath::log1p(Value x) {
  // log(u) * x / (u - 1) makes good for what 1 + x lost.
  Value u = add(number(1.0), x);
  Value d = sub(u, number(1.0));
  Value isSmall = equal(d, number(0));
  Value safe = select(isSmall, number(1.0), d);
  Value near = select(isSmall, x, mul(log(u), div(x, safe)));
  // One is nothing beside what is as large, also beside an infinity.
  return select(equal(u, x), log(u), near);
}

Value VectorMath::tanh(Value x) {
  Value a = abs(x);
  Value z = mul(a, a);
  Value near = polynomial(z, {-0.333332819422, 0.133314422036, -0.0537397155531,
                              0.0206390887954, -0.00570498872745});
  near = fma(mul(z, near), a, a);
  Value e = expInRange(min(mul(a, number(2.0)), number(89.0)));
  Value far = sub(number(1.0), div(number(2.0), add(e, number(1.0))));
  return copySign(select(less(a, number(0.625)), near, far), x);
}

Value VectorMath::erf(Value x) {
  Value a = min(abs(x), number(4.2));
  Value z = mul(a, a);
  // a + a (2/sqrt(pi) - 1 + ...): the smaller factor has the smaller error.
  Value near =
      fma(a,
          polynomial(z, {0.1283791670631578, -0.37612638483808747,
                         0.1128378274719579, -0.02686544582105798,
                         0.005221074876967477, -0.0008484711430699117,
                         0.00011270544344171591, -9.68013594805986e-06}),
          a);
  // erfc(a) = exp(-q(a)) on [1, 4.2].
  Value q = polynomial(a, {-0.00012529454316753327, 1.1292038602125978,
                           0.6341961087312329, 0.10696151958354386,
                           -0.023836528288895174, 0.0033602807621045568,
                           -0.00010176415595601965, -6.434054144750169e-05,
                           1.2452659720789478e-05, -7.845133461040882e-07});
  Value far = sub(number(1.0), expInRange(neg(q)));
  return copySign(select(less(a, number(1.0)), near, far), x);
}

Value VectorMath::timesSigmoid(Value x, Value y, bool isFast) {
  // Where the exponential is infinite the result is below 2^-126 x.
  Value z = min(max(neg(y), number(-87.3)), number(89.0));
  return div(x, add(number(1.0), expInRange(z, isFast)));
}

Value VectorMath::sigmoid(Value x) { return timesSigmoid(number(1.0), x); }

Value VectorMath::geluErf(Value x) {
  // x, or 0 where that is negative, less |x| times half of erfc(|x| / sqrt 2),
  // without the cancellation of 1 + erf. The half is 2^t, with a polynomial of
  // |x| that is off by what makes 8.2e-8 of the product at most, and falls up
  // to the bound, where 2^-119 is left.
  Value a = min(abs(x), number(14.0));
  Value t = polynomial(a, {-1.0, -1.1511471271514893, -0.45891568064689636,
                           -0.05323818698525429, 0.007977462373673916,
                           -0.0007398742600344121, 2.9924191039754078e-05});
  Value magic = number(wholeMagic);
  Value shifted = add(t, magic);
  Value r = sub(t, sub(shifted, magic));
  // 2^r to 7.5e-8.
  Value p = polynomial(r, {1.0000001192092896, 0.6931469440460205,
                           0.24022120237350464, 0.05550713092088699,
                           0.009675540961325169, 0.001327647129073739});
  Value h = mul(p, lowBitsPower(shifted));
  return fma(neg(a), h, max(x, number(0)));
}

/// 2/pi in parts of 28 bits: products with a float are exact in double, and
/// what is missing of it is 2^-68 of a quarter turn for the largest float.
static constexpr double twoOverPi[] = {
    0x1.45f306c000000p-1,   0x1.c9c882a000000p-29,  0x1.4fe13a8000000p-59,
    0x1.f47d4d0000000p-86,  0x1.bb81b6c000000p-113, 0x1.4acc9e0000000p-143,
    0x1.0e4107c000000p-170,
};

VectorMath::Angle VectorMath::reduceAngle(Value x) {
  // Quarter turns x 2/pi, from each part without its whole turns: what is left
  // of all parts is exact for every float, up to the sum of what is left.
  Type wide = wideType(), i64 = withElement(type, builder.getI64Type());
  auto real = [&](double value) {
    return constant(builder, loc, wide, builder.getF64FloatAttr(value));
  };
  Value w = arith::ExtFOp::create(builder, loc, wide, x);
  Value magic = real(6755399441055744.0), quadrant, quarters;
  // Takes the nearest whole number from `quarters`, which are few.
  auto takeWhole = [&] {
    Value shifted = arith::AddFOp::create(builder, loc, quarters, magic);
    Value whole = arith::SubFOp::create(builder, loc, shifted, magic);
    quarters = arith::SubFOp::create(builder, loc, quarters, whole);
    Value bits = arith::TruncIOp::create(
        builder, loc, intType(),
        arith::BitcastOp::create(builder, loc, i64, shifted));
    quadrant =
        quadrant
            ? arith::AddIOp::create(builder, loc, quadrant, bits).getResult()
            : bits;
  };
  for (double part : twoOverPi) {
    Value product = arith::MulFOp::create(builder, loc, w, real(part));
    Value turns = math::RoundEvenOp::create(
        builder, loc, arith::MulFOp::create(builder, loc, product, real(0.25)));
    Value rest = math::FmaOp::create(builder, loc, turns, real(-4.0), product);
    if (quarters) {
      quarters = arith::AddFOp::create(builder, loc, quarters, rest);
      continue;
    }
    quarters = rest;
    takeWhole(); // so that what cancels next leaves all its bits
  }
  takeWhole();
  Value rest = arith::MulFOp::create(builder, loc, quarters,
                                     real(1.57079632679489661923));
  Value r = arith::TruncFOp::create(builder, loc, type, rest);
  Value z = mul(r, r);
  Value sine = fma(
      mul(z, r),
      polynomial(z, {-0.16666654611, 0.0083321608736, -0.00019515295891}), r);
  Value cosines = fma(
      mul(z, z),
      polynomial(z, {0.041666645683, -0.0013887316255, 2.443315711809948e-05}),
      fma(number(-0.5), z, number(1.0)));
  return {quadrant, sine, cosines};
}

Value VectorMath::testBit(Value x, int64_t bit) {
  Value masked = arith::AndIOp::create(builder, loc, x, integer(bit));
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, masked,
                               integer(0));
}

Value VectorMath::sinCos(Value x, bool cosine) {
  Angle angle = reduceAngle(x);
  Value quadrant = angle.quadrant;
  if (cosine)
    quadrant = arith::AddIOp::create(builder, loc, quadrant, integer(1));
  Value result = select(testBit(quadrant, 1), angle.cosine, angle.sine);
  return select(testBit(quadrant, 2), neg(result), result);
}

Value VectorMath::sin(Value x) { return sinCos(x, /*cosine=*/false); }
Value VectorMath::cos(Value x) { return sinCos(x, /*cosine=*/true); }

Value VectorMath::tan(Value x) {
  Angle angle = reduceAngle(x);
  Value isOdd = testBit(angle.quadrant, 1);
  return div(select(isOdd, neg(angle.cosine), angle.sine),
             select(isOdd, angle.sine, angle.cosine));
}

static constexpr double quarterPi = 0.78539816339744830962;
static constexpr double halfPi = 2 * quarterPi, wholePi = 4 * quarterPi;

Value VectorMath::atan(Value x) {
  // Turned by a quarter or an eighth of a turn, so that the tangent of what is
  // left is at most sqrt(2) - 1.
  Value a = abs(x), one = number(1.0);
  Value isSteep = less(number(2.414213562373095), a),
        isMiddle = less(number(0.4142135623730950), a);
  Value numerator = select(isMiddle, sub(a, one), a),
        denominator = select(isMiddle, add(a, one), one);
  numerator = select(isSteep, number(-1.0), numerator);
  denominator = select(isSteep, a, denominator);
  Value turn = select(isMiddle, number(quarterPi), number(0));
  turn = select(isSteep, number(halfPi), turn);
  Value t = div(numerator, denominator), z = mul(t, t);
  Value rest = fma(mul(z, t),
                   polynomial(z, {-3.33329491539e-1, 1.99777106478e-1,
                                  -1.38776856032e-1, 8.05374449538e-2}),
                   t);
  return copySign(add(turn, rest), x);
}

Value VectorMath::asinOfSmall(Value x) {
  Value z = mul(x, x);
  return fma(mul(z, x),
             polynomial(z, {1.6666752422e-1, 7.4953002686e-2, 4.5470025998e-2,
                            2.4181311049e-2, 4.2163199048e-2}),
             x);
}

Value VectorMath::asin(Value x) {
  // Above 1/2 by the half angle: pi/2 - 2 asin(sqrt((1 - a) / 2)). The root of
  // what is above 1 is NaN.
  Value a = abs(x), isLarge = less(number(0.5), a);
  Value half =
      math::SqrtOp::create(builder, loc, mul(number(0.5), sub(number(1.0), a)));
  Value small = asinOfSmall(select(isLarge, half, a));
  Value large = sub(number(halfPi), mul(number(2.0), small));
  return copySign(select(isLarge, large, small), x);
}

Value VectorMath::acos(Value x) {
  Value a = abs(x), isLarge = less(number(0.5), a);
  Value isNegative = less(x, number(0));
  Value half =
      math::SqrtOp::create(builder, loc, mul(number(0.5), sub(number(1.0), a)));
  Value small = asinOfSmall(select(isLarge, half, a));
  Value twice = mul(number(2.0), small);
  Value large = select(isNegative, sub(number(wholePi), twice), twice);
  return select(isLarge, large, sub(number(halfPi), copySign(small, x)));
}

Value VectorMath::sinh(Value x) {
  Value a = abs(x), z = mul(a, a);
  Value near = fma(
      mul(z, a),
      polynomial(z, {1.66667160211e-1, 8.33028376239e-3, 2.03721912945e-4}), a);
  Value half = scaledExp(a, -1);
  Value far = sub(half, div(number(0.25), half));
  return copySign(select(less(a, number(1.0)), near, far), x);
}

Value VectorMath::cosh(Value x) {
  Value half = scaledExp(abs(x), -1);
  return add(half, div(number(0.25), half));
}

Value VectorMath::logOfSum(Value x, Value root) {
  Value isLarge = less(number(0x1p13), x);
  Value result = log(select(isLarge, x, add(x, root)));
  return select(isLarge, add(result, number(0.69314718055994531)), result);
}

Value VectorMath::asinh(Value x) {
  Value a = abs(x), z = mul(a, a);
  Value near = fma(mul(z, a),
                   polynomial(z, {-1.6666288134e-1, 7.4847586088e-2,
                                  -4.2699340972e-2, 2.0122003309e-2}),
                   a);
  Value root = math::SqrtOp::create(builder, loc, add(z, number(1.0)));
  return copySign(select(less(a, number(0.5)), near, logOfSum(a, root)), x);
}

Value VectorMath::acosh(Value x) {
  // The root of what is below 1 is NaN.
  Value t = sub(x, number(1.0));
  Value near =
      mul(polynomial(t, {1.4142135263e0, -1.1784741703e-1, 2.6454905019e-2,
                         -7.5272886713e-3, 1.7596881071e-3}),
          math::SqrtOp::create(builder, loc, t));
  Value root = math::SqrtOp::create(builder, loc, mul(t, add(x, number(1.0))));
  return select(less(t, number(0.5)), near, logOfSum(x, root));
}

Value VectorMath::atanh(Value x) {
  Value a = abs(x), z = mul(a, a), one = number(1.0);
  Value near =
      fma(mul(z, a),
          polynomial(z, {3.33337300303e-1, 1.99782164500e-1, 1.46691431730e-1,
                         8.24370301058e-2, 1.81740078349e-1}),
          a);
  // Of a ratio below 0 the logarithm is NaN.
  Value far = mul(number(0.5), log(div(add(one, a), sub(one, a))));
  return copySign(select(less(a, number(0.5)), near, far), x);
}

Value VectorMath::pow(Value x, Value y) {
  // 2^(y log2|x|) in double, then signs and the special cases of IEEE pow.
  Type wide = wideType(), i64 = withElement(type, builder.getI64Type());
  auto real = [&](double value) {
    return constant(builder, loc, wide, builder.getF64FloatAttr(value));
  };
  auto whole = [&](int64_t value) {
    return constant(builder, loc, i64, builder.getI64IntegerAttr(value));
  };
  auto chain = [&](Value at, ArrayRef<double> coefficients) {
    Value sum = real(coefficients.back());
    for (double coefficient : llvm::reverse(coefficients.drop_back()))
      sum = math::FmaOp::create(builder, loc, sum, at, real(coefficient));
    return sum;
  };
  Value w = arith::ExtFOp::create(builder, loc, wide, abs(x));
  Value raw = arith::BitcastOp::create(builder, loc, i64, w);
  Value offset =
      arith::SubIOp::create(builder, loc, raw, whole(0x3fe6a09e667f3bcd));
  Value e = arith::ShRSIOp::create(builder, loc, offset, whole(52));
  Value m = arith::BitcastOp::create(
      builder, loc, wide,
      arith::SubIOp::create(builder, loc, raw,
                            arith::ShLIOp::create(builder, loc, e, whole(52))));
  Value s = arith::DivFOp::create(
      builder, loc, arith::SubFOp::create(builder, loc, m, real(1)),
      arith::AddFOp::create(builder, loc, m, real(1)));
  Value z = arith::MulFOp::create(builder, loc, s, s);
  // 2 atanh(s) / ln 2, whose terms fall by 0.03 each.
  Value log2 = arith::MulFOp::create(
      builder, loc, s,
      chain(z, {2.8853900817779268, 0.96179669392597556, 0.57707801635558534,
                0.41219858311113239, 0.32059889797532520, 0.26230818925253880,
                0.22195308321368667, 0.19235933878519512}));
  Value exponent = arith::SIToFPOp::create(builder, loc, wide, e);
  log2 = arith::AddFOp::create(builder, loc, exponent, log2);
  Value t = arith::MulFOp::create(
      builder, loc, arith::ExtFOp::create(builder, loc, wide, y), log2);
  auto clampTo = [&](Value value, double low, double high) -> Value {
    Value isLow = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLT,
                                        value, real(low));
    value = arith::SelectOp::create(builder, loc, isLow, real(low), value);
    Value isHigh = arith::CmpFOp::create(
        builder, loc, arith::CmpFPredicate::OGT, value, real(high));
    return arith::SelectOp::create(builder, loc, isHigh, real(high), value);
  };
  t = clampTo(t, -400, 400);
  Value magic = real(6755399441055744.0);
  Value shifted = arith::AddFOp::create(builder, loc, t, magic);
  Value r = arith::SubFOp::create(
      builder, loc, t, arith::SubFOp::create(builder, loc, shifted, magic));
  Value p = chain(r, {1.0, 0.69314718055994531, 0.24022650695910071,
                      0.055504108664821580, 0.0096181291076284772,
                      0.0013333558146428443, 0.00015403530393381609,
                      1.5252733804059841e-05, 1.3215486790144310e-06});
  Value power = arith::SubIOp::create(
      builder, loc, arith::BitcastOp::create(builder, loc, i64, shifted),
      arith::BitcastOp::create(builder, loc, i64, magic));
  power = arith::ShLIOp::create(
      builder, loc, arith::AddIOp::create(builder, loc, power, whole(1023)),
      whole(52));
  Value wideResult = arith::MulFOp::create(
      builder, loc, p, arith::BitcastOp::create(builder, loc, wide, power));
  Value result = arith::TruncFOp::create(builder, loc, type, wideResult);

  Value infinity = number(std::numeric_limits<double>::infinity());
  Value zero = number(0), one = number(1);
  // 0 and infinity have no logarithm that the above could use.
  Value grows = less(zero, y);
  Value ofZero = select(grows, zero, infinity),
        ofInfinity = select(grows, infinity, zero);
  result = select(equal(abs(x), zero), ofZero, result);
  result = select(equal(abs(x), infinity), ofInfinity, result);
  // A base below zero: the sign of an odd exponent, NaN for one that is whole
  // not at all.
  Value truncated = math::TruncOp::create(builder, loc, y);
  Value isWhole = equal(truncated, y);
  Value halved = mul(y, number(0.5));
  Value isEven = equal(math::TruncOp::create(builder, loc, halved), halved);
  Value signedResult = select(isEven, result, neg(result));
  Value nan = number(std::numeric_limits<double>::quiet_NaN());
  Value finite = less(abs(x), infinity);
  Value notWhole = select(
      arith::AndIOp::create(builder, loc, finite, less(x, zero)), nan, result);
  Value negative = arith::CmpIOp::create(
      builder, loc, arith::CmpIPredicate::slt, bits(x), integer(0));
  result = select(negative, select(isWhole, signedResult, notWhole), result);
  Value eitherNaN = arith::OrIOp::create(builder, loc, isNaN(x), isNaN(y));
  result = select(eitherNaN, nan, result);
  result = select(arith::AndIOp::create(builder, loc, equal(abs(x), one),
                                        equal(abs(y), infinity)),
                  one, result);
  Value always =
      arith::OrIOp::create(builder, loc, equal(x, one), equal(y, zero));
  return select(always, one, result);
}
