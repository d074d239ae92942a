//===- Ordering.cpp - Integer running sums and largest elements -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IntegerModels.h"
#include "Powers.h"
#include "quantc/Numerics/Fixed/Primitives.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::numerics;

/// The type of the first operand of \p op with one exponent along \p axis, as
/// wide as \p available, so that few are equal.
static FailureOr<Type> joinAlong(Operation *op, Type available, uint64_t axis) {
  FailureOr<qt::BlockType> format = requireInteger(op, available);
  if (failed(format))
    return failure();
  SmallVector<int64_t> blocks(format->getShape());
  blocks[axis] = ShapedType::kDynamic;
  return fitOperand(op, 0, available, blocks, /*mayBeWide=*/true);
}

namespace {
/// Each position has its own exponent, of what is summed and of sums: what is
/// small beside a later element has all the bits that fit on its exponent.
struct CumSumIntegers
    : IntegerLoweringInterface::ExternalModel<CumSumIntegers, nn::CumSumOp> {
  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    FailureOr<qt::BlockType> format = requireInteger(op, available[0]);
    if (failed(format))
      return failure();
    ArrayRef<int64_t> blocks = format->getShape();
    qt::BlockType own = qt::isWide(*format)
                            ? getWide(op, blocks, qt::summandBits)
                            : getRow16(op, blocks);
    operands.push_back(withFormat(op->getOperand(0), own));
    results.push_back(withFormat(op->getResult(0), own));
    return success();
  }

  /// In 64 bits, which hold as many as there can be, then below 2^29.
  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    auto sum = cast<nn::CumSumOp>(op);
    auto axis = static_cast<int64_t>(sum.getAxis());
    IntegerBuilder b(builder, op->getLoc());
    qt::BlockType format = qt::getBlockFormat(sum.getType());
    // Below what any other position has.
    constexpr int64_t none = -(1 << 20);
    bool isJoined = format.getShape()[axis] == ShapedType::kDynamic;
    Scaled x = isJoined ? b.prepareAlignment(b.load(parts[0]), format)
                        : b.prepareAlignment(b.load(parts[0]), format, none);
    if (!isJoined) {
      Value most = b.reduce(nn::ReduceKind::Max, x.e, axis);
      Value isNothing = b.compare(nn::Predicate::Le, most, b.number(none));
      Value common = b.select(isNothing, b.number(fixed::zeroExponent), most);
      x = {b.shift(x.m, b.sub(most, x.e)), common};
    }
    // Of 30 bits those are left that fit whatever number run time has.
    constexpr int64_t spare = 8;
    if (sum.getType().isDynamicDim(axis))
      x = {b.shift(x.m, spare), b.add(x.e, spare)};
    Value wide = b.cast(x.m, 64);
    wide = nn::CumSumOp::create(builder, op->getLoc(), wide.getType(), wide,
                                sum.getAxisAttr(), sum.getExclusiveAttr(),
                                sum.getReverseAttr());
    Scaled y = joinExponents(b, narrowSums(b, wide, x.e), format.getShape());
    results.push_back(qt::isWide(format) ? b.store(y, format)
                                         : b.normalise(y, format));
    return success();
  }
};

/// Positions, by integers of one exponent along the axis.
struct TopKIntegers
    : IntegerLoweringInterface::ExternalModel<TopKIntegers, nn::TopKOp> {
  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    FailureOr<Type> type =
        joinAlong(op, available[0], cast<nn::TopKOp>(op).getAxis());
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
