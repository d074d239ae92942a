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
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/SizeArithmetic.h"
#include "quantc/Interfaces/ShapeInterface.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/MathExtras.h"
#include <utility>

using namespace mlir;
using namespace quantc;

SymbolicShapes::SymbolicShapes(FunctionOpInterface func)
    : context(func.getContext()) {
  if (func.isExternal())
    return;
  inferArguments(func);
  inferResults(func);
  func->walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (op != func.getOperation())
      infer(op);
  });
  inferResults(func);
}

/// What the function states of its results, which no op in it may tell. Before
/// the ops are asked and after: what they set would take precedence.
void SymbolicShapes::inferResults(FunctionOpInterface func) {
  auto maps = func->getAttrOfType<ArrayAttr>(resultShapesAttrName);
  if (!func.getFunctionBody().hasOneBlock())
    return;
  Operation *terminator = func.getFunctionBody().front().getTerminator();
  if (!maps || maps.size() != terminator->getNumOperands())
    return;
  for (auto [map, value] :
       llvm::zip(maps.getAsRange<AffineMapAttr>(), terminator->getOperands())) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (type &&
        static_cast<int64_t>(map.getValue().getNumResults()) == type.getRank())
      setSizes(value, map.getValue().getResults());
  }
}

void SymbolicShapes::inferArguments(FunctionOpInterface func) {
  SmallVector<AffineMap> maps;
  if (auto attribute = func->getAttrOfType<ArrayAttr>(argShapesAttrName))
    for (Attribute map : attribute)
      maps.push_back(isa<AffineMapAttr>(map)
                         ? cast<AffineMapAttr>(map).getValue()
                         : AffineMap());
  for (AffineMap map : maps)
    if (map)
      numSymbols = std::max(numSymbols, map.getNumSymbols());
  if (auto names = func->getAttrOfType<ArrayAttr>(dimNamesAttrName))
    numSymbols = std::max<unsigned>(numSymbols, names.size());
  for (auto [index, argument] : llvm::enumerate(func.getArguments())) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type || index >= maps.size())
      continue;
    AffineMap map = maps[index];
    if (map && map.getNumDims() == 0 &&
        static_cast<int64_t>(map.getNumResults()) == type.getRank())
      setSizes(argument, map.getResults());
  }
}

void SymbolicShapes::infer(Operation *op) {
  LocationAttr outer = std::exchange(current, op->getLoc());
  llvm::scope_exit restore([&] { current = outer; });
  DenseIntElementsAttr constant;
  if (op->getNumResults() == 1 && matchPattern(op, m_Constant(&constant)) &&
      constant.getNumElements() <= 64) {
    // True is 1.
    bool isUnsigned = constant.getElementType().isInteger(1) ||
                      constant.getElementType().isUnsignedInteger();
    Sizes values;
    for (const APInt &value : constant.getValues<APInt>())
      values.push_back(getConstant(isUnsigned ? value.getZExtValue()
                                              : value.getSExtValue()));
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
  auto type = dyn_cast<RankedTensorType>(tensor.getType());
  if (!type) // a vector has no sizes to be known
    return;
  Sizes known;
  for (AffineExpr size : given)
    known.push_back(canonicalize(size));
  // What the type states is simpler than any expression for it, if both are
  // equal.
  for (auto [size, expression] : llvm::zip(type.getShape(), known))
    if (!ShapedType::isDynamic(size)) {
      expectEqual(expression, getConstant(size));
      expression = getConstant(size);
    }
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

/// Whether elements of \p type hold \p value. A model that computes sizes in 32
/// bits is taken to have no larger ones; in fewer bits it is not about sizes.
static bool holds(Type type, AffineExpr value) {
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer)
    return false;
  bool isUnsigned = integer.isUnsigned() || integer.getWidth() == 1;
  if (auto constant = dyn_cast<AffineConstantExpr>(value)) {
    int64_t number = constant.getValue();
    return isUnsigned ? number >= 0 && llvm::isUIntN(integer.getWidth(), number)
                      : llvm::isIntN(integer.getWidth(), number);
  }
  return integer.getWidth() >= 32 &&
         (!isUnsigned ||
          isSizeAtLeast(value, getAffineConstantExpr(0, value.getContext())));
}

void SymbolicShapes::setElements(Value value, ArrayRef<AffineExpr> given) {
  Type type = getElementTypeOrSelf(value.getType());
  Sizes known;
  for (AffineExpr element : given) {
    known.push_back(canonicalizeSize(element));
    if (!known.back() || !holds(type, known.back())) {
      elements.erase(value);
      return;
    }
  }
  elements[value] = std::move(known);
}

bool SymbolicShapes::haveEqualSizes(Value a, Value b) {
  Sizes left(getSizes(a)); // the second call may move the first one's storage
  return llvm::equal(left, getSizes(b));
}

AffineExpr SymbolicShapes::canonicalize(AffineExpr size) {
  AffineExpr canonical = canonicalizeSize(size);
  return canonical ? canonical : makeFreshSymbol();
}

AffineExpr SymbolicShapes::getProduct(ArrayRef<AffineExpr> factors) {
  AffineExpr product = multiplySizes(factors, context);
  return product ? product : makeFreshSymbol();
}

/// Of a product of several names and of numbers, the first name; else null.
static AffineExpr getFirstFactor(AffineExpr product) {
  SmallVector<AffineSymbolExpr> names;
  bool isProduct = true;
  product.walk([&](AffineExpr part) {
    if (auto name = dyn_cast<AffineSymbolExpr>(part))
      names.push_back(name);
    else
      isProduct &= isa<AffineConstantExpr>(part) ||
                   part.getKind() == AffineExprKind::Mul;
  });
  if (!isProduct || names.size() < 2)
    return nullptr;
  return *llvm::min_element(names, [](AffineSymbolExpr a, AffineSymbolExpr b) {
    return a.getPosition() < b.getPosition();
  });
}

AffineExpr SymbolicShapes::divideExactly(ArrayRef<AffineExpr> factors,
                                         ArrayRef<AffineExpr> divisors) {
  AffineExpr dividend = getProduct(factors);
  // Numbers last: what they leave is a quotient at run time.
  int64_t number = 1;
  for (AffineExpr divisor : divisors) {
    if (auto constant = dyn_cast<AffineConstantExpr>(divisor)) {
      if (llvm::MulOverflow(number, constant.getValue(), number))
        return nullptr;
      continue;
    }
    // Cancels as a whole: its factors may be spread over several of ours.
    AffineExpr quotient = divideSizeExactly(dividend, divisor);
    if (!quotient) {
      // Whoever views a mask by the batch of another input means its own.
      AffineExpr batch = getFirstFactor(dividend);
      if (batch && isa<AffineSymbolExpr>(divisor))
        expectEqual(batch, divisor);
      return nullptr;
    }
    dividend = quotient;
  }
  if (number <= 0)
    return nullptr;
  return canonicalize(dividend.floorDiv(number));
}

AffineExpr SymbolicShapes::countWindows(AffineExpr size, int64_t pads,
                                        int64_t span, int64_t stride) {
  WindowCount windows = quantc::countWindows(size, pads, span, stride);
  if (windows.tooSmall) {
    zeroSizes.push_back(canonicalize(windows.tooSmall));
    zeroSizeLocs.push_back(current);
  }
  return windows.count;
}

void SymbolicShapes::expectEqual(AffineExpr a, AffineExpr b) {
  if (a == b)
    return;
  expectations.emplace_back(a, b);
  expectationLocs.push_back(current);
}

/// Which of two sizes stands for both: the one with the latest symbol, since
/// what nobody knows must not pass for known, then the simpler one.
static AffineExpr pickSize(AffineExpr a, AffineExpr b) {
  auto measure = [](AffineExpr size) {
    int latest = -1, parts = 0;
    size.walk([&](AffineExpr part) {
      ++parts;
      if (auto symbol = dyn_cast<AffineSymbolExpr>(part))
        latest = std::max(latest, static_cast<int>(symbol.getPosition()));
    });
    return std::pair(-latest, parts);
  };
  return measure(b) < measure(a) ? b : a;
}

AffineExpr SymbolicShapes::broadcast(AffineExpr a, AffineExpr b, bool isFront) {
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
  // Two names: either could be 1 at run time. What is computed from names, as
  // half a size and a quarter twice, is a model's that fits for some sizes
  // only; the run compares both, and the simpler one stands for them.
  unsigned names = isa<AffineSymbolExpr>(a) + isa<AffineSymbolExpr>(b);
  if (isFront && names == 2) {
    frontPairs.emplace_back(a, b);
    return makeFreshSymbol();
  }
  expectEqual(a, b);
  return names == 2 ? makeFreshSymbol() : pickSize(a, b);
}
