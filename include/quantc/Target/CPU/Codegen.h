//===- Codegen.h - Object code of kernels -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TARGET_CPU_CODEGEN_H
#define QUANTC_TARGET_CPU_CODEGEN_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "quantc/Target/CPU/CpuTarget.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"

namespace quantc {

using ObjectBytes = llvm::SmallVector<char, 0>;

/// What is made of LLVM IR: an object file, or text.
/// A measured object says how large the frame of every function is.
enum class CodeKind { Object, MeasuredObject, Assembly, LLVM };

/// From the modules that qt-lower-kernels makes to the LLVM dialect, all of
/// them on as many threads as the context has.
void buildKernelsToLLVMPipeline(mlir::OpPassManager &manager);

/// What the symbol of a kernel is called in object code.
std::string getKernelSymbol(llvm::StringRef kernel);

/// The features that an artefact for \p target needs, as its runtime checks
/// them: those of Runtime/Features.def.
std::vector<std::string> getCheckedFeatures(const CpuTarget &target);

/// A target machine that emits position-independent code for \p cpu.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
makeTargetMachine(llvm::StringRef triple, llvm::StringRef cpu,
                  llvm::StringRef features);

/// Runs the short pipeline of passes on \p module and emits it.
llvm::Expected<ObjectBytes>
emitCode(llvm::Module &module, llvm::TargetMachine &machine, CodeKind kind);

/// Whether a kernel module in the LLVM dialect computes with a float.
bool computesOnFloats(mlir::ModuleOp kernel);

/// The LLVM IR of a kernel module in the LLVM dialect, for \p target.
llvm::Expected<std::unique_ptr<llvm::Module>>
translateKernel(mlir::ModuleOp kernel, const CpuTarget &target,
                llvm::LLVMContext &context);

/// A target machine for the kernels of \p target.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
makeTargetMachine(const CpuTarget &target);

/// The code of every kernel module in \p module but those that \p isLeftOut
/// says, in their order, on \p threads threads. They are in the LLVM dialect.
llvm::Expected<std::vector<ObjectBytes>>
compileKernels(mlir::ModuleOp module, const CpuTarget &target, unsigned threads,
               CodeKind kind,
               llvm::function_ref<bool(mlir::ModuleOp)> isLeftOut = nullptr);

} // namespace quantc

#endif // QUANTC_TARGET_CPU_CODEGEN_H
