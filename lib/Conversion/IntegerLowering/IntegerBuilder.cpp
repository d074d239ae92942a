//===- IntegerBuilder.cpp - Integer ops on tensors --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IntegerBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/SplatConstants.h"
#include "quantc/Dialect/NN/IR/NNDims.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Numerics/Fixed/Attention.h"
#include "quantc/Numerics/Fixed/Functions.h"
#include "quantc/Numerics/Fixed/Primitives.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::numerics;

static unsigned getBits(Value value) {
  return getElementTypeOrSelf(value.getType()).getIntOrFloatBitWidth();
}

SmallVector<int64_t> quantc::getWholeAxes(ArrayRef<int64_t> blocks) {
  SmallVector<int64_t> axes;
  for (auto [dim, extent] : llvm::enumerate(blocks))
    if (extent != 1)
      axes.push_back(dim);
  return axes;
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

Value IntegerBuilder::number(int64_t value, unsigned bits) {
  auto type = RankedTensorType::get({}, builder.getIntegerType(bits));
  APInt integer(bits, static_cast<uint64_t>(value), /*isSigned=*/true);
  return arith::ConstantOp::create(builder, loc,
                                   DenseElementsAttr::get(type, integer));
}

Value IntegerBuilder::numbers(ArrayRef<int32_t> values,
                              ArrayRef<int64_t> shape) {
  auto type = RankedTensorType::get(shape, builder.getI32Type());
  return arith::ConstantOp::create(builder, loc,
                                   DenseElementsAttr::get(type, values));
}

Value IntegerBuilder::like(Value x, int64_t value) {
  return number(value, getBits(x));
}

Value IntegerBuilder::binary(nn::BinaryKind kind, Value a, Value b) {
  Type type = nn::inferElementwiseType({a.getType(), b.getType()},
                                       getElementTypeOrSelf(a.getType()));
  return nn::BinaryOp::create(builder, loc, type, kind, a, b);
}

Value IntegerBuilder::unary(nn::UnaryKind kind, Value x) {
  return nn::UnaryOp::create(builder, loc, x.getType(), kind, x);
}

Value IntegerBuilder::compare(nn::Predicate predicate, Value a, Value b) {
  Type type =
      nn::inferElementwiseType({a.getType(), b.getType()}, builder.getI1Type());
  return nn::CompareOp::create(builder, loc, type, predicate, a, b);
}

Value IntegerBuilder::select(Value condition, Value a, Value b) {
  Type type =
      nn::inferElementwiseType({condition.getType(), a.getType(), b.getType()},
                               getElementTypeOrSelf(a.getType()));
  return nn::SelectOp::create(builder, loc, type, condition, a, b);
}

Value IntegerBuilder::cast(Value x, unsigned bits) {
  if (getBits(x) == bits)
    return x;
  Type type = mlir::cast<RankedTensorType>(x.getType())
                  .clone(builder.getIntegerType(bits));
  return nn::CastOp::create(builder, loc, type, x);
}

Value IntegerBuilder::shiftToEven(Value x, Value places) {
  Value odd = maskBits(binary(nn::BinaryKind::Shr, x, places), 1);
  return shift(add(add(x, odd), -1), places);
}

Value IntegerBuilder::clip(Value x, int64_t low, int64_t high) {
  return nn::ClipOp::create(builder, loc, x.getType(), x,
                            builder.getF64FloatAttr(static_cast<double>(low)),
                            builder.getF64FloatAttr(static_cast<double>(high)));
}

Value IntegerBuilder::reduce(nn::ReduceKind kind, Value x,
                             ArrayRef<int64_t> axes) {
  auto type = mlir::cast<RankedTensorType>(x.getType());
  SmallVector<int64_t> shape(type.getShape());
  for (int64_t axis : axes)
    shape[axis] = 1;
  return nn::ReduceOp::create(
      builder, loc, type.clone(shape),
      nn::ReduceKindAttr::get(builder.getContext(), kind), x,
      builder.getDenseI64ArrayAttr(axes), builder.getUnitAttr());
}

//===----------------------------------------------------------------------===//
// Integers with exponents
//===----------------------------------------------------------------------===//

Scaled IntegerBuilder::load(ValueRange parts) {
  return {cast(parts[0], 32), cast(parts[1], 32)};
}

Value IntegerBuilder::spread(Value e, Value m, qt::BlockType format) {
  auto type = mlir::cast<RankedTensorType>(m.getType());
  auto own = mlir::cast<RankedTensorType>(e.getType());
  RankedTensorType needed = format.getPartTypes(type)[1];
  // An open size that met a fixed one in the integers is that, or 1.
  if (own.getShape() == needed.getShape())
    return e;
  Value sizes;
  if (needed.hasStaticShape()) {
    sizes = nn::makeIntegers(builder, loc, needed.getShape());
  } else {
    int64_t rank = type.getRank();
    sizes = nn::ShapeOp::create(
        builder, loc, RankedTensorType::get(rank, builder.getI64Type()), m,
        /*start=*/0, /*end=*/rank);
    SmallVector<int64_t> kept, single;
    for (int64_t extent : format.getShape()) {
      kept.push_back(extent == 1);
      single.push_back(extent != 1);
    }
    sizes = add(mul(sizes, nn::makeIntegers(builder, loc, kept)),
                nn::makeIntegers(builder, loc, single));
  }
  return nn::ExpandOp::create(builder, loc, needed.clone(own.getElementType()),
                              e, sizes);
}

SmallVector<Value> IntegerBuilder::store(Scaled x, qt::BlockType format) {
  unsigned bits = format.getElement().getStorageType().getIntOrFloatBitWidth();
  unsigned exponentBits =
      format.getScale().getStorageType().getIntOrFloatBitWidth();
  Value e = spread(x.e, x.m, format);
  if (exponentBits == 8)
    e = cast(clip(e, -128, 127), 8);
  return {cast(x.m, bits), e};
}

Scaled IntegerBuilder::loadJoint(Value joint) {
  qt::BlockType format = qt::getBlockFormat(joint.getType());
  auto types = llvm::to_vector_of<Type>(format.getPartTypes(typeOf(joint)));
  return load(qt::SplitOp::create(builder, loc, types, joint).getResults());
}

Scaled IntegerBuilder::constant(ArrayRef<double> values,
                                ArrayRef<int64_t> shape, unsigned bits) {
  fixed::ConstantVector vector =
      fixed::makeVector(values.data(), values.size(), bits);
  return {numbers(vector.values, shape), number(vector.exponent)};
}

Scaled IntegerBuilder::constantElements(ArrayRef<double> values,
                                        ArrayRef<int64_t> shape,
                                        unsigned bits) {
  if (llvm::all_equal(values))
    return constant(values, shape, bits);
  SmallVector<int32_t> mantissas, exponents;
  for (double value : values) {
    fixed::ConstantVector element = fixed::makeVector(&value, 1, bits);
    mantissas.push_back(element.values.front());
    exponents.push_back(element.exponent);
  }
  return {numbers(mantissas, shape), numbers(exponents, shape)};
}

Value IntegerBuilder::apply(const fixed::Multipliers &multipliers, Value acc,
                            ArrayRef<int64_t> shape) {
  auto count = static_cast<int64_t>(multipliers.values.size());
  if (shape.empty())
    shape = count;
  Value factors = count == 1 ? number(multipliers.values[0])
                             : numbers(multipliers.values, shape);
  return multiplyHigh(shift(acc, -multipliers.preShift), factors);
}

Scaled IntegerBuilder::prepareAlignment(Scaled x, qt::BlockType format,
                                        int64_t zero) {
  switch (format.getElement().getBitWidth()) {
  case qt::summandBits:
    break;
  case qt::wideBits:
    x = halve(x);
    break;
  default:
    x = {shift(x.m, -15), add(x.e, -15)};
  }
  Value isZero =
      compare(nn::Predicate::Eq, largest(x.m, format.getShape()), number(0));
  return {x.m, select(isZero, number(zero), x.e)};
}

void IntegerBuilder::align(Scaled &a, Scaled &b) {
  Value common = max(a.e, b.e);
  a.m = shift(a.m, sub(common, a.e));
  b.m = shift(b.m, sub(common, b.e));
  a.e = b.e = common;
}

Value IntegerBuilder::largest(Value x, ArrayRef<int64_t> blocks) {
  SmallVector<int64_t> axes = getWholeAxes(blocks);
  // An image is a row that lies in several dimensions; one channel is none.
  auto rank = static_cast<int64_t>(blocks.size());
  ArrayRef<int64_t> shape = typeOf(x).getShape();
  bool isImage = axes.size() > 1 && axes.front() > 0;
  for (int64_t dim = 1; isImage && dim < rank; ++dim)
    isImage = blocks[dim] != 1 || shape[dim] == 1;
  if (isImage) {
    Value row = nn::joinDims(builder, loc, x, /*lead=*/1);
    Value most = reduce(nn::ReduceKind::Max, unary(nn::UnaryKind::Abs, row), 1);
    return nn::appendOnes(builder, loc, most, /*lead=*/1, rank);
  }
  Value most = unary(nn::UnaryKind::Abs, x);
  if (axes.empty())
    return most;
  // Of the heads of a token each first, which is a pass over rows.
  if (axes == ArrayRef<int64_t>({2, 3}))
    most = reduce(nn::ReduceKind::Max, most, axes.pop_back_val());
  return reduce(nn::ReduceKind::Max, most, axes);
}

/// Whether integers that are not 0 may have more bits in \p format than its
/// exponents reach down to, where they are at \p e.
static bool mayUnderflow(Value e, qt::BlockType format) {
  int64_t bits = format.getElement().getBitWidth();
  if (format.getScale().getStorageType().getIntOrFloatBitWidth() > 8)
    return false;
  std::optional<int64_t> known = matchIntegerSplat(e);
  return !known || *known + 2 - bits < fixed::leastExponent;
}

SmallVector<Value> IntegerBuilder::normalise(Scaled x, qt::BlockType format) {
  int64_t bits = format.getElement().getBitWidth();
  Value most = largest(x.m, format.getShape());
  Value places = add(bitLength(most), 1 - bits);
  Value e = add(x.e, cast(places, 32));
  if (mayUnderflow(x.e, format)) {
    e = max(e, number(fixed::leastExponent));
    places = cast(sub(e, x.e), getBits(x.m));
  }
  int64_t limit = (int64_t(1) << (bits - 1)) - 1;
  Value m = cast(clip(shift(x.m, places), -limit, limit), 32);
  Value isZero = compare(nn::Predicate::Eq, most, like(most, 0));
  return store({m, select(isZero, number(fixed::zeroExponent), e)}, format);
}

std::pair<Value, Value> IntegerBuilder::powerOfTwo(Value below) {
  Value fraction = maskBits(below, 32767);
  Value r = number(-1289);
  for (int64_t c : {7533, -22564, 32640})
    r = add(shift(mul(r, fraction), 15), c);
  return {r, shiftDown(below, 15)};
}

Value IntegerBuilder::score(const fixed::Multipliers &multipliers,
                            Value product, Value exponent,
                            ArrayRef<int64_t> shape) {
  Value y = apply(multipliers, product, shape);
  Value left = add(exponent, multipliers.exponent + 15);
  // To the left what does not fit saturates, whatever is not zero from 31 on.
  Value limit = add(shift(number(int64_t(1) << 30), clip(left, 0, 31)), -1);
  Value z = clip(shift(y, sub(number(0), left)), -fixed::largestScore,
                 fixed::largestScore);
  z = select(compare(nn::Predicate::Gt, y, limit), number(fixed::largestScore),
             z);
  return select(compare(nn::Predicate::Lt, y, sub(number(0), limit)),
                number(-fixed::largestScore), z);
}

Value IntegerBuilder::cosine30(Value phase) {
  Value quarter = shift(phase, 28);
  Value rest = sub(phase, shift(quarter, -28));
  // Half a quarter at most.
  constexpr int64_t most = int64_t(1) << 27;
  return cosineNear(quarter, shift(clip(rest, -most, most), -3));
}

Value IntegerBuilder::cosineNear(Value quarter, Value distance) {
  // The same steps as those of numerics::fixed::cosine30.
  Value square = shift(multiplyHigh(distance, distance), -1);
  auto evaluate = [&](ArrayRef<int32_t> coefficients) {
    Value sum = number(coefficients.back());
    for (int32_t c : llvm::reverse(coefficients.drop_back()))
      sum = add(shift(multiplyHigh(square, sum), -1), c);
    return sum;
  };
  Value sine = multiplyHigh(distance, evaluate(fixed::turnPolynomials.sine));
  Value isOdd = compare(nn::Predicate::Ne, maskBits(quarter, 1), number(0));
  Value y =
      select(isOdd, shift(sine, -1), evaluate(fixed::turnPolynomials.cosine));
  Value isBehind =
      compare(nn::Predicate::Ne, maskBits(add(quarter, 1), 2), number(0));
  return select(isBehind, sub(number(0), y), y);
}

Value IntegerBuilder::cosine(Value phase) {
  Value quarter = shift(phase, 30);
  Value distance = shift(sub(phase, shift(quarter, -30)), -1);
  return clip(shift(cosineNear(quarter, distance), 15), -INT16_MAX, INT16_MAX);
}

Value IntegerBuilder::sumReciprocal(Value sum) {
  // 31 bits.
  int64_t spare = getBits(sum) - 31;
  Value places = add(unary(nn::UnaryKind::Clz, sum), -spare);
  Value wide = shift(cast(sum, 64), sub(number(0, 64), cast(places, 64)));
  return cast(unary(nn::UnaryKind::Recip61, wide), 32);
}

Value IntegerBuilder::bitLength(Value x) {
  return sub(like(x, getBits(x)), unary(nn::UnaryKind::Clz, x));
}
