//===- Passes.td - Choices that depend on the CPU ----------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TARGET_CPU_PASSES_TD
#define QUANTC_TARGET_CPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def QuantizeContractions : Pass<"qt-quantize-contractions", "::mlir::func::FuncOp"> {
  let summary = "Give the operands of contractions the formats of a recipe";
  let description = [{
    Asks every op with `QuantizableOpInterface` that is not computed from
    constants alone for its operands and their roles, looks each up in the recipe, and puts a `qt.quantize` in front of
    those that get a format. The op stays what it is; only types change. Of a
    contraction the recipe gives formats to all operands, to none, or to the
    weights alone. Another mixture and formats that an op cannot take are
    errors, all of a function at once.

    Before:
    ```mlir
    %0 = nn.matmul %x, %w : tensor<?x64xf32>, tensor<8x64xf32> -> tensor<?x8xf32>
    ```
    After, with `recipe=w8a8`:
    ```mlir
    %1 = qt.quantize %x {...} : tensor<?x64xf32> -> tensor<?x64x!qt.block<[1, ?], s8, scale = f32>>
    %2 = qt.quantize %w {...} : tensor<8x64xf32> -> tensor<8x64x!qt.block<[1, ?], s8, scale = f32>>
    %0 = nn.matmul %1, %2 : ... -> tensor<?x8xf32>
    ```
  }];
  let options = [
    Option<"recipe", "recipe", "std::string", "\"w8a8g32\"",
           "Name of a built-in recipe, or path of a .json file">,
    Option<"needsCode", "needs-code", "bool", "false",
           "Report formats that no kernel takes; else the interpreter may">
  ];
  let dependentDialects = ["::quantc::qt::QTDialect"];
}

def AssignLayouts : Pass<"qt-assign-layouts", "::mlir::func::FuncOp"> {
  let summary = "Choose a packed layout for every contraction";
  let description = [{
    From the formats of both operands, the values of the weights and the
    features of the module's target: puts a `qt.pack` behind constant weights,
    gives the activations' `qt.quantize` the same layout, and records it on
    the contraction. All three, and the kernel generator, read the one
    attribute. `cpu-layout` forces the layouts of another class of target, so
    that packing and tails can be tested on any machine. Where no activation is
    below zero, as behind a ReLU, and the target has products of unsigned codes
    that gain by it, the layout has `low = 0` and the quantiser's encoding no
    codes below it. Float convolutions of
    3 x 3 taps are computed by tiles, with fewer products, where that is faster
    and `direct` does not forbid it. These, and depthwise ones that go line by
    line, keep their pads; of others they become part of the input's halo.

    Before:
    ```mlir
    %xc, %xs = qt.quantize %x {...} : tensor<?x33xf32> -> tensor<?x33xi8>, tensor<?x1xf32>
    %0 = qt.contract lhs(%xc, %xs : ...) rhs(%w, %ws : tensor<8x33xi8>, tensor<8x1xf32>) {geometry = #qt.matmul, ...} -> tensor<?x8xf32>
    ```
    After, with VNNI:
    ```mlir
    %xc, %xs = qt.quantize %x {..., layout = #qt.layout<s8, panel = 32, rows = 8, bias = 128>}
      : tensor<?x33xf32> -> tensor<?x64xi8>, tensor<?x1xf32>
    %p = qt.pack %w, %ws ...
    %0 = qt.contract lhs(%xc, %xs : ...) rhs(%p : ...) {geometry = #qt.matmul<k = 33>, ...} -> tensor<?x8xf32>
    ```
  }];
  let options = [
    Option<"cpuLayout", "cpu-layout", "std::string", "\"\"",
           "Class of target to lay out for: avx2, avx512vnni, generic; default: the module's">,
    Option<"direct", "direct", "bool", "false",
           "Sum over every window of a float convolution by itself">
  ];
  let dependentDialects = ["::quantc::qt::QTDialect"];
}

#endif // QUANTC_TARGET_CPU_PASSES_TD
