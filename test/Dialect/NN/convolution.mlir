// RUN: quant-opt %s | quant-opt | FileCheck %s
// RUN: quant-opt %s --emit-bytecode | quant-opt | FileCheck %s

// CHECK-LABEL: func @windows
func.func @windows(%x: tensor<?x9x8x6xf32>, %w: tensor<4x9x3xf32>, %q: tensor<?x9x8x6x!qt.block<[1, ?, ?, ?], s8, scale = f32>>,
                   %v: tensor<4x9x3x!qt.block<[1, ?, ?], s8, scale = f32>>) {
  // CHECK: nn.conv %{{.*}}, %{{.*}} kernel [3, 3] strides [2, 1] dilations [1, 2] pads [1, 2, 0, 2] groups 2 : tensor<?x9x8x6xf32>, tensor<4x9x3xf32> -> tensor<?x4x8x4xf32>
  %0 = nn.conv %x, %w kernel [3, 3] strides [2, 1] dilations [1, 2] pads [1, 2, 0, 2] groups 2
    : tensor<?x9x8x6xf32>, tensor<4x9x3xf32> -> tensor<?x4x8x4xf32>
  // CHECK: nn.conv %{{.*}} : tensor<?x9x8x6x!qt.block<[1, ?, ?, ?], s8, scale = f32>>
  %1 = nn.conv %q, %v kernel [3, 3] strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 2
    : tensor<?x9x8x6x!qt.block<[1, ?, ?, ?], s8, scale = f32>>, tensor<4x9x3x!qt.block<[1, ?, ?], s8, scale = f32>> -> tensor<?x7x6x4xf32>
  // CHECK: nn.pool max %{{.*}} kernel [3, 2] strides [2, 2] dilations [1, 1] pads [1, 0, 1, 0] : tensor<?x9x8x6xf32> -> tensor<?x5x4x6xf32>
  %2 = nn.pool max %x kernel [3, 2] strides [2, 2] dilations [1, 1] pads [1, 0, 1, 0] : tensor<?x9x8x6xf32> -> tensor<?x5x4x6xf32>
  // CHECK: nn.pool average %{{.*}} pads [0, 0, 0, 0] ceil count_pads : tensor
  %3 = nn.pool average %x kernel [2, 3] strides [2, 3] dilations [1, 1] pads [0, 0, 0, 0] ceil count_pads : tensor<?x9x8x6xf32> -> tensor<?x5x3x6xf32>
  // CHECK: nn.pool lp %{{.*}} {p = 3 : i64} : tensor
  %4 = nn.pool lp %x kernel [9, 8] strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] {p = 3 : i64} : tensor<?x9x8x6xf32> -> tensor<?x1x1x6xf32>
  // CHECK: nn.pad reflect %{{.*}} low [0, 1, 0, 2] high [0, 0, 3, 0] : tensor<?x9x8x6xf32> -> tensor<?x10x11x8xf32>
  %5 = nn.pad reflect %x low [0, 1, 0, 2] high [0, 0, 3, 0] : tensor<?x9x8x6xf32> -> tensor<?x10x11x8xf32>
  return
}
