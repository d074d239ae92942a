//===- NNElementwiseOps.cpp - Ops on elements -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Dialect/NN/IR/NNOps.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

static Type getElement(Value value) {
  return getElementTypeOrSelf(value.getType());
}

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

LogicalResult UnaryOp::verify() {
  Type element = getElement(getInput());
  switch (getKind()) {
  case UnaryKind::Not:
    if (element.isInteger(1))
      return success();
    return emitOpError("'not' on elements of type ")
           << element << "; supported: i1";
  case UnaryKind::Neg:
  case UnaryKind::Abs:
  case UnaryKind::Relu:
  case UnaryKind::Sign:
    if (!element.isInteger(1))
      return success();
    break;
  default:
    if (element.isF32())
      return success();
  }
  return emitOpError("'") << stringifyUnaryKind(getKind())
                          << "' on elements of type " << element
                          << "; supported: f32"
                          << (element.isInteger(1) ? "" : ", or see the op");
}

static LogicalResult verifyFloat(Operation *op) {
  Type element = getElement(op->getOperand(0));
  if (element.isF32())
    return success();
  return op->emitOpError("elements of type ") << element << "; supported: f32";
}

LogicalResult GeluOp::verify() { return verifyFloat(*this); }
LogicalResult SiluOp::verify() { return verifyFloat(*this); }

LogicalResult ClipOp::verify() {
  if (getElement(getInput()).isInteger(1))
    return emitOpError("elements of type i1; supported: f32, i32, i64");
  return success();
}

/// Result and operands broadcast, and the operands' elements are of one type.
static LogicalResult verifyBroadcast(Operation *op, TypeRange sameElement,
                                     Type resultElement) {
  Type first = getElementTypeOrSelf(sameElement.front());
  for (Type type : sameElement)
    if (getElementTypeOrSelf(type) != first)
      return op->emitOpError("operands have elements of types ")
             << first << " and " << getElementTypeOrSelf(type)
             << "; supported: equal ones";
  Type inferred = inferElementwiseType(op->getOperandTypes(), resultElement);
  if (!inferred) {
    InFlightDiagnostic diagnostic =
        op->emitOpError("operands do not broadcast: ");
    llvm::interleaveComma(op->getOperandTypes(), diagnostic);
    return diagnostic;
  }
  if (succeeded(verifyCompatibleShape(inferred, op->getResult(0).getType())) &&
      getElementTypeOrSelf(op->getResult(0)) == resultElement)
    return success();
  return op->emitOpError("result is of type ")
         << op->getResult(0).getType() << ", expected " << inferred;
}

LogicalResult BinaryOp::verify() {
  Type element = getElement(getLhs());
  bool logical = getKind() == BinaryKind::And || getKind() == BinaryKind::Or ||
                 getKind() == BinaryKind::Xor;
  if (logical != element.isInteger(1))
    return emitOpError("'") << stringifyBinaryKind(getKind())
                            << "' on elements of type " << element
                            << "; supported: "
                            << (logical ? "i1" : "f32, i32, i64");
  return verifyBroadcast(*this, getOperandTypes(), element);
}

LogicalResult CompareOp::verify() {
  return verifyBroadcast(*this, getOperandTypes(),
                         IntegerType::get(getContext(), 1));
}

LogicalResult SelectOp::verify() {
  Type condition = getElement(getCondition());
  if (!condition.isInteger(1))
    return emitOpError("condition has elements of type ")
           << condition << "; supported: i1";
  return verifyBroadcast(*this, TypeRange(getOperands().drop_front()),
                         getElement(getOnTrue()));
}

LogicalResult CastOp::verify() {
  if (inferElementwiseType(getInput().getType(), getElement(getResult())) ==
      getType())
    return success();
  return emitOpError("result is of type ")
         << getType() << ", expected the shape of " << getInput().getType();
}

//===----------------------------------------------------------------------===//
// Type inference
//===----------------------------------------------------------------------===//

static LogicalResult inferBroadcast(std::optional<Location> loc,
                                    ValueRange operands, Type element,
                                    SmallVectorImpl<Type> &types) {
  Type type = inferElementwiseType(operands.getTypes(), element);
  if (!type) {
    if (loc) {
      InFlightDiagnostic diagnostic =
          emitError(*loc, "operands do not broadcast: ");
      llvm::interleaveComma(operands.getTypes(), diagnostic);
    }
    return failure();
  }
  types.push_back(type);
  return success();
}

LogicalResult BinaryOp::inferReturnTypes(
    MLIRContext *, std::optional<Location> loc, ValueRange operands,
    DictionaryAttr, OpaqueProperties, RegionRange,
    SmallVectorImpl<Type> &types) {
  return inferBroadcast(loc, operands, getElement(operands[0]), types);
}

LogicalResult CompareOp::inferReturnTypes(
    MLIRContext *context, std::optional<Location> loc, ValueRange operands,
    DictionaryAttr, OpaqueProperties, RegionRange,
    SmallVectorImpl<Type> &types) {
  return inferBroadcast(loc, operands, IntegerType::get(context, 1), types);
}

LogicalResult SelectOp::inferReturnTypes(
    MLIRContext *, std::optional<Location> loc, ValueRange operands,
    DictionaryAttr, OpaqueProperties, RegionRange,
    SmallVectorImpl<Type> &types) {
  return inferBroadcast(loc, operands, getElement(operands[1]), types);
}

//===----------------------------------------------------------------------===//
// Folding
//===----------------------------------------------------------------------===//

/// Whether \p value is a constant whose elements all equal \p number.
static bool isSplatOf(Attribute value, double number) {
  auto splat = dyn_cast_or_null<SplatElementsAttr>(value);
  Attribute element =
      splat ? splat.getSplatValue<Attribute>() : value;
  if (auto real = dyn_cast_or_null<FloatAttr>(element))
    return real.getValueAsDouble() == number &&
           !(number == 0 && real.getValue().isNegative());
  if (auto integer = dyn_cast_or_null<IntegerAttr>(element))
    return integer.getValue().getSExtValue() == static_cast<int64_t>(number);
  return false;
}

OpFoldResult BinaryOp::fold(FoldAdaptor adaptor) {
  auto keeps = [&](Value value) { return value.getType() == getType(); };
  bool integer = !getElement(getLhs()).isF32();
  switch (getKind()) {
  case BinaryKind::Add:
    // In floats -0 + 0 is 0: only integers have that neutral element.
    if (integer && isSplatOf(adaptor.getRhs(), 0) && keeps(getLhs()))
      return getLhs();
    if (integer && isSplatOf(adaptor.getLhs(), 0) && keeps(getRhs()))
      return getRhs();
    break;
  case BinaryKind::Sub:
    if (isSplatOf(adaptor.getRhs(), 0) && keeps(getLhs()))
      return getLhs();
    break;
  case BinaryKind::Mul:
    if (isSplatOf(adaptor.getRhs(), 1) && keeps(getLhs()))
      return getLhs();
    if (isSplatOf(adaptor.getLhs(), 1) && keeps(getRhs()))
      return getRhs();
    break;
  case BinaryKind::Div:
  case BinaryKind::Pow:
    if (isSplatOf(adaptor.getRhs(), 1) && keeps(getLhs()))
      return getLhs();
    break;
  default:
    break;
  }
  return {};
}

OpFoldResult UnaryOp::fold(FoldAdaptor) {
  auto inner = getInput().getDefiningOp<UnaryOp>();
  if (!inner || inner.getKind() != getKind())
    return {};
  switch (getKind()) {
  case UnaryKind::Neg:
  case UnaryKind::Not:
    return inner.getInput();
  case UnaryKind::Abs:
  case UnaryKind::Relu:
  case UnaryKind::Floor:
  case UnaryKind::Ceil:
  case UnaryKind::Round:
  case UnaryKind::Sign:
    return getInput();
  default:
    return {};
  }
}

OpFoldResult CastOp::fold(FoldAdaptor) {
  return getInput().getType() == getType() ? getInput() : Value();
}


OpFoldResult SelectOp::fold(FoldAdaptor adaptor) {
  if (isSplatOf(adaptor.getCondition(), 1) && getOnTrue().getType() == getType())
    return getOnTrue();
  if (isSplatOf(adaptor.getCondition(), 0) &&
      getOnFalse().getType() == getType())
    return getOnFalse();
  return {};
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

// The result has the shape that everything broadcasts to.
Value UnaryOp::getRowTensor() { return getResult(); }
Value GeluOp::getRowTensor() { return getResult(); }
Value SiluOp::getRowTensor() { return getResult(); }
Value ClipOp::getRowTensor() { return getResult(); }
Value BinaryOp::getRowTensor() { return getResult(); }
Value CompareOp::getRowTensor() { return getResult(); }
Value SelectOp::getRowTensor() { return getResult(); }
Value CastOp::getRowTensor() { return getResult(); }
