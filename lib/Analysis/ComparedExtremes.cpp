//===- ComparedExtremes.cpp - Extremes that are compared --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/ComparedExtremes.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Dialect/NN/IR/NNOps.h"

using namespace mlir;
using namespace quantc;

/// Whether an op finds maxima or minima of computed values.
static bool isExtreme(Operation &op) {
  if (auto pool = dyn_cast<nn::PoolOp>(op))
    return pool.getKind() == nn::PoolKind::Max;
  auto binary = dyn_cast<nn::BinaryOp>(op);
  return binary &&
         (binary.getKind() == nn::BinaryKind::Max ||
          binary.getKind() == nn::BinaryKind::Min) &&
         llvm::none_of(op.getOperands(), isConstantSlice);
}

llvm::DenseSet<Value> quantc::findComparedValues(Block &block,
                                                 bool withConstants) {
  llvm::DenseSet<Value> compared;
  for (Operation &op : llvm::reverse(block)) {
    bool isCompared = false;
    if (isa<nn::CompareOp>(op))
      isCompared =
          withConstants || llvm::none_of(op.getOperands(), isConstantSlice);
    else if (op.hasTrait<nn::MovesElements>() || isExtreme(op))
      isCompared = compared.contains(op.getResult(0));
    if (isCompared)
      compared.insert_range(op.getOperands());
  }
  return compared;
}

llvm::DenseSet<Operation *> quantc::findComparedExtremes(Block &block) {
  llvm::DenseSet<Value> compared =
      findComparedValues(block, /*withConstants=*/false);
  llvm::DenseSet<Operation *> extremes;
  for (Operation &op : block)
    if (isExtreme(op) && compared.contains(op.getResult(0)))
      extremes.insert(&op);
  return extremes;
}
