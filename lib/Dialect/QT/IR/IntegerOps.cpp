//===- IntegerOps.cpp - Functions of integers -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/QT/IR/QTOps.h"
#include "quantc/Interpreter/ElementLoops.h"
#include "quantc/Interpreter/Interpreter.h"

#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::qt;

bool qt::isWordsType(Type type) {
  return isa<IntegerType, VectorType, RankedTensorType>(type) &&
         getElementTypeOrSelf(type).isSignlessInteger(32);
}

/// The kinds are those of Numerics, in its order.
numerics::fixed::Sigma qt::getSigma(SigmaKind kind) {
  return static_cast<numerics::fixed::Sigma>(kind);
}

//===----------------------------------------------------------------------===//
// SigmaOp
//===----------------------------------------------------------------------===//

LogicalResult SigmaOp::verify() {
  Type inferred =
      nn::inferElementwiseType(getOperandTypes(), getElementTypeOrSelf(*this));
  if (!inferred)
    return emitOpError("operands do not broadcast: ")
           << getMantissa().getType() << ", " << getExponent().getType();
  if (succeeded(verifyCompatibleShape(inferred, getType())))
    return success();
  return emitOpError("result is of type ")
         << getType() << ", expected " << inferred;
}

Value SigmaOp::getRowTensor() { return getResult(); }

bool SigmaOp::isLong() { return true; }

LogicalResult SigmaOp::interpret(ArrayRef<HostValue> operands,
                                 SmallVectorImpl<HostValue> &results,
                                 InterpreterContext &) {
  const HostValue &mantissas = operands[0], &exponents = operands[1];
  Type type = nn::inferElementwiseType(
      TypeRange{mantissas.getType(), exponents.getType()},
      getElementTypeOrSelf(getType()));
  if (!type)
    return emitOpError("sizes at run time do not broadcast");
  HostValue result = HostValue::allocate(cast<RankedTensorType>(type));
  ArrayRef<int64_t> shape = result.getShape();
  numerics::fixed::Sigma kind = getSigma(getKind());
  forEachElement(
      shape,
      {getBroadcastStrides(mantissas.getShape(), shape),
       getBroadcastStrides(exponents.getShape(), shape)},
      [&](int64_t i, ArrayRef<int64_t> at) {
        result.setInteger(
            i, numerics::fixed::sigma(
                   kind, static_cast<int16_t>(mantissas.getInteger(at[0])),
                   static_cast<int32_t>(exponents.getInteger(at[1]))));
      });
  results.push_back(result);
  return success();
}
