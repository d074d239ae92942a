//===- NNDims.h - Several dimensions as one ---------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_NN_IR_NNDIMS_H
#define QUANTC_DIALECT_NN_IR_NNDIMS_H

#include "mlir/IR/Builders.h"

namespace quantc::nn {

/// \p x with the dimensions behind the first \p lead as one.
mlir::Value joinDims(mlir::OpBuilder &builder, mlir::Location loc,
                     mlir::Value x, int64_t lead);

/// \p x as \p type, the sizes of which are those of \p like.
mlir::Value splitDims(mlir::OpBuilder &builder, mlir::Location loc,
                      mlir::Value x, mlir::RankedTensorType type,
                      mlir::Value like);

/// \p x, of which all elements lie in the first \p lead dimensions, with ones
/// behind them.
mlir::Value appendOnes(mlir::OpBuilder &builder, mlir::Location loc,
                       mlir::Value x, int64_t lead, int64_t rank);

} // namespace quantc::nn

#endif // QUANTC_DIALECT_NN_IR_NNDIMS_H
