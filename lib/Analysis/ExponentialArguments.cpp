//===- ExponentialArguments.cpp - What exponentials are of ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/ExponentialArguments.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Dialect/NN/IR/NNOps.h"

using namespace mlir;
using namespace quantc;

static bool isExponential(Operation &op) {
  auto unary = dyn_cast<nn::UnaryOp>(op);
  return unary && (unary.getKind() == nn::UnaryKind::Exp ||
                   unary.getKind() == nn::UnaryKind::Expm1);
}

/// Whether what operands are off by is found in the result again.
static bool passesErrors(Operation &op) {
  if (op.hasTrait<nn::MovesElements>() ||
      isa<nn::ClipOp, nn::SelectOp, nn::ConcatOp>(op))
    return true;
  if (auto unary = dyn_cast<nn::UnaryOp>(op))
    switch (unary.getKind()) {
    case nn::UnaryKind::Neg:
    case nn::UnaryKind::Abs:
    case nn::UnaryKind::Relu:
    case nn::UnaryKind::Sqrt:
    case nn::UnaryKind::Rsqrt:
    case nn::UnaryKind::Reciprocal:
    case nn::UnaryKind::Log:
    case nn::UnaryKind::Log1p:
      return true;
    default:
      return false;
    }
  if (auto reduce = dyn_cast<nn::ReduceOp>(op))
    return reduce.getKind() == nn::ReduceKind::Sum ||
           reduce.getKind() == nn::ReduceKind::Mean ||
           reduce.getKind() == nn::ReduceKind::Max ||
           reduce.getKind() == nn::ReduceKind::Min;
  auto binary = dyn_cast<nn::BinaryOp>(op);
  if (!binary)
    return false;
  switch (binary.getKind()) {
  case nn::BinaryKind::Add:
  case nn::BinaryKind::Sub:
  case nn::BinaryKind::Mul:
  case nn::BinaryKind::Div:
  case nn::BinaryKind::Max:
  case nn::BinaryKind::Min:
    return true;
  case nn::BinaryKind::Pow:
    return isConstantSlice(binary.getRhs());
  default:
    return false;
  }
}

llvm::DenseSet<Value> quantc::findExponentialArguments(Block &block) {
  llvm::DenseSet<Value> arguments;
  for (Operation &op : llvm::reverse(block)) {
    bool isPassed = op.getNumResults() == 1 &&
                    arguments.contains(op.getResult(0)) && passesErrors(op);
    if (!isPassed && !isExponential(op))
      continue;
    for (Value operand : op.getOperands())
      if (getElementTypeOrSelf(operand.getType()).isF32())
        arguments.insert(operand);
  }
  return arguments;
}
