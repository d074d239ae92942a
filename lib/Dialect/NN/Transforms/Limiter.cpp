//===- Limiter.cpp - Values of limited constants ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Limiter.h"
#include "mlir/IR/IRMapping.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Interpreter/Interpreter.h"

#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

bool nn::isWhole(Value value, unsigned depth) {
  constexpr unsigned deepest = 8;
  if (depth == deepest)
    return false;
  if (isConstantSlice(value)) {
    FailureOr<HostValue> constant = interpretConstant(value);
    if (failed(constant))
      return false;
    for (int64_t i = 0, e = constant->getNumElements(); i < e; ++i)
      if (constant->getNumber(i) != std::floor(constant->getNumber(i)))
        return false;
    return true;
  }
  Operation *op = value.getDefiningOp();
  if (auto cast = dyn_cast_or_null<CastOp>(op))
    return typeOf(cast.getInput()).getElementType().isInteger();
  auto isNextWhole = [&](Value next) { return isWhole(next, depth + 1); };
  if (auto binary = dyn_cast_or_null<BinaryOp>(op)) {
    BinaryKind kind = binary.getKind();
    return (kind == BinaryKind::Add || kind == BinaryKind::Sub ||
            kind == BinaryKind::Mul) &&
           llvm::all_of(binary->getOperands(), isNextWhole);
  }
  return isa_and_nonnull<ReshapeOp, TransposeOp, ExpandOp, SliceOp, GatherOp>(
             op) &&
         isNextWhole(op->getOperand(0));
}

Value Limiter::limitConstant(Value value, Part part) {
  FailureOr<HostValue> constant = interpretConstant(value);
  if (failed(constant))
    return value;
  auto limit = static_cast<float>(part.getLimit());
  SmallVector<float> limited;
  bool isChanged = false;
  for (int64_t i = 0, e = constant->getNumElements(); i < e; ++i) {
    auto number = static_cast<float>(constant->getNumber(i));
    // A NaN is left to whoever refuses it.
    bool isLow = part.low && number < -limit,
         isHigh = part.high && number > limit;
    limited.push_back(isLow ? -limit : isHigh ? limit : number);
    isChanged |= isLow || isHigh;
  }
  if (!isChanged)
    return value;
  OpBuilder builder(value.getContext());
  builder.setInsertionPointAfterValue(value);
  auto type = typeOf(value).clone(constant->getShape());
  return arith::ConstantOp::create(
      builder, value.getLoc(),
      DenseElementsAttr::get(type, ArrayRef<float>(limited)));
}

Value Limiter::limitConstantFactor(BinaryOp op, Part part) {
  for (unsigned factor : {0, 1})
    if (isConstantSlice(op->getOperand(factor)) &&
        isWhole(op->getOperand(1 - factor)))
      return rebuild(op, factor, part);
  return op;
}

Value Limiter::rebuild(Operation *op, ArrayRef<unsigned> which, Part part) {
  auto binary = dyn_cast<BinaryOp>(op);
  ++part.depth;
  IRMapping mapping;
  for (unsigned index : which) {
    Part own = part;
    // What is taken off is limited from the other side.
    if (index == 1 && binary && binary.getKind() == BinaryKind::Sub)
      std::swap(own.low, own.high);
    Value operand = op->getOperand(index), limited = limit(operand, own);
    if (limited != operand)
      mapping.map(operand, limited);
  }
  if (mapping.getValueMap().empty())
    return op->getResult(0);
  OpBuilder builder(op->getContext());
  builder.setInsertionPointAfter(op);
  return builder.clone(*op, mapping)->getResult(0);
}

SmallVector<unsigned> Limiter::getMoved(Operation *op) {
  if (op->hasTrait<MovesElements>())
    return {0};
  return {};
}

Value Limiter::compute(Value value, Part part) {
  if (isConstantSlice(value))
    return limitConstant(value, part);
  Operation *op = value.getDefiningOp();
  if (!op)
    return limitInput(value);
  if (auto binary = dyn_cast<BinaryOp>(op))
    switch (binary.getKind()) {
    case BinaryKind::Add:
    case BinaryKind::Sub: {
      part.isSummand = true;
      SmallVector<unsigned> summands;
      for (unsigned index : {0, 1})
        if (!isOffset(op->getOperand(index)))
          summands.push_back(index);
      return rebuild(op, summands, part);
    }
    case BinaryKind::Min:
    case BinaryKind::Max:
      return rebuild(op, {0, 1}, part);
    case BinaryKind::Mul:
      return limitProduct(binary, part);
    default:
      return value;
    }
  if (isa<SelectOp>(op))
    return rebuild(op, {1, 2}, part);
  SmallVector<unsigned> moved = getMoved(op);
  return moved.empty() ? value : rebuild(op, moved, part);
}

Value Limiter::limit(Value value, Part part) {
  if (part.depth == deepest || !isReal(value))
    return value;
  std::pair<Value, unsigned> key{
      value, 8 * part.places + 4 * unsigned(part.low) +
                 2 * unsigned(part.high) + unsigned(part.isSummand)};
  if (Value limited = known.lookup(key))
    return limited;
  // The map may grow while operands are limited.
  Value limited = compute(value, part);
  // What lies too deep here may not elsewhere.
  if (limited != value || !deepest)
    known[key] = limited;
  return limited;
}
