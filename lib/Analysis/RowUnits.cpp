//===- RowUnits.cpp - Rows whose elements differ in unit --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/RowUnits.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Interpreter/Interpreter.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

bool quantc::hasRows(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getElementType().isF32() && type.getRank() > 0 &&
         type.getShape().back() != 1;
}

bool quantc::areScalesFarApart(Value constant) {
  constexpr double far = 256;
  if (!hasRows(constant) || !isConstantSlice(constant))
    return false;
  FailureOr<HostValue> value = interpretConstant(constant);
  if (failed(value))
    return false;
  int64_t length = value->getShape().back();
  double least = 0, most = 0;
  for (int64_t i = 0, e = value->getNumElements(); i < e; ++i) {
    if (i % length == 0)
      least = most = 0;
    double magnitude = std::abs(value->getNumber(i));
    if (magnitude == 0 || !std::isfinite(magnitude))
      continue;
    least = least == 0 ? magnitude : std::min(least, magnitude);
    most = std::max(most, magnitude);
    if (most > far * least)
      return true;
  }
  return false;
}

double quantc::getLargestMagnitude(Value constant) {
  FailureOr<HostValue> value = interpretConstant(constant);
  if (failed(value))
    return 0;
  double most = 0;
  for (int64_t i = 0, e = value->getNumElements(); i < e; ++i)
    if (double magnitude = std::abs(value->getNumber(i));
        std::isfinite(magnitude))
      most = std::max(most, magnitude);
  return most;
}

bool quantc::isOneColumn(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getRank() > 0 && type.getShape().back() == 1;
}

bool quantc::reducesColumns(Operation &op) {
  if (auto sum = dyn_cast<nn::CumSumOp>(op))
    return static_cast<int64_t>(sum.getAxis()) + 1 != sum.getType().getRank();
  auto reduce = dyn_cast<nn::ReduceOp>(op);
  return reduce && reduce.getKind() != nn::ReduceKind::Prod &&
         !llvm::is_contained(reduce.getAxes(),
                             reduce.getInput().getType().getRank() - 1);
}

bool quantc::joinsRows(Operation &op) {
  auto concat = dyn_cast<nn::ConcatOp>(op);
  return concat && hasRows(concat.getResult()) &&
         static_cast<int64_t>(concat.getAxis()) + 1 ==
             concat.getType().getRank();
}

bool quantc::partsColumns(Operation &op) {
  if (op.getNumResults() != 1 || !op.hasTrait<nn::MovesElements>() ||
      !hasRows(op.getOperand(0)))
    return false;
  if (auto transpose = dyn_cast<nn::TransposeOp>(op))
    return transpose.turnsRows();
  if (!isa<nn::SliceOp, nn::GatherOp>(op))
    return false;
  auto from = cast<RankedTensorType>(op.getOperand(0).getType()),
       to = cast<RankedTensorType>(op.getResult(0).getType());
  return to.getRank() == 0 || to.getShape().back() != from.getShape().back();
}

bool quantc::choosesExponents(Operation &op) {
  if (isa<nn::ConcatOp>(op))
    return joinsRows(op);
  return !op.hasTrait<nn::MovesElements>() &&
         !isa<nn::CastOp, nn::CumSumOp>(op);
}
