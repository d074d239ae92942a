//===- Passes.td - Kernels to loops -*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CONVERSION_KERNELTOLOOPS_PASSES_TD
#define QUANTC_CONVERSION_KERNELTOLOOPS_PASSES_TD

include "mlir/Pass/PassBase.td"

def LowerKernels : Pass<"qt-lower-kernels", "::mlir::ModuleOp"> {
  let summary = "Replace every kernel by a module with its span function";
  let description = [{
    Each function with the attribute `qt.kernel` becomes a module of the same
    name that holds one function

    ```mlir
    func.func @k(%begin: i64, %end: i64, %args: !llvm.ptr, %scratch: !llvm.ptr) -> i32
    ```

    in scf, memref, vector and arith. It computes the units `begin` to `end`
    of the kernel's parallel iteration space, and returns 0 or an error word.
    `args` has a slot of 8 bytes for every operand's address, every result's
    address, and every symbol of the kernel. The module's attributes state the
    number of units (`qt.iterations`), the bytes of scratch memory for one
    thread (`qt.scratch`), both as affine maps of the symbols, and how many
    units one call should do at least (`qt.grain`).
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::quantc::nn::NNDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect",
    "::quantc::qt::QTDialect"
  ];
}

#endif // QUANTC_CONVERSION_KERNELTOLOOPS_PASSES_TD
