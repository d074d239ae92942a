//===- NarrowLanes.cpp - Limited lanes narrowed by saturation ---*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "quantc/Conversion/LowerDot/Passes.h"
#include "quantc/Target/CPU/CpuTarget.h"

namespace quantc {
#define GEN_PASS_DEF_NARROWLANES
#include "quantc/Conversion/LowerDot/Passes.h.inc"
} // namespace quantc

using namespace mlir;
using namespace quantc;

namespace {
/// A value that is limited to numbers from \c low to \c high, where it may be
/// below that at all.
struct Limited {
  Value value;
  int64_t low, high;
};

class Narrowing {
public:
  Narrowing(arith::TruncIOp op)
      : op(op), b(op), loc(op.getLoc()),
        from(cast<VectorType>(op.getIn().getType())),
        to(cast<VectorType>(op.getType())) {}

  /// The narrow lanes; null where no instruction saves anything.
  Value narrow();

private:
  Value limit(Value value, int64_t low, int64_t high);
  Value pack(Value value);
  Value takeHalves(Value words, bool isUpper);

  arith::TruncIOp op;
  OpBuilder b;
  Location loc;
  VectorType from, to;
};
} // namespace

/// The operand of a maximum or minimum with one number, and the number.
template <typename OpTy> static Value matchBound(Value value, int64_t &bound) {
  auto op = value.getDefiningOp<OpTy>();
  if (!op)
    return {};
  for (auto [number, other] : {std::pair(op.getRhs(), op.getLhs()),
                               std::pair(op.getLhs(), op.getRhs())}) {
    APInt splat;
    if (matchPattern(number, m_ConstantInt(&splat))) {
      bound = splat.getSExtValue();
      return other;
    }
  }
  return {};
}

/// What \p value has the upper halves of.
static Value matchUpper(Value value) {
  APInt places;
  Operation *op = value.getDefiningOp();
  if (!isa_and_nonnull<arith::ShRSIOp, arith::ShRUIOp>(op) ||
      !matchPattern(op->getOperand(1), m_ConstantInt(&places)) || places != 16)
    return {};
  return op->getOperand(0);
}

/// The limits of \p value, which is narrowed to \p narrowBits.
static std::optional<Limited> matchLimits(Value value, unsigned narrowBits) {
  Limited limits;
  unsigned bits = getElementTypeOrSelf(value).getIntOrFloatBitWidth();
  APInt places;
  // What is left of a shift to the right fits.
  if (auto shift = value.getDefiningOp<arith::ShRSIOp>();
      shift && matchPattern(shift.getRhs(), m_ConstantInt(&places)) &&
      places.ult(bits) && bits - places.getZExtValue() <= narrowBits)
    return Limited{value, llvm::minIntN(narrowBits), llvm::maxIntN(narrowBits)};
  Value inner = matchBound<arith::MinSIOp>(value, limits.high);
  // What has no sign is not below 0.
  if (auto shift = inner ? inner.getDefiningOp<arith::ShRUIOp>() : nullptr;
      shift && matchPattern(shift.getRhs(), m_ConstantInt(&places)) &&
      !places.isZero() && limits.high >= 0)
    return Limited{inner, llvm::minIntN(narrowBits), limits.high};
  if (inner)
    limits.value = matchBound<arith::MaxSIOp>(inner, limits.low);
  else if ((inner = matchBound<arith::MaxSIOp>(value, limits.low)))
    limits.value = matchBound<arith::MinSIOp>(inner, limits.high);
  if (!limits.value || limits.low > limits.high)
    return std::nullopt;
  return limits;
}

/// \p value within the limits, where its type holds other numbers at all.
Value Narrowing::limit(Value value, int64_t low, int64_t high) {
  auto type = cast<VectorType>(value.getType());
  unsigned bits = type.getElementTypeBitWidth();
  auto splat = [&](int64_t number) -> Value {
    return arith::ConstantOp::create(
        b, loc,
        DenseElementsAttr::get(
            type, b.getIntegerAttr(type.getElementType(), number)));
  };
  if (low > llvm::minIntN(bits))
    value = arith::MaxSIOp::create(b, loc, value, splat(low));
  if (high < llvm::maxIntN(bits))
    value = arith::MinSIOp::create(b, loc, value, splat(high));
  return value;
}

/// Pairs of registers of 32 bits in one of 16 each: the instruction takes a
/// half of each register of 128 bits from either, which is put in order.
Value Narrowing::pack(Value value) {
  auto packed = VectorType::get(32, to.getElementType());
  auto quarters = VectorType::get(8, b.getI64Type());
  int64_t order[] = {0, 2, 4, 6, 1, 3, 5, 7};
  Value result;
  for (int64_t at = 0; at < from.getNumElements(); at += 32) {
    auto slice = [&](int64_t first) -> Value {
      return vector::ExtractStridedSliceOp::create(b, loc, value, first, 16, 1);
    };
    Value pair =
        LLVM::CallIntrinsicOp::create(
            b, loc, packed, b.getStringAttr("llvm.x86.avx512.packssdw.512"),
            ValueRange{slice(at), slice(at + 16)})
            .getResult(0);
    pair = vector::BitCastOp::create(b, loc, quarters, pair);
    pair = vector::ShuffleOp::create(b, loc, pair, pair, order);
    pair = vector::BitCastOp::create(b, loc, packed, pair);
    if (packed == to)
      return pair;
    if (!result)
      result = arith::ConstantOp::create(b, loc, b.getZeroAttr(to));
    result = vector::InsertStridedSliceOp::create(b, loc, pair, result, at, 1);
  }
  return result;
}

/// The upper or the lower halves of words, in order: two registers at once,
/// where each alone takes as long.
Value Narrowing::takeHalves(Value words, bool isUpper) {
  auto halves = VectorType::get(32, to.getElementType());
  SmallVector<int16_t> order;
  for (int16_t i = 0; i < 32; ++i)
    order.push_back(static_cast<int16_t>(2 * i + (isUpper ? 1 : 0)));
  Value index = arith::ConstantOp::create(
      b, loc, DenseElementsAttr::get(halves, ArrayRef(order)));
  Value result;
  for (int64_t at = 0; at < from.getNumElements(); at += 32) {
    auto slice = [&](int64_t first) -> Value {
      return vector::BitCastOp::create(
          b, loc, halves,
          vector::ExtractStridedSliceOp::create(b, loc, words, first, 16, 1));
    };
    Value both = LLVM::CallIntrinsicOp::create(
                     b, loc, halves,
                     b.getStringAttr("llvm.x86.avx512.vpermi2var.hi.512"),
                     ValueRange{slice(at), index, slice(at + 16)})
                     .getResult(0);
    if (halves == to)
      return both;
    if (!result)
      result = arith::ConstantOp::create(b, loc, b.getZeroAttr(to));
    result = vector::InsertStridedSliceOp::create(b, loc, both, result, at, 1);
  }
  return result;
}

Value Narrowing::narrow() {
  CpuTarget target = CpuTarget::around(op);
  unsigned bits = to.getElementTypeBitWidth();
  if (from.getRank() != 1 || from.isScalable() || !target.has("avx512bw") ||
      (bits != 8 && bits != 16))
    return {};
  int64_t lanes = from.getNumElements();
  bool isPair =
      bits == 16 && from.getElementType().isInteger(32) && lanes % 32 == 0;
  if (Value words = isPair ? matchUpper(op.getIn()) : Value())
    return takeHalves(words, /*isUpper=*/true);
  std::optional<Limited> limits = matchLimits(op.getIn(), bits);
  if (!limits || limits->low < llvm::minIntN(bits) ||
      limits->high > llvm::maxIntN(bits))
    return isPair ? takeHalves(op.getIn(), /*isUpper=*/false) : Value();
  if (isPair)
    return limit(pack(limits->value), limits->low, limits->high);
  // What LLVM writes as one saturating instruction for a whole register.
  bool isTight =
      limits->low == llvm::minIntN(bits) && limits->high == llvm::maxIntN(bits);
  if (isTight || lanes * from.getElementTypeBitWidth() != 512)
    return {};
  Value within = limit(limits->value, llvm::minIntN(bits), llvm::maxIntN(bits));
  return limit(arith::TruncIOp::create(b, loc, to, within), limits->low,
               limits->high);
}

namespace {
struct NarrowLanes : quantc::impl::NarrowLanesBase<NarrowLanes> {
  using NarrowLanesBase::NarrowLanesBase;

  void runOnOperation() override {
    getOperation()->walk([](arith::TruncIOp op) {
      if (!isa<VectorType>(op.getType()))
        return;
      if (Value made = Narrowing(op).narrow()) {
        op.replaceAllUsesWith(made);
        op.erase();
      }
    });
  }
};
} // namespace
