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

/// What an operand is to the op that takes it quantised. Of an embedding table
/// rows are looked up; the others are contracted.
enum class OperandRole { Weight, Activation, Attention, Embedding };

/// What kind of contraction an op is, where recipes tell them apart.
enum class ContractionKind { Product, Convolution, Depthwise };

/// An operand that can be quantised.
struct ContractionOperand {
  unsigned index;   ///< among the op's operands
  OperandRole role; ///< what recipes ask for
  int64_t axis;     ///< the dimension that the contraction sums over
  ContractionKind kind = ContractionKind::Product;
  int64_t depth = 0; ///< of a convolution: channels of a group
};

/// Whether the op, with its types, has operands that can be quantised.
bool isQuantizable(mlir::Operation *op);

/// Whether the op contracts: looking up is none.
bool isContraction(mlir::Operation *op);

/// Checks quantised operands with `verifyFormats`; float ones need no check.
llvm::LogicalResult verifyQuantizable(mlir::Operation *op);

} // namespace quantc

#include "quantc/Interfaces/QuantizableOpInterface.h.inc"

namespace quantc {

/// Whether the op has weights, and no other operand than these is quantised
/// among element types \p formats, one for each of its contraction operands.
bool hasOnlyWeights(QuantizableOpInterface op, mlir::TypeRange formats);

} // namespace quantc

#endif // QUANTC_INTERFACES_QUANTIZABLEOPINTERFACE_H
