// What cannot become an artefact, each with a sentence.
// RUN: split-file %s %t
// RUN: not quantc compile %t/kernel.mlir -o %t/a.so 2>&1 | FileCheck %s --check-prefix=KERNEL
// RUN: not quantc compile %t/outside.mlir -o %t/a.so 2>&1 | FileCheck %s --check-prefix=OUTSIDE
// RUN: not quantc compile %t/data.mlir -o %t/a.so 2>&1 | FileCheck %s --check-prefix=DATA
// RUN: not quantc compile %t/none.mlir -o %t/a.so 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not quantc compile %t/stage.mlir -o %t/a.so 2>&1 | FileCheck %s --check-prefix=STAGE
// RUN: not ls %t/a.so

//--- kernel.mlir
// KERNEL: 'y': kernel "k0" has no qt.grain
module attributes {qt.stage = "llvm"} {
  func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> attributes {qt.result_shapes = [affine_map<() -> (4)>]} {
    %0 = qt.launch @k0(%x) sizes affine_map<() -> ()> : (tensor<4xf32>) -> tensor<4xf32> loc("y")
    return %0 : tensor<4xf32>
  }
  module @k0 attributes {qt.iterations = affine_map<() -> (1)>, qt.scratch = affine_map<() -> (0)>} {}
}
//--- outside.mlir
// OUTSIDE: 'sum': 'nn.binary' is outside of all kernels
module attributes {qt.stage = "llvm"} {
  func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> attributes {qt.result_shapes = [affine_map<() -> (4)>]} {
    %0 = nn.binary add %x, %x : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32> loc("sum")
    return %0 : tensor<4xf32>
  }
}
//--- data.mlir
// DATA: does not follow from the sizes of the model's inputs
module attributes {qt.stage = "llvm"} {
  func.func @main(%x: tensor<?xf32>) -> tensor<?xf32>
      attributes {qt.dim_names = ["n"], qt.arg_shapes = [affine_map<()[s0] -> (s0)>], qt.result_shapes = [affine_map<()[s0, s1] -> (s1)>]} {
    return %x : tensor<?xf32>
  }
}
//--- none.mlir
// NONE: no function 'main'
module attributes {qt.stage = "llvm"} {}
//--- stage.mlir
// STAGE: is behind a stage 'packing' that does not exist
module attributes {qt.stage = "packing"} {}
