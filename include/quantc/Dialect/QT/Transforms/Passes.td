//===- Passes.td - Passes between quantize and group -------*- tablegen -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_DIALECT_QT_TRANSFORMS_PASSES_TD
#define QUANTC_DIALECT_QT_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def QuantizeContractions : Pass<"qt-quantize-contractions", "::mlir::func::FuncOp"> {
  let summary = "Give the operands of contractions the formats of a recipe";
  let description = [{
    Asks every op with `QuantizableOpInterface` for its operands and their
    roles, looks each up in the recipe, and puts a `qt.quantize` in front of
    those that get a format. The op stays what it is; only types change. A
    contraction whose recipe leaves one of the two operands in float stays
    float as a whole. Formats that an op cannot take are errors, all of a
    function at once.

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
           "Name of a built-in recipe, or path of a .json file">
  ];
  let dependentDialects = ["::quantc::qt::QTDialect"];
}

def Split : Pass<"qt-split", "::mlir::func::FuncOp"> {
  let summary = "Separate codes from scales; contractions become qt.contract";
  let description = [{
    The border between the joint form, where one value is codes and scales,
    and the split form, where builtin tensors hold the parts. Every matrix
    product, quantised or float, becomes `qt.contract` with an epilogue region
    that returns its accumulator; attention becomes `qt.attention`. No value
    of a `!qt.block` element type survives.

    Before:
    ```mlir
    %0 = nn.matmul %xq, %wq : tensor<?x64x!qt.block<[1, ?], s8, scale = f32>>, ...
    ```
    After:
    ```mlir
    %0 = qt.contract lhs(%xc, %xs : tensor<?x64xi8>, tensor<?x1xf32>) rhs(...) ...
    ```
  }];
  let dependentDialects = ["::quantc::qt::QTDialect"];
}

def FuseEpilogues : Pass<"qt-fuse-epilogues", "::mlir::func::FuncOp"> {
  let summary = "Move elementwise users of a contraction into its region";
  let description = [{
    A chain of elementwise ops that starts at a contraction's result, each the
    only user of the one before, is computed in registers while the
    accumulator is there. Operands that broadcast to the result (a bias, a
    residual, a scalar) become operands of the region. A user that is not
    alone, or that changes the shape, stays.

    Before:
    ```mlir
    %0 = qt.contract ... { ^bb0(%acc: f32): qt.yield %acc : f32 }
    %1 = nn.binary add %0, %bias : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x8xf32>
    ```
    After:
    ```mlir
    %1 = qt.contract ... epilogue(%bias : tensor<8xf32>) {
    ^bb0(%acc: f32, %b: f32):
      %2 = nn.binary add %acc, %b : f32, f32 -> f32
      qt.yield %2 : f32
    }
    ```
  }];
  let dependentDialects = ["::quantc::qt::QTDialect", "::mlir::arith::ArithDialect"];
}

def AssignLayouts : Pass<"qt-assign-layouts", "::mlir::func::FuncOp"> {
  let summary = "Choose a packed layout for every contraction";
  let description = [{
    From the formats of both operands, the values of the weights and the
    features of the module's target: puts a `qt.pack` behind constant weights,
    gives the activations' `qt.quantize` the same layout, and records it on
    the contraction. All three, and the kernel generator, read the one
    attribute. `cpu-layout` forces the layouts of another class of target, so
    that packing and tails can be tested on any machine.
  }];
  let options = [
    Option<"cpuLayout", "cpu-layout", "std::string", "\"\"",
           "Class of target to lay out for: avx2, avx512vnni, generic; default: the module's">
  ];
  let dependentDialects = ["::quantc::qt::QTDialect"];
}

def OutlineGlobals : Pass<"qt-outline-globals", "::mlir::ModuleOp"> {
  let summary = "Make constants that reach computations lazy globals";
  let description = [{
    What is computed from constants alone (a weight, its transposition,
    encoding and packing) moves into the region of a `qt.global`, evaluated
    when the artefact is written. Equal computations are one global. Splats
    stay where they are if their users hold them as immediates.
  }];
  let dependentDialects = ["::quantc::qt::QTDialect"];
}

def GroupKernels : Pass<"qt-group-kernels", "::mlir::ModuleOp"> {
  let summary = "Outline ops into kernels and merge equal ones";
  let description = [{
    Each op of the entry ends in a function with the attribute `qt.kernel`,
    launched by `qt.launch`. Ops on the rows of one tensor (elementwise,
    normalisation, softmax, run-time quantisation) join their producers as
    long as no third kernel stands between. Reshapes become `qt.alias`. Kernels
    that print equally are one function.
  }];
  let dependentDialects = ["::quantc::qt::QTDialect", "::mlir::ub::UBDialect"];
}

#endif // QUANTC_DIALECT_QT_TRANSFORMS_PASSES_TD
