//===- ContractionIntegers.cpp - Integer sums of shifted blocks -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// sum over blocks of (sum of x w in the block) << shift, exactly. Where
// activations are signed, sums of two products fit 16 bits, and the widening
// product that adds them up multiplies by the power of two instead of by 1:
// shifts cost nothing. Biased activations need what their bias came to taken
// off before the shift, so each block has a sum of its own.
//
//===----------------------------------------------------------------------===//

#include "ContractionEmitter.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "quantc/Numerics/Fixed/Rows.h"

using namespace mlir;
using namespace quantc;

using Values = SmallVector<Value>;

/// The shift of the block at \p at, as a word.
Value ContractionEmitter::loadShift(OpBuilder &b, Value at) {
  Value shift = memref::LoadOp::create(b, loc, scalesBuffer, at);
  return arith::ExtUIOp::create(b, loc, b.getI32Type(), shift);
}

Values ContractionEmitter::sumShiftedBlocks(OpBuilder &b, Value row,
                                            int64_t count, Values sums) {
  // Rows of shifts lie as those of codes do.
  int64_t stride = getRowStride(),
          blocks = conv ? stride / 32 : llvm::divideCeil(k, 32);
  VectorType bytes = vectorOf(b.getI8Type(), 4),
             halves = vectorOf(b.getI16Type(), 2);
  Value base = getRowAt(b, row);
  Value firstBlock = arith::DivUIOp::create(b, loc, from, index(32));
  Value shiftBase = add(b, times(b, row, blocks), firstBlock);
  int64_t steps = llvm::divideCeil(k, 4);
  constexpr int64_t pair = 2 * 127 * 127,
                    largest = int64_t(1) << numerics::fixed::blockDepth;
  auto widen = qt::BoundAttr::get(b.getContext(), -pair, pair, 1, largest,
                                  steps, false, 0, 0, 0, 0);
  bool isBiased = layout.getBias() != 0;
  return forEachBlock(
      b, row, count, sums, [&](OpBuilder &inner, Value block, Values sums) {
        Value head = add(inner, chunkBase, times(inner, block, nr * 40));
        Value data = plus(inner, head, nr * 8);
        Value offset =
            getStepAt(inner, base, add(inner, from, times(inner, block, 32)));
        if (count == 1)
          prefetch(inner, head, nr * 40);
        Value shiftAt =
            conv ? arith::DivUIOp::create(inner, loc, offset, index(32))
                       .getResult()
                 : add(inner, shiftBase, block);
        Values shifts, partial;
        for (int64_t r = 0; r < count; ++r)
          shifts.push_back(loadShift(inner, plus(inner, shiftAt, r * blocks)));
        if (isBiased)
          partial = loadStarts(inner, plus(inner, head, nr * 4), count);
        else
          // Twice 2^shift in a word.
          for (Value &shift : shifts) {
            Value pairs = arith::ConstantIntOp::create(inner, loc, 0x10001, 32);
            pairs = arith::ShLIOp::create(inner, loc, pairs, shift);
            shift = vector::BitCastOp::create(inner, loc, halves,
                                              splat(inner, pairs));
          }
        for (int64_t s = 0; s < blockSteps; ++s) {
          Values weights =
              loadColumns(inner, plus(inner, data, s * nr * 4), bytes);
          for (int64_t r = 0; r < count; ++r) {
            Value x = broadcastActivations(
                inner, plus(inner, offset, r * stride + s * 4));
            for (int64_t v = 0; v < vectors; ++v) {
              int64_t i = r * vectors + v;
              if (isBiased) {
                partial[i] = dot(inner, 4, x, weights[v], partial[i],
                                 makeBound(-127, 127, 8));
                continue;
              }
              Value products =
                  dot(inner, 2, x, weights[v], zeros(inner, halves),
                      makeBound(-127, 127, 1));
              sums[i] = dot(inner, 2, products, shifts[r], sums[i], widen);
            }
          }
        }
        if (!isBiased)
          return sums;
        if (sums.empty())
          sums = loadSums(inner, row, count);
        for (int64_t i = 0; i < count * vectors; ++i)
          sums[i] =
              add(inner, sums[i],
                  arith::ShLIOp::create(inner, loc, partial[i],
                                        splat(inner, shifts[i / vectors])));
        return sums;
      });
}
