//===- IntegerLoweringInterface.h - Integer-only ops ----*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef QUANTC_INTERFACES_INTEGERLOWERINGINTERFACE_H
#define QUANTC_INTERFACES_INTEGERLOWERINGINTERFACE_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/OpDefinition.h"

#include "quantc/Interfaces/IntegerLoweringInterface.h.inc"

namespace quantc {

/// Whether the op's types are those that it infers from them.
llvm::LogicalResult verifyIntegerTypes(IntegerLoweringInterface op);

} // namespace quantc

#endif // QUANTC_INTERFACES_INTEGERLOWERINGINTERFACE_H
