//===- Refusals.h - What has no integers ------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QT_TRANSFORMS_REFUSALS_H
#define QUANTC_LIB_DIALECT_QT_TRANSFORMS_REFUSALS_H

#include "mlir/IR/Operation.h"
#include <set>
#include <string>

namespace quantc {

/// What the ops of a function have no integers for, op by op in their order.
class Refusals {
public:
  /// What is wrong with the constants of \p op, or of what it is made of. Where
  /// \p mayStayFloat so does what is computed of infinities: rows of integers
  /// have no bits beside one.
  llvm::SmallVector<std::string> find(mlir::Operation *op, bool isBeforeBorder,
                                      bool mayStayFloat);

  /// Those of \p reasons that have not been told of the node of \p op: it may
  /// be several ops.
  llvm::SmallVector<std::string>
  takeUntold(mlir::Operation *op, llvm::ArrayRef<std::string> reasons);

private:
  /// Whether \p op computes with infinities, and notes which results have any.
  bool isOfInfinities(mlir::Operation *op);

  /// Floats that may be infinite, or no numbers, by constants.
  llvm::DenseSet<mlir::Value> infinities;
  /// Outputs of nodes, and what of them has been told.
  std::set<std::pair<std::string, std::string>> told;
};

} // namespace quantc

#endif // QUANTC_LIB_DIALECT_QT_TRANSFORMS_REFUSALS_H
