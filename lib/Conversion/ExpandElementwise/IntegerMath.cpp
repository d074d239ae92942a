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

#include "Expansions.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
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

Value quantc::expandMulHigh31(OpBuilder &b, Location loc, Value x, Value y) {
  Type narrow = x.getType(), wide = b.getI64Type();
  if (auto vector = dyn_cast<VectorType>(narrow))
    wide = vector.clone(wide);
  auto extend = [&](Value value) -> Value {
    return arith::ExtSIOp::create(b, loc, wide, value);
  };
  Value product = arith::MulIOp::create(b, loc, extend(x), extend(y));
  product = arith::AddIOp::create(b, loc, product,
                                  integerLike(b, loc, wide, int64_t(1) << 30));
  product =
      arith::ShRSIOp::create(b, loc, product, integerLike(b, loc, wide, 31));
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
