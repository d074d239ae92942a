//===- IntegerAttentionHalves.cpp - Weights in 16-bit lanes -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Powers have 16 bits, and so have their places, limited to what leaves
// nothing: two panels of keys in a register, where 16-bit lanes have shifts of
// their own.
//
//===----------------------------------------------------------------------===//

#include "IntegerAttention.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace quantc;

/// Half up: ((2 x) >> places + 1) >> 1, \p x being twice what is shifted; from
/// 16 places on nothing.
Value IntegerAttention::shiftHalves(OpBuilder &b, Value x, Value places) {
  int64_t width = cast<VectorType>(x.getType()).getNumElements();
  Words v = Words::of(b, loc, x);
  Value one = splatConstant(b, loc, b.getI16Type(), 1, width);
  Value shifted =
      LLVM::CallIntrinsicOp::create(
          b, loc, x.getType(),
          b.getStringAttr(width == 2 * lanes ? "llvm.x86.avx512.psrlv.w.512"
                                             : "llvm.x86.avx512.psrlv.w.256"),
          ValueRange{x, places})
          .getResult(0);
  return v.rightUnsigned(v.add(shifted, one), one);
}

void IntegerAttention::emitPowersOfHalves(OpBuilder &b, const Tile &tile,
                                          Value r) {
  Type i16 = b.getI16Type();
  auto words = VectorType::get(lanes, b.getI32Type());
  Value base = mul(b, r, paddedKeys),
        top = memref::LoadOp::create(b, loc, rowTops, r);
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(words));
  SmallVector<Value> initial{zero, splatConstant(b, loc, i16, 2 * farPlaces)};
  if (op.getMask())
    initial.push_back(zero);
  auto bound = qt::BoundAttr::get(b.getContext(), 0, 32640, 1, 1,
                                  qt::IntegerAttentionOp::mostKeys / 2, false,
                                  0, 0, 0, 0);
  SmallVector<Value> values = forPanels(
      b, tile.panels, initial,
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
        Value share = shiftHalves(inner, v.add(power, power), places);
        SmallVector<Value> next(carried);
        if (count == 1)
          next[0] =
              v.add(next[0], arith::ExtUIOp::create(inner, loc, words, share));
        else
          next[0] = qt::DotOp::create(inner, loc, words, 2, share,
                                      splatConstant(inner, loc, i16, 1, width),
                                      next[0], bound);
        for (int64_t part = 0; part < width; part += lanes) {
          auto take = [&](Value whole) -> Value {
            return vector::ExtractStridedSliceOp::create(inner, loc, whole,
                                                         part, lanes, 1);
          };
          next[1] = v.min(next[1], take(own));
          if (!op.getMask())
            continue;
          Words w(inner, loc, /*isVector=*/true);
          Value isSeen =
              arith::CmpIOp::create(inner, loc, arith::CmpIPredicate::ne,
                                    take(score), w.number(hiddenScore));
          next[2] = w.add(next[2],
                          arith::ExtUIOp::create(inner, loc, w.type, isSeen));
        }
        return next;
      });
  values[1] = arith::ExtUIOp::create(b, loc, words, values[1]);
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
      b, tile.panels, {},
      [&](OpBuilder &inner, Value panel, int64_t count, ArrayRef<Value>) {
        auto halves = VectorType::get(count * lanes, inner.getI16Type());
        Value at = add(inner, base, mul(inner, panel, index(lanes)));
        Value power = vector::LoadOp::create(inner, loc, halves, powers, at),
              places =
                  vector::LoadOp::create(inner, loc, halves, powerPlaces, at);
        Words v = Words::of(inner, loc, power);
        places = v.sub(places,
                       vector::BroadcastOp::create(inner, loc, halves, start));
        vector::StoreOp::create(
            inner, loc, v.truncate(shiftHalves(inner, power, places), 8),
            weights, at);
        return SmallVector<Value>();
      });
}
