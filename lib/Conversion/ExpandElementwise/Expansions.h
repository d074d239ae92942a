//===- Expansions.h - Parts of the elementwise expansion --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_EXPANDELEMENTWISE_EXPANSIONS_H
#define QUANTC_LIB_CONVERSION_EXPANDELEMENTWISE_EXPANSIONS_H

#include "mlir/IR/Builders.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Target/CPU/CpuTarget.h"

namespace quantc {

/// nn.cast of a scalar or a vector to elements of another type, those of a
/// model's edges included. f16 and bf16 are decoded and encoded as integers:
/// no target's own conversions are needed.
mlir::Value expandCast(mlir::OpBuilder &builder, mlir::Location loc,
                       mlir::Value x, mlir::Type type);

/// The remainder of floats with the dividend's sign, exact.
mlir::Value expandRemainder(mlir::OpBuilder &builder, mlir::Location loc,
                            mlir::Value x, mlir::Value y);

/// A scalar of an integer type, or a vector whose elements all equal it.
mlir::Value integerLike(mlir::OpBuilder &builder, mlir::Location loc,
                        mlir::Type type, int64_t value);

/// `rshift`, `mulh31`, `isqrt` and `recip61` on scalars or vectors.
mlir::Value expandRoundedShift(mlir::OpBuilder &builder, mlir::Location loc,
                               mlir::Value x, mlir::Value places,
                               const CpuTarget &target);
/// `rshift` that is marked as one to the right.
mlir::Value expandRightShift(mlir::OpBuilder &builder, mlir::Location loc,
                             mlir::Value x, mlir::Value places);
/// `rshift` that is marked as one with room, by places of both signs.
mlir::Value expandRoomyShift(mlir::OpBuilder &builder, mlir::Location loc,
                             mlir::Value x, mlir::Value places,
                             const CpuTarget &target);
/// `rshift`, marked as one to the right, of `mulh31` of \p x and \p y, where
/// both together take no longer than the product alone.
bool canShiftProduct(mlir::Value x, mlir::Value places,
                     const CpuTarget &target);
mlir::Value expandShiftedProduct(mlir::OpBuilder &builder, mlir::Location loc,
                                 mlir::Value x, mlir::Value y,
                                 mlir::Value places, const CpuTarget &target);
mlir::Value expandMulHigh31(mlir::OpBuilder &builder, mlir::Location loc,
                            mlir::Value x, mlir::Value y,
                            const CpuTarget &target);
mlir::Value expandMulShift(mlir::OpBuilder &builder, qt::MulShiftOp op,
                           const CpuTarget &target);
mlir::Value expandIntegerSqrt(mlir::OpBuilder &builder, mlir::Location loc,
                              mlir::Value x);
mlir::Value expandReciprocal61(mlir::OpBuilder &builder, mlir::Location loc,
                               mlir::Value x);

/// qt.sigma of a scalar or a vector.
mlir::Value expandSigma(mlir::OpBuilder &builder, qt::SigmaOp op,
                        const CpuTarget &target);

/// Writes what \p target has no instruction for in those it has, where the
/// code generator would call libm: fused products as two operations, roundings
/// to integers by adding large numbers.
void expandForTarget(mlir::Operation *root, const CpuTarget &target);

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_EXPANDELEMENTWISE_EXPANSIONS_H
