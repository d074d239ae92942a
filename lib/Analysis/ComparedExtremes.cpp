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

llvm::DenseSet<Operation *> quantc::findComparedExtremes(Block &block) {
  llvm::DenseSet<Operation *> extremes;
  llvm::DenseSet<Value> compared;
  for (Operation &op : llvm::reverse(block)) {
    auto binary = dyn_cast<nn::BinaryOp>(op);
    bool isExtreme = binary && (binary.getKind() == nn::BinaryKind::Max ||
                                binary.getKind() == nn::BinaryKind::Min);
    auto pool = dyn_cast<nn::PoolOp>(op);
    isExtreme |= pool && pool.getKind() == nn::PoolKind::Max;
    bool isMovement = op.hasTrait<nn::MovesElements>();
    if (!isMovement && !isExtreme && !isa<nn::CompareOp>(op))
      continue;
    if (!isa<nn::CompareOp>(op) && !compared.contains(op.getResult(0)))
      continue;
    if (!isMovement && llvm::any_of(op.getOperands(), isConstantSlice))
      continue;
    compared.insert_range(op.getOperands());
    if (isExtreme)
      extremes.insert(&op);
  }
  return extremes;
}
