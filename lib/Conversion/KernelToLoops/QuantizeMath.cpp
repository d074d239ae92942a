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
#include "mlir/Dialect/Math/IR/Math.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

Value quantc::getMagnitudes(OpBuilder &builder, Location loc, Value x) {
  auto ints = VectorType::get(lanes, builder.getI32Type());
  if (x.getType() == ints)
    return math::AbsIOp::create(builder, loc, x);
  Value bits = arith::BitcastOp::create(builder, loc, ints, x);
  Value mask = splatConstant(builder, loc, builder.getI32Type(), 0x7fffffff);
  return arith::AndIOp::create(builder, loc, bits, mask);
}

Value quantc::findLargest(OpBuilder &builder, Location loc, Value buffer,
                          Value first, Value count, Value known) {
  if (!known)
    known = splatConstant(builder, loc, builder.getI32Type(), 0);
  SmallVector<Value> largest = forEachVector(
      builder, loc, count, known,
      [&](OpBuilder &inner, const VectorStep &step, ValueRange carried) {
        Value at = arith::AddIOp::create(inner, loc, first, step.position);
        Value bits = getMagnitudes(
            inner, loc, loadVector(inner, loc, buffer, at, step.valid));
        return SmallVector<Value>{
            arith::MaxUIOp::create(inner, loc, carried[0], bits)};
      });
  return largest[0];
}

std::pair<Value, Value> quantc::makeScalesOf(OpBuilder &builder, Location loc,
                                             double highest, Value amaxBits) {
  auto type = cast<VectorType>(amaxBits.getType()).clone(builder.getF32Type());
  auto number = [&](double value) -> Value {
    return arith::ConstantOp::create(
        builder, loc, DenseElementsAttr::get(type, static_cast<float>(value)));
  };
  Value amax = arith::BitcastOp::create(builder, loc, type, amaxBits);
  Value zero = number(0), high = number(highest);
  auto isLess = [&](double bound) -> Value {
    return arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLT, amax,
                                 number(bound));
  };
  Value isTiny = isLess(0x1p-100), isFinite = isLess(INFINITY);
  Value scale = arith::DivFOp::create(builder, loc, amax, high);
  Value inverse = arith::DivFOp::create(builder, loc, high, amax);
  auto select = [&](Value condition, Value a, Value b) -> Value {
    return arith::SelectOp::create(builder, loc, condition, a, b);
  };
  scale = select(isFinite, scale, number(NAN));
  scale = select(isTiny, zero, scale);
  inverse = select(isFinite, inverse, zero);
  inverse = select(isTiny, zero, inverse);
  return {scale, inverse};
}

std::pair<Value, Value> quantc::makeScales(OpBuilder &builder, Location loc,
                                           qt::EncodingAttr encoding,
                                           Value magnitudes) {
  Value bits = reduceToFour(builder, loc, magnitudes,
                            [&](OpBuilder &inner, Value a, Value b) -> Value {
                              return arith::MaxUIOp::create(inner, loc, a, b);
                            });
  auto [scale, inverse] = makeScalesOf(builder, loc, encoding.getHigh(), bits);
  auto first = [&](Value vector) -> Value {
    return vector::ExtractOp::create(builder, loc, vector, int64_t(0));
  };
  return {first(scale), splat(builder, loc, first(inverse))};
}

int64_t quantc::getCodeBias(qt::QuantizeOp op) {
  return op.getLayoutAttr() ? op.getLayoutAttr().getBias() : 0;
}

Value quantc::encodeWords(OpBuilder &builder, Location loc,
                          qt::EncodingAttr encoding, Value x, Value inverse) {
  auto type = cast<VectorType>(x.getType());
  int64_t width = type.getNumElements();
  Value scaled = arith::MulFOp::create(builder, loc, x, inverse);
  // The largest magnitude becomes the highest code, and nothing is above it.
  if (encoding.getLow() != -encoding.getHigh() && encoding.getLow() != 0) {
    auto clampTo = [&](arith::CmpFPredicate predicate, int64_t bound) {
      Value limit =
          splatConstant(builder, loc, type.getElementType(), bound, width);
      Value isWithin =
          arith::CmpFOp::create(builder, loc, predicate, scaled, limit);
      scaled = arith::SelectOp::create(builder, loc, isWithin, scaled, limit);
    };
    // What is no number passes.
    clampTo(arith::CmpFPredicate::UGT, encoding.getLow());
    clampTo(arith::CmpFPredicate::ULT, encoding.getHigh());
  }
  // To nearest even. Of NaN x86 makes -2^31 and AArch64 0: the low half is 0.
  std::string count = std::to_string(width);
  Value words = LLVM::CallIntrinsicOp::create(
                    builder, loc, type.clone(builder.getI32Type()),
                    builder.getStringAttr("llvm.lrint.v" + count + "i32.v" +
                                          count + "f32"),
                    scaled)
                    .getResult(0);
  if (encoding.getLow() != 0)
    return words;
  return arith::MaxSIOp::create(
      builder, loc, words,
      splatConstant(builder, loc, builder.getI32Type(), 0, width));
}

Value quantc::encode(OpBuilder &builder, Location loc,
                     qt::EncodingAttr encoding, Value x, Value inverse) {
  return arith::TruncIOp::create(
      builder, loc, VectorType::get(lanes, builder.getI8Type()),
      encodeWords(builder, loc, encoding, x, inverse));
}

Value quantc::encode(OpBuilder &builder, Location loc, qt::QuantizeOp op,
                     Value x, Value inverse) {
  Value bytes = encode(builder, loc, op.getEncoding(), x, inverse);
  if (getCodeBias(op) == 0)
    return bytes;
  Value bias = splatConstant(builder, loc, builder.getI8Type(), -128);
  return arith::XOrIOp::create(builder, loc, bytes, bias);
}
