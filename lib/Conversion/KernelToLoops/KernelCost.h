//===- KernelCost.h - What a kernel does and moves --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_KERNELTOLOOPS_KERNELCOST_H
#define QUANTC_LIB_CONVERSION_KERNELTOLOOPS_KERNELCOST_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "quantc/Analysis/SymbolicShapes.h"

namespace quantc {

/// What profiles divide by time, in terms of the kernel's symbols.
struct KernelCost {
  /// Multiplications and additions of contractions and attention; what else
  /// kernels do is bound by memory and not counted.
  mlir::AffineExpr operations;
  /// Of operands and results, each touched once; of a table that is only
  /// gathered from, what is taken out of it.
  mlir::AffineExpr bytes;
  /// What the operations are on: "s8 x s4"; empty where there are none.
  std::string arithmetic;
};

KernelCost getKernelCost(mlir::func::FuncOp kernel, SymbolicShapes &shapes);

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_KERNELTOLOOPS_KERNELCOST_H
