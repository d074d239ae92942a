//===- NNInterpretElementwise.cpp - Evaluate elementwise ops ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/TypeUtilities.h"
#include "quantc/Dialect/NN/IR/NNOps.h"
#include "quantc/Dialect/NN/IR/Predicates.h"
#include "quantc/Interpreter/ElementLoops.h"
#include "quantc/Interpreter/Interpreter.h"
#include "quantc/Numerics/Fixed/Primitives.h"
#include "quantc/Numerics/Scalar.h"
#include "llvm/ADT/bit.h"
#include <cmath>

// The same results on every host: no product and sum is ever contracted.
#pragma STDC FP_CONTRACT OFF

using namespace mlir;
using namespace quantc;
using namespace quantc::nn;

using Values = ArrayRef<HostValue>;
using Results = SmallVectorImpl<HostValue>;

static constexpr double inverseSqrt2 = 0.70710678118654752440;

//===----------------------------------------------------------------------===//
// One operand
//===----------------------------------------------------------------------===//

static HostValue mapNumbers(const HostValue &input,
                            function_ref<double(double)> function) {
  HostValue result = HostValue::allocate(input.getType());
  for (int64_t i = 0, e = input.getNumElements(); i < e; ++i)
    result.setNumber(i, function(input.getNumber(i)));
  return result;
}

static HostValue mapIntegers(const HostValue &input,
                             function_ref<int64_t(int64_t)> function) {
  HostValue result = HostValue::allocate(input.getType());
  for (int64_t i = 0, e = input.getNumElements(); i < e; ++i)
    result.setInteger(i, function(input.getInteger(i)));
  return result;
}

static double applyUnary(UnaryKind kind, double x) {
  switch (kind) {
  case UnaryKind::Neg:
    return -x;
  case UnaryKind::Abs:
    return std::fabs(x);
  case UnaryKind::Sqrt:
    return std::sqrt(x);
  case UnaryKind::Rsqrt:
    return 1 / std::sqrt(x);
  case UnaryKind::Exp:
    return numerics::exp(x);
  case UnaryKind::Expm1:
    return numerics::expm1(x);
  case UnaryKind::Log:
    return numerics::log(x);
  case UnaryKind::Log1p:
    return numerics::log1p(x);
  case UnaryKind::Tanh:
    return numerics::tanh(x);
  case UnaryKind::Erf:
    return numerics::erf(x);
  case UnaryKind::Sigmoid:
    return numerics::sigmoid(x);
  case UnaryKind::Relu:
    return x < 0 ? 0 : x;
  case UnaryKind::Reciprocal:
    return 1 / x;
  case UnaryKind::Floor:
    return std::floor(x);
  case UnaryKind::Ceil:
    return std::ceil(x);
  case UnaryKind::Round:
    return std::nearbyint(x);
  case UnaryKind::Sign:
    return x > 0 ? 1 : x < 0 ? -1 : x;
  case UnaryKind::Sin:
    return numerics::sin(x);
  case UnaryKind::Cos:
    return numerics::cos(x);
  case UnaryKind::Softplus:
    return numerics::softplus(x);
  case UnaryKind::Tan:
    return numerics::tan(x);
  case UnaryKind::Asin:
    return numerics::asin(x);
  case UnaryKind::Acos:
    return numerics::acos(x);
  case UnaryKind::Atan:
    return numerics::atan(x);
  case UnaryKind::Sinh:
    return numerics::sinh(x);
  case UnaryKind::Cosh:
    return numerics::cosh(x);
  case UnaryKind::Asinh:
    return numerics::asinh(x);
  case UnaryKind::Acosh:
    return numerics::acosh(x);
  case UnaryKind::Atanh:
    return numerics::atanh(x);
  case UnaryKind::Not:
  case UnaryKind::Clz:
  case UnaryKind::Isqrt:
  case UnaryKind::Recip61:
    break;
  }
  llvm_unreachable("the verifier admits these kinds on integers only");
}

LogicalResult UnaryOp::interpret(Values operands, Results &results,
                                 InterpreterContext &) {
  const HostValue &x = operands[0];
  if (x.getElementType().isF32()) {
    UnaryKind kind = getKind();
    results.push_back(
        mapNumbers(x, [&](double v) { return applyUnary(kind, v); }));
    return success();
  }
  results.push_back(mapIntegers(x, [&](int64_t v) -> int64_t {
    switch (getKind()) {
    case UnaryKind::Not:
      return v == 0;
    case UnaryKind::Neg:
      return static_cast<int64_t>(-static_cast<uint64_t>(v));
    case UnaryKind::Abs:
      return v < 0 ? static_cast<int64_t>(-static_cast<uint64_t>(v)) : v;
    case UnaryKind::Relu:
      return std::max<int64_t>(v, 0);
    case UnaryKind::Clz:
      return x.getElementType().isInteger(32)
                 ? llvm::countl_zero(static_cast<uint32_t>(v))
                 : llvm::countl_zero(static_cast<uint64_t>(v));
    case UnaryKind::Isqrt:
      return v < 0 || v >> 62 ? 0 : numerics::fixed::integerSqrt(v);
    case UnaryKind::Recip61:
      return v <= 0 ? 0 : numerics::fixed::reciprocal61(v);
    default: // sign: the verifier admits no other on integers
      return (v > 0) - (v < 0);
    }
  }));
  return success();
}

LogicalResult GeluOp::interpret(Values operands, Results &results,
                                InterpreterContext &) {
  GeluKind kind = getKind();
  results.push_back(mapNumbers(operands[0], [&](double x) {
    switch (kind) {
    case GeluKind::Erf:
      return 0.5 * x * numerics::erfc(-x * inverseSqrt2);
    case GeluKind::Tanh:
      return 0.5 * x *
             (1 + numerics::tanh(0.79788456080286535588 *
                                 (x + 0.044715 * x * x * x)));
    case GeluKind::Sigmoid:
      return x * numerics::sigmoid(1.702 * x);
    }
    llvm_unreachable("all kinds are covered");
  }));
  return success();
}

LogicalResult SiluOp::interpret(Values operands, Results &results,
                                InterpreterContext &) {
  results.push_back(mapNumbers(
      operands[0], [](double x) { return x * numerics::sigmoid(x); }));
  return success();
}

template <typename OpT> static double evaluateGate(OpT op, double x) {
  double line =
      op.getSlope().convertToDouble() * x + op.getShift().convertToDouble();
  return std::isnan(line) ? line : std::clamp(line, 0.0, 1.0);
}

LogicalResult HardSigmoidOp::interpret(Values operands, Results &results,
                                       InterpreterContext &) {
  results.push_back(mapNumbers(
      operands[0], [&](double x) { return evaluateGate(*this, x); }));
  return success();
}

LogicalResult HardSwishOp::interpret(Values operands, Results &results,
                                     InterpreterContext &) {
  results.push_back(mapNumbers(
      operands[0], [&](double x) { return x * evaluateGate(*this, x); }));
  return success();
}

/// What an integer of \p bits holds nearest to \p x, as its bits.
static int64_t saturate(double x, unsigned bits, bool isUnsigned) {
  if (std::isnan(x))
    return 0;
  unsigned magnitude = isUnsigned ? bits : bits - 1;
  double limit = std::ldexp(1.0, magnitude);
  uint64_t highest = ~uint64_t(0) >> (64 - magnitude);
  if (x >= limit)
    return static_cast<int64_t>(highest);
  if (isUnsigned)
    return x <= 0 ? 0 : static_cast<int64_t>(static_cast<uint64_t>(x));
  if (x < -limit)
    return -static_cast<int64_t>(highest) - 1;
  return static_cast<int64_t>(x);
}

LogicalResult ClipOp::interpret(Values operands, Results &results,
                                InterpreterContext &) {
  const HostValue &x = operands[0];
  double low = getMin().convertToDouble(), high = getMax().convertToDouble();
  if (x.getElementType().isF32()) {
    results.push_back(mapNumbers(x, [&](double value) {
      return std::isnan(value) ? value : std::min(std::max(value, low), high);
    }));
    return success();
  }
  // The integers between the bounds; a double cannot hold them all.
  unsigned bits = x.getElementType().getIntOrFloatBitWidth();
  int64_t least = saturate(std::ceil(low), bits, false);
  int64_t most = saturate(std::floor(high), bits, false);
  results.push_back(mapIntegers(x, [&](int64_t value) {
    return std::min(std::max(value, least), most);
  }));
  return success();
}

LogicalResult CastOp::interpret(Values operands, Results &results,
                                InterpreterContext &) {
  const HostValue &x = operands[0];
  Type element = getElementTypeOrSelf(getType());
  HostValue result =
      HostValue::allocate(RankedTensorType::get(x.getShape(), element));
  bool fromReal = isa<FloatType>(x.getElementType());
  for (int64_t i = 0, e = x.getNumElements(); i < e; ++i) {
    if (element.isInteger(1))
      result.setInteger(i,
                        fromReal ? x.getNumber(i) != 0 : x.getInteger(i) != 0);
    else if (element.isF32() && !fromReal)
      // From 64 bits at once: by way of double it would round twice.
      result.asMutable<float>()[i] =
          x.getElementType().isUnsignedInteger()
              ? static_cast<float>(static_cast<uint64_t>(x.getInteger(i)))
              : static_cast<float>(x.getInteger(i));
    else if (isa<FloatType>(element))
      result.setNumber(i, fromReal ? x.getNumber(i)
                                   : static_cast<double>(x.getInteger(i)));
    else if (fromReal)
      result.setInteger(i, saturate(x.getNumber(i),
                                    element.getIntOrFloatBitWidth(),
                                    element.isUnsignedInteger()));
    else
      result.setInteger(i, x.getInteger(i));
  }
  results.push_back(result);
  return success();
}

//===----------------------------------------------------------------------===//
// Several operands
//===----------------------------------------------------------------------===//

/// A zeroed result of the shape that \p operands broadcast to; emits an error
/// where they do not, which dynamic sizes leave to run time.
static FailureOr<HostValue> allocateBroadcast(Operation *op, Values operands,
                                              Type element) {
  SmallVector<Type> types;
  for (const HostValue &operand : operands)
    types.push_back(operand.getType());
  Type type = inferElementwiseType(types, element);
  if (!type)
    return op->emitOpError("sizes at run time do not broadcast");
  return HostValue::allocate(cast<RankedTensorType>(type));
}

static LogicalResult
zipElements(Operation *op, Values operands, Type element, Results &results,
            function_ref<void(HostValue &, int64_t, ArrayRef<int64_t>)> body) {
  FailureOr<HostValue> result = allocateBroadcast(op, operands, element);
  if (failed(result))
    return failure();
  SmallVector<SmallVector<int64_t>> strides;
  for (const HostValue &operand : operands)
    strides.push_back(
        getBroadcastStrides(operand.getShape(), result->getShape()));
  forEachElement(
      result->getShape(), strides,
      [&](int64_t i, ArrayRef<int64_t> at) { body(*result, i, at); });
  results.push_back(*result);
  return success();
}

static double applyBinary(BinaryKind kind, double a, double b) {
  switch (kind) {
  case BinaryKind::Add:
    return a + b;
  case BinaryKind::Sub:
    return a - b;
  case BinaryKind::Mul:
    return a * b;
  case BinaryKind::Div:
    return a / b;
  case BinaryKind::Pow:
    return numerics::pow(a, b);
  case BinaryKind::Min:
    return std::isnan(a) || std::isnan(b) ? NAN : std::min(a, b);
  case BinaryKind::Max:
    return std::isnan(a) || std::isnan(b) ? NAN : std::max(a, b);
  case BinaryKind::Mod: {
    double rest = std::fmod(a, b);
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
  }
  case BinaryKind::Fmod:
    return std::fmod(a, b);
  default:
    llvm_unreachable("the verifier admits logical kinds on i1 only");
  }
}

/// base^exponent with wraparound; a negative exponent truncates towards 0.
static int64_t power(int64_t base, int64_t exponent) {
  if (exponent < 0)
    return base == 1 ? 1 : base == -1 ? (exponent % 2 ? -1 : 1) : 0;
  uint64_t result = 1, factor = base;
  for (; exponent; exponent >>= 1, factor *= factor)
    if (exponent & 1)
      result *= factor;
  return static_cast<int64_t>(result);
}

/// \p a shifted to the right by \p places, rounded half up, in \p bits bits.
static int64_t shiftRounded(int64_t a, int64_t places, unsigned bits) {
  if (places <= 0)
    return places <= -static_cast<int64_t>(bits)
               ? 0
               : static_cast<int64_t>(static_cast<uint64_t>(a) << -places);
  // Half a unit may not fit beside the number: take the bit below the cut.
  return places >= static_cast<int64_t>(bits)
             ? 0
             : (a >> places) + ((a >> (places - 1)) & 1);
}

static int64_t applyBinary(BinaryKind kind, int64_t a, int64_t b,
                           unsigned bits) {
  uint64_t x = a, y = b;
  switch (kind) {
  case BinaryKind::Add:
    return x + y;
  case BinaryKind::Sub:
    return x - y;
  case BinaryKind::Mul:
    return x * y;
  case BinaryKind::Div:
    return b == 0 ? 0 : b == -1 ? static_cast<int64_t>(-x) : a / b;
  case BinaryKind::Pow:
    return power(a, b);
  case BinaryKind::Min:
    return std::min(a, b);
  case BinaryKind::Max:
    return std::max(a, b);
  case BinaryKind::Mod:
  case BinaryKind::Fmod: {
    if (b == 0 || b == -1)
      return 0;
    int64_t rest = a % b;
    bool adjust = kind == BinaryKind::Mod && rest != 0 && (rest < 0) != (b < 0);
    return adjust ? rest + b : rest;
  }
  case BinaryKind::And:
    return a & b;
  case BinaryKind::Or:
    return a | b;
  case BinaryKind::Xor:
    return a ^ b;
  case BinaryKind::RShift:
    return shiftRounded(a, b, bits);
  case BinaryKind::Shr:
    if (b < 0 || b >= static_cast<int64_t>(bits))
      return 0;
    return static_cast<int64_t>((bits == 32 ? static_cast<uint32_t>(a) : x) >>
                                b);
  case BinaryKind::MulHigh31:
    return numerics::fixed::multiplyHigh31(static_cast<int32_t>(a),
                                           static_cast<int32_t>(b));
  }
  llvm_unreachable("all kinds are covered");
}

LogicalResult BinaryOp::interpret(Values operands, Results &results,
                                  InterpreterContext &) {
  const HostValue &a = operands[0], &b = operands[1];
  BinaryKind kind = getKind();
  bool real = a.getElementType().isF32();
  unsigned bits = a.getElementType().getIntOrFloatBitWidth();
  return zipElements(*this, operands, a.getElementType(), results,
                     [&](HostValue &y, int64_t i, ArrayRef<int64_t> at) {
                       if (real)
                         y.setNumber(i, applyBinary(kind, a.getNumber(at[0]),
                                                    b.getNumber(at[1])));
                       else
                         y.setInteger(i,
                                      applyBinary(kind, a.getInteger(at[0]),
                                                  b.getInteger(at[1]), bits));
                     });
}

LogicalResult CompareOp::interpret(Values operands, Results &results,
                                   InterpreterContext &) {
  const HostValue &a = operands[0], &b = operands[1];
  Predicate predicate = getPredicate();
  bool real = a.getElementType().isF32();
  return zipElements(
      *this, operands, IntegerType::get(getContext(), 1), results,
      [&](HostValue &y, int64_t i, ArrayRef<int64_t> at) {
        y.setInteger(
            i,
            real ? holds(predicate, a.getNumber(at[0]), b.getNumber(at[1]))
                 : holds(predicate, a.getInteger(at[0]), b.getInteger(at[1])));
      });
}

LogicalResult SelectOp::interpret(Values operands, Results &results,
                                  InterpreterContext &) {
  const HostValue &c = operands[0];
  Type element = operands[1].getElementType();
  int64_t size = getElementBytes(element);
  return zipElements(
      *this, operands, element, results,
      [&](HostValue &y, int64_t i, ArrayRef<int64_t> at) {
        bool yes = c.getInteger(at[0]) != 0;
        const HostValue &from = operands[yes ? 1 : 2];
        std::memcpy(y.getMutableBytes().data() + i * size,
                    from.getBytes().data() + at[yes ? 1 : 2] * size, size);
      });
}
