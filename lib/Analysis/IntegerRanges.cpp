//===- IntegerRanges.cpp - What integers of a network can be ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/IntegerRanges.h"
#include "LinearBounds.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Interfaces/InferIntRangeInterface.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Dialect/QT/IR/IntegerTypes.h"
#include "quantc/Dialect/QT/IR/LimitAttr.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Interpreter/Interpreter.h"
#include "quantc/Numerics/Fixed/Attention.h"
#include "quantc/Numerics/Fixed/Primitives.h"
#include "quantc/Numerics/Fixed/Rows.h"

using namespace mlir;
using namespace quantc;
using llvm::DynamicAPInt;

/// Rows with more elements have one interval for all.
static constexpr int64_t mostLanes = 65536;
/// No dimension has more elements: memory ends before.
static constexpr int64_t mostElements = int64_t(1) << 40;

static Type getElement(Value value) {
  return getElementTypeOrSelf(value.getType());
}

static bool isInteger(Value value) { return getElement(value).isInteger(); }

static Interval getHull(ArrayRef<Interval> lanes) {
  Interval hull = lanes.front();
  for (const Interval &lane : lanes.drop_front())
    hull = hull.join(lane);
  return hull;
}

static int64_t getLaneCount(Value value) {
  auto tensor = dyn_cast<RankedTensorType>(value.getType());
  return !tensor || tensor.getRank() == 0 ? 1 : tensor.getShape().back();
}

bool quantc::mayWrapAround(Operation *op) {
  if (!isa<nn::BinaryOp, nn::UnaryOp, nn::CastOp, nn::ReduceOp, nn::CumSumOp>(
          op))
    return false;
  Type element = getElementTypeOrSelf(op->getResult(0).getType());
  return element.isInteger() && !element.isInteger(1);
}

IntegerRanges::IntegerRanges(func::FuncOp func) : func(func) {
  for (Block &block : func.getBody())
    for (Operation &op : block)
      visit(&op);
}

IntegerRanges::Lanes IntegerRanges::getLanes(Value value) const {
  auto found = ranges.find(value);
  if (found != ranges.end())
    return found->second;
  return {isInteger(value) ? Interval::getAll(getElement(value))
                           : Interval::get(0)};
}

Interval IntegerRanges::getRange(Value value) const {
  return getHull(getLanes(value));
}

IntegerRanges::Lanes
IntegerRanges::map(Value value,
                   llvm::function_ref<Interval(const Interval &)> apply) const {
  Lanes lanes = getLanes(value);
  for (Interval &lane : lanes)
    lane = apply(lane);
  return lanes;
}

IntegerRanges::Lanes IntegerRanges::combine(
    Value a, Value b,
    llvm::function_ref<Interval(const Interval &, const Interval &)> apply)
    const {
  Lanes left = getLanes(a), right = getLanes(b);
  if (left.size() != right.size() && left.size() != 1 && right.size() != 1) {
    left = {getHull(left)};
    right = {getHull(right)};
  }
  Lanes lanes;
  for (size_t i = 0, e = std::max(left.size(), right.size()); i < e; ++i)
    lanes.push_back(apply(left[left.size() == 1 ? 0 : i],
                          right[right.size() == 1 ? 0 : i]));
  return lanes;
}

void IntegerRanges::report(Operation *op, const Interval &exact,
                           StringRef what) {
  overflows.push_back({op, exact, what.str()});
}

void IntegerRanges::set(Value result, Lanes lanes, StringRef what) {
  Operation *op = result.getDefiningOp();
  Interval all = Interval::getAll(getElement(result));
  auto binary = dyn_cast<nn::BinaryOp>(op);
  if (binary && binary.getKind() == nn::BinaryKind::RShift &&
      !matchIntegerSplat(binary.getRhs()))
    lanes = {narrowShift(binary, getHull(lanes))};
  if (binary && binary.getKind() == nn::BinaryKind::Mul)
    if (std::optional<Interval> saturated = matchSaturated(binary))
      lanes = {getHull(lanes).meet(*saturated)};
  if (binary && binary.getKind() == nn::BinaryKind::Sub &&
      getHull(lanes).low < 0 && quantised.contains(result)) {
    // A maximum less one of its operands.
    LinearBounds bounds([&](Value value) { return getRange(value); });
    LinearSum difference = bounds.getSum(binary.getLhs());
    difference.add(bounds.getSum(binary.getRhs()), -1);
    if (bounds.getLowest(difference, DynamicAPInt(0)) >= 0)
      for (Interval &lane : lanes)
        lane = {std::max(lane.low, DynamicAPInt(0)),
                std::max(lane.high, DynamicAPInt(0))};
  }
  if (!all.contains(getHull(lanes)))
    if (std::optional<Interval> place = matchPlace(op))
      lanes = {*place};
  if (!all.contains(getHull(lanes)))
    if (std::optional<Interval> pieces = cutPivot(op))
      lanes = {*pieces};
  Interval exact = getHull(lanes);
  if (!all.contains(exact)) {
    // What the model's own integers do is the model's affair.
    if (quantised.contains(result) && !op->hasAttr(wrapsAttrName))
      report(op, exact, what);
    lanes = {all};
  }
  ranges[result] = std::move(lanes);
}

//===----------------------------------------------------------------------===//
// Sources
//===----------------------------------------------------------------------===//

static SmallVector<Interval, 1> getConstantLanes(DenseElementsAttr elements,
                                                 int64_t width) {
  bool isBool = elements.getElementType().isInteger(1);
  auto read = [&](const APInt &number) {
    return Interval::get(isBool ? number.getZExtValue()
                                : number.getSExtValue());
  };
  if (elements.isSplat())
    return {read(elements.getSplatValue<APInt>())};
  if (elements.empty())
    return {Interval::get(0)};
  SmallVector<Interval, 1> lanes;
  int64_t index = 0;
  for (const APInt &number : elements.getValues<APInt>()) {
    Interval one = read(number);
    int64_t lane = width <= mostLanes ? index++ % width : 0;
    if (lane == static_cast<int64_t>(lanes.size()))
      lanes.push_back(one);
    else
      lanes[lane] = lanes[lane].join(one);
  }
  return lanes;
}

/// The parts of what is encoded.
static std::optional<Interval> getPartRange(qt::QuantizeOp op, unsigned part) {
  qt::EncodingAttr encoding = op.getEncoding();
  if (part == 0)
    return Interval::get(encoding.getLow(), encoding.getHigh());
  qt::BlockType format = op.getResultFormat();
  bool isShift = part == 1 && format.getOuter() &&
                 encoding.getRule() == qt::ScaleRule::Norm;
  if (isShift)
    return Interval::get(0, numerics::fixed::blockDepth);
  // Floats of 2^-149 to 2^128 on 30 bits.
  if (part == 1 && qt::isInputFormat(format) && qt::isWide(format))
    return Interval::get(-149 - 29, 127 - 29);
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

/// The most elements along some axes: no tensor has more than `mostElements`
/// where one size is not known.
static DynamicAPInt countElements(Value value, ArrayRef<int64_t> axes) {
  auto type = cast<RankedTensorType>(value.getType());
  DynamicAPInt count(1);
  for (int64_t axis : axes) {
    if (type.isDynamicDim(axis))
      return DynamicAPInt(mostElements);
    count *= type.getDimSize(axis);
  }
  return count;
}

std::optional<Interval> IntegerRanges::evaluateCount(Operation *op) {
  if (auto reduce = dyn_cast<nn::ReduceOp>(op)) {
    Interval range = getRange(reduce.getInput());
    if (reduce.getKind() == nn::ReduceKind::Max ||
        reduce.getKind() == nn::ReduceKind::Min)
      return range;
    if (reduce.getKind() != nn::ReduceKind::Sum)
      return std::nullopt;
    // What a bound says of a size of run time has been noted.
    auto noted = op->getAttrOfType<IntegerAttr>(qt::mostElementsAttrName);
    DynamicAPInt count =
        noted ? DynamicAPInt(noted.getInt())
              : countElements(reduce.getInput(), reduce.getAxes());
    Interval most{range.low * count, range.high * count};
    // Of an open size there may be no elements.
    bool isOpen = llvm::any_of(reduce.getAxes(), [&](int64_t axis) {
      return reduce.getInput().getType().isDynamicDim(axis);
    });
    return isOpen ? most.join(Interval::get(0)) : most;
  }
  if (auto sum = dyn_cast<nn::CumSumOp>(op)) {
    Interval range = getRange(sum.getInput());
    DynamicAPInt count =
        countElements(sum.getInput(), static_cast<int64_t>(sum.getAxis()));
    return Interval{range.low * count, range.high * count}.join(
        range.join(Interval::get(0)));
  }
  if (auto top = dyn_cast<nn::TopKOp>(op))
    return Interval{
        DynamicAPInt(0),
        countElements(top.getInput(), static_cast<int64_t>(top.getAxis()))};
  auto pool = dyn_cast<nn::PoolOp>(op);
  if (!pool)
    return std::nullopt;
  // Windows may lie in the pads, where sums have zeros.
  Interval range = getRange(pool.getInput());
  if (pool.getKind() == nn::PoolKind::Max) {
    // One that has pads alone gives the lowest number there is.
    nn::Window window = pool.getWindow();
    for (auto [index, pad] : llvm::enumerate(pool.getPads()))
      if (pad >= window.getSpan(index % pool.getKernel().size()))
        return std::nullopt;
    return range;
  }
  if (pool.getKind() != nn::PoolKind::Sum)
    return std::nullopt;
  DynamicAPInt taps(1);
  for (int64_t size : pool.getKernel())
    taps *= size;
  return Interval{range.low * taps, range.high * taps}.join(Interval::get(0));
}

/// By the interface of other dialects' ops.
static std::optional<Interval>
evaluateByInterface(Operation *op, ArrayRef<Interval> operands) {
  auto interface = dyn_cast<InferIntRangeInterface>(op);
  if (!interface || op->getNumResults() != 1)
    return std::nullopt;
  SmallVector<ConstantIntRanges> given;
  for (auto [operand, range] : llvm::zip_equal(op->getOperands(), operands)) {
    unsigned bits =
        ConstantIntRanges::getStorageBitwidth(getElementTypeOrSelf(operand));
    APInt low(bits, static_cast<uint64_t>(static_cast<int64_t>(range.low)),
              /*isSigned=*/bits > 1, /*implicitTrunc=*/true);
    APInt high(bits, static_cast<uint64_t>(static_cast<int64_t>(range.high)),
               /*isSigned=*/bits > 1, /*implicitTrunc=*/true);
    given.push_back(bits > 1 ? ConstantIntRanges::fromSigned(low, high)
                             : ConstantIntRanges::fromUnsigned(low, high));
  }
  std::optional<Interval> result;
  interface.inferResultRanges(given, [&](Value value,
                                         const ConstantIntRanges &range) {
    if (range.smin().getBitWidth() == 1)
      result = Interval::get(range.umin().getZExtValue(),
                             range.umax().getZExtValue());
    else
      result = Interval{DynamicAPInt(range.smin()), DynamicAPInt(range.smax())};
  });
  return result;
}

std::optional<IntegerRanges::Lanes>
IntegerRanges::evaluateElementwise(Operation *op) {
  Type type = getElement(op->getResult(0));
  // No square is negative.
  if (auto square = dyn_cast<nn::BinaryOp>(op);
      square && square.getKind() == nn::BinaryKind::Mul &&
      square.getLhs() == square.getRhs())
    return map(square.getLhs(), [&](const Interval &x) {
      Interval magnitude = evaluate(nn::UnaryKind::Abs, x, type);
      return evaluate(nn::BinaryKind::Mul, magnitude, magnitude, type);
    });
  if (auto binary = dyn_cast<nn::BinaryOp>(op))
    return combine(binary.getLhs(), binary.getRhs(),
                   [&](const Interval &a, const Interval &b) {
                     return evaluate(binary.getKind(), a, b, type);
                   });
  if (auto unary = dyn_cast<nn::UnaryOp>(op))
    return map(unary.getInput(), [&](const Interval &x) {
      return evaluate(unary.getKind(), x, type);
    });
  if (auto clip = dyn_cast<nn::ClipOp>(op))
    return map(clip.getInput(), [&](const Interval &x) {
      return evaluateClip(x, clip.getMin().convertToDouble(),
                          clip.getMax().convertToDouble());
    });
  if (auto cast = dyn_cast<nn::CastOp>(op)) {
    if (!isInteger(cast.getInput()))
      return Lanes{Interval::getAll(type)};
    if (type.isInteger(1))
      return Lanes{Interval::get(0, 1)};
    return getLanes(cast.getInput());
  }
  if (auto select = dyn_cast<nn::SelectOp>(op))
    return combine(
        select.getOnTrue(), select.getOnFalse(),
        [](const Interval &a, const Interval &b) { return a.join(b); });
  if (isa<nn::CompareOp>(op))
    return Lanes{Interval::get(0, 1)};
  return std::nullopt;
}

std::optional<IntegerRanges::Lanes>
IntegerRanges::evaluateMovement(Operation *op) const {
  if (isa<nn::ExpandOp>(op) &&
      getLaneCount(op->getResult(0)) == getLaneCount(op->getOperand(0)))
    return getLanes(op->getOperand(0));
  if (op->hasTrait<nn::MovesElements>())
    return Lanes{getRange(op->getOperand(0))};
  if (isa<nn::ConcatOp>(op)) {
    Interval hull = getRange(op->getOperand(0));
    for (Value operand : op->getOperands().drop_front())
      hull = hull.join(getRange(operand));
    return Lanes{hull};
  }
  auto pad = dyn_cast<nn::PadOp>(op);
  if (!pad)
    return std::nullopt;
  Interval range = getRange(pad.getInput());
  if (pad.getMode() == nn::PadMode::Constant)
    range = range.join(
        Interval::get(static_cast<int64_t>(pad.getValue().convertToDouble())));
  return Lanes{range};
}

std::optional<IntegerRanges::Lanes> IntegerRanges::evaluateOp(Operation *op) {
  if (op->getNumResults() != 1 || !isInteger(op->getResult(0)))
    return std::nullopt;
  DenseElementsAttr elements;
  if (matchPattern(op, m_Constant(&elements)))
    return getConstantLanes(elements, getLaneCount(op->getResult(0)));
  if (std::optional<int64_t> number = matchIntegerSplat(op->getResult(0)))
    return Lanes{Interval::get(*number)};
  if (std::optional<Lanes> lanes = evaluateElementwise(op))
    return lanes;
  if (std::optional<Lanes> lanes = evaluateMovement(op))
    return lanes;
  if (isa<nn::ShapeOp, nn::IotaOp>(op))
    return Lanes{Interval::get(0, mostElements)};
  if (auto rotary = dyn_cast<nn::RotaryOp>(op)) {
    DynamicAPInt most = getRange(rotary.getInput()).getMagnitude() *
                        (getRange(rotary.getCos()).getMagnitude() +
                         getRange(rotary.getSin()).getMagnitude());
    return Lanes{Interval::getSymmetric(most)};
  }
  if (isa<qt::SigmaOp>(op))
    return Lanes{Interval::get(0, 32768)};
  if (std::optional<Interval> range = evaluateCount(op))
    return Lanes{*range};
  SmallVector<Interval> operands;
  for (Value operand : op->getOperands()) {
    if (!isInteger(operand))
      return std::nullopt;
    operands.push_back(getRange(operand));
  }
  if (std::optional<Interval> range = evaluateByInterface(op, operands))
    return Lanes{*range};
  return std::nullopt;
}

static std::string describe(Operation *op) {
  if (auto binary = dyn_cast<nn::BinaryOp>(op))
    return ("'" + nn::stringifyBinaryKind(binary.getKind()) + "'").str();
  if (auto unary = dyn_cast<nn::UnaryOp>(op))
    return ("'" + nn::stringifyUnaryKind(unary.getKind()) + "'").str();
  if (auto reduce = dyn_cast<nn::ReduceOp>(op))
    return ("'" + nn::stringifyReduceKind(reduce.getKind()) + "'").str();
  return "result";
}

void IntegerRanges::visit(Operation *op) {
  // Sizes do not depend on elements.
  bool isQuantised =
      !isa<nn::ShapeOp>(op) &&
      (isa<qt::QuantizeOp, qt::ContractOp, qt::SigmaOp, qt::IntegerAttentionOp>(
           op) ||
       llvm::any_of(op->getOperands(), [&](Value operand) {
         return quantised.contains(operand);
       }));
  if (isQuantised)
    quantised.insert_range(op->getResults());
  if (auto contract = dyn_cast<qt::ContractOp>(op))
    return visitContract(contract);
  if (auto attention = dyn_cast<qt::IntegerAttentionOp>(op))
    return visitAttention(attention);
  if (auto quantize = dyn_cast<qt::QuantizeOp>(op)) {
    for (auto [part, result] : llvm::enumerate(op->getResults()))
      if (std::optional<Interval> range = getPartRange(quantize, part))
        ranges[result] = {*range};
    return;
  }
  std::optional<Lanes> lanes = evaluateOp(op);
  if (!lanes)
    return;
  set(op->getResult(0), std::move(*lanes), describe(op));
  if (auto unary = dyn_cast<nn::UnaryOp>(op);
      unary && unary.getKind() == nn::UnaryKind::Clz)
    noteLength(unary);
  // Exponents as they are stored.
  auto clip = dyn_cast<nn::ClipOp>(op);
  bool isStored = clip && clip.getMin().convertToDouble() == INT8_MIN &&
                  clip.getMax().convertToDouble() == INT8_MAX;
  if (isStored &&
      !Interval::get(INT8_MIN, INT8_MAX).contains(getRange(clip.getInput())))
    saturating.push_back(op);
}

//===----------------------------------------------------------------------===//
// Contractions and attention
//===----------------------------------------------------------------------===//

/// For every output the sum of the weights' magnitudes; of weights that are not
/// known the largest that their formats allow, once for all.
static FailureOr<SmallVector<DynamicAPInt>> sumWeights(qt::ContractOp op,
                                                       const Interval &codes) {
  int64_t size = op.getContractionSize();
  // Kernels check what only run time knows.
  if (ShapedType::isDynamic(size))
    size = op.getMostProducts().value_or(size);
  if (ShapedType::isDynamic(size))
    return failure();
  auto format = dyn_cast<qt::BlockType>(op.getRhsFormat());
  if (!format)
    return failure();
  auto conv = dyn_cast<qt::ConvAttr>(op.getGeometry());
  if (!llvm::all_of(op.getRhs(), isConstantSlice) || op.hasPackedRhs()) {
    if (format.getOuter())
      return failure();
    return SmallVector<DynamicAPInt>{codes.getMagnitude() * size *
                                     (conv ? conv.getNumTaps() : 1)};
  }
  FailureOr<HostValue> stored = interpretConstant(op.getRhs()[0]);
  if (failed(stored))
    return failure();
  SmallVector<int64_t> shape(stored->getShape());
  shape.back() = size;
  std::vector<int32_t> weights = qt::unpackCodes(format, shape, *stored);
  std::optional<HostValue> units;
  if (format.getOuter()) {
    FailureOr<HostValue> multipliers = interpretConstant(op.getRhs()[1]);
    if (failed(multipliers))
      return failure();
    units = *multipliers;
  }
  // Of matrices that lie in a batch each row is an output.
  auto total = static_cast<int64_t>(weights.size());
  int64_t perOutput = conv ? total / std::max<int64_t>(shape.front(), 1) : size;
  int64_t outputs = perOutput ? total / perOutput : 0;
  int64_t extent = format.getShape().back();
  int64_t blocks = units ? llvm::divideCeil(size, extent) : 0;
  SmallVector<DynamicAPInt> sums;
  for (int64_t output = 0; output < outputs; ++output) {
    int64_t sum = 0;
    for (int64_t i = output * perOutput; i < (output + 1) * perOutput; ++i) {
      int64_t unit =
          units ? units->getInteger(i / size * blocks + i % size / extent) : 1;
      sum += std::abs(weights[i] * unit);
    }
    sums.push_back(DynamicAPInt(sum));
  }
  return sums;
}

void IntegerRanges::visitContract(qt::ContractOp op) {
  Value result = op.getResult();
  if (!op.getAcc().isInteger())
    return;
  auto lhs = dyn_cast<qt::BlockType>(op.getLhsFormat());
  FailureOr<SmallVector<DynamicAPInt>> sums = failure();
  if (lhs)
    sums = sumWeights(op, getRange(op.getRhs()[0]));
  Interval all = Interval::getAll(op.getAcc());
  Lanes lanes;
  if (succeeded(sums)) {
    DynamicAPInt most = getRange(op.getLhs()[0]).getMagnitude();
    if (lhs.getOuter())
      most *= getPower(static_cast<unsigned>(
          static_cast<int64_t>(getRange(op.getLhs()[1]).high)));
    for (const DynamicAPInt &sum : *sums)
      lanes.push_back(Interval::getSymmetric(most * sum));
    if (lanes.empty())
      lanes.push_back(Interval::get(0));
    if (static_cast<int64_t>(lanes.size()) != getLaneCount(result) ||
        static_cast<int64_t>(lanes.size()) > mostLanes)
      lanes = {getHull(lanes)};
  }
  if (lanes.empty() || !all.contains(getHull(lanes))) {
    report(op, lanes.empty() ? all : getHull(lanes), "sum of products");
    lanes = {all};
  }
  if (!op.hasEpilogue()) {
    ranges[result] = std::move(lanes);
    return;
  }
  Block &body = op.getEpilogue().front();
  ranges[body.getArgument(0)] = std::move(lanes);
  quantised.insert(body.getArgument(0));
  for (auto [argument, operand] : llvm::zip_equal(
           body.getArguments().drop_front(), op.getEpilogueOperands())) {
    ranges[argument] = getLanes(operand);
    if (quantised.contains(operand))
      quantised.insert(argument);
  }
  for (Operation &inner : body.without_terminator())
    visit(&inner);
  ranges[result] = getLanes(body.getTerminator()->getOperand(0));
}

void IntegerRanges::visitAttention(qt::IntegerAttentionOp op) {
  using namespace numerics::fixed;
  auto key = cast<RankedTensorType>(op.getK().getType());
  auto query = cast<RankedTensorType>(op.getQ().getType());
  bool isBshd = op.getKOrder() == qt::HeadOrder::BSHD;
  int64_t keys = key.getDimSize(isBshd ? 1 : 2);
  if (ShapedType::isDynamic(keys))
    keys = qt::IntegerAttentionOp::mostKeys; // kernels check it
  Interval all = Interval::getAll(getElement(op.getResult()));
  auto check = [&](const DynamicAPInt &most, StringRef what) {
    if (most > all.high)
      report(op, Interval::getSymmetric(most), what);
  };
  check(getRange(op.getQ()).getMagnitude() *
            getRange(op.getK()).getMagnitude() * query.getShape().back(),
        "sum of queries by keys");
  // Weights are bytes, powers up to 32640.
  check(getRange(op.getV()).getMagnitude() * 255 * keys,
        "sum of weights by values");
  check(DynamicAPInt(exp2Fraction(0)) * keys, "sum of powers");
  // Below 2^30 (the op's definition): a mean of values of 8 bits, in the unit
  // of 2^22 or less.
  ranges[op.getResult()] = {Interval::getSymmetric(getPower(30) - 1)};
  // ev - n' + 7 - (a - 1 + bitlen S): ev is a value's exponent, n' the least
  // number of places, up to the distance of two such exponents; a is in 0 .. 15
  // and S has 15 to 31 bits.
  Interval ev = getRange(op.getVExponents());
  ranges[op.getExponents()] = {
      Interval{ev.low - (ev.high - ev.low) + 7 - 45, ev.high + 7 - 14}.join(
          Interval::get(zeroExponent))};
}
