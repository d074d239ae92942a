// RUN: quant-opt %s -split-input-file -nn-fold-constants -verify-diagnostics | FileCheck %s

// CHECK-LABEL: func @chain
func.func @chain() -> tensor<3xf32> {
  // CHECK-NEXT: %[[C:.*]] = arith.constant dense<[0.000000e+00, 1.000000e+00, 4.000000e+00]> : tensor<3xf32>
  // CHECK-NEXT: return %[[C]]
  %0 = arith.constant dense<[0, -1, 2]> : tensor<3xi64>
  %1 = nn.cast %0 : tensor<3xi64> to tensor<3xf32>
  %2 = nn.binary mul %1, %1 : tensor<3xf32>, tensor<3xf32> -> tensor<3xf32>
  return %2 : tensor<3xf32>
}

// What depends on an argument stays, and so do dynamic types.
// CHECK-LABEL: func @stays
func.func @stays(%x: tensor<3xf32>) -> (tensor<3xf32>, tensor<?xf32>) {
  // CHECK: nn.binary mul
  // CHECK: nn.reshape
  %0 = arith.constant dense<[0.0, -1.0, 2.0]> : tensor<3xf32>
  %1 = nn.binary mul %0, %x : tensor<3xf32>, tensor<3xf32> -> tensor<3xf32>
  %s = arith.constant dense<-1> : tensor<1xi64>
  %2 = nn.reshape %0, %s : tensor<3xf32>, tensor<1xi64> -> tensor<?xf32>
  return %1, %2 : tensor<3xf32>, tensor<?xf32>
}

// Not what grows beyond 64 KiB, but what is computed from it.
// CHECK-LABEL: func @large
func.func @large() -> (tensor<200x200xf32>, tensor<f32>, tensor<16384xf32>) {
  // CHECK: %[[Y:.*]] = nn.expand
  // CHECK: %[[S:.*]] = arith.constant dense<4.000000e+04> : tensor<f32>
  // CHECK: %[[E:.*]] = arith.constant dense<1.000000e+00> : tensor<16384xf32>
  // CHECK: return %[[Y]], %[[S]], %[[E]]
  %0 = arith.constant dense<1.0> : tensor<1xf32>
  %1 = arith.constant dense<200> : tensor<2xi64>
  %2 = nn.expand %0, %1 : tensor<1xf32>, tensor<2xi64> -> tensor<200x200xf32>
  %3 = nn.reduce sum %2 axes [0, 1] : tensor<200x200xf32> -> tensor<f32>
  %4 = arith.constant dense<16384> : tensor<1xi64>
  %5 = nn.expand %0, %4 : tensor<1xf32>, tensor<1xi64> -> tensor<16384xf32>
  return %2, %3, %5 : tensor<200x200xf32>, tensor<f32>, tensor<16384xf32>
}

// A large constant may become another of its size.
// CHECK-LABEL: func @large_operand
func.func @large_operand() -> tensor<200x200xf32> {
  // CHECK-NEXT: arith.constant dense<7.389056{{.*}}> : tensor<200x200xf32>
  // CHECK-NEXT: return
  %0 = arith.constant dense<2.0> : tensor<200x200xf32>
  %1 = nn.unary exp %0 : tensor<200x200xf32>
  return %1 : tensor<200x200xf32>
}

// -----

// What a splat stands for may be more than any machine holds.
// CHECK-LABEL: func @huge
// CHECK: nn.reduce sum
func.func @huge() -> tensor<f32> {
  %x = arith.constant dense<1.0> : tensor<10000000x10000000xf32>
  %r = nn.reduce sum %x axes [0, 1] : tensor<10000000x10000000xf32> -> tensor<f32>
  return %r : tensor<f32>
}
