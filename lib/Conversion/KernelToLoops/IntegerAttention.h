//===- IntegerAttention.h - Emits attention of integers ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_KERNELTOLOOPS_INTEGERATTENTION_H
#define QUANTC_LIB_CONVERSION_KERNELTOLOOPS_INTEGERATTENTION_H

#include "AttentionFrame.h"
#include "IntegerCodes.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Numerics/Fixed/Linear.h"

namespace quantc {

/// One attention of integers. IntegerAttentionKernel.cpp has the frame and the
/// packing of keys and values, IntegerAttentionRows.cpp what becomes of the
/// rows of a tile.
class IntegerAttention : AttentionFrame {
public:
  IntegerAttention(KernelBuilder &kernel, qt::IntegerAttentionOp op);
  llvm::LogicalResult emit();

private:
  /// The score of a hidden key: by more than 2^30 below that of any other,
  /// which leaves nothing of its power. What it differs by has no sign.
  static constexpr int64_t hiddenScore = INT32_MIN;
  /// Places from which nothing is left of a weight, whatever the exponents of
  /// values, which differ by up to 255.
  static constexpr int64_t farPlaces = 511;
  /// The rows of one head of a tensor, by their numbers in it.
  struct Head {
    Value codes, exponents, first, step;
    int64_t size; ///< of a row
  };
  /// Rows that are computed together.
  struct Tile {
    Value row; ///< the first
    int64_t count;
    Value visible, panels; ///< keys that one of the rows sees, 16 each
    /// The exponents of the queries, in all lanes; and whether one of their
    /// scores is to be shifted by no place to the right.
    llvm::SmallVector<Value> exponents, isRare;
    llvm::SmallVector<Value> codesAt; ///< where the queries begin
  };

  // IntegerAttentionKernel.cpp
  Value rowOf(OpBuilder &b, const Head &head, Value row);
  Value loadRow(OpBuilder &b, const Head &head, Value row, int64_t at);
  Value loadExponent(OpBuilder &b, const Head &head, Value row);
  Head locate(OpBuilder &b, Value codes, Value exponents, int64_t size,
              qt::HeadOrder order, Value heads, Value rows, Value batch,
              Value head);
  void requireSizes(llvm::ArrayRef<mlir::AffineExpr> q,
                    llvm::ArrayRef<mlir::AffineExpr> k,
                    llvm::ArrayRef<mlir::AffineExpr> v);
  void allocateScratch();
  void packExponents(OpBuilder &b);
  void packKeys(OpBuilder &b);
  void packSquares(OpBuilder &b, Value last, int64_t vectors);
  void packValues(OpBuilder &b);
  void emitUnit(OpBuilder &b, Value unit);
  /// Keys that row \p row sees.
  Value countVisible(OpBuilder &b, Value row);

  // IntegerAttentionRows.cpp
  llvm::SmallVector<Value> multiply(OpBuilder &b, Value steps, int64_t ways,
                                    qt::BoundAttr bound, Value lhs,
                                    llvm::ArrayRef<Value> lhsAt, Value rhs,
                                    llvm::ArrayRef<Value> rhsAt, int64_t parts,
                                    int64_t dotLanes);
  void loadQueries(OpBuilder &b, Tile &tile);
  void scoreRows(OpBuilder &b, const Tile &tile);
  Value shiftFar(OpBuilder &b, Value x, Value places);
  /// 16 keys, of which some may be hidden from some rows.
  struct Place {
    Value position;
    bool mayHide;
  };
  Value finishScore(OpBuilder &b, const Tile &tile, int64_t r, Place place,
                    Value acc);
  Value hide(OpBuilder &b, const Tile &tile, int64_t r, Value position,
             Value score);
  Value loadMask(OpBuilder &b, Value row, Place place);
  Value emitPower(OpBuilder &b, Value below);
  void emitPowers(OpBuilder &b, const Tile &tile, Value r);
  void storeOfRow(OpBuilder &b, Value r, llvm::ArrayRef<Value> values);
  Value foldRows(OpBuilder &b, llvm::ArrayRef<Value> rows, Combine combine);
  void finishRows(OpBuilder &b, const Tile &tile);
  void emitWeights(OpBuilder &b, const Tile &tile, Value r);
  void weighValues(OpBuilder &b, const Tile &tile);
  using RowBody = void (IntegerAttention::*)(OpBuilder &b, Value row,
                                             int64_t count);
  Tile makeTile(OpBuilder &b, Value row, int64_t count);
  void emitScores(OpBuilder &b, Value row, int64_t count);
  void emitSums(OpBuilder &b, Value row, int64_t count);
  void emitResults(OpBuilder &b, Value row, int64_t count);
  void emitTiles(OpBuilder &b, Value first, Value last);
  void emitRows(OpBuilder &b, Value first, Value last);

  // IntegerAttentionHalves.cpp: the same in 16-bit lanes.
  Value shiftHalves(OpBuilder &b, Value x, Value places, int64_t more);
  void emitPowersOfHalves(OpBuilder &b, const Tile &tile, Value r);
  void emitWeightsOfHalves(OpBuilder &b, const Tile &tile, Value r);

  qt::IntegerAttentionOp op;
  CpuTarget target;
  numerics::fixed::Multipliers multiplier;
  int64_t valueWays; ///< keys in a lane of the second product
  bool hasHalves;    ///< weights in 16-bit lanes
  bool isRagged;     ///< the last panel may not be full
  Value heads, keyHeads, share, blockCount, blockRows;
  Head query, key, value, result;
  /// Scratch, of a head. To the right, scores are shifted by one more than
  /// `keyPlaces` less the exponent of the query; weights by `valuePlaces` and
  /// what is below 1.
  Value packedKeys, packedValues, keyPlaces, valuePlaces;
  Value keyLimits;   ///< what scores are at most: of a hidden key the least
  Value leastPlaces; ///< of the head at hand
  /// Scratch, of a tile: queries (maybe), scores, then powers, in a row for
  /// each.
  Value rowCodes, scores, weights;
  /// With halves: powers and the places that each is to be shifted by.
  Value powers, powerPlaces;
  /// Scratch, of the rows of a tile; the last three have lanes for each.
  Value rowTops, rowReciprocals, rowRooms, rowSums, rowLeasts, rowCounts;
};

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_KERNELTOLOOPS_INTEGERATTENTION_H
