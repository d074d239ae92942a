//===- IntegerMath.cpp - Steps of integer-only networks ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The definitions are those of Numerics/Fixed, bit for bit.
//
//===----------------------------------------------------------------------===//

#include "IntegerMath.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace quantc;

using P = arith::CmpIPredicate;

Value quantc::integerLike(OpBuilder &builder, Location loc, Type type,
                          int64_t value) {
  Type element = getElementTypeOrSelf(type);
  TypedAttr number = builder.getIntegerAttr(element, value);
  if (auto vector = dyn_cast<VectorType>(type))
    return arith::ConstantOp::create(
        builder, loc, DenseElementsAttr::get(vector, Attribute(number)));
  return arith::ConstantOp::create(builder, loc, number);
}

Value quantc::expandRoundedShift(OpBuilder &b, Location loc, Value x,
                                 Value places) {
  unsigned bits = getElementTypeOrSelf(x.getType()).getIntOrFloatBitWidth();
  auto number = [&](int64_t value) {
    return integerLike(b, loc, x.getType(), value);
  };
  auto clamp = [&](Value value, int64_t low) -> Value {
    return arith::MinSIOp::create(
        b, loc, arith::MaxSIOp::create(b, loc, value, number(low)),
        number(bits - 1));
  };
  Value zero = number(0), one = number(1);
  // Half a unit may not fit beside the number: take the bit below the cut.
  Value right = clamp(places, 1);
  Value below = arith::ShRSIOp::create(
      b, loc, x, arith::SubIOp::create(b, loc, right, one));
  Value rounded =
      arith::AddIOp::create(b, loc, arith::ShRSIOp::create(b, loc, x, right),
                            arith::AndIOp::create(b, loc, below, one));
  Value left = arith::ShLIOp::create(
      b, loc, x, clamp(arith::SubIOp::create(b, loc, zero, places), 0));
  Value isRight = arith::CmpIOp::create(b, loc, P::sgt, places, zero);
  Value shifted = arith::SelectOp::create(b, loc, isRight, rounded, left);
  // Nothing is left of what is shifted by the width of the type.
  Value magnitude = arith::MaxSIOp::create(
      b, loc, places, arith::SubIOp::create(b, loc, zero, places));
  Value inside = arith::CmpIOp::create(b, loc, P::ult, magnitude, number(bits));
  return arith::SelectOp::create(b, loc, inside, shifted, zero);
}

/// Products of the even lanes and of the odd lanes, as x86 and AArch64 have
/// them, then the middle bits of both side by side again.
static Value multiplyLanes(OpBuilder &b, Location loc, Value x, Value y) {
  auto type = cast<VectorType>(x.getType());
  int64_t lanes = type.getNumElements();
  auto wide = VectorType::get(lanes / 2, b.getI64Type());
  IntegerMath m(b, loc, wide);
  Value word = m.number(32), products[2];
  for (bool odd : {false, true}) {
    Value factors[] = {vector::BitCastOp::create(b, loc, wide, x),
                       vector::BitCastOp::create(b, loc, wide, y)};
    for (Value &factor : factors)
      factor = m.right(odd ? factor : m.left(factor, word), word);
    products[odd] =
        m.add(m.mul(factors[0], factors[1]), m.number(int64_t(1) << 30));
  }
  Value even = m.rightUnsigned(products[0], m.number(31)),
        odd = m.left(products[1], m.number(1));
  SmallVector<int64_t> blend;
  for (int64_t lane = 0; lane < lanes; ++lane)
    blend.push_back(lane % 2 ? lanes + lane : lane);
  return vector::ShuffleOp::create(
      b, loc, vector::BitCastOp::create(b, loc, type, even),
      vector::BitCastOp::create(b, loc, type, odd), blend);
}

Value quantc::expandMulHigh31(OpBuilder &b, Location loc, Value x, Value y) {
  auto type = dyn_cast<VectorType>(x.getType());
  if (type && type.getNumElements() % 4 == 0)
    return multiplyLanes(b, loc, x, y);
  Type narrow = x.getType(), wide = b.getI64Type();
  if (type)
    wide = type.clone(wide);
  auto extend = [&](Value value) -> Value {
    return arith::ExtSIOp::create(b, loc, wide, value);
  };
  IntegerMath m(b, loc, wide);
  Value product = m.rightRounded(m.mul(extend(x), extend(y)), 31);
  return arith::TruncIOp::create(b, loc, narrow, product);
}

Value quantc::expandIntegerSqrt(OpBuilder &b, Location loc, Value x) {
  auto number = [&](int64_t value) {
    return integerLike(b, loc, x.getType(), value);
  };
  // One bit of the root per step, from the highest that x < 2^62 can have.
  Value root = number(0), rest = x, one = number(1);
  for (int64_t bit = int64_t(1) << 60; bit != 0; bit >>= 2) {
    Value trial = arith::AddIOp::create(b, loc, root, number(bit));
    Value fits = arith::CmpIOp::create(b, loc, P::sge, rest, trial);
    root = arith::ShRUIOp::create(b, loc, root, one);
    rest = arith::SelectOp::create(
        b, loc, fits, arith::SubIOp::create(b, loc, rest, trial), rest);
    root = arith::SelectOp::create(
        b, loc, fits, arith::AddIOp::create(b, loc, root, number(bit)), root);
  }
  Value inside =
      arith::CmpIOp::create(b, loc, P::ult, x, number(int64_t(1) << 62));
  return arith::SelectOp::create(b, loc, inside, root, number(0));
}

Value quantc::expandReciprocal61(OpBuilder &b, Location loc, Value x) {
  auto number = [&](int64_t value) {
    return integerLike(b, loc, x.getType(), value);
  };
  Value safe = arith::MaxSIOp::create(b, loc, x, number(1));
  Value quotient =
      arith::DivUIOp::create(b, loc, number(int64_t(1) << 61), safe);
  quotient = arith::MinSIOp::create(b, loc, quotient, number(INT32_MAX));
  Value inside = arith::CmpIOp::create(b, loc, P::sgt, x, number(0));
  return arith::SelectOp::create(b, loc, inside, quotient, number(0));
}
