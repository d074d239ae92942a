// RUN: quant-opt %s -interpret

!nf4 = !qt.block<[1, ?], nf4, scale = f32>
!mxfp4 = !qt.block<[1, 2], f4E2M1, scale = e8m0>
!q4 = !qt.block<[1, 2], u4, scale = f16, zero = u4>
!blk8 = !qt.block<[1, 2], s8, scale = shift<3>, outer = exp<8>>
!row16 = !qt.block<[1, ?], s16, scale = exp<8>>
!wide = !qt.block<[1, ?], s32, scale = exp<32>>

// Codes 0, 7 and 15 of NF4 are -1, 0 and 1; the fourth nibble is padding.
func.func @codebook() {
  %c = arith.constant dense<[[0x70, 0x0F]]> : tensor<1x2xi8>
  %s = arith.constant dense<[[2.0]]> : tensor<1x1xf32>
  %d = qt.dequantize %c, %s {format = !nf4} : tensor<1x2xi8>, tensor<1x1xf32> -> tensor<1x3xf32>
  %e = arith.constant dense<[[-2.0, 0.0, 2.0]]> : tensor<1x3xf32>
  check.expect_eq %d, %e : tensor<1x3xf32>, tensor<1x3xf32>
  return
}

// 6 and -0.5 times 2, 1 times a half.
func.func @minifloat() {
  %c = arith.constant dense<[[-105, 2]]> : tensor<1x2xi8>
  %s = arith.constant dense<[[-128, 126]]> : tensor<1x2xi8>
  %d = qt.dequantize %c, %s {format = !mxfp4} : tensor<1x2xi8>, tensor<1x2xi8> -> tensor<1x3xf32>
  %e = arith.constant dense<[[12.0, -1.0, 0.5]]> : tensor<1x3xf32>
  check.expect_eq %d, %e : tensor<1x3xf32>, tensor<1x3xf32>
  // The products of numbers that are no integers are exact, too.
  %w = arith.constant dense<[[1.0, 1.0, 1.0]]> : tensor<1x3xf32>
  %wc, %ws = qt.quantize %w {encoding = #qt.encoding<absmax, -1..1>, format = !qt.block<[1, ?], s8, scale = f32>} : tensor<1x3xf32> -> tensor<1x3xi8>, tensor<1x1xf32>
  %y = qt.contract lhs(%wc, %ws : tensor<1x3xi8>, tensor<1x1xf32>) rhs(%c, %s : tensor<1x2xi8>, tensor<1x2xi8>)
      {acc = f32, geometry = #qt.matmul, lhs_format = !qt.block<[1, ?], s8, scale = f32>, rhs_format = !mxfp4} -> tensor<1x1xf32>
  %ey = arith.constant dense<[[11.5]]> : tensor<1x1xf32>
  check.expect_eq %y, %ey : tensor<1x1xf32>, tensor<1x1xf32>
  return
}

func.func @zero_points() {
  %c = arith.constant dense<[[0x1F, 0x02]]> : tensor<1x2xi8>
  %s = arith.constant dense<[[0.5, 2.0]]> : tensor<1x2xf16>
  %z = arith.constant dense<[[8, 3]]> : tensor<1x2xi8>
  %d = qt.dequantize %c, %s, %z {format = !q4} : tensor<1x2xi8>, tensor<1x2xf16>, tensor<1x2xi8> -> tensor<1x3xf32>
  %e = arith.constant dense<[[3.5, -3.5, -2.0]]> : tensor<1x3xf32>
  check.expect_eq %d, %e : tensor<1x3xf32>, tensor<1x3xf32>
  return
}

// q * 2^(k + e); the sum keeps the shifts and leaves the exponents.
func.func @shifts() {
  %c = arith.constant dense<[[3, -1, 5]]> : tensor<1x3xi8>
  %k = arith.constant dense<[[2, 0]]> : tensor<1x2xi8>
  %x = arith.constant dense<[[-1]]> : tensor<1x1xi8>
  %d = qt.dequantize %c, %k, %x {format = !blk8} : tensor<1x3xi8>, tensor<1x2xi8>, tensor<1x1xi8> -> tensor<1x3xf32>
  %e = arith.constant dense<[[6.0, -2.0, 2.5]]> : tensor<1x3xf32>
  check.expect_eq %d, %e : tensor<1x3xf32>, tensor<1x3xf32>
  %w = arith.constant dense<[[1, 2, -3]]> : tensor<1x3xi8>
  %we = arith.constant dense<[[4]]> : tensor<1x1xi8>
  %y = qt.contract lhs(%c, %k, %x : tensor<1x3xi8>, tensor<1x2xi8>, tensor<1x1xi8>) rhs(%w, %we : tensor<1x3xi8>, tensor<1x1xi8>)
      {acc = i32, geometry = #qt.matmul, lhs_format = !blk8, rhs_format = !qt.block<[1, ?], s8, scale = exp<8>>} -> tensor<1x1xi32>
  %ey = arith.constant dense<[[-11]]> : tensor<1x1xi32>
  check.expect_eq %y, %ey : tensor<1x1xi32>, tensor<1x1xi32>
  return
}

// Rows of the reference vectors of the method `fixed`, 16 bits; zeros have the
// exponent -100.
func.func @renormalise() {
  %c = arith.constant dense<[[868, -622, 585, 817, -61, 256, 969, -849], [65535, -65535, 32768, 1, -1, 2, 0, 3], [0, 0, 0, 0, 0, 0, 0, 0]]> : tensor<3x8xi32>
  %x = arith.constant dense<[[-7], [-3], [5]]> : tensor<3x1xi32>
  %w = qt.join %c, %x : tensor<3x8xi32>, tensor<3x1xi32> -> tensor<3x8x!wide>
  %r = qt.rescale half_up %w : tensor<3x8x!wide> -> tensor<3x8x!row16>
  %m, %y = qt.split %r : tensor<3x8x!row16> -> tensor<3x8xi16>, tensor<3x1xi8>
  %em = arith.constant dense<[[27776, -19904, 18720, 26144, -1952, 8192, 31008, -27168], [32767, -32767, 16384, 1, 0, 1, 0, 2], [0, 0, 0, 0, 0, 0, 0, 0]]> : tensor<3x8xi16>
  %ey = arith.constant dense<[[-12], [-2], [-100]]> : tensor<3x1xi8>
  check.expect_eq %m, %em : tensor<3x8xi16>, tensor<3x8xi16>
  check.expect_eq %y, %ey : tensor<3x1xi8>, tensor<3x1xi8>
  return
}
