//===- ComparedExtremes.h - Extremes that are compared ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_ANALYSIS_COMPAREDEXTREMES_H
#define QUANTC_ANALYSIS_COMPAREDEXTREMES_H

#include "mlir/IR/Block.h"
#include "llvm/ADT/DenseSet.h"

namespace quantc {

/// The floats of \p block that are compared, also in other shapes, or as what
/// maxima and minima of computed values are found in; those that are compared
/// with constants alone only \p withConstants.
llvm::DenseSet<mlir::Value> findComparedValues(mlir::Block &block,
                                               bool withConstants);

/// The maxima and minima of computed values of \p block that are compared,
/// through others, as with what they are the extreme of: on one exponent after
/// the other, or in 16 bits of windows, an element does not equal itself.
llvm::DenseSet<mlir::Operation *> findComparedExtremes(mlir::Block &block);

} // namespace quantc

#endif // QUANTC_ANALYSIS_COMPAREDEXTREMES_H
