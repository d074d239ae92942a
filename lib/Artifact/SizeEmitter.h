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
  /// Where there is a block \p overflowed, code goes there soon after a value
  /// overflows; else that shows in the outcome alone.
  SizeEmitter(llvm::IRBuilder<> &builder, llvm::Value *symbols,
              llvm::BasicBlock *overflowed = nullptr)
      : b(builder), symbols(symbols), overflowed(overflowed),
        overflow(b.getFalse()), division(b.getFalse()), negative(b),
        mismatch(b) {}

  llvm::Value *emit(mlir::AffineExpr expression);
  llvm::Value *add(llvm::Value *lhs, llvm::Value *rhs) {
    return checked(llvm::Intrinsic::sadd_with_overflow, lhs, rhs);
  }
  /// Up to the next multiple of the arena's alignment.
  llvm::Value *align(llvm::Value *bytes);
  llvm::Value *maximum(llvm::Value *lhs, llvm::Value *rhs) {
    return b.CreateBinaryIntrinsic(llvm::Intrinsic::smax, lhs, rhs);
  }
  /// Whether a size needs to be looked at: others have been.
  static bool needsCheck(mlir::AffineExpr size);
  /// Notes it where the size is below zero. \p site is the one of error words.
  void checkSize(mlir::AffineExpr size, uint32_t site = 0);

  /// Notes it where two numbers of elements differ.
  void checkEqual(mlir::AffineExpr a, mlir::AffineExpr b, uint32_t site = 0);

  /// The error word of everything that was emitted, and the two sizes that it
  /// is about.
  struct Outcome {
    llvm::Value *word;
    llvm::Value *sizes[2];
  };
  Outcome getOutcome();

private:
  /// Whether one of several checks failed, and which was the first.
  struct Failure {
    explicit Failure(llvm::IRBuilder<> &b)
        : isThere(b.getFalse()), site(b.getInt32(0)),
          sizes{b.getInt64(0), b.getInt64(0)} {}
    llvm::Value *isThere, *site, *sizes[2];
  };
  void note(Failure &failure, llvm::Value *isWrong, uint32_t site,
            llvm::Value *first, llvm::Value *second);
  llvm::Value *checked(llvm::Intrinsic::ID operation, llvm::Value *lhs,
                       llvm::Value *rhs);
  llvm::Value *divide(mlir::AffineExprKind kind, llvm::Value *lhs,
                      llvm::Value *rhs);

  llvm::IRBuilder<> &b;
  llvm::Value *symbols;
  llvm::BasicBlock *overflowed;
  unsigned numChecks = 0; ///< since code last went on in a block of its own
  llvm::DenseMap<mlir::AffineExpr, llvm::Value *> known;
  llvm::Value *overflow, *division;
  Failure negative, mismatch;
};

} // namespace quantc

#endif // QUANTC_LIB_ARTIFACT_SIZEEMITTER_H
