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
// off before the shift, so each block has a sum of its own. Codes of 4 bits
// have one anyway, and the multiplier of a block takes the shift.
//
//===----------------------------------------------------------------------===//

#include "ContractionEmitter.h"
#include "IntegerCodes.h"
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

/// The shifts of a block of \p count rows, whose activations lie at \p offset.
Values ContractionEmitter::loadShifts(OpBuilder &b, Value block, Value row,
                                      Value offset, int64_t count) {
  Value at = arith::DivUIOp::create(b, loc, conv ? offset : from, index(32));
  if (!conv)
    at = add(b, add(b, times(b, row, llvm::divideCeil(k, 32)), at), block);
  Values shifts;
  for (int64_t r = 0; r < count; ++r)
    shifts.push_back(loadShift(b, plus(b, at, getBlockOffset(r))));
  return shifts;
}

/// Codes of 4 bits: 2 * 8 * 8 products in a 16-bit lane, without the bias, and
/// 127 * 16 in a multiplier.
Values ContractionEmitter::sumShiftedNibbles(OpBuilder &b, Value row,
                                             int64_t count, Values sums) {
  VectorType words = vectorOf(b.getI32Type()),
             halves = vectorOf(b.getI16Type(), 2);
  Value base = getRowAt(b, row);
  constexpr int64_t most = 32 * 127 * 8,
                    largest = int64_t(127) << numerics::fixed::blockDepth;
  // Of how many blocks sums fit say the weights, which qt.pack has checked.
  auto widen = qt::BoundAttr::get(b.getContext(), -most, most, -largest,
                                  largest, /*chain=*/1, false, 0, 0, 0, 0);
  Value low = arith::ConstantOp::create(
      b, loc, DenseElementsAttr::get(words, b.getI32IntegerAttr(0xffff)));
  return forEachBlock(
      b, row, count, sums, [&](OpBuilder &inner, Value block, Values sums) {
        Value offset =
            getStepAt(inner, base, add(inner, from, times(inner, block, 32)));
        Values biases,
            partial = sumNibbles(inner, block, row, offset, count,
                                 startBlock(inner, count), &biases),
            shifts = loadShifts(inner, block, row, offset, count);
        Value head =
            add(inner, chunkBase, times(inner, block, nr * traits.cutBytes()));
        Values multipliers = loadColumns(inner, head, hasVnni ? words : halves);
        // A whole sum fits the lower half of its word.
        for (Value &multiplier : multipliers)
          if (hasVnni)
            multiplier = vector::BitCastOp::create(
                inner, loc, halves,
                arith::AndIOp::create(inner, loc, multiplier, low));
        if (sums.empty())
          sums = loadSums(inner, row, count);
        for (int64_t i = 0; i < count * vectors; ++i) {
          int64_t v = i % vectors;
          Value sum = arith::SubIOp::create(inner, loc, partial[i], biases[v]);
          if (hasVnni)
            sum = vector::BitCastOp::create(inner, loc, halves, sum);
          Value shift = arith::TruncIOp::create(inner, loc, inner.getI16Type(),
                                                shifts[i / vectors]);
          Value factor = arith::ShLIOp::create(
              inner, loc, multipliers[v],
              vector::BroadcastOp::create(inner, loc, halves, shift));
          sums[i] = dot(inner, 2, sum, factor, sums[i], widen);
        }
        return sums;
      });
}

/// Blocks of few channels, whose codes have 16 bits with their shift.
Values ContractionEmitter::sumShiftedCodes(OpBuilder &b, Value row,
                                           int64_t count, Values sums) {
  Value base = getRowAt(b, row);
  VectorType bytes = vectorOf(b.getI8Type(), 4),
             halves = vectorOf(b.getI16Type(), 2);
  // Of one channel there are no odd ones.
  int64_t pairs = contract.getContractionSize() == 1 ? 1 : 2;
  constexpr int64_t largest = int64_t(127) << numerics::fixed::blockDepth;
  // Of how many blocks sums fit say the weights, which qt.pack has checked.
  auto bound = qt::BoundAttr::get(b.getContext(), -largest, largest, -127, 127,
                                  /*chain=*/pairs, false, 0, 0, 0, 0);
  return forEachBlock(
      b, row, count, sums, [&](OpBuilder &inner, Value block, Values sums) {
        Value head = add(inner, chunkBase, times(inner, block, nr * 40));
        Value offset =
            getStepAt(inner, base, add(inner, from, times(inner, block, 32)));
        if (count == 1)
          prefetch(inner, head, nr * 40);
        SmallVector<std::pair<Value, Value>> weights;
        for (Value codes : loadColumns(inner, plus(inner, head, nr * 8), bytes))
          weights.push_back(
              quantc::widenCodes(inner, loc, codes, /*shift=*/nullptr));
        for (int64_t r = 0; r < count; ++r)
          for (int64_t odd = 0; odd < pairs; ++odd) {
            Value x = broadcastActivations(
                inner, plus(inner, offset, getRowOffset(r) + odd * 4));
            x = vector::BitCastOp::create(inner, loc, halves, x);
            for (int64_t v = 0; v < vectors; ++v) {
              Value &sum = sums[r * vectors + v];
              sum = dot(inner, 2, x, odd ? weights[v].second : weights[v].first,
                        sum, bound);
            }
          }
        return sums;
      });
}

Values ContractionEmitter::sumShiftedBlocks(OpBuilder &b, Value row,
                                            int64_t count, Values sums) {
  if (hasFewCodes)
    return sumShiftedCodes(b, row, count, sums);
  VectorType bytes = vectorOf(b.getI8Type(), 4),
             halves = vectorOf(b.getI16Type(), 2);
  Value base = getRowAt(b, row);
  constexpr int64_t pair = 2 * 127 * 127,
                    largest = int64_t(1) << numerics::fixed::blockDepth;
  // Of how many blocks sums fit say the weights, which qt.pack has checked.
  auto widen = qt::BoundAttr::get(b.getContext(), -pair, pair, 1, largest,
                                  /*chain=*/blockSteps, false, 0, 0, 0, 0);
  bool isBiased = layout.getBias() != 0;
  // Of three bits. From memory they are operands of what shifts by them, with
  // no way from a number to all lanes.
  Value table = kernel.getConstantBuffer(
      DenseElementsAttr::get(RankedTensorType::get(8, b.getI32Type()),
                             ArrayRef<int32_t>({0, 1, 2, 3, 4, 5, 6, 7})));
  return forEachBlock(
      b, row, count, sums, [&](OpBuilder &inner, Value block, Values sums) {
        Value head = add(inner, chunkBase, times(inner, block, nr * 40));
        Value data = plus(inner, head, nr * 8);
        Value offset =
            getStepAt(inner, base, add(inner, from, times(inner, block, 32)));
        if (count == 1)
          prefetch(inner, head, nr * 40);
        Values partial, shifts = loadShifts(inner, block, row, offset, count);
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
                inner, plus(inner, offset, getRowOffset(r) + s * 4));
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
        for (Value &shift : shifts) {
          Value place = arith::IndexCastUIOp::create(
              inner, loc, inner.getIndexType(), shift);
          shift =
              splat(inner, memref::LoadOp::create(inner, loc, table, place));
        }
        for (int64_t i = 0; i < count * vectors; ++i)
          sums[i] = add(inner, sums[i],
                        arith::ShLIOp::create(inner, loc, partial[i],
                                              shifts[i / vectors]));
        return sums;
      });
}
