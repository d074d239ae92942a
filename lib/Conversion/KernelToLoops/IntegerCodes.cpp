//===- IntegerCodes.cpp - Encodes integers with exponents -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IntegerCodes.h"
#include "QuantizeMath.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "quantc/Numerics/Fixed/Primitives.h"
#include "quantc/Numerics/Fixed/Rows.h"

using namespace mlir;
using namespace quantc;

Value quantc::reduceLargest(OpBuilder &b, Location loc, Value words) {
  return reduceLanes(b, loc, words,
                     [&](OpBuilder &inner, Value x, Value y) -> Value {
                       return arith::MaxSIOp::create(inner, loc, x, y);
                     });
}

Value quantc::foldEach(OpBuilder &b, Location loc, SmallVector<Value> vectors,
                       Combine combine) {
  auto type = cast<VectorType>(vectors[0].getType());
  int64_t all = type.getNumElements(), width = all;
  constexpr int64_t bitsOfPart = 128;
  int64_t part =
      std::min(all, bitsOfPart / type.getElementType().getIntOrFloatBitWidth());
  auto count = static_cast<int64_t>(vectors.size());
  // Every vector has groups of `width` lanes, whose halves are folded; which
  // vector's each is.
  SmallVector<SmallVector<int64_t>> owners;
  for (int64_t i = 0; i < count; ++i)
    owners.push_back({i});
  // Groups within 128 bits stay there, where one instruction takes halves of
  // two vectors.
  auto fold = [&](size_t x, size_t y) {
    int64_t stretch = width > part ? all : part;
    SmallVector<int64_t> low, high, owner;
    for (int64_t start = 0; start < all; start += stretch)
      for (auto [from, index] : {std::pair(start, x), {all + start, y}})
        for (int64_t at = from; at < from + stretch; at += width) {
          owner.push_back(owners[index][at % all / width]);
          for (int64_t lane = at; lane < at + width / 2; ++lane) {
            low.push_back(lane);
            high.push_back(lane + width / 2);
          }
        }
    Value folded = combine(
        b, vector::ShuffleOp::create(b, loc, vectors[x], vectors[y], low),
        vector::ShuffleOp::create(b, loc, vectors[x], vectors[y], high));
    return std::pair(folded, owner);
  };
  for (; width > 1; width /= 2) {
    SmallVector<Value> folded;
    SmallVector<SmallVector<int64_t>> foldedOwners;
    size_t size = vectors.size();
    for (size_t i = 0; i < size; i += 2) {
      auto [vector, owner] = fold(i, std::min(i + 1, size - 1));
      folded.push_back(vector);
      foldedOwners.push_back(owner);
    }
    vectors = std::move(folded);
    owners = std::move(foldedOwners);
  }
  SmallVector<int64_t> order;
  for (int64_t lane = 0; lane < all; ++lane)
    order.push_back(llvm::find(owners[0], lane % count) - owners[0].begin());
  return vector::ShuffleOp::create(b, loc, vectors[0], vectors[0], order);
}

RowShift quantc::getRowShift(OpBuilder &b, Location loc, Value magnitudes,
                             Value exponent) {
  Words w(b, loc, /*isVector=*/false);
  Value largest = reduceLargest(b, loc, magnitudes);
  Value lowest =
      w.sub(w.bitLength(largest), w.number(7 + numerics::fixed::blockDepth));
  Value least = w.sub(w.number(numerics::fixed::leastBlockExponent), exponent);
  return {w.max(lowest, least), w.isZero(largest)};
}

std::pair<Value, Value> quantc::getBlockShift(OpBuilder &b, Location loc,
                                              const RowShift &row,
                                              Value magnitudes) {
  Words w(b, loc, /*isVector=*/false);
  Value length = w.bitLength(reduceLargest(b, loc, magnitudes));
  Value shift = w.max(w.sub(length, w.number(7)), row.lowest);
  Value stored = w.select(row.isZero, w.number(0), w.sub(shift, row.lowest));
  return {shift, w.truncate(stored, 8)};
}

Value quantc::getStoredExponent(OpBuilder &b, Location loc, const RowShift &row,
                                Value exponent) {
  Words w = Words::of(b, loc, exponent);
  // Zeros of the least exponent have become that.
  Value least = w.number(numerics::fixed::leastExponent);
  Value isNone = arith::AndIOp::create(
      b, loc, row.isZero,
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, exponent, least));
  exponent = w.min(w.add(exponent, row.lowest), w.number(INT8_MAX));
  return w.truncate(
      w.select(isNone, w.number(numerics::fixed::zeroExponent), exponent), 8);
}

Value quantc::shiftWords(OpBuilder &b, Location loc, Value x, Value places,
                         int64_t bits) {
  Words w(b, loc, /*isVector=*/false), v = Words::of(b, loc, x);
  int64_t width = cast<VectorType>(x.getType()).getNumElements();
  auto spread = [&](Value number) { return splat(b, loc, number, width); };
  Value before = w.sub(places, w.number(1));
  x = v.left(x, spread(w.max(w.sub(w.number(0), before), w.number(0))));
  x = v.right(x, spread(w.clamp(before, 0, 31)));
  x = v.right(v.add(x, v.number(1)), v.number(1));
  int64_t limit = (int64_t(1) << (bits - 1)) - 1;
  return v.truncate(v.clamp(x, -limit, limit), bits == 8 ? 8 : 16);
}

Value quantc::encodeShifted(OpBuilder &b, Location loc, qt::QuantizeOp op,
                            Value x, Value shifts) {
  Words v = Words::of(b, loc, x);
  // Far enough to the left that what is left to do is to the right.
  constexpr int64_t margin = 7 + numerics::fixed::blockDepth + 1;
  Value q =
      v.right(v.left(x, v.number(margin)), v.add(shifts, v.number(margin - 1)));
  return finishCodes(b, loc, op, v.right(v.add(q, v.number(1)), v.number(1)));
}

Value quantc::finishCodes(OpBuilder &b, Location loc, qt::QuantizeOp op,
                          Value q) {
  Words v = Words::of(b, loc, q);
  return biasCodes(
      b, loc, op,
      v.truncate(v.min(v.max(q, v.number(-127)), v.number(127)), 8));
}

Value quantc::biasCodes(OpBuilder &b, Location loc, qt::QuantizeOp op,
                        Value q) {
  if (getCodeBias(op) == 0)
    return q;
  int64_t width = cast<VectorType>(q.getType()).getNumElements();
  return arith::XOrIOp::create(
      b, loc, q, splatConstant(b, loc, b.getI8Type(), -128, width));
}

Value quantc::multiplyHalves(OpBuilder &b, Location loc, HalfProduct kind,
                             Value x, Value y, const CpuTarget &target) {
  auto type = cast<VectorType>(x.getType());
  int64_t width = type.getNumElements();
  StringRef names[] = {"pmulh.w", "pmulhu.w", "pmul.hr.sw"};
  StringRef name = names[static_cast<int>(kind)];
  auto call = [&](StringRef prefix, StringRef suffix, Value u,
                  Value v) -> Value {
    return LLVM::CallIntrinsicOp::create(
               b, loc, u.getType(),
               b.getStringAttr((prefix + name + suffix).str()),
               ValueRange{u, v})
        .getResult(0);
  };
  if (width == 32 && target.has("avx512bw"))
    return call("llvm.x86.avx512.", ".512", x, y);
  if (width % 16 == 0 && target.has("avx2")) {
    Value result;
    for (int64_t at = 0; at < width; at += 16) {
      auto take = [&](Value whole) -> Value {
        return vector::ExtractStridedSliceOp::create(b, loc, whole, at, 16, 1);
      };
      Value part = call("llvm.x86.avx2.", "", take(x), take(y));
      SmallVector<int64_t> all =
          llvm::to_vector(llvm::seq<int64_t>(0, at + 16));
      result =
          result
              ? vector::ShuffleOp::create(b, loc, result, part, all).getResult()
              : part;
    }
    return result;
  }
  Words v = Words::of(b, loc, x);
  bool isUnsigned = kind == HalfProduct::HighUnsigned;
  auto extend = [&](Value half) -> Value {
    return isUnsigned ? arith::ExtUIOp::create(b, loc, v.type, half).getResult()
                      : v.extend(half);
  };
  Value product = v.mul(extend(x), extend(y));
  if (kind != HalfProduct::Rounded15)
    return v.truncate(v.rightUnsigned(product, v.number(16)), 16);
  return v.truncate(
      v.right(v.add(product, v.number(int64_t(1) << 14)), v.number(15)), 16);
}

bool quantc::hasShiftedCodes(qt::LayoutAttr layout, int64_t depth,
                             int64_t groups, const CpuTarget &target) {
  return layout.getForm() == qt::LayoutForm::B32 && groups == 1 &&
         depth <= mostShiftedCodes && target.has("avx2");
}

std::pair<Value, Value> quantc::widenCodes(OpBuilder &b, Location loc,
                                           Value codes, Value shift) {
  auto type = VectorType::get(
      cast<VectorType>(codes.getType()).getNumElements() / 2, b.getI16Type());
  auto constant = [&](int64_t value) -> Value {
    return splatConstant(b, loc, type.getElementType(), value,
                         type.getNumElements());
  };
  Value pairs = vector::BitCastOp::create(b, loc, type, codes),
        eight = constant(8), down = eight, odd = pairs;
  if (shift) {
    Value left = arith::SubIOp::create(
        b, loc, arith::ConstantIntOp::create(b, loc, 8, 16), shift);
    down = vector::BroadcastOp::create(b, loc, type, left);
    // What is shifted in would be bits of the even one.
    odd = arith::AndIOp::create(b, loc, pairs, constant(-256));
  }
  Value even = arith::ShLIOp::create(b, loc, pairs, eight);
  return {arith::ShRSIOp::create(b, loc, even, down),
          arith::ShRSIOp::create(b, loc, odd, down)};
}
