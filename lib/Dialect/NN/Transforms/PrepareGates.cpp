//===- PrepareGates.cpp - Gates of three straight pieces --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A sum of a result and a constant, limited on both sides, and the product of
// the result with that: one op each, however they are spelt, whose integers
// have the exponent of the result.
//
//===----------------------------------------------------------------------===//

#include "Operands.h"
#include "PrepareIntegers.h"
#include "Recompose.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "quantc/Analysis/InputArithmetic.h"
#include "quantc/Analysis/SplatConstants.h"
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

namespace {
/// height min(max(slope x + shift, 0), 1).
struct Gate {
  Value x;
  double slope, shift, height;
};
} // namespace

/// What \p value limits to 0 and above; null where it does not.
static Value matchRelu(Value value) {
  if (auto relu = value.getDefiningOp<UnaryOp>();
      relu && relu.getKind() == UnaryKind::Relu)
    return relu.getInput();
  double low = 0;
  Value x = matchNumber(value.getDefiningOp<BinaryOp>(), BinaryKind::Max, low);
  return low == 0 ? x : Value();
}

/// What \p value limits to 0 .. high; null where it does not.
static Value matchLimited(Value value, double &high) {
  if (auto clip = value.getDefiningOp<ClipOp>()) {
    high = clip.getMax().convertToDouble();
    return clip.getMin().isZero() ? clip.getInput() : Value();
  }
  if (Value x =
          matchNumber(value.getDefiningOp<BinaryOp>(), BinaryKind::Min, high))
    return matchRelu(x);
  Value x = matchRelu(value);
  return x ? matchNumber(x.getDefiningOp<BinaryOp>(), BinaryKind::Min, high)
           : Value();
}

/// \p value as a multiple of a value and a summand; its height is 1.
static std::optional<Gate> matchLine(Value value) {
  if (auto sum = matchShift(value))
    return Gate{sum->first, 1, sum->second, 1};
  auto difference = value.getDefiningOp<BinaryOp>();
  if (!difference || difference.getKind() != BinaryKind::Sub)
    return std::nullopt;
  Value lhs = difference.getLhs(), rhs = difference.getRhs();
  if (std::optional<double> taken = matchSplat(rhs))
    return Gate{lhs, 1, -*taken, 1};
  if (std::optional<double> shift = matchSplat(lhs))
    return Gate{rhs, -1, *shift, 1};
  return std::nullopt;
}

static std::optional<Gate> matchGate(Value value) {
  if (auto gate = value.getDefiningOp<HardSigmoidOp>())
    return Gate{gate.getInput(), gate.getSlope().convertToDouble(),
                gate.getShift().convertToDouble(), 1};
  double high = 0;
  Value line = matchLimited(value, high);
  std::optional<Gate> gate = line ? matchLine(line) : std::nullopt;
  if (!gate || !(high > 0) || std::isinf(high))
    return std::nullopt;
  gate->slope /= high;
  gate->shift /= high;
  gate->height = high;
  Product product = matchProduct(gate->x);
  if (product.factors.size() == 1 &&
      product.factors[0].getType() == value.getType()) {
    gate->x = product.factors[0];
    gate->slope *= product.scale;
  }
  bool isInside = gate->shift >= 0 && gate->shift <= 1;
  // What stays in float has a slope in float.
  if (!isInside || !std::isfinite(static_cast<float>(gate->slope)) ||
      gate->slope == 0)
    return std::nullopt;
  return gate;
}

namespace {
/// Whole products first, and what is left of sums then.
class GateFinder {
public:
  explicit GateFinder(func::FuncOp func)
      : body(func.getBody().front()), inputs(body, InputScope::Scaled) {
    for (Operation &op : body)
      if (isa<BinaryOp, ClipOp, UnaryOp>(op) && isReal(op.getResult(0)))
        ops.push_back(&op);
  }

  void run() {
    // Of a chain of factors the last one: what is before it has gone then.
    for (bool isSwish : {true, false})
      for (Operation *&op : llvm::reverse(ops))
        if (op && rewrite(op, isSwish))
          op = nullptr;
    // What gates were spelt with.
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(body)))
      if (isOpTriviallyDead(&op))
        op.erase();
  }

private:
  bool rewrite(Operation *op, bool isSwish) {
    Value y = op->getResult(0);
    if (y.use_empty())
      return false;
    Product product = matchProduct(y);
    if (product.factors.size() != (isSwish ? 2 : 1))
      return false;
    for (Value factor : product.factors) {
      std::optional<Gate> gate = matchGate(factor);
      // What is computed of inputs and constants is computed before the border.
      if (!gate || inputs.isInput(gate->x) ||
          gate->x.getType() != y.getType() ||
          !isNumber(product.scale * gate->height, 1))
        continue;
      if (isSwish && !llvm::is_contained(product.factors, gate->x))
        continue;
      OpBuilder b(op);
      auto slope = b.getF64FloatAttr(gate->slope);
      auto shift = b.getF64FloatAttr(gate->shift);
      Value whole = isSwish
                        ? HardSwishOp::create(b, op->getLoc(), y.getType(),
                                              gate->x, slope, shift)
                              .getResult()
                        : HardSigmoidOp::create(b, op->getLoc(), y.getType(),
                                                gate->x, slope, shift)
                              .getResult();
      y.replaceAllUsesWith(whole);
      return true;
    }
    return false;
  }

  Block &body;
  InputArithmetic inputs;
  SmallVector<Operation *> ops;
};
} // namespace

void nn::findGates(func::FuncOp func) {
  if (!func.isExternal())
    GateFinder(func).run();
}
