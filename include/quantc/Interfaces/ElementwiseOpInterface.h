//===- ElementwiseOpInterface.h - Ops on elements ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_INTERFACES_ELEMENTWISEOPINTERFACE_H
#define QUANTC_INTERFACES_ELEMENTWISEOPINTERFACE_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/OpDefinition.h"

namespace quantc {
class SymbolicShapes;

/// Creates \p op on \p operands, all scalars or all vectors of one shape.
mlir::Operation *cloneElementwise(mlir::OpBuilder &builder, mlir::Operation *op,
                                  mlir::ValueRange operands);

} // namespace quantc

#include "quantc/Interfaces/ElementwiseOpInterface.h.inc"

#endif // QUANTC_INTERFACES_ELEMENTWISEOPINTERFACE_H
