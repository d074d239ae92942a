//===- PositionAnalysis.cpp - Elements that depend on positions -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/NN/Transforms/PositionAnalysis.h"
#include "Recompose.h"
#include "quantc/Analysis/SizeArithmetic.h"
#include "quantc/Dialect/NN/IR/Predicates.h"

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

std::optional<Elements>
PositionAnalysis::replaceDims(Elements elements, ArrayRef<AffineExpr> dims) {
  for (AffineExpr *part : {&elements.position, &elements.condition})
    if (*part && !(*part = canonicalizeSize(part->replaceDims(dims))))
      return std::nullopt;
  return elements;
}

/// Whether \p a holds nowhere but where \p b holds.
static bool implies(AffineExpr a, AffineExpr b) { return isSizeAtLeast(b, a); }

/// What holds where \p condition does not.
static AffineExpr negate(AffineExpr condition) {
  return canonicalizeSize(-condition - 1);
}

std::optional<Elements>
PositionAnalysis::combine(ArrayRef<Elements> operands,
                          function_ref<double(ArrayRef<double>)> function) {
  // Two conditions at most, each as it is or turned over.
  SmallVector<AffineExpr, 2> conditions;
  SmallVector<std::pair<size_t, bool>> places;
  for (const Elements &operand : operands) {
    if (operand.position)
      return std::nullopt;
    auto &[place, isTurned] = places.emplace_back(0, false);
    if (!operand.condition)
      continue;
    AffineExpr opposite = negate(operand.condition);
    while (place < conditions.size() &&
           conditions[place] != operand.condition &&
           conditions[place] != opposite)
      ++place;
    if (place == 2 || !opposite)
      return std::nullopt;
    if (place == conditions.size())
      conditions.push_back(operand.condition);
    isTurned = conditions[place] != operand.condition;
  }
  auto evaluate = [&](bool first, bool second) {
    SmallVector<double> numbers;
    for (auto [operand, place] : llvm::zip_equal(operands, places)) {
      bool holds = (place.first == 0 ? first : second) != place.second;
      numbers.push_back(operand.condition && holds ? operand.then
                                                   : operand.otherwise);
    }
    return function(numbers);
  };
  Elements result;
  result.otherwise = evaluate(false, false);
  if (conditions.empty())
    return result;
  AffineExpr first = conditions.front();
  if (conditions.size() == 1) {
    result.condition = first;
    result.then = evaluate(true, true);
    return result;
  }
  // One implies the other, or its opposite: of four parts three are left, and
  // two of these must be one.
  AffineExpr second = conditions.back(), notFirst = negate(first),
             notSecond = negate(second);
  struct Order {
    AffineExpr narrow, wide;
    double inner, between, outer;
  };
  std::optional<Order> order;
  double both = evaluate(true, true), one = evaluate(true, false),
         other = evaluate(false, true), none = result.otherwise;
  if (implies(first, second))
    order = {first, second, both, other, none};
  else if (implies(second, first))
    order = {second, first, both, one, none};
  else if (implies(first, notSecond))
    order = {first, notSecond, one, none, other};
  else if (implies(notFirst, second))
    order = {notFirst, second, other, both, one};
  if (!order ||
      (order->between != order->inner && order->between != order->outer))
    return std::nullopt;
  result.condition =
      order->between == order->outer ? order->narrow : order->wide;
  result.then = order->inner;
  result.otherwise = order->outer;
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
  // Along the only dim of another size than 1.
  const auto *along = llvm::max_element(type.getShape());
  int64_t length = type.getShape().empty() ? 1 : *along;
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
  result.position =
      canonicalizeSize(dim(along - type.getShape().begin()) * step + first);
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
  if (!a->position && !b->position)
    return combine({*a, *b}, [&](ArrayRef<double> x) {
      return static_cast<double>(holds(op.getPredicate(), x[0], x[1]));
    });
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
  // Everywhere, or nowhere?
  if (isSizeAtLeast(result.condition, shapes.getConstant(0)))
    result = Elements{{}, {}, 0, 1};
  else if (isSizeAtLeast(shapes.getConstant(-1), result.condition))
    result = Elements();
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
    return combine({*a, *b}, [](ArrayRef<double> x) { return x[0] + x[1]; });
  case BinaryKind::Sub:
    return combine({*a, *b}, [](ArrayRef<double> x) { return x[0] - x[1]; });
  case BinaryKind::Mul:
    return combine({*a, *b}, [](ArrayRef<double> x) { return x[0] * x[1]; });
  case BinaryKind::Min:
  case BinaryKind::And:
    return combine({*a, *b},
                   [](ArrayRef<double> x) { return std::min(x[0], x[1]); });
  case BinaryKind::Max:
  case BinaryKind::Or:
    return combine({*a, *b},
                   [](ArrayRef<double> x) { return std::max(x[0], x[1]); });
  default:
    return std::nullopt;
  }
}

std::optional<Elements> PositionAnalysis::readSelect(SelectOp op,
                                                     unsigned depth) {
  auto condition = readBroadcast(op.getCondition(), op.getResult(), depth),
       a = readBroadcast(op.getOnTrue(), op.getResult(), depth),
       b = readBroadcast(op.getOnFalse(), op.getResult(), depth);
  if (!condition || !a || !b)
    return std::nullopt;
  // A choice that is made everywhere may be one of positions.
  if (!condition->position && !condition->condition)
    return condition->otherwise != 0 ? a : b;
  return combine({*condition, *a, *b},
                 [](ArrayRef<double> x) { return x[0] != 0 ? x[1] : x[2]; });
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
    *back = {{}, negate(back->condition), back->otherwise, back->then};
  if (back->otherwise != front->otherwise || !back->condition)
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
