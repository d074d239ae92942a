// RUN: quant-opt %s -interpret
// RUN: quant-opt %s -qt-split -interpret
// The vectors of the method fixed, normalised to what is stored.

!row16 = !qt.block<[1, ?], s16, scale = exp<8>>
!row31 = !qt.block<[1, ?], s31, scale = exp<32>>
!row32 = !qt.block<[1, ?], s32, scale = exp<32>>

func.func @layernorm() {
  %xm = arith.constant dense<[[-8987, -27215, -772, 22070, 29151, 4422, -15225, -8299], [-24146, 19501, 1608, 18507, 2461, -9727, 345, -8013], [10, -3, 7, 25, -14, 0, 3, -8], [5, 5, 5, 5, 5, 5, 5, 5], [0, 0, 0, 0, 0, 0, 0, 0], [32767, -32767, 32767, -32767, 32767, -32767, 32767, -32767]]> : tensor<6x8xi16>
  %xe = arith.constant dense<[[-12], [-20], [-3], [-8], [-100], [0]]> : tensor<6x1xi8>
  %x = qt.join %xm, %xe : tensor<6x8xi16>, tensor<6x1xi8> -> tensor<6x8x!row16>
  %g = arith.constant dense<[0x3F800000, 0x3F000000, 0xBE800000, 0x40000000, 0x3FC00000, 0x3F400000, 0x3FA00000, 0x3DCCCCCD]> : tensor<8xf32>
  %b = arith.constant dense<[0x00000000, 0x3DCCCCCD, 0xBE4CCCCD, 0x3E99999A, 0x00000000, 0xBFC00000, 0x3F333333, 0x3D4CCCCD]> : tensor<8xf32>
  %y = nn.layer_norm %x, %g, %b {axis = 1 : i64, epsilon = 1.0e-5 : f32} : tensor<6x8x!row16>, tensor<8xf32>, tensor<8xf32>
  %ym_e = arith.constant dense<[[-3902, -5376, -1619, 23576, 20784, -10532, -2774, 51], [-14198, 6517, -1864, 24084, 2106, -16595, 5938, -64], [2745, -597, -1231, 17698, -9058, -6830, 3096, -179], [0, 1638, -3277, 4915, 0, -24576, 11469, 819], [0, 1638, -3277, 4915, 0, -24576, 11469, 819], [8192, -3277, -3686, -13926, 12288, -18432, 15974, -410]]> : tensor<6x8xi16>
  %ye_e = arith.constant dense<[[-13], [-13], [-12], [-14], [-14], [-13]]> : tensor<6x1xi8>
  %y_m, %y_x = qt.split %y : tensor<6x8x!row16> -> tensor<6x8xi16>, tensor<6x1xi8>
  check.expect_eq %y_m, %ym_e : tensor<6x8xi16>, tensor<6x8xi16>
  check.expect_eq %y_x, %ye_e : tensor<6x1xi8>, tensor<6x1xi8>
  return
}

func.func @rmsnorm() {
  %xm = arith.constant dense<[[-8987, -27215, -772, 22070, 29151, 4422, -15225, -8299], [-24146, 19501, 1608, 18507, 2461, -9727, 345, -8013], [10, -3, 7, 25, -14, 0, 3, -8], [5, 5, 5, 5, 5, 5, 5, 5], [0, 0, 0, 0, 0, 0, 0, 0], [32767, -32767, 32767, -32767, 32767, -32767, 32767, -32767]]> : tensor<6x8xi16>
  %xe = arith.constant dense<[[-12], [-20], [-3], [-8], [-100], [0]]> : tensor<6x1xi8>
  %x = qt.join %xm, %xe : tensor<6x8xi16>, tensor<6x1xi8> -> tensor<6x8x!row16>
  %g = arith.constant dense<[0x3F800000, 0x3F000000, 0xBE800000, 0x40000000, 0x3FC00000, 0x3F400000, 0x3FA00000, 0x3DCCCCCD]> : tensor<8xf32>
  %y = nn.rms_norm %x, %g {axis = 1 : i64, epsilon = 1.0e-5 : f32} : tensor<6x8x!row16>, tensor<8xf32>
  %ym_e = arith.constant dense<[[-4182, -6332, 90, 20541, 20348, 1543, -8856, -386], [-14159, 5718, -236, 21704, 2165, -4278, 253, -470], [3572, -536, -625, 17859, -7501, 0, 1339, -286], [16173, 8087, -4043, 32346, 24260, 12130, 20216, 1617], [0, 0, 0, 0, 0, 0, 0, 0], [8192, -4096, -2048, -16384, 12288, -6144, 10240, -819]]> : tensor<6x8xi16>
  %ye_e = arith.constant dense<[[-13], [-13], [-12], [-14], [-100], [-13]]> : tensor<6x1xi8>
  %y_m, %y_x = qt.split %y : tensor<6x8x!row16> -> tensor<6x8xi16>, tensor<6x1xi8>
  check.expect_eq %y_m, %ym_e : tensor<6x8xi16>, tensor<6x8xi16>
  check.expect_eq %y_x, %ye_e : tensor<6x1xi8>, tensor<6x1xi8>
  return
}
