//===- HardGates.cpp - Integer gates of straight pieces ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IntegerModels.h"
#include "Powers.h"
#include "quantc/Numerics/Fixed/HardGate.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::numerics;

/// fixed::hardSigmoid.
template <typename OpT>
static Value buildGate(IntegerBuilder &b, OpT op, Scaled x) {
  fixed::HardGate gate = fixed::makeHardGate(op.getSlope().convertToDouble(),
                                             op.getShift().convertToDouble());
  Value zero = b.number(0);
  Value left = b.add(x.e, gate.exponent);
  Value places = b.clip(left, 0, 30);
  Value limit = b.binary(nn::BinaryKind::Shr, b.number(INT32_MAX), places);
  Value m = b.max(b.min(x.m, limit), b.sub(zero, limit));
  // Of which a product takes less than a shift of either direction.
  m = b.mul(m, b.shift(b.number(1), b.sub(zero, places)));
  Value slope = b.shift(b.number(gate.slope), b.max(b.sub(zero, left), 0));
  constexpr int64_t one = 1 << fixed::hardGateBits;
  Value line = b.clip(b.multiplyHigh(m, slope), -gate.shift, one - gate.shift);
  return b.add(line, gate.shift);
}

/// A result on the exponents of its blocks; a row is normalised.
static void finish(IntegerBuilder &b, Scaled y, Type type, Lowered &results) {
  qt::BlockType format = qt::getBlockFormat(type);
  results.push_back(qt::isWide(format) ? b.store(y, format)
                                       : b.normalise(y, format));
}

/// With all bits that there are: of a row as a result, of elements with an
/// exponent each as normalised ones.
static Scaled loadWide(Operation *op, IntegerBuilder &b, ValueRange parts) {
  qt::BlockType format = qt::getBlockFormat(op->getOperand(0).getType());
  Scaled x = b.load(parts);
  if (haveOwnExponents(format))
    return joinExponents(b, x, {});
  return qt::isWide(format) ? x : Scaled{b.shift(x.m, -15), b.add(x.e, -15)};
}

namespace {
struct HardSigmoidIntegers
    : IntegerLoweringInterface::ExternalModel<HardSigmoidIntegers,
                                              nn::HardSigmoidOp> {
  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    return inferRowIntegers(op, available, operands, results,
                            /*mayBeWide=*/true);
  }

  // What comes out is made of all bits.
  unsigned countLostBits(Operation *, TypeRange, ArrayRef<unsigned>) const {
    return 0;
  }

  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    IntegerBuilder b(builder, op->getLoc());
    auto gate = cast<nn::HardSigmoidOp>(op);
    Value y = buildGate(b, gate, loadWide(op, b, parts[0]));
    finish(b, {y, b.number(-fixed::hardGateBits)}, gate.getType(), results);
    return success();
  }
};

struct HardSwishIntegers
    : IntegerLoweringInterface::ExternalModel<HardSwishIntegers,
                                              nn::HardSwishOp> {
  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    return inferRowIntegers(op, available, operands, results,
                            /*mayBeWide=*/true);
  }

  unsigned countLostBits(Operation *op, TypeRange,
                         ArrayRef<unsigned> before) const {
    bool isJoined =
        haveOwnExponents(qt::getBlockFormat(op->getResult(0).getType()));
    return isJoined ? 0 : before[0] + 1;
  }

  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    IntegerBuilder b(builder, op->getLoc());
    auto swish = cast<nn::HardSwishOp>(op);
    Scaled x = loadWide(op, b, parts[0]);
    Value gate = b.shift(buildGate(b, swish, x), -1);
    finish(b, {b.multiplyHigh(x.m, gate), b.add(x.e, 1)}, swish.getType(),
           results);
    return success();
  }
};
} // namespace

void quantc::attachHardGateIntegers(MLIRContext *context) {
  nn::HardSigmoidOp::attachInterface<HardSigmoidIntegers>(*context);
  nn::HardSwishOp::attachInterface<HardSwishIntegers>(*context);
}
