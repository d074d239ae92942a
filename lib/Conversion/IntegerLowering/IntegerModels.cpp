//===- IntegerModels.cpp - Models of the integer-only interface -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IntegerModels.h"
#include "quantc/Analysis/ConstantSlices.h"
#include "quantc/Conversion/IntegerLowering/IntegerLowering.h"
#include "quantc/Dialect/QT/IR/QTDialect.h"
#include "quantc/Interpreter/Interpreter.h"
#include "quantc/Support/Locations.h"
#include <cfloat>
#include <cmath>

using namespace mlir;
using namespace quantc;

Value quantc::getFloats(Value value) {
  while (auto quantize = value.getDefiningOp<qt::QuantizeOp>())
    value = quantize.getInput();
  return value;
}

qt::BlockType quantc::withBlocks(qt::BlockType format,
                                 ArrayRef<int64_t> blocks) {
  return qt::getIntegerFormat(format.getContext(), blocks,
                              format.getElement().getBitWidth());
}

Type quantc::withFormat(Value value, qt::BlockType format) {
  return cast<RankedTensorType>(value.getType()).clone(format);
}

static RankedTensorType getPartType(Operation *op, unsigned part) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  return qt::getBlockFormat(type).getPartTypes(type)[part];
}

RankedTensorType quantc::getMantissaType(Operation *op) {
  return getPartType(op, 0);
}

RankedTensorType quantc::getExponentType(Operation *op) {
  return getPartType(op, 1);
}

void quantc::keepOperands(TypeRange available, Types &operands) {
  llvm::append_range(operands, available.drop_front());
}

FailureOr<qt::BlockType> quantc::requireInteger(Operation *op, Type type) {
  if (qt::BlockType format = qt::getIntegerFormat(type))
    return format;
  auto tensor = cast<RankedTensorType>(type);
  if (tensor.getElementType().isF32() && tensor.getRank() > 0)
    return getRow16(op, qt::getRowBlocks(tensor.getRank()));
  return op->emitOpError("operand of type ")
         << type
         << " has no integer-only form here; supported: signed "
            "integers with an exponent for whole dimensions";
}

FailureOr<std::vector<double>>
quantc::getConstant(Operation *op, unsigned index, bool takesInfinity) {
  Value operand = op->getOperand(index);
  if (!isConstantSlice(operand))
    return op->emitOpError("operand #")
           << index << " is a float and no constant";
  FailureOr<HostValue> value = interpretConstant(operand);
  if (failed(value))
    return failure();
  if (auto problem = describeNotFinite(*value, takesInfinity))
    return op->emitOpError("constant '")
           << getValueName(operand.getLoc()) << "' " << *problem
           << ", which no integer stands for; supported: "
           << (takesInfinity ? "numbers and infinities" : "finite numbers");
  std::vector<double> numbers;
  for (int64_t i = 0, e = value->getNumElements(); i < e; ++i) {
    numbers.push_back(value->getNumber(i));
    if (takesInfinity && std::isinf(numbers.back()))
      numbers.back() = std::copysign(FLT_MAX, numbers.back());
  }
  return numbers;
}

void quantc::registerIntegerModels(DialectRegistry &registry) {
  registry.addExtension(
      +[](MLIRContext *context, nn::NNDialect *, qt::QTDialect *) {
        attachCastIntegers(context);
        attachContractionIntegers(context);
        attachElementwiseIntegers(context);
        attachFunctionIntegers(context);
        attachNormalisationIntegers(context);
        attachAttentionIntegers(context);
        attachMovementIntegers(context);
        attachGatherIntegers(context);
        attachHardGateIntegers(context);
        attachOrderingIntegers(context);
        attachReductionIntegers(context);
        attachReshapeIntegers(context);
        attachRotaryIntegers(context);
        attachSelectionIntegers(context);
      });
  // What rescaling is made of are ops of nn, whatever else there is.
  registry.addExtension(+[](MLIRContext *context, qt::QTDialect *) {
    context->loadDialect<nn::NNDialect>();
    attachRescaleIntegers(context);
  });
}
