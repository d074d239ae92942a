//===- Reduction.cpp - Reductions over axes ---------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Indexing.h"
#include "OpTable.h"

using namespace mlir;
using namespace quantc::onnx;

/// The first opset in which the axes of a reduction are an input.
static unsigned axesInputSince(StringRef op) {
  return op == "ReduceSum" ? 13 : 18;
}

/// log(sum(exp(x))), about the largest element where that is finite: then no
/// exponential overflows, and not all of them vanish.
static Value logSumExp(Emitter &emit, Value x, ArrayRef<int64_t> axes,
                       bool keepDims) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Value largest = emit.reduce("max", x, axes, /*keepDims=*/true);
  Value isFinite = emit.compare("lt", emit.unary("abs", largest),
                                emit.scalar(emit.f32(), infinity));
  Value center = emit.select(isFinite, largest, emit.scalar(emit.f32(), 0));
  Value sum = emit.reduce(
      "sum", emit.unary("exp", emit.binary("sub", x, center)), axes, keepDims);
  // The same numbers in the shape of the result.
  if (!keepDims)
    center = emit.reduce("sum", center, axes, keepDims);
  return emit.binary("add", emit.unary("log", sum), center);
}

static void importReduction(NodeBinder &node) {
  StringRef op = node.proto().op_type();
  std::string kind = op.drop_front(StringRef("Reduce").size()).lower();
  if (kind == "sumsquare")
    kind = "sumsq";
  bool logarithm = kind == "logsum", exponential = kind == "logsumexp";
  bool keepDims = node.flag("keepdims", true);
  bool noop = false;
  std::optional<SmallVector<int64_t>> axes;
  if (node.opset() >= axesInputSince(op)) {
    noop = node.flag("noop_with_empty_axes", false);
    if (node.hasInput(1))
      axes = node.constantIntegers(1, "axes");
  } else {
    axes = node.integers("axes");
    if (node.hasInput(1))
      node.problem("input 1 (axes) exists from opset " +
                   Twine(axesInputSince(op)) + " on only");
  }
  bool ordered = kind == "max" || kind == "min";
  Value x =
      node.input(0, ordered && node.opset() >= 20 ? Number | Boolean : Number);
  SmallVector<int64_t> normal;
  if (x)
    normal =
        node.normalizeAxes(axes.value_or(SmallVector<int64_t>()), rankOf(x));
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  // Empty axes reduce all dims, or none where the attribute says so. None
  // still applies what the reduction does to each element.
  if (normal.empty() && !noop)
    normal = llvm::to_vector(llvm::seq<int64_t>(0, rankOf(x)));
  llvm::sort(normal);
  Type element = typeOf(x).getElementType();
  bool boolean = element.isInteger(1);
  if (boolean)
    x = emit.cast(x, emit.i32());
  // Logarithms of integers are cut to integers.
  if (logarithm || exponential)
    x = emit.cast(x, emit.f32());
  Value result =
      exponential ? logSumExp(emit, x, normal, keepDims)
                  : emit.reduce(logarithm ? "sum" : kind, x, normal, keepDims);
  if (logarithm)
    result = emit.unary("log", result);
  if (logarithm || exponential)
    result = emit.cast(result, element);
  // Above zero, not different from it: the maximum of nothing is the lowest
  // integer, which stands for false.
  if (boolean)
    result = emit.compare("gt", result, emit.scalar(emit.i32(), 0));
  node.outputWrapped(0, result);
}

/// The least (or greatest) position whose element is not short of the extreme.
/// Where there is a NaN the extreme is one, and no element is short of it: the
/// result is the first position (or the last), which can be read.
static void importArgument(NodeBinder &node) {
  bool largest = node.proto().op_type() == "ArgMax";
  int64_t axis = node.integer("axis", 0);
  bool keepDims = node.flag("keepdims", true);
  bool last = node.opset() >= 12 && node.flag("select_last_index", false);
  Value x = node.input(0, Number);
  if (x)
    axis = node.normalizeAxis(axis, rankOf(x), "axis");
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  Value extreme =
      emit.reduce(largest ? "max" : "min", x, {axis}, /*keepDims=*/true);
  Value position = emit.positions(x, axis);
  Value other = last ? emit.integer(-1) : emit.shapeOf(x, axis, axis + 1);
  Value isShort = emit.compare(largest ? "lt" : "gt", x, extreme);
  Value found = emit.select(isShort, other, position);
  node.output(0, emit.reduce(last ? "max" : "min", found, {axis}, keepDims),
              quantc_onnx::TensorProto::INT64);
}

static void importCumSum(NodeBinder &node) {
  bool exclusive = node.flag("exclusive", false);
  bool reverse = node.flag("reverse", false);
  std::optional<SmallVector<int64_t>> axis = node.constantIntegers(1, "axis");
  Value x = node.input(0, Number);
  if (axis && axis->size() != 1)
    node.problem("has " + Twine(axis->size()) + " axes; supported: one");
  if (node.failed())
    return;
  int64_t normal = node.normalizeAxis(axis->front(), rankOf(x), "axis");
  if (!node.failed())
    node.outputWrapped(0, node.emit().cumsum(x, normal, exclusive, reverse));
}

static void importTopK(NodeBinder &node) {
  int64_t axis = node.integer("axis", -1);
  bool hasOrder = node.opset() >= 11;
  bool largest = !hasOrder || node.flag("largest", true);
  if (hasOrder)
    node.flag("sorted", true); // The order asked for is one of any.
  Value x = node.input(0, Number);
  int64_t k = 0;
  if (node.opset() < 10) {
    k = node.integer("k", 0);
  } else if (auto given = node.constantIntegers(1, "k")) {
    if (given->size() != 1)
      node.problem("k has " + Twine(given->size()) + " elements");
    else
      k = given->front();
  }
  if (x)
    axis = node.normalizeAxis(axis, rankOf(x), "axis");
  if (!node.failed() && k < 1)
    node.unsupported("k", Twine(k), "1 and more");
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  // Unsigned numbers of 64 bits are in the order of signed ones with the
  // highest bit turned over.
  Value compared = x;
  if (node.dataType(0) == quantc_onnx::TensorProto::UINT64)
    compared = emit.binary("xor", x,
                           emit.integer(std::numeric_limits<int64_t>::min()));
  Value positions = emit.topK(compared, axis, k, largest);
  if (!positions)
    return;
  if (node.wantsOutput(0))
    node.output(0, gatherElements(node, x, positions, axis));
  if (node.wantsOutput(1))
    node.output(1, positions, quantc_onnx::TensorProto::INT64);
}

void quantc::onnx::addReductionOps(OpTable &table) {
  table.add("CumSum", importCumSum, 11, 2, 2);
  table.add("TopK", importTopK, 1, 1, 2, 2);
  table.add("ArgMax", importArgument, 1, 1, 1);
  table.add("ArgMin", importArgument, 1, 1, 1);
  for (const char *name : {"ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin",
                           "ReduceProd", "ReduceSumSquare", "ReduceL1",
                           "ReduceL2", "ReduceLogSum", "ReduceLogSumExp"})
    table.add(name, importReduction, 1, 1, 2);
}
