//===- Passes.td - Elementwise ops as arithmetic -*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_CONVERSION_EXPANDELEMENTWISE_PASSES_TD
#define QUANTC_CONVERSION_EXPANDELEMENTWISE_PASSES_TD

include "mlir/Pass/PassBase.td"

def ExpandElementwise : Pass<"nn-expand-elementwise"> {
  let summary = "Write elementwise ops on scalars and vectors as arithmetic";
  let description = [{
    `nn.unary`, `nn.gelu` and the like, and `qt.sigma`, on scalars and vectors
    become `arith` ops and polynomials with a stated error bound. No op that
    remains calls libm. Products and sums are fused only where `math.fma`
    stands. Fused products, roundings and shifts by vectors for which the CPU
    in the attribute `qt.target` of the module around has no instruction are
    written out, with the same results.

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
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect",
    "::mlir::LLVM::LLVMDialect"
  ];
}

#endif // QUANTC_CONVERSION_EXPANDELEMENTWISE_PASSES_TD
