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
// bits are limited before they come to the 16 of a row.
//
//===----------------------------------------------------------------------===//

#include "PrepareIntegers.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/LimitAttr.h"

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

void nn::limitArguments(func::FuncOp func) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  llvm::DenseMap<std::pair<Value, unsigned>, Value> known;
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
      auto clip = ClipOp::create(builder, op.getLoc(), x.getType(), x,
                                 builder.getF64FloatAttr(low),
                                 builder.getF64FloatAttr(high));
      clip->setAttr(qt::ownExponentAttrName, builder.getUnitAttr());
      limited = clip;
    }
    op.getInputMutable().assign(limited);
  }
}
