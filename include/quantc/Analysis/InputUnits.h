//===- InputUnits.h - Inputs with units of their own ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Features of a row may have units of their own: a pressure beside a length.
// Such elements are as many orders of magnitude apart as their units are, until
// something brings them close together again: a scale for each, a quotient of
// two features, a logarithm. What is computed of each by itself until then
// keeps an exponent for each, from the border on.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_ANALYSIS_INPUTUNITS_H
#define QUANTC_ANALYSIS_INPUTUNITS_H

#include "quantc/Analysis/InputArithmetic.h"
#include "llvm/ADT/DenseSet.h"

namespace quantc {

class InputUnits {
public:
  /// Of the values of \p block, where \p before is done before inputs are
  /// quantised.
  InputUnits(mlir::Block &block, const InputArithmetic &before);

  /// Whether a value is computed of inputs and constants element by element.
  bool isOfInputs(mlir::Value value) const { return features.contains(value); }
  /// Whether the elements of a value of floats, which are computed of those of
  /// inputs one by one, keep an exponent each for \p reader: for any other op
  /// rows have one.
  bool isReadInUnits(mlir::Value value, mlir::Operation *reader) const {
    return kept.contains(value) && readers.contains(reader);
  }
  /// Whether \p op computes elements that keep an exponent each.
  bool computesInUnits(mlir::Operation *op) const;
  /// Whether \p op reads such elements, and its own have no units.
  bool removesUnits(mlir::Operation *op) const;

private:
  bool joinsUnits(mlir::Operation &op) const;
  bool isOfElements(mlir::Operation &op) const;
  bool showsUnits(mlir::Operation &op) const;
  void visit(mlir::Operation &op);

  /// What is computed of inputs and constants element by element.
  llvm::DenseSet<mlir::Value> features;
  llvm::DenseSet<mlir::Value> kept;
  llvm::DenseSet<mlir::Operation *> readers;
};

} // namespace quantc

#endif // QUANTC_ANALYSIS_INPUTUNITS_H
