//===- QTAttrNames.h - Attributes on functions and modules -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Names of the qt dialect's discardable attributes. The dialect verifies
// where they stand and what they hold (VerifyAttributes.cpp), so passes may
// rely on it.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QT_IR_QTATTRNAMES_H
#define QUANTC_DIALECT_QT_IR_QTATTRNAMES_H

#include "llvm/ADT/StringRef.h"

namespace quantc {

// Of functions.

/// The names of a function's symbols.
constexpr llvm::StringLiteral dimNamesAttrName = "qt.dim_names";
/// A dictionary from names to their lowest and highest size.
constexpr llvm::StringLiteral dimBoundsAttrName = "qt.dim_bounds";
/// Sizes of arguments and results, an affine map of symbols for each.
constexpr llvm::StringLiteral argShapesAttrName = "qt.arg_shapes";
constexpr llvm::StringLiteral resultShapesAttrName = "qt.result_shapes";
/// What the model calls each dim of each argument, "" for numbers, where some
/// of these names are one in `qt.dim_names`.
constexpr llvm::StringLiteral argDimNamesAttrName = "qt.arg_dim_names";
/// The model's names of arguments and results.
constexpr llvm::StringLiteral argNamesAttrName = "qt.arg_names";
constexpr llvm::StringLiteral resultNamesAttrName = "qt.result_names";
/// Marks a function that qt.launch runs.
constexpr llvm::StringLiteral kernelAttrName = "qt.kernel";
/// On an entry without floats between the borders of the network.
constexpr llvm::StringLiteral integerOnlyAttrName = "qt.integer_only";

/// A dictionary from names of values to their least and largest number.
constexpr llvm::StringLiteral rangesAttrName = "qt.ranges";

// Of ops in integer-only form.

/// By which method an op is computed, where that is not `fixed`.
constexpr llvm::StringLiteral methodAttrName = "qt.method";
/// The scale of its input by that method; without one the method's grid.
constexpr llvm::StringLiteral inputScaleAttrName = "qt.input_scale";

/// The scale of the codes that the model quantises the result to.
constexpr llvm::StringLiteral resultScaleAttrName = "qt.result_scale";

// Of the module of a model.

/// The last stage that the module went through.
constexpr llvm::StringLiteral stageAttrName = "qt.stage";
/// Triple, CPU and features that it is compiled for.
constexpr llvm::StringLiteral targetAttrName = "qt.target";
/// What the model's file says of itself.
constexpr llvm::StringLiteral metadataAttrName = "qt.metadata";
/// What its layers are, for reports.
constexpr llvm::StringLiteral layersAttrName = "qt.layers";

// Of the module of a lowered kernel; maps are of the launch's sizes.

/// Units of its parallel iteration space, and bytes of scratch per thread.
constexpr llvm::StringLiteral iterationsAttrName = "qt.iterations";
constexpr llvm::StringLiteral scratchAttrName = "qt.scratch";
/// Units that one thread takes at least.
constexpr llvm::StringLiteral grainAttrName = "qt.grain";
/// What a run of it costs, for profiles: operations, bytes, number formats.
constexpr llvm::StringLiteral operationsAttrName = "qt.operations";
constexpr llvm::StringLiteral bytesAttrName = "qt.bytes";
constexpr llvm::StringLiteral arithmeticAttrName = "qt.arithmetic";

} // namespace quantc

#endif // QUANTC_DIALECT_QT_IR_QTATTRNAMES_H
