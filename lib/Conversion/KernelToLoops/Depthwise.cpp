//===- Depthwise.cpp - Convolutions of every channel by itself --*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// There is nothing to sum over but taps: channels are the lanes, and a tile is
// some neighbouring positions, which share the weights that are loaded.
//
//===----------------------------------------------------------------------===//

#include "ContractionEmitter.h"
#include "VectorLoops.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "quantc/Analysis/NormalisedRows.h"
#include "quantc/Numerics/Fixed/Rows.h"

using namespace mlir;
using namespace quantc;

using Values = SmallVector<Value>;

/// Lanes of \p type from a buffer of its elements or of bytes; null lanes of
/// \p mask are not read.
Value ContractionEmitter::loadLanes(OpBuilder &b, Value buffer, Value at,
                                    VectorType type, Value mask) {
  Type stored = cast<MemRefType>(buffer.getType()).getElementType();
  if (!mask) {
    if (stored == type.getElementType())
      return vector::LoadOp::create(b, loc, type, buffer, at);
    return loadFromBytes(b, buffer, at, type);
  }
  // Fewer lanes than a vector has, as two powers of two of them that overlap:
  // bytes have no masked load on every target.
  int64_t size =
      stored == type.getElementType() ? 1 : type.getElementTypeBitWidth() / 8;
  auto count =
      static_cast<int64_t>(llvm::bit_floor(static_cast<uint64_t>(columns)));
  auto part = VectorType::get(count, type.getElementType());
  auto load = [&](int64_t lane) -> Value {
    Value from = plus(b, at, lane * size);
    return size == 1 ? vector::LoadOp::create(b, loc, part, buffer, from)
                     : loadFromBytes(b, buffer, from, part);
  };
  Value low = load(0), high = count == columns ? low : load(columns - count);
  SmallVector<int64_t> order;
  for (int64_t lane = 0; lane < columns; ++lane)
    order.push_back(lane < count ? lane : lane + 2 * count - columns);
  Value all = vector::ShuffleOp::create(b, loc, low, high, order);
  order = llvm::to_vector(llvm::seq<int64_t>(0, columns));
  order.resize(type.getNumElements(), columns); // a zero
  return vector::ShuffleOp::create(b, loc, all, zeros(b, part), order);
}

/// The shifts of `lanes` channels from \p at on, of a position: those of one
/// block, and behind the first \p split lanes, if there is such a lane, those
/// of the next.
Value ContractionEmitter::loadLaneShifts(OpBuilder &b, Value position, Value at,
                                         int64_t lanes, int64_t split) {
  auto words = VectorType::get(lanes, b.getI32Type());
  Value block = add(b, times(b, position, llvm::divideCeil(columns, 32)),
                    arith::DivUIOp::create(b, loc, at, index(32)));
  auto spread = [&](Value from) -> Value {
    return vector::BroadcastOp::create(b, loc, words, loadShift(b, from));
  };
  Value first = spread(block);
  if (split >= lanes)
    return first;
  Value mask = vector::CreateMaskOp::create(
      b, loc, VectorType::get(lanes, b.getI1Type()), index(split));
  return arith::SelectOp::create(b, loc, mask, first,
                                 spread(plus(b, block, 1)));
}

/// Codes of two taps side by side, channel by channel, as registers hold them:
/// of every 8 channels the first four, then the others.
static std::pair<Value, Value> pairTaps(OpBuilder &b, Location loc, Value first,
                                        Value second) {
  int64_t lanes = cast<VectorType>(first.getType()).getNumElements();
  SmallVector<int64_t> low, high;
  for (int64_t lane = 0; lane < lanes; ++lane)
    (lane % 8 < 4 ? low : high).append({lane, lanes + lane});
  return {vector::ShuffleOp::create(b, loc, first, second, low),
          vector::ShuffleOp::create(b, loc, first, second, high)};
}

/// Sums of pairs as pairTaps has them, channel by channel.
static Values orderPairs(OpBuilder &b, Location loc, ArrayRef<Value> sums) {
  int64_t lanes = 2 * cast<VectorType>(sums[0].getType()).getNumElements();
  SmallVector<int64_t> order;
  for (int64_t lane = 0; lane < lanes; ++lane)
    order.push_back(lane / 8 * 4 + lane % 4 + (lane % 8 < 4 ? 0 : lanes / 2));
  Values ordered;
  for (size_t i = 0; i < sums.size(); i += 2)
    ordered.push_back(
        vector::ShuffleOp::create(b, loc, sums[i], sums[i + 1], order));
  return ordered;
}

/// The sums of codes with one scale: two taps at a time, for their products
/// are summed by one instruction.
Values ContractionEmitter::sumPairedTaps(OpBuilder &b, Value base, Value at,
                                         int64_t count, int64_t lanes,
                                         Value mask) {
  auto bytes = VectorType::get(lanes, b.getI8Type()),
       halves = VectorType::get(lanes, b.getI16Type());
  int64_t taps = conv.getNumTaps();
  // Codes stand behind the scales.
  Value weights = plus(b, at, columns * 4);
  qt::BoundAttr bound = makeBound(-127, 127, llvm::divideCeil(taps, 2));
  auto load = [&](OpBuilder &inner, Value buffer, Value from) -> Value {
    return arith::ExtSIOp::create(inner, loc, halves,
                                  loadLanes(inner, buffer, from, bytes, mask));
  };
  auto step = [&](OpBuilder &inner, Value tap, bool hasSecond, Values sums) {
    Value from = add(inner, weights, times(inner, tap, columns));
    Value second = hasSecond ? load(inner, packed, plus(inner, from, columns))
                             : zeros(inner, halves);
    auto [low, high] = pairTaps(inner, loc, load(inner, packed, from), second);
    SmallVector<Value> offsets;
    for (int64_t i = 0; i < (hasSecond ? 2 : 1); ++i)
      offsets.push_back(add(
          inner, base,
          memref::LoadOp::create(inner, loc, tapTable, plus(inner, tap, i))));
    for (int64_t r = 0; r < count; ++r) {
      SmallVector<Value> x;
      for (Value offset : offsets)
        x.push_back(
            load(inner, lhsBuffer, plus(inner, offset, r * getRowStride())));
      auto [xLow, xHigh] = pairTaps(inner, loc, x.front(), x.back());
      sums[2 * r] = dot(inner, 2, xLow, low, sums[2 * r], bound);
      sums[2 * r + 1] = dot(inner, 2, xHigh, high, sums[2 * r + 1], bound);
    }
    return sums;
  };
  Values sums(2 * count, zeros(b, VectorType::get(lanes / 2, b.getI32Type())));
  auto loop = scf::ForOp::create(
      b, loc, index(0), index(taps / 2 * 2), index(2), sums,
      [&](OpBuilder &inner, Location, Value tap, ValueRange carried) {
        scf::YieldOp::create(inner, loc,
                             step(inner, tap, true, Values(carried)));
      });
  sums = Values(loop.getResults());
  if (taps % 2 != 0)
    sums = step(b, index(taps - 1), false, sums);
  return orderPairs(b, loc, sums);
}

/// Those of codes whose blocks are shifted: products of bytes have 16 bits, and
/// the product that sums those of two taps multiplies by powers of two.
Values ContractionEmitter::sumShiftedTaps(OpBuilder &b, Value rowAt, Value at,
                                          int64_t count, int64_t lanes,
                                          int64_t split, Value mask) {
  auto bytes = VectorType::get(lanes, b.getI8Type()),
       halves = VectorType::get(lanes, b.getI16Type()),
       words = VectorType::get(lanes / 2, b.getI32Type());
  int64_t taps = conv.getNumTaps();
  Value base = add(b, rowAt, at), weights = plus(b, at, columns * 4),
        block = arith::DivUIOp::create(b, loc, at, index(32));
  constexpr int64_t product = 127 * 127,
                    largest = int64_t(1) << numerics::fixed::blockDepth;
  // Of how many taps sums fit say the weights, which qt.pack has checked.
  auto bound = qt::BoundAttr::get(b.getContext(), -product, product, 1, largest,
                                  /*chain=*/llvm::divideCeil(taps, 2), false, 0,
                                  0, 0, 0);
  auto load = [&](OpBuilder &inner, Value buffer, Value from) -> Value {
    return arith::ExtSIOp::create(inner, loc, halves,
                                  loadLanes(inner, buffer, from, bytes, mask));
  };
  // Powers of two of the taps' blocks at these places, pair by pair.
  auto loadFactors = [&](OpBuilder &inner, ArrayRef<Value> places,
                         int64_t next) -> Value {
    Value both;
    for (auto [tap, place] : llvm::enumerate(places)) {
      Value power =
          arith::ShLIOp::create(inner, loc,
                                arith::ConstantIntOp::create(
                                    inner, loc, int64_t(1) << (16 * tap), 32),
                                loadShift(inner, plus(inner, place, next)));
      both = both ? arith::OrIOp::create(inner, loc, both, power).getResult()
                  : power;
    }
    return vector::BroadcastOp::create(inner, loc, words, both);
  };
  auto getFactors = [&](OpBuilder &inner,
                        ArrayRef<Value> places) -> std::pair<Value, Value> {
    Value own = loadFactors(inner, places, 0), low = own, high = own;
    if (split < lanes) {
      Value next = loadFactors(inner, places, 1);
      Value *parts[] = {&low, &high};
      for (auto [i, part] : llvm::enumerate(parts)) {
        SmallVector<bool> isOwn;
        for (int64_t lane = 0; lane < lanes / 2; ++lane)
          isOwn.push_back(lane / 4 * 8 + lane % 4 + 4 * int64_t(i) < split);
        Value choice = arith::ConstantOp::create(
            inner, loc,
            DenseElementsAttr::get(
                VectorType::get(lanes / 2, inner.getI1Type()),
                ArrayRef<bool>(isOwn)));
        *part = arith::SelectOp::create(inner, loc, choice, own, next);
      }
    }
    return {vector::BitCastOp::create(inner, loc, halves, low),
            vector::BitCastOp::create(inner, loc, halves, high)};
  };
  auto step = [&](OpBuilder &inner, Value tap, int64_t together, Values sums) {
    SmallVector<Value> own, offsets, positions;
    for (int64_t i = 0; i < together; ++i) {
      own.push_back(load(
          inner, packed,
          add(inner, weights, times(inner, plus(inner, tap, i), columns))));
      offsets.push_back(
          memref::LoadOp::create(inner, loc, tapTable, plus(inner, tap, i)));
      positions.push_back(arith::DivUIOp::create(
          inner, loc, add(inner, rowAt, offsets.back()), index(positionSize)));
    }
    for (int64_t r = 0; r < count; ++r) {
      SmallVector<Value> products, places;
      for (int64_t i = 0; i < together; ++i) {
        Value x =
            load(inner, lhsBuffer,
                 plus(inner, add(inner, base, offsets[i]), r * getRowStride()));
        products.push_back(arith::MulIOp::create(inner, loc, x, own[i]));
        Value position = plus(inner, positions[i], r * lineStep);
        places.push_back(
            add(inner, times(inner, position, llvm::divideCeil(columns, 32)),
                block));
      }
      if (together == 1)
        products.push_back(zeros(inner, halves));
      auto [low, high] = pairTaps(inner, loc, products[0], products[1]);
      auto [lowFactors, highFactors] = getFactors(inner, places);
      sums[2 * r] = dot(inner, 2, low, lowFactors, sums[2 * r], bound);
      sums[2 * r + 1] =
          dot(inner, 2, high, highFactors, sums[2 * r + 1], bound);
    }
    return sums;
  };
  Values sums(2 * count, zeros(b, words));
  auto loop = scf::ForOp::create(
      b, loc, index(0), index(taps / 2 * 2), index(2), sums,
      [&](OpBuilder &inner, Location, Value tap, ValueRange carried) {
        scf::YieldOp::create(inner, loc, step(inner, tap, 2, Values(carried)));
      });
  sums = Values(loop.getResults());
  if (taps % 2 != 0)
    sums = step(b, index(taps - 1), 1, sums);
  return orderPairs(b, loc, sums);
}

/// The sums of floats, and of codes whose blocks are shifted.
Values ContractionEmitter::sumTaps(OpBuilder &b, Value rowAt, Value at,
                                   int64_t count, int64_t lanes, int64_t split,
                                   Value mask) {
  bool isFloat = layout.getForm() == qt::LayoutForm::F32;
  auto type = VectorType::get(lanes, isFloat ? Type(b.getF32Type())
                                             : Type(b.getI8Type()));
  auto halves = VectorType::get(lanes, b.getI16Type());
  auto words = VectorType::get(lanes, b.getI32Type());
  Value base = add(b, rowAt, at);
  Value weights = isFloat ? times(b, at, 4) : plus(b, at, columns * 4);
  Values sums(count, zeros(b, isFloat ? type : words));
  auto loop = scf::ForOp::create(
      b, loc, index(0), index(conv.getNumTaps()), index(1), sums,
      [&](OpBuilder &inner, Location, Value tap, ValueRange carried) {
        Values next(carried);
        Value from =
            add(inner, weights, times(inner, tap, columns * (isFloat ? 4 : 1)));
        Value w = loadLanes(inner, packed, from, type, mask);
        if (!isFloat)
          w = arith::ExtSIOp::create(inner, loc, halves, w);
        Value offset = memref::LoadOp::create(inner, loc, tapTable, tap);
        Value x0 = add(inner, base, offset), position;
        if (hasIntegerSums)
          position = arith::DivUIOp::create(
              inner, loc, add(inner, rowAt, offset), index(positionSize));
        for (int64_t r = 0; r < count; ++r) {
          Value x = loadLanes(inner, lhsBuffer,
                              plus(inner, x0, r * getRowStride()), type, mask);
          if (isFloat) {
            next[r] = math::FmaOp::create(inner, loc, x, w, next[r]);
            continue;
          }
          x = arith::ExtSIOp::create(inner, loc, halves, x);
          Value product = arith::MulIOp::create(inner, loc, x, w);
          product = arith::ExtSIOp::create(inner, loc, words, product);
          product = arith::ShLIOp::create(
              inner, loc, product,
              loadLaneShifts(inner, plus(inner, position, r * lineStep), at,
                             lanes, split));
          next[r] = arith::AddIOp::create(inner, loc, next[r], product);
        }
        scf::YieldOp::create(inner, loc, next);
      });
  return Values(loop.getResults());
}

/// `count` positions from \p row on, `lanes` channels from \p at on. With a
/// mask there are fewer channels than lanes. Blocks of shifts end behind \p
/// split lanes.
void ContractionEmitter::emitDepthwiseTile(OpBuilder &b, Value row,
                                           int64_t count, Value at,
                                           int64_t lanes, int64_t split,
                                           Value mask) {
  bool isFloat = layout.getForm() == qt::LayoutForm::F32;
  int64_t parts = lanes / width;
  bool isScaled = !isFloat && !hasIntegerSums;
  // All blocks have the largest shift, which their sum takes.
  bool isEven =
      hasIntegerSums && hasPairs && contract->hasAttr(evenShiftsAttrName);
  auto real = VectorType::get(lanes, b.getF32Type());
  Value rowAt = getRowAt(b, row);
  Values sums = isScaled || isEven ? sumPairedTaps(b, add(b, rowAt, at), at,
                                                   count, lanes, mask)
                : hasPairs && hasIntegerSums
                    ? sumShiftedTaps(b, rowAt, at, count, lanes, split, mask)
                    : sumTaps(b, rowAt, at, count, lanes, split, mask);
  if (isScaled) {
    Value columnScales = loadLanes(b, packed, times(b, at, 4), real, mask);
    Value scale;
    if (cast<qt::BlockType>(contract.getLhsFormat()).isOfChannels())
      scale = loadLanes(b, scalesBuffer, add(b, times(b, image, columns), at),
                        real, mask);
    else
      scale = vector::BroadcastOp::create(
          b, loc, real, memref::LoadOp::create(b, loc, scalesBuffer, image));
    Value both = arith::MulFOp::create(b, loc, scale, columnScales);
    for (Value &sum : sums) {
      sum = arith::SIToFPOp::create(b, loc, real, sum);
      sum = arith::MulFOp::create(b, loc, sum, both);
    }
  }
  if (isEven)
    for (Value &sum : sums)
      sum = arith::ShLIOp::create(b, loc, sum,
                                  splatConstant(b, loc, b.getI32Type(),
                                                numerics::fixed::blockDepth,
                                                lanes));
  for (int64_t r = 0; r < count; ++r)
    for (int64_t v = 0; v < parts; ++v) {
      Value value = sums[r];
      if (parts > 1)
        value = vector::ExtractStridedSliceOp::create(
            b, loc, value, ArrayRef<int64_t>{v * width},
            ArrayRef<int64_t>{width}, ArrayRef<int64_t>{1});
      Value place = plus(b, at, v * width), own = mask;
      if (mask) {
        // Of fewer channels than a register has some parts are empty.
        if (v * width >= columns)
          continue;
        own = vector::CreateMaskOp::create(b, loc, vectorOf(b.getI1Type()),
                                           index(columns - v * width));
      }
      emitStores(b, value, Place{plus(b, row, r), place, own});
    }
  mergeLargest(b);
}

void ContractionEmitter::emitDepthwise(OpBuilder &b, Value last) {
  // Sums wait for one another where a tile has few; those of codes have two
  // registers each.
  bool isFloat = layout.getForm() == qt::LayoutForm::F32;
  bool isWide = width == 16;
  int64_t positions = isFloat ? (isWide ? 10 : 7) : (isWide ? 7 : 4);
  int64_t lanes = isFloat ? width : 2 * width;
  // Nothing pairs codes of blocks, so that fewer need no second register.
  if (hasIntegerSums && columns <= width)
    lanes = width;
  auto tilesAt = [&](OpBuilder &inner, Value at, int64_t split, Value mask) {
    forEachTile(inner, firstRow, last, getTileSizes(positions),
                [&](OpBuilder &body, Value row, int64_t count) {
                  emitDepthwiseTile(body, row, count, at, lanes, split, mask);
                });
  };
  if (columns < lanes) {
    Value mask = vector::CreateMaskOp::create(
        b, loc, VectorType::get(lanes, b.getI1Type()), index(columns));
    return tilesAt(b, index(0), lanes, mask);
  }
  // A block of shifts has 32 channels, which are whole vectors.
  auto loop = scf::ForOp::create(b, loc, index(0),
                                 index(columns / lanes * lanes), index(lanes));
  OpBuilder inner = OpBuilder::atBlockBegin(loop.getBody());
  tilesAt(inner, loop.getInductionVar(), lanes, Value());
  // The last vector overlaps the one before: what it writes is the same.
  if (columns % lanes != 0)
    tilesAt(b, index(columns - lanes), 32 - (columns - lanes) % 32, Value());
}
