//===- ConstantSlices.h - What depends on constants alone -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Weights are transformed, encoded and packed lazily: until an artefact is
// written these steps stay ops on constants. This analysis tells which values
// of a block are such, so that passes treat `pack(quantize(weight))` as the
// constant it is.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_ANALYSIS_CONSTANTSLICES_H
#define QUANTC_ANALYSIS_CONSTANTSLICES_H

#include "mlir/IR/Operation.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SetVector.h"

namespace quantc {

/// True if \p value is computed from constants alone, by ops that have no
/// side effect.
bool isConstantSlice(mlir::Value value);

/// The same of many values while no op is changed, in time that is linear in
/// the ops that they are computed by.
class ConstantSlices {
public:
  bool contains(mlir::Value value);

private:
  llvm::DenseMap<mlir::Operation *, bool> known;
};

/// The values of \p block, its arguments included, that are no constant slices.
llvm::DenseSet<mlir::Value> getVaryingValues(mlir::Block &block);

/// The ops that compute \p value, in an order that respects uses.
/// \p value must be a constant slice.
llvm::SetVector<mlir::Operation *> getConstantSlice(mlir::Value value);

} // namespace quantc

#endif // QUANTC_ANALYSIS_CONSTANTSLICES_H
