//===- Elementwise.cpp - Integer sums, products and limits ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IntegerModels.h"
#include "Limits.h"
#include "Powers.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/SplatConstants.h"
#include "quantc/Dialect/QT/IR/LimitAttr.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

Type quantc::fitOperand(Operation *op, unsigned index, Type available,
                        ArrayRef<int64_t> blocks, bool mayBeWide) {
  auto type = cast<RankedTensorType>(available);
  ArrayRef<int64_t> own = blocks.take_back(type.getRank());
  qt::BlockType format = qt::getIntegerFormat(available);
  bool isWide = qt::isWide(format);
  if (format.getShape() == own &&
      format.getElement().getBitWidth() >= qt::rowBits &&
      (mayBeWide || !isWide))
    return available;
  unsigned bits = mayBeWide && isWide ? qt::summandBits : qt::rowBits;
  return withFormat(op->getOperand(index),
                    qt::getIntegerFormat(op->getContext(), own, bits));
}

FailureOr<SmallVector<int64_t>> quantc::joinOperandBlocks(Operation *op,
                                                          TypeRange available) {
  auto result = cast<RankedTensorType>(op->getResult(0).getType());
  SmallVector<int64_t> blocks(result.getRank(), 1);
  for (Type type : available) {
    if (!qt::getBlockFormat(type))
      continue;
    FailureOr<qt::BlockType> format = requireInteger(op, type);
    if (failed(format))
      return failure();
    blocks = qt::joinBlocks(blocks, format->getShape());
  }
  return blocks;
}

LogicalResult quantc::inferSameIntegers(Operation *op, TypeRange available,
                                        Types &operands, Types &results) {
  FailureOr<qt::BlockType> format = requireInteger(op, available[0]);
  if (failed(format))
    return failure();
  Type type =
      fitOperand(op, 0, available[0], getStoredBlocks(op, format->getShape()),
                 /*mayBeWide=*/true);
  operands.push_back(type);
  results.push_back(withFormat(op->getResult(0), qt::getBlockFormat(type)));
  return success();
}

bool quantc::losesBit(Type own, Type other) {
  qt::BlockType format = qt::getBlockFormat(own);
  if (!format || !qt::isWide(format))
    return false;
  // Beside a row a result gives up a bit, whatever it has to spare.
  qt::BlockType beside = qt::getBlockFormat(other);
  bool isBesideRow = beside && !qt::isWide(beside);
  return isBesideRow || format.getElement().getBitWidth() == qt::wideBits;
}

unsigned quantc::countBitsOfChoice(Operation *op, unsigned first,
                                   TypeRange operands,
                                   ArrayRef<unsigned> before) {
  // Each has the exponent, and all bits, of what is chosen.
  if (haveOwnExponents(qt::getBlockFormat(op->getResult(0).getType())))
    return 0;
  Type x = operands[first], y = operands[first + 1];
  return std::max(before[first] + losesBit(x, y),
                  before[first + 1] + losesBit(y, x));
}

/// Constants with one exponent, or with one each where \p beside has it.
static Scaled buildConstants(IntegerBuilder &b, ArrayRef<double> values,
                             ArrayRef<int64_t> shape, unsigned bits,
                             Value beside) {
  qt::BlockType format = qt::getBlockFormat(beside.getType());
  return format && haveOwnExponents(format)
             ? b.constantElements(values, shape, bits)
             : b.constant(values, shape, bits);
}

LogicalResult quantc::getSummand(Operation *op, unsigned index, unsigned other,
                                 ValueRange parts, IntegerBuilder &b,
                                 Scaled &term) {
  auto type = cast<RankedTensorType>(op->getOperand(index).getType());
  qt::BlockType format = qt::getBlockFormat(type);
  if (!format) {
    FailureOr<std::vector<double>> values = getConstant(
        op, index, /*takesInfinity=*/isa<nn::SelectOp, nn::CompareOp>(op));
    if (failed(values))
      return failure();
    Value beside =
        isa<nn::CompareOp>(op) ? op->getOperand(other) : op->getResult(0);
    term = buildConstants(b, *values, type.getShape(), /*bits=*/30, beside);
    return success();
  }
  term = b.load(parts);
  if (!qt::isWide(format)) {
    term = {b.shift(term.m, -15), b.add(term.e, -15)};
    return success();
  }
  if (losesBit(type, op->getOperand(other).getType()))
    term = b.halve(term);
  return success();
}

namespace {
struct BinaryIntegers
    : IntegerLoweringInterface::ExternalModel<BinaryIntegers, nn::BinaryOp> {
  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    nn::BinaryKind kind = cast<nn::BinaryOp>(op).getKind();
    bool isConstant = qt::getBlockFormat(available[1]) == nullptr;
    bool hasAllBits = op->hasAttr(qt::allBitsAttrName);
    if (kind == nn::BinaryKind::Pow && isConstant &&
        qt::getBlockFormat(available[0]) &&
        cast<RankedTensorType>(op->getOperand(0).getType()).getShape() ==
            cast<RankedTensorType>(op->getResult(0).getType()).getShape()) {
      if (cast<RankedTensorType>(available[1]).getNumElements() == 0)
        return op->emitOpError("'pow' to no exponent has no integer-only form; "
                               "supported: one or more");
      // What is small beside the largest of a row shows in roots; squares are
      // products of 16 bits.
      if (failed(inferRowIntegers(op, available, operands, results,
                                  /*mayBeWide=*/hasAllBits ||
                                      matchSplat(op->getOperand(1)) != 2.0)))
        return failure();
      operands.push_back(available[1]);
      return success();
    }
    bool isProduct = kind == nn::BinaryKind::Mul ||
                     (kind == nn::BinaryKind::Div && isConstant);
    bool isQuotient = kind == nn::BinaryKind::Div && !isConstant;
    bool isChoice = kind == nn::BinaryKind::Max || kind == nn::BinaryKind::Min;
    bool isSum = kind == nn::BinaryKind::Add || kind == nn::BinaryKind::Sub;
    bool isRest = isRemainder(kind);
    if (!isProduct && !isQuotient && !isChoice && !isSum && !isRest)
      return op->emitOpError("'")
             << nn::stringifyBinaryKind(kind)
             << "' has no integer-only form; supported: add, sub, mul, div, "
                "mod, fmod, max, min, and pow of a constant exponent";
    FailureOr<SmallVector<int64_t>> blocks = joinOperandBlocks(op, available);
    if (failed(blocks))
      return failure();
    *blocks = getStoredBlocks(op, *blocks);
    // Products of many factors lose what each is rounded by.
    bool mayBeWide = isSum || isChoice || isRest || hasAllBits ||
                     (isProduct && op->hasAttr(qt::elementExponentsAttrName));
    for (auto [index, type] : llvm::enumerate(available))
      operands.push_back(qt::getBlockFormat(type)
                             ? fitOperand(op, index, type, *blocks, mayBeWide)
                             : type);
    qt::BlockType format =
        isQuotient && !hasAllBits
            ? getRow16(op, *blocks)
            : getWide(op, *blocks, isSum ? qt::wideBits : qt::summandBits);
    results.push_back(withFormat(op->getResult(0), format));
    return success();
  }

  unsigned countLostBits(Operation *op, TypeRange operands,
                         ArrayRef<unsigned> before) const {
    unsigned most = std::max(before[0], before[1]);
    switch (cast<nn::BinaryOp>(op).getKind()) {
    case nn::BinaryKind::Add:
    case nn::BinaryKind::Sub:
      return most + 1;
    case nn::BinaryKind::Max:
    case nn::BinaryKind::Min:
      return countBitsOfChoice(op, 0, operands, before);
    default:
      return most;
    }
  }

  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    auto binary = cast<nn::BinaryOp>(op);
    IntegerBuilder b(builder, op->getLoc());
    nn::BinaryKind kind = binary.getKind();
    qt::BlockType format = qt::getBlockFormat(binary.getType());
    bool isConstant = !qt::getBlockFormat(binary.getRhs().getType());
    if (kind == nn::BinaryKind::Pow)
      return lowerPower(op, b.load(parts[0]), b, results);
    if (isRemainder(kind))
      return lowerRemainder(binary, parts, b, results);
    bool isDivided = kind == nn::BinaryKind::Div;
    bool isProduct = kind == nn::BinaryKind::Mul || isDivided;
    Scaled terms[2];
    unsigned factorBits = haveWideFactors(op) ? 30 : 15;
    for (unsigned i = 0; i < 2; ++i)
      if (failed(isProduct ? getFactor(op, i, isDivided && i == 1, parts[i],
                                       factorBits, b, terms[i])
                           : getSummand(op, i, 1 - i, parts[i], b, terms[i])))
        return failure();
    auto [x, y] = terms;
    if (isDivided && !isConstant) {
      Scaled quotient =
          joinExponents(b, buildQuotient(b, x, y), format.getShape());
      results.push_back(qt::isWide(format) ? b.store(quotient, format)
                                           : b.normalise(quotient, format));
      return success();
    }
    bool isLarger = kind == nn::BinaryKind::Max;
    bool isExtreme = isLarger || kind == nn::BinaryKind::Min;
    unsigned constant = isConstant ? 1 : 0;
    std::optional<double> limit =
        isExtreme ? getLimit(binary, constant) : std::nullopt;
    Scaled z;
    if (isExtreme && haveOwnExponents(format)) {
      z = chooseExtreme(b, isLarger, x, y);
    } else if (limit) {
      z = limitRows(b, terms[1 - constant],
                    isLarger ? Limits{limit, {}} : Limits{{}, limit},
                    qt::summandBits, format.getShape());
    } else if (isProduct) {
      z = multiply(b, x, y, haveWideFactors(op));
      if (haveWideFactors(op) && !haveOwnExponents(format))
        z = joinExponents(b, z, format.getShape());
    } else {
      b.align(x, y);
      z = {b.binary(kind, x.m, y.m), x.e};
    }
    results.push_back(b.store(z, format));
    return success();
  }

private:
  /// The finite number that every element of an operand is, which repeats
  /// nothing of the other one.
  static std::optional<double> getLimit(nn::BinaryOp op, unsigned index) {
    std::optional<double> limit = matchSplat(op->getOperand(index));
    if (!limit || !std::isfinite(*limit) ||
        typeOf(op->getOperand(1 - index)).getShape() !=
            typeOf(op.getResult()).getShape())
      return std::nullopt;
    return limit;
  }

  static bool isRemainder(nn::BinaryKind kind) {
    return kind == nn::BinaryKind::Mod || kind == nn::BinaryKind::Fmod;
  }

  /// Constants have all bits of each element.
  static LogicalResult lowerRemainder(nn::BinaryOp op, Parts parts,
                                      IntegerBuilder &b, Lowered &results) {
    Scaled terms[2];
    for (unsigned i = 0; i < 2; ++i) {
      RankedTensorType type = typeOf(op->getOperand(i));
      if (qt::getBlockFormat(type)) {
        terms[i] = b.load(parts[i]);
        continue;
      }
      FailureOr<std::vector<double>> values = getConstant(op, i);
      if (failed(values))
        return failure();
      terms[i] = b.constantElements(*values, type.getShape(), /*bits=*/30);
    }
    Scaled rest = buildRemainder(b, terms[0], terms[1],
                                 op.getKind() == nn::BinaryKind::Mod);
    qt::BlockType format = qt::getBlockFormat(op.getType());
    results.push_back(
        b.store(joinExponents(b, rest, format.getShape()), format));
    return success();
  }

  static LogicalResult lowerPower(Operation *op, Scaled x, IntegerBuilder &b,
                                  Lowered &results) {
    FailureOr<std::vector<double>> powers = getConstant(op, 1);
    if (failed(powers))
      return failure();
    qt::BlockType own = qt::getBlockFormat(op->getOperand(0).getType());
    bool isWide = qt::isWide(own);
    if (isWide) {
      // No float is beyond: logarithms are below 2^8.
      constexpr int64_t most = 224;
      x = leaveRoom(b, x, own);
      x.e = b.clip(x.e, -most, most);
    }
    Scaled power =
        buildPower(b, x, *powers, typeOf(op->getOperand(1)).getShape(), isWide);
    qt::BlockType format = qt::getBlockFormat(op->getResult(0).getType());
    results.push_back(
        b.normalise(joinExponents(b, power, format.getShape()), format));
    return success();
  }

  static bool haveWideFactors(Operation *op) {
    return llvm::any_of(op->getOperandTypes(), [](Type type) {
      qt::BlockType format = qt::getBlockFormat(type);
      return format && qt::isWide(format);
    });
  }

  /// Below 2^30, of factors of 16 bits or, with an exponent for each element,
  /// of more, of which the product keeps 27 at least. Exponents of these end at
  /// 400, below -400 there is 0: those of a long product stay in 32 bits.
  static Scaled multiply(IntegerBuilder &b, Scaled x, Scaled y, bool areWide) {
    if (!areWide)
      return {b.mul(x.m, y.m), b.add(x.e, y.e)};
    constexpr int64_t most = 400;
    x = joinExponents(b, x, {});
    y = joinExponents(b, y, {});
    // Both up to 2^29.
    Value m = b.multiplyHigh(b.shift(x.m, -1), y.m);
    Value e = b.add(b.add(x.e, y.e), 30);
    Value isThere = b.compare(nn::Predicate::Ge, e, b.number(-most));
    return {b.select(isThere, m, b.number(0)), b.clip(e, -most, most)};
  }

  /// A constant divisor is the reciprocal, of \p bits.
  static LogicalResult getFactor(Operation *op, unsigned index, bool isDivisor,
                                 ValueRange parts, unsigned bits,
                                 IntegerBuilder &b, Scaled &factor) {
    auto type = cast<RankedTensorType>(op->getOperand(index).getType());
    if (qt::getBlockFormat(type)) {
      factor = b.load(parts);
      return success();
    }
    FailureOr<std::vector<double>> values = getConstant(op, index);
    if (failed(values))
      return failure();
    for (double &value : *values) {
      if (isDivisor && value == 0)
        return op->emitOpError("by a constant with an element 0 has no "
                               "integer-only form");
      if (isDivisor)
        value = 1 / value;
    }
    factor =
        buildConstants(b, *values, type.getShape(), bits, op->getResult(0));
    return success();
  }
};

struct ClipIntegers
    : IntegerLoweringInterface::ExternalModel<ClipIntegers, nn::ClipOp> {
  // Of inputs, as masks are.
  bool isMovement(Operation *) const { return true; }

  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    return inferSameIntegers(op, available, operands, results);
  }

  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    auto clip = cast<nn::ClipOp>(op);
    IntegerBuilder b(builder, op->getLoc());
    Scaled x = b.load(parts[0]);
    qt::BlockType format = qt::getBlockFormat(clip.getType());
    if (haveOwnExponents(format)) {
      for (bool isUpper : {false, true}) {
        double bound =
            (isUpper ? clip.getMax() : clip.getMin()).convertToDouble();
        if (!std::isinf(bound))
          x = chooseExtreme(b, !isUpper, x, b.constant(bound, {}, 30));
      }
      results.push_back(qt::isWide(format) ? b.store(x, format)
                                           : b.normalise(x, format));
      return success();
    }
    Limits limits;
    if (double low = clip.getMin().convertToDouble(); !std::isinf(low))
      limits.low = low;
    if (double high = clip.getMax().convertToDouble(); !std::isinf(high))
      limits.high = high;
    if (op->hasAttr(qt::ownExponentAttrName)) {
      // On the exponent of what is left of a row.
      x.m = limitTo(b, x, limits);
      results.push_back(b.normalise(x, format));
      return success();
    }
    x = limitRows(b, x, limits, format.getElement().getBitWidth(),
                  format.getShape());
    if (!qt::isWide(format))
      x.m = b.clip(x.m, -INT16_MAX, INT16_MAX);
    results.push_back(b.store(x, format));
    return success();
  }
};
} // namespace

void quantc::attachElementwiseIntegers(MLIRContext *context) {
  nn::BinaryOp::attachInterface<BinaryIntegers>(*context);
  nn::ClipOp::attachInterface<ClipIntegers>(*context);
}
