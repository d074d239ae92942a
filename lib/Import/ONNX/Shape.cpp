//===- Shape.cpp - Reshapes, and shapes as values ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"
#include "quantc/Dialect/NN/IR/NNOps.h"

using namespace mlir;
using namespace quantc::onnx;

/// A computed shape with the sizes that its zeros stand for. What is computed
/// from sizes is a size itself, also where it is zero; only what the model's
/// user gives, and constants that were joined to computed parts, can mean 0 as
/// "the size of this dim".
static Value settleZeros(NodeBinder &node, Value x, Value shape) {
  Emitter &emit = node.emit();
  int64_t length = typeOf(shape).getDimSize(0);
  if (isa<BlockArgument>(shape)) {
    shape = emit.cast(shape, emit.i64());
    Value own = emit.shapeOf(x, 0, std::min(length, rankOf(x)));
    if (length > rankOf(x))
      own = emit.concat(
          {own, emit.integers(SmallVector<int64_t>(length - rankOf(x), 0))}, 0);
    Value isZero = emit.compare("eq", shape, emit.scalar(emit.i64(), 0));
    return emit.select(isZero, own, shape);
  }
  auto concat = shape.getDefiningOp<quantc::nn::ConcatOp>();
  if (!concat)
    return shape;
  SmallVector<Value> parts;
  int64_t at = 0;
  for (Value part : concat.getInputs()) {
    int64_t size = typeOf(part).getDimSize(0);
    std::optional<SmallVector<int64_t>> numbers = constantElements(part);
    if (numbers && llvm::is_contained(*numbers, 0)) {
      SmallVector<Size> sizes;
      for (auto [index, number] : llvm::enumerate(*numbers)) {
        int64_t dim = at + static_cast<int64_t>(index);
        sizes.push_back(number == 0 && dim < rankOf(x) ? Size(x, dim)
                                                       : Size(number));
      }
      part = emit.sizes(sizes);
    }
    parts.push_back(part);
    at += size;
  }
  return emit.concat(parts, 0);
}

static void importReshape(NodeBinder &node) {
  bool allowZero = node.opset() >= 14 && node.flag("allowzero", false);
  Value x = node.input(0), shape = node.shapeInput(1);
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  std::optional<SmallVector<int64_t>> constant = constantElements(shape);
  if (!constant) {
    node.output(
        0, emit.reshape(x, allowZero ? shape : settleZeros(node, x, shape)));
    return;
  }
  SmallVector<Size> sizes;
  bool inferred = false, zero = false;
  for (auto [dim, size] : llvm::enumerate(*constant)) {
    if (size < -1 || (size == -1 && inferred)) {
      node.problem("its shape has " + (size < -1
                                           ? "the negative size " + Twine(size)
                                           : Twine("more than one -1")));
      return;
    }
    inferred |= size == -1;
    if (size != 0 || allowZero) {
      zero |= size == 0;
      sizes.push_back(Size(size));
    } else if (static_cast<int64_t>(dim) < rankOf(x)) {
      sizes.push_back(Size(x, dim));
    } else {
      node.problem("entry " + Twine(dim) +
                   " of its shape is 0 and stands for "
                   "a dim that its input of rank " +
                   Twine(rankOf(x)) + " does not have");
      return;
    }
  }
  if (inferred && zero) {
    node.problem("its shape has both -1 and, with allowzero = 1, 0");
    return;
  }
  node.output(0, emit.reshape(x, sizes));
}

static void importFlatten(NodeBinder &node) {
  int64_t axis = node.integer("axis", 1);
  Value x = node.input(0);
  // The axis may be the rank itself: then all dims are before it.
  if (x && axis != rankOf(x))
    axis = node.normalizeAxis(axis, rankOf(x), "axis");
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  auto product = [&](ArrayRef<int64_t> sizes) {
    int64_t result = 1;
    for (int64_t size : sizes)
      result = ShapedType::isDynamic(size) || result < 0 ? -1 : result * size;
    return result;
  };
  ArrayRef<int64_t> shape = typeOf(x).getShape();
  int64_t rows = product(shape.take_front(axis));
  int64_t columns = product(shape.drop_front(axis));
  if ((rows > 0 || columns > 0) && (rows >= 0 || columns >= 0)) {
    node.output(0, emit.reshape(x, {Size(rows), Size(columns)}));
    return;
  }
  // Both are products of run-time sizes (or zero, which -1 cannot divide).
  Value both[2];
  both[0] = emit.reduce("prod", emit.shapeOf(x, 0, axis), {0}, true);
  both[1] = emit.reduce("prod", emit.shapeOf(x, axis, rankOf(x)), {0}, true);
  node.output(0, emit.reshape(x, emit.concat(both, 0)));
}

/// The axes of Squeeze and Unsqueeze: an attribute before opset 13.
static std::optional<SmallVector<int64_t>> axesOf(NodeBinder &node) {
  if (node.opset() < 13)
    return node.integers("axes");
  if (node.hasInput(1))
    return node.constantIntegers(1, "axes");
  return std::nullopt;
}

static void importSqueeze(NodeBinder &node) {
  std::optional<SmallVector<int64_t>> axes = axesOf(node);
  Value x = node.input(0);
  if (node.failed())
    return;
  SmallVector<int64_t> removed;
  if (axes) {
    removed = node.normalizeAxes(*axes, rankOf(x));
  } else if (!typeOf(x).hasStaticShape()) {
    node.problem("axes are not given and its input has dims of run-time size; "
                 "supported: axes that are given");
  } else {
    for (int64_t dim = 0; dim < rankOf(x); ++dim)
      if (typeOf(x).getDimSize(dim) == 1)
        removed.push_back(dim);
  }
  for (int64_t dim : removed)
    if (!typeOf(x).isDynamicDim(dim) && typeOf(x).getDimSize(dim) != 1)
      node.problem("dim " + Twine(dim) + " has size " +
                   Twine(typeOf(x).getDimSize(dim)) + ", not 1");
  if (node.failed())
    return;
  SmallVector<Size> sizes;
  for (int64_t dim = 0; dim < rankOf(x); ++dim)
    if (!llvm::is_contained(removed, dim))
      sizes.push_back(Size(x, dim));
  node.output(0, node.emit().reshape(x, sizes));
}

static void importUnsqueeze(NodeBinder &node) {
  std::optional<SmallVector<int64_t>> axes = axesOf(node);
  Value x = node.input(0);
  if (!axes && !node.failed())
    node.problem("axes are missing");
  if (node.failed())
    return;
  int64_t rank = rankOf(x) + static_cast<int64_t>(axes->size());
  if (rank > MaxRank) {
    node.problem("gives a tensor of rank " + Twine(rank) +
                 "; supported: " + Twine(MaxRank));
    return;
  }
  SmallVector<int64_t> added = node.normalizeAxes(*axes, rank);
  if (node.failed())
    return;
  SmallVector<Size> sizes;
  for (int64_t dim = 0, from = 0; dim < rank; ++dim)
    sizes.push_back(llvm::is_contained(added, dim) ? Size(1) : Size(x, from++));
  node.output(0, node.emit().reshape(x, sizes));
}

static void importExpand(NodeBinder &node) {
  Value x = node.input(0), shape = node.shapeInput(1);
  if (!node.failed())
    node.output(0, node.emit().expand(x, shape));
}

static void importShape(NodeBinder &node) {
  int64_t start = 0;
  std::optional<int64_t> end;
  if (node.opset() >= 15) {
    start = node.integer("start", 0);
    end = node.integer("end");
  }
  Value x = node.input(0);
  if (node.failed())
    return;
  int64_t rank = rankOf(x);
  auto clamp = [&](int64_t bound) {
    return std::clamp<int64_t>(bound < 0 ? bound + rank : bound, 0, rank);
  };
  start = clamp(start);
  node.output(
      0,
      node.emit().shapeOf(x, start, std::max(start, clamp(end.value_or(rank)))),
      quantc_onnx::TensorProto::INT64);
}

static void importSize(NodeBinder &node) {
  Value x = node.input(0);
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  node.output(0, emit.reduce("prod", emit.shapeOf(x), {0}, false),
              quantc_onnx::TensorProto::INT64);
}

void quantc::onnx::addShapeOps(OpTable &table) {
  table.add("Reshape", importReshape, 5, 2, 2);
  table.add("Flatten", importFlatten, 1, 1, 1);
  table.add("Squeeze", importSqueeze, 1, 1, 2);
  table.add("Unsqueeze", importUnsqueeze, 1, 1, 2);
  table.add("Expand", importExpand, 8, 2, 2);
  table.add("Shape", importShape, 1, 1, 1);
  table.add("Size", importSize, 1, 1, 1);
}
