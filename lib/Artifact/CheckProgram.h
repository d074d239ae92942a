//===- CheckProgram.h - What the program's emitter relies on -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_ARTIFACT_CHECKPROGRAM_H
#define QUANTC_LIB_ARTIFACT_CHECKPROGRAM_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace quantc {

/// Reports everything in a program that cannot become an artefact: code
/// outside of kernels, kernels that were not lowered, sizes that are known only
/// when the model runs, element types that the runtime cannot pass.
mlir::LogicalResult checkProgram(mlir::func::FuncOp entry,
                                 mlir::ModuleOp kernels);

} // namespace quantc

#endif // QUANTC_LIB_ARTIFACT_CHECKPROGRAM_H
