//===- AttentionEmitter.h - Emits the kernel of one attention -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_KERNELTOLOOPS_ATTENTIONEMITTER_H
#define QUANTC_LIB_CONVERSION_KERNELTOLOOPS_ATTENTIONEMITTER_H

#include "VectorLoops.h"
#include "quantc/Conversion/KernelToLoops/KernelBuilder.h"
#include "quantc/Dialect/QT/IR/QTOps.h"

namespace quantc {

/// One attention. AttentionKernel.cpp has the frame and the softmax,
/// AttentionProducts.cpp the two products, in floats and in codes.
class AttentionEmitter {
public:
  using OpBuilder = mlir::OpBuilder;
  using Value = mlir::Value;

  AttentionEmitter(KernelBuilder &kernel, qt::AttentionOp op);
  llvm::LogicalResult emit();

private:
  /// Where the rows of one head of an operand lie.
  struct Head {
    Value buffer, base, stride;
  };

  Value index(int64_t value) { return kernel.getIndex(value); }
  Value add(OpBuilder &b, Value x, Value y);
  Value mul(OpBuilder &b, Value x, Value y);
  Value real(OpBuilder &b, double value);
  void forRange(OpBuilder &b, Value from, Value to, int64_t step,
                llvm::function_ref<void(OpBuilder &, Value)> body);
  Value rowOf(OpBuilder &b, const Head &head, Value row);
  Value loadRow(OpBuilder &b, const Head &head, Value row, int64_t at,
                int64_t size);

  Head locate(OpBuilder &b, Value buffer, Value heads, Value rows, int64_t size,
              qt::HeadOrder order, qt::HeadRangeAttr range, Value batch,
              Value head);
  void requireSizes(llvm::ArrayRef<mlir::AffineExpr> q,
                    llvm::ArrayRef<mlir::AffineExpr> k,
                    llvm::ArrayRef<mlir::AffineExpr> v);
  void prepareMask(OpBuilder &b, llvm::ArrayRef<mlir::AffineExpr> scores);
  Value loadMask(OpBuilder &b, Value row, Value position);
  void emitSoftmax(OpBuilder &b, Value at, Value row);
  void emitRows(OpBuilder &b, Value row, int64_t count);

  // Floats.
  void packKeys(OpBuilder &b);
  void scoreFloats(OpBuilder &b, Value row, int64_t count);
  llvm::SmallVector<Value> sumValues(OpBuilder &b, int64_t v, int64_t count,
                                     bool skips);
  void weighFloats(OpBuilder &b, Value row, int64_t count);
  // Codes.
  void encodeKeys(OpBuilder &b);
  void encodeValues(OpBuilder &b);
  void scoreCodes(OpBuilder &b, Value row, int64_t count);
  void weighCodes(OpBuilder &b, Value row, int64_t count);
  Value largestBits(OpBuilder &b, llvm::ArrayRef<Value> vectors);
  std::pair<Value, Value> makeScales(OpBuilder &b, Value amaxBits);
  Value encode(OpBuilder &b, Value x, Value factor);
  Value broadcastCodes(OpBuilder &b, Value buffer, Value at);
  llvm::SmallVector<Value> splitLanes(OpBuilder &b, Value vector);
  Value joinLanes(OpBuilder &b, llvm::ArrayRef<Value> parts);

  KernelBuilder &kernel;
  qt::AttentionOp op;
  SymbolicShapes &shapes;
  mlir::Location loc;
  mlir::Type f32;
  bool isQuantized, isBiased;
  int64_t registerLanes;   ///< 32-bit lanes of a dot
  int64_t features, width; ///< of a key, of a value
  int64_t featureVectors, widthVectors;
  mlir::AffineExpr keysExpr;
  Value queries, keys, panels, groups; ///< rows, keys, keys / 16, keys / 4
  Value paddedKeys;                    ///< floats of one row of scores
  Head query, key, value, result;
  Value maskBuffer, maskBase;
  llvm::SmallVector<Value> maskSteps;     ///< by dims of the scores
  Value packedKeys, keyScales, keyStarts; ///< scratch
  Value packedValues, valueScales, scores, rowCodes, weights;
};

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_KERNELTOLOOPS_ATTENTIONEMITTER_H
