// RUN: quant-opt %s -nn-prepare-integers | FileCheck %s

// A factor goes before the activation, a summand into what is added to the sums behind it.
// CHECK-LABEL: func @between
// CHECK: %[[A:.*]] = nn.conv %arg0
// CHECK: %[[X:.*]] = nn.binary mul %[[A]], %
// CHECK: %[[H:.*]] = nn.hard_swish %[[X]] slope 0.33333333333333331 shift 5.000000e-01
// CHECK: %[[S:.*]] = nn.reduce sum %[[W:.*]] axes [1, 2] : tensor<4x1x8xf32> -> tensor<4xf32>
// CHECK: %[[M:.*]] = nn.binary mul %[[S]], %
// CHECK: %[[C:.*]] = nn.conv %[[H]], %[[W]]
// CHECK: %[[Y:.*]] = nn.binary add %[[C]], %[[M]]
// CHECK: return %[[Y]]
func.func @between(%i: tensor<?x6x6x8xf32>) -> tensor<?x6x6x4xf32> {
  %v = arith.constant dense<0.25> : tensor<8x9x8xf32>
  %w = arith.constant dense<0.25> : tensor<4x1x8xf32>
  %three = arith.constant dense<3.0> : tensor<f32>
  %six = arith.constant dense<6.0> : tensor<f32>
  %half = arith.constant dense<0.5> : tensor<1xf32>
  %two = arith.constant dense<2.0> : tensor<1xf32>
  %x = nn.conv %i, %v kernel [3, 3] strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1] groups 1 : tensor<?x6x6x8xf32>, tensor<8x9x8xf32> -> tensor<?x6x6x8xf32>
  %0 = nn.binary add %x, %three : tensor<?x6x6x8xf32>, tensor<f32> -> tensor<?x6x6x8xf32>
  %1 = nn.clip %0 min 0.0 max 6.0 : tensor<?x6x6x8xf32>
  %2 = nn.binary mul %x, %1 : tensor<?x6x6x8xf32>, tensor<?x6x6x8xf32> -> tensor<?x6x6x8xf32>
  %3 = nn.binary div %2, %six : tensor<?x6x6x8xf32>, tensor<f32> -> tensor<?x6x6x8xf32>
  %4 = nn.binary mul %half, %3 : tensor<1xf32>, tensor<?x6x6x8xf32> -> tensor<?x6x6x8xf32>
  %5 = nn.binary add %4, %two : tensor<?x6x6x8xf32>, tensor<1xf32> -> tensor<?x6x6x8xf32>
  %6 = nn.conv %5, %w kernel [1, 1] strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1 : tensor<?x6x6x8xf32>, tensor<4x1x8xf32> -> tensor<?x6x6x4xf32>
  return %6 : tensor<?x6x6x4xf32>
}

// What is taken off a sigmoid brings it nearer to 0.
// CHECK-LABEL: func @centred
// CHECK: %[[G:.*]] = nn.unary sigmoid
// CHECK: %[[S:.*]] = nn.binary add %[[G]], %
// CHECK: nn.conv %[[S]]
func.func @centred(%x: tensor<?x6x6x8xf32>) -> tensor<?x6x6x4xf32> {
  %w = arith.constant dense<0.25> : tensor<4x1x8xf32>
  %minus = arith.constant dense<-0.75> : tensor<f32>
  %0 = nn.unary sigmoid %x : tensor<?x6x6x8xf32>
  %1 = nn.binary add %0, %minus : tensor<?x6x6x8xf32>, tensor<f32> -> tensor<?x6x6x8xf32>
  %2 = nn.conv %1, %w kernel [1, 1] strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1 : tensor<?x6x6x8xf32>, tensor<4x1x8xf32> -> tensor<?x6x6x4xf32>
  return %2 : tensor<?x6x6x4xf32>
}

// Not below zero, where a relu is another function; a pad has no summand.
// CHECK-LABEL: func @neither
// CHECK: %[[R:.*]] = nn.unary relu
// CHECK: %[[M:.*]] = nn.binary mul %[[R]], %
// CHECK: %[[A:.*]] = nn.unary relu
// CHECK: %[[S:.*]] = nn.binary add %[[A]], %
// CHECK: nn.conv %[[S]], %{{.*}} pads [1, 1, 1, 1]
func.func @neither(%i: tensor<?x6x6x8xf32>) -> (tensor<?x6x6x8xf32>, tensor<?x6x6x8xf32>) {
  %v = arith.constant dense<0.25> : tensor<8x9x8xf32>
  %minus = arith.constant dense<-0.5> : tensor<f32>
  %x = nn.conv %i, %v kernel [3, 3] strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1] groups 1 : tensor<?x6x6x8xf32>, tensor<8x9x8xf32> -> tensor<?x6x6x8xf32>
  %0 = nn.unary relu %x : tensor<?x6x6x8xf32>
  %1 = nn.binary mul %0, %minus : tensor<?x6x6x8xf32>, tensor<f32> -> tensor<?x6x6x8xf32>
  %2 = nn.unary relu %1 : tensor<?x6x6x8xf32>
  %3 = nn.binary add %2, %minus : tensor<?x6x6x8xf32>, tensor<f32> -> tensor<?x6x6x8xf32>
  %4 = nn.conv %3, %v kernel [3, 3] strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1] groups 1 : tensor<?x6x6x8xf32>, tensor<8x9x8xf32> -> tensor<?x6x6x8xf32>
  return %1, %4 : tensor<?x6x6x8xf32>, tensor<?x6x6x8xf32>
}
