//===- Ordering.cpp - Integer running sums and largest elements -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IntegerModels.h"
#include "Powers.h"

using namespace mlir;
using namespace quantc;

/// The type of the first operand of \p op with one exponent along \p axis: a
/// row, or as wide as \p available, so that few are equal, where they are
/// compared.
static FailureOr<Type> joinAlong(Operation *op, Type available, uint64_t axis,
                                 bool isCompared) {
  FailureOr<qt::BlockType> format = requireInteger(op, available);
  if (failed(format))
    return failure();
  SmallVector<int64_t> blocks(format->getShape());
  blocks[axis] = ShapedType::kDynamic;
  return isCompared ? fitOperand(op, 0, available, blocks, /*mayBeWide=*/true)
                    : withFormat(op->getOperand(0), getRow16(op, blocks));
}

namespace {
struct CumSumIntegers
    : IntegerLoweringInterface::ExternalModel<CumSumIntegers, nn::CumSumOp> {
  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    FailureOr<Type> type =
        joinAlong(op, available[0], cast<nn::CumSumOp>(op).getAxis(),
                  /*isCompared=*/false);
    if (failed(type))
      return failure();
    operands.push_back(*type);
    results.push_back(withFormat(op->getResult(0), qt::getBlockFormat(*type)));
    return success();
  }

  /// In 64 bits, which hold as many as there can be, then below 2^29.
  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    auto sum = cast<nn::CumSumOp>(op);
    IntegerBuilder b(builder, op->getLoc());
    Scaled x = b.load(parts[0]);
    qt::BlockType format = qt::getBlockFormat(sum.getType());
    Value wide = b.cast(x.m, 64);
    wide = nn::CumSumOp::create(builder, op->getLoc(), wide.getType(), wide,
                                sum.getAxisAttr(), sum.getExclusiveAttr(),
                                sum.getReverseAttr());
    Scaled y = joinExponents(b, narrowSums(b, wide, x.e), format.getShape());
    results.push_back(b.normalise(y, format));
    return success();
  }
};

/// Positions, by integers of one exponent along the axis.
struct TopKIntegers
    : IntegerLoweringInterface::ExternalModel<TopKIntegers, nn::TopKOp> {
  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    FailureOr<Type> type = joinAlong(
        op, available[0], cast<nn::TopKOp>(op).getAxis(), /*isCompared=*/true);
    if (failed(type))
      return failure();
    operands.push_back(*type);
    results.push_back(op->getResult(0).getType());
    return success();
  }

  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    auto top = cast<nn::TopKOp>(op);
    IntegerBuilder b(builder, op->getLoc());
    results.push_back({nn::TopKOp::create(
        builder, op->getLoc(), top.getType(), b.cast(parts[0][0], 32),
        top.getAxisAttr(), top.getKAttr(), top.getSmallestAttr())});
    return success();
  }
};
} // namespace

void quantc::attachOrderingIntegers(MLIRContext *context) {
  nn::CumSumOp::attachInterface<CumSumIntegers>(*context);
  nn::TopKOp::attachInterface<TopKIntegers>(*context);
}
