//===- RowMath.h - What reference ops share on rows -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_INTERPRETER_ROWMATH_H
#define QUANTC_INTERPRETER_ROWMATH_H

#include "quantc/Numerics/Scalar.h"
#include "llvm/ADT/ArrayRef.h"
#include <cmath>
#include <limits>

namespace quantc {

/// Replaces a row by its softmax. A row of -inf (all of it masked) gives
/// zeros; NaN and +inf give NaN.
inline void softmaxRow(llvm::MutableArrayRef<double> row) {
  double largest = -std::numeric_limits<double>::infinity();
  for (double value : row)
    largest = std::isnan(value) || value > largest ? value : largest;
  if (largest == -std::numeric_limits<double>::infinity()) {
    for (double &value : row)
      value = 0;
    return;
  }
  double sum = 0;
  for (double &value : row)
    sum += value = numerics::exp(value - largest);
  for (double &value : row)
    value /= sum;
}

} // namespace quantc

#endif // QUANTC_INTERPRETER_ROWMATH_H
