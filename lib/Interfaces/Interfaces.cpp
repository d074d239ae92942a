//===- Interfaces.cpp - What the op interfaces share -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Analysis/SymbolicShapes.h"
#include "quantc/Interfaces/ElementwiseOpInterface.h"
#include "quantc/Interfaces/ExponentOpInterface.h"
#include "quantc/Interfaces/ImageOpInterface.h"
#include "quantc/Interfaces/IntegerLoweringInterface.h"
#include "quantc/Interfaces/InterpretableOpInterface.h"
#include "quantc/Interfaces/QuantizableOpInterface.h"
#include "quantc/Interfaces/QuantizedElementTypeInterface.h"
#include "quantc/Interfaces/RowOpInterface.h"
#include "quantc/Interfaces/ShapeInterface.h"
#include "quantc/Interfaces/SignOpInterface.h"
#include "quantc/Interpreter/HostValue.h"

using namespace mlir;

#include "quantc/Interfaces/ElementwiseOpInterface.cpp.inc"
#include "quantc/Interfaces/ExponentOpInterface.cpp.inc"
#include "quantc/Interfaces/ImageOpInterface.cpp.inc"
#include "quantc/Interfaces/IntegerLoweringInterface.cpp.inc"
#include "quantc/Interfaces/InterpretableOpInterface.cpp.inc"
#include "quantc/Interfaces/QuantizableOpInterface.cpp.inc"
#include "quantc/Interfaces/QuantizedElementTypeInterface.cpp.inc"
#include "quantc/Interfaces/RowOpInterface.cpp.inc"
#include "quantc/Interfaces/ShapeInterface.cpp.inc"
#include "quantc/Interfaces/SignOpInterface.cpp.inc"

Operation *quantc::cloneElementwise(OpBuilder &builder, Operation *op,
                                    ValueRange operands) {
  Type element = getElementTypeOrSelf(op->getResult(0).getType());
  Type type = element;
  if (auto vector = dyn_cast<VectorType>(operands[0].getType()))
    type = vector.clone(element);
  OperationState state(op->getLoc(), op->getName());
  state.addOperands(operands);
  state.addTypes(type);
  state.addAttributes(op->getDiscardableAttrDictionary().getValue());
  state.propertiesAttr = op->getPropertiesAsAttribute();
  return builder.create(state);
}

bool quantc::hasOnlyWeights(QuantizableOpInterface op, TypeRange formats) {
  bool any = false;
  for (auto [operand, format] :
       llvm::zip_equal(op.getContractionOperands(), formats)) {
    if (operand.role != OperandRole::Weight &&
        isa<QuantizedElementTypeInterface>(format))
      return false;
    any |= operand.role == OperandRole::Weight;
  }
  return any;
}

bool quantc::isQuantizable(Operation *op) {
  auto quantizable = dyn_cast<QuantizableOpInterface>(op);
  return quantizable && !quantizable.getContractionOperands().empty();
}

bool quantc::isContraction(Operation *op) {
  auto quantizable = dyn_cast<QuantizableOpInterface>(op);
  return quantizable &&
         llvm::any_of(quantizable.getContractionOperands(),
                      [](const ContractionOperand &operand) {
                        return operand.role != OperandRole::Embedding;
                      });
}

LogicalResult quantc::verifyQuantizable(Operation *op) {
  auto quantizable = cast<QuantizableOpInterface>(op);
  SmallVector<Type> formats;
  unsigned quantized = 0;
  for (const ContractionOperand &operand :
       quantizable.getContractionOperands()) {
    Type type = op->getOperand(operand.index).getType();
    Type element = getElementTypeOrSelf(type);
    formats.push_back(element);
    auto format = dyn_cast<QuantizedElementTypeInterface>(element);
    if (!format)
      continue;
    ++quantized;
    auto emitError = [&] {
      return op->emitOpError("operand #") << operand.index << ": ";
    };
    if (failed(
            format.verifyShape(emitError, cast<ShapedType>(type).getShape())))
      return failure();
  }
  if (quantized == 0)
    return success();
  if (quantized != formats.size() && !hasOnlyWeights(quantizable, formats))
    return op->emitOpError("has ")
           << quantized << " quantised and " << formats.size() - quantized
           << " float operands; supported: all of them quantised, none, or the "
              "weights alone";
  return quantizable.verifyFormats(formats);
}

LogicalResult quantc::verifyIntegerTypes(IntegerLoweringInterface op) {
  SmallVector<Type> operands, results;
  if (failed(op.inferIntegerTypes(op->getOperandTypes(), operands, results)))
    return failure();
  auto matches = [](Type actual, Type expected) {
    return getElementTypeOrSelf(actual) == getElementTypeOrSelf(expected);
  };
  for (auto [index, actual, expected] :
       llvm::enumerate(op->getOperandTypes(), operands))
    if (!matches(actual, expected))
      return op->emitOpError("operand #")
             << index << " is of type " << actual
             << "; its integer-only form takes " << expected;
  for (auto [actual, expected] : llvm::zip_equal(op->getResultTypes(), results))
    if (!matches(actual, expected))
      return op->emitOpError("result is of type ")
             << actual << "; its integer-only form gives " << expected;
  return success();
}

bool quantc::isQuantizedTensor(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && isa<QuantizedElementTypeInterface>(tensor.getElementType());
}
