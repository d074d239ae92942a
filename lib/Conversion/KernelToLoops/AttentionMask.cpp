//===- AttentionMask.cpp - Which keys a row sees -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// What hides keys from all rows alike, a mask without a dim of rows or the end
// of the keys inside a panel, is one row of numbers that are added to the
// scores. What differs from row to row is found for every row.
//
//===----------------------------------------------------------------------===//

#include "AttentionEmitter.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace quantc;

static constexpr double infinity = std::numeric_limits<double>::infinity();

/// Steps of the mask along the four dims of the scores, and where it goes.
void AttentionEmitter::prepareMask(OpBuilder &b, ArrayRef<AffineExpr> scores) {
  std::optional<int64_t> count = getConstantIndex(keys);
  isRagged = !count || *count % lanes != 0;
  if (op.getMask()) {
    ArrayRef<AffineExpr> own = shapes.getSizes(op.getMask());
    maskBuffer = kernel.getBuffer(cast<BlockArgument>(op.getMask()));
    maskSteps.assign(scores.size(), index(0));
    AffineExpr stride = shapes.getConstant(1);
    for (size_t dim = own.size(); dim-- > 0;) {
      size_t target = dim + scores.size() - own.size();
      maskSteps[target] =
          kernel.getBroadcastStep(b, own[dim], scores[target], stride);
      stride = shapes.getProduct({stride, own[dim]});
    }
  }
  bool isOfKeys = op.getMask() && getConstantIndex(maskSteps[2]) == 0;
  if (isOfKeys || (!op.getMask() && isRagged && !op.getCausal()))
    bias = kernel.allocateScratch(f32, keysExpr.ceilDiv(lanes) * lanes);
}

/// What is added to the scores of 16 keys from \p position on, by the row of
/// the mask that begins at \p from; 0 behind the last key.
Value AttentionEmitter::loadMask(OpBuilder &b, Value from, Value position) {
  std::optional<int64_t> known = getConstantIndex(maskSteps[3]);
  auto loadOne = [&]() -> Value {
    return splat(b, loc, memref::LoadOp::create(b, loc, maskBuffer, from));
  };
  if (known == 0)
    return loadOne();
  Value at = add(b, from, position);
  if (known && !isRagged)
    return loadVector(b, loc, maskBuffer, at, Value());
  Value left = arith::SubIOp::create(b, loc, keys, position);
  // One number for all keys, as run time finds: no lanes but the first exist.
  Value isOne;
  if (!known) {
    isOne = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                  maskSteps[3], index(0));
    left = arith::SelectOp::create(b, loc, isOne, index(0), left);
  }
  Value mask = vector::CreateMaskOp::create(
      b, loc, VectorType::get(lanes, b.getI1Type()), left);
  Value many = loadVector(b, loc, maskBuffer, at, mask);
  return isOne ? arith::SelectOp::create(b, loc, isOne, loadOne(), many)
                     .getResult()
               : many;
}

/// The lanes from \p position on that lie before \p bound.
static Value lanesBefore(OpBuilder &b, Location loc, Value position,
                         Value bound) {
  auto ints = VectorType::get(lanes, b.getI32Type());
  SmallVector<int32_t> numbers = llvm::to_vector(llvm::seq<int32_t>(0, lanes));
  Value steps = arith::ConstantOp::create(
      b, loc, DenseElementsAttr::get(ints, ArrayRef(numbers)));
  // Clamped first: the difference may not fit 32 bits.
  Value left = arith::SubIOp::create(b, loc, bound, position);
  Value most = arith::ConstantIndexOp::create(b, loc, lanes),
        least = arith::ConstantIndexOp::create(b, loc, 0);
  left = arith::MaxSIOp::create(
      b, loc, arith::MinSIOp::create(b, loc, left, most), least);
  Value count = arith::IndexCastOp::create(b, loc, b.getI32Type(), left);
  return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, steps,
                               splat(b, loc, count));
}

/// Once for all rows of a head.
void AttentionEmitter::prepareBias(OpBuilder &b) {
  if (!bias)
    return;
  forRange(b, index(0), paddedKeys, lanes, [&](OpBuilder &inner, Value t) {
    Value row = op.getMask() ? loadMask(inner, maskBase, t)
                             : splatConstant(inner, loc, f32, 0);
    if (isRagged)
      row = arith::SelectOp::create(inner, loc,
                                    lanesBefore(inner, loc, t, keys), row,
                                    splatConstant(inner, loc, f32, -infinity));
    vector::StoreOp::create(inner, loc, row, bias, t);
  });
}

/// Keys that a row before \p last sees. Causal rows see keys up to row + keys -
/// queries, so that nobody has to look at those behind.
Value AttentionEmitter::countVisible(OpBuilder &b, Value last) {
  if (!op.getCausal())
    return keys;
  Value bound = add(b, last, arith::SubIOp::create(b, loc, keys, queries));
  return arith::MaxSIOp::create(
      b, loc, arith::MinSIOp::create(b, loc, bound, keys), index(0));
}

AttentionEmitter::Tile AttentionEmitter::makeTile(OpBuilder &b, Value row,
                                                  int64_t count) {
  Tile tile{
      row, count, countVisible(b, add(b, row, index(count))), {}, paddedKeys};
  tile.panels = arith::CeilDivUIOp::create(b, loc, tile.visible, index(lanes));
  if (op.getCausal())
    tile.padded = mul(b, tile.panels, index(lanes));
  return tile;
}

/// \p factor times the product \p sum of row \p r of the tile with 16 keys;
/// -inf where a key is hidden.
Value AttentionEmitter::finishScore(OpBuilder &b, const Tile &tile, int64_t r,
                                    Value position, Value sum, Value factor) {
  Value row = add(b, tile.row, index(r)), added;
  if (bias)
    added = vector::LoadOp::create(b, loc, VectorType::get(lanes, f32), bias,
                                   position);
  else if (op.getMask())
    added = loadMask(b, add(b, maskBase, mul(b, row, maskSteps[2])), position);
  Value score =
      added ? math::FmaOp::create(b, loc, sum, factor, added).getResult()
            : arith::MulFOp::create(b, loc, sum, factor).getResult();
  Value bound;
  if (op.getCausal())
    bound = arith::MinSIOp::create(
        b, loc, keys,
        add(b, add(b, row, index(1)),
            arith::SubIOp::create(b, loc, keys, queries)));
  else if (!bias && isRagged)
    bound = keys;
  if (!bound)
    return score;
  return arith::SelectOp::create(b, loc, lanesBefore(b, loc, position, bound),
                                 score, splatConstant(b, loc, f32, -infinity));
}
