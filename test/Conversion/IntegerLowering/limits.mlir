// RUN: quant-opt %s -interpret
// RUN: quant-opt %s -qt-split -qt-verify-ranges -interpret
// Rows that reach far beyond what they are limited to take the exponent of the limits: 6 has 29 bits on -26, 14 on -11.

!row16 = !qt.block<[1, ?], s16, scale = exp<8>>
!row31 = !qt.block<[1, ?], s31, scale = exp<32>>
!row32 = !qt.block<[1, ?], s32, scale = exp<32>>

// By 2^77, by 2^2, and not at all.
func.func @both() {
  %m = arith.constant dense<[[536870912, 1, -1, 0], [536870912, 67108864, -5, 33554433], [201326592, 7, -536870912, 3]]> : tensor<3x4xi32>
  %e = arith.constant dense<[[50], [-24], [-26]]> : tensor<3x1xi32>
  %x = qt.join %m, %e : tensor<3x4xi32>, tensor<3x1xi32> -> tensor<3x4x!row31>
  %y = nn.clip %x min 0.0 max 6.0 : tensor<3x4x!row31>
  %ym, %ye = qt.split %y : tensor<3x4x!row31> -> tensor<3x4xi32>, tensor<3x1xi32>
  %ym_e = arith.constant dense<[[402653184, 402653184, 0, 0], [402653184, 268435456, 0, 134217732], [201326592, 7, 0, 3]]> : tensor<3x4xi32>
  %ye_e = arith.constant dense<-26> : tensor<3x1xi32>
  check.expect_eq %ym, %ym_e : tensor<3x4xi32>, tensor<3x4xi32>
  check.expect_eq %ye, %ye_e : tensor<3x1xi32>, tensor<3x1xi32>
  // Also below 0: -2 is beyond a unit of 2^50, and 4 units of 2^-24 as large as 16 of those of -26.
  %z = nn.clip %x min -2.0 max 6.0 : tensor<3x4x!row31>
  %zm, %ze = qt.split %z : tensor<3x4x!row31> -> tensor<3x4xi32>, tensor<3x1xi32>
  %zm_e = arith.constant dense<[[402653184, 402653184, -134217728, 0], [402653184, 268435456, -20, 134217732], [201326592, 7, -134217728, 3]]> : tensor<3x4xi32>
  check.expect_eq %zm, %zm_e : tensor<3x4xi32>, tensor<3x4xi32>
  check.expect_eq %ze, %ye_e : tensor<3x1xi32>, tensor<3x1xi32>
  return
}

// Sums, which have a bit more, twice 2^30 - 1 at most, and 6 with it, and rows.
func.func @other_bits() {
  %m = arith.constant dense<[[2147483646, 1, -3], [2147483646, 1, -2147483646]]> : tensor<2x3xi32>
  %e = arith.constant dense<[[70], [-29]]> : tensor<2x1xi32>
  %x = qt.join %m, %e : tensor<2x3xi32>, tensor<2x1xi32> -> tensor<2x3x!row32>
  %y = nn.clip %x min -6.0 max 6.0 : tensor<2x3x!row32>
  %ym, %ye = qt.split %y : tensor<2x3x!row32> -> tensor<2x3xi32>, tensor<2x1xi32>
  %ym_e = arith.constant dense<[[805306368, 805306368, -805306368], [2147483646, 1, -2147483646]]> : tensor<2x3xi32>
  %ye_e = arith.constant dense<[[-27], [-29]]> : tensor<2x1xi32>
  check.expect_eq %ym, %ym_e : tensor<2x3xi32>, tensor<2x3xi32>
  check.expect_eq %ye, %ye_e : tensor<2x1xi32>, tensor<2x1xi32>
  %rm = arith.constant dense<[[32767, 1, -1], [32767, 17, -3]]> : tensor<2x3xi16>
  %re = arith.constant dense<[[100], [-8]]> : tensor<2x1xi8>
  %r = qt.join %rm, %re : tensor<2x3xi16>, tensor<2x1xi8> -> tensor<2x3x!row16>
  %s = nn.clip %r min 0.0 max 6.0 : tensor<2x3x!row16>
  %sm, %se = qt.split %s : tensor<2x3x!row16> -> tensor<2x3xi16>, tensor<2x1xi8>
  %sm_e = arith.constant dense<[[12288, 12288, 0], [12288, 136, 0]]> : tensor<2x3xi16>
  %se_e = arith.constant dense<-11> : tensor<2x1xi8>
  check.expect_eq %sm, %sm_e : tensor<2x3xi16>, tensor<2x3xi16>
  check.expect_eq %se, %se_e : tensor<2x1xi8>, tensor<2x1xi8>
  return
}

// What a row is not limited to on one side keeps its bits: as far as its largest element leaves room, the exponent is
// that of the limit. Nothing is left beside one unit of 2^50.
func.func @one_side() {
  %m = arith.constant dense<[[536870912, 0, 1], [1000000, -3, 5], [1000000, -1000, 5], [536870912, -1, 7]]> : tensor<4x3xi32>
  %e = arith.constant dense<[[50], [0], [0], [50]]> : tensor<4x1xi32>
  %x = qt.join %m, %e : tensor<4x3xi32>, tensor<4x1xi32> -> tensor<4x3x!row31>
  %y = nn.clip %x min 0xFFF0000000000000 max 6.0 : tensor<4x3x!row31>
  %ym, %ye = qt.split %y : tensor<4x3x!row31> -> tensor<4x3xi32>, tensor<4x1xi32>
  %ym_e = arith.constant dense<[[402653184, 0, 402653184], [402653184, -201326592, 335544320], [6291456, -1048576000, 5242880], [0, -536870912, 0]]> : tensor<4x3xi32>
  %ye_e = arith.constant dense<[[-26], [-26], [-20], [21]]> : tensor<4x1xi32>
  check.expect_eq %ym, %ym_e : tensor<4x3xi32>, tensor<4x3xi32>
  check.expect_eq %ye, %ye_e : tensor<4x1xi32>, tensor<4x1xi32>
  // The same of a minimum, on either side, and mirrored.
  %six = arith.constant dense<6.0> : tensor<1xf32>
  %least = nn.binary min %six, %x : tensor<1xf32>, tensor<4x3x!row31> -> tensor<4x3x!row31>
  %lm, %le = qt.split %least : tensor<4x3x!row31> -> tensor<4x3xi32>, tensor<4x1xi32>
  check.expect_eq %lm, %ym_e : tensor<4x3xi32>, tensor<4x3xi32>
  check.expect_eq %le, %ye_e : tensor<4x1xi32>, tensor<4x1xi32>
  %minus = arith.constant dense<-6.0> : tensor<f32>
  %n = nn.unary neg %x : tensor<4x3x!row31>
  %most = nn.binary max %n, %minus : tensor<4x3x!row31>, tensor<f32> -> tensor<4x3x!row31>
  %back = nn.unary neg %most : tensor<4x3x!row31>
  %bm, %be = qt.split %back : tensor<4x3x!row31> -> tensor<4x3xi32>, tensor<4x1xi32>
  check.expect_eq %bm, %ym_e : tensor<4x3xi32>, tensor<4x3xi32>
  check.expect_eq %be, %ye_e : tensor<4x1xi32>, tensor<4x1xi32>
  return
}

// A limit that 0 is beyond has the place of all that is small, on the least exponent that it fits.
func.func @beyond_zero() {
  %m = arith.constant dense<[[536870912, 5, -7], [0, 0, 0], [536870912, -3, 1]]> : tensor<3x3xi32>
  %e = arith.constant dense<[[-40], [-100], [-27]]> : tensor<3x1xi32>
  %x = qt.join %m, %e : tensor<3x3xi32>, tensor<3x1xi32> -> tensor<3x3x!row31>
  %y = nn.clip %x min 6.0 max 0x7FF0000000000000 : tensor<3x3x!row31>
  %ym, %ye = qt.split %y : tensor<3x3x!row31> -> tensor<3x3xi32>, tensor<3x1xi32>
  %ym_e = arith.constant dense<805306368> : tensor<3x3xi32>
  %ye_e = arith.constant dense<-27> : tensor<3x1xi32>
  check.expect_eq %ym, %ym_e : tensor<3x3xi32>, tensor<3x3xi32>
  check.expect_eq %ye, %ye_e : tensor<3x1xi32>, tensor<3x1xi32>
  // The same of a maximum, and below 0.
  %six = arith.constant dense<6.0> : tensor<f32>
  %most = nn.binary max %x, %six : tensor<3x3x!row31>, tensor<f32> -> tensor<3x3x!row31>
  %mm, %me = qt.split %most : tensor<3x3x!row31> -> tensor<3x3xi32>, tensor<3x1xi32>
  check.expect_eq %mm, %ym_e : tensor<3x3xi32>, tensor<3x3xi32>
  check.expect_eq %me, %ye_e : tensor<3x1xi32>, tensor<3x1xi32>
  %n = nn.unary neg %x : tensor<3x3x!row31>
  %z = nn.clip %n min 0xFFF0000000000000 max -6.0 : tensor<3x3x!row31>
  %back = nn.unary neg %z : tensor<3x3x!row31>
  %bm, %be = qt.split %back : tensor<3x3x!row31> -> tensor<3x3xi32>, tensor<3x1xi32>
  check.expect_eq %bm, %ym_e : tensor<3x3xi32>, tensor<3x3xi32>
  check.expect_eq %be, %ye_e : tensor<3x1xi32>, tensor<3x1xi32>
  return
}

// Which leaves a sum its bit.
func.func @summed(%x: tensor<?x3x!row31>, %z: tensor<?x3x!row32>) -> (tensor<?x3x!row32>, tensor<?x3x!row32>) {
  %low = arith.constant dense<0.01> : tensor<f32>
  %most = nn.binary max %x, %low : tensor<?x3x!row31>, tensor<f32> -> tensor<?x3x!row31>
  %s = nn.binary add %most, %x : tensor<?x3x!row31>, tensor<?x3x!row31> -> tensor<?x3x!row32>
  %y = nn.clip %z min 0xFFF0000000000000 max -5.0 : tensor<?x3x!row32>
  %a = nn.unary abs %y : tensor<?x3x!row32>
  %t = nn.binary add %a, %a : tensor<?x3x!row32>, tensor<?x3x!row32> -> tensor<?x3x!row32>
  return %s, %t : tensor<?x3x!row32>, tensor<?x3x!row32>
}

// Nor does a sum of limited sums leave 32 bits.
func.func @sums(%z: tensor<?x3x!row32>) -> tensor<?x3x!row32> {
  %y = nn.clip %z min -128.0 max 127.0 : tensor<?x3x!row32>
  %s = nn.binary add %y, %y : tensor<?x3x!row32>, tensor<?x3x!row32> -> tensor<?x3x!row32>
  return %s : tensor<?x3x!row32>
}
