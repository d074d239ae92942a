// RUN: quant-opt %s -interpret
// The expected values come from an independent model of the definition.

!image8 = !qt.block<[1, ?, ?, ?], s8, scale = f32>
!output8 = !qt.block<[1, ?, ?], s8, scale = f32>
#range = #qt.encoding<absmax, -127..127>

func.func @float() {
  %x = arith.constant dense<[[[[0xC0400000, 0xBF800000], [0xBF800000, 0x00000000], [0xC0400000, 0x40000000], [0x40000000, 0x40400000]], [[0xC0400000, 0x40000000], [0xC0000000, 0x3F800000], [0xC0000000, 0x3F800000], [0xBF800000, 0xBF800000]], [[0x3F800000, 0x3F800000], [0xBF800000, 0xC0400000], [0x3F800000, 0xC0400000], [0x00000000, 0xBF800000]], [[0x40400000, 0xC0400000], [0x3F800000, 0x00000000], [0xC0000000, 0x40000000], [0xC0000000, 0xC0400000]]]]> : tensor<1x4x4x2xf32>
  %w = arith.constant dense<[[[0xC0400000, 0x40000000], [0xC0400000, 0xC0400000], [0xC0000000, 0xC0000000], [0x3F800000, 0xC0400000]], [[0x00000000, 0x3F800000], [0xBF800000, 0xC0400000], [0xC0400000, 0x3F800000], [0x3F800000, 0x3F800000]]]> : tensor<2x4x2xf32>
  %e = arith.constant dense<[[[[0x40E00000, 0x40E00000], [0xC0E00000, 0x40000000], [0xC0A00000, 0x41800000], [0xC1200000, 0xC0400000]], [[0x41A00000, 0xC0A00000], [0x41E80000, 0xC0000000], [0x41A80000, 0xC0000000], [0x40400000, 0xC0000000]]]]> : tensor<1x2x4x2xf32>
  %y = qt.contract lhs(%x : tensor<1x4x4x2xf32>) rhs(%w : tensor<2x4x2xf32>)
      {acc = f32, geometry = #qt.conv<taps = [2, 2], strides = [2, 1], dilations = [1, 1], pads = [1, 0, 0, 1], groups = 1>, lhs_format = f32, rhs_format = f32} -> tensor<1x2x4x2xf32>
  check.expect_eq %y, %e : tensor<1x2x4x2xf32>, tensor<1x2x4x2xf32>
  return
}

func.func @groups() {
  %x = arith.constant dense<[[[[0xC0400000, 0xBF800000], [0xBF800000, 0x00000000], [0xC0400000, 0x40000000], [0x40000000, 0x40400000]], [[0xC0400000, 0x40000000], [0xC0000000, 0x3F800000], [0xC0000000, 0x3F800000], [0xBF800000, 0xBF800000]], [[0x3F800000, 0x3F800000], [0xBF800000, 0xC0400000], [0x3F800000, 0xC0400000], [0x00000000, 0xBF800000]], [[0x40400000, 0xC0400000], [0x3F800000, 0x00000000], [0xC0000000, 0x40000000], [0xC0000000, 0xC0400000]]]]> : tensor<1x4x4x2xf32>
  %w = arith.constant dense<[[[0xC0400000], [0xC0400000], [0xC0000000], [0x3F800000]], [[0x00000000], [0xBF800000], [0xC0400000], [0x3F800000]]]> : tensor<2x4x1xf32>
  %e = arith.constant dense<[[[[0x41800000, 0xC0A00000], [0x41600000, 0xC0800000], [0x40C00000, 0xC0E00000]], [[0x41400000, 0xC0E00000], [0x41700000, 0x40A00000], [0x40E00000, 0x41100000]], [[0xC0A00000, 0x41400000], [0xC0800000, 0x40A00000], [0xBF800000, 0xC1000000]]]]> : tensor<1x3x3x2xf32>
  %y = qt.contract lhs(%x : tensor<1x4x4x2xf32>) rhs(%w : tensor<2x4x1xf32>)
      {acc = f32, geometry = #qt.conv<taps = [2, 2], strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0], groups = 2>, lhs_format = f32, rhs_format = f32} -> tensor<1x3x3x2xf32>
  check.expect_eq %y, %e : tensor<1x3x3x2xf32>, tensor<1x3x3x2xf32>
  return
}

// Magnitudes of 127 make all scales 1: taps and channels sum exactly.
func.func @quantized() {
  %x = arith.constant dense<[[[[0x42FE0000, 0xBF800000], [0xBF800000, 0x00000000], [0xC0400000, 0x40000000], [0x40000000, 0x40400000]], [[0xC0400000, 0x40000000], [0xC0000000, 0x3F800000], [0xC0000000, 0x3F800000], [0xBF800000, 0xBF800000]], [[0x3F800000, 0x3F800000], [0xBF800000, 0xC0400000], [0x3F800000, 0xC0400000], [0x00000000, 0xBF800000]], [[0x40400000, 0xC0400000], [0x3F800000, 0x00000000], [0xC0000000, 0x40000000], [0xC0000000, 0xC0400000]]]]> : tensor<1x4x4x2xf32>
  %w = arith.constant dense<[[[0x42FE0000, 0x40000000], [0xC0400000, 0xC0400000], [0xC0000000, 0xC0000000], [0x3F800000, 0xC0400000]], [[0x42FE0000, 0x3F800000], [0xBF800000, 0xC0400000], [0xC0400000, 0x3F800000], [0x3F800000, 0x3F800000]]]> : tensor<2x4x2xf32>
  %e = arith.constant dense<[[[[0x467BFC00, 0x467C2C00], [0xC2FE0000, 0xC2F80000], [0xC3C20000, 0xC3C08000]], [[0xC3B90000, 0xC3C10000], [0xC3670000, 0xC3800000], [0xC36F0000, 0xC3800000]], [[0x430E0000, 0x42FE0000], [0xC3090000, 0xC2FA0000], [0x43030000, 0x43020000]]]]> : tensor<1x3x3x2xf32>
  %ei = arith.constant dense<[[[[16127, 16139], [-127, -124], [-388, -385]], [[-370, -386], [-231, -256], [-239, -256]], [[142, 127], [-137, -125], [131, 130]]]]> : tensor<1x3x3x2xi32>
  %xc, %xs = qt.quantize %x {encoding = #range, format = !image8} : tensor<1x4x4x2xf32> -> tensor<1x4x4x2xi8>, tensor<1x1x1x1xf32>
  %wc, %ws = qt.quantize %w {encoding = #range, format = !output8} : tensor<2x4x2xf32> -> tensor<2x4x2xi8>, tensor<2x1x1xf32>
  %y = qt.contract lhs(%xc, %xs : tensor<1x4x4x2xi8>, tensor<1x1x1x1xf32>) rhs(%wc, %ws : tensor<2x4x2xi8>, tensor<2x1x1xf32>)
      {acc = f32, geometry = #qt.conv<taps = [2, 2], strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0], groups = 1>, lhs_format = !image8, rhs_format = !output8} -> tensor<1x3x3x2xf32>
  check.expect_eq %y, %e : tensor<1x3x3x2xf32>, tensor<1x3x3x2xf32>
  %i = qt.contract lhs(%xc, %xs : tensor<1x4x4x2xi8>, tensor<1x1x1x1xf32>) rhs(%wc, %ws : tensor<2x4x2xi8>, tensor<2x1x1xf32>)
      {acc = i32, geometry = #qt.conv<taps = [2, 2], strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0], groups = 1>, lhs_format = !image8, rhs_format = !output8} -> tensor<1x3x3x2xi32>
  check.expect_eq %i, %ei : tensor<1x3x3x2xi32>, tensor<1x3x3x2xi32>
  return
}

// Weights of tiles, whose quarters are exact here, mean those of windows.
func.func @tiles() {
  %x = arith.constant dense<[[[[1.0, 2.0], [-1.0, 0.0], [3.0, 1.0]], [[0.0, -2.0], [2.0, 2.0], [1.0, -3.0]], [[4.0, 1.0], [-2.0, 1.0], [0.0, 5.0]]]]> : tensor<1x3x3x2xf32>
  %w = arith.constant dense<[[[1.0, 0.0], [2.0, -1.0], [-3.0, 1.0], [0.0, 4.0], [1.0, 1.0], [-1.0, 2.0], [2.0, 0.0], [0.0, -2.0], [1.0, 3.0]]]> : tensor<1x9x2xf32>
  %e = qt.contract lhs(%x : tensor<1x3x3x2xf32>) rhs(%w : tensor<1x9x2xf32>)
      {acc = f32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 1>, lhs_format = f32, rhs_format = f32} -> tensor<1x3x3x1xf32>
  %p = qt.pack %w {format = f32, layout = #qt.layout<winograd, panel = 4, rows = 4>, k = 2 : i64} : tensor<1x9x2xf32> -> tensor<512xi8>
  %y = qt.contract lhs(%x : tensor<1x3x3x2xf32>) rhs(%p : tensor<512xi8>)
      {acc = f32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 1, k = 2>, layout = #qt.layout<winograd, panel = 4, rows = 4>, lhs_format = f32, rhs_format = f32} -> tensor<1x3x3x1xf32>
  check.expect_eq %y, %e : tensor<1x3x3x1xf32>, tensor<1x3x3x1xf32>
  return
}
