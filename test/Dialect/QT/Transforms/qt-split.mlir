// RUN: quant-opt %s -split-input-file -qt-split | FileCheck %s

!x8 = !qt.block<[1, ?], s8, scale = f32>
!w4 = !qt.block<[1, 32], s4, scale = s8, outer = f32>
#absmax = #qt.encoding<absmax, -127..127>

// Every part of a value is a tensor of its own; 4-bit codes lie in pairs.
// CHECK-LABEL: func @product
// CHECK: %[[X:.*]]:2 = qt.quantize {{.*}}format = !qt.block<[1, ?], s8, scale = f32>} : tensor<?x64xf32> -> tensor<?x64xi8>, tensor<?x1xf32>
// CHECK: %[[W:.*]]:3 = qt.quantize {{.*}} -> tensor<8x32xi8>, tensor<8x2xi8>, tensor<8x1xf32>
// CHECK: qt.contract lhs(%[[X]]#0, %[[X]]#1 : {{.*}}) rhs(%[[W]]#0, %[[W]]#1, %[[W]]#2 : {{.*}}geometry = #qt.matmul,
func.func @product(%x: tensor<?x64xf32>, %w: tensor<8x64xf32>) -> tensor<?x8xf32> {
  %xq = qt.quantize %x {encoding = #absmax} : tensor<?x64xf32> -> tensor<?x64x!x8>
  %wq = qt.quantize %w {encoding = #qt.encoding<search, -8..7>} : tensor<8x64xf32> -> tensor<8x64x!w4>
  %0 = nn.matmul %xq, %wq : tensor<?x64x!x8>, tensor<8x64x!w4> -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// -----

// Float products are contractions, too; with batches on both sides, batched ones.
// CHECK-LABEL: func @float
// CHECK: qt.contract lhs(%{{.*}} : tensor<?x64xf32>) rhs(%{{.*}} : tensor<8x64xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32}
// CHECK: qt.contract {{.*}}geometry = #qt.matmul<batched>
func.func @float(%x: tensor<?x64xf32>, %y: tensor<2x?x64xf32>) -> (tensor<?x8xf32>, tensor<2x?x?xf32>) {
  %w = arith.constant dense<1.0> : tensor<8x64xf32>
  %0 = nn.matmul %x, %w : tensor<?x64xf32>, tensor<8x64xf32> -> tensor<?x8xf32>
  %1 = nn.matmul %y, %y : tensor<2x?x64xf32>, tensor<2x?x64xf32> -> tensor<2x?x?xf32>
  return %0, %1 : tensor<?x8xf32>, tensor<2x?x?xf32>
}

// -----

// Attention takes the floats and the formats they were to get.
!x8 = !qt.block<[1, 1, 1, ?], s8, scale = f32>
// CHECK-LABEL: func @attention
// CHECK-SAME: (%[[Q:.*]]: tensor<2x?x9x16xf32>)
// CHECK: qt.attention q(%[[Q]] : {{.*}}) k(%[[Q]] : {{.*}}) v(%[[Q]] : {{.*}}q_format = !qt.block<[1, 1, 1, ?], s8, scale = f32>
func.func @attention(%q: tensor<2x?x9x16xf32>) -> tensor<2x?x9x16xf32> {
  %p = qt.quantize %q {encoding = #qt.encoding<absmax, -127..127>} : tensor<2x?x9x16xf32> -> tensor<2x?x9x16x!x8>
  %0 = nn.attention %p, %p, %p {scale = 0.25 : f32} : tensor<2x?x9x16x!x8>, tensor<2x?x9x16x!x8>, tensor<2x?x9x16x!x8> -> tensor<2x?x9x16xf32>
  return %0 : tensor<2x?x9x16xf32>
}

// -----

// What it says of its scores stays.
// CHECK-LABEL: func @attention_windows
// CHECK: qt.attention {{.*}} lengths(%{{.*}} : tensor<2xi64>) offset(%{{.*}} : tensor<1xi64>) {left_window = 3 : i64, right_window = 2 : i64, scale = 2.500000e-01 : f32, softcap = 3.000000e+01 : f32}
func.func @attention_windows(%q: tensor<2x?x9x16xf32>, %n: tensor<2xi64>, %o: tensor<1xi64>) -> tensor<2x?x9x16xf32> {
  %0 = nn.attention %q, %q, %q lengths(%n : tensor<2xi64>) offset(%o : tensor<1xi64>) {scale = 0.25 : f32, softcap = 30.0 : f32, left_window = 3 : i64, right_window = 2 : i64}
    : tensor<2x?x9x16xf32>, tensor<2x?x9x16xf32>, tensor<2x?x9x16xf32> -> tensor<2x?x9x16xf32>
  return %0 : tensor<2x?x9x16xf32>
}

// -----

// Signatures of private functions, their calls and returns follow.
!x8 = !qt.block<[1, ?], s8, scale = f32>
// CHECK-LABEL: func private @argument(
// CHECK-SAME: %[[C:.*]]: tensor<?x16xi8>, %[[S:.*]]: tensor<?x1xf32>) -> (tensor<?x16xi8>, tensor<?x1xf32>)
// CHECK-NEXT: return %[[C]], %[[S]]
func.func private @argument(%q: tensor<?x16x!x8>) -> tensor<?x16x!x8> {
  return %q : tensor<?x16x!x8>
}

// CHECK-LABEL: func @caller
// CHECK: %[[Q:.*]]:2 = qt.quantize
// CHECK: %[[R:.*]]:2 = call @argument(%[[Q]]#0, %[[Q]]#1)
// CHECK: qt.dequantize %[[R]]#0, %[[R]]#1 {format = !qt.block<[1, ?], s8, scale = f32>}
func.func @caller(%x: tensor<?x16xf32>) -> tensor<?x16xf32> {
  %q = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>} : tensor<?x16xf32> -> tensor<?x16x!x8>
  %r = func.call @argument(%q) : (tensor<?x16x!x8>) -> tensor<?x16x!x8>
  %d = qt.dequantize %r : tensor<?x16x!x8> -> tensor<?x16xf32>
  return %d : tensor<?x16xf32>
}

// -----

// What is split already, and what is no contraction, stays.
// CHECK-LABEL: func @stays
// CHECK-NEXT: qt.dequantize
// CHECK-NEXT: nn.unary relu
// CHECK-NEXT: return
func.func @stays(%c: tensor<?x64xi8>, %s: tensor<?x1xf32>) -> tensor<?x64xf32> {
  %0 = qt.dequantize %c, %s {format = !qt.block<[1, ?], s8, scale = f32>} : tensor<?x64xi8>, tensor<?x1xf32> -> tensor<?x64xf32>
  %1 = nn.unary relu %0 : tensor<?x64xf32>
  return %1 : tensor<?x64xf32>
}

// -----

!row = !qt.block<[1, ?], s8, scale = f32>
// CHECK-LABEL: func @table
// CHECK: %[[T:.*]]:2 = qt.quantize
// CHECK: qt.gather %{{.*}} of %[[T]]#0, %[[T]]#1 {format = !qt.block<[1, ?], s8, scale = f32>} : tensor<?x7xi64> of tensor<9x64xi8>, tensor<9x1xf32> -> tensor<?x7x64xf32>
// CHECK: nn.gather {{.*}} : tensor<?x7x64xf32>
func.func @table(%w: tensor<9x64xf32>, %i: tensor<?x7xi64>, %j: tensor<2xi64>) -> tensor<?x2x64xf32> {
  %q = qt.quantize %w {encoding = #qt.encoding<absmax, -127..127>} : tensor<9x64xf32> -> tensor<9x64x!row>
  %0 = nn.gather %q, %i {axis = 0 : i64} : tensor<9x64x!row>, tensor<?x7xi64> -> tensor<?x7x64xf32>
  %1 = nn.gather %0, %j {axis = 1 : i64} : tensor<?x7x64xf32>, tensor<2xi64> -> tensor<?x2x64xf32>
  return %1 : tensor<?x2x64xf32>
}

// -----

// A vector on the right is a matrix of one row; on the left of a batch as well.
// CHECK-LABEL: func @vectors
// CHECK-SAME: (%[[X:.*]]: tensor<?x4x8xf32>, %[[V:.*]]: tensor<8xf32>)
// CHECK: %[[R:.*]] = nn.reshape %[[V]], %{{.*}} : tensor<8xf32>, tensor<2xi64> -> tensor<1x8xf32>
// CHECK: %[[Y:.*]] = qt.contract lhs(%[[X]] : {{.*}}) rhs(%[[R]] : {{.*}}geometry = #qt.matmul, {{.*}} -> tensor<?x4x1xf32>
// CHECK: %[[S:.*]] = nn.shape %[[X]] {end = 2 : i64, start = 0 : i64}
// CHECK: nn.reshape %[[Y]], %[[S]] : tensor<?x4x1xf32>, tensor<2xi64> -> tensor<?x4xf32>
// CHECK: %[[L:.*]] = nn.reshape %[[V]], %{{.*}} : tensor<8xf32>, tensor<2xi64> -> tensor<1x8xf32>
// CHECK: %[[Z:.*]] = qt.contract lhs(%[[L]] : {{.*}}) rhs(%[[X]] : {{.*}}geometry = #qt.matmul<batched>, {{.*}} -> tensor<?x1x4xf32>
// CHECK: nn.reshape %[[Z]], %{{.*}} : tensor<?x1x4xf32>, tensor<2xi64> -> tensor<?x4xf32>
func.func @vectors(%x: tensor<?x4x8xf32>, %v: tensor<8xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %0 = nn.matmul %x, %v : tensor<?x4x8xf32>, tensor<8xf32> -> tensor<?x4xf32>
  %1 = nn.matmul %v, %x : tensor<8xf32>, tensor<?x4x8xf32> -> tensor<?x4xf32>
  return %0, %1 : tensor<?x4xf32>, tensor<?x4xf32>
}

// -----

// Parts that were joined are the parts.
// CHECK-LABEL: func @joined
// CHECK-SAME: (%[[C:.*]]: tensor<4x8xi8>, %[[S:.*]]: tensor<4x1xf32>)
// CHECK-NEXT: return %[[C]], %[[S]]
func.func @joined(%c: tensor<4x8xi8>, %s: tensor<4x1xf32>) -> (tensor<4x8xi8>, tensor<4x1xf32>) {
  %0 = qt.join %c, %s : tensor<4x8xi8>, tensor<4x1xf32> -> tensor<4x8x!qt.block<[1, ?], s8, scale = f32>>
  %1, %2 = qt.split %0 : tensor<4x8x!qt.block<[1, ?], s8, scale = f32>> -> tensor<4x8xi8>, tensor<4x1xf32>
  return %1, %2 : tensor<4x8xi8>, tensor<4x1xf32>
}

// -----

// A joint value is encoded anew from the floats it stands for.
// CHECK-LABEL: func @anew
// CHECK: %[[A:.*]]:2 = qt.quantize
// CHECK: %[[F:.*]] = qt.dequantize %[[A]]#0, %[[A]]#1 {format = !qt.block<[1, ?], s8, scale = f32>}
// CHECK: %[[B:.*]]:2 = qt.quantize %[[F]] {{.*}}format = !qt.block<[?, ?], s8, scale = f32>}
// CHECK: qt.dequantize %[[B]]#0, %[[B]]#1
func.func @anew(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>} : tensor<4x8xf32> -> tensor<4x8x!qt.block<[1, ?], s8, scale = f32>>
  %1 = qt.quantize %0 {encoding = #qt.encoding<absmax, -127..127>} : tensor<4x8x!qt.block<[1, ?], s8, scale = f32>> -> tensor<4x8x!qt.block<[?, ?], s8, scale = f32>>
  %2 = qt.dequantize %1 : tensor<4x8x!qt.block<[?, ?], s8, scale = f32>> -> tensor<4x8xf32>
  return %2 : tensor<4x8xf32>
}

// -----

// What constants alone are computed to stays as it is, to be evaluated once.
// CHECK-LABEL: func @constants
// CHECK: nn.matmul
// CHECK-NOT: qt.contract
func.func @constants() -> tensor<4x4xf32> {
  %a = arith.constant dense<1.0> : tensor<4x1xf32>
  %b = arith.constant dense<2.0> : tensor<4x1xf32>
  %0 = nn.matmul %a, %b : tensor<4x1xf32>, tensor<4x1xf32> -> tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}
