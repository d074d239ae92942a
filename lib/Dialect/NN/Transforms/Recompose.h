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

/// The element that all elements of a constant float tensor are equal to.
std::optional<double> matchSplat(mlir::Value value);

/// Whether `value` is the constant `expected`, up to its rounding to f32.
bool isNumber(double value, double expected);

/// Matches `value` = other + the constant `number`, in either order.
mlir::Value matchAddedNumber(mlir::Value value, double number);

void populateRecomposeGeluPatterns(mlir::RewritePatternSet &patterns);
void populateRecomposeLayerNormPatterns(mlir::RewritePatternSet &patterns);
void populateRecomposeAttentionPatterns(mlir::RewritePatternSet &patterns);

} // namespace quantc::nn

#endif // QUANTC_LIB_DIALECT_NN_TRANSFORMS_RECOMPOSE_H
