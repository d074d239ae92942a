//===- NNPositionOps.cpp - Positions in a sequence --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NNUtils.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Interpreter/ElementLoops.h"
#include "quantc/Interpreter/Interpreter.h"

// The same results on every host: no product and sum is ever contracted.
#pragma STDC FP_CONTRACT OFF

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

using Values = ArrayRef<HostValue>;
using Results = SmallVectorImpl<HostValue>;

//===----------------------------------------------------------------------===//
// Iota
//===----------------------------------------------------------------------===//

LogicalResult IotaOp::verify() {
  auto size = cast<RankedTensorType>(getSize().getType());
  if (size.getRank() != 1 || size.getDimSize(0) != 1)
    return emitOpError("size of type ") << size << "; supported: one element";
  if (getType().getRank() != 1)
    return emitOpError("result is of type ")
           << getType() << ", expected rank 1";
  std::optional<SmallVector<int64_t>> known = getConstantIntegers(getSize());
  if (!known)
    return success();
  int64_t count = known->front();
  if (count < 0)
    return emitOpError("has the size ") << count;
  if (!getType().isDynamicDim(0) && getType().getDimSize(0) != count)
    return emitOpError("result is of type ")
           << getType() << ", expected " << count << " numbers";
  return success();
}

void IotaOp::inferSymbolic(SymbolicShapes &shapes) {
  auto size = shapes.getElements(getSize());
  if (!size || size->size() != 1)
    return;
  shapes.setSizes(getResult(), SymbolicShapes::Sizes(*size));
  constexpr int64_t small = 64;
  auto count = dyn_cast<AffineConstantExpr>(shapes.getSizes(getResult())[0]);
  if (!count || count.getValue() < 0 || count.getValue() > small)
    return;
  SymbolicShapes::Sizes numbers;
  for (int64_t i = 0; i < count.getValue(); ++i)
    numbers.push_back(shapes.getConstant(i));
  shapes.setElements(getResult(), numbers);
}

LogicalResult IotaOp::interpret(Values operands, Results &results,
                                InterpreterContext &) {
  int64_t count = operands[0].getInteger(0);
  if (count < 0)
    return emitOpError("has the size ") << count;
  FailureOr<HostValue> result =
      allocateResult(*this, count, getType().getElementType());
  if (failed(result))
    return failure();
  for (int64_t i = 0; i < count; ++i)
    result->setInteger(i, i);
  results.push_back(*result);
  return success();
}

//===----------------------------------------------------------------------===//
// Rotary
//===----------------------------------------------------------------------===//

LogicalResult RotaryOp::verify() {
  RankedTensorType type = getInput().getType();
  if (type.getRank() == 0)
    return emitOpError("input of type ") << type << "; supported: rank 1 on";
  int64_t features = type.getShape().back();
  if (ShapedType::isDynamic(features) || features % 2 != 0)
    return emitOpError("input of type ")
           << type << "; supported: an even, known number of features";
  // Joint values have other formats than they are computed in.
  auto isWord = [](Type type) { return isa<IntegerType>(type); };
  SmallVector<Type> elements;
  for (Type own : getOperandTypes())
    elements.push_back(getElementTypeOrSelf(own));
  Type computed = getElementTypeOrSelf(getType());
  if (isWord(computed) || llvm::any_of(elements, isWord)) {
    if (!computed.isInteger(32) ||
        llvm::any_of(elements, [](Type own) { return !own.isInteger(16); }))
      return emitOpError("of ")
             << getOperandTypes() << " to " << getType()
             << "; supported of integers: operands of i16 to i32";
  }
  if (getType().getShape() != type.getShape())
    return emitOpError("result is of type ")
           << getType() << ", its shape is not that of " << type;
  for (Value operand : getOperands().drop_front()) {
    auto angles = cast<RankedTensorType>(operand.getType());
    if (!broadcastsTo(angles.getShape(), type.getShape()))
      return emitOpError("operand of type ")
             << angles << " does not broadcast to " << type;
    if (angles.getRank() == 0 || angles.getShape().back() != features)
      return emitOpError("operand of type ")
             << angles << " has no angle for each of " << features
             << " features";
  }
  return success();
}

void RotaryOp::inferSymbolic(SymbolicShapes &shapes) {
  shapes.setSizes(getResult(),
                  SymbolicShapes::Sizes(shapes.getSizes(getInput())));
}

LogicalResult RotaryOp::interpret(Values operands, Results &results,
                                  InterpreterContext &) {
  const HostValue &x = operands[0];
  ArrayRef<int64_t> shape = x.getShape();
  SmallVector<SmallVector<int64_t>> strides;
  for (const HostValue &operand : operands.drop_front()) {
    std::optional<SmallVector<int64_t>> both =
        broadcastShapes(shape, operand.getShape());
    if (!both || ArrayRef<int64_t>(*both) != shape)
      return emitOpError("operand of type ")
             << operand.getType() << " does not broadcast to " << x.getType();
    strides.push_back(getBroadcastStrides(operand.getShape(), shape));
  }
  HostValue result =
      HostValue::allocate(x.getType().clone(getElementTypeOrSelf(getType())));
  int64_t features = shape.back(), half = features / 2;
  // Doubles hold products and sums of 16 bits exactly.
  forEachElement(shape, strides, [&](int64_t i, ArrayRef<int64_t> at) {
    int64_t j = i % features;
    bool isFirst = getInterleaved() ? j % 2 == 0 : j < half;
    int64_t distance = getInterleaved() ? 1 : half;
    double other =
        isFirst ? -x.getNumber(i + distance) : x.getNumber(i - distance);
    result.setNumber(i, x.getNumber(i) * operands[1].getNumber(at[0]) +
                            other * operands[2].getNumber(at[1]));
  });
  results.push_back(result);
  return success();
}
