// RUN: quant-opt %s -interpret
// RUN: quant-opt %s -qt-split -interpret
// RUN: quant-opt %s -pass-pipeline="builtin.module(func.func(qt-split,qt-verify-ranges))" -o /dev/null
// The vectors of I-BERT and I-ViT at their scales, normalised to what is stored,
// and rows on the grids of both methods, by the formulas written down once more.

!row16 = !qt.block<[1, ?], s16, scale = exp<8>>

func.func @ibert_softmax_0() {
  %xm = arith.constant dense<[[9830, -5734, 24576, 20480]]> : tensor<1x4xi16>
  %xe = arith.constant dense<-13> : tensor<1x1xi8>
  %x = qt.join %xm, %xe : tensor<1x4xi16>, tensor<1x1xi8> -> tensor<1x4x!row16>
  %y = nn.softmax %x {axis = 1 : i64, qt.method = #qt<integer_method ibert>, qt.input_scale = 0.1 : f64} : tensor<1x4x!row16>
  %ym, %ye = qt.split %y : tensor<1x4x!row16> -> tensor<1x4xi16>, tensor<1x1xi8>
  %em = arith.constant dense<[[2944, 384, 18176, 11008]]> : tensor<1x4xi16>
  %ee = arith.constant dense<-15> : tensor<1x1xi8>
  check.expect_eq %ym, %em : tensor<1x4xi16>, tensor<1x4xi16>
  check.expect_eq %ye, %ee : tensor<1x1xi8>, tensor<1x1xi8>
  return
}

func.func @ibert_softmax_1() {
  %xm = arith.constant dense<[[16256, -16384, 0, 12800]]> : tensor<1x4xi16>
  %xe = arith.constant dense<-11> : tensor<1x1xi8>
  %x = qt.join %xm, %xe : tensor<1x4xi16>, tensor<1x1xi8> -> tensor<1x4x!row16>
  %y = nn.softmax %x {axis = 1 : i64, qt.method = #qt<integer_method ibert>, qt.input_scale = 0.0625 : f64} : tensor<1x4x!row16>
  %ym, %ye = qt.split %y : tensor<1x4x!row16> -> tensor<1x4xi16>, tensor<1x1xi8>
  %em = arith.constant dense<[[27008, 0, 0, 5632]]> : tensor<1x4xi16>
  %ee = arith.constant dense<-15> : tensor<1x1xi8>
  check.expect_eq %ym, %em : tensor<1x4xi16>, tensor<1x4xi16>
  check.expect_eq %ye, %ee : tensor<1x1xi8>, tensor<1x1xi8>
  return
}

func.func @ivit_softmax() {
  %xm = arith.constant dense<[[9830, -5734, 24576, 20480]]> : tensor<1x4xi16>
  %xe = arith.constant dense<-13> : tensor<1x1xi8>
  %x = qt.join %xm, %xe : tensor<1x4xi16>, tensor<1x1xi8> -> tensor<1x4x!row16>
  %y = nn.softmax %x {axis = 1 : i64, qt.method = #qt<integer_method ivit>, qt.input_scale = 0.1 : f64} : tensor<1x4x!row16>
  %ym, %ye = qt.split %y : tensor<1x4x!row16> -> tensor<1x4xi16>, tensor<1x1xi8>
  %em = arith.constant dense<[[3295, 466, 17575, 11423]]> : tensor<1x4xi16>
  %ee = arith.constant dense<-15> : tensor<1x1xi8>
  check.expect_eq %ym, %em : tensor<1x4xi16>, tensor<1x4xi16>
  check.expect_eq %ye, %ee : tensor<1x1xi8>, tensor<1x1xi8>
  return
}

func.func @ibert_gelu() {
  %xm = arith.constant dense<[[-26214, -8192, -2048, 0, 2048, 8192, 26214]]> : tensor<1x7xi16>
  %xe = arith.constant dense<-13> : tensor<1x1xi8>
  %x = qt.join %xm, %xe : tensor<1x7xi16>, tensor<1x1xi8> -> tensor<1x7x!row16>
  %y = nn.gelu erf %x {qt.method = #qt<integer_method ibert>, qt.input_scale = 0.05 : f64} : tensor<1x7x!row16>
  %ym, %ye = qt.split %y : tensor<1x7x!row16> -> tensor<1x7xi16>, tensor<1x1xi8>
  %em = arith.constant dense<[[0, -1421, -782, 0, 1266, 6774, 26224]]> : tensor<1x7xi16>
  %ee = arith.constant dense<-13> : tensor<1x1xi8>
  check.expect_eq %ym, %em : tensor<1x7xi16>, tensor<1x7xi16>
  check.expect_eq %ye, %ee : tensor<1x1xi8>, tensor<1x1xi8>
  return
}

func.func @ivit_gelu() {
  %xm = arith.constant dense<[[-26214, -8192, -2048, 0, 2048, 8192, 26214]]> : tensor<1x7xi16>
  %xe = arith.constant dense<-13> : tensor<1x1xi8>
  %x = qt.join %xm, %xe : tensor<1x7xi16>, tensor<1x1xi8> -> tensor<1x7x!row16>
  %y = nn.gelu erf %x {qt.method = #qt<integer_method ivit>, qt.input_scale = 0.05 : f64} : tensor<1x7x!row16>
  %ym, %ye = qt.split %y : tensor<1x7x!row16> -> tensor<1x7xi16>, tensor<1x1xi8>
  %em = arith.constant dense<[[0, -1280, -800, 0, 1200, 6848, 25805]]> : tensor<1x7xi16>
  %ee = arith.constant dense<-13> : tensor<1x1xi8>
  check.expect_eq %ym, %em : tensor<1x7xi16>, tensor<1x7xi16>
  check.expect_eq %ye, %ee : tensor<1x1xi8>, tensor<1x1xi8>
  return
}

func.func @ibert_softmax_grid() {
  %xm = arith.constant dense<[[15, 3671, -3369, -10944, -5587, -12185, 739, 16469, -6048, -7624, 6019, 4385]]> : tensor<1x12xi16>
  %xe = arith.constant dense<-12> : tensor<1x1xi8>
  %x = qt.join %xm, %xe : tensor<1x12xi16>, tensor<1x1xi8> -> tensor<1x12x!row16>
  %y = nn.softmax %x {axis = 1 : i64, qt.method = #qt<integer_method ibert>} : tensor<1x12x!row16>
  %ym, %ye = qt.split %y : tensor<1x12x!row16> -> tensor<1x12xi16>, tensor<1x1xi8>
  %em = arith.constant dense<[[384, 1152, 128, 0, 0, 0, 512, 26496, 0, 0, 2048, 1280]]> : tensor<1x12xi16>
  %ee = arith.constant dense<-15> : tensor<1x1xi8>
  check.expect_eq %ym, %em : tensor<1x12xi16>, tensor<1x12xi16>
  check.expect_eq %ye, %ee : tensor<1x1xi8>, tensor<1x1xi8>
  return
}

func.func @ivit_softmax_grid() {
  %xm = arith.constant dense<[[15, 3671, -3369, -10944, -5587, -12185, 739, 16469, -6048, -7624, 6019, 4385]]> : tensor<1x12xi16>
  %xe = arith.constant dense<-12> : tensor<1x1xi8>
  %x = qt.join %xm, %xe : tensor<1x12xi16>, tensor<1x1xi8> -> tensor<1x12x!row16>
  %y = nn.softmax %x {axis = 1 : i64, qt.method = #qt<integer_method ivit>} : tensor<1x12x!row16>
  %ym, %ye = qt.split %y : tensor<1x12x!row16> -> tensor<1x12xi16>, tensor<1x1xi8>
  %em = arith.constant dense<[[504, 1238, 213, 35, 130, 24, 612, 26144, 113, 79, 2195, 1455]]> : tensor<1x12xi16>
  %ee = arith.constant dense<-15> : tensor<1x1xi8>
  check.expect_eq %ym, %em : tensor<1x12xi16>, tensor<1x12xi16>
  check.expect_eq %ye, %ee : tensor<1x1xi8>, tensor<1x1xi8>
  return
}

func.func @ibert_gelu_grid() {
  %xm = arith.constant dense<[[15, 3671, -3369, -10944, -5587, -12185, 739, 16469, -6048, -7624, 6019, 4385]]> : tensor<1x12xi16>
  %xe = arith.constant dense<-12> : tensor<1x1xi8>
  %x = qt.join %xm, %xe : tensor<1x12xi16>, tensor<1x1xi8> -> tensor<1x12x!row16>
  %y = nn.gelu erf %x {qt.method = #qt<integer_method ibert>} : tensor<1x12x!row16>
  %ym, %ye = qt.split %y : tensor<1x12x!row16> -> tensor<1x12xi16>, tensor<1x1xi8>
  %em = arith.constant dense<[[8, 2988, -686, 0, -522, 0, 452, 16470, -459, -226, 5556, 3736]]> : tensor<1x12xi16>
  %ee = arith.constant dense<-12> : tensor<1x1xi8>
  check.expect_eq %ym, %em : tensor<1x12xi16>, tensor<1x12xi16>
  check.expect_eq %ye, %ee : tensor<1x1xi8>, tensor<1x1xi8>
  return
}

func.func @ivit_gelu_grid() {
  %xm = arith.constant dense<[[15, 3671, -3369, -10944, -5587, -12185, 739, 16469, -6048, -7624, 6019, 4385]]> : tensor<1x12xi16>
  %xe = arith.constant dense<-12> : tensor<1x1xi8>
  %x = qt.join %xm, %xe : tensor<1x12xi16>, tensor<1x1xi8> -> tensor<1x12x!row16>
  %y = nn.gelu erf %x {qt.method = #qt<integer_method ivit>} : tensor<1x12x!row16>
  %ym, %ye = qt.split %y : tensor<1x12x!row16> -> tensor<1x12xi16>, tensor<1x1xi8>
  %em = arith.constant dense<[[15, 6023, -1316, -171, -1222, 0, 854, 32423, -945, -596, 11098, 7537]]> : tensor<1x12xi16>
  %ee = arith.constant dense<-13> : tensor<1x1xi8>
  check.expect_eq %ym, %em : tensor<1x12xi16>, tensor<1x12xi16>
  check.expect_eq %ye, %ee : tensor<1x1xi8>, tensor<1x1xi8>
  return
}

func.func @ibert_norm_row() {
  %xm = arith.constant dense<[[-8987, -27215, -772, 22070, 29151, 4422, -15225, -8299]]> : tensor<1x8xi16>
  %xe = arith.constant dense<-12> : tensor<1x1xi8>
  %x = qt.join %xm, %xe : tensor<1x8xi16>, tensor<1x1xi8> -> tensor<1x8x!row16>
  %g = arith.constant dense<[1.0, 0.5, -0.25, 2.0, 1.5, 0.75, 1.25, 0.10000000149011612]> : tensor<8xf32>
  %b = arith.constant dense<[0.0, 0.10000000149011612, -0.20000000298023224, 0.30000001192092896, 0.0, -1.5, 0.699999988079071, 0.05000000074505806]> : tensor<8xf32>
  %y = nn.layer_norm %x, %g, %b {axis = 1 : i64, epsilon = 1.0e-5 : f32, qt.method = #qt<integer_method ibert>} : tensor<1x8x!row16>, tensor<8xf32>, tensor<8xf32>
  %ym, %ye = qt.split %y : tensor<1x8x!row16> -> tensor<1x8xi16>, tensor<1x1xi8>
  %em = arith.constant dense<[[-3902, -5376, -1619, 23578, 20787, -10532, -2775, 51]]> : tensor<1x8xi16>
  %ee = arith.constant dense<-13> : tensor<1x1xi8>
  check.expect_eq %ym, %em : tensor<1x8xi16>, tensor<1x8xi16>
  check.expect_eq %ye, %ee : tensor<1x1xi8>, tensor<1x1xi8>
  return
}

func.func @ivit_norm_row() {
  %xm = arith.constant dense<[[-8987, -27215, -772, 22070, 29151, 4422, -15225, -8299]]> : tensor<1x8xi16>
  %xe = arith.constant dense<-12> : tensor<1x1xi8>
  %x = qt.join %xm, %xe : tensor<1x8xi16>, tensor<1x1xi8> -> tensor<1x8x!row16>
  %g = arith.constant dense<[1.0, 0.5, -0.25, 2.0, 1.5, 0.75, 1.25, 0.10000000149011612]> : tensor<8xf32>
  %b = arith.constant dense<[0.0, 0.10000000149011612, -0.20000000298023224, 0.30000001192092896, 0.0, -1.5, 0.699999988079071, 0.05000000074505806]> : tensor<8xf32>
  %y = nn.layer_norm %x, %g, %b {axis = 1 : i64, epsilon = 1.0e-5 : f32, qt.method = #qt<integer_method ivit>} : tensor<1x8x!row16>, tensor<8xf32>, tensor<8xf32>
  %ym, %ye = qt.split %y : tensor<1x8x!row16> -> tensor<1x8xi16>, tensor<1x1xi8>
  %em = arith.constant dense<[[-3902, -5375, -1619, 23576, 20784, -10532, -2774, 51]]> : tensor<1x8xi16>
  %ee = arith.constant dense<-13> : tensor<1x1xi8>
  check.expect_eq %ym, %em : tensor<1x8xi16>, tensor<1x8xi16>
  check.expect_eq %ye, %ee : tensor<1x1xi8>, tensor<1x1xi8>
  return
}

func.func @ibert_norm_small() {
  %xm = arith.constant dense<[[10, -3, 7, 25, -14, 0, 3, -8]]> : tensor<1x8xi16>
  %xe = arith.constant dense<-12> : tensor<1x1xi8>
  %x = qt.join %xm, %xe : tensor<1x8xi16>, tensor<1x1xi8> -> tensor<1x8x!row16>
  %g = arith.constant dense<[1.0, 0.5, -0.25, 2.0, 1.5, 0.75, 1.25, 0.10000000149011612]> : tensor<8xf32>
  %b = arith.constant dense<[0.0, 0.10000000149011612, -0.20000000298023224, 0.30000001192092896, 0.0, -1.5, 0.699999988079071, 0.05000000074505806]> : tensor<8xf32>
  %y = nn.layer_norm %x, %g, %b {axis = 1 : i64, epsilon = 1.0e-5 : f32, qt.method = #qt<integer_method ibert>} : tensor<1x8x!row16>, tensor<8xf32>, tensor<8xf32>
  %ym, %ye = qt.split %y : tensor<1x8x!row16> -> tensor<1x8xi16>, tensor<1x1xi8>
  %em = arith.constant dense<[[3310, -625, -1336, 20262, -9930, -6765, 3384, -209]]> : tensor<1x8xi16>
  %ee = arith.constant dense<-12> : tensor<1x1xi8>
  check.expect_eq %ym, %em : tensor<1x8xi16>, tensor<1x8xi16>
  check.expect_eq %ye, %ee : tensor<1x1xi8>, tensor<1x1xi8>
  return
}

func.func @ivit_norm_small() {
  %xm = arith.constant dense<[[10, -3, 7, 25, -14, 0, 3, -8]]> : tensor<1x8xi16>
  %xe = arith.constant dense<-12> : tensor<1x1xi8>
  %x = qt.join %xm, %xe : tensor<1x8xi16>, tensor<1x1xi8> -> tensor<1x8x!row16>
  %g = arith.constant dense<[1.0, 0.5, -0.25, 2.0, 1.5, 0.75, 1.25, 0.10000000149011612]> : tensor<8xf32>
  %b = arith.constant dense<[0.0, 0.10000000149011612, -0.20000000298023224, 0.30000001192092896, 0.0, -1.5, 0.699999988079071, 0.05000000074505806]> : tensor<8xf32>
  %y = nn.layer_norm %x, %g, %b {axis = 1 : i64, epsilon = 1.0e-5 : f32, qt.method = #qt<integer_method ivit>} : tensor<1x8x!row16>, tensor<8xf32>, tensor<8xf32>
  %ym, %ye = qt.split %y : tensor<1x8x!row16> -> tensor<1x8xi16>, tensor<1x1xi8>
  %em = arith.constant dense<[[2726, -33, -2064, 18132, -8178, -12799, 6160, 69]]> : tensor<1x8xi16>
  %ee = arith.constant dense<-13> : tensor<1x1xi8>
  check.expect_eq %ym, %em : tensor<1x8xi16>, tensor<1x8xi16>
  check.expect_eq %ye, %ee : tensor<1x1xi8>, tensor<1x1xi8>
  return
}

func.func @ibert_norm_flat() {
  %xm = arith.constant dense<[[5, 5, 5, 5, 5, 5, 5, 5]]> : tensor<1x8xi16>
  %xe = arith.constant dense<-12> : tensor<1x1xi8>
  %x = qt.join %xm, %xe : tensor<1x8xi16>, tensor<1x1xi8> -> tensor<1x8x!row16>
  %g = arith.constant dense<[1.0, 0.5, -0.25, 2.0, 1.5, 0.75, 1.25, 0.10000000149011612]> : tensor<8xf32>
  %b = arith.constant dense<[0.0, 0.10000000149011612, -0.20000000298023224, 0.30000001192092896, 0.0, -1.5, 0.699999988079071, 0.05000000074505806]> : tensor<8xf32>
  %y = nn.layer_norm %x, %g, %b {axis = 1 : i64, epsilon = 1.0e-5 : f32, qt.method = #qt<integer_method ibert>} : tensor<1x8x!row16>, tensor<8xf32>, tensor<8xf32>
  %ym, %ye = qt.split %y : tensor<1x8x!row16> -> tensor<1x8xi16>, tensor<1x1xi8>
  %em = arith.constant dense<[[0, 1638, -3277, 4915, 0, -24576, 11469, 819]]> : tensor<1x8xi16>
  %ee = arith.constant dense<-14> : tensor<1x1xi8>
  check.expect_eq %ym, %em : tensor<1x8xi16>, tensor<1x8xi16>
  check.expect_eq %ye, %ee : tensor<1x1xi8>, tensor<1x1xi8>
  return
}

func.func @ivit_norm_flat() {
  %xm = arith.constant dense<[[5, 5, 5, 5, 5, 5, 5, 5]]> : tensor<1x8xi16>
  %xe = arith.constant dense<-12> : tensor<1x1xi8>
  %x = qt.join %xm, %xe : tensor<1x8xi16>, tensor<1x1xi8> -> tensor<1x8x!row16>
  %g = arith.constant dense<[1.0, 0.5, -0.25, 2.0, 1.5, 0.75, 1.25, 0.10000000149011612]> : tensor<8xf32>
  %b = arith.constant dense<[0.0, 0.10000000149011612, -0.20000000298023224, 0.30000001192092896, 0.0, -1.5, 0.699999988079071, 0.05000000074505806]> : tensor<8xf32>
  %y = nn.layer_norm %x, %g, %b {axis = 1 : i64, epsilon = 1.0e-5 : f32, qt.method = #qt<integer_method ivit>} : tensor<1x8x!row16>, tensor<8xf32>, tensor<8xf32>
  %ym, %ye = qt.split %y : tensor<1x8x!row16> -> tensor<1x8xi16>, tensor<1x1xi8>
  %em = arith.constant dense<[[0, 1638, -3277, 4915, 0, -24576, 11469, 819]]> : tensor<1x8xi16>
  %ee = arith.constant dense<-14> : tensor<1x1xi8>
  check.expect_eq %ym, %em : tensor<1x8xi16>, tensor<1x8xi16>
  check.expect_eq %ye, %ee : tensor<1x1xi8>, tensor<1x1xi8>
  return
}

// Each key's value has an exponent; three of equal scores have 85 of 256 each, the largest on top of 8 bits: 43, 11 and
// 170 units of 2^-14. The last key is hidden, its value of 2^13 takes no part.
!head8 = !qt.block<[1, 1, 1, ?], s8, scale = exp<8>>
!heads = !qt.block<[1, 1, 1, ?], s32, scale = exp<32>>

func.func @ibert_attention() {
  %qm = arith.constant dense<0> : tensor<1x1x1x2xi8>
  %qe = arith.constant dense<-100> : tensor<1x1x1x1xi8>
  %q = qt.join %qm, %qe : tensor<1x1x1x2xi8>, tensor<1x1x1x1xi8> -> tensor<1x1x1x2x!head8>
  %km = arith.constant dense<[[[[100, 3], [-5, 99], [64, 64], [127, 0]]]]> : tensor<1x1x4x2xi8>
  %ke = arith.constant dense<-7> : tensor<1x1x4x1xi8>
  %k = qt.join %km, %ke : tensor<1x1x4x2xi8>, tensor<1x1x4x1xi8> -> tensor<1x1x4x2x!head8>
  %vm = arith.constant dense<[[[[100, -64], [-127, 1], [70, 3], [127, 127]]]]> : tensor<1x1x4x2xi8>
  %ve = arith.constant dense<[[[[-7], [-9], [-5], [6]]]]> : tensor<1x1x4x1xi8>
  %v = qt.join %vm, %ve : tensor<1x1x4x2xi8>, tensor<1x1x4x1xi8> -> tensor<1x1x4x2x!head8>
  %mask = arith.constant dense<[[[[0.0, 0.0, 0.0, -65536.0]]]]> : tensor<1x1x1x4xf32>
  %y = nn.attention %q, %k, %v mask(%mask : tensor<1x1x1x4xf32>) {scale = 0.5 : f32, qt.method = #qt<integer_method ibert>} : tensor<1x1x1x2x!head8>, tensor<1x1x4x2x!head8>, tensor<1x1x4x2x!head8> -> tensor<1x1x1x2x!heads>
  %ym, %ye = qt.split %y : tensor<1x1x1x2x!heads> -> tensor<1x1x1x2xi32>, tensor<1x1x1x1xi32>
  %em = arith.constant dense<[[[[14803, -2231]]]]> : tensor<1x1x1x2xi32>
  %ee = arith.constant dense<-14> : tensor<1x1x1x1xi32>
  check.expect_eq %ym, %em : tensor<1x1x1x2xi32>, tensor<1x1x1x2xi32>
  check.expect_eq %ye, %ee : tensor<1x1x1x1xi32>, tensor<1x1x1x1xi32>
  return
}
