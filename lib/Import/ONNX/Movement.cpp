//===- Movement.cpp - Moving elements about ---------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"

using namespace mlir;
using namespace quantc::onnx;

static void importTranspose(NodeBinder &node) {
  std::optional<SmallVector<int64_t>> given = node.integers("perm");
  Value x = node.input(0);
  if (node.failed())
    return;
  int64_t rank = rankOf(x);
  SmallVector<int64_t> permutation;
  if (!given) {
    permutation = llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(0, rank)));
  } else {
    permutation = *given;
    SmallVector<int64_t> sorted = permutation;
    llvm::sort(sorted);
    if (!llvm::equal(sorted, llvm::seq<int64_t>(0, rank))) {
      std::string text;
      llvm::raw_string_ostream stream(text);
      llvm::interleaveComma(permutation, stream);
      node.unsupported("perm", "[" + Twine(text) + "]",
                       "a permutation of 0 to " + Twine(rank - 1));
      return;
    }
  }
  node.output(0, node.emit().transpose(x, permutation));
}

/// The constant or run-time operand `index` of Slice.
static std::optional<SmallVector<int64_t>> constantOperand(Value value) {
  return value ? constantElements(value) : std::nullopt;
}

static void importSlice(NodeBinder &node) {
  std::optional<SmallVector<int64_t>> starts, ends, axes, steps;
  Value bounds[4];
  if (node.opset() < 10) {
    starts = node.integers("starts");
    ends = node.integers("ends");
    axes = node.integers("axes");
    if (!starts || !ends)
      node.problem("attributes starts and ends are missing");
  } else {
    for (unsigned i = 0; i < 4; ++i)
      bounds[i] = i < 2 ? node.input(i + 1, Integer)
                        : node.optionalInput(i + 1, Integer);
    for (Value bound : bounds)
      if (bound && (rankOf(bound) != 1 || typeOf(bound).isDynamicDim(0)))
        node.problem("its bounds must be vectors of known length");
    if (!node.failed()) {
      starts = constantOperand(bounds[0]);
      ends = constantOperand(bounds[1]);
      axes = constantOperand(bounds[2]);
      steps = constantOperand(bounds[3]);
    }
  }
  Value x = node.input(0);
  if (node.failed())
    return;
  if (bounds[2] && !axes) {
    node.problem("its axes are computed at run time; supported: constants");
    return;
  }
  size_t count = starts ? starts->size() : typeOf(bounds[0]).getDimSize(0);
  if (static_cast<int64_t>(count) > rankOf(x) ||
      (axes && axes->size() != count)) {
    node.problem("slices " + Twine(count) + " dims along " +
                 Twine(axes ? axes->size() : count) +
                 " axes of an input of rank " + Twine(rankOf(x)));
    return;
  }
  SmallVector<int64_t> normal =
      axes ? node.normalizeAxes(*axes, rankOf(x))
           : llvm::to_vector(llvm::seq<int64_t>(0, count));
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  bool constant = starts && ends && (steps || !bounds[3]);
  if (!constant) {
    Value allSteps =
        bounds[3] ? bounds[3] : emit.integers(SmallVector<int64_t>(count, 1));
    node.output(0, emit.slice(x, bounds[0], bounds[1], normal, allSteps));
    return;
  }
  if (!steps)
    steps = SmallVector<int64_t>(count, 1);
  if (ends->size() != count || steps->size() != count) {
    node.problem("starts, ends and steps have " + Twine(count) + ", " +
                 Twine(ends->size()) + " and " + Twine(steps->size()) +
                 " entries");
    return;
  }
  if (llvm::is_contained(*steps, 0)) {
    node.problem("a step is 0");
    return;
  }
  node.output(0, emit.slice(x, *starts, *ends, normal, *steps));
}

/// The sizes of the parts along a dim of `size` when they are not given.
static SmallVector<int64_t> equalParts(NodeBinder &node, int64_t size) {
  auto parts = static_cast<int64_t>(node.outputCount());
  if (node.opset() >= 18) {
    if (std::optional<int64_t> number = node.integer("num_outputs"))
      if (*number != parts)
        node.unsupported("num_outputs", Twine(*number),
                         "the number of its outputs, " + Twine(parts));
  }
  if (ShapedType::isDynamic(size)) {
    node.problem("splits a dim of run-time size into equal parts; supported: "
                 "sizes that are given");
    return {};
  }
  // Only the last part may be smaller, and only from opset 18 on.
  int64_t chunk = llvm::divideCeil(size, parts);
  SmallVector<int64_t> sizes(parts, chunk);
  sizes.back() = size - chunk * (parts - 1);
  if (sizes.back() < 0 || (node.opset() < 18 && sizes.back() != chunk))
    node.problem("dim of size " + Twine(size) + " does not split into " +
                 Twine(parts) + " parts");
  return sizes;
}

static void importSplit(NodeBinder &node) {
  int64_t axis = node.integer("axis", 0);
  std::optional<SmallVector<int64_t>> sizes;
  if (node.opset() < 13)
    sizes = node.integers("split");
  else if (node.hasInput(1))
    sizes = node.constantIntegers(1, "split");
  if (node.opset() >= 18)
    node.ignore("num_outputs");
  Value x = node.input(0);
  if (x)
    axis = node.normalizeAxis(axis, rankOf(x), "axis");
  if (node.failed())
    return;
  int64_t size = typeOf(x).getDimSize(axis);
  if (!sizes) {
    sizes = equalParts(node, size);
  } else {
    int64_t total = 0;
    bool sane = sizes->size() == node.outputCount();
    for (int64_t part : *sizes) {
      sane &= part >= 0 && part <= std::numeric_limits<int32_t>::max();
      total += sane ? part : 0;
    }
    if (!sane || (!ShapedType::isDynamic(size) && total != size))
      node.problem("its split sizes are not those of its " +
                   Twine(node.outputCount()) + " outputs");
  }
  if (node.failed())
    return;
  int64_t start = 0;
  for (auto [index, part] : llvm::enumerate(*sizes)) {
    if (node.wantsOutput(index)) {
      Emitter emit = node.emitFor(index);
      node.output(index, emit.slice(x, {start}, {start + part}, {axis}, {1}));
    }
    start += part;
  }
}

static void importConcat(NodeBinder &node) {
  std::optional<int64_t> axis = node.integer("axis");
  if (!axis)
    node.problem("attribute axis is missing");
  SmallVector<Value> parts = node.inputs(0, Any);
  node.requireSameElements(parts);
  if (node.failed())
    return;
  int64_t normal = node.normalizeAxis(*axis, rankOf(parts.front()), "axis");
  if (!node.failed())
    node.output(0, node.emit().concat(parts, normal));
}

static void importGather(NodeBinder &node) {
  int64_t axis = node.integer("axis", 0);
  Value x = node.input(0), indices = node.input(1, Integer);
  if (x)
    axis = node.normalizeAxis(axis, rankOf(x), "axis");
  if (!node.failed())
    node.output(0, node.emit().gather(x, indices, axis));
}

/// A triangle is a choice by the distance of a column from its row.
static void importTrilu(NodeBinder &node) {
  bool upper = node.flag("upper", true);
  Value x = node.input(0), k = node.optionalInput(1, Integer);
  if (node.failed())
    return;
  int64_t rank = rankOf(x);
  if (rank < 2) {
    node.problem("its input has rank " + Twine(rank) + "; supported: 2 on");
    return;
  }
  Emitter &emit = node.emit();
  Value row = emit.positions(x, rank - 2), column = emit.positions(x, rank - 1);
  if (k) {
    if (rankOf(k) != 0)
      k = emit.reshape(k, ArrayRef<Size>());
    std::optional<double> shift = constantScalar(k);
    if (!shift || *shift != 0)
      row = emit.binary("add", row, emit.cast(k, emit.i64()));
  }
  Value kept = emit.compare(upper ? "ge" : "le", column, row);
  node.output(0,
              emit.select(kept, x, emit.scalar(typeOf(x).getElementType(), 0)));
}

/// Repeats along each dim: every dim gets one in front that is expanded.
static void importTile(NodeBinder &node) {
  Value x = node.input(0), repeats = node.shapeInput(1);
  if (node.failed())
    return;
  int64_t rank = rankOf(x);
  if (typeOf(repeats).getDimSize(0) != rank) {
    node.problem("has " + Twine(typeOf(repeats).getDimSize(0)) +
                 " repeats for an input of rank " + Twine(rank));
    return;
  }
  Emitter &emit = node.emit();
  repeats = emit.cast(repeats, emit.i64());
  std::optional<SmallVector<int64_t>> known = constantElements(repeats);
  SmallVector<Size> split;
  SmallVector<Value> tiled, merged;
  for (int64_t dim = 0; dim < rank; ++dim) {
    Value size = emit.shapeOf(x, dim, dim + 1);
    Value count = known ? emit.integers((*known)[dim])
                        : emit.slice(repeats, {dim}, {dim + 1}, {0}, {1});
    bool once = known && (*known)[dim] == 1;
    if (!once) {
      split.push_back(Size(1));
      tiled.push_back(count);
    }
    split.push_back(Size(x, dim));
    tiled.push_back(size);
    merged.push_back(once ? size : emit.binary("mul", size, count));
  }
  if (rank == 0 || split.size() == static_cast<size_t>(rank)) {
    node.output(0, x);
    return;
  }
  Value expanded = emit.expand(emit.reshape(x, split), emit.concat(tiled, 0));
  node.output(0, emit.reshape(expanded, emit.concat(merged, 0)));
}

/// Cuts off or pads with zeros, on both sides alike.
static void importCenterCropPad(NodeBinder &node) {
  std::optional<SmallVector<int64_t>> given = node.integers("axes");
  Value x = node.input(0);
  std::optional<SmallVector<int64_t>> wanted =
      node.constantIntegers(1, "the shape");
  if (node.failed())
    return;
  int64_t rank = rankOf(x);
  SmallVector<int64_t> axes =
      given ? node.normalizeAxes(*given, rank)
            : llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (!node.failed() && wanted->size() != axes.size())
    node.problem("the shape has " + Twine(wanted->size()) + " sizes for " +
                 Twine(axes.size()) + " axes");
  if (node.failed())
    return;
  SmallVector<int64_t> low(rank, 0), high(low), starts, ends, cut;
  for (auto [axis, size] : llvm::zip_equal(axes, *wanted)) {
    int64_t own = typeOf(x).getDimSize(axis);
    if (ShapedType::isDynamic(own) || size < 0)
      return node.problem("axis " + Twine(axis) +
                          (size < 0 ? " becomes of negative size"
                                    : " is of run-time size; supported: known "
                                      "sizes, or --dim NAME=N"));
    if (size > own) {
      low[axis] = (size - own) / 2;
      high[axis] = size - own - low[axis];
    } else if (size < own) {
      cut.push_back(axis);
      starts.push_back((own - size) / 2);
      ends.push_back(starts.back() + size);
    }
  }
  Emitter &emit = node.emit();
  if (!cut.empty())
    x = emit.slice(x, starts, ends, cut, SmallVector<int64_t>(cut.size(), 1));
  node.output(0, emit.pad("constant", x, low, high, 0));
}

void quantc::onnx::addMovementOps(OpTable &table) {
  table.add("Transpose", importTranspose, 1, 1, 1);
  table.add("Slice", importSlice, 1, 1, 5);
  table.add("Split", importSplit, 2, 1, 2, OpTable::Variadic);
  table.add("Concat", importConcat, 4, 1, OpTable::Variadic);
  table.add("Gather", importGather, 1, 2, 2);
  table.add("CenterCropPad", importCenterCropPad, 18, 2, 2);
  table.add("Trilu", importTrilu, 14, 1, 2);
  table.add("Tile", importTile, 6, 2, 2);
}
