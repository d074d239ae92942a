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

namespace {
/// What was channels-last before a transpose by `perm`.
struct ChannelsFirst {
  Value input;
  SmallVector<int64_t> perm;
};
} // namespace

/// The reshape that made \p value, if it does what a transpose by \p perm
/// would: dimensions of one element are all that lies between examples and
/// channels.
static ReshapeOp getEqualReshape(Value value, ArrayRef<int64_t> perm) {
  auto reshape = value.getDefiningOp<ReshapeOp>();
  if (!reshape)
    return {};
  ArrayRef<int64_t> from = reshape.getInput().getType().getShape(),
                    to = reshape.getType().getShape();
  bool isMoved = from.size() == perm.size() &&
                 to == ArrayRef<int64_t>(applyPermutation(from, perm)) &&
                 llvm::all_of(from.drop_front().drop_back(),
                              [](int64_t size) { return size == 1; }) &&
                 from.back() != 1 &&
                 // One open size is what the other one leaves.
                 (!ShapedType::isDynamic(from.front()) ||
                  (!ShapedType::isDynamic(from.back()) && from.back() != 0));
  return isMoved ? reshape : ReshapeOp();
}

/// What \p value was before a transpose made it channels-first, if one did.
static std::optional<ChannelsFirst> findChannelsFirst(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || type.getRank() < 3)
    return std::nullopt;
  int64_t rank = type.getRank();
  SmallVector<int64_t> wanted{0, rank - 1};
  for (int64_t dim = 1; dim + 1 < rank; ++dim)
    wanted.push_back(dim);
  Value input;
  if (TransposeOp transpose = getExactTranspose(value)) {
    if (transpose.getPerm() == ArrayRef<int64_t>(wanted))
      input = transpose.getInput();
  } else if (ReshapeOp reshape = getEqualReshape(value, wanted)) {
    input = reshape.getInput();
  }
  if (!input)
    return std::nullopt;
  return ChannelsFirst{input, wanted};
}

/// The same of what sinks. Of rank 3 a transpose also swaps the sides of a
/// matrix: only those of convolutions sink.
static std::optional<ChannelsFirst> getChannelsFirst(Value value) {
  std::optional<ChannelsFirst> before = findChannelsFirst(value);
  if (before && before->perm.size() == 3 && !comesFromWindows(before->input))
    return std::nullopt;
  return before;
}

/// Whether a tensor of \p type, which is channels-first, has one element for
/// all of each channel.
static bool hasSinglePlaces(RankedTensorType type) {
  return llvm::all_of(type.getShape().drop_front(2),
                      [](int64_t size) { return size == 1; });
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
    std::optional<ChannelsFirst> first;
    for (Value operand : op->getOperands())
      if (!first)
        first = getChannelsFirst(operand);
    if (!first || static_cast<int64_t>(first->perm.size()) != type.getRank())
      return rewriter.notifyMatchFailure(op, "no operand is transposed");
    ArrayRef<int64_t> perm = first->perm;
    enum class Kind { Transposed, Single, Gate, Constant };
    SmallVector<Kind> kinds;
    for (Value operand : op->getOperands()) {
      auto own = cast<RankedTensorType>(operand.getType());
      if (own.getRank() == type.getRank() && findChannelsFirst(operand))
        kinds.push_back(Kind::Transposed);
      else if (own.hasStaticShape() && own.getNumElements() == 1)
        kinds.push_back(Kind::Single);
      else if (own.hasStaticShape() && isConstantSlice(operand))
        kinds.push_back(Kind::Constant);
      else if (own.getRank() == type.getRank() && hasSinglePlaces(own))
        kinds.push_back(Kind::Gate); // which moves no data
      else
        return rewriter.notifyMatchFailure(
            op, "an operand is neither transposed alike nor constant");
    }
    SmallVector<Value> operands;
    for (auto [operand, kind] : llvm::zip_equal(op->getOperands(), kinds)) {
      if (kind == Kind::Transposed)
        operands.push_back(findChannelsFirst(operand)->input);
      else if (kind == Kind::Single)
        operands.push_back(operand);
      else if (kind == Kind::Gate)
        operands.push_back(TransposeOp::create(
            rewriter, op.getLoc(),
            undo(cast<RankedTensorType>(operand.getType()), perm), operand,
            invertPermutationVector(perm)));
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
    std::optional<ChannelsFirst> before = getChannelsFirst(op.getInput());
    if (!before)
      return rewriter.notifyMatchFailure(op, "input is not transposed");
    return sink(op, before->input, before->perm, rewriter);
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
      std::optional<ChannelsFirst> before = getChannelsFirst(input);
      if (!before)
        return rewriter.notifyMatchFailure(op, "an input is not transposed");
      perm = before->perm;
      inputs.push_back(before->input);
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
