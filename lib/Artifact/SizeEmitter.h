//===- SizeEmitter.h - Sizes as code -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_ARTIFACT_SIZEEMITTER_H
#define QUANTC_LIB_ARTIFACT_SIZEEMITTER_H

#include "mlir/IR/AffineExpr.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/IR/IRBuilder.h"

namespace quantc {

/// Emits the values of expressions of the program's symbols, once each, and
/// notes what goes wrong at run time.
class SizeEmitter {
public:
  SizeEmitter(llvm::IRBuilder<> &builder, llvm::Value *symbols)
      : b(builder), symbols(symbols), overflow(b.getFalse()),
        negative(b.getFalse()), division(b.getFalse()), mismatch(b.getFalse()) {
  }

  llvm::Value *emit(mlir::AffineExpr expression);
  llvm::Value *add(llvm::Value *lhs, llvm::Value *rhs) {
    return checked(llvm::Intrinsic::sadd_with_overflow, lhs, rhs);
  }
  /// Up to the next multiple of the arena's alignment.
  llvm::Value *align(llvm::Value *bytes);
  llvm::Value *maximum(llvm::Value *lhs, llvm::Value *rhs) {
    return b.CreateBinaryIntrinsic(llvm::Intrinsic::smax, lhs, rhs);
  }
  /// Notes it where the size is below zero.
  void checkSize(mlir::AffineExpr size);

  /// Notes it where two numbers of elements differ.
  void checkEqual(mlir::AffineExpr a, mlir::AffineExpr b);

  /// The error word of everything that was emitted.
  llvm::Value *getErrorWord();

private:
  llvm::Value *checked(llvm::Intrinsic::ID operation, llvm::Value *lhs,
                       llvm::Value *rhs);
  llvm::Value *divide(mlir::AffineExprKind kind, llvm::Value *lhs,
                      llvm::Value *rhs);

  llvm::IRBuilder<> &b;
  llvm::Value *symbols;
  llvm::DenseMap<mlir::AffineExpr, llvm::Value *> known;
  llvm::Value *overflow, *negative, *division, *mismatch;
};

} // namespace quantc

#endif // QUANTC_LIB_ARTIFACT_SIZEEMITTER_H
