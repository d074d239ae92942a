//===- PackedWeights.h - Contraction weights in panels -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_QT_IR_PACKEDWEIGHTS_H
#define QUANTC_LIB_DIALECT_QT_IR_PACKEDWEIGHTS_H

#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Interpreter/HostValue.h"
#include "quantc/Numerics/Packing.h"

namespace quantc {
namespace qt {

/// Whether the layout's form is made for weights of this format. Of a depthwise
/// convolution only forms of single channels are asked.
llvm::LogicalResult
verifyLayoutFormat(llvm::function_ref<mlir::InFlightDiagnostic()> emitError,
                   LayoutAttr layout, mlir::Type format, bool isDepthwise);

/// Whether a buffer of this type can hold weights of a shape in the layout.
llvm::LogicalResult
verifyPackedBytes(llvm::function_ref<mlir::InFlightDiagnostic()> emitError,
                  mlir::RankedTensorType type, LayoutAttr layout,
                  llvm::ArrayRef<int64_t> shape, int64_t groups);

/// The parts that a packed buffer holds, of a value of shape [n, k].
llvm::FailureOr<llvm::SmallVector<HostValue>>
unpackParts(mlir::Operation *op, const HostValue &packed, LayoutAttr layout,
            mlir::Type format, llvm::ArrayRef<int64_t> shape,
            int64_t groups = 1);

} // namespace qt
} // namespace quantc

#endif // QUANTC_LIB_DIALECT_QT_IR_PACKEDWEIGHTS_H
