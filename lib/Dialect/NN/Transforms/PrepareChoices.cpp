//===- PrepareChoices.cpp - Functions of chosen constants -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Where -inf, the lowest float or -1e9 stands for what is masked, a row has the
// exponent of that, and nothing is left of the others. What a function makes of
// it is no longer far: exp(-inf) is 0. So the function is computed first, and
// chosen from behind it.
//
//===----------------------------------------------------------------------===//

#include "PrepareIntegers.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Interpreter/Interpreter.h"

#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

/// Beyond this no function varies, and constants of choices are moved. Rows of
/// 16 bits have units of 2^-8 beside it.
static constexpr double furthest = 128;

/// The elements of a constant of floats with one that is far from 0; none else.
static std::optional<HostValue> getFarConstant(Value value) {
  if (!isReal(value) || !isConstantSlice(value))
    return std::nullopt;
  FailureOr<HostValue> constant = interpretConstant(value);
  if (failed(constant))
    return std::nullopt;
  for (int64_t i = 0, e = constant->getNumElements(); i < e; ++i)
    if (std::abs(constant->getNumber(i)) > furthest)
      return *constant;
  return std::nullopt;
}

/// What \p op makes of the constant and what is constant beside it.
static FailureOr<HostValue> interpret(Operation *op,
                                      ArrayRef<HostValue> operands) {
  InterpreterContext context;
  SmallVector<HostValue> results;
  // These have the shape of the choice, and not of the constant.
  auto function = cast<InterpretableOpInterface>(op);
  if (failed(function.interpret(operands, results, context)))
    return failure();
  return results.front();
}

/// The attribute of \p value where it is of numbers.
static DenseElementsAttr getNumbers(FailureOr<HostValue> value) {
  if (failed(value))
    return {};
  for (int64_t i = 0, e = value->getNumElements(); i < e; ++i)
    if (std::isnan(value->getNumber(i)))
      return {};
  return value->toAttribute();
}

/// \p op on other operands.
static Value rebuild(OpBuilder &builder, Operation *op,
                     ArrayRef<Value> operands) {
  SmallVector<Type> types(
      llvm::map_range(operands, [](Value value) { return value.getType(); }));
  OperationState state(
      op->getLoc(), op->getName(), operands,
      inferElementwiseType(types,
                           getElementTypeOrSelf(op->getResult(0).getType())));
  state.propertiesAttr = op->getPropertiesAsAttribute();
  state.addAttributes(op->getDiscardableAttrDictionary().getValue());
  return builder.create(state)->getResult(0);
}

/// Functions of one element, and of one by a constant.
static bool isFunction(Operation *op) {
  auto binary = dyn_cast<BinaryOp>(op);
  return !binary || llvm::is_contained({BinaryKind::Mul, BinaryKind::Div,
                                        BinaryKind::Min, BinaryKind::Max},
                                       binary.getKind());
}

namespace {
/// f(choice(c, x, constant)) is choice(c, f(x), f(constant)).
template <typename OpT> struct ChooseBehind : OpRewritePattern<OpT> {
  using OpRewritePattern<OpT>::OpRewritePattern;

  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    if (!isFunction(op) || !isReal(op.getResult()))
      return rewriter.notifyMatchFailure(op, "is no function of floats");
    for (OpOperand &operand : op->getOpOperands())
      if (auto select = operand.get().template getDefiningOp<SelectOp>())
        for (bool isTrue : {false, true})
          if (succeeded(moveBehind(op, operand.getOperandNumber(), select,
                                   isTrue, rewriter)))
            return success();
    return rewriter.notifyMatchFailure(op, "is of no choice of a constant that "
                                           "is far from 0");
  }

private:
  /// Of a choice whose side on true, or on false, is the constant.
  static LogicalResult moveBehind(OpT op, unsigned index, SelectOp select,
                                  bool isTrue, PatternRewriter &rewriter) {
    Value constant = isTrue ? select.getOnTrue() : select.getOnFalse();
    Value other = isTrue ? select.getOnFalse() : select.getOnTrue();
    std::optional<HostValue> far = getFarConstant(constant);
    if (!far || isConstantSlice(other))
      return failure();
    SmallVector<HostValue> elements;
    SmallVector<Value> operands(op->getOperands());
    for (OpOperand &operand : op->getOpOperands()) {
      if (operand.getOperandNumber() == index) {
        elements.push_back(*far);
        continue;
      }
      FailureOr<HostValue> beside = failure();
      if (isConstantSlice(operand.get()))
        beside = interpretConstant(operand.get());
      if (failed(beside))
        return failure();
      elements.push_back(*beside);
    }
    DenseElementsAttr made = getNumbers(interpret(op, elements));
    if (!made)
      return failure();
    operands[index] = other;
    Value y = rebuild(rewriter, op, operands);
    Value chosen = arith::ConstantOp::create(rewriter, op.getLoc(), made);
    rewriter.replaceOpWithNewOp<SelectOp>(
        op, op.getType(), select.getCondition(), isTrue ? chosen : y,
        isTrue ? y : chosen);
    return success();
  }
};

/// A choice that asks for what it chooses from, as an ELU does, of another
/// choice: that of the constant is behind it.
struct JoinChoices : OpRewritePattern<SelectOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(SelectOp op,
                                PatternRewriter &rewriter) const override {
    if (!isReal(op.getResult()))
      return rewriter.notifyMatchFailure(op, "is no choice of floats");
    SmallVector<Value> read{op.getOnTrue(), op.getOnFalse()};
    if (auto compare = op.getCondition().getDefiningOp<CompareOp>())
      llvm::append_range(read, compare->getOperands());
    for (Value value : read)
      if (auto select = value.getDefiningOp<SelectOp>())
        for (bool isTrue : {false, true})
          if (getFarConstant(isTrue ? select.getOnTrue()
                                    : select.getOnFalse()) &&
              succeeded(
                  moveBehind(op, {select.getCondition(), isTrue}, rewriter)))
            return success();
    return rewriter.notifyMatchFailure(
        op, "is of no choice of a constant that is far from 0");
  }

private:
  /// Where constants are chosen: where a condition is true, or false.
  struct Side {
    Value condition;
    bool isTrue;
  };

  static LogicalResult moveBehind(SelectOp op, Side side,
                                  PatternRewriter &rewriter) {
    if (op.getCondition() == side.condition)
      return failure();
    DenseElementsAttr made = getNumbers(evaluate(op.getResult(), side, 0));
    if (!made)
      return failure();
    Value y = takeOther(op.getResult(), side, rewriter);
    Value chosen = arith::ConstantOp::create(rewriter, op.getLoc(), made);
    rewriter.replaceOpWithNewOp<SelectOp>(op, op.getType(), side.condition,
                                          side.isTrue ? chosen : y,
                                          side.isTrue ? y : chosen);
    return success();
  }

  /// What \p value is on one side of the condition; \p other: on the other.
  static Value getSide(Value value, Side side, bool other) {
    auto select = value.getDefiningOp<SelectOp>();
    if (!select || select.getCondition() != side.condition)
      return {};
    return side.isTrue != other ? select.getOnTrue() : select.getOnFalse();
  }

  static bool isElementwise(Operation *op) {
    return isa_and_nonnull<UnaryOp, BinaryOp, ClipOp, CompareOp, SelectOp>(op);
  }

  /// Functions that are written out have no more ops one after the other.
  static constexpr unsigned deepest = 8;

  /// \p value where constants are chosen, if it is one there.
  static FailureOr<HostValue> evaluate(Value value, Side side, unsigned depth) {
    if (isConstantSlice(value))
      return interpretConstant(value);
    if (Value constant = getSide(value, side, /*other=*/false))
      return evaluate(constant, side, depth);
    Operation *op = value.getDefiningOp();
    if (!isElementwise(op) || depth == deepest)
      return failure();
    SmallVector<HostValue> operands;
    for (Value operand : op->getOperands()) {
      FailureOr<HostValue> made = evaluate(operand, side, depth + 1);
      if (failed(made))
        return failure();
      operands.push_back(*made);
    }
    return interpret(op, operands);
  }

  /// The same, of what is a constant there, where others are chosen.
  static Value takeOther(Value value, Side side, PatternRewriter &rewriter) {
    if (isConstantSlice(value))
      return value;
    if (Value other = getSide(value, side, /*other=*/true))
      return other;
    SmallVector<Value> operands;
    for (Value operand : value.getDefiningOp()->getOperands())
      operands.push_back(takeOther(operand, side, rewriter));
    return rebuild(rewriter, value.getDefiningOp(), operands);
  }
};
} // namespace

void nn::populateChoicePatterns(RewritePatternSet &patterns) {
  patterns
      .add<ChooseBehind<UnaryOp>, ChooseBehind<BinaryOp>, ChooseBehind<ClipOp>,
           ChooseBehind<GeluOp>, ChooseBehind<SiluOp>, JoinChoices>(
          patterns.getContext());
}
