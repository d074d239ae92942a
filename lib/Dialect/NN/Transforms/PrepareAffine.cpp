//===- PrepareAffine.cpp - Constants behind activations ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Some networks have a factor and a summand behind every activation. Integers
// would be brought to rows for each: the factor joins the weights before the
// activation, and the summand the bias of the convolution behind it.
//
//===----------------------------------------------------------------------===//

#include "Operands.h"
#include "PrepareIntegers.h"
#include "quantc/Analysis/ConstantSlices.h"
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

/// Whether \p value is made of the sums of a contraction with factors and
/// summands of channels, for one op.
static bool areSums(Value value) {
  while (value && value.hasOneUse()) {
    auto op = value.getDefiningOp<BinaryOp>();
    if (!op)
      return isa_and_nonnull<ConvOp, MatmulOp>(value.getDefiningOp());
    value = isConstantSlice(op.getRhs())   ? op.getLhs()
            : isConstantSlice(op.getLhs()) ? op.getRhs()
                                           : Value();
  }
  return false;
}

/// Whether \p op gives little below 0, and 0 to much of what it is of: a number
/// that is added there takes nothing off, as it does from what varies around
/// another one.
static bool endsNearZero(Operation *op) {
  auto unary = dyn_cast_or_null<UnaryOp>(op);
  return isa_and_nonnull<HardSwishOp, GeluOp, SiluOp>(op) ||
         (unary && unary.getKind() == UnaryKind::Relu);
}

namespace {
/// a f(x) is g(a x) where f is made of straight pieces that meet in 0 or whose
/// slopes a divides.
struct ScaleBeforeActivation : OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(BinaryOp op,
                                PatternRewriter &rewriter) const override {
    double factor = 0;
    Value y = matchNumber(op, BinaryKind::Mul, factor);
    if (!y || !isReal(y) || !y.hasOneUse() || factor == 0)
      return rewriter.notifyMatchFailure(op, "no number times one value");
    Operation *function = y.getDefiningOp();
    auto swish = dyn_cast_or_null<HardSwishOp>(function);
    auto relu = dyn_cast_or_null<UnaryOp>(function);
    bool isRelu = relu && relu.getKind() == UnaryKind::Relu && factor > 0;
    if ((!swish && !isRelu) || !areSums(function->getOperand(0)))
      return rewriter.notifyMatchFailure(op, "of no activation of sums");
    Build b(rewriter, op.getLoc());
    Value x =
        b.binary(BinaryKind::Mul, function->getOperand(0), b.number(factor));
    if (!swish) {
      rewriter.replaceOpWithNewOp<UnaryOp>(op, op.getType(), UnaryKind::Relu,
                                           x);
      return success();
    }
    double slope = swish.getSlope().convertToDouble() / factor;
    // Gates that stay in float have one of these.
    auto rounded = static_cast<float>(slope);
    if (!std::isnormal(rounded))
      return rewriter.notifyMatchFailure(op, "leaves no slope");
    rewriter.replaceOpWithNewOp<HardSwishOp>(op, op.getType(), x,
                                             rewriter.getF64FloatAttr(slope),
                                             swish.getShiftAttr());
    return success();
  }
};

/// What is added to an activation reaches every sum of a convolution without
/// pads, times the sum of its weights.
struct SummandIntoBias : OpRewritePattern<ConvOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ConvOp op,
                                PatternRewriter &rewriter) const override {
    double summand = 0;
    auto add = op.getInput().getDefiningOp<BinaryOp>();
    Value x = matchNumber(add, BinaryKind::Add, summand);
    if (!x || !isReal(x) || !add->hasOneUse() ||
        !endsNearZero(x.getDefiningOp()))
      return rewriter.notifyMatchFailure(op, "of no activation and a number");
    auto weights = typeOf(op.getWeights());
    bool hasPads =
        llvm::any_of(op.getPads(), [](int64_t pad) { return pad != 0; });
    if (hasPads || op.getGroups() != 1 || !weights.hasStaticShape() ||
        !isConstantSlice(op.getWeights()) || !isReal(op.getWeights()))
      return rewriter.notifyMatchFailure(op, "pads, groups or no constants");
    Build b(rewriter, op.getLoc());
    Value sums = b.reduce(ReduceKind::Sum, op.getWeights(), {1, 2},
                          /*keepDims=*/false);
    Value bias = b.binary(BinaryKind::Mul, sums, b.number(summand));
    auto conv = cast<ConvOp>(rewriter.clone(*op));
    conv.getInputMutable().assign(x);
    rewriter.replaceOp(op, b.binary(BinaryKind::Add, conv.getResult(), bias));
    return success();
  }
};
} // namespace

void nn::populateAffinePatterns(RewritePatternSet &patterns) {
  patterns.add<ScaleBeforeActivation, SummandIntoBias>(patterns.getContext());
}
