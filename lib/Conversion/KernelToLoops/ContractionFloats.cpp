//===- ContractionFloats.cpp - Activations that are floats -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Weights are floats, or codes that become floats in registers: where a panel
// meets few rows, in front of the products; where it meets many, once, into
// scratch that stays in the first-level cache. Either way every row's sums are
// of the same operations in the same order.
//
//===----------------------------------------------------------------------===//

#include "ContractionEmitter.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

using Values = SmallVector<Value>;

/// Adds the products of K from \p first to \p last in ascending order.
Values ContractionEmitter::sumFloatSteps(OpBuilder &b, Value row, int64_t count,
                                         Value first, Value last, Values sums,
                                         WeightLoader load) {
  Value base = getRowAt(b, row);
  int64_t unroll = getFloatUnroll();
  auto loop = [&](Value first, Value last, int64_t unroll, Values sums) {
    auto steps = scf::ForOp::create(b, loc, first, last, index(unroll), sums);
    OpBuilder inner = OpBuilder::atBlockBegin(steps.getBody());
    Value p = steps.getInductionVar();
    Values values(steps.getRegionIterArgs());
    for (int64_t u = 0; u < unroll; ++u) {
      Values weights = load(inner, p, u, /*isTail=*/unroll == 1);
      Value x0 = getStepAt(inner, base, p, u);
      for (int64_t r = 0; r < count; ++r) {
        Value x = splat(
            inner, memref::LoadOp::create(inner, loc, lhsBuffer,
                                          plus(inner, x0, getRowOffset(r))));
        for (int64_t v = 0; v < vectors; ++v)
          values[r * vectors + v] = math::FmaOp::create(
              inner, loc, x, weights[v], values[r * vectors + v]);
      }
    }
    scf::YieldOp::create(inner, loc, values);
    return Values(steps.getResults());
  };
  // Chunks and blocks are multiples of it but for the last one.
  if (k % unroll == 0)
    return loop(first, last, unroll, sums);
  Value whole =
      times(b, arith::DivUIOp::create(b, loc, last, index(unroll)), unroll);
  sums = loop(first, whole, unroll, sums);
  return loop(whole, last, 1, sums);
}

/// Whether neighbouring windows of a line share positions, and one register of
/// columns asks for an activation with every product: loads take longer than
/// products then.
bool ContractionEmitter::canShareTaps() {
  return conv && layout.getForm() == qt::LayoutForm::F32 && vectors == 1 &&
         width == 16 && imageRows == 0 && lineStep == 1 &&
         conv.getDilations().back() == 1 && conv.getTaps().back() > 1 &&
         conv.getTaps().back() <= 5;
}

/// The taps of a line at once: every position is loaded once for all windows
/// that contain it.
Values ContractionEmitter::sumSharedTaps(OpBuilder &b, Value row, int64_t count,
                                         Values sums) {
  int64_t taps = conv.getTaps().back(), stride = getRowStride();
  Value base = getRowAt(b, row);
  auto lines = scf::ForOp::create(
      b, loc, index(0), index(conv.getNumTaps() / taps), index(1), sums);
  OpBuilder outer = OpBuilder::atBlockBegin(lines.getBody());
  Value tap = times(outer, lines.getInductionVar(), taps);
  Value window =
      add(outer, base,
          memref::LoadOp::create(outer, loc, tapTable,
                                 times(outer, tap, tapStride / tableUnit)));
  Value panel = add(outer, chunkBase, times(outer, tap, tapStride * nr * 4));
  auto channels = scf::ForOp::create(outer, loc, index(0), index(tapStride),
                                     index(1), lines.getRegionIterArgs());
  OpBuilder inner = OpBuilder::atBlockBegin(channels.getBody());
  Value channel = channels.getInductionVar();
  Values values(channels.getRegionIterArgs()), weights;
  Value at = add(inner, panel, times(inner, channel, nr * 4)),
        from = add(inner, window, channel);
  for (int64_t t = 0; t < taps; ++t) {
    Value own = plus(inner, at, t * tapStride * nr * 4);
    weights.push_back(
        loadFromBytes(inner, packed, own, vectorOf(b.getF32Type())));
    prefetch(inner, own, nr * 4);
  }
  for (int64_t position = 0; position < count + taps - 1; ++position) {
    Value x = splat(
        inner, memref::LoadOp::create(inner, loc, lhsBuffer,
                                      plus(inner, from, position * stride)));
    for (int64_t t = 0; t < taps; ++t)
      if (int64_t r = position - t; r >= 0 && r < count)
        values[r] = math::FmaOp::create(inner, loc, x, weights[t], values[r]);
  }
  scf::YieldOp::create(inner, loc, values);
  scf::YieldOp::create(outer, loc, channels.getResults());
  return Values(lines.getResults());
}

/// All of the chunk.
Values ContractionEmitter::sumFloats(OpBuilder &b, Value row, int64_t count,
                                     Values sums) {
  if (canShareTaps() && count > 1)
    return sumSharedTaps(b, row, count, sums);
  return sumFloatSteps(
      b, row, count, from, to, sums,
      [&](OpBuilder &inner, Value p, int64_t offset, bool isTail) {
        Values weights = loadFloatWeights(inner, p, offset, isTail);
        if (!useDecoded) {
          // Codes of four steps share a line.
          bool isWide = traits.codeBits == 0;
          Value at = times(inner, arith::SubIOp::create(inner, loc, p, from),
                           isWide ? nr * 4 : nr);
          at = add(inner, chunkBase, at);
          if (isWide)
            prefetch(inner, plus(inner, at, offset * nr * 4), nr * 4);
          else if (offset == 0)
            prefetch(inner, at, nr * 4);
        }
        return weights;
      });
}

/// Bytes of 32 steps of a panel of codes that become floats.
int64_t ContractionEmitter::getFloatBlockBytes() {
  return nr * (traits.isCut ? traits.cutBytes() : traits.weightBytes(32));
}

/// Block by block: its sum times its scale or multiplier joins the others.
Values ContractionEmitter::sumFloatBlocks(OpBuilder &b, Value row,
                                          int64_t count, Values sums) {
  VectorType type = vectorOf(b.getF32Type());
  int64_t blockBytes = getFloatBlockBytes();
  return forEachBlock(
      b, row, count, sums, [&](OpBuilder &inner, Value block, Values sums) {
        Value head = add(inner, chunkBase, times(inner, block, blockBytes));
        if (!useDecoded)
          prefetch(inner, head, blockBytes);
        Value first = add(inner, from, times(inner, block, 32));
        Value last =
            arith::MinUIOp::create(inner, loc, plus(inner, first, 32), to);
        Values partial = sumFloatSteps(
            inner, row, count, first, last,
            Values(count * vectors, zeros(inner, type)),
            [&](OpBuilder &body, Value p, int64_t offset, bool isTail) {
              return loadFloatWeights(body, p, offset, isTail);
            });
        Values factors = loadColumns(inner, head, type);
        if (sums.empty())
          sums = loadSums(inner, row, count);
        for (int64_t i = 0; i < count * vectors; ++i)
          sums[i] = math::FmaOp::create(inner, loc, partial[i],
                                        factors[i % vectors], sums[i]);
        return sums;
      });
}

Values ContractionEmitter::loadFloatWeights(OpBuilder &b, Value p,
                                            int64_t offset, bool isTail) {
  VectorType type = vectorOf(b.getF32Type());
  Value step = arith::SubIOp::create(b, loc, p, from);
  if (useDecoded) {
    Value at = times(b, plus(b, step, offset), nr);
    Values weights;
    for (int64_t v = 0; v < vectors; ++v)
      weights.push_back(vector::LoadOp::create(b, loc, type, decoded,
                                               plus(b, at, v * width)));
    return weights;
  }
  if (traits.codeBits == 0) {
    Value at = add(b, chunkBase, times(b, step, nr * 4));
    return loadColumns(b, plus(b, at, offset * nr * 4), type);
  }
  return decodeWeights(b, step, offset, isTail);
}

/// The nibble \p j of each lane of \p words less 8, as a float. \p j may be
/// known at run time only.
Value ContractionEmitter::decodeNibble(OpBuilder &b, Value words,
                                       OpFoldResult j) {
  VectorType integers = vectorOf(b.getI32Type()),
             floats = vectorOf(b.getF32Type());
  auto number = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(
        b, loc,
        DenseElementsAttr::get(integers,
                               b.getI32IntegerAttr(static_cast<int>(value))));
  };
  std::optional<int64_t> known = getConstantIntValue(j);
  if (!known) {
    Value shift = arith::IndexCastUIOp::create(b, loc, b.getI32Type(),
                                               times(b, cast<Value>(j), 4));
    words = arith::ShRUIOp::create(b, loc, words, splat(b, shift));
    words = arith::AndIOp::create(b, loc, words, number(15));
    words = arith::SubIOp::create(b, loc, words, number(8));
    return arith::SIToFPOp::create(b, loc, floats, words);
  }
  if (width == 16) {
    // One register holds all floats that there are; it is read by the low four
    // bits of a lane.
    SmallVector<float> table;
    for (int i = 0; i < 16; ++i)
      table.push_back(static_cast<float>(i - 8));
    Value all = arith::ConstantOp::create(
        b, loc, DenseElementsAttr::get(floats, ArrayRef(table)));
    if (*known != 0)
      words = arith::ShRUIOp::create(b, loc, words, number(*known * 4));
    return LLVM::CallIntrinsicOp::create(
               b, loc, floats,
               b.getStringAttr("llvm.x86.avx512.permvar.sf.512"),
               ValueRange{all, words})
        .getResult(0);
  }
  // Within the significand of a power of two whose units are where the nibble
  // begins, so that taking both off is exact.
  int64_t at = *known;
  constexpr int64_t significand = 23;
  if (4 * at + 4 > significand) {
    words = arith::ShRUIOp::create(b, loc, words, number(12));
    at -= 3;
  }
  int64_t power = significand - 4 * at;
  words = arith::AndIOp::create(b, loc, words, number(int64_t(15) << 4 * at));
  words =
      arith::OrIOp::create(b, loc, words, number((127 + power) << significand));
  float offset = std::ldexp(1.0f, static_cast<int>(power)) + 8;
  Value less = arith::ConstantOp::create(
      b, loc, DenseElementsAttr::get(floats, b.getF32FloatAttr(offset)));
  return arith::SubFOp::create(
      b, loc, arith::BitcastOp::create(b, loc, floats, words), less);
}

/// The codes at \p step + \p offset of the chunk as floats.
Values ContractionEmitter::decodeWeights(OpBuilder &b, Value step,
                                         int64_t offset, bool isTail) {
  Values weights;
  if (layout.getForm() == qt::LayoutForm::W4F) {
    Value block = arith::DivUIOp::create(b, loc, step, index(32));
    Value word = arith::DivUIOp::create(
        b, loc, arith::RemUIOp::create(b, loc, step, index(32)), index(8));
    Value at = add(b, chunkBase, times(b, block, getFloatBlockBytes()));
    at = plus(b, add(b, at, times(b, word, nr * 4)), nr * 4);
    OpFoldResult j = b.getIndexAttr(offset);
    if (isTail)
      j = arith::RemUIOp::create(b, loc, step, index(8)).getResult();
    for (Value words : loadColumns(b, at, vectorOf(b.getI32Type())))
      weights.push_back(decodeNibble(b, words, j));
    return weights;
  }
  Value at = chunkBase;
  if (layout.getForm() == qt::LayoutForm::S8F) {
    at = plus(b, add(b, at, times(b, step, nr)), offset * nr);
  } else {
    Value block = arith::DivUIOp::create(b, loc, step, index(32));
    Value rest = arith::RemUIOp::create(b, loc, step, index(32));
    at = add(b, at, times(b, block, getFloatBlockBytes()));
    at = plus(b, add(b, at, times(b, rest, nr)), nr * 4 + offset * nr);
  }
  for (Value bytes : loadColumns(b, at, vectorOf(b.getI8Type())))
    weights.push_back(arith::SIToFPOp::create(
        b, loc, vectorOf(b.getF32Type()),
        arith::ExtSIOp::create(b, loc, vectorOf(b.getI32Type()), bytes)));
  return weights;
}

/// Steps of K that a loop takes at once: with codes of 4 bits those of a word.
int64_t ContractionEmitter::getFloatUnroll() {
  return layout.getForm() == qt::LayoutForm::W4F ? 8 : 4;
}

/// Writes the chunk's codes to scratch as floats, some steps at a time: panels
/// are filled up to them.
void ContractionEmitter::emitDecodeFloats(OpBuilder &b) {
  Value length = arith::SubIOp::create(b, loc, to, from);
  int64_t unroll = getFloatUnroll();
  auto loop = scf::ForOp::create(b, loc, index(0), length, index(unroll));
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  Value step = loop.getInductionVar();
  Value at = times(body, step, nr);
  int64_t stepBytes = getFloatBlockBytes() / 32;
  prefetch(body, add(body, chunkBase, times(body, step, stepBytes)),
           unroll * stepBytes);
  for (int64_t u = 0; u < unroll; ++u)
    for (auto [v, weights] :
         llvm::enumerate(decodeWeights(body, step, u, /*isTail=*/false)))
      vector::StoreOp::create(
          body, loc, weights, decoded,
          plus(body, at, u * nr + static_cast<int64_t>(v) * width));
}
