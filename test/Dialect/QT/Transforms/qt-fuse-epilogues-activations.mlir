// RUN: quant-opt %s -qt-fuse-epilogues | FileCheck %s

// An activation that uses the sum twice is part of the epilogue; what another
// op reads as well is its end.
// CHECK-LABEL: func @leaky
// CHECK: %[[Y:.*]] = qt.contract
// CHECK: nn.compare
// CHECK: nn.binary mul
// CHECK: %[[S:.*]] = nn.select
// CHECK: qt.yield %[[S]]
// CHECK: %[[P:.*]] = nn.pool max %[[Y]]
// CHECK: %[[Z:.*]] = nn.binary add %[[Y]], %[[P]]
// CHECK: return %[[Z]]
func.func @leaky(%x: tensor<2x8x4xf32>, %w: tensor<4x1x4xf32>) -> tensor<2x8x4xf32> {
  %zero = arith.constant dense<0.0> : tensor<f32>
  %slope = arith.constant dense<0.1> : tensor<f32>
  %y = qt.contract lhs(%x : tensor<2x8x4xf32>) rhs(%w : tensor<4x1x4xf32>)
      {acc = f32, geometry = #qt.conv<taps = [1], strides = [1], dilations = [1], pads = [0, 0], groups = 1>, lhs_format = f32, rhs_format = f32} -> tensor<2x8x4xf32>
  %c = nn.compare ge %y, %zero : tensor<2x8x4xf32>, tensor<f32> -> tensor<2x8x4xi1>
  %m = nn.binary mul %y, %slope : tensor<2x8x4xf32>, tensor<f32> -> tensor<2x8x4xf32>
  %s = nn.select %c, %y, %m : tensor<2x8x4xi1>, tensor<2x8x4xf32>, tensor<2x8x4xf32> -> tensor<2x8x4xf32>
  %p = nn.pool max %s kernel [3] strides [1] dilations [1] pads [1, 1] : tensor<2x8x4xf32> -> tensor<2x8x4xf32>
  %z = nn.binary add %s, %p : tensor<2x8x4xf32>, tensor<2x8x4xf32> -> tensor<2x8x4xf32>
  return %z : tensor<2x8x4xf32>
}

// A gate that is computed from the whole of the sum keeps it outside.
// CHECK-LABEL: func @gate
// CHECK: qt.contract
// CHECK-NOT: qt.yield
// CHECK: nn.reduce
// CHECK: nn.binary mul
func.func @gate(%x: tensor<2x8x4xf32>, %w: tensor<4x1x4xf32>) -> tensor<2x8x4xf32> {
  %y = qt.contract lhs(%x : tensor<2x8x4xf32>) rhs(%w : tensor<4x1x4xf32>)
      {acc = f32, geometry = #qt.conv<taps = [1], strides = [1], dilations = [1], pads = [0, 0], groups = 1>, lhs_format = f32, rhs_format = f32} -> tensor<2x8x4xf32>
  %g = nn.reduce mean %y axes [1] keepdims : tensor<2x8x4xf32> -> tensor<2x1x4xf32>
  %z = nn.binary mul %y, %g : tensor<2x8x4xf32>, tensor<2x1x4xf32> -> tensor<2x8x4xf32>
  return %z : tensor<2x8x4xf32>
}
