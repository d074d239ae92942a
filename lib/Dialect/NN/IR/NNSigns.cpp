//===- NNSigns.cpp - Which results have no sign -----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/TypeUtilities.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

using SignOf = llvm::function_ref<bool(Value)>;

/// Sums, products and magnitudes of integers wrap around as their type does:
/// which do not takes their ranges (IntegerRanges).
static bool mayWrap(Value result) {
  return getElementTypeOrSelf(result).isInteger();
}

bool UnaryOp::isResultNonNegative(SignOf) {
  switch (getKind()) {
  case UnaryKind::Abs:
    return !mayWrap(getResult());
  case UnaryKind::Relu:
  case UnaryKind::Sqrt:
  case UnaryKind::Exp:
  case UnaryKind::Sigmoid:
  case UnaryKind::Softplus:
    return true;
  default:
    return false;
  }
}

bool HardSigmoidOp::isResultNonNegative(SignOf) { return true; }

bool ClipOp::isResultNonNegative(SignOf isNonNegative) {
  if (getMax().convertToDouble() < 0)
    return false;
  return getMin().convertToDouble() >= 0 || isNonNegative(getInput());
}

/// Between integers low bits stay: the highest of them has to be no sign.
bool CastOp::isResultNonNegative(SignOf isNonNegative) {
  auto from = dyn_cast<IntegerType>(getElementTypeOrSelf(getInput())),
       to = dyn_cast<IntegerType>(getElementTypeOrSelf(getResult()));
  if (from && to) {
    bool mayBeLonger = to.getWidth() < from.getWidth() ||
                       (to.getWidth() == from.getWidth() && from.isUnsigned());
    auto clip = getInput().getDefiningOp<ClipOp>();
    if (mayBeLonger &&
        !(clip && clip.getMax().convertToDouble() <=
                      llvm::maxIntN(static_cast<int64_t>(to.getWidth()))))
      return false;
  }
  return isNonNegative(getInput());
}

bool BinaryOp::isResultNonNegative(SignOf isNonNegative) {
  switch (getKind()) {
  case BinaryKind::Max:
    return isNonNegative(getLhs()) || isNonNegative(getRhs());
  case BinaryKind::Mul:
    if (getLhs() == getRhs() && !mayWrap(getResult()))
      return true;
    [[fallthrough]];
  case BinaryKind::Add:
    if (mayWrap(getResult()))
      return false;
    [[fallthrough]];
  case BinaryKind::Min:
  case BinaryKind::RShift: // by less than 0 places it is one to the left
    return isNonNegative(getLhs()) && isNonNegative(getRhs());
  default:
    return false;
  }
}

bool SelectOp::isResultNonNegative(SignOf isNonNegative) {
  return isNonNegative(getOnTrue()) && isNonNegative(getOnFalse());
}

bool PoolOp::isResultNonNegative(SignOf isNonNegative) {
  return (getKind() == PoolKind::Max || !mayWrap(getResult())) &&
         isNonNegative(getInput());
}

bool PadOp::isResultNonNegative(SignOf isNonNegative) {
  bool isNegative = getMode() == PadMode::Constant && getValue().isNegative();
  return !isNegative && isNonNegative(getInput());
}

bool SoftmaxOp::isResultNonNegative(SignOf) { return true; }

bool ReduceOp::isResultNonNegative(SignOf isNonNegative) {
  switch (getKind()) {
  case ReduceKind::SumSq:
  case ReduceKind::L1:
  case ReduceKind::L2:
    return !mayWrap(getResult());
  case ReduceKind::Max:
  case ReduceKind::Min:
    return isNonNegative(getInput());
  case ReduceKind::Sum:
  case ReduceKind::Mean:
  case ReduceKind::Prod:
    return !mayWrap(getResult()) && isNonNegative(getInput());
  }
  llvm_unreachable("all kinds are covered");
}

bool ConcatOp::isResultNonNegative(SignOf isNonNegative) {
  return llvm::all_of(getInputs(), isNonNegative);
}
