//===- ContractionKernel.cpp - Kernels of one contraction -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A unit of the parallel iteration space is one panel of columns against one
// block of rows. Tiles of `rows` x `panel` accumulators live in registers as
// iter_args of the loop over K; the epilogue's region is cloned onto them.
// Where a panel is larger than the first-level cache, a unit has a few panels,
// and all rows of the block go through one chunk of K of each after the other,
// while the sums wait in scratch. Fewer rows than a tile has read each panel
// once, from its beginning to its end.
//
//===----------------------------------------------------------------------===//

#include "ContractionEmitter.h"
#include "Generators.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "quantc/Numerics/Packing.h"
#include "quantc/Target/CPU/CpuTarget.h"

using namespace mlir;
using namespace quantc;

/// Columns of a unit whose panels are cut into chunks: the rows' part of a
/// chunk stays in the second-level cache while these panels pass by.
static constexpr int64_t groupColumns = 256;
/// The same of a unit whose tiles go along its panels, which stay in the cache.
static constexpr int64_t walkedColumns = 256, walkedBytes = 64 << 10;
/// Results that do not stay in the second-level cache.
static constexpr int64_t manyElements = 1 << 17;
/// Units that one block of rows makes at least, so that threads share them.
static constexpr int64_t leastGroups = 8;
/// How far ahead a tile asks for weights, in bytes: some 500 cycles.
static constexpr int64_t prefetchDistance = 8192;
/// Panels of a unit that widens its rows or finds their factors, at least: one
/// would cost a sixth to widen. Two units share a block of rows all the same,
/// which may be the only one.
static constexpr int64_t widenedPanels = 4, leastUnits = 2;
/// The contraction of a kernel that has nothing beside it but the encoding of
/// the image whose lines it goes through and the magnitudes of the parts that
/// it makes; null if there is more.
static qt::ContractOp findContraction(func::FuncOp kernel) {
  qt::ContractOp contract;
  qt::QuantizeOp encoder;
  for (Operation &op : kernel.getBody().front().without_terminator()) {
    if (op.hasTrait<OpTrait::ConstantLike>())
      continue;
    if (auto own = dyn_cast<qt::ContractOp>(op); own && !contract) {
      contract = own;
      continue;
    }
    if (auto own = dyn_cast<qt::QuantizeOp>(op); own && !contract && !encoder) {
      encoder = own;
      continue;
    }
    auto magnitudes = dyn_cast<qt::MagnitudesOp>(op);
    if (!magnitudes || !contract ||
        magnitudes.getInput() != contract.getResult() ||
        findMagnitudes(contract) != magnitudes)
      return nullptr;
    ImagePart part = magnitudes.getPart().getPart();
    if (!(getPartOfUnits(contract, part.channels == 1) == part))
      return nullptr;
  }
  if (encoder && (!contract || !contract.hasPackedRhs() ||
                  ContractionUnits(contract).encoder != encoder))
    return nullptr;
  return contract;
}

bool quantc::canEmitContraction(func::FuncOp kernel) {
  qt::ContractOp contract = findContraction(kernel);
  if (!contract || !contract.hasPackedRhs())
    return false;
  // Panels are whole registers.
  return contract.getLayoutAttr().getPanel() %
             ContractionUnits(contract).width ==
         0;
}

LogicalResult quantc::emitContraction(KernelBuilder &kernel) {
  return ContractionEmitter(kernel, findContraction(kernel.getKernel())).emit();
}

ContractionEmitter::ContractionEmitter(KernelBuilder &kernel,
                                       qt::ContractOp contract)
    : IndexEmitter(kernel), ContractionUnits(contract),
      traits(numerics::getTraits(layout.getForm())) {
  CpuTarget target =
      CpuTarget::get(kernel.getKernel()->getParentOfType<ModuleOp>());
  hasVnni = target.has("avx512vnni");
  hasPairs = target.has("avx2");
  hasIntegerSums = contract.getAcc().isInteger(32);
  resultSizes = SmallVector<AffineExpr>(shapes.getSizes(contract.getResult()));
  numerics::PackedForm form = layout.getForm();
  if (conv) {
    blockSteps = std::min<int64_t>(
        8, llvm::divideCeil(contract.getContractionSize(), 4));
    // Two steps share a byte.
    if (numerics::hasNibbles(form))
      blockSteps = llvm::alignTo(blockSteps, 2);
  }
  groupPanels =
      numChunks == 1 && !hasCodesOfFloats() && !isWidened
          ? 1
          : std::clamp<int64_t>(panels / leastGroups, 1,
                                std::max<int64_t>(1, groupColumns / nr));
  if (isWidened || hasOrder)
    groupPanels = std::max(
        groupPanels,
        std::min<int64_t>(llvm::divideCeil(panels, leastUnits), widenedPanels));
  walksPanels = shouldWalkPanels();
  if (walksPanels)
    groupPanels = std::clamp<int64_t>(panels, 1, walkedColumns / nr);
  // With 16 registers the sums of a tile and of its block do not fit at once;
  // tiles against float rows are higher, and too high for 32.
  // Signed codes of integer blocks go into the sums at once.
  bool hasBlocks = numerics::hasNibbles(form) || numerics::hasBlockScales(form);
  bool needsBlockSums = (!hasIntegerSums || layout.getBias()) && !hasFewCodes &&
                        form != numerics::PackedForm::W4S;
  keepsSums = hasBlocks && needsBlockSums && (width == 8 || hasFloatRows);
}

Value ContractionEmitter::plus(OpBuilder &b, Value x, int64_t constant) {
  return constant == 0 ? x : add(b, x, index(constant));
}

Value ContractionEmitter::times(OpBuilder &b, Value x, int64_t factor) {
  return factor == 1 ? x : arith::MulIOp::create(b, loc, x, index(factor));
}

VectorType ContractionEmitter::vectorOf(Type element, int64_t factor) {
  return VectorType::get(width * factor, element);
}

//===----------------------------------------------------------------------===//
// Units, blocks of rows, chunks, tiles
//===----------------------------------------------------------------------===//

/// Code reads operands by the sizes of the result and the weights. Rows of
/// codes have the size that their producer gave them.
void ContractionEmitter::requireSizes() {
  if (hasFloatRows && !conv)
    kernel.requireEqual(shapes.getSizes(contract.getLhs()[0]).back(),
                        shapes.getConstant(k));
  for (Value operand : contract.getEpilogueOperands())
    kernel.requireBroadcastOfRows(
        SmallVector<AffineExpr>(shapes.getSizes(operand)), resultSizes);
}

void ContractionEmitter::setBuffers() {
  if (encoder) {
    lhsBuffer = kernel.getBuffer(encoder.getInput());
    scalesBuffer = kernel.getBuffer(encoder.getLargest());
  } else {
    lhsBuffer = kernel.getBuffer(contract.getLhs()[0]);
    if (contract.getLhs().size() > 1)
      scalesBuffer = kernel.getBuffer(contract.getLhs()[1]);
  }
  packed = kernel.getBuffer(cast<BlockArgument>(contract.getRhs()[0]));
  resultBuffer = kernel.getResultBuffer(
      getResultIndices(kernel.getKernel(), contract.getResult()).front());
}

LogicalResult ContractionEmitter::emit() {
  if (hasWindowTiles) {
    emitWindowTiles();
    return success();
  }
  if (hasLines) {
    emitLines();
    return success();
  }
  int64_t panelGroups = llvm::divideCeil(panels, groupPanels);
  AffineExpr m = shapes.getProduct(ArrayRef(resultSizes).drop_back());
  AffineExpr blocks = m.ceilDiv(blockRows);
  if (conv) {
    prepareConvolution();
    blocks = unitsOfImage > 1
                 ? resultSizes[0] * unitsOfImage
                 : shapes.getProduct({lines.ceilDiv(linesOfUnit), lineParts});
  }
  // A call of less than some 100,000 products is not worth its dispatch.
  int64_t work = std::max<int64_t>(1, k * nr * blockRows * groupPanels);
  int64_t each = panelGroups * groups; // units of a block of rows
  if (isDepthwise) {
    work = std::max<int64_t>(1, k * columns * blockRows);
    each = 1;
  }
  kernel.setIterations(blocks * each, std::max<int64_t>(1, 200000 / work));
  requireSizes();
  OpBuilder &b = kernel.getBuilder();
  setBuffers();
  prepareMagnitudes();
  rows = kernel.getIndex(m);
  if (decodesPanels())
    decoded = kernel.allocateScratch(
        hasFloatRows ? Type(b.getF32Type())
                     : b.getIntegerType(isWidened ? 16 : 8),
        shapes.getConstant(getDecodedSize() * (walksPanels ? groupPanels : 1)));
  if (isWidened)
    wideRows = kernel.allocateScratch(
        b.getI16Type(), shapes.getConstant(blockRows * getWideStride()));
  if (decodesPanels() && hasIntegerSums && !isWidened) {
    VectorType lanes = getNibbleSumType();
    decodedBiases = kernel.allocateScratch(
        lanes.getElementType(),
        shapes.getConstant(llvm::divideCeil(chunk, 32) * vectors *
                           lanes.getNumElements()));
  }
  if (layout.getForm() == qt::LayoutForm::Chained)
    prepareChains();
  if (keepsSums || (numChunks > 1 && treatsManyRows()))
    sumBuffer = kernel.allocateScratch(
        getSumType(), shapes.getConstant(blockRows * nr * groupPanels));
  tile = kernel.allocateScratch(contract.getAcc(), shapes.getConstant(mr * nr));
  allocateShifts();
  if (conv)
    emitTapTable();

  auto loop =
      scf::ForOp::create(b, loc, kernel.getBegin(), kernel.getEnd(), index(1));
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  Value unit = loop.getInductionVar();
  if (isDepthwise) {
    firstColumn = groupStart = magnitudesPanel = index(0);
    unitRows = unit;
    Value last = setLines(body, unit);
    keepMagnitudes(body, [&] { emitDepthwise(body, last); });
    return success();
  }
  unitRows = arith::DivUIOp::create(body, loc, unit, index(each));
  Value group = arith::RemUIOp::create(body, loc, unit, index(each));
  firstColumn = groupPacked = groupStart = groupPanel = index(0);
  if (groups > 1) {
    Value own = arith::DivUIOp::create(body, loc, group, index(panelGroups));
    group = arith::RemUIOp::create(body, loc, group, index(panelGroups));
    firstColumn = times(body, own, n);
    groupStart = times(body, own, tapStride);
    groupPanel = times(body, own, panels);
    numerics::PackedLayout packing = getPackedLayout(layout, n, k);
    groupPacked = times(body, own, panels * packing.panelBytes());
  }
  Value last;
  if (conv) {
    last = setLines(body, unitRows);
  } else {
    firstRow = times(body, unitRows, blockRows);
    last = arith::MinUIOp::create(body, loc, plus(body, firstRow, blockRows),
                                  rows);
  }
  firstPanel = times(body, group, groupPanels);
  lastPanel = arith::MinUIOp::create(
      body, loc, plus(body, firstPanel, groupPanels), index(panels));
  emitUnit(body, last);
  return success();
}

/// Short sums wait for the way of results through memory: it is shorter where
/// those of a row lie one behind the other.
bool ContractionEmitter::shouldWalkPanels() {
  if (!conv || isDepthwise || hasWindowTiles || numChunks > 1 ||
      (decodesPanels() && layout.getForm() != qt::LayoutForm::W4S))
    return false;
  int64_t elements = 1;
  for (int64_t size : contract.getType().getShape().drop_front())
    elements *= std::max<int64_t>(size, 0);
  return elements >= manyElements &&
         traits.weightBytes(k) * walkedColumns <= walkedBytes;
}

void ContractionEmitter::forEachPanel(OpBuilder &b, PanelBody body) {
  if (groupPanels == 1)
    return body(b, firstPanel);
  auto loop = scf::ForOp::create(b, loc, firstPanel, lastPanel, index(1));
  OpBuilder inner = OpBuilder::atBlockBegin(loop.getBody());
  body(inner, loop.getInductionVar());
}

void ContractionEmitter::emitUnit(OpBuilder &b, Value last) {
  // A convolution's tiles are as its lines are long.
  SmallVector<int64_t> sizes = getTileSizes(mr);
  if (conv && treatsManyRows())
    sizes = getFewRows() < mr ? SmallVector<int64_t>{1}
                              : SmallVector<int64_t>{mr, 1};
  auto emitFew = [&](OpBuilder &few) {
    if (hasCodesOfFloats())
      return emitFewFloats(few, last);
    if (walksPanels)
      return emitWhole(few, firstPanel, last, sizes);
    forEachPanel(few, [&](OpBuilder &inner, Value panel) {
      emitWhole(inner, panel, last, sizes);
    });
  };
  bool isChained = layout.getForm() == qt::LayoutForm::Chained;
  if (isChained && !conv)
    emitFactorsOfRows(b, last);
  if (hasOrder)
    sizes = {1};
  prepareShifts(b, last);
  if (!treatsManyRows())
    return emitFew(b);
  Value count = arith::SubIOp::create(b, loc, last, firstRow);
  Value many = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ugt, count,
                                     index(getFewRows()));
  auto branch = scf::IfOp::create(b, loc, many, /*withElseRegion=*/true);
  OpBuilder then = branch.getThenBodyBuilder(),
            otherwise = branch.getElseBodyBuilder();
  emitFew(otherwise);
  if (hasOrder) {
    useDecoded = true;
    forEachPanel(then, [&](OpBuilder &inner, Value panel) {
      emitWhole(inner, panel, last, getTileSizes(mr));
    });
    useDecoded = false;
    return;
  }
  if (numChunks > 1)
    return emitChunks(then, last);
  if (isWidened) {
    setChunk(then, firstPanel, index(0), chunk);
    emitWidenRows(then, last);
  }
  auto emitDecoded = [&](OpBuilder &inner, Value panel) {
    useDecoded = true;
    emitWhole(inner, panel, last, getTileSizes(mr));
    useDecoded = false;
  };
  forEachPanel(then, [&](OpBuilder &inner, Value panel) {
    setPanel(inner, panel);
    setChunk(inner, panel, index(0), chunk);
    emitDecode(inner);
    if (!walksPanels)
      emitDecoded(inner, panel);
  });
  if (walksPanels)
    emitDecoded(then, firstPanel);
}

/// Few rows, which decode codes as they go: tiles of falling size, then single
/// rows. The sums of one row in one panel would wait for one another, so a row
/// goes along several panels at once.
void ContractionEmitter::emitFewFloats(OpBuilder &b, Value last) {
  Value block = firstRow, rest = firstRow;
  SmallVector<int64_t> sizes = getFallingSizes(mr);
  if (sizes.size() > 1) {
    ArrayRef<int64_t> several = ArrayRef(sizes).drop_back();
    Value left = arith::SubIOp::create(b, loc, last, firstRow);
    for (int64_t size : several)
      left = arith::RemUIOp::create(b, loc, left, index(size));
    rest = arith::SubIOp::create(b, loc, last, left);
    forEachPanel(b, [&](OpBuilder &inner, Value panel) {
      emitWhole(inner, panel, rest, several);
    });
  }
  firstRow = rest;
  // A lookup keeps one panel's words and sums in registers.
  int64_t most = layout.getForm() == qt::LayoutForm::W4F && width == 16 ? 1 : 4;
  int64_t own = vectors;
  Value panels = arith::SubIOp::create(b, loc, lastPanel, firstPanel);
  Value split =
      add(b, firstPanel,
          times(b, arith::DivUIOp::create(b, loc, panels, index(most)), most));
  auto walk = [&](Value first, Value end, int64_t count) {
    panelsAtOnce = count;
    vectors = own * count;
    auto loop = scf::ForOp::create(b, loc, first, end, index(count));
    OpBuilder inner = OpBuilder::atBlockBegin(loop.getBody());
    emitWhole(inner, loop.getInductionVar(), last, {1});
  };
  bool hasSeveral = most > 1 && groupPanels >= most;
  if (hasSeveral)
    walk(firstPanel, split, most);
  walk(hasSeveral ? split : firstPanel, lastPanel, 1);
  firstRow = block;
}

/// Each tile goes through all of K at once: those of one panel, or each along
/// the panels of the unit.
void ContractionEmitter::emitWhole(OpBuilder &b, Value panel, Value last,
                                   ArrayRef<int64_t> sizes) {
  auto enter = [&](OpBuilder &inner, Value own) {
    setPanel(inner, own);
    setChunk(inner, own, index(0), k);
    if (layout.getForm() == qt::LayoutForm::Chained)
      enterChains(inner);
  };
  if (!walksPanels)
    enter(b, panel);
  keepMagnitudes(b, [&] {
    forEachTile(b, firstRow, last, sizes,
                [&](OpBuilder &inner, Value row, int64_t count) {
                  if (!walksPanels)
                    return emitTile(inner, panel, row, count);
                  forEachPanel(inner, [&](OpBuilder &body, Value own) {
                    enter(body, own);
                    emitTile(body, own, row, count);
                  });
                });
  });
}

void ContractionEmitter::emitTile(OpBuilder &b, Value panel, Value row,
                                  int64_t count) {
  Values sums = startTile(b, count);
  if (layout.getForm() != qt::LayoutForm::Matched || numChunks == 1) {
    sums = sumTile(b, row, count, sums);
  } else { // its chunks are apart
    auto loop =
        scf::ForOp::create(b, loc, index(0), index(numChunks), index(1), sums);
    OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
    setChunk(body, panel, loop.getInductionVar(), chunk);
    scf::YieldOp::create(
        body, loc, sumTile(body, row, count, Values(loop.getRegionIterArgs())));
    sums = Values(loop.getResults());
    setChunk(b, panel, index(0), k);
  }
  emitEpilogue(b, finishTile(b, row, count, sums), row, count);
}

/// All tiles go through one chunk after the other.
void ContractionEmitter::emitChunks(OpBuilder &b, Value last) {
  forEachPanel(b, [&](OpBuilder &inner, Value panel) {
    setPanel(inner, panel);
    setChunk(inner, panel, index(0), chunk);
    forEachTile(inner, firstRow, last, {1},
                [&](OpBuilder &body, Value row, int64_t count) {
                  storeSums(body, startTile(body, count), row);
                });
  });
  auto loop = scf::ForOp::create(b, loc, index(0), index(numChunks), index(1));
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  Value number = loop.getInductionVar();
  if (isWidened) {
    setChunk(body, firstPanel, number, chunk);
    emitWidenRows(body, last);
  }
  forEachPanel(body, [&](OpBuilder &inner, Value panel) {
    setPanel(inner, panel);
    setChunk(inner, panel, number, chunk);
    if (decodesPanels()) {
      emitDecode(inner);
      useDecoded = true;
    }
    forEachTile(
        inner, firstRow, last, getTileSizes(mr),
        [&](OpBuilder &body, Value row, int64_t count) {
          storeSums(body, sumTile(body, row, count, loadSums(body, row, count)),
                    row);
        });
    useDecoded = false;
  });
  forEachPanel(b, [&](OpBuilder &inner, Value panel) {
    setPanel(inner, panel);
    setChunk(inner, panel, index(0), chunk);
    keepMagnitudes(inner, [&] {
      forEachTile(inner, firstRow, last, {1},
                  [&](OpBuilder &body, Value row, int64_t count) {
                    emitEpilogue(body,
                                 finishTile(body, row, count,
                                            loadSums(body, row, count)),
                                 row, count);
                  });
    });
  });
}

void ContractionEmitter::setPanel(OpBuilder &b, Value panel) {
  column = times(b, panel, nr);
  magnitudesPanel = add(b, groupPanel, panel);
  sumOffset = largestAt = decodedOffset = index(0);
  if (groupPanels == 1)
    return;
  Value number = arith::SubIOp::create(b, loc, panel, firstPanel);
  sumOffset = times(b, number, blockRows * nr);
  if (!walksPanels)
    return;
  largestAt = times(b, number, static_cast<int64_t>(ofTile.size()) * width);
  decodedOffset = times(b, number, getDecodedSize());
}

/// Weights that a panel's chunk has when it is taken apart.
int64_t ContractionEmitter::getDecodedSize() {
  return llvm::divideCeil(chunk, 32) * 32 * nr;
}

/// Chunk \p number of chunks of \p size; all of K is one, too.
void ContractionEmitter::setChunk(OpBuilder &b, Value panel, Value number,
                                  int64_t size) {
  bool isWhole = size >= k;
  from = isWhole ? index(0) : times(b, number, size);
  to = isWhole ? index(k)
               : arith::MinUIOp::create(b, loc, plus(b, from, size), index(k))
                     .getResult();
  if (numerics::hasTable(layout.getForm())) {
    Value entry = add(b, times(b, panel, numChunks), number);
    Value offset = loadInteger(b, packed, times(b, entry, 4));
    header = arith::IndexCastUIOp::create(b, loc, b.getIndexType(), offset);
    return;
  }
  numerics::PackedLayout packing = getPackedLayout(layout, n, k);
  header = add(b, groupPacked, times(b, panel, packing.panelBytes()));
  Value block =
      isWhole ? index(0)
              : arith::DivUIOp::create(b, loc, from, index(32)).getResult();
  Value offset = traits.isCut ? times(b, block, nr * traits.cutBytes())
                              : times(b, from, nr * traits.weightBytes(1));
  chunkBase = add(b, plus(b, header, nr * traits.columnBytes), offset);
}

Type ContractionEmitter::getSumType() {
  OpBuilder &b = kernel.getBuilder();
  bool isFloat = hasFloatRows || (numerics::hasBlockScales(layout.getForm()) &&
                                  !hasIntegerSums);
  return isFloat ? Type(b.getF32Type()) : Type(b.getI32Type());
}

/// Where the sums of a row wait.
Value ContractionEmitter::getSumsAt(OpBuilder &b, Value row) {
  return add(b, sumOffset,
             times(b, arith::SubIOp::create(b, loc, row, firstRow), nr));
}

ContractionEmitter::Values ContractionEmitter::loadSums(OpBuilder &b, Value row,
                                                        int64_t count) {
  Values sums;
  Value at = getSumsAt(b, row);
  for (int64_t i = 0; i < count * vectors; ++i)
    sums.push_back(vector::LoadOp::create(b, loc, vectorOf(getSumType()),
                                          sumBuffer, plus(b, at, i * width)));
  return sums;
}

void ContractionEmitter::storeSums(OpBuilder &b, ArrayRef<Value> sums,
                                   Value row) {
  Value at = getSumsAt(b, row);
  for (auto [i, sum] : llvm::enumerate(sums))
    vector::StoreOp::create(b, loc, sum, sumBuffer,
                            plus(b, at, static_cast<int64_t>(i) * width));
}

//===----------------------------------------------------------------------===//
// Loads
//===----------------------------------------------------------------------===//

Value ContractionEmitter::loadInteger(OpBuilder &b, Value buffer, Value at) {
  auto bytes = VectorType::get(4, b.getI8Type());
  Value raw = vector::LoadOp::create(b, loc, bytes, buffer, at);
  auto one = VectorType::get(1, b.getI32Type());
  Value word = vector::BitCastOp::create(b, loc, one, raw);
  return vector::ExtractOp::create(b, loc, word, int64_t(0));
}

/// A vector of wider elements from a buffer of bytes.
Value ContractionEmitter::loadFromBytes(OpBuilder &b, Value buffer, Value at,
                                        VectorType type) {
  int64_t bytes = type.getNumElements() * type.getElementTypeBitWidth() / 8;
  Value raw = vector::LoadOp::create(
      b, loc, VectorType::get(bytes, b.getI8Type()), buffer, at);
  return vector::BitCastOp::create(b, loc, type, raw);
}

/// 4 activation bytes at \p at, once for every column.
Value ContractionEmitter::broadcastActivations(OpBuilder &b, Value at) {
  Value word = loadInteger(b, lhsBuffer, at);
  Value words =
      vector::BroadcastOp::create(b, loc, vectorOf(b.getI32Type()), word);
  return vector::BitCastOp::create(b, loc, vectorOf(b.getI8Type(), 4), words);
}

Value ContractionEmitter::splat(OpBuilder &b, Value scalar) {
  return vector::BroadcastOp::create(b, loc, vectorOf(scalar.getType()),
                                     scalar);
}

Value ContractionEmitter::zeros(OpBuilder &b, VectorType type) {
  return arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
}

/// Asks for what the loop will read some steps on: the first tile that comes to
/// a panel would wait for it, and behind a panel stands the next one.
void ContractionEmitter::prefetch(OpBuilder &b, Value at, int64_t bytes) {
  int64_t panelBytes =
      panelsAtOnce > 1 ? getPackedLayout(layout, n, k).panelBytes() : 0;
  for (int64_t panel = 0; panel < panelsAtOnce; ++panel)
    for (int64_t line = 0; line < bytes; line += 64)
      memref::PrefetchOp::create(
          b, loc, packed,
          plus(b, at,
               panel * panelBytes + prefetchDistance / panelsAtOnce + line),
          /*isWrite=*/false, /*localityHint=*/3, /*isDataCache=*/true);
}
