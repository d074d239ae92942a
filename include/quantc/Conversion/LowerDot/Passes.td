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

def ShiftLanes : Pass<"qt-shift-lanes"> {
  let summary = "Shift all lanes by one amount as if each had its own";
  let description = [{
    Code generation takes the amount out of the lowest lane of a register, for
    which CPUs of Intel need two operations of 512 bits where a shift by lanes
    needs one; others need one for either. Applies where the attribute
    `qt.target` of the module around has AVX-512, to amounts that are no
    constants. Amounts as large as a lane or larger are undefined before and
    give zeros or signs after, so that limits of amounts that keep nothing but
    signs are dropped.

    Before:
    ```mlir
    %n = vector.broadcast %amount : i32 to vector<16xi32>
    %r = arith.shli %x, %n : vector<16xi32>
    ```
    After:
    ```mlir
    %r = llvm.call_intrinsic "llvm.x86.avx512.psllv.d.512"(%x, %n) : (...) -> vector<16xi32>
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::vector::VectorDialect",
    "::mlir::LLVM::LLVMDialect"
  ];
}

def NarrowLanes : Pass<"qt-narrow-lanes"> {
  let summary = "Narrow lanes with instructions that saturate or pick halves";
  let description = [{
    With AVX-512, by the attribute `qt.target` of the module around, what is
    limited to numbers that fit the narrow type is narrowed first, by an
    instruction that saturates, and then limited, if at all, in half the
    registers: two registers of 32 bits become one of 16 by `vpackssdw`, and
    one register is narrowed by the saturating form of `vpmov`. Halves of two
    registers that have no limits, the lower or the upper ones, are picked by
    `vpermi2w`. The numbers are the same.

    Before:
    ```mlir
    %l = arith.maxsi %x, %least : vector<32xi32>   // -32767
    %m = arith.minsi %l, %most : vector<32xi32>    // 32767
    %r = arith.trunci %m : vector<32xi32> to vector<32xi16>
    ```
    After:
    ```mlir
    %p = llvm.call_intrinsic "llvm.x86.avx512.packssdw.512"(%low, %high) : (...) -> vector<32xi16>
    %q = ... vector.shuffle ... [0, 2, 4, 6, 1, 3, 5, 7] : vector<8xi64>, vector<8xi64>
    %r = arith.maxsi %q, %least16 : vector<32xi16>
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::vector::VectorDialect",
    "::mlir::LLVM::LLVMDialect"
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
