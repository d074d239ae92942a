//===- SizeEmitter.cpp - Sizes as code -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SizeEmitter.h"
#include "quantc/Runtime/Program.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;
using namespace quantc;
using mlir::AffineExpr;
using mlir::AffineExprKind;

/// LLVM takes time that grows with the square of how many bits of one block are
/// joined: seconds for the thousands of sizes of a large model.
static constexpr unsigned checksOfBlock = 256;

Value *SizeEmitter::checked(Intrinsic::ID operation, Value *lhs, Value *rhs) {
  auto *left = dyn_cast<ConstantInt>(lhs), *right = dyn_cast<ConstantInt>(rhs);
  int64_t result;
  if (left && right &&
      !(operation == Intrinsic::sadd_with_overflow
            ? AddOverflow(left->getSExtValue(), right->getSExtValue(), result)
            : MulOverflow(left->getSExtValue(), right->getSExtValue(), result)))
    return b.getInt64(result);
  Value *pair = b.CreateBinaryIntrinsic(operation, lhs, rhs);
  overflow = b.CreateOr(overflow, b.CreateExtractValue(pair, 1));
  Value *value = b.CreateExtractValue(pair, 0);
  if (overflowed && ++numChecks == checksOfBlock) {
    auto *next =
        BasicBlock::Create(b.getContext(), "", b.GetInsertBlock()->getParent());
    b.CreateCondBr(overflow, overflowed, next);
    b.SetInsertPoint(next);
    overflow = b.getFalse();
    numChecks = 0;
  }
  return value;
}

Value *SizeEmitter::divide(AffineExprKind kind, Value *lhs, Value *rhs) {
  Value *zero = b.getInt64(0), *one = b.getInt64(1);
  if (!isa<ConstantInt>(rhs)) {
    // Divisors are sizes: not negative, but one may be empty.
    Value *isZero = b.CreateICmpSLE(rhs, zero);
    division = b.CreateOr(division, isZero);
    rhs = b.CreateSelect(isZero, one, rhs);
  }
  Value *quotient = b.CreateSDiv(lhs, rhs);
  Value *rest = b.CreateSRem(lhs, rhs);
  Value *below = b.CreateICmpSLT(rest, zero);
  switch (kind) {
  case AffineExprKind::FloorDiv:
    return b.CreateSub(quotient, b.CreateZExt(below, b.getInt64Ty()));
  case AffineExprKind::CeilDiv:
    return b.CreateAdd(
        quotient, b.CreateZExt(b.CreateICmpSGT(rest, zero), b.getInt64Ty()));
  default:
    return b.CreateSelect(below, b.CreateAdd(rest, rhs), rest);
  }
}

Value *SizeEmitter::emit(AffineExpr expression) {
  if (Value *value = known.lookup(expression))
    return value;
  Value *value = nullptr;
  if (auto constant = mlir::dyn_cast<mlir::AffineConstantExpr>(expression)) {
    value = b.getInt64(constant.getValue());
  } else if (auto symbol = mlir::dyn_cast<mlir::AffineSymbolExpr>(expression)) {
    Type *i64 = b.getInt64Ty();
    value = b.CreateLoad(
        i64, b.CreateConstInBoundsGEP1_64(i64, symbols, symbol.getPosition()));
  } else {
    auto binary = mlir::cast<mlir::AffineBinaryOpExpr>(expression);
    Value *lhs = emit(binary.getLHS()), *rhs = emit(binary.getRHS());
    AffineExprKind kind = expression.getKind();
    if (kind == AffineExprKind::Add)
      value = checked(Intrinsic::sadd_with_overflow, lhs, rhs);
    else if (kind == AffineExprKind::Mul)
      value = checked(Intrinsic::smul_with_overflow, lhs, rhs);
    else
      value = divide(kind, lhs, rhs);
  }
  known[expression] = value;
  return value;
}

Value *SizeEmitter::align(Value *bytes) {
  Value *sum = add(bytes, b.getInt64(QCRT_ALIGNMENT - 1));
  return b.CreateAnd(sum, b.getInt64(-QCRT_ALIGNMENT));
}

bool SizeEmitter::needsCheck(AffineExpr size) {
  // Constants and symbols have been checked.
  return mlir::isa<mlir::AffineBinaryOpExpr>(size);
}

void SizeEmitter::note(Failure &failure, Value *isWrong, uint32_t site,
                       Value *first, Value *second) {
  auto keep = [&](Value *&known, Value *own) {
    known = b.CreateSelect(failure.isThere, known,
                           b.CreateSelect(isWrong, own, known));
  };
  keep(failure.site, b.getInt32(site));
  keep(failure.sizes[0], first);
  keep(failure.sizes[1], second);
  failure.isThere = b.CreateOr(failure.isThere, isWrong);
}

void SizeEmitter::checkSize(AffineExpr size, uint32_t site) {
  if (!needsCheck(size))
    return;
  Value *zero = b.getInt64(0), *value = emit(size);
  note(negative, b.CreateICmpSLT(value, zero), site, value, zero);
}

void SizeEmitter::checkEqual(AffineExpr a, AffineExpr b, uint32_t site) {
  if (a == b)
    return;
  Value *first = emit(a), *second = emit(b);
  note(mismatch, this->b.CreateICmpNE(first, second), site, first, second);
}

SizeEmitter::Outcome SizeEmitter::getOutcome() {
  auto word = [&](const Failure &failure, int32_t kind) {
    Value *site = b.CreateShl(failure.site, QCRT_ERROR_KIND_BITS);
    return b.CreateSelect(failure.isThere, b.CreateOr(site, kind),
                          b.getInt32(QCRT_OK));
  };
  Outcome outcome;
  outcome.word =
      b.CreateSelect(negative.isThere, word(negative, QCRT_NEGATIVE_SIZE),
                     word(mismatch, QCRT_SHAPE_MISMATCH));
  for (auto [size, below, unequal] :
       zip_equal(outcome.sizes, negative.sizes, mismatch.sizes))
    size = b.CreateSelect(negative.isThere, below, unequal);
  outcome.word =
      b.CreateSelect(division, b.getInt32(QCRT_DIVISION_BY_ZERO), outcome.word);
  // Behind an overflow nothing else is as it seems.
  outcome.word =
      b.CreateSelect(overflow, b.getInt32(QCRT_SIZE_OVERFLOW), outcome.word);
  return outcome;
}
