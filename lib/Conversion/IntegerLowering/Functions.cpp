//===- Functions.cpp - Integer functions of one variable --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IntegerModels.h"
#include "Powers.h"
#include "Published.h"
#include "quantc/Analysis/MaskParts.h"
#include "quantc/Dialect/QT/IR/LimitAttr.h"
#include "quantc/Numerics/Fixed/Attention.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::numerics;

/// Whether blocks of a value are the same: of a dimension of one element, whole
/// ones are single ones.
static bool areSameBlocks(Value value, ArrayRef<int64_t> a,
                          ArrayRef<int64_t> b) {
  return llvm::all_of(llvm::zip_equal(typeOf(value).getShape(), a, b),
                      [](auto dim) {
                        auto [size, x, y] = dim;
                        return size == 1 || x == y;
                      });
}

LogicalResult quantc::inferRowIntegers(Operation *op, TypeRange available,
                                       Types &operands, Types &results,
                                       bool mayBeWide) {
  FailureOr<qt::BlockType> format = requireInteger(op, available[0]);
  if (failed(format))
    return failure();
  SmallVector<int64_t> blocks = getStoredBlocks(op, format->getShape());
  bool staysWide = mayBeWide && qt::isWide(*format) &&
                   areSameBlocks(op->getOperand(0), blocks, format->getShape());
  qt::BlockType type =
      staysWide ? withBlocks(*format, blocks) : getRow16(op, blocks);
  operands.push_back(withFormat(op->getOperand(0), type));
  results.push_back(withFormat(op->getResult(0), type));
  return success();
}

SmallVector<int64_t> quantc::getStoredBlocks(Operation *op,
                                             ArrayRef<int64_t> blocks) {
  if (op->hasAttr(qt::elementExponentsAttrName))
    return SmallVector<int64_t>(blocks.size(), 1);
  return SmallVector<int64_t>(blocks);
}

/// G(x) in Q15 of a row.
static Value buildSigma(IntegerBuilder &b, qt::SigmaKind kind, Scaled x) {
  return qt::SigmaOp::create(b.getBuilder(), b.getLoc(), x.m.getType(), kind,
                             x.m, x.e);
}

bool quantc::haveMask(Value values) {
  constexpr double hiding = 512;
  return collectMaskParts(values).largest >= hiding;
}

static LogicalResult finish(Operation *op, IntegerBuilder &b, Scaled y,
                            Lowered &results) {
  qt::BlockType format = qt::getBlockFormat(op->getResult(0).getType());
  results.push_back(qt::isWide(format) ? b.store(y, format)
                                       : b.normalise(y, format));
  return success();
}

/// x G(x).
static LogicalResult lowerGated(Operation *op, qt::SigmaKind function,
                                OpBuilder &builder, Parts parts,
                                Lowered &results) {
  IntegerBuilder b(builder, op->getLoc());
  Scaled x = b.load(parts[0]);
  Value g = buildSigma(b, function, x);
  return finish(op, b, {b.mul(x.m, g), b.add(x.e, -15)}, results);
}

namespace {
struct GeluIntegers
    : IntegerLoweringInterface::ExternalModel<GeluIntegers, nn::GeluOp> {
  bool hasPublishedForms(Operation *) const { return true; }

  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    return inferRowIntegers(op, available, operands, results);
  }

  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    if (qt::IntegerMethod method = getIntegerMethod(op);
        method != qt::IntegerMethod::Fixed) {
      IntegerBuilder b(builder, op->getLoc());
      auto axes = getWholeAxes(
          qt::getBlockFormat(op->getResult(0).getType()).getShape());
      return finish(op, b,
                    buildPublishedGelu(b, method, b.load(parts[0]), axes,
                                       getInputScale(op)),
                    results);
    }
    qt::SigmaKind function = qt::SigmaKind::GeluErf;
    switch (cast<nn::GeluOp>(op).getKind()) {
    case nn::GeluKind::Erf:
      break;
    case nn::GeluKind::Tanh:
      function = qt::SigmaKind::GeluTanh;
      break;
    case nn::GeluKind::Sigmoid:
      function = qt::SigmaKind::QuickGelu;
      break;
    }
    return lowerGated(op, function, builder, parts, results);
  }
};

struct SiluIntegers
    : IntegerLoweringInterface::ExternalModel<SiluIntegers, nn::SiluOp> {
  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    return inferRowIntegers(op, available, operands, results);
  }

  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    return lowerGated(op, qt::SigmaKind::Sigmoid, builder, parts, results);
  }
};

struct UnaryIntegers
    : IntegerLoweringInterface::ExternalModel<UnaryIntegers, nn::UnaryOp> {
  Value buildDirectly(Operation *op, OpBuilder &builder) const {
    nn::UnaryKind kind = cast<nn::UnaryOp>(op).getKind();
    if (kind == nn::UnaryKind::Cos || kind == nn::UnaryKind::Sin)
      return buildOfPositions(cast<nn::UnaryOp>(op), builder);
    return {};
  }

  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    switch (cast<nn::UnaryOp>(op).getKind()) {
    case nn::UnaryKind::Relu:
    case nn::UnaryKind::Neg:
    case nn::UnaryKind::Abs:
    case nn::UnaryKind::Floor:
    case nn::UnaryKind::Ceil:
    case nn::UnaryKind::Round:
      return inferSameIntegers(op, available, operands, results);
    case nn::UnaryKind::Sigmoid:
    case nn::UnaryKind::Tanh:
    case nn::UnaryKind::Erf:
    case nn::UnaryKind::Softplus:
    case nn::UnaryKind::Sin:
    case nn::UnaryKind::Cos:
    case nn::UnaryKind::Sign:
      return inferRowIntegers(op, available, operands, results);
    case nn::UnaryKind::Exp:
    case nn::UnaryKind::Expm1:
      return inferExponential(op, available, operands, results);
    case nn::UnaryKind::Sqrt:
    case nn::UnaryKind::Rsqrt:
    case nn::UnaryKind::Reciprocal:
    case nn::UnaryKind::Log:
    case nn::UnaryKind::Log1p:
      // What is small beside the largest of a row shows in them.
      return inferRowIntegers(op, available, operands, results,
                              /*mayBeWide=*/true);
    default:
      return op->emitOpError("'")
             << nn::stringifyUnaryKind(cast<nn::UnaryOp>(op).getKind())
             << "' has no integer-only form; supported: relu, neg, abs, sign, "
                "sigmoid, tanh, erf, sqrt, rsqrt, reciprocal, exp, expm1, "
                "log, log1p, softplus, sin, cos, floor, ceil, round";
    }
  }

  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    IntegerBuilder b(builder, op->getLoc());
    Scaled x = b.load(parts[0]);
    nn::UnaryKind kind = cast<nn::UnaryOp>(op).getKind();
    switch (kind) {
    case nn::UnaryKind::Sigmoid:
      if (op->hasAttr(qt::elementExponentsAttrName))
        return finishJoined(op, b, buildSigmoid(b, x), results);
      return finish(op, b,
                    {buildSigma(b, qt::SigmaKind::Sigmoid, x), b.number(-15)},
                    results);
    case nn::UnaryKind::Tanh:
      return finishOdd(op, b, qt::SigmaKind::Sigmoid, 1, fixed::tanhPolynomial,
                       x, results);
    case nn::UnaryKind::Erf:
      return finishOdd(op, b, qt::SigmaKind::Erf, 0, fixed::erfPolynomial, x,
                       results);
    case nn::UnaryKind::Sqrt:
    case nn::UnaryKind::Rsqrt:
      x = leaveRoom(b, x, qt::getBlockFormat(op->getOperand(0).getType()));
      return finishJoined(op, b, buildRoot(b, x, kind == nn::UnaryKind::Rsqrt),
                          results);
    case nn::UnaryKind::Reciprocal:
      return finishJoined(op, b, buildReciprocal(b, x), results);
    case nn::UnaryKind::Exp:
      return finishJoined(op, b, buildExponential(b, x, getLargest(op)),
                          results);
    case nn::UnaryKind::Expm1:
      return finishJoined(op, b, buildExpm1(b, x, getLargest(op)), results);
    case nn::UnaryKind::Log:
      // Exponents of 32 bits may be larger, but no logarithm below 2^30 units
      // of 2^-22 is that of more than 2^369.
      if (qt::isWide(qt::getBlockFormat(op->getOperand(0).getType())))
        x.e = b.clip(x.e, -335, 335);
      return finish(op, b, buildLogarithm(b, x), results);
    case nn::UnaryKind::Log1p:
      x = leaveRoom(b, x, qt::getBlockFormat(op->getOperand(0).getType()));
      x.e = b.clip(x.e, -335, 335);
      return finishJoined(op, b, buildLog1p(b, x), results);
    case nn::UnaryKind::Softplus:
      return finishJoined(op, b, buildSoftplus(b, x), results);
    case nn::UnaryKind::Sin:
    case nn::UnaryKind::Cos:
      return finish(op, b, buildCosine(b, x, kind == nn::UnaryKind::Sin),
                    results);
    case nn::UnaryKind::Sign:
      return finish(op, b, {b.clip(x.m, -1, 1), b.number(0)}, results);
    case nn::UnaryKind::Floor:
    case nn::UnaryKind::Ceil:
    case nn::UnaryKind::Round: {
      if (failed(getSummand(op, 0, 0, parts[0], b, x)))
        return failure();
      qt::BlockType format = qt::getBlockFormat(op->getResult(0).getType());
      return finish(op, b,
                    joinExponents(b, buildWhole(b, x, kind), format.getShape()),
                    results);
    }
    default:
      x.m = b.unary(kind, x.m);
      results.push_back(
          b.store(x, qt::getBlockFormat(op->getResult(0).getType())));
      return success();
    }
  }

private:
  /// What an argument is off by is what the result is, of itself: results are
  /// taken with all their bits.
  static LogicalResult inferExponential(Operation *op, TypeRange available,
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

  /// The largest integer of an op's operand.
  static int64_t getLargest(Operation *op) {
    unsigned bits = qt::getBlockFormat(op->getOperand(0).getType())
                        .getElement()
                        .getBitWidth();
    return (int64_t(1) << (bits - 1)) - 1;
  }

  /// The whole number below, above or next to each element, below 2^30; of two
  /// that are as near the even one.
  static Scaled buildWhole(IntegerBuilder &b, Scaled x, nn::UnaryKind kind) {
    bool isUp = kind == nn::UnaryKind::Ceil;
    Value m = isUp ? b.sub(b.number(0), x.m) : x.m;
    // 30 places leave nothing but the sign.
    Value places = b.clip(b.sub(b.number(0), x.e), 0, 30);
    Value unit = b.shift(b.number(1), b.sub(b.number(0), places));
    Value rest = b.add(unit, -1), half = b.shift(rest, 1), y;
    if (kind == nn::UnaryKind::Round) {
      y = b.shift(m, places);
      Value isTie = b.both(b.compare(nn::Predicate::Eq, b.both(m, rest), half),
                           b.compare(nn::Predicate::Gt, half, b.number(0)));
      y = b.sub(y, b.select(isTie, b.maskBits(y, 1), b.number(0)));
    } else {
      y = b.shift(b.sub(m, half), places);
    }
    return {isUp ? b.sub(b.number(0), y) : y, b.max(x.e, 0)};
  }

  /// Of elements with exponents of their own.
  static LogicalResult finishJoined(Operation *op, IntegerBuilder &b, Scaled y,
                                    Lowered &results) {
    qt::BlockType format = qt::getBlockFormat(op->getResult(0).getType());
    return finish(op, b, joinExponents(b, y, format.getShape()), results);
  }

  /// 2 G(2^places x) - 1, of rows of small elements by a polynomial.
  static LogicalResult finishOdd(Operation *op, IntegerBuilder &b,
                                 qt::SigmaKind function, int64_t places,
                                 const fixed::OddPolynomial &polynomial,
                                 Scaled x, Lowered &results) {
    Value e = places == 0 ? x.e : b.add(x.e, places);
    Value g = buildSigma(b, function, {x.m, e});
    Value y = b.add(b.shift(g, -1), -32768);
    return finish(op, b, buildOdd(b, polynomial, x, {y, b.number(-15)}),
                  results);
  }
};

struct SoftmaxIntegers
    : IntegerLoweringInterface::ExternalModel<SoftmaxIntegers, nn::SoftmaxOp> {
  bool hasPublishedForms(Operation *) const { return true; }

  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    auto softmax = cast<nn::SoftmaxOp>(op);
    int64_t rank = softmax.getInput().getType().getRank();
    if (static_cast<int64_t>(softmax.getAxis()) != rank - 1)
      return op->emitOpError("along axis ")
             << softmax.getAxis()
             << " has no integer-only form; supported: the last one";
    qt::BlockType row =
        getRow16(op, getStoredBlocks(op, qt::getRowBlocks(rank)));
    // In all bits that there are, on the exponent of the row.
    bool isChosen = qt::getBlockFormat(softmax.getInput().getType()) != nullptr;
    Type type = withFormat(softmax.getInput(), row);
    if (qt::getIntegerFormat(available[0]) &&
        !op->hasAttr(qt::elementExponentsAttrName) &&
        (isChosen || haveMask(softmax.getInput())))
      type =
          fitOperand(op, 0, available[0], row.getShape(), /*mayBeWide=*/true);
    operands.push_back(type);
    results.push_back(
        withFormat(softmax.getResult(), qt::getBlockFormat(type)));
    return success();
  }

  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    IntegerBuilder b(builder, op->getLoc());
    Scaled x = b.load(parts[0]);
    qt::IntegerMethod method = getIntegerMethod(op);
    double unit = getScoreUnit(method, getInputScale(op));
    unsigned bits = qt::getBlockFormat(op->getOperand(0).getType())
                        .getElement()
                        .getBitWidth();
    int64_t bound = (int64_t(1) << (bits - 1)) - 1;
    Value z = b.score(fixed::makeMultipliers(&unit, &bound, 1), x.m, x.e);
    SmallVector<int64_t> axes(1, typeOf(op->getResult(0)).getRank() - 1);
    if (method != qt::IntegerMethod::Fixed) {
      Probabilities shares =
          buildPublishedSoftmax(b, method, z, axes, getMostElements(op),
                                /*hasHidden=*/false, getInputScale(op));
      return finish(op, b, {shares.codes, b.number(-shares.places)}, results);
    }
    Value below = b.sub(b.reduce(nn::ReduceKind::Max, z, axes), z);
    auto [power, places] = b.powerOfTwo(below);
    // Of a row that is hidden whole nothing is left.
    if (op->hasAttr(qt::hasHiddenAttrName)) {
      Value isSeen =
          b.compare(nn::Predicate::Gt, z, b.number(-fixed::largestScore));
      power = b.select(isSeen, power, b.number(0));
    }
    Value weights = b.shift(power, places);
    // As many powers as 32 bits hold the sum of, or may be more.
    int64_t count = getMantissaType(op).getShape().back();
    bool isLong = ShapedType::isDynamic(count) ||
                  count > qt::IntegerAttentionOp::mostKeys;
    Value sum = b.reduce(nn::ReduceKind::Sum,
                         isLong ? b.cast(weights, 64) : weights, axes);
    Value zeros = b.cast(b.unary(nn::UnaryKind::Clz, sum), 32);
    Value e = b.add(zeros, isLong ? -14 - 64 : -14 - 32);
    if (op->hasAttr(qt::elementExponentsAttrName)) {
      // All bits of each power, as far down as there are floats.
      Value isThere = b.compare(nn::Predicate::Le, places, b.number(126));
      weights = b.select(isThere, power, b.number(0));
      e = b.sub(e, places);
    }
    Value y = b.multiplyHigh(b.shift(weights, -15), b.sumReciprocal(sum));
    return finish(op, b, {y, e}, results);
  }
};
} // namespace

void quantc::attachFunctionIntegers(MLIRContext *context) {
  nn::GeluOp::attachInterface<GeluIntegers>(*context);
  nn::SiluOp::attachInterface<SiluIntegers>(*context);
  nn::UnaryOp::attachInterface<UnaryIntegers>(*context);
  nn::SoftmaxOp::attachInterface<SoftmaxIntegers>(*context);
}
