//===- Limits.cpp - Constant limits of integers -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Limits.h"
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::numerics;

/// The largest integer: half of it, rounded, leaves a sum of two 32 bits.
static constexpr int64_t largestInteger = INT32_MAX - 1;

/// A bound on an exponent, beyond every value where it is that.
static Value boundOn(IntegerBuilder &b, Value e, double bound) {
  Scaled limit = b.constant(bound, {}, 30);
  Value places = b.sub(e, limit.e);
  // Of 30 bits, to the left by one at most.
  Value integer = b.shift(limit.m, b.max(places, -1));
  if (bound == 0)
    return integer;
  return b.select(b.compare(nn::Predicate::Lt, places, b.number(-1)),
                  b.number(bound > 0 ? largestInteger : -largestInteger),
                  integer);
}

Value quantc::limitTo(IntegerBuilder &b, Scaled x, Limits limits) {
  auto bound = [&](double number) { return b.max(boundOn(b, x.e, number), 1); };
  if (limits.low)
    x.m = b.max(x.m, b.sub(b.number(0), bound(-*limits.low)));
  return limits.high ? b.min(x.m, bound(*limits.high)) : x.m;
}

/// On the least exponent that the limit fits, which takes the place of every
/// element of a row with a smaller one.
static Scaled makeRoom(IntegerBuilder &b, Scaled x, double limit,
                       unsigned bits) {
  Value e = b.number(fixed::makeVector(&limit, 1, bits - 1).exponent);
  Value places = b.clip(b.sub(e, x.e), 0, 31);
  return {b.shift(x.m, places), b.max(x.e, e)};
}

Scaled quantc::limitRows(IntegerBuilder &b, Scaled x, Limits limits,
                         unsigned bits, ArrayRef<int64_t> blocks) {
  double largest = std::max(std::fabs(limits.low.value_or(0)),
                            std::fabs(limits.high.value_or(0)));
  bool isOpen = !limits.low || !limits.high;
  int64_t widest = std::min((int64_t(1) << (bits - 1)) - 1, largestInteger);
  for (double limit : {std::max(limits.low.value_or(0), 0.0),
                       std::min(limits.high.value_or(0), 0.0)})
    if (limit != 0)
      x = makeRoom(b, x, limit, bits);
  // 0 is 0 on every exponent.
  if (largest != 0) {
    // Of as many bits as leave one to the elements.
    unsigned places = bits - 2;
    int32_t e = fixed::makeVector(&largest, 1, places).exponent;
    Value left = b.clip(b.add(x.e, -e), 0, places);
    Value zero = b.number(0), rest, most;
    if (isOpen) {
      // By what is not limited, too.
      rest = limits.high ? b.clip(x.m, -widest, 0) : b.clip(x.m, 0, widest);
      x.m = limits.high ? b.max(x.m, zero) : b.min(x.m, zero);
      most = b.largest(rest, blocks);
      left = b.min(left, b.add(b.unary(nn::UnaryKind::Clz, most),
                               static_cast<int64_t>(bits) - 33));
    }
    // What is beyond 2^(places + 1) then is as large as that, beyond the limit.
    Value saturated = b.binary(
        nn::BinaryKind::Shr, b.number((int64_t(1) << (places + 1)) - 1), left);
    if (limits.high)
      x.m = b.min(x.m, saturated);
    if (limits.low)
      x.m = b.max(x.m,
                  *limits.low >= 0 && !isOpen ? zero : b.sub(zero, saturated));
    // Of which a product takes less than a shift of either direction.
    Value right = b.sub(zero, left);
    x.m = b.mul(x.m, b.shift(b.number(1), right));
    Value own = b.min(x.e, b.number(e));
    if (isOpen) {
      x.m = b.add(x.m, b.shift(rest, right));
      own = b.select(b.compare(nn::Predicate::Eq, most, zero), own,
                     b.sub(x.e, left));
    }
    x.e = own;
  }
  // Which it has been limited to. Where 0 is beyond a limit there is room for
  // it.
  bool isAboveZero = limits.low == 0.0 && !isOpen && largest != 0;
  if (limits.low && !isAboveZero)
    x.m = b.max(x.m, b.min(boundOn(b, x.e, *limits.low), b.number(widest)));
  if (limits.high)
    x.m = b.min(x.m, b.max(boundOn(b, x.e, *limits.high), -widest));
  return x;
}
