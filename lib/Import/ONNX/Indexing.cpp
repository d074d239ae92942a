//===- Indexing.cpp - Elements that indices pick ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Exporters spell most views of a tensor, and assignments to a part of it, as
// indices that count through a grid. Where they do, slices say the same.
//
//===----------------------------------------------------------------------===//

#include "Indexing.h"
#include "OpTable.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/NN/Transforms/PositionAnalysis.h"
#include "quantc/Interpreter/Interpreter.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::onnx;

namespace {
/// The indices along one dim of what is indexed.
struct Component {
  Value indices;
  bool isPosition = false; ///< positions of the indices themselves
};

/// Indices that count from `start` along one of their dims, or are `start`.
struct Count {
  int64_t start = 0;
  std::optional<int64_t> dim; ///< of `rank`, as all indices are broadcast
};
} // namespace

/// The indices of `node`'s input, whose last dim has one for each dim that is
/// indexed, apart; nothing where that was reported.
static std::optional<SmallVector<Component>>
splitComponents(NodeBinder &node, Value indices, int64_t rankOfData) {
  int64_t last = rankOf(indices) - 1;
  if (last < 0 || typeOf(indices).isDynamicDim(last)) {
    node.problem("the last dim of its indices has no known size");
    return std::nullopt;
  }
  int64_t count = typeOf(indices).getDimSize(last);
  if (count < 1 || count > rankOfData) {
    node.problem("its indices have " + Twine(count) +
                 " numbers for an input of rank " + Twine(rankOfData));
    return std::nullopt;
  }
  SmallVector<Value> parts;
  auto concat = indices.getDefiningOp<nn::ConcatOp>();
  if (concat && static_cast<int64_t>(concat.getAxis()) == last &&
      static_cast<int64_t>(concat.getInputs().size()) == count)
    parts = concat.getInputs();
  if (!llvm::all_of(parts, [&](Value part) {
        return typeOf(part).getDimSize(last) == 1;
      }))
    parts.clear();
  if (parts.empty())
    for (int64_t i = 0; i < count; ++i)
      parts.push_back(node.emit().slice(indices, {i}, {i + 1}, {last}, {1}));
  SmallVector<Component> components;
  for (Value part : parts) {
    SmallVector<Size> sizes;
    for (int64_t dim = 0; dim < last; ++dim)
      sizes.push_back(Size(part, dim));
    components.push_back({node.emit().reshape(part, sizes)});
  }
  return components;
}

static int64_t getCommonRank(ArrayRef<Component> components) {
  int64_t rank = 0;
  for (const Component &component : components)
    rank = std::max(rank, rankOf(component.indices));
  return rank;
}

static std::optional<Count> readCount(NodeBinder &node, Value indices,
                                      int64_t rank) {
  SymbolicShapes &shapes = *node.importState().shapes;
  auto elements = nn::PositionAnalysis(shapes).read(indices);
  if (!elements || elements->condition)
    return std::nullopt;
  AffineExpr position = elements->position;
  if (!position)
    position = shapes.getConstant(static_cast<int64_t>(elements->otherwise));
  auto getStart = [](AffineExpr rest) -> std::optional<Count> {
    auto constant = dyn_cast<AffineConstantExpr>(rest);
    if (!constant || constant.getValue() < 0)
      return std::nullopt;
    return Count{constant.getValue(), std::nullopt};
  };
  if (std::optional<Count> count = getStart(position))
    return count;
  for (int64_t dim = 0; dim < rankOf(indices); ++dim)
    if (std::optional<Count> count =
            getStart(position - getAffineDimExpr(dim, position.getContext()))) {
      count->dim = dim + rank - rankOf(indices);
      return count;
    }
  return std::nullopt;
}

/// How many numbers `count` goes through.
static Size getLength(const Component &component, const Count &count,
                      int64_t rank) {
  if (!count.dim)
    return Size(1);
  return Size(component.indices,
              *count.dim - (rank - rankOf(component.indices)));
}

/// Whether the numbers are all positions along `axis` of `x`.
static bool isWhole(NodeBinder &node, Value x, int64_t axis,
                    const Component &component, const Count &count,
                    int64_t rank) {
  Size length = getLength(component, count, rank);
  if (count.start != 0)
    return false;
  return length.tensor ? node.haveEqualSizes(x, axis, length.tensor, length.dim)
                       : typeOf(x).getDimSize(axis) == length.number;
}

/// How the components count, each along a dim of its own, if all do, every dim
/// of `rank` that is not 1 is one of theirs, and numbers do not reach beyond
/// `x`: a slice would end there where indices are an error.
static std::optional<SmallVector<Count>>
readGrid(NodeBinder &node, Value x, ArrayRef<Component> components,
         int64_t rank) {
  SmallVector<Count> counts;
  SmallVector<bool> isUsed(rank, false);
  for (auto [axis, component] : llvm::enumerate(components)) {
    auto own = static_cast<int64_t>(axis);
    std::optional<Count> count = readCount(node, component.indices, rank);
    if (!count || (count->dim && std::exchange(isUsed[*count->dim], true)))
      return std::nullopt;
    Size length = getLength(component, *count, rank);
    int64_t most = length.tensor ? typeOf(length.tensor).getDimSize(length.dim)
                                 : length.number;
    // Sizes of run time are checked by the slice.
    bool isWithin = ShapedType::isDynamic(most) ||
                    isWhole(node, x, own, component, *count, rank) ||
                    (!typeOf(x).isDynamicDim(own) &&
                     count->start + most <= typeOf(x).getDimSize(own));
    if (!isWithin)
      return std::nullopt;
    counts.push_back(*count);
  }
  for (const Component &component : components) {
    int64_t offset = rank - rankOf(component.indices);
    for (auto [dim, size] :
         llvm::enumerate(typeOf(component.indices).getShape()))
      if (size != 1 && !isUsed[dim + offset])
        return std::nullopt;
  }
  return counts;
}

/// The part of `x` from `first` to before `last`, both of one element.
static Value cut(Emitter &emit, Value x, int64_t axis, Value first,
                 Value last) {
  return emit.slice(x, first, last, {axis}, emit.integers({1}));
}

/// What a grid picks: slices, in the order in which the indices count.
static Value viewGrid(NodeBinder &node, Value x, ArrayRef<Component> components,
                      ArrayRef<Count> counts, int64_t rank) {
  Emitter &emit = node.emit();
  SmallVector<int64_t> order(rank, -1), permutation;
  for (auto [axis, component, count] : llvm::enumerate(components, counts)) {
    auto own = static_cast<int64_t>(axis);
    if (count.dim)
      order[*count.dim] = own;
    if (isWhole(node, x, own, component, count, rank))
      continue;
    Value first = emit.integers({count.start});
    Value length = emit.sizes({getLength(component, count, rank)});
    x = cut(emit, x, own, first, emit.binary("add", first, length));
  }
  SmallVector<Size> sizes;
  for (int64_t axis : order) {
    if (axis >= 0)
      permutation.push_back(axis);
    sizes.push_back(axis >= 0 ? Size(x, axis) : Size(1));
  }
  // Picked by a single number, these dims are 1 and go.
  for (auto [axis, count] : llvm::enumerate(counts))
    if (!count.dim)
      permutation.push_back(static_cast<int64_t>(axis));
  for (int64_t axis = counts.size(); axis < rankOf(x); ++axis) {
    permutation.push_back(axis);
    sizes.push_back(Size(x, axis));
  }
  x = emit.transpose(x, permutation);
  bool isSame =
      !llvm::is_contained(order, -1) && sizes.size() == permutation.size();
  return isSame ? x : emit.reshape(x, sizes);
}

/// x[i0, i1, ...] of the dims in front; the components broadcast.
static Value pick(NodeBinder &node, Value x, ArrayRef<Component> components) {
  Emitter &emit = node.emit();
  int64_t rank = getCommonRank(components);
  if (auto counts = readGrid(node, x, components, rank))
    return viewGrid(node, x, components, *counts, rank);
  if (components.size() == 1)
    return emit.gather(x, components.front().indices, 0);
  // One number for all of these dims. What is out of one dim must not become an
  // index of another one.
  Value place, isValid;
  for (auto [axis, component] : llvm::enumerate(components)) {
    Value index = emit.cast(component.indices, emit.i64());
    Value size =
        emit.reshape(emit.shapeOf(x, axis, axis + 1), ArrayRef<Size>());
    if (!component.isPosition) {
      Value zero = emit.integer(0);
      index = emit.select(emit.compare("lt", index, zero),
                          emit.binary("add", index, size), index);
      Value isInside = emit.binary("and", emit.compare("ge", index, zero),
                                   emit.compare("lt", index, size));
      isValid = isValid ? emit.binary("and", isValid, isInside) : isInside;
    }
    place = place ? emit.binary("add", emit.binary("mul", place, size), index)
                  : index;
  }
  if (isValid)
    place = emit.select(isValid, place,
                        emit.integer(std::numeric_limits<int64_t>::min()));
  SmallVector<Value> sizes{emit.integers({-1})};
  auto indexed = static_cast<int64_t>(components.size());
  if (indexed < rankOf(x))
    sizes.push_back(emit.shapeOf(x, indexed, rankOf(x)));
  return emit.gather(emit.reshape(x, emit.concat(sizes, 0)), place, 0);
}

/// The positions along `dim` of a tensor like `x` that has `rank` dims.
static Component getPositions(Emitter &emit, Value x, int64_t dim,
                              int64_t rank) {
  SmallVector<Size> column{Size(-1)};
  column.append(rank - 1 - dim, Size(1));
  return {emit.reshape(emit.iota(emit.shapeOf(x, dim, dim + 1)), column),
          /*isPosition=*/true};
}

static void importGatherElements(NodeBinder &node) {
  int64_t axis = node.integer("axis", 0);
  Value x = node.input(0), indices = node.input(1, Integer);
  if (x)
    axis = node.normalizeAxis(axis, rankOf(x), "axis");
  if (node.failed())
    return;
  if (rankOf(indices) != rankOf(x)) {
    node.problem("has indices of rank " + Twine(rankOf(indices)) +
                 " for an input of rank " + Twine(rankOf(x)));
    return;
  }
  if (Value picked = gatherElements(node, x, indices, axis))
    node.output(0, picked);
}

Value quantc::onnx::gatherElements(NodeBinder &node, Value x, Value indices,
                                   int64_t axis) {
  int64_t rank = rankOf(x);
  SmallVector<Component> components;
  for (int64_t dim = 0; dim < rank; ++dim) {
    if (dim == axis)
      components.push_back({indices});
    else
      components.push_back(getPositions(node.emit(), indices, dim, rank));
    // Fewer indices than elements pick the first ones; more are too many.
    int64_t own = typeOf(x).getDimSize(dim),
            theirs = typeOf(indices).getDimSize(dim);
    if (dim != axis && !ShapedType::isDynamic(own) &&
        !ShapedType::isDynamic(theirs) && theirs > own)
      node.problem("has " + Twine(theirs) + " indices along dim " + Twine(dim) +
                   " of an input of size " + Twine(own));
    components.back().isPosition &= node.haveEqualSizes(x, dim, indices, dim);
  }
  return node.failed() ? Value() : pick(node, x, components);
}

static void importGatherND(NodeBinder &node) {
  int64_t batch = node.opset() >= 12 ? node.integer("batch_dims", 0) : 0;
  Value x = node.input(0), indices = node.input(1, Integer);
  if (node.failed())
    return;
  if (batch < 0 || batch >= std::min(rankOf(x), rankOf(indices))) {
    node.unsupported("batch_dims", Twine(batch),
                     "0 to " + Twine(std::min(rankOf(x), rankOf(indices)) - 1));
    return;
  }
  auto picked = splitComponents(node, indices, rankOf(x) - batch);
  if (!picked)
    return;
  SmallVector<Component> components;
  for (int64_t dim = 0; dim < batch; ++dim) {
    components.push_back(
        getPositions(node.emit(), indices, dim, rankOf(indices) - 1));
    components.back().isPosition = node.haveEqualSizes(x, dim, indices, dim);
  }
  components.append(picked->begin(), picked->end());
  node.output(0, pick(node, x, components));
}

/// `x` with `updates`, which has its dims in their order, where the components
/// from `axis` on count to.
static Value assign(NodeBinder &node, Value x, Value updates,
                    ArrayRef<Component> components, ArrayRef<Count> counts,
                    int64_t rank, size_t axis = 0) {
  while (axis < counts.size() &&
         isWhole(node, x, axis, components[axis], counts[axis], rank))
    ++axis;
  if (axis == counts.size())
    return updates;
  Emitter &emit = node.emit();
  auto dim = static_cast<int64_t>(axis);
  Value zero = emit.integers({0}), first = emit.integers({counts[axis].start}),
        length = emit.sizes({getLength(components[axis], counts[axis], rank)}),
        last = emit.binary("add", first, length);
  Value inner = assign(node, cut(emit, x, dim, first, last), updates,
                       components, counts, rank, axis + 1);
  SmallVector<Value> parts;
  if (counts[axis].start > 0)
    parts.push_back(cut(emit, x, dim, zero, first));
  parts.append({inner, cut(emit, x, dim, last, emit.shapeOf(x, dim, dim + 1))});
  return emit.concat(parts, dim);
}

/// What constants give, written to one after the other; null where they are
/// none, too large, or out of range.
static DenseElementsAttr scatterConstants(Value x, Value indices, Value updates,
                                          int64_t indexed) {
  constexpr int64_t most = 1 << 20;
  for (Value value : {x, indices, updates})
    if (!typeOf(value).hasStaticShape() ||
        typeOf(value).getNumElements() > most || !isConstantSlice(value))
      return {};
  FailureOr<HostValue> data = interpretConstant(x),
                       places = interpretConstant(indices),
                       values = interpretConstant(updates);
  if (failed(data) || failed(places) || failed(values))
    return {};
  ArrayRef<int64_t> shape = data->getShape();
  int64_t block = 1;
  for (int64_t size : shape.drop_front(indexed))
    block *= size;
  int64_t count = places->getNumElements() / indexed;
  if (values->getNumElements() != count * block)
    return {};
  for (int64_t i = 0; i < count; ++i) {
    int64_t place = 0;
    for (int64_t dim = 0; dim < indexed; ++dim) {
      int64_t index = places->getInteger(i * indexed + dim);
      index += index < 0 ? shape[dim] : 0;
      if (index < 0 || index >= shape[dim])
        return {};
      place = place * shape[dim] + index;
    }
    for (int64_t k = 0; k < block; ++k) {
      if (isa<FloatType>(data->getElementType()))
        data->setNumber(place * block + k, values->getNumber(i * block + k));
      else
        data->setInteger(place * block + k, values->getInteger(i * block + k));
    }
  }
  return data->toAttribute();
}

/// An assignment to a block of the data.
static void importScatterND(NodeBinder &node) {
  if (node.opset() >= 16)
    node.choice("reduction", "none", {"none"});
  Value x = node.input(0), indices = node.input(1, Integer),
        updates = node.input(2);
  if (node.failed())
    return;
  node.requireSameElements({x, updates});
  auto components = splitComponents(node, indices, rankOf(x));
  if (!components || node.failed())
    return;
  int64_t rank = rankOf(indices) - 1;
  auto indexed = static_cast<int64_t>(components->size());
  if (rankOf(updates) != rank + rankOf(x) - indexed) {
    node.problem("has updates of rank " + Twine(rankOf(updates)) + "; needs " +
                 Twine(rank + rankOf(x) - indexed));
    return;
  }
  for (int64_t dim = 0; dim < rankOf(updates); ++dim) {
    Value like = dim < rank ? indices : x;
    int64_t other = dim < rank ? dim : indexed + dim - rank;
    int64_t own = typeOf(updates).getDimSize(dim),
            wanted = typeOf(like).getDimSize(other);
    if (!ShapedType::isDynamic(own) && !ShapedType::isDynamic(wanted) &&
        own != wanted)
      node.problem("has updates of size " + Twine(own) + " in dim " +
                   Twine(dim) + "; needs " + Twine(wanted));
  }
  if (node.failed())
    return;
  auto counts = readGrid(node, x, *components, rank);
  if (DenseElementsAttr known =
          counts ? DenseElementsAttr()
                 : scatterConstants(x, indices, updates, indexed)) {
    node.output(0, arith::ConstantOp::create(node.importState().builder,
                                             node.emit().location(), known));
    return;
  }
  if (!counts) {
    node.problem("its indices '" + node.proto().input(1) +
                 "' are computed or in no order; supported: those of a block "
                 "of its data, in order, as an assignment to a slice has them");
    return;
  }
  // The updates in the data's order.
  SmallVector<int64_t> permutation;
  SmallVector<Size> sizes;
  for (const Count &count : *counts) {
    if (count.dim)
      permutation.push_back(*count.dim);
    // Of run time these need not be the updates' sizes: the reshape finds out.
    sizes.push_back(count.dim ? Size(indices, *count.dim) : Size(1));
  }
  for (int64_t dim = 0; dim < rank; ++dim)
    if (!llvm::is_contained(permutation, dim))
      permutation.push_back(dim);
  for (int64_t dim = rank; dim < rankOf(updates); ++dim) {
    permutation.push_back(dim);
    sizes.push_back(Size(x, indexed + dim - rank));
  }
  Emitter &emit = node.emit();
  updates = emit.reshape(emit.transpose(updates, permutation), sizes);
  node.output(0, assign(node, x, updates, *components, *counts, rank));
}

/// Compares every index with the positions along the new axis.
static void importOneHot(NodeBinder &node) {
  int64_t axis = node.integer("axis", -1);
  Value indices = node.input(0, Number), depth = node.input(1, Number),
        values = node.input(2);
  if (depth && typeOf(depth).getNumElements() != 1)
    node.problem("depth is no single number");
  if (values && (rankOf(values) != 1 || typeOf(values).getDimSize(0) != 2))
    node.problem("values must be two: off and on");
  if (indices)
    axis = node.normalizeAxis(axis, rankOf(indices) + 1, "axis");
  if (node.failed())
    return;
  Emitter &emit = node.emit();
  Value count = emit.reshape(emit.cast(depth, emit.i64()), {1});
  Value at = emit.cast(indices, emit.i64());
  // Negative ones count from the end; what lies outside is nowhere.
  at = emit.select(emit.compare("lt", at, emit.integer(0)),
                   emit.binary("add", at, count), at);
  SmallVector<Size> sizes, column{Size(-1)};
  for (int64_t dim = 0; dim <= rankOf(indices); ++dim) {
    if (dim == axis)
      sizes.push_back(Size(1));
    if (dim < rankOf(indices))
      sizes.push_back(Size(indices, dim));
  }
  column.append(rankOf(indices) - axis, Size(1));
  Value positions = emit.reshape(emit.iota(count), column);
  auto pick = [&](int64_t which) {
    return emit.reshape(emit.slice(values, {which}, {which + 1}, {0}, {1}),
                        ArrayRef<Size>());
  };
  Value isOn = emit.compare("eq", emit.reshape(at, sizes), positions);
  node.output(0, emit.select(isOn, pick(1), pick(0)), node.dataType(2));
}

void quantc::onnx::addIndexingOps(OpTable &table) {
  table.add("GatherElements", importGatherElements, 11, 2, 2);
  table.add("GatherND", importGatherND, 11, 2, 2);
  table.add("OneHot", importOneHot, 9, 3, 3);
  table.add("ScatterND", importScatterND, 11, 3, 3);
}
