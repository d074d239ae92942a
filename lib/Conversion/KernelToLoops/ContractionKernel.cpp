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
//
//===----------------------------------------------------------------------===//

#include "ContractionEmitter.h"
#include "Generators.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "quantc/Numerics/Packing.h"
#include "quantc/Target/CPU/CpuTarget.h"

using namespace mlir;
using namespace quantc;

/// Rows that one call's unit works on: they stay in the second-level cache
/// while panels pass by.
static constexpr int64_t rowsOfBlock = 64;

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
  width = hasVnni ? 16 : 8;
  nr = layout.getPanel();
  mr = layout.getRows();
  vectors = nr / width;
  resultSizes = SmallVector<AffineExpr>(shapes.getSizes(contract.getResult()));
  n = cast<RankedTensorType>(contract.getResult().getType()).getShape().back();
  k = contract.getContractionSize();
}

Value ContractionEmitter::index(int64_t value) { return kernel.getIndex(value); }

Value ContractionEmitter::add(OpBuilder &b, Value x, Value y) {
  return arith::AddIOp::create(b, loc, x, y);
}

Value ContractionEmitter::times(OpBuilder &b, Value x, int64_t factor) {
  return factor == 1 ? x : arith::MulIOp::create(b, loc, x, index(factor));
}

VectorType ContractionEmitter::vectorOf(Type element, int64_t factor) {
  return VectorType::get(width * factor, element);
}

//===----------------------------------------------------------------------===//
// Units, blocks of rows, tiles
//===----------------------------------------------------------------------===//

LogicalResult ContractionEmitter::emit() {
  int64_t panels = llvm::divideCeil(n, nr);
  AffineExpr m = shapes.getProduct(ArrayRef(resultSizes).drop_back());
  AffineExpr blocks = m.ceilDiv(rowsOfBlock);
  // A call of less than some 100,000 products is not worth its dispatch.
  int64_t work = std::max<int64_t>(1, k * nr * rowsOfBlock);
  kernel.setIterations(blocks * panels, std::max<int64_t>(1, 200000 / work));
  OpBuilder &b = kernel.getBuilder();
  lhsBuffer = kernel.getBuffer(cast<BlockArgument>(contract.getLhs()[0]));
  if (contract.getLhs().size() > 1)
    scalesBuffer = kernel.getBuffer(cast<BlockArgument>(contract.getLhs()[1]));
  packed = kernel.getBuffer(cast<BlockArgument>(contract.getRhs()[0]));
  resultBuffer = kernel.getResultBuffer(0);
  rows = kernel.getIndex(m);
  if (layout.getForm() == qt::LayoutForm::W4I)
    decoded = kernel.allocateScratch(
        b.getI8Type(),
        shapes.getConstant(llvm::divideCeil(k, 32) * 32 * nr));
  tile = kernel.allocateScratch(b.getF32Type(), shapes.getConstant(mr * nr));

  auto loop = scf::ForOp::create(b, loc, kernel.getBegin(), kernel.getEnd(), index(1));
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  Value unit = loop.getInductionVar();
  Value block = arith::DivUIOp::create(body, loc, unit, index(panels));
  Value panel = arith::RemUIOp::create(body, loc, unit, index(panels));
  Value first = times(body, block, rowsOfBlock);
  Value last = arith::MinUIOp::create(body, loc, add(body, first, index(rowsOfBlock)), rows);
  column = times(body, panel, nr);
  emitPanel(body, panel);
  emitRows(body, first, last);
  return success();
}

void ContractionEmitter::emitPanel(OpBuilder &b, Value panel) {
  numerics::PackedLayout packing = getPackedLayout(layout, n, k);
  if (layout.getForm() == qt::LayoutForm::Matched) {
    Value offset = loadInteger(b, packed, times(b, panel, 4));
    panelBase = arith::IndexCastUIOp::create(b, loc, b.getIndexType(), offset);
    return;
  }
  int64_t bytes = packing.panelBytes();
  panelBase = times(b, panel, bytes);
}

void ContractionEmitter::emitRows(OpBuilder &b, Value first, Value last) {
  Value count = arith::SubIOp::create(b, loc, last, first);
  auto tiles = [&](OpBuilder &inner, bool fromScratch) {
    useDecoded = fromScratch;
    Value whole = inner.createOrFold<arith::MulIOp>(
        loc, arith::DivUIOp::create(inner, loc, count, index(mr)).getResult(), index(mr));
    Value middle = add(inner, first, whole);
    auto big = scf::ForOp::create(inner, loc, first, middle, index(mr));
    OpBuilder body = OpBuilder::atBlockBegin(big.getBody());
    emitTile(body, big.getInductionVar(), mr);
    auto small = scf::ForOp::create(inner, loc, middle, last, index(1));
    body = OpBuilder::atBlockBegin(small.getBody());
    emitTile(body, small.getInductionVar(), 1);
  };
  if (layout.getForm() != qt::LayoutForm::W4I)
    return tiles(b, false);
  // Nibbles are decoded once for all rows of the block, or, for few rows, in
  // registers, which saves the way through memory.
  Value many = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::uge, count, index(mr));
  auto branch = scf::IfOp::create(b, loc, many, /*withElseRegion=*/true);
  OpBuilder then = branch.getThenBodyBuilder();
  emitDecode(then);
  tiles(then, true);
  OpBuilder otherwise = branch.getElseBodyBuilder();
  useDecoded = false;
  auto small = scf::ForOp::create(otherwise, loc, first, last, index(1));
  OpBuilder body = OpBuilder::atBlockBegin(small.getBody());
  emitTile(body, small.getInductionVar(), 1);
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

//===----------------------------------------------------------------------===//
// Epilogue
//===----------------------------------------------------------------------===//

/// Where row \p row of an operand that broadcasts to the result begins.
Value ContractionEmitter::operandOffset(OpBuilder &b, Value operand, Value row) {
  SmallVector<AffineExpr> own(shapes.getSizes(operand));
  if (llvm::equal(own, resultSizes))
    return times(b, row, n);
  AffineExpr unit = shapes.getConstant(1);
  Value offset = index(0);
  if (own.size() < 2)
    return offset;
  AffineExpr stride = own.back();
  Value rest = row;
  size_t shift = resultSizes.size() - own.size();
  for (size_t dim = resultSizes.size() - 1; dim-- > shift;) {
    AffineExpr size = own[dim - shift];
    Value size0 = kernel.getIndex(resultSizes[dim]);
    Value position = dim == 0 ? rest : arith::RemUIOp::create(b, loc, rest, size0).getResult();
    if (size != unit) {
      Value term = arith::MulIOp::create(b, loc, position, kernel.getIndex(stride));
      offset = add(b, offset, term);
    }
    if (dim != 0)
      rest = arith::DivUIOp::create(b, loc, rest, size0);
    stride = shapes.getProduct({stride, size});
  }
  return offset;
}

Value ContractionEmitter::loadEpilogueOperand(OpBuilder &b, Value operand,
                                              Value row, Value at, Value mask) {
  Value buffer = kernel.getBuffer(cast<BlockArgument>(operand));
  Value offset = operandOffset(b, operand, row);
  ArrayRef<AffineExpr> own = shapes.getSizes(operand);
  if (own.empty() || (own.back() == shapes.getConstant(1) && n != 1))
    return splat(b, memref::LoadOp::create(b, loc, buffer, offset));
  Value from = add(b, offset, at);
  VectorType type = vectorOf(cast<MemRefType>(buffer.getType()).getElementType());
  if (!mask)
    return vector::LoadOp::create(b, loc, type, buffer, from);
  return vector::MaskedLoadOp::create(b, loc, type, buffer, from, mask, zeros(b, type));
}

/// Clones the region onto \p accumulator, which holds columns from \p at on.
Value ContractionEmitter::applyEpilogue(OpBuilder &b, Value accumulator,
                                        Value row, Value at, Value mask) {
  if (!contract.hasEpilogue())
    return accumulator;
  Block &region = contract.getEpilogue().front();
  IRMapping mapping;
  mapping.map(region.getArgument(0), accumulator);
  for (auto [argument, operand] :
       llvm::zip_equal(region.getArguments().drop_front(), contract.getEpilogueOperands()))
    if (!argument.use_empty())
      mapping.map(argument, loadEpilogueOperand(b, operand, row, at, mask));
  for (Operation &op : region.without_terminator()) {
    Attribute constant;
    if (matchPattern(&op, m_Constant(&constant))) {
      auto type = vectorOf(op.getResult(0).getType());
      mapping.map(op.getResult(0), arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, constant)));
      continue;
    }
    SmallVector<Value> operands;
    for (Value operand : op.getOperands())
      operands.push_back(mapping.lookup(operand));
    Operation *clone = cast<ElementwiseOpInterface>(op).cloneOnto(b, operands);
    mapping.map(op.getResult(0), clone->getResult(0));
  }
  return mapping.lookup(region.getTerminator()->getOperand(0));
}

void ContractionEmitter::emitStore(OpBuilder &b, Value value, Value row, int64_t v) {
  Value at = add(b, column, index(v * width));
  Value mask;
  if (n % nr != 0) {
    Value left = arith::SubIOp::create(b, loc, index(n), at);
    mask = vector::CreateMaskOp::create(b, loc, vectorOf(b.getI1Type()), left);
  }
  value = applyEpilogue(b, value, row, at, mask);
  Value to = add(b, times(b, row, n), at);
  if (mask)
    vector::MaskedStoreOp::create(b, loc, resultBuffer, to, mask, value);
  else
    vector::StoreOp::create(b, loc, value, resultBuffer, to);
}

/// Ops of a region that are worth a loop of their own: copies of a polynomial
/// for every register of a tile would fill the instruction cache.
static bool isLong(qt::ContractOp contract) {
  return contract.hasEpilogue() &&
         llvm::any_of(contract.getEpilogue().front(), [](Operation &op) {
           return isa<nn::UnaryOp, nn::GeluOp, nn::SiluOp>(op);
         });
}

void ContractionEmitter::emitEpilogue(OpBuilder &b, ArrayRef<Value> values, Value row, int64_t count) {
  if (!isLong(contract)) {
    for (int64_t r = 0; r < count; ++r)
      for (int64_t v = 0; v < vectors; ++v)
        emitStore(b, values[r * vectors + v], add(b, row, index(r)), v);
    return;
  }
  for (int64_t i = 0; i < count * vectors; ++i)
    vector::StoreOp::create(b, loc, values[i], tile, index(i * width));
  auto loop = scf::ForOp::create(b, loc, index(0), index(count), index(1));
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  Value r = loop.getInductionVar();
  for (int64_t v = 0; v < vectors; ++v) {
    Value from = add(body, times(body, r, nr), index(v * width));
    Value value = vector::LoadOp::create(body, loc, vectorOf(b.getF32Type()), tile, from);
    emitStore(body, value, add(body, row, r), v);
  }
}
