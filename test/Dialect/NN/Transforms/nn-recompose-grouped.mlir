// RUN: quant-opt %s -nn-recompose=report -split-input-file 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < %t

// Keys and values of two heads, each repeated for two neighbours.
// CHECK-LABEL: @grouped(
// CHECK-SAME: %[[Q:.*]]: tensor<?x4x?x8xf32>, %[[K:.*]]: tensor<?x2x?x8xf32>, %[[V:.*]]: tensor<?x2x?x8xf32>
// CHECK: nn.attention %[[Q]], %[[K]], %[[V]] {scale = 1.000000e+00 : f32}
// REMARK: found attention, grouped heads
#s = affine_map<()[b, s] -> (b, 4, s, 8)>
#k = affine_map<()[b, s] -> (b, 2, s, 8)>
func.func @grouped(%q: tensor<?x4x?x8xf32>, %k: tensor<?x2x?x8xf32>, %v: tensor<?x2x?x8xf32>, %s5: tensor<5xi64>) -> tensor<?x4x?x8xf32> attributes {
    qt.dim_names = ["b", "s"], qt.arg_shapes = [#s, #k, #k, affine_map<()[b, s] -> (5)>]} {
  %b = nn.shape %k {start = 0 : i64, end = 1 : i64} : tensor<?x2x?x8xf32> -> tensor<1xi64>
  %t = nn.shape %k {start = 2 : i64, end = 3 : i64} : tensor<?x2x?x8xf32> -> tensor<1xi64>
  %two = arith.constant dense<2> : tensor<1xi64>
  %one = arith.constant dense<1> : tensor<1xi64>
  %four = arith.constant dense<4> : tensor<1xi64>
  %eight = arith.constant dense<8> : tensor<1xi64>
  %column = nn.concat %b, %two, %one, %t, %eight {axis = 0 : i64} : tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<5xi64>
  %pairs = nn.concat %b, %two, %two, %t, %eight {axis = 0 : i64} : tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<5xi64>
  %merged = nn.concat %b, %four, %t, %eight {axis = 0 : i64} : tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<4xi64>
  %k0 = nn.reshape %k, %column : tensor<?x2x?x8xf32>, tensor<5xi64> -> tensor<?x2x1x?x8xf32>
  %k1 = nn.expand %k0, %pairs : tensor<?x2x1x?x8xf32>, tensor<5xi64> -> tensor<?x2x2x?x8xf32>
  %k2 = nn.reshape %k1, %merged : tensor<?x2x2x?x8xf32>, tensor<4xi64> -> tensor<?x4x?x8xf32>
  %v0 = nn.reshape %v, %column : tensor<?x2x?x8xf32>, tensor<5xi64> -> tensor<?x2x1x?x8xf32>
  %v1 = nn.expand %v0, %pairs : tensor<?x2x1x?x8xf32>, tensor<5xi64> -> tensor<?x2x2x?x8xf32>
  %v2 = nn.reshape %v1, %merged : tensor<?x2x2x?x8xf32>, tensor<4xi64> -> tensor<?x4x?x8xf32>
  %v3 = nn.transpose %v2 perm [0, 1, 3, 2] : tensor<?x4x?x8xf32> -> tensor<?x4x8x?xf32>
  %0 = nn.matmul %q, %k2 : tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32> -> tensor<?x4x?x?xf32>
  %1 = nn.softmax %0 {axis = 3 : i64} : tensor<?x4x?x?xf32>
  %2 = nn.matmul %1, %v3 : tensor<?x4x?x?xf32>, tensor<?x4x8x?xf32> -> tensor<?x4x?x8xf32>
  return %2 : tensor<?x4x?x8xf32>
}

// -----

// One head of keys and values for all queries, which the products broadcast.
// CHECK-LABEL: @multi_query(
// CHECK-SAME: %[[Q:.*]]: tensor<?x4x9x16xf32>, %[[K:.*]]: tensor<?x1x9x16xf32>, %[[V:.*]]: tensor<?x1x9x16xf32>
// CHECK: nn.attention %[[Q]], %[[K]], %[[V]] {scale = 1.000000e+00 : f32}
// REMARK: found attention, grouped heads
#q1 = affine_map<()[b] -> (b, 4, 9, 16)>
#k1 = affine_map<()[b] -> (b, 1, 9, 16)>
func.func @multi_query(%q: tensor<?x4x9x16xf32>, %k: tensor<?x1x9x16xf32>, %v: tensor<?x1x9x16xf32>) -> tensor<?x4x9x16xf32> attributes {
    qt.dim_names = ["b"], qt.arg_shapes = [#q1, #k1, #k1]} {
  %t = nn.transpose %v perm [0, 1, 3, 2] : tensor<?x1x9x16xf32> -> tensor<?x1x16x9xf32>
  %0 = nn.matmul %q, %k : tensor<?x4x9x16xf32>, tensor<?x1x9x16xf32> -> tensor<?x4x9x9xf32>
  %1 = nn.softmax %0 {axis = 3 : i64} : tensor<?x4x9x9xf32>
  %2 = nn.matmul %1, %t : tensor<?x4x9x9xf32>, tensor<?x1x16x9xf32> -> tensor<?x4x9x16xf32>
  return %2 : tensor<?x4x9x16xf32>
}

// -----

// Near miss: the repeats alternate (heads 0, 1, 0, 1), so they stay.
// CHECK-LABEL: @alternating(
// CHECK: nn.attention %{{.*}}, %{{.*}}, %{{.*}} : tensor<1x4x3x8xf32>, tensor<1x4x3x8xf32>
func.func @alternating(%q: tensor<1x4x3x8xf32>, %k: tensor<1x2x3x8xf32>) -> tensor<1x4x3x8xf32> {
  %column = arith.constant dense<[1, 1, 2, 3, 8]> : tensor<5xi64>
  %pairs = arith.constant dense<[1, 2, 2, 3, 8]> : tensor<5xi64>
  %merged = arith.constant dense<[1, 4, 3, 8]> : tensor<4xi64>
  %k0 = nn.reshape %k, %column : tensor<1x2x3x8xf32>, tensor<5xi64> -> tensor<1x1x2x3x8xf32>
  %k1 = nn.expand %k0, %pairs : tensor<1x1x2x3x8xf32>, tensor<5xi64> -> tensor<1x2x2x3x8xf32>
  %k2 = nn.reshape %k1, %merged : tensor<1x2x2x3x8xf32>, tensor<4xi64> -> tensor<1x4x3x8xf32>
  %v = nn.transpose %k2 perm [0, 1, 3, 2] : tensor<1x4x3x8xf32> -> tensor<1x4x8x3xf32>
  %0 = nn.matmul %q, %k2 : tensor<1x4x3x8xf32>, tensor<1x4x3x8xf32> -> tensor<1x4x3x3xf32>
  %1 = nn.softmax %0 {axis = 3 : i64} : tensor<1x4x3x3xf32>
  %2 = nn.matmul %1, %v : tensor<1x4x3x3xf32>, tensor<1x4x8x3xf32> -> tensor<1x4x3x8xf32>
  return %2 : tensor<1x4x3x8xf32>
}
