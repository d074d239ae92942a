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
// first-level cache. Tensors with one element a row, sums and exponents of
// them, are numbers, computed once a row. Rows of integers go side by side:
// each pass takes some rows one after the other, and the numbers of these rows
// are the lanes of a vector (RowGroups.cpp).
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_KERNELTOLOOPS_ROWEMITTER_H
#define QUANTC_LIB_CONVERSION_KERNELTOLOOPS_ROWEMITTER_H

#include "Generators.h"
#include "VectorLoops.h"
#include "quantc/Analysis/NormalisedRows.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Target/CPU/CpuTarget.h"

namespace quantc {

class RowEmitter {
public:
  using OpBuilder = mlir::OpBuilder;
  using Value = mlir::Value;
  using ValueRange = mlir::ValueRange;
  using Cache = llvm::DenseMap<Value, Value>;
  /// A buffer and where in it a row begins: at an index, or where the row at
  /// hand lies in a result or in scratch memory.
  struct Place {
    enum Kind { Fixed, Result, Scratch };
    Value buffer, at;
    Kind kind = Fixed;
  };
  /// One step of a pass over the row of a value, \p x being the value there.
  using PassBody = llvm::function_ref<llvm::SmallVector<Value>(
      OpBuilder &, const VectorStep &, Value x, ValueRange carried)>;

  explicit RowEmitter(KernelBuilder &kernel);

  llvm::LogicalResult emit();

  // What the models of ops are written with.

  /// One step of a value of the row at hand.
  Value evaluate(OpBuilder &builder, Value value, const VectorStep &step,
                 Cache &cache);
  /// Goes over the row of \p value. If it is an expression, it is written to
  /// its result or to scratch memory on the way, and read from there later.
  llvm::SmallVector<Value> passOver(OpBuilder &builder, Value value,
                                    ValueRange initial, PassBody body);
  Value loadAt(OpBuilder &builder, Place place, const VectorStep &step);
  void storeAt(OpBuilder &builder, Value vector, Place place,
               const VectorStep &step);
  /// Scratch memory for a row.
  Place allocateRow(mlir::Type element);
  Value getNumber(OpBuilder &builder, double value);
  /// Where a first pass writes the expression \p value, a result or scratch
  /// memory; none if it is in memory.
  std::optional<Place> keep(Value value);
  /// One step of that pass.
  void storeKept(OpBuilder &builder, Value value, Value vector, Place place,
                 const VectorStep &step);
  /// The pass is over: \p value is read from there.
  void noteKept(Value value, Place place);

  // RowGroups.cpp: rows side by side, and values with one number for each row.

  /// Emits \p body for the row at hand, or in a loop for those side by side.
  void forEachRow(OpBuilder &builder,
                  llvm::function_ref<void(OpBuilder &)> body);
  /// Within such a body: the number that \p value has in the row.
  Value getNumberOfRow(Value value);
  /// States it, and writes it to results.
  void setNumberOfRow(OpBuilder &builder, Value value, Value number);
  /// Outside: the same of all rows at hand, lanes of a vector if there are
  /// several.
  Value getNumbers(OpBuilder &builder, Value value);
  void setNumbers(OpBuilder &builder, Value value, Value numbers);
  /// Within: what \p make makes of the numbers of \p value; it is the \p index
  /// th of what is made of them.
  Value deriveNumberOfRow(OpBuilder &builder, Value value, int64_t index,
                          llvm::function_ref<Value(OpBuilder &, Value)> make);
  bool hasNumber(Value value) {
    return scalars.contains(value) || numbers.contains(value) ||
           numberBuffers.contains(value);
  }
  /// The numbers \p result of rows: all lanes of the vector that \p pass gives
  /// for a row, in one.
  void foldRows(OpBuilder &builder, Value result,
                llvm::function_ref<Value(OpBuilder &)> pass, Combine combine,
                bool isSum,
                llvm::function_ref<Value(OpBuilder &, Value)> finish);

  // RowNarrow.cpp: rows of 16 bits.

  /// What \p value is made of where the largest magnitude of its row has
  /// brought it to 16 bits.
  std::optional<NormalisedRows> getNormalised(Value value);
  /// RowProducts.cpp: emits the largest magnitude of a product that never
  /// leaves 16 bits, as a number with as many bits, if \p op is one.
  bool emitProduct(OpBuilder &builder, nn::ReduceOp op);
  /// Emits the sum of 16-bit elements or of their squares, if \p op is one.
  bool emitSum(OpBuilder &builder, nn::ReduceOp op);
  /// The number of elements of a row, as f32.
  Value getCount(OpBuilder &builder);

  KernelBuilder &kernel;
  SymbolicShapes &shapes;
  mlir::Location loc;
  mlir::Type f32;
  CpuTarget target;
  int64_t width = lanes;                     ///< of every pass
  llvm::SmallVector<mlir::AffineExpr> sizes; ///< of the tensor of the rows
  Value n, row, base;                        ///< of the row at hand
  int64_t together = 1;                      ///< rows side by side
  Value firstRow;                            ///< of them
  Value rowOfGroup;                          ///< the row at hand among them
  /// What a model keeps of the row at hand, by the value that it belongs to.
  llvm::DenseMap<Value, llvm::SmallVector<Value>> statistics;
  llvm::DenseMap<Value, Place> buffers;
  /// Values that lie in memory, and where the row at hand begins.
  llvm::DenseMap<Value, Place> places;
  /// Results that are in memory already.
  llvm::DenseSet<Value> finished;

private:
  int64_t chooseWidth();
  void prefetchNextRows(OpBuilder &builder, Value wide, const VectorStep &step);
  Value isFull(OpBuilder &builder, const NormalisedRows &rows);
  Value shiftNormalised(OpBuilder &builder, const NormalisedRows &rows, Value x,
                        Value up);
  Value evaluateNormalised(OpBuilder &builder, const NormalisedRows &rows,
                           const VectorStep &step, Cache &cache);
  /// RowDeviations.cpp: ((count x - sum) >> places) by a reciprocal, where
  /// sum (there may be none), places and reciprocal are the row's.
  struct Deviations {
    Value sum, places, reciprocal, shifted;
    Value x = Value();
    int64_t count = 0;
  };
  std::optional<Deviations> matchDeviations(Value value);
  std::optional<Deviations> matchScaled(mlir::Operation *op);
  Value evaluateDeviations(OpBuilder &builder, const Deviations &rows,
                           const VectorStep &step, Cache &cache);
  Value evaluateScaled(OpBuilder &builder, nn::BinaryOp op,
                       const Deviations &rows, const VectorStep &step,
                       Cache &cache);
  void shiftFarProducts(OpBuilder &builder, Value places);
  Value shiftProduct(OpBuilder &builder, const std::pair<Place, Place> &halves,
                     const NormalisedRows &rows, const VectorStep &step);
  Value getOffset(Place place);
  std::optional<size_t> findLeading();
  /// Of the dimensions in front of a row, and how long that is.
  llvm::ArrayRef<mlir::AffineExpr> getLeadingSizes();
  mlir::AffineExpr getRowLength();
  void requireBroadcast();
  int64_t countTogether();
  void startRow(OpBuilder &builder, Value number);
  void emitRowsAt(OpBuilder &builder, Value number);
  bool isNumber(Value value);
  Value getNumberBuffer(Value value, mlir::Type stored);
  void emitOp(OpBuilder &builder, mlir::Operation *op);
  void emitRest(OpBuilder &builder);
  void prepareOffsets(OpBuilder &builder);
  Value load(OpBuilder &builder, mlir::BlockArgument argument,
             const VectorStep &step);
  void store(OpBuilder &builder, Value value, Value vector,
             const VectorStep &step);

  void emitNumbers(OpBuilder &builder, ElementwiseOpInterface op);

  /// Where no row matters: the dimensions in front of what is one row then.
  std::optional<size_t> leading;
  bool flat = false; ///< as `leading` says
  /// Products that lie in memory as their upper and lower halves.
  llvm::DenseMap<Value, std::pair<Place, Place>> products;
  /// Values of which each row has one number: that of the row at hand, those
  /// of the rows side by side, and where the latter lie in memory.
  llvm::DenseMap<Value, Value> scalars, numbers, numberBuffers;
  llvm::DenseMap<std::pair<Value, int64_t>, Value> derived;
  /// The products by which places are those of deviations.
  llvm::DenseMap<Value, Value> deviationsOfPlaces;
  Value scratchBase; ///< where its scratch memory begins
  /// The loop over rows at hand and an op at the beginning of its body.
  mlir::Operation *rowLoop = nullptr, *rowStart = nullptr;
};

/// The code of one class of ops that need the whole row. Elementwise ops have
/// none: they are expressions.
struct RowModel {
  /// Whether the op, with its attributes and types, can be emitted.
  bool (*canEmit)(mlir::Operation *op);
  /// Emits what an element of the row at hand depends on.
  void (*emitRow)(RowEmitter &rows, mlir::OpBuilder &builder,
                  mlir::Operation *op);
  /// One step of the result. Null for an op whose results `emitRow` writes and
  /// nothing in a kernel reads.
  mlir::Value (*evaluate)(RowEmitter &rows, mlir::OpBuilder &builder,
                          mlir::Operation *op, const VectorStep &step,
                          RowEmitter::Cache &cache);
};

/// The model of functions that take the op by its class.
template <typename OpTy, bool (*canEmit)(OpTy),
          void (*emitRow)(RowEmitter &, mlir::OpBuilder &, OpTy),
          mlir::Value (*evaluate)(RowEmitter &, mlir::OpBuilder &, OpTy,
                                  const VectorStep &,
                                  RowEmitter::Cache &) = nullptr>
constexpr RowModel makeRowModel() {
  RowModel model{
      [](mlir::Operation *op) { return canEmit(mlir::cast<OpTy>(op)); },
      [](RowEmitter &rows, mlir::OpBuilder &b, mlir::Operation *op) {
        emitRow(rows, b, mlir::cast<OpTy>(op));
      },
      nullptr};
  if constexpr (evaluate != nullptr)
    model.evaluate = [](RowEmitter &rows, mlir::OpBuilder &b,
                        mlir::Operation *op, const VectorStep &step,
                        RowEmitter::Cache &cache) {
      return evaluate(rows, b, mlir::cast<OpTy>(op), step, cache);
    };
  return model;
}

// RowStatistics.cpp
extern const RowModel layerNormRows, rmsNormRows, softmaxRows, reduceRows;
// RowQuantize.cpp
extern const RowModel quantizeRows;

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_KERNELTOLOOPS_ROWEMITTER_H
