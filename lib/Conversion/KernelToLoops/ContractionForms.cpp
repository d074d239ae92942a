//===- ContractionForms.cpp - Loops over K of every form --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// numerics/Packing.h says how the bytes lie.
//
//===----------------------------------------------------------------------===//

#include "ContractionEmitter.h"
#include "VectorLoops.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "quantc/Numerics/Packing.h"

using namespace mlir;
using namespace quantc;

using Values = SmallVector<Value>;

/// What the sums start from, before the first chunk.
Values ContractionEmitter::startTile(OpBuilder &b, int64_t count) {
  if (traits.columnBytes == 8 && layout.getForm() != qt::LayoutForm::Matched &&
      layout.getBias() && !hasIntegerSums)
    return loadStarts(b, plus(b, header, nr * 4), count);
  // The chunks and blocks of the other forms have starts of their own.
  return Values(count * vectors, zeros(b, vectorOf(getSumType())));
}

Values ContractionEmitter::sumTile(OpBuilder &b, Value row, int64_t count,
                                   Values sums) {
  switch (layout.getForm()) {
  case qt::LayoutForm::F32:
  case qt::LayoutForm::Winograd:
    return sumFloats(b, row, count, sums);
  case qt::LayoutForm::S8:
    return sumS8(b, row, count, sums);
  case qt::LayoutForm::Matched:
    return sumMatched(b, row, count, sums);
  case qt::LayoutForm::Chained:
    return sumChained(b, row, count, sums);
  case qt::LayoutForm::W4I:
    return hasIntegerSums ? sumShiftedNibbles(b, row, count, sums)
                          : sumW4I(b, row, count, sums);
  case qt::LayoutForm::W4S:
    return sumW4S(b, row, count, sums);
  case qt::LayoutForm::B32:
  case qt::LayoutForm::B32N:
    if (isWidened && useDecoded)
      return sumWidened(b, row, count, sums);
    return hasIntegerSums ? sumShiftedBlocks(b, row, count, sums)
                          : sumB32(b, row, count, sums);
  case qt::LayoutForm::S8F:
    return sumFloats(b, row, count, sums);
  case qt::LayoutForm::B32F:
  case qt::LayoutForm::W4F:
    return sumFloatBlocks(b, row, count, sums);
  }
  llvm_unreachable("all forms are covered");
}

/// Integer sums: f32(sum) * (scale of the row * scale of the column). Sums of
/// floats: times the scale of the column, if there is one.
Values ContractionEmitter::finishTile(OpBuilder &b, Value row, int64_t count,
                                      Values sums) {
  if (layout.getForm() == qt::LayoutForm::S8F ||
      layout.getForm() == qt::LayoutForm::W4F) {
    Values scales = loadColumns(b, header, vectorOf(b.getF32Type()));
    for (auto [i, sum] : llvm::enumerate(sums))
      sum = arith::MulFOp::create(b, loc, sum, scales[i % vectors]);
    return sums;
  }
  if (getSumType().isF32() || hasIntegerSums)
    return sums;
  VectorType type = vectorOf(b.getF32Type());
  bool isMatched = layout.getForm() == qt::LayoutForm::Matched;
  Values result,
      columns = loadColumns(b, isMatched ? plus(b, header, 64) : header, type);
  for (int64_t r = 0; r < count; ++r) {
    Value at = conv ? image : plus(b, row, r);
    Value scale = splat(b, memref::LoadOp::create(b, loc, scalesBuffer, at));
    for (int64_t v = 0; v < vectors; ++v) {
      Value both = arith::MulFOp::create(b, loc, scale, columns[v]);
      Value sum = arith::SIToFPOp::create(b, loc, type, sums[r * vectors + v]);
      result.push_back(arith::MulFOp::create(b, loc, sum, both));
    }
  }
  return result;
}

Value ContractionEmitter::dot(OpBuilder &b, int64_t ways, Value lhs, Value rhs,
                              Value acc, qt::BoundAttr bound) {
  return qt::DotOp::create(b, loc, acc.getType(), ways, lhs, rhs, acc, bound);
}

/// Adds steps up in 16 bits, which \p bound says to hold them, and then to \p
/// sum, which has \p count of them.
Value ContractionEmitter::dotByHalves(OpBuilder &b, ArrayRef<Value> x,
                                      ArrayRef<Value> weights, Value sum,
                                      qt::BoundAttr bound, int64_t count) {
  VectorType halves = vectorOf(b.getI16Type(), 2);
  Value ones =
      splatConstant(b, loc, b.getI16Type(), 1, halves.getNumElements());
  Value part = zeros(b, halves);
  for (auto [activations, own] : llvm::zip_equal(x, weights))
    part = dot(b, 2, activations, own, part, bound);
  constexpr int64_t most = std::numeric_limits<int16_t>::max();
  auto widen = qt::BoundAttr::get(b.getContext(), -most, most, 1, 1, count,
                                  /*hasLane=*/false, 0, 0, 0, 0);
  return dot(b, 2, part, ones, sum, widen);
}

/// Of activations as the layout stores them, against weights of a range.
qt::BoundAttr ContractionEmitter::makeBound(int64_t rhsLow, int64_t rhsHigh,
                                            int64_t chain) {
  bool biased = layout.getBias() != 0;
  return qt::BoundAttr::get(contract.getContext(),
                            biased || layout.isNonNegative() ? 0 : -127,
                            biased ? 255 : 127, rhsLow, rhsHigh, chain,
                            /*hasLane=*/false, 0, 0, 0, 0);
}

/// A register for each part of a panel's row at \p at, and of the same row of
/// the panels behind it that are gone through at once.
Values ContractionEmitter::loadColumns(OpBuilder &b, Value at,
                                       VectorType type) {
  Values columns;
  int64_t bytes = type.getNumElements() * type.getElementTypeBitWidth() / 8;
  int64_t each = vectors / panelsAtOnce;
  int64_t panelBytes =
      panelsAtOnce > 1 ? getPackedLayout(layout, n, k).panelBytes() : 0;
  for (int64_t v = 0; v < vectors; ++v)
    columns.push_back(loadFromBytes(
        b, packed, plus(b, at, v / each * panelBytes + v % each * bytes),
        type));
  return columns;
}

/// Every row's accumulators at their beginning.
Values ContractionEmitter::loadStarts(OpBuilder &b, Value at, int64_t count) {
  VectorType type = vectorOf(b.getI32Type());
  if (!layout.getBias())
    return Values(count * vectors, zeros(b, type));
  Values starts = loadColumns(b, at, type), all;
  for (int64_t r = 0; r < count; ++r)
    llvm::append_range(all, starts);
  return all;
}

//===----------------------------------------------------------------------===//
// 8 bits
//===----------------------------------------------------------------------===//

Values ContractionEmitter::sumS8(OpBuilder &b, Value row, int64_t count,
                                 Values sums) {
  int64_t steps = llvm::divideCeil(k, 4);
  Value base = getRowAt(b, row);
  qt::BoundAttr bound = makeBound(-127, 127, steps);
  VectorType bytes = vectorOf(b.getI8Type(), 4);
  auto step = [&](OpBuilder &inner, Value p, int64_t offset, Values sums) {
    Value at =
        add(inner, chunkBase,
            times(inner, arith::SubIOp::create(inner, loc, p, from), nr));
    Values weights = loadColumns(inner, plus(inner, at, offset * nr), bytes);
    prefetch(inner, plus(inner, at, offset * nr), nr * 4);
    Value x0 = getStepAt(inner, base, p, offset);
    for (int64_t r = 0; r < count; ++r) {
      Value x = broadcastActivations(inner, plus(inner, x0, getRowOffset(r)));
      for (int64_t v = 0; v < vectors; ++v)
        sums[r * vectors + v] =
            dot(inner, 4, x, weights[v], sums[r * vectors + v], bound);
    }
    return sums;
  };
  auto loop = [&](Value first, Value last, int64_t unroll, Values sums) {
    auto steps = scf::ForOp::create(
        b, loc, first, last, index(unroll * 4), sums,
        [&](OpBuilder &inner, Location, Value p, ValueRange carried) {
          Values values(carried);
          for (int64_t u = 0; u < unroll; ++u)
            values = step(inner, p, u * 4, values);
          scf::YieldOp::create(inner, loc, values);
        });
    return Values(steps.getResults());
  };
  constexpr int64_t unroll = 4;
  if (steps % unroll == 0)
    return loop(from, to, unroll, sums);
  Value whole = times(b, arith::DivUIOp::create(b, loc, to, index(unroll * 4)),
                      unroll * 4);
  sums = loop(from, whole, unroll, sums);
  return loop(whole, to, 1, sums);
}

Values ContractionEmitter::sumMatched(OpBuilder &b, Value row, int64_t count,
                                      Values sums) {
  auto count32 = [&](int64_t byte) -> Value {
    Value word = loadInteger(b, packed, plus(b, header, byte));
    return arith::IndexCastUIOp::create(b, loc, b.getIndexType(), word);
  };
  Value pairs = count32(0), singles = count32(4), fours = count32(8);
  Value starts = plus(b, header, 64 + nr * 4),
        list = plus(b, header, 64 + nr * 8);
  Value inFours = times(b, fours, 4),
        inPairs = add(b, inFours, times(b, pairs, 2)),
        total = add(b, inPairs, singles);
  // The list is padded to whole cache lines.
  Value listBytes =
      times(b, arith::CeilDivUIOp::create(b, loc, total, index(16)), 64);
  Value data = add(b, list, listBytes);
  Value base = getRowAt(b, row);
  MLIRContext *context = b.getContext();
  VectorType bytes = vectorOf(b.getI8Type(), 4);
  // Of all weights of one sign in a lane over a chain the packer proved this.
  int64_t most = getPackedLayout(layout, n, k).laneLimit(),
          largest = layout.getBias() ? 255 : 127;
  int64_t steps = llvm::divideCeil(k, 4) * 2;
  auto laneBound = [&](int64_t chain) {
    return qt::BoundAttr::get(context, 0, largest, -127, 127, chain,
                              /*hasLane=*/true, -most, most, 0, 0);
  };
  auto loop = [&](Value first, Value last, int64_t chain, Values sums) {
    auto body = [&](OpBuilder &inner, Location, Value s, ValueRange carried) {
      Values sums(carried), offsets;
      SmallVector<Values> weights;
      Value at = add(inner, data, times(inner, s, nr * 4)),
            entry = add(inner, list, times(inner, s, 4));
      for (int64_t i = 0; i < chain; ++i) {
        Value word = loadInteger(inner, packed, plus(inner, entry, i * 4));
        Value offset = arith::IndexCastUIOp::create(inner, loc,
                                                    inner.getIndexType(), word);
        offsets.push_back(getStepAt(inner, base, offset));
        weights.push_back(
            loadColumns(inner, plus(inner, at, i * nr * 4), bytes));
        prefetch(inner, plus(inner, at, i * nr * 4), nr * 4);
      }
      for (int64_t r = 0; r < count; ++r) {
        Values x;
        for (int64_t i = 0; i < chain; ++i)
          x.push_back(broadcastActivations(
              inner, plus(inner, offsets[i], getRowOffset(r))));
        for (int64_t v = 0; v < vectors; ++v) {
          Values own;
          for (const Values &step : weights)
            own.push_back(step[v]);
          sums[r * vectors + v] = dotByHalves(
              inner, x, own, sums[r * vectors + v], laneBound(chain), steps);
        }
      }
      scf::YieldOp::create(inner, loc, sums);
    };
    return Values(
        scf::ForOp::create(b, loc, first, last, index(chain), sums, body)
            .getResults());
  };
  for (auto [sum, start] : llvm::zip_equal(sums, loadStarts(b, starts, count)))
    sum = arith::AddIOp::create(b, loc, sum, start);
  if (layout.isNonNegative())
    sums = loop(index(0), inFours, 4, sums);
  sums = loop(inFours, inPairs, 2, sums);
  return loop(inPairs, total, 1, sums);
}

//===----------------------------------------------------------------------===//
// Blocks of 32
//===----------------------------------------------------------------------===//

/// Rows whose sums do not fit registers beside those of a block.
static constexpr int64_t leastKept = 4;

/// The blocks of the chunk, counted from its first one. Where the sums lie in
/// scratch, \p body gets none, and may leave them there by itself.
Values ContractionEmitter::forEachBlock(OpBuilder &b, Value row, int64_t count,
                                        Values sums, BlockBody body) {
  Value length = arith::SubIOp::create(b, loc, to, from);
  Value blocks = arith::CeilDivUIOp::create(b, loc, length, index(32));
  if (!keepsSums || count < (hasFloatRows ? mr : leastKept)) {
    auto loop = scf::ForOp::create(
        b, loc, index(0), blocks, index(1), sums,
        [&](OpBuilder &inner, Location, Value block, ValueRange carried) {
          scf::YieldOp::create(inner, loc, body(inner, block, Values(carried)));
        });
    return Values(loop.getResults());
  }
  storeSums(b, sums, row);
  // A loop that LLVM knows to run has its sums loaded in front of it, into
  // registers that there are not.
  Value exists =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, row, rows);
  blocks = arith::SelectOp::create(b, loc, exists, blocks, index(0));
  auto loop = scf::ForOp::create(b, loc, index(0), blocks, index(1));
  OpBuilder inner = OpBuilder::atBlockBegin(loop.getBody());
  if (Values own = body(inner, loop.getInductionVar(), {}); !own.empty())
    storeSums(inner, own, row);
  return loadSums(b, row, count);
}

Values ContractionEmitter::sumB32(OpBuilder &b, Value row, int64_t count,
                                  Values sums) {
  int64_t blocks = llvm::divideCeil(k, 32);
  VectorType real = vectorOf(b.getF32Type()),
             bytes = vectorOf(b.getI8Type(), 4);
  Value base = getRowAt(b, row);
  Value firstBlock = arith::DivUIOp::create(b, loc, from, index(32));
  Value scaleBase = add(b, times(b, row, blocks), firstBlock);
  int64_t largest =
      layout.getForm() == qt::LayoutForm::B32N ? numerics::narrowCode : 127;
  qt::BoundAttr bound = makeBound(-largest, largest, 8);
  // 16 bits hold 8 products of 127 by 64.
  int64_t chain =
      layout.isNonNegative() && largest == numerics::narrowCode ? 2 : 1;
  qt::BoundAttr halfBound = makeBound(-largest, largest, chain);
  return forEachBlock(
      b, row, count, sums, [&](OpBuilder &inner, Value block, Values sums) {
        Value head = add(inner, chunkBase, times(inner, block, nr * 40));
        Value data = plus(inner, head, nr * 8);
        Values partial = loadStarts(inner, plus(inner, head, nr * 4), count);
        Value offset =
            getStepAt(inner, base, add(inner, from, times(inner, block, 32)));
        prefetch(inner, head, nr * 40);
        for (int64_t s = 0; s < blockSteps; s += chain) {
          SmallVector<Values> weights;
          int64_t end = std::min(s + chain, blockSteps);
          for (int64_t i = s; i < end; ++i)
            weights.push_back(
                loadColumns(inner, plus(inner, data, i * nr * 4), bytes));
          for (int64_t r = 0; r < count; ++r) {
            Values x;
            for (int64_t i = s; i < end; ++i)
              x.push_back(broadcastActivations(
                  inner, plus(inner, offset, getRowOffset(r) + i * 4)));
            for (int64_t v = 0; v < vectors; ++v) {
              Value &sum = partial[r * vectors + v];
              sum = end - s == 2
                        ? dotByHalves(inner, x, {weights[0][v], weights[1][v]},
                                      sum, halfBound, blockSteps)
                        : dot(inner, 4, x[0], weights[0][v], sum, bound);
            }
          }
        }
        Values columns = loadColumns(inner, head, real);
        if (sums.empty())
          sums = loadSums(inner, row, count);
        Value scaleAt =
            conv ? arith::DivUIOp::create(inner, loc, offset, index(32))
                       .getResult()
                 : add(inner, scaleBase, block);
        for (int64_t r = 0; r < count; ++r) {
          Value scale = splat(
              inner,
              memref::LoadOp::create(inner, loc, scalesBuffer,
                                     plus(inner, scaleAt, getBlockOffset(r))));
          for (int64_t v = 0; v < vectors; ++v) {
            Value both = arith::MulFOp::create(inner, loc, scale, columns[v]);
            Value sum = arith::SIToFPOp::create(inner, loc, real,
                                                partial[r * vectors + v]);
            sums[r * vectors + v] = math::FmaOp::create(inner, loc, sum, both,
                                                        sums[r * vectors + v]);
          }
        }
        return sums;
      });
}
