//===- MaskFactors.cpp - Masks and what is beside them ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MaskFactors.h"
#include "Limiter.h"
#include "Operands.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Analysis/MaskParts.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Interpreter/Interpreter.h"

#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

bool nn::isConstantOf(Value value, function_ref<bool(double)> check) {
  if (!isConstantSlice(value))
    return false;
  FailureOr<HostValue> constant = interpretConstant(value);
  if (failed(constant))
    return false;
  for (int64_t i = 0, e = constant->getNumElements(); i < e; ++i)
    if (!check(constant->getNumber(i)))
      return false;
  return true;
}

bool nn::isOffset(Value value) {
  // NaN is beyond it, too.
  return isConstantOf(value, [](double element) {
    return !(std::abs(element) <= limitOfScores);
  });
}

static bool isOne(Value value) {
  return isConstantOf(value, [](double element) { return element == 1; });
}

bool MaskFactors::isOfInputs(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return true;
  if (auto known = ofInputs.find(value); known != ofInputs.end())
    return known->second;
  auto isNext = [&](Value next) { return isOfInputs(next); };
  bool is = false;
  if (auto binary = dyn_cast<BinaryOp>(op))
    is = llvm::is_contained({BinaryKind::Mul, BinaryKind::Min, BinaryKind::Max},
                            binary.getKind()) &&
         llvm::all_of(op->getOperands(), isNext);
  else if (op->hasTrait<MovesElements>() || isa<CastOp, ClipOp>(op))
    is = isNext(op->getOperand(0));
  return ofInputs[value] = is;
}

bool MaskFactors::areConditions(Value value) {
  if (auto known = conditions.find(value); known != conditions.end())
    return known->second;
  bool are = findConditions(value);
  return conditions[value] = are;
}

bool MaskFactors::findConditions(Value value) {
  if (typeOf(value).getElementType().isInteger(1) || isConstantSlice(value))
    return true;
  Operation *op = value.getDefiningOp();
  if (!op)
    return false;
  auto isNext = [&](Value next) { return areConditions(next); };
  if (auto binary = dyn_cast<BinaryOp>(op)) {
    Value lhs = op->getOperand(0), rhs = op->getOperand(1);
    bool isFromOne =
        binary.getKind() == BinaryKind::Sub &&
        ((isOne(lhs) && isOfInputs(rhs)) || (isOne(rhs) && isOfInputs(lhs)));
    return isFromOne || llvm::all_of(op->getOperands(), isNext);
  }
  if (isa<SelectOp>(op))
    return llvm::all_of(op->getOperands().drop_front(), isNext);
  if (isa<ConcatOp>(op))
    return llvm::all_of(op->getOperands(), isNext);
  if (!op->hasTrait<MovesElements>() && !isa<CastOp, ClipOp>(op))
    return false;
  Value from = op->getOperand(0);
  // A table of numbers that an input picks from is one of numbers.
  if (isConstantSlice(from))
    return isConstantOf(from,
                        [](double element) { return std::abs(element) <= 1; });
  return isNext(from);
}

/// Whether a value is a constant with an element that hides.
static bool hidesSomething(Value value) {
  return isConstantSlice(value) &&
         collectMaskParts(value).largest > limitOfScores;
}

/// Whether floats have no fraction left beside a constant's elements.
static bool leavesNothing(Value value) {
  return isConstantOf(value, [](double element) {
    return element == 0 || std::abs(element) >= 0x1p24;
  });
}

bool MaskFactors::isMask(BinaryOp op) {
  if (op.getKind() != BinaryKind::Mul)
    return false;
  for (auto [constant, factor] : getBothOrders(op))
    if (hidesSomething(constant) &&
        (areConditions(factor) || (leavesNothing(constant) && isWhole(factor))))
      return true;
  return false;
}

/// The largest magnitude of a constant's finite elements.
static double findLargest(Value value, bool isDivisor = false) {
  double largest = 0;
  isConstantOf(value, [&](double element) {
    double factor = std::abs(isDivisor ? 1 / element : element);
    if (std::isfinite(factor))
      largest = std::max(largest, factor);
    return true;
  });
  return largest;
}

/// Of what is neither a product nor made of some.
static constexpr double noFactor = 0.5;

/// Functions that are about as large as what they are of, where that is large.
static bool growsAsOperand(UnaryKind kind) {
  switch (kind) {
  case UnaryKind::Neg:
  case UnaryKind::Abs:
  case UnaryKind::Relu:
  case UnaryKind::Softplus:
  case UnaryKind::Floor:
  case UnaryKind::Ceil:
  case UnaryKind::Round:
    return true;
  default:
    return false;
  }
}

/// Functions that may be larger by any factor.
static bool isUnlimited(UnaryKind kind) {
  switch (kind) {
  case UnaryKind::Exp:
  case UnaryKind::Expm1:
  case UnaryKind::Sinh:
  case UnaryKind::Cosh:
  case UnaryKind::Tan:
  case UnaryKind::Reciprocal:
  case UnaryKind::Rsqrt:
    return true;
  default:
    return false;
  }
}

double MaskFactors::findFactor(Value value, double unknown) {
  return findFactor(value, Part{unknown});
}

double MaskFactors::findFactor(Value value, Part part) {
  constexpr unsigned deepest = 8;
  Operation *op = value.getDefiningOp();
  if (isConstantSlice(value))
    return part.isFactor ? findLargest(value) / limitOfScores : 0;
  if (!op || part.depth == deepest)
    return noFactor;
  ++part.depth;
  auto ofAll = [&](OperandRange operands) {
    double largest = 0;
    for (Value operand : operands)
      if (isReal(operand))
        largest = std::max(largest, findFactor(operand, part));
    return largest;
  };
  auto ofFactor = [&](Value factor) {
    Part own = part;
    own.isFactor = true;
    return std::max(noFactor, findFactor(factor, own));
  };
  if (op->hasTrait<MovesElements>() || isa<ClipOp, ReduceOp, PoolOp>(op))
    return ofAll(op->getOperands().take_front());
  if (isa<SelectOp, ConcatOp>(op))
    return ofAll(op->getOperands());
  if (isa<MatmulOp, ConvOp>(op)) {
    if (part.isInSum)
      return noFactor;
    part.isInSum = true;
    Value weights = op->getOperand(1);
    double largest = ofFactor(op->getOperand(0));
    // Many small ones come to as much as one.
    return isConstantSlice(weights)
               ? largest * std::max(1.0, findLargest(weights))
               : 2 * largest * ofFactor(weights);
  }
  if (auto unary = dyn_cast<UnaryOp>(op)) {
    if (isUnlimited(unary.getKind()))
      return part.unknown;
    return growsAsOperand(unary.getKind()) ? ofFactor(op->getOperand(0))
                                           : noFactor;
  }
  if (isa<GeluOp, SiluOp>(op))
    return ofFactor(op->getOperand(0));
  auto binary = dyn_cast<BinaryOp>(op);
  if (!binary)
    return noFactor;
  Value lhs = op->getOperand(0), rhs = op->getOperand(1);
  switch (binary.getKind()) {
  case BinaryKind::Add:
  case BinaryKind::Sub:
  case BinaryKind::Max:
  case BinaryKind::Min:
    return ofAll(op->getOperands());
  case BinaryKind::Mul:
    // What a product is multiplied by again is limited nowhere.
    if (!part.isFactor && isMask(binary))
      return 0;
    if (isConstantSlice(lhs))
      std::swap(lhs, rhs);
    return isConstantSlice(rhs) ? ofFactor(lhs) * findLargest(rhs)
                                : 2 * ofFactor(lhs) * ofFactor(rhs);
  case BinaryKind::Div:
    return isConstantSlice(rhs)
               ? ofFactor(lhs) * findLargest(rhs, /*isDivisor=*/true)
               : part.unknown;
  case BinaryKind::Pow:
    return part.unknown;
  default:
    return noFactor;
  }
}

unsigned MaskFactors::getPlaces(double factor) {
  constexpr unsigned most = 96;
  if (!(factor < std::ldexp(1.0, most)))
    return most;
  return std::max(std::ilogb(factor) + 1, 0);
}
