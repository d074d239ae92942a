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

/// Intermediate results are f32 here.
static void requireFloatStash(NodeBinder &node) {
  int64_t stash = node.integer("stash_type", quantc_onnx::TensorProto::FLOAT);
  if (stash != quantc_onnx::TensorProto::FLOAT)
    node.unsupported("stash_type", Twine(stash), "1 (float)");
}

static void importLayerNormalization(NodeBinder &node) {
  int64_t axis = node.integer("axis", -1);
  float epsilon = node.real("epsilon", 1e-5f);
  requireFloatStash(node);
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

static void importRMSNormalization(NodeBinder &node) {
  int64_t axis = node.integer("axis", -1);
  float epsilon = node.real("epsilon", 1e-5f);
  requireFloatStash(node);
  Value x = node.input(0, Float), scale = node.input(1, Float);
  if (x)
    axis = node.normalizeAxis(axis, rankOf(x), "axis");
  if (!node.failed())
    node.output(0, node.emit().rmsNorm(x, scale, axis, epsilon));
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

/// [B, groups, everything else of the group].
static Value splitGroups(Emitter &emit, Value x, Size groups) {
  ArrayRef<int64_t> shape = typeOf(x).getShape();
  if (ShapedType::isDynamic(shape[0]) &&
      llvm::any_of(shape.drop_front(), ShapedType::isDynamic)) {
    Value rest = emit.reduce("prod", emit.shapeOf(x, 1, rankOf(x)), {0}, true);
    Value size = emit.binary("div", rest, emit.sizes({groups}));
    return emit.reshape(
        x, emit.concat({emit.shapeOf(x, 0, 1), emit.sizes({groups}), size}, 0));
  }
  int64_t rest = 1;
  for (int64_t size : shape.drop_front())
    rest = ShapedType::isDynamic(size) || rest < 0 ? -1 : rest * size;
  int64_t number = groups.tensor ? typeOf(groups.tensor).getDimSize(groups.dim)
                                 : groups.number;
  return emit.reshape(
      x, {Size(x, 0), Size(number), Size(rest < 0 ? -1 : rest / number)});
}

static Value joinLike(Emitter &emit, Value y, Value x) {
  SmallVector<Size> sizes;
  for (int64_t dim = 0; dim < rankOf(x); ++dim)
    sizes.push_back(Size(x, dim));
  return emit.reshape(y, sizes);
}

/// Reports an input without a known number of channels in dim 1.
static bool hasChannels(NodeBinder &node, Value x) {
  if (!x)
    return false;
  if (rankOf(x) >= 3 && !typeOf(x).isDynamicDim(1) &&
      typeOf(x).getDimSize(1) > 0)
    return true;
  node.problem("input of type with rank " + Twine(rankOf(x)) +
               "; supported: batch, a known number of channels, spatial dims");
  return false;
}

static void importInstanceNormalization(NodeBinder &node) {
  float epsilon = node.real("epsilon", 1e-5f);
  Value x = node.input(0, Float), scale = node.input(1, Float),
        bias = node.input(2, Float);
  if (!hasChannels(node, x) || node.failed())
    return;
  int64_t channels = typeOf(x).getDimSize(1);
  for (Value vector : {scale, bias})
    if (rankOf(vector) != 1 || typeOf(vector).getDimSize(0) != channels)
      node.problem("scale and bias must be vectors of " + Twine(channels) +
                   " elements");
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  Value flat = splitGroups(emit, x, Size(channels));
  Value normal = emit.layerNorm(flat, emit.reshape(scale, {channels, 1}),
                                emit.reshape(bias, {channels, 1}), 2, epsilon);
  node.output(0, joinLike(emit, normal, x));
}

static void importGroupNormalization(NodeBinder &node) {
  float epsilon = node.real("epsilon", 1e-5f);
  int64_t groups = node.integer("num_groups", 0);
  node.ignore("stash_type");
  Value x = node.input(0, Float), scale = node.input(1, Float),
        bias = node.input(2, Float);
  if (!hasChannels(node, x) || node.failed())
    return;
  int64_t channels = typeOf(x).getDimSize(1);
  if (groups < 1 || channels % groups != 0) {
    node.problem("num_groups " + Twine(groups) + " does not divide " +
                 Twine(channels) + " channels");
    return;
  }
  // Opset 18 has a scale for each group, later ones for each channel.
  int64_t each = node.opset() < 21 ? groups : channels;
  for (Value vector : {scale, bias})
    if (rankOf(vector) != 1 || typeOf(vector).getDimSize(0) != each)
      node.problem("scale and bias must be vectors of " + Twine(each) +
                   " elements");
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  Value normal = emit.layerNorm(splitGroups(emit, x, Size(groups)),
                                emit.reals({1.0f}), Value(), 2, epsilon);
  Value y = joinLike(emit, normal, x);
  auto alongChannels = [&](Value vector) {
    if (each != channels)
      vector = emit.expand(emit.reshape(vector, {groups, 1}),
                           emit.integers({groups, channels / groups}));
    SmallVector<Size> sizes(rankOf(x) - 1, 1);
    sizes[0] = Size(channels);
    return emit.reshape(vector, sizes);
  };
  y = emit.binary("mul", y, alongChannels(scale));
  node.output(0, emit.binary("add", y, alongChannels(bias)));
}

/// Every element over a power of the mean of squares of \p size neighbours in
/// dim 1, those outside being 0. As slices and sums, through which the order of
/// dims that convolutions work in passes.
static void importLRN(NodeBinder &node) {
  int64_t size = node.integer("size", 0);
  float alpha = node.real("alpha", 1e-4f), beta = node.real("beta", 0.75f),
        bias = node.real("bias", 1);
  constexpr int64_t most = 64;
  if (size < 1 || size > most)
    node.unsupported("size", Twine(size), "1 to " + Twine(most));
  Value x = node.input(0, Float);
  if (x && rankOf(x) < 2)
    node.problem("input of rank " + Twine(rankOf(x)) +
                 "; supported: batch, channels and more");
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  SmallVector<int64_t> low(rankOf(x), 0), high(low);
  low[1] = (size - 1) / 2;
  high[1] = size / 2;
  Value squares = emit.pad("constant", emit.binary("mul", x, x), low, high, 0);
  Value sum;
  for (int64_t i = 0; i < size && squares; ++i) {
    int64_t end =
        i + 1 == size ? std::numeric_limits<int32_t>::max() : i + 1 - size;
    Value part = emit.slice(squares, {i}, {end}, {1}, {1});
    sum = sum ? emit.binary("add", sum, part) : part;
  }
  auto real = [&](double value) { return emit.scalar(emit.f32(), value); };
  Value mean = emit.binary("mul", sum, real(alpha / static_cast<float>(size)));
  Value factor =
      emit.binary("pow", emit.binary("add", mean, real(bias)), real(-beta));
  node.output(0, emit.binary("mul", x, factor));
}

static void importLpNormalization(NodeBinder &node) {
  int64_t axis = node.integer("axis", -1), p = node.integer("p", 2);
  if (p != 1 && p != 2)
    node.unsupported("p", Twine(p), "1 and 2");
  Value x = node.input(0, Float);
  if (x)
    axis = node.normalizeAxis(axis, rankOf(x), "axis");
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  Value norm = emit.reduce(p == 1 ? "l1" : "l2", x, {axis}, /*keepDims=*/true);
  // Zeros stay zeros.
  Value isZero = emit.compare("eq", norm, emit.scalar(emit.f32(), 0));
  Value divisor = emit.select(isZero, emit.scalar(emit.f32(), 1), norm);
  node.output(0, emit.binary("div", x, divisor));
}

static void importMeanVarianceNormalization(NodeBinder &node) {
  SmallVector<int64_t> axes =
      node.integers("axes").value_or(SmallVector<int64_t>{0, 2, 3});
  Value x = node.input(0, Float);
  if (x)
    axes = node.normalizeAxes(axes, rankOf(x));
  if (node.failed())
    return;
  llvm::sort(axes);
  Emitter &emit = node.emit();
  Value centred =
      emit.binary("sub", x, emit.reduce("mean", x, axes, /*keepDims=*/true));
  Value variance = emit.reduce("mean", emit.binary("mul", centred, centred),
                               axes, /*keepDims=*/true);
  // The number that the operator's definition adds.
  Value deviation = emit.binary("add", emit.unary("sqrt", variance),
                                emit.scalar(emit.f32(), 1e-9));
  node.output(0, emit.binary("div", centred, deviation));
}

void quantc::onnx::addNormalizationOps(OpTable &table) {
  table.add("InstanceNormalization", importInstanceNormalization, 6, 3, 3);
  table.add("GroupNormalization", importGroupNormalization, 18, 3, 3);
  table.add("LayerNormalization", importLayerNormalization, 17, 2, 3, 3);
  table.add("LRN", importLRN, 1, 1, 1);
  table.add("LpNormalization", importLpNormalization, 1, 1, 1);
  table.add("MeanVarianceNormalization", importMeanVarianceNormalization, 9, 1,
            1);
  table.add("RMSNormalization", importRMSNormalization, 23, 2, 2);
  table.add("Softmax", importSoftmax, 1, 1, 1);
  table.add("LogSoftmax", importLogSoftmax, 1, 1, 1);
}
