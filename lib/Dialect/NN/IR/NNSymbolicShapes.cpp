//===- NNSymbolicShapes.cpp - Sizes of results ------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/SizeArithmetic.h"
#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/NN/IR/SliceRange.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

using Sizes = SymbolicShapes::Sizes;

/// \p haveFront says that the dims in front of the last may be 1 in either.
static Sizes broadcastAll(SymbolicShapes &shapes, ArrayRef<Sizes> lists,
                          bool haveFront) {
  Sizes result;
  for (const Sizes &list : lists) {
    Sizes longer(list), shorter(result);
    if (longer.size() < shorter.size())
      std::swap(longer, shorter);
    size_t offset = longer.size() - shorter.size();
    for (size_t i = 0; i < shorter.size(); ++i)
      longer[offset + i] =
          shapes.broadcast(longer[offset + i], shorter[i],
                           haveFront && offset + i + 1 < longer.size());
    result = std::move(longer);
  }
  return result;
}

void nn::inferBroadcastSizes(Operation *op, SymbolicShapes &shapes) {
  if (!isa<RankedTensorType>(op->getResult(0).getType()))
    return;
  SmallVector<Sizes> lists;
  for (Value operand : op->getOperands())
    lists.emplace_back(shapes.getSizes(operand));
  shapes.setSizes(op->getResult(0), broadcastAll(shapes, lists, true));
}

static void copySizes(Operation *op, SymbolicShapes &shapes) {
  if (isa<RankedTensorType>(op->getResult(0).getType()))
    shapes.setSizes(op->getResult(0),
                    Sizes(shapes.getSizes(op->getOperand(0))));
}

//===----------------------------------------------------------------------===//
// Elementwise ops
//===----------------------------------------------------------------------===//

void CastOp::inferElements(SymbolicShapes &shapes) {
  // What the type does not hold is no element of it.
  if (auto values = shapes.getElements(getInput()))
    if (!getElementTypeOrSelf(getResult()).isInteger(1))
      shapes.setElements(getResult(), Sizes(*values));
}

/// One element of each list of \p lists at a time, a single element standing
/// for all; false where the shapes differ or \p function gives nothing.
static bool
zipElements(SymbolicShapes &shapes, ValueRange operands, Value result,
            function_ref<AffineExpr(ArrayRef<AffineExpr>)> function) {
  SmallVector<Sizes> lists;
  size_t count = 1;
  for (Value operand : operands) {
    auto elements = shapes.getElements(operand);
    if (!elements)
      return false;
    lists.emplace_back(*elements);
    if (lists.back().size() == 1)
      continue;
    count = lists.back().size();
    // What stands for all of another dimension is not read so.
    auto type = dyn_cast<RankedTensorType>(operand.getType()),
         all = dyn_cast<RankedTensorType>(result.getType());
    if (type && all && type.getRank() > 1 &&
        (!type.hasStaticShape() || type.getShape() != all.getShape()))
      return false;
  }
  Sizes values;
  for (size_t i = 0; i < count; ++i) {
    Sizes row;
    for (const Sizes &list : lists) {
      if (list.size() != 1 && list.size() != count)
        return false;
      row.push_back(list[list.size() == 1 ? 0 : i]);
    }
    values.push_back(function(row));
    if (!values.back())
      return false;
  }
  shapes.setElements(result, values);
  return true;
}

/// Whether it stays far from the limits of 64 bits as long as sizes do (what is
/// divided by does not matter), and is written in at most \p budget parts.
static bool isModerate(AffineExpr element, unsigned &budget) {
  if (budget == 0)
    return false;
  --budget;
  constexpr int64_t most = int64_t(1) << 40;
  if (auto constant = dyn_cast<AffineConstantExpr>(element))
    return constant.getValue() > -most && constant.getValue() < most;
  auto binary = dyn_cast<AffineBinaryOpExpr>(element);
  bool isScaled = binary && (binary.getKind() == AffineExprKind::Add ||
                             binary.getKind() == AffineExprKind::Mul);
  return !binary || (isModerate(binary.getLHS(), budget) &&
                     (!isScaled || isModerate(binary.getRHS(), budget)));
}

/// The larger or the smaller of two elements. Where they do not compare by
/// their form the expression has both several times: of four elements it would
/// be too long, in whatever order they are picked from, and is left unknown.
static AffineExpr pickElement(AffineExpr a, AffineExpr b, bool larger) {
  unsigned budget = 128;
  if (!isSizeAtLeast(a, b) && !isSizeAtLeast(b, a) &&
      (!isModerate(a, budget) || !isModerate(b, budget) ||
       countPicks({a, b}) > 1))
    return {};
  return larger ? maxOfSizes(a, b) : minOfSizes(a, b);
}

void BinaryOp::inferElements(SymbolicShapes &shapes) {
  zipElements(
      shapes, getOperands(), getResult(), [&](ArrayRef<AffineExpr> row) {
        AffineExpr a = row[0], b = row[1];
        auto divisor = dyn_cast<AffineConstantExpr>(b);
        switch (getKind()) {
        case BinaryKind::Add:
          return a + b;
        case BinaryKind::Sub:
          return a - b;
        case BinaryKind::Mul:
          return shapes.getProduct({a, b});
        case BinaryKind::Div:
          if (!divisor)
            return shapes.divideExactly(a, b);
          return divisor.getValue() > 0
                     ? truncatedQuotient(a, divisor.getValue())
                     : AffineExpr();
        case BinaryKind::Mod:
          return divisor && divisor.getValue() > 0 ? a % b : AffineExpr();
        case BinaryKind::Min:
        case BinaryKind::Max:
          return pickElement(a, b, getKind() == BinaryKind::Max);
        default:
          return AffineExpr();
        }
      });
}

static bool holds(Predicate predicate, int order) {
  switch (predicate) {
  case Predicate::Eq:
    return order == 0;
  case Predicate::Ne:
    return order != 0;
  case Predicate::Lt:
    return order < 0;
  case Predicate::Le:
    return order <= 0;
  case Predicate::Gt:
    return order > 0;
  case Predicate::Ge:
    return order >= 0;
  }
  llvm_unreachable("all predicates are covered");
}

void CompareOp::inferElements(SymbolicShapes &shapes) {
  zipElements(shapes, getOperands(), getResult(),
              [&](ArrayRef<AffineExpr> row) {
                std::optional<int> order = compareSizes(row[0], row[1]);
                return order ? shapes.getConstant(holds(getPredicate(), *order))
                             : AffineExpr();
              });
}

void SelectOp::inferElements(SymbolicShapes &shapes) {
  zipElements(
      shapes, getOperands(), getResult(), [&](ArrayRef<AffineExpr> row) {
        if (row[1] == row[2])
          return row[1];
        auto condition = dyn_cast<AffineConstantExpr>(row[0]);
        return condition ? row[condition.getValue() ? 1 : 2] : AffineExpr();
      });
}

//===----------------------------------------------------------------------===//
// Contractions, reductions
//===----------------------------------------------------------------------===//

void MatmulOp::inferSymbolic(SymbolicShapes &shapes) {
  Sizes lhs(shapes.getSizes(getLhs())), rhs(shapes.getSizes(getRhs()));
  ArrayRef<AffineExpr> l(lhs), r(rhs);
  Sizes result =
      broadcastAll(shapes,
                   {Sizes(l.drop_back(std::min<size_t>(2, l.size()))),
                    Sizes(r.drop_back(std::min<size_t>(2, r.size())))},
                   /*haveFront=*/false);
  if (l.size() > 1)
    result.push_back(l[l.size() - 2]);
  if (r.size() > 1)
    result.push_back(r[r.size() - 2]);
  shapes.setSizes(getResult(), result);
}

void AttentionOp::inferSymbolic(SymbolicShapes &shapes) {
  Sizes result(shapes.getSizes(getQuery())), key(shapes.getSizes(getKey())),
      value(shapes.getSizes(getValue()));
  shapes.expectEqual(result[0], key[0]);
  shapes.expectEqual(key[0], value[0]);
  shapes.expectEqual(key[2], value[2]);
  result[3] = value[3];
  shapes.setSizes(getResult(), result);
}

void LayerNormOp::inferSymbolic(SymbolicShapes &shapes) {
  copySizes(*this, shapes);
}

void RMSNormOp::inferSymbolic(SymbolicShapes &shapes) {
  copySizes(*this, shapes);
}

void SoftmaxOp::inferSymbolic(SymbolicShapes &shapes) {
  copySizes(*this, shapes);
}

void CumSumOp::inferSymbolic(SymbolicShapes &shapes) {
  copySizes(*this, shapes);
}

void TopKOp::inferSymbolic(SymbolicShapes &shapes) {
  Sizes result(shapes.getSizes(getInput()));
  result[getAxis()] = shapes.getConstant(getK());
  shapes.setSizes(getResult(), result);
}

/// The numbers that sizes are; nothing where one is none.
static std::optional<SmallVector<int64_t>>
getNumbers(ArrayRef<AffineExpr> sizes) {
  SmallVector<int64_t> numbers;
  for (AffineExpr size : sizes) {
    auto constant = dyn_cast<AffineConstantExpr>(size);
    if (!constant)
      return std::nullopt;
    numbers.push_back(constant.getValue());
  }
  return numbers;
}

/// What \p values reduce to; null where that is no size.
static AffineExpr reduceSizes(SymbolicShapes &shapes, ReduceKind kind,
                              ArrayRef<AffineExpr> values) {
  switch (kind) {
  case ReduceKind::Prod:
    return shapes.getProduct(values);
  case ReduceKind::Sum: {
    AffineExpr sum = shapes.getConstant(0);
    for (AffineExpr value : values)
      sum = sum + value;
    return sum;
  }
  case ReduceKind::Max:
  case ReduceKind::Min: {
    if (values.empty())
      return {};
    AffineExpr pick = values.front();
    for (AffineExpr value : values.drop_front())
      if (pick)
        pick = pickElement(pick, value, kind == ReduceKind::Max);
    return pick;
  }
  default:
    return {};
  }
}

void ReduceOp::inferSymbolic(SymbolicShapes &shapes) {
  Sizes result;
  Sizes input(shapes.getSizes(getInput()));
  for (auto [dim, size] : llvm::enumerate(input)) {
    if (!llvm::is_contained(getAxes(), static_cast<int64_t>(dim)))
      result.push_back(size);
    else if (getKeepdims())
      result.push_back(shapes.getConstant(1));
  }
  shapes.setSizes(getResult(), result);
  auto values = shapes.getElements(getInput());
  auto from = getNumbers(input);
  if (!values || !from || getAxes().empty() ||
      ShapedType::getNumElements(*from) != static_cast<int64_t>(values->size()))
    return;
  // What comes to each place: the same one but for the axes.
  SmallVector<int64_t> strides = computeStrides(*from), kept(*from);
  for (int64_t axis : getAxes())
    kept[axis] = 1;
  SmallVector<int64_t> own = computeStrides(kept);
  SmallVector<Sizes> groups(ShapedType::getNumElements(kept));
  for (auto [index, value] : llvm::enumerate(*values)) {
    SmallVector<int64_t> place =
        delinearize(static_cast<int64_t>(index), strides);
    for (int64_t axis : getAxes())
      place[axis] = 0;
    groups[linearize(place, own)].push_back(value);
  }
  Sizes reduced;
  for (const Sizes &group : groups) {
    reduced.push_back(reduceSizes(shapes, getKind(), group));
    if (!reduced.back())
      return;
  }
  shapes.setElements(getResult(), reduced);
}

//===----------------------------------------------------------------------===//
// Data movement and shapes
//===----------------------------------------------------------------------===//

void ReshapeOp::inferSymbolic(SymbolicShapes &shapes) {
  Sizes input(shapes.getSizes(getInput()));
  if (auto target = shapes.getElements(getShape())) {
    Sizes result(*target), known;
    std::optional<size_t> open;
    for (auto [index, size] : llvm::enumerate(result)) {
      if (size == shapes.getConstant(-1))
        open = index;
      else
        known.push_back(size);
    }
    if (open) {
      AffineExpr quotient = shapes.divideExactly(input, known);
      result[*open] = quotient ? quotient : shapes.makeFreshSymbol();
    } else {
      shapes.expectEqual(shapes.getProduct(input), shapes.getProduct(result));
    }
    shapes.setSizes(getResult(), result);
  } else if (getType().getNumDynamicDims() == 1) {
    // The others are numbers: the count of elements tells.
    Sizes result, known;
    for (int64_t size : getType().getShape()) {
      result.push_back(ShapedType::isDynamic(size) ? AffineExpr()
                                                   : shapes.getConstant(size));
      if (result.back())
        known.push_back(result.back());
    }
    AffineExpr quotient = shapes.divideExactly(input, known);
    for (AffineExpr &size : result)
      if (!size)
        size = quotient ? quotient : shapes.makeFreshSymbol();
    shapes.setSizes(getResult(), result);
  }
  if (auto values = shapes.getElements(getInput()))
    shapes.setElements(getResult(), Sizes(*values));
}

/// The elements of \p result are those of \p input at the places that
/// \p getSource tells of theirs.
static void
moveElements(SymbolicShapes &shapes, Value input, Value result,
             function_ref<SmallVector<int64_t>(ArrayRef<int64_t>)> getSource) {
  auto values = shapes.getElements(input);
  auto from = getNumbers(Sizes(shapes.getSizes(input))),
       to = getNumbers(Sizes(shapes.getSizes(result)));
  if (!values || !from || !to ||
      computeProduct(*from) != static_cast<int64_t>(values->size()))
    return;
  Sizes all(*values), moved;
  SmallVector<int64_t> strides = computeStrides(*from);
  SmallVector<int64_t> own = computeStrides(*to);
  for (int64_t i = 0, e = computeProduct(*to); i < e; ++i) {
    int64_t source = linearize(getSource(delinearize(i, own)), strides);
    // A type may state what is not so; that is for a verifier.
    if (source < 0 || source >= static_cast<int64_t>(all.size()))
      return;
    moved.push_back(all[source]);
  }
  shapes.setElements(result, moved);
}

void TransposeOp::inferSymbolic(SymbolicShapes &shapes) {
  Sizes input(shapes.getSizes(getInput())), result;
  for (int64_t dim : getPerm())
    result.push_back(input[dim]);
  shapes.setSizes(getResult(), result);
  moveElements(shapes, getInput(), getResult(), [&](ArrayRef<int64_t> place) {
    SmallVector<int64_t> source(place.size());
    for (auto [dim, index] : llvm::zip_equal(getPerm(), place))
      source[dim] = index;
    return source;
  });
}

/// Exporters write the largest integers, or a round one, for "to the end".
static constexpr int64_t farEnd = 1'000'000'000;

/// How many elements a slice with constant bounds takes of a dimension of open
/// \p size, as getSliceRange counts those of a known one: the distance between
/// the lowest of the upper bounds and the highest of the lower ones.
static AffineExpr countClamped(SymbolicShapes &shapes, int64_t start,
                               int64_t end, int64_t step, AffineExpr size) {
  if (step == 0 || step == std::numeric_limits<int64_t>::min())
    return nullptr;
  // Going down, positions lie between the last one and -1, before the first.
  bool isDown = step < 0;
  int64_t upper = isDown ? start : end, lower = isDown ? end : start;
  AffineExpr last = isDown ? size - 1 : size;
  AffineExpr zero = shapes.getConstant(0);
  Sizes uppers, lowers;
  if (upper >= farEnd || (isDown && upper == -1))
    uppers = {last};
  else if (upper >= 0)
    uppers = {shapes.getConstant(upper), last};
  else if (isDown) // where to start is never before the first one
    uppers = {maxOfSizes(size + std::max(upper, -farEnd), zero), last};
  else
    uppers = {size + std::max(upper, -farEnd)};
  if (lower >= 0)
    lowers = {shapes.getConstant(lower)};
  else
    lowers = {shapes.getConstant(isDown ? -1 : 0)};
  if (lower < 0 && lower > -farEnd)
    lowers.push_back(size + lower);
  AffineExpr distance;
  for (AffineExpr up : uppers)
    for (AffineExpr low : lowers) {
      if (isSizeAtLeast(low, up))
        return zero;
      distance = distance ? minOfSizes(distance, up - low) : up - low;
    }
  distance = maxOfSizes(distance, zero);
  int64_t stride = std::abs(step);
  return stride == 1 ? distance : (distance + (stride - 1)).floorDiv(stride);
}

/// How many elements a slice takes of a dimension; null where that is not
/// known.
static AffineExpr getSliceSize(SymbolicShapes &shapes, AffineExpr start,
                               AffineExpr end, AffineExpr step,
                               AffineExpr size) {
  auto get = [](AffineExpr expression) -> std::optional<int64_t> {
    auto constant = expression ? dyn_cast<AffineConstantExpr>(expression)
                               : AffineConstantExpr();
    return constant ? std::optional(constant.getValue()) : std::nullopt;
  };
  std::optional<int64_t> s = get(start), e = get(end), t = get(step),
                         n = get(size);
  if (s && e && t && n && *t != 0 && *n >= 0)
    return shapes.getConstant(getSliceRange(*s, *e, *t, *n).count);
  bool toEnd = end == size || (e && *e >= farEnd);
  if (s == 0 && toEnd && t == 1)
    return size;
  if (s == -1 && e && *e <= -farEnd && t == -1)
    return size;
  if (s && e && t)
    return countClamped(shapes, *s, *e, *t, size);
  // Bounds that count from the front and do not cross. That they lie within
  // the dim is for the kernel to check.
  AffineExpr zero = shapes.getConstant(0);
  if (!start || t != 1)
    return nullptr;
  AffineExpr last = toEnd ? size : end;
  if (last && isSizeAtLeast(start, zero) && isSizeAtLeast(last, start))
    return last - start;
  return nullptr;
}

void SliceOp::inferSymbolic(SymbolicShapes &shapes) {
  Sizes result(shapes.getSizes(getInput()));
  auto axes = getKnownAxes();
  if (!axes)
    return;
  Sizes lists[3];
  Value operands[3] = {getStarts(), getEnds(), getSteps()};
  for (auto [list, operand] : llvm::zip_equal(lists, operands)) {
    auto elements = shapes.getElements(operand);
    list = elements && elements->size() == axes->size()
               ? Sizes(*elements)
               : Sizes(axes->size(), AffineExpr());
  }
  for (auto [index, axis] : llvm::enumerate(*axes)) {
    AffineExpr &size = result[axis];
    AffineExpr taken = getSliceSize(shapes, lists[0][index], lists[1][index],
                                    lists[2][index], size);
    size = taken ? taken : shapes.makeFreshSymbol();
  }
  shapes.setSizes(getResult(), result);

  auto starts = getConstantIntegers(getStarts());
  auto ends = getConstantIntegers(getEnds());
  auto steps = getConstantIntegers(getSteps());
  if (!starts || !ends || !steps)
    return;
  auto sizes = getNumbers(Sizes(shapes.getSizes(getInput())));
  moveElements(shapes, getInput(), getResult(), [&](ArrayRef<int64_t> place) {
    SmallVector<int64_t> source(place);
    for (auto [index, axis] : llvm::enumerate(*axes)) {
      int64_t step = (*steps)[index];
      SliceRange range =
          getSliceRange((*starts)[index], (*ends)[index], step, (*sizes)[axis]);
      source[axis] = range.first + place[axis] * step;
    }
    return source;
  });
}

void ConcatOp::inferSymbolic(SymbolicShapes &shapes) {
  Sizes result(shapes.getSizes(getInputs()[0]));
  for (Value input : getInputs().drop_front()) {
    Sizes sizes(shapes.getSizes(input));
    for (size_t dim = 0; dim < sizes.size(); ++dim)
      if (dim == getAxis())
        result[dim] = result[dim] + sizes[dim];
      else
        shapes.expectEqual(result[dim], sizes[dim]);
  }
  shapes.setSizes(getResult(), result);
  // Of each place in front of the axis one run of every input.
  auto numbers = getNumbers(result);
  if (!numbers)
    return;
  int64_t runs =
      ShapedType::getNumElements(ArrayRef(*numbers).take_front(getAxis()));
  SmallVector<Sizes> parts;
  for (Value input : getInputs()) {
    auto part = shapes.getElements(input);
    if (!part || runs == 0 || part->size() % runs != 0)
      return;
    parts.emplace_back(*part);
  }
  Sizes values;
  for (int64_t run = 0; run < runs; ++run)
    for (const Sizes &part : parts) {
      size_t length = part.size() / runs;
      llvm::append_range(
          values, ArrayRef<AffineExpr>(part).slice(run * length, length));
    }
  shapes.setElements(getResult(), values);
}

void ExpandOp::inferSymbolic(SymbolicShapes &shapes) {
  auto target = shapes.getElements(getShape());
  if (!target)
    return;
  Sizes sizes(*target), input(shapes.getSizes(getInput()));
  shapes.setSizes(getResult(), broadcastAll(shapes, {input, sizes}, true));
  auto values = shapes.getElements(getInput());
  auto type = getType();
  if (!values || values->size() != 1 || type.getRank() != 1)
    return;
  auto count = dyn_cast<AffineConstantExpr>(shapes.getSizes(getResult())[0]);
  constexpr int64_t small = 64;
  if (count && count.getValue() >= 0 && count.getValue() <= small)
    shapes.setElements(getResult(), Sizes(count.getValue(), Sizes(*values)[0]));
}

void GatherOp::inferSymbolic(SymbolicShapes &shapes) {
  Sizes input(shapes.getSizes(getInput())),
      indices(shapes.getSizes(getIndices()));
  Sizes result(ArrayRef<AffineExpr>(input).take_front(getAxis()));
  llvm::append_range(result, indices);
  llvm::append_range(result,
                     ArrayRef<AffineExpr>(input).drop_front(getAxis() + 1));
  shapes.setSizes(getResult(), result);
  auto values = shapes.getElements(getInput());
  auto picks = getConstantIntegers(getIndices());
  if (!values || !picks || getType().getRank() > 1 || input.size() != 1)
    return;
  Sizes picked;
  int64_t n = values->size();
  for (int64_t index : *picks) {
    if (index < -n || index >= n)
      return;
    picked.push_back((*values)[index < 0 ? index + n : index]);
  }
  shapes.setElements(getResult(), picked);
}

void ShapeOp::inferSymbolic(SymbolicShapes &shapes) {
  shapes.setSizes(getResult(), shapes.getConstant(getEnd() - getStart()));
  Sizes sizes(shapes.getSizes(getInput()));
  shapes.setElements(getResult(),
                     ArrayRef(sizes).slice(getStart(), getEnd() - getStart()));
}
