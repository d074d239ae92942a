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
#include <cmath>

#include <limits>

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

static Type getElement(Value value) {
  return getElementTypeOrSelf(value.getType());
}

/// Whether functions of real numbers take it.
static bool isReal(Type element) {
  return element.isF32() || isa<QuantizedElementTypeInterface>(element);
}

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

LogicalResult UnaryOp::verify() {
  Type element = getElement(getInput());
  StringRef supported = "f32";
  switch (getKind()) {
  case UnaryKind::Not:
    if (element.isInteger(1))
      return success();
    supported = "i1";
    break;
  case UnaryKind::Neg:
  case UnaryKind::Abs:
  case UnaryKind::Relu:
  case UnaryKind::Sign:
    if (!element.isInteger(1))
      return success();
    supported = "f32, i32, i64";
    break;
  case UnaryKind::Clz:
    if (element.isSignlessInteger(32) || element.isSignlessInteger(64))
      return success();
    supported = "i32, i64";
    break;
  case UnaryKind::Isqrt:
  case UnaryKind::Recip61:
    if (element.isSignlessInteger(64))
      return success();
    supported = "i64";
    break;
  default:
    if (isReal(element))
      return success();
  }
  return emitOpError("'") << stringifyUnaryKind(getKind())
                          << "' on elements of type " << element
                          << "; supported: " << supported;
}

static LogicalResult verifyFloat(Operation *op) {
  Type element = getElement(op->getOperand(0));
  if (isReal(element))
    return success();
  return op->emitOpError("elements of type ") << element << "; supported: f32";
}

LogicalResult GeluOp::verify() { return verifyFloat(*this); }
LogicalResult SiluOp::verify() { return verifyFloat(*this); }

/// Pieces meet within the range of the result.
template <typename OpT> static LogicalResult verifyPieces(OpT op) {
  double slope = op.getSlope().convertToDouble(),
         shift = op.getShift().convertToDouble();
  if (!std::isfinite(slope) || slope == 0)
    return op.emitOpError("slope is ")
           << slope << "; supported: finite ones other than 0";
  if (!(shift >= 0 && shift <= 1))
    return op.emitOpError("shift is ") << shift << "; supported: 0 to 1";
  return verifyFloat(op);
}

LogicalResult HardSigmoidOp::verify() { return verifyPieces(*this); }
LogicalResult HardSwishOp::verify() { return verifyPieces(*this); }

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
  // Integer-only operands may be of several formats, and constants are floats.
  if (llvm::any_of(getOperandTypes(), isQuantizedTensor))
    return success();
  Type element = getElement(getLhs());
  bool isInteger = isa<IntegerType>(element), isLogical = element.isInteger(1);
  bool admitted = !isLogical;
  StringRef supported = "f32, i32, i64";
  switch (getKind()) {
  case BinaryKind::And:
  case BinaryKind::Or:
  case BinaryKind::Xor:
    admitted = isInteger;
    supported = "i1, i32, i64";
    break;
  case BinaryKind::RShift:
  case BinaryKind::Shr:
    admitted = isInteger && !isLogical;
    supported = "i32, i64";
    break;
  case BinaryKind::MulHigh31:
    admitted = element.isInteger(32);
    supported = "i32";
    break;
  default:
    break;
  }
  if (!admitted)
    return emitOpError("'")
           << stringifyBinaryKind(getKind()) << "' on elements of type "
           << element << "; supported: " << supported;
  return verifyBroadcast(*this, getOperandTypes(), element);
}

LogicalResult CompareOp::verify() {
  if (llvm::any_of(getOperandTypes(), isQuantizedTensor))
    return success();
  return verifyBroadcast(*this, getOperandTypes(),
                         IntegerType::get(getContext(), 1));
}

LogicalResult SelectOp::verify() {
  Type condition = getElement(getCondition());
  if (!condition.isInteger(1))
    return emitOpError("condition has elements of type ")
           << condition << "; supported: i1";
  if (isQuantizedTensor(getType()))
    return success();
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

LogicalResult BinaryOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> loc,
                                         ValueRange operands, DictionaryAttr,
                                         OpaqueProperties, RegionRange,
                                         SmallVectorImpl<Type> &types) {
  return inferBroadcast(loc, operands, getElement(operands[0]), types);
}

LogicalResult CompareOp::inferReturnTypes(MLIRContext *context,
                                          std::optional<Location> loc,
                                          ValueRange operands, DictionaryAttr,
                                          OpaqueProperties, RegionRange,
                                          SmallVectorImpl<Type> &types) {
  return inferBroadcast(loc, operands, IntegerType::get(context, 1), types);
}

LogicalResult SelectOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> loc,
                                         ValueRange operands, DictionaryAttr,
                                         OpaqueProperties, RegionRange,
                                         SmallVectorImpl<Type> &types) {
  return inferBroadcast(loc, operands, getElement(operands[1]), types);
}

//===----------------------------------------------------------------------===//
// Folding
//===----------------------------------------------------------------------===//

/// Whether \p value is a constant whose elements all equal \p number, a zero
/// with its sign.
static bool isSplatOf(Attribute value, double number) {
  auto splat = dyn_cast_or_null<SplatElementsAttr>(value);
  Attribute element = splat ? splat.getSplatValue<Attribute>() : value;
  if (auto real = dyn_cast_or_null<FloatAttr>(element))
    return real.getValueAsDouble() == number &&
           real.getValue().isNegative() == std::signbit(number);
  auto integer = dyn_cast_or_null<IntegerAttr>(element);
  if (!integer || !integer.getType().isSignlessInteger())
    return false;
  // An i1 that is set is 1.
  APInt bits = integer.getValue();
  if (bits.getBitWidth() == 1)
    return bits.getBoolValue() == (number == 1);
  return bits.getSExtValue() == static_cast<int64_t>(number);
}

/// The neutral element of an operation on its right side, where x op element
/// is x for every x, NaN and -0 included.
static std::optional<double> getNeutral(BinaryKind kind, Type element) {
  bool real = element.isF32();
  switch (kind) {
  case BinaryKind::Add:
    // 0 makes 0 of -0, but -0 keeps it.
    return real ? -0.0 : 0.0;
  case BinaryKind::Sub:
  case BinaryKind::Or:
  case BinaryKind::Xor:
  case BinaryKind::RShift:
  case BinaryKind::Shr:
    return 0;
  case BinaryKind::Mul:
  case BinaryKind::Div:
  case BinaryKind::Pow:
    return 1;
  case BinaryKind::And:
    // All bits.
    return element.isInteger(1) ? 1 : -1;
  case BinaryKind::Max:
  case BinaryKind::Min:
    if (!real)
      return std::nullopt;
    return kind == BinaryKind::Max ? -std::numeric_limits<double>::infinity()
                                   : std::numeric_limits<double>::infinity();
  default:
    return std::nullopt;
  }
}

static bool isCommutative(BinaryKind kind) {
  return kind == BinaryKind::Add || kind == BinaryKind::Mul ||
         kind == BinaryKind::And || kind == BinaryKind::Or ||
         kind == BinaryKind::Xor || kind == BinaryKind::Max ||
         kind == BinaryKind::Min;
}

/// Whether an op that broadcasts gives \p value, one of its operands, where it
/// hands on the elements of that: equal types do not tell while another operand
/// may have more elements in a dimension of unknown size.
static bool isWholeResult(Operation *op, Value value) {
  if (value.getType() != op->getResult(0).getType())
    return false;
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type)
    return true;
  return llvm::all_of(op->getOperands(), [&](Value operand) {
    if (operand == value)
      return true;
    ArrayRef<int64_t> other =
        cast<RankedTensorType>(operand.getType()).getShape();
    ArrayRef<int64_t> own = type.getShape().take_back(other.size());
    return llvm::all_of(llvm::zip_equal(own, other), [](auto sizes) {
      auto [size, otherSize] = sizes;
      return !ShapedType::isDynamic(size) || otherSize == 1;
    });
  });
}

OpFoldResult BinaryOp::fold(FoldAdaptor adaptor) {
  std::optional<double> neutral = getNeutral(getKind(), getElement(getLhs()));
  if (!neutral)
    return {};
  if (isSplatOf(adaptor.getRhs(), *neutral) && isWholeResult(*this, getLhs()))
    return getLhs();
  if (isCommutative(getKind()) && isSplatOf(adaptor.getLhs(), *neutral) &&
      isWholeResult(*this, getRhs()))
    return getRhs();
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

/// Whether every value of an element type is one of the other as well.
static bool isContained(Type narrow, Type wide) {
  auto from = dyn_cast<IntegerType>(narrow), to = dyn_cast<IntegerType>(wide);
  return from && to && from.getWidth() <= to.getWidth();
}

OpFoldResult CastOp::fold(FoldAdaptor) {
  if (getInput().getType() == getType())
    return getInput();
  // There and back again, by way of a type that loses nothing.
  auto inner = getInput().getDefiningOp<CastOp>();
  if (inner && inner.getInput().getType() == getType() &&
      isContained(getElement(inner.getInput()), getElement(getInput())))
    return inner.getInput();
  return {};
}

OpFoldResult SelectOp::fold(FoldAdaptor adaptor) {
  bool same = getOnTrue() == getOnFalse();
  if ((same || isSplatOf(adaptor.getCondition(), 1)) &&
      isWholeResult(*this, getOnTrue()))
    return getOnTrue();
  if (isSplatOf(adaptor.getCondition(), 0) &&
      isWholeResult(*this, getOnFalse()))
    return getOnFalse();
  return {};
}

//===----------------------------------------------------------------------===//
// Length of code
//===----------------------------------------------------------------------===//

bool UnaryOp::isLong() {
  switch (getKind()) {
  case UnaryKind::Neg:
  case UnaryKind::Abs:
  case UnaryKind::Relu:
  case UnaryKind::Floor:
  case UnaryKind::Ceil:
  case UnaryKind::Round:
  case UnaryKind::Sign:
  case UnaryKind::Not:
    return false;
  default:
    return true;
  }
}

bool BinaryOp::isLong() {
  return getKind() == BinaryKind::RShift || getKind() == BinaryKind::MulHigh31;
}

bool GeluOp::isLong() { return true; }

bool SiluOp::isLong() { return true; }
