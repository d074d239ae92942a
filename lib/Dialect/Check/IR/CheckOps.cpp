//===- CheckOps.cpp - Expectations of test programs -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Dialect/Check/IR/CheckOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "quantc/Interpreter/HostValue.h"
#include <cmath>
#include <cstdint>
#include <cstring>

using namespace mlir;
using namespace quantc;
using namespace quantc::check;

#include "quantc/Dialect/Check/IR/CheckDialect.cpp.inc"

#define GET_OP_CLASSES
#include "quantc/Dialect/Check/IR/CheckOps.cpp.inc"

void CheckDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "quantc/Dialect/Check/IR/CheckOps.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

static LogicalResult verifyTypes(Operation *op) {
  Type got = op->getOperand(0).getType(),
       expected = op->getOperand(1).getType();
  if (getElementTypeOrSelf(got) == getElementTypeOrSelf(expected) &&
      succeeded(verifyCompatibleShape(got, expected)))
    return success();
  return op->emitOpError("never equal: ") << got << " and " << expected;
}

LogicalResult ExpectEqOp::verify() { return verifyTypes(*this); }

LogicalResult ExpectCloseOp::verify() {
  if (!getElementTypeOrSelf(getGot()).isIntOrFloat())
    return emitOpError("elements of type ")
           << getElementTypeOrSelf(getGot()) << "; supported: numbers";
  return verifyTypes(*this);
}

LogicalResult ExpectAlmostOp::verify() {
  if (!getElementTypeOrSelf(getGot()).isF32())
    return emitOpError("elements of type ")
           << getElementTypeOrSelf(getGot()) << "; supported: f32";
  return verifyTypes(*this);
}

//===----------------------------------------------------------------------===//
// Evaluation
//===----------------------------------------------------------------------===//

static bool isFloat(const HostValue &value) {
  return isa<FloatType>(value.getElementType());
}

/// The index of a flat one: [1, 0, 3].
static SmallVector<int64_t> unflatten(int64_t flat, ArrayRef<int64_t> shape) {
  SmallVector<int64_t> index(shape.size());
  for (size_t dim = shape.size(); dim-- > 0; flat /= shape[dim])
    index[dim] = flat % shape[dim];
  return index;
}

static void printElement(InFlightDiagnostic &diagnostic, const HostValue &value,
                         int64_t index) {
  if (isFloat(value)) {
    SmallString<32> text;
    APFloat(value.getNumber(index)).toString(text);
    diagnostic << text;
  } else {
    diagnostic << value.getInteger(index);
  }
}

static LogicalResult compare(Operation *op, const HostValue &got,
                             const HostValue &expected,
                             function_ref<bool(int64_t)> isEqual) {
  if (got.getShape() != expected.getShape())
    return op->emitOpError("got a tensor of shape [")
           << got.getShape() << "], expected [" << expected.getShape() << "]";
  int64_t count = got.getNumElements(), wrong = 0, first = 0;
  for (int64_t i = 0; i < count; ++i)
    if (!isEqual(i) && wrong++ == 0)
      first = i;
  if (wrong == 0)
    return success();
  InFlightDiagnostic diagnostic = op->emitOpError("element [");
  diagnostic << unflatten(first, got.getShape()) << "]: got ";
  printElement(diagnostic, got, first);
  diagnostic << ", expected ";
  printElement(diagnostic, expected, first);
  diagnostic << "; " << wrong << " of " << count << " differ";
  return diagnostic;
}

/// A joint value is compared part by part, codes and scales.
static LogicalResult compareBits(Operation *op, const HostValue &got,
                                 const HostValue &expected) {
  if (got.isJoint() != expected.isJoint() ||
      got.getParts().size() != expected.getParts().size())
    return op->emitOpError("values of different forms");
  if (got.isJoint()) {
    for (auto [part, other] :
         llvm::zip_equal(got.getParts(), expected.getParts()))
      if (failed(compareBits(op, part, other)))
        return failure();
    return success();
  }
  int64_t size = getElementBytes(got.getElementType());
  const uint8_t *a = got.getBytes().data(), *b = expected.getBytes().data();
  return compare(op, got, expected, [&](int64_t i) {
    if (std::memcmp(a + i * size, b + i * size, size) == 0)
      return true;
    return isFloat(got) && std::isnan(got.getNumber(i)) &&
           std::isnan(expected.getNumber(i));
  });
}

LogicalResult ExpectEqOp::interpret(ArrayRef<HostValue> operands,
                                    SmallVectorImpl<HostValue> &,
                                    InterpreterContext &) {
  return compareBits(*this, operands[0], operands[1]);
}

LogicalResult ExpectCloseOp::interpret(ArrayRef<HostValue> operands,
                                       SmallVectorImpl<HostValue> &,
                                       InterpreterContext &) {
  double absolute = getAbsolute().convertToDouble();
  double relative = getRelative().convertToDouble();
  return compare(*this, operands[0], operands[1], [&](int64_t i) {
    double a = operands[0].getNumber(i), b = operands[1].getNumber(i);
    if (std::isnan(a) || std::isnan(b))
      return std::isnan(a) && std::isnan(b);
    if (std::isinf(a) || std::isinf(b))
      return a == b;
    return std::fabs(a - b) <= absolute + relative * std::fabs(b);
  });
}

/// Places of floats on one line of integers: neighbours differ by 1.
static int64_t orderOf(float value) {
  int32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits < 0 ? -static_cast<int64_t>(bits & 0x7fffffff) : bits;
}

LogicalResult ExpectAlmostOp::interpret(ArrayRef<HostValue> operands,
                                        SmallVectorImpl<HostValue> &,
                                        InterpreterContext &) {
  ArrayRef<float> got = operands[0].as<float>();
  ArrayRef<float> expected = operands[1].as<float>();
  return compare(*this, operands[0], operands[1], [&](int64_t i) {
    if (std::isnan(got[i]) || std::isnan(expected[i]))
      return std::isnan(got[i]) && std::isnan(expected[i]);
    int64_t distance = orderOf(got[i]) - orderOf(expected[i]);
    return std::abs(distance) <= static_cast<int64_t>(getUlps());
  });
}
