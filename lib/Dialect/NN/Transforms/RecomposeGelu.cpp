//===- RecomposeGelu.cpp - GELU and SiLU from their primitives --*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Recompose.h"
#include "quantc/Dialect/NN/IR/NNOps.h"

#include <cmath>

using namespace mlir;
using namespace quantc::nn;

/// `value` = scale * x, with a scale that may be 1.
static std::optional<double> matchMultiple(Value value, Value x) {
  if (value == x)
    return 1;
  Product product = matchProduct(value);
  if (product.factors.size() != 1 || product.factors[0] != x)
    return std::nullopt;
  return product.scale;
}

/// `value` = scale * x^power.
static bool isMonomial(Value value, Value x, unsigned power, double scale) {
  Product product = matchProduct(value);
  return product.factors.size() == power && isNumber(product.scale, scale) &&
         llvm::all_equal(product.factors) && product.factors[0] == x;
}

/// `value` = sqrt(2/pi) (x + 0.044715 x^3), or with x taken out of the sum.
static bool isTanhArgument(Value value, Value x) {
  Product product = matchProduct(value);
  if (!isNumber(product.scale, std::sqrt(2 / M_PI)))
    return false;
  constexpr double cubic = 0.044715;
  if (product.factors.size() == 1) {
    auto sum = product.factors[0].getDefiningOp<BinaryOp>();
    if (!sum || sum.getKind() != BinaryKind::Add)
      return false;
    return (sum.getLhs() == x && isMonomial(sum.getRhs(), x, 3, cubic)) ||
           (sum.getRhs() == x && isMonomial(sum.getLhs(), x, 3, cubic));
  }
  if (product.factors.size() != 2)
    return false;
  if (product.factors[0] != x)
    std::swap(product.factors[0], product.factors[1]);
  Value square = matchAddedNumber(product.factors[1], 1);
  return product.factors[0] == x && square && isMonomial(square, x, 2, cubic);
}

/// The kind of GELU that x * scale * other is.
static std::optional<GeluKind> matchGelu(Value x, double scale, Value other) {
  auto function = other.getDefiningOp<UnaryOp>();
  if (function && function.getKind() == UnaryKind::Sigmoid) {
    std::optional<double> slope = matchMultiple(function.getInput(), x);
    if (isNumber(scale, 1) && slope && isNumber(*slope, 1.702))
      return GeluKind::Sigmoid;
    return std::nullopt;
  }
  Value inner = matchAddedNumber(other, 1);
  function = inner ? inner.getDefiningOp<UnaryOp>() : UnaryOp();
  if (!function || !isNumber(scale, 0.5))
    return std::nullopt;
  if (function.getKind() == UnaryKind::Erf) {
    std::optional<double> slope = matchMultiple(function.getInput(), x);
    if (slope && isNumber(*slope, M_SQRT1_2))
      return GeluKind::Erf;
  }
  if (function.getKind() == UnaryKind::Tanh &&
      isTanhArgument(function.getInput(), x))
    return GeluKind::Tanh;
  return std::nullopt;
}

/// Why x * other is no GELU though it has the shape of one; empty where it has
/// not.
static StringRef getNearMiss(Value x, Value other) {
  auto function = other.getDefiningOp<UnaryOp>();
  if (function && function.getKind() == UnaryKind::Sigmoid &&
      matchMultiple(function.getInput(), x))
    return "a sigmoid of x by another factor than 1 or 1.702";
  std::optional<std::pair<Value, double>> sum = matchShift(other);
  function = sum ? sum->first.getDefiningOp<UnaryOp>() : UnaryOp();
  if (!function)
    return "";
  if (function.getKind() == UnaryKind::Erf &&
      matchMultiple(function.getInput(), x))
    return "the constants are not those of x / 2 (1 + erf(x / sqrt(2)))";
  if (function.getKind() == UnaryKind::Tanh)
    return "the constants are not those of the tanh form";
  return "";
}

namespace {
/// The factors of the last multiplication may come in any order and grouping.
struct RecomposeGelu : public OpRewritePattern<BinaryOp> {
  RecomposeGelu(MLIRContext *context, RecomposeContext &recompose)
      : OpRewritePattern(context), recompose(recompose) {}

  LogicalResult matchAndRewrite(BinaryOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getKind() != BinaryKind::Mul && op.getKind() != BinaryKind::Div)
      return rewriter.notifyMatchFailure(op, "no product");
    Product product = matchProduct(op.getResult());
    if (product.factors.size() != 2)
      return rewriter.notifyMatchFailure(op, "not a product of two values");
    for (unsigned side : {0, 1}) {
      Value x = product.factors[side], other = product.factors[1 - side];
      // A constant of more dims would have added some to the result.
      if (x.getType() != op.getType())
        continue;
      if (std::optional<GeluKind> kind = matchGelu(x, product.scale, other)) {
        recompose.found(op, "GELU (" + stringifyGeluKind(*kind) + ")");
        rewriter.replaceOpWithNewOp<GeluOp>(op, op.getType(), *kind, x);
        return success();
      }
      auto sigmoid = other.getDefiningOp<UnaryOp>();
      if (sigmoid && sigmoid.getKind() == UnaryKind::Sigmoid &&
          sigmoid.getInput() == x && product.scale == 1) {
        recompose.found(op, "SiLU");
        rewriter.replaceOpWithNewOp<SiluOp>(op, op.getType(), x);
        return success();
      }
    }
    for (unsigned side : {0, 1})
      if (StringRef reason =
              getNearMiss(product.factors[side], product.factors[1 - side]);
          !reason.empty())
        return recompose.miss(rewriter, op, "GELU", reason);
    return rewriter.notifyMatchFailure(op, "neither GELU nor SiLU");
  }

private:
  RecomposeContext &recompose;
};
} // namespace

void quantc::nn::populateRecomposeGeluPatterns(RewritePatternSet &patterns,
                                               RecomposeContext &context) {
  patterns.add<RecomposeGelu>(patterns.getContext(), context);
}
