// RUN: quant-opt %s -nn-resolve-shapes -split-input-file | FileCheck %s

// The way of exporters: shape, gather, unsqueeze, concat, reshape.
// CHECK-LABEL: @reshape
// CHECK-SAME: -> tensor<?x4x2x16xf32>
// CHECK-NOT: nn.shape
// CHECK: %[[S:.*]] = arith.constant dense<[-1, 4, 2, 16]> : tensor<4xi64>
// CHECK: nn.reshape %{{.*}}, %[[S]] : tensor<?x4x32xf32>, tensor<4xi64> -> tensor<?x4x2x16xf32>
func.func @reshape(%x: tensor<?x4x32xf32>) -> tensor<?x?x?x?xf32>
    attributes {qt.dim_names = ["n"], qt.arg_shapes = [affine_map<()[s0] -> (s0, 4, 32)>]} {
  %zero = arith.constant dense<0> : tensor<i64>
  %one = arith.constant dense<1> : tensor<1xi64>
  %tail = arith.constant dense<[4, 2, 16]> : tensor<3xi64>
  %0 = nn.shape %x {start = 0 : i64, end = 3 : i64} : tensor<?x4x32xf32> -> tensor<3xi64>
  %1 = nn.gather %0, %zero {axis = 0 : i64} : tensor<3xi64>, tensor<i64> -> tensor<i64>
  %2 = nn.reshape %1, %one : tensor<i64>, tensor<1xi64> -> tensor<1xi64>
  %3 = nn.concat %2, %tail {axis = 0 : i64} : tensor<1xi64>, tensor<3xi64> -> tensor<4xi64>
  %4 = nn.reshape %x, %3 : tensor<?x4x32xf32>, tensor<4xi64> -> tensor<?x?x?x?xf32>
  return %4 : tensor<?x?x?x?xf32>
}

// -----

// The way of PyTorch's expand: -1 is replaced by what is there.
// CHECK-LABEL: @expand
// CHECK-SAME: (%[[X:.*]]: tensor<?x5xf32>
// CHECK-NOT: nn.compare
// CHECK: %[[N:.*]] = nn.shape %[[X]] {end = 1 : i64, start = 0 : i64}
// CHECK: %[[T:.*]] = arith.constant dense<1> : tensor<2xi64>
// CHECK: %[[S:.*]] = nn.concat %[[N]], %[[T]]
// CHECK: nn.expand %{{.*}}, %[[S]] : tensor<1x1x8xf32>, tensor<3xi64> -> tensor<?x1x8xf32>
func.func @expand(%x: tensor<?x5xf32>, %token: tensor<1x1x8xf32>) -> tensor<?x?x?xf32>
    attributes {qt.dim_names = ["n"], qt.arg_shapes = [affine_map<()[s0] -> (s0, 5)>, affine_map<()[s0] -> (1, 1, 8)>]} {
  %minus = arith.constant dense<-1> : tensor<2xi64>
  %all = arith.constant dense<-1> : tensor<3xi64>
  %ones = arith.constant dense<1> : tensor<3xi64>
  %0 = nn.shape %x {start = 0 : i64, end = 1 : i64} : tensor<?x5xf32> -> tensor<1xi64>
  %1 = nn.concat %0, %minus {axis = 0 : i64} : tensor<1xi64>, tensor<2xi64> -> tensor<3xi64>
  %2 = nn.compare eq %1, %all : tensor<3xi64>, tensor<3xi64> -> tensor<3xi1>
  %3 = nn.select %2, %ones, %1 : tensor<3xi1>, tensor<3xi64>, tensor<3xi64> -> tensor<3xi64>
  %4 = nn.expand %token, %3 : tensor<1x1x8xf32>, tensor<3xi64> -> tensor<?x?x?xf32>
  return %4 : tensor<?x?x?xf32>
}

// -----

// Nothing follows where a size is zero, is data, or two are open.
// CHECK-LABEL: @unknown
// CHECK-SAME: -> (tensor<?x?xf32>, tensor<?x0xf32>)
func.func @unknown(%x: tensor<?x?xf32>, %shape: tensor<2xi64>) -> (tensor<?x?xf32>, tensor<?x?xf32>) {
  %zero = arith.constant dense<0> : tensor<1xi64>
  // CHECK: nn.reshape %{{.*}}, %arg1
  %0 = nn.reshape %x, %shape : tensor<?x?xf32>, tensor<2xi64> -> tensor<?x?xf32>
  %1 = nn.shape %x {start = 0 : i64, end = 1 : i64} : tensor<?x?xf32> -> tensor<1xi64>
  %2 = nn.concat %1, %zero {axis = 0 : i64} : tensor<1xi64>, tensor<1xi64> -> tensor<2xi64>
  // CHECK: nn.concat
  // CHECK: nn.reshape %{{.*}} -> tensor<?x0xf32>
  %3 = nn.reshape %x, %2 : tensor<?x?xf32>, tensor<2xi64> -> tensor<?x?xf32>
  return %0, %3 : tensor<?x?xf32>, tensor<?x?xf32>
}

// -----

// Callers know the type of a private function.
// CHECK-LABEL: func.func private @kept
// CHECK-SAME: -> tensor<?xi64>
func.func private @kept(%x: tensor<4xi64>) -> tensor<?xi64> {
  %0 = nn.cast %x : tensor<4xi64> to tensor<4xi64>
  %s = arith.constant dense<-1> : tensor<1xi64>
  %1 = nn.reshape %0, %s : tensor<4xi64>, tensor<1xi64> -> tensor<?xi64>
  return %1 : tensor<?xi64>
}

// -----

// Windows that are counted only, and a reshape that states what it may not
// have: both are for the run to compare.
// CHECK: #[[$SMALL:.*]] = affine_map<()[s0, s1] -> (0, (s1 - 3) floordiv 281474976710656)>
// CHECK-LABEL: @windows
// CHECK-SAME: qt.equal_sizes = [#[[$SMALL]]]
func.func @windows(%x: tensor<?x?x4xf32>) -> (tensor<1xi64>, tensor<?x6x4xf32>) attributes {
    qt.dim_names = ["n", "l"], qt.arg_shapes = [affine_map<()[n, l] -> (n, l, 4)>]} {
  %w = arith.constant dense<1.0> : tensor<2x3x4xf32>
  %0 = nn.conv %x, %w kernel [3] strides [2] dilations [1] pads [0, 0] groups 1 : tensor<?x?x4xf32>, tensor<2x3x4xf32> -> tensor<?x?x2xf32>
  %1 = nn.shape %0 {start = 1 : i64, end = 2 : i64} : tensor<?x?x2xf32> -> tensor<1xi64>
  %2 = nn.shape %x {start = 0 : i64, end = 1 : i64} : tensor<?x?x4xf32> -> tensor<1xi64>
  %rest = arith.constant dense<[6, 4]> : tensor<2xi64>
  %3 = nn.concat %2, %rest {axis = 0 : i64} : tensor<1xi64>, tensor<2xi64> -> tensor<3xi64>
  // CHECK: %[[SIZES:.*]] = nn.concat
  // CHECK: nn.reshape %arg0, %[[SIZES]]
  %4 = nn.reshape %x, %3 : tensor<?x?x4xf32>, tensor<3xi64> -> tensor<?x6x4xf32>
  return %1, %4 : tensor<1xi64>, tensor<?x6x4xf32>
}
