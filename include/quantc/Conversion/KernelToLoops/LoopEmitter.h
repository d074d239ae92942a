//===- LoopEmitter.h - Kernels as plain loops -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Elementwise ops are expressions, emitted where an element is needed. Every
// other op says how its elements at a point of its own space are computed
// (LoopOpInterface); it reads and writes through this class, which knows what
// lies in memory.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CONVERSION_KERNELTOLOOPS_LOOPEMITTER_H
#define QUANTC_CONVERSION_KERNELTOLOOPS_LOOPEMITTER_H

#include "quantc/Conversion/KernelToLoops/KernelBuilder.h"

namespace quantc {

class LoopEmitter {
public:
  using Value = mlir::Value;
  using ValueRange = mlir::ValueRange;
  using OpBuilder = mlir::OpBuilder;
  using Sizes = llvm::SmallVector<mlir::AffineExpr>;

  explicit LoopEmitter(KernelBuilder &kernel)
      : kernel(kernel), shapes(kernel.getShapes()), loc(kernel.getLoc()) {}

  void emit();

  KernelBuilder &getKernel() { return kernel; }
  mlir::Location getLoc() { return loc; }
  Sizes getSizes(Value tensor) { return Sizes(shapes.getSizes(tensor)); }
  Value getIndex(mlir::AffineExpr size) { return kernel.getIndex(size); }
  Value getIndex(int64_t value) { return kernel.getIndex(value); }

  /// The number of positions within \p sizes, as an index.
  Value getCount(OpBuilder &builder, llvm::ArrayRef<mlir::AffineExpr> sizes);

  /// What an element of this type is here: itself, or a vector of as many as
  /// there are points at hand.
  mlir::Type getType(mlir::Type element);
  /// A number of that type.
  Value getNumber(OpBuilder &builder, mlir::Type element, double value);

  /// The element of \p tensor at \p index.
  Value load(OpBuilder &builder, Value tensor, ValueRange index);
  /// The element of \p tensor that broadcasts to \p index of a tensor of the
  /// sizes \p whole.
  Value loadBroadcast(OpBuilder &builder, Value tensor,
                      llvm::ArrayRef<mlir::AffineExpr> whole, ValueRange index);
  /// Writes an element of a result of the op at hand.
  void store(OpBuilder &builder, Value tensor, ValueRange index, Value element);

  /// Emits nested loops over all positions within \p sizes.
  using Body = llvm::function_ref<llvm::SmallVector<Value>(
      OpBuilder &, ValueRange index, ValueRange carried)>;
  llvm::SmallVector<Value> forEach(OpBuilder &builder,
                                   llvm::ArrayRef<mlir::AffineExpr> sizes,
                                   ValueRange initial, Body body);

  /// Before any code of a point: that \p tensor broadcasts to these sizes.
  void requireBroadcast(Value tensor, llvm::ArrayRef<mlir::AffineExpr> whole);

private:
  struct Known {
    llvm::SmallVector<Value> index;
    mlir::Block *block;
    Value element;
  };

  void emitPoints(llvm::ArrayRef<mlir::AffineExpr> space, bool adjacent);
  void emitLastPoints(OpBuilder &builder, llvm::SmallVector<Value> point,
                      mlir::AffineExpr size, Value from, Value end);
  void emitPoint(OpBuilder &builder, ValueRange point);
  Value find(Value tensor, ValueRange index, mlir::Block *block);
  Value compute(OpBuilder &builder, Value tensor, ValueRange index);
  Value getScratch(Value tensor);
  Value linearize(OpBuilder &builder, Value tensor, ValueRange index);
  /// Whether \p index moves with the points at hand.
  bool isAdjacent(ValueRange index) {
    return adjacent && !index.empty() && index.back() == adjacent;
  }

  KernelBuilder &kernel;
  SymbolicShapes &shapes;
  mlir::Location loc;
  llvm::SmallVector<mlir::Operation *> ops;
  Value adjacent;    ///< the coordinate that stands for several points, if any
  int64_t width = 1; ///< how many these are
  llvm::DenseMap<Value, llvm::SmallVector<Known>> known;
  llvm::DenseMap<Value, Value> scratch; ///< values of one row
};

} // namespace quantc

#endif // QUANTC_CONVERSION_KERNELTOLOOPS_LOOPEMITTER_H
