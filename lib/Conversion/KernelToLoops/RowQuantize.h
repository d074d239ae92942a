//===- RowQuantize.h - Quantisation of rows ---------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_KERNELTOLOOPS_ROWQUANTIZE_H
#define QUANTC_LIB_CONVERSION_KERNELTOLOOPS_ROWQUANTIZE_H

#include "IntegerCodes.h"
#include "RowEmitter.h"

namespace quantc {

/// Emits one op on the row at hand.
class QuantizeEmitter {
public:
  QuantizeEmitter(RowEmitter &rows, qt::QuantizeOp op)
      : rows(rows), kernel(rows.kernel), loc(rows.loc), f32(rows.f32), op(op) {}

  /// With one scale for the row.
  void emitWhole(mlir::OpBuilder &builder);
  /// With one for each \p block elements.
  void emitBlocks(mlir::OpBuilder &builder, int64_t block);

  // RowIntegers.cpp: the rule `norm`.

  /// Floats with an exponent for the row.
  void emitInput(mlir::OpBuilder &builder);
  /// Integers in blocks with shifts.
  void emitShiftedBlocks(mlir::OpBuilder &builder);

private:
  RowEmitter::Place getCodes(mlir::OpBuilder &builder);
  void padRow(mlir::OpBuilder &builder);
  void storeCodes(mlir::OpBuilder &builder, mlir::Value x, mlir::Value inverses,
                  const VectorStep &step);
  using BlockBody = llvm::function_ref<void(
      mlir::OpBuilder &, mlir::Value number, mlir::Value start, int64_t count)>;
  /// Blocks of \p block elements, the last of which may be short; the scales
  /// or shifts that belong to them are done.
  void forEachBlock(mlir::OpBuilder &builder, int64_t block, BlockBody body);
  using Parts = llvm::SmallVector<std::pair<mlir::Value, VectorStep>>;
  /// \p count elements of the input from \p start on, and zeros behind them.
  Parts loadBlock(mlir::OpBuilder &builder, mlir::Value start, int64_t count);
  /// Writes what belongs to block \p number, the op's second result.
  void storeOfBlock(mlir::OpBuilder &builder, mlir::Value value,
                    mlir::Value number);
  void emitBlock(mlir::OpBuilder &builder, mlir::Value number,
                 mlir::Value start, int64_t count);
  void emitShiftedRow(mlir::OpBuilder &builder, const RowShift &shift,
                      int64_t block);
  void emitShiftedBlock(mlir::OpBuilder &builder, const RowShift &rowShift,
                        mlir::Value number, mlir::Value start, int64_t count);
  RowShift findRowShift(mlir::OpBuilder &builder, mlir::Value exponent);
  void storeShifts(mlir::OpBuilder &builder, mlir::Value shifts,
                   mlir::Value first, int64_t count, mlir::Value row);
  /// RowNarrow.cpp
  void emitNarrowRows(mlir::OpBuilder &builder, int64_t block);
  void emitNarrowShifts(mlir::OpBuilder &builder, mlir::Value bits,
                        mlir::Value factors, mlir::Value first, int64_t count);
  void emitShiftedGroup(mlir::OpBuilder &builder, const RowShift &rowShift,
                        mlir::Value first, int64_t count, int64_t block);
  bool hasCodes() {
    return !getResultIndices(kernel.getKernel(), op.getResult(0)).empty();
  }
  /// Whether nothing but the numbers of rows is asked for.
  bool isOnlyNumber() {
    return !hasCodes() &&
           getResultIndices(kernel.getKernel(), op.getResult(1)).empty();
  }
  mlir::AffineExpr getLength() { return rows.sizes.back(); }

  RowEmitter &rows;
  KernelBuilder &kernel;
  mlir::Location loc;
  mlir::Type f32;
  qt::QuantizeOp op;
};

/// Whether rows can be encoded like this by the rule `norm`.
bool canQuantizeIntegerRows(qt::QuantizeOp op);

/// Of floats the integers and exponents that \p op gives rows of one of them.
std::pair<mlir::Value, mlir::Value> encodeElements(mlir::OpBuilder &builder,
                                                   mlir::Location loc,
                                                   qt::QuantizeOp op,
                                                   mlir::Value x);

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_KERNELTOLOOPS_ROWQUANTIZE_H
