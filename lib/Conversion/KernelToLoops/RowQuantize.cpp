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

#include "QuantizeMath.h"
#include "RowEmitter.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "quantc/Numerics/Packing.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

bool quantc::canQuantizeRows(qt::QuantizeOp op) {
  if (!op.isSplit() || op.getEncoding().getRule() != qt::ScaleRule::AbsMax)
    return false;
  qt::BlockType format = op.getResultFormat();
  if (format.getZero() || format.getOuter() ||
      format.getScale().getSpelling() != "f32" ||
      format.getElement().getSpelling() != "s8" ||
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
RowEmitter::Place RowEmitter::getCodes(OpBuilder &builder, qt::QuantizeOp op) {
  auto indices = getResultIndices(kernel.getKernel(), op.getResult(0));
  Value stride = n;
  if (op.getLayoutAttr())
    stride = kernel.getIndex(
        cast<RankedTensorType>(op.getResult(0).getType()).getShape().back());
  Value at = arith::MulIOp::create(builder, loc, row, stride);
  return {kernel.getResultBuffer(indices[0]), at};
}

/// Code zero behind the row, up to the stride. Before the codes: vectors that
/// begin inside the row are overwritten.
void RowEmitter::padRow(OpBuilder &builder, qt::QuantizeOp op) {
  Place codes = getCodes(builder, op);
  Value bias =
      splatConstant(builder, loc, builder.getI8Type(), -getCodeBias(op));
  int64_t length = cast<AffineConstantExpr>(sizes.back()).getValue();
  int64_t stride =
      cast<RankedTensorType>(op.getResult(0).getType()).getShape().back();
  for (int64_t i = stride; i > length; i -= lanes)
    storeAt(builder, bias, codes,
            {kernel.getIndex(i - lanes), Value(), Value()});
}

void RowEmitter::storeCodes(OpBuilder &builder, qt::QuantizeOp op, Value x,
                            Value inverses, const VectorStep &step) {
  if (getResultIndices(kernel.getKernel(), op.getResult(0)).empty())
    return;
  // Rows of a layout have room for a whole vector; the code of lanes that do
  // not exist is 0, because x is.
  VectorStep own = step;
  if (op.getLayoutAttr())
    own.valid = Value();
  storeAt(builder, encode(builder, loc, op, x, inverses), getCodes(builder, op),
          own);
}

void RowEmitter::emitQuantizeRow(OpBuilder &builder, qt::QuantizeOp op) {
  Value zero = splatConstant(builder, loc, f32, 0);
  Value none = splatConstant(builder, loc, builder.getI32Type(), 0);
  SmallVector<Value> amax =
      passOver(builder, op.getInput(), none,
               [&](OpBuilder &inner, const VectorStep &step, Value x,
                   ValueRange carried) {
                 x = blend(inner, loc, step.valid, x, zero);
                 Value bits = getMagnitudes(inner, loc, x);
                 return SmallVector<Value>{
                     arith::MaxUIOp::create(inner, loc, carried[0], bits)};
               });
  auto [scale, inverses] = makeScales(builder, loc, op.getEncoding(), amax[0]);
  Value factors = inverses;
  for (unsigned index : getResultIndices(kernel.getKernel(), op.getResult(1)))
    memref::StoreOp::create(builder, loc, scale, kernel.getResultBuffer(index),
                            row);
  finished.insert(op.getResult(0));
  finished.insert(op.getResult(1));
  if (getResultIndices(kernel.getKernel(), op.getResult(0)).empty())
    return;
  if (op.getLayoutAttr())
    padRow(builder, op);
  passOver(builder, op.getInput(), {},
           [&](OpBuilder &inner, const VectorStep &step, Value x, ValueRange) {
             x = blend(inner, loc, step.valid, x, zero);
             storeCodes(inner, op, x, factors, step);
             return SmallVector<Value>();
           });
}

/// The block \p number, \p count elements from \p start on.
void RowEmitter::emitBlock(OpBuilder &builder, qt::QuantizeOp op, Value number,
                           Value start, int64_t count) {
  int64_t block = op.getResultFormat().getShape().back();
  auto maskType = VectorType::get(lanes, builder.getI1Type());
  SmallVector<std::pair<Value, VectorStep>> parts;
  Value magnitudes = splatConstant(builder, loc, builder.getI32Type(), 0);
  for (int64_t i = 0; i < count; i += lanes) {
    VectorStep step;
    step.position =
        arith::AddIOp::create(builder, loc, start, kernel.getIndex(i));
    if (count - i < lanes)
      step.valid = vector::CreateMaskOp::create(builder, loc, maskType,
                                                kernel.getIndex(count - i));
    Cache cache;
    Value x = evaluate(builder, op.getInput(), step, cache);
    x = blend(builder, loc, step.valid, x, splatConstant(builder, loc, f32, 0));
    parts.push_back({x, step});
    magnitudes = arith::MaxUIOp::create(builder, loc, magnitudes,
                                        getMagnitudes(builder, loc, x));
  }
  auto [scale, inverses] =
      makeScales(builder, loc, op.getEncoding(), magnitudes);
  for (unsigned index : getResultIndices(kernel.getKernel(), op.getResult(1))) {
    AffineExpr blocks = sizes.back().ceilDiv(block);
    Value at =
        arith::MulIOp::create(builder, loc, row, kernel.getIndex(blocks));
    memref::StoreOp::create(
        builder, loc, scale, kernel.getResultBuffer(index),
        ValueRange{arith::AddIOp::create(builder, loc, at, number)});
  }
  for (auto &[x, step] : parts)
    storeCodes(builder, op, x, inverses, step);
}

void RowEmitter::emitQuantizeBlocks(OpBuilder &builder, qt::QuantizeOp op,
                                    int64_t block) {
  bool isCoded = !getResultIndices(kernel.getKernel(), op.getResult(0)).empty();
  if (isCoded && op.getLayoutAttr())
    padRow(builder, op);
  Value size = kernel.getIndex(block);
  Value whole = kernel.getIndex(sizes.back().floorDiv(block));
  auto loop = scf::ForOp::create(builder, loc, kernel.getIndex(int64_t(0)),
                                 whole, kernel.getIndex(int64_t(1)));
  OpBuilder inner = OpBuilder::atBlockBegin(loop.getBody());
  Value number = loop.getInductionVar();
  emitBlock(inner, op, number, arith::MulIOp::create(inner, loc, number, size),
            block);
  finished.insert(op.getResult(0));
  finished.insert(op.getResult(1));
  // The last block may be short.
  int64_t length = cast<AffineConstantExpr>(sizes.back()).getValue();
  if (length % block == 0)
    return;
  Value start = arith::MulIOp::create(builder, loc, whole, size);
  emitBlock(builder, op, whole, start, length % block);
}
