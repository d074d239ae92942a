//===- TargetMath.cpp - What a target has no instruction for ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Expansions.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/TargetParser/Triple.h"

using namespace mlir;
using namespace quantc;

static Value number(OpBuilder &b, Location loc, Type type, double value) {
  TypedAttr element = b.getFloatAttr(getElementTypeOrSelf(type), value);
  if (auto vector = dyn_cast<VectorType>(type))
    return arith::ConstantOp::create(
        b, loc, DenseElementsAttr::get(vector, Attribute(element)));
  return arith::ConstantOp::create(b, loc, element);
}

static Value compare(OpBuilder &b, Location loc, arith::CmpFPredicate predicate,
                     Value x, Value y) {
  return arith::CmpFOp::create(b, loc, predicate, x, y);
}

static Value select(OpBuilder &b, Location loc, Value condition, Value x,
                    Value y) {
  return arith::SelectOp::create(b, loc, condition, x, y);
}

/// To the nearest integer, ties to even: beyond 2^23 (2^52) floats are whole,
/// below adding and subtracting that leaves no place for a fraction.
static Value roundToEven(OpBuilder &b, Location loc, Value x) {
  Type type = x.getType();
  bool isDouble = getElementTypeOrSelf(type).isF64();
  Value large = number(b, loc, type, isDouble ? 0x1p52 : 0x1p23);
  Value a = math::AbsFOp::create(b, loc, x);
  Value r = arith::SubFOp::create(
      b, loc, arith::AddFOp::create(b, loc, a, large), large);
  Value isSmall = compare(b, loc, arith::CmpFPredicate::OLT, a, large);
  return math::CopySignOp::create(b, loc, select(b, loc, isSmall, r, a), x);
}

static Value roundDown(OpBuilder &b, Location loc, Value x) {
  Value r = roundToEven(b, loc, x);
  Value less = arith::SubFOp::create(b, loc, r, number(b, loc, x.getType(), 1));
  return select(b, loc, compare(b, loc, arith::CmpFPredicate::OGT, r, x), less,
                r);
}

static Value roundUp(OpBuilder &b, Location loc, Value x) {
  Value r = roundToEven(b, loc, x);
  // -1 + 1 would lose the sign of a zero.
  Value more = math::CopySignOp::create(
      b, loc, arith::AddFOp::create(b, loc, r, number(b, loc, x.getType(), 1)),
      x);
  return select(b, loc, compare(b, loc, arith::CmpFPredicate::OLT, r, x), more,
                r);
}

static Value roundToZero(OpBuilder &b, Location loc, Value x) {
  Value a = math::AbsFOp::create(b, loc, x);
  return math::CopySignOp::create(b, loc, roundDown(b, loc, a), x);
}

/// Whether LLVM would make powers of two of floats to shift these lanes by.
static bool shiftsByFloats(Operation *op) {
  auto shift = dyn_cast<arith::ShLIOp>(op);
  auto type = shift ? dyn_cast<VectorType>(shift.getType()) : VectorType();
  return type && type.getElementType().isInteger(32) &&
         !matchPattern(shift.getRhs(), m_Constant());
}

/// Lane by lane: integer-only networks have no float instruction on any target.
static Value shiftLanes(OpBuilder &b, arith::ShLIOp op) {
  Location loc = op.getLoc();
  auto type = cast<VectorType>(op.getType());
  Value result = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
  for (int64_t lane = 0; lane < type.getNumElements(); ++lane) {
    Value x = vector::ExtractOp::create(b, loc, op.getLhs(), lane);
    Value places = vector::ExtractOp::create(b, loc, op.getRhs(), lane);
    Value shifted = arith::ShLIOp::create(b, loc, x, places);
    result = vector::InsertOp::create(b, loc, shifted, result, lane);
  }
  return result;
}

static Value expandRounding(OpBuilder &b, Operation *op) {
  Location loc = op->getLoc();
  if (isa<math::RoundEvenOp>(op))
    return roundToEven(b, loc, op->getOperand(0));
  if (isa<math::FloorOp>(op))
    return roundDown(b, loc, op->getOperand(0));
  if (isa<math::CeilOp>(op))
    return roundUp(b, loc, op->getOperand(0));
  if (isa<math::TruncOp>(op))
    return roundToZero(b, loc, op->getOperand(0));
  return Value();
}

void quantc::expandForTarget(Operation *root, const CpuTarget &target) {
  llvm::Triple triple(target.getTriple());
  if (!triple.isX86())
    return;
  bool hasFma = target.has("fma") || target.has("avx512f");
  bool hasRounding = target.has("sse4.1");
  if (hasFma && hasRounding)
    return;
  IRRewriter rewriter(root->getContext());
  SmallVector<Operation *> ops;
  root->walk([&](Operation *op) {
    if (!target.has("avx2") && shiftsByFloats(op))
      ops.push_back(op);
    bool isFma = isa<math::FmaOp, vector::FMAOp>(op);
    if ((isFma && !hasFma) ||
        (!hasRounding &&
         isa<math::RoundEvenOp, math::FloorOp, math::CeilOp, math::TruncOp>(
             op)))
      ops.push_back(op);
  });
  for (Operation *op : ops) {
    rewriter.setInsertionPoint(op);
    if (auto shift = dyn_cast<arith::ShLIOp>(op)) {
      rewriter.replaceOp(op, shiftLanes(rewriter, shift));
      continue;
    }
    if (Value rounded = expandRounding(rewriter, op)) {
      rewriter.replaceOp(op, rounded);
      continue;
    }
    Value product = arith::MulFOp::create(rewriter, op->getLoc(),
                                          op->getOperand(0), op->getOperand(1));
    rewriter.replaceOpWithNewOp<arith::AddFOp>(op, product, op->getOperand(2));
  }
}
