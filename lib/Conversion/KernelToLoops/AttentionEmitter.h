//===- AttentionEmitter.h - Emits the kernel of one attention -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_KERNELTOLOOPS_ATTENTIONEMITTER_H
#define QUANTC_LIB_CONVERSION_KERNELTOLOOPS_ATTENTIONEMITTER_H

#include "AttentionFrame.h"
#include "VectorLoops.h"
#include "quantc/Conversion/KernelToLoops/KernelBuilder.h"
#include "quantc/Dialect/QT/IR/QTOps.h"

namespace quantc {

/// Keys up to which 127 * 127 of each sum up in 32 bits; the runtime refuses
/// more.
constexpr int64_t maxAttentionKeys = 1 << 17;

/// One attention. AttentionKernel.cpp has the frame, AttentionMask.cpp what is
/// visible, AttentionSoftmax.cpp the weights, AttentionProducts.cpp the two
/// products of floats and AttentionCodes.cpp those of codes.
class AttentionEmitter : AttentionFrame {
public:
  AttentionEmitter(KernelBuilder &kernel, qt::AttentionOp op);
  llvm::LogicalResult emit();

private:
  /// Where the rows of one head of an operand lie.
  struct Head {
    Value buffer, base, stride;
  };
  /// Rows whose scores are in scratch together.
  struct Tile {
    Value row; ///< the first
    int64_t count;
    /// The end of the keys that one of the rows sees, of their panels, and of
    /// the lanes of those.
    Value visible, panels, padded;
    Value firstPanel, first; ///< where they begin, a whole panel
  };
  Value real(OpBuilder &b, double value);
  Value roundUp(OpBuilder &b, Value x, int64_t multiple);
  Value rowOf(OpBuilder &b, const Head &head, Value row);
  Value loadRow(OpBuilder &b, const Head &head, Value row, int64_t at,
                int64_t size);

  Head locate(OpBuilder &b, Value buffer, Value heads, Value rows, int64_t size,
              qt::HeadOrder order, qt::HeadRangeAttr range, Value batch,
              Value head);
  void requireSizes(llvm::ArrayRef<mlir::AffineExpr> q,
                    llvm::ArrayRef<mlir::AffineExpr> k,
                    llvm::ArrayRef<mlir::AffineExpr> v);
  /// All scratch memory but that of masks.
  void allocateScratch();
  // AttentionMask.cpp
  void prepareMask(OpBuilder &b, llvm::ArrayRef<mlir::AffineExpr> scores);
  void prepareBias(OpBuilder &b);
  Value loadMask(OpBuilder &b, Value from, Value position);
  void prepareWindow(OpBuilder &b, mlir::AffineExpr batch);
  void locateWindow(OpBuilder &b, Value batch);
  bool isWindowed() { return right || op.getLeftWindow(); }
  Value positionOf(OpBuilder &b, Value row);
  Value countVisible(OpBuilder &b, Value last);
  Value findFirst(OpBuilder &b, Value row);
  /// The group of four keys with which a panel begins.
  Value firstGroup(OpBuilder &b, Value panel) {
    return op.getLeftWindow() ? mul(b, panel, index(lanes / 4)) : panel;
  }
  Value findFirstPanel(OpBuilder &b, Value row, Value end);
  Tile makeTile(OpBuilder &b, Value row, int64_t count);
  Value finishScore(OpBuilder &b, const Tile &tile, int64_t r, Value position,
                    Value sum, Value factor);

  // AttentionSoftmax.cpp
  /// Calls \p body for the panels of a tile; what it gets and returns are the
  /// largest scores of each row so far.
  llvm::SmallVector<Value> scorePanels(OpBuilder &b, const Tile &tile,
                                       PanelBody body);
  Value keepScore(OpBuilder &b, int64_t r, Value position, Value score,
                  Value top);
  void emitSoftmax(OpBuilder &b, const Tile &tile, llvm::ArrayRef<Value> tops);
  void emitExponentials(OpBuilder &b, const Tile &tile, Value r);
  void encodeWeights(OpBuilder &b, const Tile &tile);
  void emitRows(OpBuilder &b, Value row, int64_t count);
  Value maskOfWidth(OpBuilder &b, int64_t v);
  void storeResult(OpBuilder &b, const Tile &tile, int64_t r, int64_t v,
                   Value sum);

  // Floats.
  void packKeys(OpBuilder &b);
  void packValues(OpBuilder &b);
  llvm::SmallVector<Value> scoreFloats(OpBuilder &b, const Tile &tile);
  llvm::SmallVector<Value> sumValues(OpBuilder &b, const Tile &tile, int64_t v,
                                     bool skips);
  void weighFloats(OpBuilder &b, const Tile &tile);
  // Codes.
  void encodeKeys(OpBuilder &b);
  void encodeValues(OpBuilder &b);
  llvm::SmallVector<llvm::SmallVector<Value>>
  encodeFour(OpBuilder &b, const Head &head, Value group, int64_t size,
             Value scales);
  llvm::SmallVector<Value> scoreCodes(OpBuilder &b, const Tile &tile);
  void weighCodes(OpBuilder &b, const Tile &tile);
  Value largestBits(OpBuilder &b, llvm::ArrayRef<Value> vectors);
  llvm::SmallVector<Value> splitLanes(OpBuilder &b, Value vector);

  qt::AttentionOp op;
  mlir::Type f32;
  bool isQuantized, isBiased;
  double highest = 0; ///< code
  /// The keys of the batch item at hand, and its first query's among them.
  Value itemKeys, offset;
  /// The end of the keys that a row of the block at hand sees, and the first
  /// panel of them.
  Value visible, firstPanel;
  Head query, key, value, result;
  Value valueStep; ///< between vectors of packed values; null if not packed
  Value lengthBuffer, offsetBuffer; ///< null where there are none
  Value lengthStep, offsetStep;     ///< from one batch item to the next
  std::optional<int64_t> right;     ///< keys behind its own that a row sees
  bool isRagged;                    ///< the last panel may not be full
  /// Scratch: of a head.
  Value packedKeys, keyScales, keyStarts, packedValues, valueScales;
  Value bias; ///< what the scores of every row get; null if nothing
  /// Scratch: of a tile, and of its rows.
  Value scores, rowCodes, weights;
  Value rowTops, rowSums, rowPeaks, rowScales, rowFactors;
};

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_KERNELTOLOOPS_ATTENTIONEMITTER_H
