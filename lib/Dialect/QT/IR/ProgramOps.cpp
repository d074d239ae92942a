//===- ProgramOps.cpp - Globals, launches and aliases -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/QT/IR/QTOps.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

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
  Operation *symbol = symbols.lookupNearestSymbolFrom(*this, getKernelAttr());
  if (!symbol)
    return emitOpError() << getKernelAttr() << " is not defined";
  // A lowered kernel is a module and takes pointers.
  if (isa<ModuleOp>(symbol))
    return success();
  auto func = dyn_cast<FunctionOpInterface>(symbol);
  if (!func || !func->hasAttr("qt.kernel"))
    return emitOpError() << getKernelAttr() << " is no function with qt.kernel";
  if (TypeRange(func.getArgumentTypes()) != getOperandTypes() ||
      TypeRange(func.getResultTypes()) != getResultTypes())
    return emitOpError() << getKernelAttr() << " is of type ("
                         << func.getArgumentTypes() << ") -> ("
                         << func.getResultTypes() << "), launched as ("
                         << getOperandTypes() << ") -> (" << getResultTypes()
                         << ")";
  auto shapes = func->getAttrOfType<ArrayAttr>("qt.arg_shapes");
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

LogicalResult AliasOp::verify() {
  auto input = cast<RankedTensorType>(getInput().getType());
  auto result = cast<RankedTensorType>(getType());
  if (input.getElementType() != result.getElementType())
    return emitOpError() << "of " << input << " to " << result
                         << " changes the element type";
  if (input.hasStaticShape() && result.hasStaticShape() &&
      input.getNumElements() != result.getNumElements())
    return emitOpError() << "of " << input << " to " << result
                         << " changes the number of elements from "
                         << input.getNumElements() << " to "
                         << result.getNumElements();
  return success();
}

OpFoldResult AliasOp::fold(FoldAdaptor) {
  if (getInput().getType() == getType())
    return getInput();
  if (auto inner = getInput().getDefiningOp<AliasOp>()) {
    getInputMutable().assign(inner.getInput());
    return getResult();
  }
  return {};
}
