//===- CastMath.cpp - Conversions between element types ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Expansions.h"
#include "VectorMath.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/TypeUtilities.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

namespace {
/// Emits conversions of scalars or vectors of one shape.
class CastMath {
public:
  CastMath(OpBuilder &builder, Location loc, Type shape)
      : b(builder), loc(loc), shape(shape) {}

  Type with(Type element) {
    if (auto vector = dyn_cast<VectorType>(shape))
      return vector.clone(element);
    return element;
  }
  Type integers(unsigned bits) { return with(b.getIntegerType(bits)); }

  Value whole(int64_t value) {
    return constant(b.getI32IntegerAttr(static_cast<int32_t>(value)));
  }
  Value real(double value) {
    return constant(b.getF32FloatAttr(static_cast<float>(value)));
  }
  Value andWith(Value x, int64_t mask) {
    return arith::AndIOp::create(b, loc, x, whole(mask));
  }
  Value orOf(Value x, Value y) { return arith::OrIOp::create(b, loc, x, y); }
  Value add(Value x, int64_t y) {
    return arith::AddIOp::create(b, loc, x, whole(y));
  }
  Value add(Value x, Value y) { return arith::AddIOp::create(b, loc, x, y); }
  Value left(Value x, int64_t by) {
    return arith::ShLIOp::create(b, loc, x, whole(by));
  }
  Value right(Value x, int64_t by) {
    return arith::ShRUIOp::create(b, loc, x, whole(by));
  }
  Value select(Value c, Value x, Value y) {
    return arith::SelectOp::create(b, loc, c, x, y);
  }
  /// Of integers without a sign.
  Value isLess(Value x, int64_t y) {
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, x,
                                 whole(y));
  }
  Value bits(Value x) {
    return arith::BitcastOp::create(b, loc, integers(32), x);
  }
  Value fromBits(Value x) {
    return arith::BitcastOp::create(b, loc, with(b.getF32Type()), x);
  }

  Value decodeHalf(Value x);
  Value encodeHalf(Value x);
  Value decodeBrain(Value x);
  Value encodeBrain(Value x);
  Value narrowDouble(Value x, bool toOdd);
  Value toInteger(Value x, Type element);

private:
  Value constant(TypedAttr element) {
    Type type = with(element.getType());
    if (auto vector = dyn_cast<VectorType>(type))
      return arith::ConstantOp::create(
          b, loc, DenseElementsAttr::get(vector, Attribute(element)));
    return arith::ConstantOp::create(b, loc, element);
  }

  OpBuilder &b;
  Location loc;
  Type shape;
};
} // namespace

/// f32 from the bits of an f16, as an i16.
Value CastMath::decodeHalf(Value x) {
  Value raw = arith::ExtUIOp::create(b, loc, integers(32), x);
  Value magnitude = left(andWith(raw, 0x7fff), 13);
  Value exponent = andWith(magnitude, 0x0f800000);
  Value normal = add(magnitude, int64_t(112) << 23);
  // Infinity and NaN have the highest exponent in either type.
  Value special = add(normal, int64_t(112) << 23);
  // A denormal becomes a normal number by taking away a leading one.
  Value denormal = bits(arith::SubFOp::create(
      b, loc, fromBits(add(magnitude, int64_t(113) << 23)), real(0x1p-14)));
  Value isSpecial = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                          exponent, whole(0x0f800000));
  Value result = select(isSpecial, special, normal);
  result = select(isLess(exponent, 1), denormal, result);
  return fromBits(orOf(result, left(andWith(raw, 0x8000), 16)));
}

/// The bits of an f16, rounded to nearest even.
Value CastMath::encodeHalf(Value x) {
  Value raw = bits(x);
  Value a = andWith(raw, 0x7fffffff);
  Value isNaN = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ugt, a,
                                      whole(0x7f800000));
  Value special = select(isNaN, whole(0x7e00), whole(0x7c00));
  // Adding one half leaves multiples of 2^-24 in the low bits.
  Value denormal = add(
      bits(arith::AddFOp::create(b, loc, fromBits(a), real(0.5))), -0x3f000000);
  Value odd = andWith(right(a, 13), 1);
  Value normal = right(add(add(a, odd), 0xfff - (int64_t(112) << 23)), 13);
  Value result = select(isLess(a, 0x38800000), denormal, normal);
  result = select(isLess(a, 0x47800000), result, special);
  result = orOf(result, right(andWith(raw, int64_t(0x80000000)), 16));
  return arith::TruncIOp::create(b, loc, integers(16), result);
}

Value CastMath::decodeBrain(Value x) {
  return fromBits(left(arith::ExtUIOp::create(b, loc, integers(32), x), 16));
}

Value CastMath::encodeBrain(Value x) {
  Value raw = bits(x);
  Value rounded = right(add(add(raw, 0x7fff), andWith(right(raw, 16), 1)), 16);
  Value quiet = arith::OrIOp::create(b, loc, right(raw, 16), whole(0x40));
  Value isNaN =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ugt,
                            andWith(raw, 0x7fffffff), whole(0x7f800000));
  return arith::TruncIOp::create(b, loc, integers(16),
                                 select(isNaN, quiet, rounded));
}

/// f32 of a double. `toOdd` keeps that something was cut off in the last bit,
/// so that a second rounding, to 16 bits, is the only one.
Value CastMath::narrowDouble(Value x, bool toOdd) {
  Value near = arith::TruncFOp::create(b, loc, with(b.getF32Type()), x);
  if (!toOdd)
    return near;
  Value back = math::AbsFOp::create(
      b, loc, arith::ExtFOp::create(b, loc, x.getType(), near));
  Value a = math::AbsFOp::create(b, loc, x);
  auto flag = [&](arith::CmpFPredicate predicate) -> Value {
    return arith::ExtUIOp::create(
        b, loc, integers(32),
        arith::CmpFOp::create(b, loc, predicate, back, a));
  };
  Value cut = arith::SubIOp::create(b, loc, bits(near),
                                    flag(arith::CmpFPredicate::OGT));
  return fromBits(orOf(cut, flag(arith::CmpFPredicate::ONE)));
}

/// Saturating: a plain conversion of what does not fit is poison.
Value CastMath::toInteger(Value x, Type element) {
  Type from = getElementTypeOrSelf(x.getType());
  unsigned bits = element.getIntOrFloatBitWidth();
  std::string name =
      element.isUnsignedInteger() ? "llvm.fptoui.sat." : "llvm.fptosi.sat.";
  std::string lanes;
  if (auto vector = dyn_cast<VectorType>(shape))
    lanes = "v" + std::to_string(vector.getNumElements());
  name += lanes + "i" + std::to_string(bits) + "." + lanes +
          (from.isF64() ? "f64" : "f32");
  return LLVM::CallIntrinsicOp::create(b, loc, integers(bits),
                                       b.getStringAttr(name), x)
      .getResult(0);
}

static bool isNarrowFloat(Type type) { return type.isF16() || type.isBF16(); }

Value quantc::expandCast(OpBuilder &b, Location loc, Value x, Type type) {
  Type from = getElementTypeOrSelf(x.getType()),
       to = getElementTypeOrSelf(type);
  if (from == to)
    return x;
  CastMath m(b, loc, type);
  // Arithmetic knows integers without signs only.
  if (auto integer = dyn_cast<IntegerType>(from);
      integer && !integer.isSignless())
    x = UnrealizedConversionCastOp::create(b, loc,
                                           m.integers(integer.getWidth()), x)
            .getResult(0);
  bool isUnsigned = from.isUnsignedInteger() || from.isInteger(1);
  // By way of f32, which holds every f16 and bf16.
  if (isNarrowFloat(from)) {
    Value raw = arith::BitcastOp::create(b, loc, m.integers(16), x);
    x = from.isF16() ? m.decodeHalf(raw) : m.decodeBrain(raw);
    return expandCast(b, loc, x, type);
  }
  if (isNarrowFloat(to)) {
    if (isa<IntegerType>(from)) {
      Type wide = m.with(b.getF64Type());
      x = isUnsigned ? Value(arith::UIToFPOp::create(b, loc, wide, x))
                     : Value(arith::SIToFPOp::create(b, loc, wide, x));
    }
    if (getElementTypeOrSelf(x.getType()).isF64())
      x = m.narrowDouble(x, /*toOdd=*/true);
    Value raw = to.isF16() ? m.encodeHalf(x) : m.encodeBrain(x);
    return arith::BitcastOp::create(b, loc, type, raw);
  }
  if (isa<FloatType>(from) && isa<FloatType>(to))
    return to.isF64() ? Value(arith::ExtFOp::create(b, loc, type, x))
                      : m.narrowDouble(x, false);
  if (to.isInteger(1)) {
    TypedAttr zero = b.getZeroAttr(x.getType());
    Value none = arith::ConstantOp::create(b, loc, zero);
    if (isa<FloatType>(from))
      return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNE, x, none);
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, x, none);
  }
  if (isa<FloatType>(to))
    return isUnsigned ? Value(arith::UIToFPOp::create(b, loc, type, x))
                      : Value(arith::SIToFPOp::create(b, loc, type, x));
  unsigned bits = to.getIntOrFloatBitWidth();
  Value result = x;
  if (isa<FloatType>(from))
    result = m.toInteger(x, to);
  else if (bits < from.getIntOrFloatBitWidth())
    result = arith::TruncIOp::create(b, loc, m.integers(bits), x);
  else if (bits > from.getIntOrFloatBitWidth())
    result = isUnsigned
                 ? Value(arith::ExtUIOp::create(b, loc, m.integers(bits), x))
                 : Value(arith::ExtSIOp::create(b, loc, m.integers(bits), x));
  if (result.getType() != type)
    result =
        UnrealizedConversionCastOp::create(b, loc, type, result).getResult(0);
  return result;
}

Value quantc::expandRemainder(OpBuilder &b, Location loc, Value x, Value y) {
  // Long division in double: each step takes off 29 bits of the quotient, so
  // that every product is exact, and ten steps are more than f32's exponents
  // need.
  VectorMath m(b, loc, x.getType());
  Type wide = b.getF64Type();
  if (auto vector = dyn_cast<VectorType>(x.getType()))
    wide = vector.clone(wide);
  auto power = [&](int exponent) -> Value {
    TypedAttr element = b.getF64FloatAttr(std::ldexp(1.0, exponent));
    if (auto vector = dyn_cast<VectorType>(wide))
      element = DenseElementsAttr::get(vector, Attribute(element));
    return arith::ConstantOp::create(b, loc, element);
  };
  Value rest = arith::ExtFOp::create(b, loc, wide, x);
  Value divisor = arith::ExtFOp::create(b, loc, wide, y);
  for (int step = 9; step >= 0; --step) {
    Value d = arith::MulFOp::create(b, loc, divisor, power(29 * step));
    Value q =
        math::TruncOp::create(b, loc, arith::DivFOp::create(b, loc, rest, d));
    rest = arith::SubFOp::create(b, loc, rest,
                                 arith::MulFOp::create(b, loc, q, d));
  }
  // The sign of a zero is the dividend's.
  Value r = m.copySign(arith::TruncFOp::create(b, loc, x.getType(), rest), x);
  Value infinity = m.number(INFINITY);
  Value isWhole = arith::AndIOp::create(b, loc, m.equal(m.abs(y), infinity),
                                        m.less(m.abs(x), infinity));
  return m.select(isWhole, x, r);
}
