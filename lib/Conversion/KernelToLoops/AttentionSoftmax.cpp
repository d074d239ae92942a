//===- AttentionSoftmax.cpp - Weights from scores -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// The product that makes scores finds the largest of each row on the way. One
// pass makes exponentials and their sum, and, where values are codes, takes
// their scales in and finds the largest weight; a second one encodes. Weights
// are not divided by their sum: the row of the result is.
//
//===----------------------------------------------------------------------===//

#include "AttentionEmitter.h"
#include "QuantizeMath.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "quantc/Conversion/KernelToLoops/Exponential.h"

using namespace mlir;
using namespace quantc;

static constexpr double infinity = std::numeric_limits<double>::infinity();

static Value larger(OpBuilder &b, Location loc, Value x, Value y) {
  Value less = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OLT, y, x);
  return arith::SelectOp::create(b, loc, less, x, y);
}

static Value largerBits(OpBuilder &b, Location loc, Value x, Value y) {
  return arith::MaxUIOp::create(b, loc, x, y);
}

SmallVector<Value> AttentionEmitter::scorePanels(OpBuilder &b, const Tile &tile,
                                                 PanelBody body) {
  SmallVector<Value> tops(tile.count, splatConstant(b, loc, f32, -infinity));
  return forPanels(b, tile.firstPanel, tile.panels, panelsAtOnce, tops, body);
}

/// Writes a score to its row; the larger one of it and \p top.
Value AttentionEmitter::keepScore(OpBuilder &b, int64_t r, Value position,
                                  Value score, Value top) {
  vector::StoreOp::create(b, loc, score, scores,
                          add(b, mul(b, index(r), paddedKeys), position));
  return larger(b, loc, top, score);
}

/// The exponentials of row \p r, in place, and what they sum up to.
void AttentionEmitter::emitExponentials(OpBuilder &b, const Tile &tile,
                                        Value r) {
  auto floats = VectorType::get(lanes, f32);
  auto ints = VectorType::get(lanes, b.getI32Type());
  Value base = mul(b, r, paddedKeys);
  Value top = splat(b, loc, memref::LoadOp::create(b, loc, rowTops, r));
  Value zero = splatConstant(b, loc, f32, 0);
  SmallVector<Value> initial{zero};
  if (isQuantized)
    initial.push_back(splatConstant(b, loc, b.getI32Type(), 0));
  auto loop = scf::ForOp::create(
      b, loc, tile.first, tile.padded, index(lanes), initial,
      [&](OpBuilder &inner, Location, Value t, ValueRange carried) {
        Value place = add(inner, base, t);
        Value s = vector::LoadOp::create(inner, loc, floats, scores, place);
        Value e = emitExpOfNonPositive(
            inner, loc, arith::SubFOp::create(inner, loc, s, top));
        SmallVector<Value> next{
            arith::AddFOp::create(inner, loc, carried[0], e)};
        if (isQuantized) {
          // What is masked has no weight, whatever its value is.
          Value scale =
              vector::LoadOp::create(inner, loc, floats, valueScales, t);
          Value hasWeight = arith::CmpFOp::create(
              inner, loc, arith::CmpFPredicate::UNE, e, zero);
          e = arith::SelectOp::create(
              inner, loc, hasWeight,
              arith::MulFOp::create(inner, loc, e, scale), zero);
          // Not negative: larger numbers have larger bits.
          next.push_back(
              largerBits(inner, loc, carried[1],
                         arith::BitcastOp::create(inner, loc, ints, e)));
        }
        vector::StoreOp::create(inner, loc, e, scores, place);
        scf::YieldOp::create(inner, loc, next);
      });
  Value sum = reduceLanes(b, loc, loop.getResult(0),
                          [&](OpBuilder &inner, Value x, Value y) -> Value {
                            return arith::AddFOp::create(inner, loc, x, y);
                          });
  memref::StoreOp::create(b, loc, sum, rowSums, r);
  if (!isQuantized)
    return;
  Value peak = reduceLanes(b, loc, loop.getResult(1),
                           [&](OpBuilder &inner, Value x, Value y) {
                             return largerBits(inner, loc, x, y);
                           });
  memref::StoreOp::create(b, loc, peak, rowPeaks, r);
}

void AttentionEmitter::emitSoftmax(OpBuilder &b, const Tile &tile,
                                   ArrayRef<Value> tops) {
  Value lowest = real(b, -infinity), zero = real(b, 0);
  for (auto [r, vector] : llvm::enumerate(tops)) {
    Value top =
        reduceLanes(b, loc, vector, [&](OpBuilder &inner, Value x, Value y) {
          return larger(inner, loc, x, y);
        });
    // A row whose keys are all hidden: nothing may be subtracted from -inf.
    Value isEmpty =
        arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, top, lowest);
    top = arith::SelectOp::create(b, loc, isEmpty, zero, top);
    memref::StoreOp::create(b, loc, top, rowTops,
                            index(static_cast<int64_t>(r)));
  }
  forRange(b, index(0), index(tile.count), 1, [&](OpBuilder &inner, Value r) {
    emitExponentials(inner, tile, r);
  });
  // All rows at once. Without a key the sum is 0, and so is the result.
  auto four = VectorType::get(rowsOfTile, f32);
  auto constant = [&](double value) -> Value {
    return arith::ConstantOp::create(
        b, loc, DenseElementsAttr::get(four, static_cast<float>(value)));
  };
  Value sums = vector::LoadOp::create(b, loc, four, rowSums, index(0));
  Value isEmpty = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, sums,
                                        constant(0));
  Value inverses = arith::DivFOp::create(b, loc, constant(1), sums);
  inverses = arith::SelectOp::create(b, loc, isEmpty, constant(0), inverses);
  if (isQuantized) {
    Value peaks = vector::LoadOp::create(
        b, loc, VectorType::get(rowsOfTile, b.getI32Type()), rowPeaks,
        index(0));
    auto [scales, factors] = makeScalesOf(b, loc, highest, peaks);
    vector::StoreOp::create(b, loc, factors, rowFactors, index(0));
    inverses = arith::MulFOp::create(b, loc, scales, inverses);
  }
  vector::StoreOp::create(b, loc, inverses, rowScales, index(0));
}

void AttentionEmitter::encodeWeights(OpBuilder &b, const Tile &tile) {
  auto floats = VectorType::get(lanes, f32);
  forRange(b, index(0), index(tile.count), 1, [&](OpBuilder &row, Value r) {
    Value base = mul(row, r, paddedKeys);
    Value factor =
        splat(row, loc, memref::LoadOp::create(row, loc, rowFactors, r));
    forRange(
        row, tile.first, tile.padded, lanes, [&](OpBuilder &inner, Value t) {
          Value at = add(inner, base, t);
          Value w = vector::LoadOp::create(inner, loc, floats, scores, at);
          vector::StoreOp::create(
              inner, loc, encode(inner, loc, op.getEncodingAttr(), w, factor),
              weights, at);
        });
  });
}

Value AttentionEmitter::maskOfWidth(OpBuilder &b, int64_t v) {
  if (width - v * lanes >= lanes)
    return Value();
  return vector::CreateMaskOp::create(
      b, loc, VectorType::get(lanes, b.getI1Type()), index(width - v * lanes));
}

/// The \p sum of weighted values of row \p r, vector \p v of its columns.
void AttentionEmitter::storeResult(OpBuilder &b, const Tile &tile, int64_t r,
                                   int64_t v, Value sum) {
  Value scale =
      splat(b, loc, memref::LoadOp::create(b, loc, rowScales, index(r)));
  storeVector(
      b, loc, arith::MulFOp::create(b, loc, sum, scale), result.buffer,
      add(b, rowOf(b, result, add(b, tile.row, index(r))), index(v * lanes)),
      maskOfWidth(b, v));
}

void AttentionEmitter::emitRows(OpBuilder &b, Value row, int64_t count) {
  Tile tile = makeTile(b, row, count);
  emitSoftmax(b, tile,
              isQuantized ? scoreCodes(b, tile) : scoreFloats(b, tile));
  if (isQuantized) {
    encodeWeights(b, tile);
    weighCodes(b, tile);
  } else {
    weighFloats(b, tile);
  }
}
