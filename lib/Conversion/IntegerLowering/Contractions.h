//===- Contractions.h - Integer products ------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_INTEGERLOWERING_CONTRACTIONS_H
#define QUANTC_LIB_CONVERSION_INTEGERLOWERING_CONTRACTIONS_H

#include "IntegerBuilder.h"
#include <vector>

namespace quantc {

/// The scale of each output, 0 where its weights are zeros, and the largest
/// magnitude of its sums with codes of 8 bits; the same of each of its `blocks`
/// blocks of channels, output by output.
struct WeightSums {
  std::vector<double> scales;
  std::vector<int64_t> bounds;
  int64_t blocks = 0;
  std::vector<int64_t> blockBounds;
};

/// Of a constant in joint form.
llvm::FailureOr<WeightSums> getWeightSums(mlir::Value weights);

/// Parts of the channels, by where they end, whose sums with shifted codes of 8
/// bits fit 32 bits, and the multipliers of all of them.
struct SumParts {
  llvm::SmallVector<int64_t> ends;
  numerics::fixed::Multipliers multipliers;
  /// Of each output: the scale, and what a sum may reach.
  std::vector<double> scales;
  std::vector<int64_t> bounds;
};

/// Of the weights of \p op in joint form, as few parts as it takes; an error
/// where that is more than one and it may not be cut, or where blocks are too
/// long.
llvm::FailureOr<SumParts> cutSums(mlir::Operation *op, mlir::Value weights,
                                  bool mayCut);

/// The sums, 32 bits, of products of two sides, of the shape \p type.
mlir::Value contract(IntegerBuilder &b, mlir::RankedTensorType type,
                     mlir::ValueRange lhs, qt::BlockType lhsFormat,
                     mlir::ValueRange rhs, qt::BlockType rhsFormat,
                     mlir::Attribute geometry);

/// Rows of 16 bits as blocks of 8 bits with shifts.
llvm::SmallVector<mlir::Value>
encodeBlocks(IntegerBuilder &b, mlir::ValueRange row, qt::BlockType blocks);

/// The sums, 32 bits, of the product or convolution \p op by the parts of its
/// operands.
mlir::Value contractWeights(IntegerBuilder &b, mlir::Operation *op,
                            mlir::ValueRange lhs, qt::BlockType lhsFormat,
                            mlir::ValueRange weights,
                            qt::BlockType weightFormat);

/// Whether a product has weights that are encoded as such.
bool hasWeights(nn::MatmulOp op);

/// Whether each example of \p value is one row that a pool over positions has
/// left, which other steps on rows may follow.
bool isPooledRow(mlir::Value value);
/// Whether the images that \p op takes are a single position each.
bool isSinglePosition(nn::ConvOp op);

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_INTEGERLOWERING_CONTRACTIONS_H
