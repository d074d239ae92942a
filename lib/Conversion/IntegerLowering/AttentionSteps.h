//===- AttentionSteps.h - Attention of the published methods ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_CONVERSION_INTEGERLOWERING_ATTENTIONSTEPS_H
#define QUANTC_LIB_CONVERSION_INTEGERLOWERING_ATTENTIONSTEPS_H

#include "IntegerModels.h"
#include "Published.h"

namespace quantc {

/// What a mask does to scores, null for nothing.
struct ScoreMask {
  mlir::Value added; ///< in the unit of the scores
  mlir::Value seen;  ///< which of them count; there if `added` is
};

/// The steps of attention by I-BERT and I-ViT, whatever the scales are. Query
/// heads that share a key head are folded into its queries for products.
class PublishedAttention {
public:
  PublishedAttention(nn::AttentionOp op, IntegerBuilder &b);

  /// \p parts are those of every operand, and \p type is what the mask has.
  llvm::FailureOr<ScoreMask> buildMask(Parts parts, mlir::Type type);
  /// Folded products of parts of rows of 8 bits.
  mlir::Value buildProducts(mlir::ValueRange query, mlir::ValueRange key);
  mlir::Value unfold(mlir::Value scores);
  /// Of scores in the unit of the softmax.
  Probabilities buildShares(mlir::Value z, ScoreMask mask);
  /// Of weights of \p bits bits, and values of 8 bits that all have one unit.
  mlir::Value buildSums(mlir::Value weights, int64_t bits, mlir::Value values);

private:
  nn::AttentionOp op;
  IntegerBuilder &b;
  qt::IntegerMethod method;
};

} // namespace quantc

#endif // QUANTC_LIB_CONVERSION_INTEGERLOWERING_ATTENTIONSTEPS_H
