//===- InputArithmetic.h - Inputs that are scaled at once -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A model may begin with the scaling of its features: (x - mean) / scale. In an
// integer-only network this is done before inputs are quantised, since features
// of other orders of magnitude share a row's exponent only once they are
// scaled.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_ANALYSIS_INPUTARITHMETIC_H
#define QUANTC_ANALYSIS_INPUTARITHMETIC_H

#include "mlir/IR/Operation.h"

namespace quantc {

/// The one operand that a sum, difference, product or quotient of floats has
/// beside a constant; null for every other op.
mlir::Value getScaledOperand(mlir::Operation *op);

/// Whether a value of floats is an input, also in other shapes, or added to,
/// subtracted from or scaled by constants.
bool isOfInputs(mlir::Value value);

} // namespace quantc

#endif // QUANTC_ANALYSIS_INPUTARITHMETIC_H
