//===- PrepareIntegers.h - Parts of nn-prepare-integers ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_NN_TRANSFORMS_PREPAREINTEGERS_H
#define QUANTC_LIB_DIALECT_NN_TRANSFORMS_PREPAREINTEGERS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace quantc::nn {

/// What is added to a score is no further from 0: the exponential of this
/// leaves nothing, and 30 bits for it have units of 2^-13, which is more exact
/// than weights of eight bits.
constexpr double limitOfScores = 65536;

/// Limits what is added to the scores of attention, so that finite biases keep
/// their bits beside what hides a key.
void limitMasks(mlir::func::FuncOp func);

} // namespace quantc::nn

#endif // QUANTC_LIB_DIALECT_NN_TRANSFORMS_PREPAREINTEGERS_H
