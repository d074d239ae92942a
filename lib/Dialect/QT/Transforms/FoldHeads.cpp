//===- FoldHeads.cpp - Heads are read where they lie ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Step by step from an attention upwards: each step replaces what defines an
// operand by what that was made of, and records on the attention how to find
// the heads in it.
//
//===----------------------------------------------------------------------===//

#include "AttentionOperand.h"
#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Dialect/QT/IR/QTDialect.h"
#include "quantc/Dialect/QT/Transforms/Passes.h"

namespace quantc::qt {
#define GEN_PASS_DEF_FOLDHEADS
#include "quantc/Dialect/QT/Transforms/Passes.h.inc"
} // namespace quantc::qt

using namespace mlir;
using namespace quantc;
using qt::AttentionOperand;
using qt::HeadOrder;
using qt::HeadRangeAttr;

namespace {
struct FoldHeads : quantc::qt::impl::FoldHeadsBase<FoldHeads> {
  using FoldHeadsBase::FoldHeadsBase;
  void runOnOperation() override;
};

/// A slice along one axis, as constants tell.
struct ConstantSlice {
  int64_t axis, start, count, step;
};
} // namespace

static std::optional<ConstantSlice> matchSlice(nn::SliceOp slice) {
  RankedTensorType type = slice.getInput().getType();
  auto starts = nn::getConstantIntegers(slice.getStarts()),
       axes = nn::getConstantIntegers(slice.getAxes()),
       steps = nn::getConstantIntegers(slice.getSteps());
  if (!starts || !axes || !steps || axes->size() != 1 || steps->front() < 1)
    return std::nullopt;
  int64_t axis =
      axes->front() < 0 ? axes->front() + type.getRank() : axes->front();
  int64_t size = type.getDimSize(axis),
          count = slice.getType().getDimSize(axis);
  int64_t start = starts->front();
  if (ShapedType::isDynamic(size) || ShapedType::isDynamic(count) || count < 1)
    return std::nullopt;
  return ConstantSlice{axis,
                       start < 0 ? std::max<int64_t>(0, start + size) : start,
                       count, steps->front()};
}

static HeadOrder getOther(HeadOrder order) {
  return order == HeadOrder::BHSD ? HeadOrder::BSHD : HeadOrder::BHSD;
}

/// A transpose that only exchanges heads and tokens.
static bool exchangesHeads(nn::TransposeOp transpose) {
  return transpose && transpose.getPerm() == ArrayRef<int64_t>({0, 2, 1, 3});
}

static bool foldTranspose(AttentionOperand &operand) {
  auto transpose = operand.get().getDefiningOp<nn::TransposeOp>();
  if (!exchangesHeads(transpose))
    return false;
  operand.set(transpose.getInput(), getOther(operand.getOrder()),
              operand.getHeads());
  return true;
}

/// A reshape to the same sizes, as only their symbols tell.
static bool foldReshape(AttentionOperand &operand, SymbolicShapes &shapes) {
  auto reshape = operand.get().getDefiningOp<nn::ReshapeOp>();
  if (!reshape ||
      !shapes.haveEqualSizes(reshape.getResult(), reshape.getInput()))
    return false;
  operand.set(reshape.getInput(), operand.getOrder(), operand.getHeads());
  return true;
}

/// An op that earlier steps left without a use; it is erased in the end.
static bool isLeftOver(Operation *op) {
  return wouldOpBeTriviallyDead(op) && llvm::all_of(op->getUsers(), isLeftOver);
}

/// Rotating is the same before heads and tokens are exchanged: the angles,
/// which all heads share, are so instead.
static bool foldRotary(AttentionOperand &operand, SymbolicShapes &shapes) {
  auto rotary = operand.get().getDefiningOp<nn::RotaryOp>();
  if (!rotary || llvm::count_if(rotary->getUsers(), [](Operation *user) {
                   return !isLeftOver(user);
                 }) != 1)
    return false;
  auto transpose = rotary.getInput().getDefiningOp<nn::TransposeOp>();
  if (!exchangesHeads(transpose))
    return false;
  for (Value angles : {rotary.getCos(), rotary.getSin()}) {
    auto type = cast<RankedTensorType>(angles.getType());
    if (type.getRank() != 4 || type.getDimSize(1) != 1)
      return false;
  }
  OpBuilder builder(rotary);
  auto exchange = [&](Value angles) -> Value {
    auto own = nn::TransposeOp::create(builder, rotary.getLoc(), angles,
                                       transpose.getPerm());
    shapes.infer(own);
    return own;
  };
  auto moved = nn::RotaryOp::create(
      builder, rotary.getLoc(), transpose.getInput().getType(),
      transpose.getInput(), exchange(rotary.getCos()),
      exchange(rotary.getSin()), rotary.getInterleavedAttr());
  shapes.infer(moved);
  operand.set(moved, getOther(operand.getOrder()), operand.getHeads());
  return true;
}

/// Some of the heads.
static bool foldHeadSlice(AttentionOperand &operand) {
  auto slice = operand.get().getDefiningOp<nn::SliceOp>();
  std::optional<ConstantSlice> part = slice ? matchSlice(slice) : std::nullopt;
  if (!part || part->axis != (operand.getOrder() == HeadOrder::BHSD ? 1 : 2))
    return false;
  HeadRangeAttr inner = operand.getHeads();
  auto range = HeadRangeAttr::get(
      slice.getContext(),
      part->start + (inner ? inner.getFirst() * part->step : 0),
      inner ? inner.getCount() : part->count,
      part->step * (inner ? inner.getStep() : 1));
  operand.set(slice.getInput(), operand.getOrder(), range);
  return true;
}

/// Some of a projection's columns, split into heads.
static bool foldColumnSlice(AttentionOperand &operand, SymbolicShapes &shapes) {
  auto split = operand.get().getDefiningOp<nn::ReshapeOp>();
  if (!split || operand.getOrder() != HeadOrder::BSHD)
    return false;
  auto slice = split.getInput().getDefiningOp<nn::SliceOp>();
  std::optional<ConstantSlice> part = slice ? matchSlice(slice) : std::nullopt;
  if (!part || part->step != 1 || part->axis != slice.getType().getRank() - 1)
    return false;
  int64_t heads = split.getType().getDimSize(2),
          width = split.getType().getDimSize(3),
          columns = slice.getInput().getType().getDimSize(part->axis);
  // Rows of the slice have to be whole tokens, and heads to lie on a grid.
  if (ShapedType::isDynamic(heads) || ShapedType::isDynamic(width) ||
      heads * width != part->count || columns % width != 0 ||
      part->start % width != 0)
    return false;
  OpBuilder builder(split);
  auto whole = qt::reshapeToHeads(builder, split, {0, 1}, slice.getInput(),
                                  columns / width, width);
  shapes.setSizes(whole, {shapes.getSizes(split)[0], shapes.getSizes(split)[1],
                          shapes.getConstant(columns / width),
                          shapes.getConstant(width)});
  HeadRangeAttr inner = operand.getHeads();
  int64_t first = part->start / width;
  operand.set(whole, HeadOrder::BSHD,
              HeadRangeAttr::get(split.getContext(),
                                 first + (inner ? inner.getFirst() : 0),
                                 inner ? inner.getCount() : heads,
                                 inner ? inner.getStep() : 1));
  return true;
}

/// One of several operands that a projection has in a dim of its own, in front
/// of the heads or behind them: [B, S, 3, H, D], brought to [3, B, H, S, D].
static bool foldStackedSlice(AttentionOperand &operand,
                             SymbolicShapes &shapes) {
  auto drop = operand.get().getDefiningOp<nn::ReshapeOp>();
  if (!drop || operand.getOrder() != HeadOrder::BHSD || operand.getHeads())
    return false;
  auto slice = drop.getInput().getDefiningOp<nn::SliceOp>();
  std::optional<ConstantSlice> part = slice ? matchSlice(slice) : std::nullopt;
  if (!part || part->axis != 0 || part->count != 1)
    return false;
  auto transpose = slice.getInput().getDefiningOp<nn::TransposeOp>();
  if (!transpose)
    return false;
  auto split = transpose.getInput().getDefiningOp<nn::ReshapeOp>();
  bool isInFront = transpose.getPerm() == ArrayRef<int64_t>({2, 0, 3, 1, 4});
  bool isBehind = transpose.getPerm() == ArrayRef<int64_t>({3, 0, 2, 1, 4});
  if (!split || (!isInFront && !isBehind) ||
      !llvm::equal(shapes.getSizes(drop), shapes.getSizes(slice).drop_front()))
    return false;
  int64_t count = split.getType().getDimSize(isInFront ? 2 : 3),
          heads = split.getType().getDimSize(isInFront ? 3 : 2),
          width = split.getType().getDimSize(4);
  if (ShapedType::isDynamic(count) || ShapedType::isDynamic(heads) ||
      ShapedType::isDynamic(width))
    return false;
  OpBuilder builder(split);
  auto whole = qt::reshapeToHeads(builder, split, {0, 1}, split.getInput(),
                                  count * heads, width);
  shapes.setSizes(whole, {shapes.getSizes(split)[0], shapes.getSizes(split)[1],
                          shapes.getConstant(count * heads),
                          shapes.getConstant(width)});
  operand.set(whole, HeadOrder::BSHD,
              HeadRangeAttr::get(split.getContext(),
                                 isInFront ? part->start * heads : part->start,
                                 heads, isInFront ? 1 : count));
  return true;
}

/// A single head may as well stand behind the tokens, where projections that
/// become one have their heads.
static bool moveSingleHead(AttentionOperand &operand, SymbolicShapes &shapes) {
  auto split = operand.get().getDefiningOp<nn::ReshapeOp>();
  if (!split || operand.getOrder() != HeadOrder::BHSD || operand.getHeads() ||
      split.getType().getDimSize(1) != 1 || split.getType().isDynamicDim(3))
    return false;
  OpBuilder builder(split);
  int64_t width = split.getType().getDimSize(3);
  auto moved =
      qt::reshapeToHeads(builder, split, {0, 2}, split.getInput(), 1, width);
  shapes.setSizes(moved, {shapes.getSizes(split)[0], shapes.getSizes(split)[2],
                          shapes.getConstant(1), shapes.getConstant(width)});
  operand.set(moved, HeadOrder::BSHD, {});
  return true;
}

static void foldResult(qt::AttentionOp op) {
  if (!op.getResult().hasOneUse())
    return;
  auto transpose = dyn_cast<nn::TransposeOp>(*op.getResult().user_begin());
  if (!exchangesHeads(transpose))
    return;
  op.setResultOrder(getOther(op.getResultOrder()));
  op.getResult().setType(transpose.getType());
  transpose.getResult().replaceAllUsesWith(op.getResult());
  transpose.erase();
}

/// Codes and exponents are exchanged together.
static void foldIntegerOperand(qt::IntegerAttentionOp op, unsigned index,
                               StringAttr order) {
  auto codes = op->getOperand(2 * index).getDefiningOp<nn::TransposeOp>(),
       exponents =
           op->getOperand(2 * index + 1).getDefiningOp<nn::TransposeOp>();
  if (!exchangesHeads(codes) || !exchangesHeads(exponents))
    return;
  op->setOperand(2 * index, codes.getInput());
  op->setOperand(2 * index + 1, exponents.getInput());
  auto own = op->getAttrOfType<qt::HeadOrderAttr>(order);
  op->setAttr(order, qt::HeadOrderAttr::get(
                         op.getContext(),
                         getOther(own ? own.getValue() : HeadOrder::BHSD)));
}

static void foldIntegerResult(qt::IntegerAttentionOp op) {
  SmallVector<nn::TransposeOp> transposes;
  for (Value result : op->getResults()) {
    auto transpose = result.hasOneUse()
                         ? dyn_cast<nn::TransposeOp>(*result.user_begin())
                         : nn::TransposeOp();
    if (!exchangesHeads(transpose))
      return;
    transposes.push_back(transpose);
  }
  op.setResultOrder(getOther(op.getResultOrder()));
  for (auto [result, transpose] :
       llvm::zip_equal(op->getResults(), transposes)) {
    result.setType(transpose.getType());
    transpose.getResult().replaceAllUsesWith(result);
    transpose.erase();
  }
}

void FoldHeads::runOnOperation() {
  SmallVector<qt::IntegerAttentionOp> integers;
  getOperation().walk(
      [&](qt::IntegerAttentionOp op) { integers.push_back(op); });
  for (qt::IntegerAttentionOp op : integers) {
    for (auto [index, order] : llvm::enumerate(
             std::array{op.getQOrderAttrName(), op.getKOrderAttrName(),
                        op.getVOrderAttrName()}))
      foldIntegerOperand(op, index, order);
    foldIntegerResult(op);
  }
  SymbolicShapes shapes(getOperation());
  SmallVector<qt::AttentionOp> ops;
  getOperation().walk([&](qt::AttentionOp op) { ops.push_back(op); });
  for (qt::AttentionOp op : ops) {
    for (unsigned index = 0; index < 3; ++index) {
      AttentionOperand operand(op, index);
      while (operand.get() &&
             (foldTranspose(operand) || foldReshape(operand, shapes) ||
              foldRotary(operand, shapes) || foldHeadSlice(operand) ||
              foldColumnSlice(operand, shapes) ||
              foldStackedSlice(operand, shapes) ||
              moveSingleHead(operand, shapes)))
        ;
    }
    foldResult(op);
  }
  qt::eraseDeadOps(getOperation());
}
