//===- NNReductionOps.cpp - Normalisation, softmax, reductions --*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NNUtils.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Dialect/NN/IR/NNOps.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

static LogicalResult verifyAxis(Operation *op, int64_t axis, int64_t rank) {
  if (axis >= 0 && axis < rank)
    return success();
  return op->emitOpError("axis ") << axis << " of a tensor of rank " << rank;
}

/// What LayerNorm and RMSNorm have in common: an axis, and parameters that
/// broadcast to the input.
static LogicalResult verifyNorm(Operation *op, int64_t axis) {
  auto type = cast<RankedTensorType>(op->getOperand(0).getType());
  if (failed(verifyAxis(op, axis, type.getRank())))
    return failure();
  for (Value operand : op->getOperands().drop_front())
    if (!broadcastsTo(shapeOf(operand), type.getShape()))
      return op->emitOpError("operand of type ")
             << operand.getType() << " does not broadcast to " << type;
  return success();
}

static bool isLastAxis(Value input, int64_t axis) {
  return axis == cast<RankedTensorType>(input.getType()).getRank() - 1;
}

LogicalResult LayerNormOp::verify() { return verifyNorm(*this, getAxis()); }

bool LayerNormOp::isRowwise() { return isLastAxis(getInput(), getAxis()); }

LogicalResult RMSNormOp::verify() { return verifyNorm(*this, getAxis()); }

bool RMSNormOp::isRowwise() { return isLastAxis(getInput(), getAxis()); }

LogicalResult SoftmaxOp::verify() {
  return verifyAxis(*this, getAxis(), getInput().getType().getRank());
}

bool SoftmaxOp::isRowwise() { return isLastAxis(getInput(), getAxis()); }

LogicalResult CumSumOp::verify() {
  RankedTensorType type = getInput().getType();
  if (type.getElementType().isInteger(1))
    return emitOpError("elements of type i1; supported: f32, i32, i64");
  return verifyAxis(*this, getAxis(), type.getRank());
}

LogicalResult
TopKOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc,
                         ValueRange operands, DictionaryAttr attributes,
                         OpaqueProperties properties, RegionRange regions,
                         SmallVectorImpl<Type> &types) {
  Adaptor adaptor(operands, attributes, properties, regions);
  auto type = cast<RankedTensorType>(operands[0].getType());
  if (adaptor.getAxis() >= static_cast<uint64_t>(type.getRank()))
    return failure(); // The verifier says so.
  SmallVector<int64_t> shape(type.getShape());
  shape[adaptor.getAxis()] = adaptor.getK();
  types.push_back(RankedTensorType::get(shape, IntegerType::get(context, 64)));
  return success();
}

LogicalResult TopKOp::verify() {
  RankedTensorType type = getInput().getType();
  if (type.getElementType().isInteger(1))
    return emitOpError("elements of type i1; supported: f32, i32, i64");
  if (failed(verifyAxis(*this, getAxis(), type.getRank())))
    return failure();
  int64_t size = type.getDimSize(getAxis()), k = getK();
  if (!ShapedType::isDynamic(size) && size < k)
    return emitOpError("k = ") << k << " of " << size << " elements";
  SmallVector<int64_t> expected(type.getShape());
  expected[getAxis()] = k;
  if (!getType().getElementType().isInteger(64) ||
      failed(verifyCompatibleShape(expected, getType().getShape())))
    return emitOpError("result is of type ")
           << getType() << ", expected "
           << RankedTensorType::get(expected,
                                    IntegerType::get(getContext(), 64));
  return success();
}

static SmallVector<int64_t> inferReduce(ArrayRef<int64_t> shape,
                                        ArrayRef<int64_t> axes, bool keepdims) {
  SmallVector<int64_t> result;
  for (auto [dim, size] : llvm::enumerate(shape)) {
    bool reduced = llvm::is_contained(axes, static_cast<int64_t>(dim));
    if (!reduced)
      result.push_back(size);
    else if (keepdims)
      result.push_back(1);
  }
  return result;
}

LogicalResult
ReduceOp::inferReturnTypes(MLIRContext *context, std::optional<Location> loc,
                           ValueRange operands, DictionaryAttr attributes,
                           OpaqueProperties properties, RegionRange regions,
                           SmallVectorImpl<Type> &types) {
  Adaptor adaptor(operands, attributes, properties, regions);
  auto type = cast<RankedTensorType>(operands[0].getType());
  types.push_back(RankedTensorType::get(
      inferReduce(type.getShape(), adaptor.getAxes(), adaptor.getKeepdims()),
      type.getElementType()));
  return success();
}

LogicalResult ReduceOp::verify() {
  RankedTensorType type = getInput().getType();
  if (type.getElementType().isInteger(1))
    return emitOpError("elements of type i1; supported: f32, i32, i64");
  int64_t previous = -1;
  for (int64_t axis : getAxes()) {
    if (failed(verifyAxis(*this, axis, type.getRank())))
      return failure();
    if (axis <= previous)
      return emitOpError("axes [") << getAxes() << "]; supported: rising ones";
    previous = axis;
  }
  SmallVector<int64_t> expected =
      inferReduce(type.getShape(), getAxes(), getKeepdims());
  if (!areCompatibleContractionTypes(getType(),
                                     getType().clone(type.getElementType())) ||
      failed(verifyCompatibleShape(expected, getType().getShape())))
    return emitOpError("result is of type ")
           << getType() << ", expected "
           << RankedTensorType::get(expected, type.getElementType());
  return success();
}

OpFoldResult ReduceOp::fold(FoldAdaptor) {
  // Of a single element these kinds give the element.
  switch (getKind()) {
  case ReduceKind::Sum:
  case ReduceKind::Mean:
    // A sum of floats begins with 0, which makes 0 of -0.
    if (!isa<IntegerType>(getType().getElementType()))
      return {};
    break;
  case ReduceKind::Max:
  case ReduceKind::Min:
  case ReduceKind::Prod:
    break;
  default:
    return {};
  }
  RankedTensorType type = getInput().getType();
  bool single = llvm::all_of(
      getAxes(), [&](int64_t axis) { return type.getDimSize(axis) == 1; });
  return single && type == getType() ? getInput() : Value();
}

bool ReduceOp::isRowwise() {
  // A fused kernel keeps the rows: the reduced dimension stays as 1.
  return getKeepdims() && getAxes().size() == 1 &&
         getAxes()[0] == getInput().getType().getRank() - 1;
}
