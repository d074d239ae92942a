//===- IntegerAttentionKernel.cpp - Kernels of integer attention -*- C++
//-*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A unit is one key head of one batch item and a block of the rows of those
// query heads that share it. Keys and values are packed into scratch as panels
// of 16; the scores of a few rows stay in scratch between the two products. The
// steps are those of fixed::attend, with the same bits.
//
//===----------------------------------------------------------------------===//

#include "Generators.h"
#include "IntegerAttention.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "quantc/Numerics/Fixed/Attention.h"

using namespace mlir;
using namespace quantc;

bool quantc::canEmitIntegerAttention(func::FuncOp kernel) {
  auto op = dyn_cast_or_null<qt::IntegerAttentionOp>(getOnlyOp(kernel));
  if (!op || ShapedType::isDynamic(op.getQ().getType().getShape().back()) ||
      ShapedType::isDynamic(op.getV().getType().getShape().back()))
    return false;
  return llvm::all_of(op->getOperands(), [](Value operand) {
    return isa<BlockArgument>(operand);
  });
}

IntegerAttention::IntegerAttention(KernelBuilder &kernel,
                                   qt::IntegerAttentionOp op)
    : AttentionFrame(kernel), op(op),
      target(CpuTarget::get(kernel.getKernel()->getParentOfType<ModuleOp>())) {
  bool isWide = target.has("avx512bw");
  setSizes(op.getQ().getType().getShape().back(),
           op.getV().getType().getShape().back(), isWide ? 16 : 8,
           isWide ? 4 : 1);
  // Sums of two products of bytes do not fit 16 bits.
  valueWays = isWide && target.has("avx512vnni") ? 4 : 2;
  hasHalves =
      isWide ? target.has("avx512vl") && valueWays == 4 : target.has("avx2");
  multiplier = numerics::fixed::makeScoreMultiplier(
      op.getScale().convertToDouble(), features);
}

IntegerAttention::Head IntegerAttention::locate(OpBuilder &b, Value codes,
                                                Value exponents, int64_t size,
                                                qt::HeadOrder order,
                                                Value heads, Value rows,
                                                Value batch, Value head) {
  if (order == qt::HeadOrder::BHSD)
    return {codes, exponents, mul(b, add(b, mul(b, batch, heads), head), rows),
            index(1), size};
  return {codes, exponents, add(b, mul(b, mul(b, batch, rows), heads), head),
          heads, size};
}

/// The number of row \p row of a head in its tensor.
Value IntegerAttention::rowOf(OpBuilder &b, const Head &head, Value row) {
  return add(b, head.first, mul(b, row, head.step));
}

/// 16 elements of a row from \p at on; what is beyond its end is zero.
Value IntegerAttention::loadRow(OpBuilder &b, const Head &head, Value row,
                                int64_t at) {
  Value mask;
  if (head.size - at < lanes)
    mask = vector::CreateMaskOp::create(
        b, loc, VectorType::get(lanes, b.getI1Type()), index(head.size - at));
  Value from = add(b, mul(b, rowOf(b, head, row), index(head.size)), index(at));
  return loadVector(b, loc, head.codes, from, mask);
}

Value IntegerAttention::loadExponent(OpBuilder &b, const Head &head,
                                     Value row) {
  Words w(b, loc, /*isVector=*/false);
  return w.extend(
      memref::LoadOp::create(b, loc, head.exponents, rowOf(b, head, row)));
}

/// Sizes that only run time knows must be what they meet.
void IntegerAttention::requireSizes(ArrayRef<AffineExpr> q,
                                    ArrayRef<AffineExpr> k,
                                    ArrayRef<AffineExpr> v) {
  requireHeads(q, k, v);
  if (!isa<AffineConstantExpr>(k[2]))
    kernel.requireAtMost(kernel.getIndex(k[2]),
                         qt::IntegerAttentionOp::mostKeys);
  if (!op.getMask())
    return;
  SmallVector<AffineExpr> scores{q[0], q[1], q[2], k[2]},
      mask(shapes.getSizes(op.getMask()));
  kernel.requireBroadcast(mask, scores);
  kernel.requireEqual(mask.back(), k[2]);
}

/// What the exponents of keys and values mean for their shifts.
void IntegerAttention::packExponents(OpBuilder &b) {
  Words w(b, loc, /*isVector=*/false);
  int64_t unit = multiplier.exponent + 15;
  Value far = w.number(INT32_MAX);
  auto loop = scf::ForOp::create(
      b, loc, index(0), keys, index(1), far,
      [&](OpBuilder &inner, Location, Value t, ValueRange carried) {
        Words own(inner, loc, /*isVector=*/false);
        Value places =
            own.sub(own.number(-unit - 1), loadExponent(inner, key, t));
        memref::StoreOp::create(inner, loc, places, keyPlaces, t);
        // Not negative, so that the least of them fits beside a power.
        Value value8 = own.sub(own.number(128), loadExponent(inner, value, t));
        if (hasHalves)
          value8 = own.truncate(value8, 16);
        memref::StoreOp::create(inner, loc, value8, valuePlaces, t);
        if (isRagged)
          memref::StoreOp::create(inner, loc, own.number(INT32_MAX), keyLimits,
                                  t);
        scf::YieldOp::create(inner, loc, own.min(carried[0], places));
      });
  leastPlaces = loop.getResult(0);
  if (!isRagged)
    return;
  // What fills the last panel is hidden, and shifted by no less than no place
  // whatever the query.
  forRange(b, keys, paddedKeys, 1, [&](OpBuilder &inner, Value t) {
    Words own(inner, loc, /*isVector=*/false);
    Type element = cast<MemRefType>(valuePlaces.getType()).getElementType();
    Value zero =
        arith::ConstantOp::create(inner, loc, inner.getZeroAttr(element));
    memref::StoreOp::create(inner, loc, own.number(farPlaces), keyPlaces, t);
    memref::StoreOp::create(inner, loc, zero, valuePlaces, t);
    memref::StoreOp::create(inner, loc, own.number(hiddenScore), keyLimits, t);
  });
}

/// The first \p vectors of 16 features of all keys.
void IntegerAttention::packSquares(OpBuilder &b, Value last, int64_t vectors) {
  if (vectors == 0)
    return;
  Value panels = arith::DivUIOp::create(b, loc, paddedKeys, index(lanes));
  auto halves = VectorType::get(2 * lanes, b.getI16Type());
  auto words = VectorType::get(lanes, b.getI32Type());
  forRange(b, index(0), panels, 1, [&](OpBuilder &inner, Value panel) {
    Value first = mul(inner, panel, index(lanes));
    Value to = mul(inner, first, index(featureVectors * lanes));
    for (int64_t v = 0; v < vectors; v += 2) {
      SmallVector<Value> square;
      for (int64_t i = 0; i < lanes; ++i) {
        Value t = arith::MinUIOp::create(inner, loc,
                                         add(inner, first, index(i)), last);
        Value from =
            add(inner, mul(inner, rowOf(inner, key, t), index(key.size)),
                index(v * lanes));
        square.push_back(vector::BitCastOp::create(
            inner, loc, words,
            vector::LoadOp::create(inner, loc, halves, key.codes, from)));
      }
      for (auto [pair, of] :
           llvm::enumerate(turnSquare(inner, loc, std::move(square)))) {
        int64_t offset =
            (v * lanes / 2 + static_cast<int64_t>(pair)) * lanes * 2;
        vector::StoreOp::create(
            inner, loc, vector::BitCastOp::create(inner, loc, halves, of),
            packedKeys, add(inner, to, index(offset)));
      }
    }
  });
}

/// Panels of 16 keys: [panel][feature / 2][16][2].
void IntegerAttention::packKeys(OpBuilder &b) {
  Value last = arith::SubIOp::create(b, loc, keys, index(1));
  int64_t turned = 0;
  // Pairs of features are words, of which registers hold squares.
  if (registersOfPanel == 1) {
    turned = features / (2 * lanes) * 2;
    packSquares(b, last, turned);
  }
  if (turned == featureVectors)
    return;
  Value groups = arith::CeilDivUIOp::create(b, loc, keys, index(4));
  auto words = VectorType::get(lanes / 2, b.getI32Type());
  auto halves = VectorType::get(lanes * 4, b.getI16Type());
  int64_t panelSize = featureVectors * lanes * lanes;
  forRange(b, index(0), groups, 1, [&](OpBuilder &inner, Value group) {
    Value first = mul(inner, group, index(4));
    Value panel = arith::DivUIOp::create(inner, loc, first, index(lanes));
    Value lane = arith::RemUIOp::create(inner, loc, first, index(lanes));
    Value to = add(inner, mul(inner, panel, index(panelSize)),
                   mul(inner, lane, index(2)));
    for (int64_t v = turned; v < featureVectors; ++v) {
      SmallVector<Value> four;
      for (int64_t i = 0; i < 4; ++i) {
        Value t = arith::MinUIOp::create(inner, loc,
                                         add(inner, first, index(i)), last);
        four.push_back(vector::BitCastOp::create(
            inner, loc, words, loadRow(inner, key, t, v * lanes)));
      }
      Value all = vector::BitCastOp::create(inner, loc, halves,
                                            interleaveFour(inner, loc, four));
      // Two features of four keys.
      for (int64_t pair = 0; pair < lanes / 2; ++pair) {
        Value part = vector::ExtractStridedSliceOp::create(inner, loc, all,
                                                           pair * 8, 8, 1);
        int64_t offset = (v * lanes / 2 + pair) * lanes * 2;
        vector::StoreOp::create(inner, loc, part, packedKeys,
                                add(inner, to, index(offset)));
      }
    }
  });
}

/// Panels of 16 columns: [panel][key / ways][16][ways].
void IntegerAttention::packValues(OpBuilder &b) {
  Value last = arith::SubIOp::create(b, loc, keys, index(1));
  Value groups = arith::CeilDivUIOp::create(b, loc, keys, index(valueWays));
  auto halves = VectorType::get(lanes, b.getI16Type());
  forRange(b, index(0), groups, 1, [&](OpBuilder &inner, Value group) {
    for (int64_t v = 0; v < widthVectors; ++v) {
      SmallVector<Value> rows;
      for (int64_t i = 0; i < valueWays; ++i) {
        Value t = add(inner, mul(inner, group, index(valueWays)), index(i));
        t = arith::MinUIOp::create(inner, loc, t, last);
        Value row = loadRow(inner, value, t, v * lanes);
        if (valueWays == 2)
          row = arith::ExtSIOp::create(inner, loc, halves, row);
        rows.push_back(row);
      }
      Value all = valueWays == 2 ? Value(vector::InterleaveOp::create(
                                       inner, loc, rows[0], rows[1]))
                                 : interleaveFour(inner, loc, rows);
      Value panel = mul(inner, index(v * lanes), paddedKeys);
      Value to = add(inner, panel, mul(inner, group, index(lanes * valueWays)));
      vector::StoreOp::create(inner, loc, all, packedValues, to);
    }
  });
}

/// Causal rows see keys up to row + keys - queries.
Value IntegerAttention::countVisible(OpBuilder &b, Value row) {
  if (!op.getCausal())
    return keys;
  Value bound = add(b, add(b, row, index(1)),
                    arith::SubIOp::create(b, loc, keys, queries));
  return arith::MaxSIOp::create(
      b, loc, arith::MinSIOp::create(b, loc, bound, keys), index(0));
}

void IntegerAttention::emitUnit(OpBuilder &b, Value unit) {
  auto bufferOf = [&](Value operand) {
    return kernel.getBuffer(cast<BlockArgument>(operand));
  };
  Value block = arith::RemUIOp::create(b, loc, unit, blockCount);
  Value both = arith::DivUIOp::create(b, loc, unit, blockCount);
  Value keyHead = arith::RemUIOp::create(b, loc, both, keyHeads);
  Value batch = arith::DivUIOp::create(b, loc, both, keyHeads);
  key = locate(b, bufferOf(op.getK()), bufferOf(op.getKExponents()), features,
               op.getKOrder(), keyHeads, keys, batch, keyHead);
  value = locate(b, bufferOf(op.getV()), bufferOf(op.getVExponents()), width,
                 op.getVOrder(), keyHeads, keys, batch, keyHead);
  Value first = mul(b, block, blockRows);
  // Rounding up may leave the last block without rows.
  Value hasRows =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, first, queries);
  auto guard = scf::IfOp::create(b, loc, hasRows);
  OpBuilder inner = guard.getThenBodyBuilder();
  Value last =
      arith::MinUIOp::create(inner, loc, add(inner, first, blockRows), queries);
  packExponents(inner);
  packKeys(inner);
  packValues(inner);
  // Neighbouring query heads share keys.
  forRange(inner, index(0), share, 1, [&](OpBuilder &deep, Value h) {
    Value head = add(deep, mul(deep, keyHead, share), h);
    query = locate(deep, bufferOf(op.getQ()), bufferOf(op.getQExponents()),
                   features, op.getQOrder(), heads, queries, batch, head);
    result = locate(deep, kernel.getResultBuffer(0), kernel.getResultBuffer(1),
                    width, op.getResultOrder(), heads, queries, batch, head);
    if (op.getMask())
      maskBase = add(deep, mul(deep, batch, maskSteps[0]),
                     mul(deep, head, maskSteps[1]));
    emitRows(deep, first, last);
  });
}

void IntegerAttention::allocateScratch() {
  OpBuilder &b = kernel.getBuilder();
  AffineExpr padded = paddedExpr;
  AffineExpr tile = shapes.getConstant(rowsOfTile);
  Type i16 = b.getI16Type(), i32 = b.getI32Type();
  Type value = valueWays == 2 ? i16 : b.getI8Type();
  packedKeys = kernel.allocateScratch(i16, padded * (featureVectors * lanes));
  packedValues = kernel.allocateScratch(value, padded * (widthVectors * lanes));
  keyPlaces = kernel.allocateScratch(i32, padded);
  valuePlaces = kernel.allocateScratch(hasHalves ? i16 : i32, padded);
  if (features % lanes != 0)
    rowCodes = kernel.allocateScratch(i16, tile * (featureVectors * lanes));
  scores = kernel.allocateScratch(i32, padded * rowsOfTile);
  weights = kernel.allocateScratch(value, padded * rowsOfTile);
  if (hasHalves)
    for (Value *ofKeys : {&powers, &powerPlaces})
      *ofKeys = kernel.allocateScratch(i16, padded * rowsOfTile);
  if (isRagged)
    keyLimits = kernel.allocateScratch(i32, padded);
  for (Value *ofRows : {&rowTops, &rowReciprocals, &rowRooms})
    *ofRows = kernel.allocateScratch(i32, tile);
  for (Value *ofLanes : {&rowSums, &rowLeasts, &rowCounts})
    *ofLanes = kernel.allocateScratch(i32, tile * lanes);
}

LogicalResult IntegerAttention::emit() {
  SmallVector<AffineExpr> q = getHeadSizes(op.getQ(), op.getQOrder()),
                          k = getHeadSizes(op.getK(), op.getKOrder()),
                          v = getHeadSizes(op.getV(), op.getVOrder());
  requireSizes(q, k, v);
  Blocks blocks = prepareRows(q, k);
  OpBuilder &b = kernel.getBuilder();
  std::optional<int64_t> known = getConstantIndex(keys);
  isRagged = !known || *known % lanes != 0;
  allocateScratch();
  if (op.getMask())
    prepareSteps(b, op.getMask(), {q[0], q[1], q[2], k[2]});
  heads = kernel.getIndex(q[1]);
  keyHeads = kernel.getIndex(k[1]);
  blockCount = kernel.getIndex(blocks.count);
  blockRows = kernel.getIndex(blocks.rows);
  share = b.createOrFold<arith::DivUIOp>(
      loc, heads, b.createOrFold<arith::MaxUIOp>(loc, keyHeads, index(1)));
  forRange(b, kernel.getBegin(), kernel.getEnd(), 1,
           [&](OpBuilder &body, Value unit) { emitUnit(body, unit); });
  return success();
}

LogicalResult quantc::emitIntegerAttention(KernelBuilder &kernel) {
  auto op = cast<qt::IntegerAttentionOp>(getOnlyOp(kernel.getKernel()));
  return IntegerAttention(kernel, op).emit();
}
