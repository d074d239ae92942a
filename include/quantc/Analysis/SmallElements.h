//===- SmallElements.h - Whose small elements count -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_ANALYSIS_SMALLELEMENTS_H
#define QUANTC_ANALYSIS_SMALLELEMENTS_H

#include "mlir/IR/Block.h"
#include "quantc/Analysis/InputArithmetic.h"
#include "quantc/Interfaces/ExponentOpInterface.h"
#include "llvm/ADT/DenseSet.h"

namespace quantc {

/// What reads floats may show how large their small elements are beside the
/// largest one: a comparison, a remainder, a logarithm, a root, a reciprocal, a
/// quotient of exponentials with a divisor for each element of a row, a product
/// of many factors, the difference of inputs, also from their own mean, a
/// product of exponentials whose rows are others, what is divided by something
/// that is found along columns or by inputs, or a choice that leaves out what
/// is large. Ops that integers pass with all their bits may lie between, and
/// sums of inputs. Where exponentials, quotients, roots and products are read
/// so, sums, products and extremes between keep an exponent for each element,
/// as they do themselves. What an op does with such elements it says by
/// `ExponentOpInterface`. It is found before anything is converted, so that it
/// depends on what reads a value and not on the order of ops.
class SmallElements {
public:
  /// Of the values of \p block.
  explicit SmallElements(mlir::Block &block);

  /// Whether what reads a value of floats shows its small elements.
  bool areShown(mlir::Value value) const { return shown.contains(value); }
  /// Whether an op that finds its elements with an exponent each, or computes
  /// with such ones, has them shown that way, so that they keep them.
  bool keepExponents(mlir::Operation *op) const { return keepers.contains(op); }
  /// Whether elements of a row of floats may be far apart: inputs, and what is
  /// found with an exponent for each element where it is shown.
  bool mayBeFarApart(mlir::Value value) const {
    return inputs.isInput(value) || spreading.contains(value);
  }

private:
  void findSpread(mlir::Operation &op);
  void findSummed(mlir::Operation &op);
  void visit(mlir::Operation &op);
  bool isDifferenceOfInputs(mlir::Operation &op) const;
  bool isQuotientByInputs(ExponentOpInterface op) const;
  bool keepsExponents(ExponentOpInterface op) const;
  bool showsOperands(ExponentOpInterface op) const;
  bool readsColumns(mlir::Operation &op) const;

  /// Inputs, also in other shapes or scaled by constants, and what is found in
  /// them along axes.
  InputArithmetic inputs;
  /// What is found with an exponent for each element, and what is computed of
  /// it: elements of one row may be far apart.
  llvm::DenseSet<mlir::Value> spread;
  /// The same, and what is found so where it is shown, as a sigmoid is, or a
  /// product of what is computed: its elements are twice as many orders of
  /// magnitude apart as these.
  llvm::DenseSet<mlir::Value> spreading;
  /// What a product reads row by row, also in other shapes.
  llvm::DenseSet<mlir::Value> summed;
  llvm::DenseSet<mlir::Value> shown;
  /// What is summed along columns that keep an exponent each: products, whose
  /// factors show no more than their own, keep one for each element.
  llvm::DenseSet<mlir::Value> columns;
  llvm::DenseSet<mlir::Operation *> keepers;
};

} // namespace quantc

#endif // QUANTC_ANALYSIS_SMALLELEMENTS_H
