//===- Normalization.cpp - LayerNormalization and softmax -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"

using namespace mlir;
using namespace quantc::onnx;

static void importLayerNormalization(NodeBinder &node) {
  int64_t axis = node.integer("axis", -1);
  float epsilon = node.real("epsilon", 1e-5f);
  int64_t stash = node.integer("stash_type", quantc_onnx::TensorProto::FLOAT);
  if (stash != quantc_onnx::TensorProto::FLOAT)
    node.unsupported("stash_type", Twine(stash), "1 (float)");
  Value x = node.input(0, Float), scale = node.input(1, Float);
  Value bias = node.optionalInput(2, Float);
  if (x)
    axis = node.normalizeAxis(axis, rankOf(x), "axis");
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  node.output(0, emit.layerNorm(x, scale, bias, axis, epsilon));
  if (!node.wantsOutput(1) && !node.wantsOutput(2))
    return;
  SmallVector<int64_t> axes =
      llvm::to_vector(llvm::seq<int64_t>(axis, rankOf(x)));
  Value mean = emit.reduce("mean", x, axes, /*keepDims=*/true);
  node.output(1, mean);
  Value centred = emit.binary("sub", x, mean);
  Value variance = emit.reduce("mean", emit.binary("mul", centred, centred),
                               axes, /*keepDims=*/true);
  Value shifted =
      emit.binary("add", variance, emit.scalar(emit.f32(), epsilon));
  node.output(2, emit.unary("reciprocal", emit.unary("sqrt", shifted)));
}

/// Applies `along`, which works along one axis, as the operator's opset has it:
/// before opset 13 `axis` splits the dims in two groups and all of the second
/// are one axis.
static void importAlongAxis(NodeBinder &node,
                            llvm::function_ref<Value(Value, int64_t)> along) {
  int64_t axis = node.integer("axis", node.opset() < 13 ? 1 : -1);
  Value x = node.input(0, Float);
  if (!x)
    return;
  int64_t rank = rankOf(x);
  // A scalar may be given any axis that a vector has.
  if (node.opset() < 13 && axis == rank) {
    // The second group is empty: each element is normalised by itself.
  } else {
    axis = node.normalizeAxis(axis, rank, "axis");
  }
  if (node.failed())
    return;
  if (node.opset() >= 13 || axis == rank - 1) {
    node.output(0, along(x, axis));
    return;
  }
  Emitter &emit = node.emit();
  ArrayRef<int64_t> shape = typeOf(x).getShape();
  int64_t inner = 1;
  for (int64_t size : shape.drop_front(axis))
    inner = ShapedType::isDynamic(size) || ShapedType::isDynamic(inner)
                ? ShapedType::kDynamic
                : inner * size;
  Value flat;
  if (!ShapedType::isDynamic(inner) && inner != 0) {
    flat = emit.reshape(x, {Size(-1), Size(inner)});
  } else {
    // Rows and columns of run-time size: both are products of sizes.
    Value rows = emit.reduce("prod", emit.shapeOf(x, 0, axis), {0}, true);
    Value columns = emit.reduce("prod", emit.shapeOf(x, axis, rank), {0}, true);
    flat = emit.reshape(x, emit.concat({rows, columns}, 0));
  }
  Value result = flat ? along(flat, 1) : Value();
  SmallVector<Size> sizes;
  for (int64_t dim = 0; dim < rank; ++dim)
    sizes.push_back(Size(x, dim));
  node.output(0, emit.reshape(result, sizes));
}

static void importSoftmax(NodeBinder &node) {
  importAlongAxis(node, [&](Value x, int64_t axis) {
    return node.emit().softmax(x, axis);
  });
}

static void importLogSoftmax(NodeBinder &node) {
  importAlongAxis(node, [&](Value x, int64_t axis) {
    Emitter &emit = node.emit();
    Value peak = emit.reduce("max", x, {axis}, /*keepDims=*/true);
    Value shifted = emit.binary("sub", x, peak);
    Value sum = emit.reduce("sum", emit.unary("exp", shifted), {axis},
                            /*keepDims=*/true);
    return emit.binary("sub", shifted, emit.unary("log", sum));
  });
}

void quantc::onnx::addNormalizationOps(OpTable &table) {
  table.add("LayerNormalization", importLayerNormalization, 17, 2, 3, 3);
  table.add("Softmax", importSoftmax, 1, 1, 1);
  table.add("LogSoftmax", importLogSoftmax, 1, 1, 1);
}
