//===- IndexEmitter.h - Index arithmetic of a kernel ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_KERNELTOLOOPS_INDEXEMITTER_H
#define QUANTC_LIB_CONVERSION_KERNELTOLOOPS_INDEXEMITTER_H

#include "quantc/Conversion/KernelToLoops/KernelBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace quantc {

/// What the emitters of kernels have in common.
class IndexEmitter {
protected:
  explicit IndexEmitter(KernelBuilder &kernel)
      : kernel(kernel), shapes(kernel.getShapes()), loc(kernel.getLoc()) {}

  mlir::Value index(int64_t value) { return kernel.getIndex(value); }
  mlir::Value add(mlir::OpBuilder &b, mlir::Value x, mlir::Value y) {
    return mlir::arith::AddIOp::create(b, loc, x, y);
  }
  mlir::Value mul(mlir::OpBuilder &b, mlir::Value x, mlir::Value y) {
    return mlir::arith::MulIOp::create(b, loc, x, y);
  }

  using RangeBody =
      llvm::function_ref<void(mlir::OpBuilder &, mlir::Value position)>;
  void forRange(mlir::OpBuilder &b, mlir::Value from, mlir::Value to,
                int64_t step, RangeBody body) {
    auto loop = mlir::scf::ForOp::create(b, loc, from, to, index(step));
    mlir::OpBuilder inner = mlir::OpBuilder::atBlockBegin(loop.getBody());
    body(inner, loop.getInductionVar());
  }

  KernelBuilder &kernel;
  SymbolicShapes &shapes;
  mlir::Location loc;
};

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_KERNELTOLOOPS_INDEXEMITTER_H
