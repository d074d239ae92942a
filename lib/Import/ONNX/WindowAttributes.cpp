//===- WindowAttributes.cpp - Windows and their pads ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WindowAttributes.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::onnx;

SmallVector<int64_t> quantc::onnx::readWindowList(NodeBinder &node,
                                                  StringRef name, int64_t rank,
                                                  int64_t least,
                                                  ArrayRef<int64_t> fallback) {
  constexpr int64_t most = std::numeric_limits<int32_t>::max();
  std::optional<SmallVector<int64_t>> list = node.integers(name);
  if (!list)
    return SmallVector<int64_t>(fallback);
  bool sane = static_cast<int64_t>(list->size()) == rank &&
              llvm::all_of(*list, [&](int64_t entry) {
                return entry >= least && entry <= most;
              });
  if (sane)
    return *list;
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::interleaveComma(*list, stream);
  node.unsupported(name, "[" + Twine(text) + "]",
                   Twine(rank) + " entries from " + Twine(least) + " to " +
                       Twine(most));
  return SmallVector<int64_t>(fallback);
}

/// Pads by which there are as many windows as strides in the input.
static void settlePads(NodeBinder &node, Value x, bool lower,
                       WindowAttributes &result) {
  int64_t rank = result.kernel.size();
  nn::Window window = result.get();
  for (int64_t dim = 0; dim < rank; ++dim) {
    int64_t size = typeOf(x).getDimSize(2 + dim);
    int64_t stride = result.strides[dim], span = window.getSpan(dim);
    // A window of one position needs no pads, with a stride of 1 they do not
    // depend on the size.
    int64_t last = 0;
    if (!ShapedType::isDynamic(size)) {
      last = (llvm::divideCeil(size, stride) - 1) * stride + 1 - size;
    } else if (stride != 1 && span != 1) {
      if (span < stride)
        node.problem("auto_pad with a stride of " + Twine(stride) +
                     ", larger than its window of " + Twine(span) +
                     ", along a dim of run-time size; supported: pads that "
                     "are given, or --dim NAME=N");
      result.sameDims.push_back(dim);
      continue;
    }
    int64_t total = std::max<int64_t>(0, last + span - 1);
    int64_t less = total / 2;
    result.pads[dim] = lower ? total - less : less;
    result.pads[rank + dim] = total - result.pads[dim];
  }
  result.isLower = lower;
}

Value quantc::onnx::padByValues(Emitter &emit, Value x, int64_t dim, Value low,
                                Value high, double value) {
  int64_t rank = rankOf(x);
  auto makePad = [&](Value length) {
    Value one = emit.reshape(emit.scalar(typeOf(x).getElementType(), value),
                             SmallVector<Size>(rank, Size(1)));
    Value shape = emit.concat(
        {emit.shapeOf(x, 0, dim), length, emit.shapeOf(x, dim + 1, rank)}, 0);
    return emit.expand(one, shape);
  };
  return emit.concat({makePad(low), x, makePad(high)}, dim);
}

Value WindowAttributes::padToSame(Emitter &emit, Value x, double value) const {
  for (int64_t spatial : sameDims) {
    int64_t dim = 1 + spatial;
    Value size = emit.shapeOf(x, dim, dim + 1);
    auto integer = [&](int64_t number) { return emit.integers({number}); };
    // What the last window, (ceil(size / stride) - 1) * stride away, reaches
    // beyond the input: not negative, as the span is the stride at least. It is
    // span - 1 less a remainder, and as such known not to be.
    Value stride = integer(strides[spatial]);
    Value rounded = emit.binary("add", size, integer(strides[spatial] - 1));
    Value reach = emit.binary(
        "add", emit.binary("mul", emit.binary("div", rounded, stride), stride),
        integer(get().getSpan(spatial) - strides[spatial]));
    Value total = emit.binary("sub", integer(get().getSpan(spatial) - 1),
                              emit.binary("mod", rounded, stride));
    Value less = emit.binary("div", total, integer(2));
    Value more = emit.binary("sub", emit.binary("sub", reach, size), less);
    x = padByValues(emit, x, dim, isLower ? more : less, isLower ? less : more,
                    value);
  }
  return x;
}

void quantc::onnx::refusePadsBeside(NodeBinder &node, StringRef mode) {
  std::optional<SmallVector<int64_t>> pads = node.integers("pads");
  if (pads && llvm::any_of(*pads, [](int64_t pad) { return pad != 0; }))
    node.problem("has pads beside auto_pad = " + mode +
                 ", which gives others; supported: one of both");
}

void WindowAttributes::ignoreAll(NodeBinder &node) {
  for (StringRef name :
       {"auto_pad", "kernel_shape", "strides", "dilations", "pads"})
    node.ignore(name);
}

WindowAttributes WindowAttributes::read(NodeBinder &node, Value x,
                                        ArrayRef<int64_t> kernel,
                                        bool hasDilations) {
  WindowAttributes result;
  StringRef mode = node.choice("auto_pad", "NOTSET",
                               {"NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"});
  if (!x) {
    ignoreAll(node);
    return result;
  }
  int64_t rank = rankOf(x) - 2;
  if (rank < 1 || rank > 3) {
    node.problem("input of rank " + Twine(rankOf(x)) +
                 "; supported: batch, channels and 1 to 3 spatial dims");
    ignoreAll(node);
    return result;
  }
  SmallVector<int64_t> ones(rank, 1), zeros(2 * rank, 0);
  if (kernel.empty() && !node.hasAttribute("kernel_shape")) {
    node.problem("attribute kernel_shape is missing");
    ignoreAll(node);
    return result;
  }
  result.kernel = readWindowList(node, "kernel_shape", rank, 1,
                                 kernel.empty() ? ArrayRef(ones) : kernel);
  if (!kernel.empty() && result.kernel != SmallVector<int64_t>(kernel))
    node.problem("attribute kernel_shape differs from the shape of the "
                 "weights");
  result.strides = readWindowList(node, "strides", rank, 1, ones);
  result.dilations =
      hasDilations ? readWindowList(node, "dilations", rank, 1, ones) : ones;
  bool explicitPads = mode == "NOTSET";
  result.pads =
      explicitPads ? readWindowList(node, "pads", 2 * rank, 0, zeros) : zeros;
  if (!explicitPads)
    refusePadsBeside(node, mode);
  if (mode.starts_with("SAME") && !node.failed())
    settlePads(node, x, mode == "SAME_LOWER", result);
  return result;
}
