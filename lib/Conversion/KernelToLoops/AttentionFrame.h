//===- AttentionFrame.h - What attention kernels have in common -- -*- C++
//-*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_KERNELTOLOOPS_ATTENTIONFRAME_H
#define QUANTC_LIB_CONVERSION_KERNELTOLOOPS_ATTENTIONFRAME_H

#include "IndexEmitter.h"
#include "quantc/Dialect/QT/IR/QTOps.h"

namespace quantc {

/// Rows whose scores are computed together.
constexpr int64_t rowsOfTile = 4;

/// Units of attention are blocks of rows of the queries that share a head of
/// the keys, in tiles; whatever is computed of them.
class AttentionFrame : protected IndexEmitter {
protected:
  using OpBuilder = mlir::OpBuilder;
  using Value = mlir::Value;
  using RowsBody = llvm::function_ref<void(OpBuilder &, Value, int64_t count)>;
  /// How many blocks a head has, and rows each.
  struct Blocks {
    mlir::AffineExpr count, rows;
  };

  using IndexEmitter::IndexEmitter;

  /// Batch, heads, rows and size of a row of \p tensor.
  llvm::SmallVector<mlir::AffineExpr> getHeadSizes(Value tensor,
                                                   qt::HeadOrder order);
  /// Sizes that only run time knows must be what they meet.
  void requireHeads(llvm::ArrayRef<mlir::AffineExpr> q,
                    llvm::ArrayRef<mlir::AffineExpr> k,
                    llvm::ArrayRef<mlir::AffineExpr> v);
  /// Cuts the queries and sets the kernel's iterations.
  Blocks cutRows(llvm::ArrayRef<mlir::AffineExpr> q,
                 llvm::ArrayRef<mlir::AffineExpr> k);
  /// Steps of \p mask along the four dims of the scores.
  void prepareSteps(OpBuilder &b, Value mask,
                    llvm::ArrayRef<mlir::AffineExpr> scores);
  /// The rows from \p first to \p last, at least one.
  void forEachTile(OpBuilder &b, Value first, Value last, RowsBody body);

  Value maskBuffer, maskBase;
  llvm::SmallVector<Value> maskSteps; ///< by dims of the scores
};

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_KERNELTOLOOPS_ATTENTIONFRAME_H
