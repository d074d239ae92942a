//===- Passes.td - Dot products as instructions -*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CONVERSION_LOWERDOT_PASSES_TD
#define QUANTC_CONVERSION_LOWERDOT_PASSES_TD

include "mlir/Pass/PassBase.td"

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

#endif // QUANTC_CONVERSION_LOWERDOT_PASSES_TD
