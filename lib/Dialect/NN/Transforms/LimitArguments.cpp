//===- LimitArguments.cpp - Arguments of functions with limits --*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A sigmoid is as good as constant from some argument on, but an element that
// is further out takes the bits of all others of its row. Results that have 30
// bits are limited before they come to the 16 of a row. Constants that are
// added or chosen to be further out than that (masks) are limited themselves,
// which leaves others the finer units of 30 bits.
//
//===----------------------------------------------------------------------===//

#include "Limiter.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Analysis/MaskParts.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/LimitAttr.h"
#include "quantc/Interpreter/Interpreter.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

/// Whether integers for a value may have more than 16 bits: not what a function
/// or a quotient gives, nor an input.
static bool isResult(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (isa<MatmulOp, ConvOp, SelectOp, ConcatOp, ReduceOp>(op))
      return true;
    if (auto binary = dyn_cast<BinaryOp>(op))
      return binary.getKind() != BinaryKind::Div &&
             binary.getKind() != BinaryKind::Pow;
    auto unary = dyn_cast<UnaryOp>(op);
    bool isSame = unary && (unary.getKind() == UnaryKind::Relu ||
                            unary.getKind() == UnaryKind::Neg ||
                            unary.getKind() == UnaryKind::Abs);
    if (!isSame && !op->hasTrait<MovesElements>())
      return false;
    value = op->getOperand(0);
  }
  return false;
}

namespace {
/// Limits masks in arguments. What the model takes from outside stays.
class ArgumentLimiter : Limiter {
public:
  Value limit(Value value) {
    if (collectMaskParts(value).largest <= limitOfScores)
      return value;
    return Limiter::limit(value, {/*low=*/true, /*high=*/true});
  }

private:
  Value limitProduct(BinaryOp op, Part part) override {
    for (unsigned factor : {0, 1})
      if (part.isSummand && isConstantSlice(op->getOperand(factor)) &&
          isWhole(op->getOperand(1 - factor)))
        return rebuild(op, factor, part);
    return op;
  }
  /// All elements are moved by a constant without one that stays.
  bool isOffset(Value value) override {
    if (!isConstantSlice(value))
      return false;
    FailureOr<HostValue> constant = interpretConstant(value);
    if (failed(constant))
      return true;
    for (int64_t i = 0, e = constant->getNumElements(); i < e; ++i)
      if (std::abs(constant->getNumber(i)) <= limitOfScores)
        return false;
    return true;
  }
};
} // namespace

void nn::limitArguments(func::FuncOp func) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  llvm::DenseMap<std::pair<Value, unsigned>, Value> known;
  ArgumentLimiter masks;
  SmallVector<UnaryOp> ops;
  func.walk([&](UnaryOp op) { ops.push_back(op); });
  for (UnaryOp op : ops) {
    double low = 0, high = 0;
    switch (op.getKind()) {
    case UnaryKind::Sigmoid:
    case UnaryKind::Tanh:
    case UnaryKind::Erf:
      // Constant to 2^-15 beyond; 16 bits up to 2^5 have units of 2^-10.
      low = -31;
      high = 31;
      break;
    case UnaryKind::Exp:
      // No float below.
      low = -127;
      high = infinity;
      break;
    default:
      continue;
    }
    Value x = op.getInput();
    if (!isReal(x) || isConstantSlice(x) || !isResult(x))
      continue;
    Value &limited = known[{x, static_cast<unsigned>(-low)}];
    if (!limited) {
      OpBuilder builder(op);
      builder.setInsertionPointAfterValue(x);
      Value argument = masks.limit(x);
      if (argument != x)
        builder.setInsertionPointAfterValue(argument);
      auto clip = ClipOp::create(builder, op.getLoc(), x.getType(), argument,
                                 builder.getF64FloatAttr(low),
                                 builder.getF64FloatAttr(high));
      clip->setAttr(qt::ownExponentAttrName, builder.getUnitAttr());
      limited = clip;
    }
    op.getInputMutable().assign(limited);
  }
}
