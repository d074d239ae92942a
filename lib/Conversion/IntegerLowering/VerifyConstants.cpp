//===- VerifyConstants.cpp - Constants that no integer is -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Integers stand for numbers. That a constant is none does not depend on
// whether its op comes before the inputs are quantised or behind; whether it
// may be infinite or 0 does, since floats have quotients by 0 and sums with
// infinities.
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Conversion/IntegerLowering/IntegerLowering.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Interfaces/QuantizableOpInterface.h"
#include "quantc/Interpreter/Interpreter.h"
#include "quantc/Support/Locations.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace quantc;

/// Whether integers take an infinity for the largest float there. Of 0 and an
/// infinity there is neither a product nor a quotient.
static bool mayBeInfinite(Operation *op, bool isBeforeBorder) {
  if (isa<nn::LayerNormOp, nn::RMSNormOp>(op))
    return false;
  auto binary = dyn_cast<nn::BinaryOp>(op);
  if (!binary)
    return true;
  bool isScaled = binary.getKind() == nn::BinaryKind::Mul ||
                  binary.getKind() == nn::BinaryKind::Div;
  return isBeforeBorder && !isScaled;
}

/// Where a constant divisor is 0.
static std::optional<std::string> describeZero(const HostValue &divisor) {
  for (int64_t i = 0, e = divisor.getNumElements(); i < e; ++i)
    if (divisor.getNumber(i) == 0)
      return "is 0" + describePosition(divisor, i);
  return std::nullopt;
}

/// An operand of \p op, a constant, by its names: equal numbers are one
/// constant.
static std::string describeConstant(Operation *op, Value operand) {
  SmallVector<StringRef> names = getValueNames(operand.getLoc());
  // What a node makes of several parameters has no other name than the node.
  if (names.empty() || names[0] == getValueName(op->getLoc()))
    return "constant that its parameters make ";
  return "constant '" + llvm::join(names, "' or '") + "' ";
}

/// What is wrong with operand \p index, a constant.
static std::optional<std::string> describeOperand(Operation *op, unsigned index,
                                                  bool isBeforeBorder) {
  Value value = op->getOperand(index);
  FailureOr<HostValue> constant = interpretConstant(value);
  if (failed(constant))
    return "has a constant that cannot be evaluated";
  std::string what = describeConstant(op, value);
  if (auto problem = describeNotFinite(*constant, /*mayBeInfinite=*/true))
    return what + *problem + "; supported: numbers";
  if (!mayBeInfinite(op, isBeforeBorder))
    if (auto problem = describeNotFinite(*constant))
      return what + *problem + "; supported: finite numbers";
  auto binary = dyn_cast<nn::BinaryOp>(op);
  bool isDivisor = binary && index == 1 &&
                   llvm::is_contained({nn::BinaryKind::Div, nn::BinaryKind::Mod,
                                       nn::BinaryKind::Fmod},
                                      binary.getKind());
  if (isDivisor && !isBeforeBorder)
    if (auto problem = describeZero(*constant))
      return what + *problem + "; supported: divisors other than 0";
  return std::nullopt;
}

SmallVector<std::string> quantc::describeConstants(Operation *op,
                                                   bool isBeforeBorder) {
  SmallVector<std::string> problems;
  // Weights are looked at elsewhere.
  llvm::SmallDenseSet<unsigned> weights;
  if (auto quantizable = dyn_cast<QuantizableOpInterface>(op))
    for (const ContractionOperand &operand :
         quantizable.getContractionOperands())
      weights.insert(operand.index);
  for (auto [index, value] : llvm::enumerate(op->getOperands())) {
    if (weights.contains(index) || !getElementTypeOrSelf(value).isF32() ||
        !isConstantSlice(value))
      continue;
    if (auto problem = describeOperand(op, index, isBeforeBorder))
      problems.push_back(std::move(*problem));
  }
  if (auto clip = dyn_cast<nn::ClipOp>(op))
    for (auto [name, limit] :
         {std::pair("min", clip.getMin()), std::pair("max", clip.getMax())})
      if (limit.isNaN())
        problems.push_back("limit '" + std::string(name) +
                           "' is NaN; supported: numbers");
  return problems;
}
