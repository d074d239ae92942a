//===- SizeArithmetic.h - One form for equal sizes --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sizes are polynomials of symbols, with quotients as further unknowns. Affine
// expressions simplify sums and products only a little; the functions here give
// one expression to all equal polynomials, so that equal sizes are equal
// pointers, and divide polynomials.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_ANALYSIS_SIZEARITHMETIC_H
#define QUANTC_ANALYSIS_SIZEARITHMETIC_H

#include "mlir/IR/AffineExpr.h"
#include "llvm/ADT/ArrayRef.h"
#include <optional>

namespace quantc {

/// The most parts of a size, counted as a tree. Chains in which every step has
/// the one before several times grow without end.
constexpr unsigned mostSizeParts = 1 << 15;

/// The expression that stands for all those equal to \p size. Null where a
/// coefficient does not fit into 64 bits, or the expression is too long.
mlir::AffineExpr canonicalizeSize(mlir::AffineExpr size);

/// The product of all sizes, 1 of none. Null where it overflows or is too long:
/// unlike that of affine expressions, this product never wraps around.
mlir::AffineExpr multiplySizes(llvm::ArrayRef<mlir::AffineExpr> sizes,
                               mlir::MLIRContext *context);

/// The quotient where \p divisor divides \p size without remainder whatever
/// the symbols are; null otherwise.
mlir::AffineExpr divideSizeExactly(mlir::AffineExpr size,
                                   mlir::AffineExpr divisor);

/// Whether a >= b for all values of the symbols from zero on. False says
/// nothing.
bool isSizeAtLeast(mlir::AffineExpr a, mlir::AffineExpr b);

/// How two sizes compare for all values of the symbols from zero on: negative,
/// zero, positive; nothing where it depends on the symbols. Both must be
/// canonical.
std::optional<int> compareSizes(mlir::AffineExpr a, mlir::AffineExpr b);

/// The larger and the smaller of two sizes, which may be below zero. Where they
/// do not compare for all symbols the expression divides by a number that no
/// size comes near, so that the quotient is a sign. Of sizes that are longer
/// than mostSizeParts it is some expression that is longer still.
mlir::AffineExpr maxOfSizes(mlir::AffineExpr a, mlir::AffineExpr b);
mlir::AffineExpr minOfSizes(mlir::AffineExpr a, mlir::AffineExpr b);

/// How many different choices of that kind are in \p sizes.
unsigned countPicks(llvm::ArrayRef<mlir::AffineExpr> sizes);

/// \p size, which may be below zero, over a \p divisor above it, rounded to
/// zero: the division of shape arithmetic.
mlir::AffineExpr truncatedQuotient(mlir::AffineExpr size, int64_t divisor);

/// How many windows fit into a size of run time.
struct WindowCount {
  mlir::AffineExpr count;
  /// Below zero where not one fits, as `count` need not be: no run may get past
  /// that. Null where it cannot be.
  mlir::AffineExpr tooSmall;
};

/// The windows of \p span, \p stride apart, of \p size with \p pads.
WindowCount countWindows(mlir::AffineExpr size, int64_t pads, int64_t span,
                         int64_t stride);

/// Whether \p size is written in more than \p budget parts, as a tree.
bool isLongerThan(mlir::AffineExpr size, unsigned budget);

/// Whether no symbol of \p size is numbered \p count or more: those behind the
/// named dims are sizes that only data decides.
bool usesSymbolsBelow(mlir::AffineExpr size, unsigned count);

} // namespace quantc

#endif // QUANTC_ANALYSIS_SIZEARITHMETIC_H
