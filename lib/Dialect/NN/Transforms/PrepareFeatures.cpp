//===- PrepareFeatures.cpp - Features that products pick --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Trees of decisions that are written as products begin with one that picks the
// feature of every decision. As a sum it would give all of them the exponents
// of the largest; what is picked is an input, and compared as one.
//
//===----------------------------------------------------------------------===//

#include "PrepareIntegers.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Analysis/InputArithmetic.h"
#include "quantc/Interpreter/Interpreter.h"

#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

namespace {
/// The one element that each output is a multiple of; 0 times the first where
/// weights are all 0.
struct Choice {
  SmallVector<int64_t> indices;
  SmallVector<float> factors;
};
} // namespace

/// The choice that a matrix of weights makes; nothing where an output is a sum.
/// What is no finite number stays a weight, which is refused by its name.
static std::optional<Choice> findChoice(const HostValue &weights) {
  int64_t outputs = weights.getShape()[0], size = weights.getShape()[1];
  if (size == 0)
    return std::nullopt;
  Choice choice;
  for (int64_t output = 0; output < outputs; ++output) {
    ArrayRef<float> row = weights.as<float>().slice(output * size, size);
    const float *one = llvm::find_if(row, [](float w) { return w != 0; });
    if (one == row.end())
      one = row.begin();
    if (!std::isfinite(*one) ||
        std::any_of(one + 1, row.end(), [](float w) { return w != 0; }))
      return std::nullopt;
    choice.indices.push_back(one - row.begin());
    choice.factors.push_back(*one);
  }
  return choice;
}

/// Whether \p op, a product of inputs with weights on the side \p index, picks
/// some: it then does so by a gather.
static bool pickInputs(MatmulOp op, unsigned index) {
  FailureOr<HostValue> weights = interpretConstant(op->getOperand(index));
  std::optional<Choice> choice =
      succeeded(weights) ? findChoice(*weights) : std::nullopt;
  if (!choice)
    return false;
  PatternRewriter rewriter(op.getContext());
  rewriter.setInsertionPoint(op);
  Location loc = op.getLoc();
  Build b(rewriter, loc);
  // Both sides are summed along their rows.
  Value y = op->getOperand(1 - index);
  int64_t axis = typeOf(y).getRank() - 1;
  // A diagonal leaves all in place.
  if (!llvm::equal(choice->indices, llvm::seq(typeOf(y).getDimSize(axis))))
    y = GatherOp::create(rewriter, loc, y,
                         makeIntegers(rewriter, loc, choice->indices),
                         rewriter.getI64IntegerAttr(axis));
  if (llvm::any_of(choice->factors, [](float w) { return w != 1; })) {
    auto type = typeOf(y).clone(static_cast<int64_t>(choice->factors.size()));
    Value factors = arith::ConstantOp::create(
        rewriter, loc, DenseElementsAttr::get(type, ArrayRef(choice->factors)));
    y = b.binary(BinaryKind::Mul, y, factors);
  }
  // What is picked by rows of the left side are columns of the right one.
  if (index == 0 && axis > 0)
    y = b.exchange(y, axis - 1);
  rewriter.replaceOp(op, y);
  return true;
}

/// The side of a product that is a matrix of constants.
static std::optional<unsigned> findWeights(MatmulOp op) {
  for (unsigned side : {1, 0})
    if (typeOf(op->getOperand(side)).getRank() == 2 &&
        isConstantSlice(op->getOperand(side)))
      return side;
  return std::nullopt;
}

void nn::pickFeatures(func::FuncOp func) {
  if (func.isExternal())
    return;
  Block &block = func.getBody().front();
  std::optional<InputArithmetic> inputs;
  for (Operation &op : llvm::make_early_inc_range(block)) {
    auto matmul = dyn_cast<MatmulOp>(op);
    std::optional<unsigned> side = matmul ? findWeights(matmul) : std::nullopt;
    if (!side)
      continue;
    if (!inputs)
      inputs.emplace(block, InputScope::Scaled);
    // What is picked is an input of what follows.
    if (inputs->isInput(matmul->getOperand(1 - *side)) &&
        pickInputs(matmul, *side))
      inputs.reset();
  }
}

namespace {
/// Of conditions multiplied by whole weights, which is how trees count those of
/// a path that hold, sums are whole numbers but for the rounding of scales:
/// they are compared halfway between two of those. Beyond 2^22, where floats
/// have nothing halfway or are infinite, one more or less decides nothing.
struct CompareCounts : OpRewritePattern<CompareOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(CompareOp op,
                                PatternRewriter &rewriter) const override {
    Value count = op.getLhs(), number = op.getRhs();
    if (!isCount(count) || !isWhole(number))
      return rewriter.notifyMatchFailure(op, "compares no count with numbers");
    Build b(rewriter, op.getLoc());
    auto compare = [&](Predicate predicate, Value x, Value y) {
      rewriter.replaceOp(op, b.compare(predicate, x, y));
    };
    auto moved = [&](double by) {
      return b.binary(BinaryKind::Add, number, b.number(by));
    };
    Predicate predicate = op.getPredicate();
    switch (predicate) {
    case Predicate::Eq:
    case Predicate::Ne:
      compare(predicate == Predicate::Eq ? Predicate::Lt : Predicate::Gt,
              b.unary(UnaryKind::Abs, b.binary(BinaryKind::Sub, count, number)),
              b.number(0.5));
      break;
    case Predicate::Lt:
    case Predicate::Ge:
      compare(predicate, count, moved(-0.5));
      break;
    case Predicate::Le:
    case Predicate::Gt:
      compare(predicate, count, moved(0.5));
      break;
    }
    return success();
  }

private:
  static bool isWhole(Value value) {
    if (!isReal(value) || !isConstantSlice(value))
      return false;
    FailureOr<HostValue> numbers = interpretConstant(value);
    return succeeded(numbers) &&
           llvm::all_of(numbers->as<float>(), [](float x) {
             return std::abs(x) < 0x1p22f && x == std::floor(x);
           });
  }

  static bool isCount(Value value) {
    auto matmul = value.getDefiningOp<MatmulOp>();
    auto cast = matmul ? matmul.getLhs().getDefiningOp<CastOp>() : CastOp();
    return cast && typeOf(cast.getInput()).getElementType().isInteger(1) &&
           isWhole(matmul.getRhs());
  }
};
} // namespace

void nn::populateFeaturePatterns(RewritePatternSet &patterns) {
  patterns.add<CompareCounts>(patterns.getContext());
}
