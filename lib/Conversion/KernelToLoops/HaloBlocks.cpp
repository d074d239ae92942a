//===- HaloBlocks.cpp - Codes of an image's blocks --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Blocks of a line are encoded several at a time: from the magnitudes of each,
// folded into a lane, come all their shifts at once. Short blocks lie side by
// side in a vector, each in 4 or 8 lanes that have its shift from the
// beginning.
//
//===----------------------------------------------------------------------===//

#include "Generators.h"
#include "HaloIntegers.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace quantc;

/// Even channels before odd ones.
static ArrayRef<int64_t> getShiftedOrder() {
  static constexpr int64_t order[mostShiftedCodes] = {0, 2, 1, 3};
  return order;
}

//===----------------------------------------------------------------------===//
// Shifts and codes
//===----------------------------------------------------------------------===//

Value HaloIntegers::join(OpBuilder &b, Value x, Value y) {
  return arith::OrIOp::create(b, loc, x, y);
}

/// Lane by lane: as many bits as the largest magnitude has, have all of them
/// joined.
HaloIntegers::BlockShift HaloIntegers::getShifts(OpBuilder &b,
                                                 Value magnitudes) {
  Words w(b, loc, /*isVector=*/false), v(b, loc, /*isVector=*/true);
  // The shortest block that takes a place more than the lowest shift; 4 at most
  // do. Blocks of zeros have that shift, as have all of an image of zeros. No
  // shift leaves a word: the lowest of 16 bits, or of what is brought up to the
  // least exponent, is one above that of an image.
  constexpr int64_t depth = numerics::fixed::blockDepth;
  static_assert(lowestShiftOfImage + 1 + 6 + depth < 32);
  if (op->hasAttr(evenShiftsAttrName)) {
    constexpr int64_t most = lowestShiftOfImage + depth;
    return {Value(), v.number(int64_t(1) << (most - 1)), v.number(most),
            v.number(depth), v.truncate(v.number(depth), 8)};
  }
  Value lowest = isKnown ? w.number(lowestShiftOfImage) : row.lowest;
  Value places = v.number(0);
  if (target.has("avx512cd")) {
    places = v.max(v.sub(v.bitLength(magnitudes),
                         splat(b, loc, w.add(lowest, w.number(7)))),
                   places);
  } else {
    for (int64_t place = 1; place <= depth; ++place) {
      // Bits of the longest block that takes less; none takes less where these
      // are below 0.
      Value bits = w.add(lowest, w.number(6 + place));
      Value most =
          w.sub(w.left(w.number(1), w.max(bits, w.number(0))), w.number(1));
      most = w.select(arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                            bits, w.number(0)),
                      w.number(-1), most);
      Value isLong = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sgt,
                                           magnitudes, splat(b, loc, most));
      places = v.sub(places, arith::ExtSIOp::create(b, loc, v.type, isLong));
    }
  }
  if (isKnown)
    return {Value(),
            v.left(v.number(int64_t(1) << (lowestShiftOfImage - 1)), places),
            v.add(places, v.number(lowestShiftOfImage)), places,
            v.truncate(places, 8)};
  Value shift = v.add(places, splat(b, loc, lowest));
  Value right = v.max(shift, v.number(0));
  Value half = v.rightUnsigned(v.left(v.number(1), right), v.number(1));
  Value stored = v.select(splat(b, loc, row.isZero), v.number(0), places);
  return {v.max(v.sub(v.number(0), shift), v.number(0)), half, right, places,
          v.truncate(stored, 8)};
}

/// The bits that any of each \p lanesOfBlock words has, in each of them.
Value HaloIntegers::spreadLanes(OpBuilder &b, Value words,
                                int64_t lanesOfBlock) {
  for (int64_t step = lanesOfBlock / 2; step > 0; step /= 2) {
    SmallVector<int64_t> order;
    for (int64_t lane = 0; lane < lanes; ++lane)
      order.push_back(lane ^ step);
    words =
        join(b, words, vector::ShuffleOp::create(b, loc, words, words, order));
  }
  return words;
}

/// Words have 16 bits, so that what is shifted to the left and half a unit fit
/// beside them.
Value HaloIntegers::shiftWords(OpBuilder &b, Value x, const BlockShift &shift) {
  Words v(b, loc, /*isVector=*/true);
  if (shift.left)
    x = v.left(x, shift.left);
  return v.right(v.add(x, shift.half), shift.right);
}

/// Codes of 16 words as the op stores them.
Value HaloIntegers::encodeWords(OpBuilder &b, Value x,
                                const BlockShift &shift) {
  Value q = shiftWords(b, x, shift);
  if (!areShifted)
    return finishCodes(b, loc, op, q);
  Words v(b, loc, /*isVector=*/true);
  return v.truncate(v.left(v.clamp(q, -127, 127), shift.places), 16);
}

/// The codes of a short block, \p count of the lanes of \p own from \p first
/// on. What products read beside the channels is multiplied by zeros.
void HaloIntegers::storeShort(OpBuilder &b, Value own, int64_t first,
                              int64_t count, Value to) {
  own = vector::ExtractStridedSliceOp::create(b, loc, own, first, count, 1);
  if (areShifted)
    own = vector::BitCastOp::create(
        b, loc, VectorType::get(2 * count, b.getI8Type()), own);
  vector::StoreOp::create(b, loc, own, codes, to);
}

//===----------------------------------------------------------------------===//
// One block
//===----------------------------------------------------------------------===//

/// The words at \p at of the input; what else is computed there is stored.
Value HaloIntegers::loadWords(OpBuilder &b, Value at, Value mask) {
  Cache cache;
  Value words = evaluateWords(b, at, mask, cache);
  for (Value value : results) {
    Type element = cast<RankedTensorType>(value.getType()).getElementType();
    Value stored =
        kernel.toStored(b, evaluate(b, value, at, mask, cache), element);
    for (unsigned index : getResultIndices(kernel.getKernel(), value))
      storeVector(b, loc, stored, kernel.getResultBuffer(index), at, mask);
  }
  return words;
}

/// Full vectors of the \p count elements at \p source or, with a mask, what is
/// shorter than one.
HaloIntegers::Pieces HaloIntegers::loadPieces(OpBuilder &b, Value source,
                                              int64_t count) {
  Pieces pieces;
  for (int64_t at = 0; at + lanes <= count; at += lanes)
    pieces.push_back({at, Value(), Value()});
  if (count > lanes && count % lanes != 0)
    pieces.push_back({count - lanes, Value(), Value()}); // overlaps another
  for (Piece &piece : pieces)
    piece.words = loadWords(b, offset(b, source, piece.offset), Value());
  if (count >= lanes)
    return pieces;
  Value mask = vector::CreateMaskOp::create(
      b, loc, VectorType::get(lanes, b.getI1Type()), index(count));
  if (channels >= lanes) {
    // From the channels before it on, which move out of the vector.
    SmallVector<int64_t> order;
    for (int64_t lane = 0; lane < lanes; ++lane)
      order.push_back(std::min(lane + lanes - count, lanes));
    Words v(b, loc, /*isVector=*/true);
    Value words =
        loadWords(b, offset(b, source, count - lanes), /*mask=*/Value());
    words = vector::ShuffleOp::create(b, loc, words, v.number(0), order);
    return {{0, mask, words}};
  }
  fewLanes = count;
  pieces.push_back({0, mask, loadWords(b, source, mask)});
  fewLanes = 0;
  return pieces;
}

Value HaloIntegers::findMagnitudes(OpBuilder &b, const Pieces &pieces) {
  Value magnitudes;
  for (const Piece &piece : pieces) {
    Value own = math::AbsIOp::create(b, loc, piece.words);
    magnitudes = magnitudes ? join(b, magnitudes, own) : own;
  }
  return magnitudes;
}

/// The codes of a block that has \p room bytes.
void HaloIntegers::storePieces(OpBuilder &b, const Pieces &pieces,
                               const BlockShift &shift, Value target,
                               int64_t room) {
  // What is behind the channels, before vectors that reach into it.
  for (int64_t at = room; at > pieces.back().offset + lanes; at -= lanes)
    storeVector(b, loc, splatCode(b), codes, offset(b, target, at - lanes),
                /*mask=*/Value());
  for (const Piece &piece : pieces)
    storeVector(b, loc, encodeWords(b, piece.words, shift), codes,
                offset(b, target, piece.offset),
                room >= lanes ? Value() : piece.mask);
}

/// \p count channels, whose codes have \p room bytes.
void HaloIntegers::emitBlock(OpBuilder &b, Value source, Value target,
                             Value number, int64_t count, int64_t room) {
  Pieces pieces = loadPieces(b, source, count);
  BlockShift shift =
      getShifts(b, spreadLanes(b, findMagnitudes(b, pieces), lanes));
  memref::StoreOp::create(
      b, loc, vector::ExtractOp::create(b, loc, shift.stored, int64_t(0)),
      shifts, number);
  if (areShifted) {
    Value words = pieces.front().words;
    SmallVector<int64_t> order(getShiftedOrder());
    order.resize(lanes, lanes - 1);
    words = vector::ShuffleOp::create(b, loc, words, words, order);
    return storeShort(b, encodeWords(b, words, shift), 0, mostShiftedCodes,
                      target);
  }
  storePieces(b, pieces, shift, target, room);
}

//===----------------------------------------------------------------------===//
// Several blocks
//===----------------------------------------------------------------------===//

/// How many blocks of a line go together, if any do: equal ones that lie one
/// behind the other, or the same one of several positions.
std::optional<int64_t> HaloIntegers::countTogether() {
  auto length = dyn_cast<AffineConstantExpr>(sizes[rank]);
  // Shifts are vectors, for which there have to be instructions.
  if (!target.has("avx2"))
    return std::nullopt;
  int64_t rest = blocks > 1 ? channels % block : 0;
  // Codes of what is short of room would need a mask.
  if (rest != 0 && stride - channels + rest < lanes)
    return std::nullopt;
  if (channels <= lanes / 2 && stride < getLanesOfShort())
    return std::nullopt;
  int64_t count = lanes;
  if (length) {
    int64_t most = length.getValue() * (rest == 0 ? blocks : 1);
    count = std::min<int64_t>(lanes, llvm::bit_floor(static_cast<uint64_t>(
                                         std::max<int64_t>(most, 1))));
  }
  // Short blocks are whole vectors of elements.
  if (count < 4 || (channels <= lanes / 2 && count * channels < lanes))
    return std::nullopt;
  return count;
}

void HaloIntegers::storeShifts(OpBuilder &b, const Blocks &blocks,
                               Value stored) {
  if (blocks.numberStep == 1) {
    stored = vector::ExtractStridedSliceOp::create(b, loc, stored, 0,
                                                   blocks.count, 1);
    vector::StoreOp::create(b, loc, stored, shifts, blocks.number);
    return;
  }
  for (int64_t i = 0; i < blocks.count; ++i)
    memref::StoreOp::create(
        b, loc, vector::ExtractOp::create(b, loc, stored, i), shifts,
        offset(b, blocks.number, i * blocks.numberStep));
}

void HaloIntegers::emitTogether(OpBuilder &b, const Blocks &blocks) {
  if (channels <= lanes / 2)
    return emitShort(b, blocks);
  SmallVector<Pieces> all;
  SmallVector<Value> magnitudes;
  for (int64_t i = 0; i < blocks.count; ++i) {
    all.push_back(loadPieces(b, offset(b, blocks.source, i * blocks.sourceStep),
                             blocks.each));
    magnitudes.push_back(findMagnitudes(b, all.back()));
  }
  BlockShift shift =
      getShifts(b, foldEach(b, loc, std::move(magnitudes),
                            [&](OpBuilder &inner, Value x, Value y) {
                              return join(inner, x, y);
                            }));
  storeShifts(b, blocks, shift.stored);
  // From memory each is an operand of what shifts by it.
  Value *parts[] = {&shift.half, &shift.right, &shift.left};
  for (auto [part, buffer] : llvm::zip_equal(parts, shiftBuffers)) {
    if (!*part)
      continue;
    if (!buffer)
      buffer =
          kernel.allocateScratch(b.getI32Type(), shapes.getConstant(lanes));
    vector::StoreOp::create(b, loc, *part, buffer, index(0));
  }
  for (int64_t i = 0; i < blocks.count; ++i) {
    BlockShift own = shift;
    Value *ownParts[] = {&own.half, &own.right, &own.left};
    for (auto [part, buffer] : llvm::zip_equal(ownParts, shiftBuffers))
      if (*part)
        *part = splat(b, loc, memref::LoadOp::create(b, loc, buffer, index(i)));
    storePieces(b, all[i], own, offset(b, blocks.target, i * blocks.targetStep),
                blocks.room);
  }
}

/// The same where 4 or 8 lanes have room for each.
void HaloIntegers::emitShort(OpBuilder &b, const Blocks &blocks) {
  Words v(b, loc, /*isVector=*/true);
  int64_t own = getLanesOfShort(), inVector = lanes / own;
  Value stored;
  for (int64_t first = 0; first < blocks.count; first += inVector) {
    // What is behind the last block may not exist.
    int64_t at = std::min(first * channels, blocks.count * channels - lanes);
    Value words = loadWords(b, offset(b, blocks.source, at), /*mask=*/Value());
    SmallVector<int64_t> order;
    for (int64_t lane = 0; lane < lanes; ++lane) {
      int64_t channel = lane % own;
      if (areShifted)
        channel = getShiftedOrder()[channel];
      order.push_back(channel < channels
                          ? (first + lane / own) * channels - at + channel
                          : lanes); // a zero
    }
    words = vector::ShuffleOp::create(b, loc, words, v.number(0), order);
    BlockShift shift =
        getShifts(b, spreadLanes(b, math::AbsIOp::create(b, loc, words), own));
    Value encoded = encodeWords(b, words, shift);
    for (int64_t i = 0; i < inVector; ++i)
      storeShort(b, encoded, i * own, own,
                 offset(b, blocks.target, (first + i) * blocks.targetStep));
    SmallVector<int64_t> firsts = llvm::to_vector(llvm::seq<int64_t>(0, first));
    for (int64_t i = 0; i < inVector; ++i)
      firsts.push_back((stored ? lanes : 0) + i * own);
    firsts.resize(lanes, 0);
    stored = vector::ShuffleOp::create(b, loc, stored ? stored : shift.stored,
                                       shift.stored, firsts);
  }
  storeShifts(b, blocks, stored);
}
