// RUN: quant-opt %s -interpret
// RUN: quant-opt %s -qt-split -interpret
// Mantissas move with the exponents of their blocks.

!row = !qt.block<[1, 1, ?], s16, scale = exp<8>>
!image = !qt.block<[1, ?, ?], s16, scale = exp<8>>
!table = !qt.block<[1, ?], s8, scale = f32>

func.func @rows() {
  %m = arith.constant dense<[[[1, 2], [3, 4], [5, 6]]]> : tensor<1x3x2xi16>
  %e = arith.constant dense<[[[7], [8], [9]]]> : tensor<1x3x1xi8>
  %x = qt.join %m, %e : tensor<1x3x2xi16>, tensor<1x3x1xi8> -> tensor<1x3x2x!row>
  %zero = arith.constant dense<0> : tensor<1xi64>
  %one = arith.constant dense<1> : tensor<1xi64>
  %two = arith.constant dense<2> : tensor<1xi64>

  // Along dimensions of blocks.
  %t = nn.transpose %x perm [1, 0, 2] : tensor<1x3x2x!row> -> tensor<3x1x2x!row>
  %tm, %te = qt.split %t : tensor<3x1x2x!row> -> tensor<3x1x2xi16>, tensor<3x1x1xi8>
  %te_e = arith.constant dense<[[[7]], [[8]], [[9]]]> : tensor<3x1x1xi8>
  check.expect_eq %te, %te_e : tensor<3x1x1xi8>, tensor<3x1x1xi8>
  %s = nn.slice %x, %one, %two, %one, %one : tensor<1x3x2x!row>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<1x1x2x!row>
  %sm, %se = qt.split %s : tensor<1x1x2x!row> -> tensor<1x1x2xi16>, tensor<1x1x1xi8>
  %sm_e = arith.constant dense<[[[3, 4]]]> : tensor<1x1x2xi16>
  %se_e = arith.constant dense<8> : tensor<1x1x1xi8>
  check.expect_eq %sm, %sm_e : tensor<1x1x2xi16>, tensor<1x1x2xi16>
  check.expect_eq %se, %se_e : tensor<1x1x1xi8>, tensor<1x1x1xi8>
  %c = nn.concat %s, %x {axis = 1 : i64} : tensor<1x1x2x!row>, tensor<1x3x2x!row> -> tensor<1x4x2x!row>
  %cm, %ce = qt.split %c : tensor<1x4x2x!row> -> tensor<1x4x2xi16>, tensor<1x4x1xi8>
  %ce_e = arith.constant dense<[[[8], [7], [8], [9]]]> : tensor<1x4x1xi8>
  check.expect_eq %ce, %ce_e : tensor<1x4x1xi8>, tensor<1x4x1xi8>
  %shape = arith.constant dense<[2, 1, 2]> : tensor<3xi64>
  %b = nn.expand %s, %shape : tensor<1x1x2x!row>, tensor<3xi64> -> tensor<2x1x2x!row>
  %bm, %be = qt.split %b : tensor<2x1x2x!row> -> tensor<2x1x2xi16>, tensor<2x1x1xi8>
  %be_e = arith.constant dense<8> : tensor<2x1x1xi8>
  check.expect_eq %be, %be_e : tensor<2x1x1xi8>, tensor<2x1x1xi8>
  %index = arith.constant dense<2> : tensor<i64>
  %g = nn.gather %x, %index {axis = 1 : i64} : tensor<1x3x2x!row>, tensor<i64> -> tensor<1x2x!qt.block<[1, ?], s16, scale = exp<8>>>
  %gm, %ge = qt.split %g : tensor<1x2x!qt.block<[1, ?], s16, scale = exp<8>>> -> tensor<1x2xi16>, tensor<1x1xi8>
  %gm_e = arith.constant dense<[[5, 6]]> : tensor<1x2xi16>
  %ge_e = arith.constant dense<9> : tensor<1x1xi8>
  check.expect_eq %gm, %gm_e : tensor<1x2xi16>, tensor<1x2xi16>
  check.expect_eq %ge, %ge_e : tensor<1x1xi8>, tensor<1x1xi8>

  // Within blocks there is one exponent.
  %i = nn.slice %x, %one, %two, %two, %one : tensor<1x3x2x!row>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<1x3x1x!row>
  %im, %ie = qt.split %i : tensor<1x3x1x!row> -> tensor<1x3x1xi16>, tensor<1x3x1xi8>
  %im_e = arith.constant dense<[[[2], [4], [6]]]> : tensor<1x3x1xi16>
  check.expect_eq %im, %im_e : tensor<1x3x1xi16>, tensor<1x3x1xi16>
  check.expect_eq %ie, %e : tensor<1x3x1xi8>, tensor<1x3x1xi8>
  %size = nn.shape %i {start = 1 : i64, end = 3 : i64} : tensor<1x3x1x!row> -> tensor<2xi64>
  %size_e = arith.constant dense<[3, 1]> : tensor<2xi64>
  check.expect_eq %size, %size_e : tensor<2xi64>, tensor<2xi64>
  return
}

func.func @images() {
  %m = arith.constant dense<[[[100, -2], [3, 4]]]> : tensor<1x2x2xi16>
  %e = arith.constant dense<5> : tensor<1x1x1xi8>
  %x = qt.join %m, %e : tensor<1x2x2xi16>, tensor<1x1x1xi8> -> tensor<1x2x2x!image>
  %shape = arith.constant dense<[-1, 4]> : tensor<2xi64>
  %r = nn.reshape %x, %shape : tensor<1x2x2x!image>, tensor<2xi64> -> tensor<1x4x!qt.block<[1, ?], s16, scale = exp<8>>>
  %rm, %re = qt.split %r : tensor<1x4x!qt.block<[1, ?], s16, scale = exp<8>>> -> tensor<1x4xi16>, tensor<1x1xi8>
  %re_e = arith.constant dense<5> : tensor<1x1xi8>
  check.expect_eq %re, %re_e : tensor<1x1xi8>, tensor<1x1xi8>
  // The mean of two, of four, and the largest.
  %a = nn.reduce mean %x axes [1] : tensor<1x2x2x!image> -> tensor<1x2x!qt.block<[1, ?], s32, scale = exp<32>>>
  %am, %ae = qt.split %a : tensor<1x2x!qt.block<[1, ?], s32, scale = exp<32>>> -> tensor<1x2xi32>, tensor<1x1xi32>
  %am_e = arith.constant dense<[[103, 2]]> : tensor<1x2xi32>
  %ae_e = arith.constant dense<4> : tensor<1x1xi32>
  check.expect_eq %am, %am_e : tensor<1x2xi32>, tensor<1x2xi32>
  check.expect_eq %ae, %ae_e : tensor<1x1xi32>, tensor<1x1xi32>
  %p = nn.reduce max %x axes [1] : tensor<1x2x2x!image> -> tensor<1x2x!qt.block<[1, ?], s16, scale = exp<8>>>
  %pm, %pe = qt.split %p : tensor<1x2x!qt.block<[1, ?], s16, scale = exp<8>>> -> tensor<1x2xi16>, tensor<1x1xi8>
  %pm_e = arith.constant dense<[[100, 4]]> : tensor<1x2xi16>
  check.expect_eq %pm, %pm_e : tensor<1x2xi16>, tensor<1x2xi16>
  %w = nn.pool max %x kernel [2] strides [1] dilations [1] pads [1, 0] : tensor<1x2x2x!image> -> tensor<1x2x2x!image>
  %wm, %we = qt.split %w : tensor<1x2x2x!image> -> tensor<1x2x2xi16>, tensor<1x1x1xi8>
  %wm_e = arith.constant dense<[[[100, -2], [100, 4]]]> : tensor<1x2x2xi16>
  check.expect_eq %wm, %wm_e : tensor<1x2x2xi16>, tensor<1x2x2xi16>
  %z = nn.pad constant %x low [0, 0, 1] high [0, 0, 0] : tensor<1x2x2x!image> -> tensor<1x2x3x!image>
  %zm, %ze = qt.split %z : tensor<1x2x3x!image> -> tensor<1x2x3xi16>, tensor<1x1x1xi8>
  %zm_e = arith.constant dense<[[[0, 100, -2], [0, 3, 4]]]> : tensor<1x2x3xi16>
  check.expect_eq %zm, %zm_e : tensor<1x2x3xi16>, tensor<1x2x3xi16>
  check.expect_eq %ze, %e : tensor<1x1x1xi8>, tensor<1x1x1xi8>
  %c = nn.clip %x min 0.0 max 96.0 : tensor<1x2x2x!image>
  %cm, %ce = qt.split %c : tensor<1x2x2x!image> -> tensor<1x2x2xi16>, tensor<1x1x1xi8>
  // On the exponent of the bound, -7.
  %cm_e = arith.constant dense<[[[12288, 0], [12288, 12288]]]> : tensor<1x2x2xi16>
  %ce_e = arith.constant dense<-7> : tensor<1x1x1xi8>
  check.expect_eq %cm, %cm_e : tensor<1x2x2xi16>, tensor<1x2x2xi16>
  check.expect_eq %ce, %ce_e : tensor<1x1x1xi8>, tensor<1x1x1xi8>
  return
}

// Rows of a table have 8 bits and a multiplier each, and one exponent.
func.func @embedding() {
  %w = arith.constant dense<[[127.0, -127.0], [0.0, 0.0], [63.5, 31.0]]> : tensor<3x2xf32>
  %t = qt.quantize %w {encoding = #qt.encoding<absmax, -127..127>} : tensor<3x2xf32> -> tensor<3x2x!table>
  %i = arith.constant dense<[[2, 0]]> : tensor<1x2xi64>
  %y = nn.gather %t, %i {axis = 0 : i64} : tensor<3x2x!table>, tensor<1x2xi64> -> tensor<1x2x2x!qt.block<[1, 1, ?], s31, scale = exp<32>>>
  %f = qt.dequantize %y : tensor<1x2x2x!qt.block<[1, 1, ?], s31, scale = exp<32>>> -> tensor<1x2x2xf32>
  %f_e = arith.constant dense<[[[63.5, 31.0], [127.0, -127.0]]]> : tensor<1x2x2xf32>
  check.expect_eq %f, %f_e : tensor<1x2x2xf32>, tensor<1x2x2xf32>
  return
}

// Within a row the parts come to one exponent; a row of zeros does not count.
func.func @join_rows() {
  %am = arith.constant dense<[[8, -4], [8, -4]]> : tensor<2x2xi32>
  %ae = arith.constant dense<0> : tensor<2x1xi32>
  %a = qt.join %am, %ae : tensor<2x2xi32>, tensor<2x1xi32> -> tensor<2x2x!qt.block<[1, ?], s31, scale = exp<32>>>
  %bm = arith.constant dense<[[1], [0]]> : tensor<2x1xi32>
  %be = arith.constant dense<[[3], [20]]> : tensor<2x1xi32>
  %b = qt.join %bm, %be : tensor<2x1xi32>, tensor<2x1xi32> -> tensor<2x1x!qt.block<[1, ?], s31, scale = exp<32>>>
  %y = nn.concat %a, %b {axis = 1 : i64} : tensor<2x2x!qt.block<[1, ?], s31, scale = exp<32>>>, tensor<2x1x!qt.block<[1, ?], s31, scale = exp<32>>> -> tensor<2x3x!qt.block<[1, ?], s31, scale = exp<32>>>
  %ym_e = arith.constant dense<[[1, 0, 1], [8, -4, 0]]> : tensor<2x3xi32>
  %ye_e = arith.constant dense<[[3], [0]]> : tensor<2x1xi32>
  %ym, %ye = qt.split %y : tensor<2x3x!qt.block<[1, ?], s31, scale = exp<32>>> -> tensor<2x3xi32>, tensor<2x1xi32>
  check.expect_eq %ym, %ym_e : tensor<2x3xi32>, tensor<2x3xi32>
  check.expect_eq %ye, %ye_e : tensor<2x1xi32>, tensor<2x1xi32>
  return
}

!single = !qt.block<[1, 1], s16, scale = exp<8>>
!flat = !qt.block<[1], s16, scale = exp<8>>
!rows = !qt.block<[1, ?], s16, scale = exp<8>>

// Elements take their exponents with them where examples are mixed.
func.func @elements() {
  %m = arith.constant dense<[[16384, 20000, -30000], [0, 16385, 17000]]> : tensor<2x3xi16>
  %e = arith.constant dense<[[1, 2, 3], [-100, 5, 6]]> : tensor<2x3xi8>
  %x = qt.join %m, %e : tensor<2x3xi16>, tensor<2x3xi8> -> tensor<2x3x!single>
  %shape = arith.constant dense<[3, 2]> : tensor<2xi64>
  %y = nn.reshape %x, %shape : tensor<2x3x!single>, tensor<2xi64> -> tensor<3x2x!single>
  %ym, %ye = qt.split %y : tensor<3x2x!single> -> tensor<3x2xi16>, tensor<3x2xi8>
  %ym_e = arith.constant dense<[[16384, 20000], [-30000, 0], [16385, 17000]]> : tensor<3x2xi16>
  %ye_e = arith.constant dense<[[1, 2], [3, -100], [5, 6]]> : tensor<3x2xi8>
  check.expect_eq %ym, %ym_e : tensor<3x2xi16>, tensor<3x2xi16>
  check.expect_eq %ye, %ye_e : tensor<3x2xi8>, tensor<3x2xi8>
  %six = arith.constant dense<6> : tensor<1xi64>
  %f = nn.reshape %x, %six : tensor<2x3x!single>, tensor<1xi64> -> tensor<6x!flat>
  %fm, %fe = qt.split %f : tensor<6x!flat> -> tensor<6xi16>, tensor<6xi8>
  %fe_e = arith.constant dense<[1, 2, 3, -100, 5, 6]> : tensor<6xi8>
  check.expect_eq %fe, %fe_e : tensor<6xi8>, tensor<6xi8>

  // Rows are made of them again.
  %r = qt.rescale half_up %y : tensor<3x2x!single> -> tensor<3x2x!rows>
  %rm, %re = qt.split %r : tensor<3x2x!rows> -> tensor<3x2xi16>, tensor<3x1xi8>
  %rm_e = arith.constant dense<[[8192, 20000], [-30000, 0], [8193, 17000]]> : tensor<3x2xi16>
  %re_e = arith.constant dense<[[2], [3], [6]]> : tensor<3x1xi8>
  check.expect_eq %rm, %rm_e : tensor<3x2xi16>, tensor<3x2xi16>
  check.expect_eq %re, %re_e : tensor<3x1xi8>, tensor<3x1xi8>
  return
}

// Examples that are padded are rows of zeros, or have another's exponent.
func.func @examples() {
  %m = arith.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi16>
  %e = arith.constant dense<[[7], [8]]> : tensor<2x1xi8>
  %x = qt.join %m, %e : tensor<2x3xi16>, tensor<2x1xi8> -> tensor<2x3x!rows>
  %z = nn.pad constant %x low [1, 1] high [0, 0] : tensor<2x3x!rows> -> tensor<3x4x!rows>
  %zm, %ze = qt.split %z : tensor<3x4x!rows> -> tensor<3x4xi16>, tensor<3x1xi8>
  %zm_e = arith.constant dense<[[0, 0, 0, 0], [0, 1, 2, 3], [0, 4, 5, 6]]> : tensor<3x4xi16>
  %ze_e = arith.constant dense<[[-100], [7], [8]]> : tensor<3x1xi8>
  check.expect_eq %zm, %zm_e : tensor<3x4xi16>, tensor<3x4xi16>
  check.expect_eq %ze, %ze_e : tensor<3x1xi8>, tensor<3x1xi8>
  %w = nn.pad wrap %x low [1, 0] high [0, 1] : tensor<2x3x!rows> -> tensor<3x4x!rows>
  %wm, %we = qt.split %w : tensor<3x4x!rows> -> tensor<3x4xi16>, tensor<3x1xi8>
  %wm_e = arith.constant dense<[[4, 5, 6, 4], [1, 2, 3, 1], [4, 5, 6, 4]]> : tensor<3x4xi16>
  %we_e = arith.constant dense<[[8], [7], [8]]> : tensor<3x1xi8>
  check.expect_eq %wm, %wm_e : tensor<3x4xi16>, tensor<3x4xi16>
  check.expect_eq %we, %we_e : tensor<3x1xi8>, tensor<3x1xi8>
  return
}

// No operand has an exponent, the result has.
func.func @chosen() {
  %c = arith.constant dense<[[true, false]]> : tensor<1x2xi1>
  %a = arith.constant dense<1.0> : tensor<f32>
  %b = arith.constant dense<-4.0> : tensor<f32>
  %y = nn.select %c, %a, %b : tensor<1x2xi1>, tensor<f32>, tensor<f32> -> tensor<1x2x!qt.block<[1, ?], s31, scale = exp<32>>>
  %f = qt.dequantize %y : tensor<1x2x!qt.block<[1, ?], s31, scale = exp<32>>> -> tensor<1x2xf32>
  %f_e = arith.constant dense<[[1.0, -4.0]]> : tensor<1x2xf32>
  check.expect_eq %f, %f_e : tensor<1x2xf32>, tensor<1x2xf32>
  return
}
