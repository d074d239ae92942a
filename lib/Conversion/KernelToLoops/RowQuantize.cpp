//===- RowQuantize.cpp - Run-time quantisation of rows ----------*- C++ -*-===//
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

#include "RowQuantize.h"
#include "QuantizeMath.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "quantc/Numerics/Packing.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

using Place = RowEmitter::Place;

static bool canQuantizeRows(qt::QuantizeOp op) {
  if (!op.isSplit())
    return false;
  if (op.getEncoding().getRule() == qt::ScaleRule::Norm)
    return canQuantizeIntegerRows(op);
  if (op.getEncoding().getRule() != qt::ScaleRule::AbsMax)
    return false;
  qt::BlockType format = op.getResultFormat();
  if (!format.hasScaledCodes(8) ||
      !cast<RankedTensorType>(op.getInput().getType()).getElementType().isF32())
    return false;
  // Where blocks and strides lie is known when code is made.
  auto input = cast<RankedTensorType>(op.getInput().getType());
  bool isWhole = ShapedType::isDynamic(format.getShape().back());
  if (input.isDynamicDim(input.getRank() - 1) &&
      (!isWhole || op.getLayoutAttr()))
    return false;
  // Codes and scales go to memory at once; nothing in the kernel reads them.
  return llvm::all_of(op->getUsers(), [](Operation *user) {
    return user->hasTrait<OpTrait::IsTerminator>();
  });
}

/// Where the codes of the row at hand begin.
Place QuantizeEmitter::getCodes(OpBuilder &builder) {
  auto indices = getResultIndices(kernel.getKernel(), op.getResult(0));
  Value stride = rows.n;
  if (op.getLayoutAttr())
    stride = kernel.getIndex(
        cast<RankedTensorType>(op.getResult(0).getType()).getShape().back());
  Value at = arith::MulIOp::create(builder, loc, rows.row, stride);
  return {kernel.getResultBuffer(indices[0]), at};
}

/// Code zero behind the row, up to the stride. Before the codes: vectors that
/// begin inside the row are overwritten.
void QuantizeEmitter::padRow(OpBuilder &builder) {
  Place codes = getCodes(builder);
  Value bias =
      splatConstant(builder, loc, builder.getI8Type(), -getCodeBias(op));
  int64_t length = cast<AffineConstantExpr>(getLength()).getValue();
  int64_t stride =
      cast<RankedTensorType>(op.getResult(0).getType()).getShape().back();
  for (int64_t i = stride; i > length; i -= lanes)
    rows.storeAt(builder, bias, codes,
                 {kernel.getIndex(i - lanes), Value(), Value()});
}

void QuantizeEmitter::storeCodes(OpBuilder &builder, Value x, Value inverses,
                                 const VectorStep &step) {
  if (!hasCodes())
    return;
  // Rows of a layout have room for a whole vector; the code of lanes that do
  // not exist is 0, because x is.
  VectorStep own = step;
  if (op.getLayoutAttr())
    own.valid = Value();
  rows.storeAt(builder, encode(builder, loc, op, x, inverses),
               getCodes(builder), own);
}

void QuantizeEmitter::emitWhole(OpBuilder &builder) {
  Value zero = splatConstant(builder, loc, f32, 0);
  Value none = splatConstant(builder, loc, builder.getI32Type(), 0);
  SmallVector<Value> amax =
      rows.passOver(builder, op.getInput(), none,
                    [&](OpBuilder &inner, const VectorStep &step, Value x,
                        ValueRange carried) {
                      x = blend(inner, loc, step.valid, x, zero);
                      Value bits = getMagnitudes(inner, loc, x);
                      return SmallVector<Value>{
                          arith::MaxUIOp::create(inner, loc, carried[0], bits)};
                    });
  auto [scale, inverses] = makeScales(builder, loc, op.getEncoding(), amax[0]);
  Value factors = inverses;
  rows.setNumberOfRow(builder, op.getResult(1), scale);
  rows.finished.insert(op.getResult(0));
  if (!hasCodes())
    return;
  if (op.getLayoutAttr())
    padRow(builder);
  rows.passOver(
      builder, op.getInput(), {},
      [&](OpBuilder &inner, const VectorStep &step, Value x, ValueRange) {
        x = blend(inner, loc, step.valid, x, zero);
        storeCodes(inner, x, factors, step);
        return SmallVector<Value>();
      });
}

void QuantizeEmitter::forEachBlock(OpBuilder &builder, int64_t block,
                                   BlockBody body) {
  int64_t length = cast<AffineConstantExpr>(getLength()).getValue();
  Value size = kernel.getIndex(block), whole = kernel.getIndex(length / block);
  auto loop = scf::ForOp::create(builder, loc, kernel.getIndex(int64_t(0)),
                                 whole, kernel.getIndex(int64_t(1)));
  OpBuilder inner = OpBuilder::atBlockBegin(loop.getBody());
  Value number = loop.getInductionVar();
  body(inner, number, arith::MulIOp::create(inner, loc, number, size), block);
  if (length % block != 0)
    body(builder, whole, arith::MulIOp::create(builder, loc, whole, size),
         length % block);
  rows.finished.insert(op.getResult(0));
  rows.finished.insert(op.getResult(1));
}

QuantizeEmitter::Parts QuantizeEmitter::loadBlock(OpBuilder &builder,
                                                  Value start, int64_t count) {
  int64_t width = rows.width;
  auto maskType = VectorType::get(width, builder.getI1Type());
  Parts parts;
  for (int64_t i = 0; i < count; i += width) {
    VectorStep step;
    step.width = width;
    step.position =
        arith::AddIOp::create(builder, loc, start, kernel.getIndex(i));
    if (count - i < width)
      step.valid = vector::CreateMaskOp::create(builder, loc, maskType,
                                                kernel.getIndex(count - i));
    RowEmitter::Cache cache;
    Value x = rows.evaluate(builder, op.getInput(), step, cache);
    Value zero = arith::ConstantOp::create(builder, loc,
                                           builder.getZeroAttr(x.getType()));
    parts.push_back({blend(builder, loc, step.valid, x, zero), step});
  }
  return parts;
}

void QuantizeEmitter::storeOfBlock(OpBuilder &builder, Value value,
                                   Value number) {
  for (unsigned index : getResultIndices(kernel.getKernel(), op.getResult(1))) {
    AffineExpr blocks = rows.shapes.getSizes(op.getResult(1)).back();
    Value at =
        arith::MulIOp::create(builder, loc, rows.row, kernel.getIndex(blocks));
    memref::StoreOp::create(
        builder, loc, value, kernel.getResultBuffer(index),
        ValueRange{arith::AddIOp::create(builder, loc, at, number)});
  }
}

/// The block \p number, \p count elements from \p start on.
void QuantizeEmitter::emitBlock(OpBuilder &builder, Value number, Value start,
                                int64_t count) {
  Value magnitudes = splatConstant(builder, loc, builder.getI32Type(), 0);
  Parts parts = loadBlock(builder, start, count);
  for (auto &[x, step] : parts)
    magnitudes = arith::MaxUIOp::create(builder, loc, magnitudes,
                                        getMagnitudes(builder, loc, x));
  auto [scale, inverses] =
      makeScales(builder, loc, op.getEncoding(), magnitudes);
  storeOfBlock(builder, scale, number);
  for (auto &[x, step] : parts)
    storeCodes(builder, x, inverses, step);
}

void QuantizeEmitter::emitBlocks(OpBuilder &builder, int64_t block) {
  if (hasCodes() && op.getLayoutAttr())
    padRow(builder);
  forEachBlock(builder, block,
               [&](OpBuilder &inner, Value number, Value start, int64_t count) {
                 emitBlock(inner, number, start, count);
               });
}

static void emitQuantize(RowEmitter &rows, OpBuilder &builder,
                         qt::QuantizeOp op) {
  QuantizeEmitter emitter(rows, op);
  int64_t block = op.getResultFormat().getShape().back();
  if (op.getExponent())
    emitter.emitShiftedBlocks(builder);
  else if (op.getEncoding().getRule() == qt::ScaleRule::Norm)
    emitter.emitInput(builder);
  else if (ShapedType::isDynamic(block))
    emitter.emitWhole(builder);
  else
    emitter.emitBlocks(builder, block);
}

const RowModel quantc::quantizeRows =
    makeRowModel<qt::QuantizeOp, canQuantizeRows, emitQuantize>();
