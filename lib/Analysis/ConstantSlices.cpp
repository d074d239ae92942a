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

llvm::SetVector<Operation *> quantc::getConstantSlice(Value value) {
  assert(isConstantSlice(value) && "not computed from constants");
  llvm::SetVector<Operation *> slice;
  // Operands first. The chain on a weight may be longer than a stack is deep.
  SmallVector<std::pair<Operation *, unsigned>> path{
      {value.getDefiningOp(), 0}};
  while (!path.empty()) {
    auto &[op, next] = path.back();
    if (next == op->getNumOperands()) {
      slice.insert(op);
      path.pop_back();
      continue;
    }
    Operation *operand = op->getOperand(next++).getDefiningOp();
    if (!slice.contains(operand))
      path.push_back({operand, 0});
  }
  return slice;
}
