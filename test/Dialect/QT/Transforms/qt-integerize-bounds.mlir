// RUN: quant-opt %s -split-input-file -qt-integerize=method=ivit | FileCheck %s
// RUN: quant-opt %s -split-input-file -pass-pipeline="builtin.module(func.func(qt-integerize{method=ivit},qt-split))" | FileCheck %s --check-prefix=SPLIT

// Bits are those that the bound of a size leaves room for.
// CHECK-LABEL: func @bounded
// CHECK: nn.matmul {{.*}} {qt.most_elements = 64 : i64} : tensor<4x?x!qt.block<[1, ?], s13, scale = exp<8>>>, tensor<3x?x!qt.block<[1, ?], s13, scale = exp<8>>>
// CHECK: nn.softmax {{.*}}qt.most_elements = 128 : i64
// SPLIT-LABEL: func @bounded
// SPLIT: nn.clip {{.*}} min 0.000000e+00 max 3.276700e+04
func.func @bounded(%x: tensor<4x?xf32>, %y: tensor<3x?xf32>) -> (tensor<4x3xf32>, tensor<4x?xf32>) attributes {
    qt.dim_names = ["n", "m"], qt.dim_bounds = {n = array<i64: 1, 64>},
    qt.arg_shapes = [affine_map<()[n, m] -> (4, n)>, affine_map<()[n, m] -> (3, n)>]} {
  %0 = nn.matmul %x, %y : tensor<4x?xf32>, tensor<3x?xf32> -> tensor<4x3xf32>
  %1 = nn.concat %x, %x {axis = 1 : i64} : tensor<4x?xf32>, tensor<4x?xf32> -> tensor<4x?xf32>
  %2 = nn.softmax %1 {axis = 1 : i64} : tensor<4x?xf32>
  return %0, %2 : tensor<4x3xf32>, tensor<4x?xf32>
}

// -----

// One that has no bound may be any.
// CHECK-LABEL: func @open
// CHECK-NOT: qt.most_elements
// CHECK: nn.matmul {{.*}} : tensor<4x?x!qt.block<[1, ?], s8, scale = exp<8>>>, tensor<3x?x!qt.block<[1, ?], s8, scale = exp<8>>>
// CHECK-NOT: qt.most_elements
// SPLIT-LABEL: func @open
// SPLIT: nn.clip {{.*}} min 0.000000e+00 max 1.280000e+02
func.func @open(%x: tensor<4x?xf32>, %y: tensor<3x?xf32>) -> (tensor<4x3xf32>, tensor<4x?xf32>) attributes {
    qt.dim_names = ["n", "m"], qt.dim_bounds = {n = array<i64: 1, 64>},
    qt.arg_shapes = [affine_map<()[n, m] -> (4, m)>, affine_map<()[n, m] -> (3, m)>]} {
  %0 = nn.matmul %x, %y : tensor<4x?xf32>, tensor<3x?xf32> -> tensor<4x3xf32>
  %1 = nn.softmax %x {axis = 1 : i64} : tensor<4x?xf32>
  return %0, %1 : tensor<4x3xf32>, tensor<4x?xf32>
}

// -----

// Sums keep all bits where a bound says that they fit, also of several sizes, and 8 less where they may be any number.
// CHECK-LABEL: func @sums
// CHECK: nn.reduce mean {{.*}} {qt.all_bits, qt.most_elements = 384 : i64}
// CHECK: nn.reduce mean {{.*}} {qt.all_bits} :
// SPLIT-LABEL: func @sums
// SPLIT: %[[WIDE:.*]] = nn.cast %{{.*}} to tensor<?x6x?xi64>
// SPLIT-NEXT: nn.reduce sum %[[WIDE]] axes [1, 2] keepdims {qt.most_elements = 384 : i64}
// SPLIT: %[[EIGHT:.*]] = arith.constant dense<8>
// SPLIT: %[[LESS:.*]] = nn.binary rshift %{{.*}}, %[[EIGHT]] : tensor<?x6x?xi32>
// SPLIT: %[[WIDE:.*]] = nn.cast %[[LESS]] : tensor<?x6x?xi32> to tensor<?x6x?xi64>
// SPLIT: nn.reduce sum %[[WIDE]] axes [1, 2] keepdims : tensor<?x6x?xi64>
func.func @sums(%x: tensor<?x6x?xf32>, %y: tensor<?x6x?xf32>) -> (tensor<?x6x?xf32>, tensor<?x6x?xf32>) attributes {
    qt.dim_names = ["b", "n", "m"], qt.dim_bounds = {n = array<i64: 1, 64>},
    qt.arg_shapes = [affine_map<()[b, n, m] -> (b, 6, n)>, affine_map<()[b, n, m] -> (b, 6, m)>]} {
  %0 = nn.reduce mean %x axes [1, 2] keepdims : tensor<?x6x?xf32> -> tensor<?x1x1xf32>
  %1 = nn.binary sub %x, %0 : tensor<?x6x?xf32>, tensor<?x1x1xf32> -> tensor<?x6x?xf32>
  %2 = nn.reduce mean %y axes [1, 2] keepdims : tensor<?x6x?xf32> -> tensor<?x1x1xf32>
  %3 = nn.binary sub %y, %2 : tensor<?x6x?xf32>, tensor<?x1x1xf32> -> tensor<?x6x?xf32>
  return %1, %3 : tensor<?x6x?xf32>, tensor<?x6x?xf32>
}
