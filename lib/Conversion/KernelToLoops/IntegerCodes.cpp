//===- IntegerCodes.cpp - Encodes integers with exponents -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IntegerCodes.h"
#include "QuantizeMath.h"
#include "quantc/Numerics/Fixed/Primitives.h"
#include "quantc/Numerics/Fixed/Rows.h"

using namespace mlir;
using namespace quantc;

Value quantc::reduceLargest(OpBuilder &b, Location loc, Value words) {
  return reduceLanes(b, loc, words,
                     [&](OpBuilder &inner, Value x, Value y) -> Value {
                       return arith::MaxSIOp::create(inner, loc, x, y);
                     });
}

RowShift quantc::getRowShift(OpBuilder &b, Location loc, Value magnitudes) {
  Words w(b, loc, /*isVector=*/false);
  Value largest = reduceLargest(b, loc, magnitudes);
  return {
      w.sub(w.bitLength(largest), w.number(7 + numerics::fixed::blockDepth)),
      w.isZero(largest)};
}

std::pair<Value, Value> quantc::getBlockShift(OpBuilder &b, Location loc,
                                              const RowShift &row,
                                              Value magnitudes) {
  Words w(b, loc, /*isVector=*/false);
  Value length = w.bitLength(reduceLargest(b, loc, magnitudes));
  Value shift = w.max(w.sub(length, w.number(7)), row.lowest);
  Value stored = w.select(row.isZero, w.number(0), w.sub(shift, row.lowest));
  return {shift, w.truncate(stored, 8)};
}

Value quantc::getStoredExponent(OpBuilder &b, Location loc, Value isZero,
                                Value exponent) {
  Words w(b, loc, /*isVector=*/false);
  exponent =
      w.select(isZero, w.number(numerics::fixed::zeroExponent), exponent);
  exponent = w.min(w.max(exponent, w.number(-128)), w.number(127));
  return w.truncate(exponent, 8);
}

Value quantc::encodeShifted(OpBuilder &b, Location loc, qt::QuantizeOp op,
                            Value x, Value shifts) {
  Words v(b, loc, /*isVector=*/true);
  // Far enough to the left that what is left to do is to the right.
  constexpr int64_t margin = 7 + numerics::fixed::blockDepth + 1;
  Value q =
      v.right(v.left(x, v.number(margin)), v.add(shifts, v.number(margin - 1)));
  return finishCodes(b, loc, op, v.right(v.add(q, v.number(1)), v.number(1)));
}

Value quantc::finishCodes(OpBuilder &b, Location loc, qt::QuantizeOp op,
                          Value q) {
  Words v(b, loc, /*isVector=*/true);
  q = v.truncate(v.min(v.max(q, v.number(-127)), v.number(127)), 8);
  if (getCodeBias(op) == 0)
    return q;
  return arith::XOrIOp::create(b, loc, q,
                               splatConstant(b, loc, b.getI8Type(), -128));
}
