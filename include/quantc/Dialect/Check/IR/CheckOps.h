//===- CheckOps.h - Expectations of test programs ---------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_CHECK_IR_CHECKOPS_H
#define QUANTC_DIALECT_CHECK_IR_CHECKOPS_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "quantc/Interfaces/InterpretableOpInterface.h"
#include "quantc/Interfaces/QuantizedElementTypeInterface.h"

#include "quantc/Dialect/Check/IR/CheckDialect.h.inc"

#define GET_OP_CLASSES
#include "quantc/Dialect/Check/IR/CheckOps.h.inc"

#endif // QUANTC_DIALECT_CHECK_IR_CHECKOPS_H
