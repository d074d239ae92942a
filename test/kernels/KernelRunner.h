//===- KernelRunner.h - Compiles and runs a kernel --------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TEST_KERNELS_KERNELRUNNER_H
#define QUANTC_TEST_KERNELS_KERNELRUNNER_H

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/Error.h"

namespace quantc::test {

/// The span function of one kernel, as machine code of this process.
class CompiledKernel {
public:
  /// \p text is a module with one function `@k` as the group stage makes it,
  /// and no target; \p cpu names the target.
  static llvm::Expected<CompiledKernel> compile(llvm::StringRef text,
                                                llvm::StringRef cpu);

  int64_t getUnits(llvm::ArrayRef<int64_t> symbols) const {
    return evaluate(iterations, symbols);
  }
  int64_t getScratchBytes(llvm::ArrayRef<int64_t> symbols) const {
    return evaluate(scratch, symbols);
  }
  int64_t getGrain(llvm::ArrayRef<int64_t> symbols) const {
    return evaluate(grain, symbols);
  }

  int32_t run(int64_t begin, int64_t end, void *const *slots,
              void *scratchMemory) const {
    return function(begin, end, slots, scratchMemory);
  }

private:
  static int64_t evaluate(mlir::AffineMap map, llvm::ArrayRef<int64_t> symbols);

  std::shared_ptr<mlir::MLIRContext> context;
  std::unique_ptr<llvm::orc::LLJIT> jit;
  mlir::AffineMap iterations, scratch, grain;
  int32_t (*function)(int64_t, int64_t, void *const *, void *) = nullptr;
};

/// Whether this machine runs code for \p cpu.
bool canRun(llvm::StringRef cpu);

} // namespace quantc::test

#endif // QUANTC_TEST_KERNELS_KERNELRUNNER_H
