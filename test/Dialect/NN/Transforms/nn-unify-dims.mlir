// RUN: quant-opt %s -nn-unify-dims -mlir-print-local-scope -split-input-file | FileCheck %s

// Joined tensors say which dims are one; c stays by itself.
// CHECK-LABEL: @joined
// CHECK-SAME: qt.arg_dim_names = {{\[\["a", ""\], \["b", ""\], \["d", "c"\]\]}}
// CHECK-SAME: qt.arg_shapes = [affine_map<()[s0, s1] -> (s0, 4)>, affine_map<()[s0, s1] -> (s0, 4)>, affine_map<()[s0, s1] -> (s0, s1)>]
// CHECK-SAME: qt.dim_names = ["a", "c"]
func.func @joined(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>, %z: tensor<?x?xf32>) -> (tensor<?x8xf32>, tensor<?x?xf32>) attributes {
    qt.dim_names = ["a", "b", "c", "d"],
    qt.arg_shapes = [affine_map<()[a, b, c, d] -> (a, 4)>, affine_map<()[a, b, c, d] -> (b, 4)>, affine_map<()[a, b, c, d] -> (d, c)>]} {
  %0 = nn.concat %x, %y {axis = 1 : i64} : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x8xf32>
  %1 = nn.concat %0, %z {axis = 1 : i64} : tensor<?x8xf32>, tensor<?x?xf32> -> tensor<?x?xf32>
  return %0, %1 : tensor<?x8xf32>, tensor<?x?xf32>
}

// -----

// A batch of its own may be 1: its tensors are repeated, and the dims behind it are one.
// CHECK-LABEL: @batches
// CHECK-SAME: (%[[X:.*]]: tensor<?x?xf32>, %[[Y:.*]]: tensor<?x?xf32>)
// CHECK-SAME: qt.arg_shapes = [affine_map<()[s0, s1, s2] -> (s0, s1)>, affine_map<()[s0, s1, s2] -> (s2, s1)>]
// CHECK-SAME: qt.dim_names = ["a", "n", "b"]
// CHECK-SAME: qt.equal_sizes = [affine_map<()[s0, s1, s2] -> (s2 * s2 + s0, s0 * s2 + s2)>]
// CHECK: %[[ONE:.*]] = arith.constant dense<1> : tensor<1xi64>
// CHECK: %[[OWN:.*]] = nn.shape %[[Y]] {end = 1 : i64, start = 0 : i64}
// CHECK: %[[LESS:.*]] = nn.binary sub %[[OWN]], %[[ONE]]
// CHECK: %[[STEP:.*]] = nn.binary min %[[LESS]], %[[ONE]]
// CHECK: %[[BATCH:.*]] = nn.shape %[[X]] {end = 1 : i64, start = 0 : i64}
// CHECK: %[[IOTA:.*]] = nn.iota %[[BATCH]]
// CHECK: %[[INDEX:.*]] = nn.binary mul %[[IOTA]], %[[STEP]]
// CHECK: %[[REPEATED:.*]] = nn.gather %[[Y]], %[[INDEX]] {axis = 0 : i64}
// CHECK: nn.binary add %[[X]], %[[REPEATED]]
func.func @batches(%x: tensor<?x?xf32>, %y: tensor<?x?xf32>) -> tensor<?x?xf32> attributes {
    qt.dim_names = ["a", "n", "b", "m"],
    qt.arg_shapes = [affine_map<()[a, n, b, m] -> (a, n)>, affine_map<()[a, n, b, m] -> (b, m)>]} {
  %0 = nn.binary add %x, %y : tensor<?x?xf32>, tensor<?x?xf32> -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}

// -----

// A sum of which one part is a sum itself, named by inputs as well.
// CHECK-LABEL: @nested
// CHECK-SAME: qt.arg_shapes = [affine_map<()[s0, s1, s2, s3, s4] -> (s0)>, affine_map<()[s0, s1, s2, s3, s4] -> (s1)>, affine_map<()[s0, s1, s2, s3, s4] -> (s0 + s1)>, affine_map<()[s0, s1, s2, s3, s4] -> (s3)>, affine_map<()[s0, s1, s2, s3, s4] -> (s0 + s1 + s3)>]
// CHECK-SAME: qt.equal_sizes = [affine_map<()[s0, s1, s2, s3, s4] -> (s4, s0 + s1 + s3)>, affine_map<()[s0, s1, s2, s3, s4] -> (s2, s0 + s1)>]
func.func @nested(%a: tensor<?xf32>, %b: tensor<?xf32>, %x: tensor<?xf32>, %y: tensor<?xf32>, %z: tensor<?xf32>) -> (tensor<?xf32>, tensor<?xf32>) attributes {
    qt.dim_names = ["a", "b", "p", "s", "t"],
    qt.arg_shapes = [affine_map<()[a, b, p, s, t] -> (a)>, affine_map<()[a, b, p, s, t] -> (b)>, affine_map<()[a, b, p, s, t] -> (p)>,
                     affine_map<()[a, b, p, s, t] -> (s)>, affine_map<()[a, b, p, s, t] -> (t)>]} {
  %0 = nn.concat %x, %y {axis = 0 : i64} : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
  %1 = nn.binary add %0, %z : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
  %2 = nn.concat %a, %b {axis = 0 : i64} : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
  %3 = nn.binary add %2, %x : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
  return %1, %3 : tensor<?xf32>, tensor<?xf32>
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

// -----

// A mask that is viewed by the batch of the other input has that batch, and the rest is its own length.
// CHECK-LABEL: @view
// CHECK-SAME: qt.arg_shapes = [affine_map<()[s0, s1] -> (s0, s1)>, affine_map<()[s0, s1] -> (s0, s1)>]
// CHECK-SAME: qt.dim_names = ["a", "n"]
func.func @view(%x: tensor<?x?xf32>, %m: tensor<?x?xf32>) -> tensor<?x?xf32> attributes {
    qt.dim_names = ["a", "n", "b", "m"],
    qt.arg_shapes = [affine_map<()[a, n, b, m] -> (a, n)>, affine_map<()[a, n, b, m] -> (b, m)>]} {
  %a = nn.shape %x {start = 0 : i64, end = 1 : i64} : tensor<?x?xf32> -> tensor<1xi64>
  %open = arith.constant dense<-1> : tensor<1xi64>
  %sizes = nn.concat %a, %open {axis = 0 : i64} : tensor<1xi64>, tensor<1xi64> -> tensor<2xi64>
  %v = nn.reshape %m, %sizes : tensor<?x?xf32>, tensor<2xi64> -> tensor<?x?xf32>
  %0 = nn.binary add %x, %v : tensor<?x?xf32>, tensor<?x?xf32> -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}

// -----

// Batch and heads in one dim.
// CHECK-LABEL: @merged
// CHECK-SAME: qt.dim_names = ["a"]
func.func @merged(%x: tensor<?x4x8xf32>, %m: tensor<?x4x8xf32>) -> tensor<?x8x8xf32> attributes {
    qt.dim_names = ["a", "b"], qt.arg_shapes = [affine_map<()[a, b] -> (a, 4, 8)>, affine_map<()[a, b] -> (b, 4, 8)>]} {
  %sizes = arith.constant dense<[-1, 8, 1]> : tensor<3xi64>
  %0 = nn.reshape %x, %sizes : tensor<?x4x8xf32>, tensor<3xi64> -> tensor<?x8x1xf32>
  %1 = nn.reshape %m, %sizes : tensor<?x4x8xf32>, tensor<3xi64> -> tensor<?x8x1xf32>
  %2 = nn.matmul %0, %1 : tensor<?x8x1xf32>, tensor<?x8x1xf32> -> tensor<?x8x8xf32>
  return %2 : tensor<?x8x8xf32>
}

// -----

// What is summed by itself may not be repeated: the other one may be 1.
// CHECK-LABEL: @by_itself
// CHECK-SAME: qt.dim_names = ["a", "b"]
// CHECK-SAME: qt.equal_sizes = [affine_map<()[s0, s1] -> (s0 * s0 + s1, s0 * s1 + s0)>]
func.func @by_itself(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<1x4xf32>) attributes {
    qt.dim_names = ["a", "b"], qt.arg_shapes = [affine_map<()[a, b] -> (a, 4)>, affine_map<()[a, b] -> (b, 4)>]} {
  // CHECK: %[[X:.*]] = nn.gather %arg0
  // CHECK: nn.binary add %[[X]], %arg1
  %0 = nn.binary add %x, %y : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %1 = nn.unary relu %y : tensor<?x4xf32>
  %2 = nn.reduce sum %1 axes [0] keepdims : tensor<?x4xf32> -> tensor<1x4xf32>
  return %0, %2 : tensor<?x4xf32>, tensor<1x4xf32>
}

// -----

// Where both are, both names are one.
// CHECK-LABEL: @both_by_themselves
// CHECK-SAME: qt.dim_names = ["a"]
// CHECK-NOT: nn.gather
func.func @both_by_themselves(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>) attributes {
    qt.dim_names = ["a", "b"], qt.arg_shapes = [affine_map<()[a, b] -> (a, 4)>, affine_map<()[a, b] -> (b, 4)>]} {
  %0 = nn.binary add %x, %y : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %1 = nn.reduce sum %x axes [0] keepdims : tensor<?x4xf32> -> tensor<1x4xf32>
  %2 = nn.reduce sum %y axes [0] keepdims : tensor<?x4xf32> -> tensor<1x4xf32>
  return %0, %1, %2 : tensor<?x4xf32>, tensor<1x4xf32>, tensor<1x4xf32>
}

// -----

// The smaller one is the table, whatever comes first.
// CHECK-LABEL: @table_first
// CHECK-SAME: qt.equal_sizes = [affine_map<()[s0, s1] -> (s0 * s0 + s1, s0 * s1 + s0)>]
func.func @table_first(%t: tensor<?x1x4xf32>, %x: tensor<?x3x4xf32>) -> tensor<?x3x4xf32> attributes {
    qt.dim_names = ["a", "b"], qt.arg_shapes = [affine_map<()[a, b] -> (a, 1, 4)>, affine_map<()[a, b] -> (b, 3, 4)>]} {
  // CHECK: nn.gather %arg0
  // CHECK-NOT: nn.gather
  %0 = nn.binary add %t, %x : tensor<?x1x4xf32>, tensor<?x3x4xf32> -> tensor<?x3x4xf32>
  return %0 : tensor<?x3x4xf32>
}

// -----

// A mask may be so behind a view with more dims of 1 and what is computed of it; its last dim may not.
// CHECK-LABEL: @mask
// CHECK-SAME: qt.arg_shapes = [affine_map<()[s0, s1, s2, s3] -> (s0, 2, s1, s1)>, affine_map<()[s0, s1, s2, s3] -> (s2, s3, s1)>]
// CHECK-SAME: qt.dim_names = ["b", "s", "n", "q"]
// CHECK: %[[BATCHES:.*]] = nn.gather %arg1, %{{.*}} {axis = 0 : i64}
// CHECK: %[[ROWS:.*]] = nn.gather %[[BATCHES]], %{{.*}} {axis = 1 : i64}
// CHECK: %[[B:.*]] = nn.shape %[[ROWS]] {end = 1 : i64, start = 0 : i64}
// CHECK: %[[Q:.*]] = nn.shape %[[ROWS]] {end = 2 : i64, start = 1 : i64}
// CHECK: %[[K:.*]] = nn.shape %[[ROWS]] {end = 3 : i64, start = 2 : i64}
// CHECK: %[[SIZES:.*]] = nn.concat %[[B]], %{{.*}}, %[[Q]], %[[K]]
// CHECK: nn.reshape %[[ROWS]], %[[SIZES]]
func.func @mask(%x: tensor<?x2x?x?xf32>, %m: tensor<?x?x?xf32>) -> tensor<?x2x?x?xf32> attributes {
    qt.dim_names = ["b", "s", "n", "q", "k"],
    qt.arg_shapes = [affine_map<()[b, s, n, q, k] -> (b, 2, s, s)>, affine_map<()[b, s, n, q, k] -> (n, q, k)>]} {
  %one = arith.constant dense<1> : tensor<1xi64>
  %n = nn.shape %m {start = 0 : i64, end = 1 : i64} : tensor<?x?x?xf32> -> tensor<1xi64>
  %rest = nn.shape %m {start = 1 : i64, end = 3 : i64} : tensor<?x?x?xf32> -> tensor<2xi64>
  %sizes = nn.concat %n, %one, %rest {axis = 0 : i64} : tensor<1xi64>, tensor<1xi64>, tensor<2xi64> -> tensor<4xi64>
  %v = nn.reshape %m, %sizes : tensor<?x?x?xf32>, tensor<4xi64> -> tensor<?x1x?x?xf32>
  %h = nn.unary neg %v : tensor<?x1x?x?xf32>
  %0 = nn.binary add %x, %h : tensor<?x2x?x?xf32>, tensor<?x1x?x?xf32> -> tensor<?x2x?x?xf32>
  return %0 : tensor<?x2x?x?xf32>
}
