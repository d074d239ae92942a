//===- QTTypes.h - Types of the qt dialect -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QT_IR_QTTYPES_H
#define QUANTC_DIALECT_QT_IR_QTTYPES_H

#include "quantc/Dialect/QT/IR/QTAttrs.h"
#include "quantc/Interfaces/QuantizedElementTypeInterface.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"

#define GET_TYPEDEF_CLASSES
#include "quantc/Dialect/QT/IR/QTTypes.h.inc"

namespace quantc {
namespace qt {

/// The format of a tensor in joint form, or null.
BlockType getBlockFormat(mlir::Type type);

/// Whether `types` are the parts of a value of `format` and `shape`, as far as
/// the sizes are known. `what` names the value in errors ("lhs").
llvm::LogicalResult
verifyParts(llvm::function_ref<mlir::InFlightDiagnostic()> emitError,
            llvm::StringRef what, mlir::TypeRange types, BlockType format,
            llvm::ArrayRef<int64_t> shape);

/// The shape of the value whose parts have these types. The last dimension of
/// packed codes is kDynamic unless `lastSize` states it.
llvm::SmallVector<int64_t>
getValueShape(mlir::TypeRange parts, BlockType format,
              int64_t lastSize = mlir::ShapedType::kDynamic);

} // namespace qt
} // namespace quantc

#endif // QUANTC_DIALECT_QT_IR_QTTYPES_H
