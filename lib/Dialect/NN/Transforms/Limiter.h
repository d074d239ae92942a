//===- Limiter.h - Values of limited constants ------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_NN_TRANSFORMS_LIMITER_H
#define QUANTC_LIB_DIALECT_NN_TRANSFORMS_LIMITER_H

#include "PrepareIntegers.h"
#include "llvm/ADT/DenseMap.h"

#include <cmath>
#include <optional>

namespace quantc::nn {

/// Whether elements are integers: products with them are 0, or at least as
/// large as their other factor.
bool isWhole(mlir::Value value, unsigned depth = 0);

/// Brings constants that a value is chosen from, moved from or the sum of to
/// `limitOfScores` or a larger limit, in a copy of the ops between where others
/// see them.
class Limiter {
protected:
  /// What is asked of a value.
  struct Part {
    bool low, high;         ///< limits what is below -limit, beyond it
    bool isSummand = false; ///< of a sum
    unsigned depth = 0;     ///< ops between
    /// By how many powers of two the limit is larger.
    unsigned places = 0;

    double getLimit() const { return std::ldexp(limitOfScores, places); }
  };

  /// Looks no further than \p deepest ops, where that is given.
  explicit Limiter(std::optional<unsigned> deepest = std::nullopt)
      : deepest(deepest) {}
  virtual ~Limiter() = default;

  /// The value with limited numbers, itself where none is beyond the limit.
  mlir::Value limit(mlir::Value value, Part part);
  static mlir::Value limitConstant(mlir::Value value, Part part);
  /// The op on limited operands, of those that \p which names.
  mlir::Value rebuild(mlir::Operation *op, llvm::ArrayRef<unsigned> which,
                      Part part);

  /// The product by whole numbers with its constant limited; itself where it is
  /// none.
  mlir::Value limitConstantFactor(BinaryOp op, Part part);

  virtual mlir::Value limitInput(mlir::Value input) { return input; }
  virtual mlir::Value limitProduct(BinaryOp op, Part part) = 0;
  /// Whether a summand moves all elements alike, and stays.
  virtual bool isOffset(mlir::Value summand) { return false; }
  /// The operands whose elements an op that computes nothing moves, if it is
  /// followed.
  virtual llvm::SmallVector<unsigned> getMoved(mlir::Operation *op);

private:
  mlir::Value compute(mlir::Value value, Part part);

  std::optional<unsigned> deepest;
  /// By values and what is asked of them.
  llvm::DenseMap<std::pair<mlir::Value, unsigned>, mlir::Value> known;
};

} // namespace quantc::nn

#endif // QUANTC_LIB_DIALECT_NN_TRANSFORMS_LIMITER_H
