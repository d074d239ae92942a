//===- LogarithmOperands.h - What logarithms are taken of -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_ANALYSIS_LOGARITHMOPERANDS_H
#define QUANTC_ANALYSIS_LOGARITHMOPERANDS_H

#include "mlir/IR/Block.h"
#include "llvm/ADT/DenseSet.h"

namespace quantc {

/// The floats of \p block that logarithms are taken of, also scaled or limited
/// by constants, with floors added, in other shapes, or of their roots: how
/// large each is beside what it is rounded by shows, as it does in the bands of
/// a spectrum.
llvm::DenseSet<mlir::Value> findLogarithmOperands(mlir::Block &block);

} // namespace quantc

#endif // QUANTC_ANALYSIS_LOGARITHMOPERANDS_H
