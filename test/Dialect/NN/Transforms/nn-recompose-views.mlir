// RUN: quant-opt %s -nn-recompose=report -canonicalize -split-input-file 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < %t

// Queries of one product for all parts and heads, by way of five dims: features, split into heads.
// CHECK-LABEL: @parts(
// CHECK: %[[F:.*]] = nn.slice %arg0{{.*}} : tensor<?x9x192xf32>{{.*}} -> tensor<?x9x64xf32>
// CHECK: %[[H:.*]] = nn.reshape %[[F]], %{{.*}} -> tensor<?x9x4x16xf32>
// CHECK: %[[K:.*]] = nn.transpose %[[H]] perm [0, 2, 1, 3]
// CHECK: return %[[K]]
func.func @parts(%x: tensor<?x9x192xf32>) -> tensor<?x4x9x16xf32> {
  %five = arith.constant dense<[-1, 9, 3, 4, 16]> : tensor<5xi64>
  %four = arith.constant dense<[-1, 4, 9, 16]> : tensor<4xi64>
  %zero = arith.constant dense<0> : tensor<1xi64>
  %one = arith.constant dense<1> : tensor<1xi64>
  %two = arith.constant dense<2> : tensor<1xi64>
  %0 = nn.reshape %x, %five : tensor<?x9x192xf32>, tensor<5xi64> -> tensor<?x9x3x4x16xf32>
  %1 = nn.transpose %0 perm [2, 0, 3, 1, 4] : tensor<?x9x3x4x16xf32> -> tensor<3x?x4x9x16xf32>
  %2 = nn.slice %1, %one, %two, %zero, %one : tensor<3x?x4x9x16xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<1x?x4x9x16xf32>
  %3 = nn.reshape %2, %four : tensor<1x?x4x9x16xf32>, tensor<4xi64> -> tensor<?x4x9x16xf32>
  return %3 : tensor<?x4x9x16xf32>
}

// -----

// Other parts first: heads of parts are no parts of heads.
// CHECK-LABEL: @other_order(
// CHECK: nn.transpose %{{.*}} perm [3, 0, 2, 1, 4]
func.func @other_order(%x: tensor<?x9x192xf32>) -> tensor<?x4x9x16xf32> {
  %five = arith.constant dense<[-1, 9, 4, 3, 16]> : tensor<5xi64>
  %four = arith.constant dense<[-1, 4, 9, 16]> : tensor<4xi64>
  %zero = arith.constant dense<0> : tensor<1xi64>
  %one = arith.constant dense<1> : tensor<1xi64>
  %two = arith.constant dense<2> : tensor<1xi64>
  %0 = nn.reshape %x, %five : tensor<?x9x192xf32>, tensor<5xi64> -> tensor<?x9x4x3x16xf32>
  %1 = nn.transpose %0 perm [3, 0, 2, 1, 4] : tensor<?x9x4x3x16xf32> -> tensor<3x?x4x9x16xf32>
  %2 = nn.slice %1, %one, %two, %zero, %one : tensor<3x?x4x9x16xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<1x?x4x9x16xf32>
  %3 = nn.reshape %2, %four : tensor<1x?x4x9x16xf32>, tensor<4xi64> -> tensor<?x4x9x16xf32>
  return %3 : tensor<?x4x9x16xf32>
}

// -----

// Windows of images: the mask of each is added where the batch is two dims.
// CHECK-LABEL: @windows(
// CHECK: %[[E:.*]] = nn.expand %arg2, %{{.*}} -> tensor<?x4x1x9x9xf32>
// CHECK: %[[M:.*]] = nn.reshape %[[E]], %{{.*}} -> tensor<?x1x9x9xf32>
// CHECK: nn.attention %arg0, %arg0, %{{.*}} mask(%[[M]] : tensor<?x1x9x9xf32>)
// REMARK: found attention, masked
func.func @windows(%q: tensor<?x2x9x16xf32>, %v: tensor<?x2x16x9xf32>, %m: tensor<1x4x1x9x9xf32>) -> tensor<?x2x9x16xf32> attributes {
    qt.dim_names = ["b"],
    qt.arg_shapes = [affine_map<()[b] -> (4 * b, 2, 9, 16)>, affine_map<()[b] -> (4 * b, 2, 16, 9)>, affine_map<()[b] -> (1, 4, 1, 9, 9)>]} {
  %five = arith.constant dense<[-1, 4, 2, 9, 9]> : tensor<5xi64>
  %four = arith.constant dense<[-1, 2, 9, 9]> : tensor<4xi64>
  %0 = nn.matmul %q, %q : tensor<?x2x9x16xf32>, tensor<?x2x9x16xf32> -> tensor<?x2x9x9xf32>
  %1 = nn.reshape %0, %five : tensor<?x2x9x9xf32>, tensor<5xi64> -> tensor<?x4x2x9x9xf32>
  %2 = nn.binary add %1, %m : tensor<?x4x2x9x9xf32>, tensor<1x4x1x9x9xf32> -> tensor<?x4x2x9x9xf32>
  %3 = nn.reshape %2, %four : tensor<?x4x2x9x9xf32>, tensor<4xi64> -> tensor<?x2x9x9xf32>
  %4 = nn.softmax %3 {axis = 3 : i64} : tensor<?x2x9x9xf32>
  %5 = nn.matmul %4, %v : tensor<?x2x9x9xf32>, tensor<?x2x16x9xf32> -> tensor<?x2x9x16xf32>
  return %5 : tensor<?x2x9x16xf32>
}

// -----

// Split in another order than rows and keys have, it is something else.
// CHECK-LABEL: @other_windows(
// CHECK-NOT: nn.attention
func.func @other_windows(%q: tensor<?x2x8x16xf32>, %v: tensor<?x2x16x8xf32>, %m: tensor<1x4x1x8x8xf32>) -> tensor<?x2x8x16xf32> attributes {
    qt.dim_names = ["b"],
    qt.arg_shapes = [affine_map<()[b] -> (b, 2, 8, 16)>, affine_map<()[b] -> (b, 2, 16, 8)>, affine_map<()[b] -> (1, 4, 1, 8, 8)>]} {
  %five = arith.constant dense<[-1, 4, 4, 8, 8]> : tensor<5xi64>
  %four = arith.constant dense<[-1, 2, 8, 8]> : tensor<4xi64>
  %0 = nn.matmul %q, %q : tensor<?x2x8x16xf32>, tensor<?x2x8x16xf32> -> tensor<?x2x8x8xf32>
  %1 = nn.reshape %0, %five : tensor<?x2x8x8xf32>, tensor<5xi64> -> tensor<?x4x4x8x8xf32>
  %2 = nn.binary add %1, %m : tensor<?x4x4x8x8xf32>, tensor<1x4x1x8x8xf32> -> tensor<?x4x4x8x8xf32>
  %3 = nn.reshape %2, %four : tensor<?x4x4x8x8xf32>, tensor<4xi64> -> tensor<?x2x8x8xf32>
  %4 = nn.softmax %3 {axis = 3 : i64} : tensor<?x2x8x8xf32>
  %5 = nn.matmul %4, %v : tensor<?x2x8x8xf32>, tensor<?x2x16x8xf32> -> tensor<?x2x8x16xf32>
  return %5 : tensor<?x2x8x16xf32>
}
