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
// scores. What differs from row to row is found for every row. Panels that no
// row of a tile sees are skipped.
//
//===----------------------------------------------------------------------===//

#include "AttentionEmitter.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "quantc/Dialect/NN/IR/KeyWindow.h"
#include "quantc/Dialect/NN/IR/NNOps.h"

using namespace mlir;
using namespace quantc;

static constexpr double infinity = std::numeric_limits<double>::infinity();

/// Steps of the mask along the four dims of the scores, and where it goes.
void AttentionEmitter::prepareMask(OpBuilder &b, ArrayRef<AffineExpr> scores) {
  std::optional<int64_t> count = getConstantIndex(keys);
  isRagged = op.getLengths() || !count || *count % lanes != 0;
  if (op.getMask())
    prepareSteps(b, op.getMask(), scores);
  bool isOfKeys = op.getMask() && getConstantIndex(maskSteps[2]) == 0;
  if (isOfKeys || (!op.getMask() && isRagged && !isWindowed()))
    bias = kernel.allocateScratch(f32, paddedExpr);
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
                                    lanesBefore(inner, loc, t, itemKeys), row,
                                    splatConstant(inner, loc, f32, -infinity));
    vector::StoreOp::create(inner, loc, row, bias, t);
  });
}

void AttentionEmitter::prepareWindow(OpBuilder &b, AffineExpr batch) {
  auto prepare = [&](Value list, Value &buffer, Value &step) {
    if (!list)
      return;
    buffer = kernel.getBuffer(cast<BlockArgument>(list));
    step = kernel.getBroadcastStep(b, shapes.getSizes(list)[0], batch,
                                   shapes.getConstant(1));
  };
  prepare(op.getLengths(), lengthBuffer, lengthStep);
  prepare(op.getOffset(), offsetBuffer, offsetStep);
}

/// What of the windows depends on the batch item.
void AttentionEmitter::locateWindow(OpBuilder &b, Value batch) {
  // What a list says of the item, no less than \p least and no more than
  // \p most.
  auto load = [&](Value buffer, Value step, Value least, Value most) -> Value {
    Value number = memref::LoadOp::create(b, loc, buffer, mul(b, batch, step));
    number = arith::IndexCastOp::create(b, loc, b.getIndexType(), number);
    return arith::MaxSIOp::create(
        b, loc, arith::MinSIOp::create(b, loc, number, most), least);
  };
  itemKeys = keys;
  if (lengthBuffer)
    itemKeys = load(lengthBuffer, lengthStep, index(0), keys);
  if (offsetBuffer)
    offset = load(offsetBuffer, offsetStep, index(-nn::farthestKey),
                  index(nn::farthestKey));
}

/// The key at which query \p row stands.
Value AttentionEmitter::positionOf(OpBuilder &b, Value row) {
  // Without an offset the last query stands at the last key.
  return add(b, row,
             offset ? offset : arith::SubIOp::create(b, loc, keys, queries));
}

/// The end of the keys that rows before \p last see, so that nobody has to
/// look at those behind.
Value AttentionEmitter::countVisible(OpBuilder &b, Value last) {
  if (!right)
    return itemKeys;
  Value bound = positionOf(b, last);
  if (*right != 0)
    bound = add(b, bound, index(std::min(*right, nn::farthestKey)));
  return arith::MaxSIOp::create(
      b, loc, arith::MinSIOp::create(b, loc, bound, itemKeys), index(0));
}

/// The first key that \p row sees by its window to the left.
Value AttentionEmitter::findFirst(OpBuilder &b, Value row) {
  auto left = static_cast<int64_t>(*op.getLeftWindow());
  return arith::SubIOp::create(b, loc, positionOf(b, row),
                               index(std::min(left, nn::farthestKey)));
}

/// The first panel of which rows from \p row on see a key before \p end.
Value AttentionEmitter::findFirstPanel(OpBuilder &b, Value row, Value end) {
  if (!op.getLeftWindow())
    return index(0);
  Value first = arith::MaxSIOp::create(
      b, loc, arith::MinSIOp::create(b, loc, findFirst(b, row), end), index(0));
  return arith::DivUIOp::create(b, loc, first, index(lanes));
}

AttentionEmitter::Tile AttentionEmitter::makeTile(OpBuilder &b, Value row,
                                                  int64_t count) {
  Tile tile;
  tile.row = row;
  tile.count = count;
  tile.visible = countVisible(b, add(b, row, index(count)));
  tile.panels = arith::CeilDivUIOp::create(b, loc, tile.visible, index(lanes));
  tile.padded =
      right || op.getLengths() ? mul(b, tile.panels, index(lanes)) : paddedKeys;
  tile.firstPanel = findFirstPanel(b, row, tile.visible);
  tile.first = op.getLeftWindow() ? mul(b, tile.firstPanel, index(lanes))
                                  : tile.firstPanel;
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
  if (std::optional<APFloat> cap = op.getSoftcap()) {
    double value = cap->convertToDouble();
    sum = arith::MulFOp::create(b, loc, sum, factor);
    sum = arith::DivFOp::create(b, loc, sum, splatConstant(b, loc, f32, value));
    sum = nn::UnaryOp::create(b, loc, sum.getType(), nn::UnaryKind::Tanh, sum);
    factor = splatConstant(b, loc, f32, value);
  }
  Value score =
      added ? math::FmaOp::create(b, loc, sum, factor, added).getResult()
            : arith::MulFOp::create(b, loc, sum, factor).getResult();
  auto hideUnless = [&](Value isSeen) {
    score = arith::SelectOp::create(b, loc, isSeen, score,
                                    splatConstant(b, loc, f32, -infinity));
  };
  if (right) {
    Value bound = positionOf(b, add(b, row, index(1)));
    if (*right != 0)
      bound = add(b, bound, index(std::min(*right, nn::farthestKey)));
    bound = arith::MinSIOp::create(b, loc, itemKeys, bound);
    hideUnless(lanesBefore(b, loc, position, bound));
  } else if (!bias && isRagged) {
    hideUnless(lanesBefore(b, loc, position, itemKeys));
  }
  if (op.getLeftWindow()) {
    Value isBefore = lanesBefore(b, loc, position, findFirst(b, row));
    score = arith::SelectOp::create(
        b, loc, isBefore, splatConstant(b, loc, f32, -infinity), score);
  }
  return score;
}
