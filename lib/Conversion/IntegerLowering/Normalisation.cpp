//===- Normalisation.cpp - Integer LayerNorm and RMSNorm --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Numerics/Fixed/Normalisation.h"
#include "IntegerModels.h"
#include "Published.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::numerics;

/// The most elements of a row for which C m - S fits 32 bits.
static constexpr int64_t mostElements = 32768;

static LogicalResult inferNorm(Operation *op, int64_t axis, TypeRange available,
                               Types &operands, Types &results) {
  auto type = cast<RankedTensorType>(op->getOperand(0).getType());
  int64_t count = 1;
  SmallVector<int64_t> blocks(type.getRank(), 1);
  for (int64_t dim = axis; dim < type.getRank(); ++dim) {
    blocks[dim] = ShapedType::kDynamic;
    if (type.isDynamicDim(dim))
      return op->emitOpError("over dimension ")
             << dim << " of " << type
             << " has no integer-only form; supported: static sizes";
    count *= type.getDimSize(dim);
  }
  if (count < 1 || count > mostElements)
    return op->emitOpError("over ")
           << count << " elements has no integer-only form; supported: 1 to "
           << mostElements;
  qt::BlockType row = getRow16(op, blocks);
  operands.push_back(withFormat(op->getOperand(0), row));
  for (Type parameter : available.drop_front())
    operands.push_back(parameter);
  results.push_back(withFormat(op->getResult(0), row));
  return success();
}

FailureOr<std::vector<double>>
quantc::getParameter(Operation *op, unsigned index, int64_t count) {
  FailureOr<std::vector<double>> values = getConstant(op, index);
  if (failed(values))
    return failure();
  if (values->size() == 1)
    values->assign(count, values->front());
  if (static_cast<int64_t>(values->size()) != count)
    return op->emitOpError("operand #")
           << index << " has " << values->size()
           << " elements; its integer-only form takes one or " << count;
  return values;
}

static LogicalResult lowerNorm(Operation *op, int64_t axis,
                               const fixed::Normalisation &norm,
                               OpBuilder &builder, Parts parts,
                               Lowered &results) {
  IntegerBuilder b(builder, op->getLoc());
  Scaled x = b.load(parts[0]);
  auto type = cast<RankedTensorType>(op->getOperand(0).getType());
  qt::BlockType format = qt::getBlockFormat(op->getResult(0).getType());
  SmallVector<int64_t> axes = getWholeAxes(format.getShape());
  auto count = static_cast<int64_t>(norm.gamma.size());

  // The variance, exact in 64 bits, with epsilon.
  Value sum;
  if (norm.subtractMean)
    sum = b.reduce(nn::ReduceKind::Sum, x.m, axes);
  Value squares =
      b.reduce(nn::ReduceKind::Sum, b.cast(b.mul(x.m, x.m), 64), axes);
  Value variance = b.mul(squares, b.number(count, 64));
  if (sum) {
    Value wide = b.cast(sum, 64);
    variance = b.sub(variance, b.mul(wide, wide));
  }
  Value places = b.add(b.add(x.e, x.e), -norm.epsilonExponent);
  // Rows far below epsilon have an exponent on which that fits.
  Value below = b.clip(b.shiftDown(b.sub(b.number(-29), places), 1), 0, 63);
  below = b.select(b.compare(nn::Predicate::Eq, variance, b.number(0, 64)),
                   b.number(0), below);
  places = b.add(places, b.add(below, below));
  places = b.min(b.max(places, -30), b.number(63));
  Value epsilon = b.shift(b.number(norm.epsilon, 64), b.cast(places, 64));
  Value rest = b.sub(
      b.shift(variance, b.cast(b.min(b.add(below, below), b.number(62)), 64)),
      variance);
  variance = b.add(variance, b.clip(b.add(epsilon, rest), 0, int64_t(1) << 61));
  variance = b.max(variance, 1);

  // The reciprocal of its root.
  Value lead = b.shiftDown(b.add(b.unary(nn::UnaryKind::Clz, variance), -2), 1);
  Value twice = b.sub(b.number(0, 64), b.add(lead, lead));
  Value root = b.unary(nn::UnaryKind::Isqrt, b.shift(variance, twice));
  Value reciprocal = b.cast(
      b.shift(b.unary(nn::UnaryKind::Recip61, root), b.cast(below, 64)), 32);

  // Every element.
  ArrayRef<int64_t> shape = type.getShape().drop_front(axis);
  Value difference = b.mul(x.m, b.number(count));
  if (sum)
    difference = b.sub(difference, sum);
  Value back = b.sub(b.number(norm.halfBits + 1), b.cast(lead, 32));
  // No more than 2^30: a difference is below the root of the count times its
  // row's variance.
  Value scaled = b.shift(difference, back);
  Value y = b.multiplyHigh(b.multiplyHigh(scaled, reciprocal),
                           b.numbers(norm.gamma, shape));
  y = b.shift(y, norm.shift);
  if (!norm.beta.empty())
    y = b.add(y, b.numbers(norm.beta, shape));
  results.push_back(b.normalise({y, b.number(norm.exponent)}, format));
  return success();
}

namespace {
struct LayerNormIntegers
    : IntegerLoweringInterface::ExternalModel<LayerNormIntegers,
                                              nn::LayerNormOp> {
  bool hasPublishedForms(Operation *) const { return true; }

  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    return inferNorm(op, cast<nn::LayerNormOp>(op).getAxis(), available,
                     operands, results);
  }

  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    auto norm = cast<nn::LayerNormOp>(op);
    int64_t axis = norm.getAxis(), count = 1;
    for (int64_t size : norm.getType().getShape().drop_front(axis))
      count *= size;
    FailureOr<std::vector<double>> gamma = getParameter(op, 1, count), beta;
    if (failed(gamma))
      return failure();
    if (norm.getBias() && failed(beta = getParameter(op, 2, count)))
      return failure();
    if (qt::IntegerMethod method = getIntegerMethod(op);
        method != qt::IntegerMethod::Fixed) {
      IntegerBuilder b(builder, op->getLoc());
      qt::BlockType format = qt::getBlockFormat(norm.getType());
      auto [y, exponent] = buildPublishedNorm(
          b, method, b.load(parts[0]).m, getWholeAxes(format.getShape()),
          norm.getType().getShape().drop_front(axis), *gamma,
          norm.getBias() ? *beta : std::vector<double>());
      results.push_back(b.normalise({y, b.number(exponent)}, format));
      return success();
    }
    return lowerNorm(op, axis,
                     fixed::makeLayerNorm(
                         gamma->data(), norm.getBias() ? beta->data() : nullptr,
                         count, norm.getEpsilon().convertToDouble()),
                     builder, parts, results);
  }
};

struct RMSNormIntegers
    : IntegerLoweringInterface::ExternalModel<RMSNormIntegers, nn::RMSNormOp> {
  LogicalResult inferIntegerTypes(Operation *op, TypeRange available,
                                  Types &operands, Types &results) const {
    return inferNorm(op, cast<nn::RMSNormOp>(op).getAxis(), available, operands,
                     results);
  }

  LogicalResult lowerToIntegers(Operation *op, OpBuilder &builder, Parts parts,
                                Lowered &results) const {
    auto norm = cast<nn::RMSNormOp>(op);
    int64_t axis = norm.getAxis(), count = 1;
    for (int64_t size : norm.getType().getShape().drop_front(axis))
      count *= size;
    FailureOr<std::vector<double>> gamma = getParameter(op, 1, count);
    if (failed(gamma))
      return failure();
    return lowerNorm(op, axis,
                     fixed::makeRmsNorm(gamma->data(), count,
                                        norm.getEpsilon().convertToDouble()),
                     builder, parts, results);
  }
};
} // namespace

void quantc::attachNormalisationIntegers(MLIRContext *context) {
  nn::LayerNormOp::attachInterface<LayerNormIntegers>(*context);
  nn::RMSNormOp::attachInterface<RMSNormIntegers>(*context);
}
