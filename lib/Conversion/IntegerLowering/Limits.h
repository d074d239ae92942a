//===- Limits.h - Constant limits of integers -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef QUANTC_LIB_CONVERSION_INTEGERLOWERING_LIMITS_H
#define QUANTC_LIB_CONVERSION_INTEGERLOWERING_LIMITS_H

#include "IntegerBuilder.h"

namespace quantc {

/// A bound on an exponent, beyond every value where it is that.
inline mlir::Value boundOn(IntegerBuilder &b, mlir::Value e, double bound) {
  Scaled limit = b.constant(bound, {}, 30);
  mlir::Value places = b.sub(e, limit.e);
  // Of 30 bits, to the left by one at most.
  mlir::Value integer = b.shift(limit.m, b.max(places, -1));
  if (bound == 0)
    return integer;
  return b.select(b.compare(nn::Predicate::Lt, places, b.number(-1)),
                  b.number(bound > 0 ? INT32_MAX : -INT32_MAX), integer);
}

/// The mantissas from -low to high, where there are these positive numbers. No
/// bound is below one unit, so that nothing is limited to 0.
inline mlir::Value limitTo(IntegerBuilder &b, Scaled x,
                           std::optional<double> low,
                           std::optional<double> high) {
  auto bound = [&](double number) { return b.max(boundOn(b, x.e, number), 1); };
  if (low)
    x.m = b.max(x.m, b.sub(b.number(0), bound(*low)));
  return high ? b.min(x.m, bound(*high)) : x.m;
}

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_INTEGERLOWERING_LIMITS_H
