// RUN: quant-opt %s -interpret
// RUN: quant-opt %s -qt-split -interpret
// RUN: quant-opt %s -qt-split | FileCheck %s
// Rows below what the least stored exponent gives 15 bits have fewer.

!row16 = !qt.block<[1, ?], s16, scale = exp<8>>
!row31 = !qt.block<[1, ?], s31, scale = exp<32>>
!head8 = !qt.block<[1, ?], s8, scale = exp<8>>
!element16 = !qt.block<[1, 1], s16, scale = exp<8>>
!element31 = !qt.block<[1, 1], s31, scale = exp<32>>
!blocks = !qt.block<[1, 32], s8, scale = shift<3>, outer = exp<8>>

// Places follow from the exponent, which has the limit.
// CHECK-LABEL: func.func @rows
// CHECK: %[[OWN:.*]] = nn.binary add %[[E:.*]], %{{.*}} : tensor<6x1xi32>, tensor<6x1xi32>
// CHECK-NEXT: %[[LEAST:.*]] = arith.constant dense<-128>
// CHECK-NEXT: %[[STORED:.*]] = nn.binary max %[[OWN]], %[[LEAST]]
// CHECK-NEXT: %[[PLACES:.*]] = nn.binary sub %[[STORED]], %[[E]] : tensor<6x1xi32>
// CHECK-NEXT: nn.binary rshift %{{.*}}, %[[PLACES]] : tensor<6x3xi32>, tensor<6x1xi32>
func.func @rows() {
  // 2^29 2^-143 has 15 bits; then 14, 2, half a unit of either sign, less, and
  // zeros.
  %xm = arith.constant dense<[[536870912, -268435456, 3], [536870912, -1, 0], [536870912, 805306368, 1],
                              [536870912, -536870912, 0], [536870911, 5, 0], [0, 0, 0]]> : tensor<6x3xi32>
  %xe = arith.constant dense<[[-143], [-144], [-156], [-158], [-158], [-200]]> : tensor<6x1xi32>
  %x = qt.join %xm, %xe : tensor<6x3xi32>, tensor<6x1xi32> -> tensor<6x3x!row31>
  %y = qt.rescale half_up %x : tensor<6x3x!row31> -> tensor<6x3x!row16>
  %m, %e = qt.split %y : tensor<6x3x!row16> -> tensor<6x3xi16>, tensor<6x1xi8>
  %m_e = arith.constant dense<[[16384, -8192, 0], [8192, 0, 0], [2, 3, 0], [1, 0, 0], [0, 0, 0], [0, 0, 0]]> : tensor<6x3xi16>
  %e_e = arith.constant dense<[[-128], [-128], [-128], [-128], [-128], [-100]]> : tensor<6x1xi8>
  check.expect_eq %m, %m_e : tensor<6x3xi16>, tensor<6x3xi16>
  check.expect_eq %e, %e_e : tensor<6x1xi8>, tensor<6x1xi8>
  // Blocks have units of 2^-124 there; a row that has become zeros, too.
  %q:3 = qt.quantize %m exponent %e : tensor<6x1xi8> {encoding = #qt.encoding<norm, -127..127>, format = !blocks} : tensor<6x3xi16> -> tensor<6x3xi8>, tensor<6x1xi8>, tensor<6x1xi8>
  %q_e = arith.constant dense<[[64, -32, 0], [64, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]]> : tensor<6x3xi8>
  %s_e = arith.constant dense<[[4], [3], [0], [0], [0], [0]]> : tensor<6x1xi8>
  %o_e = arith.constant dense<[[-124], [-124], [-124], [-124], [-124], [-100]]> : tensor<6x1xi8>
  check.expect_eq %q#0, %q_e : tensor<6x3xi8>, tensor<6x3xi8>
  check.expect_eq %q#1, %s_e : tensor<6x1xi8>, tensor<6x1xi8>
  check.expect_eq %q#2, %o_e : tensor<6x1xi8>, tensor<6x1xi8>
  // 7 bits reach as low, and begin to go 8 further up.
  %z = qt.rescale half_up %x : tensor<6x3x!row31> -> tensor<6x3x!head8>
  %hm, %he = qt.split %z : tensor<6x3x!head8> -> tensor<6x3xi8>, tensor<6x1xi8>
  %hm_e = arith.constant dense<[[64, -32, 0], [64, 0, 0], [2, 3, 0], [1, 0, 0], [0, 0, 0], [0, 0, 0]]> : tensor<6x3xi8>
  %he_e = arith.constant dense<[[-120], [-121], [-128], [-128], [-128], [-100]]> : tensor<6x1xi8>
  check.expect_eq %hm, %hm_e : tensor<6x3xi8>, tensor<6x3xi8>
  check.expect_eq %he, %he_e : tensor<6x1xi8>, tensor<6x1xi8>
  return
}

// An element is a row of one; exponents of 32 bits reach further.
func.func @elements() {
  %xm = arith.constant dense<[[536870912, -3]]> : tensor<1x2xi32>
  %xe = arith.constant dense<[[-150, -140]]> : tensor<1x2xi32>
  %x = qt.join %xm, %xe : tensor<1x2xi32>, tensor<1x2xi32> -> tensor<1x2x!element31>
  %y = qt.rescale half_up %x : tensor<1x2x!element31> -> tensor<1x2x!element16>
  %m, %e = qt.split %y : tensor<1x2x!element16> -> tensor<1x2xi16>, tensor<1x2xi8>
  %m_e = arith.constant dense<[[128, 0]]> : tensor<1x2xi16>
  %e_e = arith.constant dense<-128> : tensor<1x2xi8>
  check.expect_eq %m, %m_e : tensor<1x2xi16>, tensor<1x2xi16>
  check.expect_eq %e, %e_e : tensor<1x2xi8>, tensor<1x2xi8>
  %w = qt.rescale half_up %x : tensor<1x2x!element31> -> tensor<1x2x!element31>
  %wm, %we = qt.split %w : tensor<1x2x!element31> -> tensor<1x2xi32>, tensor<1x2xi32>
  %wm_e = arith.constant dense<[[536870912, -805306368]]> : tensor<1x2xi32>
  %we_e = arith.constant dense<[[-150, -168]]> : tensor<1x2xi32>
  check.expect_eq %wm, %wm_e : tensor<1x2xi32>, tensor<1x2xi32>
  check.expect_eq %we, %we_e : tensor<1x2xi32>, tensor<1x2xi32>
  return
}

// A constant exponent that cannot come to the least one has no limit.
// CHECK-LABEL: func.func @constant_exponent
// CHECK-NOT: nn.binary max
// CHECK: return
func.func @constant_exponent(%x: tensor<?x8x!row16>) -> tensor<?x8x!row16> {
  %y = nn.unary sign %x : tensor<?x8x!row16>
  return %y : tensor<?x8x!row16>
}

func.func @inputs() {
  %x = arith.constant dense<[[4.81482486e-35, -8.816208e-39], [7.34683969e-40, -1.46936794e-39], [0.0, 0.0]]> : tensor<3x2xf32>
  %m, %e = qt.quantize %x {encoding = #qt.encoding<norm, -32767..32767>, format = !row16} : tensor<3x2xf32> -> tensor<3x2xi16>, tensor<3x1xi8>
  %m_e = arith.constant dense<[[16384, -3], [0, 0], [0, 0]]> : tensor<3x2xi16>
  %e_e = arith.constant dense<[[-128], [-128], [-100]]> : tensor<3x1xi8>
  check.expect_eq %m, %m_e : tensor<3x2xi16>, tensor<3x2xi16>
  check.expect_eq %e, %e_e : tensor<3x1xi8>, tensor<3x1xi8>
  return
}

// Elements below the exponent of zeros come to that of the largest; zeros among them do not count.
func.func @small_elements() {
  %m = arith.constant dense<[[1000, 0, -64], [0, 0, 0]]> : tensor<2x3xi32>
  %e = arith.constant dense<[[-150, -100, -148], [-100, -100, -100]]> : tensor<2x3xi32>
  %x = qt.join %m, %e : tensor<2x3xi32>, tensor<2x3xi32> -> tensor<2x3x!element31>
  %y = qt.rescale half_up %x : tensor<2x3x!element31> -> tensor<2x3x!row31>
  %ym, %ye = qt.split %y : tensor<2x3x!row31> -> tensor<2x3xi32>, tensor<2x1xi32>
  %ym_e = arith.constant dense<[[250, 0, -64], [0, 0, 0]]> : tensor<2x3xi32>
  %ye_e = arith.constant dense<[[-148], [-100]]> : tensor<2x1xi32>
  check.expect_eq %ym, %ym_e : tensor<2x3xi32>, tensor<2x3xi32>
  check.expect_eq %ye, %ye_e : tensor<2x1xi32>, tensor<2x1xi32>
  return
}
