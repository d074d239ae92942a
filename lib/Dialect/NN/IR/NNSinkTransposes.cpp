//===- NNSinkTransposes.cpp - Channels stay last ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Convolutions are channels-last, ONNX is channels-first: the import puts a
// transpose before and one behind every such op. The one behind sinks through
// ops that work in either order until it meets one that undoes it.
//
//===----------------------------------------------------------------------===//

#include "NNSinkTransposes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/PatternMatch.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Dialect/NN/IR/NNOps.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

/// Whether \p value is made from windows by ops that a transpose sinks
/// through.
static bool comesFromWindows(Value value, unsigned depth = 0) {
  constexpr unsigned deepest = 12;
  Operation *op = value.getDefiningOp();
  if (!op || depth == deepest)
    return false;
  if (isa<ConvOp, PoolOp>(op))
    return true;
  if (isa<SliceOp, PadOp, ReduceOp, GatherOp>(op))
    return comesFromWindows(op->getOperand(0), depth + 1);
  return isa<ElementwiseOpInterface, ConcatOp>(op) &&
         llvm::any_of(op->getOperands(), [&](Value operand) {
           return comesFromWindows(operand, depth + 1);
         });
}

/// The transpose that made \p value, if its types say the same of every size.
/// An op may contradict a type that says more; one that works in either order
/// is legal on both sides of a transpose that says no more and no less.
static TransposeOp getExactTranspose(Value value) {
  auto transpose = value.getDefiningOp<TransposeOp>();
  if (!transpose)
    return {};
  SmallVector<int64_t> shape = applyPermutation(
      transpose.getInput().getType().getShape(), transpose.getPerm());
  return transpose.getType().getShape() == ArrayRef<int64_t>(shape)
             ? transpose
             : TransposeOp();
}

/// The transpose that made \p value channels-first, if one did. Of rank 3 such
/// a one also swaps the sides of a matrix: only those of convolutions sink.
static TransposeOp getChannelsFirst(Value value) {
  TransposeOp transpose = getExactTranspose(value);
  if (!transpose || transpose.getPerm().size() < 3)
    return {};
  int64_t rank = transpose.getPerm().size();
  SmallVector<int64_t> wanted{0, rank - 1};
  for (int64_t dim = 1; dim + 1 < rank; ++dim)
    wanted.push_back(dim);
  if (transpose.getPerm() != ArrayRef<int64_t>(wanted) ||
      (rank == 3 && !comesFromWindows(transpose.getInput())))
    return {};
  return transpose;
}

/// \p type before a transpose by \p perm gave it its order.
static RankedTensorType undo(RankedTensorType type, ArrayRef<int64_t> perm) {
  return type.clone(
      applyPermutation(type.getShape(), invertPermutationVector(perm)));
}

/// Puts a transpose of \p sunk, which does not transpose any more what it works
/// on, where \p op was.
static LogicalResult replaceByTranspose(PatternRewriter &rewriter,
                                        Operation *op, Operation *sunk,
                                        ArrayRef<int64_t> perm) {
  rewriter.replaceOpWithNewOp<TransposeOp>(op, op->getResult(0).getType(),
                                           sunk->getResult(0), perm);
  return success();
}

/// A constant that broadcasts against the transposed value, in the order of
/// the value before.
static Value permuteConstant(PatternRewriter &rewriter, Value constant,
                             ArrayRef<int64_t> perm) {
  auto type = cast<RankedTensorType>(constant.getType());
  SmallVector<int64_t> shape(perm.size() - type.getRank(), 1);
  llvm::append_range(shape, type.getShape());
  Location loc = constant.getLoc();
  if (type.getRank() != static_cast<int64_t>(perm.size())) {
    type = type.clone(shape);
    constant = ReshapeOp::create(rewriter, loc, type, constant,
                                 makeIntegers(rewriter, loc, shape));
  }
  return TransposeOp::create(rewriter, loc, undo(type, perm), constant,
                             invertPermutationVector(perm));
}

namespace {

struct SinkThroughElementwise
    : OpInterfaceRewritePattern<ElementwiseOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(ElementwiseOpInterface op,
                                PatternRewriter &rewriter) const override {
    auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
    if (!type)
      return rewriter.notifyMatchFailure(op, "not on tensors");
    if (!isElementwiseType(type))
      return rewriter.notifyMatchFailure(op, "elements of a model's edge");
    TransposeOp first;
    for (Value operand : op->getOperands())
      if (!first)
        first = getChannelsFirst(operand);
    if (!first || first.getType().getRank() != type.getRank())
      return rewriter.notifyMatchFailure(op, "no operand is transposed");
    SmallVector<int64_t> perm(first.getPerm());
    enum class Kind { Transposed, Single, Constant };
    SmallVector<Kind> kinds;
    for (Value operand : op->getOperands()) {
      auto own = cast<RankedTensorType>(operand.getType());
      TransposeOp transpose = getExactTranspose(operand);
      if (transpose && transpose.getPerm() == ArrayRef<int64_t>(perm))
        kinds.push_back(Kind::Transposed);
      else if (own.hasStaticShape() && own.getNumElements() == 1)
        kinds.push_back(Kind::Single);
      else if (own.hasStaticShape() && isConstantSlice(operand))
        kinds.push_back(Kind::Constant);
      else
        return rewriter.notifyMatchFailure(
            op, "an operand is neither transposed alike nor constant");
    }
    SmallVector<Value> operands;
    for (auto [operand, kind] : llvm::zip_equal(op->getOperands(), kinds)) {
      if (kind == Kind::Transposed)
        operands.push_back(operand.getDefiningOp<TransposeOp>().getInput());
      else if (kind == Kind::Single)
        operands.push_back(operand);
      else
        operands.push_back(permuteConstant(rewriter, operand, perm));
    }
    OperationState state(op.getLoc(), op->getName());
    state.addOperands(operands);
    state.addTypes(undo(type, perm));
    state.addAttributes(op->getDiscardableAttrDictionary().getValue());
    state.propertiesAttr = op->getPropertiesAsAttribute();
    Operation *sunk = rewriter.create(state);
    return replaceByTranspose(rewriter, op, sunk, perm);
  }
};

/// An op of one tensor, of which it takes the elements in either order.
template <typename OpT> struct SinkThrough : OpRewritePattern<OpT> {
  using OpRewritePattern<OpT>::OpRewritePattern;

  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    TransposeOp transpose = getChannelsFirst(op.getInput());
    if (!transpose)
      return rewriter.notifyMatchFailure(op, "input is not transposed");
    return sink(op, transpose.getInput(), transpose.getPerm(), rewriter);
  }

protected:
  /// Replaces \p op by one on \p input, which it gets transposed by \p perm.
  virtual LogicalResult sink(OpT op, Value input, ArrayRef<int64_t> perm,
                             PatternRewriter &rewriter) const = 0;
};

struct SinkThroughSlice : SinkThrough<SliceOp> {
  using SinkThrough::SinkThrough;

  LogicalResult sink(SliceOp op, Value input, ArrayRef<int64_t> perm,
                     PatternRewriter &rewriter) const override {
    auto axes = op.getKnownAxes();
    if (!axes)
      return rewriter.notifyMatchFailure(op, "axes are computed at run time");
    SmallVector<int64_t> own;
    for (int64_t axis : *axes)
      own.push_back(perm[axis]);
    auto sunk = SliceOp::create(
        rewriter, op.getLoc(), undo(op.getType(), perm), input, op.getStarts(),
        op.getEnds(), makeIntegers(rewriter, op.getLoc(), own), op.getSteps());
    return replaceByTranspose(rewriter, op, sunk, perm);
  }
};

struct SinkThroughPad : SinkThrough<PadOp> {
  using SinkThrough::SinkThrough;

  LogicalResult sink(PadOp op, Value input, ArrayRef<int64_t> perm,
                     PatternRewriter &rewriter) const override {
    SmallVector<int64_t> low(perm.size()), high(perm.size());
    for (auto [index, dim] : llvm::enumerate(perm)) {
      low[dim] = op.getLow()[index];
      high[dim] = op.getHigh()[index];
    }
    auto sunk = PadOp::create(rewriter, op.getLoc(), undo(op.getType(), perm),
                              op.getMode(), input, low, high, op.getValue());
    return replaceByTranspose(rewriter, op, sunk, perm);
  }
};

struct SinkThroughConcat : OpRewritePattern<ConcatOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ConcatOp op,
                                PatternRewriter &rewriter) const override {
    SmallVector<Value> inputs;
    SmallVector<int64_t> perm;
    for (Value input : op.getInputs()) {
      auto transpose = getChannelsFirst(input);
      if (!transpose)
        return rewriter.notifyMatchFailure(op, "an input is not transposed");
      perm.assign(transpose.getPerm().begin(), transpose.getPerm().end());
      inputs.push_back(transpose.getInput());
    }
    auto sunk =
        ConcatOp::create(rewriter, op.getLoc(), undo(op.getType(), perm),
                         inputs, static_cast<uint64_t>(perm[op.getAxis()]));
    return replaceByTranspose(rewriter, op, sunk, perm);
  }
};

struct SinkThroughGather : SinkThrough<GatherOp> {
  using SinkThrough::SinkThrough;

  LogicalResult sink(GatherOp op, Value input, ArrayRef<int64_t> perm,
                     PatternRewriter &rewriter) const override {
    if (op.getIndices().getType().getRank() != 1)
      return rewriter.notifyMatchFailure(op, "indices are no vector");
    auto sunk = GatherOp::create(
        rewriter, op.getLoc(), undo(op.getType(), perm), input, op.getIndices(),
        static_cast<uint64_t>(perm[op.getAxis()]));
    return replaceByTranspose(rewriter, op, sunk, perm);
  }
};

struct SinkThroughReduce : SinkThrough<ReduceOp> {
  using SinkThrough::SinkThrough;

  LogicalResult sink(ReduceOp op, Value input, ArrayRef<int64_t> perm,
                     PatternRewriter &rewriter) const override {
    SmallVector<int64_t> axes, kept, order;
    for (int64_t axis : op.getAxes())
      axes.push_back(perm[axis]);
    llvm::sort(axes);
    // Dimensions of the new result, and which one each of the old one is.
    for (int64_t dim = 0, e = perm.size(); dim < e; ++dim)
      if (op.getKeepdims() || !llvm::is_contained(axes, dim))
        kept.push_back(dim);
    for (auto [index, dim] : llvm::enumerate(perm))
      if (auto it = llvm::find(kept, dim); it != kept.end())
        order.push_back(it - kept.begin());
    auto sunk =
        ReduceOp::create(rewriter, op.getLoc(), undo(op.getType(), order),
                         op.getKind(), input, axes, op.getKeepdims());
    return replaceByTranspose(rewriter, op, sunk, order);
  }
};

} // namespace

void nn::populateSinkTransposePatterns(RewritePatternSet &patterns,
                                       MLIRContext *context) {
  patterns.add<SinkThroughElementwise, SinkThroughSlice, SinkThroughPad,
               SinkThroughConcat, SinkThroughGather, SinkThroughReduce>(
      context);
}
