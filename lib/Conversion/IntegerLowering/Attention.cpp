//===- Attention.cpp - Integer attention ------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Numerics/Fixed/Attention.h"
#include "IntegerModels.h"
#include "Published.h"
#include "quantc/Dialect/NN/IR/KeyWindow.h"
#include "quantc/Dialect/QT/IR/QTOps.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::numerics;

namespace {
/// Builds what is added to the scores.
class MaskBuilder {
public:
  MaskBuilder(nn::AttentionOp op, IntegerBuilder &b, Parts parts)
      : op(op), b(b), parts(parts) {}

  /// In the unit of the scores, with what hides a key where it is not seen;
  /// null for nothing. A failure has emitted its reason.
  FailureOr<Value> build();

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
};
} // namespace

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

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
  RankedTensorType type = op.getMask().getType();
  Scaled given;
  int64_t bound = int64_t(1) << 30;
  if (qt::BlockType format = qt::getBlockFormat(type)) {
    given = b.load(parts[3]);
    if (!qt::isWide(format))
      bound = INT16_MAX;
    else if (format.getElement().getBitWidth() == qt::wideBits)
      given = {b.shift(given.m, 1), b.add(given.e, 1)};
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

FailureOr<Value> MaskBuilder::build() {
  Value mask;
  if (op.getMask()) {
    FailureOr<Value> scaled = scaleMask();
    if (failed(scaled))
      return failure();
    mask = *scaled;
  }
  bool isFixed = getIntegerMethod(op) == qt::IntegerMethod::Fixed;
  Value visible = isFixed && isPlainCausal(op) ? Value() : findVisible();
  if (!visible)
    return mask;
  return b.select(visible, mask ? mask : b.number(0),
                  b.number(-fixed::largestScore));
}

/// Rows of both sides by each other.
static Value contract(IntegerBuilder &b, RankedTensorType type, ValueRange lhs,
                      qt::BlockType lhsFormat, ValueRange rhs,
                      qt::BlockType rhsFormat) {
  OpBuilder &builder = b.getBuilder();
  auto geometry = qt::MatmulAttr::get(builder.getContext(), /*batched=*/true,
                                      /*k=*/std::nullopt);
  return qt::ContractOp::create(
      builder, b.getLoc(), type.clone(builder.getI32Type()), lhs, rhs,
      /*epilogue_operands=*/ValueRange(), TypeAttr::get(lhsFormat),
      TypeAttr::get(rhsFormat), geometry, TypeAttr::get(builder.getI32Type()),
      /*layout=*/nullptr);
}

static Value swapLast(IntegerBuilder &b, Value x) {
  SmallVector<int64_t> shape(typeOf(x).getShape());
  std::swap(shape[2], shape[3]);
  OpBuilder &builder = b.getBuilder();
  return nn::TransposeOp::create(builder, b.getLoc(), typeOf(x).clone(shape), x,
                                 builder.getDenseI64ArrayAttr({0, 1, 3, 2}));
}

/// Scores, their softmax as I-BERT or I-ViT define it, and the mean of values.
static Scaled lowerPublished(nn::AttentionOp op, IntegerBuilder &b, Parts parts,
                             Value mask) {
  MLIRContext *context = op.getContext();
  qt::IntegerMethod method = getIntegerMethod(op);
  auto query = typeOf(parts[0][0]), key = typeOf(parts[1][0]);
  qt::BlockType rows =
      qt::getIntegerFormat(context, qt::getRowBlocks(4), /*bits=*/8);
  auto scores = RankedTensorType::get({query.getDimSize(0), query.getDimSize(1),
                                       query.getDimSize(2), key.getDimSize(2)},
                                      b.getBuilder().getI32Type());
  Value products = contract(b, scores, parts[0], rows, parts[1], rows);
  Value exponent =
      b.add(b.cast(parts[0][1], 32), swapLast(b, b.cast(parts[1][1], 32)));
  double unit =
      op.getScale().convertToDouble() * getScoreUnit(method, getInputScale(op));
  int64_t bound = 127 * 127 * query.getDimSize(3);
  Value z =
      b.score(fixed::makeMultipliers(&unit, &bound, 1), products, exponent);
  if (mask)
    z = b.clip(b.add(z, mask), -fixed::largestScore, fixed::largestScore);
  Probabilities shares =
      buildPublishedSoftmax(b, method, z, /*axes=*/3, key.getDimSize(2),
                            /*hasHidden=*/mask != nullptr, getInputScale(op));
  // The codes of rows; their unit is known.
  qt::BlockType codes = qt::BlockType::get(
      context, qt::getRowBlocks(4),
      qt::ElementFormatAttr::get(context, "s" + std::to_string(shares.bits)),
      qt::ScaleFormatAttr::get(context, "exp<8>"));
  // The values of a head on one exponent.
  Value own = b.cast(parts[2][1], 32);
  Value common = b.reduce(nn::ReduceKind::Max, own, /*axes=*/2);
  Value values = b.shift(b.cast(parts[2][0], 32), b.sub(common, own));
  SmallVector<int64_t> head(4, ShapedType::kDynamic);
  head[0] = head[1] = 1;
  Value sums = contract(
      b, op.getType(), b.store({shares.codes, b.number(-shares.places)}, codes),
      codes, {swapLast(b, b.cast(values, 8)), b.cast(common, 8)},
      qt::getIntegerFormat(context, head, /*bits=*/8));
  return {sums, b.add(common, -shares.places)};
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
    if (ShapedType::isDynamic(size) ||
        size > qt::IntegerAttentionOp::largestHead)
      return op->emitOpError("of heads of ")
             << query
             << " has no integer-only form; supported: a static size "
                "of up to "
             << qt::IntegerAttentionOp::largestHead;
    if (!ShapedType::isDynamic(keys) && keys > qt::IntegerAttentionOp::mostKeys)
      return op->emitOpError("over ")
             << keys << " keys has no integer-only form; supported: up to "
             << qt::IntegerAttentionOp::mostKeys;
    SmallVector<int64_t> rows = qt::getRowBlocks(4);
    bool isFixed = getIntegerMethod(op) == qt::IntegerMethod::Fixed;
    if (!isFixed && query.getDimSize(1) != key.getDimSize(1))
      return op->emitOpError("of ")
             << query << " and " << key << " has no form by '"
             << qt::stringifyIntegerMethod(getIntegerMethod(op))
             << "'; supported: as many key heads as query heads";
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
    FailureOr<Value> mask = MaskBuilder(attention, b, parts).build();
    if (failed(mask))
      return failure();
    if (getIntegerMethod(op) != qt::IntegerMethod::Fixed) {
      Scaled y = lowerPublished(attention, b, parts, *mask);
      results.push_back(
          b.store(y, qt::getBlockFormat(op->getResult(0).getType())));
      return success();
    }
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
