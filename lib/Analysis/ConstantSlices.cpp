//===- ConstantSlices.cpp - What depends on constants alone -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/ConstantSlices.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace quantc;

bool quantc::isConstantSlice(Value value) {
  SmallVector<Value> worklist{value};
  llvm::SmallPtrSet<Operation *, 8> seen;
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val().getDefiningOp();
    if (!op)
      return false;
    if (!seen.insert(op).second)
      continue;
    if (op->getNumRegions() != 0 || !isMemoryEffectFree(op))
      return false;
    if (op->getNumOperands() == 0 && !op->hasTrait<OpTrait::ConstantLike>())
      return false;
    llvm::append_range(worklist, op->getOperands());
  }
  return true;
}

llvm::DenseSet<Value> quantc::getVaryingValues(Block &block) {
  llvm::DenseSet<Value> varying;
  varying.insert_range(block.getArguments());
  for (Operation &op : block) {
    bool isSource =
        op.getNumOperands() == 0 && !op.hasTrait<OpTrait::ConstantLike>();
    if (isSource || op.getNumRegions() != 0 || !isMemoryEffectFree(&op) ||
        llvm::any_of(op.getOperands(),
                     [&](Value value) { return varying.contains(value); }))
      varying.insert_range(op.getResults());
  }
  return varying;
}

/// Operands first: recursion depth is that of the chain on one weight.
static void collect(Operation *op, llvm::SetVector<Operation *> &slice) {
  if (slice.contains(op))
    return;
  for (Value operand : op->getOperands())
    collect(operand.getDefiningOp(), slice);
  slice.insert(op);
}

llvm::SetVector<Operation *> quantc::getConstantSlice(Value value) {
  assert(isConstantSlice(value) && "not computed from constants");
  llvm::SetVector<Operation *> slice;
  collect(value.getDefiningOp(), slice);
  return slice;
}
