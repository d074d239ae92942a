//===- VectorLoops.cpp - Loops over 16-lane vectors -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "VectorLoops.h"

using namespace mlir;
using namespace quantc;

static SmallVector<Value> emitRest(OpBuilder &builder, Location loc, Value n,
                                   Value position, ValueRange values,
                                   VectorBody body) {
  Value left = arith::SubIOp::create(builder, loc, n, position);
  auto type = VectorType::get(lanes, builder.getI1Type());
  Value mask = vector::CreateMaskOp::create(builder, loc, type, left);
  return body(builder, position, mask, values);
}

SmallVector<Value> quantc::forEachVector(OpBuilder &builder, Location loc,
                                         Value n, ValueRange initial,
                                         VectorBody body) {
  IntegerAttr known;
  std::optional<int64_t> size;
  if (matchPattern(n, m_Constant(&known)))
    size = known.getInt();
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  Value step = arith::ConstantIndexOp::create(builder, loc, lanes);
  Value whole = zero;
  SmallVector<Value> values(initial);
  if (size)
    whole = arith::ConstantIndexOp::create(builder, loc, *size / lanes * lanes);
  else
    whole = arith::MulIOp::create(
        builder, loc, arith::DivUIOp::create(builder, loc, n, step), step);
  if (size == lanes) {
    values = body(builder, zero, Value(), values);
  } else if (!size || *size > lanes) {
    auto loop = scf::ForOp::create(
        builder, loc, zero, whole, step, values,
        [&](OpBuilder &inner, Location, Value position, ValueRange carried) {
          scf::YieldOp::create(inner, loc, body(inner, position, Value(), carried));
        });
    values.assign(loop.getResults().begin(), loop.getResults().end());
  }
  if (size && *size % lanes == 0)
    return values;
  if (size)
    return emitRest(builder, loc, n, whole, values, body);
  Value isRest = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult,
                                       whole, n);
  auto branch = scf::IfOp::create(
      builder, loc, isRest,
      [&](OpBuilder &inner, Location) {
        scf::YieldOp::create(inner, loc,
                             emitRest(inner, loc, n, whole, values, body));
      },
      [&](OpBuilder &inner, Location) {
        scf::YieldOp::create(inner, loc, values);
      });
  return SmallVector<Value>(branch.getResults());
}

static VectorType getVectorType(Value buffer) {
  return VectorType::get(lanes,
                         cast<MemRefType>(buffer.getType()).getElementType());
}

Value quantc::loadVector(OpBuilder &builder, Location loc, Value buffer,
                         Value index, Value mask) {
  VectorType type = getVectorType(buffer);
  if (!mask)
    return vector::LoadOp::create(builder, loc, type, buffer, index);
  Value zero = arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  return vector::MaskedLoadOp::create(builder, loc, type, buffer, index, mask,
                                      zero);
}

void quantc::storeVector(OpBuilder &builder, Location loc, Value vector,
                         Value buffer, Value index, Value mask) {
  if (mask)
    vector::MaskedStoreOp::create(builder, loc, buffer, index, mask, vector);
  else
    vector::StoreOp::create(builder, loc, vector, buffer, index);
}

Value quantc::splat(OpBuilder &builder, Location loc, Value value) {
  return vector::BroadcastOp::create(
      builder, loc, VectorType::get(lanes, value.getType()), value);
}

Value quantc::splatConstant(OpBuilder &builder, Location loc, Type element,
                            double value) {
  auto type = VectorType::get(lanes, element);
  Attribute number =
      isa<FloatType>(element)
          ? Attribute(FloatAttr::get(element, value))
          : Attribute(IntegerAttr::get(element, static_cast<int64_t>(value)));
  return arith::ConstantOp::create(builder, loc,
                                   DenseElementsAttr::get(type, number));
}

Value quantc::reduceLanes(OpBuilder &builder, Location loc, Value vector,
                          Combine combine) {
  for (int64_t width = lanes / 2; width >= 1; width /= 2) {
    SmallVector<int64_t> low = llvm::to_vector(llvm::seq<int64_t>(0, width));
    SmallVector<int64_t> high =
        llvm::to_vector(llvm::seq<int64_t>(width, 2 * width));
    Value a = vector::ShuffleOp::create(builder, loc, vector, vector, low);
    Value b = vector::ShuffleOp::create(builder, loc, vector, vector, high);
    vector = combine(builder, a, b);
  }
  return vector::ExtractOp::create(builder, loc, vector, int64_t(0));
}

Value quantc::blend(OpBuilder &builder, Location loc, Value mask, Value value,
                    Value neutral) {
  return mask ? arith::SelectOp::create(builder, loc, mask, value, neutral)
              : value;
}
