//===- Reductions.cpp - The arithmetic of nn.reduce -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Reductions.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace quantc;
using nn::ReduceKind;

static Value makeConstant(OpBuilder &builder, Location loc, Type type,
                          TypedAttr element) {
  if (auto vector = dyn_cast<VectorType>(type))
    return arith::ConstantOp::create(
        builder, loc, DenseElementsAttr::get(vector, Attribute(element)));
  return arith::ConstantOp::create(builder, loc, element);
}

static Type withElement(Type type, Type element) {
  if (auto vector = dyn_cast<VectorType>(type))
    return vector.clone(element);
  return element;
}

Value Reduction::getNeutral(OpBuilder &builder, Type type) {
  Type own = getElementTypeOrSelf(type);
  if (isa<FloatType>(own)) {
    double infinity = std::numeric_limits<double>::infinity();
    double value = kind == ReduceKind::Max    ? -infinity
                   : kind == ReduceKind::Min  ? infinity
                   : kind == ReduceKind::Prod ? 1
                                              : 0;
    return makeConstant(builder, loc, type, builder.getFloatAttr(own, value));
  }
  unsigned bits = own.getIntOrFloatBitWidth();
  int64_t lowest = std::numeric_limits<int64_t>::min() >> (64 - bits);
  int64_t value = kind == ReduceKind::Max    ? lowest
                  : kind == ReduceKind::Min  ? ~lowest
                  : kind == ReduceKind::Prod ? 1
                                             : 0;
  return makeConstant(builder, loc, type, builder.getIntegerAttr(own, value));
}

Value Reduction::map(OpBuilder &builder, Value x) {
  bool isFloat = isa<FloatType>(getElementTypeOrSelf(x.getType()));
  switch (kind) {
  case ReduceKind::SumSq:
  case ReduceKind::L2:
    if (isFloat)
      return arith::MulFOp::create(builder, loc, x, x);
    return arith::MulIOp::create(builder, loc, x, x);
  case ReduceKind::L1: {
    if (isFloat)
      return math::AbsFOp::create(builder, loc, x);
    Value zero = makeConstant(
        builder, loc, x.getType(),
        builder.getIntegerAttr(getElementTypeOrSelf(x.getType()), 0));
    Value negative = arith::SubIOp::create(builder, loc, zero, x);
    return arith::MaxSIOp::create(builder, loc, x, negative);
  }
  default:
    return x;
  }
}

Value Reduction::combine(OpBuilder &builder, Value a, Value b) {
  bool isFloat = isa<FloatType>(getElementTypeOrSelf(a.getType()));
  switch (kind) {
  case ReduceKind::Max:
    if (isFloat)
      return arith::MaximumFOp::create(builder, loc, a, b);
    return arith::MaxSIOp::create(builder, loc, a, b);
  case ReduceKind::Min:
    if (isFloat)
      return arith::MinimumFOp::create(builder, loc, a, b);
    return arith::MinSIOp::create(builder, loc, a, b);
  case ReduceKind::Prod:
    if (isFloat)
      return arith::MulFOp::create(builder, loc, a, b);
    return arith::MulIOp::create(builder, loc, a, b);
  default:
    if (isFloat)
      return arith::AddFOp::create(builder, loc, a, b);
    return arith::AddIOp::create(builder, loc, a, b);
  }
}

Value Reduction::finish(OpBuilder &builder, Value sum, Value count) {
  Type type = sum.getType(), own = getElementTypeOrSelf(type);
  auto spread = [&](Value scalar) -> Value {
    return isa<VectorType>(type)
               ? vector::BroadcastOp::create(builder, loc, type, scalar)
                     .getResult()
               : scalar;
  };
  if (kind == ReduceKind::Mean) {
    Value number =
        arith::IndexCastOp::create(builder, loc, builder.getI64Type(), count);
    if (isa<FloatType>(own)) {
      number = arith::SIToFPOp::create(builder, loc, own, number);
      return arith::DivFOp::create(builder, loc, sum, spread(number));
    }
    if (own.getIntOrFloatBitWidth() < 64)
      number = arith::TruncIOp::create(builder, loc, own, number);
    // A mean of nothing is 0; so is the sum.
    Value one = makeConstant(builder, loc, own, builder.getIntegerAttr(own, 1));
    number = arith::MaxSIOp::create(builder, loc, number, one);
    return arith::DivSIOp::create(builder, loc, sum, spread(number));
  }
  if (kind != ReduceKind::L2)
    return sum;
  if (isa<FloatType>(own))
    return math::SqrtOp::create(builder, loc, sum);
  Type wide = withElement(type, builder.getF64Type());
  Value root = math::SqrtOp::create(
      builder, loc, arith::SIToFPOp::create(builder, loc, wide, sum));
  // Saturating: the root of a sum that wrapped around is NaN.
  std::string name = "llvm.fptosi.sat.", lanesName;
  if (auto vector = dyn_cast<VectorType>(type))
    lanesName = "v" + std::to_string(vector.getNumElements());
  name += lanesName + "i" + std::to_string(own.getIntOrFloatBitWidth()) + "." +
          lanesName + "f64";
  return LLVM::CallIntrinsicOp::create(builder, loc, type,
                                       builder.getStringAttr(name), root)
      .getResult(0);
}
