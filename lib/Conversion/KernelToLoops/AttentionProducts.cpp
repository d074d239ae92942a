//===- AttentionProducts.cpp - The two products of an attention -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionEmitter.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace quantc;

/// Keys up to which 127 * 127 of each sum up in 32 bits; the runtime refuses
/// more, as an index that is out of range.
static constexpr int64_t maxKeys = 1 << 17;

//===----------------------------------------------------------------------===//
// Floats
//===----------------------------------------------------------------------===//

/// Panels of 16 keys: [panel][feature][16].
void AttentionEmitter::packKeys(OpBuilder &b) {
  forRange(b, index(0), keys, 1, [&](OpBuilder &inner, Value t) {
    Value panel = arith::DivUIOp::create(inner, loc, t, index(lanes));
    Value lane = arith::RemUIOp::create(inner, loc, t, index(lanes));
    Value to = add(inner, mul(inner, panel, index(features * lanes)), lane);
    Value from = rowOf(inner, key, t);
    forRange(
        inner, index(0), index(features), 1, [&](OpBuilder &deep, Value d) {
          Value x =
              memref::LoadOp::create(deep, loc, key.buffer, add(deep, from, d));
          memref::StoreOp::create(deep, loc, x, packedKeys,
                                  add(deep, to, mul(deep, d, index(lanes))));
        });
  });
}

void AttentionEmitter::scoreFloats(OpBuilder &b, Value row, int64_t count) {
  auto floats = VectorType::get(lanes, f32);
  SmallVector<Value> bases, initial(count, splatConstant(b, loc, f32, 0));
  for (int64_t r = 0; r < count; ++r)
    bases.push_back(rowOf(b, query, add(b, row, index(r))));
  forRange(b, index(0), panels, 1, [&](OpBuilder &inner, Value panel) {
    Value from = mul(inner, panel, index(features * lanes));
    auto loop = scf::ForOp::create(
        inner, loc, index(0), index(features), index(1), initial,
        [&](OpBuilder &deep, Location, Value d, ValueRange carried) {
          Value k = vector::LoadOp::create(
              deep, loc, floats, packedKeys,
              add(deep, from, mul(deep, d, index(lanes))));
          SmallVector<Value> next;
          for (int64_t r = 0; r < count; ++r) {
            Value q = memref::LoadOp::create(deep, loc, query.buffer,
                                             add(deep, bases[r], d));
            next.push_back(math::FmaOp::create(deep, loc, splat(deep, loc, q),
                                               k, carried[r]));
          }
          scf::YieldOp::create(deep, loc, next);
        });
    Value at = mul(inner, panel, index(lanes));
    for (int64_t r = 0; r < count; ++r)
      vector::StoreOp::create(inner, loc, loop.getResult(r), scores,
                              add(inner, mul(inner, index(r), paddedKeys), at));
  });
}

/// Sums of the values' vector \p v, weighted by the rows of scores. With
/// \p skips, keys without weight do not count, whatever their values are.
SmallVector<Value> AttentionEmitter::sumValues(OpBuilder &b, int64_t v,
                                               int64_t count, bool skips) {
  Value zero = splatConstant(b, loc, f32, 0);
  SmallVector<Value> initial(count, zero);
  auto loop = scf::ForOp::create(
      b, loc, index(0), keys, index(1), initial,
      [&](OpBuilder &inner, Location, Value t, ValueRange carried) {
        Value x = loadRow(inner, value, t, v * lanes, width);
        SmallVector<Value> next;
        for (int64_t r = 0; r < count; ++r) {
          Value p = memref::LoadOp::create(
              inner, loc, scores,
              add(inner, mul(inner, index(r), paddedKeys), t));
          Value own = x;
          if (skips) {
            Value hasWeight = arith::CmpFOp::create(
                inner, loc, arith::CmpFPredicate::UNE, p, real(inner, 0));
            own = arith::SelectOp::create(inner, loc, hasWeight, x, zero);
          }
          next.push_back(math::FmaOp::create(inner, loc, splat(inner, loc, p),
                                             own, carried[r]));
        }
        scf::YieldOp::create(inner, loc, next);
      });
  return loop.getResults();
}

void AttentionEmitter::weighFloats(OpBuilder &b, Value row, int64_t count) {
  for (int64_t v = 0; v < widthVectors; ++v) {
    SmallVector<Value> sums = sumValues(b, v, count, /*skips=*/false);
    // Zero times what is no finite number is NaN; only then the slow way.
    Value all = sums[0];
    for (Value sum : ArrayRef(sums).drop_front())
      all = arith::AddFOp::create(b, loc, all, sum);
    Value isNaN =
        arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNO, all, all);
    Value bits = vector::ExtractOp::create(
        b, loc,
        vector::BitCastOp::create(b, loc, VectorType::get(1, b.getI16Type()),
                                  isNaN),
        int64_t(0));
    Value none = arith::ConstantOp::create(b, loc, b.getI16IntegerAttr(0));
    Value isAny =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, bits, none);
    auto again = scf::IfOp::create(
        b, loc, isAny,
        [&](OpBuilder &inner, Location) {
          scf::YieldOp::create(inner, loc,
                               sumValues(inner, v, count, /*skips=*/true));
        },
        [&](OpBuilder &inner, Location) {
          scf::YieldOp::create(inner, loc, sums);
        });
    Value mask;
    if (width - v * lanes < lanes)
      mask = vector::CreateMaskOp::create(b, loc,
                                          VectorType::get(lanes, b.getI1Type()),
                                          index(width - v * lanes));
    for (int64_t r = 0; r < count; ++r)
      storeVector(
          b, loc, again.getResult(r), result.buffer,
          add(b, rowOf(b, result, add(b, row, index(r))), index(v * lanes)),
          mask);
  }
}

//===----------------------------------------------------------------------===//
// Codes, as numerics::encodeAbsMax makes them
//===----------------------------------------------------------------------===//

Value AttentionEmitter::largestBits(OpBuilder &b, ArrayRef<Value> vectors) {
  auto ints = VectorType::get(lanes, b.getI32Type());
  Value mask = splatConstant(b, loc, b.getI32Type(), 0x7fffffff), largest;
  for (Value vector : vectors) {
    Value bits = arith::AndIOp::create(
        b, loc, arith::BitcastOp::create(b, loc, ints, vector), mask);
    largest = largest
                  ? arith::MaxUIOp::create(b, loc, largest, bits).getResult()
                  : bits;
  }
  return reduceLanes(b, loc, largest,
                     [&](OpBuilder &inner, Value x, Value y) -> Value {
                       return arith::MaxUIOp::create(inner, loc, x, y);
                     });
}

std::pair<Value, Value> AttentionEmitter::makeScales(OpBuilder &b,
                                                     Value amaxBits) {
  Value amax = arith::BitcastOp::create(b, loc, f32, amaxBits),
        zero = real(b, 0), highest = real(b, 127);
  Value isTiny = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OLT, amax,
                                       real(b, 0x1p-100));
  Value isFinite = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OLT,
                                         amax, real(b, INFINITY));
  Value scale = arith::DivFOp::create(b, loc, amax, highest),
        factor = arith::DivFOp::create(b, loc, highest, amax);
  scale = arith::SelectOp::create(b, loc, isFinite, scale, real(b, NAN));
  factor = arith::SelectOp::create(b, loc, isFinite, factor, zero);
  return {arith::SelectOp::create(b, loc, isTiny, zero, scale),
          arith::SelectOp::create(b, loc, isTiny, zero, factor)};
}

/// 16 codes in 32 bits.
Value AttentionEmitter::encode(OpBuilder &b, Value x, Value factor) {
  auto ints = VectorType::get(lanes, b.getI32Type());
  Value scaled = arith::MulFOp::create(b, loc, x, factor);
  Value rounded =
      LLVM::CallIntrinsicOp::create(
          b, loc, ints, b.getStringAttr("llvm.lrint.v16i32.v16f32"), scaled)
          .getResult(0);
  Value low = splatConstant(b, loc, b.getI32Type(), -127),
        high = splatConstant(b, loc, b.getI32Type(), 127);
  return arith::MinSIOp::create(
      b, loc, arith::MaxSIOp::create(b, loc, rounded, low), high);
}

static Value toBytes(OpBuilder &b, Location loc, Value codes) {
  return arith::TruncIOp::create(b, loc, VectorType::get(lanes, b.getI8Type()),
                                 codes);
}

/// Panels of 16 keys: [panel][feature / 4][16][4], a scale for every key and,
/// for biased queries, what the sums start from.
void AttentionEmitter::encodeKeys(OpBuilder &b) {
  Value tooMany = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ugt, keys,
                                        index(maxKeys));
  auto guard = scf::IfOp::create(b, loc, tooMany, /*withElseRegion=*/false);
  OpBuilder refused = guard.getThenBodyBuilder();
  kernel.recordError(refused, KernelError::SizeOverflow);
  int64_t padded = featureVectors * lanes;
  // Keys that fill the last panel have scale 0.
  forRange(b, keys, paddedKeys, 1, [&](OpBuilder &inner, Value t) {
    memref::StoreOp::create(inner, loc, real(inner, 0), keyScales, t);
    Value zero =
        arith::ConstantOp::create(inner, loc, inner.getI32IntegerAttr(0));
    memref::StoreOp::create(inner, loc, zero, keyStarts, t);
  });
  forRange(b, index(0), keys, 1, [&](OpBuilder &inner, Value t) {
    SmallVector<Value> vectors;
    for (int64_t v = 0; v < featureVectors; ++v)
      vectors.push_back(loadRow(inner, key, t, v * lanes, features));
    auto [scale, factor] = makeScales(inner, largestBits(inner, vectors));
    memref::StoreOp::create(inner, loc, scale, keyScales, t);
    Value factors = splat(inner, loc, factor), sum;
    Value panel = arith::DivUIOp::create(inner, loc, t, index(lanes));
    Value lane = arith::RemUIOp::create(inner, loc, t, index(lanes));
    Value to = add(inner, mul(inner, panel, index(padded * lanes)),
                   mul(inner, lane, index(4)));
    for (auto [v, x] : llvm::enumerate(vectors)) {
      Value codes = encode(inner, x, factors);
      sum = sum ? arith::AddIOp::create(inner, loc, sum, codes).getResult()
                : codes;
      Value bytes = toBytes(inner, loc, codes);
      for (int64_t group = 0; group < 4; ++group) {
        Value four = vector::ExtractStridedSliceOp::create(inner, loc, bytes,
                                                           group * 4, 4, 1);
        int64_t offset = (static_cast<int64_t>(v) * 4 + group) * lanes * 4;
        vector::StoreOp::create(inner, loc, four, packedKeys,
                                add(inner, to, index(offset)));
      }
    }
    if (!isBiased)
      return;
    Value total = reduceLanes(inner, loc, sum,
                              [&](OpBuilder &deep, Value x, Value y) -> Value {
                                return arith::AddIOp::create(deep, loc, x, y);
                              });
    Value bias =
        arith::ConstantOp::create(inner, loc, inner.getI32IntegerAttr(-128));
    memref::StoreOp::create(inner, loc,
                            arith::MulIOp::create(inner, loc, total, bias),
                            keyStarts, t);
  });
}

/// Panels of 16 columns: [panel][key / 4][16][4], a scale for every key.
void AttentionEmitter::encodeValues(OpBuilder &b) {
  forRange(b, keys, paddedKeys, 1, [&](OpBuilder &inner, Value t) {
    memref::StoreOp::create(inner, loc, real(inner, 0), valueScales, t);
  });
  forRange(b, index(0), groups, 1, [&](OpBuilder &inner, Value group) {
    Value first = mul(inner, group, index(4));
    SmallVector<SmallVector<Value>> codes(4);
    for (int64_t i = 0; i < 4; ++i) {
      Value t = add(inner, first, index(i));
      // Behind the last key its values again, with the factor 0.
      Value last = arith::SubIOp::create(inner, loc, keys, index(1));
      Value isInside =
          arith::CmpIOp::create(inner, loc, arith::CmpIPredicate::ult, t, keys);
      Value safe = arith::MinUIOp::create(inner, loc, t, last);
      SmallVector<Value> vectors;
      for (int64_t v = 0; v < widthVectors; ++v)
        vectors.push_back(loadRow(inner, value, safe, v * lanes, width));
      auto [scale, factor] = makeScales(inner, largestBits(inner, vectors));
      factor =
          arith::SelectOp::create(inner, loc, isInside, factor, real(inner, 0));
      scale =
          arith::SelectOp::create(inner, loc, isInside, scale, real(inner, 0));
      memref::StoreOp::create(inner, loc, scale, valueScales, t);
      Value factors = splat(inner, loc, factor);
      for (Value x : vectors)
        codes[i].push_back(toBytes(inner, loc, encode(inner, x, factors)));
    }
    auto halves = VectorType::get(lanes, inner.getI16Type());
    auto bytes = VectorType::get(lanes * 4, inner.getI8Type());
    for (int64_t v = 0; v < widthVectors; ++v) {
      // Four rows of 16 become 16 groups of four.
      Value even =
          vector::InterleaveOp::create(inner, loc, codes[0][v], codes[1][v]);
      Value odd =
          vector::InterleaveOp::create(inner, loc, codes[2][v], codes[3][v]);
      Value all = vector::InterleaveOp::create(
          inner, loc, vector::BitCastOp::create(inner, loc, halves, even),
          vector::BitCastOp::create(inner, loc, halves, odd));
      Value to = mul(inner,
                     add(inner,
                         mul(inner, index(v),
                             kernel.getIndex(keysExpr.ceilDiv(lanes) * 4)),
                         group),
                     index(lanes * 4));
      vector::StoreOp::create(inner, loc,
                              vector::BitCastOp::create(inner, loc, bytes, all),
                              packedValues, to);
    }
  });
}

/// Four bytes at \p at for every lane of a register.
Value AttentionEmitter::broadcastCodes(OpBuilder &b, Value buffer, Value at) {
  Value four = vector::LoadOp::create(b, loc, VectorType::get(4, b.getI8Type()),
                                      buffer, at);
  Value word = vector::ExtractOp::create(
      b, loc,
      vector::BitCastOp::create(b, loc, VectorType::get(1, b.getI32Type()),
                                four),
      int64_t(0));
  Value words = vector::BroadcastOp::create(
      b, loc, VectorType::get(registerLanes, b.getI32Type()), word);
  return vector::BitCastOp::create(
      b, loc, VectorType::get(registerLanes * 4, b.getI8Type()), words);
}

SmallVector<Value> AttentionEmitter::splitLanes(OpBuilder &b, Value vector) {
  if (registerLanes == lanes)
    return {vector};
  SmallVector<Value> parts;
  for (int64_t at = 0; at < lanes; at += registerLanes)
    parts.push_back(vector::ExtractStridedSliceOp::create(b, loc, vector, at,
                                                          registerLanes, 1));
  return parts;
}

Value AttentionEmitter::joinLanes(OpBuilder &b, ArrayRef<Value> parts) {
  if (parts.size() == 1)
    return parts[0];
  SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(0, lanes));
  return vector::ShuffleOp::create(b, loc, parts[0], parts[1], order);
}

void AttentionEmitter::scoreCodes(OpBuilder &b, Value row, int64_t count) {
  int64_t padded = featureVectors * lanes, steps = padded / 4;
  SmallVector<Value> rowScales;
  for (int64_t r = 0; r < count; ++r) {
    SmallVector<Value> vectors;
    for (int64_t v = 0; v < featureVectors; ++v)
      vectors.push_back(
          loadRow(b, query, add(b, row, index(r)), v * lanes, features));
    auto [scale, factor] = makeScales(b, largestBits(b, vectors));
    rowScales.push_back(splat(b, loc, scale));
    Value factors = splat(b, loc, factor);
    for (auto [v, x] : llvm::enumerate(vectors)) {
      Value bytes = toBytes(b, loc, encode(b, x, factors));
      if (isBiased)
        bytes = arith::XOrIOp::create(
            b, loc, bytes, splatConstant(b, loc, b.getI8Type(), -128));
      vector::StoreOp::create(
          b, loc, bytes, rowCodes,
          index(r * padded + static_cast<int64_t>(v) * lanes));
    }
  }
  auto bound = qt::BoundAttr::get(b.getContext(), isBiased ? 0 : -127,
                                  isBiased ? 255 : 127, -127, 127, steps, false,
                                  0, 0, 0, 0);
  auto ints = VectorType::get(lanes, b.getI32Type()),
       floats = VectorType::get(lanes, f32);
  auto bytes = VectorType::get(registerLanes * 4, b.getI8Type());
  forRange(b, index(0), panels, 1, [&](OpBuilder &inner, Value panel) {
    Value at = mul(inner, panel, index(lanes)),
          from = mul(inner, panel, index(padded * lanes));
    Value start = isBiased
                      ? vector::LoadOp::create(inner, loc, ints, keyStarts, at)
                            .getResult()
                      : splatConstant(inner, loc, inner.getI32Type(), 0);
    SmallVector<Value> initial;
    for (int64_t r = 0; r < count; ++r)
      llvm::append_range(initial, splitLanes(inner, start));
    size_t parts = initial.size() / count;
    auto loop = scf::ForOp::create(
        inner, loc, index(0), index(steps), index(1), initial,
        [&](OpBuilder &deep, Location, Value s, ValueRange carried) {
          SmallVector<Value> sums(carried), keysNow;
          Value place = add(deep, from, mul(deep, s, index(lanes * 4)));
          for (size_t i = 0; i < parts; ++i)
            keysNow.push_back(vector::LoadOp::create(
                deep, loc, bytes, packedKeys,
                add(deep, place,
                    index(static_cast<int64_t>(i) * registerLanes * 4))));
          for (int64_t r = 0; r < count; ++r) {
            Value q = broadcastCodes(
                deep, rowCodes,
                add(deep, index(r * padded), mul(deep, s, index(4))));
            for (size_t i = 0; i < parts; ++i) {
              Value &sum = sums[r * parts + i];
              sum = qt::DotOp::create(deep, loc, sum.getType(), 4, q,
                                      keysNow[i], sum, bound);
            }
          }
          scf::YieldOp::create(deep, loc, sums);
        });
    Value scale = vector::LoadOp::create(inner, loc, floats, keyScales, at);
    for (int64_t r = 0; r < count; ++r) {
      SmallVector<Value> own;
      for (size_t i = 0; i < parts; ++i)
        own.push_back(loop.getResult(r * parts + i));
      Value sum =
          arith::SIToFPOp::create(inner, loc, floats, joinLanes(inner, own));
      Value both = arith::MulFOp::create(inner, loc, rowScales[r], scale);
      vector::StoreOp::create(
          inner, loc, arith::MulFOp::create(inner, loc, sum, both), scores,
          add(inner, mul(inner, index(r), paddedKeys), at));
    }
  });
}

void AttentionEmitter::weighCodes(OpBuilder &b, Value row, int64_t count) {
  auto floats = VectorType::get(lanes, f32);
  auto ints = VectorType::get(lanes, b.getI32Type());
  Value noBits = splatConstant(b, loc, b.getI32Type(), 0);
  Value magnitude = splatConstant(b, loc, b.getI32Type(), 0x7fffffff);
  SmallVector<Value> rowScales;
  for (int64_t r = 0; r < count; ++r) {
    Value base = mul(b, index(r), paddedKeys);
    // The scales of the values go into the row, then it is encoded.
    auto largest = scf::ForOp::create(
        b, loc, index(0), paddedKeys, index(lanes), noBits,
        [&](OpBuilder &inner, Location, Value t, ValueRange carried) {
          Value at = add(inner, base, t);
          Value p = vector::LoadOp::create(inner, loc, floats, scores, at);
          Value s = vector::LoadOp::create(inner, loc, floats, valueScales, t);
          Value zero = splatConstant(inner, loc, f32, 0);
          // What is masked has no weight, whatever its value is.
          Value hasWeight = arith::CmpFOp::create(
              inner, loc, arith::CmpFPredicate::UNE, p, zero);
          Value w = arith::SelectOp::create(
              inner, loc, hasWeight, arith::MulFOp::create(inner, loc, p, s),
              zero);
          vector::StoreOp::create(inner, loc, w, scores, at);
          Value bits = arith::AndIOp::create(
              inner, loc, arith::BitcastOp::create(inner, loc, ints, w),
              magnitude);
          scf::YieldOp::create(
              inner, loc,
              ValueRange{arith::MaxUIOp::create(inner, loc, carried[0], bits)});
        });
    Value bits = reduceLanes(b, loc, largest.getResult(0),
                             [&](OpBuilder &inner, Value x, Value y) -> Value {
                               return arith::MaxUIOp::create(inner, loc, x, y);
                             });
    auto [scale, factor] = makeScales(b, bits);
    rowScales.push_back(splat(b, loc, scale));
    Value factors = splat(b, loc, factor);
    forRange(b, index(0), paddedKeys, lanes, [&](OpBuilder &inner, Value t) {
      Value at = add(inner, base, t);
      Value w = vector::LoadOp::create(inner, loc, floats, scores, at);
      vector::StoreOp::create(inner, loc,
                              toBytes(inner, loc, encode(inner, w, factors)),
                              weights, at);
    });
  }
  // Weights are not negative: 0..127 as they are.
  auto bound = qt::BoundAttr::get(b.getContext(), 0, 127, -127, 127,
                                  maxKeys / 4, false, 0, 0, 0, 0);
  auto bytes = VectorType::get(registerLanes * 4, b.getI8Type());
  size_t parts = lanes / registerLanes;
  for (int64_t v = 0; v < widthVectors; ++v) {
    SmallVector<Value> initial(
        count * parts,
        arith::ConstantOp::create(
            b, loc,
            b.getZeroAttr(VectorType::get(registerLanes, b.getI32Type()))));
    Value from = mul(b, index(v * lanes * 4),
                     kernel.getIndex(keysExpr.ceilDiv(lanes) * 4));
    auto loop = scf::ForOp::create(
        b, loc, index(0), groups, index(1), initial,
        [&](OpBuilder &inner, Location, Value group, ValueRange carried) {
          SmallVector<Value> sums(carried), now;
          Value place = add(inner, from, mul(inner, group, index(lanes * 4)));
          for (size_t i = 0; i < parts; ++i)
            now.push_back(vector::LoadOp::create(
                inner, loc, bytes, packedValues,
                add(inner, place,
                    index(static_cast<int64_t>(i) * registerLanes * 4))));
          for (int64_t r = 0; r < count; ++r) {
            Value p =
                broadcastCodes(inner, weights,
                               add(inner, mul(inner, index(r), paddedKeys),
                                   mul(inner, group, index(4))));
            for (size_t i = 0; i < parts; ++i) {
              Value &sum = sums[r * parts + i];
              sum = qt::DotOp::create(inner, loc, sum.getType(), 4, p, now[i],
                                      sum, bound);
            }
          }
          scf::YieldOp::create(inner, loc, sums);
        });
    Value mask;
    if (width - v * lanes < lanes)
      mask = vector::CreateMaskOp::create(b, loc,
                                          VectorType::get(lanes, b.getI1Type()),
                                          index(width - v * lanes));
    for (int64_t r = 0; r < count; ++r) {
      SmallVector<Value> own;
      for (size_t i = 0; i < parts; ++i)
        own.push_back(loop.getResult(r * parts + i));
      Value sum = arith::SIToFPOp::create(b, loc, floats, joinLanes(b, own));
      storeVector(
          b, loc, arith::MulFOp::create(b, loc, sum, rowScales[r]),
          result.buffer,
          add(b, rowOf(b, result, add(b, row, index(r))), index(v * lanes)),
          mask);
    }
  }
}
