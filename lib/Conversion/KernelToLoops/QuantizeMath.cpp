//===- QuantizeMath.cpp - Scales and codes of vectors -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "QuantizeMath.h"
#include "VectorLoops.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

Value quantc::getMagnitudes(OpBuilder &builder, Location loc, Value x) {
  auto ints = VectorType::get(lanes, builder.getI32Type());
  Value bits = arith::BitcastOp::create(builder, loc, ints, x);
  Value mask = splatConstant(builder, loc, builder.getI32Type(), 0x7fffffff);
  return arith::AndIOp::create(builder, loc, bits, mask);
}

std::pair<Value, Value> quantc::makeScales(OpBuilder &builder, Location loc,
                                           qt::EncodingAttr encoding,
                                           Value magnitudes) {
  Type f32 = builder.getF32Type();
  auto number = [&](double value) -> Value {
    return arith::ConstantOp::create(builder, loc,
                                     builder.getFloatAttr(f32, value));
  };
  Value bits = reduceLanes(builder, loc, magnitudes,
                           [&](OpBuilder &inner, Value a, Value b) -> Value {
                             return arith::MaxUIOp::create(inner, loc, a, b);
                           });
  Value amax = arith::BitcastOp::create(builder, loc, f32, bits);
  Value highest = number(encoding.getHigh());
  Value zero = number(0);
  auto isLess = [&](double bound) -> Value {
    return arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLT, amax,
                                 number(bound));
  };
  Value isTiny = isLess(0x1p-100), isFinite = isLess(INFINITY);
  Value scale = arith::DivFOp::create(builder, loc, amax, highest);
  Value inverse = arith::DivFOp::create(builder, loc, highest, amax);
  auto select = [&](Value condition, Value a, Value b) -> Value {
    return arith::SelectOp::create(builder, loc, condition, a, b);
  };
  scale = select(isFinite, scale, number(NAN));
  scale = select(isTiny, zero, scale);
  inverse = select(isFinite, inverse, zero);
  inverse = select(isTiny, zero, inverse);
  return {scale, splat(builder, loc, inverse)};
}

int64_t quantc::getCodeBias(qt::QuantizeOp op) {
  return op.getLayoutAttr() ? op.getLayoutAttr().getBias() : 0;
}

Value quantc::encode(OpBuilder &builder, Location loc, qt::QuantizeOp op,
                     Value x, Value inverse) {
  Type f32 = builder.getF32Type();
  Value scaled = arith::MulFOp::create(builder, loc, x, inverse);
  auto ints = VectorType::get(lanes, builder.getI32Type());
  // To nearest even; what an i32 cannot hold, NaN among it, has another result
  // on other targets, so such are handled before.
  qt::EncodingAttr encoding = op.getEncoding();
  Value low = splatConstant(builder, loc, f32, encoding.getLow());
  Value high = splatConstant(builder, loc, f32, encoding.getHigh());
  Value isAbove = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OGT,
                                        scaled, low);
  scaled = arith::SelectOp::create(builder, loc, isAbove, scaled, low);
  Value isBelow = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLT,
                                        scaled, high);
  scaled = arith::SelectOp::create(builder, loc, isBelow, scaled, high);
  Value rounded = LLVM::CallIntrinsicOp::create(
                      builder, loc, ints,
                      builder.getStringAttr("llvm.lrint.v16i32.v16f32"), scaled)
                      .getResult(0);
  Value bytes = arith::TruncIOp::create(
      builder, loc, VectorType::get(lanes, builder.getI8Type()), rounded);
  if (getCodeBias(op) == 0)
    return bytes;
  Value bias = splatConstant(builder, loc, builder.getI8Type(), -128);
  return arith::XOrIOp::create(builder, loc, bytes, bias);
}
