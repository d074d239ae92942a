//===- Reductions.h - The arithmetic of nn.reduce ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_KERNELTOLOOPS_REDUCTIONS_H
#define QUANTC_LIB_CONVERSION_KERNELTOLOOPS_REDUCTIONS_H

#include "quantc/Dialect/NN/IR/NNOps.h"

namespace quantc {

/// Emits the steps of one kind of reduction on scalars or vectors.
class Reduction {
public:
  Reduction(nn::ReduceOp op)
      : kind(op.getKind()), element(op.getInput().getType().getElementType()),
        loc(op.getLoc()) {}

  /// What the sum begins with, as a value of \p type.
  mlir::Value getNeutral(mlir::OpBuilder &builder, mlir::Type type);
  /// What is summed of an element: its square, its magnitude, or itself.
  mlir::Value map(mlir::OpBuilder &builder, mlir::Value x);
  mlir::Value combine(mlir::OpBuilder &builder, mlir::Value a, mlir::Value b);
  /// The result of the sum of \p count (an index) elements.
  mlir::Value finish(mlir::OpBuilder &builder, mlir::Value sum,
                     mlir::Value count);

private:
  nn::ReduceKind kind;
  mlir::Type element;
  mlir::Location loc;
};

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_KERNELTOLOOPS_REDUCTIONS_H
