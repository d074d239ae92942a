//===- QuantizeMath.h - Scales and codes of vectors -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_KERNELTOLOOPS_QUANTIZEMATH_H
#define QUANTC_LIB_CONVERSION_KERNELTOLOOPS_QUANTIZEMATH_H

#include "mlir/IR/Builders.h"
#include "quantc/Dialect/QT/IR/QTOps.h"

namespace quantc {

/// The bits of the magnitudes of 16 values.
mlir::Value getMagnitudes(mlir::OpBuilder &builder, mlir::Location loc,
                          mlir::Value x);
/// The bits of the largest magnitudes of \p count floats from \p first on, by
/// lanes, and of those that are \p known, if any are.
mlir::Value findLargest(mlir::OpBuilder &builder, mlir::Location loc,
                        mlir::Value buffer, mlir::Value first,
                        mlir::Value count, mlir::Value known = {});

/// Scales and the factors that make codes up to \p highest, lane by lane, from
/// the bits of the largest magnitudes.
std::pair<mlir::Value, mlir::Value> makeScalesOf(mlir::OpBuilder &builder,
                                                 mlir::Location loc,
                                                 double highest,
                                                 mlir::Value amaxBits);

/// Scale, and the factor that makes codes, 16 times, from the bits of
/// magnitudes.
std::pair<mlir::Value, mlir::Value> makeScales(mlir::OpBuilder &builder,
                                               mlir::Location loc,
                                               qt::EncodingAttr encoding,
                                               mlir::Value magnitudes);

/// What is added to codes in memory.
int64_t getCodeBias(qt::QuantizeOp op);

/// Codes of values in the low halves of words, \p inverse being the factors of
/// the largest magnitudes among those that share a scale.
mlir::Value encodeWords(mlir::OpBuilder &builder, mlir::Location loc,
                        qt::EncodingAttr encoding, mlir::Value x,
                        mlir::Value inverse);

/// Codes of 16 values.
mlir::Value encode(mlir::OpBuilder &builder, mlir::Location loc,
                   qt::EncodingAttr encoding, mlir::Value x,
                   mlir::Value inverse);

/// The same as the bytes of the layout.
mlir::Value encode(mlir::OpBuilder &builder, mlir::Location loc,
                   qt::QuantizeOp op, mlir::Value x, mlir::Value inverse);

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_KERNELTOLOOPS_QUANTIZEMATH_H
