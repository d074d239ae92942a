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

/// Whether an op is a sum, difference, product, quotient, maximum or minimum of
/// floats.
bool isFloatArithmetic(mlir::Operation *op);

/// The one operand that such an op has beside a constant; null for every other
/// op.
mlir::Value getScaledOperand(mlir::Operation *op);

/// What is taken for an input beside the arguments of a block, each with what
/// stands before it.
enum class InputScope {
  Moved,  ///< what is moved or cast of inputs, and limited as masks are
  Scaled, ///< what is scaled by constants, or chosen to be
  Maxima, ///< maxima of windows, whatever reads them
  Axes,   ///< what is found along axes
};

/// What of a block is computed of its arguments and of constants alone.
class InputArithmetic {
public:
  InputArithmetic(mlir::Block &block, InputScope scope);

  bool isInput(mlir::Value value) const { return inputs.contains(value); }

  /// Whether an op makes an input of inputs, or gives their sizes. From
  /// `Scaled` on also whether it compares them, with constants or each other:
  /// by such a condition an input or a constant may be chosen to be scaled then
  /// (what is missing is imputed), and a maximum of windows that is compared
  /// belongs to it.
  bool contains(mlir::Operation *op) const { return ops.contains(op); }

private:
  bool makesInput(mlir::Operation &op) const;
  bool movesInputs(mlir::Operation &op) const;
  bool readsInputs(mlir::ValueRange operands) const;
  bool choosesInput(mlir::Operation &op) const;

  InputScope scope;
  llvm::DenseSet<mlir::Value> inputs;
  llvm::DenseSet<mlir::Operation *> ops;
  llvm::DenseSet<mlir::Value> compared; ///< of `Scaled`
};

} // namespace quantc

#endif // QUANTC_ANALYSIS_INPUTARITHMETIC_H
