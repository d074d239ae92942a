//===- NNInterpretMovement.cpp - Data movement and shapes -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/TypeUtilities.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Interpreter/ElementLoops.h"
#include "quantc/Interpreter/Interpreter.h"
#include <cstring>

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

using Values = ArrayRef<HostValue>;
using Results = SmallVectorImpl<HostValue>;

/// A tensor of \p shape whose element i is the input's at the i-th offset
/// that \p strides give from \p start.
static HostValue copyStrided(const HostValue &input, ArrayRef<int64_t> shape,
                             ArrayRef<int64_t> strides, int64_t start = 0) {
  HostValue result =
      HostValue::allocate(RankedTensorType::get(shape, input.getElementType()));
  int64_t size = getElementBytes(input.getElementType());
  uint8_t *to = result.getMutableBytes().data();
  const uint8_t *from = input.getBytes().data();
  forEachElement(shape, SmallVector<int64_t>(strides),
                 [&](int64_t i, ArrayRef<int64_t> at) {
                   std::memcpy(to + i * size, from + (start + at[0]) * size, size);
                 });
  return result;
}

static SmallVector<int64_t> getIntegers(const HostValue &value) {
  SmallVector<int64_t> integers;
  for (int64_t i = 0, e = value.getNumElements(); i < e; ++i)
    integers.push_back(value.getInteger(i));
  return integers;
}

LogicalResult ReshapeOp::interpret(Values operands, Results &results,
                                   InterpreterContext &) {
  const HostValue &x = operands[0];
  SmallVector<int64_t> shape = getIntegers(operands[1]);
  int64_t known = 1;
  int64_t *open = nullptr;
  for (int64_t &size : shape) {
    if (size == -1 && !open)
      open = &size;
    else
      known *= size;
  }
  if (open)
    *open = known > 0 ? x.getNumElements() / known : 0;
  if ((open ? known * *open : known) != x.getNumElements() || known < 0)
    return emitOpError("from ") << x.getType() << " to sizes [" << shape
                                << "] at run time";
  results.push_back(
      x.withType(RankedTensorType::get(shape, x.getElementType())));
  return success();
}

LogicalResult TransposeOp::interpret(Values operands, Results &results,
                                     InterpreterContext &) {
  const HostValue &x = operands[0];
  SmallVector<int64_t> own = getStrides(x.getShape()), shape, strides;
  for (int64_t dim : getPerm()) {
    shape.push_back(x.getShape()[dim]);
    strides.push_back(own[dim]);
  }
  results.push_back(copyStrided(x, shape, strides));
  return success();
}

LogicalResult SliceOp::interpret(Values operands, Results &results,
                                 InterpreterContext &) {
  const HostValue &x = operands[0];
  SmallVector<int64_t> shape(x.getShape()), strides = getStrides(x.getShape());
  SmallVector<int64_t> lists[4];
  for (int i = 0; i < 4; ++i)
    lists[i] = getIntegers(operands[i + 1]);
  int64_t offset = 0;
  for (auto [start, end, axis, step] :
       llvm::zip(lists[0], lists[1], lists[2], lists[3])) {
    int64_t dim = axis < 0 ? axis + x.getRank() : axis;
    if (dim < 0 || dim >= x.getRank() || step == 0)
      return emitOpError("axis ") << axis << ", step " << step << " at run time";
    int64_t n = x.getShape()[dim];
    int64_t low = step > 0 ? 0 : -1, high = step > 0 ? n : n - 1;
    auto clamp = [&](int64_t i) {
      return std::clamp(i < 0 ? std::max(i + n, int64_t(-1)) : i, low, high);
    };
    int64_t from = clamp(start), to = clamp(end);
    if (step > 0)
      shape[dim] = to > from ? (to - from - 1) / step + 1 : 0;
    else
      shape[dim] = from > to ? (from - to - 1) / -step + 1 : 0;
    offset += from * strides[dim];
    strides[dim] *= step;
  }
  results.push_back(copyStrided(x, shape, strides, offset));
  return success();
}

LogicalResult ConcatOp::interpret(Values operands, Results &results,
                                  InterpreterContext &) {
  SmallVector<int64_t> shape(operands[0].getShape());
  int64_t axis = getAxis();
  shape[axis] = 0;
  for (const HostValue &part : operands) {
    for (int64_t dim = 0; dim < part.getRank(); ++dim)
      if (dim != axis && part.getShape()[dim] != shape[dim])
        return emitOpError("sizes at run time along dimension ")
               << dim << ": " << shape[dim] << " and " << part.getShape()[dim];
    shape[axis] += part.getShape()[axis];
  }
  HostValue y = HostValue::allocate(
      RankedTensorType::get(shape, operands[0].getElementType()));
  int64_t outer = 1, inner = getElementBytes(y.getElementType());
  for (int64_t dim = 0; dim < axis; ++dim)
    outer *= shape[dim];
  for (size_t dim = axis + 1; dim < shape.size(); ++dim)
    inner *= shape[dim];
  uint8_t *to = y.getMutableBytes().data();
  for (int64_t o = 0; o < outer; ++o)
    for (const HostValue &part : operands) {
      int64_t bytes = part.getShape()[axis] * inner;
      if (bytes)
        std::memcpy(to, part.getBytes().data() + o * bytes, bytes);
      to += bytes;
    }
  results.push_back(y);
  return success();
}

LogicalResult ExpandOp::interpret(Values operands, Results &results,
                                  InterpreterContext &) {
  const HostValue &x = operands[0];
  std::optional<SmallVector<int64_t>> shape =
      broadcastShapes(x.getShape(), getIntegers(operands[1]));
  if (!shape)
    return emitOpError("from ") << x.getType() << " to sizes ["
                                << getIntegers(operands[1]) << "] at run time";
  results.push_back(
      copyStrided(x, *shape, getBroadcastStrides(x.getShape(), *shape)));
  return success();
}

LogicalResult GatherOp::interpret(Values operands, Results &results,
                                  InterpreterContext &) {
  const HostValue &x = operands[0], &indices = operands[1];
  int64_t axis = getAxis(), n = x.getShape()[axis];
  SmallVector<int64_t> shape(x.getShape().take_front(axis));
  llvm::append_range(shape, indices.getShape());
  llvm::append_range(shape, x.getShape().drop_front(axis + 1));
  HostValue y =
      HostValue::allocate(RankedTensorType::get(shape, x.getElementType()));
  int64_t outer = 1, inner = getElementBytes(x.getElementType());
  for (int64_t dim = 0; dim < axis; ++dim)
    outer *= x.getShape()[dim];
  for (int64_t size : x.getShape().drop_front(axis + 1))
    inner *= size;
  uint8_t *to = y.getMutableBytes().data();
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0, e = indices.getNumElements(); i < e; ++i) {
      int64_t index = indices.getInteger(i);
      if (index < -n || index >= n)
        return emitOpError("index ") << index << " of a dimension of " << n;
      int64_t at = o * n + (index < 0 ? index + n : index);
      if (inner)
        std::memcpy(to, x.getBytes().data() + at * inner, inner);
      to += inner;
    }
  results.push_back(y);
  return success();
}

LogicalResult ShapeOp::interpret(Values operands, Results &results,
                                 InterpreterContext &) {
  HostValue y = HostValue::allocate(getType());
  for (int64_t dim = getStart(), end = getEnd(); dim < end; ++dim)
    y.setInteger(dim - getStart(), operands[0].getShape()[dim]);
  results.push_back(y);
  return success();
}
