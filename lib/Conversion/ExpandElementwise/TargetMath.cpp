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

/// Whether LLVM would compute an op on these lanes in floats where there is no
/// AVX2: powers of two to shift by, and to compare 256 bits with AVX alone.
static bool becomesFloats(Operation *op, const CpuTarget &target) {
  if (!isa<arith::ShLIOp, arith::CmpIOp>(op))
    return false;
  auto type = dyn_cast<VectorType>(op->getOperand(0).getType());
  if (!type || !type.getElementType().isInteger(32))
    return false;
  if (isa<arith::ShLIOp>(op))
    return !matchPattern(op->getOperand(1), m_Constant());
  return target.has("avx") && type.getNumElements() > 4;
}

/// Lane by lane: integer-only networks have no float instruction on any target.
static Value takeApart(OpBuilder &b, Operation *op) {
  Location loc = op->getLoc();
  auto type = cast<VectorType>(op->getResult(0).getType());
  Value result = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
  for (int64_t lane = 0; lane < type.getNumElements(); ++lane) {
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(vector::ExtractOp::create(b, loc, operand, lane));
    Operation *one =
        b.create(loc, op->getName().getIdentifier(), operands,
                 type.getElementType(), op->getAttrDictionary().getValue());
    result = vector::InsertOp::create(b, loc, one->getResult(0), result, lane);
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
  if (triple.isAArch64())
    return;
  // RISC-V rounds to integers only.
  bool hasFma = target.has("fma") || target.has("avx512f") || target.has("f");
  bool hasRounding = target.has("sse4.1");
  bool hasAvx2 = target.has("avx2") || triple.isRISCV();
  IRRewriter rewriter(root->getContext());
  SmallVector<Operation *> ops;
  root->walk([&](Operation *op) {
    bool isRounding =
        isa<math::RoundEvenOp, math::FloorOp, math::CeilOp, math::TruncOp>(op);
    bool isFma = isa<math::FmaOp, vector::FMAOp>(op);
    if ((isFma && !hasFma) || (isRounding && !hasRounding) ||
        (!hasAvx2 && becomesFloats(op, target)))
      ops.push_back(op);
  });
  for (Operation *op : ops) {
    rewriter.setInsertionPoint(op);
    if (isa<arith::ShLIOp, arith::CmpIOp>(op)) {
      rewriter.replaceOp(op, takeApart(rewriter, op));
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
