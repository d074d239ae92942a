//===- IntegerAttentionHalves.cpp - Weights in 16-bit lanes -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Powers have 16 bits, and so have their places, limited to what leaves
// nothing: panels of keys in a register, where 16-bit lanes have shifts of
// their own or are multiplied instead.
//
//===----------------------------------------------------------------------===//

#include "IntegerAttention.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace quantc;

/// What \p x times 2^-(\p places + \p more) is, half up; from 16 places on
/// nothing. No \p x has more than 15 bits.
Value IntegerAttention::shiftHalves(OpBuilder &b, Value x, Value places,
                                    int64_t more) {
  int64_t width = cast<VectorType>(x.getType()).getNumElements();
  Words v = Words::of(b, loc, x);
  auto intrinsic = [&](StringRef name, ValueRange operands) {
    return LLVM::CallIntrinsicOp::create(b, loc, operands[0].getType(),
                                         b.getStringAttr(name), operands)
        .getResult(0);
  };
  auto half = [&](int64_t value) {
    return splatConstant(b, loc, b.getI16Type(), static_cast<double>(value),
                         width);
  };
  // A product with 2^(15 - n) that is rounded. One is 2^15, which is a
  // negative.
  if (target.has("avx512bw")) {
    Value factor = intrinsic(width == 2 * lanes ? "llvm.x86.avx512.psrlv.w.512"
                                                : "llvm.x86.avx512.psrlv.w.256",
                             {half(more == 0 ? -32768 : 16384), places});
    Value y = multiplyHalves(b, loc, HalfProduct::Rounded15, x, factor, target);
    return more == 0 ? math::AbsIOp::create(b, loc, y).getResult() : y;
  }
  // AVX2 has no shift that makes the power, but tables of bytes. Of the upper
  // byte n is the place in one; of the lower one n - 8, which is nothing as a
  // negative byte. So is n from 16 on with 0x70 more; a carry into it comes
  // from 8 on, where the table has nothing any more.
  auto bytes = VectorType::get(2 * width, b.getI8Type());
  SmallVector<int8_t> entries;
  for (int64_t i = 0; i < 2 * width; ++i)
    entries.push_back(static_cast<int8_t>(i % 16 < 8 ? 1 << (7 - i % 16) : 0));
  Value table = arith::ConstantOp::create(
      b, loc, DenseElementsAttr::get(bytes, ArrayRef(entries)));
  Value at = v.min(places, half(22));
  at = v.add(arith::MulIOp::create(b, loc, at, half(0x101)),
             half(0x70f8 + 0x101 * more));
  Value factor =
      intrinsic("llvm.x86.avx2.pshuf.b",
                {table, vector::BitCastOp::create(b, loc, bytes, at)});
  Value y = multiplyHalves(
      b, loc, HalfProduct::Rounded15, x,
      vector::BitCastOp::create(b, loc, x.getType(), factor), target);
  return more == 0 ? math::AbsIOp::create(b, loc, y).getResult() : y;
}

void IntegerAttention::emitPowersOfHalves(OpBuilder &b, const Tile &tile,
                                          Value r) {
  Type i16 = b.getI16Type();
  auto words = VectorType::get(lanes, b.getI32Type());
  Value base = mul(b, r, paddedKeys),
        top = memref::LoadOp::create(b, loc, rowTops, r);
  auto sums = VectorType::get(registerLanes, b.getI32Type());
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(words));
  int64_t most = registerLanes * 2 / lanes;
  auto far = [&](OpBuilder &at, int64_t width) {
    return splatConstant(at, loc, i16, 2 * farPlaces, width);
  };
  SmallVector<Value> initial{
      arith::ConstantOp::create(b, loc, b.getZeroAttr(sums)),
      far(b, most * lanes)};
  if (op.getMask())
    initial.push_back(zero);
  auto bound = qt::BoundAttr::get(b.getContext(), 0, 32640, 1, 1,
                                  qt::IntegerAttentionOp::mostKeys / 2, false,
                                  0, 0, 0, 0);
  SmallVector<Value> values = forPanels(
      b, index(0), tile.panels, most, initial,
      [&](OpBuilder &inner, Value panel, int64_t count,
          ArrayRef<Value> carried) {
        int64_t width = count * lanes;
        auto wide = VectorType::get(width, inner.getI32Type()),
             halves = VectorType::get(width, i16);
        Value t = mul(inner, panel, index(lanes)), at = add(inner, base, t);
        Value score = vector::LoadOp::create(inner, loc, wide, scores, at);
        Words v = Words::of(inner, loc, score);
        Value below =
            v.sub(vector::BroadcastOp::create(inner, loc, wide, top), score);
        Value places = v.truncate(
            v.min(v.rightUnsigned(below, v.number(15)), v.number(farPlaces)),
            16);
        Value power = emitPower(inner, below);
        Value own = v.add(
            places, vector::LoadOp::create(inner, loc, halves, valuePlaces, t));
        vector::StoreOp::create(inner, loc, power, powers, at);
        vector::StoreOp::create(inner, loc, own, powerPlaces, at);
        Value share = shiftHalves(inner, power, places, /*more=*/0);
        SmallVector<Value> next(carried);
        if (width == registerLanes)
          next[0] =
              v.add(next[0], arith::ExtUIOp::create(inner, loc, sums, share));
        else
          next[0] = qt::DotOp::create(inner, loc, sums, 2, share,
                                      splatConstant(inner, loc, i16, 1, width),
                                      next[0], bound);
        if (count < most)
          own = vector::InsertStridedSliceOp::create(
              inner, loc, own, far(inner, most * lanes), /*offset=*/0, 1);
        next[1] = v.min(next[1], own);
        for (int64_t part = 0; op.getMask() && part < width; part += lanes) {
          Words w(inner, loc, /*isVector=*/true);
          Value isSeen =
              arith::CmpIOp::create(inner, loc, arith::CmpIPredicate::ne,
                                    vector::ExtractStridedSliceOp::create(
                                        inner, loc, score, part, lanes, 1),
                                    w.number(hiddenScore));
          next[2] = w.add(next[2],
                          arith::ExtUIOp::create(inner, loc, w.type, isSeen));
        }
        return next;
      });
  if (registerLanes < lanes)
    values[0] = vector::InsertStridedSliceOp::create(b, loc, values[0], zero,
                                                     /*offset=*/0, 1);
  Value least = values[1];
  Words v(b, loc, /*isVector=*/true);
  for (int64_t part = 0; part < most; ++part) {
    Value own = vector::ExtractStridedSliceOp::create(b, loc, values[1],
                                                      part * lanes, lanes, 1);
    least = part == 0 ? own : v.min(least, own);
  }
  values[1] = arith::ExtUIOp::create(b, loc, words, least);
  storeOfRow(b, r, values);
}

void IntegerAttention::emitWeightsOfHalves(OpBuilder &b, const Tile &tile,
                                           Value r) {
  Words scalar(b, loc, /*isVector=*/false);
  Value least = memref::LoadOp::create(b, loc, rowLeasts, r);
  Value base = mul(b, r, paddedKeys);
  // 7 places more than the least, and one less before the rounding.
  Value start = scalar.truncate(scalar.sub(least, scalar.number(6)), 16);
  forPanels(
      b, index(0), tile.panels, /*most=*/registerLanes * 2 / lanes, {},
      [&](OpBuilder &inner, Value panel, int64_t count, ArrayRef<Value>) {
        auto halves = VectorType::get(count * lanes, inner.getI16Type());
        Value at = add(inner, base, mul(inner, panel, index(lanes)));
        Value power = vector::LoadOp::create(inner, loc, halves, powers, at),
              places =
                  vector::LoadOp::create(inner, loc, halves, powerPlaces, at);
        Words v = Words::of(inner, loc, power);
        places = v.sub(places,
                       vector::BroadcastOp::create(inner, loc, halves, start));
        Value weight = shiftHalves(inner, power, places, /*more=*/1);
        vector::StoreOp::create(inner, loc,
                                valueWays == 2 ? weight : v.truncate(weight, 8),
                                weights, at);
        return SmallVector<Value>();
      });
}
