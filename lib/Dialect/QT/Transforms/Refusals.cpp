//===- Refusals.cpp - What has no integers ----------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Refusals.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Conversion/IntegerLowering/IntegerLowering.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Support/Locations.h"

using namespace mlir;
using namespace quantc;

/// Whether no element of the result is infinite, whatever the operand's are.
static bool isLimited(Operation *op) {
  if (auto unary = dyn_cast<nn::UnaryOp>(op))
    return llvm::is_contained({nn::UnaryKind::Sigmoid, nn::UnaryKind::Tanh,
                               nn::UnaryKind::Erf, nn::UnaryKind::Sign},
                              unary.getKind());
  if (auto clip = dyn_cast<nn::ClipOp>(op))
    return clip.getMin().isFinite() && clip.getMax().isFinite();
  return isa<nn::SoftmaxOp, nn::LayerNormOp, nn::RMSNormOp>(op);
}

bool Refusals::isOfInfinities(Operation *op) {
  // Sizes are no elements.
  if (isa<nn::ShapeOp>(op) || llvm::none_of(op->getOperands(), [&](Value v) {
        return infinities.contains(v);
      }))
    return false;
  // Conditions, positions and integers are finite. What a recipe quantises is
  // not limited by that.
  if (!isLimited(op))
    for (Value result : op->getResults())
      if (!getElementTypeOrSelf(result).isInteger())
        infinities.insert(result);
  // Where nothing is computed they stay in float as they are.
  return !op->hasTrait<nn::MovesElements>();
}

SmallVector<std::string> Refusals::find(Operation *op, bool isBeforeBorder,
                                        bool mayStayFloat) {
  SmallVector<std::string> reasons = describeConstants(op, isBeforeBorder);
  if (!reasons.empty())
    infinities.insert_range(op->getResults());
  else if (isOfInfinities(op) && mayStayFloat)
    reasons.push_back("is of values that constants before it make infinite, or "
                      "no numbers");
  return reasons;
}

SmallVector<std::string> Refusals::takeUntold(Operation *op,
                                              ArrayRef<std::string> reasons) {
  StringRef node = getValueName(op->getLoc());
  SmallVector<std::string> untold;
  for (const std::string &reason : reasons)
    if (node.empty() || told.insert({node.str(), reason}).second)
      untold.push_back(reason);
  return untold;
}
