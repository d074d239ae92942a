//===- ContractionChains.cpp - Blocks summed in 16 bits ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Two steps of unsigned by signed bytes are summed in 16 bits, where they may
// wrap around: what the activations' bias comes to is taken off there, and what
// is left fits. The product that widens them multiplies by the block's power of
// two. So a step takes three operations, where signs or 16 bits from the
// beginning take four.
//
// A panel says in which order it wants the activations of a block; a tile's
// rows are brought into it before its products.
//
//===----------------------------------------------------------------------===//

#include "ContractionEmitter.h"
#include "VectorLoops.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "quantc/Numerics/Fixed/Rows.h"

using namespace mlir;
using namespace quantc;

using Values = SmallVector<Value>;

/// Chains of a block, without those of what is too large.
static constexpr int64_t ofBlock = 4;

/// Bytes from row to row of a tile: a cache line more than they have, so that
/// rows do not all lie in the same sets.
int64_t ContractionEmitter::getOrderedStride() {
  return llvm::alignTo(k, 32) + 64;
}

void ContractionEmitter::prepareChains() {
  OpBuilder &b = kernel.getBuilder();
  int64_t blocks = llvm::divideCeil(k, 32);
  ordered = kernel.allocateScratch(b.getI8Type(),
                                   shapes.getConstant(mr * getOrderedStride()));
  factors = kernel.allocateScratch(b.getI32Type(),
                                   shapes.getConstant(blockRows * blocks));
  starts = kernel.allocateScratch(
      b.getI16Type(), shapes.getConstant(blocks * ofBlock * nr * 2));
}

/// Products of two steps in 16 bits, from \p start on.
Value ContractionEmitter::sumChain(OpBuilder &b, ArrayRef<Value> x,
                                   ArrayRef<Value> weights, Value start) {
  VectorType halves = vectorOf(b.getI16Type(), 2);
  // The packer proved that no step saturates.
  auto bound = qt::BoundAttr::get(
      b.getContext(), 0, layout.getBias() ? 255 : 127, -127, 127, /*chain=*/1,
      /*hasLane=*/true, -128, 128, 0, 0);
  for (auto [activations, own] : llvm::zip_equal(x, weights)) {
    Value products = dot(b, 2, activations, own, zeros(b, halves), bound);
    start = arith::AddIOp::create(b, loc, start, products);
  }
  return start;
}

/// The same of activations without their bias. Signs take an operation more for
/// each step, and a start nothing: that pays for itself where few rows share
/// it.
Value ContractionEmitter::sumSignedChain(OpBuilder &b, ArrayRef<Value> x,
                                         ArrayRef<Value> weights) {
  VectorType halves = vectorOf(b.getI16Type(), 2);
  auto bound = qt::BoundAttr::get(b.getContext(), -127, 127, -127, 127,
                                  /*chain=*/1, /*hasLane=*/false, 0, 0, 0, 0);
  Value sum = zeros(b, halves);
  for (auto [activations, own] : llvm::zip_equal(x, weights)) {
    Value codes = activations;
    if (layout.getBias() != 0) // the highest bit
      codes = arith::XOrIOp::create(
          b, loc, codes,
          splatConstant(b, loc, b.getI8Type(),
                        static_cast<int8_t>(layout.getBias()), 4 * width));
    Value products = dot(b, 2, codes, own, zeros(b, halves), bound);
    sum = arith::AddIOp::create(b, loc, sum, products);
  }
  return sum;
}

/// What takes the activations' bias off a chain: the weights times it.
Value ContractionEmitter::getChainStart(OpBuilder &b, ArrayRef<Value> weights) {
  Value zero = zeros(b, vectorOf(b.getI16Type(), 2));
  if (layout.getBias() == 0)
    return zero;
  Value bias = splatConstant(b, loc, b.getI8Type(),
                             static_cast<int8_t>(layout.getBias()), 4 * width);
  return arith::SubIOp::create(b, loc, zero,
                               sumChain(b, {bias, bias}, weights, zero));
}

/// The weights of two steps at \p at, those of part \p v of the panel.
Values ContractionEmitter::loadChain(OpBuilder &b, Value at, int64_t v) {
  Values weights;
  for (int64_t step = 0; step < 2; ++step)
    weights.push_back(loadFromBytes(b, packed,
                                    plus(b, at, step * nr * 4 + v * width * 4),
                                    vectorOf(b.getI8Type(), 4)));
  return weights;
}

/// Where things of the panel at hand lie, and its chains' starts, once for many
/// rows.
void ContractionEmitter::enterChains(OpBuilder &b) {
  int64_t blocks = llvm::divideCeil(k, 32);
  orders = plus(b, header, 64 + nr * 4);
  chunkBase = plus(b, orders, blocks * 32);
  if (!useDecoded)
    return;
  auto loop =
      scf::ForOp::create(b, loc, index(0), index(blocks * ofBlock), index(1));
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  Value chain = loop.getInductionVar(),
        at = add(body, chunkBase, times(body, chain, nr * 8)),
        to = times(body, chain, nr * 2);
  for (int64_t v = 0; v < vectors; ++v)
    vector::StoreOp::create(body, loc,
                            getChainStart(body, loadChain(body, at, v)), starts,
                            plus(body, to, v * width * 2));
}

/// The powers of two of the unit's rows, twice in a word.
void ContractionEmitter::emitFactorsOfRows(OpBuilder &b, Value last) {
  int64_t blocks = llvm::divideCeil(k, 32);
  Value from = times(b, firstRow, blocks), to = times(b, last, blocks);
  Value number = arith::SubIOp::create(b, loc, to, from);
  forEachVector(
      b, loc, number, {},
      [&](OpBuilder &inner, const VectorStep &step, ValueRange) {
        Value shifts = loadVector(inner, loc, scalesBuffer,
                                  add(inner, from, step.position), step.valid);
        auto words = VectorType::get(step.width, inner.getI32Type());
        shifts = arith::ExtUIOp::create(inner, loc, words, shifts);
        Value pairs = arith::ConstantOp::create(
            inner, loc,
            DenseElementsAttr::get(words, inner.getI32IntegerAttr(0x10001)));
        storeVector(inner, loc,
                    arith::ShLIOp::create(inner, loc, pairs, shifts), factors,
                    step.position, step.valid);
        return Values();
      });
}

/// The rows of a tile in the panel's order.
void ContractionEmitter::emitOrderRows(OpBuilder &b, Value row, int64_t count) {
  int64_t blocks = llvm::divideCeil(k, 32);
  auto bytes = VectorType::get(32, b.getI8Type());
  Value base = getRowAt(b, row);
  auto loop = scf::ForOp::create(b, loc, index(0), index(blocks), index(1));
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  Value block = loop.getInductionVar(), offset = times(body, block, 32);
  Value order = vector::LoadOp::create(body, loc, bytes, packed,
                                       add(body, orders, offset));
  for (int64_t r = 0; r < count; ++r) {
    Value codes = vector::LoadOp::create(
        body, loc, bytes, lhsBuffer,
        add(body, plus(body, base, getRowOffset(r)), offset));
    Value picked = qt::PickOp::create(body, loc, bytes, codes, order);
    vector::StoreOp::create(body, loc, picked, ordered,
                            plus(body, offset, r * getOrderedStride()));
  }
}

Values ContractionEmitter::sumChained(OpBuilder &b, Value row, int64_t count,
                                      Values sums) {
  emitOrderRows(b, row, count);
  int64_t blocks = llvm::divideCeil(k, 32);
  Value factorsAt =
      times(b, arith::SubIOp::create(b, loc, row, firstRow), blocks);
  VectorType halves = vectorOf(b.getI16Type(), 2);
  constexpr int64_t most = std::numeric_limits<int16_t>::max(),
                    largest = int64_t(1) << numerics::fixed::blockDepth;
  // Of how many blocks sums fit say the weights, which qt.pack has checked.
  auto widen = qt::BoundAttr::get(b.getContext(), -most, most, 1, largest,
                                  /*chain=*/ofBlock, false, 0, 0, 0, 0);
  // Adds a chain, whose steps have their activations at two places.
  auto addChain = [&](OpBuilder &inner, ArrayRef<Value> places, Value block,
                      Value at, ArrayRef<Value> chainStarts, Values &sums) {
    SmallVector<Values> weights;
    for (int64_t v = 0; v < vectors; ++v)
      weights.push_back(loadChain(inner, at, v));
    for (int64_t r = 0; r < count; ++r) {
      Values x;
      for (Value place : places)
        x.push_back(broadcastWord(inner, loc, ordered,
                                  plus(inner, place, r * getOrderedStride()),
                                  /*ways=*/4, width));
      Value factor =
          broadcastWord(inner, loc, factors,
                        plus(inner, add(inner, factorsAt, block), r * blocks),
                        /*ways=*/1, width);
      factor = vector::BitCastOp::create(inner, loc, halves, factor);
      for (int64_t v = 0; v < vectors; ++v) {
        Value chain = chainStarts.empty()
                          ? sumSignedChain(inner, x, weights[v])
                          : sumChain(inner, x, weights[v], chainStarts[v]);
        Value &sum = sums[r * vectors + v];
        sum = dot(inner, 2, chain, factor, sum, widen);
      }
    }
  };
  auto loop = scf::ForOp::create(
      b, loc, index(0), index(blocks), index(1), sums,
      [&](OpBuilder &inner, Location, Value block, ValueRange carried) {
        Values sums(carried);
        Value place = times(inner, block, 32),
              at = add(inner, chunkBase, times(inner, block, nr * 32)),
              from = times(inner, block, ofBlock * nr * 2);
        for (int64_t c = 0; c < ofBlock; ++c) {
          Values own;
          for (int64_t v = 0; useDecoded && v < vectors; ++v)
            own.push_back(vector::LoadOp::create(
                inner, loc, halves, starts,
                plus(inner, from, c * nr * 2 + v * width * 2)));
          if (count == 1)
            prefetch(inner, plus(inner, at, c * nr * 8), nr * 8);
          addChain(inner,
                   {plus(inner, place, c * 8), plus(inner, place, c * 8 + 4)},
                   block, plus(inner, at, c * nr * 8), own, sums);
        }
        scf::YieldOp::create(inner, loc, sums);
      });
  sums = Values(loop.getResults());
  // What was too large, in chains of its own.
  auto load = [&](OpBuilder &inner, Value at) -> Value {
    return arith::IndexCastUIOp::create(inner, loc, inner.getIndexType(),
                                        loadInteger(inner, packed, at));
  };
  Value rests = load(b, header), list = plus(b, chunkBase, blocks * nr * 32),
        data = add(
            b, list,
            times(b, arith::CeilDivUIOp::create(b, loc, rests, index(8)), 64));
  auto more = scf::ForOp::create(
      b, loc, index(0), rests, index(1), sums,
      [&](OpBuilder &inner, Location, Value rest, ValueRange carried) {
        Values sums(carried), places, own;
        for (int64_t step = 0; step < 2; ++step)
          places.push_back(
              load(inner, plus(inner, add(inner, list, times(inner, rest, 8)),
                               step * 4)));
        Value block =
            arith::DivUIOp::create(inner, loc, places.front(), index(32));
        Value at = add(inner, data, times(inner, rest, nr * 8));
        for (int64_t v = 0; useDecoded && v < vectors; ++v)
          own.push_back(getChainStart(inner, loadChain(inner, at, v)));
        addChain(inner, places, block, at, own, sums);
        scf::YieldOp::create(inner, loc, sums);
      });
  return Values(more.getResults());
}
