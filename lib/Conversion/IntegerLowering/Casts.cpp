//===- Casts.cpp - Between integers and integers with exponents -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IntegerModels.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Conversion/IntegerLowering/IntegerLowering.h"

using namespace mlir;
using namespace quantc;

namespace {
/// Integers that are data become floats at the border; those that are computed
/// have the exponent 0.
struct CastIntegers
    : IntegerLoweringInterface::ExternalModel<CastIntegers, nn::CastOp> {
  Value buildDirectly(Operation *op, OpBuilder &builder) const {
    Value x = op->getOperand(0);
    auto type = cast<RankedTensorType>(x.getType());
    if (!type.getElementType().isInteger() || type.getRank() == 0)
      return {};
    IntegerBuilder b(builder, op->getLoc());
    qt::BlockType format =
        getWide(op, qt::getExampleBlocks(type.getRank()), qt::summandBits);
    unsigned bits = type.getElementTypeBitWidth();
    bool isUnsigned = type.getElementType().isUnsignedInteger();
    unsigned own = bits + isUnsigned <= 32 ? 32 : 64;
    // Magnitudes have to fit, and limits a double.
    if (bits == 64)
      x = b.clip(x, isUnsigned ? 0 : -(int64_t(1) << 62), int64_t(1) << 62);
    else if (bits == own)
      x = b.clip(x, -INT32_MAX, INT32_MAX);
    if (bits != own || isUnsigned)
      x = nn::CastOp::create(builder, op->getLoc(),
                             type.clone(builder.getIntegerType(own)), x);
    // With all bits that a summand holds: what is added is aligned to these.
    return qt::JoinOp::create(builder, op->getLoc(), type.clone(format),
                              b.normalise({x, b.number(0)}, format));
  }

  LogicalResult inferIntegerTypes(Operation *op, TypeRange available, Types &,
                                  Types &) const {
    return op->emitOpError("from ")
           << available[0] << " to " << op->getResult(0).getType()
           << " has no integer-only form; supported: of inputs, of integers "
              "that have a dimension, and of floats to integers";
  }

  LogicalResult lowerToIntegers(Operation *, OpBuilder &, Parts,
                                Lowered &) const {
    llvm_unreachable("no types are inferred");
  }
};
} // namespace

/// Towards 0; what does not fit is limited.
static Value truncate(IntegerBuilder &b, Scaled x, Type element) {
  Value magnitude = b.unary(nn::UnaryKind::Abs, x.m);
  Value right = b.clip(b.sub(b.number(0), x.e), 0, 30);
  Value unit = b.shift(b.number(1), b.sub(b.number(0), right));
  Value half = b.shift(b.add(unit, -1), 1);
  Value y = b.cast(b.shift(b.sub(magnitude, half), right), 64);
  Value left = b.cast(b.clip(x.e, 0, 32), 64);
  y = b.shift(y, b.sub(b.number(0, 64), left));
  Value isNegative = b.compare(nn::Predicate::Lt, x.m, b.number(0));
  y = b.select(isNegative, b.sub(b.number(0, 64), y), y);
  unsigned bits = element.getIntOrFloatBitWidth();
  bool isUnsigned = element.isUnsignedInteger();
  int64_t most =
      bits < 64 ? (int64_t(1) << (isUnsigned ? bits : bits - 1)) - 1 : 0;
  if (bits < 64)
    y = b.clip(y, isUnsigned ? 0 : -most - 1, most);
  else if (isUnsigned)
    y = b.max(y, 0);
  auto type = cast<RankedTensorType>(y.getType()).clone(element);
  if (y.getType() == type)
    return y;
  return nn::CastOp::create(b.getBuilder(), b.getLoc(), type, y);
}

Value quantc::buildTruncation(OpBuilder &builder, Location loc, Value joint,
                              Type element) {
  qt::BlockType format = qt::getIntegerFormat(joint.getType());
  if (!format || !element.isInteger())
    return {};
  IntegerBuilder b(builder, loc);
  Scaled x = b.loadJoint(joint);
  if (element.isInteger(1))
    return b.compare(nn::Predicate::Ne, x.m, b.number(0));
  if (format.getElement().getBitWidth() == qt::wideBits)
    x = b.halve(x);
  return truncate(b, x, element);
}

void quantc::attachCastIntegers(MLIRContext *context) {
  nn::CastOp::attachInterface<CastIntegers>(*context);
}
