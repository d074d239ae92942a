//===- AttentionProducts.cpp - The two products of an attention -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionEmitter.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace quantc;

/// Panels of 16 keys: [panel][feature][16], zeros behind the last key.
void AttentionEmitter::packKeys(OpBuilder &b) {
  Value zero = splatConstant(b, loc, f32, 0);
  Value fours =
      arith::DivUIOp::create(b, loc, roundUp(b, visible, lanes), index(4));
  Value from = firstGroup(b, firstPanel);
  forRange(b, from, fours, 1, [&](OpBuilder &inner, Value group) {
    Value first = mul(inner, group, index(4));
    Value panel = arith::DivUIOp::create(inner, loc, first, index(lanes));
    Value lane = arith::RemUIOp::create(inner, loc, first, index(lanes));
    Value to = add(inner, mul(inner, panel, index(features * lanes)), lane);
    for (int64_t v = 0; v < featureVectors; ++v) {
      SmallVector<Value> rows;
      for (int64_t i = 0; i < 4; ++i) {
        Value t = add(inner, first, index(i));
        Value isInside = arith::CmpIOp::create(
            inner, loc, arith::CmpIPredicate::ult, t, keys);
        Value last = arith::SubIOp::create(inner, loc, keys, index(1));
        Value x =
            loadRow(inner, key, arith::MinUIOp::create(inner, loc, t, last),
                    v * lanes, features);
        rows.push_back(arith::SelectOp::create(inner, loc, isInside, x, zero));
      }
      Value all = interleaveFour(inner, loc, rows);
      for (int64_t i = 0; i < std::min(lanes, features - v * lanes); ++i) {
        Value part =
            vector::ExtractStridedSliceOp::create(inner, loc, all, i * 4, 4, 1);
        vector::StoreOp::create(inner, loc, part, packedKeys,
                                add(inner, to, index((v * lanes + i) * lanes)));
      }
    }
  });
}

/// Vectors of 16 features, [vector][key][16]: rows of heads side by side are
/// often a power of two apart, and the cache has few places for such rows.
void AttentionEmitter::packValues(OpBuilder &b) {
  valueStep = mul(b, paddedKeys, index(lanes));
  Value from = mul(b, firstGroup(b, firstPanel), index(4));
  forRange(b, from, visible, 1, [&](OpBuilder &inner, Value t) {
    Value to = mul(inner, t, index(lanes));
    for (int64_t v = 0; v < widthVectors; ++v)
      vector::StoreOp::create(
          inner, loc, loadRow(inner, value, t, v * lanes, width), packedValues,
          add(inner, to, mul(inner, index(v), valueStep)));
  });
  value = {packedValues, index(0), index(lanes)};
}

SmallVector<Value> AttentionEmitter::scoreFloats(OpBuilder &b,
                                                 const Tile &tile) {
  auto floats = VectorType::get(lanes, f32);
  SmallVector<Value> bases;
  for (int64_t r = 0; r < tile.count; ++r)
    bases.push_back(rowOf(b, query, add(b, tile.row, index(r))));
  Value scale = splatConstant(b, loc, f32, op.getScale().convertToDouble());
  return scorePanels(
      b, tile,
      [&](OpBuilder &inner, Value panel, int64_t count, ArrayRef<Value> tops) {
        Value from = mul(inner, panel, index(features * lanes));
        SmallVector<Value> initial(tile.count * count,
                                   splatConstant(inner, loc, f32, 0));
        auto loop = scf::ForOp::create(
            inner, loc, index(0), index(features), index(1), initial,
            [&](OpBuilder &deep, Location, Value d, ValueRange carried) {
              SmallVector<Value> next, now;
              Value place = add(deep, from, mul(deep, d, index(lanes)));
              for (int64_t p = 0; p < count; ++p)
                now.push_back(vector::LoadOp::create(
                    deep, loc, floats, packedKeys,
                    add(deep, place, index(p * features * lanes))));
              for (int64_t r = 0; r < tile.count; ++r) {
                Value q = splat(deep, loc,
                                memref::LoadOp::create(deep, loc, query.buffer,
                                                       add(deep, bases[r], d)));
                for (int64_t p = 0; p < count; ++p)
                  next.push_back(math::FmaOp::create(deep, loc, q, now[p],
                                                     carried[r * count + p]));
              }
              scf::YieldOp::create(deep, loc, next);
            });
        SmallVector<Value> next(tops);
        for (int64_t p = 0; p < count; ++p) {
          Value at = mul(inner, add(inner, panel, index(p)), index(lanes));
          for (int64_t r = 0; r < tile.count; ++r) {
            Value score = finishScore(inner, tile, r, at,
                                      loop.getResult(r * count + p), scale);
            next[r] = keepScore(inner, r, at, score, next[r]);
          }
        }
        return next;
      });
}

/// Sums of the values' vector \p v, weighted by the rows of scores. With
/// \p skips, keys without weight do not count, whatever their values are.
SmallVector<Value> AttentionEmitter::sumValues(OpBuilder &b, const Tile &tile,
                                               int64_t v, bool skips) {
  Value zero = splatConstant(b, loc, f32, 0);
  SmallVector<Value> initial(tile.count, zero);
  auto loop = scf::ForOp::create(
      b, loc, tile.first, tile.visible, index(1), initial,
      [&](OpBuilder &inner, Location, Value t, ValueRange carried) {
        // Packed rows are whole vectors.
        Value x = valueStep ? loadVector(inner, loc, value.buffer,
                                         add(inner, rowOf(inner, value, t),
                                             mul(inner, index(v), valueStep)),
                                         /*mask=*/Value())
                            : loadRow(inner, value, t, v * lanes, width);
        SmallVector<Value> next;
        for (int64_t r = 0; r < tile.count; ++r) {
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

void AttentionEmitter::weighFloats(OpBuilder &b, const Tile &tile) {
  for (int64_t v = 0; v < widthVectors; ++v) {
    SmallVector<Value> sums = sumValues(b, tile, v, /*skips=*/false);
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
                               sumValues(inner, tile, v, /*skips=*/true));
        },
        [&](OpBuilder &inner, Location) {
          scf::YieldOp::create(inner, loc, sums);
        });
    for (int64_t r = 0; r < tile.count; ++r)
      storeResult(b, tile, r, v, again.getResult(r));
  }
}
