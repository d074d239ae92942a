//===- NNExponents.cpp - What becomes of elements far apart -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Matchers.h"
#include "quantc/Analysis/SplatConstants.h"
#include "quantc/Dialect/NN/IR/NNOps.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

/// Whether rows are single elements.
static bool isOneColumn(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return !type || type.getRank() == 0 || type.getShape().back() == 1;
}

/// Whether rows are reduced, along other axes or not.
static bool reducesRows(ReduceOp op) {
  return llvm::is_contained(op.getAxes(),
                            op.getInput().getType().getRank() - 1);
}

/// What the rows of a result are made of alone, beside one element each.
static Value getRows(Operation *op) {
  if (isa<ExpandOp, CastOp, ClipOp, UnaryOp>(op))
    return op->getOperand(0);
  if (auto reduce = dyn_cast<ReduceOp>(op))
    return reducesRows(reduce) ? Value() : reduce.getInput();
  if (auto binary = dyn_cast<BinaryOp>(op)) {
    if (isOneColumn(binary.getRhs()))
      return binary.getLhs();
    if (isOneColumn(binary.getLhs()))
      return binary.getRhs();
  }
  return {};
}

/// Whether elements may differ along a row: those of one that has been repeated
/// do not, as how many positions a mask leaves.
static bool hasColumns(Value value) {
  for (; value;
       value = value.getDefiningOp() ? getRows(value.getDefiningOp()) : Value())
    if (isOneColumn(value))
      return false;
  return true;
}

/// Functions whose elements are found with an exponent each.
static bool findsExponents(UnaryKind kind) {
  switch (kind) {
  case UnaryKind::Exp:
  case UnaryKind::Expm1:
  case UnaryKind::Softplus:
  case UnaryKind::Sqrt:
  case UnaryKind::Rsqrt:
  case UnaryKind::Reciprocal:
    return true;
  default:
    return false;
  }
}

/// Functions that are about x where x is small.
static bool isAboutOperand(UnaryKind kind) {
  switch (kind) {
  case UnaryKind::Tanh:
  case UnaryKind::Erf:
  case UnaryKind::Expm1:
  case UnaryKind::Log1p:
    return true;
  default:
    return false;
  }
}

bool UnaryOp::isResultSpread(ValueQuery, ValueQuery isSpread) {
  switch (getKind()) {
  case UnaryKind::Relu:
  case UnaryKind::Neg:
  case UnaryKind::Abs:
  case UnaryKind::Tanh:
  case UnaryKind::Erf:
  case UnaryKind::Log1p:
    return isSpread(getInput());
  default:
    return findsExponents(getKind());
  }
}

/// A sigmoid has an exponent for each element where small ones are shown, and
/// one for all else.
bool UnaryOp::canKeepExponents(ValueQuery, ValueQuery isSpread) {
  return findsExponents(getKind()) || getKind() == UnaryKind::Sigmoid ||
         (isAboutOperand(getKind()) && isSpread(getInput()));
}

SmallOperands UnaryOp::getSmallOperands() {
  switch (getKind()) {
  case UnaryKind::Relu:
  case UnaryKind::Neg:
  case UnaryKind::Abs:
    return SmallOperands::Passed;
  case UnaryKind::Log:
  case UnaryKind::Log1p:
  case UnaryKind::Sqrt:
  case UnaryKind::Rsqrt:
  case UnaryKind::Reciprocal:
    return SmallOperands::Shown;
  default:
    return isAboutOperand(getKind()) ? SmallOperands::Passed
                                     : SmallOperands::Hidden;
  }
}

bool UnaryOp::keepsUnits(ValueQuery) {
  switch (getKind()) {
  case UnaryKind::Abs:
  case UnaryKind::Neg:
  case UnaryKind::Relu:
  case UnaryKind::Sign:
  case UnaryKind::Sqrt:
  case UnaryKind::Rsqrt:
  case UnaryKind::Reciprocal:
    return true;
  default:
    return false;
  }
}

bool UnaryOp::showsUnits(const UnitQueries &) {
  return llvm::is_contained({UnaryKind::Log, UnaryKind::Log1p, UnaryKind::Sign,
                             UnaryKind::Rsqrt, UnaryKind::Reciprocal},
                            getKind());
}

bool UnaryOp::passesMagnitudes(ValueQuery) {
  return llvm::is_contained({UnaryKind::Relu, UnaryKind::Abs, UnaryKind::Sqrt},
                            getKind());
}

bool UnaryOp::passesErrors(ValueQuery) {
  switch (getKind()) {
  case UnaryKind::Neg:
  case UnaryKind::Abs:
  case UnaryKind::Relu:
  case UnaryKind::Sqrt:
  case UnaryKind::Rsqrt:
  case UnaryKind::Reciprocal:
  case UnaryKind::Log:
  case UnaryKind::Log1p:
    return true;
  default:
    return false;
  }
}

bool BinaryOp::isResultSpread(ValueQuery isConstant, ValueQuery isSpread) {
  bool areOperands = isSpread(getLhs()) || isSpread(getRhs());
  switch (getKind()) {
  case BinaryKind::Add:
  case BinaryKind::Sub:
  case BinaryKind::Max:
  case BinaryKind::Min:
  case BinaryKind::Mul:
    return areOperands;
  case BinaryKind::Div:
    return areOperands || !isConstant(getRhs());
  case BinaryKind::Pow:
    return true;
  default:
    return false;
  }
}

/// A product of factors of 16 bits shows nothing that is smaller.
bool BinaryOp::canKeepExponents(ValueQuery isConstant, ValueQuery isSpread) {
  return getKind() == BinaryKind::Mul || isResultSpread(isConstant, isSpread);
}

/// Whether a power is that of a root or of a reciprocal, of which small
/// elements show, or may be one.
static bool isRootPower(Value powers) {
  std::optional<double> power = matchSplat(powers);
  return !power || *power < 1;
}

SmallOperands BinaryOp::getSmallOperands() {
  switch (getKind()) {
  case BinaryKind::Add:
  case BinaryKind::Sub:
  case BinaryKind::Max:
  case BinaryKind::Min:
    return SmallOperands::Passed;
  case BinaryKind::Mul:
  case BinaryKind::Div:
    return SmallOperands::Multiplied;
  case BinaryKind::Pow:
    return isRootPower(getRhs()) ? SmallOperands::Shown
                                 : SmallOperands::Multiplied;
  case BinaryKind::Mod:
  case BinaryKind::Fmod:
    return SmallOperands::Shown;
  default:
    return SmallOperands::Hidden;
  }
}

/// Whether a factor is what one divides by, maybe scaled by constants.
static bool isReciprocal(Value value, ValueQuery isConstant) {
  if (!hasColumns(value))
    return false;
  while (Operation *op = value.getDefiningOp()) {
    if (auto unary = dyn_cast<UnaryOp>(op))
      return unary.getKind() == UnaryKind::Reciprocal ||
             unary.getKind() == UnaryKind::Rsqrt;
    auto binary = dyn_cast<BinaryOp>(op);
    if (binary && binary.getKind() == BinaryKind::Mul) {
      bool isScaled = isConstant(binary.getRhs());
      if (!isScaled && !isConstant(binary.getLhs()))
        return false;
      value = isScaled ? binary.getLhs() : binary.getRhs();
    } else if (isa<ReshapeOp, ExpandOp>(op)) {
      value = op->getOperand(0);
    } else {
      return false;
    }
  }
  return false;
}

bool BinaryOp::mayLeaveSmall(ValueQuery isConstant) {
  switch (getKind()) {
  case BinaryKind::Max:
  case BinaryKind::Min:
    return true;
  case BinaryKind::Div:
    return !isConstant(getRhs()) && hasColumns(getRhs());
  case BinaryKind::Mul:
    return isReciprocal(getLhs(), isConstant) ||
           isReciprocal(getRhs(), isConstant);
  default:
    return false;
  }
}

bool BinaryOp::keepsUnits(ValueQuery isConstant) {
  switch (getKind()) {
  case BinaryKind::Add:
  case BinaryKind::Sub:
  case BinaryKind::Mul:
  case BinaryKind::Div:
  case BinaryKind::Max:
  case BinaryKind::Min:
    return true;
  case BinaryKind::Pow:
    return isConstant(getRhs());
  default:
    return false;
  }
}

bool BinaryOp::showsUnits(const UnitQueries &queries) {
  switch (getKind()) {
  case BinaryKind::Mul:
    return queries.isFarApart(getLhs()) || queries.isFarApart(getRhs());
  case BinaryKind::Div:
    return queries.isFarApart(getRhs()) || queries.isInput(getRhs());
  case BinaryKind::Pow:
    return queries.hasNegative(getRhs());
  case BinaryKind::Mod:
  case BinaryKind::Fmod:
    return true;
  default:
    return false;
  }
}

bool BinaryOp::passesMagnitudes(ValueQuery isConstant) {
  switch (getKind()) {
  case BinaryKind::Add:
  case BinaryKind::Mul:
  case BinaryKind::Max:
  case BinaryKind::Min:
    return isConstant(getLhs()) || isConstant(getRhs());
  case BinaryKind::Div:
    return isConstant(getRhs());
  default:
    return false;
  }
}

/// The same ops: of both operands, or of one raised to a known power.
bool BinaryOp::passesErrors(ValueQuery isConstant) {
  return keepsUnits(isConstant);
}

/// Conditions are no numbers.
bool CompareOp::isResultSpread(ValueQuery, ValueQuery) { return false; }

static bool isInfinity(Value value) {
  return matchPattern(value, m_PosInfFloat()) ||
         matchPattern(value, m_NegInfFloat());
}

/// What is small is above 0, and above a number that is smaller. Whether a
/// value is NaN or infinite does not depend on it.
SmallOperands CompareOp::getSmallOperands() {
  bool asksForNumbers =
      getLhs() != getRhs() && !isInfinity(getLhs()) && !isInfinity(getRhs());
  return asksForNumbers ? SmallOperands::Shown : SmallOperands::Hidden;
}

bool CompareOp::showsUnits(const UnitQueries &queries) {
  return llvm::all_of(getOperands(), [&](Value operand) {
    return queries.isInput(operand) || queries.isConstant(operand);
  });
}

bool SelectOp::mayLeaveSmall(ValueQuery) { return true; }

bool SelectOp::keepsUnits(ValueQuery) { return true; }

bool ClipOp::mayLeaveSmall(ValueQuery) { return true; }

bool ClipOp::keepsUnits(ValueQuery) { return true; }

bool ClipOp::passesMagnitudes(ValueQuery) { return true; }

bool ConcatOp::keepsUnits(ValueQuery) { return true; }

bool SoftmaxOp::isResultSpread(ValueQuery, ValueQuery) { return true; }

bool SoftmaxOp::canKeepExponents(ValueQuery, ValueQuery) { return true; }

SmallOperands SoftmaxOp::getSmallOperands() { return SmallOperands::Hidden; }

bool SoftmaxOp::passesErrors(ValueQuery) { return false; }

/// What is left of a whole row has the magnitude of its largest element. What
/// is found along columns, of which each may be a feature with a unit of its
/// own, is as far apart as these are.
bool ReduceOp::isResultSpread(ValueQuery, ValueQuery) {
  if (getKind() == ReduceKind::Prod || getKind() == ReduceKind::L1)
    return false;
  return !reducesRows(*this) && hasColumns(getInput());
}

/// A minimum leaves the smallest element also of a whole row. What is left of
/// rows is a row itself unless their dimension is kept.
bool ReduceOp::canKeepExponents(ValueQuery isConstant, ValueQuery isSpread) {
  if (getKind() == ReduceKind::Prod || getKind() == ReduceKind::L1)
    return false;
  bool joinsRows = reducesRows(*this) && !isOneColumn(getResult());
  if (joinsRows &&
      (getKind() == ReduceKind::SumSq || getKind() == ReduceKind::L2))
    return true;
  return isResultSpread(isConstant, isSpread) ||
         ((getKind() == ReduceKind::Min || joinsRows) && isSpread(getInput()));
}

SmallOperands ReduceOp::getSmallOperands() { return SmallOperands::Summed; }

bool ReduceOp::passesErrors(ValueQuery) {
  return llvm::is_contained(
      {ReduceKind::Sum, ReduceKind::Mean, ReduceKind::Max, ReduceKind::Min},
      getKind());
}

bool TransposeOp::turnsRows() {
  ArrayRef<int64_t> permutation = getPerm();
  return !permutation.empty() &&
         permutation.back() != static_cast<int64_t>(permutation.size()) - 1;
}

bool MatmulOp::isResultSpread(ValueQuery, ValueQuery) { return false; }

SmallOperands MatmulOp::getSmallOperands() { return SmallOperands::Hidden; }

bool MatmulOp::passesErrors(ValueQuery) { return false; }

bool MatmulOp::sumsRows() { return true; }
