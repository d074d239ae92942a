//===- SymbolicShapes.cpp - Sizes as expressions of symbols -----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Analysis/SymbolicShapes.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Matchers.h"
#include "quantc/Interfaces/ShapeInterface.h"

using namespace mlir;
using namespace quantc;

SymbolicShapes::SymbolicShapes(FunctionOpInterface func)
    : context(func.getContext()) {
  if (func.isExternal())
    return;
  inferArguments(func);
  func->walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (op != func.getOperation())
      infer(op);
  });
}

void SymbolicShapes::inferArguments(FunctionOpInterface func) {
  auto maps = func->getAttrOfType<ArrayAttr>(argShapesAttrName);
  if (maps)
    for (auto map : maps.getAsRange<AffineMapAttr>())
      numSymbols = std::max(numSymbols, map.getValue().getNumSymbols());
  if (auto names = func->getAttrOfType<ArrayAttr>(dimNamesAttrName))
    numSymbols = std::max<unsigned>(numSymbols, names.size());
  for (auto [index, argument] : llvm::enumerate(func.getArguments())) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type || !maps || index >= maps.size())
      continue;
    AffineMap map = cast<AffineMapAttr>(maps[index]).getValue();
    if (static_cast<int64_t>(map.getNumResults()) == type.getRank())
      setSizes(argument, map.getResults());
  }
}

void SymbolicShapes::infer(Operation *op) {
  DenseIntElementsAttr constant;
  if (op->getNumResults() == 1 && matchPattern(op, m_Constant(&constant)) &&
      constant.getType().getRank() <= 1 && constant.getNumElements() <= 64) {
    // True is 1.
    bool isBoolean = constant.getElementType().isInteger(1);
    Sizes values;
    for (const APInt &value : constant.getValues<APInt>())
      values.push_back(
          getConstant(isBoolean ? value.getZExtValue() : value.getSExtValue()));
    setElements(op->getResult(0), values);
    return;
  }
  if (auto shaped = dyn_cast<ShapeInterface>(op))
    shaped.inferSymbolic(*this);
}

void SymbolicShapes::forget(Value value) {
  sizes.erase(value);
  elements.erase(value);
}

AffineExpr SymbolicShapes::getConstant(int64_t value) {
  return getAffineConstantExpr(value, context);
}

AffineExpr SymbolicShapes::makeFreshSymbol() {
  return getAffineSymbolExpr(numSymbols++, context);
}

ArrayRef<AffineExpr> SymbolicShapes::getSizes(Value tensor) {
  auto it = sizes.find(tensor);
  if (it == sizes.end()) {
    Sizes unknown;
    if (auto type = dyn_cast<RankedTensorType>(tensor.getType()))
      for (int64_t size : type.getShape())
        unknown.push_back(ShapedType::isDynamic(size) ? makeFreshSymbol()
                                                      : getConstant(size));
    it = sizes.try_emplace(tensor, std::move(unknown)).first;
  }
  return it->second;
}

void SymbolicShapes::setSizes(Value tensor, ArrayRef<AffineExpr> given) {
  Sizes known(given);
  // What the type knows is simpler than any expression for it.
  for (auto [size, expression] : llvm::zip(
           cast<RankedTensorType>(tensor.getType()).getShape(), known))
    if (!ShapedType::isDynamic(size))
      expression = getConstant(size);
  sizes[tensor] = std::move(known);
}

std::optional<ArrayRef<AffineExpr>> SymbolicShapes::getElements(Value value) {
  auto it = elements.find(value);
  if (it == elements.end()) {
    // A constant needs no order of creation.
    Operation *op = value.getDefiningOp();
    if (!op || !op->hasTrait<OpTrait::ConstantLike>())
      return std::nullopt;
    infer(op);
    it = elements.find(value);
    if (it == elements.end())
      return std::nullopt;
  }
  return ArrayRef<AffineExpr>(it->second);
}

void SymbolicShapes::setElements(Value value, ArrayRef<AffineExpr> given) {
  elements[value] = Sizes(given);
}

bool SymbolicShapes::haveEqualSizes(Value a, Value b) {
  Sizes left(getSizes(a)); // the second call may move the first one's storage
  return llvm::equal(left, getSizes(b));
}

/// Splits a product into a constant and the factors that are none.
static void collectFactors(AffineExpr expression, int64_t &constant,
                           SmallVectorImpl<AffineExpr> &factors) {
  if (auto number = dyn_cast<AffineConstantExpr>(expression)) {
    constant *= number.getValue();
    return;
  }
  if (expression.getKind() == AffineExprKind::Mul) {
    auto product = cast<AffineBinaryOpExpr>(expression);
    collectFactors(product.getLHS(), constant, factors);
    collectFactors(product.getRHS(), constant, factors);
    return;
  }
  factors.push_back(expression);
}

/// Equal products are equal expressions: factors in one order, the constant
/// last.
static AffineExpr makeProduct(MLIRContext *context, int64_t constant,
                              SmallVectorImpl<AffineExpr> &factors) {
  llvm::sort(factors, [](AffineExpr a, AffineExpr b) {
    auto left = dyn_cast<AffineSymbolExpr>(a), right = dyn_cast<AffineSymbolExpr>(b);
    if (left && right)
      return left.getPosition() < right.getPosition();
    if (left || right)
      return static_cast<bool>(left);
    return hash_value(a) < hash_value(b);
  });
  AffineExpr product = getAffineConstantExpr(1, context);
  for (AffineExpr factor : factors)
    product = product * factor;
  return product * constant;
}

AffineExpr SymbolicShapes::getProduct(ArrayRef<AffineExpr> given) {
  int64_t constant = 1;
  SmallVector<AffineExpr> factors;
  for (AffineExpr size : given)
    collectFactors(size, constant, factors);
  return makeProduct(context, constant, factors);
}

AffineExpr SymbolicShapes::divideExactly(ArrayRef<AffineExpr> given,
                                         ArrayRef<AffineExpr> divisors) {
  int64_t constant = 1, divisor = 1;
  SmallVector<AffineExpr> factors, others;
  for (AffineExpr size : given)
    collectFactors(size, constant, factors);
  for (AffineExpr size : divisors)
    collectFactors(size, divisor, others);
  for (AffineExpr other : others) {
    auto *it = llvm::find(factors, other);
    if (it == factors.end())
      return nullptr;
    factors.erase(it);
  }
  if (divisor == 0)
    return nullptr;
  if (constant % divisor == 0)
    return makeProduct(context, constant / divisor, factors);
  return makeProduct(context, constant, factors).floorDiv(divisor);
}

AffineExpr SymbolicShapes::broadcast(AffineExpr a, AffineExpr b) {
  auto isConstant = [](AffineExpr expression, std::optional<int64_t> value) {
    auto constant = dyn_cast<AffineConstantExpr>(expression);
    return constant && (!value || constant.getValue() == *value);
  };
  if (a == b || isConstant(b, 1))
    return a;
  if (isConstant(a, 1) || isConstant(b, std::nullopt))
    return b;
  if (isConstant(a, std::nullopt))
    return a;
  // Two names: either could be 1 at run time.
  return makeFreshSymbol();
}
