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

/// Whether the results of \p op are constants if its operands are.
static bool keepsConstants(Operation *op) {
  return op->getNumRegions() == 0 && isMemoryEffectFree(op) &&
         (op->getNumOperands() != 0 || op->hasTrait<OpTrait::ConstantLike>());
}

bool ConstantSlices::contains(Value value) {
  // From each op on the path to the operand that comes next. The chain on a
  // weight may be longer than a stack is deep.
  SmallVector<std::pair<Operation *, unsigned>> path;
  // False where an op, or none, makes what the path leads to no constant.
  auto enter = [&](Operation *op) {
    auto it = known.find(op);
    if (it != known.end())
      return it->second;
    bool isKept = op && keepsConstants(op);
    if (isKept)
      path.push_back({op, 0});
    else if (op)
      known[op] = false;
    return isKept;
  };
  if (!enter(value.getDefiningOp()))
    return false;
  while (!path.empty()) {
    auto [op, next] = path.back();
    if (next == op->getNumOperands()) {
      known[op] = true;
      path.pop_back();
      continue;
    }
    ++path.back().second;
    if (enter(op->getOperand(next).getDefiningOp()))
      continue;
    for (auto [user, operand] : path)
      known[user] = false;
    return false;
  }
  return true;
}

bool quantc::isConstantSlice(Value value) {
  return ConstantSlices().contains(value);
}

llvm::DenseSet<Value> quantc::getVaryingValues(Block &block) {
  llvm::DenseSet<Value> varying;
  varying.insert_range(block.getArguments());
  for (Operation &op : block) {
    if (!keepsConstants(&op) ||
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
