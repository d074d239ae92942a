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
#include "llvm/ADT/DenseSet.h"

namespace quantc {

/// The one operand that a sum, difference, product, quotient, maximum or
/// minimum of floats has beside a constant; null for every other op.
mlir::Value getScaledOperand(mlir::Operation *op);

/// Whether a value of floats is an input, also in other shapes, or added to,
/// subtracted from, scaled or limited by constants.
bool isOfInputs(mlir::Value value);

/// Whether an op compares inputs, also with constants, or chooses an input or a
/// constant by such a condition to scale it then (what is missing is imputed),
/// or finds maxima of windows that are compared;
/// \p isInput says what is an input, however it was scaled.
bool isChoiceOfInputs(mlir::Operation *op,
                      llvm::function_ref<bool(mlir::Value)> isInput);

/// Whether an op moves, scales or so chooses inputs.
bool isInputArithmetic(mlir::Operation *op,
                       llvm::function_ref<bool(mlir::Value)> isInput);

/// The arguments of \p block, and what is moved, scaled and so chosen of them.
llvm::DenseSet<mlir::Value> findInputArithmetic(mlir::Block &block);

} // namespace quantc

#endif // QUANTC_ANALYSIS_INPUTARITHMETIC_H
