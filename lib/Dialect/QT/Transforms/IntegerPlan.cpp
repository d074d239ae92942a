//===- IntegerPlan.cpp - Which integers show what floats do -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IntegerPlan.h"
#include "quantc/Analysis/ComparedExtremes.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Analysis/ExponentialArguments.h"
#include "quantc/Analysis/LogarithmOperands.h"
#include "quantc/Conversion/IntegerLowering/IntegerLowering.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/IntegerTypes.h"
#include "quantc/Dialect/QT/IR/LimitAttr.h"
#include "quantc/Dialect/QT/IR/QTAttrNames.h"

using namespace mlir;
using namespace quantc;

IntegerPlan::IntegerPlan(Block &block, qt::IntegerMethod method,
                         const JointValues &values)
    : method(method), values(values), smallElements(block),
      comparedExtremes(findComparedExtremes(block)),
      logarithmOperands(findLogarithmOperands(block)),
      arguments(findExponentialArguments(block)),
      inputs(block, method == qt::IntegerMethod::Fixed ? InputScope::Scaled
                                                       : InputScope::Moved),
      units(block, inputs), outputs(block, units, inputs) {}

bool IntegerPlan::isShownAtBorder(Value value) const {
  Value source = values.getSource(value);
  return isFloat(source) && !isConstantSlice(source) &&
         smallElements.areShown(source);
}

Type IntegerPlan::getAvailable(Value value, Operation *reader) const {
  Value source = values.getSource(value);
  if (!isFloat(source) || isConstantSlice(source))
    return source.getType();
  // An input is quantised in rows, or in what its user needs; a mask, which is
  // what has been limited, and what has been scaled with the bits of results.
  auto type = cast<RankedTensorType>(source.getType());
  // A scalar is no row.
  if (type.getRank() == 0)
    return type;
  Operation *op = source.getDefiningOp();
  bool isMask = op && (isa<nn::ClipOp>(op) ||
                       (inputs.isInput(source) && getScaledOperand(op)));
  SmallVector<int64_t> blocks = qt::getExampleBlocks(type.getRank());
  bool isOfElements = reader && isReadInUnits(value, reader);
  if (isOfElements)
    blocks.assign(type.getRank(), 1);
  bool isWide = isMask || isOfElements || isShownAtBorder(source) ||
                arguments.contains(value);
  return type.clone(qt::getIntegerFormat(
      type.getContext(), blocks, isWide ? qt::summandBits : qt::rowBits));
}

void IntegerPlan::markForm(IntegerLoweringInterface integer) const {
  Operation *op = integer;
  auto mark = [&](StringRef name) {
    op->setAttr(name, UnitAttr::get(op->getContext()));
  };
  if (method != qt::IntegerMethod::Fixed && integer.hasPublishedForms())
    op->setAttr(methodAttrName,
                qt::IntegerMethodAttr::get(op->getContext(), method));
  auto reduce = dyn_cast<nn::ReduceOp>(op);
  bool isArgument = arguments.contains(op->getResult(0));
  if (reduce &&
      (isShownAtBorder(reduce.getInput()) || computesInUnits(op) ||
       isArgument) &&
      (reduce.getKind() == nn::ReduceKind::Mean ||
       reduce.getKind() == nn::ReduceKind::Sum))
    mark(qt::allBitsAttrName);
  if (isa<nn::ConcatOp>(op) && smallElements.areShown(op->getResult(0)))
    mark(qt::allBitsAttrName);
  auto binary = dyn_cast<nn::BinaryOp>(op);
  if (binary && isArgument &&
      llvm::is_contained(
          {nn::BinaryKind::Mul, nn::BinaryKind::Div, nn::BinaryKind::Pow},
          binary.getKind()))
    mark(qt::allBitsAttrName);
  bool isCompared = comparedExtremes.contains(op);
  if (isCompared && isa<nn::PoolOp>(op))
    mark(qt::allBitsAttrName);
  else if (isCompared || smallElements.keepExponents(op) || computesInUnits(op))
    mark(qt::elementExponentsAttrName);
}

void IntegerPlan::clearForm(Operation *op) {
  for (StringRef name :
       {methodAttrName, qt::elementExponentsAttrName, qt::allBitsAttrName})
    op->removeAttr(name);
}

bool IntegerPlan::isInParts(Operation *op) const {
  return isa<nn::MatmulOp, nn::ConvOp>(op) &&
         isConstantSlice(op->getOperand(1)) &&
         logarithmOperands.contains(op->getResult(0)) &&
         smallElements.mayBeFarApart(getFloats(op->getOperand(0)));
}
