//===- PrepareLogarithms.cpp - Logarithms of shares -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A sigmoid that is nearly one leaves nothing in its distance from one, nor in
// the logarithm of that: both are functions of the sigmoid's argument.
//
//===----------------------------------------------------------------------===//

#include "PrepareIntegers.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Analysis/SplatConstants.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

/// The argument of a sigmoid; null of others.
static Value getLogit(Value value) {
  auto unary = value.getDefiningOp<UnaryOp>();
  return unary && unary.getKind() == UnaryKind::Sigmoid ? unary.getInput()
                                                        : Value();
}

namespace {
/// 1 - sigmoid(x) is sigmoid(-x), where something reads it that shows how small
/// it is.
struct RewriteComplement : OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(BinaryOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getKind() != BinaryKind::Sub || !isReal(op.getResult()) ||
        matchSplat(op.getLhs()) != 1)
      return rewriter.notifyMatchFailure(op, "takes nothing off one");
    Value logit = getLogit(op.getRhs());
    if (!logit || logit.getType() != op.getType())
      return rewriter.notifyMatchFailure(op, "takes no sigmoid off one");
    if (!isShownSmall(op))
      return rewriter.notifyMatchFailure(op, "is added or multiplied alone");
    Build b(rewriter, op.getLoc());
    rewriter.replaceOp(
        op, b.unary(UnaryKind::Sigmoid, b.unary(UnaryKind::Neg, logit)));
    return success();
  }

private:
  /// Whether one of those that read \p op shows how small it is, or a function
  /// does that reads what is made of it.
  static bool isShownSmall(Operation *op) {
    llvm::SetVector<Operation *> readers;
    readers.insert_range(op->getUsers());
    if (llvm::any_of(readers, showsSmall))
      return true;
    for (size_t i = 0; i != readers.size(); ++i) {
      if (isOfSmall(readers[i]))
        return true;
      if (passesSmall(readers[i]))
        readers.insert_range(readers[i]->getUsers());
    }
    return false;
  }

  static bool isOfSmall(Operation *user) {
    auto unary = dyn_cast<UnaryOp>(user);
    return unary && unary.getSmallOperands() == SmallOperands::Shown;
  }

  /// Of the complement itself a limit, or a small constant, is in front of such
  /// a function.
  static bool showsSmall(Operation *user) {
    if (auto binary = dyn_cast<BinaryOp>(user))
      return llvm::is_contained(
                 {BinaryKind::Div, BinaryKind::Pow, BinaryKind::Max},
                 binary.getKind()) ||
             (binary.getKind() == BinaryKind::Add &&
              llvm::any_of(binary->getOperands(), isConstantSlice));
    return isa<ClipOp>(user) || isOfSmall(user);
  }

  /// Products, sums and choices are as small as what they are made of.
  static bool passesSmall(Operation *user) {
    if (auto binary = dyn_cast<BinaryOp>(user))
      return llvm::is_contained(
          {BinaryKind::Mul, BinaryKind::Add, BinaryKind::Max, BinaryKind::Min},
          binary.getKind());
    return isa<SelectOp, ClipOp>(user) || user->hasTrait<MovesElements>();
  }
};

/// log(sigmoid(x)) is -softplus(-x); of a quotient of two, the difference.
struct RewriteLogarithm : OpRewritePattern<UnaryOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(UnaryOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getKind() != UnaryKind::Log || !isReal(op.getResult()))
      return rewriter.notifyMatchFailure(op, "is no logarithm");
    Build b(rewriter, op.getLoc());
    if (Value logit = getLogit(op.getInput())) {
      Value rest = b.unary(UnaryKind::Softplus, b.unary(UnaryKind::Neg, logit));
      rewriter.replaceOp(op, b.unary(UnaryKind::Neg, rest));
      return success();
    }
    auto quotient = op.getInput().getDefiningOp<BinaryOp>();
    if (!quotient || quotient.getKind() != BinaryKind::Div ||
        !getLogit(quotient.getLhs()) || !getLogit(quotient.getRhs()))
      return rewriter.notifyMatchFailure(op, "is of no sigmoids");
    rewriter.replaceOp(op,
                       b.binary(BinaryKind::Sub,
                                b.unary(UnaryKind::Log, quotient.getLhs()),
                                b.unary(UnaryKind::Log, quotient.getRhs())));
    return success();
  }
};

/// log(1 + x) of a small x, of which one leaves little. What is one less a
/// sigmoid is another one.
struct RewriteLog1p : OpRewritePattern<UnaryOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(UnaryOp op,
                                PatternRewriter &rewriter) const override {
    auto sum = op.getInput().getDefiningOp<BinaryOp>();
    if (op.getKind() != UnaryKind::Log || !isReal(op.getResult()) || !sum)
      return rewriter.notifyMatchFailure(op, "is no logarithm of a sum");
    bool isSub = sum.getKind() == BinaryKind::Sub;
    if (!isSub && sum.getKind() != BinaryKind::Add)
      return rewriter.notifyMatchFailure(op, "is of no sum");
    bool isLeft = matchSplat(sum.getLhs()) == 1;
    if (!isLeft && (isSub || matchSplat(sum.getRhs()) != 1))
      return rewriter.notifyMatchFailure(op, "is of no sum of one");
    Value x = isLeft ? sum.getRhs() : sum.getLhs();
    if (x.getType() != op.getType() || isConstantSlice(x) ||
        (isSub && getLogit(x)))
      return rewriter.notifyMatchFailure(op, "is of constants or a sigmoid");
    Build b(rewriter, op.getLoc());
    if (isSub)
      x = b.unary(UnaryKind::Neg, x);
    rewriter.replaceOp(op, b.unary(UnaryKind::Log1p, x));
    return success();
  }
};

/// c sigmoid(x) - c / 2 is c / 2 tanh(x / 2), which is small where x is; so is
/// the negative of both.
struct RewriteCentred : OpRewritePattern<BinaryOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(BinaryOp op,
                                PatternRewriter &rewriter) const override {
    bool isSub = op.getKind() == BinaryKind::Sub;
    if ((!isSub && op.getKind() != BinaryKind::Add) || !isReal(op.getResult()))
      return rewriter.notifyMatchFailure(op, "is no sum of floats");
    Value scaled = op.getLhs();
    std::optional<double> offset = matchSplat(op.getRhs());
    bool isNegated = !offset;
    if (isNegated) {
      scaled = op.getRhs();
      offset = matchSplat(op.getLhs());
    }
    if (!offset || (isNegated && !isSub))
      return rewriter.notifyMatchFailure(op, "adds no constant");
    double factor = 1;
    auto product = scaled.getDefiningOp<BinaryOp>();
    if (product && product.getKind() == BinaryKind::Mul) {
      Value x = product.getLhs(), constant = product.getRhs();
      if (matchSplat(x))
        std::swap(x, constant);
      if (std::optional<double> own = matchSplat(constant)) {
        factor = *own;
        scaled = x;
      }
    }
    Value logit = getLogit(scaled);
    if (!logit || logit.getType() != op.getType() ||
        (isSub ? *offset : -*offset) != factor / 2)
      return rewriter.notifyMatchFailure(op, "takes no half off a sigmoid");
    Build b(rewriter, op.getLoc());
    auto times = [&](Value x, double number) {
      return number == 1 ? x : b.binary(BinaryKind::Mul, x, b.number(number));
    };
    Value y = b.unary(UnaryKind::Tanh, times(logit, 0.5));
    rewriter.replaceOp(op, times(y, isNegated ? -factor / 2 : factor / 2));
    return success();
  }
};
} // namespace

void nn::populateLogarithmPatterns(RewritePatternSet &patterns) {
  patterns
      .add<RewriteComplement, RewriteLogarithm, RewriteLog1p, RewriteCentred>(
          patterns.getContext());
}
