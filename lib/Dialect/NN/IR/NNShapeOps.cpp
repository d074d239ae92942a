//===- NNShapeOps.cpp - Data movement and shapes ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NNSinkTransposes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/NN/IR/SliceRange.h"

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

/// The target of a reshape to \p type, of which at most one size is dynamic;
/// null otherwise.
static Value makeShape(PatternRewriter &rewriter, Location loc,
                       RankedTensorType type) {
  if (type.getNumDynamicDims() > 1)
    return nullptr;
  SmallVector<int64_t> sizes;
  for (int64_t size : type.getShape())
    sizes.push_back(ShapedType::isDynamic(size) ? -1 : size);
  // With a size of zero a -1 has no answer.
  if (type.getNumDynamicDims() == 1 && llvm::is_contained(sizes, 0))
    return nullptr;
  return makeIntegers(rewriter, loc, sizes);
}

static LogicalResult verifyElementsEqual(Operation *op) {
  Type expected = getElementTypeOrSelf(op->getOperand(0));
  Type got = getElementTypeOrSelf(op->getResult(0));
  if (expected == got)
    return success();
  return op->emitOpError("result has elements of type ")
         << got << ", expected " << expected;
}

static LogicalResult verifyShapeOperand(Operation *op, Value shape) {
  auto type = cast<RankedTensorType>(shape.getType());
  int64_t rank = cast<RankedTensorType>(op->getResult(0).getType()).getRank();
  if (type.getRank() != 1)
    return op->emitOpError("shape of type ") << type << "; supported: rank 1";
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
  if (std::optional<SmallVector<int64_t>> sizes =
          getConstantIntegers(getShape())) {
    if (llvm::count(*sizes, -1) > 1)
      return emitOpError("shape [") << *sizes << "] has more than one -1";
    for (auto [size, result] : llvm::zip(*sizes, getType().getShape())) {
      if (size < -1)
        return emitOpError("shape [") << *sizes << "] has a size of " << size;
      if (size >= 0 && !ShapedType::isDynamic(result) && size != result)
        return emitOpError("shape [")
               << *sizes << "] and result " << getType() << " differ";
    }
  }
  RankedTensorType from = getInput().getType(), to = getType();
  if (from.hasStaticShape() && to.hasStaticShape() &&
      from.getNumElements() != to.getNumElements())
    return emitOpError("from ")
           << from.getNumElements() << " elements of " << from << " to "
           << to.getNumElements() << " of " << to;
  return success();
}

OpFoldResult ReshapeOp::fold(FoldAdaptor) {
  // With one dynamic size at most, equal types are equal shapes.
  if (getInput().getType() == getType() && getType().getNumDynamicDims() <= 1)
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
    rewriter.modifyOpInPlace(
        op, [&] { op.getInputMutable().assign(inner.getInput()); });
    return success();
  }
};

/// A target that the result type states needs no computation.
struct MakeShapeConstant : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ReshapeOp op,
                                PatternRewriter &rewriter) const override {
    if (matchPattern(op.getShape(), m_Constant()))
      return rewriter.notifyMatchFailure(op, "the shape is a constant");
    Value shape = makeShape(rewriter, op.getLoc(), op.getType());
    if (!shape)
      return rewriter.notifyMatchFailure(op, "several dynamic sizes");
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
  if (getType().getElementType() != type.getElementType() ||
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
      return rewriter.notifyMatchFailure(op, "several dynamic sizes");
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
// Slice
//===----------------------------------------------------------------------===//

/// The result's sizes as far as constants tell; \p axes must be valid.
static SmallVector<int64_t> inferSlice(SliceOp op, ArrayRef<int64_t> axes) {
  RankedTensorType type = op.getInput().getType();
  SmallVector<int64_t> shape(type.getShape());
  auto starts = getConstantIntegers(op.getStarts());
  auto ends = getConstantIntegers(op.getEnds());
  auto steps = getConstantIntegers(op.getSteps());
  bool known = starts && ends && steps && starts->size() == axes.size() &&
               ends->size() == axes.size() && steps->size() == axes.size();
  for (auto [index, axis] : llvm::enumerate(axes)) {
    int64_t &size = shape[axis < 0 ? axis + type.getRank() : axis];
    size = known && !ShapedType::isDynamic(size)
               ? getSliceRange((*starts)[index], (*ends)[index],
                               (*steps)[index], size)
                     .count
               : ShapedType::kDynamic;
  }
  return shape;
}

LogicalResult SliceOp::verify() {
  RankedTensorType type = getInput().getType();
  if (failed(verifyElementsEqual(*this)))
    return failure();
  if (getType().getRank() != type.getRank())
    return emitOpError("from rank ")
           << type.getRank() << " to rank " << getType().getRank();
  int64_t count = ShapedType::kDynamic;
  for (Value operand : getOperands().drop_front()) {
    auto list = cast<RankedTensorType>(operand.getType());
    if (list.getRank() != 1)
      return emitOpError("operand of type ") << list << "; supported: rank 1";
    int64_t size = list.getDimSize(0);
    if (!ShapedType::isDynamic(size) && !ShapedType::isDynamic(count) &&
        size != count)
      return emitOpError("lists of ") << count << " and " << size << " entries";
    if (!ShapedType::isDynamic(size))
      count = size;
  }
  if (auto steps = getConstantIntegers(getSteps()))
    if (llvm::is_contained(*steps, 0))
      return emitOpError("steps [") << *steps << "] have a 0";
  auto axes = getConstantIntegers(getAxes());
  if (!axes)
    return success();
  SmallVector<bool> sliced(type.getRank(), false);
  for (int64_t axis : *axes) {
    if (axis < -type.getRank() || axis >= type.getRank())
      return emitOpError("axis ")
             << axis << " of a tensor of rank " << type.getRank();
    if (std::exchange(sliced[axis < 0 ? axis + type.getRank() : axis], true))
      return emitOpError("axes [") << *axes << "] name an axis twice";
  }
  SmallVector<int64_t> expected = inferSlice(*this, *axes);
  if (failed(verifyCompatibleShape(expected, getType().getShape())))
    return emitOpError("result is of type ")
           << getType() << ", expected " << type.clone(expected);
  return success();
}

OpFoldResult SliceOp::fold(FoldAdaptor) {
  auto axes = getConstantIntegers(getAxes());
  auto steps = getConstantIntegers(getSteps());
  RankedTensorType type = getInput().getType();
  if (!axes || !steps || type != getType() ||
      llvm::any_of(*steps, [](int64_t step) { return step != 1; }))
    return {};
  // A size that stays the same at step 1 is the whole dimension.
  bool known = llvm::none_of(*axes, [&](int64_t axis) {
    return type.isDynamicDim(axis < 0 ? axis + type.getRank() : axis);
  });
  return known ? getInput() : Value();
}

//===----------------------------------------------------------------------===//
// Concat
//===----------------------------------------------------------------------===//

LogicalResult
ConcatOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                           ValueRange operands, DictionaryAttr attributes,
                           OpaqueProperties properties, RegionRange regions,
                           SmallVectorImpl<Type> &types) {
  Adaptor adaptor(operands, attributes, properties, regions);
  if (operands.empty())
    return emitOptionalError(loc, "concatenation of no tensors");
  auto first = cast<RankedTensorType>(operands[0].getType());
  SmallVector<int64_t> shape(first.getShape());
  int64_t axis = adaptor.getAxis();
  if (axis < 0 || axis >= first.getRank())
    return emitOptionalError(loc, "axis ", axis, " of tensors of rank ",
                             first.getRank());
  for (Value operand : operands.drop_front()) {
    auto type = cast<RankedTensorType>(operand.getType());
    if (type.getRank() != first.getRank() ||
        type.getElementType() != first.getElementType())
      return emitOptionalError(loc, "concatenation of ", first, " and ", type);
    for (int64_t dim = 0; dim < type.getRank(); ++dim) {
      int64_t size = type.getDimSize(dim);
      if (dim == axis)
        shape[dim] =
            ShapedType::isDynamic(size) || ShapedType::isDynamic(shape[dim])
                ? ShapedType::kDynamic
                : shape[dim] + size;
      else if (ShapedType::isDynamic(shape[dim]))
        shape[dim] = size;
      else if (!ShapedType::isDynamic(size) && size != shape[dim])
        return emitOptionalError(loc, "concatenation of ", first, " and ", type,
                                 " along axis ", axis);
    }
  }
  types.push_back(RankedTensorType::get(shape, first.getElementType()));
  return success();
}

LogicalResult ConcatOp::verify() {
  SmallVector<Type> types;
  if (failed(inferReturnTypes(getContext(), getLoc(), getOperands(),
                              (*this)->getDiscardableAttrDictionary(),
                              (*this)->getPropertiesStorage(), {}, types)))
    return failure();
  if (failed(verifyCompatibleShape(types[0], getType())))
    return emitOpError("result is of type ")
           << getType() << ", expected " << types[0];
  return success();
}

namespace {

/// Parts that are concatenations along the same axis give their own parts; one
/// of size 0 gives nothing.
struct FlattenConcat : OpRewritePattern<ConcatOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ConcatOp op,
                                PatternRewriter &rewriter) const override {
    SmallVector<Value> parts;
    for (Value input : op.getInputs()) {
      auto inner = input.getDefiningOp<ConcatOp>();
      auto type = cast<RankedTensorType>(input.getType());
      if (inner && inner.getAxis() == op.getAxis())
        llvm::append_range(parts, inner.getInputs());
      else if (type.getDimSize(op.getAxis()) != 0)
        parts.push_back(input);
    }
    if (parts.empty())
      parts.push_back(op.getInputs().front());
    if (llvm::equal(parts, op.getInputs()))
      return rewriter.notifyMatchFailure(op, "nothing to flatten");
    rewriter.modifyOpInPlace(op, [&] { op.getInputsMutable().assign(parts); });
    return success();
  }
};

} // namespace

void ConcatOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                           MLIRContext *context) {
  patterns.add<FlattenConcat>(context);
}

OpFoldResult ConcatOp::fold(FoldAdaptor) {
  if (getInputs().size() == 1 && getInputs()[0].getType() == getType())
    return getInputs()[0];
  return {};
}

//===----------------------------------------------------------------------===//
// Expand
//===----------------------------------------------------------------------===//

LogicalResult ExpandOp::verify() {
  if (failed(verifyElementsEqual(*this)))
    return failure();
  auto shape = cast<RankedTensorType>(getShape().getType());
  if (shape.getRank() != 1)
    return emitOpError("shape of type ") << shape << "; supported: rank 1";
  RankedTensorType from = getInput().getType();
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
// Gather
//===----------------------------------------------------------------------===//

LogicalResult
GatherOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                           ValueRange operands, DictionaryAttr attributes,
                           OpaqueProperties properties, RegionRange regions,
                           SmallVectorImpl<Type> &types) {
  Adaptor adaptor(operands, attributes, properties, regions);
  auto type = cast<RankedTensorType>(operands[0].getType());
  auto indices = cast<RankedTensorType>(operands[1].getType());
  int64_t axis = adaptor.getAxis();
  if (axis < 0 || axis >= type.getRank())
    return emitOptionalError(loc, "axis ", axis, " of a tensor of rank ",
                             type.getRank());
  SmallVector<int64_t> shape(type.getShape().take_front(axis));
  llvm::append_range(shape, indices.getShape());
  llvm::append_range(shape, type.getShape().drop_front(axis + 1));
  types.push_back(RankedTensorType::get(shape, type.getElementType()));
  return success();
}

LogicalResult GatherOp::verify() {
  SmallVector<Type> types;
  if (failed(inferReturnTypes(getContext(), getLoc(), getOperands(),
                              (*this)->getDiscardableAttrDictionary(),
                              (*this)->getPropertiesStorage(), {}, types)))
    return failure();
  if (failed(verifyCompatibleShape(types[0], getType())))
    return emitOpError("result is of type ")
           << getType() << ", expected " << types[0];
  int64_t size = getInput().getType().getDimSize(getAxis());
  auto indices = getConstantIntegers(getIndices());
  if (!indices || ShapedType::isDynamic(size))
    return success();
  for (int64_t index : *indices)
    if (index < -size || index >= size)
      return emitOpError("index ") << index << " of a dimension of " << size;
  return success();
}

namespace {

/// One slice by a constant index is a slice, which needs no check.
struct GatherToSlice : OpRewritePattern<GatherOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(GatherOp op,
                                PatternRewriter &rewriter) const override {
    auto indices = getConstantIntegers(op.getIndices());
    RankedTensorType type = op.getInput().getType();
    int64_t axis = op.getAxis();
    if (!indices || indices->size() != 1 || type.isDynamicDim(axis))
      return rewriter.notifyMatchFailure(op, "not one constant index");
    Value shape = makeShape(rewriter, op.getLoc(), op.getType());
    if (!shape)
      return rewriter.notifyMatchFailure(op, "several dynamic sizes");
    int64_t size = type.getDimSize(axis);
    int64_t start =
        indices->front() < 0 ? indices->front() + size : indices->front();
    SmallVector<int64_t> sliced(type.getShape());
    sliced[axis] = 1;
    Location loc = op.getLoc();
    Value slice = SliceOp::create(
        rewriter, loc, type.clone(sliced), op.getInput(),
        makeIntegers(rewriter, loc, start),
        makeIntegers(rewriter, loc, start + 1),
        makeIntegers(rewriter, loc, axis), makeIntegers(rewriter, loc, 1));
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), slice, shape);
    return success();
  }
};

} // namespace

void GatherOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                           MLIRContext *context) {
  patterns.add<GatherToSlice>(context);
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
