//===- ContractionTiles.cpp - How many rows go together -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractionEmitter.h"
#include <numeric>

using namespace mlir;
using namespace quantc;

/// Codes that become floats in front of the products.
bool ContractionEmitter::hasCodesOfFloats() {
  return hasFloatRows && traits.codeBits != 0;
}

/// Whether codes are taken apart once for many rows.
bool ContractionEmitter::decodesPanels() {
  return (numerics::hasNibbles(layout.getForm()) || hasCodesOfFloats() ||
          isWidened) &&
         getFewRows() < blockRows;
}

/// Whether many rows have other code than few.
bool ContractionEmitter::treatsManyRows() {
  return decodesPanels() || hasOrder ||
         (numChunks > 1 && getFewRows() < blockRows);
}

/// Rows of a unit that are too few for what is done once for all of them: its
/// codes taken apart, chunks of a panel that stay in the first-level cache.
/// Measured at K = 4096 with 2 to 512 rows.
int64_t ContractionEmitter::getFewRows() {
  // 32 registers hold the steps of decoding beside the sums of a tile.
  bool isWide = width == 16;
  switch (layout.getForm()) {
  case qt::LayoutForm::W4F:
    // A lookup beside products is nearly free.
    return isWide ? 12 * mr : mr - 1;
  case qt::LayoutForm::S8F:
  case qt::LayoutForm::B32F:
  case qt::LayoutForm::Winograd:
    return blockRows;
  case qt::LayoutForm::Chained:
    return mr - 1;
  case qt::LayoutForm::W4I:
    return isWide ? blockRows : 8;
  case qt::LayoutForm::W4S:
    // Tiles of convolutions have more rows than registers to decode beside.
    return conv ? 6 : 6 * mr;
  case qt::LayoutForm::F32:
    return 8 * mr;
  case qt::LayoutForm::S8:
  case qt::LayoutForm::B32:
  case qt::LayoutForm::B32N:
  case qt::LayoutForm::Matched:
    return isWide ? blockRows : isWidened ? 16 : 32;
  }
  llvm_unreachable("all forms are handled");
}

/// How many rows a line has, if units have whole lines of a known length.
std::optional<int64_t> ContractionEmitter::getLineLength() {
  if (!conv || lineParts != shapes.getConstant(1))
    return std::nullopt;
  auto length = dyn_cast<AffineConstantExpr>(outputSizes.back());
  if (!length || length.getValue() <= 0)
    return std::nullopt;
  return length.getValue();
}

/// The rows of an image that is small enough for a unit, if they make fewer
/// tiles than its lines do; else 0.
int64_t ContractionEmitter::getRowsOfImage() {
  std::optional<int64_t> length = getLineLength();
  if (!length || outputSizes.size() != 2 || isDepthwise)
    return 0;
  auto height = dyn_cast<AffineConstantExpr>(outputSizes[0]);
  if (!height || height.getValue() <= 0 ||
      !isa<AffineConstantExpr>(inputSizes[1]))
    return 0;
  int64_t rows = height.getValue() * *length;
  bool helps = llvm::divideCeil(rows, mr) <
               height.getValue() * llvm::divideCeil(*length, mr);
  return rows <= blockRows && helps ? rows : 0;
}

/// Rows of a unit, of one image where its size is known.
int64_t ContractionEmitter::getRowsOfUnit() {
  auto lines = conv ? getLines() : std::nullopt;
  return lines ? std::min(lines->first * lines->second, blockRows) : blockRows;
}

/// \p rows in tiles of about the same size: small ones wait for their sums.
SmallVector<int64_t> quantc::splitEvenly(int64_t rows, int64_t most) {
  int64_t count = llvm::divideCeil(rows, most);
  SmallVector<int64_t> sizes(count, rows / count);
  for (int64_t &size : MutableArrayRef(sizes).take_front(rows % count))
    ++size;
  return sizes;
}

/// Tiles of \p most rows at most.
SmallVector<int64_t> ContractionEmitter::getTileSizes(int64_t most) {
  if (imageRows != 0)
    return splitEvenly(imageRows, most);
  if (std::optional<int64_t> length = getLineLength())
    return splitEvenly(*length, most);
  auto length = conv ? dyn_cast<AffineConstantExpr>(outputSizes.back())
                     : AffineConstantExpr();
  if (!length || !isa<AffineConstantExpr>(lineParts) || length.getValue() <= 0)
    return getFallingSizes(most);
  // Parts of a long line.
  SmallVector<int64_t> sizes;
  for (int64_t left : {blockRows, length.getValue() % blockRows})
    for (int64_t size = most; left > 0; size = left %= size)
      if (size <= left && !llvm::is_contained(sizes, size))
        sizes.push_back(size);
  llvm::sort(sizes, std::greater<>());
  return sizes;
}

/// What is left of a tile, or a batch smaller than one, is a tile or two.
SmallVector<int64_t> ContractionEmitter::getFallingSizes(int64_t most) {
  SmallVector<int64_t> sizes{most};
  while (sizes.back() > 1) {
    int64_t size = sizes.back();
    // Small tiles are cheap to have in every size.
    sizes.push_back(size <= 6
                        ? size - 1
                        : static_cast<int64_t>(llvm::divideCeil(2 * size, 3)));
  }
  return sizes;
}

static int64_t sum(ArrayRef<int64_t> sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), int64_t(0));
}

/// Tiles of rows; in a convolution they are those of a line, or of an image if
/// the sizes are.
void ContractionEmitter::forEachTile(OpBuilder &b, Value first, Value last,
                                     ArrayRef<int64_t> sizes, TileBody body) {
  if (!conv)
    return forEachTileOfRun(b, first, last, sizes, /*areAll=*/false, body);
  if (imageRows != 0 && sum(sizes) == imageRows)
    return forEachTileOfImages(b, sizes, body);
  auto loop = scf::ForOp::create(b, loc, firstLine, lastLine, index(1));
  OpBuilder inner = OpBuilder::atBlockBegin(loop.getBody());
  setLine(inner, loop.getInductionVar());
  atEndOfImage(inner, loop.getInductionVar(), 0,
               [&](OpBuilder &body) { clearLargest(body); });
  Value begin = arith::MaxUIOp::create(inner, loc, first, lineFirstRow);
  Value end = add(inner, lineFirstRow, kernel.getIndex(outputSizes.back()));
  end = arith::MinUIOp::create(inner, loc, last, end);
  forEachTileOfRun(inner, begin, end, sizes, getLineLength() == sum(sizes),
                   body);
  atEndOfImage(inner, loop.getInductionVar(), linesOfImage - 1,
               [&](OpBuilder &body) { storeLargest(body, image); });
}

/// All tiles of images, each with code of its own: its rows lie at constant
/// offsets, whatever line they stand in.
void ContractionEmitter::forEachTileOfImages(OpBuilder &b,
                                             ArrayRef<int64_t> sizes,
                                             TileBody body) {
  auto images = scf::ForOp::create(b, loc, firstLine, lastLine,
                                   index(imageRows / *getLineLength()));
  OpBuilder inner = OpBuilder::atBlockBegin(images.getBody());
  setLine(inner, images.getInductionVar());
  tileStart = 0;
  if (endsImages)
    clearLargest(inner);
  for (int64_t size : sizes) {
    body(inner, plus(inner, lineFirstRow, *tileStart), size);
    *tileStart += size;
  }
  tileStart.reset();
  if (endsImages)
    storeLargest(inner, image);
}

/// Tiles of the first size, then of the next ones for what is left; the last
/// size is 1, or what lines of known length leave.
void ContractionEmitter::forEachTileOfRun(OpBuilder &b, Value first, Value last,
                                          ArrayRef<int64_t> sizes, bool areAll,
                                          TileBody body) {
  Value at = first;
  for (ArrayRef<int64_t> rest = sizes; !rest.empty();) {
    int64_t size = rest.front(), number = 1;
    Value end = last;
    if (areAll) {
      number =
          rest.take_while([=](int64_t next) { return next == size; }).size();
      end = plus(b, at, number * size);
    } else if (size > 1) {
      Value left = arith::SubIOp::create(b, loc, last, at);
      end = add(
          b, at,
          times(b, arith::DivUIOp::create(b, loc, left, index(size)), size));
    }
    auto loop = scf::ForOp::create(b, loc, at, end, index(size));
    OpBuilder inner = OpBuilder::atBlockBegin(loop.getBody());
    body(inner, loop.getInductionVar(), size);
    at = end;
    rest = rest.drop_front(number);
  }
}
