//===- RecomposeAttention.cpp - Attention from its chain --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MaskAnalysis.h"
#include "Recompose.h"
#include "quantc/Dialect/NN/IR/NNOps.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
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

namespace {
/// The scores under the softmax: (q k^T) * scale, masks added to it or chosen
/// in its place.
struct Scores {
  /// In place of a score where a condition is as `hiding` says.
  struct Fill {
    Location loc;
    Value condition;
    bool hiding;
    double value;
  };

  MatmulOp product;
  double scale = 1;
  SmallVector<Value> masks;
  SmallVector<Fill> fills;
};
} // namespace

/// Peels one mask off \p value; what is left has its type and one use.
static Value peelMask(Value value, Scores &scores, StringRef &reason) {
  auto isLeft = [&](Value left) {
    // The mask must not add dims, nor sizes, to the scores.
    return left.getType() == value.getType() && left.hasOneUse();
  };
  auto leadsToProduct = [](Value left) {
    double scale = 1;
    for (unsigned depth = 0; depth < 4; ++depth) {
      Value stripped = stripScale(left, scale);
      if (stripped.getDefiningOp<MatmulOp>())
        return true;
      Operation *op = stripped.getDefiningOp();
      if (auto select = dyn_cast_or_null<SelectOp>(op))
        left = matchSplat(select.getOnTrue()) ? select.getOnFalse()
                                              : select.getOnTrue();
      else if (auto sum = dyn_cast_or_null<BinaryOp>(op))
        left = sum.getLhs();
      else
        return false;
    }
    return false;
  };
  if (auto sum = value.getDefiningOp<BinaryOp>();
      sum && sum.getKind() == BinaryKind::Add) {
    for (auto [left, mask] : {std::pair(sum.getLhs(), sum.getRhs()),
                              std::pair(sum.getRhs(), sum.getLhs())})
      if (isLeft(left) && leadsToProduct(left)) {
        scores.masks.push_back(mask);
        return left;
      }
  }
  auto select = value.getDefiningOp<SelectOp>();
  if (!select)
    return {};
  for (bool hiding : {true, false}) {
    Value hidden = hiding ? select.getOnTrue() : select.getOnFalse();
    Value left = hiding ? select.getOnFalse() : select.getOnTrue();
    std::optional<double> fill = matchSplat(hidden);
    if (!fill || !isLeft(left))
      continue;
    if (!isHidden(*fill)) {
      reason =
          "scores are replaced by a number above -1e9, which hides nothing";
      return {};
    }
    scores.fills.push_back(
        {select.getLoc(), select.getCondition(), hiding, *fill});
    return left;
  }
  return {};
}

static std::optional<Scores> matchScores(Value value, StringRef &reason) {
  constexpr unsigned mostMasks = 4;
  Scores scores;
  for (unsigned depth = 0; depth <= mostMasks; ++depth) {
    scores.scale = 1;
    Value product = stripScale(value, scores.scale);
    scores.product = product.getDefiningOp<MatmulOp>();
    if (scores.product)
      return scores;
    value = peelMask(value, scores, reason);
    if (!value)
      return std::nullopt;
  }
  return std::nullopt;
}

/// Of keys or values that are repeated for neighbouring heads, [B, H, T, D]
/// from [B, Hk, 1, T, D] by way of [B, Hk, H / Hk, T, D]: what is repeated.
static Value stripRepetition(Value value, SymbolicShapes &shapes) {
  auto merge = value.getDefiningOp<ReshapeOp>();
  auto expand = merge ? merge.getInput().getDefiningOp<ExpandOp>() : ExpandOp();
  auto split =
      expand ? expand.getInput().getDefiningOp<ReshapeOp>() : ReshapeOp();
  if (!split || typeOf(split.getInput()).getRank() != 4 ||
      expand.getType().getRank() != 5 || split.getType().getRank() != 5)
    return value;
  auto sizesOf = [&](Value tensor) {
    return SymbolicShapes::Sizes(shapes.getSizes(tensor));
  };
  SymbolicShapes::Sizes all = sizesOf(value),
                        single = sizesOf(split.getInput()),
                        column = sizesOf(split), repeated = sizesOf(expand);
  AffineExpr one = shapes.getConstant(1);
  SymbolicShapes::Sizes expectedColumn{single[0], single[1], one, single[2],
                                       single[3]};
  SymbolicShapes::Sizes expected{single[0], single[1], repeated[2], single[2],
                                 single[3]};
  bool isRepetition = column == expectedColumn && repeated == expected &&
                      all[0] == single[0] && all[2] == single[2] &&
                      all[3] == single[3] &&
                      all[1] == shapes.getProduct({single[1], repeated[2]});
  return isRepetition ? split.getInput() : value;
}

/// `value` with its last two dims exchanged; of a transpose that did that, its
/// input.
static Value exchangeLastTwo(PatternRewriter &rewriter, Value value) {
  SmallVector<int64_t> perm{0, 1, 3, 2};
  if (auto transpose = value.getDefiningOp<TransposeOp>()) {
    SmallVector<int64_t> inner;
    for (int64_t dim : perm)
      inner.push_back(transpose.getPerm()[dim]);
    value = transpose.getInput();
    perm = inner;
  }
  if (llvm::is_sorted(perm))
    return value;
  SmallVector<int64_t> shape;
  for (int64_t dim : perm)
    shape.push_back(typeOf(value).getDimSize(dim));
  return TransposeOp::create(rewriter, value.getLoc(),
                             typeOf(value).clone(shape), value,
                             rewriter.getDenseI64ArrayAttr(perm));
}

static Value makeNumber(PatternRewriter &rewriter, Location loc, float number) {
  auto type = RankedTensorType::get({}, rewriter.getF32Type());
  return arith::ConstantOp::create(rewriter, loc,
                                   DenseElementsAttr::get(type, number));
}

namespace {
/// softmax((q k^T) * scale + mask) v, with heads as a dim of their own. The
/// transposes and reshapes that split and join the heads stay as they are.
struct RecomposeAttention : public OpRewritePattern<MatmulOp> {
  RecomposeAttention(MLIRContext *context, RecomposeContext &recompose)
      : OpRewritePattern(context), recompose(recompose) {}

  LogicalResult matchAndRewrite(MatmulOp op,
                                PatternRewriter &rewriter) const override {
    auto softmax = op.getLhs().getDefiningOp<SoftmaxOp>();
    if (!softmax)
      return rewriter.notifyMatchFailure(op, "no softmax on the left");
    auto miss = [&](const Twine &reason) {
      return recompose.miss(rewriter, op, "attention", reason);
    };
    if (!softmax->hasOneUse())
      return miss("the softmax has other users");
    if (typeOf(op.getLhs()).getRank() != 4 ||
        typeOf(op.getRhs()).getRank() != 4)
      return miss("operands are not [batch, head, row, key]");
    if (static_cast<int64_t>(softmax.getAxis()) != 3)
      return miss("the softmax is not over the keys");
    Value input = softmax.getInput();
    StringRef reason = "no scaled product is under the softmax";
    std::optional<Scores> scores = matchScores(input, reason);
    if (!scores)
      return miss(reason);
    if (!input.hasOneUse() || !scores->product->hasOneUse())
      return miss("the scores have other users");
    Value left = scores->product.getLhs(), right = scores->product.getRhs();
    if (typeOf(left).getRank() != 4 || typeOf(right).getRank() != 4)
      return miss("query and key are not [batch, head, row, feature]");
    SymbolicShapes &shapes = recompose.getShapes();
    // Batch and heads must not be broadcast by either product.
    for (int64_t dim : {0, 1})
      for (Value other : {right, Value(op.getRhs())})
        if (!areEqual(shapes, left, other, dim))
          return miss("batch or heads are broadcast");

    double scale = scores->scale;
    Value query = stripScale(left, scale), key = stripScale(right, scale);
    Value value = exchangeLastTwo(rewriter, op.getRhs());
    Value fewKeys = stripRepetition(key, shapes),
          fewValues = stripRepetition(value, shapes);
    if (areEqual(shapes, fewKeys, fewValues, 1)) {
      key = fewKeys;
      value = fewValues;
    }
    bool causal = false;
    Value mask = makeMask(rewriter, *scores, query, key, causal);
    bool isGrouped = key == fewKeys &&
                     typeOf(key).getDimSize(1) != typeOf(query).getDimSize(1);
    recompose.found(op, Twine("attention") + (causal ? ", causal" : "") +
                            (mask ? ", masked" : "") +
                            (isGrouped ? ", grouped heads" : ""));
    rewriter.replaceOpWithNewOp<AttentionOp>(
        op, op.getType(), query, key, value, mask,
        rewriter.getF32FloatAttr(static_cast<float>(scale)),
        causal ? rewriter.getUnitAttr() : UnitAttr());
    return success();
  }

private:
  static bool areEqual(SymbolicShapes &shapes, Value a, Value b, int64_t dim) {
    AffineExpr size = shapes.getSizes(a)[dim];
    return size == shapes.getSizes(b)[dim];
  }

  /// One mask that is added, without the triangle that \p causal stands for.
  Value makeMask(PatternRewriter &rewriter, const Scores &scores, Value query,
                 Value key, bool &causal) const {
    SymbolicShapes &shapes = recompose.getShapes();
    AffineExpr rows = shapes.getSizes(query)[2], keys = shapes.getSizes(key)[2];
    SmallVector<Value> masks(scores.masks);
    for (const Scores::Fill &fill : scores.fills) {
      Value hidden =
          makeNumber(rewriter, fill.loc, static_cast<float>(fill.value));
      Value zero = makeNumber(rewriter, fill.loc, 0);
      masks.push_back(SelectOp::create(rewriter, fill.loc, fill.condition,
                                       fill.hiding ? hidden : zero,
                                       fill.hiding ? zero : hidden));
    }
    Value sum;
    for (Value mask : masks) {
      if (auto split = splitCausalMask(rewriter, mask, rows, keys, shapes)) {
        causal = true;
        mask = split->rest;
      }
      if (mask)
        sum = sum ? BinaryOp::create(rewriter, mask.getLoc(), BinaryKind::Add,
                                     sum, mask)
                        .getResult()
                  : mask;
    }
    return sum;
  }

  RecomposeContext &recompose;
};
} // namespace

void quantc::nn::populateRecomposeAttentionPatterns(RewritePatternSet &patterns,
                                                    RecomposeContext &context) {
  patterns.add<RecomposeAttention>(patterns.getContext(), context);
}
