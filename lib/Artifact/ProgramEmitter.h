//===- ProgramEmitter.h - What all programs are made of ---------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_LIB_ARTIFACT_PROGRAMEMITTER_H
#define QUANTC_LIB_ARTIFACT_PROGRAMEMITTER_H

#include "Boundary.h"
#include "SizeEmitter.h"
#include "quantc/Artifact/ArenaPlan.h"
#include "quantc/Artifact/EntryEmitter.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/IR/IRBuilder.h"

namespace quantc {

/// Emits launches and what they need. Shared libraries and static objects
/// differ in how tensors are found and how kernels are called.
class ProgramEmitter {
protected:
  /// With \p isInParts, an integer-only program is split at its boundaries.
  ProgramEmitter(mlir::func::FuncOp entry, mlir::ModuleOp kernels,
                 const ProgramInfo &info, llvm::Module &program,
                 bool isInParts = false);

  /// The function that launches are emitted to.
  struct Frame {
    llvm::Function *function;
    SizeEmitter &sizes;
    llvm::Value *arguments; ///< slots for those of one kernel
    llvm::Value *run;       ///< a qcrt_run, or null where there is none
    /// The address of what lies at a place.
    llvm::function_ref<llvm::Value *(const ArenaPlan::Place &)> locate;
  };

  llvm::Function *makeFunction(llvm::StringRef name, llvm::Type *result,
                               llvm::ArrayRef<llvm::Type *> arguments);
  /// i32 plan(const i64 *symbols, i64 *out)
  llvm::Function *emitPlan();
  llvm::Value *allocateArguments();
  /// Fills the arguments from \p firstSlot on, calls by \p call, which gives
  /// an error word, and returns where there was an error.
  void emitLaunch(const Frame &frame, const ArenaPlan::Launch &launch,
                  unsigned firstSlot, llvm::function_ref<llvm::Value *()> call);
  /// A result that no launch writes where it belongs.
  void emitCopy(const Frame &frame, unsigned result, mlir::Value from);

  /// Links the code of kernels into the program, to be inlined.
  llvm::Error linkKernels(llvm::ArrayRef<mlir::ModuleOp> modules);
  /// i32 kernel(i64 begin, i64 end, void *arguments, void *scratch): all
  /// kernels of a boundary. Of several, the first slot of the arguments picks
  /// one.
  llvm::Expected<llvm::Function *> emitBoundary(ProgramPart part,
                                                llvm::StringRef name);
  /// Before the arguments of a launch of a boundary; their first slot.
  unsigned pickKernel(const Frame &frame, const ArenaPlan::Launch &launch);

  llvm::Function *getKernel(const ArenaPlan::Launch &launch);
  llvm::GlobalVariable *getConstantData(llvm::StringRef name,
                                        bool isNear = false);
  mlir::SmallVector<mlir::AffineExpr> getResultSizes(unsigned index);
  mlir::SmallVector<std::string> getNames(llvm::StringRef attribute,
                                          unsigned count);
  uint32_t getSite(llvm::StringRef name);
  uint32_t getSite(mlir::Location loc);
  llvm::Constant *makeString(llvm::StringRef text);
  llvm::Constant *makeArray(llvm::ArrayRef<llvm::Constant *> elements,
                            llvm::Type *type);

  mlir::func::FuncOp entry;
  mlir::ModuleOp kernels;
  const ProgramInfo &info;
  llvm::Module &program;
  llvm::LLVMContext &context;
  llvm::IRBuilder<> b;
  Boundary boundary;
  ArenaPlan plan;
  mlir::SmallVector<llvm::Constant *> sites;
  /// The number of each size that the plan writes of the arena's buffers.
  llvm::DenseMap<mlir::AffineExpr, unsigned> rooms;

private:
  void checkAliases(SizeEmitter &sizes);
  void checkEqualSizes(SizeEmitter &sizes);

  bool hasSites; ///< those who run the program can tell what they stand for
  llvm::StringMap<uint32_t> siteNumbers;
};

} // namespace quantc

#endif // QUANTC_LIB_ARTIFACT_PROGRAMEMITTER_H
