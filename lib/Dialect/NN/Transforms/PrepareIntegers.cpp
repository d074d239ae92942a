//===- PrepareIntegers.cpp - Ops as others with an integer form -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PrepareIntegers.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Analysis/InputArithmetic.h"
#include "quantc/Analysis/SplatConstants.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/NN/Transforms/Passes.h"
#include "quantc/Dialect/QT/IR/QTAttrNames.h"
#include <cmath>

namespace quantc::nn {
#define GEN_PASS_DEF_NNPREPAREINTEGERS
#include "quantc/Dialect/NN/Transforms/Passes.h.inc"
} // namespace quantc::nn

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

namespace {
/// Rows lie along the last dimension.
struct MoveSoftmaxAxis : OpRewritePattern<SoftmaxOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(SoftmaxOp op,
                                PatternRewriter &rewriter) const override {
    int64_t last = op.getInput().getType().getRank() - 1;
    auto axis = static_cast<int64_t>(op.getAxis());
    if (axis == last)
      return rewriter.notifyMatchFailure(op, "is along the last axis");
    Build b(rewriter, op.getLoc());
    Value moved = b.exchange(op.getInput(), axis);
    Value y = SoftmaxOp::create(rewriter, op.getLoc(), moved.getType(), moved,
                                rewriter.getI64IntegerAttr(last));
    rewriter.replaceOp(op, b.exchange(y, axis));
    return success();
  }
};

/// Factors and summands of a normalisation that are not one for each of its
/// elements, and those that are computed, are a product and a sum behind it.
template <typename NormOp>
struct SplitNormalisation : OpRewritePattern<NormOp> {
  using OpRewritePattern<NormOp>::OpRewritePattern;

  LogicalResult matchAndRewrite(NormOp op,
                                PatternRewriter &rewriter) const override {
    auto type = typeOf(op.getInput());
    ArrayRef<int64_t> normal = type.getShape().drop_front(op.getAxis());
    Value scale = op.getScale(), bias;
    if constexpr (std::is_same_v<NormOp, LayerNormOp>)
      bias = op.getBias();
    bool isCountKnown = llvm::none_of(normal, ShapedType::isDynamic);
    int64_t count = 1;
    for (int64_t size : normal)
      count *= isCountKnown ? size : 1;
    bool isInside = isCountKnown && count <= mostElements;
    if (isInside && fits(scale, normal) && (!bias || fits(bias, normal)))
      return rewriter.notifyMatchFailure(op, "has one parameter an element");
    Location loc = op.getLoc();
    Build b(rewriter, loc);
    Value y;
    if (isInside) {
      auto one = RankedTensorType::get({1}, rewriter.getF32Type());
      Value ones = arith::ConstantOp::create(rewriter, loc,
                                             DenseElementsAttr::get(one, 1.0f));
      OperationState state(loc, NormOp::getOperationName());
      state.addOperands({op.getInput(), ones});
      state.addTypes(op.getType());
      state.propertiesAttr = op->getPropertiesAsAttribute();
      y = rewriter.create(state)->getResult(0);
    } else {
      y = normalise(op, b);
    }
    y = b.binary(BinaryKind::Mul, y, scale);
    if (bias)
      y = b.binary(BinaryKind::Add, y, bias);
    // Parameters may say more of its sizes than the op does.
    if (y.getType() != op.getType()) {
      int64_t rank = type.getRank();
      Value sizes = ShapeOp::create(
          rewriter, loc, RankedTensorType::get(rank, rewriter.getI64Type()),
          op.getInput(), /*start=*/0, /*end=*/rank);
      y = ExpandOp::create(rewriter, loc, op.getType(), y, sizes);
    }
    rewriter.replaceOp(op, y);
    return success();
  }

private:
  /// Beyond which the sums of the integer form do not fit.
  static constexpr int64_t mostElements = 32768;

  /// Whether a parameter is a constant of one element, or of the shape that is
  /// normalised.
  static bool fits(Value parameter, ArrayRef<int64_t> normal) {
    if (!isConstantSlice(parameter) || !typeOf(parameter).hasStaticShape())
      return false;
    if (typeOf(parameter).getNumElements() == 1)
      return true;
    ArrayRef<int64_t> shape = typeOf(parameter).getShape();
    if (shape.size() < normal.size())
      return false;
    return shape.take_back(normal.size()) == normal &&
           llvm::all_of(shape.drop_back(normal.size()),
                        [](int64_t size) { return size == 1; });
  }

  static Value normalise(NormOp op, Build &b) {
    Value x = op.getInput();
    auto axes =
        llvm::to_vector(llvm::seq<int64_t>(op.getAxis(), typeOf(x).getRank()));
    if constexpr (std::is_same_v<NormOp, LayerNormOp>)
      x = b.binary(BinaryKind::Sub, x,
                   b.reduce(ReduceKind::Mean, x, axes, /*keepDims=*/true));
    Value variance = b.reduce(ReduceKind::Mean, b.binary(BinaryKind::Mul, x, x),
                              axes, /*keepDims=*/true);
    Value shifted = b.binary(BinaryKind::Add, variance,
                             b.number(op.getEpsilon().convertToDouble()));
    return b.binary(BinaryKind::Mul, x, b.unary(UnaryKind::Rsqrt, shifted));
  }
};

/// Constants on the left of a product are the weights of the transposed one.
struct ExchangeSides : OpRewritePattern<MatmulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MatmulOp op,
                                PatternRewriter &rewriter) const override {
    Value lhs = op.getLhs(), rhs = op.getRhs();
    int64_t rank = typeOf(rhs).getRank();
    if (typeOf(lhs).getRank() != 2 || rank < 2 || !isConstantSlice(lhs) ||
        isConstantSlice(rhs))
      return rewriter.notifyMatchFailure(op, "has no matrix of constants on "
                                             "the left");
    // y[m, n] = lhs[m, k] rhs[n, k]
    SmallVector<int64_t> shape(typeOf(op.getResult()).getShape());
    std::swap(shape[rank - 1], shape[rank - 2]);
    Value y = MatmulOp::create(rewriter, op.getLoc(),
                               typeOf(op.getResult()).clone(shape), rhs, lhs);
    Build b(rewriter, op.getLoc());
    rewriter.replaceOp(op, b.exchange(y, rank - 2));
    return success();
  }
};

struct RewriteReduce : OpRewritePattern<ReduceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReduceOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getKind() != ReduceKind::L1 || !isReal(op.getInput()))
      return rewriter.notifyMatchFailure(op, "is no sum of magnitudes");
    Build b(rewriter, op.getLoc());
    rewriter.replaceOpWithNewOp<ReduceOp>(
        op, op.getType(), ReduceKind::Sum,
        b.unary(UnaryKind::Abs, op.getInput()), op.getAxes(), op.getKeepdims());
    return success();
  }
};

/// Scores have a positive scale.
struct NegateQueries : OpRewritePattern<AttentionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AttentionOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.getScale().isNegative())
      return rewriter.notifyMatchFailure(op, "has no negative scale");
    Build b(rewriter, op.getLoc());
    Value negated = b.unary(UnaryKind::Neg, op.getQuery());
    rewriter.modifyOpInPlace(op, [&] {
      op.getQueryMutable().assign(negated);
      op.setScale(llvm::abs(op.getScale()));
    });
    return success();
  }
};

/// A shape to expand to that leaves dimensions in front out has ones for them.
struct FillExpansion : OpRewritePattern<ExpandOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ExpandOp op,
                                PatternRewriter &rewriter) const override {
    int64_t rank = typeOf(op.getResult()).getRank();
    Value shape = op.getShape();
    int64_t missing = rank - typeOf(shape).getDimSize(0);
    if (typeOf(shape).isDynamicDim(0) || missing == 0 || !isReal(op.getInput()))
      return rewriter.notifyMatchFailure(op, "has a size for each dimension");
    Location loc = op.getLoc();
    SmallVector<int64_t> ones(missing, 1);
    if (auto sizes = getConstantIntegers(shape)) {
      llvm::append_range(ones, *sizes);
      shape = makeIntegers(rewriter, loc, ones);
    } else {
      shape =
          ConcatOp::create(rewriter, loc, typeOf(shape).clone({rank}),
                           ValueRange{makeIntegers(rewriter, loc, ones), shape},
                           rewriter.getI64IntegerAttr(0));
    }
    rewriter.replaceOpWithNewOp<ExpandOp>(op, op.getType(), op.getInput(),
                                          shape);
    return success();
  }
};

/// What is padded with another number than 0 is so less that number.
struct MovePadding : OpRewritePattern<PadOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(PadOp op,
                                PatternRewriter &rewriter) const override {
    double value = op.getValue().convertToDouble();
    if (op.getMode() != PadMode::Constant || value == 0 ||
        !isReal(op.getInput()) || !(std::abs(value) <= limitOfScores))
      return rewriter.notifyMatchFailure(op, "pads with zeros, what lies "
                                             "inside, or a huge number");
    Build b(rewriter, op.getLoc());
    Value least = b.number(value);
    Value moved = b.binary(BinaryKind::Sub, op.getInput(), least);
    Value padded =
        PadOp::create(rewriter, op.getLoc(), op.getType(), op.getMode(), moved,
                      op.getLow(), op.getHigh(), llvm::APFloat(0.0));
    rewriter.replaceOp(op, b.binary(BinaryKind::Add, padded, least));
    return success();
  }
};

/// What the model quantises and decodes at once is limited to its codes, whose
/// scale methods with static scales read (`qt.result_scale`). Codes that are
/// not symmetric have the symmetric ones that hold them.
struct LimitQuantised : OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(BinaryOp op,
                                PatternRewriter &rewriter) const override {
    std::optional<double> scale;
    Value x = takeConstant(op.getResult(), BinaryKind::Mul, scale);
    if (!x || !isReal(x) || !scale || !(*scale >= 0x1p-90 && *scale <= 0x1p90))
      return rewriter.notifyMatchFailure(op, "decodes no codes");
    std::optional<double> offset, other, unit;
    x = takeConstant(x, BinaryKind::Sub, offset);
    auto clip = x.getDefiningOp<ClipOp>();
    if (!clip)
      return rewriter.notifyMatchFailure(op, "decodes no limited codes");
    x = takeConstant(clip.getInput(), BinaryKind::Add, other);
    auto round = x.getDefiningOp<UnaryOp>();
    if (!round || round.getKind() != UnaryKind::Round ||
        offset.value_or(0) != other.value_or(0))
      return rewriter.notifyMatchFailure(op, "decodes what is not rounded");
    x = takeConstant(round.getInput(), BinaryKind::Div, unit);
    if (unit != scale)
      return rewriter.notifyMatchFailure(op, "decodes at another scale");
    double low = clip.getMin().convertToDouble() - offset.value_or(0);
    double high = clip.getMax().convertToDouble() - offset.value_or(0);
    if (!(low <= 0 && high >= 0 && high > low))
      return rewriter.notifyMatchFailure(op, "has no code for 0");
    double own = *scale;
    if (low < -128 || high > 127)
      own *= std::max(-low, high) / 127;
    auto limited = rewriter.replaceOpWithNewOp<ClipOp>(
        op, op.getType(), x, rewriter.getF64FloatAttr(low * *scale),
        rewriter.getF64FloatAttr(high * *scale));
    limited->setAttr(resultScaleAttrName, rewriter.getF64FloatAttr(own));
    return success();
  }

private:
  /// The left operand of an op of \p kind by one constant; the value itself
  /// where it is none.
  static Value takeConstant(Value value, BinaryKind kind,
                            std::optional<double> &constant) {
    auto op = value.getDefiningOp<BinaryOp>();
    if (!op || op.getKind() != kind)
      return value;
    constant = matchSplat(op.getRhs());
    return constant ? op.getLhs() : value;
  }
};

} // namespace

/// Inputs may be far from 0 beside how much they vary, which rows of 16 bits do
/// not hold: their mean is taken off with all bits. A method that knows a range
/// or the scale of them normalises them as they are.
static void centreInputs(func::FuncOp func) {
  if (func.isExternal() || func->hasAttr(rangesAttrName))
    return;
  Block &block = func.getBody().front();
  // Means are none of the inputs, which thus stay those that they are.
  std::optional<InputArithmetic> inputs;
  for (auto op : llvm::make_early_inc_range(block.getOps<LayerNormOp>())) {
    if (op->hasAttr(inputScaleAttrName))
      continue;
    if (!inputs)
      inputs.emplace(block, InputScope::Scaled);
    Value x = op.getInput();
    if (!inputs->isInput(x))
      continue;
    PatternRewriter rewriter(op.getContext());
    rewriter.setInsertionPoint(op);
    Build b(rewriter, op.getLoc());
    auto axes =
        llvm::to_vector(llvm::seq<int64_t>(op.getAxis(), typeOf(x).getRank()));
    op.getInputMutable().assign(
        b.binary(BinaryKind::Sub, x,
                 b.reduce(ReduceKind::Mean, x, axes, /*keepDims=*/true)));
  }
}

namespace {
struct PrepareIntegers
    : quantc::nn::impl::NNPrepareIntegersBase<PrepareIntegers> {
  void runOnOperation() override {
    pickFeatures(getOperation());
    // Of what others limit and rewrite.
    RewritePatternSet first(&getContext());
    populateChoicePatterns(first);
    populateGuardPatterns(first);
    // Every one leaves less to do: a long chain takes many rounds.
    GreedyRewriteConfig config;
    config.setMaxIterations(GreedyRewriteConfig::kNoLimit);
    if (failed(applyPatternsGreedily(getOperation(), std::move(first), config)))
      return signalPassFailure();
    limitHidden(getOperation());
    limitMasks(getOperation());
    RewritePatternSet patterns(&getContext());
    patterns.add<LimitQuantised, MoveSoftmaxAxis, NegateQueries,
                 SplitNormalisation<LayerNormOp>, SplitNormalisation<RMSNormOp>,
                 ExchangeSides, RewriteReduce, FillExpansion, MovePadding>(
        &getContext());
    populateDistancePatterns(patterns);
    populateFeaturePatterns(patterns);
    populateFunctionPatterns(patterns);
    populateLogarithmPatterns(patterns);
    populateScalarPatterns(patterns);
    if (failed(
            applyPatternsGreedily(getOperation(), std::move(patterns), config)))
      return signalPassFailure();
    centreInputs(getOperation());
    limitArguments(getOperation());
    findGates(getOperation());
    RewritePatternSet last(&getContext());
    populateAffinePatterns(last);
    if (failed(applyPatternsGreedily(getOperation(), std::move(last), config)))
      return signalPassFailure();
  }
};
} // namespace
