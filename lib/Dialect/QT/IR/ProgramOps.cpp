//===- ProgramOps.cpp - Globals, launches and aliases -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QT/IR/QTAttrNames.h"
#include "quantc/Dialect/QT/IR/QTOps.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qt;

//===----------------------------------------------------------------------===//
// GlobalOp and GlobalRefOp
//===----------------------------------------------------------------------===//

LogicalResult GlobalOp::verify() {
  auto type = dyn_cast<RankedTensorType>(getType());
  if (!type || !getTensorBytes(type))
    return emitOpError() << "of type " << getType()
                         << "; supported: a static tensor of numbers";
  return success();
}

LogicalResult GlobalOp::verifyRegions() {
  auto yield = dyn_cast_or_null<YieldOp>(
      getBody().front().empty() ? nullptr : &getBody().front().back());
  if (!yield)
    return emitOpError() << "has to end in qt.yield";
  if (yield.getValues().getTypes() != TypeRange(getType()))
    return emitOpError() << "is of type " << getType() << ", yields ("
                         << yield.getValues().getTypes() << ")";
  return success();
}

LogicalResult GlobalRefOp::verifySymbolUses(SymbolTableCollection &symbols) {
  if ((*this)->getParentOfType<GlobalOp>())
    return emitOpError() << "stands in a qt.global, which computes its bytes "
                            "from constants alone";
  Operation *symbol = symbols.lookupNearestSymbolFrom(*this, getGlobalAttr());
  auto global = dyn_cast_or_null<GlobalOp>(symbol);
  if (!global)
    return emitOpError() << getGlobalAttr() << " is no qt.global";
  if (global.getType() != getType())
    return emitOpError() << getGlobalAttr() << " is of type "
                         << global.getType() << ", not " << getType();
  return success();
}

//===----------------------------------------------------------------------===//
// LaunchOp
//===----------------------------------------------------------------------===//

LogicalResult LaunchOp::verify() {
  if (getSizes().getNumDims() != 0)
    return emitOpError() << "sizes " << getSizesAttr() << " has "
                         << getSizes().getNumDims()
                         << " dimensions; supported: symbols";
  return success();
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  if (auto around = (*this)->getParentOfType<FunctionOpInterface>();
      around && around->hasAttr(kernelAttrName))
    return emitOpError() << "stands in a kernel, which launches no other";
  Operation *symbol = symbols.lookupNearestSymbolFrom(*this, getKernelAttr());
  if (!symbol)
    return emitOpError() << getKernelAttr() << " is not defined";
  // A lowered kernel is a module and takes pointers.
  if (isa<ModuleOp>(symbol))
    return success();
  auto func = dyn_cast<FunctionOpInterface>(symbol);
  if (!func || !func->hasAttr(kernelAttrName))
    return emitOpError() << getKernelAttr() << " is no function with qt.kernel";
  if (TypeRange(func.getArgumentTypes()) != getOperandTypes() ||
      TypeRange(func.getResultTypes()) != getResultTypes())
    return emitOpError() << getKernelAttr() << " is of type ("
                         << func.getArgumentTypes() << ") -> ("
                         << func.getResultTypes() << "), launched as ("
                         << getOperandTypes() << ") -> (" << getResultTypes()
                         << ")";
  auto shapes = func->getAttrOfType<ArrayAttr>(argShapesAttrName);
  if (!shapes)
    return success();
  for (Attribute shape : shapes) {
    auto map = dyn_cast<AffineMapAttr>(shape);
    if (map && map.getValue().getNumSymbols() != getSizes().getNumResults())
      return emitOpError() << getKernelAttr() << " has "
                           << map.getValue().getNumSymbols()
                           << " symbols, sizes gives "
                           << getSizes().getNumResults();
  }
  return success();
}

//===----------------------------------------------------------------------===//
// AliasOp
//===----------------------------------------------------------------------===//

/// The number of elements of a static type, where 63 bits hold it.
static std::optional<int64_t> countElements(RankedTensorType type) {
  int64_t count = 1;
  for (int64_t size : type.getShape())
    if (ShapedType::isDynamic(size) || llvm::MulOverflow(count, size, count))
      return std::nullopt;
  return count;
}

LogicalResult AliasOp::verify() {
  auto input = cast<RankedTensorType>(getInput().getType());
  auto result = cast<RankedTensorType>(getType());
  if (input.getElementType() != result.getElementType())
    return emitOpError() << "of " << input << " to " << result
                         << " changes the element type";
  std::optional<int64_t> from = countElements(input);
  std::optional<int64_t> to = countElements(result);
  if (from && to && *from != *to)
    return emitOpError() << "of " << input << " to " << result
                         << " changes the number of elements from " << *from
                         << " to " << *to;
  if (AffineMapAttr attribute = getSizesAttr()) {
    AffineMap sizes = attribute.getValue();
    if (sizes.getNumDims() != 0 || sizes.getNumResults() != result.getRank())
      return emitOpError() << "sizes " << attribute << " of a result of type "
                           << result
                           << "; supported: symbols, and a size a dimension";
    for (auto [size, expression] :
         llvm::zip_equal(result.getShape(), sizes.getResults()))
      if (auto number = dyn_cast<AffineConstantExpr>(expression);
          number && !ShapedType::isDynamic(size) && number.getValue() != size)
        return emitOpError() << "sizes " << attribute
                             << " contradict the result's type " << result;
  } else if (result.getNumDynamicDims() > 1) {
    return emitOpError() << "to " << result
                         << " does not tell its dynamic sizes; supported: one, "
                            "or sizes in terms of the function's symbols";
  }
  return success();
}

OpFoldResult AliasOp::fold(FoldAdaptor) {
  // Equal types are equal shapes where a dynamic size follows from the others,
  // which it does not beside a size of 0.
  if (getInput().getType() == getType() && getType().getNumDynamicDims() <= 1 &&
      (getType().hasStaticShape() ||
       !llvm::is_contained(getType().getShape(), 0)))
    return getInput();
  if (auto inner = getInput().getDefiningOp<AliasOp>()) {
    getInputMutable().assign(inner.getInput());
    return getResult();
  }
  return {};
}
