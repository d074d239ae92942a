//===- PrepareScalars.cpp - Scalars as rows of one element ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Integers share exponents in rows, and a tensor of rank 0 has none. What is
// computed as one is computed as a row of one element.
//
//===----------------------------------------------------------------------===//

#include "PrepareIntegers.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Dialect/NN/IR/NNDims.h"
#include "quantc/Interfaces/ElementwiseOpInterface.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

/// Whether a value is a float of rank 0 that is computed.
static bool isScalar(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getRank() == 0 && type.getElementType().isF32() &&
         !isConstantSlice(value);
}

static Value toRow(PatternRewriter &rewriter, Location loc, Value x) {
  RankedTensorType row = typeOf(x).clone({1});
  if (auto reshape = x.getDefiningOp<ReshapeOp>();
      reshape && reshape.getInput().getType() == row)
    return reshape.getInput();
  return ReshapeOp::create(rewriter, loc, row, x,
                           makeIntegers(rewriter, loc, 1));
}

static Value toScalar(PatternRewriter &rewriter, Location loc, Value row) {
  return ReshapeOp::create(rewriter, loc,
                           typeOf(row).clone(ArrayRef<int64_t>()), row,
                           makeIntegers(rewriter, loc, {}));
}

namespace {
struct ElementwiseOnRows : OpInterfaceRewritePattern<ElementwiseOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(ElementwiseOpInterface op,
                                PatternRewriter &rewriter) const override {
    if (op->getNumResults() != 1 || !isa<func::FuncOp>(op->getParentOp()))
      return rewriter.notifyMatchFailure(op, "has not one result");
    bool isOne = isScalar(op->getResult(0));
    if (!isOne && llvm::none_of(op->getOperands(), isScalar))
      return rewriter.notifyMatchFailure(op, "computes no scalars");
    isOne |= typeOf(op->getResult(0)).getRank() == 0;
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(isOne || isScalar(operand)
                             ? toRow(rewriter, op.getLoc(), operand)
                             : operand);
    auto type = typeOf(op->getResult(0));
    OperationState state(op.getLoc(), op->getName(), operands,
                         isOne ? Type(type.clone({1})) : Type(type));
    state.propertiesAttr = op->getPropertiesAsAttribute();
    state.addAttributes(op->getDiscardableAttrDictionary().getValue());
    Value y = rewriter.create(state)->getResult(0);
    rewriter.replaceOp(op, isOne ? toScalar(rewriter, op.getLoc(), y) : y);
    return success();
  }
};

/// Over everything: the dimension that is left is behind all others.
struct ReduceToRow : OpRewritePattern<ReduceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReduceOp op,
                                PatternRewriter &rewriter) const override {
    if (!isScalar(op.getResult()) || typeOf(op.getInput()).getRank() == 0)
      return rewriter.notifyMatchFailure(op, "gives no scalar");
    Location loc = op.getLoc();
    int64_t rank = typeOf(op.getInput()).getRank();
    Value x = appendOnes(rewriter, loc, op.getInput(), rank, rank + 1);
    Value y = ReduceOp::create(rewriter, loc, typeOf(x).clone({1}),
                               op.getKind(), x, op.getAxes(),
                               /*keepdims=*/false);
    rewriter.replaceOp(op, toScalar(rewriter, loc, y));
    return success();
  }
};

struct SkipScalar : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<ReshapeOp>();
    if (!isScalar(op.getInput()) || !inner)
      return rewriter.notifyMatchFailure(op, "reshapes no scalar of a row");
    if (inner.getInput().getType() == op.getType())
      rewriter.replaceOp(op, inner.getInput());
    else
      rewriter.modifyOpInPlace(
          op, [&] { op.getInputMutable().assign(inner.getInput()); });
    return success();
  }
};
} // namespace

void nn::populateScalarPatterns(RewritePatternSet &patterns) {
  patterns.add<ElementwiseOnRows, ReduceToRow, SkipScalar>(
      patterns.getContext());
}
