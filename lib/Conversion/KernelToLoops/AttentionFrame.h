//===- AttentionFrame.h - What attention kernels have in common -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_KERNELTOLOOPS_ATTENTIONFRAME_H
#define QUANTC_LIB_CONVERSION_KERNELTOLOOPS_ATTENTIONFRAME_H

#include "IndexEmitter.h"
#include "VectorLoops.h"
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
  using PanelBody = llvm::function_ref<llvm::SmallVector<Value>(
      OpBuilder &, Value panel, int64_t count, llvm::ArrayRef<Value> carried)>;
  /// How many blocks a head has, and rows each.
  struct Blocks {
    mlir::AffineExpr count, rows;
  };

  using IndexEmitter::IndexEmitter;

  /// Of keys with \p keyFeatures and values with \p valueFeatures elements;
  /// dots are of \p dotLanes lanes, and registers have room for \p panels.
  void setSizes(int64_t keyFeatures, int64_t valueFeatures, int64_t dotLanes,
                int64_t panels);
  /// Batch, heads, rows and size of a row of \p tensor.
  llvm::SmallVector<mlir::AffineExpr> getHeadSizes(Value tensor,
                                                   qt::HeadOrder order);
  /// Sizes that only run time knows must be what they meet.
  void requireHeads(llvm::ArrayRef<mlir::AffineExpr> q,
                    llvm::ArrayRef<mlir::AffineExpr> k,
                    llvm::ArrayRef<mlir::AffineExpr> v);
  /// Sets how many queries and keys there are, cuts the queries and sets the
  /// kernel's iterations.
  Blocks prepareRows(llvm::ArrayRef<mlir::AffineExpr> q,
                     llvm::ArrayRef<mlir::AffineExpr> k);
  /// Steps of \p mask along the four dims of the scores.
  void prepareSteps(OpBuilder &b, Value mask,
                    llvm::ArrayRef<mlir::AffineExpr> scores);
  /// Calls \p body for the panels from \p first to \p last, up to \p most at
  /// once and then fewer; it gets what it returned for those before.
  llvm::SmallVector<Value> forPanels(OpBuilder &b, Value first, Value last,
                                     int64_t most,
                                     llvm::ArrayRef<Value> initial,
                                     PanelBody body);
  /// 16 lanes from the registers of a dot that hold them.
  Value joinLanes(OpBuilder &b, llvm::ArrayRef<Value> parts);
  /// The rows from \p first to \p last, at least one.
  void forEachTile(OpBuilder &b, Value first, Value last, RowsBody body);

  int64_t registerLanes;    ///< 32-bit lanes of a dot
  int64_t registersOfPanel; ///< for the lanes of a panel
  int64_t panelsAtOnce;     ///< which registers have room for
  int64_t features, width;  ///< of a key, of a value
  int64_t featureVectors, widthVectors;
  mlir::AffineExpr keysExpr;
  mlir::AffineExpr paddedExpr;     ///< of keys, with those that fill a panel up
  Value queries, keys, paddedKeys; ///< how many
  Value maskBuffer, maskBase;
  llvm::SmallVector<Value> maskSteps; ///< by dims of the scores
};

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_KERNELTOLOOPS_ATTENTIONFRAME_H
