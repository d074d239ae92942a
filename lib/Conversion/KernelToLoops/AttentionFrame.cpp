//===- AttentionFrame.cpp - What attention kernels share --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionFrame.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantc;

/// Rows that share one packing of keys and values, at most.
static constexpr int64_t rowsOfBlock = 256;
/// Units below which heads are cut further, for threads to share.
static constexpr int64_t fewUnits = 4;

void AttentionFrame::setSizes(int64_t keyFeatures, int64_t valueFeatures,
                              int64_t dotLanes, int64_t panels) {
  features = keyFeatures;
  width = valueFeatures;
  featureVectors = llvm::divideCeil(features, lanes);
  widthVectors = llvm::divideCeil(width, lanes);
  registerLanes = dotLanes;
  registersOfPanel = lanes / registerLanes;
  panelsAtOnce = panels;
}

SmallVector<AffineExpr> AttentionFrame::getHeadSizes(Value tensor,
                                                     qt::HeadOrder order) {
  SmallVector<AffineExpr> sizes(shapes.getSizes(tensor));
  if (order == qt::HeadOrder::BSHD)
    std::swap(sizes[1], sizes[2]);
  return sizes;
}

void AttentionFrame::requireHeads(ArrayRef<AffineExpr> q,
                                  ArrayRef<AffineExpr> k,
                                  ArrayRef<AffineExpr> v) {
  kernel.requireEqual(q[0], k[0]);
  for (size_t dim : {0, 1, 2})
    kernel.requireEqual(k[dim], v[dim]);
  if (isa<AffineConstantExpr>(q[1]) && isa<AffineConstantExpr>(k[1]))
    return;
  OpBuilder &b = kernel.getBuilder();
  Value share = arith::MaxUIOp::create(b, loc, kernel.getIndex(k[1]), index(1));
  Value rest = arith::RemUIOp::create(b, loc, kernel.getIndex(q[1]), share);
  kernel.require(
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, rest, index(0)),
      KernelError::ShapeMismatch);
}

AttentionFrame::Blocks AttentionFrame::prepareRows(ArrayRef<AffineExpr> q,
                                                   ArrayRef<AffineExpr> k) {
  // Blocks of equal size, and more of them where there are few heads: not as
  // many as one might have, since each packs the keys anew.
  AffineExpr pairs = shapes.getProduct({k[0], k[1]});
  AffineExpr blocks = q[2].ceilDiv(rowsOfBlock);
  AffineExpr cuts = shapes.getConstant(fewUnits).ceilDiv(pairs * blocks + 1);
  blocks = blocks * cuts;
  kernel.setIterations(pairs * blocks, 1);
  keysExpr = k[2];
  paddedExpr = keysExpr.ceilDiv(lanes) * lanes;
  queries = kernel.getIndex(q[2]);
  keys = kernel.getIndex(keysExpr);
  paddedKeys = kernel.getIndex(paddedExpr);
  return {blocks, q[2].ceilDiv(blocks).ceilDiv(rowsOfTile) * rowsOfTile};
}

void AttentionFrame::prepareSteps(OpBuilder &b, Value mask,
                                  ArrayRef<AffineExpr> scores) {
  SmallVector<AffineExpr> own(shapes.getSizes(mask));
  maskBuffer = kernel.getBuffer(cast<BlockArgument>(mask));
  maskSteps.assign(scores.size(), index(0));
  AffineExpr stride = shapes.getConstant(1);
  for (size_t dim = own.size(); dim-- > 0;) {
    size_t target = dim + scores.size() - own.size();
    maskSteps[target] =
        kernel.getBroadcastStep(b, own[dim], scores[target], stride);
    stride = shapes.getProduct({stride, own[dim]});
  }
}

SmallVector<Value> AttentionFrame::forPanels(OpBuilder &b, Value first,
                                             Value last, int64_t most,
                                             ArrayRef<Value> initial,
                                             PanelBody body) {
  SmallVector<Value> values(initial);
  bool isFromZero = getConstantIndex(first) == 0;
  Value done = first;
  for (int64_t step = most; step >= 1; step /= 2) {
    Value end = last;
    if (step > 1) {
      // Whole steps from the first panel on.
      if (!isFromZero)
        end = arith::SubIOp::create(b, loc, end, done);
      end =
          mul(b, arith::DivUIOp::create(b, loc, end, index(step)), index(step));
      if (!isFromZero)
        end = add(b, end, done);
    }
    auto loop = scf::ForOp::create(
        b, loc, done, end, index(step), values,
        [&](OpBuilder &inner, Location, Value panel, ValueRange carried) {
          scf::YieldOp::create(
              inner, loc, body(inner, panel, step, llvm::to_vector(carried)));
        });
    values.assign(loop.result_begin(), loop.result_end());
    done = end;
  }
  return values;
}

Value AttentionFrame::joinLanes(OpBuilder &b, ArrayRef<Value> parts) {
  if (registersOfPanel == 1)
    return parts[0];
  SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(0, lanes));
  return vector::ShuffleOp::create(b, loc, parts[0], parts[1], order);
}

void AttentionFrame::forEachTile(OpBuilder &b, Value first, Value last,
                                 RowsBody body) {
  Value count = arith::SubIOp::create(b, loc, last, first);
  Value isFull = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::uge, count,
                                       index(rowsOfTile));
  auto branch = scf::IfOp::create(b, loc, isFull, /*withElseRegion=*/true);
  OpBuilder many = branch.getThenBodyBuilder();
  // The last tile begins early rather than being short: rows that are computed
  // twice are the same twice.
  Value latest = arith::SubIOp::create(many, loc, last, index(rowsOfTile));
  forRange(many, first, last, rowsOfTile, [&](OpBuilder &inner, Value row) {
    body(inner, arith::MinUIOp::create(inner, loc, row, latest), rowsOfTile);
  });
  OpBuilder few = branch.getElseBodyBuilder();
  forRange(few, first, last, 1,
           [&](OpBuilder &inner, Value row) { body(inner, row, 1); });
}
