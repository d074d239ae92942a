//===- RowEmitter.h - Kernels on the rows of a tensor -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A row is the last dimension. Elementwise ops stay expressions that are
// emitted where their value is needed; an op that needs the whole row (a norm,
// softmax, a run-time scale) has its first pass write what it is computed from
// to a buffer of one row, if that is an expression. Results that no pass wrote
// are written by a last one. What is passed over again stays in the
// first-level cache.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_KERNELTOLOOPS_ROWEMITTER_H
#define QUANTC_LIB_CONVERSION_KERNELTOLOOPS_ROWEMITTER_H

#include "Generators.h"
#include "VectorLoops.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/QTOps.h"

namespace quantc {

class RowEmitter {
public:
  explicit RowEmitter(KernelBuilder &kernel);

  llvm::LogicalResult emit();

private:
  using OpBuilder = mlir::OpBuilder;
  using Value = mlir::Value;
  using ValueRange = mlir::ValueRange;
  using Cache = llvm::DenseMap<Value, Value>;
  using Place = std::pair<Value, Value>; ///< a buffer and an index into it
  /// One step of a pass over the row of a value, \p x being the value there.
  using PassBody = llvm::function_ref<llvm::SmallVector<Value>(
      OpBuilder &, const VectorStep &, Value x, ValueRange carried)>;

  bool isFlat();
  void requireBroadcast();
  void emitRow(OpBuilder &builder);
  void prepareOffsets(OpBuilder &builder);
  Value evaluate(OpBuilder &builder, Value value, const VectorStep &step,
                 Cache &cache);
  Value load(OpBuilder &builder, mlir::BlockArgument argument,
             const VectorStep &step);
  Value loadAt(OpBuilder &builder, Place place, const VectorStep &step);
  void storeAt(OpBuilder &builder, Value vector, Place place,
               const VectorStep &step);
  void store(OpBuilder &builder, Value value, Value vector,
             const VectorStep &step);
  llvm::SmallVector<Value> passOver(OpBuilder &builder, Value value,
                                    ValueRange initial, PassBody body);
  Place allocateRow();
  Value getNumber(OpBuilder &builder, double value);
  Value getCount(OpBuilder &builder);

  // RowStatistics.cpp
  void emitNorm(OpBuilder &builder, nn::LayerNormOp op);
  void emitNorm(OpBuilder &builder, nn::RMSNormOp op);
  /// The mean over the row of what \p map makes of each element.
  Value emitMean(OpBuilder &builder, Value input,
                 llvm::function_ref<Value(OpBuilder &, Value)> map);
  Value emitInverseRoot(OpBuilder &builder, Value square,
                        mlir::FloatAttr epsilon);
  void emitSoftmax(OpBuilder &builder, nn::SoftmaxOp op);
  void emitReduce(OpBuilder &builder, nn::ReduceOp op);
  Value evaluateNorm(OpBuilder &builder, nn::LayerNormOp op,
                     const VectorStep &step, Cache &cache);
  Value evaluateNorm(OpBuilder &builder, nn::RMSNormOp op,
                     const VectorStep &step, Cache &cache);

  // RowQuantize.cpp
  void emitQuantizeRow(OpBuilder &builder, qt::QuantizeOp op);
  void emitQuantizeBlocks(OpBuilder &builder, qt::QuantizeOp op, int64_t block);
  void emitBlock(OpBuilder &builder, qt::QuantizeOp op, Value number,
                 Value start, int64_t count);
  void storeCodes(OpBuilder &builder, qt::QuantizeOp op, Value x,
                  Value inverses, const VectorStep &step);
  Place getCodes(OpBuilder &builder, qt::QuantizeOp op);
  void padRow(OpBuilder &builder, qt::QuantizeOp op);

  KernelBuilder &kernel;
  SymbolicShapes &shapes;
  mlir::Location loc;
  mlir::Type f32;
  llvm::SmallVector<mlir::AffineExpr> sizes; ///< of the tensor of the rows
  bool flat = false;
  Value n, row, base; ///< of the row at hand
  /// Values that lie in memory, and where the row at hand begins.
  llvm::DenseMap<Value, Place> places;
  /// Scalars of the row at hand, by the value they belong to.
  llvm::DenseMap<Value, llvm::SmallVector<Value>> statistics;
  /// Results that are in memory already.
  llvm::DenseSet<Value> finished;
};

/// Whether the row emitter can encode like this.
bool canQuantizeRows(qt::QuantizeOp op);

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_KERNELTOLOOPS_ROWEMITTER_H
