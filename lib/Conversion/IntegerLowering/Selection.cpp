//===- Selection.cpp - Integer comparisons and choices ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Both sides are put on the larger of their exponents, as summands are: what
// differs by less than a unit of the larger side's 30 bits is equal. Elements
// with exponents of their own are compared and chosen with them.
//
//===----------------------------------------------------------------------===//

#include "IntegerModels.h"
#include "Powers.h"
#include "mlir/IR/Matchers.h"
#include "quantc/Dialect/QT/IR/LimitAttr.h"

using namespace mlir;
using namespace quantc;

/// The type of an operand: numbers on \p blocks, conditions as they are.
static Type fitNumbers(Operation *op, size_t index, Type available,
                       ArrayRef<int64_t> blocks) {
  return qt::getBlockFormat(available)
             ? fitOperand(op, index, available, blocks, /*mayBeWide=*/true)
             : available;
}

/// Operand \p first and the next one.
static LogicalResult getBoth(Operation *op, unsigned first, Parts parts,
                             IntegerBuilder &b, Scaled &x, Scaled &y) {
  if (failed(getSummand(op, first, first + 1, parts[first], b, x)))
    return failure();
  return getSummand(op, first + 1, first, parts[first + 1], b, y);
}

static bool isZero(Value value) {
  return matchPattern(value, m_AnyZeroFloat());
}

/// What has an exponent for each element, with all bits of 30 of each.
static Scaled fillElements(IntegerBuilder &b, Value value, Scaled term) {
  qt::BlockType format = qt::getBlockFormat(value.getType());
  bool isFilled = format && haveOwnExponents(format) && qt::isWide(format);
  return isFilled ? joinExponents(b, term, {}) : term;
}

namespace {
/// What the elements of a value have been moved from.
static Value getMoved(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!op->hasTrait<nn::MovesElements>())
      break;
    value = op->getOperand(0);
  }
  return value;
}

/// What \p op finds the largest elements of, each of which stays as it is; null
/// of others.
static Value getMaximised(Operation *op) {
  if (auto pool = dyn_cast_or_null<nn::PoolOp>(op))
    return pool.getKind() == nn::PoolKind::Max ? pool.getInput() : Value();
  auto reduce = dyn_cast_or_null<nn::ReduceOp>(op);
  return reduce && reduce.getKind() == nn::ReduceKind::Max &&
                 reduce.getKeepdims()
             ? reduce.getInput()
             : Value();
}

/// The operand that maxima of windows or rows of the other one are, if there is
/// one.
static std::optional<unsigned> findMaxima(Operation *op) {
  if (typeOf(op->getOperand(0)).getRank() !=
      typeOf(op->getOperand(1)).getRank())
    return std::nullopt;
  for (unsigned side : {0, 1}) {
    Value found = getMaximised(getMoved(op->getOperand(side)).getDefiningOp());
    if (found && getMoved(found) == getMoved(op->getOperand(1 - side)))
      return side;
  }
  return std::nullopt;
}

struct CompareIntegers
    : IntegerLoweringInterface::ExternalModel<CompareIntegers, nn::CompareOp> {
  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    FailureOr<SmallVector<int64_t>> blocks = joinOperandBlocks(op, available);
    if (failed(blocks))
      return failure();
    // Maxima are compared with the very integers that they have been found in.
    std::optional<unsigned> maxima = findMaxima(op);
    if (qt::BlockType format =
            maxima ? qt::getIntegerFormat(available[*maxima]) : nullptr) {
      for (Value operand : op->getOperands())
        operands.push_back(withFormat(operand, withBlocks(format, *blocks)));
      results.push_back(op->getResult(0).getType());
      return success();
    }
    // What has an exponent for each element is compared on those.
    if (llvm::any_of(available, [](Type type) {
          qt::BlockType format = qt::getIntegerFormat(type);
          return format && haveOwnExponents(format);
        }))
      blocks->assign(blocks->size(), 1);
    for (auto [index, type] : llvm::enumerate(available))
      operands.push_back(fitNumbers(op, index, type, *blocks));
    results.push_back(op->getResult(0).getType());
    return success();
  }

  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    IntegerBuilder b(builder, op->getLoc());
    Scaled x, y;
    if (failed(getBoth(op, 0, parts, b, x, y)))
      return failure();
    // On any exponent 0 is 0, and what is beside it keeps its bits.
    if (!isZero(op->getOperand(0)) && !isZero(op->getOperand(1))) {
      x = fillElements(b, op->getOperand(0), x);
      y = fillElements(b, op->getOperand(1), y);
      b.align(x, y);
    }
    results.push_back(
        {b.compare(cast<nn::CompareOp>(op).getPredicate(), x.m, y.m)});
    return success();
  }
};

struct SelectIntegers
    : IntegerLoweringInterface::ExternalModel<SelectIntegers, nn::SelectOp> {
  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    FailureOr<SmallVector<int64_t>> blocks =
        joinOperandBlocks(op, available.drop_front());
    if (failed(blocks))
      return failure();
    *blocks = getStoredBlocks(op, *blocks);
    // Of constants alone a row has an exponent: what is computed with these has
    // no larger blocks for it.
    if (!op->hasAttr(qt::elementExponentsAttrName) &&
        !llvm::is_contained(*blocks, ShapedType::kDynamic))
      *blocks = qt::getExampleBlocks(blocks->size());
    operands.push_back(available.front());
    for (unsigned index : {1, 2})
      operands.push_back(fitNumbers(op, index, available[index], *blocks));
    results.push_back(
        withFormat(op->getResult(0), getWide(op, *blocks, qt::summandBits)));
    return success();
  }

  unsigned countLostBits(Operation *op, TypeRange operands,
                         ArrayRef<unsigned> before) const {
    return countBitsOfChoice(op, 1, operands, before);
  }

  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    IntegerBuilder b(builder, op->getLoc());
    qt::BlockType format = qt::getBlockFormat(op->getResult(0).getType());
    Value condition = parts[0][0];
    Scaled x, y;
    if (failed(getBoth(op, 1, parts, b, x, y)))
      return failure();
    if (haveOwnExponents(format)) {
      results.push_back(b.store(chooseElements(b, condition, x, y), format));
      return success();
    }
    b.align(x, y);
    results.push_back(b.store({b.select(condition, x.m, y.m), x.e}, format));
    return success();
  }
};
} // namespace

void quantc::attachSelectionIntegers(MLIRContext *context) {
  nn::CompareOp::attachInterface<CompareIntegers>(*context);
  nn::SelectOp::attachInterface<SelectIntegers>(*context);
}
