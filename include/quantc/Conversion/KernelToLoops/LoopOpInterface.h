//===- LoopOpInterface.h - Ops as plain loops -------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CONVERSION_KERNELTOLOOPS_LOOPOPINTERFACE_H
#define QUANTC_CONVERSION_KERNELTOLOOPS_LOOPOPINTERFACE_H

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/OpDefinition.h"

namespace quantc {
class LoopEmitter;
class SymbolicShapes;
} // namespace quantc

#include "quantc/Conversion/KernelToLoops/LoopOpInterface.h.inc"

namespace quantc {
/// Attaches the models of our ops.
void registerLoopModels(mlir::DialectRegistry &registry);
} // namespace quantc

#endif // QUANTC_CONVERSION_KERNELTOLOOPS_LOOPOPINTERFACE_H
