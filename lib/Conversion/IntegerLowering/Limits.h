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

/// A positive bound on an exponent: one unit where that is more already, so
/// that nothing is limited to 0, and beyond every value where it is that.
inline mlir::Value boundOn(IntegerBuilder &b, mlir::Value e, double bound) {
  Scaled limit = b.constant(bound, {}, 30);
  mlir::Value places = b.sub(e, limit.e);
  // Of 30 bits, to the left by one at most.
  mlir::Value integer = b.max(b.shift(limit.m, b.max(places, -1)), 1);
  return b.select(b.compare(nn::Predicate::Lt, places, b.number(-1)),
                  b.number(INT32_MAX), integer);
}

/// The mantissas from -low to high, where there are these.
inline mlir::Value limitTo(IntegerBuilder &b, Scaled x,
                           std::optional<double> low,
                           std::optional<double> high) {
  if (low)
    x.m = b.max(x.m, b.sub(b.number(0), boundOn(b, x.e, *low)));
  return high ? b.min(x.m, boundOn(b, x.e, *high)) : x.m;
}

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_INTEGERLOWERING_LIMITS_H
