//===- EntryEmitter.h - The program around the kernels -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_ARTIFACT_ENTRYEMITTER_H
#define QUANTC_ARTIFACT_ENTRYEMITTER_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "quantc/Target/CPU/CpuTarget.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"

namespace quantc {

/// What a program says of itself beside its code.
struct ProgramInfo {
  std::string name;     ///< the model's
  std::string metadata; ///< a JSON object
  CpuTarget target;
  bool hasWeightsFile = false;   ///< instead of constant data
  std::string prefix = "quantc"; ///< of the names of functions
};

/// Emits into \p program the functions `entry` and `plan` of \p entry and the
/// descriptor of quantc/Runtime/Program.h. Kernels are referred to by
/// getKernelSymbol, globals by their names. \p kernels holds their modules.
llvm::Error emitProgram(mlir::func::FuncOp entry, mlir::ModuleOp kernels,
                        const ProgramInfo &info, llvm::Module &program);

} // namespace quantc

#endif // QUANTC_ARTIFACT_ENTRYEMITTER_H
