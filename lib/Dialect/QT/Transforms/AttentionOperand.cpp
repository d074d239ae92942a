//===- AttentionOperand.cpp - One operand of an attention -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionOperand.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qt;

StringAttr AttentionOperand::getOrderName() const {
  AttentionOp op = this->op;
  return std::array{op.getQOrderAttrName(), op.getKOrderAttrName(),
                    op.getVOrderAttrName()}[index];
}

StringAttr AttentionOperand::getHeadsName() const {
  AttentionOp op = this->op;
  return std::array{op.getQHeadsAttrName(), op.getKHeadsAttrName(),
                    op.getVHeadsAttrName()}[index];
}

Value AttentionOperand::get() const {
  OperandRange parts = AttentionOp(op).getODSOperands(index);
  return parts.size() == 1 ? parts[0] : Value();
}

HeadOrder AttentionOperand::getOrder() const {
  auto order = op->getAttrOfType<HeadOrderAttr>(getOrderName());
  return order ? order.getValue() : HeadOrder::BHSD;
}

HeadRangeAttr AttentionOperand::getHeads() const {
  return op->getAttrOfType<HeadRangeAttr>(getHeadsName());
}

void AttentionOperand::set(Value tensor, HeadOrder order, HeadRangeAttr heads) {
  auto [start, size] = op.getODSOperandIndexAndLength(index);
  (void)size;
  op->setOperand(start, tensor);
  op->setAttr(getOrderName(), HeadOrderAttr::get(op.getContext(), order));
  if (heads)
    op->setAttr(getHeadsName(), heads);
}

nn::ReshapeOp quantc::qt::reshapeToHeads(OpBuilder &builder, nn::ReshapeOp like,
                                         std::array<int64_t, 2> leading,
                                         Value x, int64_t heads,
                                         int64_t width) {
  Location loc = like.getLoc();
  RankedTensorType old = like.getType();
  auto type = RankedTensorType::get(
      {old.getDimSize(leading[0]), old.getDimSize(leading[1]), heads, width},
      old.getElementType());
  Value shape;
  if (auto sizes = nn::getConstantIntegers(like.getShape())) {
    shape = nn::makeIntegers(
        builder, loc,
        {(*sizes)[leading[0]], (*sizes)[leading[1]], heads, width});
  } else {
    SmallVector<Value> pieces;
    Value zero = nn::makeIntegers(builder, loc, 0),
          one = nn::makeIntegers(builder, loc, 1);
    for (int64_t dim : leading)
      pieces.push_back(nn::SliceOp::create(
          builder, loc, RankedTensorType::get(1, builder.getI64Type()),
          like.getShape(), nn::makeIntegers(builder, loc, dim),
          nn::makeIntegers(builder, loc, dim + 1), zero, one));
    pieces.push_back(nn::makeIntegers(builder, loc, {heads, width}));
    shape = nn::ConcatOp::create(builder, loc, pieces, /*axis=*/0);
  }
  return nn::ReshapeOp::create(builder, loc, type, x, shape);
}

void quantc::qt::eraseDeadOps(func::FuncOp func) {
  for (Block &block : func.getBody())
    for (Operation &op :
         llvm::make_early_inc_range(llvm::reverse(block.getOperations())))
      if (isOpTriviallyDead(&op))
        op.erase();
}
