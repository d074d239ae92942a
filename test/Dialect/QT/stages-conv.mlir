// A convolution of 3x3 taps from the split on, written by hand: one scale an
// image and one an output channel, so that taps and channels sum as integers.
// RUN: quant-opt %s -qt-verify-types -qt-verify-split | quant-opt | FileCheck %s

!image8 = !qt.block<[1, ?, ?, ?], s8, scale = f32>
!positions8 = !qt.block<[1, 1, 1, 32], s8, scale = f32>
!output8 = !qt.block<[1, ?, ?], s8, scale = f32>
!taps8 = !qt.block<[1, 1, 32], s8, scale = f32>
#absmax = #qt.encoding<absmax, -127..127>
#conv = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 1>
#s8 = #qt.layout<s8, panel = 16, rows = 4, bias = 128>

// CHECK-LABEL: func @split
func.func @split(%x: tensor<?x32x32x64xf32>, %w: tensor<64x9x64xf32>, %b: tensor<64xf32>) -> tensor<?x32x32x64xf32> {
  %xc, %xs = qt.quantize %x {encoding = #absmax, format = !image8} : tensor<?x32x32x64xf32> -> tensor<?x32x32x64xi8>, tensor<?x1x1x1xf32>
  %wc, %ws = qt.quantize %w {encoding = #absmax, format = !output8} : tensor<64x9x64xf32> -> tensor<64x9x64xi8>, tensor<64x1x1xf32>
  // CHECK: geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 1>
  %y = qt.contract lhs(%xc, %xs : tensor<?x32x32x64xi8>, tensor<?x1x1x1xf32>) rhs(%wc, %ws : tensor<64x9x64xi8>, tensor<64x1x1xf32>)
      epilogue(%b : tensor<64xf32>) {acc = f32, geometry = #conv, lhs_format = !image8, rhs_format = !output8} {
  ^bb0(%acc: f32, %bias: f32):
    %0 = nn.binary add %acc, %bias : f32, f32 -> f32
    %1 = nn.unary relu %0 : f32
    qt.yield %1 : f32
  } -> tensor<?x32x32x64xf32>
  return %y : tensor<?x32x32x64xf32>
}

// Blocks along the channels lie within one position and one tap.
// CHECK-LABEL: func @blocks
func.func @blocks(%xc: tensor<?x8x8x128xi8>, %xs: tensor<?x8x8x4xf32>, %wc: tensor<64x9x128xi8>, %ws: tensor<64x9x4xf32>) -> tensor<?x8x8x64xf32> {
  %y = qt.contract lhs(%xc, %xs : tensor<?x8x8x128xi8>, tensor<?x8x8x4xf32>) rhs(%wc, %ws : tensor<64x9x128xi8>, tensor<64x9x4xf32>)
      {acc = f32, geometry = #conv, lhs_format = !positions8, rhs_format = !taps8} -> tensor<?x8x8x64xf32>
  return %y : tensor<?x8x8x64xf32>
}

// Packed: weights by output channel over taps and channels, the image in a
// buffer with its border.
// CHECK-LABEL: func @layout
func.func @layout(%xc: tensor<?x34x34x64xi8>, %xs: tensor<?x1x1x1xf32>, %wc: tensor<64x9x64xi8>, %ws: tensor<64x1x1xf32>) -> tensor<?x32x32x64xf32> {
  %p = qt.pack %wc, %ws {format = !output8, layout = #s8} : tensor<64x9x64xi8>, tensor<64x1x1xf32> -> tensor<37376xi8>
  // CHECK: qt.contract {{.*}} {acc = f32, geometry = #qt.conv<{{.*}}, k = 64>, layout
  %y = qt.contract lhs(%xc, %xs : tensor<?x34x34x64xi8>, tensor<?x1x1x1xf32>) rhs(%p : tensor<37376xi8>)
      {acc = f32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0], groups = 1, k = 64>,
       layout = #s8, lhs_format = !image8, rhs_format = !output8} -> tensor<?x32x32x64xf32>
  return %y : tensor<?x32x32x64xf32>
}

// A depthwise convolution over one dimension, in floats.
// CHECK-LABEL: func @depthwise
func.func @depthwise(%x: tensor<?x98x40xf32>, %w: tensor<40x5x1xf32>) -> tensor<?x49x40xf32> {
  %y = qt.contract lhs(%x : tensor<?x98x40xf32>) rhs(%w : tensor<40x5x1xf32>)
      {acc = f32, geometry = #qt.conv<taps = [5], strides = [2], dilations = [1], pads = [2, 2], groups = 40>, lhs_format = f32, rhs_format = f32}
      -> tensor<?x49x40xf32>
  return %y : tensor<?x49x40xf32>
}
