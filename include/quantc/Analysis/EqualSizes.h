//===- EqualSizes.h - Sizes that have to be equal ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_ANALYSIS_EQUALSIZES_H
#define QUANTC_ANALYSIS_EQUALSIZES_H

#include "quantc/Analysis/SymbolicShapes.h"

namespace quantc {

/// On the entry: maps of the named dims to two sizes, one that a type states
/// and one that run time computes. Kernels rely on the one of the type, so the
/// program compares them before it runs any. The first may also be a name that
/// an input gives to the second.
inline constexpr llvm::StringLiteral equalSizesAttrName = "qt.equal_sizes";

/// On the entry: pairs of such a map and the name of the model's value that it
/// is for, where one is known.
inline constexpr llvm::StringLiteral equalSizeNamesAttrName =
    "qt.equal_size_names";

/// What stands for \p size, one of an input's, where inputs are described: a
/// number or a name; null where none does.
mlir::AffineExpr getDeclaredSize(mlir::FunctionOpInterface entry,
                                 mlir::AffineExpr size);

/// States on the entry which sizes are zero, for the ops that say so may be
/// gone before the others are stated.
void stateZeroSizes(mlir::FunctionOpInterface entry,
                    const SymbolicShapes &shapes);

/// States on the entry what \p shapes expects of it.
void stateEqualSizes(mlir::FunctionOpInterface entry,
                     const SymbolicShapes &shapes);

/// \p maps of the named dims with \p replacements for them, of \p count names.
mlir::ArrayAttr replaceDims(mlir::ArrayAttr maps,
                            llvm::ArrayRef<mlir::AffineExpr> replacements,
                            unsigned count);

} // namespace quantc

#endif // QUANTC_ANALYSIS_EQUALSIZES_H
