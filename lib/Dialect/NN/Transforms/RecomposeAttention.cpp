//===- RecomposeAttention.cpp - Attention from its chain --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Recompose.h"
#include "quantc/Dialect/NN/IR/NNOps.h"

using namespace mlir;
using namespace quantc::nn;

static int64_t rankOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getRank();
}

/// Divides constant factors out of `value` into `scale`; the rest must be one
/// value of the same type.
static Value stripScale(Value value, double &scale) {
  Product product = matchProduct(value);
  if (product.factors.size() != 1 ||
      product.factors[0].getType() != value.getType())
    return value;
  scale *= product.scale;
  return product.factors[0];
}

/// The scores under the softmax: (q k^T) * scale + mask.
namespace {
struct Scores {
  MatmulOp product;
  Value mask;
  double scale = 1;
};
} // namespace

static std::optional<Scores> matchScaledProduct(Value value) {
  Scores scores;
  Value product = stripScale(value, scores.scale);
  scores.product = product.getDefiningOp<MatmulOp>();
  if (!scores.product || rankOf(scores.product.getLhs()) != 4 ||
      rankOf(scores.product.getRhs()) != 4)
    return std::nullopt;
  return scores;
}

static std::optional<Scores> matchScores(Value value) {
  if (auto scores = matchScaledProduct(value))
    return scores;
  auto sum = value.getDefiningOp<BinaryOp>();
  if (!sum || sum.getKind() != BinaryKind::Add)
    return std::nullopt;
  for (auto [product, mask] : {std::pair(sum.getLhs(), sum.getRhs()),
                               std::pair(sum.getRhs(), sum.getLhs())}) {
    // The mask must not add dims, nor sizes, to the scores.
    if (product.getType() != sum.getType() || !product.hasOneUse())
      continue;
    if (auto scores = matchScaledProduct(product)) {
      scores->mask = mask;
      return scores;
    }
  }
  return std::nullopt;
}

namespace {
/// softmax((q k^T) * scale + mask) v, with heads as a dim of their own. The
/// transposes and reshapes that split and join the heads stay as they are.
struct RecomposeAttention : public OpRewritePattern<MatmulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MatmulOp op,
                                PatternRewriter &rewriter) const override {
    auto softmax = op.getLhs().getDefiningOp<SoftmaxOp>();
    if (!softmax || !softmax->hasOneUse())
      return rewriter.notifyMatchFailure(op,
                                         "no softmax of its own on the left");
    if (rankOf(op.getLhs()) != 4 || rankOf(op.getRhs()) != 4 ||
        static_cast<int64_t>(softmax.getAxis()) != 3)
      return rewriter.notifyMatchFailure(op, "not [batch, head, row, key]");
    Value input = softmax.getInput();
    std::optional<Scores> scores = matchScores(input);
    if (!scores || !input.hasOneUse() || !scores->product->hasOneUse())
      return rewriter.notifyMatchFailure(op, "no scaled product of its own");
    // Batch and heads must not be broadcast by either product.
    auto q = cast<RankedTensorType>(scores->product.getLhs().getType());
    auto k = cast<RankedTensorType>(scores->product.getRhs().getType());
    auto v = cast<RankedTensorType>(op.getRhs().getType());
    for (int64_t dim : {0, 1})
      if (q.getDimSize(dim) != k.getDimSize(dim) ||
          q.getDimSize(dim) != v.getDimSize(dim))
        return rewriter.notifyMatchFailure(op, "batch or heads are broadcast");

    double scale = scores->scale;
    Value query = stripScale(scores->product.getLhs(), scale);
    Value key = stripScale(scores->product.getRhs(), scale);
    // rhs is [B, H, Dv, T]; attention takes [B, H, T, Dv].
    SmallVector<int64_t> shape(v.getShape());
    std::swap(shape[2], shape[3]);
    Value value = rewriter.createOrFold<TransposeOp>(
        op.getRhs().getLoc(), v.clone(shape), op.getRhs(),
        rewriter.getDenseI64ArrayAttr({0, 1, 3, 2}));
    rewriter.replaceOpWithNewOp<AttentionOp>(
        op, op.getType(), query, key, value, scores->mask,
        rewriter.getF32FloatAttr(static_cast<float>(scale)), UnitAttr());
    return success();
  }
};
} // namespace

void quantc::nn::populateRecomposeAttentionPatterns(
    RewritePatternSet &patterns) {
  patterns.add<RecomposeAttention>(patterns.getContext());
}
