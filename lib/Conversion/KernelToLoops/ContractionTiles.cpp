//===- ContractionTiles.cpp - How many rows go together -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractionEmitter.h"

using namespace mlir;
using namespace quantc;

/// Codes that become floats in front of the products.
bool ContractionEmitter::hasCodesOfFloats() {
  return hasFloatRows && layout.getForm() != qt::LayoutForm::F32;
}

/// Whether codes are taken apart once for many rows.
bool ContractionEmitter::decodesPanels() {
  return (layout.getForm() == qt::LayoutForm::W4I || hasCodesOfFloats()) &&
         getFewRows() < blockRows;
}

/// Whether many rows have other code than few.
bool ContractionEmitter::treatsManyRows() {
  return decodesPanels() || (numChunks > 1 && getFewRows() < blockRows);
}

/// Rows of a unit that are too few for what is done once for all of them: its
/// codes taken apart, chunks of a panel that stay in the first-level cache.
/// Measured at K = 4096 with 2 to 512 rows.
int64_t ContractionEmitter::getFewRows() {
  // 32 registers hold the steps of decoding beside the sums of a tile.
  bool isWide = width == 16;
  switch (layout.getForm()) {
  case qt::LayoutForm::W4F:
    return mr - 1;
  case qt::LayoutForm::S8F:
  case qt::LayoutForm::B32F:
    return blockRows;
  case qt::LayoutForm::W4I:
    return isWide ? blockRows : 2 * mr;
  case qt::LayoutForm::F32:
    return 8 * mr;
  case qt::LayoutForm::S8:
  case qt::LayoutForm::B32:
  case qt::LayoutForm::Matched:
    return isWide ? blockRows : 8 * mr;
  }
  llvm_unreachable("all forms are handled");
}

SmallVector<int64_t> ContractionEmitter::getTileSizes() {
  auto length = conv ? dyn_cast<AffineConstantExpr>(outputSizes.back())
                     : AffineConstantExpr();
  if (length && isa<AffineConstantExpr>(lineParts) && length.getValue() > 0 &&
      cast<AffineConstantExpr>(lineParts).getValue() == 1) {
    // Lines of known length: tiles of about the same size.
    int64_t size = length.getValue();
    int64_t even = llvm::divideCeil(size, llvm::divideCeil(size, mr));
    SmallVector<int64_t> sizes{even};
    if (size % even != 0)
      sizes.push_back(size % even);
    return sizes;
  }
  return getFallingSizes();
}

/// What is left of a tile, or a batch smaller than one, is a tile or two.
SmallVector<int64_t> ContractionEmitter::getFallingSizes() {
  SmallVector<int64_t> sizes{mr};
  while (sizes.back() > 1) {
    int64_t size = sizes.back();
    // Small tiles are cheap to have in every size.
    sizes.push_back(size <= 6
                        ? size - 1
                        : static_cast<int64_t>(llvm::divideCeil(2 * size, 3)));
  }
  return sizes;
}

/// Tiles of rows; in a convolution none goes from one line to the next.
void ContractionEmitter::forEachTile(OpBuilder &b, Value first, Value last,
                                     ArrayRef<int64_t> sizes, TileBody body) {
  if (!conv)
    return forEachTileOfRun(b, first, last, sizes, body);
  auto loop = scf::ForOp::create(b, loc, firstLine, lastLine, index(1));
  OpBuilder inner = OpBuilder::atBlockBegin(loop.getBody());
  setLine(inner, loop.getInductionVar());
  Value begin = arith::MaxUIOp::create(inner, loc, first, lineFirstRow);
  Value end = add(inner, lineFirstRow, kernel.getIndex(outputSizes.back()));
  end = arith::MinUIOp::create(inner, loc, last, end);
  forEachTileOfRun(inner, begin, end, sizes, body);
}

/// Tiles of the first size, then of the next ones for what is left; the last
/// size is 1, or what lines of known length leave.
void ContractionEmitter::forEachTileOfRun(OpBuilder &b, Value first, Value last,
                                          ArrayRef<int64_t> sizes,
                                          TileBody body) {
  Value at = first;
  for (int64_t size : sizes) {
    Value end = last;
    if (size > 1) {
      Value left = arith::SubIOp::create(b, loc, last, at);
      end = add(
          b, at,
          times(b, arith::DivUIOp::create(b, loc, left, index(size)), size));
    }
    auto loop = scf::ForOp::create(b, loc, at, end, index(size));
    OpBuilder inner = OpBuilder::atBlockBegin(loop.getBody());
    body(inner, loop.getInductionVar(), size);
    at = end;
  }
}
