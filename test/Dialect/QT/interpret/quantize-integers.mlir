// RUN: quant-opt %s -interpret
// The vectors of the method fixed.

!blk8 = !qt.block<[1, 8], s8, scale = shift<3>, outer = exp<8>>
!row16 = !qt.block<[1, ?], s16, scale = exp<8>>
!image8 = !qt.block<[1, 1, 2], s8, scale = shift<3>, outer = exp<8>[1, ?, ?]>
#byte = #qt.encoding<norm, -127..127>
#word = #qt.encoding<norm, -32767..32767>

func.func @blocks() {
  %m = arith.constant dense<[[-25264, -13184, 1973, -5200, -358, 1080, -1898, -15000, -4780, -7424, 716, 1604, -6584, 3452, -15728, -739], [116, -222, 30, 284, 157, 67, -56, 74, -17584, -96, 2918, 4512, 3826, -5500, 25312, -438], [2848, -1351, 15168, -1053, 338, -510, 14920, -22752, -3, -4, -2, 2, -3, -1, 0, -4], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]]> : tensor<4x16xi16>
  %e = arith.constant dense<[[-12], [-9], [-3], [-7]]> : tensor<4x1xi8>
  %q_e = arith.constant dense<[[-99, -51, 8, -20, -1, 4, -7, -59, -37, -58, 6, 13, -51, 27, -123, -6], [7, -14, 2, 18, 10, 4, -3, 5, -69, 0, 11, 18, 15, -21, 99, -2], [11, -5, 59, -4, 1, -2, 58, -89, 0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]]> : tensor<4x16xi8>
  %k_e = arith.constant dense<[[4, 3], [0, 4], [4, 0], [0, 0]]> : tensor<4x2xi8>
  %e_e = arith.constant dense<[[-8], [-5], [1], [-100]]> : tensor<4x1xi8>
  %q, %k, %eq = qt.quantize %m exponent %e : tensor<4x1xi8> {encoding = #byte, format = !blk8} : tensor<4x16xi16> -> tensor<4x16xi8>, tensor<4x2xi8>, tensor<4x1xi8>
  check.expect_eq %q, %q_e : tensor<4x16xi8>, tensor<4x16xi8>
  check.expect_eq %k, %k_e : tensor<4x2xi8>, tensor<4x2xi8>
  check.expect_eq %eq, %e_e : tensor<4x1xi8>, tensor<4x1xi8>
  // The same in joint form.
  %j = qt.join %m, %e : tensor<4x16xi16>, tensor<4x1xi8> -> tensor<4x16x!row16>
  %b = qt.quantize %j {encoding = #byte} : tensor<4x16x!row16> -> tensor<4x16x!blk8>
  %bq, %bk, %be = qt.split %b : tensor<4x16x!blk8> -> tensor<4x16xi8>, tensor<4x2xi8>, tensor<4x1xi8>
  check.expect_eq %bq, %q_e : tensor<4x16xi8>, tensor<4x16xi8>
  check.expect_eq %bk, %k_e : tensor<4x2xi8>, tensor<4x2xi8>
  check.expect_eq %be, %e_e : tensor<4x1xi8>, tensor<4x1xi8>
  return
}

func.func @input() {
  %x = arith.constant dense<[[0x00000000, 0x3F800000, 0xBF000000, 0x3E99999A, 0x40490FD0, 0xC02DF84D, 0x42C80000, 0xBA83126F], [0x3A83126F, 0xBB03126F, 0x3A03126F, 0x00000000, 0x00000000, 0x3089705F, 0xBA83126F, 0x3B0301A8], [0x3F800000, 0x3F800000, 0x3F800000, 0x3F800000, 0x3F800000, 0x3F800000, 0x3F800000, 0x3F800000]]> : tensor<3x8xf32>
  %m_e = arith.constant dense<[[0, 256, -128, 77, 804, -696, 25600, 0], [8389, -16777, 4194, 0, 0, 0, -8389, 16769], [16384, 16384, 16384, 16384, 16384, 16384, 16384, 16384]]> : tensor<3x8xi16>
  %e_e = arith.constant dense<[[-8], [-23], [-14]]> : tensor<3x1xi8>
  %m, %e = qt.quantize %x {encoding = #word, format = !row16} : tensor<3x8xf32> -> tensor<3x8xi16>, tensor<3x1xi8>
  check.expect_eq %m, %m_e : tensor<3x8xi16>, tensor<3x8xi16>
  check.expect_eq %e, %e_e : tensor<3x1xi8>, tensor<3x1xi8>
  return
}

// An image has one exponent; blocks lie within a position, and the last is short.
func.func @image() {
  %m = arith.constant dense<[[[4000, -1, 1], [256, 127, -128]]]> : tensor<1x2x3xi16>
  %e = arith.constant dense<3> : tensor<1x1x1xi8>
  %q_e = arith.constant dense<[[[125, 0, 1], [64, 32, -64]]]> : tensor<1x2x3xi8>
  %q, %k, %eq = qt.quantize %m exponent %e : tensor<1x1x1xi8> {encoding = #byte, format = !image8} : tensor<1x2x3xi16> -> tensor<1x2x3xi8>, tensor<1x2x2xi8>, tensor<1x1x1xi8>
  %k_e = arith.constant dense<[[[4, 0], [1, 0]]]> : tensor<1x2x2xi8>
  %e_e = arith.constant dense<4> : tensor<1x1x1xi8>
  check.expect_eq %q, %q_e : tensor<1x2x3xi8>, tensor<1x2x3xi8>
  check.expect_eq %k, %k_e : tensor<1x2x2xi8>, tensor<1x2x2xi8>
  check.expect_eq %eq, %e_e : tensor<1x1x1xi8>, tensor<1x1x1xi8>
  return
}
