// RUN: quant-opt %s -interpret
// Scales that are powers of two: vectors published for the formats.

!mxfp4 = !qt.block<[1, 8], f4E2M1, scale = e8m0>
!mxint8 = !qt.block<[1, 8], s8, scale = e8m0>
!bfp6 = !qt.block<[1, 8], s6, scale = exp<8>>

func.func @floor() {
  %x = arith.constant dense<[[0.11, -0.52, 1.97, 0.003, -3.2, 0.75, -0.031, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]]> : tensor<2x8xf32>
  %c, %s = qt.quantize %x {encoding = #qt.encoding<floor, -127..127>, format = !mxint8} : tensor<2x8xf32> -> tensor<2x8xi8>, tensor<2x1xi8>
  %ec = arith.constant dense<[[4, -17, 63, 0, -102, 24, -1, 0], [0, 0, 0, 0, 0, 0, 0, 0]]> : tensor<2x8xi8>
  %es = arith.constant dense<[[122], [0]]> : tensor<2x1xi8>
  check.expect_eq %c, %ec : tensor<2x8xi8>, tensor<2x8xi8>
  check.expect_eq %s, %es : tensor<2x1xi8>, tensor<2x1xi8>
  return
}

func.func @ceil() {
  %x = arith.constant dense<[[0.11, -0.52, 1.97, 0.003, -3.2, 0.75, -0.031, 0.0]]> : tensor<1x8xf32>
  %q = qt.quantize %x {encoding = #qt.encoding<ceil, -31..31>} : tensor<1x8xf32> -> tensor<1x8x!bfp6>
  %y = qt.dequantize %q : tensor<1x8x!bfp6> -> tensor<1x8xf32>
  %e = arith.constant dense<[[0.125, -0.5, 2.0, 0.0, -3.25, 0.75, 0.0, 0.0]]> : tensor<1x8xf32>
  check.expect_eq %y, %e : tensor<1x8xf32>, tensor<1x8xf32>
  return
}

// 7.9 saturates at 6 under floor, and is 8 under the others.
func.func @rceil() {
  %x = arith.constant dense<[[7.9, -1.25, 0.25, 0.75, -2.5, 5.0, 3.5, 0.0]]> : tensor<1x8xf32>
  %f = qt.quantize %x {encoding = #qt.encoding<floor, -7..7>} : tensor<1x8xf32> -> tensor<1x8x!mxfp4>
  %fy = qt.dequantize %f : tensor<1x8x!mxfp4> -> tensor<1x8xf32>
  %fe = arith.constant dense<[[6.0, -1.0, 0.0, 1.0, -2.0, 4.0, 4.0, 0.0]]> : tensor<1x8xf32>
  check.expect_eq %fy, %fe : tensor<1x8xf32>, tensor<1x8xf32>
  %r = qt.quantize %x {encoding = #qt.encoding<rceil, -7..7>} : tensor<1x8xf32> -> tensor<1x8x!mxfp4>
  %ry = qt.dequantize %r : tensor<1x8x!mxfp4> -> tensor<1x8xf32>
  %re = arith.constant dense<[[8.0, -1.0, 0.0, 1.0, -2.0, 4.0, 4.0, 0.0]]> : tensor<1x8xf32>
  check.expect_eq %ry, %re : tensor<1x8xf32>, tensor<1x8xf32>
  %v = qt.quantize %x {encoding = #qt.encoding<even, -7..7>} : tensor<1x8xf32> -> tensor<1x8x!mxfp4>
  %vy = qt.dequantize %v : tensor<1x8x!mxfp4> -> tensor<1x8xf32>
  check.expect_eq %vy, %re : tensor<1x8xf32>, tensor<1x8xf32>
  return
}
