//===- RowIntegers.cpp - Rows of integers with exponents --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// qt.quantize by the rule `norm`: the operations of fixed::quantiseInput and
// fixed::encodeBlocks, one by one.
//
//===----------------------------------------------------------------------===//

#include "QuantizeMath.h"
#include "RowQuantize.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "quantc/Dialect/QT/IR/IntegerTypes.h"
#include "quantc/Numerics/Fixed/Primitives.h"
#include "quantc/Numerics/Fixed/Rows.h"

using namespace mlir;
using namespace quantc;

static bool isOnlyReturned(Value value) {
  return llvm::all_of(value.getUsers(), [](Operation *user) {
    return user->hasTrait<OpTrait::IsTerminator>();
  });
}

bool quantc::canQuantizeIntegerRows(qt::QuantizeOp op) {
  qt::BlockType format = op.getResultFormat();
  auto input = cast<RankedTensorType>(op.getInput().getType());
  if (!op.getExponent())
    // One exponent a row.
    return input.getElementType().isF32() && qt::isInputFormat(format) &&
           ShapedType::isDynamic(format.getShape().back());
  // Where blocks lie is known when code is made; codes and shifts go to memory
  // at once.
  return input.getElementType().isInteger(16) &&
         !input.isDynamicDim(input.getRank() - 1) && format.getOuter() &&
         format.getElement().getSpelling() == "s8" &&
         format.getScale().getSpelling() == "shift<3>" &&
         format.getOuter().getSpelling() == "exp<8>" &&
         ShapedType::isDynamic(format.getOuterShape().back()) &&
         isOnlyReturned(op.getResult(0)) && isOnlyReturned(op.getResult(1));
}

/// The smallest shift of the row, and whether all of it is 0.
RowShift QuantizeEmitter::findRowShift(OpBuilder &builder, Value exponent) {
  Type type = VectorType::get(rows.width, builder.getI32Type());
  Value zero =
      arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  Value largest =
      rows.passOver(builder, op.getInput(), zero,
                    [&](OpBuilder &inner, const VectorStep &step, Value x,
                        ValueRange carried) {
                      x = arith::ExtSIOp::create(inner, loc, type, x);
                      x = blend(inner, loc, step.valid, x, zero);
                      x = math::AbsIOp::create(inner, loc, x);
                      return SmallVector<Value>{
                          arith::MaxSIOp::create(inner, loc, carried[0], x)};
                    })[0];
  return getRowShift(builder, loc, largest, exponent);
}

void QuantizeEmitter::emitShiftedBlocks(OpBuilder &builder) {
  rows.finished.insert(op.getResult(0));
  rows.finished.insert(op.getResult(1));
  // Of 16 bits by the row's largest magnitude, 15 bits are known without a pass
  // over the row, or that the exponent is the least one.
  auto normalised = matchNormalisedRows(op.getInput(), op.getExponent());
  int64_t length = cast<AffineConstantExpr>(getLength()).getValue();
  int64_t block = op.getResultFormat().getShape().back();
  if (ShapedType::isDynamic(block))
    block = std::max<int64_t>(length, 1);
  if (!normalised || !rows.getNormalised(op.getInput()) || length == 0 ||
      length % block != 0 || block % rows.width != 0) {
    rows.forEachRow(builder, [&](OpBuilder &b) {
      Value exponent = rows.getNumberOfRow(op.getExponent());
      exponent = Words::of(b, loc, exponent).extend(exponent);
      RowShift shift = findRowShift(b, exponent);
      rows.setNumberOfRow(b, op.getResult(2),
                          getStoredExponent(b, loc, shift, exponent));
      if (!isOnlyNumber())
        emitShiftedRow(b, shift, block);
    });
    return;
  }
  Value exponents = rows.getNumbers(builder, op.getExponent());
  Words w = Words::of(builder, loc, exponents);
  RowShift shift{w.number(15 - 7 - numerics::fixed::blockDepth),
                 rows.getNumbers(builder, normalised->isZero)};
  rows.setNumbers(builder, op.getResult(2),
                  getStoredExponent(builder, loc, shift, w.extend(exponents)));
  if (!isOnlyNumber())
    emitNarrowRows(builder, block);
}

/// Codes and shifts of the row at hand.
void QuantizeEmitter::emitShiftedRow(OpBuilder &builder, const RowShift &shift,
                                     int64_t block) {
  if (hasCodes() && op.getLayoutAttr())
    padRow(builder);
  int64_t length = cast<AffineConstantExpr>(getLength()).getValue();
  int64_t whole = block % rows.width == 0 ? length / block : 0;
  if (whole < 2) {
    forEachBlock(
        builder, block,
        [&](OpBuilder &inner, Value number, Value start, int64_t count) {
          emitShiftedBlock(inner, shift, number, start, count);
        });
    return;
  }
  // The shifts of up to 16 blocks are found together.
  int64_t grouped = whole / lanes * lanes;
  auto loop =
      scf::ForOp::create(builder, loc, kernel.getIndex(int64_t(0)),
                         kernel.getIndex(grouped), kernel.getIndex(lanes));
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  emitShiftedGroup(body, shift, loop.getInductionVar(), lanes, block);
  if (whole > grouped)
    emitShiftedGroup(builder, shift, kernel.getIndex(grouped), whole - grouped,
                     block);
  if (length % block != 0)
    emitShiftedBlock(builder, shift, kernel.getIndex(whole),
                     kernel.getIndex(whole * block), length % block);
}

/// Writes the \p shifts, by lanes, of \p count blocks from \p first on, counted
/// from the row at hand or from the first of those side by side.
void QuantizeEmitter::storeShifts(OpBuilder &builder, Value shifts, Value first,
                                  int64_t count, Value row) {
  shifts =
      vector::ExtractStridedSliceOp::create(builder, loc, shifts, 0, count, 1);
  AffineExpr blocks = rows.shapes.getSizes(op.getResult(1)).back();
  Value at = arith::AddIOp::create(
      builder, loc,
      arith::MulIOp::create(builder, loc, row, kernel.getIndex(blocks)), first);
  for (unsigned index : getResultIndices(kernel.getKernel(), op.getResult(1)))
    vector::StoreOp::create(builder, loc, shifts, kernel.getResultBuffer(index),
                            at);
}

/// \p count blocks of \p block elements from number \p first on.
void QuantizeEmitter::emitShiftedGroup(OpBuilder &builder,
                                       const RowShift &rowShift, Value first,
                                       int64_t count, int64_t block) {
  Words v(builder, loc, /*isVector=*/true);
  auto type = VectorType::get(rows.width, builder.getI32Type());
  auto loadWords = [&](int64_t i) {
    Value number =
        arith::AddIOp::create(builder, loc, first, kernel.getIndex(i));
    Value start =
        arith::MulIOp::create(builder, loc, number, kernel.getIndex(block));
    Parts parts = loadBlock(builder, start, block);
    for (auto &[x, step] : parts)
      x = arith::ExtSIOp::create(builder, loc, type, x);
    return parts;
  };
  SmallVector<Value> magnitudes(
      llvm::PowerOf2Ceil(count),
      arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type)));
  for (int64_t i = 0; i < count; ++i)
    for (auto &[x, step] : loadWords(i))
      magnitudes[i] =
          v.max(magnitudes[i], math::AbsIOp::create(builder, loc, x));
  Value lengths = v.bitLength(vector::ExtractStridedSliceOp::create(
      builder, loc,
      foldEach(builder, loc, std::move(magnitudes),
               [&](OpBuilder &inner, Value x, Value y) -> Value {
                 return arith::MaxSIOp::create(inner, loc, x, y);
               }),
      0, lanes, 1));
  Value lowest = splat(builder, loc, rowShift.lowest);
  Value shifts = v.max(v.sub(lengths, v.number(7)), lowest);
  Value stored = v.select(splat(builder, loc, rowShift.isZero), v.number(0),
                          v.sub(shifts, lowest));
  storeShifts(builder, v.truncate(stored, 8), first, count, rows.row);
  if (!hasCodes())
    return;
  for (int64_t i = 0; i < count; ++i) {
    Value own =
        splat(builder, loc, vector::ExtractOp::create(builder, loc, shifts, i),
              rows.width);
    for (auto &[x, step] : loadWords(i))
      rows.storeAt(builder, encodeShifted(builder, loc, op, x, own),
                   getCodes(builder), step);
  }
}

/// The block \p number, \p count elements from \p start on.
void QuantizeEmitter::emitShiftedBlock(OpBuilder &builder,
                                       const RowShift &rowShift, Value number,
                                       Value start, int64_t count) {
  Parts parts = loadBlock(builder, start, count);
  Words v = Words::of(builder, loc, parts.front().first);
  Value magnitudes = v.number(0);
  for (auto &[x, step] : parts) {
    x = v.extend(x);
    magnitudes = v.max(magnitudes, math::AbsIOp::create(builder, loc, x));
  }
  auto [shift, stored] = getBlockShift(builder, loc, rowShift, magnitudes);
  storeOfBlock(builder, stored, number);
  if (!hasCodes())
    return;
  Value shifts = splat(builder, loc, shift, rows.width);
  for (auto &[x, step] : parts) {
    Value q = encodeShifted(builder, loc, op, x, shifts);
    // Rows of a layout have room for a whole vector.
    VectorStep own = step;
    if (op.getLayoutAttr())
      own.valid = Value();
    rows.storeAt(builder, q, getCodes(builder), own);
  }
}

/// The bits of the magnitude of floats: a NaN counts as 0, what is infinite as
/// the largest number.
static Value getDefined(OpBuilder &b, Location loc, Value x) {
  constexpr int64_t infinity = 0x7f800000;
  Words v(b, loc, /*isVector=*/true);
  Value bits = getMagnitudes(b, loc, x);
  Value isNaN = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sgt, bits,
                                      v.number(infinity));
  bits = v.min(bits, v.number(infinity - 1));
  return v.select(isNaN, v.number(0), bits);
}

namespace {
/// The exponent of floats that become integers of \p width bits, from the bits
/// of the largest magnitude among them, and 2^-exponent as two factors that
/// floats hold: of a row, or lane by lane.
struct InputScale {
  InputScale(OpBuilder &b, Location loc, Value largest, int64_t width);

  Value exponent; ///< as it is stored
  Value factors[2];
};
} // namespace

InputScale::InputScale(OpBuilder &b, Location loc, Value largest,
                       int64_t width) {
  Words w = Words::of(b, loc, largest);
  Type floats = b.getF32Type();
  if (auto vector = dyn_cast<VectorType>(w.type))
    floats = vector.clone(floats);
  Value mantissaBits = w.number(23), bias = w.number(127);
  auto getExponentBits = [&](Value bits) {
    return w.sub(w.right(bits, mantissaBits), bias);
  };
  // Denormals have no exponent of their own, but have one as the integers that
  // they are of the least of them, 2^-149: these are floats exactly.
  Value isDenormal = w.isZero(w.right(largest, mantissaBits));
  Value asInteger = arith::BitcastOp::create(
      b, loc, w.type, arith::SIToFPOp::create(b, loc, floats, largest));
  Value logarithm =
      w.select(isDenormal, w.sub(getExponentBits(asInteger), w.number(149)),
               getExponentBits(largest));
  Value own = w.sub(logarithm, w.number(width - 2));
  bool isStored = width == qt::rowBits;
  if (isStored)
    own = w.max(own, w.number(numerics::fixed::leastExponent));
  Value isZero = w.isZero(largest);
  exponent = w.select(isZero, w.number(numerics::fixed::zeroExponent), own);
  if (isStored)
    exponent = w.truncate(exponent, 8);
  Value negative = w.select(isZero, w.number(0), w.sub(w.number(0), own));
  Value half = w.right(negative, w.number(1));
  Value parts[] = {half, w.sub(negative, half)};
  for (auto [factor, part] : llvm::zip_equal(factors, parts))
    factor = arith::BitcastOp::create(b, loc, floats,
                                      w.left(w.add(part, bias), mantissaBits));
}

/// Half up of \p x, which is exact where a fraction is left: floor, and one
/// more where half a unit or more remains.
static Value roundHalfUp(OpBuilder &b, Location loc, Value x) {
  auto type = VectorType::get(lanes, b.getI32Type());
  Value floor = math::FloorOp::create(b, loc, x);
  Value rest = arith::SubFOp::create(b, loc, x, floor);
  Value isUp =
      arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGE, rest,
                            splatConstant(b, loc, b.getF32Type(), 0.5));
  Value whole = arith::FPToSIOp::create(b, loc, type, floor);
  return arith::AddIOp::create(b, loc, whole,
                               arith::ExtUIOp::create(b, loc, type, isUp));
}

/// The integers of floats whose magnitudes have the bits \p defined.
static Value encodeInput(OpBuilder &b, Location loc, Value x, Value defined,
                         ValueRange factors, int64_t width) {
  Words v(b, loc, /*isVector=*/true);
  Value signs = v.bitAnd(arith::BitcastOp::create(b, loc, v.type, x),
                         v.number(INT32_MIN));
  Value y = arith::BitcastOp::create(
      b, loc, x.getType(), arith::OrIOp::create(b, loc, defined, signs));
  for (Value factor : factors)
    y = arith::MulFOp::create(b, loc, y, factor);
  int64_t limit = (int64_t(1) << (width - 1)) - 1;
  Value m = v.clamp(roundHalfUp(b, loc, y), -limit, limit);
  return width == qt::rowBits ? v.truncate(m, width) : m;
}

std::pair<Value, Value> quantc::encodeElements(OpBuilder &b, Location loc,
                                               qt::QuantizeOp op, Value x) {
  int64_t width = op.getResultFormat().getElement().getBitWidth();
  Value bits = getDefined(b, loc, x);
  InputScale scale(b, loc, bits, width);
  return {encodeInput(b, loc, x, bits, scale.factors, width), scale.exponent};
}

/// Rows of floats at the border of an integer-only network.
void QuantizeEmitter::emitInput(OpBuilder &builder) {
  Value zero = splatConstant(builder, loc, builder.getI32Type(), 0);
  auto getBits = [&](OpBuilder &b, const VectorStep &step, Value x) {
    return blend(b, loc, step.valid, getDefined(b, loc, x), zero);
  };
  Value largest = rows.passOver(
      builder, op.getInput(), zero,
      [&](OpBuilder &inner, const VectorStep &step, Value x,
          ValueRange carried) {
        Words v(inner, loc, /*isVector=*/true);
        return SmallVector<Value>{v.max(carried[0], getBits(inner, step, x))};
      })[0];
  int64_t width = op.getResultFormat().getElement().getBitWidth();
  InputScale scale(builder, loc, reduceLargest(builder, loc, largest), width);
  rows.setNumberOfRow(builder, op.getResult(1), scale.exponent);
  for (Value &factor : scale.factors)
    factor = splat(builder, loc, factor);
  // A kernel returns a value once: equal results are one.
  auto results = getResultIndices(kernel.getKernel(), op.getResult(0));
  RowEmitter::Place place =
      results.empty() ? rows.allocateRow(getElementTypeOrSelf(op.getResult(0)))
                      : RowEmitter::Place{kernel.getResultBuffer(results[0]),
                                          Value(), RowEmitter::Place::Result};
  rows.passOver(
      builder, op.getInput(), {},
      [&](OpBuilder &inner, const VectorStep &step, Value x, ValueRange) {
        rows.storeAt(inner,
                     encodeInput(inner, loc, x, getBits(inner, step, x),
                                 scale.factors, width),
                     place, step);
        return SmallVector<Value>();
      });
  rows.places[op.getResult(0)] = place;
  rows.finished.insert(op.getResult(0));
}
