// RUN: quant-opt %s -nn-recompose -split-input-file | FileCheck %s

// CHECK-LABEL: @erf
// CHECK-SAME: (%[[X:.*]]: tensor<?x4xf32>)
// CHECK-NEXT: %[[Y:.*]] = nn.gelu erf %[[X]] : tensor<?x4xf32>
// CHECK-NEXT: return %[[Y]]
func.func @erf(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %root = arith.constant dense<1.41421354> : tensor<f32>
  %one = arith.constant dense<1.0> : tensor<f32>
  %half = arith.constant dense<0.5> : tensor<f32>
  %0 = nn.binary div %x, %root : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  %1 = nn.unary erf %0 : tensor<?x4xf32>
  %2 = nn.binary add %1, %one : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  %3 = nn.binary mul %x, %2 : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %4 = nn.binary mul %3, %half : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  return %4 : tensor<?x4xf32>
}

// -----

// Another grouping, the factors turned around, a product in place of the quotient.
// CHECK-LABEL: @erf_grouped
// CHECK: nn.gelu erf %{{.*}} : tensor<4xf32>
// CHECK-NEXT: return
func.func @erf_grouped(%x: tensor<4xf32>) -> tensor<4xf32> {
  %inverse = arith.constant dense<0.707106769> : tensor<f32>
  %one = arith.constant dense<1.0> : tensor<4xf32>
  %half = arith.constant dense<0.5> : tensor<1xf32>
  %0 = nn.binary mul %inverse, %x : tensor<f32>, tensor<4xf32> -> tensor<4xf32>
  %1 = nn.unary erf %0 : tensor<4xf32>
  %2 = nn.binary add %one, %1 : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %3 = nn.binary mul %half, %x : tensor<1xf32>, tensor<4xf32> -> tensor<4xf32>
  %4 = nn.binary mul %2, %3 : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return %4 : tensor<4xf32>
}

// -----

// CHECK-LABEL: @tanh
// CHECK-NOT: nn.unary
// CHECK: nn.gelu tanh %{{.*}} : tensor<?x4xf32>
func.func @tanh(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %cubic = arith.constant dense<4.471500e-02> : tensor<f32>
  %slope = arith.constant dense<0.797884583> : tensor<f32>
  %one = arith.constant dense<1.0> : tensor<f32>
  %half = arith.constant dense<0.5> : tensor<f32>
  %0 = nn.binary mul %x, %x : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %1 = nn.binary mul %x, %0 : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %2 = nn.binary mul %cubic, %1 : tensor<f32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %3 = nn.binary add %x, %2 : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %4 = nn.binary mul %slope, %3 : tensor<f32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %5 = nn.unary tanh %4 : tensor<?x4xf32>
  %6 = nn.binary add %one, %5 : tensor<f32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %7 = nn.binary mul %half, %x : tensor<f32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %8 = nn.binary mul %7, %6 : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  return %8 : tensor<?x4xf32>
}

// -----

// The cube as a power.
// CHECK-LABEL: @tanh_power
// CHECK: nn.gelu tanh
// CHECK-NEXT: return
func.func @tanh_power(%x: tensor<4xf32>) -> tensor<4xf32> {
  %three = arith.constant dense<3.0> : tensor<f32>
  %cubic = arith.constant dense<4.471500e-02> : tensor<f32>
  %slope = arith.constant dense<0.797884583> : tensor<f32>
  %one = arith.constant dense<1.0> : tensor<f32>
  %half = arith.constant dense<0.5> : tensor<f32>
  %0 = nn.binary pow %x, %three : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %1 = nn.binary mul %0, %cubic : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %2 = nn.binary add %x, %1 : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %3 = nn.binary mul %2, %slope : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %4 = nn.unary tanh %3 : tensor<4xf32>
  %5 = nn.binary add %4, %one : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %6 = nn.binary mul %x, %5 : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %7 = nn.binary mul %6, %half : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  return %7 : tensor<4xf32>
}

// -----

// CHECK-LABEL: @sigmoids
// CHECK-DAG: nn.gelu sigmoid
// CHECK-DAG: nn.silu
// CHECK-NOT: nn.unary
func.func @sigmoids(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %slope = arith.constant dense<1.702> : tensor<f32>
  %0 = nn.binary mul %x, %slope : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %1 = nn.unary sigmoid %0 : tensor<4xf32>
  %2 = nn.binary mul %x, %1 : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %3 = nn.unary sigmoid %x : tensor<4xf32>
  %4 = nn.binary mul %3, %x : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return %2, %4 : tensor<4xf32>, tensor<4xf32>
}

// -----

// A slope that is near, but not the root of two.
// CHECK-LABEL: @near_erf
// CHECK-NOT: nn.gelu
func.func @near_erf(%x: tensor<4xf32>) -> tensor<4xf32> {
  %root = arith.constant dense<1.414> : tensor<f32>
  %one = arith.constant dense<1.0> : tensor<f32>
  %half = arith.constant dense<0.5> : tensor<f32>
  %0 = nn.binary div %x, %root : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %1 = nn.unary erf %0 : tensor<4xf32>
  %2 = nn.binary add %1, %one : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %3 = nn.binary mul %x, %2 : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %4 = nn.binary mul %3, %half : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  return %4 : tensor<4xf32>
}

// -----

// The outer factor is another value, and the constant adds a dim.
// CHECK-LABEL: @other_factor
// CHECK-NOT: nn.gelu
// CHECK-NOT: nn.silu
func.func @other_factor(%x: tensor<4xf32>, %z: tensor<4xf32>) -> (tensor<4xf32>, tensor<1x4xf32>) {
  %one = arith.constant dense<1.0> : tensor<1x1xf32>
  %0 = nn.unary sigmoid %x : tensor<4xf32>
  %1 = nn.binary mul %z, %0 : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %2 = nn.unary sigmoid %z : tensor<4xf32>
  %3 = nn.binary mul %z, %2 : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %4 = nn.binary mul %2, %one : tensor<4xf32>, tensor<1x1xf32> -> tensor<1x4xf32>
  %5 = nn.binary mul %4, %x : tensor<1x4xf32>, tensor<4xf32> -> tensor<1x4xf32>
  return %1, %5 : tensor<4xf32>, tensor<1x4xf32>
}
