//===- Gather.cpp - Integers picked by index ----------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Rows of a constant, as embeddings are, have 8 bits and a scale each; elements
// of one that hides something have 31 bits; what was computed moves with its
// exponents.
//
//===----------------------------------------------------------------------===//

#include "IntegerModels.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "quantc/Interpreter/Interpreter.h"
#include "quantc/Numerics/Fixed/Linear.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::numerics;

namespace {
struct GatherIntegers
    : IntegerLoweringInterface::ExternalModel<GatherIntegers, nn::GatherOp> {
  bool isMovement(Operation *) const { return true; }

  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    auto gather = cast<nn::GatherOp>(op);
    auto axis = static_cast<int64_t>(gather.getAxis());
    bool isMatrix = axis == 0 && gather.getInput().getType().getRank() == 2;
    bool isEncoded = qt::getBlockFormat(available[0]) != nullptr;
    if (isTable(available[0]) && isEncoded && !isMatrix)
      return op->emitOpError("from a constant of type ")
             << gather.getInput().getType() << " along axis " << axis
             << " has no integer-only form; supported: rows of a matrix";
    // Numbers that hide beside biases leave nothing of these on one exponent.
    bool hidesSome = !isEncoded && haveMask(gather.getInput());
    if (isTable(available[0]) && !hidesSome &&
        (isEncoded || !hasAngles(gather)) && isMatrix) {
      qt::BlockType rows = qt::BlockType::getFromSpelling(
          [&] { return op->emitOpError(); }, op->getContext(),
          qt::getRowBlocks(2), "s8", "f32");
      operands.push_back(withFormat(gather.getInput(), rows));
      keepOperands(available, operands);
      results.push_back(
          withFormat(gather.getResult(),
                     getWide(op, qt::getRowBlocks(gather.getType().getRank()),
                             qt::summandBits)));
      return success();
    }
    FailureOr<qt::BlockType> format = requireInteger(op, available[0]);
    if (failed(format))
      return failure();
    // What each example picks may not share an exponent behind it either.
    bool picksNumbers = isTable(available[0]) &&
                        gather.getType().getRank() == 1 &&
                        gather.getInput().getType().getRank() == 1;
    if (hidesSome || picksNumbers) {
      SmallVector<int64_t> single(format->getShape().size(), 1);
      format = getWide(op, single, qt::summandBits);
    }
    SmallVector<int64_t> blocks(format->getShape());
    int64_t extent = blocks[axis];
    blocks.erase(blocks.begin() + axis);
    blocks.insert(blocks.begin() + axis,
                  gather.getIndices().getType().getRank(), extent);
    operands.push_back(withFormat(op->getOperand(0), *format));
    keepOperands(available, operands);
    results.push_back(
        withFormat(gather.getResult(), withBlocks(*format, blocks)));
    return success();
  }

  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    auto gather = cast<nn::GatherOp>(op);
    auto pick = [&](RankedTensorType type, Value from) -> Value {
      return nn::GatherOp::create(builder, op->getLoc(), type, from,
                                  parts[1][0], gather.getAxisAttr());
    };
    if (!isTable(gather.getInput().getType())) {
      Value m = pick(getMantissaType(op), parts[0][0]), e = parts[0][1];
      qt::BlockType own = qt::getBlockFormat(gather.getInput().getType());
      if (own.getShape()[gather.getAxis()] != ShapedType::kDynamic) {
        e = pick(getExponentType(op), e);
      } else if (int64_t rank = gather.getIndices().getType().getRank();
                 rank != 1) {
        // All elements have the block's one exponent.
        SmallVector<int64_t> single(rank, 1);
        auto first = RankedTensorType::get(single, builder.getI64Type());
        Value zeros = arith::ConstantOp::create(
            builder, op->getLoc(),
            DenseElementsAttr::get(first, APInt::getZero(64)));
        e = nn::GatherOp::create(builder, op->getLoc(), getExponentType(op), e,
                                 zeros, gather.getAxisAttr());
      }
      results.push_back({m, e});
      return success();
    }
    // Rows of 8 bits, each with the multiplier that stands for its scale.
    FailureOr<HostValue> table = interpretConstant(gather.getInput());
    if (failed(table))
      return failure();
    const HostValue &stored = table->getParts()[1];
    std::vector<double> scales;
    for (int64_t i = 0, e = stored.getNumElements(); i < e; ++i)
      scales.push_back(stored.getNumber(i));
    auto rows = static_cast<int64_t>(scales.size());
    std::vector<int64_t> bounds(rows, 127);
    fixed::Multipliers multipliers =
        fixed::makeMultipliers(scales.data(), bounds.data(), rows);
    IntegerBuilder b(builder, op->getLoc());
    std::vector<int32_t> exponents(rows, multipliers.exponent);
    Value codes =
        pick(getMantissaType(op).clone(builder.getI8Type()), parts[0][0]);
    Value factor =
        pick(getExponentType(op), b.numbers(multipliers.values, {rows, 1}));
    Value e = pick(getExponentType(op), b.numbers(exponents, {rows, 1}));
    Value y = b.multiplyHigh(b.shift(b.cast(codes, 32), -multipliers.preShift),
                             factor);
    results.push_back({y, e});
    return success();
  }

private:
  /// Whether the rows are cosines or sines, which 8 bits are too few for.
  static bool hasAngles(nn::GatherOp gather) {
    Value value = gather.getResult();
    while (value.hasOneUse() &&
           isa<nn::ReshapeOp, nn::TransposeOp, nn::ExpandOp, nn::ConcatOp>(
               *value.user_begin()))
      value = value.user_begin()->getResult(0);
    return llvm::any_of(value.getUses(), [](OpOperand &use) {
      return isa<nn::RotaryOp>(use.getOwner()) && use.getOperandNumber() != 0;
    });
  }

  /// Whether rows of a constant are meant: a float, or one that is encoded.
  static bool isTable(Type type) {
    qt::BlockType format = qt::getBlockFormat(type);
    return !format || format.getScale().getFormat().isFloat();
  }
};
} // namespace

void quantc::attachGatherIntegers(MLIRContext *context) {
  nn::GatherOp::attachInterface<GatherIntegers>(*context);
}
