//===- KernelFixture.h - Runs kernels on host tensors -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TEST_UNIT_CONVERSION_KERNELFIXTURE_H
#define QUANTC_TEST_UNIT_CONVERSION_KERNELFIXTURE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "quantc/Interpreter/HostValue.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include <functional>
#include <gtest/gtest.h>
#include <string>

namespace quantc {

/// A kernel in memory, and what the interpreter needs to say what it gives.
struct Kernel {
  mlir::OwningOpRef<mlir::ModuleOp> reference; ///< as the group stage made it
  mlir::OwningOpRef<mlir::ModuleOp> lowered;
  std::unique_ptr<llvm::orc::LLJIT> jit;
  int32_t (*span)(int64_t, int64_t, void **, char *) = nullptr;

  mlir::func::FuncOp getFunction();
};

/// Compiles kernels for this machine, or another CPU that it can stand for,
/// and compares what they compute with the interpreter.
class KernelTest : public ::testing::Test {
protected:
  KernelTest();

  /// From the text of a function; dynamic sizes that no attribute names are
  /// one symbol for each dimension. It links against nothing but memcpy,
  /// memmove and memset.
  Kernel compile(llvm::StringRef text, llvm::StringRef cpu = "native");

  /// Runs all units, in one call or in several in reverse order. Buffers end
  /// where memory ends, so that nothing beyond them is read. Gives the error
  /// word.
  int32_t run(Kernel &kernel, llvm::ArrayRef<HostValue> inputs,
              std::vector<HostValue> &outputs, bool split = false);

  /// Runs and interprets; floats may differ by `tolerance` times their size
  /// plus `absolute`, everything else is equal.
  void check(Kernel &kernel, llvm::ArrayRef<HostValue> inputs,
             double tolerance = 0, double absolute = 0);
  void check(llvm::StringRef text, llvm::ArrayRef<HostValue> inputs,
             double tolerance = 0, double absolute = 0);

  /// Tensors with values of the element's type, from a fixed sequence.
  HostValue random(llvm::ArrayRef<int64_t> shape, mlir::Type element,
                   double low = -4, double high = 4);
  HostValue reals(llvm::ArrayRef<int64_t> shape, double low = -4,
                  double high = 4);
  HostValue make(llvm::ArrayRef<int64_t> shape, mlir::Type element,
                 std::function<double(int64_t)> value);
  HostValue list(llvm::ArrayRef<int64_t> values);

  mlir::MLIRContext &getContext() { return *context; }

private:
  std::unique_ptr<mlir::MLIRContext> context;
  uint64_t state = 1;
};

} // namespace quantc

#endif // QUANTC_TEST_UNIT_CONVERSION_KERNELFIXTURE_H
