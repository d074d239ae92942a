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
  let summary = "Write qt.dot, qt.lookup and qt.pick in instructions of the target";
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

def BrainFloatLanes : Pass<"llvm-brain-float-lanes"> {
  let summary = "Take lanes of bf16 out of vectors as integers";
  let description = [{
    Code generation does it by a call of a function that artefacts do not have.
    Lanes that are put in, loaded and stored by masks are integers as well.

    Before:
    ```mlir
    %x = llvm.extractelement %v[%i : i64] : vector<16xbf16>
    ```
    After:
    ```mlir
    %n = llvm.bitcast %v : vector<16xbf16> to vector<16xi16>
    %m = llvm.extractelement %n[%i : i64] : vector<16xi16>
    %x = llvm.bitcast %m : i16 to bf16
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif // QUANTC_CONVERSION_LOWERDOT_PASSES_TD
