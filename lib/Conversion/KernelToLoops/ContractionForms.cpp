//===- ContractionForms.cpp - The loops over K of every packed form -*- C++ -*-===//
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

void ContractionEmitter::emitTile(OpBuilder &b, Value row, int64_t count) {
  SmallVector<Value> sums;
  switch (layout.getForm()) {
  case qt::LayoutForm::F32:
    sums = sumFloats(b, row, count);
    break;
  case qt::LayoutForm::S8:
    sums = sumS8(b, row, count);
    break;
  case qt::LayoutForm::Matched:
    sums = sumMatched(b, row, count);
    break;
  case qt::LayoutForm::W4I:
    sums = sumW4I(b, row, count);
    break;
  case qt::LayoutForm::B32:
    sums = sumB32(b, row, count);
    break;
  }
  emitEpilogue(b, sums, row, count);
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

/// Every row's accumulators at their beginning.
SmallVector<Value> ContractionEmitter::loadStarts(OpBuilder &b, Value at, int64_t count) {
  SmallVector<Value> starts, all;
  VectorType type = vectorOf(b.getI32Type());
  for (int64_t v = 0; v < vectors; ++v)
    starts.push_back(layout.getBias() ? loadFromBytes(b, packed, add(b, at, index(v * width * 4)), type)
                                      : zeros(b, type));
  for (int64_t r = 0; r < count; ++r)
    llvm::append_range(all, starts);
  return all;
}

/// f32(sum) * (scale of the row * scale of the column).
SmallVector<Value> ContractionEmitter::scaleRows(OpBuilder &b, ArrayRef<Value> sums, Value scales,
                                                 Value row, int64_t count) {
  VectorType type = vectorOf(b.getF32Type());
  SmallVector<Value> columns, result;
  for (int64_t v = 0; v < vectors; ++v)
    columns.push_back(loadFromBytes(b, packed, add(b, scales, index(v * width * 4)), type));
  for (int64_t r = 0; r < count; ++r) {
    Value scale = splat(b, memref::LoadOp::create(b, loc, scalesBuffer, add(b, row, index(r))));
    for (int64_t v = 0; v < vectors; ++v) {
      Value both = arith::MulFOp::create(b, loc, scale, columns[v]);
      Value sum = arith::SIToFPOp::create(b, loc, type, sums[r * vectors + v]);
      result.push_back(arith::MulFOp::create(b, loc, sum, both));
    }
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Floats
//===----------------------------------------------------------------------===//

SmallVector<Value> ContractionEmitter::sumFloats(OpBuilder &b, Value row, int64_t count) {
  VectorType type = vectorOf(b.getF32Type());
  SmallVector<Value> initial(count * vectors, zeros(b, type)), bases;
  for (int64_t r = 0; r < count; ++r)
    bases.push_back(times(b, add(b, row, index(r)), k));
  auto step = [&](OpBuilder &inner, Value p, SmallVector<Value> sums) {
    Value at = add(inner, panelBase, times(inner, p, nr * 4));
    SmallVector<Value> weights;
    for (int64_t v = 0; v < vectors; ++v)
      weights.push_back(loadFromBytes(inner, packed, add(inner, at, index(v * width * 4)), type));
    for (int64_t r = 0; r < count; ++r) {
      Value x = splat(inner, memref::LoadOp::create(inner, loc, lhsBuffer, add(inner, bases[r], p)));
      for (int64_t v = 0; v < vectors; ++v)
        sums[r * vectors + v] = math::FmaOp::create(inner, loc, x, weights[v], sums[r * vectors + v]);
    }
    return sums;
  };
  constexpr int64_t unroll = 4;
  int64_t whole = k / unroll * unroll;
  SmallVector<Value> sums = initial;
  if (whole > 0) {
    auto loop = scf::ForOp::create(
        b, loc, index(0), index(whole), index(unroll), initial,
        [&](OpBuilder &inner, Location, Value p, ValueRange carried) {
          SmallVector<Value> values(carried);
          for (int64_t u = 0; u < unroll; ++u)
            values = step(inner, add(inner, p, index(u)), values);
          scf::YieldOp::create(inner, loc, values);
        });
    sums = SmallVector<Value>(loop.getResults());
  }
  for (int64_t p = whole; p < k; ++p)
    sums = step(b, index(p), sums);
  return sums;
}

//===----------------------------------------------------------------------===//
// 8 bits
//===----------------------------------------------------------------------===//

SmallVector<Value> ContractionEmitter::sumS8(OpBuilder &b, Value row, int64_t count) {
  int64_t steps = llvm::divideCeil(k, 4), stride = numerics::activationStride(k);
  Value starts = add(b, panelBase, index(nr * 4)), data = add(b, panelBase, index(nr * 8));
  SmallVector<Value> bases;
  for (int64_t r = 0; r < count; ++r)
    bases.push_back(times(b, add(b, row, index(r)), stride));
  qt::BoundAttr bound = makeBound(-127, 127, steps);
  auto loop = scf::ForOp::create(
      b, loc, index(0), index(steps), index(1), loadStarts(b, starts, count),
      [&](OpBuilder &inner, Location, Value s, ValueRange carried) {
        SmallVector<Value> sums(carried), weights;
        Value at = add(inner, data, times(inner, s, nr * 4));
        for (int64_t v = 0; v < vectors; ++v)
          weights.push_back(vector::LoadOp::create(inner, loc, vectorOf(b.getI8Type(), 4), packed,
                                                   add(inner, at, index(v * width * 4))));
        Value offset = times(inner, s, 4);
        for (int64_t r = 0; r < count; ++r) {
          Value x = broadcastActivations(inner, add(inner, bases[r], offset));
          for (int64_t v = 0; v < vectors; ++v)
            sums[r * vectors + v] = dot(inner, 4, x, weights[v], sums[r * vectors + v], bound);
        }
        scf::YieldOp::create(inner, loc, sums);
      });
  return scaleRows(b, SmallVector<Value>(loop.getResults()), panelBase, row, count);
}

SmallVector<Value> ContractionEmitter::sumMatched(OpBuilder &b, Value row, int64_t count) {
  int64_t stride = numerics::activationStride(k);
  auto count32 = [&](int64_t byte) -> Value {
    Value word = loadInteger(b, packed, add(b, panelBase, index(byte)));
    return arith::IndexCastUIOp::create(b, loc, b.getIndexType(), word);
  };
  Value pairs = count32(0), singles = count32(4);
  Value scales = add(b, panelBase, index(64)), list = add(b, scales, index(nr * 8));
  Value twice = times(b, pairs, 2), total = add(b, twice, singles);
  // The list is padded to whole cache lines.
  Value listBytes = arith::MulIOp::create(
      b, loc, arith::CeilDivUIOp::create(b, loc, times(b, total, 4), index(64)), index(64));
  Value data = add(b, list, listBytes);
  SmallVector<Value> bases;
  for (int64_t r = 0; r < count; ++r)
    bases.push_back(times(b, add(b, row, index(r)), stride));
  MLIRContext *context = b.getContext();
  VectorType halves = vectorOf(b.getI16Type(), 2), bytes = vectorOf(b.getI8Type(), 4);
  Value ones = arith::ConstantOp::create(b, loc, DenseElementsAttr::get(halves, b.getI16IntegerAttr(1)));
  // Of all weights of one sign in a lane over a chain the packer proved 128.
  auto laneBound = [&](int64_t chain) {
    return qt::BoundAttr::get(context, 0, 255, -127, 127, chain, /*hasLane=*/true, -128, 128, 0, 0);
  };
  int64_t steps = llvm::divideCeil(k, 4) * 2;
  auto widen = qt::BoundAttr::get(context, -32640, 32640, 1, 1, steps, false, 0, 0, 0, 0);
  auto body = [&](OpBuilder &inner, Value s, ValueRange carried, int64_t chain) {
    SmallVector<Value> sums(carried);
    SmallVector<SmallVector<Value>> weights(chain);
    SmallVector<Value> offsets;
    for (int64_t i = 0; i < chain; ++i) {
      Value number = add(inner, s, index(i));
      Value word = loadInteger(inner, packed, add(inner, list, times(inner, number, 4)));
      offsets.push_back(arith::IndexCastUIOp::create(inner, loc, inner.getIndexType(), word));
      Value at = add(inner, data, times(inner, number, nr * 4));
      for (int64_t v = 0; v < vectors; ++v)
        weights[i].push_back(vector::LoadOp::create(inner, loc, bytes, packed, add(inner, at, index(v * width * 4))));
    }
    for (int64_t r = 0; r < count; ++r) {
      SmallVector<Value> x;
      for (int64_t i = 0; i < chain; ++i)
        x.push_back(broadcastActivations(inner, add(inner, bases[r], offsets[i])));
      for (int64_t v = 0; v < vectors; ++v) {
        Value sum = zeros(inner, halves);
        for (int64_t i = 0; i < chain; ++i)
          sum = dot(inner, 2, x[i], weights[i][v], sum, laneBound(chain));
        sums[r * vectors + v] = dot(inner, 2, sum, ones, sums[r * vectors + v], widen);
      }
    }
    scf::YieldOp::create(inner, loc, sums);
  };
  auto paired = scf::ForOp::create(
      b, loc, index(0), twice, index(2), loadStarts(b, add(b, scales, index(nr * 4)), count),
      [&](OpBuilder &inner, Location, Value s, ValueRange carried) { body(inner, s, carried, 2); });
  auto alone = scf::ForOp::create(
      b, loc, twice, total, index(1), paired.getResults(),
      [&](OpBuilder &inner, Location, Value s, ValueRange carried) { body(inner, s, carried, 1); });
  return scaleRows(b, SmallVector<Value>(alone.getResults()), scales, row, count);
}

SmallVector<Value> ContractionEmitter::sumB32(OpBuilder &b, Value row, int64_t count) {
  int64_t blocks = llvm::divideCeil(k, 32), stride = numerics::activationStride(k);
  VectorType real = vectorOf(b.getF32Type());
  SmallVector<Value> bases, scaleBases;
  for (int64_t r = 0; r < count; ++r) {
    Value at = add(b, row, index(r));
    bases.push_back(times(b, at, stride));
    scaleBases.push_back(times(b, at, blocks));
  }
  qt::BoundAttr bound = makeBound(-127, 127, 8);
  SmallVector<Value> initial(count * vectors, zeros(b, real));
  auto loop = scf::ForOp::create(
      b, loc, index(0), index(blocks), index(1), initial,
      [&](OpBuilder &inner, Location, Value block, ValueRange carried) {
        Value head = add(inner, panelBase, times(inner, block, nr * 40));
        Value data = add(inner, head, index(nr * 8));
        SmallVector<Value> sums = loadStarts(inner, add(inner, head, index(nr * 4)), count);
        Value offset = times(inner, block, 32);
        for (int64_t s = 0; s < 8; ++s) {
          SmallVector<Value> weights;
          for (int64_t v = 0; v < vectors; ++v)
            weights.push_back(vector::LoadOp::create(inner, loc, vectorOf(b.getI8Type(), 4), packed,
                                                     add(inner, data, index(s * nr * 4 + v * width * 4))));
          for (int64_t r = 0; r < count; ++r) {
            Value x = broadcastActivations(inner, add(inner, add(inner, bases[r], offset), index(s * 4)));
            for (int64_t v = 0; v < vectors; ++v)
              sums[r * vectors + v] = dot(inner, 4, x, weights[v], sums[r * vectors + v], bound);
          }
        }
        SmallVector<Value> columns, next(carried);
        for (int64_t v = 0; v < vectors; ++v)
          columns.push_back(loadFromBytes(inner, packed, add(inner, head, index(v * width * 4)), real));
        for (int64_t r = 0; r < count; ++r) {
          Value scale = splat(inner, memref::LoadOp::create(inner, loc, scalesBuffer, add(inner, scaleBases[r], block)));
          for (int64_t v = 0; v < vectors; ++v) {
            Value both = arith::MulFOp::create(inner, loc, scale, columns[v]);
            Value sum = arith::SIToFPOp::create(inner, loc, real, sums[r * vectors + v]);
            next[r * vectors + v] = math::FmaOp::create(inner, loc, sum, both, next[r * vectors + v]);
          }
        }
        scf::YieldOp::create(inner, loc, next);
      });
  return SmallVector<Value>(loop.getResults());
}

//===----------------------------------------------------------------------===//
// 4 bits with integer multipliers
//===----------------------------------------------------------------------===//

/// The codes of two steps from the bytes at \p at: low and high nibbles less 8.
std::pair<Value, Value> ContractionEmitter::decodeNibbles(OpBuilder &b, Value at) {
  VectorType bytes = vectorOf(b.getI8Type(), 4);
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(b, loc, DenseElementsAttr::get(bytes, b.getI8IntegerAttr(static_cast<int8_t>(value))));
  };
  Value both = vector::LoadOp::create(b, loc, bytes, packed, at);
  // Shifted as 16-bit lanes, which every target can; the mask drops what came
  // from the neighbour.
  VectorType halves = vectorOf(b.getI16Type(), 2);
  Value four = arith::ConstantOp::create(b, loc, DenseElementsAttr::get(halves, b.getI16IntegerAttr(4)));
  Value shifted = arith::ShRUIOp::create(b, loc, vector::BitCastOp::create(b, loc, halves, both), four);
  shifted = vector::BitCastOp::create(b, loc, bytes, shifted);
  auto finish = [&](Value x) -> Value {
    Value nibble = arith::AndIOp::create(b, loc, x, constant(15));
    return arith::SubIOp::create(b, loc, nibble, constant(8));
  };
  return {finish(both), finish(shifted)};
}

/// Writes the panel's codes to scratch, one to a byte, step after step.
void ContractionEmitter::emitDecode(OpBuilder &b) {
  int64_t blocks = llvm::divideCeil(k, 32);
  auto loop = scf::ForOp::create(b, loc, index(0), index(blocks), index(1));
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  Value block = loop.getInductionVar();
  Value from = add(body, add(body, panelBase, index(nr * 12)), times(body, block, nr * 20));
  Value to = times(body, block, nr * 32);
  for (int64_t pair = 0; pair < 4; ++pair)
    for (int64_t v = 0; v < vectors; ++v) {
      auto [low, high] = decodeNibbles(body, add(body, from, index(pair * nr * 4 + v * width * 4)));
      Value at = add(body, to, index(pair * nr * 8 + v * width * 4));
      vector::StoreOp::create(body, loc, low, decoded, at);
      vector::StoreOp::create(body, loc, high, decoded, add(body, at, index(nr * 4)));
    }
}

SmallVector<Value> ContractionEmitter::sumW4I(OpBuilder &b, Value row, int64_t count) {
  int64_t blocks = llvm::divideCeil(k, 32), stride = numerics::activationStride(k);
  VectorType words = vectorOf(b.getI32Type()), halves = vectorOf(b.getI16Type(), 2), bytes = vectorOf(b.getI8Type(), 4);
  SmallVector<Value> bases;
  for (int64_t r = 0; r < count; ++r)
    bases.push_back(times(b, add(b, row, index(r)), stride));
  MLIRContext *context = b.getContext();
  // 255 * 8 * 16 products fit 16 bits; with VNNI 32-bit lanes cost no more.
  qt::BoundAttr narrow = makeBound(-8, 7, 8);
  auto widen = qt::BoundAttr::get(context, -32640, 28560, -127, 127, blocks, false, 0, 0, 0, 0);
  Value sixteen = arith::ConstantOp::create(b, loc, DenseElementsAttr::get(words, b.getI32IntegerAttr(16)));
  auto loop = scf::ForOp::create(
      b, loc, index(0), index(blocks), index(1), loadStarts(b, add(b, panelBase, index(nr * 4)), count),
      [&](OpBuilder &inner, Location, Value block, ValueRange carried) {
        Value head = add(inner, add(inner, panelBase, index(nr * 8)), times(inner, block, nr * 20));
        Value nibbles = add(inner, head, index(nr * 4));
        Value plain = times(inner, block, nr * 32), offset = times(inner, block, 32);
        SmallVector<Value> partial(count * vectors, zeros(inner, hasVnni ? words : halves));
        SmallVector<Value> weights[2];
        for (int64_t s = 0; s < 8; ++s) {
          if (s % 2 == 0) {
            weights[0].clear();
            weights[1].clear();
            for (int64_t v = 0; v < vectors; ++v) {
              if (useDecoded) {
                for (int64_t i = 0; i < 2; ++i)
                  weights[i].push_back(vector::LoadOp::create(inner, loc, bytes, decoded,
                                                              add(inner, plain, index((s + i) * nr * 4 + v * width * 4))));
                continue;
              }
              auto [low, high] = decodeNibbles(inner, add(inner, nibbles, index(s / 2 * nr * 4 + v * width * 4)));
              weights[0].push_back(low);
              weights[1].push_back(high);
            }
          }
          for (int64_t r = 0; r < count; ++r) {
            Value x = broadcastActivations(inner, add(inner, add(inner, bases[r], offset), index(s * 4)));
            for (int64_t v = 0; v < vectors; ++v) {
              Value &sum = partial[r * vectors + v];
              sum = dot(inner, hasVnni ? 4 : 2, x, weights[s % 2][v], sum, narrow);
            }
          }
        }
        SmallVector<Value> next(carried), multipliers;
        for (int64_t v = 0; v < vectors; ++v) {
          Value at = add(inner, head, index(v * width * 4));
          if (!hasVnni) {
            multipliers.push_back(loadFromBytes(inner, packed, at, halves));
            continue;
          }
          Value twice = loadFromBytes(inner, packed, at, words);
          multipliers.push_back(arith::ShRSIOp::create(inner, loc, twice, sixteen));
        }
        for (int64_t r = 0; r < count; ++r)
          for (int64_t v = 0; v < vectors; ++v) {
            Value &sum = next[r * vectors + v];
            if (!hasVnni) {
              sum = dot(inner, 2, partial[r * vectors + v], multipliers[v], sum, widen);
              continue;
            }
            Value product = arith::MulIOp::create(inner, loc, partial[r * vectors + v], multipliers[v]);
            sum = arith::AddIOp::create(inner, loc, sum, product);
          }
        scf::YieldOp::create(inner, loc, next);
      });
  return scaleRows(b, SmallVector<Value>(loop.getResults()), panelBase, row, count);
}
