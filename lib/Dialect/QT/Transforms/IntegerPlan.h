//===- IntegerPlan.h - Which integers show what floats do -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QT_TRANSFORMS_INTEGERPLAN_H
#define QUANTC_LIB_DIALECT_QT_TRANSFORMS_INTEGERPLAN_H

#include "JointValues.h"
#include "quantc/Analysis/InputArithmetic.h"
#include "quantc/Analysis/InputUnits.h"
#include "quantc/Analysis/OutputUnits.h"
#include "quantc/Analysis/SmallElements.h"
#include "quantc/Dialect/QT/IR/QTAttrs.h"
#include "quantc/Interfaces/IntegerLoweringInterface.h"

namespace quantc {

/// What is decided for a function as a whole, before any op of it is made anew:
/// what is done before inputs are quantised, how many bits and exponents these
/// have then, and which of its forms an op takes.
class IntegerPlan {
public:
  /// Of the ops of \p block, for whose floats \p values have integers.
  IntegerPlan(mlir::Block &block, qt::IntegerMethod method,
              const JointValues &values);

  /// Whether \p op is done to inputs before they are quantised.
  bool isBeforeBorder(mlir::Operation *op) const { return inputs.contains(op); }
  /// The type that a value can be had in, as an operand of \p reader: that of
  /// its integers, or of those that a float is quantised to.
  mlir::Type getAvailable(mlir::Value value,
                          mlir::Operation *reader = nullptr) const;
  /// Whether \p reader reads elements of inputs, or of what becomes outputs,
  /// with an exponent each.
  bool isReadInUnits(mlir::Value value, mlir::Operation *reader) const {
    return units.isReadInUnits(value, reader) ||
           outputs.isReadInUnits(value, reader);
  }
  /// Says on an op which of its forms it is to have.
  void markForm(IntegerLoweringInterface integer) const;
  /// Takes that back.
  static void clearForm(mlir::Operation *op);
  /// Whether the result of \p op comes to rows: elements of inputs, or of what
  /// is cut, with an exponent each have their units no longer.
  bool comesToRows(mlir::Operation *op) const {
    return (units.removesUnits(op) || outputs.removesUnits(op)) &&
           !smallElements.keepExponents(op) && !outputs.computesInUnits(op);
  }
  /// Whether \p op, a product of codes of 8 bits by weights, is the sum of
  /// those of the parts of its operand: a logarithm shows what is far apart.
  bool isInParts(mlir::Operation *op) const;

private:
  bool computesInUnits(mlir::Operation *op) const {
    return units.computesInUnits(op) || outputs.computesInUnits(op);
  }
  /// Whether what stands for a value is a float that is quantised, or may be,
  /// whose small elements show.
  bool isShownAtBorder(mlir::Value value) const;

  qt::IntegerMethod method;
  const JointValues &values;
  SmallElements smallElements;
  llvm::DenseSet<mlir::Operation *> comparedExtremes;
  llvm::DenseSet<mlir::Value> logarithmOperands;
  llvm::DenseSet<mlir::Value> arguments; ///< of exponentials
  /// What is done before inputs are quantised: scaling, too, by the method that
  /// knows no ranges of what is scaled.
  InputArithmetic inputs;
  InputUnits units;
  OutputUnits outputs;
};

} // namespace quantc

#endif // QUANTC_LIB_DIALECT_QT_TRANSFORMS_INTEGERPLAN_H
