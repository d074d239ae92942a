//===- Passes.h - Passes between quantize and group -------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QT_TRANSFORMS_PASSES_H
#define QUANTC_DIALECT_QT_TRANSFORMS_PASSES_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Pass/Pass.h"
#include "quantc/Dialect/NN/IR/NNDialect.h"

namespace quantc::qt {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "quantc/Dialect/QT/Transforms/Passes.h.inc"
} // namespace quantc::qt

#endif // QUANTC_DIALECT_QT_TRANSFORMS_PASSES_H
