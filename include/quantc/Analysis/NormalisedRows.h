//===- NormalisedRows.h - Integers by their largest magnitude ---*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the method `fixed` calls norm16, where it stands as single ops: integers
// shifted until the largest magnitude of a row has 15 bits, or fewer where its
// exponent is the least one.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_ANALYSIS_NORMALISEDROWS_H
#define QUANTC_ANALYSIS_NORMALISEDROWS_H

#include "mlir/IR/Value.h"
#include "llvm/ADT/StringRef.h"
#include <optional>

namespace quantc {

/// Marks a qt.quantize of such integers: the largest magnitudes that they are
/// shifted by are those of their own rows.
constexpr llvm::StringLiteral normalisedAttrName = "qt.normalised";

/// Says of an op that encodes images that all of them have the least exponent.
constexpr llvm::StringLiteral leastExponentAttrName = "qt.least_exponent";

/// Says of such an op, and of the qt.contract that reads it, that integers are
/// multiples of 2^8, so that codes of 8 bits at the largest shift hold them.
constexpr llvm::StringLiteral evenShiftsAttrName = "qt.even_shifts";

struct NormalisedRows {
  mlir::Value wide;   ///< the integers
  mlir::Value places; ///< what they are shifted by, one for each row
  mlir::Value isZero; ///< whether all integers of a row are 0, if asked for
  mlir::Value largest;
  int64_t bits = 16; ///< of what they are brought to
  /// Whether the least exponent can leave fewer: places then come to more than
  /// the largest magnitude needs.
  bool mayHaveFewer = false;
};

/// The ops of which \p mantissas and \p exponents, of 16 and 8 bits, are the
/// results, if they have this form. What the largest magnitudes are those of is
/// not looked at.
std::optional<NormalisedRows> matchNormalisedRows(mlir::Value mantissas,
                                                  mlir::Value exponents);

/// The same of \p mantissas alone, which may have fewer \p bits.
std::optional<NormalisedRows> matchNormalisedMantissas(mlir::Value mantissas,
                                                       int64_t bits = 16);

/// Whether \p largest is computed as the largest magnitudes of the rows of \p
/// wide, the last dimension being a row.
bool isLargestOfRow(mlir::Value largest, mlir::Value wide);
/// The same with all dimensions but the first being a row.
bool isLargestOfImage(mlir::Value largest, mlir::Value wide);

} // namespace quantc

#endif // QUANTC_ANALYSIS_NORMALISEDROWS_H
