//===- RecomposeViews.cpp - Short ways around attention ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Recompose.h"
#include "quantc/Analysis/SplatConstants.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/NN/IR/SliceRange.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

namespace {
/// A softmax whose rows without a key are NaN in ONNX, replaced by zeros there:
/// zeros are what nn.softmax gives.
struct DropGuard : public OpRewritePattern<SelectOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(SelectOp op,
                                PatternRewriter &rewriter) const override {
    auto isNaN = op.getCondition().getDefiningOp<CompareOp>();
    Value weights = op.getOnFalse();
    if (!isNaN || isNaN.getPredicate() != Predicate::Ne ||
        isNaN.getLhs() != weights || isNaN.getRhs() != weights ||
        !weights.getDefiningOp<SoftmaxOp>() ||
        matchSplat(op.getOnTrue()) != 0 || op.getType() != weights.getType())
      return rewriter.notifyMatchFailure(op, "guards no softmax");
    rewriter.replaceOp(op, weights);
    return success();
  }
};

/// [..., M, N] by way of [-1, M, N] and [-1, N, M] to [..., N, M].
struct TransposeMatrices : public OpRewritePattern<ReshapeOp> {
  TransposeMatrices(MLIRContext *context, RecomposeContext &recompose)
      : OpRewritePattern(context), recompose(recompose) {}

  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    auto transpose = op.getInput().getDefiningOp<TransposeOp>();
    auto merge = transpose ? transpose.getInput().getDefiningOp<ReshapeOp>()
                           : ReshapeOp();
    if (!merge || transpose.getPerm() != ArrayRef<int64_t>{0, 2, 1})
      return rewriter.notifyMatchFailure(op, "no transposed matrices");
    Value input = merge.getInput();
    int64_t rank = op.getType().getRank();
    SymbolicShapes &shapes = recompose.getShapes();
    SymbolicShapes::Sizes from(shapes.getSizes(input)),
        middle(shapes.getSizes(merge)), to(shapes.getSizes(op));
    if (rank < 3 || from.size() < 2 ||
        !llvm::equal(ArrayRef(from).take_back(2),
                     ArrayRef(middle).take_back(2)))
      return rewriter.notifyMatchFailure(op, "other matrices");
    // In front of the first reshape there may have been another one.
    if (from.size() != to.size()) {
      SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(0, rank)),
                           sizes(op.getType().getShape());
      std::swap(order[rank - 2], order[rank - 1]);
      std::swap(sizes[rank - 2], sizes[rank - 1]);
      std::swap(to[rank - 2], to[rank - 1]);
      if (ArrayRef(to).take_back(2) != ArrayRef(from).take_back(2))
        return rewriter.notifyMatchFailure(op, "other sizes than before");
      Value shape = rewriter.createOrFold<GatherOp>(
          op.getLoc(), op.getShape().getType(), op.getShape(),
          makeIntegers(rewriter, op.getLoc(), order),
          rewriter.getI64IntegerAttr(0));
      Value split = ReshapeOp::create(rewriter, op.getLoc(),
                                      op.getType().clone(sizes), input, shape);
      rewriter.replaceOpWithNewOp<TransposeOp>(op, op.getType(), split, order);
      return success();
    }
    SmallVector<int64_t> perm = llvm::to_vector(llvm::seq<int64_t>(0, rank)),
                         shape;
    std::swap(perm[rank - 2], perm[rank - 1]);
    for (auto [dim, source] : llvm::enumerate(perm)) {
      shape.push_back(typeOf(input).getDimSize(source));
      if (to[dim] != from[source])
        return rewriter.notifyMatchFailure(op, "other sizes than before");
    }
    if (op.getType().getShape() != ArrayRef<int64_t>(shape))
      return rewriter.notifyMatchFailure(op, "other types than before");
    rewriter.replaceOpWithNewOp<TransposeOp>(op, op.getType(), input, perm);
    return success();
  }

private:
  RecomposeContext &recompose;
};

/// One of the parts that [B, S, P * H * D] has by way of [B, S, P, H, D] and
/// [P, B, H, S, D], as [B, H, S, D]: features of the input, split into heads.
struct SliceFeatures : public OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    auto slice = op.getInput().getDefiningOp<SliceOp>();
    auto transpose =
        slice ? slice.getInput().getDefiningOp<TransposeOp>() : TransposeOp();
    auto split = transpose ? transpose.getInput().getDefiningOp<ReshapeOp>()
                           : ReshapeOp();
    if (!split || transpose.getPerm() != ArrayRef<int64_t>{2, 0, 3, 1, 4} ||
        typeOf(split.getInput()).getRank() != 3)
      return rewriter.notifyMatchFailure(op, "no parts of split features");
    ArrayRef<int64_t> five = split.getType().getShape(),
                      three = typeOf(split.getInput()).getShape();
    auto starts = getConstantIntegers(slice.getStarts()),
         axes = slice.getKnownAxes(),
         steps = getConstantIntegers(slice.getSteps());
    // All but the first two dims are numbers, and these two are kept: of the
    // batch and the rows one at most is open.
    int64_t features = five[2] * five[3] * five[4];
    if (!starts || !axes || !steps || axes->size() != 1 || axes->front() != 0 ||
        starts->front() < 0 || slice.getType().getDimSize(0) != 1 ||
        llvm::is_contained(five.drop_front(2), ShapedType::kDynamic) ||
        three[2] != features || five.take_front(2) != three.take_front(2) ||
        llvm::count(three, ShapedType::kDynamic) > 1 ||
        llvm::is_contained(five, 0) ||
        op.getType().getShape() !=
            ArrayRef<int64_t>{five[0], five[3], five[1], five[4]})
      return rewriter.notifyMatchFailure(op, "other dims");
    Location loc = op.getLoc();
    int64_t size = five[3] * five[4], first = starts->front() * size;
    Value part = SliceOp::create(
        rewriter, loc, op.getType().clone({three[0], three[1], size}),
        split.getInput(), makeIntegers(rewriter, loc, first),
        makeIntegers(rewriter, loc, first + size),
        makeIntegers(rewriter, loc, 2), makeIntegers(rewriter, loc, 1));
    SmallVector<int64_t> heads{five[0], five[1], five[3], five[4]}, target;
    for (int64_t dim : heads)
      target.push_back(ShapedType::isDynamic(dim) ? -1 : dim);
    Value own = ReshapeOp::create(rewriter, loc, op.getType().clone(heads),
                                  part, makeIntegers(rewriter, loc, target));
    rewriter.replaceOpWithNewOp<TransposeOp>(op, op.getType(), own,
                                             ArrayRef<int64_t>{0, 2, 1, 3});
    return success();
  }
};
} // namespace

void quantc::nn::populateRecomposeViewPatterns(RewritePatternSet &patterns,
                                               RecomposeContext &context) {
  patterns.add<TransposeMatrices>(patterns.getContext(), context);
  patterns.add<DropGuard, SliceFeatures>(patterns.getContext());
}
