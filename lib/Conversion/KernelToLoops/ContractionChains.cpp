//===- ContractionChains.cpp - Blocks summed in 16 bits ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Two steps of unsigned by signed bytes are summed in 16 bits. What the
// activations' bias comes to is taken off there, where the sum may wrap around
// and what is left fits; of chains whose sum fits with it, in others of their
// block. The product that widens them multiplies by the block's power of two.
// So a step takes three operations or two and a half, where signs or 16 bits
// from the beginning take four.
//
// A panel says in which order it wants the activations of a block, and which of
// them turned; a tile's rows are brought into it before its products.
//
// Without a bias none of that is needed: every chain is plain, and activations
// are read where they lie, those of a convolution in its input.
//
//===----------------------------------------------------------------------===//

#include "ContractionEmitter.h"
#include "VectorLoops.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "quantc/Numerics/Fixed/Rows.h"

using namespace mlir;
using namespace quantc;

using Values = SmallVector<Value>;

namespace {
/// A number that run time knows, as ChainedPanel computes with it.
struct RuntimeNumber {
  OpBuilder &b;
  Location loc;
  Value value;

  Value get(int64_t constant) const {
    return arith::ConstantIndexOp::create(b, loc, constant);
  }
  RuntimeNumber operator+(const RuntimeNumber &other) const {
    return {b, loc, arith::AddIOp::create(b, loc, value, other.value)};
  }
  RuntimeNumber operator+(int64_t other) const {
    return {b, loc, arith::AddIOp::create(b, loc, value, get(other))};
  }
  RuntimeNumber operator*(int64_t factor) const {
    return {b, loc, arith::MulIOp::create(b, loc, value, get(factor))};
  }
  friend RuntimeNumber alignToLine(const RuntimeNumber &bytes) {
    Value lines = arith::CeilDivUIOp::create(bytes.b, bytes.loc, bytes.value,
                                             bytes.get(64));
    return RuntimeNumber{bytes.b, bytes.loc, lines} * 64;
  }
};
} // namespace

/// As few blocks as these are ordered without a loop, whose end a processor
/// would have to guess for every tile.
static constexpr int64_t straightBlocks = 4;

/// Bytes from row to row of a tile: a cache line more than they have, so that
/// rows do not all lie in the same sets.
int64_t ContractionEmitter::getOrderedStride() {
  return llvm::alignTo(k, 32) + 64;
}

void ContractionEmitter::prepareChains() {
  OpBuilder &b = kernel.getBuilder();
  int64_t blocks = llvm::divideCeil(k, 32);
  if (conv) {
    // Of a convolution, whose rows share blocks, those of all shifts, which
    // have three bits.
    constexpr int64_t shifts = 8;
    factors =
        kernel.allocateScratch(b.getI16Type(), shapes.getConstant(2 * shifts));
    SmallVector<int16_t> powers;
    for (int64_t shift = 0; shift < shifts; ++shift)
      powers.append(2, static_cast<int16_t>(1 << shift));
    vector::StoreOp::create(
        b, loc,
        arith::ConstantOp::create(
            b, loc,
            DenseElementsAttr::get(VectorType::get(2 * shifts, b.getI16Type()),
                                   ArrayRef(powers))),
        factors, index(0));
    return;
  }
  factors = kernel.allocateScratch(
      b.getI16Type(), shapes.getConstant(2 * (blockRows * blocks + lanes)));
  if (hasOrder)
    ordered = kernel.allocateScratch(
        b.getI8Type(), shapes.getConstant(mr * getOrderedStride()));
}

/// Products of two steps in 16 bits, from \p start on.
Value ContractionEmitter::sumChain(OpBuilder &b, ArrayRef<Value> x,
                                   ArrayRef<Value> weights, Value start) {
  VectorType halves = vectorOf(b.getI16Type(), 2);
  // The packer proved that no step saturates. Without a bias none can.
  int64_t most = hasOrder ? numerics::mostOfSign : 2 * 127;
  auto bound =
      qt::BoundAttr::get(b.getContext(), 0, hasOrder ? 255 : 127, -127, 127,
                         /*chain=*/1, /*hasLane=*/true, -most, most, 0, 0);
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
    // The bias is the highest bit.
    Value codes = arith::XOrIOp::create(
        b, loc, activations,
        splatConstant(b, loc, b.getI8Type(),
                      static_cast<int8_t>(layout.getBias()), 4 * width));
    Value products = dot(b, 2, codes, own, zeros(b, halves), bound);
    sum = arith::AddIOp::create(b, loc, sum, products);
  }
  return sum;
}

/// The weights of two steps at \p at, those of part \p v of the panel.
Values ContractionEmitter::loadChain(OpBuilder &b, Value at, int64_t v) {
  Values weights;
  for (int64_t step = 0; step < 2; ++step)
    weights.push_back(loadFromBytes(
        b, packed,
        plus(b, at, step * getChainedPanel().stepBytes + v * width * 4),
        vectorOf(b.getI8Type(), 4)));
  return weights;
}

/// A number or a place that the panel states.
Value ContractionEmitter::loadPlace(OpBuilder &b, Value at) {
  return arith::IndexCastUIOp::create(b, loc, b.getIndexType(),
                                      loadInteger(b, packed, at));
}

numerics::ChainedPanel ContractionEmitter::getChainedPanel() const {
  return numerics::ChainedPanel(qt::getPackedLayout(layout, n, k));
}

/// Where things of the panel at hand lie.
void ContractionEmitter::enterChains(OpBuilder &b) {
  numerics::ChainedPanel panel = getChainedPanel();
  numStarted = loadPlace(b, plus(b, header, panel.started));
  numPlain = loadPlace(b, plus(b, header, panel.plain));
  orders = plus(b, header, panel.orders);
  chainList = plus(b, header, panel.entries);
  RuntimeNumber started{b, loc, numStarted},
      chains{b, loc, add(b, numStarted, numPlain)};
  starts = add(b, header, panel.getStarts(chains).value);
  chunkBase = add(b, header, panel.getSteps(started, chains).value);
}

/// The powers of two of the unit's rows, each twice.
void ContractionEmitter::emitFactorsOfRows(OpBuilder &b, Value last) {
  int64_t blocks = llvm::divideCeil(k, 32);
  Value from = times(b, firstRow, blocks), to = times(b, last, blocks);
  Value number = arith::SubIOp::create(b, loc, to, from);
  forEachVector(
      b, loc, number, {},
      [&](OpBuilder &inner, const VectorStep &step, ValueRange) {
        Value shifts = loadVector(inner, loc, scalesBuffer,
                                  add(inner, from, step.position), step.valid);
        auto words = VectorType::get(step.width, inner.getI32Type()),
             halves = VectorType::get(2 * step.width, inner.getI16Type());
        shifts = arith::ExtUIOp::create(inner, loc, words, shifts);
        Value pairs = arith::ConstantOp::create(
            inner, loc,
            DenseElementsAttr::get(words, inner.getI32IntegerAttr(0x10001)));
        pairs = arith::ShLIOp::create(inner, loc, pairs, shifts);
        // There is room for what is behind the last one.
        vector::StoreOp::create(
            inner, loc, vector::BitCastOp::create(inner, loc, halves, pairs),
            factors, times(inner, step.position, 2));
        return Values();
      });
}

/// The factor of a row and a block at \p at in all lanes.
Value ContractionEmitter::loadFactor(OpBuilder &b, Value at) {
  return broadcastWord(b, loc, factors, at, /*ways=*/2, width);
}

/// The rows of a tile in the panel's order.
void ContractionEmitter::emitOrderRows(OpBuilder &b, Value row, int64_t count) {
  int64_t blocks = llvm::divideCeil(k, 32);
  auto bytes = VectorType::get(32, b.getI8Type()),
       half = VectorType::get(16, b.getI8Type());
  Value base = getRowAt(b, row);
  auto orderBlock = [&](OpBuilder &body, Value block) {
    Value offset = times(body, block, 32);
    Value order = vector::LoadOp::create(body, loc, bytes, packed,
                                         add(body, orders, offset));
    auto splat = [&](int8_t value) {
      return splatConstant(body, loc, body.getI8Type(), value, 32);
    };
    // All ones where the activation is turned, as the highest bit says.
    Value turned = arith::ExtSIOp::create(
        body, loc, bytes,
        arith::CmpIOp::create(body, loc, arith::CmpIPredicate::slt, order,
                              splat(0)));
    Value places = arith::AndIOp::create(body, loc, order, splat(31));
    for (int64_t r = 0; r < count; ++r) {
      Value at = add(body, plus(body, base, getRowOffset(r)), offset),
            low = vector::LoadOp::create(body, loc, half, lhsBuffer, at),
            high = vector::LoadOp::create(body, loc, half, lhsBuffer,
                                          plus(body, at, 16)),
            picked = qt::PickOp::create(body, loc, bytes, low, high, places);
      // With the bias of 128 in it, its negative is 256 less it. Starts know of
      // bits that are inverted, which is one less yet; where none are added
      // they have to be right.
      picked = arith::XOrIOp::create(body, loc, picked, turned);
      if (!useDecoded)
        picked = arith::SubIOp::create(body, loc, picked, turned);
      vector::StoreOp::create(body, loc, picked, ordered,
                              plus(body, offset, r * getOrderedStride()));
    }
  };
  if (blocks > straightBlocks)
    return forRange(b, index(0), index(blocks), 1, orderBlock);
  for (int64_t block = 0; block < blocks; ++block)
    orderBlock(b, index(block));
}

/// The factors of a block of a tile's rows: powers of two in all lanes. \p at:
/// where the block of the first row lies.
Value ContractionEmitter::loadChainFactor(OpBuilder &b, Value block, Value row,
                                          int64_t r, Value at) {
  if (!conv) {
    int64_t blocks = llvm::divideCeil(k, 32);
    Value own = times(b, arith::SubIOp::create(b, loc, row, firstRow), blocks);
    return loadFactor(b, times(b, plus(b, add(b, own, block), r * blocks), 2));
  }
  Value number = arith::DivUIOp::create(b, loc, at, index(32));
  Value shift = memref::LoadOp::create(b, loc, scalesBuffer,
                                       plus(b, number, getBlockOffset(r)));
  shift = arith::IndexCastUIOp::create(b, loc, b.getIndexType(), shift);
  return loadFactor(b, times(b, shift, 2));
}

/// The same place, of which LLVM does not know it: what is loaded there for
/// every row is an operand of its addition, where one load for all rows would
/// take a register from the sums.
static Value readAgain(OpBuilder &b, Location loc, Value at) {
  Type word = b.getI64Type();
  Value number = arith::IndexCastOp::create(b, loc, word, at);
  auto same = LLVM::InlineAsmOp::create(
      b, loc, word, number, /*asm_string=*/"", /*constraints=*/"=r,0",
      /*has_side_effects=*/false, /*is_align_stack=*/false,
      LLVM::TailCallKind::None, /*asm_dialect=*/nullptr,
      /*operand_attrs=*/nullptr);
  return arith::IndexCastOp::create(b, loc, b.getIndexType(),
                                    same.getResult(0));
}

/// Adds the chains from \p first to \p last, one at a time: what several have
/// in common would take registers from the sums if they were in one body.
Values ContractionEmitter::addChains(OpBuilder &b, Value first, Value last,
                                     ChainKind kind, Value row, int64_t count,
                                     Values sums) {
  Value base = hasOrder ? Value() : getRowAt(b, row);
  VectorType halves = vectorOf(b.getI16Type(), 2);
  constexpr int64_t most = std::numeric_limits<int16_t>::max(),
                    largest = int64_t(1) << numerics::fixed::blockDepth;
  // Of how many blocks sums fit say the weights, which qt.pack has checked.
  auto widen =
      qt::BoundAttr::get(b.getContext(), -most, most, 1, largest,
                         /*chain=*/numerics::chainsOfBlock, false, 0, 0, 0, 0);
  numerics::ChainedPanel panel = getChainedPanel();
  auto loop = scf::ForOp::create(
      b, loc, times(b, first, panel.entryBytes),
      times(b, last, panel.entryBytes), index(panel.entryBytes), sums,
      [&](OpBuilder &inner, Location, Value offset, ValueRange carried) {
        Values sums(carried), own;
        SmallVector<Values> weights;
        Value entry = add(inner, chainList, offset),
              at = add(inner, chunkBase,
                       times(inner, offset,
                             panel.getChainBytes() / panel.entryBytes));
        Value places[] = {loadPlace(inner, plus(inner, entry, panel.places[0])),
                          loadPlace(inner,
                                    plus(inner, entry, panel.places[1]))},
              block = loadPlace(inner, plus(inner, entry, panel.block)),
              blockAt;
        if (!hasOrder) {
          Value begin = times(inner, block, 32);
          blockAt = getStepAt(inner, base, begin);
          for (Value &place : places)
            place = add(inner, blockAt,
                        arith::SubIOp::create(inner, loc, place, begin));
        }
        for (int64_t v = 0; v < vectors; ++v)
          weights.push_back(loadChain(inner, at, v));
        if (count == 1)
          prefetch(inner, at, panel.getChainBytes());
        // 16 registers hold the starts beside fewer sums.
        bool isCrowded = count * vectors >= 8;
        Value startAt =
            add(inner, starts,
                times(inner, offset, panel.startBytes / panel.entryBytes));
        for (int64_t r = 0; r < count; ++r) {
          own.assign(vectors, zeros(inner, halves));
          if (kind == ChainKind::Started) {
            if (r > 0 && isCrowded)
              startAt = readAgain(inner, loc, startAt);
            for (int64_t v = 0; v < vectors; ++v)
              own[v] = loadFromBytes(
                  inner, packed, plus(inner, startAt, v * width * 4), halves);
          }
          Values x;
          for (Value place : places)
            x.push_back(broadcastWord(
                inner, loc, hasOrder ? ordered : lhsBuffer,
                plus(inner, place,
                     hasOrder ? r * getOrderedStride() : getRowOffset(r)),
                /*ways=*/4, width));
          Value factor = loadChainFactor(inner, block, row, r, blockAt);
          for (int64_t v = 0; v < vectors; ++v) {
            Value part = kind == ChainKind::Signed
                             ? sumSignedChain(inner, x, weights[v])
                             : sumChain(inner, x, weights[v], own[v]);
            Value &sum = sums[r * vectors + v];
            sum = dot(inner, 2, part, factor, sum, widen);
          }
        }
        scf::YieldOp::create(inner, loc, sums);
      });
  auto unroll = LLVM::LoopUnrollAttr::get(
      b.getContext(), /*disable=*/b.getBoolAttr(true), {}, {}, {}, {}, {}, {});
  loop->setDiscardableAttr(
      "llvm.loop_annotation",
      LLVM::LoopAnnotationAttr::get(b.getContext(), {}, {}, {}, unroll, {}, {},
                                    {}, {}, {}, {}, {}, {}, {}, {}, {}));
  return Values(loop.getResults());
}

Values ContractionEmitter::sumChained(OpBuilder &b, Value row, int64_t count,
                                      Values sums) {
  if (!hasOrder)
    return addChains(b, index(0), numPlain, ChainKind::Plain, row, count, sums);
  emitOrderRows(b, row, count);
  Value all = add(b, numStarted, numPlain);
  if (!useDecoded)
    return addChains(b, index(0), all, ChainKind::Signed, row, count, sums);
  sums =
      addChains(b, index(0), numStarted, ChainKind::Started, row, count, sums);
  return addChains(b, numStarted, all, ChainKind::Plain, row, count, sums);
}
