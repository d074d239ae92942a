//===- LowerDot.cpp - Dot products as instructions --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/PatternMatch.h"
#include "quantc/Conversion/LowerDot/Passes.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Target/CPU/CpuTarget.h"

namespace quantc {
#define GEN_PASS_DEF_LOWERDOT
#include "quantc/Conversion/LowerDot/Passes.h.inc"
} // namespace quantc

using namespace mlir;
using namespace quantc;

namespace {

/// Lowers one dot; every method returns null where it does not apply.
class DotLowering {
public:
  DotLowering(OpBuilder &b, qt::DotOp op, const CpuTarget &target)
      : b(b), op(op), target(target), loc(op.getLoc()), bound(op.getBound()),
        accType(cast<VectorType>(op.getAcc().getType())),
        lanes(accType.getNumElements()) {}

  Value lower();

private:
  bool isBytes() {
    return cast<VectorType>(op.getLhs().getType())
        .getElementType()
        .isInteger(8);
  }
  bool isUnsignedBySigned() { return bound.getLhsLow() >= 0; }
  bool pairFits16() {
    // What a whole lane takes of one sign is more than a pair does.
    if (bound.getHasLane() &&
        bound.getLhsHigh() *
                std::max(-bound.getLaneLow(), bound.getLaneHigh()) <=
            32767)
      return true;
    int64_t rhs =
        std::max(std::abs(bound.getRhsLow()), std::abs(bound.getRhsHigh()));
    return 2 * bound.getLhsHigh() * rhs <= 32767;
  }
  Value intrinsic(StringRef name, Type type, ValueRange operands) {
    return LLVM::CallIntrinsicOp::create(b, loc, type, b.getStringAttr(name),
                                         operands)
        .getResult(0);
  }
  Value accumulate(Value sum) {
    return arith::AddIOp::create(b, loc, sum, op.getAcc());
  }
  Value pairsOfBytes(Value lhs, Value rhs, int64_t bytes);
  Value pairsOfHalves(Value lhs, Value rhs, int64_t halves);
  Value lowerVnni();
  Value lowerPairs();
  Value lowerSign();
  Value lowerPlain();

  OpBuilder &b;
  qt::DotOp op;
  const CpuTarget &target;
  Location loc;
  qt::BoundAttr bound;
  VectorType accType;
  int64_t lanes;
};

} // namespace

/// vpmaddubsw: sums of two products of unsigned by signed bytes, in 16 bits.
Value DotLowering::pairsOfBytes(Value lhs, Value rhs, int64_t bytes) {
  auto type = VectorType::get(bytes / 2, b.getI16Type());
  if (bytes == 64 && target.has("avx512bw"))
    return intrinsic("llvm.x86.avx512.pmaddubs.w.512", type, {lhs, rhs});
  if (bytes == 32 && target.has("avx2"))
    return intrinsic("llvm.x86.avx2.pmadd.ub.sw", type, {lhs, rhs});
  return nullptr;
}

/// vpmaddwd: sums of two products of 16-bit numbers, in 32 bits.
Value DotLowering::pairsOfHalves(Value lhs, Value rhs, int64_t halves) {
  auto type = VectorType::get(halves / 2, b.getI32Type());
  if (halves == 32 && target.has("avx512bw"))
    return intrinsic("llvm.x86.avx512.pmaddw.d.512", type, {lhs, rhs});
  if (halves == 16 && target.has("avx2"))
    return intrinsic("llvm.x86.avx2.pmadd.wd", type, {lhs, rhs});
  return nullptr;
}

Value DotLowering::lowerVnni() {
  if (op.getWays() != 4 || !isBytes() ||
      !accType.getElementType().isInteger(32) || !isUnsignedBySigned())
    return nullptr;
  StringRef name;
  if (lanes == 16 && target.has("avx512vnni"))
    name = "llvm.x86.avx512.vpdpbusd.512";
  else if (lanes == 8 && (target.has("avxvnni") ||
                          (target.has("avx512vnni") && target.has("avx512vl"))))
    name = "llvm.x86.avx512.vpdpbusd.256";
  else
    return nullptr;
  return intrinsic(name, accType, {op.getAcc(), op.getLhs(), op.getRhs()});
}

Value DotLowering::lowerPairs() {
  if (isBytes()) {
    if (!isUnsignedBySigned() || !pairFits16())
      return nullptr;
    Value pairs = pairsOfBytes(op.getLhs(), op.getRhs(), lanes * op.getWays());
    if (!pairs)
      return nullptr;
    if (accType.getElementType().isInteger(16))
      return accumulate(pairs);
    if (op.getWays() != 4)
      return nullptr;
    auto halves = cast<VectorType>(pairs.getType());
    Value ones = arith::ConstantOp::create(
        b, loc, DenseElementsAttr::get(halves, b.getI16IntegerAttr(1)));
    Value sums = pairsOfHalves(pairs, ones, halves.getNumElements());
    return sums ? accumulate(sums) : Value();
  }
  Value sums = pairsOfHalves(op.getLhs(), op.getRhs(), lanes * op.getWays());
  return sums ? accumulate(sums) : Value();
}

/// Signed by signed bytes within 127: the weight takes the activation's sign,
/// which then is a magnitude. 2 * 127 * 127 fits 16 bits.
Value DotLowering::lowerSign() {
  int64_t largest = std::max({std::abs(bound.getLhsLow()), bound.getLhsHigh(),
                              std::abs(bound.getRhsLow()), bound.getRhsHigh()});
  bool hasHalves = accType.getElementType().isInteger(16);
  if (!isBytes() || lanes * op.getWays() != 32 || isUnsignedBySigned() ||
      hasHalves != (op.getWays() == 2) || largest > 127 || !target.has("avx2"))
    return nullptr;
  Type bytes = op.getLhs().getType();
  Value magnitude = math::AbsIOp::create(b, loc, op.getLhs());
  Value rhs =
      intrinsic("llvm.x86.avx2.psign.b", bytes, {op.getRhs(), op.getLhs()});
  Value pairs = pairsOfBytes(magnitude, rhs, 32);
  if (hasHalves)
    return accumulate(pairs);
  auto halves = cast<VectorType>(pairs.getType());
  Value ones = arith::ConstantOp::create(
      b, loc, DenseElementsAttr::get(halves, b.getI16IntegerAttr(1)));
  return accumulate(pairsOfHalves(pairs, ones, 16));
}

/// Widened products: exact whatever the values.
Value DotLowering::lowerPlain() {
  int64_t ways = op.getWays();
  Type element = accType.getElementType();
  unsigned bits =
      cast<VectorType>(op.getLhs().getType()).getElementTypeBitWidth();
  Value sum = op.getAcc();
  for (int64_t way = 0; way < ways; ++way) {
    SmallVector<int64_t> picks;
    for (int64_t lane = 0; lane < lanes; ++lane)
      picks.push_back(lane * ways + way);
    auto widen = [&](Value value, bool isUnsigned) -> Value {
      Value part = vector::ShuffleOp::create(b, loc, value, value, picks);
      if (element.isInteger(bits))
        return part;
      return isUnsigned ? Value(arith::ExtUIOp::create(b, loc, accType, part))
                        : Value(arith::ExtSIOp::create(b, loc, accType, part));
    };
    Value product = arith::MulIOp::create(
        b, loc, widen(op.getLhs(), bound.getLhsLow() >= 0),
        widen(op.getRhs(), bound.getRhsLow() >= 0));
    sum = arith::AddIOp::create(b, loc, sum, product);
  }
  return sum;
}

Value DotLowering::lower() {
  if (Value value = lowerVnni())
    return value;
  if (Value value = lowerPairs())
    return value;
  if (Value value = lowerSign())
    return value;
  return lowerPlain();
}

/// A byte shuffle where there is one; else a chain of selections.
static Value lowerLookup(OpBuilder &b, qt::LookupOp op,
                         const CpuTarget &target) {
  Location loc = op.getLoc();
  auto type = cast<VectorType>(op.getIndices().getType());
  ArrayRef<int8_t> table = op.getTable();
  bool is32 = type.getNumElements() == 32 && target.has("avx2");
  bool is16 = type.getNumElements() == 16 && target.has("ssse3");
  if (is32 || is16) {
    SmallVector<int8_t> bytes;
    for (int64_t i = 0; i < type.getNumElements(); ++i)
      bytes.push_back(
          i % 16 < static_cast<int64_t>(table.size()) ? table[i % 16] : 0);
    Value constant = arith::ConstantOp::create(
        b, loc, DenseElementsAttr::get(type, ArrayRef<int8_t>(bytes)));
    StringRef name =
        is32 ? "llvm.x86.avx2.pshuf.b" : "llvm.x86.ssse3.pshuf.b.128";
    return LLVM::CallIntrinsicOp::create(b, loc, type, b.getStringAttr(name),
                                         ValueRange{constant, op.getIndices()})
        .getResult(0);
  }
  auto splat = [&](int8_t value) -> Value {
    return arith::ConstantOp::create(
        b, loc, DenseElementsAttr::get(type, b.getI8IntegerAttr(value)));
  };
  Value result = splat(table[0]);
  for (size_t i = 1; i < table.size(); ++i) {
    Value hit =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, op.getIndices(),
                              splat(static_cast<int8_t>(i)));
    result = arith::SelectOp::create(b, loc, hit, splat(table[i]), result);
  }
  return result;
}

/// Byte shuffles of both halves where there are some, each of which leaves
/// zeros where a place is in the other; else byte by byte.
static Value lowerPick(OpBuilder &b, qt::PickOp op, const CpuTarget &target) {
  Location loc = op.getLoc();
  auto type = cast<VectorType>(op.getType());
  int64_t count = type.getNumElements();
  auto inOrder = [](int64_t first, int64_t size, int64_t wrap) {
    SmallVector<int64_t> places;
    for (int64_t i = 0; i < size; ++i)
      places.push_back(first + i % wrap);
    return places;
  };
  bool is32 = count == 32 && target.has("avx2");
  if (is32 || (count == 16 && target.has("ssse3"))) {
    // A place whose highest bit is set gives zero.
    auto shuffle = [&](Value half, int8_t offset) -> Value {
      if (is32)
        half = vector::ShuffleOp::create(b, loc, half, half,
                                         inOrder(0, count, 16));
      Value places = arith::AddIOp::create(
          b, loc, op.getPlaces(),
          arith::ConstantOp::create(
              b, loc,
              DenseElementsAttr::get(type, b.getI8IntegerAttr(offset))));
      return LLVM::CallIntrinsicOp::create(
                 b, loc, type,
                 b.getStringAttr(is32 ? "llvm.x86.avx2.pshuf.b"
                                      : "llvm.x86.ssse3.pshuf.b.128"),
                 ValueRange{half, places})
          .getResult(0);
    };
    return arith::OrIOp::create(b, loc, shuffle(op.getLow(), 112),
                                shuffle(op.getHigh(), -16));
  }
  Value bytes = vector::ShuffleOp::create(b, loc, op.getLow(), op.getHigh(),
                                          inOrder(0, 32, 32)),
        result = op.getPlaces();
  for (int64_t i = 0; i < count; ++i) {
    Value place = vector::ExtractOp::create(b, loc, op.getPlaces(), i);
    place = arith::IndexCastUIOp::create(b, loc, b.getIndexType(), place);
    Value byte = vector::ExtractOp::create(b, loc, bytes, place);
    result = vector::InsertOp::create(b, loc, byte, result, i);
  }
  return result;
}

namespace {
struct LowerDot : quantc::impl::LowerDotBase<LowerDot> {
  using LowerDotBase::LowerDotBase;

  void runOnOperation() override {
    Operation *root = getOperation();
    SmallVector<Operation *> ops;
    root->walk([&](Operation *op) {
      if (isa<qt::DotOp, qt::LookupOp, qt::PickOp>(op))
        ops.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (Operation *op : ops) {
      CpuTarget target = CpuTarget::around(op);
      rewriter.setInsertionPoint(op);
      if (auto dot = dyn_cast<qt::DotOp>(op))
        rewriter.replaceOp(op, DotLowering(rewriter, dot, target).lower());
      else if (auto pick = dyn_cast<qt::PickOp>(op))
        rewriter.replaceOp(op, lowerPick(rewriter, pick, target));
      else
        rewriter.replaceOp(
            op, lowerLookup(rewriter, cast<qt::LookupOp>(op), target));
    }
  }
};
} // namespace
