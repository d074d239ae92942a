//===- Pooling.cpp - Pools, pads, batch normalisation -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"
#include "WindowAttributes.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::onnx;

/// A window of pads alone has no element to take.
static void checkPads(NodeBinder &node, const WindowAttributes &window) {
  if (!node.hasAttribute("pads"))
    return; // those of auto_pad fit the size
  for (size_t i = 0; i < window.pads.size(); ++i)
    if (int64_t size = window.kernel[i % window.kernel.size()];
        window.pads[i] >= size)
      return node.problem("a pad of " + Twine(window.pads[i]) +
                          " for a kernel of size " + Twine(size) +
                          "; supported: pads smaller than the kernel");
}

static void importPool(NodeBinder &node, StringRef kind) {
  bool isAverage = kind == "average", isMax = kind == "max";
  bool countPads = isAverage && node.flag("count_include_pad", false);
  int64_t p = kind == "lp" ? node.integer("p", 2) : 2;
  bool ceil = node.flag("ceil_mode", false);
  if (isMax) {
    if (int64_t order = node.integer("storage_order", 0); order != 0)
      node.unsupported("storage_order", Twine(order), "0");
    if (node.wantsOutput(1))
      node.problem("output 1 (Indices) is not supported");
  }
  Value x = node.input(0, Float);
  bool hasDilations = isMax || (isAverage && node.opset() >= 19) ||
                      (kind == "lp" && node.opset() >= 18);
  WindowAttributes window = WindowAttributes::read(node, x, {}, hasDilations);
  window.ceil = ceil;
  checkPads(node, window);
  if (isAverage && !countPads && !window.sameDims.empty())
    node.problem("auto_pad along a dim of run-time size, whose pads are not "
                 "counted; supported: count_include_pad = 1, pads that are "
                 "given, or --dim NAME=N");
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  // No element is less than this, and nothing but NaN is in a window of pads.
  double outside = isMax ? -std::numeric_limits<double>::infinity() : 0;
  Value padded = window.padToSame(emit, emit.channelsLast(x), outside);
  node.output(0, emit.channelsFirst(
                     emit.pool(kind, padded, window.get(), countPads, p)));
}

static void importMaxPool(NodeBinder &node) { importPool(node, "max"); }
static void importAveragePool(NodeBinder &node) { importPool(node, "average"); }
static void importLpPool(NodeBinder &node) { importPool(node, "lp"); }

/// Pools all of an image: one window where its size is known, else a reduction
/// of all spatial dims.
static void importGlobalPool(NodeBinder &node, StringRef kind,
                             StringRef reduction, int64_t p) {
  Value x = node.input(0, Float);
  if (x && (rankOf(x) < 3 || rankOf(x) > 5))
    node.problem("input of rank " + Twine(rankOf(x)) +
                 "; supported: batch, channels and 1 to 3 spatial dims");
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  Value last = emit.channelsLast(x);
  SmallVector<int64_t> kernel(typeOf(x).getShape().drop_front(2));
  int64_t rank = kernel.size();
  bool isKnown = llvm::all_of(kernel, [](int64_t size) { return size > 0; });
  SmallVector<int64_t> ones(rank, 1), zeros(2 * rank, 0);
  Value pooled =
      isKnown ? emit.pool(kind, last, {kernel, ones, ones, zeros},
                          /*countPads=*/false, p)
              : emit.reduce(reduction, last,
                            llvm::to_vector(llvm::seq<int64_t>(1, rank + 1)),
                            /*keepDims=*/true);
  node.output(0, emit.channelsFirst(pooled));
}

static void importGlobalAveragePool(NodeBinder &node) {
  importGlobalPool(node, "average", "mean", 2);
}

static void importGlobalMaxPool(NodeBinder &node) {
  importGlobalPool(node, "max", "max", 2);
}

static void importGlobalLpPool(NodeBinder &node) {
  int64_t p = node.integer("p", 2);
  if (p != 1 && p != 2)
    node.unsupported("p", Twine(p), "1 and 2");
  importGlobalPool(node, "lp", p == 1 ? "l1" : "l2", p);
}

static void importBatchNormalization(NodeBinder &node) {
  float epsilon = node.real("epsilon", 1e-5f);
  node.ignore("momentum"); // of training
  if (node.opset() >= 14 && node.flag("training_mode", false))
    node.unsupported("training_mode", "1", "0 (inference)");
  if (node.opset() < 9 && node.integer("spatial", 1) != 1)
    node.unsupported("spatial", "0", "1 (a mean for each channel)");
  for (unsigned i = 1; i < node.outputCount(); ++i)
    if (node.wantsOutput(i))
      node.problem("output " + Twine(i) +
                   " is one of training; supported: the first output");
  Value x = node.input(0, Float), parts[4];
  for (unsigned i = 0; i < 4; ++i) {
    parts[i] = node.input(i + 1, Float);
    if (x && parts[i] && (rankOf(parts[i]) != 1 || rankOf(x) < 2))
      node.problem("scale, bias, mean and variance must be vectors, its input "
                   "of rank 2 or more");
  }
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  auto [scale, bias, mean, variance] = parts;
  Value deviation = emit.unary(
      "sqrt", emit.binary("add", variance, emit.scalar(emit.f32(), epsilon)));
  Value factor = emit.binary("div", scale, deviation);
  Value shift = emit.binary("sub", bias, emit.binary("mul", mean, factor));
  auto alongChannels = [&](Value vector) {
    SmallVector<Size> sizes(rankOf(x) - 1, 1);
    sizes[0] = vector ? Size(vector, 0) : Size(1);
    return emit.reshape(vector, sizes);
  };
  Value scaled = emit.binary("mul", x, alongChannels(factor));
  node.output(0, emit.binary("add", scaled, alongChannels(shift)));
}

/// Negative pads cut off.
static Value cut(Emitter &emit, Value x, MutableArrayRef<int64_t> low,
                 MutableArrayRef<int64_t> high) {
  SmallVector<int64_t> starts, ends, axes;
  for (auto [dim, before] : llvm::enumerate(low)) {
    int64_t &behind = high[dim];
    if (before >= 0 && behind >= 0)
      continue;
    axes.push_back(dim);
    starts.push_back(before < 0 ? -before : 0);
    ends.push_back(behind < 0 ? behind : std::numeric_limits<int32_t>::max());
    before = std::max<int64_t>(before, 0);
    behind = std::max<int64_t>(behind, 0);
  }
  if (axes.empty())
    return x;
  return emit.slice(x, starts, ends, axes,
                    SmallVector<int64_t>(axes.size(), 1));
}

/// The number that a pad is made of.
static std::optional<double> readPadValue(NodeBinder &node) {
  if (node.opset() < 11)
    return node.real("value", 0);
  if (!node.hasInput(2))
    return 0;
  Value value = node.input(2);
  if (!value)
    return std::nullopt;
  DenseElementsAttr constant;
  if (!matchPattern(value, m_Constant(&constant)) ||
      constant.getNumElements() != 1) {
    node.problem("constant_value is computed at run time; supported: "
                 "constants of one element");
    return std::nullopt;
  }
  if (isa<FloatType>(constant.getElementType()))
    return (*constant.value_begin<APFloat>()).convertToDouble();
  return static_cast<double>((*constant.value_begin<APInt>()).getSExtValue());
}

/// Pads that are computed from sizes: positions that a concatenation puts
/// there.
static void importComputedPad(NodeBinder &node, StringRef mode, Value x,
                              Value pads, ArrayRef<int64_t> axes,
                              double value) {
  auto count = static_cast<int64_t>(axes.size());
  if (mode != "constant")
    node.problem("mode " + mode +
                 " with pads that are computed at run time; "
                 "supported: constant");
  if (rankOf(pads) != 1 || typeOf(pads).getDimSize(0) != 2 * count)
    node.problem("pads is not one vector of " + Twine(2 * count) +
                 " numbers, two for each axis");
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  pads = emit.cast(pads, emit.i64());
  for (auto [index, axis] : llvm::enumerate(axes)) {
    auto get = [&](int64_t at) {
      return emit.slice(pads, {at}, {at + 1}, {0}, {1});
    };
    auto at = static_cast<int64_t>(index);
    Value low = get(at), high = get(count + at);
    if (!low || !high)
      return;
    if (constantScalar(low) != 0.0 || constantScalar(high) != 0.0)
      x = padByValues(emit, x, axis, low, high, value);
    if (!x)
      return;
  }
  node.output(0, x);
}

static void importPad(NodeBinder &node) {
  StringRef mode =
      node.choice("mode", "constant", {"constant", "reflect", "edge", "wrap"});
  Value x = node.input(0, Any);
  // Constants are taken as such: they may be negative, too.
  Value computed = node.opset() < 11 ? Value() : node.input(1, Integer);
  bool isComputed = computed && !constantElements(computed);
  std::optional<SmallVector<int64_t>> pads =
      node.opset() < 11 ? node.integers("pads")
      : isComputed      ? std::nullopt
                        : node.constantIntegers(1, "pads");
  if (!pads && !isComputed && !node.failed())
    node.problem("attribute pads is missing");
  std::optional<double> value = readPadValue(node);
  std::optional<SmallVector<int64_t>> given;
  if (node.hasInput(3))
    given = node.constantIntegers(3, "axes");
  if (node.failed() || !value)
    return;
  int64_t rank = rankOf(x);
  SmallVector<int64_t> axes =
      given ? node.normalizeAxes(*given, rank)
            : llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (isComputed) {
    if (!node.failed())
      importComputedPad(node, mode, x, computed, axes, *value);
    return;
  }
  if (!node.failed() && pads->size() != 2 * axes.size())
    node.problem("pads has " + Twine(pads->size()) + " entries for " +
                 Twine(axes.size()) + " axes");
  constexpr int64_t most = std::numeric_limits<int32_t>::max();
  for (int64_t pad : *pads)
    if (pad < -most || pad > most)
      node.problem("a pad of " + Twine(pad) + "; supported: 32 bits");
  if (node.failed())
    return;
  SmallVector<int64_t> low(rank, 0), high(rank, 0);
  for (auto [index, axis] : llvm::enumerate(axes)) {
    low[axis] = (*pads)[index];
    high[axis] = (*pads)[axes.size() + index];
  }
  Emitter &emit = node.emit();
  Value inner = cut(emit, x, low, high);
  for (int64_t dim = 0; inner && mode == "reflect" && dim < rank; ++dim)
    if (int64_t size = typeOf(inner).getDimSize(dim);
        !ShapedType::isDynamic(size) && std::max(low[dim], high[dim]) > 0 &&
        std::max(low[dim], high[dim]) >= size)
      node.problem("reflects " + Twine(std::max(low[dim], high[dim])) +
                   " positions of dim " + Twine(dim) + ", of size " +
                   Twine(size) + "; supported: fewer than its size");
  if (node.failed())
    return;
  node.output(0, emit.pad(mode, inner, low, high, *value));
}

void quantc::onnx::addPoolingOps(OpTable &table) {
  table.add("MaxPool", importMaxPool, 1, 1, 1, 2);
  table.add("AveragePool", importAveragePool, 1, 1, 1);
  table.add("LpPool", importLpPool, 2, 1, 1);
  table.add("GlobalAveragePool", importGlobalAveragePool, 1, 1, 1);
  table.add("GlobalMaxPool", importGlobalMaxPool, 1, 1, 1);
  table.add("GlobalLpPool", importGlobalLpPool, 2, 1, 1);
  table.add("BatchNormalization", importBatchNormalization, 7, 5, 5, 5);
  table.add("Pad", importPad, 2, 1, 4);
}
