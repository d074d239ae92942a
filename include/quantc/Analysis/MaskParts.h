//===- MaskParts.h - What scores are the sum of -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_ANALYSIS_MASKPARTS_H
#define QUANTC_ANALYSIS_MASKPARTS_H

#include "mlir/IR/Value.h"

namespace quantc {

/// The values that elementwise arithmetic, choices and moves make scores of.
struct MaskParts {
  /// The largest magnitude among constants and limits.
  double largest = 0;
  bool hasInput = false;    ///< floats that are an input of the function
  bool hasComputed = false; ///< what any other op has made
};

MaskParts collectMaskParts(mlir::Value scores);

} // namespace quantc

#endif // QUANTC_ANALYSIS_MASKPARTS_H
