//===- Attention.cpp - Integer attention ------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Numerics/Fixed/Attention.h"
#include "AttentionSteps.h"
#include "Contractions.h"
#include "IntegerModels.h"
#include "Published.h"
#include "quantc/Dialect/NN/IR/KeyWindow.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::numerics;

namespace {
/// Builds what is added to the scores, and the condition of those that count.
class MaskBuilder {
public:
  /// The mask is of \p type: joint, or a constant in float.
  MaskBuilder(nn::AttentionOp op, IntegerBuilder &b, Parts parts, Type type)
      : op(op), b(b), parts(parts),
        type(dyn_cast_or_null<RankedTensorType>(type)) {}

  /// A failure has emitted its reason.
  FailureOr<ScoreMask> build();
  /// Both as one number in the unit of the scores, `-fixed::largestScore` where
  /// a key is not seen; null for nothing.
  FailureOr<Value> buildNumbers();

private:
  /// How many queries or keys there are.
  Value getSize(Value codes);
  /// Which keys a query sees, where it does not see all.
  Value findVisible();
  /// The mask in the unit of the scores, an element for each key.
  FailureOr<Value> scaleMask();

  nn::AttentionOp op;
  IntegerBuilder &b;
  Parts parts;
  RankedTensorType type;
};
} // namespace

/// Up to the own position and no further: the op itself sees to that.
static bool isPlainCausal(nn::AttentionOp op) {
  return op.getCausal() && !op.getOffset() && !op.getLeftWindow() &&
         !op.getRightWindow() && !op.getLengths();
}

Value MaskBuilder::getSize(Value codes) {
  OpBuilder &builder = b.getBuilder();
  auto type = RankedTensorType::get(1, builder.getI64Type());
  return nn::ShapeOp::create(builder, b.getLoc(), type, codes,
                             builder.getI64IntegerAttr(2),
                             builder.getI64IntegerAttr(3));
}

Value MaskBuilder::findVisible() {
  std::optional<int64_t> right = nn::KeyWindow::getRight(op);
  std::optional<uint64_t> left = op.getLeftWindow();
  if (!right && !left && !op.getLengths())
    return {};
  OpBuilder &builder = b.getBuilder();
  Location loc = b.getLoc();
  Value queries = getSize(parts[0][0]), keys = getSize(parts[1][0]);
  auto count = [&](Value size, Value codes) -> Value {
    auto type = RankedTensorType::get({typeOf(codes).getDimSize(2)},
                                      builder.getI64Type());
    return nn::IotaOp::create(builder, loc, type, size);
  };
  // One number for each batch item, or for all.
  auto column = [&](Value list) -> Value {
    auto type = RankedTensorType::get({typeOf(list).getDimSize(0), 1, 1, 1},
                                      builder.getI64Type());
    return nn::ReshapeOp::create(builder, loc, type, list,
                                 nn::makeIntegers(builder, loc, {-1, 1, 1, 1}));
  };
  Value key = count(keys, parts[1][0]), seen;
  auto require = [&](nn::Predicate predicate, Value bound) {
    Value holds = b.compare(predicate, key, bound);
    seen = seen ? b.both(seen, holds) : holds;
  };
  auto next = parts.drop_front(op.getMask() ? 4 : 3);
  if (op.getLengths()) {
    require(nn::Predicate::Lt, column(next.front()[0]));
    next = next.drop_front();
  }
  if (!right && !left)
    return seen;
  auto type = RankedTensorType::get({typeOf(parts[0][0]).getDimSize(2), 1},
                                    builder.getI64Type());
  Value query =
      nn::ReshapeOp::create(builder, loc, type, count(queries, parts[0][0]),
                            nn::makeIntegers(builder, loc, {-1, 1}));
  Value position = b.add(query, op.getOffset() ? column(next.front()[0])
                                               : b.sub(keys, queries));
  auto shift = [&](int64_t by) {
    by = std::clamp(by, -nn::farthestKey, nn::farthestKey);
    return by == 0 ? position : b.add(position, by);
  };
  if (right)
    require(nn::Predicate::Le, shift(*right));
  if (left)
    require(nn::Predicate::Ge, shift(-static_cast<int64_t>(*left)));
  return seen;
}

FailureOr<Value> MaskBuilder::scaleMask() {
  double unit = getScoreUnit(getIntegerMethod(op), getInputScale(op));
  Scaled given;
  int64_t bound = int64_t(1) << 30;
  if (qt::BlockType format = qt::getBlockFormat(type)) {
    given = b.load(parts[3]);
    if (!qt::isWide(format))
      bound = INT16_MAX;
    else if (format.getElement().getBitWidth() == qt::wideBits)
      given = b.halve(given);
  } else {
    FailureOr<std::vector<double>> values =
        getConstant(op, 3, /*takesInfinity=*/true);
    if (failed(values))
      return failure();
    given = b.constant(*values, type.getShape(), 30);
  }
  Value mask =
      b.score(fixed::makeMultipliers(&unit, &bound, 1), given.m, given.e);
  int64_t keys = typeOf(parts[1][0]).getDimSize(2);
  if (type.getRank() > 0 && (type.getShape().back() != 1 || keys == 1))
    return mask;
  // One number for all keys.
  OpBuilder &builder = b.getBuilder();
  SmallVector<int64_t> shape(type.getShape());
  SmallVector<Value> sizes;
  if (shape.size() > 1) {
    auto rest = RankedTensorType::get(shape.size() - 1, builder.getI64Type());
    sizes.push_back(nn::ShapeOp::create(builder, b.getLoc(), rest, mask,
                                        /*start=*/0,
                                        /*end=*/rest.getDimSize(0)));
  }
  sizes.push_back(getSize(parts[1][0]));
  if (shape.empty())
    shape.push_back(keys);
  shape.back() = keys;
  auto count = static_cast<int64_t>(shape.size());
  Value all = sizes.size() == 1
                  ? sizes.front()
                  : nn::ConcatOp::create(
                        builder, b.getLoc(),
                        RankedTensorType::get(count, builder.getI64Type()),
                        sizes, builder.getI64IntegerAttr(0))
                        .getResult();
  Value expanded = nn::ExpandOp::create(builder, b.getLoc(),
                                        typeOf(mask).clone(shape), mask, all);
  return expanded;
}

FailureOr<ScoreMask> MaskBuilder::build() {
  ScoreMask mask;
  mask.seen = findVisible();
  if (!op.getMask())
    return mask;
  FailureOr<Value> scaled = scaleMask();
  if (failed(scaled))
    return failure();
  mask.added = *scaled;
  // Half of what masks are limited to, so that biases beside it change nothing.
  double unit = getScoreUnit(getIntegerMethod(op), getInputScale(op));
  double limit =
      std::min<double>(std::scalbn(unit, 15 + 15), fixed::largestScore);
  Value isSeen =
      b.compare(nn::Predicate::Gt, mask.added, b.number(-std::llround(limit)));
  mask.seen = mask.seen ? b.both(isSeen, mask.seen) : isSeen;
  return mask;
}

FailureOr<Value> MaskBuilder::buildNumbers() {
  Value mask;
  if (op.getMask()) {
    FailureOr<Value> scaled = scaleMask();
    if (failed(scaled))
      return failure();
    mask = *scaled;
  }
  Value visible = isPlainCausal(op) ? Value() : findVisible();
  if (!visible)
    return mask;
  return b.select(visible, mask ? mask : b.number(0),
                  b.number(-fixed::largestScore));
}

/// Scores with their mask: none that count are as low as those that do not,
/// however low they are.
static Value applyMask(IntegerBuilder &b, Value z, ScoreMask mask) {
  if (!mask.seen)
    return z;
  constexpr int64_t most = fixed::largestScore;
  z = mask.added ? b.clip(b.add(z, mask.added), 1 - most, most)
                 : b.max(z, 1 - most);
  return b.select(mask.seen, z, b.number(-most));
}

/// Rows of both sides by each other.
static Value contractRows(IntegerBuilder &b, RankedTensorType type,
                          ValueRange lhs, qt::BlockType lhsFormat,
                          ValueRange rhs, qt::BlockType rhsFormat) {
  return contract(b, type, lhs, lhsFormat, rhs, rhsFormat,
                  qt::MatmulAttr::get(type.getContext(), /*batched=*/true,
                                      /*k=*/std::nullopt));
}

static Value swapLast(IntegerBuilder &b, Value x) {
  SmallVector<int64_t> shape(typeOf(x).getShape());
  std::swap(shape[2], shape[3]);
  OpBuilder &builder = b.getBuilder();
  return nn::TransposeOp::create(builder, b.getLoc(), typeOf(x).clone(shape), x,
                                 builder.getDenseI64ArrayAttr({0, 1, 3, 2}));
}

/// Sums over the keys of folded weights of \p bits bits by codes of 8 bits,
/// whatever exponents either have.
static Value weigh(IntegerBuilder &b, Value weights, int64_t bits,
                   Value values) {
  MLIRContext *context = weights.getContext();
  auto codes = qt::BlockType::get(
      context, qt::getRowBlocks(4),
      qt::ElementFormatAttr::get(context, "s" + std::to_string(bits)),
      qt::ScaleFormatAttr::get(context, "exp<8>"));
  SmallVector<int64_t> head(4, ShapedType::kDynamic);
  head[0] = head[1] = 1;
  qt::BlockType heads = qt::getIntegerFormat(context, head, /*bits=*/8);
  SmallVector<int64_t> shape(typeOf(weights).getShape());
  shape[3] = typeOf(values).getDimSize(3);
  return contractRows(
      b, typeOf(weights).clone(shape), b.store({weights, b.number(0)}, codes),
      codes, b.store({swapLast(b, values), b.number(0)}, heads), heads);
}

/// Folded weights of \p from bits times the powers of two of their keys, as
/// integers of \p to bits with an exponent for each query: that of the largest
/// product. A key without weight, as one that is not seen, takes no part.
static Scaled foldExponents(IntegerBuilder &b, Value weights, Value exponents,
                            int64_t from, int64_t to) {
  Value own = swapLast(b, b.cast(exponents, 32));
  Value isSeen = b.compare(nn::Predicate::Gt, weights, b.number(0));
  Value length =
      b.select(isSeen, b.add(b.bitLength(weights), own), b.number(INT8_MIN));
  Value e = b.add(b.reduce(nn::ReduceKind::Max, length, /*axes=*/3), -to);
  // From the top of 31 bits everything goes to the right.
  int64_t top = 30 - from;
  Value places = b.clip(b.add(b.sub(e, own), top), 31 - from - to, 31);
  Value folded = b.shift(b.shift(weights, -top), places);
  return {b.clip(folded, 0, (int64_t(1) << to) - 1), e};
}

//===----------------------------------------------------------------------===//
// The published methods
//===----------------------------------------------------------------------===//

namespace {
/// Query heads that share a key head are further queries of it.
class HeadGroups {
public:
  HeadGroups(IntegerBuilder &b, int64_t queryHeads, int64_t keyHeads)
      : b(b), queryHeads(queryHeads), keyHeads(keyHeads),
        count(queryHeads / keyHeads) {}

  /// From [B, H, S, D] to [B, K, H / K S, D], and back.
  Value fold(Value x) { return reshape(x, keyHeads, count, 1); }
  Value unfold(Value x) { return reshape(x, queryHeads, 1, count); }

private:
  Value getNumber(int64_t number) {
    return nn::makeIntegers(b.getBuilder(), b.getLoc(), number);
  }
  /// A size as a tensor of one number, times and by others.
  Value getSize(Value x, int64_t dim, int64_t times, int64_t by) {
    int64_t size = typeOf(x).getDimSize(dim);
    if (!ShapedType::isDynamic(size))
      return getNumber(size * times / by);
    OpBuilder &builder = b.getBuilder();
    Value number = nn::ShapeOp::create(
        builder, b.getLoc(), RankedTensorType::get(1, builder.getI64Type()), x,
        /*start=*/dim, /*end=*/dim + 1);
    if (times != 1)
      number = b.mul(number, getNumber(times));
    return by == 1 ? number
                   : b.binary(nn::BinaryKind::Div, number, getNumber(by));
  }
  Value join(ValueRange sizes) {
    OpBuilder &builder = b.getBuilder();
    return nn::ConcatOp::create(
        builder, b.getLoc(),
        RankedTensorType::get(sizes.size(), builder.getI64Type()), sizes,
        builder.getI64IntegerAttr(0));
  }
  Value reshape(Value x, int64_t heads, int64_t times, int64_t by) {
    if (count == 1)
      return x;
    SmallVector<int64_t> shape(typeOf(x).getShape());
    shape[1] = heads;
    if (!ShapedType::isDynamic(shape[2]))
      shape[2] = shape[2] * times / by;
    Value sizes = join({getSize(x, 0, 1, 1), getNumber(heads),
                        getSize(x, 2, times, by), getSize(x, 3, 1, 1)});
    return nn::ReshapeOp::create(b.getBuilder(), b.getLoc(),
                                 typeOf(x).clone(shape), x, sizes);
  }

  IntegerBuilder &b;
  int64_t queryHeads, keyHeads, count;
};
} // namespace

PublishedAttention::PublishedAttention(nn::AttentionOp op, IntegerBuilder &b)
    : op(op), b(b), method(getIntegerMethod(op)) {}

FailureOr<ScoreMask> PublishedAttention::buildMask(Parts parts, Type type) {
  return MaskBuilder(op, b, parts, type).build();
}

Value PublishedAttention::buildProducts(ValueRange query, ValueRange key) {
  HeadGroups groups(b, op.getQuery().getType().getDimSize(1),
                    op.getKey().getType().getDimSize(1));
  SmallVector<Value> queries;
  for (Value part : query)
    queries.push_back(groups.fold(part));
  auto rows = qt::getIntegerFormat(op.getContext(), qt::getRowBlocks(4), 8);
  SmallVector<int64_t> shape(typeOf(queries[0]).getShape());
  shape[3] = typeOf(key[0]).getDimSize(2);
  return contractRows(b, typeOf(queries[0]).clone(shape), queries, rows, key,
                      rows);
}

Value PublishedAttention::unfold(Value scores) {
  return HeadGroups(b, op.getQuery().getType().getDimSize(1),
                    op.getKey().getType().getDimSize(1))
      .unfold(scores);
}

Probabilities PublishedAttention::buildShares(Value z, ScoreMask mask) {
  return buildPublishedSoftmax(
      b, method, applyMask(b, z, mask), /*axes=*/3, getMostElements(op),
      /*hasHidden=*/mask.seen != nullptr, getInputScale(op));
}

Value PublishedAttention::buildSums(Value weights, int64_t bits, Value values) {
  HeadGroups groups(b, op.getQuery().getType().getDimSize(1),
                    op.getKey().getType().getDimSize(1));
  return groups.unfold(weigh(b, groups.fold(weights), bits, values));
}

/// cap tanh(scores / cap) in Q15 of \p unit, from products with exponents.
static Value limitScores(nn::AttentionOp op, IntegerBuilder &b, Value products,
                         Value exponent, int64_t bound, double unit) {
  double cap = op.getSoftcap()->convertToDouble();
  // In units of 2^-12, of which 16 bits reach where the function ends.
  constexpr int places = 12;
  double scale =
      std::scalbn(op.getScale().convertToDouble() / cap, places - 15);
  Value x =
      b.score(fixed::makeMultipliers(&scale, &bound, 1), products, exponent);
  x = b.clip(x, -INT16_MAX, INT16_MAX);
  qt::BlockType rows =
      qt::getIntegerFormat(op.getContext(), qt::getRowBlocks(4), qt::rowBits);
  // The exponent of tanh is one above that of the sigmoid.
  Value e = b.cast(b.store({x, b.number(1 - places)}, rows)[1], 32);
  Value sigma = qt::SigmaOp::create(b.getBuilder(), b.getLoc(), x.getType(),
                                    qt::SigmaKind::Sigmoid, x, e);
  Value tanh = b.add(b.shift(sigma, -1), -32768);
  double factor = std::scalbn(cap * unit, -15);
  constexpr int64_t one = 32768;
  return b.score(fixed::makeMultipliers(&factor, &one, 1), tanh, b.number(0));
}

/// Attention whose scores are limited, by the method fixed: weights of 8 bits
/// relative to the largest, as in qt.integer_attention.
static Scaled lowerCapped(nn::AttentionOp op, IntegerBuilder &b, Parts parts,
                          ScoreMask mask) {
  MLIRContext *context = op.getContext();
  auto query = typeOf(parts[0][0]), key = typeOf(parts[1][0]);
  HeadGroups groups(b, query.getDimSize(1), key.getDimSize(1));
  Value queries = groups.fold(parts[0][0]);
  SmallVector<int64_t> shape(typeOf(queries).getShape());
  shape[3] = key.getDimSize(2);
  qt::BlockType rows = qt::getIntegerFormat(context, qt::getRowBlocks(4), 12);
  Value exponents = groups.fold(parts[0][1]);
  Value products = contractRows(b, typeOf(queries).clone(shape),
                                {queries, exponents}, rows, parts[1], rows);
  Value exponent =
      b.add(b.cast(exponents, 32), swapLast(b, b.cast(parts[1][1], 32)));
  double unit = getScoreUnit(qt::IntegerMethod::Fixed, std::nullopt);
  Value z = groups.unfold(limitScores(op, b, products, exponent,
                                      2047 * 2047 * query.getDimSize(3), unit));
  z = applyMask(b, z, mask);
  Value below = b.sub(b.reduce(nn::ReduceKind::Max, z, 3), z);
  auto [power, places] = b.powerOfTwo(below);
  Value weights = b.shift(power, places);
  if (mask.seen) {
    Value isSeen =
        b.compare(nn::Predicate::Gt, z, b.number(-fixed::largestScore));
    weights = b.select(isSeen, weights, b.number(0));
  }
  // More keys than 32 bits hold the sum of may be known at run time only.
  Value sum = b.max(b.reduce(nn::ReduceKind::Sum, b.cast(weights, 64), 3), 1);
  Scaled folded = foldExponents(b, groups.fold(weights), parts[2][1],
                                /*from=*/15, /*to=*/8);
  Value sums = groups.unfold(weigh(b, folded.m, /*bits=*/9, parts[2][0]));
  // By the sum: sums have up to 31 bits, the reciprocal 30 where that has 31.
  Value zeros = b.cast(b.unary(nn::UnaryKind::Clz, sum), 32);
  Value beyond = b.max(b.sub(b.number(33), zeros), 0);
  Value y = b.multiplyHigh(b.shift(sums, beyond), b.sumReciprocal(sum));
  Value e = b.add(b.add(zeros, beyond), -31 - 32);
  return {y, b.add(groups.unfold(folded.e), e)};
}

/// Scores, their softmax as I-BERT or I-ViT define it, and the mean of values.
static Scaled lowerPublished(nn::AttentionOp op, IntegerBuilder &b, Parts parts,
                             ScoreMask mask) {
  PublishedAttention attention(op, b);
  int64_t queryHeads = typeOf(parts[0][0]).getDimSize(1);
  HeadGroups groups(b, queryHeads, typeOf(parts[1][0]).getDimSize(1));
  Value products = attention.buildProducts(parts[0], parts[1]);
  Value exponent = b.add(b.cast(groups.fold(parts[0][1]), 32),
                         swapLast(b, b.cast(parts[1][1], 32)));
  double own = getScoreUnit(getIntegerMethod(op), getInputScale(op)),
         unit = op.getScale().convertToDouble() * own;
  int64_t bound = 127 * 127 * typeOf(parts[0][0]).getDimSize(3);
  Value z = groups.unfold(
      op.getSoftcap() ? limitScores(op, b, products, exponent, bound, own)
                      : b.score(fixed::makeMultipliers(&unit, &bound, 1),
                                products, exponent));
  Probabilities shares = attention.buildShares(z, mask);
  int64_t bits = shares.bits - 1;
  Scaled folded =
      foldExponents(b, groups.fold(shares.codes), parts[2][1], bits, bits);
  Value sums = groups.unfold(weigh(b, folded.m, shares.bits, parts[2][0]));
  return {sums, b.add(groups.unfold(folded.e), -shares.places)};
}

namespace {
struct AttentionIntegers
    : IntegerLoweringInterface::ExternalModel<AttentionIntegers,
                                              nn::AttentionOp> {
  bool hasPublishedForms(Operation *) const { return true; }

  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    auto attention = cast<nn::AttentionOp>(op);
    auto query = cast<RankedTensorType>(attention.getQuery().getType());
    auto key = cast<RankedTensorType>(attention.getKey().getType());
    int64_t size = query.getDimSize(3), keys = key.getDimSize(2);
    Value mask = attention.getMask();
    if (query.isDynamicDim(1) || key.isDynamicDim(1))
      return op->emitOpError("of an open number of heads has no integer-only "
                             "form; supported: static numbers of heads");
    if (ShapedType::isDynamic(size) ||
        size > qt::IntegerAttentionOp::largestHead)
      return op->emitOpError("of heads of ")
             << (ShapedType::isDynamic(size) ? std::string("an open number of")
                                             : std::to_string(size))
             << " elements has no integer-only form; supported: a static size "
                "of up to "
             << qt::IntegerAttentionOp::largestHead;
    if (!ShapedType::isDynamic(keys) && keys > qt::IntegerAttentionOp::mostKeys)
      return op->emitOpError("over ")
             << keys << " keys has no integer-only form; supported: up to "
             << qt::IntegerAttentionOp::mostKeys;
    SmallVector<int64_t> rows = qt::getRowBlocks(4);
    bool isFixed = getIntegerMethod(op) == qt::IntegerMethod::Fixed;
    for (unsigned index = 0; index < 3; ++index) {
      // By the published methods all have 8 bits.
      unsigned bits = isFixed && index < 2 ? 12 : 8;
      operands.push_back(
          withFormat(op->getOperand(index),
                     qt::getIntegerFormat(op->getContext(), rows, bits)));
    }
    // As wide as it is; a constant has all bits there are.
    if (mask && qt::getBlockFormat(available[3])) {
      FailureOr<qt::BlockType> given = requireInteger(op, available[3]);
      if (failed(given))
        return failure();
      operands.push_back(fitOperand(op, 3, available[3], given->getShape(),
                                    /*mayBeWide=*/true));
    } else if (mask) {
      operands.push_back(available[3]);
    }
    for (Value list : {attention.getLengths(), attention.getOffset()})
      if (list)
        operands.push_back(list.getType());
    results.push_back(
        withFormat(attention.getResult(), getWide(op, rows, qt::summandBits)));
    return success();
  }

  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    auto attention = cast<nn::AttentionOp>(op);
    IntegerBuilder b(builder, op->getLoc());
    Type maskType =
        attention.getMask() ? attention.getMask().getType() : Type();
    MaskBuilder masks(attention, b, parts, maskType);
    bool isFixed = getIntegerMethod(op) == qt::IntegerMethod::Fixed;
    if (!isFixed || attention.getSoftcap()) {
      FailureOr<ScoreMask> mask = masks.build();
      if (failed(mask))
        return failure();
      Scaled y = isFixed ? lowerCapped(attention, b, parts, *mask)
                         : lowerPublished(attention, b, parts, *mask);
      results.push_back(
          b.store(y, qt::getBlockFormat(op->getResult(0).getType())));
      return success();
    }
    FailureOr<Value> mask = masks.buildNumbers();
    if (failed(mask))
      return failure();
    RankedTensorType type = attention.getType().clone(builder.getI32Type());
    SmallVector<int64_t> shape(type.getShape());
    shape.back() = 1;
    auto lowered = qt::IntegerAttentionOp::create(
        builder, op->getLoc(), type, type.clone(shape), parts[0][0],
        parts[0][1], parts[1][0], parts[1][1], parts[2][0], parts[2][1], *mask,
        attention.getScaleAttr(),
        isPlainCausal(attention) ? builder.getUnitAttr() : UnitAttr());
    results.push_back({lowered.getResult(), lowered.getExponents()});
    return success();
  }
};
} // namespace

void quantc::attachAttentionIntegers(MLIRContext *context) {
  nn::AttentionOp::attachInterface<AttentionIntegers>(*context);
}
