// RUN: quant-opt %s -interpret
// RUN: quant-opt %s -qt-split -interpret
// Roots of rows of more than 16 bits: exact values, rounded to what is stored.

!row31 = !qt.block<[1, ?], s31, scale = exp<32>>
!row32 = !qt.block<[1, ?], s32, scale = exp<32>>

// Small elements have their bits in a root, whichever: the cube roots of 2^24 and 1 on the exponent of their row.
func.func @cube_root() {
  %m = arith.constant dense<[[268435456, 16]]> : tensor<1x2xi32>
  %e = arith.constant dense<-4> : tensor<1x1xi32>
  %x = qt.join %m, %e : tensor<1x2xi32>, tensor<1x1xi32> -> tensor<1x2x!row31>
  %third = arith.constant dense<0.333333343> : tensor<f32>
  %y = nn.binary pow %x, %third : tensor<1x2x!row31>, tensor<f32> -> tensor<1x2x!row31>
  %ym, %ye = qt.split %y : tensor<1x2x!row31> -> tensor<1x2xi32>, tensor<1x1xi32>
  %ym_e = arith.constant dense<[[536870912, 2097152]]> : tensor<1x2xi32>
  %ye_e = arith.constant dense<-21> : tensor<1x1xi32>
  check.expect_eq %ym, %ym_e : tensor<1x2xi32>, tensor<1x2xi32>
  check.expect_eq %ye, %ye_e : tensor<1x1xi32>, tensor<1x1xi32>
  return
}

// Sums of few bits keep them all, and those that use 32 have room: roots of 1 beside 8, and of 1 beside 2^30.
func.func @roots_of_sums() {
  %m = arith.constant dense<[[8, 1, 0], [1073741824, 1, 0]]> : tensor<2x3xi32>
  %e = arith.constant dense<0> : tensor<2x1xi32>
  %x = qt.join %m, %e : tensor<2x3xi32>, tensor<2x1xi32> -> tensor<2x3x!row32>
  %y = nn.unary sqrt %x : tensor<2x3x!row32>
  %third = arith.constant dense<0.333333343> : tensor<f32>
  %z = nn.binary pow %x, %third : tensor<2x3x!row32>, tensor<f32> -> tensor<2x3x!row32>
  %ym, %ye = qt.split %y : tensor<2x3x!row32> -> tensor<2x3xi32>, tensor<2x1xi32>
  %zm, %ze = qt.split %z : tensor<2x3x!row32> -> tensor<2x3xi32>, tensor<2x1xi32>
  %ym_e = arith.constant dense<[[379625063, 134217728, 0], [268435456, 8192, 0]]> : tensor<2x3xi32>
  %ye_e = arith.constant dense<[[-27], [-13]]> : tensor<2x1xi32>
  %zm_e = arith.constant dense<[[1073741824, 536870912, 0], [1073741824, 1048576, 0]]> : tensor<2x3xi32>
  %ze_e = arith.constant dense<[[-29], [-20]]> : tensor<2x1xi32>
  check.expect_eq %ym, %ym_e : tensor<2x3xi32>, tensor<2x3xi32>
  check.expect_eq %ye, %ye_e : tensor<2x1xi32>, tensor<2x1xi32>
  check.expect_eq %zm, %zm_e : tensor<2x3xi32>, tensor<2x3xi32>
  check.expect_eq %ze, %ze_e : tensor<2x1xi32>, tensor<2x1xi32>
  return
}
