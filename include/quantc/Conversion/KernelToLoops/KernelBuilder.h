//===- KernelBuilder.h - The frame of a span function -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CONVERSION_KERNELTOLOOPS_KERNELBUILDER_H
#define QUANTC_CONVERSION_KERNELTOLOOPS_KERNELBUILDER_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "quantc/Analysis/SymbolicShapes.h"

namespace quantc {

/// What a kernel returns beside 0; the runtime makes a sentence of it.
enum class KernelError : int32_t {
  IndexOutOfRange = 1,
  SizeOverflow = 2,
  ShapeMismatch = 3
};

/// Builds the span function of one kernel: makes the function, gives flat
/// buffers for operands and results, sizes as index values, scratch memory.
///
/// Everything it emits for a name is emitted once, at the top of the function.
class KernelBuilder {
public:
  /// A module of the kernel's name before \p kernel in its module.
  explicit KernelBuilder(mlir::func::FuncOp kernel);

  /// The kernel that is lowered, as the group stage made it.
  mlir::func::FuncOp getKernel() { return kernel; }
  mlir::ModuleOp getModule() { return module; }
  /// Inserts into the body of the span function.
  mlir::OpBuilder &getBuilder() { return builder; }
  mlir::Location getLoc() { return kernel.getLoc(); }

  /// First and one past the last unit of this call, as index values.
  mlir::Value getBegin() { return begin; }
  mlir::Value getEnd() { return end; }

  /// The flat buffer, memref<?xT>, of an operand or a result; i1 is i8.
  mlir::Value getOperandBuffer(unsigned index);
  mlir::Value getResultBuffer(unsigned index);
  /// A buffer with the elements of a constant.
  mlir::Value getConstantBuffer(mlir::DenseElementsAttr constant);
  /// The buffer of an argument of the kernel function, or of a constant in it.
  mlir::Value getBuffer(mlir::Value tensor);

  /// Sizes of the kernel's values in terms of its symbols.
  SymbolicShapes &getShapes() { return shapes; }
  /// The value of an expression of the kernel's symbols, as an index.
  mlir::Value getIndex(mlir::AffineExpr expression);
  mlir::Value getIndex(int64_t value);

  /// A buffer of \p count elements in this thread's scratch memory.
  mlir::Value allocateScratch(mlir::Type element, mlir::AffineExpr count);

  /// The kernel does nothing but report \p error unless \p condition holds; it
  /// is a value made of indices. To be called before getEnd.
  void require(mlir::Value condition, KernelError error);
  /// The same unless \p count is at most \p most, which a sum of 32 bits holds:
  /// the error says how many that are.
  void requireAtMost(mlir::Value count, int64_t most);
  /// That \p size, which only run time knows, is 1 or \p whole.
  void requireBroadcast(mlir::AffineExpr size, mlir::AffineExpr whole);
  /// The same for every dim of a tensor whose dims meet the last of \p whole.
  void requireBroadcast(llvm::ArrayRef<mlir::AffineExpr> own,
                        llvm::ArrayRef<mlir::AffineExpr> whole);
  void requireEqual(mlir::AffineExpr a, mlir::AffineExpr b);
  /// The same where code steps along the last dim unless that is 1 at compile
  /// time.
  void requireBroadcastOfRows(llvm::ArrayRef<mlir::AffineExpr> own,
                              llvm::ArrayRef<mlir::AffineExpr> whole);
  /// The step of a dim that is 1 or \p whole: 0 if it is 1, else \p stride.
  mlir::Value getBroadcastStep(mlir::OpBuilder &at, mlir::AffineExpr size,
                               mlir::AffineExpr whole, mlir::AffineExpr stride);
  /// Where what meets a row begins in an operand of sizes \p own that
  /// broadcasts to \p whole. The position of the row has a number for each dim
  /// of \p whole that the operand's own dims but the last \p inner meet.
  mlir::Value getBroadcastOffset(mlir::OpBuilder &at,
                                 llvm::ArrayRef<mlir::AffineExpr> own,
                                 llvm::ArrayRef<mlir::AffineExpr> whole,
                                 mlir::ValueRange position, size_t inner = 1);
  /// The positions along dims of \p sizes of the element with the row-major
  /// \p number, which lies within them.
  llvm::SmallVector<mlir::Value>
  delinearize(mlir::OpBuilder &at, llvm::ArrayRef<mlir::AffineExpr> sizes,
              mlir::Value number);

  /// A value (or a vector) loaded from a buffer as one of \p element, and back:
  /// i1 lies in bytes, integers in memory have no sign.
  mlir::Value fromStored(mlir::OpBuilder &at, mlir::Value stored,
                         mlir::Type element);
  mlir::Value toStored(mlir::OpBuilder &at, mlir::Value value,
                       mlir::Type element);

  /// The number of units of the kernel, and how many one call does at least.
  void setIterations(mlir::AffineExpr units, int64_t grain);

  /// States a number of the kernel, an expression of its symbols, on its
  /// module.
  void setAttr(llvm::StringRef name, mlir::AffineExpr value);

  /// Notes that the call fails; it ends at the bottom of the function.
  void recordError(mlir::OpBuilder &at, KernelError error);
  /// The same for an \p index, an integer, that lies outside its dimension.
  void recordIndex(mlir::OpBuilder &at, mlir::Value index);

  /// Whether a size was asked for that the kernel's symbols do not tell: the
  /// code is of no use then.
  bool hasUnknownSize() const { return unknownSize; }

  /// Returns from the span function and removes the kernel.
  void finish();

private:
  void requireOrReturn(mlir::Value condition, int32_t error);
  mlir::Value loadSlot(unsigned slot, mlir::Type type);
  mlir::Value makeBuffer(mlir::Value pointer, mlir::Type element);
  mlir::Value emit(mlir::AffineExpr expression);

  mlir::func::FuncOp kernel;
  mlir::ModuleOp module;
  mlir::func::FuncOp span;
  SymbolicShapes shapes;
  mlir::OpBuilder builder;
  mlir::OpBuilder top; ///< where names are made, before the body
  mlir::Value begin, end, args, scratch, errorSlot;
  llvm::DenseMap<unsigned, mlir::Value> buffers;
  llvm::DenseMap<mlir::AffineExpr, mlir::Value> indices;
  llvm::DenseMap<mlir::Attribute, mlir::Value> constants;
  unsigned numSymbols = 0; ///< that the launch passes
  bool unknownSize = false;
  mlir::AffineExpr scratchBytes;
  mlir::AffineExpr iterations;
  int64_t grain = 1;
};

} // namespace quantc

#endif // QUANTC_CONVERSION_KERNELTOLOOPS_KERNELBUILDER_H
