// RUN: quant-opt %s -interpret
// RUN: quant-opt %s -qt-split -interpret
// The vectors of the method fixed.

!row16 = !qt.block<[1, ?], s16, scale = exp<8>>
!row32 = !qt.block<[1, ?], s32, scale = exp<32>>

func.func @interleaved() {
  %xm = arith.constant dense<[[-29073, 31610, 15934, -23838], [-1977, 1842, 13418, 8201]]> : tensor<2x4xi16>
  %xe = arith.constant dense<[[3], [-7]]> : tensor<2x1xi8>
  %x = qt.join %xm, %xe : tensor<2x4xi16>, tensor<2x1xi8> -> tensor<2x4x!row16>
  %cm = arith.constant dense<[[32767, 32767, 32767, 32767], [17705, 17705, 32766, 32766]]> : tensor<2x4xi16>
  %sm = arith.constant dense<[[0, 0, 0, 0], [27573, 27573, 328, 328]]> : tensor<2x4xi16>
  %te = arith.constant dense<-15> : tensor<2x1xi8>
  %c = qt.join %cm, %te : tensor<2x4xi16>, tensor<2x1xi8> -> tensor<2x4x!row16>
  %s = qt.join %sm, %te : tensor<2x4xi16>, tensor<2x1xi8> -> tensor<2x4x!row16>
  %y = nn.rotary %x, %c, %s {interleaved} : tensor<2x4x!row16>, tensor<2x4x!row16>, tensor<2x4x!row16> -> tensor<2x4x!row32>
  %ym, %ye = qt.split %y : tensor<2x4x!row32> -> tensor<2x4xi32>, tensor<2x1xi32>
  %ym_e = arith.constant dense<[[-952634991, 1035764870, 522109378, -781099746], [-85792251, -21899211, 436964260, 273115070]]> : tensor<2x4xi32>
  %ye_e = arith.constant dense<[[-12], [-22]]> : tensor<2x1xi32>
  check.expect_eq %ym, %ym_e : tensor<2x4xi32>, tensor<2x4xi32>
  check.expect_eq %ye, %ye_e : tensor<2x1xi32>, tensor<2x1xi32>
  return
}

// Sines whose exponent is smaller than the cosines' give up bits.
func.func @exponents() {
  %xm = arith.constant dense<[[1, 2]]> : tensor<1x2xi16>
  %e = arith.constant dense<0> : tensor<1x1xi8>
  %less = arith.constant dense<-2> : tensor<1x1xi8>
  %x = qt.join %xm, %e : tensor<1x2xi16>, tensor<1x1xi8> -> tensor<1x2x!row16>
  %cm = arith.constant dense<[[3, 3]]> : tensor<1x2xi16>
  %sm = arith.constant dense<[[6, 6]]> : tensor<1x2xi16>
  %c = qt.join %cm, %e : tensor<1x2xi16>, tensor<1x1xi8> -> tensor<1x2x!row16>
  %s = qt.join %sm, %less : tensor<1x2xi16>, tensor<1x1xi8> -> tensor<1x2x!row16>
  %y = nn.rotary %x, %c, %s : tensor<1x2x!row16>, tensor<1x2x!row16>, tensor<1x2x!row16> -> tensor<1x2x!row32>
  %ym, %ye = qt.split %y : tensor<1x2x!row32> -> tensor<1x2xi32>, tensor<1x1xi32>
  // 6 / 4 is 2.
  %ym_e = arith.constant dense<[[-1, 8]]> : tensor<1x2xi32>
  check.expect_eq %ym, %ym_e : tensor<1x2xi32>, tensor<1x2xi32>
  return
}
