// RUN: quant-opt %s -split-input-file -qt-integerize=method=ivit | FileCheck %s
// RUN: quant-opt %s -split-input-file -pass-pipeline="builtin.module(func.func(qt-integerize{method=ivit},qt-split))" | FileCheck %s --check-prefix=SPLIT

// Bits are those that the bound of a size leaves room for.
// CHECK-LABEL: func @bounded
// CHECK: nn.matmul {{.*}} {qt.most_elements = 64 : i64} : tensor<4x?x!qt.block<[1, ?], s12, scale = exp<8>>>, tensor<3x?x!qt.block<[1, ?], s12, scale = exp<8>>>
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
