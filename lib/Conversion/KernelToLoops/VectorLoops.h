//===- VectorLoops.h - Loops over 16-lane vectors -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_KERNELTOLOOPS_VECTORLOOPS_H
#define QUANTC_LIB_CONVERSION_KERNELTOLOOPS_VECTORLOOPS_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Builders.h"

namespace quantc {

/// Every loop has this many lanes: on AVX2 two registers, on AVX-512 one. The
/// order of a sum, and so its bits, is that of the lanes on every target.
constexpr int64_t lanes = 16;

/// One step of a loop over a row: the elements from `position` on.
///
/// A row of 16 or more ends with a vector that overlaps the one before, so
/// that nothing is masked; lanes below `skipped` were seen already. A shorter
/// row is one vector of which the lanes of `valid` exist.
struct VectorStep {
  mlir::Value position;
  mlir::Value skipped; ///< vector of i1, or null
  mlir::Value valid;   ///< vector of i1, or null
  int64_t width = lanes;
};

/// Emits a loop over [0, n) in steps of \p width lanes. \p body is called for
/// each kind of step that n can have; it gets the loop's values and returns the
/// next ones. What it stores must not depend on what it stored: lanes are seen
/// twice.
using VectorBody = llvm::function_ref<llvm::SmallVector<mlir::Value>(
    mlir::OpBuilder &, const VectorStep &step, mlir::ValueRange values)>;
llvm::SmallVector<mlir::Value>
forEachVector(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value n,
              mlir::ValueRange initial, VectorBody body, int64_t width = lanes);

/// \p value, but \p neutral in lanes that are not to be counted in this step.
mlir::Value keepCounted(mlir::OpBuilder &builder, mlir::Location loc,
                        const VectorStep &step, mlir::Value value,
                        mlir::Value neutral);

/// The constant that \p value is, if it is one.
std::optional<int64_t> getConstantIndex(mlir::Value value);

/// \p ways elements at \p index, 4 bytes, for each of \p lanes.
mlir::Value broadcastWord(mlir::OpBuilder &builder, mlir::Location loc,
                          mlir::Value buffer, mlir::Value index, int64_t ways,
                          int64_t lanes);

/// Stores \p value, the same in all lanes, \p count times from \p start on.
void fillVectors(mlir::OpBuilder &builder, mlir::Location loc,
                 mlir::Value buffer, mlir::Value start, mlir::Value count,
                 mlir::Value value);

/// Loads \p width elements from the flat \p buffer; masked ones are zero.
mlir::Value loadVector(mlir::OpBuilder &builder, mlir::Location loc,
                       mlir::Value buffer, mlir::Value index, mlir::Value mask,
                       int64_t width = lanes);
void storeVector(mlir::OpBuilder &builder, mlir::Location loc,
                 mlir::Value vector, mlir::Value buffer, mlir::Value index,
                 mlir::Value mask);

/// The words \p bits, one or a vector, as elements of \p buffer.
mlir::Value castBits(mlir::OpBuilder &builder, mlir::Location loc,
                     mlir::Value bits, mlir::Value buffer);

/// Copies \p count elements between flat buffers that do not overlap.
void copyVectors(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value from,
                 mlir::Value start, mlir::Value to, mlir::Value at,
                 mlir::Value count);

/// \p width times the scalar \p value.
mlir::Value splat(mlir::OpBuilder &builder, mlir::Location loc,
                  mlir::Value value, int64_t width = lanes);
/// \p width times the number \p value in the element type \p element.
mlir::Value splatConstant(mlir::OpBuilder &builder, mlir::Location loc,
                          mlir::Type element, double value,
                          int64_t width = lanes);

/// The first element of each of four vectors, then the second of each, ...
mlir::Value interleaveFour(mlir::OpBuilder &builder, mlir::Location loc,
                           llvm::ArrayRef<mlir::Value> vectors);

/// 16 vectors as the matrix of their elements, turned. Lanes are interleaved
/// within quarters of 128 bits, as one instruction does on every CPU; then
/// quarters and halves of two vectors change places, which costs nothing where
/// registers are no longer. Shuffles across all lanes would each become several
/// there, and the code generator would take longer to look for better ones than
/// for all other kernels of a network.
llvm::SmallVector<mlir::Value>
turnSquare(mlir::OpBuilder &builder, mlir::Location loc,
           llvm::SmallVector<mlir::Value> vectors);

/// Folds lanes into one scalar by halves, in a fixed order.
using Combine = llvm::function_ref<mlir::Value(mlir::OpBuilder &, mlir::Value,
                                               mlir::Value)>;
mlir::Value reduceLanes(mlir::OpBuilder &builder, mlir::Location loc,
                        mlir::Value vector, Combine combine);
/// The same as four lanes that all hold the result.
mlir::Value reduceToFour(mlir::OpBuilder &builder, mlir::Location loc,
                         mlir::Value vector, Combine combine);

/// Where masked, \p neutral in place of \p value.
mlir::Value blend(mlir::OpBuilder &builder, mlir::Location loc,
                  mlir::Value mask, mlir::Value value, mlir::Value neutral);

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_KERNELTOLOOPS_VECTORLOOPS_H
