//===- QuantizableOpInterface.h - Quantisable operands ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_INTERFACES_QUANTIZABLEOPINTERFACE_H
#define QUANTC_INTERFACES_QUANTIZABLEOPINTERFACE_H

#include "mlir/IR/OpDefinition.h"

namespace quantc {

/// What an operand of a contraction is to it.
enum class OperandRole { Weight, Activation, Attention };

/// An operand that can be quantised.
struct ContractionOperand {
  unsigned index;   ///< among the op's operands
  OperandRole role; ///< what recipes ask for
  int64_t axis;     ///< the dimension that the contraction sums over
};

/// Checks quantised operands with `verifyFormats`; float ones need no check.
llvm::LogicalResult verifyQuantizable(mlir::Operation *op);

} // namespace quantc

#include "quantc/Interfaces/QuantizableOpInterface.h.inc"

#endif // QUANTC_INTERFACES_QUANTIZABLEOPINTERFACE_H
