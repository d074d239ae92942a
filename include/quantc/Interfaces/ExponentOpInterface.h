//===- ExponentOpInterface.h - Elements that are far apart ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_INTERFACES_EXPONENTOPINTERFACE_H
#define QUANTC_INTERFACES_EXPONENTOPINTERFACE_H

#include "mlir/IR/OpDefinition.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace quantc {

/// Answers a question about a value that an op reads.
using ValueQuery = llvm::function_ref<bool(mlir::Value)>;

/// Where a result shows how large the small elements of what is read are.
/// What is asked of the operands of an op that may show the units of inputs.
struct UnitQueries {
  ValueQuery isInput; ///< has elements of inputs, each in its own unit
  ValueQuery isConstant;
  ValueQuery isFarApart;  ///< is a constant whose rows are far apart
  ValueQuery hasNegative; ///< is a constant with a negative element
};

enum class SmallOperands {
  Hidden,
  /// Where its own small elements are shown.
  Passed,
  /// There as well, but for what is computed only where the op keeps an
  /// exponent for each element: inputs alone are summed with all their bits.
  Summed,
  /// Where the op keeps an exponent for each element.
  Multiplied,
  /// Whatever reads it.
  Shown
};

} // namespace quantc

#include "quantc/Interfaces/ExponentOpInterface.h.inc"

#endif // QUANTC_INTERFACES_EXPONENTOPINTERFACE_H
