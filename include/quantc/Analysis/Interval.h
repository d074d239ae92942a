//===- Interval.h - Ranges of integers --------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What an op gives for every element of its operands' ranges, exact: without
// the wrap-around of a width, so that it can be seen.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_ANALYSIS_INTERVAL_H
#define QUANTC_ANALYSIS_INTERVAL_H

#include "mlir/IR/Types.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "llvm/ADT/DynamicAPInt.h"

namespace quantc {

/// The integers low .. high.
struct Interval {
  llvm::DynamicAPInt low, high;

  static Interval get(int64_t low, int64_t high) {
    return {llvm::DynamicAPInt(low), llvm::DynamicAPInt(high)};
  }
  static Interval get(int64_t number) { return get(number, number); }
  /// All that an integer type holds; i1 is 0 and 1.
  static Interval getAll(mlir::Type type);
  static Interval getSymmetric(const llvm::DynamicAPInt &limit) {
    return {-limit, limit};
  }

  bool operator==(const Interval &other) const {
    return low == other.low && high == other.high;
  }
  bool contains(const Interval &other) const {
    return low <= other.low && other.high <= high;
  }
  bool isOne() const { return low == high; }
  llvm::DynamicAPInt getMagnitude() const;
  /// The smallest interval that holds both.
  Interval join(const Interval &other) const;
  /// What both hold; this one where that is nothing.
  Interval meet(const Interval &other) const;
};

llvm::raw_ostream &operator<<(llvm::raw_ostream &stream,
                              const Interval &interval);

/// 2^places.
llvm::DynamicAPInt getPower(unsigned places);

/// The results of functions whose results have \p type.
Interval evaluate(nn::BinaryKind kind, const Interval &a, const Interval &b,
                  mlir::Type type);
Interval evaluate(nn::UnaryKind kind, const Interval &x, mlir::Type type);
Interval evaluateClip(const Interval &x, double low, double high);

} // namespace quantc

#endif // QUANTC_ANALYSIS_INTERVAL_H
