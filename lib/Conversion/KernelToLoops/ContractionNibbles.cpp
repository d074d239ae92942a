//===- ContractionNibbles.cpp - 4 bits with integer multipliers -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ContractionEmitter.h"
#include "VectorLoops.h"
#include "quantc/Numerics/Packing.h"

using namespace mlir;
using namespace quantc;

using Values = SmallVector<Value>;

/// What makes weights of the nibbles of the block at \p head in w4s.
ContractionEmitter::NibbleFactors
ContractionEmitter::loadNibbleFactors(OpBuilder &b, Value head) {
  NibbleFactors factors;
  if (layout.getForm() != qt::LayoutForm::W4S)
    return factors;
  VectorType columns = vectorOf(b.getI8Type());
  // A byte of each column for every byte, or for both halves of a word.
  SmallVector<int64_t> four, halves;
  for (int64_t i = 0; i < width * 4; ++i) {
    four.push_back(i / 4);
    halves.push_back(i % 2 ? width : i / 4);
  }
  for (int64_t v = 0; v < vectors; ++v) {
    auto load = [&](int64_t at) -> Value {
      return vector::LoadOp::create(b, loc, columns, packed,
                                    plus(b, head, at + v * width));
    };
    Value multipliers =
        vector::ShuffleOp::create(b, loc, load(0), zeros(b, columns), halves);
    factors.multipliers.push_back(vector::BitCastOp::create(
        b, loc, vectorOf(b.getI16Type(), 2), multipliers));
    Value zero = load(nr);
    factors.zeros.push_back(
        vector::ShuffleOp::create(b, loc, zero, zero, four));
  }
  return factors;
}

/// The weights of two steps of the vector \p v of columns from the bytes at
/// \p at: low and high nibbles less 8, or times their multipliers less zeros.
std::pair<Value, Value>
ContractionEmitter::decodeNibbles(OpBuilder &b, Value at, int64_t v,
                                  const NibbleFactors &factors) {
  VectorType bytes = vectorOf(b.getI8Type(), 4);
  auto constant = [&](int64_t value) -> Value {
    return splatConstant(b, loc, b.getI8Type(), value, bytes.getNumElements());
  };
  Value both = vector::LoadOp::create(b, loc, bytes, packed, at);
  // Shifted as 16-bit lanes, which every target can; the mask drops what came
  // from the neighbour.
  VectorType halves = vectorOf(b.getI16Type(), 2);
  Value four =
      splatConstant(b, loc, b.getI16Type(), 4, halves.getNumElements());
  Value shifted = arith::ShRUIOp::create(
      b, loc, vector::BitCastOp::create(b, loc, halves, both), four);
  shifted = vector::BitCastOp::create(b, loc, bytes, shifted);
  auto finish = [&](Value x) -> Value {
    Value nibble = arith::AndIOp::create(b, loc, x, constant(15));
    if (factors.zeros.empty())
      return arith::SubIOp::create(b, loc, nibble, constant(8));
    // 15 times 15 stays within its byte.
    Value both = vector::BitCastOp::create(b, loc, halves, nibble);
    both = arith::MulIOp::create(b, loc, both, factors.multipliers[v]);
    both = vector::BitCastOp::create(b, loc, bytes, both);
    return arith::SubIOp::create(b, loc, both, factors.zeros[v]);
  };
  return {finish(both), finish(shifted)};
}

/// Begins a loop over the blocks of the chunk of the panel at hand, which are
/// taken apart in its body.
ContractionEmitter::BlockToDecode
ContractionEmitter::enterBlocksToDecode(OpBuilder &b) {
  Value length = arith::SubIOp::create(b, loc, to, from);
  Value blocks = arith::CeilDivUIOp::create(b, loc, length, index(32));
  auto loop = scf::ForOp::create(b, loc, index(0), blocks, index(1));
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  Value block = loop.getInductionVar();
  Value head = add(body, chunkBase, times(body, block, nr * traits.cutBytes()));
  return {body, block, head, plus(body, head, nr * traits.blockBytes),
          add(body, decodedOffset, times(body, block, nr * 32))};
}

/// Writes the chunk's codes to scratch, one to a byte, step after step; of
/// integer sums what the blocks' biases come to as well.
void ContractionEmitter::emitDecode(OpBuilder &b) {
  if (hasFloatRows)
    return emitDecodeFloats(b);
  if (isWidened)
    return emitWidenWeights(b);
  auto [body, block, head, source, target] = enterBlocksToDecode(b);
  NibbleFactors factors = loadNibbleFactors(body, head);
  Values biases(hasIntegerSums ? vectors : 0, zeros(body, getNibbleSumType()));
  for (int64_t pair = 0; pair < blockSteps / 2; ++pair)
    for (int64_t v = 0; v < vectors; ++v) {
      auto [low, high] = decodeNibbles(
          body, plus(body, source, pair * nr * 4 + v * width * 4), v, factors);
      int64_t at = pair * nr * 8 + v * width * 4;
      vector::StoreOp::create(body, loc, low, decoded, plus(body, target, at));
      vector::StoreOp::create(body, loc, high, decoded,
                              plus(body, target, at + nr * 4));
      if (hasIntegerSums)
        biases[v] = addBias(body, high, addBias(body, low, biases[v]));
    }
  for (auto [v, bias] : llvm::enumerate(biases)) {
    int64_t lanes = getNibbleSumType().getNumElements();
    Value at = times(body, block, vectors * lanes);
    vector::StoreOp::create(body, loc, bias, decodedBiases,
                            plus(body, at, static_cast<int64_t>(v) * lanes));
  }
}

/// 16-bit lanes, two to a column, hold 255 * 8 * 16 products; with VNNI 32-bit
/// lanes cost no more, and weights of 8 bits need them.
VectorType ContractionEmitter::getNibbleSumType() {
  OpBuilder &b = kernel.getBuilder();
  return hasVnni || layout.getForm() == qt::LayoutForm::W4S
             ? vectorOf(b.getI32Type())
             : vectorOf(b.getI16Type(), 2);
}

Value ContractionEmitter::dotNibbles(OpBuilder &b, Value x, Value weights,
                                     Value sum) {
  if (layout.getForm() == qt::LayoutForm::W4S)
    return dot(b, 4, x, weights, sum,
               makeBound(-8 * numerics::smallMultiplier,
                         8 * numerics::smallMultiplier,
                         llvm::divideCeil(k, 4)));
  return dot(b, hasVnni ? 4 : 2, x, weights, sum, makeBound(-8, 7, 8));
}

/// Adds what the activations' bias makes of a step's weights.
Value ContractionEmitter::addBias(OpBuilder &b, Value weights, Value sum) {
  Value bias = splatConstant(b, loc, b.getI8Type(),
                             static_cast<int8_t>(layout.getBias()), 4 * width);
  return dotNibbles(b, bias, weights, sum);
}

/// Adds the products of a block of a tile to \p sums; \p biases gets what
/// activations' bias makes of them if it is not null. \p offset is where the
/// activations of the first \p row lie. \p finish is called with each sum when
/// it is complete.
Values ContractionEmitter::sumNibbles(OpBuilder &b, Value block, Value row,
                                      Value offset, int64_t count, Values sums,
                                      Values *biases, SumBody finish) {
  VectorType bytes = vectorOf(b.getI8Type(), 4);
  Value head = add(b, chunkBase, times(b, block, nr * traits.cutBytes()));
  Value nibbles = plus(b, head, nr * traits.blockBytes),
        plain = add(b, decodedOffset, times(b, block, nr * 32));
  NibbleFactors factors;
  if (useDecoded) {
    prefetchNextPanel(b, head, row, count);
  } else {
    prefetch(b, head, nr * traits.cutBytes());
    factors = loadNibbleFactors(b, head);
  }
  // Weights of one vector in each of two steps.
  auto load = [&](int64_t s, int64_t v) -> std::pair<Value, Value> {
    if (useDecoded) {
      auto loadStep = [&](int64_t step) -> Value {
        return vector::LoadOp::create(
            b, loc, bytes, decoded,
            plus(b, plain, step * nr * 4 + v * width * 4));
      };
      return {loadStep(s), loadStep(s + 1)};
    }
    auto [low, high] = decodeNibbles(
        b, plus(b, nibbles, s / 2 * nr * 4 + v * width * 4), v, factors);
    if (biases)
      (*biases)[v] = addBias(b, high, addBias(b, low, (*biases)[v]));
    return {low, high};
  };
  if (biases)
    biases->assign(vectors, zeros(b, getNibbleSumType()));
  // With 16 registers the weights of four steps stay in them, and sums of rows
  // come and go; else sums stay.
  int64_t together = width == 8 ? 4 : 2, each = width == 8 ? together : 1;
  for (int64_t first = 0; first < blockSteps; first += together) {
    int64_t end = std::min(first + together, blockSteps);
    SmallVector<Values> weights(end - first);
    for (int64_t s = first; s < end; s += 2)
      for (int64_t v = 0; v < vectors; ++v) {
        auto [one, other] = load(s, v);
        weights[s - first].push_back(one);
        weights[s + 1 - first].push_back(other);
      }
    for (int64_t s = first; s < end; s += each)
      for (int64_t r = 0; r < count; ++r) {
        Values x;
        int64_t last = std::min(s + each, end);
        for (int64_t i = s; i < last; ++i)
          x.push_back(broadcastActivations(
              b, plus(b, offset, getRowOffset(r) + i * 4)));
        for (int64_t v = 0; v < vectors; ++v) {
          int64_t at = r * vectors + v;
          for (int64_t i = s; i < last; ++i)
            sums[at] = dotNibbles(b, x[i - s], weights[i - first][v], sums[at]);
          if (finish && last == blockSteps)
            finish(at, sums[at]);
        }
      }
  }
  for (int64_t v = 0; biases && useDecoded && v < vectors; ++v) {
    int64_t lanes = getNibbleSumType().getNumElements();
    (*biases)[v] = vector::LoadOp::create(
        b, loc, getNibbleSumType(), decodedBiases,
        plus(b, times(b, block, vectors * lanes), v * lanes));
  }
  return sums;
}

Values ContractionEmitter::startBlock(OpBuilder &b, int64_t count) {
  return Values(count * vectors, zeros(b, getNibbleSumType()));
}

/// Weights have their multipliers: blocks are not apart.
Values ContractionEmitter::sumW4S(OpBuilder &b, Value row, int64_t count,
                                  Values sums) {
  Value base = getRowAt(b, row);
  // Few sums would wait for one another.
  bool isApart = count < 4;
  return forEachBlock(
      b, row, count, sums, [&](OpBuilder &inner, Value block, Values sums) {
        Value offset =
            getStepAt(inner, base, add(inner, from, times(inner, block, 32)));
        Values result = sumNibbles(inner, block, row, offset, count,
                                   isApart ? startBlock(inner, count) : sums,
                                   /*biases=*/nullptr);
        for (size_t i = 0; isApart && i < result.size(); ++i)
          result[i] = arith::AddIOp::create(inner, loc, sums[i], result[i]);
        return result;
      });
}

Values ContractionEmitter::sumW4I(OpBuilder &b, Value row, int64_t count,
                                  Values sums) {
  VectorType words = vectorOf(b.getI32Type()),
             halves = vectorOf(b.getI16Type(), 2);
  Value base = getRowAt(b, row);
  auto widen = qt::BoundAttr::get(b.getContext(), -32640, 28560, -127, 127,
                                  llvm::divideCeil(k, 32), false, 0, 0, 0, 0);
  Value sixteen =
      splatConstant(b, loc, b.getI32Type(), 16, words.getNumElements());
  return forEachBlock(
      b, row, count, sums, [&](OpBuilder &inner, Value block, Values sums) {
        Value head =
            add(inner, chunkBase, times(inner, block, nr * traits.cutBytes()));
        Value offset =
            getStepAt(inner, base, add(inner, from, times(inner, block, 32)));
        Values multipliers = loadColumns(inner, head, hasVnni ? words : halves);
        if (hasVnni)
          for (Value &multiplier : multipliers)
            multiplier =
                arith::ShRSIOp::create(inner, loc, multiplier, sixteen);
        bool isKept = sums.empty();
        Value sumsAt = isKept ? getSumsAt(inner, row) : Value();
        sumNibbles(inner, block, row, offset, count, startBlock(inner, count),
                   /*biases=*/nullptr, [&](int64_t i, Value partial) {
                     Value multiplier = multipliers[i % vectors], at;
                     if (isKept)
                       at = plus(inner, sumsAt, i * width);
                     Value sum = isKept ? vector::LoadOp::create(
                                              inner, loc, words, sumBuffer, at)
                                              .getResult()
                                        : sums[i];
                     if (hasVnni)
                       sum = add(inner, sum,
                                 arith::MulIOp::create(inner, loc, partial,
                                                       multiplier));
                     else
                       sum = dot(inner, 2, partial, multiplier, sum, widen);
                     if (isKept)
                       vector::StoreOp::create(inner, loc, sum, sumBuffer, at);
                     else
                       sums[i] = sum;
                   });
        return sums;
      });
}

/// What is taken apart once for all rows is read in no time: the rows ask for
/// the next panel's bytes, some lines in each block, tile after tile. \p head
/// is where the block of the panel at hand begins.
void ContractionEmitter::prefetchNextPanel(OpBuilder &b, Value head, Value row,
                                           int64_t count) {
  constexpr int64_t line = 64;
  int64_t panelBytes = getPackedLayout(layout, n, k).panelBytes();
  int64_t lines = llvm::divideCeil(nr * traits.cutBytes(), line),
          tiles = llvm::divideCeil(getRowsOfUnit(), mr);
  int64_t each = llvm::divideCeil(lines, tiles);
  Value at = times(b, arith::SubIOp::create(b, loc, row, firstRow),
                   llvm::divideCeil(each * line, count));
  at = plus(b, add(b, head, at), panelBytes);
  for (int64_t i = 0; i < each; ++i)
    memref::PrefetchOp::create(b, loc, packed, plus(b, at, i * line),
                               /*isWrite=*/false, /*localityHint=*/2,
                               /*isDataCache=*/true);
}
