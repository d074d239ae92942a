//===- Refusals.cpp - What has no integers ----------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Refusals.h"
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
  return isa<nn::ClipOp>(op);
}

/// Rows of integers have no bits beside an infinity: what computes on single
/// elements, and may take it away again, does so in float.
bool Refusals::isOfInfinities(Operation *op) {
  if (llvm::none_of(op->getOperands(), [&](Value operand) {
        return infinities.contains(operand);
      }))
    return false;
  bool isElementwise =
      isa<nn::BinaryOp, nn::UnaryOp, nn::SelectOp, nn::CompareOp, nn::ClipOp>(
          op);
  if (!isLimited(op) && (isElementwise || op->hasTrait<nn::MovesElements>()))
    infinities.insert_range(op->getResults());
  return isElementwise;
}

SmallVector<std::string> Refusals::find(Operation *op, bool isBeforeBorder) {
  SmallVector<std::string> reasons = describeConstants(op, isBeforeBorder);
  if (!reasons.empty())
    infinities.insert_range(op->getResults());
  else if (isPartial && isOfInfinities(op))
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
