//===- VectorLoops.cpp - Loops over 16-lane vectors -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "VectorLoops.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace quantc;

/// Vectors up to which a row is no loop: its overhead would be a third.
static constexpr int64_t longestStraight = 4;

std::optional<int64_t> quantc::getConstantIndex(Value value) {
  IntegerAttr known;
  if (matchPattern(value, m_Constant(&known)))
    return known.getInt();
  return std::nullopt;
}

/// The first \p count lanes.
static Value makeMask(OpBuilder &builder, Location loc, Value count,
                      int64_t width) {
  auto type = VectorType::get(width, builder.getI1Type());
  return vector::CreateMaskOp::create(builder, loc, type, count);
}

/// The steps of a row that has as many elements as a vector or more.
static SmallVector<Value> emitLongRow(OpBuilder &builder, Location loc, Value n,
                                      ValueRange initial, VectorBody body,
                                      int64_t width) {
  std::optional<int64_t> size = getConstantIndex(n);
  auto index = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(builder, loc, value);
  };
  bool isEven = size && *size % width == 0;
  Value step = index(width), whole;
  if (size) {
    whole = index(isEven ? *size : *size / width * width);
  } else {
    // The last vector is always the overlapping one: no branch.
    Value last = arith::SubIOp::create(builder, loc, n, index(1));
    whole = arith::MulIOp::create(
        builder, loc, arith::DivUIOp::create(builder, loc, last, step), step);
  }
  SmallVector<Value> values(initial);
  if (size && *size < (longestStraight + 1) * width) {
    for (int64_t at = 0; at + width <= *size; at += width)
      values = body(builder, {index(at), Value(), Value(), width}, values);
  } else {
    auto loop = scf::ForOp::create(
        builder, loc, index(0), whole, step, values,
        [&](OpBuilder &inner, Location, Value position, ValueRange carried) {
          scf::YieldOp::create(
              inner, loc,
              body(inner, {position, Value(), Value(), width}, carried));
        });
    values.assign(loop.getResults().begin(), loop.getResults().end());
  }
  if (isEven)
    return values;
  Value position = arith::SubIOp::create(builder, loc, n, step);
  Value skipped =
      makeMask(builder, loc,
               arith::SubIOp::create(builder, loc, whole, position), width);
  return body(builder, {position, skipped, Value(), width}, values);
}

SmallVector<Value> quantc::forEachVector(OpBuilder &builder, Location loc,
                                         Value n, ValueRange initial,
                                         VectorBody body, int64_t width) {
  auto emitShortRow = [&](OpBuilder &inner) {
    Value zero = arith::ConstantIndexOp::create(inner, loc, 0);
    return body(inner, {zero, Value(), makeMask(inner, loc, n, width), width},
                initial);
  };
  if (std::optional<int64_t> size = getConstantIndex(n)) {
    if (*size == 0)
      return SmallVector<Value>(initial);
    return *size < width ? emitShortRow(builder)
                         : emitLongRow(builder, loc, n, initial, body, width);
  }
  Value least = arith::ConstantIndexOp::create(builder, loc, width);
  Value isLong =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::uge, n, least);
  auto branch = scf::IfOp::create(
      builder, loc, isLong,
      [&](OpBuilder &inner, Location) {
        scf::YieldOp::create(inner, loc,
                             emitLongRow(inner, loc, n, initial, body, width));
      },
      [&](OpBuilder &inner, Location) {
        scf::YieldOp::create(inner, loc, emitShortRow(inner));
      });
  return SmallVector<Value>(branch.getResults());
}

Value quantc::keepCounted(OpBuilder &builder, Location loc,
                          const VectorStep &step, Value value, Value neutral) {
  if (step.skipped)
    return arith::SelectOp::create(builder, loc, step.skipped, neutral, value);
  return blend(builder, loc, step.valid, value, neutral);
}

Value quantc::loadVector(OpBuilder &builder, Location loc, Value buffer,
                         Value index, Value mask, int64_t width) {
  auto type = VectorType::get(
      width, cast<MemRefType>(buffer.getType()).getElementType());
  if (!mask)
    return vector::LoadOp::create(builder, loc, type, buffer, index);
  Value zero =
      arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  return vector::MaskedLoadOp::create(builder, loc, type, buffer, index, mask,
                                      zero);
}

/// Lane by lane. LLVM 22 makes of a masked store of truncated lanes, with one
/// lane set, a store that is as wide as the lanes were; few targets have masks
/// for bytes at that.
static void storeLanes(OpBuilder &builder, Location loc, Value vector,
                       Value buffer, Value index, Value mask) {
  int64_t width = cast<VectorType>(vector.getType()).getNumElements();
  for (int64_t lane = 0; lane < width; ++lane) {
    Value exists = vector::ExtractOp::create(builder, loc, mask, lane);
    auto branch = scf::IfOp::create(builder, loc, exists);
    OpBuilder then = branch.getThenBodyBuilder();
    Value element = vector::ExtractOp::create(then, loc, vector, lane);
    Value at = arith::AddIOp::create(
        then, loc, index, arith::ConstantIndexOp::create(then, loc, lane));
    memref::StoreOp::create(then, loc, element, buffer, at);
  }
}

void quantc::storeVector(OpBuilder &builder, Location loc, Value vector,
                         Value buffer, Value index, Value mask) {
  Type element = cast<MemRefType>(buffer.getType()).getElementType();
  if (!mask)
    vector::StoreOp::create(builder, loc, vector, buffer, index);
  else if (element.getIntOrFloatBitWidth() < 32)
    storeLanes(builder, loc, vector, buffer, index, mask);
  else
    vector::MaskedStoreOp::create(builder, loc, buffer, index, mask, vector);
}

Value quantc::castBits(OpBuilder &builder, Location loc, Value bits,
                       Value buffer) {
  Type type = cast<MemRefType>(buffer.getType()).getElementType();
  if (auto vector = dyn_cast<VectorType>(bits.getType()))
    type = vector.clone(type);
  if (type == bits.getType())
    return bits;
  return arith::BitcastOp::create(builder, loc, type, bits);
}

Value quantc::broadcastWord(OpBuilder &builder, Location loc, Value buffer,
                            Value index, int64_t ways, int64_t lanes) {
  Type element = cast<MemRefType>(buffer.getType()).getElementType();
  Value few = vector::LoadOp::create(
      builder, loc, VectorType::get(ways, element), buffer, index);
  auto one = VectorType::get(1, builder.getI32Type());
  Value word = vector::ExtractOp::create(
      builder, loc, vector::BitCastOp::create(builder, loc, one, few),
      int64_t(0));
  Value words = vector::BroadcastOp::create(
      builder, loc, VectorType::get(lanes, builder.getI32Type()), word);
  return vector::BitCastOp::create(
      builder, loc, VectorType::get(lanes * ways, element), words);
}

void quantc::fillVectors(OpBuilder &builder, Location loc, Value buffer,
                         Value start, Value count, Value value) {
  forEachVector(builder, loc, count, {},
                [&](OpBuilder &inner, const VectorStep &step, ValueRange) {
                  Value at =
                      arith::AddIOp::create(inner, loc, start, step.position);
                  storeVector(inner, loc, value, buffer, at, step.valid);
                  return SmallVector<Value>();
                });
}

void quantc::copyVectors(OpBuilder &builder, Location loc, Value from,
                         Value start, Value to, Value at, Value count) {
  forEachVector(
      builder, loc, count, {},
      [&](OpBuilder &inner, const VectorStep &step, ValueRange) {
        auto place = [&](Value begin) -> Value {
          return arith::AddIOp::create(inner, loc, begin, step.position);
        };
        Value vector = loadVector(inner, loc, from, place(start), step.valid);
        storeVector(inner, loc, vector, to, place(at), step.valid);
        return SmallVector<Value>();
      });
}

Value quantc::splat(OpBuilder &builder, Location loc, Value value,
                    int64_t width) {
  return vector::BroadcastOp::create(
      builder, loc, VectorType::get(width, value.getType()), value);
}

Value quantc::splatConstant(OpBuilder &builder, Location loc, Type element,
                            double value, int64_t width) {
  auto type = VectorType::get(width, element);
  Attribute number =
      isa<FloatType>(element)
          ? Attribute(FloatAttr::get(element, value))
          : Attribute(IntegerAttr::get(element, static_cast<int64_t>(value)));
  return arith::ConstantOp::create(builder, loc,
                                   DenseElementsAttr::get(type, number));
}

Value quantc::interleaveFour(OpBuilder &builder, Location loc,
                             ArrayRef<Value> vectors) {
  Value even =
      vector::InterleaveOp::create(builder, loc, vectors[0], vectors[2]);
  Value odd =
      vector::InterleaveOp::create(builder, loc, vectors[1], vectors[3]);
  return vector::InterleaveOp::create(builder, loc, even, odd);
}

SmallVector<Value> quantc::turnSquare(OpBuilder &b, Location loc,
                                      SmallVector<Value> vectors) {
  constexpr int64_t quarter = lanes / 4;
  for (int64_t distance : {2, 1, 4, 8}) {
    SmallVector<int64_t> low, high;
    for (int64_t lane = 0; lane < lanes; ++lane) {
      bool isWithin = distance < quarter;
      int64_t of = (lane & (isWithin ? 1 : distance)) ? lanes : 0;
      int64_t at = isWithin ? lane / quarter * quarter + lane % quarter / 2
                            : lane & ~distance;
      low.push_back(of + at);
      high.push_back(of + at + (isWithin ? quarter / 2 : distance));
    }
    for (int64_t i = 0; i < lanes; ++i) {
      if (i & distance)
        continue;
      Value first = vectors[i], second = vectors[i + distance];
      vectors[i] = vector::ShuffleOp::create(b, loc, first, second, low);
      vectors[i + distance] =
          vector::ShuffleOp::create(b, loc, first, second, high);
    }
  }
  return vectors;
}

Value quantc::reduceToFour(OpBuilder &builder, Location loc, Value vector,
                           Combine combine) {
  int64_t all = cast<VectorType>(vector.getType()).getNumElements();
  for (int64_t width = all / 2; width >= 4; width /= 2) {
    SmallVector<int64_t> low = llvm::to_vector(llvm::seq<int64_t>(0, width));
    SmallVector<int64_t> high =
        llvm::to_vector(llvm::seq<int64_t>(width, 2 * width));
    Value a = vector::ShuffleOp::create(builder, loc, vector, vector, low);
    Value b = vector::ShuffleOp::create(builder, loc, vector, vector, high);
    vector = combine(builder, a, b);
  }
  // Not narrower: x86 has no registers below four lanes, and LLVM makes scalars
  // of what does not fit them.
  SmallVector<int64_t> halves{2, 3, 0, 1}, neighbours{1, 0, 3, 2};
  for (ArrayRef<int64_t> order : {ArrayRef(halves), ArrayRef(neighbours)})
    vector =
        combine(builder, vector,
                vector::ShuffleOp::create(builder, loc, vector, vector, order));
  return vector;
}

Value quantc::reduceLanes(OpBuilder &builder, Location loc, Value vector,
                          Combine combine) {
  return vector::ExtractOp::create(
      builder, loc, reduceToFour(builder, loc, vector, combine), int64_t(0));
}

Value quantc::blend(OpBuilder &builder, Location loc, Value mask, Value value,
                    Value neutral) {
  return mask ? arith::SelectOp::create(builder, loc, mask, value, neutral)
              : value;
}
