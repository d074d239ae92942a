//===- Convolution.cpp - Convolutions and their attributes ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"
#include "WindowAttributes.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::onnx;

/// [O, C / g, taps...] as [O, taps, C / g].
static Value layOutWeights(Emitter &emit, Value weights, int64_t taps) {
  ArrayRef<int64_t> shape = typeOf(weights).getShape();
  int64_t outputs = shape[0], depth = shape[1];
  return emit.reshape(emit.channelsLast(weights), {outputs, taps, depth});
}

/// Weights of known sizes: what a kernel is generated for.
static bool checkWeights(NodeBinder &node, Value x, Value weights) {
  if (!x || !weights)
    return false;
  if (rankOf(weights) != rankOf(x) || rankOf(x) < 3 || rankOf(x) > 5) {
    node.problem("weights of rank " + Twine(rankOf(weights)) +
                 " for an input of rank " + Twine(rankOf(x)) +
                 "; supported: equal ranks of 3 to 5");
    return false;
  }
  if (!typeOf(weights).hasStaticShape() ||
      typeOf(weights).getNumElements() == 0) {
    node.problem("weights whose sizes are computed at run time, or are 0");
    return false;
  }
  return true;
}

/// A channels-first \p x with the number of channels that the weights are for,
/// where its type leaves that to the run. All sizes are told: one that followed
/// from the others would make more images of other channels.
static Value stateChannels(Emitter &emit, Value x, int64_t channels) {
  if (!typeOf(x).isDynamicDim(1))
    return x;
  SmallVector<Size> sizes;
  for (int64_t dim = 0; dim < rankOf(x); ++dim)
    sizes.push_back(dim == 1 ? Size(channels) : Size(x, dim));
  return emit.reshape(x, emit.sizes(sizes));
}

/// Adds [channels] to a channels-last tensor.
static Value addBias(NodeBinder &node, Value y, Value bias) {
  return bias ? node.emit().binary("add", y, bias) : y;
}

static void importConv(NodeBinder &node) {
  int64_t groups = node.integer("group", 1);
  Value x = node.input(0, Float), weights = node.input(1, Float);
  Value bias = node.optionalInput(2, Float);
  SmallVector<int64_t> kernel;
  if (checkWeights(node, x, weights))
    kernel.assign(typeOf(weights).getShape().drop_front(2).begin(),
                  typeOf(weights).getShape().end());
  else
    WindowAttributes::ignoreAll(node);
  if (bias && weights &&
      (rankOf(bias) != 1 ||
       typeOf(bias).getDimSize(0) != typeOf(weights).getDimSize(0)))
    node.problem("its bias is no vector of the number of outputs");
  if (kernel.empty())
    return;
  WindowAttributes window = WindowAttributes::read(node, x, kernel);
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  x = stateChannels(emit, x, typeOf(weights).getDimSize(1) * groups);
  if (!x)
    return;
  Value y = emit.conv(window.padToSame(emit, emit.channelsLast(x), 0),
                      layOutWeights(emit, weights, window.get().getNumTaps()),
                      window.get(), groups);
  node.output(0, emit.channelsFirst(y ? addBias(node, y, bias) : y));
}

namespace {
/// A transposed convolution: every input position adds its window to the
/// result.
struct Transposed {
  WindowAttributes window;
  SmallVector<int64_t> more; ///< positions behind what the windows reach
};
} // namespace

/// Pads and output_padding as attributes and the wanted shape tell.
static Transposed readTransposed(NodeBinder &node, Value x,
                                 ArrayRef<int64_t> kernel) {
  Transposed result;
  StringRef mode = node.choice("auto_pad", "NOTSET",
                               {"NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"});
  WindowAttributes &window = result.window;
  int64_t rank = kernel.size();
  SmallVector<int64_t> ones(rank, 1), zeros(2 * rank, 0);
  window.kernel = readWindowList(node, "kernel_shape", rank, 1, kernel);
  if (window.kernel != SmallVector<int64_t>(kernel))
    node.problem("attribute kernel_shape differs from the shape of the "
                 "weights");
  window.strides = readWindowList(node, "strides", rank, 1, ones);
  window.dilations = readWindowList(node, "dilations", rank, 1, ones);
  bool isSame = mode.starts_with("SAME");
  if (isSame)
    refusePadsBeside(node, mode);
  window.pads =
      isSame ? zeros : readWindowList(node, "pads", 2 * rank, 0, zeros);
  result.more = readWindowList(node, "output_padding", rank, 0,
                               ArrayRef(zeros).take_front(rank));
  SmallVector<int64_t> wanted =
      readWindowList(node, "output_shape", rank, 0, SmallVector<int64_t>());
  for (int64_t dim = 0; dim < rank && !node.failed(); ++dim)
    if (result.more[dim] >= window.strides[dim] &&
        result.more[dim] >= window.dilations[dim])
      node.problem("output_padding of " + Twine(result.more[dim]) +
                   " with a stride of " + Twine(window.strides[dim]) +
                   " and a dilation of " + Twine(window.dilations[dim]) +
                   "; it must be less than one of both");
  if (node.failed() || (wanted.empty() && !isSame))
    return result;
  for (int64_t dim = 0; dim < rank; ++dim) {
    int64_t size = typeOf(x).getDimSize(2 + dim), stride = window.strides[dim];
    if (ShapedType::isDynamic(size) && !wanted.empty()) {
      node.problem("output_shape for a dim of run-time size; supported: pads, "
                   "or --dim NAME=N");
      return result;
    }
    // What the windows reach, less what is wanted of it.
    int64_t total = window.get().getSpan(dim) + result.more[dim] - stride;
    if (!wanted.empty())
      total += stride * size - wanted[dim];
    if (total < 0) {
      result.more[dim] -= total;
      total = 0;
    }
    int64_t less = total / 2;
    window.pads[dim] = mode == "SAME_UPPER" ? less : total - less;
    window.pads[rank + dim] = total - window.pads[dim];
  }
  return result;
}

/// Weights [C, O / g, taps...] as those of the convolution that gathers what
/// they spread: [O, taps, C / g], the taps backwards.
static Value turnWeights(Emitter &emit, Value weights, int64_t groups) {
  SmallVector<int64_t> shape(typeOf(weights).getShape());
  int64_t rank = shape.size() - 2, depth = shape[0] / groups, taps = 1;
  SmallVector<int64_t> starts(rank, -1), steps(rank, -1),
      ends(rank, std::numeric_limits<int32_t>::min()), axes;
  for (int64_t dim = 0; dim < rank; ++dim) {
    axes.push_back(2 + dim);
    taps *= shape[2 + dim];
  }
  Value turned = emit.slice(weights, starts, ends, axes, steps);
  turned = emit.reshape(turned, {groups, depth, shape[1], taps});
  turned = emit.transpose(turned, {0, 2, 3, 1});
  return emit.reshape(turned, {groups * shape[1], taps, depth});
}

/// Puts stride - 1 zeros behind every position of a channels-last tensor.
static Value spread(Emitter &emit, Value x, ArrayRef<int64_t> strides) {
  int64_t rank = strides.size();
  SmallVector<Size> sizes{Size(x, 0)};
  SmallVector<int64_t> low(2 * rank + 2, 0), high(low);
  for (int64_t dim = 0; dim < rank; ++dim) {
    sizes.push_back(Size(x, 1 + dim));
    sizes.push_back(Size(1));
    high[2 + 2 * dim] = strides[dim] - 1;
  }
  sizes.push_back(Size(x, 1 + rank));
  Value padded = emit.pad("constant", emit.reshape(x, sizes), low, high, 0);
  Value spatial =
      emit.binary("mul", emit.shapeOf(x, 1, 1 + rank), emit.integers(strides));
  return emit.reshape(padded, emit.concat({emit.shapeOf(x, 0, 1), spatial,
                                           emit.shapeOf(x, 1 + rank, 2 + rank)},
                                          0));
}

/// Windows that lie side by side: every position becomes its own, which is a
/// product with the weights of all taps, whose results then go where they
/// belong.
static Value convSideBySide(Emitter &emit, Value x, Value weights,
                            const WindowAttributes &window) {
  ArrayRef<int64_t> shape = typeOf(weights).getShape();
  int64_t rank = window.kernel.size(), depth = shape[0], outputs = shape[1];
  int64_t taps = window.get().getNumTaps();
  SmallVector<int64_t> perm;
  for (int64_t dim = 0; dim < rank; ++dim)
    perm.push_back(2 + dim);
  perm.append({1, 0});
  Value rows =
      emit.reshape(emit.transpose(weights, perm), {taps * outputs, 1, depth});
  SmallVector<int64_t> ones(rank, 1), zeros(2 * rank, 0);
  Value y = emit.conv(x, rows, {ones, ones, ones, zeros}, 1);
  if (!y)
    return {};
  // Every spatial dim, then the one of its taps.
  SmallVector<Size> split{Size(y, 0)};
  SmallVector<int64_t> order{0};
  for (int64_t dim = 0; dim < rank; ++dim) {
    split.push_back(Size(y, 1 + dim));
    order.append({1 + dim, 1 + rank + dim});
  }
  for (int64_t size : window.kernel)
    split.push_back(Size(size));
  split.push_back(Size(outputs));
  order.push_back(1 + 2 * rank);
  Value parts = emit.transpose(emit.reshape(y, split), order);
  Value spatial = emit.binary("mul", emit.shapeOf(y, 1, 1 + rank),
                              emit.integers(window.kernel));
  return emit.reshape(parts, emit.concat({emit.shapeOf(y, 0, 1), spatial,
                                          emit.integers({outputs})},
                                         0));
}

static void importConvTranspose(NodeBinder &node) {
  int64_t groups = node.integer("group", 1);
  Value x = node.input(0, Float), weights = node.input(1, Float);
  Value bias = node.optionalInput(2, Float);
  if (!checkWeights(node, x, weights)) {
    WindowAttributes::ignoreAll(node);
    node.ignore("output_padding");
    node.ignore("output_shape");
    return;
  }
  ArrayRef<int64_t> shape = typeOf(weights).getShape();
  SmallVector<int64_t> kernel(shape.drop_front(2));
  if (groups < 1 || shape[0] % groups != 0)
    node.problem("groups " + Twine(groups) + " do not divide " +
                 Twine(shape[0]) + " channels");
  if (bias &&
      (rankOf(bias) != 1 || typeOf(bias).getDimSize(0) != shape[1] * groups))
    node.problem("its bias is no vector of the number of outputs");
  Transposed attributes = readTransposed(node, x, kernel);
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  WindowAttributes window = attributes.window;
  int64_t rank = kernel.size();
  x = stateChannels(emit, x, shape[0]);
  if (!x)
    return;
  Value y = emit.channelsLast(x);
  auto isZero = [](int64_t number) { return number == 0; };
  if (groups == 1 && window.kernel == window.strides &&
      window.get().getNumTaps() > 1 && llvm::all_of(window.pads, isZero) &&
      llvm::all_of(attributes.more, isZero) &&
      llvm::all_of(window.dilations, [](int64_t step) { return step == 1; })) {
    y = convSideBySide(emit, y, weights, window);
    node.output(0, emit.channelsFirst(y ? addBias(node, y, bias) : y));
    return;
  }
  if (llvm::any_of(window.strides, [](int64_t stride) { return stride > 1; }))
    y = spread(emit, y, window.strides);
  // Pads of the convolution that gathers; what is negative is cut off.
  SmallVector<int64_t> starts, ends, axes;
  for (int64_t dim = 0; dim < rank; ++dim) {
    int64_t whole = window.get().getSpan(dim) - 1;
    int64_t before = whole - window.pads[dim];
    int64_t behind = whole - window.pads[rank + dim] + attributes.more[dim] -
                     (window.strides[dim] - 1);
    if (before < 0 || behind < 0) {
      axes.push_back(1 + dim);
      starts.push_back(std::max<int64_t>(0, -before));
      ends.push_back(behind < 0 ? behind : std::numeric_limits<int32_t>::max());
    }
    window.pads[dim] = std::max<int64_t>(before, 0);
    window.pads[rank + dim] = std::max<int64_t>(behind, 0);
  }
  if (!axes.empty())
    y = emit.slice(y, starts, ends, axes, SmallVector<int64_t>(axes.size(), 1));
  window.strides.assign(rank, 1);
  y = emit.conv(y, turnWeights(emit, weights, groups), window.get(), groups);
  node.output(0, emit.channelsFirst(y ? addBias(node, y, bias) : y));
}

void quantc::onnx::addConvolutionOps(OpTable &table) {
  table.add("Conv", importConv, 1, 2, 3);
  table.add("ConvTranspose", importConvTranspose, 1, 2, 3);
}
