//===- Recompose.cpp - Whole ops from chains of primitives ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Recompose.h"
#include "Operands.h"
#include "quantc/Analysis/SplatConstants.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/NN/Transforms/Passes.h"
#include "quantc/Interpreter/Interpreter.h"

#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

#include <cmath>

namespace quantc::nn {
#define GEN_PASS_DEF_NNRECOMPOSE
#include "quantc/Dialect/NN/Transforms/Passes.h.inc"
} // namespace quantc::nn

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

DenseElementsAttr quantc::nn::readConstant(Value value) {
  constexpr int64_t most = 1 << 22;
  DenseElementsAttr elements;
  if (matchPattern(value, m_Constant(&elements)))
    return elements;
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!matchPattern(value, m_Constant()) || !type || !type.hasStaticShape() ||
      type.getNumElements() > most)
    return {};
  FailureOr<HostValue> read = interpretConstant(value);
  return succeeded(read) ? read->toAttribute() : DenseElementsAttr();
}

bool quantc::nn::isNumber(double value, double expected) {
  // Exporters print some constants with seven digits.
  return std::abs(value - expected) <= 1e-6 * std::abs(expected);
}

Value quantc::nn::matchAddedNumber(Value value, double number) {
  auto add = value.getDefiningOp<BinaryOp>();
  if (!add || add.getKind() != BinaryKind::Add)
    return {};
  for (auto [constant, other] : getBothOrders(add))
    if (std::optional<double> splat = matchSplat(constant))
      if (isNumber(*splat, number))
        return other;
  return {};
}

static void collectFactors(Value value, bool isRoot, unsigned depth,
                           Product &product) {
  if (std::optional<double> splat = matchSplat(value)) {
    product.scale *= *splat;
    return;
  }
  auto binary = value.getDefiningOp<BinaryOp>();
  constexpr unsigned deepest = 8;
  if (!binary || depth == deepest || (!isRoot && !value.hasOneUse())) {
    product.factors.push_back(value);
    return;
  }
  std::optional<double> right = matchSplat(binary.getRhs());
  switch (binary.getKind()) {
  case BinaryKind::Mul:
    collectFactors(binary.getLhs(), false, depth + 1, product);
    collectFactors(binary.getRhs(), false, depth + 1, product);
    return;
  case BinaryKind::Div:
    if (!right || *right == 0)
      break;
    collectFactors(binary.getLhs(), false, depth + 1, product);
    product.scale /= *right;
    return;
  case BinaryKind::Pow:
    if (!right || (*right != 2 && *right != 3))
      break;
    product.factors.append(static_cast<size_t>(*right), binary.getLhs());
    return;
  default:
    break;
  }
  product.factors.push_back(value);
}

Product quantc::nn::matchProduct(Value root) {
  Product product;
  collectFactors(root, /*isRoot=*/true, 0, product);
  return product;
}

std::optional<std::pair<Value, double>> quantc::nn::matchShift(Value value) {
  auto sum = value.getDefiningOp<BinaryOp>();
  if (!sum || sum.getKind() != BinaryKind::Add)
    return std::nullopt;
  for (auto [other, constant] : getBothOrders(sum))
    if (std::optional<double> splat = matchSplat(constant))
      return std::pair(other, *splat);
  return std::nullopt;
}

Value quantc::nn::matchRoot(Value value, double power) {
  if (auto unary = value.getDefiningOp<UnaryOp>()) {
    if (unary.getKind() == (power < 0 ? UnaryKind::Rsqrt : UnaryKind::Sqrt))
      return unary.getInput();
    return power < 0 && unary.getKind() == UnaryKind::Reciprocal
               ? matchRoot(unary.getInput(), -power)
               : Value();
  }
  auto binary = value.getDefiningOp<BinaryOp>();
  if (!binary)
    return {};
  if (binary.getKind() == BinaryKind::Pow &&
      matchSplat(binary.getRhs()) == power)
    return binary.getLhs();
  if (power < 0 && binary.getKind() == BinaryKind::Div &&
      matchSplat(binary.getLhs()) == 1)
    return matchRoot(binary.getRhs(), -power);
  return {};
}

SmallVector<RootQuotient, 2> quantc::nn::matchRootQuotient(Value value) {
  SmallVector<RootQuotient, 2> results;
  auto op = value.getDefiningOp<BinaryOp>();
  if (!op)
    return results;
  if (op.getKind() == BinaryKind::Div) {
    if (Value radicand = matchRoot(op.getRhs(), 0.5))
      results.push_back({op.getLhs(), radicand});
  } else if (op.getKind() == BinaryKind::Mul) {
    for (auto [numerator, factor] : getBothOrders(op))
      if (Value radicand = matchRoot(factor, -0.5))
        results.push_back({numerator, radicand});
  }
  return results;
}

//===----------------------------------------------------------------------===//
// Context
//===----------------------------------------------------------------------===//

void RecomposeContext::found(Operation *op, const Twine &what) {
  if (reportFound)
    emitRemark(op->getLoc()) << "found " << what;
}

LogicalResult RecomposeContext::miss(PatternRewriter &rewriter, Operation *op,
                                     StringRef what, const Twine &reason) {
  if (reportMisses)
    misses[op] = ("not " + what + ": " + reason).str();
  return rewriter.notifyMatchFailure(op, reason);
}

void RecomposeContext::reportNearMisses() {
  for (const auto &[op, text] : misses)
    emitRemark(op->getLoc()) << text;
}

void RecomposeContext::notifyOperationInserted(Operation *op,
                                               OpBuilder::InsertPoint) {
  shapes.infer(op);
}

void RecomposeContext::notifyOperationErased(Operation *op) {
  misses.erase(op);
  for (Value result : op->getResults())
    shapes.forget(result);
}

namespace {
struct NNRecompose : public nn::impl::NNRecomposeBase<NNRecompose> {
  using NNRecomposeBase::NNRecomposeBase;

  void runOnOperation() override {
    for (auto func : getOperation()->getRegion(0).getOps<func::FuncOp>())
      if (!func.isExternal() && failed(recompose(func)))
        return signalPassFailure();
  }

  LogicalResult recompose(func::FuncOp func) {
    RecomposeContext context(func, report || explain, explain);
    RewritePatternSet patterns(&getContext());
    populateRecomposeGeluPatterns(patterns, context);
    populateRecomposeNormPatterns(patterns, context);
    populateRecomposePositionPatterns(patterns, context);
    populateRecomposeRotaryPatterns(patterns, context);
    populateRecomposeViewPatterns(patterns, context);
    populateRecomposeScoresPatterns(patterns);
    populateRecomposeAttentionPatterns(patterns, context);
    GreedyRewriteConfig config;
    config.setListener(&context);
    if (failed(applyPatternsGreedily(func, std::move(patterns), config)))
      return failure();
    context.reportNearMisses();
    return success();
  }
};
} // namespace
