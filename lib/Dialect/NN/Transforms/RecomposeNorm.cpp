//===- RecomposeNorm.cpp - LayerNorm and RMSNorm from chains ----*- C++ -*-===//
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

Value quantc::nn::matchTrailingMean(Value value, int64_t &axis) {
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

bool quantc::nn::isNormParameter(Value value, RankedTensorType type,
                                 int64_t axis) {
  return cast<RankedTensorType>(value.getType()).getRank() <=
         type.getRank() - axis;
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
/// An input over the root of its mean square.
struct Normalized {
  Value input;
  int64_t axis;
  double epsilon;
  bool centred; ///< the mean was taken off, everywhere
};
} // namespace

/// `value` = numerator / sqrt(mean(numerator^2) + epsilon).
static std::optional<Normalized> matchNormalized(Value value) {
  for (auto [numerator, radicand] : matchRootQuotient(value)) {
    auto shifted = matchShift(radicand);
    Normalized result;
    Value squares =
        shifted ? matchTrailingMean(shifted->first, result.axis) : Value();
    if (!squares)
      continue;
    Product product = matchProduct(squares);
    if (product.scale != 1 || product.factors.size() != 2)
      continue;
    int64_t axis;
    Value centred = matchCentred(numerator, axis);
    result.centred = centred && axis == result.axis;
    result.input = result.centred ? centred : numerator;
    result.epsilon = shifted->second;
    // Two subtractions of the same mean are as good as one.
    Value own = numerator;
    bool same = llvm::all_of(product.factors, [&](Value factor) {
      return factor == own ||
             (result.centred && matchCentred(factor, axis) == result.input &&
              axis == result.axis);
    });
    if (same)
      return result;
  }
  return std::nullopt;
}

/// Why a quotient by a root is not normalised though it nearly is.
static StringRef getNearMiss(Value value) {
  for (auto [numerator, radicand] : matchRootQuotient(value)) {
    auto shifted = matchShift(radicand);
    Value mean = shifted ? shifted->first : radicand;
    auto reduce = mean.getDefiningOp<ReduceOp>();
    if (!reduce || reduce.getKind() != ReduceKind::Mean)
      continue;
    if (!shifted)
      return "nothing is added to the mean square";
    int64_t axis;
    if (!matchTrailingMean(mean, axis))
      return "the mean is not over the last dims, which it keeps";
    return "the mean is not that of the squares of what is divided";
  }
  return "";
}

namespace {
struct RecomposeNorm : public OpRewritePattern<BinaryOp> {
  RecomposeNorm(MLIRContext *context, RecomposeContext &recompose)
      : OpRewritePattern(context), recompose(recompose) {}

  LogicalResult matchAndRewrite(BinaryOp op,
                                PatternRewriter &rewriter) const override {
    auto type = dyn_cast<RankedTensorType>(op.getType());
    if (!type || op.getKind() != BinaryKind::Mul)
      return rewriter.notifyMatchFailure(op, "no product of tensors");
    for (auto [value, scale] : {std::pair(op.getLhs(), op.getRhs()),
                                std::pair(op.getRhs(), op.getLhs())}) {
      std::optional<Normalized> norm = matchNormalized(value);
      if (!norm) {
        if (StringRef reason = getNearMiss(value); !reason.empty())
          return recompose.miss(rewriter, op, "a normalisation", reason);
        continue;
      }
      if (norm->input.getType() != type ||
          !isNormParameter(scale, type, norm->axis))
        return recompose.miss(rewriter, op, "a normalisation",
                              "the scale has other dims than those that are "
                              "normalised");
      IntegerAttr axis = rewriter.getI64IntegerAttr(norm->axis);
      FloatAttr epsilon =
          rewriter.getF32FloatAttr(static_cast<float>(norm->epsilon));
      recompose.found(op, norm->centred ? "LayerNorm" : "RMSNorm");
      if (norm->centred)
        rewriter.replaceOpWithNewOp<LayerNormOp>(op, type, norm->input, scale,
                                                 Value(), axis, epsilon);
      else
        rewriter.replaceOpWithNewOp<RMSNormOp>(op, type, norm->input, scale,
                                               axis, epsilon);
      return success();
    }
    return rewriter.notifyMatchFailure(op, "nothing normalised");
  }

private:
  RecomposeContext &recompose;
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
          !isNormParameter(bias, type, static_cast<int64_t>(norm.getAxis())))
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

void quantc::nn::populateRecomposeNormPatterns(RewritePatternSet &patterns,
                                               RecomposeContext &context) {
  patterns.add<RecomposeNorm>(patterns.getContext(), context);
  patterns.add<AbsorbBias>(patterns.getContext());
}
