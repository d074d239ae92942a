//===- MaskAnalysis.h - What masks say of positions -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_NN_TRANSFORMS_MASKANALYSIS_H
#define QUANTC_LIB_DIALECT_NN_TRANSFORMS_MASKANALYSIS_H

#include "mlir/IR/PatternMatch.h"
#include "quantc/Analysis/SymbolicShapes.h"

namespace quantc::nn {

/// What is added to a score that nobody may see. Of a score of ordinary size
/// the sum leaves nothing: to float32 it is the mask's own value.
bool isHidden(double value);

/// A mask without its parts that hide keys by how far they are from the query,
/// which is at the key row + keys - rows.
struct PositionMask {
  bool causal = false; ///< later keys are hidden
  /// Keys more than this before the query are hidden, where it is set.
  std::optional<int64_t> left;
  /// Keys more than this behind the query are hidden, where it is set.
  std::optional<int64_t> right;
  /// What is left to be added, null where that is nothing.
  mlir::Value rest;
};

/// Reads an additive mask that broadcasts to scores of `rows` by `keys`. Where
/// it, or one of the masks that it joins, hides exactly the later keys, or
/// those too far before or behind, or nothing at all, the others are what is
/// left. New ops are created in front of the rewriter's insertion point.
std::optional<PositionMask> splitPositionMask(mlir::PatternRewriter &rewriter,
                                              mlir::Value mask,
                                              mlir::AffineExpr rows,
                                              mlir::AffineExpr keys,
                                              SymbolicShapes &shapes);

} // namespace quantc::nn

#endif // QUANTC_LIB_DIALECT_NN_TRANSFORMS_MASKANALYSIS_H
