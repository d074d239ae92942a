//===- ContractionWidened.cpp - Shifted blocks of 16 bits -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Without an instruction for signed bytes, signs and the sum of two products
// cost as much as 16 bits do from the beginning: codes times their power of two
// fit them, and blocks disappear. The rows of a unit are widened once for all
// of its panels, a panel once for all rows. Of four neighbours along K the even
// ones are a pair and the odd ones another, which is how bytes come apart.
//
//===----------------------------------------------------------------------===//

#include "ContractionEmitter.h"
#include "IntegerCodes.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "quantc/Numerics/Fixed/Rows.h"

using namespace mlir;
using namespace quantc;

using Values = SmallVector<Value>;

/// Elements from row to row: a cache line more than a chunk has, so that the
/// rows of a tile do not all lie in the same sets.
int64_t ContractionEmitter::getWideStride() {
  return llvm::alignTo(chunk, 32) + 32;
}

/// Writes the chunk of the unit's rows: of each block the even codes, then the
/// odd ones, shifted.
void ContractionEmitter::emitWidenRows(OpBuilder &b, Value last) {
  int64_t blocksOfRow = llvm::divideCeil(k, 32);
  auto bytes = VectorType::get(32, b.getI8Type());
  Value length = arith::SubIOp::create(b, loc, to, from),
        blocks = arith::CeilDivUIOp::create(b, loc, length, index(32)),
        firstBlock = arith::DivUIOp::create(b, loc, from, index(32));
  auto rowsLoop = scf::ForOp::create(b, loc, firstRow, last, index(1));
  OpBuilder outer = OpBuilder::atBlockBegin(rowsLoop.getBody());
  Value row = rowsLoop.getInductionVar();
  Value codesAt = add(outer, getRowAt(outer, row), from),
        shiftsAt = add(outer, times(outer, row, blocksOfRow), firstBlock),
        own = arith::SubIOp::create(outer, loc, row, firstRow),
        target = times(outer, own, getWideStride());
  auto loop = scf::ForOp::create(outer, loc, index(0), blocks, index(1));
  OpBuilder inner = OpBuilder::atBlockBegin(loop.getBody());
  Value block = loop.getInductionVar(), start = times(inner, block, 32);
  Value shift = memref::LoadOp::create(inner, loc, scalesBuffer,
                                       add(inner, shiftsAt, block));
  shift = arith::ExtUIOp::create(inner, loc, inner.getI16Type(), shift);
  Value codes = vector::LoadOp::create(inner, loc, bytes, lhsBuffer,
                                       add(inner, codesAt, start));
  auto [even, odd] = widenCodes(inner, loc, codes, shift);
  Value at = add(inner, target, start);
  vector::StoreOp::create(inner, loc, even, wideRows, at);
  vector::StoreOp::create(inner, loc, odd, wideRows, plus(inner, at, 16));
}

/// Writes the chunk of the panel: of each step of 4 the even codes of its
/// columns, then the odd ones.
void ContractionEmitter::emitWidenWeights(OpBuilder &b) {
  auto [body, block, head, source, target] = enterBlocksToDecode(b);
  VectorType bytes = vectorOf(b.getI8Type(), 4);
  for (int64_t s = 0; s < blockSteps; ++s)
    for (int64_t v = 0; v < vectors; ++v) {
      int64_t at = s * nr * 4 + v * width * 4, to = s * nr * 4 + v * width * 2;
      Value codes = vector::LoadOp::create(body, loc, bytes, packed,
                                           plus(body, source, at));
      auto [even, odd] = widenCodes(body, loc, codes, /*shift=*/nullptr);
      vector::StoreOp::create(body, loc, even, decoded, plus(body, target, to));
      vector::StoreOp::create(body, loc, odd, decoded,
                              plus(body, target, to + nr * 2));
    }
}

Values ContractionEmitter::sumWidened(OpBuilder &b, Value row, int64_t count,
                                      Values sums) {
  constexpr int64_t largest = int64_t(127) << numerics::fixed::blockDepth;
  // Of how many of K sums fit say the weights, which qt.pack has checked.
  auto bound = qt::BoundAttr::get(b.getContext(), -largest, largest, -127, 127,
                                  /*chain=*/2 * blockSteps, false, 0, 0, 0, 0);
  VectorType halves = vectorOf(b.getI16Type(), 2);
  Value own = arith::SubIOp::create(b, loc, row, firstRow),
        base = times(b, own, getWideStride());
  return forEachBlock(
      b, row, count, sums, [&](OpBuilder &inner, Value block, Values sums) {
        Value x = add(inner, base, times(inner, block, 32)),
              w = times(inner, block, nr * 32);
        auto step = [&](OpBuilder &deep, Value s, Values sums) {
          for (int64_t half = 0; half < 2; ++half) {
            Values weights;
            Value from = add(deep, w, times(deep, s, nr * 4));
            for (int64_t v = 0; v < vectors; ++v)
              weights.push_back(vector::LoadOp::create(
                  deep, loc, halves, decoded,
                  plus(deep, from, half * nr * 2 + v * width * 2)));
            for (int64_t r = 0; r < count; ++r) {
              Value codes =
                  broadcastWord(deep, loc, wideRows,
                                plus(deep, add(deep, x, times(deep, s, 2)),
                                     r * getWideStride() + half * 16),
                                /*ways=*/2, width);
              for (int64_t v = 0; v < vectors; ++v) {
                Value &sum = sums[r * vectors + v];
                sum = dot(deep, 2, codes, weights[v], sum, bound);
              }
            }
          }
          return sums;
        };
        auto loop = scf::ForOp::create(
            inner, loc, index(0), index(blockSteps), index(1), sums,
            [&](OpBuilder &deep, Location, Value s, ValueRange carried) {
              scf::YieldOp::create(deep, loc, step(deep, s, Values(carried)));
            });
        return Values(loop.getResults());
      });
}
