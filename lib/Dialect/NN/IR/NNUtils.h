//===- NNUtils.h - What ops of several themes share -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_NN_IR_NNUTILS_H
#define QUANTC_LIB_DIALECT_NN_IR_NNUTILS_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/PatternMatch.h"

namespace quantc::nn {

inline llvm::ArrayRef<int64_t> shapeOf(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType()).getShape();
}

/// Whether two sizes can be the same at run time.
inline bool areCompatible(int64_t a, int64_t b) {
  return mlir::ShapedType::isDynamic(a) || mlir::ShapedType::isDynamic(b) ||
         a == b;
}

/// Whether a tensor of \p shape can broadcast to one of \p target.
bool broadcastsTo(llvm::ArrayRef<int64_t> shape,
                  llvm::ArrayRef<int64_t> target);

/// Emits an error unless the result has elements of the first operand's type.
llvm::LogicalResult verifyElementsEqual(mlir::Operation *op);

/// The target of a reshape to \p type; null where its sizes are not known.
mlir::Value makeShape(mlir::PatternRewriter &rewriter, mlir::Location loc,
                      mlir::RankedTensorType type);

} // namespace quantc::nn

#endif // QUANTC_LIB_DIALECT_NN_IR_NNUTILS_H
