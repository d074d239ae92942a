//===- NNInterpretMovement.cpp - Evaluate data movement ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/AffineMap.h"
#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/NN/IR/SliceRange.h"
#include "quantc/Interpreter/ElementLoops.h"
#include "quantc/Interpreter/Interpreter.h"
#include "llvm/Support/MathExtras.h"
#include <cstring>

// The same results on every host: no product and sum is ever contracted.
#pragma STDC FP_CONTRACT OFF

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

using Values = ArrayRef<HostValue>;
using Results = SmallVectorImpl<HostValue>;

static SmallVector<int64_t> getIntegers(const HostValue &value) {
  SmallVector<int64_t> integers;
  for (int64_t i = 0, e = value.getNumElements(); i < e; ++i)
    integers.push_back(value.getInteger(i));
  return integers;
}

/// A tensor of \p shape whose element at an index is that of \p input at
/// \p offset plus the index times \p strides.
static FailureOr<HostValue> readStrided(Operation *op, const HostValue &input,
                                        ArrayRef<int64_t> shape, int64_t offset,
                                        const SmallVector<int64_t> &strides) {
  FailureOr<HostValue> result =
      allocateResult(op, shape, input.getElementType());
  if (failed(result))
    return failure();
  if (result->getNumElements() == 0)
    return result;
  // Rows that are contiguous on both sides are copied at once.
  int64_t run = 1;
  ArrayRef<int64_t> outer(shape);
  SmallVector<int64_t> outerStrides(strides);
  while (!outer.empty() && (outer.back() == 1 || outerStrides.back() == run)) {
    run *= outer.back();
    outer = outer.drop_back();
    outerStrides.pop_back();
  }
  int64_t size = getElementBytes(input.getElementType());
  uint8_t *to = result->getMutableBytes().data();
  const uint8_t *from = input.getBytes().data() + offset * size;
  forEachElement(outer, outerStrides, [&](int64_t i, ArrayRef<int64_t> at) {
    std::memcpy(to + i * run * size, from + at[0] * size, run * size);
  });
  return result;
}

static LogicalResult pushResult(FailureOr<HostValue> value, Results &results) {
  if (failed(value))
    return failure();
  results.push_back(*value);
  return success();
}

/// The open size of a reshape of nothing, which the elements do not tell: what
/// it is for every batch, as the code has it. Nothing where the sizes of the
/// operands leave it open.
static std::optional<int64_t> getOpenSizeOfNone(ReshapeOp op,
                                                ArrayRef<int64_t> input,
                                                ArrayRef<int64_t> target,
                                                size_t open) {
  if (!op.getType().isDynamicDim(open))
    return op.getType().getDimSize(open);
  auto function = op->getParentOfType<FunctionOpInterface>();
  if (!function)
    return std::nullopt;
  SymbolicShapes shapes(function);
  DenseMap<AffineExpr, AffineExpr> values;
  auto bind = [&](ArrayRef<AffineExpr> sizes, ArrayRef<int64_t> numbers) {
    for (auto [size, number] : llvm::zip_equal(sizes, numbers))
      if (isa<AffineSymbolExpr>(size))
        values.try_emplace(size, shapes.getConstant(number));
  };
  bind(SmallVector<AffineExpr>(shapes.getSizes(op.getInput())), input);
  if (auto elements = shapes.getElements(op.getShape()))
    bind(SmallVector<AffineExpr>(*elements), target);
  AffineExpr size =
      simplifyAffineExpr(shapes.getSizes(op.getResult())[open].replace(values),
                         /*numDims=*/0, shapes.getNumSymbols());
  if (auto number = dyn_cast<AffineConstantExpr>(size);
      number && number.getValue() >= 0)
    return number.getValue();
  // Sizes that are computed of others, as those of windows, have no number: the
  // dims between those that stay are the open one.
  ArrayRef<AffineExpr> from = shapes.getSizes(op.getInput()),
                       to = shapes.getSizes(op.getResult());
  size_t behind = to.size() - open - 1;
  if (from.size() < open + behind ||
      from.take_front(open) != to.take_front(open) ||
      from.take_back(behind) != to.take_back(behind))
    return std::nullopt;
  int64_t product = 1;
  for (int64_t joined : input.slice(open, from.size() - open - behind))
    if (llvm::MulOverflow(product, joined, product))
      return std::nullopt;
  return product;
}

LogicalResult ReshapeOp::interpret(Values operands, Results &results,
                                   InterpreterContext &) {
  const HostValue &input = operands[0];
  SmallVector<int64_t> sizes = getIntegers(operands[1]);
  int64_t known = 1;
  std::optional<size_t> open;
  bool overflow = false;
  for (auto [index, size] : llvm::enumerate(sizes)) {
    if (size == -1 && !open)
      open = index;
    else if (size < 0)
      return emitOpError("shape [") << sizes << "] has a size of " << size;
    else
      overflow |= llvm::MulOverflow(known, size, known);
  }
  int64_t count = input.getNumElements();
  if (open && known != 0)
    sizes[*open] = count / known;
  bool fits = open ? known != 0 && count % known == 0 : known == count;
  if (open && known == 0 && count == 0)
    if (auto size = getOpenSizeOfNone(*this, input.getShape(), sizes, *open)) {
      sizes[*open] = *size;
      fits = true;
    }
  if (overflow || !fits)
    return emitOpError("from ")
           << count << " elements to the shape [" << sizes << "]";
  results.push_back(input.withType(input.getType().clone(sizes)));
  return success();
}

LogicalResult TransposeOp::interpret(Values operands, Results &results,
                                     InterpreterContext &) {
  const HostValue &input = operands[0];
  SmallVector<int64_t> from = getStrides(input.getShape()), shape, strides;
  for (int64_t dim : getPerm()) {
    shape.push_back(input.getShape()[dim]);
    strides.push_back(from[dim]);
  }
  return pushResult(readStrided(*this, input, shape, 0, strides), results);
}

LogicalResult SliceOp::interpret(Values operands, Results &results,
                                 InterpreterContext &) {
  const HostValue &input = operands[0];
  SmallVector<int64_t> starts = getIntegers(operands[1]),
                       ends = getIntegers(operands[2]),
                       axes = getIntegers(operands[3]),
                       steps = getIntegers(operands[4]);
  if (starts.size() != ends.size() || starts.size() != axes.size() ||
      starts.size() != steps.size())
    return emitOpError("lists of ")
           << starts.size() << ", " << ends.size() << ", " << axes.size()
           << " and " << steps.size() << " entries";
  SmallVector<int64_t> shape(input.getShape());
  SmallVector<int64_t> strides = getStrides(shape);
  int64_t offset = 0, rank = shape.size();
  SmallVector<bool> seen(rank, false);
  for (auto [start, end, axis, step] :
       llvm::zip_equal(starts, ends, axes, steps)) {
    int64_t dim = axis < 0 ? axis + rank : axis;
    if (dim < 0 || dim >= rank)
      return emitOpError("axis ") << axis << " of a tensor of rank " << rank;
    if (step == 0)
      return emitOpError("steps [") << steps << "] have a 0";
    if (std::exchange(seen[dim], true))
      return emitOpError("axes [") << axes << "] name an axis twice";
    SliceRange range = getSliceRange(start, end, step, shape[dim]);
    shape[dim] = range.count;
    if (range.count == 0)
      continue;
    offset += range.first * strides[dim];
    // A step beyond the dimension is never taken.
    strides[dim] = range.count == 1 ? 0 : strides[dim] * step;
  }
  return pushResult(readStrided(*this, input, shape, offset, strides), results);
}

LogicalResult ConcatOp::interpret(Values operands, Results &results,
                                  InterpreterContext &) {
  int64_t axis = getAxis();
  SmallVector<int64_t> shape(operands[0].getShape());
  for (const HostValue &operand : operands.drop_front()) {
    for (auto [dim, size] : llvm::enumerate(operand.getShape())) {
      if (static_cast<int64_t>(dim) == axis)
        shape[dim] += size;
      else if (shape[dim] != size)
        return emitOpError("concatenation of ")
               << operands[0].getType() << " and " << operand.getType()
               << " along axis " << axis;
    }
  }
  FailureOr<HostValue> result =
      allocateResult(*this, shape, operands[0].getElementType());
  if (failed(result))
    return failure();
  int64_t size = getElementBytes(result->getElementType()), outer = 1;
  for (int64_t dim = 0; dim < axis; ++dim)
    outer *= shape[dim];
  uint8_t *to = result->getMutableBytes().data();
  for (int64_t i = 0; i < outer; ++i) {
    for (const HostValue &operand : operands) {
      int64_t run = operand.getNumElements() / outer * size;
      if (run != 0)
        std::memcpy(to, operand.getBytes().data() + i * run, run);
      to += run;
    }
  }
  results.push_back(*result);
  return success();
}

LogicalResult ExpandOp::interpret(Values operands, Results &results,
                                  InterpreterContext &) {
  const HostValue &input = operands[0];
  SmallVector<int64_t> sizes = getIntegers(operands[1]);
  std::optional<SmallVector<int64_t>> shape =
      llvm::any_of(sizes, [](int64_t size) { return size < 0; })
          ? std::nullopt
          : broadcastShapes(input.getShape(), sizes);
  if (!shape)
    return emitOpError("from ")
           << input.getType() << " to the shape [" << sizes << "]";
  return pushResult(readStrided(*this, input, *shape, 0,
                                getBroadcastStrides(input.getShape(), *shape)),
                    results);
}

LogicalResult GatherOp::interpret(Values operands, Results &results,
                                  InterpreterContext &context) {
  if (operands[0].isJoint())
    return cast<QuantizedElementTypeInterface>(operands[0].getElementType())
        .interpretJoint(*this, operands, results, context);
  const HostValue &input = operands[0], &indices = operands[1];
  ArrayRef<int64_t> from = input.getShape();
  int64_t axis = getAxis();
  SmallVector<int64_t> shape(from.take_front(axis));
  llvm::append_range(shape, indices.getShape());
  llvm::append_range(shape, from.drop_front(axis + 1));
  SmallVector<int64_t> picks = getIntegers(indices);
  for (int64_t &pick : picks) {
    if (pick < -from[axis] || pick >= from[axis])
      return emitOpError("index ")
             << pick << " of a dimension of " << from[axis];
    pick += pick < 0 ? from[axis] : 0;
  }
  FailureOr<HostValue> result =
      allocateResult(*this, shape, input.getElementType());
  if (failed(result))
    return failure();
  int64_t outer = 1, run = getElementBytes(input.getElementType());
  for (int64_t size : from.take_front(axis))
    outer *= size;
  for (int64_t size : from.drop_front(axis + 1))
    run *= size;
  uint8_t *to = result->getMutableBytes().data();
  for (int64_t i = 0; i < outer; ++i)
    for (int64_t pick : picks) {
      if (run != 0)
        std::memcpy(to, input.getBytes().data() + (i * from[axis] + pick) * run,
                    run);
      to += run;
    }
  results.push_back(*result);
  return success();
}

LogicalResult ShapeOp::interpret(Values operands, Results &results,
                                 InterpreterContext &) {
  HostValue result = HostValue::allocate(getType());
  for (int64_t i = 0, e = result.getNumElements(); i < e; ++i)
    result.setInteger(i, operands[0].getShape()[getStart() + i]);
  results.push_back(result);
  return success();
}
