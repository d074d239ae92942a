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
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/NN/Transforms/Passes.h"
#include <cmath>

namespace quantc::nn {
#define GEN_PASS_DEF_NNPREPAREINTEGERS
#include "quantc/Dialect/NN/Transforms/Passes.h.inc"
} // namespace quantc::nn

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

static bool isReal(Value value) {
  return typeOf(value).getElementType().isF32();
}

namespace {
/// Ops on floats at one place.
class Build {
public:
  Build(PatternRewriter &rewriter, Location loc)
      : rewriter(rewriter), loc(loc) {}

  Value number(double value) {
    auto type = RankedTensorType::get({}, rewriter.getF32Type());
    return arith::ConstantOp::create(
        rewriter, loc, DenseElementsAttr::get(type, static_cast<float>(value)));
  }
  Value binary(BinaryKind kind, Value a, Value b) {
    Type type =
        inferElementwiseType({a.getType(), b.getType()}, rewriter.getF32Type());
    return BinaryOp::create(rewriter, loc, type, kind, a, b);
  }
  Value unary(UnaryKind kind, Value x) {
    return UnaryOp::create(rewriter, loc, x.getType(), kind, x);
  }
  Value reduce(ReduceKind kind, Value x, ArrayRef<int64_t> axes,
               bool keepDims) {
    SmallVector<int64_t> shape;
    for (auto [dim, size] : llvm::enumerate(typeOf(x).getShape()))
      if (!llvm::is_contained(axes, static_cast<int64_t>(dim)))
        shape.push_back(size);
      else if (keepDims)
        shape.push_back(1);
    return ReduceOp::create(rewriter, loc, typeOf(x).clone(shape), kind, x,
                            axes, keepDims);
  }
  Value transpose(Value x, ArrayRef<int64_t> perm) {
    SmallVector<int64_t> shape;
    for (int64_t dim : perm)
      shape.push_back(typeOf(x).getDimSize(dim));
    return TransposeOp::create(rewriter, loc, typeOf(x).clone(shape), x,
                               rewriter.getDenseI64ArrayAttr(perm));
  }
  /// The last dimension and another one change places.
  Value exchange(Value x, int64_t dim) {
    auto perm = llvm::to_vector(llvm::seq<int64_t>(0, typeOf(x).getRank()));
    std::swap(perm[dim], perm.back());
    return transpose(x, perm);
  }

private:
  PatternRewriter &rewriter;
  Location loc;
};

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

/// Powers whose exponent is computed, or not one for all, and hyperbolic
/// functions are made of exponentials and logarithms.
struct RewritePower : OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(BinaryOp op,
                                PatternRewriter &rewriter) const override {
    Value base = op.getLhs(), power = op.getRhs();
    if (op.getKind() != BinaryKind::Pow || !isReal(op.getResult()))
      return rewriter.notifyMatchFailure(op, "is no power of floats");
    if (isConstantSlice(power) &&
        (typeOf(power).hasStaticShape() && typeOf(power).getNumElements() == 1))
      return rewriter.notifyMatchFailure(op, "has one constant exponent");
    Build b(rewriter, op.getLoc());
    Value logarithm = b.unary(UnaryKind::Log, base);
    Value y =
        b.unary(UnaryKind::Exp, b.binary(BinaryKind::Mul, logarithm, power));
    if (!isConstantSlice(base)) {
      // Of 0 there is no logarithm.
      Value zero = b.number(0);
      Type bits = inferElementwiseType({base.getType(), zero.getType()},
                                       rewriter.getI1Type());
      Value isPositive = CompareOp::create(rewriter, op.getLoc(), bits,
                                           Predicate::Gt, base, zero);
      y = SelectOp::create(rewriter, op.getLoc(), op.getType(), isPositive, y,
                           zero);
    }
    rewriter.replaceOp(op, y);
    return success();
  }
};

struct RewriteFunction : OpRewritePattern<UnaryOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(UnaryOp op,
                                PatternRewriter &rewriter) const override {
    if (!isReal(op.getResult()))
      return rewriter.notifyMatchFailure(op, "is on integers");
    Build b(rewriter, op.getLoc());
    Value x = op.getInput();
    auto addOne = [&](BinaryKind kind, Value value) {
      return b.binary(kind, value, b.number(1));
    };
    auto scaled = [&](Value value, double factor) {
      return b.binary(BinaryKind::Mul, value, b.number(factor));
    };
    auto logarithm = [&](Value value) {
      return b.unary(UnaryKind::Log, value);
    };
    Value y;
    switch (op.getKind()) {
    case UnaryKind::Tan:
      y = b.binary(BinaryKind::Div, b.unary(UnaryKind::Sin, x),
                   b.unary(UnaryKind::Cos, x));
      break;
    case UnaryKind::Sinh:
    case UnaryKind::Cosh: {
      Value up = b.unary(UnaryKind::Exp, x);
      Value down = b.unary(UnaryKind::Exp, b.unary(UnaryKind::Neg, x));
      bool isSine = op.getKind() == UnaryKind::Sinh;
      y = scaled(b.binary(isSine ? BinaryKind::Sub : BinaryKind::Add, up, down),
                 0.5);
      break;
    }
    case UnaryKind::Asinh: {
      Value size = b.unary(UnaryKind::Abs, x);
      Value root =
          b.unary(UnaryKind::Sqrt,
                  addOne(BinaryKind::Add, b.binary(BinaryKind::Mul, x, x)));
      y = b.binary(BinaryKind::Mul, b.unary(UnaryKind::Sign, x),
                   logarithm(b.binary(BinaryKind::Add, size, root)));
      break;
    }
    case UnaryKind::Acosh: {
      Value root =
          b.unary(UnaryKind::Sqrt,
                  addOne(BinaryKind::Sub, b.binary(BinaryKind::Mul, x, x)));
      y = logarithm(b.binary(BinaryKind::Add, x, root));
      break;
    }
    case UnaryKind::Atanh:
      y = scaled(
          b.binary(
              BinaryKind::Sub, logarithm(addOne(BinaryKind::Add, x)),
              logarithm(addOne(BinaryKind::Add, b.unary(UnaryKind::Neg, x)))),
          0.5);
      break;
    default:
      return rewriter.notifyMatchFailure(op, "has an integer-only form");
    }
    rewriter.replaceOp(op, y);
    return success();
  }
};

struct PrepareIntegers
    : quantc::nn::impl::NNPrepareIntegersBase<PrepareIntegers> {
  void runOnOperation() override {
    limitMasks(getOperation());
    RewritePatternSet patterns(&getContext());
    patterns
        .add<MoveSoftmaxAxis, NegateQueries, SplitNormalisation<LayerNormOp>,
             SplitNormalisation<RMSNormOp>, ExchangeSides, RewriteReduce,
             MovePadding, RewritePower, RewriteFunction>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
