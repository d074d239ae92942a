//===- NNSliceOps.cpp - Parts of tensors ------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NNUtils.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/NN/IR/SliceRange.h"
#include "quantc/Interfaces/QuantizedElementTypeInterface.h"
#include "llvm/ADT/SmallBitVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

//===----------------------------------------------------------------------===//
// Slice
//===----------------------------------------------------------------------===//

std::optional<SmallVector<int64_t>> SliceOp::getKnownAxes() {
  auto axes = getConstantIntegers(getAxes());
  if (!axes)
    return std::nullopt;
  int64_t rank = getInput().getType().getRank();
  llvm::SmallBitVector sliced(rank);
  for (int64_t &axis : *axes) {
    if (axis < 0)
      axis += rank;
    if (axis < 0 || axis >= rank || sliced.test(axis))
      return std::nullopt;
    sliced.set(axis);
  }
  return axes;
}

/// The result's sizes as far as constants tell.
static SmallVector<int64_t> inferSlice(SliceOp op, ArrayRef<int64_t> axes) {
  RankedTensorType type = op.getInput().getType();
  SmallVector<int64_t> shape(type.getShape());
  auto starts = getConstantIntegers(op.getStarts());
  auto ends = getConstantIntegers(op.getEnds());
  auto steps = getConstantIntegers(op.getSteps());
  bool known = starts && ends && steps && starts->size() == axes.size() &&
               ends->size() == axes.size() && steps->size() == axes.size();
  for (auto [index, axis] : llvm::enumerate(axes)) {
    int64_t &size = shape[axis];
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
    int64_t size = cast<RankedTensorType>(operand.getType()).getDimSize(0);
    if (!ShapedType::isDynamic(size) && !ShapedType::isDynamic(count) &&
        size != count)
      return emitOpError("lists of ") << count << " and " << size << " entries";
    if (!ShapedType::isDynamic(size))
      count = size;
  }
  if (auto steps = getConstantIntegers(getSteps()))
    if (llvm::is_contained(*steps, 0))
      return emitOpError("steps [") << *steps << "] have a 0";
  auto given = getConstantIntegers(getAxes());
  if (!given)
    return success();
  for (int64_t axis : *given)
    if (axis < -type.getRank() || axis >= type.getRank())
      return emitOpError("axis ")
             << axis << " of a tensor of rank " << type.getRank();
  auto axes = getKnownAxes();
  if (!axes)
    return emitOpError("axes [") << *given << "] name an axis twice";
  SmallVector<int64_t> expected = inferSlice(*this, *axes);
  if (failed(verifyCompatibleShape(expected, getType().getShape())))
    return emitOpError("result is of type ")
           << getType() << ", expected " << type.clone(expected);
  return success();
}

OpFoldResult SliceOp::fold(FoldAdaptor) {
  auto axes = getKnownAxes();
  auto steps = getConstantIntegers(getSteps());
  RankedTensorType type = getInput().getType();
  if (!axes || !steps || type != getType() ||
      llvm::any_of(*steps, [](int64_t step) { return step != 1; }))
    return {};
  // A size that stays the same at step 1 is the whole dimension.
  bool known = llvm::none_of(
      *axes, [&](int64_t axis) { return type.isDynamicDim(axis); });
  return known ? getInput() : Value();
}

//===----------------------------------------------------------------------===//
// Concat
//===----------------------------------------------------------------------===//

/// The type of a concatenation; nothing where the operands do not fit.
static std::optional<RankedTensorType> inferConcat(TypeRange operands,
                                                   int64_t axis) {
  if (operands.empty())
    return std::nullopt;
  auto first = cast<RankedTensorType>(operands.front());
  if (axis < 0 || axis >= first.getRank())
    return std::nullopt;
  SmallVector<int64_t> shape(first.getShape());
  for (Type operand : operands.drop_front()) {
    auto type = cast<RankedTensorType>(operand);
    if (type.getRank() != first.getRank() ||
        type.getElementType() != first.getElementType())
      return std::nullopt;
    for (auto [dim, size] : llvm::enumerate(type.getShape())) {
      int64_t &own = shape[dim];
      bool isOpen = ShapedType::isDynamic(size);
      if (static_cast<int64_t>(dim) == axis) {
        if (isOpen || ShapedType::isDynamic(own))
          own = ShapedType::kDynamic;
        else if (llvm::AddOverflow(own, size, own))
          return std::nullopt;
      } else if (ShapedType::isDynamic(own)) {
        own = size;
      } else if (!isOpen && size != own) {
        return std::nullopt;
      }
    }
  }
  return first.clone(shape);
}

LogicalResult
ConcatOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                           ValueRange operands, DictionaryAttr attributes,
                           OpaqueProperties properties, RegionRange regions,
                           SmallVectorImpl<Type> &types) {
  Adaptor adaptor(operands, attributes, properties, regions);
  std::optional<RankedTensorType> type =
      inferConcat(operands.getTypes(), adaptor.getAxis());
  if (!type)
    return emitOptionalError(loc, "operands do not concatenate along axis ",
                             adaptor.getAxis());
  types.push_back(*type);
  return success();
}

LogicalResult ConcatOp::verify() {
  if (getInputs().empty())
    return emitOpError("concatenation of no tensors");
  auto first = cast<RankedTensorType>(getInputs()[0].getType());
  if (static_cast<int64_t>(getAxis()) >= first.getRank())
    return emitOpError("axis ")
           << getAxis() << " of tensors of rank " << first.getRank();
  std::optional<RankedTensorType> expected =
      inferConcat(getOperandTypes(), getAxis());
  if (!expected) {
    InFlightDiagnostic diagnostic = emitOpError("concatenation of ");
    llvm::interleaveComma(getOperandTypes(), diagnostic);
    return diagnostic << " along axis " << getAxis();
  }
  if (failed(verifyCompatibleShape(*expected, getType())))
    return emitOpError("result is of type ")
           << getType() << ", expected " << *expected;
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
    std::optional<RankedTensorType> type =
        inferConcat(ValueRange(parts).getTypes(), op.getAxis());
    if (!type || failed(verifyCompatibleShape(*type, op.getType())))
      return rewriter.notifyMatchFailure(op, "the types contradict each other");
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
// Gather
//===----------------------------------------------------------------------===//

/// \p axis is one of the input's.
static RankedTensorType inferGather(RankedTensorType input,
                                    RankedTensorType indices, int64_t axis) {
  SmallVector<int64_t> shape(input.getShape().take_front(axis));
  llvm::append_range(shape, indices.getShape());
  llvm::append_range(shape, input.getShape().drop_front(axis + 1));
  return input.clone(shape);
}

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
  types.push_back(inferGather(type, indices, axis));
  return success();
}

SmallVector<ContractionOperand> GatherOp::getContractionOperands() {
  RankedTensorType type = getInput().getType();
  // A value that stays quantised is moved and not looked up.
  bool isTable = getAxis() == 0 && type.getRank() == 2 &&
                 getType().getElementType().isF32();
  if (!isTable)
    return {};
  return {{0, OperandRole::Embedding, 1}};
}

LogicalResult GatherOp::verifyFormats(TypeRange formats) {
  auto format = cast<QuantizedElementTypeInterface>(formats[0]);
  if (format.getBlockExtent(0) == 1 &&
      ShapedType::isDynamic(format.getBlockExtent(1)))
    return success();
  return emitOpError("table is quantised as ")
         << formats[0] << "; supported: one scale a row, [1, ?]";
}

LogicalResult GatherOp::verify() {
  RankedTensorType type = getInput().getType();
  bool decodes = isQuantizedTensor(type) && getType().getElementType().isF32();
  if (decodes && getContractionOperands().empty())
    return emitOpError("decodes ") << type << " along dimension " << getAxis()
                                   << "; supported: rows of a matrix";
  if (static_cast<int64_t>(getAxis()) >= type.getRank())
    return emitOpError("axis ")
           << getAxis() << " of a tensor of rank " << type.getRank();
  RankedTensorType expected =
      inferGather(type, getIndices().getType(), getAxis());
  Type element = type.getElementType(), result = getType().getElementType();
  // What block a row of a joint value becomes is not for this op to say.
  bool areJoint = isa<QuantizedElementTypeInterface>(element) &&
                  isa<QuantizedElementTypeInterface>(result);
  if ((element != result && !areJoint && !decodes) ||
      failed(verifyCompatibleShape(expected, getType())))
    return emitOpError("result is of type ")
           << getType() << ", expected " << expected;
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
    if (isQuantizedTensor(type))
      return rewriter.notifyMatchFailure(op, "of a quantised tensor");
    if (!indices || indices->size() != 1 || type.isDynamicDim(axis))
      return rewriter.notifyMatchFailure(op, "not one constant index");
    Value shape = makeShape(rewriter, op.getLoc(), op.getType());
    if (!shape)
      return rewriter.notifyMatchFailure(op, "sizes of the result are open");
    int64_t size = type.getDimSize(axis);
    int64_t start =
        indices->front() < 0 ? indices->front() + size : indices->front();
    if (start < 0 || start >= size)
      return rewriter.notifyMatchFailure(op, "the index is out of range");
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
