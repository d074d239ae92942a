// RUN: quant-opt %s -split-input-file -qt-fuse-epilogues | FileCheck %s

// Bias, activation and a residual: operands of the region, splats immediates.
// CHECK-LABEL: func @chain
// CHECK-SAME: (%[[X:.*]]: tensor<?x64xf32>, %[[B:.*]]: tensor<8xf32>, %[[R:.*]]: tensor<?x8xf32>
// CHECK: %[[Y:.*]] = qt.contract {{.*}} epilogue(%[[B]], %[[R]] : tensor<8xf32>, tensor<?x8xf32>)
// CHECK: ^bb0(%[[ACC:.*]]: f32, %[[BIAS:.*]]: f32, %[[RES:.*]]: f32):
// CHECK: %[[S:.*]] = nn.binary add %[[ACC]], %[[BIAS]] : f32, f32 -> f32
// CHECK: %[[HALF:.*]] = arith.constant 5.000000e-01 : f32
// CHECK: %[[H:.*]] = nn.binary mul %[[S]], %[[HALF]] : f32, f32 -> f32
// CHECK: %[[G:.*]] = nn.gelu erf %[[H]] : f32
// CHECK: %[[Z:.*]] = nn.binary add %[[RES]], %[[G]] : f32, f32 -> f32
// CHECK: qt.yield %[[Z]] : f32
// CHECK: return %[[Y]]
func.func @chain(%x: tensor<?x64xf32>, %b: tensor<8xf32>, %r: tensor<?x8xf32>) -> tensor<?x8xf32>
    attributes {qt.dim_names = ["n"], qt.arg_shapes = [affine_map<()[s0] -> (s0, 64)>, affine_map<()[s0] -> (8)>, affine_map<()[s0] -> (s0, 8)>]} {
  %w = arith.constant dense<1.0> : tensor<8x64xf32>
  %half = arith.constant dense<0.5> : tensor<f32>
  %0 = qt.contract lhs(%x : tensor<?x64xf32>) rhs(%w : tensor<8x64xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} -> tensor<?x8xf32>
  %1 = nn.binary add %0, %b : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x8xf32>
  %2 = nn.binary mul %1, %half : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %3 = nn.gelu erf %2 : tensor<?x8xf32>
  %4 = nn.binary add %r, %3 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %4 : tensor<?x8xf32>
}

// -----

// A residual of another dim that may broadcast the sum: its rows are not known
// to be the result's.
// CHECK-LABEL: func @other_rows
// CHECK: qt.contract
// CHECK: nn.binary add {{.*}} tensor<?x8xf32>
func.func @other_rows(%x: tensor<?x64xf32>, %r: tensor<?x8xf32>) -> tensor<?x8xf32>
    attributes {qt.dim_names = ["n", "m"], qt.arg_shapes = [affine_map<()[s0, s1] -> (s0, 64)>, affine_map<()[s0, s1] -> (s1, 8)>]} {
  %w = arith.constant dense<1.0> : tensor<8x64xf32>
  %0 = qt.contract lhs(%x : tensor<?x64xf32>) rhs(%w : tensor<8x64xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} -> tensor<?x8xf32>
  %1 = nn.binary add %0, %r : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %1 : tensor<?x8xf32>
}

// -----

// The sum is returned as well, an op that broadcasts it makes a larger result,
// and one of another type has no place in the region.
// CHECK-LABEL: func @stays
// CHECK-COUNT-3: -> tensor<4x8xf32>{{$}}
// CHECK: nn.unary relu
// CHECK: nn.binary add
// CHECK: nn.compare
func.func @stays(%x: tensor<4x64xf32>, %w: tensor<8x64xf32>, %b: tensor<2x1x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>, tensor<2x4x8xf32>, tensor<4x8xi1>) {
  %0 = qt.contract lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} -> tensor<4x8xf32>
  %1 = qt.contract lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} -> tensor<4x8xf32>
  %2 = qt.contract lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} -> tensor<4x8xf32>
  %3 = nn.unary relu %0 : tensor<4x8xf32>
  %4 = nn.binary add %1, %b : tensor<4x8xf32>, tensor<2x1x8xf32> -> tensor<2x4x8xf32>
  %5 = nn.compare lt %2, %2 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xi1>
  return %0, %3, %4, %5 : tensor<4x8xf32>, tensor<4x8xf32>, tensor<2x4x8xf32>, tensor<4x8xi1>
}

// -----

// Users rely on the type of what they use, which a contraction of the same
// sizes may spell otherwise.
// CHECK-LABEL: func @spelt_otherwise
// CHECK: nn.binary add {{.*}} -> tensor<?x8xf32>
func.func @spelt_otherwise(%x: tensor<4x64xf32>, %w: tensor<8x64xf32>, %b: tensor<8xf32>) -> tensor<?x8xf32> {
  %0 = qt.contract lhs(%x : tensor<4x64xf32>) rhs(%w : tensor<8x64xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} -> tensor<4x8xf32>
  %1 = nn.binary add %0, %b : tensor<4x8xf32>, tensor<8xf32> -> tensor<?x8xf32>
  return %1 : tensor<?x8xf32>
}

// -----

// A residual of 16 bits is brought to the sum's exponent where it is added.
// CHECK-LABEL: func @step
// CHECK: qt.contract {{.*}} epilogue(%{{.*}}, %{{.*}} : tensor<4x8xi16>, tensor<4x1xi32>)
// CHECK: nn.cast {{.*}} : i16 to i32
// CHECK: nn.binary rshift
// CHECK: nn.binary add
!row8 = !qt.block<[1, ?], s8, scale = exp<8>>
func.func @step(%x: tensor<4x64xi8>, %e: tensor<4x1xi8>, %w: tensor<8x64xi8>, %we: tensor<8x1xi8>, %m: tensor<4x8xi16>, %s: tensor<4x1xi32>) -> tensor<4x8xi32> {
  %0 = qt.contract lhs(%x, %e : tensor<4x64xi8>, tensor<4x1xi8>) rhs(%w, %we : tensor<8x64xi8>, tensor<8x1xi8>) {acc = i32, geometry = #qt.matmul, lhs_format = !row8, rhs_format = !row8} -> tensor<4x8xi32>
  %1 = nn.cast %m : tensor<4x8xi16> to tensor<4x8xi32>
  %2 = nn.binary rshift %1, %s : tensor<4x8xi32>, tensor<4x1xi32> -> tensor<4x8xi32>
  %3 = nn.binary add %0, %2 : tensor<4x8xi32>, tensor<4x8xi32> -> tensor<4x8xi32>
  return %3 : tensor<4x8xi32>
}
