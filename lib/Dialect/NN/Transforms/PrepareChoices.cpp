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

/// What \p op makes of the constant and what is constant beside it, where that
/// is a number.
static DenseElementsAttr evaluate(Operation *op, ArrayRef<HostValue> operands) {
  InterpreterContext context;
  SmallVector<HostValue> results;
  // These have the shape of the choice, and not of the constant.
  auto function = cast<InterpretableOpInterface>(op);
  if (failed(function.interpret(operands, results, context)))
    return {};
  for (int64_t i = 0, e = results.front().getNumElements(); i < e; ++i)
    if (std::isnan(results.front().getNumber(i)))
      return {};
  return results.front().toAttribute();
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
    DenseElementsAttr made = evaluate(op, elements);
    if (!made)
      return failure();
    operands[index] = other;
    SmallVector<Type> types(
        llvm::map_range(operands, [](Value value) { return value.getType(); }));
    OperationState state(op.getLoc(), op->getName(), operands,
                         inferElementwiseType(types, rewriter.getF32Type()));
    state.propertiesAttr = op->getPropertiesAsAttribute();
    state.addAttributes(op->getDiscardableAttrDictionary().getValue());
    Value y = rewriter.create(state)->getResult(0);
    Value chosen = arith::ConstantOp::create(rewriter, op.getLoc(), made);
    rewriter.replaceOpWithNewOp<SelectOp>(
        op, op.getType(), select.getCondition(), isTrue ? chosen : y,
        isTrue ? y : chosen);
    return success();
  }
};
} // namespace

void nn::populateChoicePatterns(RewritePatternSet &patterns) {
  patterns
      .add<ChooseBehind<UnaryOp>, ChooseBehind<BinaryOp>, ChooseBehind<ClipOp>,
           ChooseBehind<GeluOp>, ChooseBehind<SiluOp>>(patterns.getContext());
}
