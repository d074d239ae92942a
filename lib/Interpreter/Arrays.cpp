//===- Arrays.cpp - Arrays of files as values of the interpreter -*- C++ -*-==//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Interpreter/Arrays.h"

using namespace mlir;
using namespace quantc;

quantc_dtype quantc::getDtype(Type element) {
  if (element.isF32())
    return QUANTC_F32;
  if (element.isInteger(1))
    return QUANTC_BOOL;
  if (element.isF16())
    return QUANTC_F16;
  if (element.isBF16())
    return QUANTC_BF16;
  if (element.isF64())
    return QUANTC_F64;
  bool isUnsigned = element.isUnsignedInteger();
  switch (element.getIntOrFloatBitWidth()) {
  case 8:
    return isUnsigned ? QUANTC_U8 : QUANTC_I8;
  case 16:
    return isUnsigned ? QUANTC_U16 : QUANTC_I16;
  case 32:
    return isUnsigned ? QUANTC_U32 : QUANTC_I32;
  default:
    return isUnsigned ? QUANTC_U64 : QUANTC_I64;
  }
}

Type quantc::getElementType(MLIRContext &context, quantc_dtype dtype) {
  auto integer = [&](unsigned width, IntegerType::SignednessSemantics sign =
                                         IntegerType::Signless) -> Type {
    return IntegerType::get(&context, width, sign);
  };
  switch (dtype) {
  case QUANTC_F32:
    return Float32Type::get(&context);
  case QUANTC_F16:
    return Float16Type::get(&context);
  case QUANTC_BF16:
    return BFloat16Type::get(&context);
  case QUANTC_F64:
    return Float64Type::get(&context);
  case QUANTC_BOOL:
    return integer(1);
  case QUANTC_U8:
  case QUANTC_U16:
  case QUANTC_U32:
  case QUANTC_U64:
    return integer(8 * quantc_dtype_bytes(dtype), IntegerType::Unsigned);
  default:
    return integer(8 * quantc_dtype_bytes(dtype));
  }
}

HostValue quantc::toHostValue(const NamedArray &array, Type element) {
  return HostValue::borrow(RankedTensorType::get(array.dims, element),
                           array.bytes);
}

NamedArray quantc::toArray(llvm::StringRef name, const HostValue &value) {
  NamedArray array;
  array.name = name.str();
  array.dtype = getDtype(value.getElementType());
  array.dims.assign(value.getShape().begin(), value.getShape().end());
  array.bytes.assign(value.getBytes().begin(), value.getBytes().end());
  return array;
}
