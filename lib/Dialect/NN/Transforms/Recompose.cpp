//===- Recompose.cpp - Whole ops from chains of primitives ------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Recompose.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/NN/Transforms/Passes.h"

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

std::optional<double> quantc::nn::matchSplat(Value value) {
  DenseElementsAttr elements;
  if (!matchPattern(value, m_Constant(&elements)) || !elements.isSplat() ||
      !isa<FloatType>(elements.getElementType()))
    return std::nullopt;
  return elements.getSplatValue<APFloat>().convertToDouble();
}

bool quantc::nn::isNumber(double value, double expected) {
  // Exporters print some constants with seven digits.
  return std::abs(value - expected) <= 1e-6 * std::abs(expected);
}

Value quantc::nn::matchAddedNumber(Value value, double number) {
  auto add = value.getDefiningOp<BinaryOp>();
  if (!add || add.getKind() != BinaryKind::Add)
    return {};
  for (auto [constant, other] : {std::pair(add.getLhs(), add.getRhs()),
                                 std::pair(add.getRhs(), add.getLhs())})
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

namespace {
struct NNRecompose : public nn::impl::NNRecomposeBase<NNRecompose> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateRecomposeGeluPatterns(patterns);
    populateRecomposeLayerNormPatterns(patterns);
    populateRecomposeAttentionPatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
