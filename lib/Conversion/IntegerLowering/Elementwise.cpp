//===- Elementwise.cpp - Integer sums, products and limits ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IntegerModels.h"
#include "mlir/IR/TypeUtilities.h"
#include <cmath>

using namespace mlir;
using namespace quantc;

/// The format of an operand whose blocks are \p blocks: as it is, or as a row
/// where its blocks or its width are others.
static Type fitOperand(Operation *op, unsigned index, Type available,
                       ArrayRef<int64_t> blocks, bool mayBeWide) {
  auto type = cast<RankedTensorType>(available);
  ArrayRef<int64_t> own = blocks.take_back(type.getRank());
  qt::BlockType format = qt::getIntegerFormat(available);
  bool fits = format.getShape() == own &&
              format.getElement().getBitWidth() >= qt::rowBits &&
              (mayBeWide || !qt::isWide(format));
  return fits ? available
              : withFormat(op->getOperand(index), getRow16(op, own));
}

LogicalResult quantc::inferSameIntegers(Operation *op, TypeRange available,
                                        Types &operands, Types &results) {
  FailureOr<qt::BlockType> format = requireInteger(op, available[0]);
  if (failed(format))
    return failure();
  Type type = fitOperand(op, 0, available[0], format->getShape(),
                         /*mayBeWide=*/true);
  operands.push_back(type);
  results.push_back(withFormat(op->getResult(0), qt::getBlockFormat(type)));
  return success();
}

namespace {
struct BinaryIntegers
    : IntegerLoweringInterface::ExternalModel<BinaryIntegers, nn::BinaryOp> {
  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    nn::BinaryKind kind = cast<nn::BinaryOp>(op).getKind();
    bool isProduct = kind == nn::BinaryKind::Mul;
    if (!isProduct && kind != nn::BinaryKind::Add &&
        kind != nn::BinaryKind::Sub)
      return op->emitOpError("'")
             << nn::stringifyBinaryKind(kind)
             << "' has no integer-only form; supported: add, sub, mul";
    int64_t rank = cast<RankedTensorType>(op->getResult(0).getType()).getRank();
    SmallVector<int64_t> blocks(rank, 1);
    for (Type type : available) {
      if (getElementTypeOrSelf(type).isF32())
        continue;
      FailureOr<qt::BlockType> format = requireInteger(op, type);
      if (failed(format))
        return failure();
      blocks = qt::joinBlocks(blocks, format->getShape());
    }
    for (auto [index, type] : llvm::enumerate(available))
      operands.push_back(getElementTypeOrSelf(type).isF32()
                             ? type
                             : fitOperand(op, index, type, blocks, !isProduct));
    results.push_back(withFormat(
        op->getResult(0),
        getWide(op, blocks, isProduct ? qt::summandBits : qt::wideBits)));
    return success();
  }

  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    auto binary = cast<nn::BinaryOp>(op);
    IntegerBuilder b(builder, op->getLoc());
    bool isProduct = binary.getKind() == nn::BinaryKind::Mul;
    Scaled terms[2];
    for (unsigned i = 0; i < 2; ++i)
      if (failed(isProduct ? getFactor(op, i, parts[i], b, terms[i])
                           : getSummand(op, i, parts[i], b, terms[i])))
        return failure();
    auto [x, y] = terms;
    Scaled z;
    if (isProduct) {
      z = {b.mul(x.m, y.m), b.add(x.e, y.e)};
    } else {
      b.align(x, y);
      z = {binary.getKind() == nn::BinaryKind::Add ? b.add(x.m, y.m)
                                                   : b.sub(x.m, y.m),
           x.e};
    }
    results.push_back(b.store(z, qt::getBlockFormat(binary.getType())));
    return success();
  }

private:
  /// Below 2^30, with as many bits as there is room for.
  static LogicalResult getSummand(Operation *op, unsigned index,
                                  ValueRange parts, IntegerBuilder &b,
                                  Scaled &term) {
    auto type = cast<RankedTensorType>(op->getOperand(index).getType());
    qt::BlockType format = qt::getBlockFormat(type);
    if (!format) {
      FailureOr<std::vector<double>> values = getConstant(op, index);
      if (failed(values))
        return failure();
      term = b.constant(*values, type.getShape(), 30);
      return success();
    }
    term = b.load(parts);
    if (!qt::isWide(format)) {
      term = {b.shift(term.m, -15), b.add(term.e, -15)};
      return success();
    }
    // Beside a row a result gives up a bit, whatever it has to spare.
    qt::BlockType other =
        qt::getBlockFormat(op->getOperand(1 - index).getType());
    bool isBesideRow = other && !qt::isWide(other);
    if (isBesideRow || format.getElement().getBitWidth() == qt::wideBits)
      term = {b.shift(term.m, 1), b.add(term.e, 1)};
    return success();
  }

  /// Of 16 bits.
  static LogicalResult getFactor(Operation *op, unsigned index,
                                 ValueRange parts, IntegerBuilder &b,
                                 Scaled &factor) {
    auto type = cast<RankedTensorType>(op->getOperand(index).getType());
    if (qt::getBlockFormat(type)) {
      factor = b.load(parts);
      return success();
    }
    FailureOr<std::vector<double>> values = getConstant(op, index);
    if (failed(values))
      return failure();
    factor = b.constant(*values, type.getShape(), 15);
    return success();
  }
};

struct ClipIntegers
    : IntegerLoweringInterface::ExternalModel<ClipIntegers, nn::ClipOp> {
  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    return inferSameIntegers(op, available, operands, results);
  }

  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    auto clip = cast<nn::ClipOp>(op);
    IntegerBuilder b(builder, op->getLoc());
    Scaled x = b.load(parts[0]);
    for (bool isUpper : {false, true}) {
      double bound =
          (isUpper ? clip.getMax() : clip.getMin()).convertToDouble();
      if (std::isinf(bound))
        continue;
      // The bound on the exponent of the row: 30 bits shifted to the left by
      // more than one are beyond every value.
      Scaled limit = b.constant(bound, {}, 30);
      Value places = b.sub(x.e, limit.e);
      Value integer = b.shift(limit.m, b.max(places, -1));
      if (bound != 0) {
        Value beyond = b.number(bound > 0 ? INT32_MAX : -INT32_MAX);
        integer = b.select(b.compare(nn::Predicate::Lt, places, b.number(-1)),
                           beyond, integer);
      }
      x.m = isUpper ? b.min(x.m, integer) : b.max(x.m, integer);
    }
    qt::BlockType format = qt::getBlockFormat(clip.getType());
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
