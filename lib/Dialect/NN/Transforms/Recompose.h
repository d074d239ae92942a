//===- Recompose.h - Whole ops from chains of primitives --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_DIALECT_NN_TRANSFORMS_RECOMPOSE_H
#define QUANTC_LIB_DIALECT_NN_TRANSFORMS_RECOMPOSE_H

#include "mlir/IR/PatternMatch.h"
#include "quantc/Analysis/SymbolicShapes.h"
#include "llvm/ADT/MapVector.h"

namespace quantc::nn {

/// A product of values and of one number, as a tree of multiplications,
/// divisions by constants and powers spells it.
struct Product {
  double scale = 1;
  llvm::SmallVector<mlir::Value> factors;
};

/// Reads `root` as a product. Intermediate products with other users are
/// factors themselves.
Product matchProduct(mlir::Value root);

/// The elements of a constant, read from the model's file where they lie there;
/// null for what is no constant or too large to be looked at.
mlir::DenseElementsAttr readConstant(mlir::Value value);

/// Whether `value` is the constant `expected`, up to its rounding to f32.
bool isNumber(double value, double expected);

/// Matches `value` = other + the constant `number`, in either order.
mlir::Value matchAddedNumber(mlir::Value value, double number);

/// A numerator over the root of what is under it.
struct RootQuotient {
  mlir::Value numerator, radicand;
};

/// Reads `value` as n / sqrt(r), n * (1 / sqrt(r)) or n * r^-0.5; several ways
/// where both factors could be the root.
llvm::SmallVector<RootQuotient, 2> matchRootQuotient(mlir::Value value);

/// `value` = r^power, for a power of 0.5 or -0.5: r, or null.
mlir::Value matchRoot(mlir::Value value, double power);

/// Divides constant factors out of `value` into `scale`; the rest must be one
/// value of the same type. A factor may also stand between two transposes that
/// undo each other: keys are transposed for the product, and scaled there.
mlir::Value stripScale(mlir::Value value, double &scale);

/// Whether `value` is a scaled product, below a cap, views, and masks that are
/// added to it or chosen in its place.
bool leadsToProduct(mlir::Value value);

/// The input of a mean over the last dims, from `axis` on, that keeps them.
mlir::Value matchTrailingMean(mlir::Value value, int64_t &axis);

/// Splits `value` into another one and an added constant, where it is that.
std::optional<std::pair<mlir::Value, double>> matchShift(mlir::Value value);

/// Whether `value` belongs to the normalised dims alone.
bool isNormParameter(mlir::Value value, mlir::RankedTensorType type,
                     int64_t axis);

/// What one run of the pass knows of a function: sizes of all its values, also
/// of those that patterns create, and what is to be told of its chains.
class RecomposeContext : public mlir::RewriterBase::Listener {
public:
  RecomposeContext(mlir::FunctionOpInterface func, bool reportFound,
                   bool reportMisses)
      : shapes(func), reportFound(reportFound), reportMisses(reportMisses) {}

  SymbolicShapes &getShapes() { return shapes; }

  /// A chain ended in \p op and is now `what`.
  void found(mlir::Operation *op, const llvm::Twine &what);
  /// \p op ends a chain that is nearly `what`. Returns failure.
  llvm::LogicalResult miss(mlir::PatternRewriter &rewriter, mlir::Operation *op,
                           llvm::StringRef what, const llvm::Twine &reason);
  /// Tells of the near misses that are left.
  void reportNearMisses();

  void notifyOperationInserted(mlir::Operation *op,
                               mlir::OpBuilder::InsertPoint previous) override;
  void notifyOperationErased(mlir::Operation *op) override;

private:
  SymbolicShapes shapes;
  bool reportFound, reportMisses;
  llvm::MapVector<mlir::Operation *, std::string> misses;
};

void populateRecomposeGeluPatterns(mlir::RewritePatternSet &patterns,
                                   RecomposeContext &context);
void populateRecomposeNormPatterns(mlir::RewritePatternSet &patterns,
                                   RecomposeContext &context);
void populateRecomposePositionPatterns(mlir::RewritePatternSet &patterns,
                                       RecomposeContext &context);
void populateRecomposeRotaryPatterns(mlir::RewritePatternSet &patterns,
                                     RecomposeContext &context);
void populateRecomposeViewPatterns(mlir::RewritePatternSet &patterns,
                                   RecomposeContext &context);
void populateRecomposeScoresPatterns(mlir::RewritePatternSet &patterns);
void populateRecomposeAttentionPatterns(mlir::RewritePatternSet &patterns,
                                        RecomposeContext &context);

} // namespace quantc::nn

#endif // QUANTC_LIB_DIALECT_NN_TRANSFORMS_RECOMPOSE_H
