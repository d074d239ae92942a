//===- LoopDecoder.cpp - Elements of values in split form -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LoopDecoder.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/IntegerTypes.h"

using namespace mlir;
using namespace quantc;

using Values = SmallVector<Value>;

/// Wider codes than these are numbers, or computed.
static constexpr unsigned maxTableBits = 16;

/// What every code stands for, in a table.
Value LoopDecoder::lookUp(Value code, unsigned bits,
                          function_ref<double(uint32_t)> decode) {
  SmallVector<float> numbers;
  for (uint32_t i = 0; i < (1u << bits); ++i)
    numbers.push_back(static_cast<float>(decode(i)));
  auto type = RankedTensorType::get(static_cast<int64_t>(numbers.size()),
                                    builder.getF32Type());
  Value table = emitter.getKernel().getConstantBuffer(
      DenseElementsAttr::get(type, ArrayRef(numbers)));
  Value at =
      arith::IndexCastUIOp::create(builder, loc, builder.getIndexType(), code);
  return memref::LoadOp::create(builder, loc, table, at);
}

/// The bits of a code as an integer of as many bits.
Value LoopDecoder::loadCode(ValueRange index) {
  unsigned bits = format.getElement().getBitWidth();
  if (bits >= 8)
    return emitter.load(builder, parts[0], index);
  // Codes lie in bytes without gaps; one may reach into the next byte.
  Value width = emitter.getIndex(int64_t(bits)), eight = emitter.getIndex(8);
  Value bit = arith::MulIOp::create(builder, loc, index.back(), width);
  Value byte = arith::DivUIOp::create(builder, loc, bit, eight);
  Value last = arith::SubIOp::create(
      builder, loc, emitter.getIndex(emitter.getSizes(parts[0]).back()),
      emitter.getIndex(1));
  Value next = arith::MinUIOp::create(
      builder, loc,
      arith::AddIOp::create(builder, loc, byte, emitter.getIndex(1)), last);
  Type i16 = builder.getI16Type();
  auto loadByte = [&](Value at) -> Value {
    Values place(index);
    place.back() = at;
    return arith::ExtUIOp::create(builder, loc, i16,
                                  emitter.load(builder, parts[0], place));
  };
  Value word = arith::OrIOp::create(
      builder, loc, loadByte(byte),
      arith::ShLIOp::create(builder, loc, loadByte(next),
                            arith::ConstantIntOp::create(builder, loc, 8, 16)));
  Value shift = arith::IndexCastOp::create(
      builder, loc, i16, arith::RemUIOp::create(builder, loc, bit, eight));
  return arith::TruncIOp::create(
      builder, loc, builder.getIntegerType(bits),
      arith::ShRUIOp::create(builder, loc, word, shift));
}

Value LoopDecoder::loadStored(Value part, ArrayRef<int64_t> extents,
                              ValueRange index) {
  Values place;
  for (auto [at, extent] : llvm::zip_equal(index, extents)) {
    if (ShapedType::isDynamic(extent))
      place.push_back(emitter.getIndex(int64_t(0)));
    else if (extent == 1)
      place.push_back(at);
    else
      place.push_back(
          arith::DivUIOp::create(builder, loc, at, emitter.getIndex(extent)));
  }
  return emitter.load(builder, part, place);
}

Value LoopDecoder::loadScale(qt::ScaleFormatAttr scale, Value part,
                             ArrayRef<int64_t> extents, ValueRange index) {
  Value stored = loadStored(part, extents, index);
  numerics::ScaleFormat spelled = scale.getFormat();
  Type f32 = builder.getF32Type(), f64 = builder.getF64Type();
  if (isa<FloatType>(stored.getType()))
    return stored.getType() == f32
               ? stored
               : nn::CastOp::create(builder, loc, f32, stored).getResult();
  unsigned bits = stored.getType().getIntOrFloatBitWidth();
  if (bits <= maxTableBits)
    return lookUp(stored, bits,
                  [&](uint32_t code) { return spelled.decode(code); });
  if (spelled.kind == numerics::ScaleFormat::Kind::Signed)
    return arith::SIToFPOp::create(builder, loc, f32, stored);
  if (spelled.kind == numerics::ScaleFormat::Kind::Unsigned)
    return arith::UIToFPOp::create(builder, loc, f32, stored);
  // exp<32>: as the exponent of a double, which is rounded to a float.
  auto constant = [&](int64_t value, unsigned width) -> Value {
    return arith::ConstantIntOp::create(builder, loc, value, width);
  };
  Value exponent = arith::MinSIOp::create(
      builder, loc,
      arith::MaxSIOp::create(builder, loc, stored, constant(-1022, 32)),
      constant(1023, 32));
  exponent = arith::AddIOp::create(builder, loc, exponent, constant(1023, 32));
  Value wide =
      arith::ExtUIOp::create(builder, loc, builder.getI64Type(), exponent);
  wide = arith::ShLIOp::create(builder, loc, wide, constant(52, 64));
  return arith::TruncFOp::create(
      builder, loc, f32, arith::BitcastOp::create(builder, loc, f64, wide));
}

bool LoopDecoder::isInteger() const {
  return format.getElement().getFormat().isInteger() &&
         (!format.getZero() || !format.getZero().getFormat().isFloat());
}

Value LoopDecoder::getInteger(ValueRange index) {
  Value code = loadCode(index);
  Type i64 = builder.getI64Type();
  Value number =
      format.getElement().getFormat().kind ==
              numerics::ElementFormat::Kind::Signed
          ? arith::ExtSIOp::create(builder, loc, i64, code).getResult()
          : arith::ExtUIOp::create(builder, loc, i64, code);
  if (!format.getZero())
    return number;
  Value zero = loadScale(format.getZero(), parts[2], format.getShape(), index);
  return arith::SubIOp::create(
      builder, loc, number, arith::FPToSIOp::create(builder, loc, i64, zero));
}

Value LoopDecoder::getNumber(ValueRange index) {
  Type f64 = builder.getF64Type();
  if (isInteger())
    return arith::SIToFPOp::create(builder, loc, f64, getInteger(index));
  numerics::ElementFormat element = format.getElement().getFormat();
  Value code = loadCode(index), number;
  if (element.kind == numerics::ElementFormat::Kind::Signed)
    number = arith::SIToFPOp::create(builder, loc, f64, code);
  else if (element.kind == numerics::ElementFormat::Kind::Unsigned)
    number = arith::UIToFPOp::create(builder, loc, f64, code);
  else
    number = arith::ExtFOp::create(
        builder, loc, f64, lookUp(code, element.bits, [&](uint32_t bits) {
          return element.decode(bits);
        }));
  if (!format.getZero())
    return number;
  // The difference is exact in a double.
  Value zero = loadScale(format.getZero(), parts[2], format.getShape(), index);
  return arith::SubFOp::create(builder, loc, number,
                               arith::ExtFOp::create(builder, loc, f64, zero));
}

Value LoopDecoder::getMultiplier(ValueRange index) {
  if (!format.getScale().needsOuter())
    return arith::ConstantIntOp::create(builder, loc, 1, 64);
  return arith::FPToSIOp::create(
      builder, loc, builder.getI64Type(),
      loadScale(format.getScale(), parts[1], format.getShape(), index));
}

Value LoopDecoder::getScale(ValueRange index) {
  Value outer;
  if (format.getOuter())
    outer = loadScale(format.getOuter(), parts.back(), format.getOuterShape(),
                      index);
  if (format.getScale().needsOuter())
    return outer;
  Value scale =
      loadScale(format.getScale(), parts[1], format.getShape(), index);
  return outer ? mul(scale, outer) : scale;
}

int64_t LoopDecoder::getScaleExtent() const {
  return format.getScale().needsOuter() ? format.getOuterShape().back()
                                        : format.getShape().back();
}

Value LoopDecoder::multiplyByPower(Value number, Value exponent) {
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIntOp::create(builder, loc, value, 32);
  };
  auto limit = [&](Value e) -> Value {
    return arith::MinSIOp::create(
        builder, loc, arith::MaxSIOp::create(builder, loc, e, constant(-126)),
        constant(127));
  };
  auto power = [&](Value e) -> Value {
    e = arith::AddIOp::create(builder, loc, e, constant(127));
    e = arith::ShLIOp::create(builder, loc, e, constant(23));
    return arith::BitcastOp::create(builder, loc, builder.getF32Type(), e);
  };
  // No float is a power beyond these; of two, 0 stays 0 and only the second
  // rounds.
  Value first = limit(exponent);
  Value second =
      limit(arith::SubIOp::create(builder, loc, exponent, first).getResult());
  return mul(mul(number, power(first)), power(second));
}

Value LoopDecoder::decode(ValueRange index) {
  if (qt::isWideExponent(format)) {
    Value number = arith::TruncFOp::create(builder, loc, builder.getF32Type(),
                                           getNumber(index));
    return multiplyByPower(number,
                           loadStored(parts[1], format.getShape(), index));
  }
  Value scale = getScale(index);
  if (format.getScale().needsOuter())
    scale =
        mul(loadScale(format.getScale(), parts[1], format.getShape(), index),
            scale);
  Value number = arith::TruncFOp::create(builder, loc, builder.getF32Type(),
                                         getNumber(index));
  return mul(number, scale);
}
