//===- RecomposePositions.cpp - Position tables from lookups ----*- C++ -*-===//
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

/// Whether \p value is the constant 0, 1, 2, ... along its last dim, the only
/// one of another size than 1, of \p count numbers.
static bool isCounting(Value value, int64_t count) {
  auto type = cast<RankedTensorType>(value.getType());
  if (type.getRank() == 0 || !type.hasStaticShape() ||
      type.getShape().back() != count || type.getNumElements() != count)
    return false;
  DenseElementsAttr constant = readConstant(value);
  if (!constant)
    return false;
  for (auto [index, number] : llvm::enumerate(constant.getValues<APInt>()))
    if (number.getSExtValue() != static_cast<int64_t>(index))
      return false;
  return true;
}

namespace {
/// Rows of a table that are looked up by a part of all their numbers in order
/// are a part of the table.
struct RecomposePositions : public OpRewritePattern<GatherOp> {
  RecomposePositions(MLIRContext *context, RecomposeContext &recompose)
      : OpRewritePattern(context), recompose(recompose) {}

  LogicalResult matchAndRewrite(GatherOp op,
                                PatternRewriter &rewriter) const override {
    auto slice = op.getIndices().getDefiningOp<SliceOp>();
    RankedTensorType table = op.getInput().getType();
    if (!slice || op.getAxis() != 0 ||
        !isCounting(slice.getInput(), table.getDimSize(0)))
      return rewriter.notifyMatchFailure(op, "not a part of all positions");
    auto axes = slice.getKnownAxes(),
         steps = getConstantIntegers(slice.getSteps());
    int64_t last = slice.getType().getRank() - 1;
    if (!axes || !steps || axes->size() != 1 || steps->front() != 1 ||
        axes->front() != last)
      return rewriter.notifyMatchFailure(op, "not cut along the positions");
    ArrayRef<int64_t> shape = op.getType().getShape();
    if (llvm::count_if(shape, ShapedType::isDynamic) > 1 ||
        llvm::is_contained(shape, 0))
      return rewriter.notifyMatchFailure(op, "several dynamic sizes");
    Location loc = op.getLoc();
    SmallVector<int64_t> rows(table.getShape()), target;
    rows.front() = slice.getType().getDimSize(last);
    for (int64_t size : shape)
      target.push_back(ShapedType::isDynamic(size) ? -1 : size);
    Value part = SliceOp::create(
        rewriter, loc, table.clone(rows), op.getInput(), slice.getStarts(),
        slice.getEnds(), makeIntegers(rewriter, loc, 0), slice.getSteps());
    recompose.found(op, "position table");
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), part,
                                           makeIntegers(rewriter, loc, target));
    return success();
  }

private:
  RecomposeContext &recompose;
};
} // namespace

void quantc::nn::populateRecomposePositionPatterns(RewritePatternSet &patterns,
                                                   RecomposeContext &context) {
  patterns.add<RecomposePositions>(patterns.getContext(), context);
}
