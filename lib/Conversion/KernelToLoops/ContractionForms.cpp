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

/// Of activations as the layout stores them, against weights of a range.
qt::BoundAttr ContractionEmitter::makeBound(int64_t rhsLow, int64_t rhsHigh,
                                            int64_t chain) {
  bool biased = layout.getBias() != 0;
  return qt::BoundAttr::get(contract.getContext(), biased ? 0 : -127,
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
  Value pairs = count32(0), singles = count32(4);
  Value starts = plus(b, header, 64 + nr * 4),
        list = plus(b, header, 64 + nr * 8);
  Value twice = times(b, pairs, 2), total = add(b, twice, singles);
  // The list is padded to whole cache lines.
  Value listBytes =
      times(b, arith::CeilDivUIOp::create(b, loc, total, index(16)), 64);
  Value data = add(b, list, listBytes);
  Value base = getRowAt(b, row);
  MLIRContext *context = b.getContext();
  VectorType halves = vectorOf(b.getI16Type(), 2),
             bytes = vectorOf(b.getI8Type(), 4);
  Value ones = arith::ConstantOp::create(
      b, loc, DenseElementsAttr::get(halves, b.getI16IntegerAttr(1)));
  // Of all weights of one sign in a lane over a chain the packer proved 128.
  auto laneBound = [&](int64_t chain) {
    return qt::BoundAttr::get(context, 0, 255, -127, 127, chain,
                              /*hasLane=*/true, -128, 128, 0, 0);
  };
  int64_t steps = llvm::divideCeil(k, 4) * 2;
  auto widen = qt::BoundAttr::get(context, -32640, 32640, 1, 1, steps, false, 0,
                                  0, 0, 0);
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
          Value sum = zeros(inner, halves);
          for (int64_t i = 0; i < chain; ++i)
            sum = dot(inner, 2, x[i], weights[i][v], sum, laneBound(chain));
          sums[r * vectors + v] =
              dot(inner, 2, sum, ones, sums[r * vectors + v], widen);
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
  sums = loop(index(0), twice, 2, sums);
  return loop(twice, total, 1, sums);
}

//===----------------------------------------------------------------------===//
// Blocks of 32
//===----------------------------------------------------------------------===//

/// The blocks of the chunk, counted from its first one.
Values ContractionEmitter::forEachBlock(OpBuilder &b, Value row, int64_t count,
                                        Values sums, BlockBody body) {
  Value length = arith::SubIOp::create(b, loc, to, from);
  Value blocks = arith::CeilDivUIOp::create(b, loc, length, index(32));
  if (!keepsSums || count < mr) {
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
  storeSums(inner, body(inner, loop.getInductionVar(), {}), row);
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
  return forEachBlock(
      b, row, count, sums, [&](OpBuilder &inner, Value block, Values sums) {
        Value head = add(inner, chunkBase, times(inner, block, nr * 40));
        Value data = plus(inner, head, nr * 8);
        Values partial = loadStarts(inner, plus(inner, head, nr * 4), count);
        Value offset =
            getStepAt(inner, base, add(inner, from, times(inner, block, 32)));
        prefetch(inner, head, nr * 40);
        for (int64_t s = 0; s < blockSteps; ++s) {
          Values weights =
              loadColumns(inner, plus(inner, data, s * nr * 4), bytes);
          for (int64_t r = 0; r < count; ++r) {
            Value x = broadcastActivations(
                inner, plus(inner, offset, getRowOffset(r) + s * 4));
            for (int64_t v = 0; v < vectors; ++v)
              partial[r * vectors + v] =
                  dot(inner, 4, x, weights[v], partial[r * vectors + v], bound);
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

//===----------------------------------------------------------------------===//
// 4 bits with integer multipliers
//===----------------------------------------------------------------------===//

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
    return arith::ConstantOp::create(
        b, loc,
        DenseElementsAttr::get(bytes,
                               b.getI8IntegerAttr(static_cast<int8_t>(value))));
  };
  Value both = vector::LoadOp::create(b, loc, bytes, packed, at);
  // Shifted as 16-bit lanes, which every target can; the mask drops what came
  // from the neighbour.
  VectorType halves = vectorOf(b.getI16Type(), 2);
  Value four = arith::ConstantOp::create(
      b, loc, DenseElementsAttr::get(halves, b.getI16IntegerAttr(4)));
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

/// Writes the chunk's codes to scratch, one to a byte, step after step; of
/// integer sums what the blocks' biases come to as well.
void ContractionEmitter::emitDecode(OpBuilder &b) {
  if (hasFloatRows)
    return emitDecodeFloats(b);
  if (isWidened)
    return emitWidenWeights(b);
  Value length = arith::SubIOp::create(b, loc, to, from);
  Value blocks = arith::CeilDivUIOp::create(b, loc, length, index(32));
  auto loop = scf::ForOp::create(b, loc, index(0), blocks, index(1));
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  Value block = loop.getInductionVar();
  Value head = add(body, chunkBase, times(body, block, nr * traits.cutBytes()));
  Value source = plus(body, head, nr * traits.blockBytes);
  Value target = add(body, decodedOffset, times(body, block, nr * 32));
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
  Value bias = arith::ConstantOp::create(
      b, loc,
      DenseElementsAttr::get(
          vectorOf(b.getI8Type(), 4),
          b.getI8IntegerAttr(static_cast<int8_t>(layout.getBias()))));
  return dotNibbles(b, bias, weights, sum);
}

/// Adds the products of a block of a tile to \p sums; \p biases gets what
/// activations' bias makes of them if it is not null. \p offset is where the
/// activations of the first \p row lie.
Values ContractionEmitter::sumNibbles(OpBuilder &b, Value block, Value row,
                                      Value offset, int64_t count, Values sums,
                                      Values *biases) {
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
  Values weights[2];
  if (biases)
    biases->assign(vectors, zeros(b, getNibbleSumType()));
  for (int64_t s = 0; s < blockSteps; ++s) {
    for (int64_t v = 0; s % 2 == 0 && v < vectors; ++v) {
      if (v == 0) {
        weights[0].clear();
        weights[1].clear();
      }
      if (useDecoded) {
        for (int64_t i = 0; i < 2; ++i)
          weights[i].push_back(vector::LoadOp::create(
              b, loc, bytes, decoded,
              plus(b, plain, (s + i) * nr * 4 + v * width * 4)));
        continue;
      }
      auto [low, high] = decodeNibbles(
          b, plus(b, nibbles, s / 2 * nr * 4 + v * width * 4), v, factors);
      weights[0].push_back(low);
      weights[1].push_back(high);
      if (biases)
        (*biases)[v] = addBias(b, high, addBias(b, low, (*biases)[v]));
    }
    for (int64_t r = 0; r < count; ++r) {
      Value x =
          broadcastActivations(b, plus(b, offset, getRowOffset(r) + s * 4));
      for (int64_t v = 0; v < vectors; ++v) {
        Value &sum = sums[r * vectors + v];
        sum = dotNibbles(b, x, weights[s % 2][v], sum);
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
  Value sixteen = arith::ConstantOp::create(
      b, loc, DenseElementsAttr::get(words, b.getI32IntegerAttr(16)));
  return forEachBlock(
      b, row, count, sums, [&](OpBuilder &inner, Value block, Values sums) {
        Value head =
            add(inner, chunkBase, times(inner, block, nr * traits.cutBytes()));
        Value offset =
            getStepAt(inner, base, add(inner, from, times(inner, block, 32)));
        Values partial = sumNibbles(inner, block, row, offset, count,
                                    startBlock(inner, count),
                                    /*biases=*/nullptr);
        Values multipliers = loadColumns(inner, head, hasVnni ? words : halves);
        if (hasVnni)
          for (Value &multiplier : multipliers)
            multiplier =
                arith::ShRSIOp::create(inner, loc, multiplier, sixteen);
        if (sums.empty())
          sums = loadSums(inner, row, count);
        for (int64_t i = 0; i < count * vectors; ++i) {
          if (!hasVnni) {
            sums[i] = dot(inner, 2, partial[i], multipliers[i % vectors],
                          sums[i], widen);
            continue;
          }
          Value product = arith::MulIOp::create(inner, loc, partial[i],
                                                multipliers[i % vectors]);
          sums[i] = arith::AddIOp::create(inner, loc, sums[i], product);
        }
        return sums;
      });
}
