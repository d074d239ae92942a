//===- MaskFactors.h - Masks and what is beside them ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_NN_TRANSFORMS_MASKFACTORS_H
#define QUANTC_LIB_DIALECT_NN_TRANSFORMS_MASKFACTORS_H

#include "PrepareIntegers.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace quantc::nn {

/// Whether a value is constant and \p check holds for all of its elements.
bool isConstantOf(mlir::Value value, llvm::function_ref<bool(double)> check);

/// Whether a constant moves all elements that it is added to: all of it is
/// beyond `limitOfScores`, so that it hides none from the others.
bool isOffset(mlir::Value value);

/// Products that are masks, and factors of what these are added to.
class MaskFactors {
public:
  /// Whether a product is a number that hides, or nothing: of a constant with
  /// an element beyond `limitOfScores` and of conditions, or of the difference
  /// of one and an input. Integers that are an input are numbers, since their
  /// products with it are of several sizes, unless floats have no fraction
  /// beside it.
  bool isMask(BinaryOp op);

  /// The largest constant that what is seen in a value is multiplied by; half
  /// of one where there is none, and 0 of what only hides. \p unknown is that
  /// of what has no limit by its operands: powers and quotients.
  double findFactor(mlir::Value value, double unknown);

  /// By how many powers of two `limitOfScores` is larger beside a factor, which
  /// leaves floats.
  static unsigned getPlaces(double factor);

private:
  bool areConditions(mlir::Value value);
  bool findConditions(mlir::Value value);
  /// Whether a value is an input, or a product, an extreme or a place of some.
  bool isOfInputs(mlir::Value value);
  /// \p part says what the value is part of.
  struct Part {
    double unknown;
    unsigned depth = 0;
    bool isFactor = false; ///< of a product, which keeps its constants
    bool isInSum = false;  ///< an operand of a matrix product or convolution
  };
  double findFactor(mlir::Value value, Part part);

  /// By values, since they meet again: what they are made of may be a diamond.
  llvm::DenseMap<mlir::Value, bool> conditions, ofInputs;
};

} // namespace quantc::nn

#endif // QUANTC_LIB_DIALECT_NN_TRANSFORMS_MASKFACTORS_H
