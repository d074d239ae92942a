//===- Rotary.cpp - Integer rotary embeddings -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Angles are positions times constant frequencies. As phases, fractions of a
// turn in 64 bits of which the whole turns drop out, they are exact whatever
// the position: mantissas of 16 bits would have lost them.
//
//===----------------------------------------------------------------------===//

#include "IntegerModels.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Interpreter/Interpreter.h"
#include "quantc/Numerics/Fixed/Functions.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::numerics;

namespace {
/// Rebuilds the floats that angles are computed from on 64-bit integers.
class PhaseBuilder {
public:
  PhaseBuilder(OpBuilder &builder, Location loc) : b(builder, loc) {}

  /// Whether the value is made of integers, or of integers times constants.
  static bool arePositions(Value value);
  static bool areAngles(Value value);

  Value getPositions(Value value);
  /// In units of 2^-64 turns.
  Value getTurns(Value value);

  IntegerBuilder b;

private:
  /// The operands of a movement that are moved; empty for other ops.
  static ValueRange getMoved(Value value);
  /// The factors of a product, elementwise or of a column by a row.
  static std::pair<Value, Value> getFactors(Value value);
  Value move(Value value, function_ref<Value(Value)> get);
  Value multiply(Value value, function_ref<Value(Value)> getLeft,
                 function_ref<Value(Value)> getRight);
};
} // namespace

ValueRange PhaseBuilder::getMoved(Value value) {
  Operation *op = value.getDefiningOp();
  if (isa_and_nonnull<nn::ConcatOp>(op))
    return op->getOperands();
  if (isa_and_nonnull<nn::ReshapeOp, nn::TransposeOp, nn::ExpandOp,
                      nn::SliceOp>(op))
    return op->getOperands().take_front();
  return {};
}

std::pair<Value, Value> PhaseBuilder::getFactors(Value value) {
  if (auto binary = value.getDefiningOp<nn::BinaryOp>();
      binary && binary.getKind() == nn::BinaryKind::Mul)
    return {binary.getLhs(), binary.getRhs()};
  if (auto matmul = value.getDefiningOp<nn::MatmulOp>()) {
    auto lhs = typeOf(matmul.getLhs()), rhs = typeOf(matmul.getRhs());
    if (lhs.getRank() > 1 && rhs.getRank() > 1 && lhs.getShape().back() == 1 &&
        rhs.getShape().back() == 1)
      return {matmul.getLhs(), matmul.getRhs()};
  }
  return {};
}

bool PhaseBuilder::arePositions(Value value) {
  if (auto cast = value.getDefiningOp<nn::CastOp>())
    return typeOf(cast.getInput()).getElementType().isInteger(32) ||
           typeOf(cast.getInput()).getElementType().isInteger(64);
  ValueRange moved = getMoved(value);
  return !moved.empty() && llvm::all_of(moved, arePositions);
}

bool PhaseBuilder::areAngles(Value value) {
  if (isConstantSlice(value))
    return getElementTypeOrSelf(value).isF32();
  if (auto [lhs, rhs] = getFactors(value); lhs)
    return (arePositions(lhs) && areAngles(rhs)) ||
           (areAngles(lhs) && arePositions(rhs));
  ValueRange moved = getMoved(value);
  return !moved.empty() && llvm::all_of(moved, areAngles);
}

Value PhaseBuilder::move(Value value, function_ref<Value(Value)> get) {
  Operation *op = value.getDefiningOp();
  IRMapping mapping;
  for (Value operand : getMoved(value))
    mapping.map(operand, get(operand));
  Operation *clone = b.getBuilder().clone(*op, mapping);
  Value result = clone->getResult(0);
  result.setType(typeOf(value).clone(b.getBuilder().getI64Type()));
  return result;
}

Value PhaseBuilder::getPositions(Value value) {
  if (auto cast = value.getDefiningOp<nn::CastOp>())
    return b.cast(cast.getInput(), 64);
  return move(value, [&](Value operand) { return getPositions(operand); });
}

Value PhaseBuilder::multiply(Value value, function_ref<Value(Value)> getLeft,
                             function_ref<Value(Value)> getRight) {
  auto [lhs, rhs] = getFactors(value);
  Value left = getLeft(lhs), right = getRight(rhs);
  if (value.getDefiningOp<nn::MatmulOp>()) {
    // The right side's rows are columns of the product.
    SmallVector<int64_t> shape(typeOf(right).getShape());
    SmallVector<int64_t> perm =
        llvm::to_vector(llvm::seq<int64_t>(0, typeOf(right).getRank()));
    std::swap(shape.rbegin()[0], shape.rbegin()[1]);
    std::swap(perm.rbegin()[0], perm.rbegin()[1]);
    right = nn::TransposeOp::create(b.getBuilder(), b.getLoc(),
                                    typeOf(right).clone(shape), right,
                                    b.getBuilder().getDenseI64ArrayAttr(perm));
  }
  return b.mul(left, right);
}

Value PhaseBuilder::getTurns(Value value) {
  auto turns = [&](Value operand) { return getTurns(operand); };
  auto positions = [&](Value operand) { return getPositions(operand); };
  if (isConstantSlice(value)) {
    FailureOr<HostValue> radians = interpretConstant(value);
    if (failed(radians))
      return {};
    SmallVector<int64_t> phases;
    for (int64_t i = 0, e = radians->getNumElements(); i < e; ++i)
      phases.push_back(fixed::radiansToTurns(radians->getNumber(i)));
    auto type =
        RankedTensorType::get(radians->getShape(), b.getBuilder().getI64Type());
    return arith::ConstantOp::create(
        b.getBuilder(), b.getLoc(),
        DenseElementsAttr::get(type, ArrayRef(phases)));
  }
  if (auto [lhs, rhs] = getFactors(value); lhs)
    return arePositions(lhs) ? multiply(value, positions, turns)
                             : multiply(value, turns, positions);
  return move(value, turns);
}

/// The exponent -15 for every example of \p x.
static Value getUnitExponents(IntegerBuilder &b, Value x,
                              RankedTensorType type) {
  OpBuilder &builder = b.getBuilder();
  SmallVector<int64_t> single(type.getRank(), 1);
  Value one = arith::ConstantOp::create(
      builder, b.getLoc(),
      DenseElementsAttr::get(type.clone(single),
                             APInt(8, -15, /*isSigned=*/true)));
  if (type.getShape().front() == 1)
    return one;
  Value sizes = nn::ShapeOp::create(
      builder, b.getLoc(), RankedTensorType::get(1, builder.getI64Type()), x,
      /*start=*/0, /*end=*/1);
  if (type.getRank() > 1)
    sizes = nn::ConcatOp::create(
        builder, b.getLoc(),
        RankedTensorType::get(type.getRank(), builder.getI64Type()),
        ValueRange{sizes, nn::makeIntegers(builder, b.getLoc(),
                                           ArrayRef(single).drop_front())},
        builder.getI64IntegerAttr(0));
  return nn::ExpandOp::create(builder, b.getLoc(), type, one, sizes);
}

Value quantc::buildOfPositions(nn::UnaryOp op, OpBuilder &builder) {
  auto type = dyn_cast<RankedTensorType>(op.getType());
  if (!type || type.getRank() == 0 || !PhaseBuilder::areAngles(op.getInput()))
    return {};
  PhaseBuilder phases(builder, op.getLoc());
  IntegerBuilder &b = phases.b;
  Value turns = phases.getTurns(op.getInput());
  if (!turns)
    return {};
  Value phase = b.cast(b.shift(turns, 32), 32);
  if (op.getKind() == nn::UnaryKind::Sin)
    phase = b.add(phase, -(int64_t(1) << 30));
  Value codes = b.cast(b.cosine(phase), 16);
  // An example's own exponent, so that it can be moved as others are.
  SmallVector<int64_t> blocks = type.getRank() == 1
                                    ? qt::getRowBlocks(1)
                                    : qt::getImageBlocks(type.getRank());
  qt::BlockType format = getRow16(op, blocks);
  Value exponents = getUnitExponents(b, codes, format.getPartTypes(type)[1]);
  return qt::JoinOp::create(builder, op.getLoc(), type.clone(format),
                            ValueRange{codes, exponents});
}

namespace {
struct RotaryIntegers
    : IntegerLoweringInterface::ExternalModel<RotaryIntegers, nn::RotaryOp> {
  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    for (auto [operand, type] : llvm::zip_equal(op->getOperands(), available)) {
      FailureOr<qt::BlockType> format = requireInteger(op, type);
      if (failed(format))
        return failure();
      int64_t rank = typeOf(operand).getRank();
      // Angles may share an exponent, what is rotated has one for each head.
      bool fits = operand != op->getOperand(0) && !qt::isWide(*format) &&
                  format->getShape().back() != 1;
      operands.push_back(withFormat(
          operand, fits ? *format : getRow16(op, qt::getRowBlocks(rank))));
    }
    int64_t rank = typeOf(op->getResult(0)).getRank();
    results.push_back(withFormat(
        op->getResult(0), getWide(op, qt::getRowBlocks(rank), qt::wideBits)));
    return success();
  }

  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    IntegerBuilder b(builder, op->getLoc());
    Scaled cos = b.load(parts[1]), sin = b.load(parts[2]);
    b.align(cos, sin);
    qt::BlockType format = qt::getBlockFormat(op->getResult(0).getType());
    auto type = cast<RankedTensorType>(parts[0][0].getType());
    Value y = nn::RotaryOp::create(
        builder, op->getLoc(), type.clone(builder.getI32Type()), parts[0][0],
        b.cast(cos.m, 16), b.cast(sin.m, 16),
        cast<nn::RotaryOp>(op).getInterleavedAttr());
    // 2 * 32,767^2 is below 2^31.
    results.push_back(
        b.store({y, b.add(b.cast(parts[0][1], 32), cos.e)}, format));
    return success();
  }
};
} // namespace

void quantc::attachRotaryIntegers(MLIRContext *context) {
  nn::RotaryOp::attachInterface<RotaryIntegers>(*context);
}
