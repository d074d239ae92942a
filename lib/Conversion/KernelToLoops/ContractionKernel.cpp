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
// Where a panel is larger than the first-level cache, all rows of the block go
// through one chunk of K after the other, and the sums wait in scratch.
//
//===----------------------------------------------------------------------===//

#include "ContractionEmitter.h"
#include "Generators.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "quantc/Numerics/Packing.h"
#include "quantc/Target/CPU/CpuTarget.h"

using namespace mlir;
using namespace quantc;

/// Bytes of activations that one unit reads: they stay in the second-level
/// cache while panels pass by.
static constexpr int64_t blockBytes = 256 << 10;
static constexpr int64_t mostBlockRows = 128;
/// How far ahead a single row reads weights, in bytes.
static constexpr int64_t prefetchDistance = 4096;
/// Bytes of a panel that stay in the first-level cache beside a tile's rows.
static constexpr int64_t chunkBytes = 16 << 10;

static qt::ContractOp getContract(func::FuncOp kernel) {
  qt::ContractOp contract;
  for (Operation &op : kernel.getBody().front().without_terminator()) {
    if (op.hasTrait<OpTrait::ConstantLike>())
      continue;
    if (contract || !isa<qt::ContractOp>(op))
      return nullptr;
    contract = cast<qt::ContractOp>(op);
  }
  return contract;
}

bool quantc::canEmitContraction(func::FuncOp kernel) {
  qt::ContractOp contract = getContract(kernel);
  return contract && contract.getLayoutAttr() &&
         isa<qt::MatmulAttr>(contract.getGeometry());
}

LogicalResult quantc::emitContraction(KernelBuilder &kernel) {
  return ContractionEmitter(kernel, getContract(kernel.getKernel())).emit();
}

ContractionEmitter::ContractionEmitter(KernelBuilder &kernel,
                                       qt::ContractOp contract)
    : kernel(kernel), contract(contract), shapes(kernel.getShapes()),
      loc(kernel.getLoc()), layout(contract.getLayoutAttr()) {
  CpuTarget target =
      CpuTarget::get(kernel.getKernel()->getParentOfType<ModuleOp>());
  hasVnni = target.has("avx512vnni");
  nr = layout.getPanel();
  mr = layout.getRows();
  width = std::min<int64_t>(target.has("avx512f") ? 16 : 8, nr);
  vectors = nr / width;
  resultSizes = SmallVector<AffineExpr>(shapes.getSizes(contract.getResult()));
  n = cast<RankedTensorType>(contract.getResult().getType()).getShape().back();
  k = contract.getContractionSize();
  bool isFloat = layout.getForm() == qt::LayoutForm::F32;
  int64_t rowBytes = isFloat ? k * 4 : numerics::activationStride(k);
  blockRows = std::clamp<int64_t>(blockBytes / std::max<int64_t>(rowBytes, 1), 16, mostBlockRows) / 8 * 8;
  if (layout.getForm() == qt::LayoutForm::Matched) {
    numerics::PackedLayout packing = getPackedLayout(layout, n, k);
    chunk = packing.matchedChunk();
  } else {
    chunk = chunkBytes / (nr * (isFloat ? 4 : 1));
    // What is a little longer is not worth the way of the sums through memory.
    chunk = k <= chunk + chunk / 2 ? k : chunk;
  }
  numChunks = chunk == 0 ? 1 : llvm::divideCeil(k, chunk);
  // With 16 registers the sums of a tile and of its block do not fit at once.
  keepsSums = width == 8 && (layout.getForm() == qt::LayoutForm::W4I || layout.getForm() == qt::LayoutForm::B32);
}

Value ContractionEmitter::index(int64_t value) { return kernel.getIndex(value); }

Value ContractionEmitter::add(OpBuilder &b, Value x, Value y) {
  return arith::AddIOp::create(b, loc, x, y);
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

LogicalResult ContractionEmitter::emit() {
  int64_t panels = llvm::divideCeil(n, nr);
  AffineExpr m = shapes.getProduct(ArrayRef(resultSizes).drop_back());
  AffineExpr blocks = m.ceilDiv(blockRows);
  // A call of less than some 100,000 products is not worth its dispatch.
  int64_t work = std::max<int64_t>(1, k * nr * blockRows);
  kernel.setIterations(blocks * panels, std::max<int64_t>(1, 200000 / work));
  OpBuilder &b = kernel.getBuilder();
  lhsBuffer = kernel.getBuffer(cast<BlockArgument>(contract.getLhs()[0]));
  if (contract.getLhs().size() > 1)
    scalesBuffer = kernel.getBuffer(cast<BlockArgument>(contract.getLhs()[1]));
  packed = kernel.getBuffer(cast<BlockArgument>(contract.getRhs()[0]));
  resultBuffer = kernel.getResultBuffer(0);
  rows = kernel.getIndex(m);
  if (layout.getForm() == qt::LayoutForm::W4I)
    decoded = kernel.allocateScratch(b.getI8Type(), shapes.getConstant(llvm::divideCeil(chunk, 32) * 32 * nr));
  if (numChunks > 1 || keepsSums)
    sumBuffer = kernel.allocateScratch(getSumType(), shapes.getConstant(blockRows * nr));
  tile = kernel.allocateScratch(b.getF32Type(), shapes.getConstant(mr * nr));

  auto loop = scf::ForOp::create(b, loc, kernel.getBegin(), kernel.getEnd(), index(1));
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  Value unit = loop.getInductionVar();
  Value block = arith::DivUIOp::create(body, loc, unit, index(panels));
  Value panel = arith::RemUIOp::create(body, loc, unit, index(panels));
  firstRow = times(body, block, blockRows);
  Value last = arith::MinUIOp::create(body, loc, plus(body, firstRow, blockRows), rows);
  column = times(body, panel, nr);
  emitRows(body, panel, firstRow, last);
  return success();
}

void ContractionEmitter::emitRows(OpBuilder &b, Value panel, Value first, Value last) {
  setChunk(b, panel, index(0));
  if (numChunks == 1)
    return emitChunk(b, first, last, [&](OpBuilder &inner, Value row, int64_t count) {
      Values sums = sumTile(inner, row, count, startTile(inner, count));
      emitEpilogue(inner, finishTile(inner, row, count, sums), row, count);
    });
  forEachTile(b, first, last, {1}, [&](OpBuilder &inner, Value row, int64_t count) {
    storeSums(inner, startTile(inner, count), row);
  });
  auto loop = scf::ForOp::create(b, loc, index(0), index(numChunks), index(1));
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  setChunk(body, panel, loop.getInductionVar());
  emitChunk(body, first, last, [&](OpBuilder &inner, Value row, int64_t count) {
    storeSums(inner, sumTile(inner, row, count, loadSums(inner, row, count)), row);
  });
  setChunk(b, panel, index(0));
  forEachTile(b, first, last, {1}, [&](OpBuilder &inner, Value row, int64_t count) {
    emitEpilogue(inner, finishTile(inner, row, count, loadSums(inner, row, count)), row, count);
  });
}

/// All tiles of the block through the chunk at hand.
void ContractionEmitter::emitChunk(OpBuilder &b, Value first, Value last, TileBody tile) {
  SmallVector<int64_t> sizes{mr};
  if (mr > 2)
    sizes.push_back(mr / 2);
  sizes.push_back(1);
  if (layout.getForm() != qt::LayoutForm::W4I)
    return forEachTile(b, first, last, sizes, tile);
  // Nibbles are decoded once for all rows of the block, or, for few rows, in
  // registers, which saves the way through memory.
  Value count = arith::SubIOp::create(b, loc, last, first);
  Value many = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::uge, count, index(mr));
  auto branch = scf::IfOp::create(b, loc, many, /*withElseRegion=*/true);
  OpBuilder then = branch.getThenBodyBuilder();
  emitDecode(then);
  useDecoded = true;
  forEachTile(then, first, last, sizes, tile);
  OpBuilder otherwise = branch.getElseBodyBuilder();
  useDecoded = false;
  forEachTile(otherwise, first, last, {1}, tile);
}

/// Tiles of the first size, then of the next ones for what is left; the last
/// size is 1.
void ContractionEmitter::forEachTile(OpBuilder &b, Value first, Value last, ArrayRef<int64_t> sizes, TileBody body) {
  Value at = first;
  for (int64_t size : sizes) {
    Value end = last;
    if (size > 1) {
      Value left = arith::SubIOp::create(b, loc, last, at);
      end = add(b, at, times(b, arith::DivUIOp::create(b, loc, left, index(size)), size));
    }
    auto loop = scf::ForOp::create(b, loc, at, end, index(size));
    OpBuilder inner = OpBuilder::atBlockBegin(loop.getBody());
    body(inner, loop.getInductionVar(), size);
    at = end;
  }
}

void ContractionEmitter::setChunk(OpBuilder &b, Value panel, Value number) {
  from = numChunks == 1 ? index(0) : times(b, number, chunk);
  to = numChunks == 1 ? index(k) : arith::MinUIOp::create(b, loc, plus(b, from, chunk), index(k)).getResult();
  if (layout.getForm() == qt::LayoutForm::Matched) {
    Value entry = add(b, times(b, panel, numChunks), number);
    Value offset = loadInteger(b, packed, times(b, entry, 4));
    header = arith::IndexCastUIOp::create(b, loc, b.getIndexType(), offset);
    return;
  }
  numerics::PackedLayout packing = getPackedLayout(layout, n, k);
  header = times(b, panel, packing.panelBytes());
  Value block = numChunks == 1 ? index(0) : arith::DivUIOp::create(b, loc, from, index(32)).getResult();
  switch (layout.getForm()) {
  case qt::LayoutForm::F32:
    chunkBase = add(b, header, times(b, from, nr * 4));
    break;
  case qt::LayoutForm::S8:
    chunkBase = add(b, plus(b, header, nr * 8), times(b, from, nr));
    break;
  case qt::LayoutForm::W4I:
    chunkBase = add(b, plus(b, header, nr * 8), times(b, block, nr * 20));
    break;
  case qt::LayoutForm::B32:
    chunkBase = add(b, header, times(b, block, nr * 40));
    break;
  case qt::LayoutForm::Matched:
    break; // above
  }
}

Type ContractionEmitter::getSumType() {
  OpBuilder &b = kernel.getBuilder();
  bool isFloat = layout.getForm() == qt::LayoutForm::F32 || layout.getForm() == qt::LayoutForm::B32;
  return isFloat ? Type(b.getF32Type()) : Type(b.getI32Type());
}

/// Where the sums of a row wait.
Value ContractionEmitter::getSumsAt(OpBuilder &b, Value row) {
  return times(b, arith::SubIOp::create(b, loc, row, firstRow), nr);
}

ContractionEmitter::Values ContractionEmitter::loadSums(OpBuilder &b, Value row, int64_t count) {
  Values sums;
  Value at = getSumsAt(b, row);
  for (int64_t i = 0; i < count * vectors; ++i)
    sums.push_back(vector::LoadOp::create(b, loc, vectorOf(getSumType()), sumBuffer, plus(b, at, i * width)));
  return sums;
}

void ContractionEmitter::storeSums(OpBuilder &b, ArrayRef<Value> sums, Value row) {
  Value at = getSumsAt(b, row);
  for (auto [i, sum] : llvm::enumerate(sums))
    vector::StoreOp::create(b, loc, sum, sumBuffer, plus(b, at, static_cast<int64_t>(i) * width));
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
  Value raw = vector::LoadOp::create(b, loc, VectorType::get(bytes, b.getI8Type()), buffer, at);
  return vector::BitCastOp::create(b, loc, type, raw);
}

/// 4 activation bytes at \p at, once for every column.
Value ContractionEmitter::broadcastActivations(OpBuilder &b, Value at) {
  Value word = loadInteger(b, lhsBuffer, at);
  Value words = vector::BroadcastOp::create(b, loc, vectorOf(b.getI32Type()), word);
  return vector::BitCastOp::create(b, loc, vectorOf(b.getI8Type(), 4), words);
}

Value ContractionEmitter::splat(OpBuilder &b, Value scalar) {
  return vector::BroadcastOp::create(b, loc, vectorOf(scalar.getType()), scalar);
}

Value ContractionEmitter::zeros(OpBuilder &b, VectorType type) {
  return arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
}

/// Asks for what the loop will read some steps on.
void ContractionEmitter::prefetch(OpBuilder &b, Value at, int64_t bytes) {
  for (int64_t line = 0; line < bytes; line += 64)
    memref::PrefetchOp::create(b, loc, packed, plus(b, at, prefetchDistance + line), /*isWrite=*/false,
                               /*localityHint=*/3, /*isDataCache=*/true);
}
