//===- ConvolutionAccess.cpp - Where activations lie ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A product reads rows of activations. A convolution reads the positions of a
// window in an input that has its halo around it, without ever copying them
// side by side: K goes through the channels of one tap after the other, and a
// table has the offset of every few of them from the window's first position.
// Neighbouring windows of a line are a constant number of positions apart.
//
//===----------------------------------------------------------------------===//

#include "ContractionEmitter.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Numerics/Packing.h"

using namespace mlir;
using namespace quantc;

/// Elements from one row of a tile to the next.
int64_t ContractionEmitter::getRowStride() {
  if (hasWindowTiles)
    return rowStride;
  if (conv)
    return lineStep * positionSize;
  return hasFloatRows ? k : numerics::activationStride(k);
}

/// Elements from the first window of an image to another one.
int64_t ContractionEmitter::getPlaceOffset(int64_t place) {
  int64_t length = *getLineLength();
  return place / length * lineJump + place % length * getRowStride();
}

/// Elements from the first row of a tile to row \p row of it.
int64_t ContractionEmitter::getRowOffset(int64_t row) {
  if (!tileStart)
    return row * getRowStride();
  return getPlaceOffset(*tileStart + row) - getPlaceOffset(*tileStart);
}

/// The same in blocks of 32: they lie as codes do.
int64_t ContractionEmitter::getBlockOffset(int64_t row) {
  return conv ? getRowOffset(row) / 32 : row * llvm::divideCeil(k, 32);
}

/// Where the activations of a row begin.
Value ContractionEmitter::getRowAt(OpBuilder &b, Value row) {
  if (hasWindowTiles)
    return add(b, memberAt, times(b, row, getRowStride()));
  if (!conv)
    return times(b, row, getRowStride());
  if (tileStart)
    return plus(b, lineBase, getPlaceOffset(*tileStart));
  Value place = arith::SubIOp::create(b, loc, row, lineFirstRow);
  return add(b, lineBase, times(b, place, getRowStride()));
}

/// Where element p + offset of K lies for a row that begins at \p base; p is a
/// multiple of the step of the loop that asks.
Value ContractionEmitter::getStepAt(OpBuilder &b, Value base, Value p,
                                    int64_t offset) {
  if (!conv || hasWindowTiles)
    return plus(b, add(b, base, p), offset);
  Value entry =
      tableUnit == 1
          ? p
          : arith::DivUIOp::create(b, loc, p, index(tableUnit)).getResult();
  Value from = memref::LoadOp::create(b, loc, tapTable,
                                      plus(b, entry, offset / tableUnit));
  return plus(b, add(b, base, from), offset % tableUnit);
}

void ContractionEmitter::prepareConvolution() {
  SmallVector<AffineExpr> input(shapes.getSizes(contract.getLhs()[0]));
  inputSizes.assign(input.begin() + 1, input.end() - 1);
  outputSizes.assign(resultSizes.begin() + 1, resultSizes.end() - 1);
  positionSize = groups * tapStride;
  lineStep = conv.getStrides().back();
  if (isOfPositions()) {
    // A product: all positions of an image are one line.
    inputSizes = {shapes.getProduct(inputSizes)};
    outputSizes = {shapes.getProduct(outputSizes)};
  }
  SmallVector<AffineExpr> outer(ArrayRef(outputSizes).drop_back());
  outer.push_back(resultSizes[0]);
  lines = shapes.getProduct(outer);
  lineParts = shapes.getConstant(1);
  auto length = dyn_cast<AffineConstantExpr>(outputSizes.back());
  if (!length || length.getValue() <= 0 || length.getValue() > blockRows) {
    lineParts = outputSizes.back().ceilDiv(blockRows);
    return;
  }
  linesOfUnit = blockRows / *getLineLength();
  // Whole images, or lines of one.
  auto height = dyn_cast<AffineConstantExpr>(
      shapes.getProduct(ArrayRef(outputSizes).drop_back()));
  if (height && height.getValue() > 0) {
    linesOfImage = height.getValue();
    imagesOfUnit = std::max<int64_t>(1, linesOfUnit / linesOfImage);
    unitsOfImage = llvm::divideCeil(linesOfImage, linesOfUnit);
    linesOfUnit = std::min(linesOfUnit, imagesOfUnit * linesOfImage);
  }
  imageRows = getRowsOfImage();
  if (imageRows == 0)
    return;
  lineJump = conv.getStrides()[0] * positionSize *
             cast<AffineConstantExpr>(inputSizes[1]).getValue();
}

/// Offsets of the elements of K from the first position of a window.
void ContractionEmitter::emitTapTable() {
  switch (layout.getForm()) {
  case qt::LayoutForm::F32:
  case qt::LayoutForm::S8F:
  case qt::LayoutForm::Winograd: // reads no windows
    tableUnit = tapStride % 4 == 0 ? 4 : 1;
    break;
  case qt::LayoutForm::S8:
    tableUnit = tapStride % 16 == 0 ? 16 : 4;
    break;
  case qt::LayoutForm::Matched:
    tableUnit = 4;
    break;
  case qt::LayoutForm::W4I:
  case qt::LayoutForm::W4S:
  case qt::LayoutForm::B32:
  case qt::LayoutForm::B32N:
  case qt::LayoutForm::B32F:
  case qt::LayoutForm::W4F:
  case qt::LayoutForm::Chained:
    tableUnit = 32;
    break;
  }
  if (isDepthwise)
    tableUnit = 1;
  OpBuilder &b = kernel.getBuilder();
  int64_t each = tapStride / tableUnit, taps = conv.getNumTaps();
  tapTable =
      kernel.allocateScratch(b.getIndexType(), shapes.getConstant(taps * each));
  auto loop = scf::ForOp::create(b, loc, index(0), index(taps), index(1));
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  Value tap = loop.getInductionVar(), offset = index(0);
  if (taps > 1) {
    int64_t behind = taps;
    for (auto [dim, size] : llvm::enumerate(conv.getTaps())) {
      behind /= size;
      Value place = arith::DivUIOp::create(body, loc, tap, index(behind));
      place = arith::RemUIOp::create(body, loc, place, index(size));
      offset = arith::MulIOp::create(body, loc, offset,
                                     kernel.getIndex(inputSizes[dim]));
      offset = add(body, offset, times(body, place, conv.getDilations()[dim]));
    }
    offset = times(body, offset, positionSize);
  }
  auto steps = scf::ForOp::create(body, loc, index(0), index(each), index(1));
  OpBuilder inner = OpBuilder::atBlockBegin(steps.getBody());
  Value step = steps.getInductionVar();
  memref::StoreOp::create(inner, loc,
                          add(inner, offset, times(inner, step, tableUnit)),
                          tapTable, add(inner, times(inner, tap, each), step));
}

/// Sets the lines of a unit and its first row; returns the end of its rows.
Value ContractionEmitter::setLines(OpBuilder &b, Value block) {
  Value length = kernel.getIndex(outputSizes.back());
  auto parts = dyn_cast<AffineConstantExpr>(lineParts);
  if (parts && parts.getValue() == 1) {
    Value end = kernel.getIndex(lines);
    if (unitsOfImage > 1) {
      Value number = arith::DivUIOp::create(b, loc, block, index(unitsOfImage));
      Value part = arith::RemUIOp::create(b, loc, block, index(unitsOfImage));
      Value begin = times(b, number, linesOfImage);
      firstLine = add(b, begin, times(b, part, linesOfUnit));
      end = plus(b, begin, linesOfImage);
    } else {
      firstLine = times(b, block, linesOfUnit);
    }
    lastLine =
        arith::MinUIOp::create(b, loc, plus(b, firstLine, linesOfUnit), end);
    firstRow = arith::MulIOp::create(b, loc, firstLine, length);
    return arith::MulIOp::create(b, loc, lastLine, length);
  }
  Value number = kernel.getIndex(lineParts);
  firstLine = arith::DivUIOp::create(b, loc, block, number);
  lastLine = plus(b, firstLine, 1);
  Value part = arith::RemUIOp::create(b, loc, block, number);
  Value begin = arith::MulIOp::create(b, loc, firstLine, length);
  firstRow = add(b, begin, times(b, part, blockRows));
  return arith::MinUIOp::create(b, loc, plus(b, firstRow, blockRows),
                                add(b, begin, length));
}

/// Sets where a line of the result begins, and its first window in the input.
void ContractionEmitter::setLine(OpBuilder &b, Value line) {
  lineFirstRow =
      arith::MulIOp::create(b, loc, line, kernel.getIndex(outputSizes.back()));
  size_t outer = outputSizes.size() - 1;
  SmallVector<Value> places(outer);
  Value rest = line;
  for (size_t dim = outer; dim-- > 0;) {
    Value size = kernel.getIndex(outputSizes[dim]);
    places[dim] = arith::RemUIOp::create(b, loc, rest, size);
    rest = arith::DivUIOp::create(b, loc, rest, size);
  }
  image = rest;
  Value position = image;
  for (size_t dim = 0; dim <= outer; ++dim) {
    position = arith::MulIOp::create(b, loc, position,
                                     kernel.getIndex(inputSizes[dim]));
    if (dim < outer)
      position =
          add(b, position, times(b, places[dim], conv.getStrides()[dim]));
  }
  lineBase = add(b, groupStart, times(b, position, positionSize));
  loadImageOperands(b);
}

/// Whether an epilogue operand has the same for all positions of an image.
bool ContractionEmitter::isOfImage(Value operand) {
  ArrayRef<AffineExpr> own = shapes.getSizes(operand);
  return own.size() == resultSizes.size() && own.front() == resultSizes[0] &&
         llvm::all_of(own.drop_front().drop_back(), [&](AffineExpr size) {
           return size == shapes.getConstant(1);
         });
}

void ContractionEmitter::loadImageOperands(OpBuilder &b) {
  for (Value operand : contract.getEpilogueOperands()) {
    ArrayRef<AffineExpr> own = shapes.getSizes(operand);
    if (!isOfImage(operand) || own.back() != shapes.getConstant(1))
      continue;
    Value stored = memref::LoadOp::create(
        b, loc, kernel.getBuffer(cast<BlockArgument>(operand)), image);
    imageOperands[operand] =
        kernel.fromStored(b, stored, getElementTypeOrSelf(operand));
  }
}
