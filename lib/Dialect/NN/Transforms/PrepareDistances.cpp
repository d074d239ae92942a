//===- PrepareDistances.cpp - Distances from constants ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// |x|^2 - 2 x c + |c|^2 is small where x is near c, and the product of 8 bits
// is not. Of few constants the squares of differences cost little, and of these
// small ones are as exact as large ones.
//
//===----------------------------------------------------------------------===//

#include "PrepareIntegers.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Analysis/SplatConstants.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

/// Beyond as many differences for each row a product is much cheaper.
static constexpr int64_t mostDifferences = 4096;

namespace {
/// The parts of a sum, each taken off or added.
struct Terms {
  Value squares; ///< what the sum of squares is of, added
  MatmulOp product;
  double factor = 0; ///< of the product
  SmallVector<std::pair<Value, bool>> constants;
};
} // namespace

/// What the sum along the last axis, which keeps it, is of the squares of.
static Value getSquared(Value value) {
  auto reduce = value.getDefiningOp<ReduceOp>();
  if (!reduce || !reduce.getKeepdims())
    return {};
  Value x = reduce.getInput();
  if (reduce.getAxes() != ArrayRef<int64_t>{typeOf(x).getRank() - 1})
    return {};
  if (reduce.getKind() == ReduceKind::SumSq)
    return x;
  auto product = x.getDefiningOp<BinaryOp>();
  bool isSquare = reduce.getKind() == ReduceKind::Sum && product &&
                  product.getKind() == BinaryKind::Mul &&
                  product.getLhs() == product.getRhs();
  return isSquare ? product.getLhs() : Value();
}

/// Whether all that \p value is the sum of are \p terms.
static bool collect(Value value, bool isAdded, Terms &terms, unsigned depth) {
  constexpr unsigned deepest = 4;
  if (isConstantSlice(value)) {
    terms.constants.push_back({value, isAdded});
    return true;
  }
  if (Value x = getSquared(value)) {
    bool isOne = isAdded && !terms.squares;
    terms.squares = x;
    return isOne;
  }
  auto sum = value.getDefiningOp<BinaryOp>();
  double factor = isAdded ? 1 : -1;
  if (sum && sum.getKind() == BinaryKind::Mul)
    for (unsigned side : {0, 1})
      if (std::optional<double> own = matchSplat(sum->getOperand(side))) {
        factor *= *own;
        value = sum->getOperand(1 - side);
        break;
      }
  if (auto product = value.getDefiningOp<MatmulOp>()) {
    bool isOne = !terms.product;
    terms.product = product;
    terms.factor = factor;
    return isOne;
  }
  bool isSub = sum && sum.getKind() == BinaryKind::Sub;
  if (!sum || depth == deepest || (!isSub && sum.getKind() != BinaryKind::Add))
    return false;
  return collect(sum.getLhs(), isAdded, terms, depth + 1) &&
         collect(sum.getRhs(), isAdded != isSub, terms, depth + 1);
}

namespace {
/// The squares of x plus x by weights w are those of x + w / 2 less those of
/// w / 2.
struct RewriteDistance : OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(BinaryOp op,
                                PatternRewriter &rewriter) const override {
    bool isSum =
        op.getKind() == BinaryKind::Add || op.getKind() == BinaryKind::Sub;
    Terms terms;
    if (!isSum || !isReal(op.getResult()) ||
        !collect(op.getResult(), /*isAdded=*/true, terms, 0) ||
        !terms.squares || !terms.product)
      return rewriter.notifyMatchFailure(op, "is of no squares and a product");
    Value x = terms.squares, weights = terms.product.getRhs();
    auto type = typeOf(x);
    if (terms.product.getLhs() != x || !isConstantSlice(weights) ||
        typeOf(weights).getRank() != 2 || !typeOf(weights).hasStaticShape() ||
        typeOf(terms.product.getResult()) != typeOf(op.getResult()))
      return rewriter.notifyMatchFailure(op, "is of other squares than those "
                                             "of the product's rows");
    if (typeOf(weights).getNumElements() > mostDifferences ||
        type.getNumDynamicDims() > 1)
      return rewriter.notifyMatchFailure(op, "has many constants, or several "
                                             "sizes of run time");
    Location loc = op.getLoc();
    Build b(rewriter, loc);
    Value half = b.binary(BinaryKind::Mul, weights, b.number(terms.factor / 2));
    SmallVector<int64_t> shape(type.getShape()), sizes;
    shape.insert(shape.end() - 1, 1);
    for (int64_t size : shape)
      sizes.push_back(ShapedType::isDynamic(size) ? -1 : size);
    Value rows = ReshapeOp::create(rewriter, loc, type.clone(shape), x,
                                   makeIntegers(rewriter, loc, sizes));
    Value apart = b.binary(BinaryKind::Add, rows, half);
    int64_t last = type.getRank();
    Value y = b.reduce(ReduceKind::Sum, b.binary(BinaryKind::Mul, apart, apart),
                       {last},
                       /*keepDims=*/false);
    // What is left of the constants is nothing, or what rounding left of it.
    Value rest = b.unary(UnaryKind::Neg,
                         b.reduce(ReduceKind::Sum,
                                  b.binary(BinaryKind::Mul, half, half), {1},
                                  /*keepDims=*/false));
    for (auto [constant, isAdded] : terms.constants)
      rest =
          b.binary(isAdded ? BinaryKind::Add : BinaryKind::Sub, rest, constant);
    rewriter.replaceOp(op, b.binary(BinaryKind::Add, y, rest));
    return success();
  }
};
} // namespace

void nn::populateDistancePatterns(RewritePatternSet &patterns) {
  patterns.add<RewriteDistance>(patterns.getContext());
}
