//===- RowProducts.cpp - Products of rows that fit 16 bits ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The product of a row that its largest magnitude has shifted to 16 bits with a
// function that has 16 bits as well: both halves are kept, of which 16 bits are
// taken again.
//
//===----------------------------------------------------------------------===//

#include "QuantizeMath.h"
#include "RowQuantize.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace quantc;

/// By which 16 bits are taken out of both halves of a product.
static constexpr int64_t mostPlaces = 15;

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

/// Whether \p product is used for its largest magnitude and for 16 bits of it,
/// no more than once.
static bool isNormalisedOnly(Value product) {
  return product.hasNUses(2) &&
         llvm::all_of(product.getUsers(), [&](Operation *user) {
           if (auto unary = dyn_cast<nn::UnaryOp>(user))
             return unary.getKind() == nn::UnaryKind::Abs &&
                    unary->hasOneUse() &&
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
  auto mantissas = widened ? getNormalised(widened.getInput())
                           : std::optional<NormalisedRows>();
  if (!factor || !mantissas || mantissas->bits != 16 ||
      !isLengthOnly(op.getResult()) || !isNormalisedOnly(product.getResult()))
    return false;
  Type i16 = b.getI16Type();
  auto type = VectorType::get(width, i16);
  auto halves = std::pair(allocateRow(i16), allocateRow(i16));
  auto multiply = [&](OpBuilder &at, HalfProduct kind, Value x, Value y) {
    return multiplyHalves(at, loc, kind, x, y, target);
  };
  auto pass = [&](OpBuilder &ofRow) -> Value {
    Value zero = arith::ConstantOp::create(ofRow, loc, ofRow.getZeroAttr(type));
    // Passes of their own: long chains fill the queues of instructions. The
    // factor waits where the upper half will lie.
    passOver(ofRow, widened.getInput(), {},
             [](OpBuilder &, const VectorStep &, Value, ValueRange) {
               return SmallVector<Value>();
             });
    forEachVector(
        ofRow, loc, n, {},
        [&](OpBuilder &inner, const VectorStep &step, ValueRange) {
          Cache cache;
          Value g = evaluate(inner, factor.getResult(), step, cache);
          storeAt(inner, arith::TruncIOp::create(inner, loc, type, g),
                  halves.first, step);
          return SmallVector<Value>();
        },
        width);
    SmallVector<Value> bits = forEachVector(
        ofRow, loc, n, {zero, zero},
        [&](OpBuilder &inner, const VectorStep &step, ValueRange carried) {
          Cache cache;
          Value m = evaluate(inner, widened.getInput(), step, cache);
          Value g = loadAt(inner, halves.first, step);
          Value a = math::AbsIOp::create(inner, loc, m);
          // One is 2^15, which has a negative in 16 bits but no positive.
          Value high = arith::OrIOp::create(
              inner, loc, carried[0],
              multiply(inner, HalfProduct::HighUnsigned, a, g));
          Value low = arith::OrIOp::create(
              inner, loc, carried[1], arith::MulIOp::create(inner, loc, a, g));
          m = arith::SubIOp::create(inner, loc, zero, m);
          g = arith::SubIOp::create(inner, loc, zero, g);
          storeAt(inner, multiply(inner, HalfProduct::High, m, g), halves.first,
                  step);
          storeAt(inner, arith::MulIOp::create(inner, loc, m, g), halves.second,
                  step);
          return SmallVector<Value>{high, low};
        },
        width);
    // Words of which the upper half has bits of upper halves.
    Words v(ofRow, loc, /*isVector=*/true);
    Value high = vector::BitCastOp::create(ofRow, loc, v.type, bits[0]),
          low = vector::BitCastOp::create(ofRow, loc, v.type, bits[1]);
    auto join = [&](Value x, Value y) -> Value {
      return arith::OrIOp::create(ofRow, loc, x, y);
    };
    high = join(high, v.left(high, v.number(16)));
    low = join(low, v.rightUnsigned(low, v.number(16)));
    return join(v.bitAnd(high, v.number(-65536)),
                v.bitAnd(low, v.number(65535)));
  };
  // As many bits as the largest has, which is all that is asked for.
  foldRows(
      b, op.getResult(), pass,
      [&](OpBuilder &inner, Value x, Value y) -> Value {
        return arith::OrIOp::create(inner, loc, x, y);
      },
      /*isSum=*/false, [](OpBuilder &, Value bits) { return bits; });
  products[product.getResult()] = halves;
  return true;
}

/// Where a row has the least exponent, a product may be to be shifted by more
/// places than that. What is left of it is the lower half then, of which
/// nothing is shifted any more. Few rows have this pass.
void RowEmitter::shiftFarProducts(OpBuilder &b, Value places) {
  for (Operation *user : places.getUsers()) {
    auto shift = dyn_cast<nn::BinaryOp>(user);
    auto it = shift && shift.getKind() == nn::BinaryKind::RShift &&
                      shift.getRhs() == places
                  ? products.find(shift.getLhs())
                  : products.end();
    if (it == products.end())
      continue;
    Place upper = it->second.first, lower = it->second.second;
    forEachRow(b, [&](OpBuilder &ofRow) {
      Value number = getNumberOfRow(places);
      Words w(ofRow, loc, /*isVector=*/false);
      auto branch = scf::IfOp::create(
          ofRow, loc,
          arith::CmpIOp::create(ofRow, loc, arith::CmpIPredicate::sgt, number,
                                w.number(mostPlaces)));
      OpBuilder then = branch.getThenBodyBuilder();
      forEachVector(
          then, loc, n, {},
          [&](OpBuilder &inner, const VectorStep &step, ValueRange) {
            Value high = loadAt(inner, upper, step);
            Words v = Words::of(inner, loc, high);
            Value word = arith::OrIOp::create(
                inner, loc, v.left(v.extend(high), v.number(16)),
                arith::ExtUIOp::create(inner, loc, v.type,
                                       loadAt(inner, lower, step)));
            Value y = shiftWords(inner, loc, word, number, /*bits=*/16);
            storeAt(inner, y, lower, step);
            Value sign =
                splatConstant(inner, loc, inner.getI16Type(), 15, step.width);
            storeAt(inner, arith::ShRSIOp::create(inner, loc, y, sign), upper,
                    step);
            return SmallVector<Value>();
          },
          width);
    });
  }
}

/// 16 bits of a product, rounded half up, by at most `mostPlaces`; none of its
/// upper half is left where the places are to the left.
Value RowEmitter::shiftProduct(OpBuilder &b,
                               const std::pair<Place, Place> &halves,
                               const NormalisedRows &rows,
                               const VectorStep &step) {
  // Shifts of 16-bit lanes, and the half unit's bit.
  auto derive = [&](int64_t index,
                    function_ref<Value(Words & w, Value places)> make) {
    Value number = deriveNumberOfRow(
        b, rows.places, index, [&](OpBuilder &at, Value numbers) -> Value {
          Words w = Words::of(at, loc, numbers);
          if (rows.mayHaveFewer) {
            Value isFar =
                arith::CmpIOp::create(at, loc, arith::CmpIPredicate::sgt,
                                      numbers, w.number(mostPlaces));
            numbers = w.select(isFar, w.number(0), numbers);
          }
          return w.truncate(make(w, numbers), 16);
        });
    return splat(b, loc, number, step.width);
  };
  auto isRight = [](Words &w, Value places) -> Value {
    return arith::CmpIOp::create(w.b, w.loc, arith::CmpIPredicate::sgt, places,
                                 w.number(0));
  };
  Value right = derive(
      2, [](Words &w, Value places) { return w.max(places, w.number(0)); });
  Value up = derive(3, [](Words &w, Value places) {
    Value right = w.max(places, w.number(0));
    return w.min(w.sub(w.number(16), right), w.number(15));
  });
  Value left = derive(4, [](Words &w, Value places) {
    return w.max(w.sub(w.number(0), places), w.number(0));
  });
  Value almost = derive(5, [](Words &w, Value places) {
    return w.max(w.sub(places, w.number(1)), w.number(0));
  });
  Value round = derive(6, [&](Words &w, Value places) {
    return w.select(isRight(w, places), w.number(1), w.number(0));
  });
  Value high = loadAt(b, halves.first, step),
        low = loadAt(b, halves.second, step);
  Value y;
  if (target.has("avx512vbmi2"))
    y = LLVM::FshrOp::create(b, loc, high, low, right);
  else
    y = arith::OrIOp::create(b, loc, arith::ShLIOp::create(b, loc, high, up),
                             arith::ShRUIOp::create(b, loc, low, right));
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
