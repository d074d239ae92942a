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
#include <optional>

namespace quantc {

/// Constants that elements are limited to, on one side or on both.
struct Limits {
  std::optional<double> low, high;
};

/// The mantissas from the lower limit, which is below 0, to the upper one. None
/// is below one unit, so that nothing is limited to 0.
mlir::Value limitTo(IntegerBuilder &b, Scaled x, Limits limits);

/// Elements of up to \p bits, with one exponent for each of \p blocks, between
/// limits that keep their bits beside what is beyond them by any factor: a row
/// with a larger exponent than the limits need takes that of the limits, or as
/// near to it as what is not limited leaves room for. Rows with a smaller one
/// keep theirs, unless 0 is beyond a limit that would not fit it.
Scaled limitRows(IntegerBuilder &b, Scaled x, Limits limits, unsigned bits,
                 llvm::ArrayRef<int64_t> blocks);

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_INTEGERLOWERING_LIMITS_H
