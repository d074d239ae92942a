//===- Attention.cpp - Integer attention ------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Numerics/Fixed/Attention.h"
#include "IntegerModels.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Dialect/NN/IR/KeyWindow.h"
#include "quantc/Numerics/Fixed/Primitives.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::numerics;

/// Products of queries and keys of 12 bits fit 32 bits up to this head size,
/// weights of 8 bits times values of 8 bits up to this number of keys.
static constexpr int64_t largestHead = 512, mostKeys = 66312;
static constexpr double log2e = 1.4426950408889634074;

namespace {
/// Builds what is between the two products.
class AttentionBuilder {
public:
  AttentionBuilder(nn::AttentionOp op, OpBuilder &builder, Parts parts)
      : op(op), b(builder, op.getLoc()), parts(parts) {}

  LogicalResult build(Lowered &results);

private:
  RankedTensorType typeOf(Value value) {
    return cast<RankedTensorType>(value.getType());
  }
  Value transpose(Value x);
  Value contract(ValueRange lhs, qt::BlockType lhsFormat, ValueRange rhs,
                 qt::BlockType rhsFormat);
  /// How many queries or keys there are.
  Value getSize(Value codes);
  /// Which keys a query sees, where it does not see all.
  Value findVisible();
  /// The parts of keys or values, once for every query head.
  SmallVector<Value> repeatHeads(ValueRange parts);
  Value getSizes(Value codes, unsigned first, unsigned last);
  /// What is added to scores, in their unit; null for nothing.
  Value getMask();
  /// \p x where a key is seen, \p other elsewhere.
  Value whereVisible(Value x, int64_t other) {
    return visible ? b.select(visible, x, b.number(other)) : x;
  }

  nn::AttentionOp op;
  IntegerBuilder b;
  Parts parts;
  Value visible;
};
} // namespace

/// The last two dimensions of four exchanged.
Value AttentionBuilder::transpose(Value x) {
  SmallVector<int64_t> shape(typeOf(x).getShape());
  std::swap(shape[2], shape[3]);
  return nn::TransposeOp::create(
      b.getBuilder(), b.getLoc(), typeOf(x).clone(shape), x,
      b.getBuilder().getDenseI64ArrayAttr({0, 1, 3, 2}));
}

/// Exact sums of products, `[.., M, K]` and `[.., N, K]`.
Value AttentionBuilder::contract(ValueRange lhs, qt::BlockType lhsFormat,
                                 ValueRange rhs, qt::BlockType rhsFormat) {
  OpBuilder &builder = b.getBuilder();
  Type i32 = builder.getI32Type();
  SmallVector<int64_t> shape(typeOf(lhs[0]).getShape());
  shape.back() = typeOf(rhs[0]).getDimSize(2);
  return qt::ContractOp::create(
      builder, b.getLoc(), RankedTensorType::get(shape, i32), lhs, rhs,
      /*epilogue_operands=*/ValueRange(), TypeAttr::get(lhsFormat),
      TypeAttr::get(rhsFormat),
      qt::MatmulAttr::get(builder.getContext(), /*batched=*/true,
                          /*k=*/std::nullopt),
      TypeAttr::get(i32), /*layout=*/nullptr);
}

Value AttentionBuilder::getSizes(Value codes, unsigned first, unsigned last) {
  OpBuilder &builder = b.getBuilder();
  auto type = RankedTensorType::get({last - first}, builder.getI64Type());
  return nn::ShapeOp::create(builder, b.getLoc(), type, codes,
                             builder.getI64IntegerAttr(first),
                             builder.getI64IntegerAttr(last));
}

Value AttentionBuilder::getSize(Value codes) { return getSizes(codes, 2, 3); }

SmallVector<Value> AttentionBuilder::repeatHeads(ValueRange parts) {
  int64_t queryHeads = typeOf(op.getQuery()).getDimSize(1);
  int64_t heads = typeOf(op.getKey()).getDimSize(1);
  if (queryHeads == heads)
    return SmallVector<Value>(parts);
  int64_t times = queryHeads / heads;
  OpBuilder &builder = b.getBuilder();
  Location loc = b.getLoc();
  auto getShape = [&](ArrayRef<Value> sizes, int64_t rank) -> Value {
    auto type = RankedTensorType::get({rank}, builder.getI64Type());
    return nn::ConcatOp::create(builder, loc, type, sizes,
                                builder.getI64IntegerAttr(0));
  };
  SmallVector<Value> repeated;
  for (Value part : parts) {
    SmallVector<int64_t> shape(typeOf(part).getShape());
    auto single =
        typeOf(part).clone({shape[0], shape[1], 1, shape[2], shape[3]});
    auto several =
        typeOf(part).clone({shape[0], shape[1], times, shape[2], shape[3]});
    auto joined =
        typeOf(part).clone({shape[0], queryHeads, shape[2], shape[3]});
    Value tail = getSizes(part, 2, 4);
    Value one = nn::makeIntegers(builder, loc, {1});
    Value x =
        nn::ReshapeOp::create(builder, loc, single, part,
                              getShape({getSizes(part, 0, 2), one, tail}, 5));
    x = nn::ExpandOp::create(
        builder, loc, several, x,
        nn::makeIntegers(builder, loc, {1, 1, times, 1, 1}));
    repeated.push_back(nn::ReshapeOp::create(
        builder, loc, joined, x,
        getShape({getSizes(part, 0, 1),
                  nn::makeIntegers(builder, loc, {queryHeads}), tail},
                 4)));
  }
  return repeated;
}

Value AttentionBuilder::findVisible() {
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

Value AttentionBuilder::getMask() {
  if (!op.getMask())
    return {};
  Scaled mask = b.load(parts[3]);
  constexpr int64_t bound = INT16_MAX;
  return b.score(fixed::makeMultipliers(&log2e, &bound, 1), mask.m, mask.e);
}

LogicalResult AttentionBuilder::build(Lowered &results) {
  ValueRange q = parts[0];
  SmallVector<Value> k = repeatHeads(parts[1]), v = repeatHeads(parts[2]);
  visible = findVisible();
  // A mask hides what it puts beyond the smallest score.
  Value mask = getMask();
  if (mask) {
    Value shown =
        b.compare(nn::Predicate::Gt, mask, b.number(-fixed::largestScore));
    visible = visible ? b.both(visible, shown) : shown;
  }

  // Scores in units of log2.
  int64_t size = typeOf(q[0]).getDimSize(3);
  fixed::Multipliers multipliers =
      fixed::makeScoreMultiplier(op.getScale().convertToDouble(), size);
  Value exponents = b.add(b.cast(q[1], 32), transpose(b.cast(k[1], 32)));
  Value products = contract(q, qt::getBlockFormat(op.getQuery().getType()), k,
                            qt::getBlockFormat(op.getKey().getType()));
  Value scores = b.score(multipliers, products, exponents);

  if (mask)
    scores =
        b.clip(b.add(scores, mask), -fixed::largestScore, fixed::largestScore);

  // Powers of two that sum to one but for a factor.
  Value shown = whereVisible(scores, -fixed::largestScore);
  Value below = b.sub(b.reduce(nn::ReduceKind::Max, shown, {3}), scores);
  auto [power, places] = b.powerOfTwo(below);
  Value sum = b.reduce(nn::ReduceKind::Sum,
                       whereVisible(b.shift(power, places), 0), {3});

  // The exponents of the values go into the weights, which have 8 bits; a
  // hidden key's exponent is beyond all others.
  constexpr int64_t far = 1 << 20;
  Value valueExponents = transpose(b.cast(v[1], 32));
  Value most =
      b.reduce(nn::ReduceKind::Max, whereVisible(valueExponents, -far), {3});
  places = b.add(places, b.sub(most, valueExponents));
  Value least = b.reduce(nn::ReduceKind::Min, whereVisible(places, far), {3});
  Value weights = b.shift(power, b.add(b.sub(places, least), 7));
  weights = b.cast(whereVisible(weights, 0), 8);
  // No exponent is left on either side.
  OpBuilder &builder = b.getBuilder();
  auto unit = RankedTensorType::get({1, 1, 1, 1}, builder.getI8Type());
  Value one = arith::ConstantOp::create(
      builder, b.getLoc(), DenseElementsAttr::get(unit, APInt::getZero(8)));
  auto getFormat = [&](StringRef element) {
    MLIRContext *context = builder.getContext();
    return qt::BlockType::get(context,
                              SmallVector<int64_t>(4, ShapedType::kDynamic),
                              qt::ElementFormatAttr::get(context, element),
                              qt::ScaleFormatAttr::get(context, "exp<8>"));
  };
  Value acc = contract({weights, one}, getFormat("u8"), {transpose(v[0]), one},
                       getFormat("s8"));

  // Divided by the sum, with as many bits as there is room for.
  Value count;
  if (visible)
    count = b.reduce(nn::ReduceKind::Sum, b.cast(visible, 32),
                     {typeOf(visible).getRank() - 1});
  else if (typeOf(k[0]).isDynamicDim(2))
    count = b.cast(getSize(k[0]), 32);
  else
    count = b.number(typeOf(k[0]).getDimSize(2));
  Value room = b.sub(b.number(16), b.bitLength(count));
  Value o = b.multiplyHigh(b.shift(acc, b.sub(b.number(0), room)),
                           b.sumReciprocal(sum));
  Value e = b.sub(b.add(b.sub(most, least), 8), b.add(room, b.bitLength(sum)));

  // A bit less, so that heads can be put on one exponent.
  Scaled y{b.shift(o, 1), b.add(e, 1)};
  results.push_back(b.store(y, qt::getBlockFormat(op.getType())));
  return success();
}

namespace {
struct AttentionIntegers
    : IntegerLoweringInterface::ExternalModel<AttentionIntegers,
                                              nn::AttentionOp> {
  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    auto attention = cast<nn::AttentionOp>(op);
    auto query = cast<RankedTensorType>(attention.getQuery().getType());
    auto key = cast<RankedTensorType>(attention.getKey().getType());
    int64_t size = query.getDimSize(3), keys = key.getDimSize(2);
    Value mask = attention.getMask();
    auto maskType =
        mask ? cast<RankedTensorType>(mask.getType()) : RankedTensorType();
    if (mask && (maskType.getRank() == 0 || maskType.getShape().back() == 1))
      return op->emitOpError("with a mask of type ")
             << maskType
             << " has no integer-only form; supported: an element for each key";
    if (attention.getSoftcap())
      return op->emitOpError("with softcap = ")
             << attention.getSoftcapAttr()
             << " has no integer-only form; supported: a scale, a mask, "
                "lengths, "
                "an offset, causal and windows, and no softcap";
    if (query.isDynamicDim(1) || key.isDynamicDim(1))
      return op->emitOpError("of ")
             << query << " and " << key
             << " has no integer-only form; supported: static numbers of heads";
    if (ShapedType::isDynamic(size) || size > largestHead)
      return op->emitOpError("of heads of ")
             << query
             << " has no integer-only form; supported: a static size "
                "of up to "
             << largestHead;
    if (!ShapedType::isDynamic(keys) && keys > mostKeys)
      return op->emitOpError("over ")
             << keys << " keys has no integer-only form; supported: up to "
             << mostKeys;
    SmallVector<int64_t> rows = qt::getRowBlocks(4);
    for (unsigned index = 0; index < 3; ++index)
      operands.push_back(withFormat(
          op->getOperand(index),
          qt::getIntegerFormat(op->getContext(), rows, index < 2 ? 12 : 8)));
    if (mask)
      operands.push_back(
          withFormat(mask, getRow16(op, qt::getRowBlocks(maskType.getRank()))));
    for (Value list : {attention.getLengths(), attention.getOffset()})
      if (list)
        operands.push_back(list.getType());
    results.push_back(
        withFormat(attention.getResult(), getWide(op, rows, qt::summandBits)));
    return success();
  }

  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    return AttentionBuilder(cast<nn::AttentionOp>(op), builder, parts)
        .build(results);
  }
};
} // namespace

void quantc::attachAttentionIntegers(MLIRContext *context) {
  nn::AttentionOp::attachInterface<AttentionIntegers>(*context);
}
