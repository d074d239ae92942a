//===- SmallElements.cpp - Whose small elements count -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/SmallElements.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Analysis/InputArithmetic.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/LimitAttr.h"

using namespace mlir;
using namespace quantc;

/// Users and definitions that are looked at, one behind the other.
static constexpr unsigned deepest = 8;

static bool show(Value value, unsigned left);

static bool isOfInputs(Value value, bool isReduced, unsigned left) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return true;
  bool passes =
      isa<nn::ReshapeOp, nn::TransposeOp, nn::ExpandOp, nn::SliceOp>(op) ||
      (isReduced && isa<nn::ReduceOp>(op));
  Value source = passes ? op->getOperand(0) : getScaledOperand(op);
  return source && left > 0 && isOfInputs(source, isReduced, left - 1);
}

/// Whether \p use is a side of a difference of inputs, of what is found in them
/// along axes, or what that is found in.
static bool isInDifference(OpOperand &use, unsigned left) {
  Operation *op = use.getOwner();
  if (auto binary = dyn_cast<nn::BinaryOp>(op)) {
    Value other = op->getOperand(1 - use.getOperandNumber());
    return binary.getKind() == nn::BinaryKind::Sub && !isConstantSlice(other) &&
           isOfInputs(use.get(), /*isReduced=*/true, deepest) &&
           isOfInputs(other, /*isReduced=*/true, deepest);
  }
  return isa<nn::ReduceOp, nn::ReshapeOp, nn::ExpandOp>(op) && left > 0 &&
         llvm::any_of(op->getResult(0).getUses(), [&](OpOperand &next) {
           return isInDifference(next, left - 1);
         });
}

static bool showsOperand(OpOperand &use, unsigned left) {
  Operation *op = use.getOwner();
  if (op->getNumResults() != 1 ||
      !getElementTypeOrSelf(op->getResult(0).getType()).isF32())
    return false;
  bool passes = isa<nn::SelectOp, nn::ClipOp, nn::ReshapeOp, nn::TransposeOp,
                    nn::ExpandOp, nn::SliceOp>(op);
  if (auto unary = dyn_cast<nn::UnaryOp>(op))
    switch (unary.getKind()) {
    case nn::UnaryKind::Log:
    case nn::UnaryKind::Sqrt:
    case nn::UnaryKind::Rsqrt:
    case nn::UnaryKind::Reciprocal:
      return true;
    case nn::UnaryKind::Relu:
    case nn::UnaryKind::Neg:
    case nn::UnaryKind::Abs:
      passes = true;
      break;
    default:
      return false;
    }
  if (auto binary = dyn_cast<nn::BinaryOp>(op))
    switch (binary.getKind()) {
    case nn::BinaryKind::Add:
    case nn::BinaryKind::Sub:
    case nn::BinaryKind::Max:
    case nn::BinaryKind::Min:
      passes = true;
      break;
    default:
      // A factor with an exponent of its own.
      return op->hasAttr(qt::elementExponentsAttrName);
    }
  return passes && left > 0 && show(op->getResult(0), left - 1);
}

static bool show(Value value, unsigned left) {
  return llvm::any_of(value.getUses(), [&](OpOperand &use) {
    return showsOperand(use, left) || isInDifference(use, left);
  });
}

bool quantc::isOfInputs(Value value) {
  return ::isOfInputs(value, /*isReduced=*/false, deepest);
}

bool quantc::showsSmallElements(Value value) { return show(value, deepest); }
