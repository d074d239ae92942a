//===- SizeBounds.h - How large a size can be -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_ANALYSIS_SIZEBOUNDS_H
#define QUANTC_ANALYSIS_SIZEBOUNDS_H

#include "mlir/IR/AffineExpr.h"
#include "llvm/ADT/ArrayRef.h"
#include <optional>

namespace quantc {

struct SizeRange {
  int64_t low, high;
};

/// Where the value of \p size lies when each symbol lies in its range: not
/// always the smallest such interval. Nothing where a step overflows, and where
/// a divisor may be 0 or less.
std::optional<SizeRange> getSizeRange(mlir::AffineExpr size,
                                      llvm::ArrayRef<SizeRange> symbols);

} // namespace quantc

#endif // QUANTC_ANALYSIS_SIZEBOUNDS_H
