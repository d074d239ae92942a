// RUN: quant-opt %s -split-input-file -qt-integerize | FileCheck %s

#byte = #qt.encoding<absmax, -127..127>
!act8 = !qt.block<[1, 32], s8, scale = f32>

// Weights in blocks with real scales have no multipliers: one scale an output.
// CHECK-LABEL: func @blocks
// CHECK: qt.quantize %cst{{.*}} -> tensor<8x64x!qt.block<[1, ?], s8, scale = f32>>
// CHECK-NOT: [1, 32], s8, scale = f32
// CHECK: return
func.func @blocks(%x: tensor<4x64xf32>) -> tensor<4x8xf32> {
  %w = arith.constant dense<1.0> : tensor<8x64xf32>
  %q = qt.quantize %x {encoding = #byte} : tensor<4x64xf32> -> tensor<4x64x!act8>
  %wq = qt.quantize %w {encoding = #byte} : tensor<8x64xf32> -> tensor<8x64x!act8>
  %0 = nn.matmul %q, %wq : tensor<4x64x!act8>, tensor<8x64x!act8> -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// -----

// Codes of rows have all of their range, whatever a target's recipe leaves.
#reduced = #qt.encoding<absmax, -90..90>
!w8 = !qt.block<[1, ?], s8, scale = f32>
// CHECK-LABEL: func @reduced
// CHECK: qt.quantize %cst{{.*}} {encoding = #qt.encoding<absmax, -127..127>}
func.func @reduced(%x: tensor<?x64xf32>) -> tensor<?x8xf32> {
  %w = arith.constant dense<1.0> : tensor<8x64xf32>
  %q = qt.quantize %x {encoding = #reduced} : tensor<?x64xf32> -> tensor<?x64x!w8>
  %wq = qt.quantize %w {encoding = #reduced} : tensor<8x64xf32> -> tensor<8x64x!w8>
  %0 = nn.matmul %q, %wq : tensor<?x64x!w8>, tensor<8x64x!w8> -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// -----

#byte = #qt.encoding<absmax, -127..127>
!row8 = !qt.block<[1, ?], s8, scale = f32>

// Rows that the first user of a wide value needs come before the codes that
// another one makes of them.
// CHECK-LABEL: func @twice
// CHECK: %[[S:.*]] = nn.binary add
// CHECK: %[[R:.*]] = qt.rescale{{.*}} %[[S]]
// CHECK: qt.quantize %[[R]]
// CHECK: nn.binary mul %[[R]]
// CHECK: nn.matmul
func.func @twice(%x: tensor<4x64xf32>, %y: tensor<4x64xf32>) -> (tensor<4x64xf32>, tensor<4x8xf32>) {
  %c = arith.constant dense<1.5> : tensor<1x64xf32>
  %w = arith.constant dense<1.0> : tensor<8x64xf32>
  %s = nn.binary add %x, %y : tensor<4x64xf32>, tensor<4x64xf32> -> tensor<4x64xf32>
  %m = nn.binary mul %s, %c : tensor<4x64xf32>, tensor<1x64xf32> -> tensor<4x64xf32>
  %q = qt.quantize %s {encoding = #byte} : tensor<4x64xf32> -> tensor<4x64x!row8>
  %wq = qt.quantize %w {encoding = #byte} : tensor<8x64xf32> -> tensor<8x64x!row8>
  %0 = nn.matmul %q, %wq : tensor<4x64x!row8>, tensor<8x64x!row8> -> tensor<4x8xf32>
  %end = nn.unary tanh %m : tensor<4x64xf32>
  return %end, %0 : tensor<4x64xf32>, tensor<4x8xf32>
}

// -----

// Beside what hides by its magnitude scores keep all their bits, on the exponent
// of the rows of the softmax; others are rows of 16 bits.
// CHECK-LABEL: func @masked
// CHECK: %[[S:.*]] = nn.select {{.*}} -> tensor<?x8x!qt.block<[1, ?], s31, scale = exp<32>>>
// CHECK: nn.softmax %[[S]] {axis = 1 : i64} : tensor<?x8x!qt.block<[1, ?], s31, scale = exp<32>>>
// CHECK: nn.softmax %{{.*}} {axis = 1 : i64} : tensor<?x8x!qt.block<[1, ?], s16, scale = exp<8>>>
func.func @masked(%x: tensor<?x8xf32>, %is: tensor<?x8xi1>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  %hidden = arith.constant dense<-1.0e4> : tensor<f32>
  %small = arith.constant dense<-1.0e2> : tensor<f32>
  %0 = nn.select %is, %x, %hidden : tensor<?x8xi1>, tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %1 = nn.softmax %0 {axis = 1 : i64} : tensor<?x8xf32>
  %2 = nn.select %is, %x, %small : tensor<?x8xi1>, tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %3 = nn.softmax %2 {axis = 1 : i64} : tensor<?x8xf32>
  return %1, %3 : tensor<?x8xf32>, tensor<?x8xf32>
}

// -----

#byte = #qt.encoding<absmax, -127..127>
!act8 = !qt.block<[1, ?], s8, scale = f32>
!seq8 = !qt.block<[1, 1, ?], s8, scale = f32>

// What is added keeps its bits on the blocks of the other side.
// CHECK-LABEL: func @blocks
// CHECK: %[[P:.*]] = nn.matmul {{.*}} -> tensor<?x5x4x!qt.block<[1, 1, ?], s31, scale = exp<32>>>
// CHECK-NEXT: %[[S:.*]] = qt.rescale half_up %[[P]] : {{.*}} -> tensor<?x5x4x!qt.block<[1, ?, ?], s31, scale = exp<32>>>
// CHECK: %[[M:.*]] = nn.reduce mean {{.*}} -> tensor<?x1x4x!qt.block<[1, ?, ?], s32, scale = exp<32>>>
// CHECK: nn.binary sub %[[S]], %[[M]]
func.func @blocks(%x: tensor<?x5x64xf32>) -> tensor<?x5x4xf32> {
  %w = arith.constant dense<1.0> : tensor<4x64xf32>
  %q = qt.quantize %x {encoding = #byte} : tensor<?x5x64xf32> -> tensor<?x5x64x!seq8>
  %wq = qt.quantize %w {encoding = #byte} : tensor<4x64xf32> -> tensor<4x64x!act8>
  %0 = nn.matmul %q, %wq : tensor<?x5x64x!seq8>, tensor<4x64x!act8> -> tensor<?x5x4xf32>
  %1 = nn.reduce mean %0 axes [1] keepdims : tensor<?x5x4xf32> -> tensor<?x1x4xf32>
  %2 = nn.binary sub %0, %1 : tensor<?x5x4xf32>, tensor<?x1x4xf32> -> tensor<?x5x4xf32>
  return %2 : tensor<?x5x4xf32>
}
