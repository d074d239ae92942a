//===- WinogradTiles.cpp - Convolutions with fewer products -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Tiles of 2 x 2 results of 3 x 3 taps, by 16 products with the channels of
// tiles in the place of 36 with those of windows (Numerics/TileTransform.h). A
// unit takes a strip of tiles through three steps while they are in the cache:
// inputs, which are written as 16 matrices of a row for each tile; panel by
// panel the products of each matrix with its weights, as any contraction has
// them; results from the 16 sums of a tile, with the epilogue.
//
// What a tile of the last line or column computes beyond the image is not
// stored: it reads zeros there, as the pads are.
//
//===----------------------------------------------------------------------===//

#include "ContractionEmitter.h"
#include "VectorLoops.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "quantc/Numerics/Packing.h"
#include "quantc/Numerics/TileTransform.h"
#include <array>

using namespace mlir;
using namespace quantc;

using numerics::tileElements;
using Values = SmallVector<Value>;

/// Tiles of a unit. What they are and give stays in the second-level cache, and
/// the weights, which may come from beyond it, are read for many tiles.
static constexpr int64_t mostTiles = 49;
/// Units that an image makes at least, so that threads share them: the inputs
/// of a strip are then made for some panels alone, where threads part.
static constexpr int64_t leastUnits = 8;
/// Columns of a unit at least: inputs made again cost what few columns do.
static constexpr int64_t leastColumns = 32;

void ContractionEmitter::prepareWindowTiles() {
  SmallVector<AffineExpr> input(shapes.getSizes(contract.getLhs()[0]));
  inputSizes.assign(input.begin() + 1, input.end() - 1);
  outputSizes.assign(resultSizes.begin() + 1, resultSizes.end() - 1);
  tileLines = outputSizes[0].ceilDiv(2);
  tileColumns = outputSizes[1].ceilDiv(2);
  // Rows of a multiple of 512 bytes would meet in a few sets of the cache.
  rowStride = llvm::alignTo(k, width);
  if (rowStride % 128 == 0)
    rowStride += width;
  auto known =
      dyn_cast<AffineConstantExpr>(shapes.getProduct({tileLines, tileColumns}));
  if (known && known.getValue() > 0)
    imageTiles = known.getValue();
  stripsOfImage = shapes.getConstant(1);
  if (!imageTiles) {
    tilesOfStrip = std::max(mr, mostTiles / mr * mr);
    stripsOfImage =
        shapes.getProduct({tileLines, tileColumns}).ceilDiv(tilesOfStrip);
  } else if (*imageTiles <= mostTiles) {
    tilesOfStrip = *imageTiles;
    imagesOfUnit = mostTiles / *imageTiles;
    if (auto images = dyn_cast<AffineConstantExpr>(resultSizes[0]))
      imagesOfUnit = std::clamp<int64_t>(images.getValue(), 1, imagesOfUnit);
  } else {
    int64_t strips = llvm::divideCeil(*imageTiles, mostTiles);
    tilesOfStrip = llvm::divideCeil(*imageTiles, strips);
    stripsOfImage =
        shapes.getConstant(llvm::divideCeil(*imageTiles, tilesOfStrip));
  }
  auto strips = dyn_cast<AffineConstantExpr>(stripsOfImage);
  int64_t wanted = strips ? llvm::divideCeil(leastUnits, strips.getValue()) : 1;
  groupPanels = std::clamp<int64_t>(panels / wanted,
                                    llvm::divideCeil(leastColumns, nr), panels);
  int64_t rowsOfUnit = imagesOfUnit * tilesOfStrip;
  inputStride = rowsOfUnit * rowStride + width;
  sumStride = rowsOfUnit * nr + width;
}

void ContractionEmitter::emitWindowTiles() {
  prepareWindowTiles();
  int64_t panelGroups = llvm::divideCeil(panels, groupPanels);
  AffineExpr units =
      shapes.getProduct({resultSizes[0].ceilDiv(imagesOfUnit), stripsOfImage,
                         shapes.getConstant(panelGroups)});
  int64_t work =
      tileElements * k * nr * groupPanels * imagesOfUnit * tilesOfStrip;
  kernel.setIterations(units, 200000 / std::clamp<int64_t>(work, 1, 200000));
  requireSizes();
  setBuffers();
  OpBuilder &b = kernel.getBuilder();
  Type element = b.getF32Type();
  tileInputs = kernel.allocateScratch(
      element, shapes.getConstant(tileElements * inputStride));
  sumBuffer = kernel.allocateScratch(
      element, shapes.getConstant(tileElements * sumStride));
  tileZeros = kernel.allocateScratch(element, shapes.getConstant(rowStride));
  fillVectors(b, loc, tileZeros, index(0), index(rowStride),
              splatConstant(b, loc, element, 0));
  firstRow = firstColumn = index(0);

  auto loop =
      scf::ForOp::create(b, loc, kernel.getBegin(), kernel.getEnd(), index(1));
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  Value unit = loop.getInductionVar();
  Value group = arith::RemUIOp::create(body, loc, unit, index(panelGroups));
  setStrip(body, arith::DivUIOp::create(body, loc, unit, index(panelGroups)));
  // The groups of a strip that this call has follow one another.
  auto is = [&](Value x, Value y) {
    return arith::CmpIOp::create(body, loc, arith::CmpIPredicate::eq, x, y);
  };
  Value isNew = arith::OrIOp::create(body, loc, is(group, index(0)),
                                     is(unit, kernel.getBegin()));
  auto branch = scf::IfOp::create(body, loc, isNew, /*withElseRegion=*/false);
  OpBuilder then = branch.getThenBodyBuilder();
  emitTileInputs(then);
  firstPanel = times(body, group, groupPanels);
  lastPanel = arith::MinUIOp::create(
      body, loc, plus(body, firstPanel, groupPanels), index(panels));
  forEachPanel(body, [&](OpBuilder &inner, Value panel) {
    column = times(inner, panel, nr);
    emitTileProducts(inner, panel);
    emitTileResults(inner);
  });
}

/// Sets the images and tiles of a unit.
void ContractionEmitter::setStrip(OpBuilder &b, Value block) {
  Value strips = kernel.getIndex(stripsOfImage);
  strip = arith::RemUIOp::create(b, loc, block, strips);
  firstImage =
      times(b, arith::DivUIOp::create(b, loc, block, strips), imagesOfUnit);
  lastImage = arith::MinUIOp::create(b, loc, plus(b, firstImage, imagesOfUnit),
                                     kernel.getIndex(resultSizes[0]));
  firstTile = times(b, strip, tilesOfStrip);
  Value all = kernel.getIndex(shapes.getProduct({tileLines, tileColumns}));
  lastTile =
      arith::MinUIOp::create(b, loc, plus(b, firstTile, tilesOfStrip), all);
}

/// Calls \p body for every tile of the unit.
void ContractionEmitter::forEachWindowTile(OpBuilder &b, WindowTileBody body) {
  auto images = scf::ForOp::create(b, loc, firstImage, lastImage, index(1));
  OpBuilder outer = OpBuilder::atBlockBegin(images.getBody());
  image = images.getInductionVar();
  Value before =
      times(outer, arith::SubIOp::create(outer, loc, image, firstImage),
            tilesOfStrip);
  Value length = kernel.getIndex(tileColumns);
  auto tiles = scf::ForOp::create(
      outer, loc, firstTile, lastTile, index(1),
      ValueRange{arith::DivUIOp::create(outer, loc, firstTile, length),
                 arith::RemUIOp::create(outer, loc, firstTile, length)});
  OpBuilder inner = OpBuilder::atBlockBegin(tiles.getBody());
  Value number =
      arith::SubIOp::create(inner, loc, tiles.getInductionVar(), firstTile);
  Value line = tiles.getRegionIterArg(0), column = tiles.getRegionIterArg(1);
  body(inner, {add(inner, before, number), line, column});
  Value next = plus(inner, column, 1);
  Value isLast =
      arith::CmpIOp::create(inner, loc, arith::CmpIPredicate::eq, next, length);
  next = arith::SelectOp::create(inner, loc, isLast, index(0), next);
  line =
      arith::SelectOp::create(inner, loc, isLast, plus(inner, line, 1), line);
  scf::YieldOp::create(inner, loc, ValueRange{line, next});
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

/// A row or a column of Bt d.
static std::array<Value, 4> transformInputs(OpBuilder &b, Location loc,
                                            const std::array<Value, 4> &d) {
  return {arith::SubFOp::create(b, loc, d[0], d[2]),
          arith::AddFOp::create(b, loc, d[1], d[2]),
          arith::SubFOp::create(b, loc, d[2], d[1]),
          arith::SubFOp::create(b, loc, d[1], d[3])};
}

void ContractionEmitter::emitTileInputs(OpBuilder &b) {
  forEachWindowTile(b, [&](OpBuilder &inner, const WindowTile &tile) {
    emitTileInput(inner, tile);
  });
}

void ContractionEmitter::emitTileInput(OpBuilder &b, const WindowTile &tile) {
  Value height = kernel.getIndex(inputSizes[0]),
        length = kernel.getIndex(inputSizes[1]);
  auto isBelow = [&](Value x, Value y) -> Value {
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, x, y);
  };
  auto both = [&](Value x, Value y) -> Value {
    return arith::AndIOp::create(b, loc, x, y);
  };
  // Lines and columns of the input, which begin with what is padded.
  ArrayRef<int64_t> pads = conv.getPads();
  std::array<Value, 4> lines, columns, hasLine, hasColumn;
  for (int64_t i = 0; i < 4; ++i) {
    lines[i] = plus(b, times(b, tile.line, 2), i - pads[0]);
    columns[i] = plus(b, times(b, tile.column, 2), i - pads[1]);
    auto isInside = [&](Value x, Value size) {
      return both(isBelow(index(-1), x), isBelow(x, size));
    };
    hasLine[i] = isInside(lines[i], height);
    hasColumn[i] = isInside(columns[i], length);
  }
  Value start = arith::MulIOp::create(b, loc, image, height);
  std::array<Value, tileElements> from;
  for (int64_t i = 0; i < 4; ++i) {
    Value line = arith::MulIOp::create(b, loc, add(b, start, lines[i]), length);
    for (int64_t j = 0; j < 4; ++j)
      from[4 * i + j] = times(b, add(b, line, columns[j]), k);
  }
  Value to = times(b, tile.row, rowStride);
  using Loader =
      function_ref<Value(OpBuilder &, int64_t element, const VectorStep &step)>;
  auto emit = [&](OpBuilder &at, Loader load) {
    forEachVector(
        at, loc, index(k), {},
        [&](OpBuilder &inner, const VectorStep &step, ValueRange) {
          auto transformLine = [&](int64_t i) {
            std::array<Value, 4> d;
            for (int64_t j = 0; j < 4; ++j)
              d[j] = load(inner, 4 * i + j, step);
            return transformInputs(inner, loc, d);
          };
          auto store = [&](int64_t i, int64_t j, Value value) {
            storeVector(inner, loc, value, tileInputs,
                        plus(inner, add(inner, to, step.position),
                             (4 * i + j) * inputStride),
                        step.valid);
          };
          std::array<std::array<Value, 4>, 4> rows;
          for (int64_t i : {0, 2, 1, 3})
            rows[i] = transformLine(i);
          for (int64_t j = 0; j < 4; ++j) {
            std::array<Value, 4> own = transformInputs(
                inner, loc, {rows[0][j], rows[1][j], rows[2][j], rows[3][j]});
            for (int64_t i = 0; i < 4; ++i)
              store(i, j, own[i]);
          }
          return SmallVector<Value>();
        },
        width);
  };
  Value isInside =
      both(both(hasLine[0], hasLine[3]), both(hasColumn[0], hasColumn[3]));
  auto branch = scf::IfOp::create(b, loc, isInside, /*withElseRegion=*/true);
  OpBuilder then = branch.getThenBodyBuilder(),
            otherwise = branch.getElseBodyBuilder();
  emit(then, [&](OpBuilder &inner, int64_t element, const VectorStep &step) {
    return loadVector(inner, loc, lhsBuffer,
                      add(inner, from[element], step.position), step.valid,
                      width);
  });
  // Zeros, where the input has nothing.
  std::array<Value, tileElements> buffers, places;
  for (int64_t e = 0; e < tileElements; ++e) {
    Value exists =
        arith::AndIOp::create(otherwise, loc, hasLine[e / 4], hasColumn[e % 4]);
    buffers[e] =
        arith::SelectOp::create(otherwise, loc, exists, lhsBuffer, tileZeros);
    places[e] =
        arith::SelectOp::create(otherwise, loc, exists, from[e], index(0));
  }
  emit(otherwise,
       [&](OpBuilder &inner, int64_t element, const VectorStep &step) {
         return loadVector(inner, loc, buffers[element],
                           add(inner, places[element], step.position),
                           step.valid, width);
       });
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// All tiles of the unit, in groups of as many as have sums in registers.
void ContractionEmitter::forEachTileOfStrip(OpBuilder &b, TileBody body) {
  auto run = [&](OpBuilder &at, Value first, int64_t count) {
    forEachTileOfRun(at, first, plus(at, first, count), splitEvenly(count, mr),
                     /*areAll=*/true, body);
  };
  if (!imageTiles || *imageTiles < mr / 2) {
    Value images = arith::SubIOp::create(b, loc, lastImage, firstImage);
    Value tiles = arith::SubIOp::create(b, loc, lastTile, firstTile);
    return forEachTileOfRun(b, index(0),
                            arith::MulIOp::create(b, loc, images, tiles),
                            getFallingSizes(mr), /*areAll=*/false, body);
  }
  int64_t rest = *imageTiles % tilesOfStrip;
  if (rest != 0) {
    Value isLast = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                         lastTile, index(*imageTiles));
    auto branch = scf::IfOp::create(b, loc, isLast, /*withElseRegion=*/true);
    OpBuilder then = branch.getThenBodyBuilder(),
              otherwise = branch.getElseBodyBuilder();
    run(then, index(0), rest);
    return run(otherwise, index(0), tilesOfStrip);
  }
  if (imagesOfUnit == 1)
    return run(b, index(0), tilesOfStrip);
  Value images = arith::SubIOp::create(b, loc, lastImage, firstImage);
  auto loop = scf::ForOp::create(b, loc, index(0), images, index(1));
  OpBuilder inner = OpBuilder::atBlockBegin(loop.getBody());
  run(inner, times(inner, loop.getInductionVar(), tilesOfStrip), tilesOfStrip);
}

/// The 16 products of a panel.
void ContractionEmitter::emitTileProducts(OpBuilder &b, Value panel) {
  Value input = lhsBuffer;
  lhsBuffer = tileInputs;
  from = index(0);
  to = index(k);
  int64_t bytes = k * nr * 4;
  auto members =
      scf::ForOp::create(b, loc, index(0), index(tileElements), index(1));
  OpBuilder inner = OpBuilder::atBlockBegin(members.getBody());
  Value member = members.getInductionVar();
  chunkBase = times(
      inner, add(inner, times(inner, panel, tileElements), member), bytes);
  memberAt = times(inner, member, inputStride);
  sumOffset = times(inner, member, sumStride);
  forEachTileOfStrip(inner, [&](OpBuilder &body, Value row, int64_t count) {
    storeSums(body, sumTile(body, row, count, startTile(body, count)), row);
  });
  lhsBuffer = input;
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

/// A row or a column of At m.
static std::array<Value, 2> transformSums(OpBuilder &b, Location loc,
                                          const std::array<Value, 4> &m) {
  auto plus = [&](Value x, Value y) -> Value {
    return arith::AddFOp::create(b, loc, x, y);
  };
  auto minus = [&](Value x, Value y) -> Value {
    return arith::SubFOp::create(b, loc, x, y);
  };
  return {plus(plus(m[0], m[1]), m[2]), minus(minus(m[1], m[2]), m[3])};
}

void ContractionEmitter::emitTileResults(OpBuilder &b) {
  forEachWindowTile(b, [&](OpBuilder &inner, const WindowTile &tile) {
    loadImageOperands(inner);
    emitTileResult(inner, tile);
  });
}

void ContractionEmitter::emitTileResult(OpBuilder &b, const WindowTile &tile) {
  Value length = kernel.getIndex(outputSizes[1]);
  Value line = times(b, tile.line, 2), column = times(b, tile.column, 2);
  Value first =
      arith::MulIOp::create(b, loc, image, kernel.getIndex(outputSizes[0]));
  first = arith::MulIOp::create(b, loc, add(b, first, line), length);
  first = add(b, first, column);
  Value below = add(b, first, length);
  Value rows[4] = {first, plus(b, first, 1), below, plus(b, below, 1)};
  // Whether the second line or column of the tile exists; null where it does.
  auto hasSecond = [&](Value at, AffineExpr size) -> Value {
    auto known = dyn_cast<AffineConstantExpr>(size);
    if (known && known.getValue() % 2 == 0)
      return {};
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult,
                                 plus(b, at, 1), kernel.getIndex(size));
  };
  Value hasLine = hasSecond(line, outputSizes[0]),
        hasColumn = hasSecond(column, outputSizes[1]);
  Value hasBoth =
      hasLine && hasColumn
          ? arith::AndIOp::create(b, loc, hasLine, hasColumn).getResult()
      : hasLine ? hasLine
                : hasColumn;
  Value exists[4] = {Value(), hasColumn, hasLine, hasBoth};
  VectorType type = vectorOf(b.getF32Type());
  Value at = times(b, tile.row, nr);
  for (int64_t v = 0; v < vectors; ++v) {
    std::array<std::array<Value, 2>, 4> lines;
    for (int64_t i = 0; i < 4; ++i) {
      std::array<Value, 4> m;
      for (int64_t j = 0; j < 4; ++j)
        m[j] = vector::LoadOp::create(
            b, loc, type, sumBuffer,
            plus(b, at, (4 * i + j) * sumStride + v * width));
      lines[i] = transformSums(b, loc, m);
    }
    Values results(4);
    for (int64_t j = 0; j < 2; ++j) {
      std::array<Value, 2> own = transformSums(
          b, loc, {lines[0][j], lines[1][j], lines[2][j], lines[3][j]});
      results[j] = own[0];
      results[2 + j] = own[1];
    }
    if (isEpilogueLong() && !hasBoth) {
      // Polynomials of all results at once do not wait for one another.
      SmallVector<Place> places;
      for (Value row : rows)
        places.push_back(getPlace(b, row, v));
      emitStores(b, results, places);
      continue;
    }
    for (auto [i, row] : llvm::enumerate(rows)) {
      OpBuilder inner = b;
      if (exists[i])
        inner = scf::IfOp::create(b, loc, exists[i], /*withElseRegion=*/false)
                    .getThenBodyBuilder();
      emitStores(inner, results[i], getPlace(inner, row, v));
    }
  }
}
