//===- ExponentialArguments.h - What exponentials are of --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_ANALYSIS_EXPONENTIALARGUMENTS_H
#define QUANTC_ANALYSIS_EXPONENTIALARGUMENTS_H

#include "mlir/IR/Block.h"
#include "llvm/ADT/DenseSet.h"

namespace quantc {

/// The floats of \p block that exponentials are taken of, and what these are
/// computed of by ops that pass errors on.
llvm::DenseSet<mlir::Value> findExponentialArguments(mlir::Block &block);

} // namespace quantc

#endif // QUANTC_ANALYSIS_EXPONENTIALARGUMENTS_H
