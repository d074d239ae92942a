//===- ShapeInterface.h - Symbolic sizes ------------------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_INTERFACES_SHAPEINTERFACE_H
#define QUANTC_INTERFACES_SHAPEINTERFACE_H

#include "mlir/IR/OpDefinition.h"

namespace quantc {
class SymbolicShapes;
} // namespace quantc

#include "quantc/Interfaces/ShapeInterface.h.inc"

#endif // QUANTC_INTERFACES_SHAPEINTERFACE_H
