// RUN: quant-opt %s -split-input-file -qt-outline-globals | FileCheck %s
// Once more finds nothing left to do.
// RUN: quant-opt %s -split-input-file -qt-outline-globals -qt-outline-globals | FileCheck %s

// What is computed from constants alone becomes a global; equal computations
// are one, and those of different values are not.
// CHECK: qt.global @[[$OTHER:.*]] : tensor<4xf32> {
// CHECK: arith.constant dense<[5.0
// CHECK: qt.global @[[$ROOT:.*]] : tensor<4xf32> {
// CHECK-NEXT: arith.constant dense<[1.0
// CHECK-NEXT: %[[S:.*]] = nn.unary sqrt
// CHECK-NEXT: qt.yield %[[S]]
// CHECK-LABEL: func @equal
// CHECK-NOT: arith.constant
// CHECK-DAG: %[[A:.*]] = qt.global_ref @[[$ROOT]]
// CHECK-DAG: %[[B:.*]] = qt.global_ref @[[$ROOT]]
// CHECK-DAG: %[[C:.*]] = qt.global_ref @[[$OTHER]]
// CHECK: nn.binary add
func.func @equal(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %a = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %0 = nn.unary sqrt %a : tensor<4xf32>
  %1 = nn.unary sqrt %a : tensor<4xf32>
  %c = arith.constant dense<[5.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %2 = nn.binary add %x, %0 : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  %3 = nn.binary mul %2, %1 : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  %4 = nn.binary mul %3, %c : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  return %4 : tensor<?x4xf32>
}

// -----

// Splats are immediates of their users, and sizes are read when code is made.
// CHECK-NOT: qt.global
// CHECK-LABEL: func @immediates
// CHECK-NOT: qt.global_ref
func.func @immediates(%x: tensor<?x4xf32>) -> tensor<?x2x2xf32> {
  %half = arith.constant dense<0.5> : tensor<f32>
  %shape = arith.constant dense<[-1, 2, 2]> : tensor<3xi64>
  %0 = nn.binary mul %x, %half : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  %1 = nn.reshape %0, %shape : tensor<?x4xf32>, tensor<3xi64> -> tensor<?x2x2xf32>
  return %1 : tensor<?x2x2xf32>
}

// -----

// A splat that an op reads from memory, or that is returned, needs memory.
// CHECK-COUNT-2: qt.global @
// CHECK-LABEL: func @memory
// CHECK-COUNT-2: qt.global_ref @
func.func @memory(%x: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<3xf32>) {
  %row = arith.constant dense<0.5> : tensor<1x4xf32>
  %three = arith.constant dense<3.0> : tensor<3xf32>
  %0 = nn.concat %x, %row {axis = 0 : i64} : tensor<?x4xf32>, tensor<1x4xf32> -> tensor<?x4xf32>
  return %0, %three : tensor<?x4xf32>, tensor<3xf32>
}

// -----

// A function of a global's name keeps it.
// CHECK: qt.global @[[$G:.*]] : tensor<8xf32>
// CHECK-LABEL: func.func @w0
// CHECK: qt.global_ref @[[$G]]
func.func @w0(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %b = arith.constant dense<[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]> : tensor<8xf32>
  %0 = nn.binary add %x, %b : tensor<4x8xf32>, tensor<8xf32> -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// -----

// A vector has no place in memory.
// CHECK-LABEL: func.func @vectors
// CHECK-NEXT: arith.constant
// CHECK-NEXT: return
func.func @vectors() -> vector<8xi32> {
  %s = arith.constant dense<0> : vector<8xi32>
  return %s : vector<8xi32>
}
