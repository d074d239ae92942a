//===- AttentionKernel.cpp - Kernels of one attention -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A unit is one key head of one batch item and a block of the rows of those
// query heads that share it. Keys and values are packed into scratch (encoded,
// where the formats say so) as panels of 16; the scores of a few rows stay in
// scratch between the two products. Not in pieces along the keys: the scale of
// a row of weights needs the whole row.
//
//===----------------------------------------------------------------------===//

#include "AttentionEmitter.h"
#include "Generators.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "quantc/Conversion/KernelToLoops/Exponential.h"
#include "quantc/Dialect/NN/IR/KeyWindow.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Target/CPU/CpuTarget.h"

using namespace mlir;
using namespace quantc;

/// One scale per token and head, codes of 8 bits.
static bool isSupported(TypeAttr format) {
  auto block = cast<qt::BlockType>(format.getValue());
  return block.hasScaledCodes(8) &&
         ShapedType::isDynamic(block.getShape().back());
}

bool quantc::canEmitAttention(func::FuncOp kernel) {
  qt::AttentionOp op = dyn_cast_or_null<qt::AttentionOp>(getOnlyOp(kernel));
  if (!op || op.getQ().size() != 1 || op.getK().size() != 1 ||
      op.getV().size() != 1)
    return false;
  // Which heads there are is known when code is made, or all are read.
  for (auto [parts, range, order] :
       {std::tuple(op.getQ(), op.getQHeadsAttr(), op.getQOrder()),
        std::tuple(op.getK(), op.getKHeadsAttr(), op.getKOrder()),
        std::tuple(op.getV(), op.getVHeadsAttr(), op.getVOrder())})
    if (range && cast<RankedTensorType>(parts[0].getType())
                     .isDynamicDim(order == qt::HeadOrder::BHSD ? 1 : 2))
      return false;
  auto sizeOf = [](ValueRange parts) {
    return cast<RankedTensorType>(parts[0].getType()).getShape().back();
  };
  if (ShapedType::isDynamic(sizeOf(op.getQ())) ||
      ShapedType::isDynamic(sizeOf(op.getV())))
    return false;
  SmallVector<TypeAttr> formats{op.getQFormatAttr(), op.getKFormatAttr(),
                                op.getVFormatAttr()};
  if (llvm::none_of(formats, [](TypeAttr f) { return static_cast<bool>(f); }))
    return true;
  qt::EncodingAttr encoding = op.getEncodingAttr();
  if (encoding.getLow() != -encoding.getHigh() || encoding.getHigh() > 127 ||
      encoding.getRule() != qt::ScaleRule::AbsMax)
    return false;
  return llvm::all_of(formats,
                      [](TypeAttr f) { return f && isSupported(f); }) &&
         op.getPFormatAttr() && isSupported(op.getPFormatAttr());
}

AttentionEmitter::AttentionEmitter(KernelBuilder &kernel, qt::AttentionOp op)
    : AttentionFrame(kernel), op(op), f32(Float32Type::get(op.getContext())),
      isQuantized(op.getQFormatAttr() != nullptr),
      right(nn::KeyWindow::getRight(op)) {
  CpuTarget target =
      CpuTarget::get(kernel.getKernel()->getParentOfType<ModuleOp>());
  isBiased = target.has("avx512vnni");
  if (isQuantized)
    highest = static_cast<double>(op.getEncodingAttr().getHigh());
  auto sizeOf = [](ValueRange parts) {
    return cast<RankedTensorType>(parts[0].getType()).getShape().back();
  };
  bool hasRoom = isQuantized ? isBiased : target.has("avx512f");
  setSizes(sizeOf(op.getQ()), sizeOf(op.getV()), isBiased ? 16 : 8,
           hasRoom ? 2 : 1);
}

Value AttentionEmitter::real(OpBuilder &b, double value) {
  return arith::ConstantOp::create(b, loc, b.getF32FloatAttr(value));
}

Value AttentionEmitter::roundUp(OpBuilder &b, Value x, int64_t multiple) {
  return mul(b, arith::CeilDivUIOp::create(b, loc, x, index(multiple)),
             index(multiple));
}

AttentionEmitter::Head
AttentionEmitter::locate(OpBuilder &b, Value buffer, Value heads, Value rows,
                         int64_t size, qt::HeadOrder order,
                         qt::HeadRangeAttr range, Value batch, Value head) {
  if (range)
    head =
        add(b, index(range.getFirst()), mul(b, head, index(range.getStep())));
  if (order == qt::HeadOrder::BHSD) {
    Value first = mul(b, add(b, mul(b, batch, heads), head), rows);
    return {buffer, mul(b, first, index(size)), index(size)};
  }
  Value first = add(b, mul(b, mul(b, batch, rows), heads), head);
  return {buffer, mul(b, first, index(size)), mul(b, heads, index(size))};
}

Value AttentionEmitter::rowOf(OpBuilder &b, const Head &head, Value row) {
  return add(b, head.base, mul(b, row, head.stride));
}

/// 16 elements of a row from \p at on; what is beyond its \p size is zero.
Value AttentionEmitter::loadRow(OpBuilder &b, const Head &head, Value row,
                                int64_t at, int64_t size) {
  Value mask;
  if (size - at < lanes)
    mask = vector::CreateMaskOp::create(
        b, loc, VectorType::get(lanes, b.getI1Type()), index(size - at));
  return loadVector(b, loc, head.buffer, add(b, rowOf(b, head, row), index(at)),
                    mask);
}

/// Sizes that only run time knows must be what they meet.
void AttentionEmitter::requireSizes(ArrayRef<AffineExpr> q,
                                    ArrayRef<AffineExpr> k,
                                    ArrayRef<AffineExpr> v) {
  requireHeads(q, k, v);
  for (Value list : {op.getLengths(), op.getOffset()})
    if (list)
      kernel.requireBroadcast(SmallVector<AffineExpr>(shapes.getSizes(list)),
                              q[0]);
  if (!op.getMask())
    return;
  SmallVector<AffineExpr> scores{q[0], q[1], q[2], k[2]};
  kernel.requireBroadcast(
      SmallVector<AffineExpr>(shapes.getSizes(op.getMask())), scores);
}

void AttentionEmitter::allocateScratch() {
  OpBuilder &b = kernel.getBuilder();
  AffineExpr padded = paddedExpr;
  Type i8 = b.getI8Type();
  AffineExpr tile = shapes.getConstant(rowsOfTile);
  scores = kernel.allocateScratch(f32, padded * rowsOfTile);
  auto allocateOfRows = [&](Type type) {
    return kernel.allocateScratch(type, tile);
  };
  rowTops = allocateOfRows(f32);
  rowSums = allocateOfRows(f32);
  rowScales = allocateOfRows(f32);
  if (isQuantized) {
    packedKeys = kernel.allocateScratch(i8, padded * (featureVectors * lanes));
    keyScales = kernel.allocateScratch(f32, padded);
    keyStarts = kernel.allocateScratch(b.getI32Type(), padded);
    packedValues = kernel.allocateScratch(i8, padded * (widthVectors * lanes));
    valueScales = kernel.allocateScratch(f32, padded);
    rowCodes = kernel.allocateScratch(i8, tile * (featureVectors * lanes));
    weights = kernel.allocateScratch(i8, padded * rowsOfTile);
    rowPeaks = allocateOfRows(b.getI32Type());
    rowFactors = allocateOfRows(f32);
  } else {
    packedKeys = kernel.allocateScratch(f32, padded * features);
    if (op.getVOrder() == qt::HeadOrder::BSHD)
      packedValues = kernel.allocateScratch(f32, padded * widthVectors * lanes);
  }
}

LogicalResult AttentionEmitter::emit() {
  SmallVector<AffineExpr> q = getHeadSizes(op.getQ()[0], op.getQOrder()),
                          k = getHeadSizes(op.getK()[0], op.getKOrder()),
                          v = getHeadSizes(op.getV()[0], op.getVOrder());
  // Heads of the tensors, then of the operands, which may be some of them.
  Value queryHeads = kernel.getIndex(q[1]), allKeyHeads = kernel.getIndex(k[1]),
        valueHeads = kernel.getIndex(v[1]);
  auto narrow = [&](AffineExpr &heads, qt::HeadRangeAttr range) {
    if (range)
      heads = shapes.getConstant(range.getCount());
  };
  narrow(q[1], op.getQHeadsAttr());
  narrow(k[1], op.getKHeadsAttr());
  narrow(v[1], op.getVHeadsAttr());
  requireSizes(q, k, v);
  Blocks blocks = prepareRows(q, k);
  OpBuilder &b = kernel.getBuilder();
  allocateScratch();
  Value qBuffer = kernel.getBuffer(cast<BlockArgument>(op.getQ()[0]));
  Value kBuffer = kernel.getBuffer(cast<BlockArgument>(op.getK()[0]));
  Value vBuffer = kernel.getBuffer(cast<BlockArgument>(op.getV()[0]));
  prepareMask(b, {q[0], q[1], q[2], k[2]});
  prepareWindow(b, q[0]);
  Value heads = kernel.getIndex(q[1]), keyHeads = kernel.getIndex(k[1]),
        blockCount = kernel.getIndex(blocks.count),
        blockRows = kernel.getIndex(blocks.rows);
  Value share = b.createOrFold<arith::DivUIOp>(
      loc, heads, b.createOrFold<arith::MaxUIOp>(loc, keyHeads, index(1)));
  forRange(b, kernel.getBegin(), kernel.getEnd(), 1,
           [&](OpBuilder &body, Value unit) {
             Value block = arith::RemUIOp::create(body, loc, unit, blockCount);
             Value both = arith::DivUIOp::create(body, loc, unit, blockCount);
             Value keyHead = arith::RemUIOp::create(body, loc, both, keyHeads);
             Value batch = arith::DivUIOp::create(body, loc, both, keyHeads);
             key = locate(body, kBuffer, allKeyHeads, keys, features,
                          op.getKOrder(), op.getKHeadsAttr(), batch, keyHead);
             value = locate(body, vBuffer, valueHeads, keys, width,
                            op.getVOrder(), op.getVHeadsAttr(), batch, keyHead);
             Value first = mul(body, block, blockRows);
             // Rounding up may leave the last block without rows.
             Value hasRows = arith::CmpIOp::create(
                 body, loc, arith::CmpIPredicate::ult, first, queries);
             auto guard = scf::IfOp::create(body, loc, hasRows);
             OpBuilder inner = guard.getThenBodyBuilder();
             Value last = arith::MinUIOp::create(
                 inner, loc, add(inner, first, blockRows), queries);
             locateWindow(inner, batch);
             visible = countVisible(inner, last);
             firstPanel = findFirstPanel(inner, first, visible);
             if (isQuantized) {
               encodeKeys(inner);
               encodeValues(inner);
             } else {
               packKeys(inner);
               if (packedValues)
                 packValues(inner);
             }
             // Neighbouring query heads share keys.
             forRange(inner, index(0), share, 1, [&](OpBuilder &deep, Value h) {
               Value head = add(deep, mul(deep, keyHead, share), h);
               query = locate(deep, qBuffer, queryHeads, queries, features,
                              op.getQOrder(), op.getQHeadsAttr(), batch, head);
               result = locate(deep, kernel.getResultBuffer(0), heads, queries,
                               width, op.getResultOrder(), {}, batch, head);
               if (op.getMask())
                 maskBase = add(deep, mul(deep, batch, maskSteps[0]),
                                mul(deep, head, maskSteps[1]));
               prepareBias(deep);
               forEachTile(deep, first, last,
                           [&](OpBuilder &rows, Value row, int64_t count) {
                             emitRows(rows, row, count);
                           });
             });
           });
  return success();
}

LogicalResult quantc::emitAttention(KernelBuilder &kernel) {
  return AttentionEmitter(kernel,
                          cast<qt::AttentionOp>(getOnlyOp(kernel.getKernel())))
      .emit();
}
