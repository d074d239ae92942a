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
#include "llvm/Support/Error.h"

namespace quantc {

/// The entry of the program that \p module is. Reports everything in it that
/// cannot become an artefact: code outside of kernels, kernels that were not
/// lowered, sizes that are known only when the model runs, element types that
/// the runtime cannot pass; the error then has no text of its own.
llvm::Expected<mlir::func::FuncOp> getCheckedEntry(mlir::ModuleOp module);

} // namespace quantc

#endif // QUANTC_LIB_ARTIFACT_CHECKPROGRAM_H
