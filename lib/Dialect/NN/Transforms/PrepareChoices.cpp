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

#include <cfloat>
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

/// Beyond this no function varies, and constants of choices are moved. Rows of
/// 16 bits have units of 2^-8 beside it.
static constexpr double furthest = 128;

/// More constants than this, as those of masks are, are not made again.
static constexpr int64_t mostConstants = 1 << 16;

/// Whether a value is a constant of floats with an element that is far from 0.
static bool isFarConstant(Value value) {
  if (!isReal(value) || !isConstantSlice(value))
    return false;
  FailureOr<HostValue> constant = interpretConstant(value);
  if (failed(constant))
    return false;
  for (int64_t i = 0, e = constant->getNumElements(); i < e; ++i)
    if (std::abs(constant->getNumber(i)) > furthest)
      return true;
  return false;
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

/// The attribute of \p value where all of it are numbers: one of them alone
/// where no other one is among them.
static DenseElementsAttr getNumbers(const HostValue &value) {
  for (int64_t i = 0, e = value.getNumElements(); i < e; ++i)
    if (std::isnan(value.getNumber(i)))
      return {};
  DenseElementsAttr elements = value.toAttribute();
  if (!elements.isSplat())
    return elements;
  auto single = RankedTensorType::get({}, elements.getElementType());
  return elements.resizeSplat(single);
}

namespace {
/// What values are where a choice takes a constant: on true, or on false.
class ChosenSide {
public:
  ChosenSide(SelectOp select, bool isTrue)
      : condition(select.getCondition()), isTrue(isTrue) {}

  Value getCondition() const { return condition; }

  /// A choice by the condition of what \p value is where constants are chosen
  /// and where others are; null where it is not made of constants there, or of
  /// constants alone.
  Value choose(Value value, OpBuilder &builder);

private:
  /// What \p value is on this side of the condition; \p other: on the other.
  Value getSide(Value value, bool other) const;
  FailureOr<HostValue> evaluate(Value value, bool isFinite, unsigned depth);
  FailureOr<HostValue> compute(Value value, bool isFinite, unsigned depth);
  DenseElementsAttr findNumbers(Value value);
  Value takeOther(Value value, OpBuilder &builder);

  /// Functions that are written out have no more ops one after the other.
  static constexpr unsigned deepest = 8;

  Value condition;
  bool isTrue;
  llvm::DenseMap<Value, HostValue> evaluated;
  llvm::DenseMap<Value, Value> others;
};
} // namespace

Value ChosenSide::getSide(Value value, bool other) const {
  auto select = value.getDefiningOp<SelectOp>();
  if (!select || select.getCondition() != condition)
    return {};
  return isTrue != other ? select.getOnTrue() : select.getOnFalse();
}

static bool isElementwise(Operation *op) {
  return isa_and_nonnull<UnaryOp, BinaryOp, ClipOp, GeluOp, SiluOp, CastOp,
                         CompareOp, SelectOp>(op);
}

/// An infinity as the largest float.
static HostValue makeFinite(const HostValue &value) {
  HostValue finite = HostValue::allocate(value.getType());
  for (int64_t i = 0, e = value.getNumElements(); i < e; ++i)
    finite.setNumber(i,
                     std::clamp<double>(value.getNumber(i), -FLT_MAX, FLT_MAX));
  return finite;
}

/// \p value where constants are chosen, if it is one there.
FailureOr<HostValue> ChosenSide::evaluate(Value value, bool isFinite,
                                          unsigned depth) {
  if (auto known = evaluated.find(value); known != evaluated.end())
    return known->second;
  FailureOr<HostValue> made = compute(value, isFinite, depth);
  if (succeeded(made))
    evaluated[value] = *made;
  return made;
}

FailureOr<HostValue> ChosenSide::compute(Value value, bool isFinite,
                                         unsigned depth) {
  if (isConstantSlice(value)) {
    FailureOr<HostValue> constant = interpretConstant(value);
    return succeeded(constant) && isFinite && isReal(value)
               ? makeFinite(*constant)
               : constant;
  }
  if (Value constant = getSide(value, /*other=*/false))
    return evaluate(constant, isFinite, depth);
  Operation *op = value.getDefiningOp();
  if (!isElementwise(op) || depth == deepest)
    return failure();
  SmallVector<HostValue> operands, results;
  for (Value operand : op->getOperands()) {
    FailureOr<HostValue> made = evaluate(operand, isFinite, depth + 1);
    if (failed(made))
      return failure();
    operands.push_back(*made);
  }
  // Results have the shape of the constants, and not of the choice.
  InterpreterContext context;
  if (failed(cast<InterpretableOpInterface>(op).interpret(operands, results,
                                                          context)))
    return failure();
  return results.front();
}

DenseElementsAttr ChosenSide::findNumbers(Value value) {
  // No float is x g(x) of an infinity whose g is 0, but there is of all others.
  for (bool isFinite : {false, true}) {
    evaluated.clear();
    FailureOr<HostValue> made = evaluate(value, isFinite, 0);
    if (failed(made))
      return {};
    if (DenseElementsAttr numbers = getNumbers(*made))
      return numbers;
  }
  return {};
}

/// \p value, which is a constant on this side, where others are chosen.
Value ChosenSide::takeOther(Value value, OpBuilder &builder) {
  if (isConstantSlice(value))
    return value;
  if (Value other = getSide(value, /*other=*/true))
    return other;
  if (Value known = others.lookup(value))
    return known;
  SmallVector<Value> operands;
  for (Value operand : value.getDefiningOp()->getOperands())
    operands.push_back(takeOther(operand, builder));
  return others[value] = rebuild(builder, value.getDefiningOp(), operands);
}

Value ChosenSide::choose(Value value, OpBuilder &builder) {
  DenseElementsAttr made = findNumbers(value);
  if (!made || made.getNumElements() > mostConstants)
    return {};
  Location loc = value.getLoc();
  Value y = takeOther(value, builder);
  Value chosen = arith::ConstantOp::create(builder, loc, made);
  return SelectOp::create(builder, loc, value.getType(), condition,
                          isTrue ? chosen : y, isTrue ? y : chosen);
}

/// Functions of one element, and of two that may be a constant.
static bool isFunction(Operation *op) {
  auto binary = dyn_cast<BinaryOp>(op);
  return !binary ||
         llvm::is_contained({BinaryKind::Add, BinaryKind::Sub, BinaryKind::Mul,
                             BinaryKind::Div, BinaryKind::Pow, BinaryKind::Min,
                             BinaryKind::Max},
                            binary.getKind());
}

/// Replaces \p op by a choice of constants that are far in one of \p read, of
/// another condition than \p own.
static LogicalResult chooseBehind(Operation *op, ValueRange read, Value own,
                                  PatternRewriter &rewriter) {
  for (Value value : read) {
    auto select = value.getDefiningOp<SelectOp>();
    if (!select || select.getCondition() == own)
      continue;
    for (bool isTrue : {false, true}) {
      Value constant = isTrue ? select.getOnTrue() : select.getOnFalse();
      Value other = isTrue ? select.getOnFalse() : select.getOnTrue();
      if (!isFarConstant(constant) || isConstantSlice(other))
        continue;
      ChosenSide side(select, isTrue);
      if (Value chosen = side.choose(op->getResult(0), rewriter)) {
        rewriter.replaceOp(op, chosen);
        return success();
      }
    }
  }
  return rewriter.notifyMatchFailure(
      op, "is of no choice of a constant that is far from 0");
}

namespace {
/// f(choice(c, x, constant)) is choice(c, f(x), f(constant)).
template <typename OpT> struct ChooseBehind : OpRewritePattern<OpT> {
  using OpRewritePattern<OpT>::OpRewritePattern;

  LogicalResult matchAndRewrite(OpT op,
                                PatternRewriter &rewriter) const override {
    if (!isFunction(op) || !isReal(op->getOperand(0)))
      return rewriter.notifyMatchFailure(op, "is no function of floats");
    return chooseBehind(op, op->getOperands(), /*own=*/{}, rewriter);
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
    return chooseBehind(op, read, op.getCondition(), rewriter);
  }
};
} // namespace

void nn::populateChoicePatterns(RewritePatternSet &patterns) {
  patterns.add<ChooseBehind<UnaryOp>, ChooseBehind<BinaryOp>,
               ChooseBehind<ClipOp>, ChooseBehind<GeluOp>, ChooseBehind<SiluOp>,
               ChooseBehind<CompareOp>, JoinChoices>(patterns.getContext());
}
