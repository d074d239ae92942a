//===- RecomposeAttention.cpp - Attention from its chain --------*- C++ -*-===//
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

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

namespace {
/// The scores under the softmax: (q k^T) * scale, capped or not, masks added to
/// it or chosen in its place.
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
  double softcap = 0; ///< none
  Value factor;       ///< of each head, null where there is none
  SmallVector<Value> masks;
  SmallVector<Fill> fills;
  /// The results of reshapes on the way; other ops keep the sizes.
  SmallVector<Value> views;
  /// Scores whose batch is two dims, or one with the heads, and the masks and
  /// conditions that meet them so.
  SmallVector<std::pair<Value, Value>> otherwiseShaped;

  void meet(Value mask, Value result) {
    if (typeOf(result).getRank() != 4)
      otherwiseShaped.emplace_back(mask, result);
  }
};
} // namespace

/// Peels one mask off \p value; what is left has its type and one use.
static Value peelMask(Value value, Scores &scores, StringRef &reason) {
  auto isLeft = [&](Value left) {
    // The mask must not add dims, nor sizes, to the scores.
    return left.getType() == value.getType() && left.hasOneUse();
  };
  if (auto sum = value.getDefiningOp<BinaryOp>();
      sum && sum.getKind() == BinaryKind::Add) {
    for (auto [left, mask] : getBothOrders(sum))
      if (isLeft(left) && leadsToProduct(left)) {
        scores.masks.push_back(mask);
        scores.meet(mask, value);
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
    scores.meet(select.getCondition(), value);
    return left;
  }
  return {};
}

/// Splits scores into others of their type and a factor that all rows and keys
/// of a head share.
static std::pair<Value, Value> peelFactor(Value value) {
  auto product = value.getDefiningOp<BinaryOp>();
  if (!product || product.getKind() != BinaryKind::Mul)
    return {};
  for (auto [left, factor] : getBothOrders(product)) {
    ArrayRef<int64_t> sizes = typeOf(factor).getShape();
    if (sizes.size() > 2 && sizes.take_back(2) == ArrayRef<int64_t>{1, 1} &&
        left.getType() == value.getType() && left.hasOneUse())
      return {left, factor};
  }
  return {};
}

static std::optional<Scores> matchScores(Value value, StringRef &reason) {
  constexpr unsigned deepest = 8;
  Scores scores;
  for (unsigned depth = 0; depth <= deepest; ++depth) {
    scores.scale = 1;
    Value product = stripScale(value, scores.scale);
    scores.product = product.getDefiningOp<MatmulOp>();
    if (scores.product)
      return scores;
    // Nothing is added below a factor.
    if (auto [left, factor] = peelFactor(product); left) {
      scores.factor = factor;
      scores.product = stripScale(left, scores.scale).getDefiningOp<MatmulOp>();
      if (scores.product)
        return scores;
      reason =
          "a factor of each head is over scores that are no scaled product";
      return std::nullopt;
    }
    // c tanh(x / c), right above the scaled product: no mask is capped.
    if (auto cap = product.getDefiningOp<UnaryOp>();
        cap && cap.getKind() == UnaryKind::Tanh && scores.scale > 0) {
      scores.softcap = scores.scale;
      scores.product =
          stripScale(cap.getInput(), scores.scale).getDefiningOp<MatmulOp>();
      if (scores.product)
        return scores;
      reason = "a tanh is over scores that are no scaled product";
      return std::nullopt;
    }
    // Batch and heads as one dim and as two.
    if (auto reshape = product.getDefiningOp<ReshapeOp>();
        reshape && reshape.getInput().hasOneUse() && scores.scale == 1) {
      scores.views.push_back(product);
      value = reshape.getInput();
      continue;
    }
    value = peelMask(value, scores, reason);
    if (!value)
      return std::nullopt;
  }
  return std::nullopt;
}

/// Of keys or values that are repeated for neighbouring heads, [B, H, T, D]
/// from [B, Hk, 1, T, D] by way of [B, Hk, H / Hk, T, D]: what is repeated.
static Value stripRepetition(PatternRewriter &rewriter, Value value,
                             SymbolicShapes &shapes) {
  auto merge = value.getDefiningOp<ReshapeOp>();
  auto expand = merge ? merge.getInput().getDefiningOp<ExpandOp>() : ExpandOp();
  if (!expand || expand.getType().getRank() != 5 ||
      typeOf(expand.getInput()).getRank() != 5)
    return value;
  auto sizesOf = [&](Value tensor) {
    return SymbolicShapes::Sizes(shapes.getSizes(tensor));
  };
  SymbolicShapes::Sizes all = sizesOf(value),
                        column = sizesOf(expand.getInput()),
                        repeated = sizesOf(expand);
  SymbolicShapes::Sizes expected(column);
  expected[2] = repeated[2];
  SymbolicShapes::Sizes merged{column[0],
                               shapes.getProduct({column[1], repeated[2]}),
                               column[3], column[4]};
  if (column[2] != shapes.getConstant(1) || repeated != expected ||
      all != merged)
    return value;
  SymbolicShapes::Sizes single{column[0], column[1], column[3], column[4]};
  auto split = expand.getInput().getDefiningOp<ReshapeOp>();
  if (split && sizesOf(split.getInput()) == single)
    return split.getInput();
  // The repeated dim may be dropped where the sizes need no computation.
  SmallVector<int64_t> shape(typeOf(expand.getInput()).getShape()), target;
  shape.erase(shape.begin() + 2);
  if (llvm::count_if(shape, ShapedType::isDynamic) > 1 ||
      llvm::is_contained(shape, 0))
    return value;
  for (int64_t size : shape)
    target.push_back(ShapedType::isDynamic(size) ? -1 : size);
  return ReshapeOp::create(rewriter, expand.getLoc(),
                           typeOf(value).clone(shape), expand.getInput(),
                           makeIntegers(rewriter, expand.getLoc(), target));
}

/// [B, H, S, D] of which \p value, [B * H, S, D] times a number, is made; null
/// where it is not.
static Value splitBatch(Value value, double &scale, SymbolicShapes &shapes) {
  value = stripScale(value, scale);
  auto merge = value.getDefiningOp<ReshapeOp>();
  if (!merge || typeOf(merge.getInput()).getRank() != 4)
    return {};
  SymbolicShapes::Sizes all(shapes.getSizes(merge.getInput())),
      merged(shapes.getSizes(value));
  if (merged[0] != shapes.getProduct({all[0], all[1]}) || merged[1] != all[2] ||
      merged[2] != all[3])
    return {};
  return stripScale(merge.getInput(), scale);
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
/// softmax(cap((q k^T) * scale) + mask) v, with heads as a dim of their own, or
/// as one with the batch that was made of both. The transposes and reshapes
/// that split and join the heads stay as they are.
struct RecomposeAttention : public OpRewritePattern<MatmulOp> {
  RecomposeAttention(MLIRContext *context, RecomposeContext &recompose)
      : OpRewritePattern(context), recompose(recompose) {}

  LogicalResult matchAndRewrite(MatmulOp op,
                                PatternRewriter &rewriter) const override {
    Value weights = op.getLhs();
    if (auto reshape = weights.getDefiningOp<ReshapeOp>();
        reshape && reshape->hasOneUse())
      weights = reshape.getInput();
    auto softmax = weights.getDefiningOp<SoftmaxOp>();
    if (!softmax)
      return rewriter.notifyMatchFailure(op, "no softmax on the left");
    auto miss = [&](const Twine &reason) {
      return recompose.miss(rewriter, op, "attention", reason);
    };
    if (!softmax->hasOneUse())
      return miss("the softmax has other users");
    int64_t rank = typeOf(op.getLhs()).getRank();
    Value value = op.getRhs();
    if ((rank != 3 && rank != 4) || typeOf(value).getRank() != rank)
      return miss("operands are neither [batch, head, row, key] nor "
                  "[batch and head, row, key]");
    Value input = softmax.getInput();
    if (static_cast<int64_t>(softmax.getAxis()) != typeOf(input).getRank() - 1)
      return miss("the softmax is not over the keys");
    StringRef reason = "no scaled product is under the softmax";
    std::optional<Scores> scores = matchScores(input, reason);
    if (!scores)
      return miss(reason);
    if (!input.hasOneUse() || !scores->product->hasOneUse())
      return miss("the scores have other users");
    Value query = scores->product.getLhs(), key = scores->product.getRhs();
    int64_t scoreRank = typeOf(query).getRank();
    if ((scoreRank != rank && scoreRank != 3) ||
        typeOf(key).getRank() != scoreRank)
      return miss("query and key have other dims than the values");
    SymbolicShapes &shapes = recompose.getShapes();
    double scale = scores->scale;
    Value target;
    SymbolicShapes::Sizes split(shapes.getSizes(scores->product));
    SymbolicShapes::Sizes merged(split);
    if (scores->factor && scoreRank != 4)
      return miss("scores of batch and heads in one dim have a factor of each");
    if (scoreRank == 3) {
      // The result takes the shape that the query was given.
      auto merge = stripScale(query, scale).getDefiningOp<ReshapeOp>();
      scale = scores->scale;
      query = splitBatch(query, scale, shapes);
      key = splitBatch(key, scale, shapes);
      double none = 1;
      if (rank == 3) {
        auto exchange = value.getDefiningOp<TransposeOp>();
        value = exchange && exchange.getPerm() == ArrayRef<int64_t>{0, 2, 1}
                    ? splitBatch(exchange.getInput(), none, shapes)
                    : Value();
      }
      if (!query || !key || !value || none != 1)
        return miss("batch and heads are one dim that was not made of two");
      if (rank == 3) {
        if (typeOf(query).getDimSize(3) != typeOf(value).getDimSize(3))
          return miss("batch and heads are one dim, and values have other "
                      "features than queries");
        target = merge.getShape();
      }
      split = SymbolicShapes::Sizes(shapes.getSizes(query).take_front(2));
      split.append(merged.end() - 2, merged.end());
    } else {
      merged.erase(merged.begin());
      merged[0] = shapes.getProduct({split[0], split[1]});
    }
    // The same elements in the same order: rows and keys stay what they are.
    if (weights != op.getLhs())
      scores->views.push_back(op.getLhs());
    for (Value view : scores->views)
      if (!llvm::equal(shapes.getSizes(view), split) &&
          !llvm::equal(shapes.getSizes(view), merged) &&
          !isWindowed(shapes, view, split))
        return miss("scores are reshaped to other dims than batch, head, row "
                    "and key");
    for (auto [mask, result] : scores->otherwiseShaped)
      if (!canShape(shapes, mask, result, merged))
        return miss("the mask has other dims than batch, head, row and key");
    // Batch and heads must not be broadcast by either product, but for the one
    // head of keys and values that all queries share.
    auto isShared = [&](Value other) {
      return scoreRank == rank && rank == 4 && typeOf(other).getDimSize(1) == 1;
    };
    bool isMultiQuery = isShared(key) && isShared(value);
    for (Value other : {key, value})
      if (!areEqual(shapes, query, other, 0) ||
          !(isMultiQuery || areEqual(shapes, query, other, 1)))
        return miss("batch or heads are broadcast");

    query = stripScale(query, scale);
    key = stripScale(key, scale);
    if (scores->factor)
      query = BinaryOp::create(rewriter, op.getLoc(), query.getType(),
                               BinaryKind::Mul, query, scores->factor);
    if (rank == 4)
      value = exchangeLastTwo(rewriter, value);
    Value fewKeys = stripRepetition(rewriter, key, shapes),
          fewValues = stripRepetition(rewriter, value, shapes);
    if (areEqual(shapes, fewKeys, fewValues, 1)) {
      key = fewKeys;
      value = fewValues;
    }
    PositionMask mask = makeMask(rewriter, *scores, query, key);
    bool isGrouped = key == fewKeys &&
                     typeOf(key).getDimSize(1) != typeOf(query).getDimSize(1);
    recompose.found(op, Twine("attention") + (mask.causal ? ", causal" : "") +
                            (mask.left || mask.right ? ", windowed" : "") +
                            (mask.rest ? ", masked" : "") +
                            (scores->softcap != 0 ? ", capped" : "") +
                            (isGrouped ? ", grouped heads" : ""));
    SmallVector<int64_t> shape(typeOf(query).getShape());
    shape[3] = typeOf(value).getDimSize(3);
    auto attention = AttentionOp::create(
        rewriter, op.getLoc(), op.getType().clone(shape), query, key, value,
        mask.rest, rewriter.getF32FloatAttr(static_cast<float>(scale)),
        scores->softcap != 0
            ? rewriter.getF32FloatAttr(static_cast<float>(scores->softcap))
            : FloatAttr(),
        mask.causal ? rewriter.getUnitAttr() : UnitAttr());
    if (mask.left)
      attention.setLeftWindow(*mask.left);
    // Causal is a window of nothing on this side.
    if (mask.right && !mask.causal)
      attention.setRightWindow(*mask.right);
    Value result = attention;
    if (target)
      result = ReshapeOp::create(rewriter, op.getLoc(), op.getType(), result,
                                 target);
    rewriter.replaceOp(op, result);
    return success();
  }

private:
  static bool areEqual(SymbolicShapes &shapes, Value a, Value b, int64_t dim) {
    AffineExpr size = shapes.getSizes(a)[dim];
    return size == shapes.getSizes(b)[dim];
  }

  /// Whether the batch is split in two by a number: windows of an image.
  static bool isWindowed(SymbolicShapes &shapes, Value view,
                         ArrayRef<AffineExpr> split) {
    SymbolicShapes::Sizes sizes(shapes.getSizes(view));
    return sizes.size() == 5 && !typeOf(view).isDynamicDim(1) &&
           shapes.getProduct({sizes[0], sizes[1]}) == split[0] &&
           llvm::equal(ArrayRef(sizes).drop_front(2), split.drop_front());
  }

  /// Whether reshapeMask can give a mask the dims of the scores.
  static bool canShape(SymbolicShapes &shapes, Value mask, Value result,
                       ArrayRef<AffineExpr> merged) {
    int64_t rank = typeOf(mask).getRank();
    if (rank < 3 || (rank == 3 && typeOf(mask).getDimSize(0) == 1))
      return true;
    if (typeOf(result).getRank() == 3)
      return rank == 3 && shapes.getSizes(mask)[0] == merged[0];
    return rank == 3 || rank == 5;
  }

  /// A mask that meets scores of other dims, for scores of batch, head, row and
  /// key.
  static Value reshapeMask(PatternRewriter &rewriter, Value mask, Value result,
                           Value query) {
    int64_t rank = typeOf(mask).getRank(), scoreRank = typeOf(result).getRank();
    // Of a single batch the merged dim is the heads.
    if (rank < 3 ||
        (rank == 3 && (scoreRank == 5 || typeOf(mask).getDimSize(0) == 1 ||
                       typeOf(query).getDimSize(0) == 1)))
      return mask;
    Location loc = mask.getLoc();
    ArrayRef<int64_t> own = typeOf(mask).getShape();
    auto vectorOf = [&](int64_t count) {
      return RankedTensorType::get(count, rewriter.getI64Type());
    };
    auto sizesOf = [&](Value tensor, int64_t from, int64_t to) -> Value {
      return ShapeOp::create(rewriter, loc, vectorOf(to - from), tensor,
                             rewriter.getI64IntegerAttr(from),
                             rewriter.getI64IntegerAttr(to));
    };
    auto join = [&](Value front, Value back) -> Value {
      return ConcatOp::create(
          rewriter, loc,
          vectorOf(typeOf(front).getDimSize(0) + typeOf(back).getDimSize(0)),
          ValueRange{front, back}, 0);
    };
    Value batch = sizesOf(query, 0, 1);
    SmallVector<int64_t> shape{typeOf(query).getDimSize(0)};
    if (rank == 3) {
      shape.push_back(typeOf(query).getDimSize(1));
      llvm::append_range(shape, own.drop_front());
      return ReshapeOp::create(rewriter, loc, typeOf(mask).clone(shape), mask,
                               join(sizesOf(query, 0, 2), sizesOf(mask, 1, 3)));
    }
    // [1 or A, 1 or B, ...] for all A * B windows of the batch.
    llvm::append_range(shape, own.drop_front(2));
    int64_t windows = typeOf(result).getDimSize(1);
    SmallVector<int64_t> whole{typeOf(result).getDimSize(0), windows};
    llvm::append_range(whole, own.drop_front(2));
    Value count = makeIntegers(rewriter, loc, windows);
    Value images = BinaryOp::create(rewriter, loc, batch.getType(),
                                    BinaryKind::Div, batch, count);
    Value rest = sizesOf(mask, 2, 5);
    Value expanded = ExpandOp::create(rewriter, loc, typeOf(mask).clone(whole),
                                      mask, join(join(images, count), rest));
    return ReshapeOp::create(rewriter, loc, typeOf(mask).clone(shape), expanded,
                             join(batch, rest));
  }

  /// One mask that is added, and apart what positions hide.
  PositionMask makeMask(PatternRewriter &rewriter, const Scores &scores,
                        Value query, Value key) const {
    SymbolicShapes &shapes = recompose.getShapes();
    AffineExpr rows = shapes.getSizes(query)[2], keys = shapes.getSizes(key)[2];
    auto shape = [&](Value mask) {
      for (auto [other, result] : scores.otherwiseShaped)
        if (other == mask)
          return reshapeMask(rewriter, mask, result, query);
      return mask;
    };
    SmallVector<Value> masks = llvm::map_to_vector(scores.masks, shape);
    for (const Scores::Fill &fill : scores.fills) {
      Value hidden =
          makeNumber(rewriter, fill.loc, static_cast<float>(fill.value));
      Value zero = makeNumber(rewriter, fill.loc, 0);
      masks.push_back(SelectOp::create(
          rewriter, fill.loc, shape(fill.condition),
          fill.hiding ? hidden : zero, fill.hiding ? zero : hidden));
    }
    PositionMask all;
    for (Value mask : masks) {
      if (auto split = splitPositionMask(rewriter, mask, rows, keys, shapes)) {
        all.causal |= split->causal;
        if (split->left)
          all.left = std::min(all.left.value_or(*split->left), *split->left);
        if (split->right)
          all.right =
              std::min(all.right.value_or(*split->right), *split->right);
        mask = split->rest;
      }
      if (mask)
        all.rest = all.rest ? BinaryOp::create(rewriter, mask.getLoc(),
                                               BinaryKind::Add, all.rest, mask)
                                  .getResult()
                            : mask;
    }
    return all;
  }

  RecomposeContext &recompose;
};
} // namespace

void quantc::nn::populateRecomposeAttentionPatterns(RewritePatternSet &patterns,
                                                    RecomposeContext &context) {
  patterns.add<RecomposeAttention>(patterns.getContext(), context);
}
