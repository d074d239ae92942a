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

def ExpandElementwise : Pass<"nn-expand-elementwise"> {
  let summary = "Write elementwise ops on scalars and vectors as arithmetic";
  let description = [{
    `nn.unary`, `nn.gelu` and the like on scalars and vectors become `arith`
    ops and polynomials with a stated error bound. No op that remains calls
    libm. Products and sums are fused only where `math.fma` stands.

    Before:
    ```mlir
    %y = nn.unary relu %x : vector<16xf32>
    ```
    After:
    ```mlir
    %c = arith.cmpf olt, %x, %zero : vector<16xf32>
    %y = arith.select %c, %zero, %x : vector<16xi1>, vector<16xf32>
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
    "::mlir::vector::VectorDialect", "::mlir::LLVM::LLVMDialect"
  ];
}

def LowerDot : Pass<"qt-lower-dot"> {
  let summary = "Write qt.dot and qt.lookup in instructions of the target";
  let description = [{
    Chooses by the features in the attribute `qt.target` of the module around:
    `vpdpbusd` with AVX-512-VNNI or AVX-VNNI, `vpmaddubsw` and `vpmaddwd` with
    AVX2 where the bound proves that nothing saturates, and widened products
    in plain vectors everywhere else. All give the same numbers.

    Before:
    ```mlir
    %r = qt.dot 2, %a, %ones, %acc {bound = ...} : vector<16xi16>, vector<16xi16>, vector<8xi32>
    ```
    After, with AVX2:
    ```mlir
    %p = llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"(%a, %ones) : (...) -> vector<8xi32>
    %r = arith.addi %p, %acc : vector<8xi32>
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
    "::mlir::vector::VectorDialect", "::mlir::LLVM::LLVMDialect"
  ];
}

#endif // QUANTC_CONVERSION_KERNELTOLOOPS_PASSES_TD
