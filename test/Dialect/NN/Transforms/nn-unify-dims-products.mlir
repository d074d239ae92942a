// RUN: quant-opt %s -nn-unify-dims -mlir-print-local-scope -split-input-file -verify-diagnostics | FileCheck %s

// What constants are multiplied with has their size, here behind a transpose, and so what else has its name.
// CHECK-LABEL: @mixer
// CHECK-SAME: (%{{.*}}: tensor<?x9x4xf32>, %{{.*}}: tensor<9xf32>)
// CHECK-SAME: qt.arg_shapes = [affine_map<()[s0] -> (s0, 9, 4)>, affine_map<()[s0] -> (9)>]
// CHECK-SAME: qt.dim_names = ["b"]
// CHECK: nn.matmul {{.*}} : tensor<?x4x9xf32>, tensor<9x9xf32> -> tensor<?x4x9xf32>
func.func @mixer(%x: tensor<?x?x4xf32>, %y: tensor<?xf32>) -> (tensor<?x4x9xf32>, tensor<?xf32>) attributes {
    qt.dim_names = ["b", "s"],
    qt.arg_shapes = [affine_map<()[b, s] -> (b, s, 4)>, affine_map<()[b, s] -> (s)>]} {
  %w = arith.constant dense<1.0> : tensor<9x9xf32>
  %t = nn.transpose %x perm [0, 2, 1] : tensor<?x?x4xf32> -> tensor<?x4x?xf32>
  %0 = nn.matmul %t, %w : tensor<?x4x?xf32>, tensor<9x9xf32> -> tensor<?x4x9xf32>
  %1 = nn.unary relu %y : tensor<?xf32>
  return %0, %1 : tensor<?x4x9xf32>, tensor<?xf32>
}

// -----

// A number that is found tells the next one; bounds of the others stay.
// CHECK-LABEL: @chain
// CHECK-SAME: (%{{.*}}: tensor<?x8xf32>, %{{.*}}: tensor<6x8xf32>)
// CHECK-SAME: qt.dim_bounds = {b = array<i64: 1, 4>}
// CHECK-SAME: qt.dim_names = ["b"]
func.func @chain(%x: tensor<?x?xf32>, %y: tensor<?x?xf32>) -> tensor<?x2xf32> attributes {
    qt.dim_names = ["b", "d", "e"], qt.dim_bounds = {b = array<i64: 1, 4>, d = array<i64: 1, 16>},
    qt.arg_shapes = [affine_map<()[b, d, e] -> (b, d)>, affine_map<()[b, d, e] -> (e, d)>]} {
  %w = arith.constant dense<1.0> : tensor<6x8xf32>
  %v = arith.constant dense<1.0> : tensor<2x6xf32>
  %0 = nn.matmul %x, %w : tensor<?x?xf32>, tensor<6x8xf32> -> tensor<?x6xf32>
  %1 = nn.matmul %x, %y : tensor<?x?xf32>, tensor<?x?xf32> -> tensor<?x?xf32>
  %2 = nn.matmul %1, %v : tensor<?x?xf32>, tensor<2x6xf32> -> tensor<?x2xf32>
  %3 = nn.matmul %0, %v : tensor<?x6xf32>, tensor<2x6xf32> -> tensor<?x2xf32>
  %4 = nn.binary add %2, %3 : tensor<?x2xf32>, tensor<?x2xf32> -> tensor<?x2xf32>
  return %4 : tensor<?x2xf32>
}

// -----

// expected-error@+1 {{dim "s" is bounded by 1..8, but a product takes 9 only}}
func.func @outside(%x: tensor<4x?xf32>) -> tensor<4x9xf32> attributes {
    qt.dim_names = ["s"], qt.dim_bounds = {s = array<i64: 1, 8>}, qt.arg_shapes = [affine_map<()[s] -> (4, s)>]} {
  %w = arith.constant dense<1.0> : tensor<9x9xf32>
  %0 = nn.matmul %x, %w : tensor<4x?xf32>, tensor<9x9xf32> -> tensor<4x9xf32>
  return %0 : tensor<4x9xf32>
}

// -----

// No size is 8 and 9.
func.func @both(%x: tensor<4x?xf32>) -> (tensor<4x9xf32>, tensor<4x8xf32>) attributes {
    qt.dim_names = ["s"], qt.arg_shapes = [affine_map<()[s] -> (4, s)>]} {
  %w = arith.constant dense<1.0> : tensor<9x9xf32>
  %v = arith.constant dense<1.0> : tensor<8x8xf32>
  // expected-error@+1 {{no matrix product of 'tensor<4x8xf32>' and transposed 'tensor<9x9xf32>'}}
  %0 = nn.matmul %x, %w : tensor<4x?xf32>, tensor<9x9xf32> -> tensor<4x9xf32>
  %1 = nn.matmul %x, %v : tensor<4x?xf32>, tensor<8x8xf32> -> tensor<4x8xf32>
  return %0, %1 : tensor<4x9xf32>, tensor<4x8xf32>
}

// -----

// A size that has no name: what names stand for is left alone.
// CHECK-LABEL: @unnamed
// CHECK-SAME: qt.arg_shapes = [affine_map<()[s0, s1, s2] -> (s0, 4)>, affine_map<()[s0, s1, s2] -> (s1, 4)>, affine_map<()[s0, s1, s2] -> (s2)>]
// CHECK-SAME: qt.dim_names = ["a", "b"]
func.func @unnamed(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>, %z: tensor<?xf32>) -> tensor<?x8xf32> attributes {
    qt.dim_names = ["a", "b"],
    qt.arg_shapes = [affine_map<()[s0, s1, s2] -> (s0, 4)>, affine_map<()[s0, s1, s2] -> (s1, 4)>, affine_map<()[s0, s1, s2] -> (s2)>]} {
  %0 = nn.concat %x, %y {axis = 1 : i64} : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// -----

// An argument whose sizes are not stated, the same.
// CHECK-LABEL: @unstated
// CHECK-SAME: qt.dim_names = ["a", "b"]
func.func @unstated(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>, %z: tensor<?xf32>) -> tensor<?x8xf32> attributes {
    qt.dim_names = ["a", "b"],
    qt.arg_shapes = [affine_map<()[s0, s1] -> (s0, 4)>, affine_map<()[s0, s1] -> (s1, 4)>]} {
  %0 = nn.concat %x, %y {axis = 1 : i64} : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}
