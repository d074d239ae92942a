//===- AttentionCodes.cpp - An attention in codes ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// The operations of numerics::encodeAbsMax, one by one: the same codes.
//
//===----------------------------------------------------------------------===//

#include "AttentionEmitter.h"
#include "QuantizeMath.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace quantc;

Value AttentionEmitter::largestBits(OpBuilder &b, ArrayRef<Value> vectors) {
  Value largest;
  for (Value vector : vectors) {
    Value bits = getMagnitudes(b, loc, vector);
    largest = largest
                  ? arith::MaxUIOp::create(b, loc, largest, bits).getResult()
                  : bits;
  }
  return reduceLanes(b, loc, largest,
                     [&](OpBuilder &inner, Value x, Value y) -> Value {
                       return arith::MaxUIOp::create(inner, loc, x, y);
                     });
}

/// The codes of four rows from \p group * 4 on, vector by vector, whose scales
/// go to \p scales; behind the last key there are zeros.
SmallVector<SmallVector<Value>>
AttentionEmitter::encodeFour(OpBuilder &b, const Head &head, Value group,
                             int64_t size, Value scales) {
  Value first = mul(b, group, index(4));
  Value last = arith::SubIOp::create(b, loc, keys, index(1));
  SmallVector<SmallVector<Value>> vectors(4);
  SmallVector<Value> peaks;
  Value none = arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(0));
  for (int64_t i = 0; i < 4; ++i) {
    Value t = add(b, first, index(i));
    Value safe = arith::MinUIOp::create(b, loc, t, last);
    for (int64_t at = 0; at < size; at += lanes)
      vectors[i].push_back(loadRow(b, head, safe, at, size));
    // A row that does not exist is as one of zeros.
    Value isInside =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, t, keys);
    peaks.push_back(arith::SelectOp::create(b, loc, isInside,
                                            largestBits(b, vectors[i]), none));
  }
  Value all = vector::FromElementsOp::create(
      b, loc, VectorType::get(4, b.getI32Type()), peaks);
  auto [scale, factor] = makeScalesOf(b, loc, highest, all);
  vector::StoreOp::create(b, loc, scale, scales, first);
  for (int64_t i = 0; i < 4; ++i) {
    Value own = splat(b, loc, vector::ExtractOp::create(b, loc, factor, i));
    for (Value &x : vectors[i])
      x = encode(b, loc, op.getEncodingAttr(), x, own);
  }
  return vectors;
}

/// Panels of 16 keys: [panel][feature / 4][16][4], a scale for every key and,
/// for biased queries, what the sums start from.
void AttentionEmitter::encodeKeys(OpBuilder &b) {
  Value tooMany = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ugt, keys,
                                        index(maxAttentionKeys));
  auto guard = scf::IfOp::create(b, loc, tooMany, /*withElseRegion=*/false);
  OpBuilder refused = guard.getThenBodyBuilder();
  kernel.recordError(refused, KernelError::SizeOverflow);
  int64_t padded = featureVectors * lanes;
  // Keys that fill the last panel have scale 0.
  forRange(b, visible, roundUp(b, visible, lanes), 1,
           [&](OpBuilder &inner, Value t) {
             memref::StoreOp::create(inner, loc, real(inner, 0), keyScales, t);
             Value zero = arith::ConstantOp::create(inner, loc,
                                                    inner.getI32IntegerAttr(0));
             memref::StoreOp::create(inner, loc, zero, keyStarts, t);
           });
  auto words = VectorType::get(4, b.getI32Type());
  auto sums = VectorType::get(lanes, b.getI32Type());
  auto bytes = VectorType::get(lanes * 4, b.getI8Type());
  auto bound = qt::BoundAttr::get(b.getContext(), 1, 1, -127, 127,
                                  featureVectors, false, 0, 0, 0, 0);
  Value from = firstGroup(b, firstPanel);
  Value groups = arith::CeilDivUIOp::create(b, loc, visible, index(4));
  forRange(b, from, groups, 1, [&](OpBuilder &inner, Value group) {
    SmallVector<SmallVector<Value>> codes =
        encodeFour(inner, key, group, features, keyScales);
    Value first = mul(inner, group, index(4));
    Value panel = arith::DivUIOp::create(inner, loc, first, index(lanes));
    Value lane = arith::RemUIOp::create(inner, loc, first, index(lanes));
    Value to = add(inner, mul(inner, panel, index(padded * lanes)),
                   mul(inner, lane, index(4)));
    Value sum = arith::ConstantOp::create(inner, loc, inner.getZeroAttr(sums));
    for (int64_t v = 0; v < featureVectors; ++v) {
      SmallVector<Value> four;
      for (int64_t i = 0; i < 4; ++i)
        four.push_back(
            vector::BitCastOp::create(inner, loc, words, codes[i][v]));
      Value all = vector::BitCastOp::create(inner, loc, bytes,
                                            interleaveFour(inner, loc, four));
      for (int64_t group4 = 0; group4 < 4; ++group4) {
        Value part = vector::ExtractStridedSliceOp::create(
            inner, loc, all, group4 * lanes, lanes, 1);
        int64_t offset = (v * 4 + group4) * lanes * 4;
        vector::StoreOp::create(inner, loc, part, packedKeys,
                                add(inner, to, index(offset)));
      }
      if (isBiased)
        sum = qt::DotOp::create(
            inner, loc, sums, 4,
            arith::ConstantOp::create(inner, loc,
                                      DenseElementsAttr::get(bytes, int8_t(1))),
            all, sum, bound);
    }
    if (!isBiased)
      return;
    // Four lanes for each key, 4 apart.
    for (int64_t half = lanes / 2; half >= 4; half /= 2) {
      auto narrow = [&](int64_t at) -> Value {
        return vector::ExtractStridedSliceOp::create(inner, loc, sum, at, half,
                                                     1);
      };
      sum = arith::AddIOp::create(inner, loc, narrow(0), narrow(half));
    }
    Value bias = arith::ConstantOp::create(
        inner, loc, DenseElementsAttr::get(words, int32_t(-128)));
    vector::StoreOp::create(inner, loc,
                            arith::MulIOp::create(inner, loc, sum, bias),
                            keyStarts, first);
  });
}

/// Panels of 16 columns: [panel][key / 4][16][4], a scale for every key.
void AttentionEmitter::encodeValues(OpBuilder &b) {
  forRange(b, visible, roundUp(b, visible, lanes), 1,
           [&](OpBuilder &inner, Value t) {
             memref::StoreOp::create(inner, loc, real(inner, 0), valueScales,
                                     t);
           });
  Value from = firstGroup(b, firstPanel);
  Value groups = arith::CeilDivUIOp::create(b, loc, visible, index(4));
  forRange(b, from, groups, 1, [&](OpBuilder &inner, Value group) {
    SmallVector<SmallVector<Value>> codes =
        encodeFour(inner, value, group, width, valueScales);
    for (int64_t v = 0; v < widthVectors; ++v) {
      // Four rows of 16 become 16 groups of four.
      Value all = interleaveFour(
          inner, loc, {codes[0][v], codes[1][v], codes[2][v], codes[3][v]});
      Value to = mul(inner,
                     add(inner,
                         mul(inner, index(v),
                             kernel.getIndex(keysExpr.ceilDiv(lanes) * 4)),
                         group),
                     index(lanes * 4));
      vector::StoreOp::create(inner, loc, all, packedValues, to);
    }
  });
}

SmallVector<Value> AttentionEmitter::splitLanes(OpBuilder &b, Value vector) {
  if (registersOfPanel == 1)
    return {vector};
  SmallVector<Value> parts;
  for (int64_t at = 0; at < lanes; at += registerLanes)
    parts.push_back(vector::ExtractStridedSliceOp::create(b, loc, vector, at,
                                                          registerLanes, 1));
  return parts;
}

SmallVector<Value> AttentionEmitter::scoreCodes(OpBuilder &b,
                                                const Tile &tile) {
  int64_t padded = featureVectors * lanes, steps = padded / 4;
  SmallVector<SmallVector<Value>> vectors(tile.count);
  SmallVector<Value> peaks;
  for (int64_t r = 0; r < tile.count; ++r) {
    for (int64_t v = 0; v < featureVectors; ++v)
      vectors[r].push_back(
          loadRow(b, query, add(b, tile.row, index(r)), v * lanes, features));
    peaks.push_back(largestBits(b, vectors[r]));
  }
  auto several = VectorType::get(tile.count, b.getI32Type());
  auto [scales, factors] = makeScalesOf(
      b, loc, highest, vector::FromElementsOp::create(b, loc, several, peaks));
  Value scale = arith::ConstantOp::create(
      b, loc,
      DenseElementsAttr::get(several.clone(f32),
                             op.getScale().convertToFloat()));
  scales = arith::MulFOp::create(b, loc, scales, scale);
  SmallVector<Value> scaleOfRow;
  for (int64_t r = 0; r < tile.count; ++r) {
    scaleOfRow.push_back(
        splat(b, loc, vector::ExtractOp::create(b, loc, scales, r)));
    Value factor = splat(b, loc, vector::ExtractOp::create(b, loc, factors, r));
    for (auto [v, x] : llvm::enumerate(vectors[r])) {
      Value bytes = encode(b, loc, op.getEncodingAttr(), x, factor);
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
  size_t parts = registersOfPanel;
  return scorePanels(
      b, tile,
      [&](OpBuilder &inner, Value panel, int64_t count, ArrayRef<Value> tops) {
        Value from = mul(inner, panel, index(padded * lanes));
        SmallVector<Value> positions, starts, initial;
        for (int64_t p = 0; p < count; ++p) {
          positions.push_back(
              mul(inner, add(inner, panel, index(p)), index(lanes)));
          Value start = isBiased
                            ? vector::LoadOp::create(inner, loc, ints,
                                                     keyStarts, positions[p])
                                  .getResult()
                            : splatConstant(inner, loc, inner.getI32Type(), 0);
          llvm::append_range(starts, splitLanes(inner, start));
        }
        // By rows, panels and registers.
        for (int64_t r = 0; r < tile.count; ++r)
          llvm::append_range(initial, starts);
        size_t registers = starts.size();
        auto loop = scf::ForOp::create(
            inner, loc, index(0), index(steps), index(1), initial,
            [&](OpBuilder &deep, Location, Value s, ValueRange carried) {
              SmallVector<Value> sums(carried), now;
              Value place = add(deep, from, mul(deep, s, index(lanes * 4)));
              for (size_t i = 0; i < registers; ++i) {
                int64_t offset =
                    static_cast<int64_t>(i / parts) * padded * lanes +
                    static_cast<int64_t>(i % parts) * registerLanes * 4;
                now.push_back(
                    vector::LoadOp::create(deep, loc, bytes, packedKeys,
                                           add(deep, place, index(offset))));
              }
              for (int64_t r = 0; r < tile.count; ++r) {
                Value q = broadcastWord(
                    deep, loc, rowCodes,
                    add(deep, index(r * padded), mul(deep, s, index(4))), 4,
                    registerLanes);
                for (size_t i = 0; i < registers; ++i) {
                  Value &sum = sums[r * registers + i];
                  sum = qt::DotOp::create(deep, loc, sum.getType(), 4, q,
                                          now[i], sum, bound);
                }
              }
              scf::YieldOp::create(deep, loc, sums);
            });
        SmallVector<Value> next(tops);
        for (int64_t p = 0; p < count; ++p) {
          Value scale = vector::LoadOp::create(inner, loc, floats, keyScales,
                                               positions[p]);
          for (int64_t r = 0; r < tile.count; ++r) {
            SmallVector<Value> own;
            for (size_t i = 0; i < parts; ++i)
              own.push_back(loop.getResult(r * registers + p * parts + i));
            Value sum = arith::SIToFPOp::create(inner, loc, floats,
                                                joinLanes(inner, own));
            Value both =
                arith::MulFOp::create(inner, loc, scaleOfRow[r], scale);
            Value score = finishScore(inner, tile, r, positions[p], sum, both);
            next[r] = keepScore(inner, r, positions[p], score, next[r]);
          }
        }
        return next;
      });
}

void AttentionEmitter::weighCodes(OpBuilder &b, const Tile &tile) {
  // Weights are not negative: 0..127 as they are.
  auto bound = qt::BoundAttr::get(b.getContext(), 0, 127, -127, 127,
                                  maxAttentionKeys / 4, false, 0, 0, 0, 0);
  auto floats = VectorType::get(lanes, f32);
  auto bytes = VectorType::get(registerLanes * 4, b.getI8Type());
  int64_t parts = registersOfPanel;
  Value stride = kernel.getIndex(keysExpr.ceilDiv(lanes) * (4 * lanes * 4));
  Value visible = arith::CeilDivUIOp::create(b, loc, tile.visible, index(4));
  for (int64_t v = 0; v < widthVectors; v += panelsAtOnce) {
    int64_t registers = std::min(panelsAtOnce, widthVectors - v) * parts;
    Value zero = arith::ConstantOp::create(
        b, loc, b.getZeroAttr(VectorType::get(registerLanes, b.getI32Type())));
    SmallVector<Value> initial(tile.count * registers, zero), from;
    for (int64_t i = 0; i < registers; ++i)
      from.push_back(add(b, mul(b, index(v + i / parts), stride),
                         index(i % parts * registerLanes * 4)));
    auto loop = scf::ForOp::create(
        b, loc, firstGroup(b, tile.firstPanel), visible, index(1), initial,
        [&](OpBuilder &inner, Location, Value group, ValueRange carried) {
          SmallVector<Value> sums(carried), now;
          Value place = mul(inner, group, index(lanes * 4));
          for (Value start : from)
            now.push_back(vector::LoadOp::create(
                inner, loc, bytes, packedValues, add(inner, start, place)));
          for (int64_t r = 0; r < tile.count; ++r) {
            Value p = broadcastWord(inner, loc, weights,
                                    add(inner, mul(inner, index(r), paddedKeys),
                                        mul(inner, group, index(4))),
                                    4, registerLanes);
            for (int64_t i = 0; i < registers; ++i) {
              Value &sum = sums[r * registers + i];
              sum = qt::DotOp::create(inner, loc, sum.getType(), 4, p, now[i],
                                      sum, bound);
            }
          }
          scf::YieldOp::create(inner, loc, sums);
        });
    for (int64_t r = 0; r < tile.count; ++r)
      for (int64_t i = 0; i < registers; i += parts) {
        SmallVector<Value> own;
        for (int64_t part = 0; part < parts; ++part)
          own.push_back(loop.getResult(r * registers + i + part));
        storeResult(b, tile, r, v + i / parts,
                    arith::SIToFPOp::create(b, loc, floats, joinLanes(b, own)));
      }
  }
}
