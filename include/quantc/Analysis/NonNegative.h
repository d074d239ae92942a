//===- NonNegative.h - Which numbers have no sign ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What stands behind a ReLU, and whatever moves, pools or adds such tensors,
// has no negative element. Codes of it need no sign either.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_ANALYSIS_NONNEGATIVE_H
#define QUANTC_ANALYSIS_NONNEGATIVE_H

#include "mlir/IR/Value.h"

namespace quantc {

/// Whether no element of a tensor is less than 0, as far as the ops before it
/// tell. Floats may be NaN, or negative zeros. Sums and products of integers
/// may wrap around here: `IntegerRanges` says of more integers what they can
/// be.
bool isNonNegative(mlir::Value value);

} // namespace quantc

#endif // QUANTC_ANALYSIS_NONNEGATIVE_H
