// RUN: quant-opt %s -interpret

!rows8 = !qt.block<[1, ?], s8, scale = f32>
!rows8u = !qt.block<[1, ?], u8, scale = f32>
!blocks8 = !qt.block<[1, 2], s8, scale = f32>
!columns8 = !qt.block<[?, 1], s8, scale = f32>

// One scale a row; a row of zeros has the scale 0.
func.func @rows() {
  %x = arith.constant dense<[[0x3FCFEA8D, 0xBF1C9C11, 0xBF073644, 0xBF895709, 0x3F5D8B5B], [0x00000000, 0x00000000, 0x00000000, 0x00000000, 0x00000000]]> : tensor<2x5xf32>
  %c, %s = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>, format = !rows8} : tensor<2x5xf32> -> tensor<2x5xi8>, tensor<2x1xf32>
  %ec = arith.constant dense<[[127, -48, -41, -84, 68], [0, 0, 0, 0, 0]]> : tensor<2x5xi8>
  %es = arith.constant dense<[[0x3C518DA8], [0x00000000]]> : tensor<2x1xf32>
  check.expect_eq %c, %ec : tensor<2x5xi8>, tensor<2x5xi8>
  check.expect_eq %s, %es : tensor<2x1xf32>, tensor<2x1xf32>
  // Joint and split form say the same.
  %q = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>} : tensor<2x5xf32> -> tensor<2x5x!rows8>
  %qc, %qs = qt.split %q : tensor<2x5x!rows8> -> tensor<2x5xi8>, tensor<2x1xf32>
  check.expect_eq %qc, %ec : tensor<2x5xi8>, tensor<2x5xi8>
  check.expect_eq %qs, %es : tensor<2x1xf32>, tensor<2x1xf32>
  %j = qt.join %c, %s : tensor<2x5xi8>, tensor<2x1xf32> -> tensor<2x5x!rows8>
  %d = qt.dequantize %j : tensor<2x5x!rows8> -> tensor<2x5xf32>
  %e = qt.dequantize %c, %s {format = !rows8} : tensor<2x5xi8>, tensor<2x1xf32> -> tensor<2x5xf32>
  %ed = arith.constant dense<[[0x3FCFEA8D, 0xBF1D2A3E, 0xBF063EC0, 0xBF8984F6, 0x3F5EA682], [0x00000000, 0x00000000, 0x00000000, 0x00000000, 0x00000000]]> : tensor<2x5xf32>
  check.expect_eq %d, %ed : tensor<2x5xf32>, tensor<2x5xf32>
  check.expect_eq %e, %ed : tensor<2x5xf32>, tensor<2x5xf32>
  return
}

// The last block is short.
func.func @blocks() {
  %x = arith.constant dense<[[1.0, -2.0, 4.0, 1.0, -0.5]]> : tensor<1x5xf32>
  %c, %s = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>, format = !blocks8} : tensor<1x5xf32> -> tensor<1x5xi8>, tensor<1x3xf32>
  %ec = arith.constant dense<[[64, -127, 127, 32, -127]]> : tensor<1x5xi8>
  %es = arith.constant dense<[[0x3C810204, 0x3D010204, 0x3B810204]]> : tensor<1x3xf32>
  check.expect_eq %c, %ec : tensor<1x5xi8>, tensor<1x5xi8>
  check.expect_eq %s, %es : tensor<1x3xf32>, tensor<1x3xf32>
  return
}

// Blocks along the first dimension, unsigned codes, and a smaller range.
func.func @ranges() {
  %x = arith.constant dense<[[1.0, 8.0], [2.0, -4.0]]> : tensor<2x2xf32>
  %c, %s = qt.quantize %x {encoding = #qt.encoding<absmax, -90..90>, format = !columns8} : tensor<2x2xf32> -> tensor<2x2xi8>, tensor<1x2xf32>
  %ec = arith.constant dense<[[45, 90], [90, -45]]> : tensor<2x2xi8>
  check.expect_eq %c, %ec : tensor<2x2xi8>, tensor<2x2xi8>
  %u, %us = qt.quantize %x {encoding = #qt.encoding<absmax, 0..255>, format = !rows8u} : tensor<2x2xf32> -> tensor<2x2xi8>, tensor<2x1xf32>
  %eu = arith.constant dense<[[32, -1], [-128, 0]]> : tensor<2x2xi8>
  check.expect_eq %u, %eu : tensor<2x2xi8>, tensor<2x2xi8>
  return
}

// Rows of a layout: stride and bias.
func.func @layout() {
  %x = arith.constant dense<[[1.0, -1.0]]> : tensor<1x2xf32>
  %c, %s = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>, format = !rows8, layout = #qt.layout<s8, panel = 16, rows = 4, bias = 128>} : tensor<1x2xf32> -> tensor<1x64xi8>, tensor<1x1xf32>
  %e = arith.constant dense<[[-1, 1, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128]]> : tensor<1x64xi8>
  check.expect_eq %c, %e : tensor<1x64xi8>, tensor<1x64xi8>
  return
}

// Batch 0.
func.func @empty() {
  %x = arith.constant dense<> : tensor<0x5xf32>
  %c, %s = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>, format = !rows8} : tensor<0x5xf32> -> tensor<0x5xi8>, tensor<0x1xf32>
  %d = qt.dequantize %c, %s {format = !rows8} : tensor<0x5xi8>, tensor<0x1xf32> -> tensor<0x5xf32>
  check.expect_eq %d, %x : tensor<0x5xf32>, tensor<0x5xf32>
  return
}

func.func @hadamard() {
  %x = arith.constant dense<[[1.0, 2.0, 3.0, 4.0, 1.0, 0.0, 0.0, 0.0]]> : tensor<1x8xf32>
  %y = qt.hadamard 4 %x : tensor<1x8xf32>
  %e = arith.constant dense<[[5.0, -1.0, -2.0, 0.0, 0.5, 0.5, 0.5, 0.5]]> : tensor<1x8xf32>
  check.expect_eq %y, %e : tensor<1x8xf32>, tensor<1x8xf32>
  %z = qt.hadamard 4 %y : tensor<1x8xf32>
  check.expect_eq %z, %x : tensor<1x8xf32>, tensor<1x8xf32>
  return
}
