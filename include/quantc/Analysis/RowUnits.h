//===- RowUnits.h - Rows whose elements differ in unit ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_ANALYSIS_ROWUNITS_H
#define QUANTC_ANALYSIS_ROWUNITS_H

#include "mlir/IR/Operation.h"

namespace quantc {

/// Whether a value of floats has rows of more than one element.
bool hasRows(mlir::Value value);

/// Whether rows are single elements, whose exponents are those of elements.
bool isOneColumn(mlir::Value value);

/// Whether the elements of a row of a constant differ by so many bits that a
/// row of 31 leaves a row of 16 too few of the smallest feature's.
bool areScalesFarApart(mlir::Value constant);

/// That of the finite elements of a constant.
double getLargestMagnitude(mlir::Value constant);

/// Whether something is found along columns, of which each has a unit.
bool reducesColumns(mlir::Operation &op);

/// Whether rows are put together from several.
bool joinsRows(mlir::Operation &op);

/// Whether columns of what is moved come to rows without some of the others:
/// whatever is large in these, what is left has an exponent of its own.
bool partsColumns(mlir::Operation &op);

/// Whether an op has to be told that its elements keep an exponent each: what
/// moves some, or reads along columns, has those that its operand has.
bool choosesExponents(mlir::Operation &op);

} // namespace quantc

#endif // QUANTC_ANALYSIS_ROWUNITS_H
