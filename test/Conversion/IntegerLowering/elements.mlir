// RUN: quant-opt %s -interpret
// RUN: quant-opt %s -qt-split -interpret
// Elements with exponents of their own, and powers with exponents of their own.

!row16 = !qt.block<[1, ?], s16, scale = exp<8>>
!element16 = !qt.block<[1, 1], s16, scale = exp<8>>
!element31 = !qt.block<[1, 1], s31, scale = exp<32>>
!element32 = !qt.block<[1, 1], s32, scale = exp<32>>

// What is 2^72 times as large and not chosen takes no bits.
func.func @choices() {
  %xm = arith.constant dense<[[16384, 3]]> : tensor<1x2xi16>
  %xe = arith.constant dense<[[60, 0]]> : tensor<1x2xi8>
  %x = qt.join %xm, %xe : tensor<1x2xi16>, tensor<1x2xi8> -> tensor<1x2x!element16>
  %ym = arith.constant dense<[[5, 16384]]> : tensor<1x2xi16>
  %ye = arith.constant dense<[[0, -40]]> : tensor<1x2xi8>
  %y = qt.join %ym, %ye : tensor<1x2xi16>, tensor<1x2xi8> -> tensor<1x2x!element16>
  %m_e = arith.constant dense<[[335544320, 268435456]]> : tensor<1x2xi32>
  %e_e = arith.constant dense<[[-26, -54]]> : tensor<1x2xi32>
  %least = nn.binary min %x, %y : tensor<1x2x!element16>, tensor<1x2x!element16> -> tensor<1x2x!element31>
  %lm, %le = qt.split %least : tensor<1x2x!element31> -> tensor<1x2xi32>, tensor<1x2xi32>
  check.expect_eq %lm, %m_e : tensor<1x2xi32>, tensor<1x2xi32>
  check.expect_eq %le, %e_e : tensor<1x2xi32>, tensor<1x2xi32>
  %gt = nn.compare gt %x, %y : tensor<1x2x!element16>, tensor<1x2x!element16> -> tensor<1x2xi1>
  %picked = nn.select %gt, %y, %x {qt.element_exponents} : tensor<1x2xi1>, tensor<1x2x!element16>, tensor<1x2x!element16> -> tensor<1x2x!element31>
  %pm, %pe = qt.split %picked : tensor<1x2x!element31> -> tensor<1x2xi32>, tensor<1x2xi32>
  check.expect_eq %pm, %m_e : tensor<1x2xi32>, tensor<1x2xi32>
  check.expect_eq %pe, %e_e : tensor<1x2xi32>, tensor<1x2xi32>
  return
}

// A bound in the place of 2^74; what is within keeps its bits.
func.func @clip() {
  %xm = arith.constant dense<[[16384, 16384]]> : tensor<1x2xi16>
  %xe = arith.constant dense<[[60, -34]]> : tensor<1x2xi8>
  %x = qt.join %xm, %xe : tensor<1x2xi16>, tensor<1x2xi8> -> tensor<1x2x!element16>
  %y = nn.clip %x min 0.0 max 6.0 : tensor<1x2x!element16>
  %m, %e = qt.split %y : tensor<1x2x!element16> -> tensor<1x2xi16>, tensor<1x2xi8>
  %m_e = arith.constant dense<[[24576, 16384]]> : tensor<1x2xi16>
  %e_e = arith.constant dense<[[-12, -34]]> : tensor<1x2xi8>
  check.expect_eq %m, %m_e : tensor<1x2xi16>, tensor<1x2xi16>
  check.expect_eq %e, %e_e : tensor<1x2xi8>, tensor<1x2xi8>
  return
}

// Odd exponents give the sign of the base, those that are no integers 0 for what is negative.
func.func @powers() {
  %m = arith.constant dense<[[4, -2, 0, 2, -4, -4]]> : tensor<1x6xi16>
  %e = arith.constant dense<0> : tensor<1x1xi8>
  %x = qt.join %m, %e : tensor<1x6xi16>, tensor<1x1xi8> -> tensor<1x6x!row16>
  %powers = arith.constant dense<[2.0, 3.0, 1.0, -1.0, 0.5, -2.0]> : tensor<6xf32>
  %y = nn.binary pow %x, %powers : tensor<1x6x!row16>, tensor<6xf32> -> tensor<1x6x!row16>
  %ym, %ye = qt.split %y : tensor<1x6x!row16> -> tensor<1x6xi16>, tensor<1x1xi8>
  %ym_e = arith.constant dense<[[16384, -8192, 0, 512, 0, 64]]> : tensor<1x6xi16>
  %ye_e = arith.constant dense<-10> : tensor<1x1xi8>
  check.expect_eq %ym, %ym_e : tensor<1x6xi16>, tensor<1x6xi16>
  check.expect_eq %ye, %ye_e : tensor<1x1xi8>, tensor<1x1xi8>
  return
}

// Each constant has an exponent, too; a zero has none that takes bits, and beside it 2^-128 is above 0.
func.func @comparisons() {
  %xm = arith.constant dense<[[16384, 16384, 0, 1]]> : tensor<1x4xi32>
  %xe = arith.constant dense<[[60, -60, 40, -128]]> : tensor<1x4xi32>
  %x = qt.join %xm, %xe : tensor<1x4xi32>, tensor<1x4xi32> -> tensor<1x4x!element31>
  %c = arith.constant dense<[1.0e+20, 1.42e-14, 1.0e-9, 1.0e-30]> : tensor<4xf32>
  %lt = nn.compare lt %x, %c : tensor<1x4x!element31>, tensor<4xf32> -> tensor<1x4xi1>
  %lt_e = arith.constant dense<[[false, false, true, true]]> : tensor<1x4xi1>
  check.expect_eq %lt, %lt_e : tensor<1x4xi1>, tensor<1x4xi1>
  %zero = arith.constant dense<0.0> : tensor<f32>
  %gt = nn.compare gt %x, %zero : tensor<1x4x!element31>, tensor<f32> -> tensor<1x4xi1>
  %gt_e = arith.constant dense<[[true, true, false, true]]> : tensor<1x4xi1>
  check.expect_eq %gt, %gt_e : tensor<1x4xi1>, tensor<1x4xi1>
  return
}

// Constants have an exponent each where elements have: 2^-60 and 2^60 are factors, summands and bounds of all bits.
func.func @constants() {
  %xm = arith.constant dense<16384> : tensor<1x2xi16>
  %xe = arith.constant dense<[[40, -74]]> : tensor<1x2xi8>
  %x = qt.join %xm, %xe : tensor<1x2xi16>, tensor<1x2xi8> -> tensor<1x2x!element16>
  %c = arith.constant dense<[8.67361738E-19, 1.15292150E+18]> : tensor<2xf32>
  %m_e = arith.constant dense<[[268435456, 268435456]]> : tensor<1x2xi32>
  %product = nn.binary mul %x, %c {qt.element_exponents} : tensor<1x2x!element16>, tensor<2xf32> -> tensor<1x2x!element31>
  %pm, %pe = qt.split %product : tensor<1x2x!element31> -> tensor<1x2xi32>, tensor<1x2xi32>
  %pe_e = arith.constant dense<[[-34, -28]]> : tensor<1x2xi32>
  check.expect_eq %pm, %m_e : tensor<1x2xi32>, tensor<1x2xi32>
  check.expect_eq %pe, %pe_e : tensor<1x2xi32>, tensor<1x2xi32>
  %largest = nn.binary max %x, %c {qt.element_exponents} : tensor<1x2x!element16>, tensor<2xf32> -> tensor<1x2x!element31>
  %lm, %le = qt.split %largest : tensor<1x2x!element31> -> tensor<1x2xi32>, tensor<1x2xi32>
  %le_e = arith.constant dense<[[26, 32]]> : tensor<1x2xi32>
  check.expect_eq %lm, %m_e : tensor<1x2xi32>, tensor<1x2xi32>
  check.expect_eq %le, %le_e : tensor<1x2xi32>, tensor<1x2xi32>
  %least = nn.binary min %x, %c {qt.element_exponents} : tensor<1x2x!element16>, tensor<2xf32> -> tensor<1x2x!element31>
  %nm, %ne = qt.split %least : tensor<1x2x!element31> -> tensor<1x2xi32>, tensor<1x2xi32>
  %ne_e = arith.constant dense<[[-88, -88]]> : tensor<1x2xi32>
  check.expect_eq %nm, %m_e : tensor<1x2xi32>, tensor<1x2xi32>
  check.expect_eq %ne, %ne_e : tensor<1x2xi32>, tensor<1x2xi32>
  %sum = nn.binary add %x, %c {qt.element_exponents} : tensor<1x2x!element16>, tensor<2xf32> -> tensor<1x2x!element32>
  %sm, %se = qt.split %sum : tensor<1x2x!element32> -> tensor<1x2xi32>, tensor<1x2xi32>
  %sm_e = arith.constant dense<[[536870912, 536870912]]> : tensor<1x2xi32>
  %se_e = arith.constant dense<[[25, 31]]> : tensor<1x2xi32>
  check.expect_eq %sm, %sm_e : tensor<1x2xi32>, tensor<1x2xi32>
  check.expect_eq %se, %se_e : tensor<1x2xi32>, tensor<1x2xi32>
  return
}
