// RUN: quant-opt %s -nn-unify-dims -mlir-print-local-scope -split-input-file -verify-diagnostics | FileCheck %s

// One dim has the bounds of all names that it had.
// CHECK-LABEL: @bounded
// CHECK-SAME: qt.dim_bounds = {a = array<i64: 4, 8>, c = array<i64: 1, 2>}
// CHECK-SAME: qt.dim_names = ["a", "c"]
func.func @bounded(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>, %z: tensor<?xf32>) -> (tensor<?x8xf32>, tensor<?xf32>) attributes {
    qt.dim_names = ["a", "b", "c"], qt.dim_bounds = {a = array<i64: 1, 8>, b = array<i64: 4, 16>, c = array<i64: 1, 2>},
    qt.arg_shapes = [affine_map<()[a, b, c] -> (a, 4)>, affine_map<()[a, b, c] -> (b, 4)>, affine_map<()[a, b, c] -> (c)>]} {
  %0 = nn.concat %x, %y {axis = 1 : i64} : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x8xf32>
  return %0, %z : tensor<?x8xf32>, tensor<?xf32>
}

// -----

// expected-error@+1 {{dims "b" and "a" are one size, but no size is within the bounds of both}}
func.func @apart(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> tensor<?x8xf32> attributes {
    qt.dim_names = ["a", "b"], qt.dim_bounds = {a = array<i64: 1, 8>, b = array<i64: 9, 16>},
    qt.arg_shapes = [affine_map<()[a, b] -> (a, 4)>, affine_map<()[a, b] -> (b, 4)>]} {
  %0 = nn.concat %x, %y {axis = 1 : i64} : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}
