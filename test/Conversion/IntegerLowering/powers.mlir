// RUN: quant-opt %s -interpret
// RUN: quant-opt %s -qt-split -interpret
// Quotients, roots, powers and choices: exact values, rounded to what is stored.

!row16 = !qt.block<[1, ?], s16, scale = exp<8>>
!row31 = !qt.block<[1, ?], s31, scale = exp<32>>

func.func @reciprocal() {
  %m = arith.constant dense<[[1, 2, 3, -4]]> : tensor<1x4xi16>
  %e = arith.constant dense<0> : tensor<1x1xi8>
  %x = qt.join %m, %e : tensor<1x4xi16>, tensor<1x1xi8> -> tensor<1x4x!row16>
  %y = nn.unary reciprocal %x : tensor<1x4x!row16>
  %ym, %ye = qt.split %y : tensor<1x4x!row16> -> tensor<1x4xi16>, tensor<1x1xi8>
  %ym_e = arith.constant dense<[[16384, 8192, 5461, -4096]]> : tensor<1x4xi16>
  %ye_e = arith.constant dense<-14> : tensor<1x1xi8>
  check.expect_eq %ym, %ym_e : tensor<1x4xi16>, tensor<1x4xi16>
  check.expect_eq %ye, %ye_e : tensor<1x1xi8>, tensor<1x1xi8>
  return
}

// 0 is one unit of its row.
func.func @reciprocal_zero() {
  %m = arith.constant dense<[[0, 4]]> : tensor<1x2xi16>
  %e = arith.constant dense<-3> : tensor<1x1xi8>
  %x = qt.join %m, %e : tensor<1x2xi16>, tensor<1x1xi8> -> tensor<1x2x!row16>
  %y = nn.unary reciprocal %x : tensor<1x2x!row16>
  %ym, %ye = qt.split %y : tensor<1x2x!row16> -> tensor<1x2xi16>, tensor<1x1xi8>
  %ym_e = arith.constant dense<[[16384, 4096]]> : tensor<1x2xi16>
  %ye_e = arith.constant dense<-11> : tensor<1x1xi8>
  check.expect_eq %ym, %ym_e : tensor<1x2xi16>, tensor<1x2xi16>
  check.expect_eq %ye, %ye_e : tensor<1x1xi8>, tensor<1x1xi8>
  return
}

// What is negative has the root 0; exponents may be odd.
func.func @roots() {
  %m = arith.constant dense<[[16, 4, 0, -5, 2], [8, 2, 0, -5, 1]]> : tensor<2x5xi16>
  %e = arith.constant dense<[[0], [1]]> : tensor<2x1xi8>
  %x = qt.join %m, %e : tensor<2x5xi16>, tensor<2x1xi8> -> tensor<2x5x!row16>
  %y = nn.unary sqrt %x : tensor<2x5x!row16>
  %ym, %ye = qt.split %y : tensor<2x5x!row16> -> tensor<2x5xi16>, tensor<2x1xi8>
  %ym_e = arith.constant dense<[[16384, 8192, 0, 0, 5793], [16384, 8192, 0, 0, 5793]]> : tensor<2x5xi16>
  %ye_e = arith.constant dense<-12> : tensor<2x1xi8>
  check.expect_eq %ym, %ym_e : tensor<2x5xi16>, tensor<2x5xi16>
  check.expect_eq %ye, %ye_e : tensor<2x1xi8>, tensor<2x1xi8>
  return
}

func.func @quotient() {
  %e = arith.constant dense<0> : tensor<1x1xi8>
  %xm = arith.constant dense<[[6, -3, 0]]> : tensor<1x3xi16>
  %x = qt.join %xm, %e : tensor<1x3xi16>, tensor<1x1xi8> -> tensor<1x3x!row16>
  %ym = arith.constant dense<[[3, 2, 7]]> : tensor<1x3xi16>
  %y = qt.join %ym, %e : tensor<1x3xi16>, tensor<1x1xi8> -> tensor<1x3x!row16>
  %z = nn.binary div %x, %y : tensor<1x3x!row16>, tensor<1x3x!row16> -> tensor<1x3x!row16>
  %zm, %ze = qt.split %z : tensor<1x3x!row16> -> tensor<1x3xi16>, tensor<1x1xi8>
  %zm_e = arith.constant dense<[[16384, -12288, 0]]> : tensor<1x3xi16>
  %ze_e = arith.constant dense<-13> : tensor<1x1xi8>
  check.expect_eq %zm, %zm_e : tensor<1x3xi16>, tensor<1x3xi16>
  check.expect_eq %ze, %ze_e : tensor<1x1xi8>, tensor<1x1xi8>
  return
}

func.func @logarithm() {
  %m = arith.constant dense<[[1, 2, 8]]> : tensor<1x3xi16>
  %e = arith.constant dense<0> : tensor<1x1xi8>
  %x = qt.join %m, %e : tensor<1x3xi16>, tensor<1x1xi8> -> tensor<1x3x!row16>
  %y = nn.unary log %x : tensor<1x3x!row16>
  %ym, %ye = qt.split %y : tensor<1x3x!row16> -> tensor<1x3xi16>, tensor<1x1xi8>
  %ym_e = arith.constant dense<[[0, 5678, 17035]]> : tensor<1x3xi16>
  %ye_e = arith.constant dense<-13> : tensor<1x1xi8>
  check.expect_eq %ym, %ym_e : tensor<1x3xi16>, tensor<1x3xi16>
  check.expect_eq %ye, %ye_e : tensor<1x1xi8>, tensor<1x1xi8>
  return
}

// Both are about x where x is small.
func.func @beside_one() {
  %m = arith.constant dense<[[0, 1, -1, 1000, -1000, 12000, -12000, 26000], [0, 1, -1, 1000, -1000, 12000, -12000, 26000]]> : tensor<2x8xi16>
  %e = arith.constant dense<[[-28], [-15]]> : tensor<2x1xi8>
  %x = qt.join %m, %e : tensor<2x8xi16>, tensor<2x1xi8> -> tensor<2x8x!row16>
  %y = nn.unary expm1 %x : tensor<2x8x!row16>
  %ym, %ye = qt.split %y : tensor<2x8x!row16> -> tensor<2x8xi16>, tensor<2x1xi8>
  %ym_e = arith.constant dense<[[0, 1, -1, 1000, -1000, 12000, -12000, 26001], [0, 1, 0, 508, -492, 7246, -5024, 19841]]> : tensor<2x8xi16>
  %ye_e = arith.constant dense<[[-28], [-14]]> : tensor<2x1xi8>
  check.expect_eq %ym, %ym_e : tensor<2x8xi16>, tensor<2x8xi16>
  check.expect_eq %ye, %ye_e : tensor<2x1xi8>, tensor<2x1xi8>
  %f = arith.constant dense<[[-28], [-16]]> : tensor<2x1xi8>
  %w = qt.join %m, %f : tensor<2x8xi16>, tensor<2x1xi8> -> tensor<2x8x!row16>
  %z = nn.unary log1p %w : tensor<2x8x!row16>
  %zm, %ze = qt.split %z : tensor<2x8x!row16> -> tensor<2x8xi16>, tensor<2x1xi8>
  %zm_e = arith.constant dense<[[0, 1, -1, 1000, -1000, 12000, -12000, 25999], [0, 1, -1, 992, -1008, 11019, -13254, 21898]]> : tensor<2x8xi16>
  check.expect_eq %zm, %zm_e : tensor<2x8xi16>, tensor<2x8xi16>
  check.expect_eq %ze, %f : tensor<2x1xi8>, tensor<2x1xi8>
  return
}

func.func @square() {
  %m = arith.constant dense<[[3, -2]]> : tensor<1x2xi16>
  %e = arith.constant dense<0> : tensor<1x1xi8>
  %two = arith.constant dense<2.0> : tensor<f32>
  %x = qt.join %m, %e : tensor<1x2xi16>, tensor<1x1xi8> -> tensor<1x2x!row16>
  %y = nn.binary pow %x, %two : tensor<1x2x!row16>, tensor<f32> -> tensor<1x2x!row16>
  %ym, %ye = qt.split %y : tensor<1x2x!row16> -> tensor<1x2xi16>, tensor<1x1xi8>
  %ym_e = arith.constant dense<[[18432, 8192]]> : tensor<1x2xi16>
  %ye_e = arith.constant dense<-11> : tensor<1x1xi8>
  check.expect_eq %ym, %ym_e : tensor<1x2xi16>, tensor<1x2xi16>
  check.expect_eq %ye, %ye_e : tensor<1x1xi8>, tensor<1x1xi8>
  return
}

func.func @choices() {
  %xm = arith.constant dense<[[3, -2]]> : tensor<1x2xi16>
  %xe = arith.constant dense<0> : tensor<1x1xi8>
  %x = qt.join %xm, %xe : tensor<1x2xi16>, tensor<1x1xi8> -> tensor<1x2x!row16>
  %ym = arith.constant dense<[[1, 1]]> : tensor<1x2xi16>
  %ye = arith.constant dense<1> : tensor<1x1xi8>
  %y = qt.join %ym, %ye : tensor<1x2xi16>, tensor<1x1xi8> -> tensor<1x2x!row16>
  %most = nn.binary max %x, %y : tensor<1x2x!row16>, tensor<1x2x!row16> -> tensor<1x2x!row31>
  %mm, %me = qt.split %most : tensor<1x2x!row31> -> tensor<1x2xi32>, tensor<1x1xi32>
  %mm_e = arith.constant dense<[[49152, 32768]]> : tensor<1x2xi32>
  %me_e = arith.constant dense<-14> : tensor<1x1xi32>
  check.expect_eq %mm, %mm_e : tensor<1x2xi32>, tensor<1x2xi32>
  check.expect_eq %me, %me_e : tensor<1x1xi32>, tensor<1x1xi32>
  %gt = nn.compare gt %x, %y : tensor<1x2x!row16>, tensor<1x2x!row16> -> tensor<1x2xi1>
  %gt_e = arith.constant dense<[[true, false]]> : tensor<1x2xi1>
  check.expect_eq %gt, %gt_e : tensor<1x2xi1>, tensor<1x2xi1>
  %picked = nn.select %gt, %y, %x : tensor<1x2xi1>, tensor<1x2x!row16>, tensor<1x2x!row16> -> tensor<1x2x!row31>
  %pm, %pe = qt.split %picked : tensor<1x2x!row31> -> tensor<1x2xi32>, tensor<1x1xi32>
  %pm_e = arith.constant dense<[[32768, -32768]]> : tensor<1x2xi32>
  check.expect_eq %pm, %pm_e : tensor<1x2xi32>, tensor<1x2xi32>
  return
}

// What is left of a quotient of any size, and of what has a smaller unit: with the sign of the dividend, or the divisor's.
func.func @remainders() {
  %xm = arith.constant dense<[[7, -7, 1000, 0], [5, -5, 3, 0], [5, -5, 3, 0]]> : tensor<3x4xi16>
  %xe = arith.constant dense<[[0], [60], [-40]]> : tensor<3x1xi8>
  %x = qt.join %xm, %xe : tensor<3x4xi16>, tensor<3x1xi8> -> tensor<3x4x!row16>
  %ym = arith.constant dense<[[3, 3, -7, 5], [7, 7, 7, 7], [7, 7, 7, 7]]> : tensor<3x4xi16>
  %ye = arith.constant dense<0> : tensor<3x1xi8>
  %y = qt.join %ym, %ye : tensor<3x4xi16>, tensor<3x1xi8> -> tensor<3x4x!row16>
  %f = nn.binary fmod %x, %y : tensor<3x4x!row16>, tensor<3x4x!row16> -> tensor<3x4x!row31>
  %fm, %fe = qt.split %f : tensor<3x4x!row31> -> tensor<3x4xi32>, tensor<3x1xi32>
  %fm_e = arith.constant dense<[[67108864, -67108864, 402653184, 0], [335544320, -335544320, 201326592, 0], [335544320, -335544320, 201326592, 0]]> : tensor<3x4xi32>
  %fe_e = arith.constant dense<[[-26], [-26], [-66]]> : tensor<3x1xi32>
  check.expect_eq %fm, %fm_e : tensor<3x4xi32>, tensor<3x4xi32>
  check.expect_eq %fe, %fe_e : tensor<3x1xi32>, tensor<3x1xi32>
  %g = nn.binary mod %x, %y : tensor<3x4x!row16>, tensor<3x4x!row16> -> tensor<3x4x!row31>
  %gm, %ge = qt.split %g : tensor<3x4x!row31> -> tensor<3x4xi32>, tensor<3x1xi32>
  %gm_e = arith.constant dense<[[134217728, 268435456, -134217728, 0], [335544320, 134217728, 201326592, 0], [0, 469762048, 0, 0]]> : tensor<3x4xi32>
  %ge_e = arith.constant dense<[[-27], [-26], [-26]]> : tensor<3x1xi32>
  check.expect_eq %gm, %gm_e : tensor<3x4xi32>, tensor<3x4xi32>
  check.expect_eq %ge, %ge_e : tensor<3x1xi32>, tensor<3x1xi32>
  return
}
