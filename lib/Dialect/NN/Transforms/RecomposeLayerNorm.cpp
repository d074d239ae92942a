//===- RecomposeLayerNorm.cpp - LayerNorm from its primitives ---*- C++ -*-===//
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

/// The input of a mean over the last dims, from `axis` on, that keeps them.
static Value matchTrailingMean(Value value, int64_t &axis) {
  auto reduce = value.getDefiningOp<ReduceOp>();
  if (!reduce || reduce.getKind() != ReduceKind::Mean || !reduce.getKeepdims())
    return {};
  ArrayRef<int64_t> axes = reduce.getAxes();
  int64_t rank = cast<RankedTensorType>(reduce.getInput().getType()).getRank();
  axis = rank - static_cast<int64_t>(axes.size());
  if (axes.empty() || !llvm::equal(axes, llvm::seq(axis, rank)))
    return {};
  return reduce.getInput();
}

/// `value` = x - mean(x).
static Value matchCentred(Value value, int64_t &axis) {
  auto sub = value.getDefiningOp<BinaryOp>();
  if (!sub || sub.getKind() != BinaryKind::Sub)
    return {};
  Value x = matchTrailingMean(sub.getRhs(), axis);
  return x == sub.getLhs() ? x : Value();
}

namespace {
struct Normalized {
  Value input;
  int64_t axis;
  double epsilon;
};
} // namespace

/// `deviation` = sqrt(mean(centred^2) + epsilon).
static std::optional<Normalized> matchDeviation(Value centred,
                                                Value deviation) {
  Normalized result;
  result.input = matchCentred(centred, result.axis);
  auto root = deviation.getDefiningOp<UnaryOp>();
  if (!result.input || !root || root.getKind() != UnaryKind::Sqrt)
    return std::nullopt;
  auto sum = root.getInput().getDefiningOp<BinaryOp>();
  if (!sum || sum.getKind() != BinaryKind::Add)
    return std::nullopt;
  for (auto [constant, variance] : {std::pair(sum.getRhs(), sum.getLhs()),
                                    std::pair(sum.getLhs(), sum.getRhs())}) {
    std::optional<double> epsilon = matchSplat(constant);
    int64_t axis;
    Value squares = matchTrailingMean(variance, axis);
    if (!epsilon || !squares || axis != result.axis)
      continue;
    // Two subtractions of the same mean are as good as one.
    Product product = matchProduct(squares);
    if (product.scale != 1 || product.factors.size() != 2)
      continue;
    int64_t inner;
    bool same = llvm::all_of(product.factors, [&](Value factor) {
      return factor == centred ||
             (matchCentred(factor, inner) == result.input &&
              inner == result.axis);
    });
    if (!same)
      continue;
    result.epsilon = *epsilon;
    return result;
  }
  return std::nullopt;
}

/// `value` = centred / deviation, or times its reciprocal.
static std::optional<Normalized> matchNormalized(Value value) {
  auto op = value.getDefiningOp<BinaryOp>();
  if (!op)
    return std::nullopt;
  if (op.getKind() == BinaryKind::Div)
    return matchDeviation(op.getLhs(), op.getRhs());
  if (op.getKind() != BinaryKind::Mul)
    return std::nullopt;
  for (auto [centred, factor] : {std::pair(op.getLhs(), op.getRhs()),
                                 std::pair(op.getRhs(), op.getLhs())}) {
    if (auto unary = factor.getDefiningOp<UnaryOp>();
        unary && unary.getKind() == UnaryKind::Reciprocal)
      if (auto result = matchDeviation(centred, unary.getInput()))
        return result;
    auto div = factor.getDefiningOp<BinaryOp>();
    if (!div || div.getKind() != BinaryKind::Div)
      continue;
    std::optional<double> one = matchSplat(div.getLhs());
    if (one && *one == 1)
      if (auto result = matchDeviation(centred, div.getRhs()))
        return result;
  }
  return std::nullopt;
}

/// Whether `value` belongs to the normalised dims alone.
static bool isParameter(Value value, RankedTensorType type, int64_t axis) {
  return cast<RankedTensorType>(value.getType()).getRank() <=
         type.getRank() - axis;
}

namespace {
struct RecomposeLayerNorm : public OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(BinaryOp op,
                                PatternRewriter &rewriter) const override {
    auto type = dyn_cast<RankedTensorType>(op.getType());
    if (!type || op.getKind() != BinaryKind::Mul)
      return rewriter.notifyMatchFailure(op, "no product of tensors");
    for (auto [value, scale] : {std::pair(op.getLhs(), op.getRhs()),
                                std::pair(op.getRhs(), op.getLhs())}) {
      std::optional<Normalized> norm = matchNormalized(value);
      if (!norm || norm->input.getType() != type ||
          !isParameter(scale, type, norm->axis))
        continue;
      rewriter.replaceOpWithNewOp<LayerNormOp>(
          op, type, norm->input, scale, Value(),
          rewriter.getI64IntegerAttr(norm->axis),
          rewriter.getF32FloatAttr(static_cast<float>(norm->epsilon)));
      return success();
    }
    return rewriter.notifyMatchFailure(op, "nothing normalised");
  }
};

/// What is added behind a LayerNorm without a bias is its bias.
struct AbsorbBias : public OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(BinaryOp op,
                                PatternRewriter &rewriter) const override {
    auto type = dyn_cast<RankedTensorType>(op.getType());
    if (!type || op.getKind() != BinaryKind::Add)
      return rewriter.notifyMatchFailure(op, "no sum of tensors");
    for (auto [value, bias] : {std::pair(op.getLhs(), op.getRhs()),
                               std::pair(op.getRhs(), op.getLhs())}) {
      auto norm = value.getDefiningOp<LayerNormOp>();
      if (!norm || norm.getBias() || !norm->hasOneUse() ||
          norm.getType() != type ||
          !isParameter(bias, type, static_cast<int64_t>(norm.getAxis())))
        continue;
      rewriter.replaceOpWithNewOp<LayerNormOp>(
          op, type, norm.getInput(), norm.getScale(), bias, norm.getAxisAttr(),
          norm.getEpsilonAttr());
      return success();
    }
    return rewriter.notifyMatchFailure(op, "no LayerNorm without a bias");
  }
};
} // namespace

void quantc::nn::populateRecomposeLayerNormPatterns(
    RewritePatternSet &patterns) {
  patterns.add<RecomposeLayerNorm, AbsorbBias>(patterns.getContext());
}
