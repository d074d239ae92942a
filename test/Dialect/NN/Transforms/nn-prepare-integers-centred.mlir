// RUN: quant-opt %s -nn-prepare-integers | FileCheck %s

// The mean of an input is taken off before it is normalised, also of one that is moved and scaled.
// CHECK-LABEL: func @input
// CHECK: %[[T:.*]] = nn.transpose
// CHECK: %[[S:.*]] = nn.binary mul %[[T]]
// CHECK: %[[M:.*]] = nn.reduce mean %[[S]] axes [1] keepdims
// CHECK: %[[C:.*]] = nn.binary sub %[[S]], %[[M]]
// CHECK: nn.layer_norm %[[C]]
func.func @input(%x: tensor<4x?xf32>) -> tensor<?x4xf32> {
  %g = arith.constant dense<2.0> : tensor<4xf32>
  %0 = nn.transpose %x perm [1, 0] : tensor<4x?xf32> -> tensor<?x4xf32>
  %1 = nn.binary mul %0, %g : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  %2 = nn.layer_norm %1, %g {axis = 1 : i64, epsilon = 1.0e-5 : f32} : tensor<?x4xf32>, tensor<4xf32>
  return %2 : tensor<?x4xf32>
}

// What is computed has no bits more.
// CHECK-LABEL: func @computed
// CHECK-NOT: nn.reduce
func.func @computed(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %g = arith.constant dense<2.0> : tensor<4xf32>
  %0 = nn.unary tanh %x : tensor<?x4xf32>
  %1 = nn.layer_norm %0, %g {axis = 1 : i64, epsilon = 1.0e-5 : f32} : tensor<?x4xf32>, tensor<4xf32>
  return %1 : tensor<?x4xf32>
}

// A scale that the op states is that of its input as it is.
// CHECK-LABEL: func @scaled
// CHECK-NEXT: arith.constant
// CHECK-NEXT: nn.layer_norm %arg0, %{{.*}} {axis = 1 : i64, epsilon = {{.*}}, qt.input_scale = 6.250000e-02 : f64}
func.func @scaled(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %g = arith.constant dense<2.0> : tensor<4xf32>
  %0 = nn.layer_norm %x, %g {axis = 1 : i64, epsilon = 1.0e-5 : f32, qt.input_scale = 0.0625 : f64} : tensor<?x4xf32>, tensor<4xf32>
  return %0 : tensor<?x4xf32>
}

// And so are ranges that the function states.
// CHECK-LABEL: func @ranged
// CHECK-NEXT: arith.constant
// CHECK-NEXT: nn.layer_norm %arg0
func.func @ranged(%x: tensor<?x4xf32>) -> tensor<?x4xf32> attributes {qt.ranges = {x = array<f64: -1.0, 1.0>}} {
  %g = arith.constant dense<2.0> : tensor<4xf32>
  %0 = nn.layer_norm %x, %g {axis = 1 : i64, epsilon = 1.0e-5 : f32} : tensor<?x4xf32>, tensor<4xf32>
  return %0 : tensor<?x4xf32>
}

// Rows that are picked from an input are moved as well.
// CHECK-LABEL: func @picked
// CHECK: %[[P:.*]] = nn.gather
// CHECK: %[[M:.*]] = nn.reduce mean %[[P]] axes [1] keepdims
// CHECK: %[[C:.*]] = nn.binary sub %[[P]], %[[M]]
// CHECK: nn.layer_norm %[[C]]
func.func @picked(%x: tensor<?x4xf32>, %i: tensor<?xi64>) -> tensor<?x4xf32> {
  %g = arith.constant dense<2.0> : tensor<4xf32>
  %0 = nn.gather %x, %i {axis = 0 : i64} : tensor<?x4xf32>, tensor<?xi64> -> tensor<?x4xf32>
  %1 = nn.layer_norm %0, %g {axis = 1 : i64, epsilon = 1.0e-5 : f32} : tensor<?x4xf32>, tensor<4xf32>
  return %1 : tensor<?x4xf32>
}
