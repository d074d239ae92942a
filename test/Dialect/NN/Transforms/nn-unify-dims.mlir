// RUN: quant-opt %s -nn-unify-dims -mlir-print-local-scope -split-input-file | FileCheck %s

// Sums and joined tensors say which dims are one; c stays by itself.
// CHECK-LABEL: @sums
// CHECK-SAME: qt.arg_shapes = [affine_map<()[s0, s1] -> (s0, 4)>, affine_map<()[s0, s1] -> (s0, 4)>, affine_map<()[s0, s1] -> (s0, s1)>]
// CHECK-SAME: qt.dim_names = ["a", "c"]
func.func @sums(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>, %z: tensor<?x?xf32>) -> (tensor<?x4xf32>, tensor<?x?xf32>) attributes {
    qt.dim_names = ["a", "b", "c", "d"],
    qt.arg_shapes = [affine_map<()[a, b, c, d] -> (a, 4)>, affine_map<()[a, b, c, d] -> (b, 4)>, affine_map<()[a, b, c, d] -> (d, c)>]} {
  %0 = nn.binary add %x, %y : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %1 = nn.concat %0, %z {axis = 1 : i64} : tensor<?x4xf32>, tensor<?x?xf32> -> tensor<?x?xf32>
  return %0, %1 : tensor<?x4xf32>, tensor<?x?xf32>
}

// -----

// A name of its own for a sum of two others, which are two.
// CHECK-LABEL: @total
// CHECK-SAME: qt.arg_shapes = [affine_map<()[s0, s1, s2] -> (s0)>, affine_map<()[s0, s1, s2] -> (s1)>, affine_map<()[s0, s1, s2] -> (s0 + s1)>]
// CHECK-SAME: qt.dim_names = ["a", "b", "t"]
// CHECK-SAME: qt.equal_sizes = [affine_map<()[s0, s1, s2] -> (s2, s0 + s1)>]
func.func @total(%x: tensor<?xf32>, %y: tensor<?xf32>, %z: tensor<?xf32>) -> tensor<?xf32> attributes {
    qt.dim_names = ["a", "b", "t"],
    qt.arg_shapes = [affine_map<()[a, b, t] -> (a)>, affine_map<()[a, b, t] -> (b)>, affine_map<()[a, b, t] -> (t)>]} {
  %0 = nn.concat %x, %y {axis = 0 : i64} : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
  %1 = nn.binary add %0, %z : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
  return %1 : tensor<?xf32>
}

// -----

// The same of sums on both sides, of which one dim can be taken off, and a number that a name must be.
// CHECK-LABEL: @both_sides
// CHECK-SAME: qt.arg_shapes = [affine_map<()[s0, s1] -> (s0)>, affine_map<()[s0, s1] -> (s1)>, affine_map<()[s0, s1] -> (s1)>, affine_map<()[s0, s1] -> (s0)>]
// CHECK-SAME: qt.dim_names = ["a", "b"]
func.func @both_sides(%x: tensor<?xf32>, %y: tensor<?xf32>, %z: tensor<?xf32>, %w: tensor<?xf32>) -> tensor<?xf32> attributes {
    qt.dim_names = ["a", "b", "c", "d"],
    qt.arg_shapes = [affine_map<()[a, b, c, d] -> (a)>, affine_map<()[a, b, c, d] -> (b)>, affine_map<()[a, b, c, d] -> (c)>,
                     affine_map<()[a, b, c, d] -> (d)>]} {
  %0 = nn.concat %x, %y {axis = 0 : i64} : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
  %1 = nn.concat %x, %z {axis = 0 : i64} : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
  %2 = nn.binary add %0, %1 : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
  %3 = nn.binary add %x, %w : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
  %4 = nn.concat %2, %3 {axis = 0 : i64} : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
  return %4 : tensor<?xf32>
}
