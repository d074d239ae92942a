//===- PositionAnalysis.cpp - Elements that depend on positions -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PositionAnalysis.h"
#include "Recompose.h"
#include "quantc/Analysis/SizeArithmetic.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

static int64_t rankOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getRank();
}

static double toDouble(Attribute attribute) {
  if (auto number = dyn_cast<FloatAttr>(attribute))
    return number.getValueAsDouble();
  auto integer = cast<IntegerAttr>(attribute);
  return integer.getType().isInteger(1)
             ? static_cast<double>(integer.getValue().getZExtValue())
             : static_cast<double>(integer.getValue().getSExtValue());
}

/// The same elements with \p condition, where theirs is that or its opposite.
static Elements alignWith(AffineExpr condition, Elements elements) {
  if (condition && elements.condition && elements.condition != condition &&
      canonicalizeSize(-elements.condition - 1) == condition) {
    std::swap(elements.then, elements.otherwise);
    elements.condition = condition;
  }
  return elements;
}

std::optional<Elements>
PositionAnalysis::replaceDims(Elements elements, ArrayRef<AffineExpr> dims) {
  for (AffineExpr *part : {&elements.position, &elements.condition})
    if (*part && !(*part = canonicalizeSize(part->replaceDims(dims))))
      return std::nullopt;
  return elements;
}

std::optional<Elements>
PositionAnalysis::combine(const Elements &a, const Elements &other,
                          function_ref<double(double, double)> function) {
  Elements b = alignWith(a.condition, other);
  if (a.position || b.position ||
      (a.condition && b.condition && a.condition != b.condition))
    return std::nullopt;
  Elements result;
  result.condition = a.condition ? a.condition : b.condition;
  result.then = function(a.condition ? a.then : a.otherwise,
                         b.condition ? b.then : b.otherwise);
  result.otherwise = function(a.otherwise, b.otherwise);
  return result;
}

/// Constants of two numbers, one on and below a diagonal of the last two dims
/// and one above it: the buffers of older exporters.
std::optional<Elements>
PositionAnalysis::readTriangle(DenseElementsAttr constant) {
  auto type = cast<RankedTensorType>(constant.getType());
  int64_t rank = type.getRank();
  if (rank < 2 || type.getNumElements() == 0)
    return std::nullopt;
  int64_t rows = type.getDimSize(rank - 2), columns = type.getDimSize(rank - 1);
  auto values = constant.getValues<Attribute>();
  // The diagonal as the first row shows it.
  Attribute lower = values[0];
  int64_t shift = 0;
  while (shift < columns && values[shift] == lower)
    ++shift;
  if (shift == columns)
    return std::nullopt;
  Attribute upper = values[shift];
  for (int64_t i = 0, e = type.getNumElements(); i < e; ++i) {
    int64_t column = i % columns, row = i / columns % rows;
    if (values[i] != (column - row >= shift ? upper : lower))
      return std::nullopt;
  }
  Elements result;
  result.condition = canonicalizeSize(dim(rank - 1) - dim(rank - 2) - shift);
  result.then = toDouble(upper);
  result.otherwise = toDouble(lower);
  return result;
}

std::optional<Elements>
PositionAnalysis::readConstant(Value value, DenseElementsAttr constant) {
  auto type = cast<RankedTensorType>(constant.getType());
  if (!type.getElementType().isIntOrFloat())
    return std::nullopt;
  Elements result;
  if (constant.isSplat()) {
    result.otherwise = toDouble(constant.getSplatValue<Attribute>());
    return result;
  }
  constexpr int64_t longest = 1 << 20;
  int64_t length = type.getShape().empty() ? 1 : type.getShape().back();
  if (!isa<IntegerType>(type.getElementType()) ||
      type.getNumElements() != length || length < 2 || length > longest ||
      type.getElementType().isInteger(1))
    return readTriangle(constant);
  // Position ids: numbers with one distance.
  auto numbers = constant.getValues<APInt>();
  auto at = [&](int64_t i) {
    return type.getElementType().isUnsignedInteger()
               ? static_cast<int64_t>(numbers[i].getZExtValue())
               : numbers[i].getSExtValue();
  };
  int64_t first = at(0), step = at(1) - first;
  for (int64_t i = 0; i < length; ++i)
    if (at(i) != first + i * step)
      return std::nullopt;
  result.position = canonicalizeSize(dim(type.getRank() - 1) * step + first);
  return result;
}

std::optional<Elements>
PositionAnalysis::readBroadcast(Value operand, Value result, unsigned depth) {
  auto elements = read(operand, depth);
  if (!elements)
    return std::nullopt;
  SymbolicShapes::Sizes own(shapes.getSizes(operand)),
      whole(shapes.getSizes(result));
  size_t shift = whole.size() - own.size();
  SmallVector<AffineExpr> dims;
  for (auto [index, size] : llvm::enumerate(own)) {
    AffineExpr target = whole[index + shift];
    if (size != target && size != shapes.getConstant(1))
      return std::nullopt;
    dims.push_back(size == target ? dim(index + shift)
                                  : getAffineConstantExpr(0, context));
  }
  return replaceDims(*elements, dims);
}

std::optional<Elements> PositionAnalysis::readCompare(CompareOp op,
                                                      unsigned depth) {
  auto a = readBroadcast(op.getLhs(), op.getResult(), depth),
       b = readBroadcast(op.getRhs(), op.getResult(), depth);
  if (!a || !b)
    return std::nullopt;
  auto asPosition = [&](const Elements &elements) -> AffineExpr {
    if (elements.position || elements.condition)
      return elements.position;
    double whole = elements.otherwise;
    bool isSmall = std::abs(whole) < 1e15 &&
                   whole == static_cast<double>(static_cast<int64_t>(whole));
    return isSmall ? getAffineConstantExpr(static_cast<int64_t>(whole), context)
                   : AffineExpr();
  };
  AffineExpr left = asPosition(*a), right = asPosition(*b);
  if (!left || !right)
    return std::nullopt;
  Elements result;
  result.then = 1;
  switch (op.getPredicate()) {
  case Predicate::Lt:
    result.condition = right - left - 1;
    break;
  case Predicate::Le:
    result.condition = right - left;
    break;
  case Predicate::Gt:
    result.condition = left - right - 1;
    break;
  case Predicate::Ge:
    result.condition = left - right;
    break;
  default:
    return std::nullopt;
  }
  result.condition = canonicalizeSize(result.condition);
  if (!result.condition)
    return std::nullopt;
  return result;
}

std::optional<Elements> PositionAnalysis::readBinary(BinaryOp op,
                                                     unsigned depth) {
  auto a = readBroadcast(op.getLhs(), op.getResult(), depth),
       b = readBroadcast(op.getRhs(), op.getResult(), depth);
  if (!a || !b)
    return std::nullopt;
  BinaryKind kind = op.getKind();
  if (a->position || b->position) {
    auto toExpression = [&](Elements &elements) -> AffineExpr {
      if (elements.position)
        return elements.position;
      double number = elements.otherwise;
      bool isWhole =
          !elements.condition && std::abs(number) < 1e15 &&
          number == static_cast<double>(static_cast<int64_t>(number));
      return isWhole
                 ? getAffineConstantExpr(static_cast<int64_t>(number), context)
                 : AffineExpr();
    };
    AffineExpr left = toExpression(*a), right = toExpression(*b);
    if (!left || !right || (kind != BinaryKind::Add && kind != BinaryKind::Sub))
      return std::nullopt;
    Elements result;
    result.position =
        canonicalizeSize(kind == BinaryKind::Add ? left + right : left - right);
    return result.position ? Result(result) : std::nullopt;
  }
  switch (kind) {
  case BinaryKind::Add:
    return combine(*a, *b, [](double x, double y) { return x + y; });
  case BinaryKind::Sub:
    return combine(*a, *b, [](double x, double y) { return x - y; });
  case BinaryKind::Mul:
    return combine(*a, *b, [](double x, double y) { return x * y; });
  case BinaryKind::Min:
  case BinaryKind::And:
    return combine(*a, *b, [](double x, double y) { return std::min(x, y); });
  case BinaryKind::Max:
  case BinaryKind::Or:
    return combine(*a, *b, [](double x, double y) { return std::max(x, y); });
  default:
    return std::nullopt;
  }
}

std::optional<Elements> PositionAnalysis::readSelect(SelectOp op,
                                                     unsigned depth) {
  auto condition = readBroadcast(op.getCondition(), op.getResult(), depth),
       a = readBroadcast(op.getOnTrue(), op.getResult(), depth),
       b = readBroadcast(op.getOnFalse(), op.getResult(), depth);
  if (!condition || !a || !b || a->position || b->position)
    return std::nullopt;
  AffineExpr shared = condition->condition;
  if (!shared)
    shared = a->condition;
  a = alignWith(shared, *a);
  b = alignWith(shared, *b);
  if (a->condition && b->condition && a->condition != b->condition)
    return std::nullopt;
  for (const Elements *side : {&*a, &*b})
    if (side->condition && condition->condition &&
        side->condition != condition->condition)
      return std::nullopt;
  auto pick = [](const Elements &elements, bool then) {
    return elements.condition && then ? elements.then : elements.otherwise;
  };
  Elements result;
  result.condition = condition->condition;
  for (const Elements *side : {&*a, &*b})
    if (!result.condition)
      result.condition = side->condition;
  result.then = pick(pick(*condition, true) != 0 ? *a : *b, true);
  result.otherwise = pick(condition->otherwise != 0 ? *a : *b, false);
  return result;
}

std::optional<Elements> PositionAnalysis::readSlice(SliceOp op,
                                                    unsigned depth) {
  auto elements = read(op.getInput(), depth);
  auto axes = op.getKnownAxes(), steps = getConstantIntegers(op.getSteps());
  auto starts = shapes.getElements(op.getStarts());
  if (!elements || !axes || !steps || !starts)
    return std::nullopt;
  int64_t rank = rankOf(op.getInput());
  SmallVector<AffineExpr> dims;
  for (int64_t i = 0; i < rank; ++i)
    dims.push_back(dim(i));
  for (auto [axis, step, start] : llvm::zip_equal(*axes, *steps, *starts)) {
    if (step != 1 || !isSizeAtLeast(start, shapes.getConstant(0)))
      return std::nullopt;
    dims[axis] = dims[axis] + start;
  }
  return replaceDims(*elements, dims);
}

std::optional<Elements> PositionAnalysis::readReshape(ReshapeOp op,
                                                      unsigned depth) {
  auto elements = read(op.getInput(), depth);
  if (!elements)
    return std::nullopt;
  if (!elements->position && !elements->condition)
    return elements;
  // Dims of size 1 come and go; the others keep their order.
  AffineExpr one = shapes.getConstant(1);
  SymbolicShapes::Sizes from(shapes.getSizes(op.getInput())),
      to(shapes.getSizes(op.getResult()));
  SmallVector<AffineExpr> dims;
  size_t next = 0;
  for (AffineExpr size : from) {
    if (size == one) {
      dims.push_back(getAffineConstantExpr(0, context));
      continue;
    }
    while (next < to.size() && to[next] == one)
      ++next;
    if (next == to.size() || to[next] != size)
      return std::nullopt;
    dims.push_back(dim(next++));
  }
  return replaceDims(*elements, dims);
}

/// A number in front of a triangle that is the same number up to its start: the
/// triangle, moved.
std::optional<Elements> PositionAnalysis::readConcat(ConcatOp op,
                                                     unsigned depth) {
  if (op.getInputs().size() != 2)
    return std::nullopt;
  auto front = read(op.getInputs()[0], depth),
       back = read(op.getInputs()[1], depth);
  auto axis = static_cast<unsigned>(op.getAxis());
  if (!front || !back || front->position || front->condition ||
      back->position || !back->condition)
    return std::nullopt;
  if (back->otherwise != front->otherwise)
    back = alignWith(canonicalizeSize(-back->condition - 1), *back);
  if (back->otherwise != front->otherwise)
    return std::nullopt;
  AffineExpr minusOne = getAffineConstantExpr(-1, context);
  // Rises along the axis, and is below zero in front of it.
  AffineExpr rise = canonicalizeSize(
      back->condition - back->condition.replace(dim(axis), dim(axis) - 1));
  AffineExpr before = back->condition.replace(dim(axis), minusOne);
  if (!rise || !isSizeAtLeast(rise, shapes.getConstant(0)) ||
      !isSizeAtLeast(shapes.getConstant(-1), before))
    return std::nullopt;
  SmallVector<AffineExpr> dims;
  for (int64_t i = 0; i < rankOf(op.getResult()); ++i)
    dims.push_back(dim(i));
  dims[axis] = dims[axis] - shapes.getSizes(op.getInputs()[0])[axis];
  return replaceDims(*back, dims);
}

std::optional<Elements> PositionAnalysis::readTranspose(TransposeOp op,
                                                        unsigned depth) {
  auto elements = read(op.getInput(), depth);
  if (!elements)
    return std::nullopt;
  SmallVector<AffineExpr> dims(op.getPerm().size());
  for (auto [index, from] : llvm::enumerate(op.getPerm()))
    dims[from] = dim(index);
  return replaceDims(*elements, dims);
}

std::optional<Elements> PositionAnalysis::read(Value value, unsigned depth) {
  constexpr unsigned deepest = 24;
  Operation *op = value.getDefiningOp();
  if (!op || depth++ == deepest || !isa<RankedTensorType>(value.getType()))
    return std::nullopt;
  if (DenseElementsAttr constant = nn::readConstant(value))
    return readConstant(value, constant);
  // A size, however it was computed.
  if (auto sizes = shapes.getElements(value); sizes && sizes->size() == 1) {
    Elements result;
    result.position = (*sizes)[0];
    return result;
  }
  return llvm::TypeSwitch<Operation *, Result>(op)
      .Case<IotaOp>([&](auto) {
        Elements result;
        result.position = dim(0);
        return Result(result);
      })
      .Case<CompareOp>([&](auto other) { return readCompare(other, depth); })
      .Case<BinaryOp>([&](auto other) { return readBinary(other, depth); })
      .Case<SelectOp>([&](auto other) { return readSelect(other, depth); })
      .Case<SliceOp>([&](auto other) { return readSlice(other, depth); })
      .Case<ConcatOp>([&](auto other) { return readConcat(other, depth); })
      .Case<ReshapeOp>([&](auto other) { return readReshape(other, depth); })
      .Case<TransposeOp>(
          [&](auto other) { return readTranspose(other, depth); })
      .Case<ExpandOp>([&](auto other) {
        return readBroadcast(other.getInput(), other.getResult(), depth);
      })
      .Case<CastOp>([&](auto other) { return read(other.getInput(), depth); })
      .Case<UnaryOp>([&](auto other) -> Result {
        auto input = read(other.getInput(), depth);
        if (!input || input->position || other.getKind() != UnaryKind::Not)
          return std::nullopt;
        input->then = input->then == 0;
        input->otherwise = input->otherwise == 0;
        return input;
      })
      .Default([](Operation *) { return Result(); });
}
