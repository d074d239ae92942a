//===- IntegerRoots.cpp - Roots and quotients of lanes ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// No target divides vectors of integers. A polynomial and two steps of Newton's
// give an inverse of some 26 bits in products of 32 by 32 bits, from which a
// first result follows that is too small by less than 2^8. The remainder, which
// is exact, says what is missing but for 1, and once more whether it is 1.
//
//===----------------------------------------------------------------------===//

#include "IntegerMath.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace quantc;

using P = arith::CmpIPredicate;

namespace {
/// Numbers without a sign in lanes of 64 bits, factors being below 2^32.
class Lanes : public IntegerMath {
public:
  Lanes(OpBuilder &b, Location loc, Type type)
      : IntegerMath(b, loc, type), b(b), loc(loc), type(type) {}

  /// x y 2^-places.
  Value multiply(Value x, Value y, int64_t places) {
    return rightUnsigned(mul(word(x), word(y)), number(places));
  }
  /// What code generation sees to be below 2^32.
  Value word(Value x) { return bitAnd(x, number(UINT32_MAX)); }
  Value countZeros(Value x) {
    return math::CountLeadingZerosOp::create(b, loc, x);
  }
  /// One more where \p condition holds, one less where \p isLess does.
  Value adjust(Value x, Value isMore, Value isLess) {
    x = add(x, arith::ExtUIOp::create(b, loc, type, isMore));
    return sub(x, arith::ExtUIOp::create(b, loc, type, isLess));
  }

private:
  OpBuilder &b;
  Location loc;
  Type type;
};
} // namespace

/// More than what a first result has too much by its inverse.
static constexpr int64_t margin = 80;

namespace {
/// The root of x 2^places, which has 62 bits, and its inverse on the way there.
struct Root {
  Value root;    ///< 31 bits, of 0 it is 0
  Value inverse; ///< 2^61 by it within `margin`
  Value places;  ///< an even number, 0 of numbers from 2^60 on
};
} // namespace

static Root findRoot(Lanes &m, Value x) {
  // An even number of places to the left leaves s = 2^62 s', 1/4 <= s' < 1; of
  // 0 all is 0.
  Value places = m.bitAnd(m.countZeros(x), m.number(-2));
  places = m.min(m.max(m.sub(places, m.number(2)), m.number(0)), m.number(60));
  Value whole = m.left(x, places), s = m.rightUnsigned(whole, m.number(31));
  // s'^-1/2 within 2^-7, units of 2^-28 and then 2^-30.
  Value y = m.sub(m.number(1672318625), m.multiply(s, m.number(654562352), 31));
  y = m.sub(m.number(1586678878), m.multiply(s, y, 31));
  y = m.sub(m.number(835467204), m.multiply(s, y, 31));
  y = m.left(y, m.number(2));
  // y (3 - s' y^2) / 2: the square of its error, one and a half times.
  for (int64_t step = 0; step < 2; ++step) {
    Value one = m.multiply(s, m.multiply(y, y, 31), 30);
    y = m.multiply(y, m.sub(m.number(int64_t(3) << 30), one), 31);
  }
  Value root = m.sub(m.multiply(s, y, 30), m.number(margin));
  root = m.max(root, m.number(0));
  Value rest = m.sub(whole, m.mul(m.word(root), m.word(root)));
  // The rest by twice the root is rest * y * 2^-62.
  root = m.add(root, m.multiply(m.rightUnsigned(rest, m.number(8)), y, 54));
  rest = m.sub(whole, m.mul(m.word(root), m.word(root)));
  Value isMore = m.compare(P::sgt, rest, m.left(root, m.number(1))),
        isLess = m.isLess(rest, m.number(0));
  return {m.adjust(root, isMore, isLess), y, places};
}

Value quantc::expandRootOfLanes(OpBuilder &b, Location loc, Value x) {
  Lanes m(b, loc, x.getType());
  Root found = findRoot(m, x);
  return m.rightUnsigned(found.root,
                         m.rightUnsigned(found.places, m.number(1)));
}

Value quantc::expandReciprocalOfRoot(OpBuilder &b, Location loc, Value x) {
  Lanes m(b, loc, x.getType());
  Root found = findRoot(m, x);
  Value root = found.root, inverse = found.inverse;
  // Of fewer than 31 bits of a root the result is the largest one, and others
  // are where they were found.
  Value quotient = m.max(m.sub(inverse, m.number(margin)), m.number(0));
  Value all = m.number(int64_t(1) << 61);
  auto findRest = [&] {
    return m.sub(all, m.mul(m.word(quotient), m.word(root)));
  };
  // The rest by the root is rest * inverse * 2^-61.
  Value scaled = m.rightUnsigned(findRest(), m.number(8));
  quotient = m.add(quotient, m.multiply(scaled, inverse, 53));
  Value rest = findRest();
  quotient = m.adjust(quotient, m.compare(P::sge, rest, root),
                      m.isLess(rest, m.number(0)));
  Value isLarge = m.bitAnd(m.compare(P::eq, found.places, m.number(0)),
                           m.compare(P::sgt, root, m.number(int64_t(1) << 30)));
  quotient = m.select(isLarge, quotient, m.number(INT32_MAX));
  // 0 is the root of what has none or has more bits.
  Value hasRoot = m.compare(P::ult, m.sub(x, m.number(1)),
                            m.number((int64_t(1) << 62) - 1));
  return m.select(hasRoot, quotient, m.number(0));
}

Value quantc::expandReciprocalOfLanes(OpBuilder &b, Location loc, Value x) {
  Lanes m(b, loc, x.getType());
  // What has more than 31 bits loses the others: d = 2^31 d', 1/2 <= d' < 1. Of
  // fewer bits the result is the largest one.
  Value places = m.max(m.sub(m.number(33), m.countZeros(x)), m.number(0));
  Value d = m.rightUnsigned(x, places);
  // 1 / d' within 2^-6, units of 2^-28 and then 2^-30.
  Value y = m.sub(m.number(1561792335), m.multiply(d, m.number(694129854), 31));
  y = m.sub(m.number(1138810159), m.multiply(d, y, 31));
  y = m.left(y, m.number(2));
  // y (2 - d' y): the square of its error.
  for (int64_t step = 0; step < 2; ++step)
    y = m.multiply(y, m.sub(m.number(int64_t(2) << 30), m.multiply(d, y, 31)),
                   30);
  Value quotient =
      m.rightUnsigned(m.max(m.sub(y, m.number(margin)), m.number(0)), places);
  Value all = m.number(int64_t(1) << 61);
  Value rest = m.sub(all, m.mul(quotient, x));
  // The rest by x is rest 2^-places * y * 2^-61.
  Value scaled = m.rightUnsigned(rest, m.add(places, m.number(8)));
  quotient = m.add(quotient, m.multiply(scaled, y, 53));
  rest = m.sub(all, m.mul(quotient, x));
  Value isMore = m.compare(P::sge, rest, x),
        isLess = m.isLess(rest, m.number(0));
  quotient = m.adjust(quotient, isMore, isLess);
  Value isLarge = m.compare(P::sgt, x, m.number(int64_t(1) << 30));
  return m.select(isLarge, quotient, m.number(INT32_MAX));
}
