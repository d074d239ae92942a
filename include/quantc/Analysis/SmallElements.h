//===- SmallElements.h - Whose small elements count -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_ANALYSIS_SMALLELEMENTS_H
#define QUANTC_ANALYSIS_SMALLELEMENTS_H

#include "mlir/IR/Value.h"

namespace quantc {

/// Whether a value of floats is an input, also in other shapes, or added to,
/// subtracted from or scaled by constants.
bool isOfInputs(mlir::Value value);

/// Whether what reads a value of floats shows how large its small elements are
/// beside the largest one: a logarithm, a root, a reciprocal, a
/// product of many factors, or the difference of inputs, also from their own
/// mean. Ops that integers pass with all their bits may lie between.
bool showsSmallElements(mlir::Value value);

} // namespace quantc

#endif // QUANTC_ANALYSIS_SMALLELEMENTS_H
