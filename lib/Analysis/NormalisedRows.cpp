//===- NormalisedRows.cpp - Integers by their largest magnitude -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/NormalisedRows.h"
#include "LinearBounds.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Numerics/Fixed/Primitives.h"

using namespace mlir;
using namespace quantc;

static nn::UnaryOp getUnary(Value value, nn::UnaryKind kind) {
  auto op = value.getDefiningOp<nn::UnaryOp>();
  return op && op.getKind() == kind ? op : nn::UnaryOp();
}

/// What is limited to +-\p limit, or with one more below, and then cast.
static Value getLimited(Value value, int64_t low, int64_t high) {
  auto cast = value.getDefiningOp<nn::CastOp>();
  auto clip = cast ? cast.getInput().getDefiningOp<nn::ClipOp>() : nn::ClipOp();
  return clip && clip.getMin().convertToDouble() == static_cast<double>(low) &&
                 clip.getMax().convertToDouble() == static_cast<double>(high)
             ? clip.getInput()
             : Value();
}

/// The places p of max(e + p, least exponent) - e.
static Value getPlacesOfLength(Value places) {
  auto difference = getBinary(places, nn::BinaryKind::Sub);
  auto exponent = difference
                      ? getBinary(difference.getLhs(), nn::BinaryKind::Max)
                      : nn::BinaryOp();
  auto sum = exponent && matchIntegerSplat(exponent.getRhs()) ==
                             numerics::fixed::leastExponent
                 ? getBinary(exponent.getLhs(), nn::BinaryKind::Add)
                 : nn::BinaryOp();
  return sum && sum.getLhs() == difference.getRhs() ? sum.getRhs() : Value();
}

std::optional<NormalisedRows> quantc::matchNormalisedMantissas(Value mantissas,
                                                               int64_t bits) {
  int64_t limit = (int64_t(1) << (bits - 1)) - 1;
  Value limited = getLimited(mantissas, -limit, limit);
  auto shift =
      limited ? getBinary(limited, nn::BinaryKind::RShift) : nn::BinaryOp();
  if (!shift)
    return std::nullopt;
  Value byLength = getPlacesOfLength(shift.getRhs());
  auto places =
      getBinary(byLength ? byLength : shift.getRhs(), nn::BinaryKind::Add);
  auto length = places && matchIntegerSplat(places.getRhs()) == 1 - bits
                    ? getBinary(places.getLhs(), nn::BinaryKind::Sub)
                    : nn::BinaryOp();
  auto zeros = length && matchIntegerSplat(length.getLhs()) == 32
                   ? getUnary(length.getRhs(), nn::UnaryKind::Clz)
                   : nn::UnaryOp();
  if (!zeros)
    return std::nullopt;
  return NormalisedRows{shift.getLhs(),   shift.getRhs(), Value(),
                        zeros.getInput(), bits,           byLength != nullptr};
}

std::optional<NormalisedRows> quantc::matchNormalisedRows(Value mantissas,
                                                          Value exponents) {
  auto rows = matchNormalisedMantissas(mantissas);
  Value stored = getLimited(exponents, INT8_MIN, INT8_MAX);
  auto select = stored ? stored.getDefiningOp<nn::SelectOp>() : nn::SelectOp();
  auto isZero = select && matchIntegerSplat(select.getOnTrue()) ==
                              numerics::fixed::zeroExponent
                    ? select.getCondition().getDefiningOp<nn::CompareOp>()
                    : nn::CompareOp();
  if (!rows || !isZero || isZero.getPredicate() != nn::Predicate::Eq ||
      isZero.getLhs() != rows->largest ||
      matchIntegerSplat(isZero.getRhs()) != 0)
    return std::nullopt;
  rows->isZero = isZero.getResult();
  return rows;
}

bool quantc::isLargestOfRow(Value largest, Value wide) {
  auto reduce = largest.getDefiningOp<nn::ReduceOp>();
  if (!reduce || reduce.getKind() != nn::ReduceKind::Max ||
      reduce.getAxes() !=
          ArrayRef<int64_t>{reduce.getInput().getType().getRank() - 1})
    return false;
  auto magnitude = getUnary(reduce.getInput(), nn::UnaryKind::Abs);
  return magnitude && magnitude.getInput() == wide;
}

bool quantc::isLargestOfImage(Value largest, Value wide) {
  auto keep = largest.getDefiningOp<nn::ReshapeOp>();
  auto reduce =
      keep ? keep.getInput().getDefiningOp<nn::ReduceOp>() : nn::ReduceOp();
  if (!reduce || reduce.getKind() != nn::ReduceKind::Max ||
      reduce.getAxes() != ArrayRef<int64_t>{1} ||
      reduce.getInput().getType().getRank() != 2)
    return false;
  auto magnitude = getUnary(reduce.getInput(), nn::UnaryKind::Abs);
  auto row = magnitude ? magnitude.getInput().getDefiningOp<nn::ReshapeOp>()
                       : nn::ReshapeOp();
  return row && row.getInput() == wide;
}
