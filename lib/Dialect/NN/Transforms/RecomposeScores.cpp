//===- RecomposeScores.cpp - Scores as sums of product and mask -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MaskAnalysis.h"
#include "Operands.h"
#include "Recompose.h"
#include "quantc/Analysis/SplatConstants.h"
#include "quantc/Dialect/NN/IR/NNOps.h"

#include "mlir/Dialect/Utils/IndexingUtils.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

Value nn::stripScale(Value value, double &scale) {
  Product product = matchProduct(value);
  if (product.factors.size() == 1 &&
      product.factors[0].getType() == value.getType()) {
    scale *= product.scale;
    value = product.factors[0];
  }
  auto outer = value.getDefiningOp<TransposeOp>();
  if (!outer)
    return value;
  Product between = matchProduct(outer.getInput());
  auto inner = between.factors.size() == 1
                   ? between.factors[0].getDefiningOp<TransposeOp>()
                   : TransposeOp();
  if (!inner || inner.getInput().getType() != value.getType() ||
      inner.getPerm() !=
          ArrayRef<int64_t>(invertPermutationVector(outer.getPerm())))
    return value;
  scale *= between.scale;
  return stripScale(inner.getInput(), scale);
}

bool nn::leadsToProduct(Value value) {
  constexpr unsigned deepest = 4;
  double scale = 1;
  for (unsigned depth = 0; depth < deepest; ++depth) {
    Value stripped = stripScale(value, scale);
    if (stripped.getDefiningOp<MatmulOp>())
      return true;
    Operation *op = stripped.getDefiningOp();
    if (auto select = dyn_cast_or_null<SelectOp>(op))
      value = matchSplat(select.getOnTrue()) ? select.getOnFalse()
                                             : select.getOnTrue();
    else if (auto sum = dyn_cast_or_null<BinaryOp>(op))
      value = sum.getLhs();
    else if (auto reshape = dyn_cast_or_null<ReshapeOp>(op))
      value = reshape.getInput();
    else if (auto cap = dyn_cast_or_null<UnaryOp>(op);
             cap && cap.getKind() == UnaryKind::Tanh)
      value = cap.getInput();
    else
      return false;
  }
  return false;
}

/// Whether \p value is made for the softmax of an attention alone.
static bool areScores(Value value) {
  bool isWeight = false;
  while (value.hasOneUse()) {
    Operation *user = *value.user_begin();
    if (auto product = dyn_cast<MatmulOp>(user))
      return isWeight && product.getLhs() == value;
    auto binary = dyn_cast<BinaryOp>(user);
    bool isOnTheWay =
        isa<ReshapeOp>(user) ||
        (!isWeight &&
         (isa<SelectOp, SoftmaxOp>(user) ||
          (binary && llvm::is_contained({BinaryKind::Add, BinaryKind::Mul,
                                         BinaryKind::Div, BinaryKind::Max},
                                        binary.getKind()))));
    if (!isOnTheWay)
      return false;
    isWeight |= isa<SoftmaxOp>(user);
    value = user->getResult(0);
  }
  return false;
}

/// A sum of scores and what is added to them, the scores first, that has one
/// use; their type is the sum's.
static std::optional<std::pair<Value, Value>> matchScoreSum(Value value) {
  auto sum = value.getDefiningOp<BinaryOp>();
  if (!sum || sum.getKind() != BinaryKind::Add || !value.hasOneUse())
    return std::nullopt;
  for (auto [scores, mask] : getBothOrders(sum))
    if (scores.getType() == value.getType() && scores.hasOneUse() &&
        leadsToProduct(scores))
      return std::pair(scores, mask);
  return std::nullopt;
}

static Value makeBinary(PatternRewriter &rewriter, Location loc,
                        BinaryKind kind, Value lhs, double rhs) {
  auto type = RankedTensorType::get({}, rewriter.getF32Type());
  Value number = arith::ConstantOp::create(
      rewriter, loc, DenseElementsAttr::get(type, static_cast<float>(rhs)));
  return BinaryOp::create(rewriter, loc, lhs.getType(), kind, lhs, number);
}

namespace {
/// max(s + m, K) of scores as s + max(m, K), where K is so low that the sum of
/// scores and it is K in floats: rows hidden whole stay uniform. Of K = -2^40
/// half a unit is 2^16.
struct MoveFloorToMask : public OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(BinaryOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getKind() != BinaryKind::Max)
      return rewriter.notifyMatchFailure(op, "no maximum");
    constexpr double lowest = -0x1p40;
    for (auto [value, floor] : getBothOrders(op)) {
      std::optional<double> least = matchSplat(floor);
      if (!least || *least > lowest || value.getType() != op.getType())
        continue;
      auto parts = matchScoreSum(value);
      if (!parts || !areScores(op))
        return rewriter.notifyMatchFailure(op, "no sum of scores and a mask");
      auto [scores, mask] = *parts;
      Value limited =
          makeBinary(rewriter, op.getLoc(), BinaryKind::Max, mask, *least);
      rewriter.replaceOpWithNewOp<BinaryOp>(op, op.getType(), BinaryKind::Add,
                                            scores, limited);
      return success();
    }
    return rewriter.notifyMatchFailure(
        op, "no operand beside which scores are nothing");
  }
};

/// (s + b) c of scores, where c is a constant, as s c + b c.
struct ScaleBesideBias : public OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(BinaryOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getKind() != BinaryKind::Mul && op.getKind() != BinaryKind::Div)
      return rewriter.notifyMatchFailure(op, "no product");
    double scale = 1;
    Value sum = stripScale(op, scale);
    if (sum == op.getResult())
      return rewriter.notifyMatchFailure(op, "no constant factor");
    auto parts = matchScoreSum(sum);
    if (!parts || !areScores(op))
      return rewriter.notifyMatchFailure(op, "no sum of scores and a bias");
    auto [scores, bias] = *parts;
    Location loc = op.getLoc();
    Value scaled = makeBinary(rewriter, loc, BinaryKind::Mul, scores, scale);
    Value beside = makeBinary(rewriter, loc, BinaryKind::Mul, bias, scale);
    rewriter.replaceOpWithNewOp<BinaryOp>(op, op.getType(), BinaryKind::Add,
                                          scaled, beside);
    return success();
  }
};
} // namespace

void quantc::nn::populateRecomposeScoresPatterns(RewritePatternSet &patterns) {
  patterns.add<MoveFloorToMask, ScaleBesideBias>(patterns.getContext());
}
