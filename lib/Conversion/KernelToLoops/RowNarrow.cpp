//===- RowNarrow.cpp - Rows that fit 16 bits --------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a row's own largest magnitude has shifted to 16 bits is computed in 16
// bits from there on: its codes of 8 bits, and its product with a function that
// has 16 bits as well, of which both halves are kept.
//
//===----------------------------------------------------------------------===//

#include "QuantizeMath.h"
#include "RowQuantize.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
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
  if (!length || length.getValue() % wide != 0 || !target.has("avx512bw") ||
      !target.has("avx512vl"))
    return lanes;
  bool hasHalves = false;
  auto isInteger = [&](Value value) {
    Type element = getElementTypeOrSelf(value.getType());
    hasHalves |= element.isInteger(16);
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
  if (!getElementTypeOrSelf(value.getType()).isInteger(16))
    return std::nullopt;
  std::optional<NormalisedRows> rows = matchNormalisedMantissas(value);
  if (!rows || !isLargestOfRow(rows->largest, rows->wide) ||
      !scalars.contains(rows->places))
    return std::nullopt;
  return rows;
}

/// Words that are within 16 bits, or one above, with the largest and its
/// negative as limits.
static Value limitWords(OpBuilder &b, Location loc, Value x,
                        const CpuTarget &target) {
  constexpr int64_t limit = INT16_MAX;
  Words v = Words::of(b, loc, x);
  int64_t width = cast<VectorType>(v.type).getNumElements();
  if (width != 32 || !target.has("avx512bw"))
    return v.truncate(v.clamp(x, -limit, limit), 16);
  // vpackssdw limits, and takes four words of each in turn.
  Value halves[2];
  for (int64_t i = 0; i < 2; ++i)
    halves[i] = vector::ExtractStridedSliceOp::create(b, loc, x, i * 16, 16, 1);
  auto type = VectorType::get(width, b.getI16Type());
  Value packed =
      LLVM::CallIntrinsicOp::create(
          b, loc, type, b.getStringAttr("llvm.x86.avx512.packssdw.512"), halves)
          .getResult(0);
  SmallVector<int64_t> order;
  for (int64_t i = 0; i < width; ++i)
    order.push_back(i % 16 / 4 * 8 + i / 16 * 4 + i % 4);
  packed = vector::ShuffleOp::create(b, loc, packed, packed, order);
  return arith::MaxSIOp::create(
      b, loc, packed, splatConstant(b, loc, b.getI16Type(), -limit, width));
}

Value RowEmitter::evaluateNormalised(OpBuilder &b, const NormalisedRows &rows,
                                     const VectorStep &step, Cache &cache) {
  Words w(b, loc, /*isVector=*/false);
  Value places = scalars.lookup(rows.places);
  if (auto it = products.find(rows.wide); it != products.end())
    return shiftProduct(b, it->second, places, step);
  // To the left by one place more, so that what is left is to the right and
  // half a unit is one: numbers that are shifted to the left have few bits.
  Value x = evaluate(b, rows.wide, step, cache);
  Words v = Words::of(b, loc, x);
  Value left = w.max(w.sub(w.number(1), places), w.number(0));
  Value right = w.max(w.sub(places, w.number(1)), w.number(0));
  x = v.right(v.left(x, splat(b, loc, left, step.width)),
              splat(b, loc, right, step.width));
  x = v.right(v.sub(x, v.number(-1)), v.number(1));
  return limitWords(b, loc, x, target);
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// Whether nothing but the number of bits of \p largest is asked for.
static bool isLengthOnly(Value largest) {
  return llvm::all_of(largest.getUsers(), [](Operation *user) {
    if (auto unary = dyn_cast<nn::UnaryOp>(user))
      return unary.getKind() == nn::UnaryKind::Clz;
    auto compare = dyn_cast<nn::CompareOp>(user);
    return compare && compare.getPredicate() == nn::Predicate::Eq &&
           matchPattern(compare.getRhs(), m_Zero());
  });
}

/// Whether \p product is used for its largest magnitude and for 16 bits of it.
static bool isNormalisedOnly(Value product) {
  return llvm::all_of(product.getUsers(), [&](Operation *user) {
    if (auto unary = dyn_cast<nn::UnaryOp>(user))
      return unary.getKind() == nn::UnaryKind::Abs && unary->hasOneUse() &&
             isa<nn::ReduceOp>(*user->user_begin());
    for (int64_t step = 0; step < 2 && user->hasOneUse(); ++step)
      user = *user->user_begin();
    if (!isa<nn::CastOp>(user))
      return false;
    auto rows = matchNormalisedMantissas(user->getResult(0));
    return rows && rows->wide == product &&
           isLargestOfRow(rows->largest, product);
  });
}

bool RowEmitter::emitProduct(OpBuilder &b, nn::ReduceOp op) {
  auto magnitude = op.getInput().getDefiningOp<nn::UnaryOp>();
  auto product = magnitude && magnitude.getKind() == nn::UnaryKind::Abs
                     ? magnitude.getInput().getDefiningOp<nn::BinaryOp>()
                     : nn::BinaryOp();
  if (width == lanes || op.getKind() != nn::ReduceKind::Max || !product ||
      product.getKind() != nn::BinaryKind::Mul)
    return false;
  auto widened = product.getLhs().getDefiningOp<nn::CastOp>();
  auto factor = product.getRhs().getDefiningOp<qt::SigmaOp>();
  if (!widened || !factor || !getNormalised(widened.getInput()) ||
      !isLengthOnly(op.getResult()) || !isNormalisedOnly(product.getResult()))
    return false;
  Type i16 = b.getI16Type();
  auto type = VectorType::get(width, i16);
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
  auto halves = std::pair(allocateRow(i16), allocateRow(i16));
  auto multiply = [&](OpBuilder &at, StringRef name, Value x,
                      Value y) -> Value {
    return LLVM::CallIntrinsicOp::create(
               at, loc, type,
               at.getStringAttr(("llvm.x86.avx512." + name + ".512").str()),
               ValueRange{x, y})
        .getResult(0);
  };
  SmallVector<Value> bits = forEachVector(
      b, loc, n, {zero, zero},
      [&](OpBuilder &inner, const VectorStep &step, ValueRange carried) {
        Cache cache;
        Value m = evaluate(inner, widened.getInput(), step, cache);
        Value g = arith::TruncIOp::create(
            inner, loc, type, evaluate(inner, factor.getResult(), step, cache));
        Value a = math::AbsIOp::create(inner, loc, m);
        // One is 2^15, which has a negative in 16 bits but no positive.
        Value high = arith::OrIOp::create(inner, loc, carried[0],
                                          multiply(inner, "pmulhu.w", a, g));
        Value low = arith::OrIOp::create(
            inner, loc, carried[1], arith::MulIOp::create(inner, loc, a, g));
        m = arith::SubIOp::create(inner, loc, zero, m);
        g = arith::SubIOp::create(inner, loc, zero, g);
        storeAt(inner, multiply(inner, "pmulh.w", m, g), halves.first, step);
        storeAt(inner, arith::MulIOp::create(inner, loc, m, g), halves.second,
                step);
        return SmallVector<Value>{high, low};
      },
      width);
  Words w(b, loc, /*isVector=*/false);
  for (Value &half : bits) {
    half = reduceLanes(b, loc, half,
                       [&](OpBuilder &inner, Value x, Value y) -> Value {
                         return arith::OrIOp::create(inner, loc, x, y);
                       });
    half = arith::ExtUIOp::create(b, loc, w.type, half);
  }
  // As many bits as the largest has, which is all that is asked for.
  setNumberOfRow(b, op.getResult(),
                 w.add(w.left(bits[0], w.number(16)), bits[1]));
  products[product.getResult()] = halves;
  return true;
}

/// 16 bits of a product, rounded half up, by at most 15 places; none of its
/// upper half is left where the places are to the left.
Value RowEmitter::shiftProduct(OpBuilder &b,
                               const std::pair<Place, Place> &halves,
                               Value places, const VectorStep &step) {
  Words w(b, loc, /*isVector=*/false);
  Value zero = w.number(0), one = w.number(1);
  auto spread = [&](Value number) {
    return splat(b, loc, w.truncate(number, 16), step.width);
  };
  Value isRight =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sgt, places, zero);
  Value right = w.max(places, zero);
  Value up = spread(w.min(w.sub(w.number(16), right), w.number(15)));
  Value left = spread(w.max(w.sub(zero, places), zero));
  Value almost = spread(w.max(w.sub(places, one), zero));
  Value round = spread(w.select(isRight, one, zero));
  Value high = loadAt(b, halves.first, step),
        low = loadAt(b, halves.second, step);
  Value y =
      arith::OrIOp::create(b, loc, arith::ShLIOp::create(b, loc, high, up),
                           arith::ShRUIOp::create(b, loc, low, spread(right)));
  y = arith::ShLIOp::create(b, loc, y, left);
  Value half = arith::AndIOp::create(
      b, loc, arith::ShRUIOp::create(b, loc, low, almost), round);
  y = LLVM::CallIntrinsicOp::create(b, loc, y.getType(),
                                    b.getStringAttr("llvm.sadd.sat"),
                                    ValueRange{y, half})
          .getResult(0);
  return arith::MaxSIOp::create(
      b, loc, y, splatConstant(b, loc, b.getI16Type(), -INT16_MAX, step.width));
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
  if (!narrow || !getNormalised(narrow))
    return false;
  // Two squares fit 31 bits; words of them are added to the lower and to the
  // upper halves of wider lanes.
  constexpr int64_t most = INT16_MAX;
  Type i64 = b.getI64Type(), i32 = b.getI32Type();
  auto words = VectorType::get(width / 2, i32),
       doubles = VectorType::get(width / 4, i64);
  auto constant = [&](OpBuilder &at, VectorType type, int64_t value) -> Value {
    return arith::ConstantOp::create(
        at, loc,
        DenseElementsAttr::get(
            type, Attribute(at.getIntegerAttr(type.getElementType(), value))));
  };
  auto halves = VectorType::get(width, b.getI16Type());
  SmallVector<Value> initial;
  if (isSquared)
    initial.assign(2, constant(b, doubles, 0));
  else
    initial.push_back(constant(b, words, 0));
  SmallVector<Value> sums = passOver(
      b, narrow, initial,
      [&](OpBuilder &inner, const VectorStep &step, Value x,
          ValueRange carried) {
        x = keepCounted(inner, loc, step, x, constant(inner, halves, 0));
        auto bound =
            isSquared
                ? qt::BoundAttr::get(b.getContext(), -most, most, -most, most,
                                     /*chain=*/1, false, 0, 0, 0, 0)
                : qt::BoundAttr::get(b.getContext(), -most, most, 1, 1,
                                     /*chain=*/mostElements / 2, false, 0, 0, 0,
                                     0);
        Value factor = isSquared ? x : constant(inner, halves, 1);
        Value sum = qt::DotOp::create(
            inner, loc, words, 2, x, factor,
            isSquared ? constant(inner, words, 0) : carried[0], bound);
        if (!isSquared)
          return SmallVector<Value>{sum};
        sum = vector::BitCastOp::create(inner, loc, doubles, sum);
        Value low = arith::AndIOp::create(inner, loc, sum,
                                          constant(inner, doubles, UINT32_MAX)),
              high = arith::ShRUIOp::create(inner, loc, sum,
                                            constant(inner, doubles, 32));
        return SmallVector<Value>{
            arith::AddIOp::create(inner, loc, carried[0], low),
            arith::AddIOp::create(inner, loc, carried[1], high)};
      });
  Value sum = sums[0];
  if (isSquared)
    sum = arith::AddIOp::create(b, loc, sum, sums[1]);
  setNumberOfRow(
      b, op.getResult(),
      vector::ReductionOp::create(b, loc, vector::CombiningKind::ADD, sum));
  return true;
}

//===----------------------------------------------------------------------===//
// Codes
//===----------------------------------------------------------------------===//

/// \p count blocks of \p block elements from number \p first on, of a row whose
/// largest magnitude has 15 bits or is 0: shifts are those of the row, 4, and
/// one more for each bit that a block has above 11.
void QuantizeEmitter::emitNarrowGroup(OpBuilder &b, Value first, int64_t count,
                                      int64_t block) {
  constexpr int64_t shortest = 15 - numerics::fixed::blockDepth;
  Words v(b, loc, /*isVector=*/true);
  SmallVector<unsigned> results;
  if (!rows.finished.contains(op.getInput()))
    results = getResultIndices(kernel.getKernel(), op.getInput());
  SmallVector<Parts> blocks;
  SmallVector<Value> bits;
  for (int64_t i = 0; i < count; ++i) {
    Value number = arith::AddIOp::create(b, loc, first, kernel.getIndex(i));
    blocks.push_back(loadBlock(
        b, arith::MulIOp::create(b, loc, number, kernel.getIndex(block)),
        block));
    Value any;
    for (auto &[x, step] : blocks.back()) {
      Value magnitude = math::AbsIOp::create(b, loc, x);
      any = any ? arith::OrIOp::create(b, loc, any, magnitude).getResult()
                : magnitude;
      for (unsigned index : results)
        rows.storeAt(b, x, {kernel.getResultBuffer(index), rows.base}, step);
    }
    bits.push_back(any);
  }
  Value zero =
      arith::ConstantOp::create(b, loc, b.getZeroAttr(bits[0].getType()));
  bits.resize(llvm::PowerOf2Ceil(count), zero);
  Value any = foldEach(b, loc, std::move(bits),
                       [&](OpBuilder &inner, Value x, Value y) -> Value {
                         return arith::OrIOp::create(inner, loc, x, y);
                       });
  any = vector::ExtractStridedSliceOp::create(b, loc, any, 0, lanes, 1);
  any = arith::ExtUIOp::create(b, loc, v.type, any);
  Value places =
      v.max(v.sub(v.bitLength(any), v.number(shortest)), v.number(0));
  storeShifts(b, v.truncate(places, 8), first, count);
  if (!hasCodes())
    return;
  // 2^(15 - shift), for a product of which 15 bits are left out.
  Value factors =
      v.truncate(v.left(v.number(1), v.sub(v.number(shortest), places)), 16);
  auto number = [&](int64_t value) {
    return splatConstant(b, loc, b.getI16Type(), static_cast<double>(value),
                         rows.width);
  };
  auto bytes = VectorType::get(rows.width, b.getI8Type());
  for (auto [i, parts] : llvm::enumerate(blocks)) {
    SmallVector<int64_t> same(rows.width, static_cast<int64_t>(i));
    Value own = vector::ShuffleOp::create(b, loc, factors, factors, same);
    for (auto &[x, step] : parts) {
      Value q = multiplyHigh15(b, loc, x, own, rows.target);
      q = arith::MaxSIOp::create(b, loc, q, number(-127));
      q = arith::MinSIOp::create(b, loc, q, number(127));
      q = arith::TruncIOp::create(b, loc, bytes, q);
      rows.storeAt(b, biasCodes(b, loc, op, q), getCodes(b), step);
    }
  }
}
