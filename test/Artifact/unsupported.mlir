// What cannot become an artefact is an error that says why, and nothing is
// written.
// RUN: split-file %s %t
// RUN: not quantc compile %t/no-main.mlir -o %t/a.so --recipe=f32 2>&1 | FileCheck %s --check-prefix=MAIN
// RUN: not quantc compile %t/declared.mlir -o %t/a.so --recipe=f32 2>&1 | FileCheck %s --check-prefix=DECLARED
// RUN: not quantc compile %t/unnamed.mlir -o %t/a.so --recipe=f32 2>&1 | FileCheck %s --check-prefix=UNNAMED
// RUN: not quantc compile %t/scalar.mlir -o %t/a.so --recipe=f32 2>&1 | FileCheck %s --check-prefix=SCALAR
// RUN: not quantc compile %t/integer.mlir -o %t/a.so --recipe=f32 2>&1 | FileCheck %s --check-prefix=INTEGER
// RUN: not quantc compile %t/names.mlir -o %t/a.so --recipe=f32 2>&1 | FileCheck %s --check-prefix=NAMES
// RUN: not quantc compile %t/ranks.mlir -o %t/a.so --recipe=f32 2>&1 | FileCheck %s --check-prefix=RANKS
// RUN: not ls %t/a.so

// MAIN: quantc compile: the module has no function 'main'
//--- no-main.mlir
module {}

// DECLARED: the entry is declared and has no body
//--- declared.mlir
func.func private @main(tensor<4xf32>) -> tensor<4xf32>

// UNNAMED: attribute 'qt.arg_shapes' is missing
// UNNAMED-NEXT: {{.*}}a size of output 0 does not follow from the sizes of the model's inputs
// UNNAMED-NOT: {{.}}
//--- unnamed.mlir
func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> {
  return %x : tensor<?xf32>
}

// SCALAR: input 0 is of type 'f32'; supported are tensors of up to 16 dimensions
// SCALAR: output 0 is of type 'f32'
//--- scalar.mlir
func.func @main(%x: f32) -> f32 {
  return %x : f32
}

// INTEGER: input 0 is of type 'tensor<4xi7>'
//--- integer.mlir
func.func @main(%x: tensor<4xi7>) -> tensor<4xi7> {
  return %x : tensor<4xi7>
}

// NAMES: attribute 'qt.arg_dim_names' names the dims of 1 inputs, expected 2
//--- names.mlir
func.func @main(%x: tensor<?x4xf32>, %y: tensor<?x?xf32>) -> tensor<?x4xf32> attributes {
    qt.arg_shapes = [affine_map<()[s0, s1] -> (s0, 4)>, affine_map<()[s0, s1] -> (s0, s1)>],
    qt.dim_names = ["a", "b"], qt.arg_dim_names = [["a", ""]]} {
  %0 = nn.unary relu %x : tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// RANKS: attribute 'qt.arg_dim_names' has 1 names for input 0, which is of type 'tensor<?x4xf32>'
// RANKS: attribute 'qt.arg_dim_names' has 3 names for input 1, which is of type 'tensor<?x?xf32>'
//--- ranks.mlir
func.func @main(%x: tensor<?x4xf32>, %y: tensor<?x?xf32>) -> tensor<?x4xf32> attributes {
    qt.arg_shapes = [affine_map<()[s0, s1] -> (s0, 4)>, affine_map<()[s0, s1] -> (s0, s1)>],
    qt.dim_names = ["a", "b"], qt.arg_dim_names = [["a"], ["a", "b", ""]]} {
  %0 = nn.unary relu %x : tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}
