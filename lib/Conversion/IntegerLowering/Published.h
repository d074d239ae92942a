//===- Published.h - I-BERT and I-ViT in integer ops ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The functions of Numerics/Fixed/Published on integers with exponents: their
// arguments are brought to the grids that those state.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_INTEGERLOWERING_PUBLISHED_H
#define QUANTC_LIB_CONVERSION_INTEGERLOWERING_PUBLISHED_H

#include "IntegerBuilder.h"
#include "quantc/Dialect/QT/IR/QTAttrs.h"

namespace quantc {

/// The method that an op has been given.
qt::IntegerMethod getIntegerMethod(mlir::Operation *op);

/// The scale that the op's input has by its method where one is known before.
std::optional<double> getInputScale(mlir::Operation *op);

/// What a score is multiplied by to be in units of its method's softmax, those
/// of a scale or of its grid, for results in units of 2^-15.
double getScoreUnit(qt::IntegerMethod method, std::optional<double> scale);

/// The scale of a softmax where none is known before.
double getSoftmaxGrid(qt::IntegerMethod method);

/// Probabilities: integers of `bits` in units of 2^-places.
struct Probabilities {
  mlir::Value codes;
  int64_t places, bits;
};

/// Softmax of scores in units of \p scale or of the method's grid; those of
/// `-fixed::largestScore` are hidden where \p hasHidden. \p count is how many
/// there are, or dynamic.
Probabilities buildPublishedSoftmax(IntegerBuilder &b, qt::IntegerMethod method,
                                    mlir::Value scores,
                                    llvm::ArrayRef<int64_t> axes, int64_t count,
                                    bool hasHidden,
                                    std::optional<double> scale);

/// Integers of up to `bound` in magnitude in units of `unit`.
struct GatedProduct {
  mlir::Value codes;
  int64_t bound = 0;
  double unit = 1;
};

/// GELU of 8 bits at a scale.
GatedProduct buildPublishedGelu(IntegerBuilder &b, qt::IntegerMethod method,
                                mlir::Value codes, llvm::ArrayRef<int64_t> axes,
                                double scale);

/// GELU of rows of 16 bits, the same for each of its forms. With a scale the
/// input has 8 bits.
Scaled buildPublishedGelu(IntegerBuilder &b, qt::IntegerMethod method, Scaled x,
                          llvm::ArrayRef<int64_t> axes,
                          std::optional<double> scale);

/// LayerNorm of rows of \p gamma.size() elements of 16 bits; \p beta may be
/// empty. Below 2^31, with the exponent of all.
std::pair<mlir::Value, int32_t>
buildPublishedNorm(IntegerBuilder &b, qt::IntegerMethod method, mlir::Value x,
                   llvm::ArrayRef<int64_t> axes, llvm::ArrayRef<int64_t> shape,
                   llvm::ArrayRef<double> gamma, llvm::ArrayRef<double> beta);

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_INTEGERLOWERING_PUBLISHED_H
