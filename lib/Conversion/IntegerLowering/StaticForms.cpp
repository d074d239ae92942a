//===- StaticForms.cpp - Ops on integers of constant scales -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StaticForms.h"
#include "AttentionSteps.h"
#include "Contractions.h"
#include "Published.h"
#include "mlir/IR/IRMapping.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Dialect/QT/IR/QTAttrNames.h"
#include "quantc/Numerics/Fixed/Attention.h"
#include "quantc/Numerics/Fixed/Published.h"
#include "quantc/Numerics/Fixed/Rows.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::numerics;

using Result = std::optional<StaticValue>;

static Value widen(IntegerBuilder &b, const StaticValue &x) {
  return b.cast(x.codes, 32);
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// Sums of codes of 8 bits by weights. The left operand of a product has blocks
/// of 8 bits with shifts, which hold such codes exactly wherever a row's
/// exponent is; what the sums are shifted by leaves them as they are.
static Result buildContraction(StaticIntegers &integers, OpBuilder &builder,
                               Operation *op) {
  Result x = integers.getCodes(builder, op->getOperand(0), 8);
  if (!x)
    return std::nullopt;
  Value weights = integers.getSource().getWeights(builder, op);
  if (!weights)
    return std::nullopt;
  FailureOr<WeightSums> sums = getWeightSums(weights);
  if (failed(sums) || sums->bounds.empty())
    return std::nullopt;
  int64_t bound = *llvm::max_element(sums->bounds);
  if ((bound << fixed::blockDepth) > INT32_MAX - 1)
    return std::nullopt;

  MLIRContext *context = op->getContext();
  IntegerBuilder b(builder, op->getLoc());
  int64_t rank = typeOf(x->codes).getRank();
  bool isImage = isa<nn::ConvOp>(op);
  SmallVector<int64_t> rows =
      isImage ? qt::getImageBlocks(rank) : qt::getRowBlocks(rank);
  SmallVector<Value> row =
      b.store({b.shift(widen(b, *x), -8), b.number(-8)},
              qt::getIntegerFormat(context, rows, qt::rowBits));
  qt::BlockType blocks = qt::getShiftedFormat(context, rows);
  SmallVector<Value> codes = encodeBlocks(b, row, blocks);
  qt::BlockType format = qt::getBlockFormat(weights.getType());
  auto parts = qt::SplitOp::create(
      builder, op->getLoc(),
      llvm::to_vector_of<Type>(format.getPartTypes(typeOf(weights))), weights);
  Value acc = contractWeights(b, op, codes, blocks, parts.getResults(), format);
  // The exponents are -19 .. -4, or that of zeros, whose sums are zeros.
  Value places = b.sub(b.number(0), b.cast(codes.back(), 32));
  acc = b.clip(b.shift(acc, b.clip(places, 0, 31)), -bound, bound);

  StaticValue y{acc, {}, std::max<int64_t>(bound, 1)};
  // Sums of no weights have any scale, in which what is added later has bits.
  double most = *llvm::max_element(sums->scales);
  for (double scale : sums->scales)
    y.scales.push_back(x->scales[0] *
                       (scale > 0 ? scale : (most > 0 ? most : 1)));
  if (llvm::all_equal(y.scales))
    y.scales.resize(1);
  return y;
}

/// Of two values that are computed.
static Result buildProduct(StaticIntegers &integers, OpBuilder &builder,
                           nn::MatmulOp op) {
  if (isConstantSlice(op.getLhs()) || isConstantSlice(op.getRhs()))
    return std::nullopt;
  int64_t rank = typeOf(op.getRhs()).getRank();
  int64_t k = typeOf(op.getLhs()).getShape().back();
  if (rank < 2 || typeOf(op.getLhs()).getRank() < 2 ||
      ShapedType::isDynamic(k) || k > INT32_MAX / (127 * 127))
    return std::nullopt;
  Result x = integers.getCodes(builder, op.getLhs(), 8);
  Result y = integers.getCodes(builder, op.getRhs(), 8);
  if (!x || !y)
    return std::nullopt;
  IntegerBuilder b(builder, op.getLoc());
  MLIRContext *context = op.getContext();
  auto encode = [&](const StaticValue &value) {
    qt::BlockType format = qt::getIntegerFormat(
        context, qt::getRowBlocks(typeOf(value.codes).getRank()), 8);
    return std::pair(b.store({widen(b, value), b.number(0)}, format), format);
  };
  auto [lhs, lhsFormat] = encode(*x);
  auto [rhs, rhsFormat] = encode(*y);
  auto geometry = qt::MatmulAttr::get(context, /*batched=*/rank != 2,
                                      /*k=*/std::nullopt);
  Value acc = contract(b, typeOf(op.getResult()), lhs, lhsFormat, rhs,
                       rhsFormat, geometry);
  return StaticValue{acc, {x->scales[0] * y->scales[0]}, 127 * 127 * k};
}

static Result buildMatmul(StaticIntegers &integers, OpBuilder &builder,
                          nn::MatmulOp op) {
  return hasWeights(op) ? buildContraction(integers, builder, op)
                        : buildProduct(integers, builder, op);
}

//===----------------------------------------------------------------------===//
// Elementwise ops
//===----------------------------------------------------------------------===//

/// A constant for all elements or for each index of the last dimension.
static std::optional<std::vector<double>> getPerColumn(nn::BinaryOp op,
                                                       unsigned index) {
  auto type = typeOf(op->getOperand(index));
  if (!isConstantSlice(op->getOperand(index)) || !type.hasStaticShape())
    return std::nullopt;
  int64_t columns = typeOf(op.getResult()).getShape().back();
  bool isOne = type.getNumElements() == 1;
  if (!isOne && (type.getRank() == 0 || type.getShape().back() != columns ||
                 type.getNumElements() != columns))
    return std::nullopt;
  FailureOr<std::vector<double>> values = getConstant(op, index);
  if (failed(values))
    return std::nullopt;
  return *values;
}

/// Beside sums a constant has their scales.
static Result addToSums(IntegerBuilder &b, const StaticValue &x,
                        ArrayRef<double> terms, bool isSubtracted) {
  SmallVector<int32_t> numbers;
  int64_t bound = x.bound;
  size_t count = std::max(x.scales.size(), terms.size());
  for (size_t i = 0; i < count; ++i) {
    double term =
        terms[terms.size() == 1 ? 0 : i] / x.scales[x.isScalar() ? 0 : i];
    double number = std::nearbyint(isSubtracted ? -term : term);
    if (!(std::abs(number) + static_cast<double>(x.bound) < INT32_MAX - 1))
      return std::nullopt;
    numbers.push_back(static_cast<int32_t>(number));
    bound = std::max(bound, x.bound + std::abs(int64_t(numbers.back())));
  }
  Value constant =
      count == 1 ? b.number(numbers[0])
                 : b.numbers(numbers, static_cast<int64_t>(numbers.size()));
  return StaticValue{b.add(widen(b, x), constant), x.scales, bound};
}

/// Both at the result's scale, rounded each, then limited. A sum of two that
/// are computed has 16 bits, unless the model states its codes.
static Result buildSum(StaticIntegers &integers, OpBuilder &builder,
                       nn::BinaryOp op) {
  bool isSubtracted = op.getKind() == nn::BinaryKind::Sub;
  IntegerBuilder b(builder, op.getLoc());
  for (unsigned index = 0; index < 2; ++index) {
    std::optional<std::vector<double>> terms = getPerColumn(op, index);
    Result x = integers.getSums(op->getOperand(1 - index));
    if (!terms || !x ||
        typeOf(x->codes).getShape() != typeOf(op.getResult()).getShape())
      continue;
    if (index == 0 && isSubtracted)
      return std::nullopt;
    // Codes of few bits have too coarse a scale for what is added.
    if (x->bound > INT16_MAX)
      return addToSums(b, *x, *terms, isSubtracted);
  }
  std::optional<StaticScale> target = integers.getTarget(op.getResult());
  bool hasStatic = llvm::any_of(op->getOperands(), [&](Value operand) {
    return integers.getSums(operand) || integers.getTarget(operand);
  });
  if (!target || !hasStatic)
    return std::nullopt;
  unsigned bits = integers.statesCodes(op.getResult()) ? 8 : 16;
  double scale = target->getScale(bits);
  Value terms[2];
  for (unsigned index = 0; index < 2; ++index) {
    Value operand = op->getOperand(index);
    if (isConstantSlice(operand)) {
      FailureOr<std::vector<double>> values = getConstant(op, index);
      if (failed(values))
        return std::nullopt;
      SmallVector<int32_t> numbers;
      for (double value : *values)
        numbers.push_back(static_cast<int32_t>(
            std::clamp(std::nearbyint(value / scale), -0x1p29, 0x1p29)));
      terms[index] = b.numbers(numbers, typeOf(operand).getShape());
      continue;
    }
    terms[index] = integers.getTerm(builder, operand, scale);
    if (!terms[index])
      return std::nullopt;
  }
  Value sum =
      b.binary(op.getKind(), b.cast(terms[0], 32), b.cast(terms[1], 32));
  int64_t low = target->getLow(bits), high = target->getHigh(bits);
  return StaticValue{
      b.cast(b.clip(sum, low, high), bits), {scale}, std::max(-low, high)};
}

/// By positive constants: a matter of scales.
static Result buildScaled(StaticIntegers &integers, OpBuilder &,
                          nn::BinaryOp op) {
  bool isDivided = op.getKind() == nn::BinaryKind::Div;
  for (unsigned index = 0; index < 2; ++index) {
    std::optional<std::vector<double>> factors = getPerColumn(op, index);
    Result x = integers.getSums(op->getOperand(1 - index));
    if (!factors || !x || (isDivided && index == 0) ||
        typeOf(x->codes).getShape() != typeOf(op.getResult()).getShape() ||
        llvm::any_of(*factors, [](double f) { return !(f > 0); }))
      continue;
    if (factors->size() > x->scales.size())
      x->scales.assign(factors->size(), x->scales[0]);
    for (auto [i, scale] : llvm::enumerate(x->scales)) {
      double factor = (*factors)[factors->size() == 1 ? 0 : i];
      scale = isDivided ? scale / factor : scale * factor;
    }
    return x;
  }
  return std::nullopt;
}

static Result buildBinary(StaticIntegers &integers, OpBuilder &builder,
                          nn::BinaryOp op) {
  switch (op.getKind()) {
  case nn::BinaryKind::Add:
  case nn::BinaryKind::Sub:
    return buildSum(integers, builder, op);
  case nn::BinaryKind::Mul:
  case nn::BinaryKind::Div:
    return buildScaled(integers, builder, op);
  default:
    return std::nullopt;
  }
}

static Result buildUnary(StaticIntegers &integers, OpBuilder &builder,
                         nn::UnaryOp op) {
  Result x = integers.getSums(op.getInput());
  if (!x || op.getKind() != nn::UnaryKind::Relu)
    return std::nullopt;
  IntegerBuilder b(builder, op.getLoc());
  auto bits = typeOf(x->codes).getElementTypeBitWidth();
  x->codes = b.cast(b.max(widen(b, *x), 0), bits);
  return x;
}

/// What a pair of quantising ops has left.
static Result buildClip(StaticIntegers &integers, OpBuilder &builder,
                        nn::ClipOp op) {
  std::optional<StaticScale> target = integers.getTarget(op.getResult());
  if (!target || !integers.statesCodes(op.getResult()))
    return std::nullopt;
  Result own = integers.getSums(op.getInput());
  if (own && own->isScalar() && own->bound <= StaticScale::most &&
      own->scales[0] == target->scale)
    return own;
  Value term = integers.getTerm(builder, op.getInput(), target->scale);
  if (!term)
    return std::nullopt;
  IntegerBuilder b(builder, op.getLoc());
  return StaticValue{b.cast(b.clip(term, target->low, target->high), 8),
                     {target->scale},
                     std::max(-target->low, target->high)};
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

/// Scales for which the integers of the published functions fit.
static bool fitsFunctions(double scale) {
  return scale >= 0x1p-14 && scale <= 0.5;
}

static Result buildGelu(StaticIntegers &integers, OpBuilder &builder,
                        nn::GeluOp op) {
  Result x = integers.getCodes(builder, op.getInput(), 8);
  if (!x || !fitsFunctions(x->scales[0]))
    return std::nullopt;
  IntegerBuilder b(builder, op.getLoc());
  int64_t last = typeOf(op.getInput()).getRank() - 1;
  GatedProduct y = buildPublishedGelu(b, integers.getMethod(), widen(b, *x),
                                      last, x->scales[0]);
  return StaticValue{y.codes, {y.unit}, y.bound};
}

static Result buildNorm(StaticIntegers &integers, OpBuilder &builder,
                        nn::LayerNormOp op) {
  Result x = integers.getCodes(builder, op.getInput(), 16);
  if (!x)
    return std::nullopt;
  ArrayRef<int64_t> shape = op.getType().getShape().drop_front(op.getAxis());
  int64_t count = 1;
  for (int64_t size : shape) {
    if (ShapedType::isDynamic(size))
      return std::nullopt;
    count *= size;
  }
  if (count < 1 || count > 32768)
    return std::nullopt;
  FailureOr<std::vector<double>> gamma = getParameter(op, 1, count), beta;
  if (failed(gamma) ||
      (op.getBias() && failed(beta = getParameter(op, 2, count))))
    return std::nullopt;
  IntegerBuilder b(builder, op.getLoc());
  auto axes =
      llvm::to_vector(llvm::seq<int64_t>(op.getAxis(), op.getType().getRank()));
  auto [y, exponent] =
      buildPublishedNorm(b, integers.getMethod(), widen(b, *x), axes, shape,
                         *gamma, op.getBias() ? *beta : std::vector<double>());
  return StaticValue{y, {std::scalbn(1.0, exponent)}, INT32_MAX};
}

/// Scores in the unit of a softmax: as they are, or on the grid of the method.
static std::pair<Value, double> getScores(StaticIntegers &integers,
                                          OpBuilder &builder, Value scores,
                                          IntegerBuilder &b) {
  if (Result codes = integers.getCodes(builder, scores, 8);
      codes && fitsFunctions(codes->scales[0]))
    return {widen(b, *codes), codes->scales[0]};
  double grid = getSoftmaxGrid(integers.getMethod());
  Value z = integers.getSums(scores) ? integers.getTerm(builder, scores, grid)
                                     : Value();
  return {z, grid};
}

static Result buildSoftmax(StaticIntegers &integers, OpBuilder &builder,
                           nn::SoftmaxOp op) {
  auto type = op.getInput().getType();
  int64_t last = type.getRank() - 1;
  if (static_cast<int64_t>(op.getAxis()) != last)
    return std::nullopt;
  IntegerBuilder b(builder, op.getLoc());
  auto [z, scale] = getScores(integers, builder, op.getInput(), b);
  if (!z)
    return std::nullopt;
  Probabilities y =
      buildPublishedSoftmax(b, integers.getMethod(), z, last,
                            type.getShape().back(), /*hasHidden=*/false, scale);
  return StaticValue{y.codes,
                     {std::scalbn(1.0, static_cast<int>(-y.places))},
                     int64_t(1) << (y.bits - 1)};
}

static Result buildAttention(StaticIntegers &integers, OpBuilder &builder,
                             nn::AttentionOp op) {
  SmallVector<StaticValue> x;
  for (Value operand : op->getOperands().take_front(3)) {
    Result codes = integers.getCodes(builder, operand, 8);
    if (!codes)
      return std::nullopt;
    x.push_back(*codes);
  }
  auto query = op.getQuery().getType(), key = op.getKey().getType();
  int64_t size = query.getDimSize(3), keys = key.getDimSize(2);
  if (op.getSoftcap() || query.isDynamicDim(1) || key.isDynamicDim(1) ||
      ShapedType::isDynamic(size) ||
      size > qt::IntegerAttentionOp::largestHead ||
      (!ShapedType::isDynamic(keys) && keys > qt::IntegerAttentionOp::mostKeys))
    return std::nullopt;

  IntegerBuilder b(builder, op.getLoc());
  qt::BlockType rows =
      qt::getIntegerFormat(op.getContext(), qt::getRowBlocks(4), 8);
  SmallVector<SmallVector<Value>> lists;
  for (const StaticValue &codes : x)
    lists.push_back(b.store({widen(b, codes), b.number(0)}, rows));
  // Everything else is as in the op with exponents.
  Type maskType;
  for (auto [index, operand] : llvm::enumerate(op->getOperands())) {
    if (index < 3)
      continue;
    bool isMask = index == 3 && op.getMask();
    if (!isMask || isConstantSlice(operand)) {
      if (isMask)
        maskType = operand.getType();
      lists.push_back({operand});
      continue;
    }
    Value joint = integers.getSource().getJoint(builder, operand);
    qt::BlockType format =
        joint ? qt::getIntegerFormat(joint.getType()) : qt::BlockType();
    if (!format)
      return std::nullopt;
    maskType = joint.getType();
    auto parts = qt::SplitOp::create(
        builder, op.getLoc(),
        llvm::to_vector_of<Type>(format.getPartTypes(typeOf(joint))), joint);
    lists.push_back(llvm::to_vector_of<Value>(parts.getResults()));
  }
  SmallVector<ValueRange> parts(lists.begin(), lists.end());
  op->setAttr(methodAttrName, qt::IntegerMethodAttr::get(op.getContext(),
                                                         integers.getMethod()));
  PublishedAttention attention(op, b);
  FailureOr<ScoreMask> mask = attention.buildMask(parts, maskType);
  if (failed(mask))
    return std::nullopt;
  StaticValue products{
      attention.unfold(attention.buildProducts(parts[0], parts[1])),
      {x[0].scales[0] * x[1].scales[0] * op.getScale().convertToDouble()},
      127 * 127 * size};
  Value z =
      rescaleStatically(b, products, getSoftmaxGrid(integers.getMethod()));
  if (!z)
    return std::nullopt;
  constexpr int64_t most = fixed::largestScore;
  z = b.cast(b.clip(z, -most, most), 32);
  Probabilities shares = attention.buildShares(z, *mask);
  return StaticValue{
      attention.buildSums(shares.codes, shares.bits, x[2].codes),
      {std::scalbn(x[2].scales[0], static_cast<int>(-shares.places))},
      INT32_MAX};
}

//===----------------------------------------------------------------------===//
// Movement
//===----------------------------------------------------------------------===//

/// The op on codes; what is joined has one scale.
static Result buildMovement(StaticIntegers &integers, OpBuilder &builder,
                            Operation *op) {
  if (isa<nn::ClipOp, nn::PadOp>(op) || op->getNumOperands() == 0)
    return std::nullopt;
  unsigned count = isa<nn::ConcatOp>(op) ? op->getNumOperands() : 1;
  IRMapping mapping;
  StaticValue y;
  for (Value operand : op->getOperands().take_front(count)) {
    Result x = integers.getSums(operand);
    if (!x || !x->isScalar() ||
        (y.codes &&
         (x->scales != y.scales || typeOf(x->codes).getElementType() !=
                                       typeOf(y.codes).getElementType())))
      return std::nullopt;
    int64_t bound = std::max(y.bound, x->bound);
    y = *x;
    y.bound = bound;
    mapping.map(operand, x->codes);
  }
  Operation *moved = builder.clone(*op, mapping);
  Value result = moved->getResult(0);
  result.setType(typeOf(result).clone(typeOf(y.codes).getElementType()));
  y.codes = result;
  return y;
}

Result quantc::buildStaticForm(StaticIntegers &integers, OpBuilder &builder,
                               Operation *op) {
  return llvm::TypeSwitch<Operation *, Result>(op)
      .Case([&](nn::MatmulOp op) { return buildMatmul(integers, builder, op); })
      .Case([&](nn::ConvOp op) {
        return buildContraction(integers, builder, op);
      })
      .Case([&](nn::BinaryOp op) { return buildBinary(integers, builder, op); })
      .Case([&](nn::UnaryOp op) { return buildUnary(integers, builder, op); })
      .Case([&](nn::ClipOp op) { return buildClip(integers, builder, op); })
      .Case([&](nn::GeluOp op) { return buildGelu(integers, builder, op); })
      .Case(
          [&](nn::LayerNormOp op) { return buildNorm(integers, builder, op); })
      .Case(
          [&](nn::SoftmaxOp op) { return buildSoftmax(integers, builder, op); })
      .Case([&](nn::AttentionOp op) {
        return buildAttention(integers, builder, op);
      })
      .Case([&](IntegerLoweringInterface op) -> Result {
        if (!op.isMovement())
          return std::nullopt;
        return buildMovement(integers, builder, op);
      })
      .Default([](Operation *) { return std::nullopt; });
}
