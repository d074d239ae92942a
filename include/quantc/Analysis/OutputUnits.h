//===- OutputUnits.h - Outputs with units of their own ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Whoever reads an output reads each of its columns: a rate beside a volume,
// both made of what a network computes by factors and summands of their own.
// Nothing behind it needs one exponent for a row. So what brings the elements
// of an output apart, and what is computed with them element by element until
// they leave, keeps an exponent for each. So does what is cut into columns,
// which are rows of their own then.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_ANALYSIS_OUTPUTUNITS_H
#define QUANTC_ANALYSIS_OUTPUTUNITS_H

#include "quantc/Analysis/InputUnits.h"

namespace quantc {

/// What comes to the outputs of a block element by element, or is cut into
/// columns.
class OutputReach {
public:
  explicit OutputReach(mlir::Block &block);

  /// Whether elements of an output, or of what is cut, are computed of those of
  /// \p value, each at its place or of its column.
  bool contains(mlir::Value value) const { return reached.contains(value); }
  /// Whether those of a gate are so computed.
  bool isGated(mlir::Value value) const { return gated.contains(value); }
  /// Whether nothing else but constants is computed with them, so that all that
  /// lies between is done once for an output.
  bool isDirect(mlir::Value value) const { return direct.contains(value); }

private:
  llvm::DenseSet<mlir::Value> reached, gated, direct;
};

class OutputUnits {
public:
  /// Of the values of \p block, of which \p inputs have units and \p before is
  /// done before inputs are quantised.
  OutputUnits(mlir::Block &block, const InputUnits &inputs,
              const InputArithmetic &before);

  /// Whether the elements of a value of floats keep an exponent each for
  /// \p reader.
  bool isReadInUnits(mlir::Value value, mlir::Operation *reader) const {
    return readers.contains(reader) &&
           (kept.contains(value) || inputs.isOfInputs(value));
  }
  /// Whether \p op computes elements that keep an exponent each.
  bool computesInUnits(mlir::Operation *op) const;
  /// Whether \p op reads such elements, and its own share exponents.
  bool removesUnits(mlir::Operation *op) const;

private:
  bool bringsApart(mlir::Operation &op) const;
  bool readsInputs(mlir::Operation &op) const;

  const InputUnits &inputs;
  OutputReach reach;
  llvm::DenseSet<mlir::Value> kept;
  llvm::DenseSet<mlir::Operation *> readers;
};

} // namespace quantc

#endif // QUANTC_ANALYSIS_OUTPUTUNITS_H
