//===- HaloIntegers.h - Encode images of integers ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_KERNELTOLOOPS_HALOINTEGERS_H
#define QUANTC_LIB_CONVERSION_KERNELTOLOOPS_HALOINTEGERS_H

#include "IndexEmitter.h"
#include "IntegerCodes.h"
#include "QuantizeMath.h"
#include "quantc/Analysis/NormalisedRows.h"
#include "quantc/Numerics/Fixed/Rows.h"
#include "quantc/Target/CPU/CpuTarget.h"

namespace quantc {

/// HaloIntegers.cpp has the lines of an image and what its integers are
/// computed from; HaloBlocks.cpp how blocks of them become codes.
class HaloIntegers : IndexEmitter {
public:
  using OpBuilder = mlir::OpBuilder;
  using Value = mlir::Value;
  using Sizes = llvm::SmallVector<mlir::AffineExpr>;

  HaloIntegers(KernelBuilder &kernel, qt::QuantizeOp op);

  void emit();

private:
  using Cache = llvm::DenseMap<Value, Value>;

  Value sub(OpBuilder &b, Value x, Value y) {
    return mlir::arith::SubIOp::create(b, loc, x, y);
  }
  Value splatCode(OpBuilder &b) {
    return splatConstant(b, loc, b.getI8Type(),
                         areShifted ? 0 : -getCodeBias(op));
  }
  Value offset(OpBuilder &b, Value base, int64_t by) {
    return by == 0 ? base : add(b, base, index(by));
  }

  // Numbers of the image at hand, and its elements.
  void emitScalars(OpBuilder &b, Value image, Value isFirst);
  Value evaluate(OpBuilder &b, Value tensor, Value at, Value mask,
                 Cache &cache);
  Value evaluateWords(OpBuilder &b, Value at, Value mask, Cache &cache);
  Value load(OpBuilder &b, Value buffer, Value at, Value mask);
  Value shiftNormalised(OpBuilder &b, Value x);
  Value getExponent(OpBuilder &b);

  // Lines and images.
  RowShift findRowShift(OpBuilder &b, Value image);
  void emitExponent(OpBuilder &b, Value image, Value isFirst);
  void emitLine(OpBuilder &b, llvm::ArrayRef<Value> places);
  void emitPositions(OpBuilder &b, Value from, Value to);
  void emitGroups(OpBuilder &b, Value from, Value to, int64_t count);
  Value countBlocksOfLine(OpBuilder &b);
  bool haveEqualBlocks() const { return blocks == 1 || channels % block == 0; }
  void emitEachPosition(OpBuilder &b, Value from, Value to);

  // Blocks.
  /// What words of a block, or the words of one in each lane, are shifted by to
  /// be codes, and what of it is stored.
  struct BlockShift {
    Value left; ///< none is shifted to the left where it is null
    Value half, right;
    Value places; ///< above the lowest shift
    Value stored;
  };
  /// Elements of a block, \p mask of which exist, and where they lie in it.
  struct Piece {
    int64_t offset;
    Value mask, words;
  };
  using Pieces = llvm::SmallVector<Piece>;
  Pieces loadPieces(OpBuilder &b, Value source, int64_t count);
  Value loadWords(OpBuilder &b, Value at, Value mask);
  Value findMagnitudes(OpBuilder &b, const Pieces &pieces);
  void storePieces(OpBuilder &b, const Pieces &pieces, const BlockShift &shift,
                   Value target, int64_t room);
  void emitBlock(OpBuilder &b, Value source, Value target, Value number,
                 int64_t count, int64_t room);
  BlockShift getShifts(OpBuilder &b, Value magnitudes);
  Value join(OpBuilder &b, Value x, Value y);
  Value spreadLanes(OpBuilder &b, Value words, int64_t lanesOfBlock);
  Value shiftWords(OpBuilder &b, Value x, const BlockShift &shift);
  Value encodeWords(OpBuilder &b, Value x, const BlockShift &shift);
  void storeShort(OpBuilder &b, Value own, int64_t first, int64_t count,
                  Value to);
  /// Several blocks: where the first one lies, how many elements one has and
  /// how much room its codes, and how far the next one is.
  struct Blocks {
    Value source, target, number;
    int64_t count, each, room;
    int64_t sourceStep, targetStep, numberStep;
  };
  std::optional<int64_t> countTogether();
  int64_t getLanesOfShort() const { return channels <= 4 ? 4 : 8; }
  void emitTogether(OpBuilder &b, const Blocks &blocks);
  void emitShort(OpBuilder &b, const Blocks &blocks);
  void storeShifts(OpBuilder &b, const Blocks &blocks, Value stored);

  qt::QuantizeOp op;
  CpuTarget target;
  std::optional<NormalisedRows> normalised;
  bool isKnown;         ///< the lowest shift is that of 15 bits in every image
  Sizes sizes, outside; ///< of the input; spatial ones with the halo
  int64_t rank, channels, block, blocks, stride;
  llvm::SmallVector<Value> results; ///< beside the codes, of the input's sizes
  Value codes, shifts;
  llvm::DenseMap<Value, Value> scalars; ///< numbers of the image at hand
  Value firstOfChannels;                ///< where numbers of its channels begin
  RowShift row;
  bool areShifted;       ///< codes have 16 bits and their shift
  int64_t fewLanes = 0;  ///< of the vector at hand, if it is not full
  Value shiftBuffers[3]; ///< scratch: those of several blocks
};

/// Of a block of integers with 15 bits and a sign in an image of such, and of
/// one that has the least exponent.
constexpr int64_t lowestShiftOfImage = 15 - 7 - numerics::fixed::blockDepth;

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_KERNELTOLOOPS_HALOINTEGERS_H
