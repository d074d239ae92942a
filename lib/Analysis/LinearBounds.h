//===- LinearBounds.h - Inequalities between integers -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Exponents and numbers of places are sums of other such numbers, of maxima
// over them, and of the bit lengths of what is shifted. Ranges alone do not say
// that a maximum is not below its operands, nor that what is shifted by its own
// bit length fits; sums of terms do.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_ANALYSIS_LINEARBOUNDS_H
#define QUANTC_LIB_ANALYSIS_LINEARBOUNDS_H

#include "quantc/Analysis/Interval.h"
#include "quantc/Analysis/SplatConstants.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/MapVector.h"
#include <functional>

namespace quantc {

/// An integer (sum of coefficients times terms + rest) / 2^scale.
struct LinearSum {
  llvm::SmallMapVector<mlir::Value, int64_t, 4> terms;
  Interval rest = Interval::get(0);
  unsigned scale = 0;

  static LinearSum ofTerm(mlir::Value value, int64_t coefficient = 1);
  /// Adds \p factor times another one.
  LinearSum &add(LinearSum other, int64_t factor = 1);
};

class LinearBounds {
public:
  using Ranges = std::function<Interval(mlir::Value)>;
  /// Results of rounded shifts are sums of what is shifted, up to the rounding,
  /// or without \p throughShifts terms.
  explicit LinearBounds(Ranges ranges, bool throughShifts = true)
      : ranges(std::move(ranges)), throughShifts(throughShifts) {}

  /// Of a value whose ops do not wrap around.
  LinearSum getSum(mlir::Value value) const { return getSum(value, 12); }

  /// What the integer is at least; at most where all coefficients are
  /// negated. It is known not to be smaller than \p enough: that ends the
  /// search. Where \p nonZero is given it is not 0.
  llvm::DynamicAPInt getLowest(const LinearSum &sum,
                               const llvm::DynamicAPInt &enough,
                               mlir::Value nonZero = {});

private:
  LinearSum getSum(mlir::Value value, unsigned depth) const;
  llvm::DynamicAPInt search(const LinearSum &sum, mlir::Value nonZero,
                            unsigned depth);

  Ranges ranges;
  bool throughShifts;
  llvm::DynamicAPInt target;
  unsigned budget = 0;
};

/// The value without what leaves every element as it is: widening casts,
/// repetition, and being handed to an epilogue.
mlir::Value stripMoves(mlir::Value value);

/// The values whose magnitudes are nowhere above \p value, which is not
/// negative.
void collectDominated(mlir::Value value,
                      llvm::SmallVectorImpl<mlir::Value> &dominated);

/// The op of that kind that makes \p value, if one does.
nn::BinaryOp getBinary(mlir::Value value, nn::BinaryKind kind);

} // namespace quantc

#endif // QUANTC_LIB_ANALYSIS_LINEARBOUNDS_H
