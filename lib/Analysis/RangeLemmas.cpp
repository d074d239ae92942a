//===- RangeLemmas.cpp - What ranges alone do not say -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LinearBounds.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/IntegerRanges.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace quantc;
using llvm::DynamicAPInt;

static Interval join(std::optional<Interval> range, const Interval &other) {
  return range ? range->join(other) : other;
}

//===----------------------------------------------------------------------===//
// Bit lengths
//===----------------------------------------------------------------------===//

void IntegerRanges::noteLength(nn::UnaryOp clz) {
  if (getRange(clz.getInput()).low < 0)
    return;
  SmallVector<Value> dominated;
  collectDominated(clz.getInput(), dominated);
  for (Value value : dominated)
    lengths[value].push_back(clz.getResult());
}

Interval IntegerRanges::narrowShift(nn::BinaryOp op, Interval range) {
  auto getOwn = [&](Value value) { return getRange(value); };
  LinearBounds through(getOwn), terms(getOwn, /*throughShifts=*/false);
  LinearSum sum = through.getSum(op.getRhs());
  bool isRounded = sum.scale != 0;
  range = narrowLength(op, range, through, std::move(sum));
  // Rounded shifts on both sides of a difference drop out as terms.
  if (isRounded)
    range = narrowLength(op, range, terms, terms.getSum(op.getRhs()));
  if (std::optional<Interval> dropped = matchDropped(op))
    range = range.meet(*dropped);
  if (std::optional<Interval> deviation = matchDeviation(op))
    range = range.meet(*deviation);
  return range;
}

Interval IntegerRanges::narrowLength(nn::BinaryOp op, Interval range,
                                     LinearBounds &bounds,
                                     const LinearSum &sum) {
  Value x = stripMoves(op.getLhs()), places = op.getRhs();
  // By no place to the left.
  if (getRange(places).low < 0) {
    DynamicAPInt least = bounds.getLowest(sum, DynamicAPInt(0), /*nonZero=*/x);
    Interval known = getRange(places);
    if (least > known.low && least <= known.high)
      range = range.meet(evaluate(nn::BinaryKind::RShift, getRange(op.getLhs()),
                                  {least, known.high},
                                  getElementTypeOrSelf(op.getType())));
  }
  for (Value zeros : lengths.lookup(x)) {
    // |x| < 2^(bits - zeros) and places >= least - zeros, so that the result is
    // up to 2^(bits - least).
    unsigned bits = getElementTypeOrSelf(zeros).getIntOrFloatBitWidth();
    LinearSum rest = sum;
    rest.add(LinearSum::ofTerm(zeros));
    DynamicAPInt least = bounds.getLowest(rest, DynamicAPInt(bits), x);
    if (least > bits || least < -64)
      continue;
    DynamicAPInt most = getPower(bits - static_cast<int64_t>(least));
    // To the left nothing rounds up to the power.
    bool isLeft = getRange(places).high <= 0;
    Interval length = Interval::getSymmetric(isLeft ? most - 1 : most);
    // An integer above 0 has its highest bit.
    if (zeros.getDefiningOp<nn::UnaryOp>().getInput() == x &&
        getRange(x).low > 0) {
      LinearSum negated;
      negated.add(rest, -1);
      DynamicAPInt highest = -bounds.getLowest(negated, -getPower(62));
      length.low = highest < bits
                       ? getPower(bits - 1 - static_cast<int64_t>(highest))
                       : DynamicAPInt(0);
    }
    range = range.meet(length);
  }
  return range;
}

//===----------------------------------------------------------------------===//
// Saturation
//===----------------------------------------------------------------------===//

/// The one user of a value.
template <typename OpT> static OpT getUser(Value value) {
  return value.hasOneUse() ? dyn_cast<OpT>(*value.user_begin()) : OpT();
}

/// y shifted to the left by `left` places, limited, and replaced where y is
/// above (2^30 >> left) - 1 or below its negative: what is kept is below 2^30.
std::optional<Interval> IntegerRanges::matchDropped(nn::BinaryOp op) const {
  Value y = op.getLhs();
  Value kept = op.getResult();
  if (auto clip = getUser<nn::ClipOp>(kept))
    kept = clip.getResult();
  auto above = getUser<nn::SelectOp>(kept);
  if (!above || above.getOnFalse() != kept)
    return std::nullopt;
  auto below = getUser<nn::SelectOp>(above.getResult());
  if (!below || below.getOnFalse() != above.getResult())
    return std::nullopt;
  auto isAbove = above.getCondition().getDefiningOp<nn::CompareOp>();
  auto isBelow = below.getCondition().getDefiningOp<nn::CompareOp>();
  if (!isAbove || !isBelow || isAbove.getPredicate() != nn::Predicate::Gt ||
      isBelow.getPredicate() != nn::Predicate::Lt || isAbove.getLhs() != y ||
      isBelow.getLhs() != y)
    return std::nullopt;
  Value limit = isAbove.getRhs();
  auto negated = getBinary(isBelow.getRhs(), nn::BinaryKind::Sub);
  if (!negated || matchIntegerSplat(negated.getLhs()) != 0 ||
      negated.getRhs() != limit)
    return std::nullopt;
  auto less = getBinary(limit, nn::BinaryKind::Add);
  auto part = less && matchIntegerSplat(less.getRhs()) == -1
                  ? getBinary(less.getLhs(), nn::BinaryKind::RShift)
                  : nn::BinaryOp();
  auto left = part ? part.getRhs().getDefiningOp<nn::ClipOp>() : nn::ClipOp();
  if (!left || matchIntegerSplat(part.getLhs()) != int64_t(1) << 30 ||
      left.getMin().convertToDouble() != 0 ||
      left.getMax().convertToDouble() < 31)
    return std::nullopt;
  // The same number of places, to the left.
  LinearBounds bounds([&](Value value) { return getRange(value); });
  LinearSum difference = bounds.getSum(left.getInput());
  difference.add(bounds.getSum(op.getRhs()));
  if (!difference.terms.empty() || !(difference.rest == Interval::get(0)))
    return std::nullopt;
  return Interval::getSymmetric(
      std::max(getPower(30), getRange(y).getMagnitude()));
}

/// 2^n - 1 where a limit is (2^n - 1) >> places.
std::optional<DynamicAPInt> IntegerRanges::matchRoom(Value limit,
                                                     Value places) const {
  auto part = getBinary(stripMoves(limit), nn::BinaryKind::Shr);
  std::optional<int64_t> all =
      part ? matchIntegerSplat(part.getLhs()) : std::optional<int64_t>();
  if (!all || *all <= 0 || !llvm::isPowerOf2_64(*all + 1) ||
      stripMoves(part.getRhs()) != places)
    return std::nullopt;
  return DynamicAPInt(*all);
}

/// What is limited to (2^n - 1) >> places, or its negative, times 2^places
/// stays below 2^n.
std::optional<Interval> IntegerRanges::matchSaturated(nn::BinaryOp op) const {
  auto power = getBinary(stripMoves(op.getRhs()), nn::BinaryKind::RShift);
  auto back = power && matchIntegerSplat(power.getLhs()) == 1
                  ? getBinary(stripMoves(power.getRhs()), nn::BinaryKind::Sub)
                  : nn::BinaryOp();
  if (!back || matchIntegerSplat(back.getLhs()) != 0)
    return std::nullopt;
  Value places = stripMoves(back.getRhs());
  if (!Interval::get(0, 30).contains(getRange(places)))
    return std::nullopt;
  Value x = stripMoves(op.getLhs());
  std::optional<DynamicAPInt> low, high;
  if (getRange(x).low >= 0)
    low = DynamicAPInt(0);
  if (getRange(x).high <= 0)
    high = DynamicAPInt(0);
  auto max = getBinary(x, nn::BinaryKind::Max);
  if (max && getRange(max.getRhs()).high <= 0) {
    auto negated = getBinary(stripMoves(max.getRhs()), nn::BinaryKind::Sub);
    if (!low && negated && matchIntegerSplat(negated.getLhs()) == 0)
      low = matchRoom(negated.getRhs(), places);
    // It leaves what is above 0.
    x = stripMoves(max.getLhs());
  }
  auto min = getBinary(x, nn::BinaryKind::Min);
  if (!high && min)
    high = matchRoom(min.getRhs(), places);
  if (!low || !high)
    return std::nullopt;
  return Interval{-*low, *high};
}

//===----------------------------------------------------------------------===//
// Deviations
//===----------------------------------------------------------------------===//

/// The operand that is no constant of an op of \p kind and the constant.
static std::pair<Value, std::optional<int64_t>>
matchConstantOperand(Value value, nn::BinaryKind kind) {
  auto op = getBinary(value, kind);
  if (!op)
    return {};
  return {op.getLhs(), matchIntegerSplat(op.getRhs())};
}

static nn::ReduceOp getSum(Value value) {
  auto reduce = stripMoves(value).getDefiningOp<nn::ReduceOp>();
  return reduce && reduce.getKind() == nn::ReduceKind::Sum ? reduce
                                                           : nn::ReduceOp();
}

namespace {
/// C m - S and C Q - S^2 of C integers m, their sum S and that of their squares
/// Q; without a sum C m and C Q.
struct Moments {
  Value m;
  int64_t count;
  nn::ReduceOp sum;
};
} // namespace

static std::optional<Moments> matchDifference(Value value) {
  nn::ReduceOp sum;
  if (auto sub = getBinary(value, nn::BinaryKind::Sub)) {
    sum = getSum(sub.getRhs());
    if (!sum)
      return std::nullopt;
    value = sub.getLhs();
  }
  auto [m, count] = matchConstantOperand(value, nn::BinaryKind::Mul);
  if (!m || !count || (sum && stripMoves(sum.getInput()) != stripMoves(m)))
    return std::nullopt;
  return Moments{m, *count, sum};
}

/// Whether \p value is the count times the variance of these integers, with
/// something added that is not negative.
static bool isVariance(Value value, const Moments &moments,
                       llvm::function_ref<Interval(Value)> getRange) {
  if (auto max = getBinary(value, nn::BinaryKind::Max))
    value = max.getLhs();
  if (auto add = getBinary(value, nn::BinaryKind::Add)) {
    if (getRange(add.getRhs()).low < 0)
      return false;
    value = add.getLhs();
  }
  if (moments.sum) {
    auto sub = getBinary(value, nn::BinaryKind::Sub);
    auto square =
        sub ? getBinary(sub.getRhs(), nn::BinaryKind::Mul) : nn::BinaryOp();
    if (!square || square.getLhs() != square.getRhs() ||
        getSum(square.getLhs()) != moments.sum)
      return false;
    value = sub.getLhs();
  }
  auto [squares, count] = matchConstantOperand(value, nn::BinaryKind::Mul);
  nn::ReduceOp sum = squares ? getSum(squares) : nn::ReduceOp();
  // Cauchy and Schwarz count the elements of the sums.
  int64_t elements = 1;
  if (sum)
    for (int64_t axis : sum.getAxes()) {
      int64_t size = sum.getInput().getType().getDimSize(axis);
      elements =
          ShapedType::isDynamic(size) || size > 1 << 30 || elements > 1 << 30
              ? 0
              : elements * size;
    }
  if (!sum || count != moments.count || count != elements ||
      (moments.sum && sum.getAxes() != nn::ReduceOp(moments.sum).getAxes()))
    return false;
  auto square = getBinary(stripMoves(sum.getInput()), nn::BinaryKind::Mul);
  return square && square.getLhs() == square.getRhs() &&
         stripMoves(square.getLhs()) == stripMoves(moments.m);
}

/// The square of C m - S is at most C (C Q - S^2) by Cauchy and Schwarz. The
/// bit length of the variance thus bounds half of that of a difference.
std::optional<Interval> IntegerRanges::matchDeviation(nn::BinaryOp op) {
  std::optional<Moments> moments = matchDifference(op.getLhs());
  if (!moments || moments->count < 1)
    return std::nullopt;
  LinearBounds bounds([&](Value value) { return getRange(value); });
  LinearSum places = bounds.getSum(op.getRhs());
  for (auto [term, coefficient] : places.terms) {
    auto clz = term.getDefiningOp<nn::UnaryOp>();
    if (!clz || clz.getKind() != nn::UnaryKind::Clz ||
        !isVariance(clz.getInput(), *moments,
                    [&](Value value) { return getRange(value); }))
      continue;
    // 2 places >= least - zeros; |C m - S| < sqrt(C) 2^((64 - zeros) / 2).
    LinearSum twice;
    twice.add(places, 2).add(LinearSum::ofTerm(term));
    int64_t least =
        static_cast<int64_t>(bounds.getLowest(twice, DynamicAPInt(64)));
    unsigned bits = getElementTypeOrSelf(term).getIntOrFloatBitWidth();
    if (least > bits + 2 || least < -64)
      return std::nullopt;
    // The root of C 2^(64 - least), rounded up to a power of four.
    unsigned length = llvm::Log2_64_Ceil(moments->count) + bits + 2 - least;
    return Interval::getSymmetric(getPower((length + 1) / 2 - 1));
  }
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Places
//===----------------------------------------------------------------------===//

/// No tensor has more elements: addresses have 48 bits.
static constexpr unsigned logMostElements = 48;

static Value stripReshapes(Value value) {
  while (true) {
    value = stripMoves(value);
    auto reshape = value.getDefiningOp<nn::ReshapeOp>();
    if (!reshape)
      return value;
    value = reshape.getInput();
  }
}

namespace {
/// Sizes whose product an integer of 0 or more is below, and a tensor that has
/// one of them.
struct Place {
  SymbolicShapes &shapes;
  SmallVector<AffineExpr> sizes;
  Value tensor;

  bool addSize(Value value) {
    value = stripReshapes(value);
    if (std::optional<int64_t> number = matchIntegerSplat(value)) {
      sizes.push_back(shapes.getConstant(*number));
      return true;
    }
    auto shape = value.getDefiningOp<nn::ShapeOp>();
    if (!shape || shape.getEnd() != shape.getStart() + 1)
      return false;
    tensor = shape.getInput();
    sizes.push_back(shapes.getSizes(tensor)[shape.getStart()]);
    return true;
  }

  /// Positions along dimensions, those in front times the sizes behind.
  bool add(Value value, const IntegerRanges &ranges) {
    value = stripReshapes(value);
    Operation *op = value.getDefiningOp();
    DenseElementsAttr elements;
    if (!op)
      return false;
    if (matchPattern(op, m_Constant(&elements))) {
      Interval range = ranges.getRange(value);
      if (range.low < 0 || range.high >= getPower(62))
        return false;
      sizes.push_back(shapes.getConstant(static_cast<int64_t>(range.high) + 1));
      return true;
    }
    if (auto iota = dyn_cast<nn::IotaOp>(op)) {
      std::optional<ArrayRef<AffineExpr>> count =
          shapes.getElements(iota->getOperand(0));
      if (!count || count->size() != 1)
        return false;
      sizes.push_back(count->front());
      return true;
    }
    if (auto top = dyn_cast<nn::TopKOp>(op)) {
      sizes.push_back(shapes.getSizes(top.getInput())[top.getAxis()]);
      return true;
    }
    // Those below 0 count from the end; there are none.
    if (auto select = dyn_cast<nn::SelectOp>(op)) {
      auto compare = select.getCondition().getDefiningOp<nn::CompareOp>();
      return compare && compare.getPredicate() == nn::Predicate::Lt &&
             compare.getLhs() == select.getOnFalse() &&
             matchIntegerSplat(compare.getRhs()) == 0 &&
             ranges.getRange(compare.getLhs()).low >= 0 &&
             add(select.getOnFalse(), ranges);
    }
    if (auto product = getBinary(value, nn::BinaryKind::Mul))
      return add(product.getLhs(), ranges) && addSize(product.getRhs());
    auto sum = getBinary(value, nn::BinaryKind::Add);
    if (!sum || !getBinary(stripReshapes(sum.getLhs()), nn::BinaryKind::Mul) ||
        !add(sum.getLhs(), ranges))
      return false;
    Place last{shapes, {}, {}};
    return last.add(sum.getRhs(), ranges) && last.sizes.size() == 1 &&
           last.sizes.front() == sizes.back();
  }
};
} // namespace

/// A place among the elements of a tensor, times one of its sizes.
std::optional<Interval> IntegerRanges::matchPlace(Operation *op) {
  auto product = dyn_cast<nn::BinaryOp>(op);
  if (!product || product.getKind() != nn::BinaryKind::Mul ||
      !getElementTypeOrSelf(product.getType()).isInteger(64))
    return std::nullopt;
  if (!shapes)
    shapes.emplace(func);
  Place place{*shapes, {}, {}};
  if (!place.add(product.getResult(), *this) || !place.tensor)
    return std::nullopt;
  SmallVector<AffineExpr> rest(shapes->getSizes(place.tensor));
  for (AffineExpr size : place.sizes) {
    auto *found = llvm::find(rest, size);
    if (found == rest.end())
      return std::nullopt;
    rest.erase(found);
  }
  // Where others are 0 a tensor has no elements whatever these are.
  for (AffineExpr size : rest)
    if (auto number = dyn_cast<AffineConstantExpr>(size);
        !number || number.getValue() < 1)
      return std::nullopt;
  return Interval{DynamicAPInt(0), getPower(logMostElements)};
}

//===----------------------------------------------------------------------===//
// Pieces
//===----------------------------------------------------------------------===//

/// Ops that work element by element.
static bool isElementwise(Operation *op) {
  return isa<nn::BinaryOp, nn::UnaryOp, nn::ClipOp, nn::SelectOp, nn::CastOp>(
      op);
}

std::optional<Interval>
IntegerRanges::evaluatePiece(ArrayRef<Operation *> slice, Value pivot,
                             const Interval &piece) const {
  llvm::DenseMap<Value, Interval> values;
  values[pivot] = piece;
  auto get = [&](Value value) {
    auto found = values.find(value);
    return found == values.end() ? getRange(value) : found->second;
  };
  Interval last = piece;
  for (Operation *op : slice) {
    Type type = getElementTypeOrSelf(op->getResult(0).getType());
    if (auto binary = dyn_cast<nn::BinaryOp>(op))
      last = evaluate(binary.getKind(), get(binary.getLhs()),
                      get(binary.getRhs()), type);
    else if (auto unary = dyn_cast<nn::UnaryOp>(op))
      last = evaluate(unary.getKind(), get(unary.getInput()), type);
    else if (auto clip = dyn_cast<nn::ClipOp>(op))
      last = evaluateClip(get(clip.getInput()), clip.getMin().convertToDouble(),
                          clip.getMax().convertToDouble());
    else if (auto select = dyn_cast<nn::SelectOp>(op))
      last = get(select.getOnTrue()).join(get(select.getOnFalse()));
    else
      last = get(op->getOperand(0));
    if (!Interval::getAll(type).contains(last))
      return std::nullopt;
    values[op->getResult(0)] = last;
  }
  return last;
}

/// An op that depends on one value in several ways, as Newton's steps do: the
/// hull of the results for pieces of that value's range.
std::optional<Interval> IntegerRanges::cutPivot(Operation *op) const {
  constexpr int64_t pieces = 2048;
  constexpr unsigned mostOps = 64;
  if (!isElementwise(op))
    return std::nullopt;
  auto isLater = [](Operation *a, Operation *b) {
    return a->isBeforeInBlock(b);
  };
  SmallVector<Operation *> slice;
  llvm::SetVector<Operation *> open;
  open.insert(op);
  while (!open.empty() && slice.size() < mostOps) {
    Operation *last = *llvm::max_element(open, isLater);
    // All goes through the one op that is left.
    if (open.size() == 1 && last != op) {
      Value pivot = last->getResult(0);
      Interval range = getRange(pivot);
      DynamicAPInt width =
          ceilDiv(range.high - range.low + 1, DynamicAPInt(pieces));
      SmallVector<Operation *> forward(llvm::reverse(slice));
      std::optional<Interval> hull;
      for (DynamicAPInt low = range.low; low <= range.high; low += width) {
        std::optional<Interval> part = evaluatePiece(
            forward, pivot, {low, std::min(low + width - 1, range.high)});
        hull = part ? join(hull, *part) : std::optional<Interval>();
        if (!part)
          break;
      }
      if (hull)
        return hull;
    }
    open.remove(last);
    if (!isElementwise(last))
      return std::nullopt;
    slice.push_back(last);
    for (Value operand : last->getOperands()) {
      Operation *producer = operand.getDefiningOp();
      if (matchIntegerSplat(operand))
        continue;
      if (!producer || producer->getBlock() != op->getBlock())
        return std::nullopt;
      open.insert(producer);
    }
  }
  return std::nullopt;
}
