//===- RowDeviations.cpp - Differences from a mean, normalised --*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Of rows that are normalised, ((C x - S) << left) r is x (C r) less a number
// of the row, and so is what rounds: one product of 16 bits and one sum where
// there were three operations before it. C is 2^t times an odd number; as
//
//   (2^t a + b) >> n = (a + (b >> t)) >> (n - t)   for t <= n,
//
// only that remains of it.
//
//===----------------------------------------------------------------------===//

#include "IntegerCodes.h"
#include "RowEmitter.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"
#include "quantc/Analysis/IntegerRanges.h"

using namespace mlir;
using namespace quantc;

static nn::BinaryOp getBinary(Value value, nn::BinaryKind kind) {
  auto binary = value.getDefiningOp<nn::BinaryOp>();
  return binary && binary.getKind() == kind ? binary : nn::BinaryOp();
}

std::optional<RowEmitter::Deviations> RowEmitter::matchDeviations(Value value) {
  auto scaled = getBinary(value, nn::BinaryKind::MulHigh31);
  auto shifted = scaled ? getBinary(scaled.getLhs(), nn::BinaryKind::RShift)
                        : nn::BinaryOp();
  if (!shifted || !shifted->hasAttr(roomyShiftAttrName) ||
      !shifted->hasOneUse() || !target.has("avx512f") || width % lanes != 0)
    return std::nullopt;
  Deviations found{.sum = Value(),
                   .places = shifted.getRhs(),
                   .reciprocal = scaled.getRhs(),
                   .shifted = shifted};
  Value multiple = shifted.getLhs();
  if (auto difference = getBinary(multiple, nn::BinaryKind::Sub)) {
    found.sum = difference.getRhs();
    multiple = difference.getLhs();
  }
  auto product = getBinary(multiple, nn::BinaryKind::Mul);
  APInt count;
  if (!product || !matchPattern(product.getRhs(), m_ConstantInt(&count)) ||
      !count.isStrictlyPositive())
    return std::nullopt;
  found.x = product.getLhs();
  found.count = count.getSExtValue();
  for (Value number : {found.places, found.reciprocal})
    if (!hasNumber(number))
      return std::nullopt;
  if (found.sum && !hasNumber(found.sum))
    return std::nullopt;
  // What is derived of the places is that of one product.
  if (deviationsOfPlaces.try_emplace(found.places, value).first->second !=
      value)
    return std::nullopt;
  return found;
}

/// A product of them, which nothing else has.
std::optional<RowEmitter::Deviations> RowEmitter::matchScaled(Operation *op) {
  auto scaled = dyn_cast<nn::BinaryOp>(op);
  if (!scaled || scaled.getKind() != nn::BinaryKind::MulHigh31 ||
      !scaled.getLhs().hasOneUse())
    return std::nullopt;
  return matchDeviations(scaled.getLhs());
}

Value RowEmitter::evaluateDeviations(OpBuilder &b, const Deviations &rows,
                                     const VectorStep &step, Cache &cache) {
  auto twos = static_cast<int64_t>(
      llvm::countr_zero(static_cast<uint64_t>(rows.count)));
  auto wide = [&](OpBuilder &at, Value like, int64_t number) -> Value {
    Type type = at.getI64Type();
    if (auto vector = dyn_cast<VectorType>(like.getType()))
      type = vector.clone(type);
    TypedAttr attribute = at.getI64IntegerAttr(number);
    if (auto vector = dyn_cast<VectorType>(type))
      attribute = DenseElementsAttr::get(vector, Attribute(attribute));
    return arith::ConstantOp::create(at, loc, attribute);
  };
  // To the left by no more than 30 places.
  auto getLeft = [&](OpBuilder &at, Value places) -> Value {
    Words w = Words::of(at, loc, places);
    Value left = w.max(w.sub(w.number(0), places), w.number(0));
    return arith::ExtUIOp::create(at, loc, wide(at, places, 0).getType(), left);
  };
  auto numbersOf = [&](OpBuilder &at, Value value) {
    return together == 1 ? getNumberOfRow(value) : getNumbers(at, value);
  };
  Value addend = deriveNumberOfRow(
      b, rows.places, 7, [&](OpBuilder &at, Value places) -> Value {
        Value sum = arith::ShRUIOp::create(
            at, loc, wide(at, places, int64_t(1) << 30), getLeft(at, places));
        if (rows.sum) {
          auto extend = [&](Value value) -> Value {
            return arith::ExtSIOp::create(at, loc, sum.getType(),
                                          numbersOf(at, value));
          };
          Value product = arith::MulIOp::create(at, loc, extend(rows.sum),
                                                extend(rows.reciprocal));
          sum = arith::SubIOp::create(at, loc, sum, product);
        }
        return arith::ShRSIOp::create(at, loc, sum, wide(at, places, twos));
      });
  // A row without variance, of which nothing is left, may have fewer.
  Value by = deriveNumberOfRow(
      b, rows.places, 8, [&](OpBuilder &at, Value places) -> Value {
        Value rest = arith::SubIOp::create(at, loc, wide(at, places, 31 - twos),
                                           getLeft(at, places));
        return arith::MaxSIOp::create(at, loc, rest, wide(at, places, 0));
      });
  Value x = evaluate(b, rows.x, step, cache);
  Words v = Words::of(b, loc, x);
  if (int64_t odd = rows.count >> twos; odd != 1)
    x = v.mul(x, v.number(odd));
  Value reciprocal = splat(b, loc, getNumberOfRow(rows.reciprocal), step.width);
  return qt::MulShiftOp::create(b, loc, x, reciprocal, addend, by);
}

Value RowEmitter::evaluateScaled(OpBuilder &b, nn::BinaryOp op,
                                 const Deviations &rows, const VectorStep &step,
                                 Cache &cache) {
  // To the right, and rounded before the product, are those far below epsilon.
  Words scalar(b, loc, /*isVector=*/false);
  Value isRight =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sgt,
                            getNumberOfRow(rows.places), scalar.number(0));
  Value scale = evaluate(b, op.getRhs(), step, cache);
  evaluate(b, rows.x, step, cache);
  auto finish = [&](OpBuilder &at, Value x) {
    Value y = nn::BinaryOp::create(at, loc, x.getType(),
                                   nn::BinaryKind::MulHigh31, x, scale);
    scf::YieldOp::create(at, loc, y);
  };
  auto branch = scf::IfOp::create(
      b, loc, isRight,
      [&](OpBuilder &rare, Location) {
        Cache own(cache);
        Value shifted = evaluate(rare, rows.shifted, step, own);
        Value reciprocal =
            splat(rare, loc, getNumberOfRow(rows.reciprocal), step.width);
        finish(rare, nn::BinaryOp::create(rare, loc, shifted.getType(),
                                          nn::BinaryKind::MulHigh31, shifted,
                                          reciprocal));
      },
      [&](OpBuilder &usual, Location) {
        Cache own(cache);
        finish(usual, evaluateDeviations(usual, rows, step, own));
      });
  return branch.getResult(0);
}
