//===- RowNarrow.cpp - Rows that fit 16 bits --------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a row's own largest magnitude has shifted to 16 bits is computed in 16
// bits from there on, its sums and codes of 8 bits among it. Products are in
// RowProducts.cpp.
//
//===----------------------------------------------------------------------===//

#include "QuantizeMath.h"
#include "RowQuantize.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Numerics/Fixed/Rows.h"

using namespace mlir;
using namespace quantc;

/// The most elements of a row whose sum fits 32 bits.
static constexpr int64_t mostElements = 65536;

int64_t RowEmitter::chooseWidth() {
  auto length = flat || sizes.empty()
                    ? AffineConstantExpr()
                    : dyn_cast<AffineConstantExpr>(sizes.back());
  constexpr int64_t wide = 2 * lanes;
  if (!length || length.getValue() % wide != 0 || !target.has("avx2"))
    return lanes;
  bool hasHalves = false;
  auto isInteger = [&](Value value) {
    Type element = getElementTypeOrSelf(value.getType());
    hasHalves |=
        element.isInteger(16) || (element.isInteger(8) && !isNumber(value));
    return isa<IntegerType>(element);
  };
  func::FuncOp func = kernel.getKernel();
  for (Operation &op : func.getBody().front().without_terminator()) {
    if (!llvm::all_of(op.getOperands(), isInteger) ||
        !llvm::all_of(op.getResults(), isInteger))
      return lanes;
    if (auto quantize = dyn_cast<qt::QuantizeOp>(op))
      if (quantize.getResultFormat().getShape().back() % wide != 0)
        return lanes;
  }
  return hasHalves ? wide : lanes;
}

std::optional<NormalisedRows> RowEmitter::getNormalised(Value value) {
  // Rows, queries and keys, values.
  Type element = getElementTypeOrSelf(value.getType());
  for (int64_t bits : {16, 12, 8}) {
    if (!element.isInteger(bits == 8 ? 8 : 16))
      continue;
    std::optional<NormalisedRows> rows = matchNormalisedMantissas(value, bits);
    if (rows && isLargestOfRow(rows->largest, rows->wide) &&
        hasNumber(rows->places))
      return rows;
  }
  return std::nullopt;
}

/// Of a tensor whose largest magnitudes the next rows begin with: a pass that
/// does nothing but wait for them. They come while those at hand are computed.
void RowEmitter::prefetchNextRows(OpBuilder &b, Value wide,
                                  const VectorStep &step) {
  auto it = places.find(wide);
  if (together == 1 || !isa<BlockArgument>(wide) || it == places.end())
    return;
  Value next = arith::MulIOp::create(b, loc, n, kernel.getIndex(together));
  for (Value part : {getOffset(it->second), step.position})
    next = arith::AddIOp::create(b, loc, next, part);
  // Into the first-level cache where that has room for both.
  constexpr int64_t wordsOfLine = 16, smallRows = 4096;
  bool isSmall = getConstantIndex(n).value_or(0) * together <= smallRows;
  for (int64_t word = 0; word < step.width; word += wordsOfLine) {
    Value at = arith::AddIOp::create(b, loc, next, kernel.getIndex(word));
    memref::PrefetchOp::create(b, loc, it->second.buffer, at,
                               /*isWrite=*/false,
                               /*localityHint=*/isSmall ? 3 : 2,
                               /*isDataCache=*/true);
  }
}

/// Whether the largest of a row, of 31 bits when it has been shifted to the
/// left, has no room for half a unit of the upper 16, or is to be shifted to
/// the right.
Value RowEmitter::isFull(OpBuilder &b, const NormalisedRows &rows) {
  // Beside what is derived of the places alone: one largest element may have
  // those of results of several widths.
  Value over = deriveNumberOfRow(
      b, rows.places, 1, [&](OpBuilder &at, Value places) -> Value {
        Words w = Words::of(at, loc, places);
        Value largest = together == 1 ? getNumberOfRow(rows.largest)
                                      : getNumbers(at, rows.largest);
        Value up = w.sub(w.number(16), places);
        Value shifted = w.left(largest, w.max(up, w.number(0)));
        Value over = w.sub(shifted, w.number(INT32_MAX - (int64_t(1) << 15)));
        return rows.mayHaveFewer ? w.max(over, w.sub(w.number(0), up)) : over;
      });
  return arith::CmpIOp::create(
      b, loc, arith::CmpIPredicate::sgt, over,
      arith::ConstantIntOp::create(b, loc, 0, /*width=*/32));
}

/// \p x by \p up places to the left, until the largest has 31 bits: what is
/// wanted are the upper ones, half up. Fewer than 16 bits may also be less than
/// no place up, but not where halves are taken.
Value RowEmitter::shiftNormalised(OpBuilder &b, const NormalisedRows &rows,
                                  Value x, Value up) {
  Words v = Words::of(b, loc, x);
  int64_t width = cast<VectorType>(x.getType()).getNumElements();
  bool hasHalves = width == 32 && target.has("avx512bw");
  Value right = v.number(16);
  if (rows.mayHaveFewer && !hasHalves && rows.bits < 16) {
    Words w(b, loc, /*isVector=*/false);
    right = splat(b, loc, w.sub(w.number(16), w.clamp(up, -15, 0)), width);
    up = w.max(up, w.number(0));
  }
  x = v.left(x, splat(b, loc, up, width));
  auto half = [&](int64_t value) {
    return splatConstant(b, loc, b.getI16Type(), static_cast<double>(value),
                         width);
  };
  if (rows.bits == 16)
    return v.truncate(v.right(v.add(x, v.number(int64_t(1) << 15)), right), 16);
  Value limit = half(-((int64_t(1) << (rows.bits - 1)) - 1));
  Value high = v.truncate(v.right(x, right), 16);
  x = LLVM::CallIntrinsicOp::create(
          b, loc, high.getType(), b.getStringAttr("llvm.sadd.sat"),
          ValueRange{high, half(int64_t(1) << (15 - rows.bits))})
          .getResult(0);
  x = arith::ShRSIOp::create(b, loc, x, half(16 - rows.bits));
  x = arith::MaxSIOp::create(b, loc, x, limit);
  return rows.bits > 8 ? x : v.truncate(x, 8);
}

Value RowEmitter::evaluateNormalised(OpBuilder &b, const NormalisedRows &rows,
                                     const VectorStep &step, Cache &cache) {
  if (auto it = products.find(rows.wide); it != products.end())
    return shiftProduct(b, it->second, rows, step);
  Value up = deriveNumberOfRow(b, rows.places, 0,
                               [&](OpBuilder &at, Value places) -> Value {
                                 Words w = Words::of(at, loc, places);
                                 return w.sub(w.number(32 - rows.bits), places);
                               });
  Value x = evaluate(b, rows.wide, step, cache);
  prefetchNextRows(b, rows.wide, step);
  // In few rows half a unit leaves 32 bits, and others have the least exponent,
  // for which they are shifted to the right: the rest does without.
  bool hasHalves = step.width == 32 && target.has("avx512bw");
  Value isRare;
  if (rows.bits == 16)
    isRare = isFull(b, rows);
  else if (rows.mayHaveFewer && hasHalves)
    isRare = arith::CmpIOp::create(
        b, loc, arith::CmpIPredicate::slt, up,
        arith::ConstantIntOp::create(b, loc, 0, /*width=*/32));
  else
    return shiftNormalised(b, rows, x, up);
  auto branch = scf::IfOp::create(
      b, loc, isRare,
      [&](OpBuilder &rare, Location) {
        Words w(rare, loc, /*isVector=*/false);
        Value places = w.sub(w.number(32 - rows.bits), up);
        scf::YieldOp::create(rare, loc,
                             shiftWords(rare, loc, x, places, rows.bits));
      },
      [&](OpBuilder &usual, Location) {
        scf::YieldOp::create(usual, loc, shiftNormalised(usual, rows, x, up));
      });
  return branch.getResult(0);
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

/// What \p value is extended from.
static Value getNarrower(Value value) {
  auto cast = value.getDefiningOp<nn::CastOp>();
  return cast && isa<IntegerType>(getElementTypeOrSelf(cast.getInput()))
             ? cast.getInput()
             : Value();
}

bool RowEmitter::emitSum(OpBuilder &b, nn::ReduceOp op) {
  Value narrow = getNarrower(op.getInput());
  if (op.getKind() != nn::ReduceKind::Sum || !narrow)
    return false;
  bool isSquared = op.getType().getElementType().isInteger(64);
  if (isSquared) {
    auto square = narrow.getDefiningOp<nn::BinaryOp>();
    bool isOfItself = square && square.getKind() == nn::BinaryKind::Mul &&
                      square.getLhs() == square.getRhs();
    narrow = isOfItself ? getNarrower(square.getLhs()) : Value();
  }
  if (!narrow || !getElementTypeOrSelf(narrow).isInteger(16) ||
      !getNormalised(narrow))
    return false;
  // Two squares fit 31 bits; words of them are added to the lower and to the
  // upper halves of wider lanes.
  constexpr int64_t most = INT16_MAX;
  Type i64 = b.getI64Type(), i32 = b.getI32Type();
  int64_t atOnce = target.has("avx512bw") ? width : lanes;
  auto part = VectorType::get(atOnce, b.getI16Type()),
       words = VectorType::get(atOnce / 2, i32),
       doubles = VectorType::get(atOnce / 4, i64);
  auto constant = [&](OpBuilder &at, VectorType type, int64_t value) -> Value {
    return arith::ConstantOp::create(
        at, loc,
        DenseElementsAttr::get(
            type, Attribute(at.getIntegerAttr(type.getElementType(), value))));
  };
  auto halves = VectorType::get(width, b.getI16Type());
  auto bound =
      isSquared
          ? qt::BoundAttr::get(b.getContext(), -most, most, -most, most,
                               /*chain=*/1, false, 0, 0, 0, 0)
          : qt::BoundAttr::get(b.getContext(), -most, most, 1, 1,
                               /*chain=*/mostElements / 2, false, 0, 0, 0, 0);
  auto pass = [&](OpBuilder &ofRow) -> Value {
    SmallVector<Value> initial;
    if (isSquared)
      initial.assign(2, constant(ofRow, doubles, 0));
    else
      initial.push_back(constant(ofRow, words, 0));
    SmallVector<Value> sums = passOver(
        ofRow, narrow, initial,
        [&](OpBuilder &inner, const VectorStep &step, Value x,
            ValueRange carried) {
          x = keepCounted(inner, loc, step, x, constant(inner, halves, 0));
          SmallVector<Value> sums(carried);
          for (int64_t at = 0; at < width; at += atOnce) {
            Value own = vector::ExtractStridedSliceOp::create(inner, loc, x, at,
                                                              atOnce, 1);
            if (!isSquared) {
              sums[0] =
                  qt::DotOp::create(inner, loc, words, 2, own,
                                    constant(inner, part, 1), sums[0], bound);
              continue;
            }
            Value sum = qt::DotOp::create(inner, loc, words, 2, own, own,
                                          constant(inner, words, 0), bound);
            sum = vector::BitCastOp::create(inner, loc, doubles, sum);
            Value low = arith::AndIOp::create(
                inner, loc, sum, constant(inner, doubles, UINT32_MAX));
            Value high = arith::ShRUIOp::create(inner, loc, sum,
                                                constant(inner, doubles, 32));
            sums[0] = arith::AddIOp::create(inner, loc, sums[0], low);
            sums[1] = arith::AddIOp::create(inner, loc, sums[1], high);
          }
          return sums;
        });
    return isSquared
               ? arith::AddIOp::create(ofRow, loc, sums[0], sums[1]).getResult()
               : sums[0];
  };
  foldRows(
      b, op.getResult(), pass,
      [&](OpBuilder &inner, Value x, Value y) -> Value {
        return arith::AddIOp::create(inner, loc, x, y);
      },
      /*isSum=*/true, [](OpBuilder &, Value sum) { return sum; });
  return true;
}

//===----------------------------------------------------------------------===//
// Codes
//===----------------------------------------------------------------------===//

/// \p body for the numbers of \p count blocks, a few of them in straight code.
static void forEachNumber(OpBuilder &b, Location loc, int64_t count,
                          function_ref<void(OpBuilder &, Value number)> body) {
  auto index = [&](OpBuilder &at, int64_t value) -> Value {
    return arith::ConstantIndexOp::create(at, loc, value);
  };
  int64_t straight = count <= 4 ? count : count % 4 == 0 ? 4 : 1;
  auto loop = scf::ForOp::create(b, loc, index(b, 0), index(b, count),
                                 index(b, straight));
  OpBuilder inner = OpBuilder::atBlockBegin(loop.getBody());
  for (int64_t i = 0; i < straight; ++i)
    body(inner, arith::AddIOp::create(inner, loc, loop.getInductionVar(),
                                      index(inner, i)));
}

/// Rows that are whole blocks of \p block elements and whose largest magnitude
/// has 15 bits or is 0: shifts are those of the row, 4, and one more for each
/// bit that a block has above 11.
void QuantizeEmitter::emitNarrowRows(OpBuilder &builder, int64_t block) {
  Value input = op.getInput();
  int64_t count = cast<AffineConstantExpr>(getLength()).getValue() / block;
  Type i16 = builder.getI16Type();
  // All bits that the elements of a block have, by lanes.
  int64_t all = rows.together * count;
  Value bits =
      kernel.allocateScratch(i16, rows.shapes.getConstant(all * lanes));
  Value factors =
      kernel.allocateScratch(i16, rows.shapes.getConstant(all + lanes));
  auto getIndex = [&](OpBuilder &b, Value number) -> Value {
    if (rows.together == 1)
      return number;
    return arith::AddIOp::create(
        b, loc,
        arith::MulIOp::create(b, loc, rows.rowOfGroup, kernel.getIndex(count)),
        number);
  };
  auto getStart = [&](OpBuilder &b, Value number) -> Value {
    return arith::MulIOp::create(b, loc, number, kernel.getIndex(block));
  };
  auto join = [&](OpBuilder &b, Value x, Value y) -> Value {
    return arith::OrIOp::create(b, loc, x, y);
  };
  std::optional<RowEmitter::Place> place = rows.keep(input);
  rows.forEachRow(builder, [&](OpBuilder &ofRow) {
    forEachNumber(ofRow, loc, count, [&](OpBuilder &b, Value number) {
      Value any;
      for (auto &[x, step] : loadBlock(b, getStart(b, number), block)) {
        if (place)
          rows.storeKept(b, input, x, *place, step);
        Value magnitude = math::AbsIOp::create(b, loc, x);
        any = any ? join(b, any, magnitude) : magnitude;
      }
      if (rows.width > lanes)
        any = join(
            b, vector::ExtractStridedSliceOp::create(b, loc, any, 0, lanes, 1),
            vector::ExtractStridedSliceOp::create(b, loc, any, lanes, lanes,
                                                  1));
      Value at = arith::MulIOp::create(b, loc, getIndex(b, number),
                                       kernel.getIndex(lanes));
      vector::StoreOp::create(b, loc, any, bits, at);
    });
  });
  if (place)
    rows.noteKept(input, *place);
  int64_t whole = all / lanes * lanes;
  auto loop =
      scf::ForOp::create(builder, loc, kernel.getIndex(int64_t(0)),
                         kernel.getIndex(whole), kernel.getIndex(lanes));
  OpBuilder body = OpBuilder::atBlockBegin(loop.getBody());
  emitNarrowShifts(body, bits, factors, loop.getInductionVar(), lanes);
  if (whole < all)
    emitNarrowShifts(builder, bits, factors, kernel.getIndex(whole),
                     all - whole);
  if (!hasCodes())
    return;
  rows.forEachRow(builder, [&](OpBuilder &ofRow) {
    if (op.getLayoutAttr())
      padRow(ofRow);
    RowEmitter::Place codes = getCodes(ofRow);
    forEachNumber(ofRow, loc, count, [&](OpBuilder &b, Value number) {
      Value factor = splat(
          b, loc, memref::LoadOp::create(b, loc, factors, getIndex(b, number)),
          rows.width);
      for (auto &[x, step] : loadBlock(b, getStart(b, number), block)) {
        Value q = multiplyHalves(b, loc, HalfProduct::Rounded15, x, factor,
                                 rows.target);
        auto limit = [&](int64_t value) {
          return splatConstant(b, loc, i16, static_cast<double>(value),
                               rows.width);
        };
        q = arith::MaxSIOp::create(b, loc, q, limit(-127));
        q = arith::MinSIOp::create(b, loc, q, limit(127));
        q = arith::TruncIOp::create(
            b, loc, VectorType::get(rows.width, b.getI8Type()), q);
        rows.storeAt(b, biasCodes(b, loc, op, q), codes, step);
      }
    });
  });
}

/// The shifts of \p count blocks from number \p first on, and 2^(15 - shift) as
/// a factor of products of which 15 bits are left out.
void QuantizeEmitter::emitNarrowShifts(OpBuilder &b, Value bits, Value factors,
                                       Value first, int64_t count) {
  constexpr int64_t shortest = 15 - numerics::fixed::blockDepth;
  Words v(b, loc, /*isVector=*/true);
  auto halves = VectorType::get(lanes, b.getI16Type());
  SmallVector<Value> vectors(
      llvm::PowerOf2Ceil(count),
      arith::ConstantOp::create(b, loc, b.getZeroAttr(halves)));
  for (int64_t i = 0; i < count; ++i) {
    Value number = arith::AddIOp::create(b, loc, first, kernel.getIndex(i));
    Value at = arith::MulIOp::create(b, loc, number, kernel.getIndex(lanes));
    vectors[i] = loadVector(b, loc, bits, at, Value());
  }
  Value any = foldEach(b, loc, std::move(vectors),
                       [&](OpBuilder &inner, Value x, Value y) -> Value {
                         return arith::OrIOp::create(inner, loc, x, y);
                       });
  any = arith::ExtUIOp::create(b, loc, v.type, any);
  Value places =
      v.max(v.sub(v.bitLength(any), v.number(shortest)), v.number(0));
  Value factor = v.left(v.number(1), v.sub(v.number(shortest), places));
  vector::StoreOp::create(b, loc, v.truncate(factor, 16), factors, first);
  storeShifts(b, v.truncate(places, 8), first, count, rows.firstRow);
}
