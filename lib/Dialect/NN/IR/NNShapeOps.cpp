//===- NNShapeOps.cpp - Data movement and shapes ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NNSinkTransposes.h"
#include "NNUtils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Dialect/NN/IR/NNOps.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

Value quantc::nn::makeIntegers(OpBuilder &builder, Location loc,
                               ArrayRef<int64_t> values) {
  auto type = RankedTensorType::get({static_cast<int64_t>(values.size())},
                                    builder.getI64Type());
  return arith::ConstantOp::create(builder, loc,
                                   DenseElementsAttr::get(type, values));
}

/// Whether the number of elements tells all sizes of \p type. Where a size is
/// zero it tells no other.
static bool isKnownByCount(RankedTensorType type) {
  return type.hasStaticShape() || (type.getNumDynamicDims() == 1 &&
                                   !llvm::is_contained(type.getShape(), 0));
}

Value nn::makeShape(PatternRewriter &rewriter, Location loc,
                    RankedTensorType type) {
  if (!isKnownByCount(type))
    return nullptr;
  SmallVector<int64_t> sizes;
  for (int64_t size : type.getShape())
    sizes.push_back(ShapedType::isDynamic(size) ? -1 : size);
  return makeIntegers(rewriter, loc, sizes);
}

/// Whether the numbers of elements of both types contradict each other.
static bool haveDifferentCounts(RankedTensorType a, RankedTensorType b) {
  return a.hasStaticShape() && b.hasStaticShape() &&
         a.getNumElements() != b.getNumElements();
}

LogicalResult nn::verifyElementsEqual(Operation *op) {
  Type expected = getElementTypeOrSelf(op->getOperand(0));
  Type got = getElementTypeOrSelf(op->getResult(0));
  // Blocks of quantised elements move with the dimensions, as the op's
  // interface says.
  if (expected == got || (isa<QuantizedElementTypeInterface>(expected) &&
                          isa<QuantizedElementTypeInterface>(got)))
    return success();
  return op->emitOpError("result has elements of type ")
         << got << ", expected " << expected;
}

static LogicalResult verifyShapeOperand(Operation *op, Value shape) {
  auto type = cast<RankedTensorType>(shape.getType());
  int64_t rank = cast<RankedTensorType>(op->getResult(0).getType()).getRank();
  if (type.isDynamicDim(0) || type.getDimSize(0) == rank)
    return success();
  return op->emitOpError("shape has ")
         << type.getDimSize(0) << " sizes, the result rank " << rank;
}

//===----------------------------------------------------------------------===//
// Reshape
//===----------------------------------------------------------------------===//

LogicalResult ReshapeOp::verify() {
  if (failed(verifyElementsEqual(*this)) ||
      failed(verifyShapeOperand(*this, getShape())))
    return failure();
  SmallVector<int64_t> stated(getType().getShape());
  if (std::optional<SmallVector<int64_t>> sizes =
          getConstantIntegers(getShape())) {
    if (llvm::count(*sizes, -1) > 1)
      return emitOpError("shape [") << *sizes << "] has more than one -1";
    for (auto [size, result] : llvm::zip(*sizes, stated)) {
      if (size < -1)
        return emitOpError("shape [") << *sizes << "] has a size of " << size;
      if (size >= 0 && !ShapedType::isDynamic(result) && size != result)
        return emitOpError("shape [")
               << *sizes << "] and result " << getType() << " differ";
      if (size >= 0)
        result = size;
    }
  }
  RankedTensorType from = getInput().getType(), to = getType().clone(stated);
  if (haveDifferentCounts(from, to))
    return emitOpError("from ")
           << from.getNumElements() << " elements of " << from << " to "
           << to.getNumElements() << " of " << to;
  return success();
}

OpFoldResult ReshapeOp::fold(FoldAdaptor) {
  if (getInput().getType() == getType() && isKnownByCount(getType()))
    return getInput();
  return {};
}

namespace {

/// reshape(reshape(x)) goes from x at once.
struct MergeReshapes : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<ReshapeOp>();
    if (!inner)
      return rewriter.notifyMatchFailure(op, "no reshape of a reshape");
    if (haveDifferentCounts(inner.getInput().getType(), op.getType()))
      return rewriter.notifyMatchFailure(op, "the types contradict each other");
    rewriter.modifyOpInPlace(
        op, [&] { op.getInputMutable().assign(inner.getInput()); });
    return success();
  }
};

/// A target that the result type states needs no computation. An open size that
/// follows from an open one needs no check; of several it may differ from what
/// is left over.
struct MakeShapeConstant : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    if (matchPattern(op.getShape(), m_Constant()))
      return rewriter.notifyMatchFailure(op, "the shape is a constant");
    if (op.getInput().getType().getNumDynamicDims() > 1)
      return rewriter.notifyMatchFailure(op, "several sizes are open");
    Value shape = makeShape(rewriter, op.getLoc(), op.getType());
    if (!shape)
      return rewriter.notifyMatchFailure(op, "sizes of the result are open");
    rewriter.modifyOpInPlace(op, [&] { op.getShapeMutable().assign(shape); });
    return success();
  }
};

} // namespace

void ReshapeOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                            MLIRContext *context) {
  patterns.add<MergeReshapes, MakeShapeConstant>(context);
}

//===----------------------------------------------------------------------===//
// Transpose
//===----------------------------------------------------------------------===//

LogicalResult
TransposeOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                              ValueRange operands, DictionaryAttr attributes,
                              OpaqueProperties properties, RegionRange regions,
                              SmallVectorImpl<Type> &types) {
  Adaptor adaptor(operands, attributes, properties, regions);
  auto type = cast<RankedTensorType>(operands[0].getType());
  ArrayRef<int64_t> perm = adaptor.getPerm();
  SmallVector<int64_t> shape;
  for (int64_t dim : perm) {
    if (dim < 0 || dim >= type.getRank())
      return emitOptionalError(loc, "perm has ", dim, " for a tensor of rank ",
                               type.getRank());
    shape.push_back(type.getDimSize(dim));
  }
  types.push_back(RankedTensorType::get(shape, type.getElementType()));
  return success();
}

LogicalResult TransposeOp::verify() {
  RankedTensorType type = getInput().getType();
  SmallVector<int64_t> sorted(getPerm());
  llvm::sort(sorted);
  if (!llvm::equal(sorted, llvm::seq<int64_t>(0, type.getRank())))
    return emitOpError("perm [") << getPerm() << "] is no permutation of "
                                 << type.getRank() << " dimensions";
  SmallVector<int64_t> shape;
  for (int64_t dim : getPerm())
    shape.push_back(type.getDimSize(dim));
  if (!areCompatibleContractionTypes(getType(),
                                     getType().clone(type.getElementType())) ||
      failed(verifyCompatibleShape(shape, getType().getShape())))
    return emitOpError("result is of type ")
           << getType() << ", expected "
           << RankedTensorType::get(shape, type.getElementType());
  return success();
}

OpFoldResult TransposeOp::fold(FoldAdaptor) {
  if (llvm::is_sorted(getPerm()) && getInput().getType() == getType())
    return getInput();
  return {};
}

namespace {

struct MergeTransposes : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(TransposeOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getInput().getDefiningOp<TransposeOp>();
    if (!inner)
      return rewriter.notifyMatchFailure(op, "no transpose of a transpose");
    SmallVector<int64_t> perm;
    for (int64_t dim : op.getPerm())
      perm.push_back(inner.getPerm()[dim]);
    SmallVector<int64_t> shape =
        applyPermutation(inner.getInput().getType().getShape(), perm);
    if (failed(verifyCompatibleShape(shape, op.getType().getShape())))
      return rewriter.notifyMatchFailure(op, "the types contradict each other");
    rewriter.replaceOpWithNewOp<TransposeOp>(op, op.getType(), inner.getInput(),
                                             perm);
    return success();
  }
};

/// Moving dimensions of size 1 moves no data.
struct TransposeToReshape : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(TransposeOp op,
                                PatternRewriter &rewriter) const override {
    int64_t previous = -1;
    for (int64_t dim : op.getPerm()) {
      if (op.getInput().getType().getDimSize(dim) == 1)
        continue;
      if (dim < previous)
        return rewriter.notifyMatchFailure(op, "dimensions change their order");
      previous = dim;
    }
    Value shape = makeShape(rewriter, op.getLoc(), op.getType());
    if (!shape)
      return rewriter.notifyMatchFailure(op, "sizes of the result are open");
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), op.getInput(),
                                           shape);
    return success();
  }
};

} // namespace

void TransposeOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                              MLIRContext *context) {
  patterns.add<MergeTransposes, TransposeToReshape>(context);
  populateSinkTransposePatterns(patterns, context);
}

//===----------------------------------------------------------------------===//
// Expand
//===----------------------------------------------------------------------===//

LogicalResult ExpandOp::verify() {
  if (failed(verifyElementsEqual(*this)))
    return failure();
  RankedTensorType shape = getShape().getType(), from = getInput().getType();
  int64_t rank = getType().getRank();
  if (!shape.isDynamicDim(0) &&
      rank != std::max(from.getRank(), shape.getDimSize(0)))
    return emitOpError("from rank ")
           << from.getRank() << " by " << shape.getDimSize(0)
           << " sizes to rank " << rank;
  auto sizes = getConstantIntegers(getShape());
  if (!sizes)
    return success();
  bool negative = llvm::any_of(*sizes, [](int64_t size) { return size < 0; });
  std::optional<SmallVector<int64_t>> both =
      negative ? std::nullopt : broadcastShapes(from.getShape(), *sizes);
  if (!both)
    return emitOpError("from ") << from << " to the shape [" << *sizes << "]";
  if (failed(verifyCompatibleShape(*both, getType().getShape())))
    return emitOpError("result is of type ")
           << getType() << ", expected "
           << RankedTensorType::get(*both, from.getElementType());
  return success();
}

OpFoldResult ExpandOp::fold(FoldAdaptor) {
  if (getInput().getType() == getType() && getType().hasStaticShape())
    return getInput();
  return {};
}

//===----------------------------------------------------------------------===//
// Shape
//===----------------------------------------------------------------------===//

LogicalResult
ShapeOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc,
                          ValueRange operands, DictionaryAttr attributes,
                          OpaqueProperties properties, RegionRange regions,
                          SmallVectorImpl<Type> &types) {
  Adaptor adaptor(operands, attributes, properties, regions);
  int64_t start = adaptor.getStart(), end = adaptor.getEnd();
  types.push_back(RankedTensorType::get({std::max<int64_t>(0, end - start)},
                                        IntegerType::get(context, 64)));
  return success();
}

LogicalResult ShapeOp::verify() {
  int64_t rank = getInput().getType().getRank();
  int64_t start = getStart(), end = getEnd();
  if (start < 0 || end < start || end > rank)
    return emitOpError("dimensions ")
           << start << " to " << end << " of a tensor of rank " << rank;
  if (getType().getDimSize(0) != end - start)
    return emitOpError("result is of type ")
           << getType() << ", expected " << end - start << " sizes";
  return success();
}

OpFoldResult ShapeOp::fold(FoldAdaptor) {
  ArrayRef<int64_t> sizes =
      getInput().getType().getShape().slice(getStart(), getEnd() - getStart());
  if (llvm::any_of(sizes, ShapedType::isDynamic))
    return {};
  return DenseElementsAttr::get(getType(), sizes);
}
