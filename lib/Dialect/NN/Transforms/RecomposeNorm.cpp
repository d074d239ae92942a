//===- RecomposeNorm.cpp - LayerNorm, RMSNorm, LogSoftmax ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Operands.h"
#include "Recompose.h"
#include "quantc/Analysis/SplatConstants.h"
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
    for (auto [value, scale] : getBothOrders(op)) {
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

} // namespace

//===----------------------------------------------------------------------===//
// The variance as a difference
//===----------------------------------------------------------------------===//

namespace {
/// A mean over some dims, and whether it keeps them.
struct Mean {
  Value input;
  SmallVector<int64_t> axes;
};
} // namespace

/// `value` = mean(input), also as a sum by the reciprocal of a number.
static std::optional<Mean> matchMean(Value value) {
  if (auto reduce = value.getDefiningOp<ReduceOp>())
    return reduce.getKind() == ReduceKind::Mean
               ? std::optional(Mean{reduce.getInput(),
                                    SmallVector<int64_t>(reduce.getAxes())})
               : std::nullopt;
  Product product = matchProduct(value);
  if (product.factors.size() != 1)
    return std::nullopt;
  auto sum = product.factors.front().getDefiningOp<ReduceOp>();
  if (!sum || sum.getKind() != ReduceKind::Sum)
    return std::nullopt;
  int64_t count = 1;
  for (int64_t axis : sum.getAxes()) {
    int64_t size = sum.getInput().getType().getDimSize(axis);
    if (ShapedType::isDynamic(size) || size == 0)
      return std::nullopt;
    count *= size;
  }
  if (!isNumber(product.scale * static_cast<double>(count), 1))
    return std::nullopt;
  return Mean{sum.getInput(), SmallVector<int64_t>(sum.getAxes())};
}

/// What becomes \p value, which has the dims of \p type with size 1 along
/// \p axis, by adding dims of size 1 alone.
static Value stripDims(Value value, RankedTensorType type, int64_t axis) {
  auto own = dyn_cast<RankedTensorType>(value.getType());
  if (!own || own.getRank() != type.getRank())
    return {};
  // Of several unknown sizes a reshape may exchange elements.
  int64_t unknown = 0;
  for (int64_t dim = 0; dim < own.getRank(); ++dim) {
    if (own.getDimSize(dim) != (dim == axis ? 1 : type.getDimSize(dim)))
      return {};
    unknown += own.isDynamicDim(dim);
  }
  if (unknown > 1)
    return {};
  Operation *op = value.getDefiningOp();
  auto isSame = [&](Value inner) {
    auto innerType = cast<RankedTensorType>(inner.getType());
    auto notOne = [](int64_t size) { return size != 1; };
    return llvm::equal(llvm::make_filter_range(innerType.getShape(), notOne),
                       llvm::make_filter_range(own.getShape(), notOne));
  };
  while (isa_and_nonnull<ReshapeOp, ExpandOp>(op) &&
         isSame(op->getOperand(0))) {
    value = op->getOperand(0);
    op = value.getDefiningOp();
  }
  return value;
}

namespace {
/// (x - mean(x)) g / sqrt(max(mean(x^2) - mean(x)^2, 0) + epsilon) along any
/// one axis: its variance cancels, that of nn.layer_norm does not.
struct RecomposeFastNorm : public OpRewritePattern<BinaryOp> {
  RecomposeFastNorm(MLIRContext *context, RecomposeContext &recompose)
      : OpRewritePattern(context), recompose(recompose) {}

  LogicalResult matchAndRewrite(BinaryOp op,
                                PatternRewriter &rewriter) const override {
    auto type = dyn_cast<RankedTensorType>(op.getType());
    if (!type || op.getKind() != BinaryKind::Mul)
      return rewriter.notifyMatchFailure(op, "no product of tensors");
    for (auto [centred, factor] : getBothOrders(op)) {
      auto sub = centred.getDefiningOp<BinaryOp>();
      if (!sub || sub.getKind() != BinaryKind::Sub ||
          sub.getLhs().getType() != type)
        continue;
      auto scaled = factor.getDefiningOp<BinaryOp>();
      if (!scaled || scaled.getKind() != BinaryKind::Mul)
        continue;
      for (auto [root, gamma] : getBothOrders(scaled))
        if (succeeded(match(op, sub, root, gamma, rewriter)))
          return success();
    }
    return rewriter.notifyMatchFailure(op, "no normalisation");
  }

private:
  LogicalResult match(BinaryOp op, BinaryOp sub, Value root, Value gamma,
                      PatternRewriter &rewriter) const {
    auto type = cast<RankedTensorType>(op.getType());
    Value x = sub.getLhs();
    Value radicand = matchRoot(root, -0.5);
    auto shifted = radicand ? matchShift(radicand) : std::nullopt;
    if (!shifted)
      return failure();
    // The axis is the one along which the mean has the size 1.
    auto meanType = cast<RankedTensorType>(sub.getRhs().getType());
    int64_t axis = -1;
    for (int64_t dim = 0;
         meanType.getRank() == type.getRank() && dim < type.getRank(); ++dim)
      if (meanType.getDimSize(dim) == 1 && type.getDimSize(dim) != 1)
        axis = dim;
    if (axis < 0 || type.isDynamicDim(axis))
      return failure();
    Value mean = stripDims(sub.getRhs(), type, axis),
          variance = stripDims(shifted->first, type, axis);
    std::optional<Mean> first = mean ? matchMean(mean) : std::nullopt;
    auto isAlong = [&](const std::optional<Mean> &own) {
      return own && own->axes.size() == 1 && own->axes.front() == axis;
    };
    if (!isAlong(first) || first->input != x || !variance)
      return failure();
    if (auto limit = variance.getDefiningOp<BinaryOp>();
        limit && limit.getKind() == BinaryKind::Max)
      for (auto [bound, other] : getBothOrders(limit))
        if (quantc::matchSplat(bound) == 0.0)
          variance = other;
    if (auto relu = variance.getDefiningOp<UnaryOp>();
        relu && relu.getKind() == UnaryKind::Relu)
      variance = relu.getInput();
    auto difference = variance.getDefiningOp<BinaryOp>();
    if (!difference || difference.getKind() != BinaryKind::Sub)
      return failure();
    auto isSquare = [](Value value, Value of) {
      Product product = matchProduct(value);
      return product.scale == 1 && product.factors.size() == 2 &&
             llvm::all_equal(product.factors) && product.factors[0] == of;
    };
    std::optional<Mean> second = matchMean(difference.getLhs());
    if (!isAlong(second) || !isSquare(second->input, x) ||
        !isSquare(difference.getRhs(), mean))
      return failure();
    // The scale belongs to the axis alone.
    auto scaleType = cast<RankedTensorType>(gamma.getType());
    int64_t size = type.getDimSize(axis),
            lead = type.getRank() - scaleType.getRank();
    for (int64_t dim = 0; dim < scaleType.getRank(); ++dim)
      if (scaleType.getDimSize(dim) != (dim + lead == axis ? size : 1))
        return recompose.miss(rewriter, op, "a normalisation",
                              "the scale has other dims than the one that is "
                              "normalised");
    if (lead > axis)
      return failure();
    recompose.found(op, "LayerNorm");
    rewriter.replaceOp(op,
                       build(op, x, gamma, axis, shifted->second, rewriter));
    return success();
  }

  /// With the axis as the last one, which is where nn.layer_norm has it.
  static Value build(BinaryOp op, Value x, Value gamma, int64_t axis,
                     double epsilon, PatternRewriter &rewriter) {
    auto type = cast<RankedTensorType>(x.getType());
    int64_t last = type.getRank() - 1, size = type.getDimSize(axis);
    Location loc = op.getLoc();
    gamma = ReshapeOp::create(rewriter, loc, type.clone(ArrayRef(size)), gamma,
                              makeIntegers(rewriter, loc, {size}));
    SmallVector<int64_t> there, back, shape;
    for (int64_t dim = 0; dim <= last; ++dim)
      if (dim != axis)
        there.push_back(dim);
    there.push_back(axis);
    for (int64_t dim : there)
      shape.push_back(type.getDimSize(dim));
    back.resize(there.size());
    for (auto [to, from] : llvm::enumerate(there))
      back[from] = static_cast<int64_t>(to);
    if (axis != last)
      x = TransposeOp::create(rewriter, loc, type.clone(shape), x,
                              rewriter.getDenseI64ArrayAttr(there));
    Value y = LayerNormOp::create(
        rewriter, loc, cast<RankedTensorType>(x.getType()), x, gamma, Value(),
        rewriter.getI64IntegerAttr(last),
        rewriter.getF32FloatAttr(static_cast<float>(epsilon)));
    return axis == last
               ? y
               : TransposeOp::create(rewriter, loc, type, y,
                                     rewriter.getDenseI64ArrayAttr(back))
                     .getResult();
  }

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
    for (auto [value, bias] : getBothOrders(op)) {
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

/// log(softmax(x)) = (x - max(x)) - log(sum(exp(x - max(x)))), as LogSoftmax is
/// imported: a probability that is too small for its format has a logarithm.
struct RecomposeLogSoftmax : public OpRewritePattern<UnaryOp> {
  RecomposeLogSoftmax(MLIRContext *context, RecomposeContext &recompose)
      : OpRewritePattern(context), recompose(recompose) {}

  LogicalResult matchAndRewrite(UnaryOp op,
                                PatternRewriter &rewriter) const override {
    auto softmax = op.getInput().getDefiningOp<SoftmaxOp>();
    if (op.getKind() != UnaryKind::Log || !softmax)
      return rewriter.notifyMatchFailure(op, "no logarithm of a softmax");
    Location loc = op.getLoc();
    Value x = softmax.getInput();
    auto type = cast<RankedTensorType>(x.getType());
    auto axis = static_cast<int64_t>(softmax.getAxis());
    SmallVector<int64_t> shape(type.getShape());
    shape[axis] = 1;
    auto reduce = [&](ReduceKind kind, Value value) -> Value {
      return ReduceOp::create(rewriter, loc, type.clone(shape), kind, value,
                              ArrayRef(axis), /*keepDims=*/true);
    };
    Value shifted = BinaryOp::create(rewriter, loc, type, BinaryKind::Sub, x,
                                     reduce(ReduceKind::Max, x));
    Value powers =
        UnaryOp::create(rewriter, loc, type, UnaryKind::Exp, shifted);
    Value sum = reduce(ReduceKind::Sum, powers);
    Value log =
        UnaryOp::create(rewriter, loc, sum.getType(), UnaryKind::Log, sum);
    rewriter.replaceOpWithNewOp<BinaryOp>(op, op.getType(), BinaryKind::Sub,
                                          shifted, log);
    recompose.found(softmax, "a logarithm of a softmax");
    return success();
  }

private:
  RecomposeContext &recompose;
};
} // namespace

void quantc::nn::populateRecomposeNormPatterns(RewritePatternSet &patterns,
                                               RecomposeContext &context) {
  patterns.add<RecomposeNorm, RecomposeFastNorm, RecomposeLogSoftmax>(
      patterns.getContext(), context);
  patterns.add<AbsorbBias>(patterns.getContext());
}
