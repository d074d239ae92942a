// RUN: quant-opt %s -split-input-file -interpret -verify-diagnostics

// Two groups of one channel, stride 2, a pad in front.
func.func @conv() {
  %x = arith.constant dense<[[[1.0, 10.0], [2.0, 20.0], [3.0, 30.0], [4.0, 40.0]]]> : tensor<1x4x2xf32>
  %w = arith.constant dense<[[[1.0], [2.0], [3.0]], [[1.0], [0.0], [-1.0]]]> : tensor<2x3x1xf32>
  %y = nn.conv %x, %w kernel [3] strides [2] dilations [1] pads [1, 0] groups 2 : tensor<1x4x2xf32>, tensor<2x3x1xf32> -> tensor<1x2x2xf32>
  %e = arith.constant dense<[[[8.0, -20.0], [20.0, -20.0]]]> : tensor<1x2x2xf32>
  check.expect_eq %y, %e : tensor<1x2x2xf32>, tensor<1x2x2xf32>
  return
}

// Taps two positions apart in both dimensions.
func.func @dilated() {
  %x = arith.constant dense<[[[[1.0], [2.0], [3.0]], [[4.0], [5.0], [6.0]], [[7.0], [8.0], [9.0]]]]> : tensor<1x3x3x1xf32>
  %w = arith.constant dense<[[[1.0], [10.0], [100.0], [1000.0]]]> : tensor<1x4x1xf32>
  %y = nn.conv %x, %w kernel [2, 2] strides [1, 1] dilations [2, 2] pads [0, 0, 0, 0] groups 1 : tensor<1x3x3x1xf32>, tensor<1x4x1xf32> -> tensor<1x1x1x1xf32>
  %e = arith.constant dense<9731.0> : tensor<1x1x1x1xf32>
  check.expect_eq %y, %e : tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>
  return
}

func.func @pools() {
  %x = arith.constant dense<[[[1.0], [-2.0], [3.0], [4.0], [0x7FC00000]]]> : tensor<1x5x1xf32>
  %f = arith.constant dense<[[[4.0], [-1.0], [3.0], [4.0], [5.0]]]> : tensor<1x5x1xf32>
  // A NaN is the maximum of its window.
  %m = nn.pool max %x kernel [2] strides [1] dilations [2] pads [1, 0] : tensor<1x5x1xf32> -> tensor<1x4x1xf32>
  %me = arith.constant dense<[[[-2.0], [3.0], [4.0], [0x7FC00000]]]> : tensor<1x4x1xf32>
  check.expect_close %m, %me : tensor<1x4x1xf32>, tensor<1x4x1xf32>
  // Pads are no values; with ceil a last window has less of them.
  %a = nn.pool average %f kernel [3] strides [2] dilations [1] pads [1, 0] ceil : tensor<1x5x1xf32> -> tensor<1x3x1xf32>
  %ae = arith.constant dense<[[[1.5], [2.0], [4.5]]]> : tensor<1x3x1xf32>
  check.expect_eq %a, %ae : tensor<1x3x1xf32>, tensor<1x3x1xf32>
  %b = nn.pool average %f kernel [3] strides [2] dilations [1] pads [1, 0] ceil count_pads : tensor<1x5x1xf32> -> tensor<1x3x1xf32>
  %be = arith.constant dense<[[[1.0], [2.0], [4.5]]]> : tensor<1x3x1xf32>
  check.expect_eq %b, %be : tensor<1x3x1xf32>, tensor<1x3x1xf32>
  %l = nn.pool lp %f kernel [2] strides [2] dilations [1] pads [0, 0] {p = 1 : i64} : tensor<1x5x1xf32> -> tensor<1x2x1xf32>
  %le = arith.constant dense<[[[5.0], [7.0]]]> : tensor<1x2x1xf32>
  check.expect_eq %l, %le : tensor<1x2x1xf32>, tensor<1x2x1xf32>
  %s = nn.pool sum %f kernel [3] strides [2] dilations [1] pads [1, 0] : tensor<1x5x1xf32> -> tensor<1x2x1xf32>
  %se = arith.constant dense<[[[3.0], [6.0]]]> : tensor<1x2x1xf32>
  check.expect_eq %s, %se : tensor<1x2x1xf32>, tensor<1x2x1xf32>
  return
}

func.func @pools_of_integers() {
  %x = arith.constant dense<[[[-5, 7], [-9, -3], [2, 4]]]> : tensor<1x3x2xi16>
  %m = nn.pool max %x kernel [2] strides [1] dilations [1] pads [1, 1] : tensor<1x3x2xi16> -> tensor<1x4x2xi16>
  %me = arith.constant dense<[[[-5, 7], [-5, 7], [2, 4], [2, 4]]]> : tensor<1x4x2xi16>
  check.expect_eq %m, %me : tensor<1x4x2xi16>, tensor<1x4x2xi16>
  %y = arith.constant dense<[[[2147483647], [1], [5]]]> : tensor<1x3x1xi32>
  %s = nn.pool sum %y kernel [2] strides [2] dilations [1] pads [0, 0] ceil : tensor<1x3x1xi32> -> tensor<1x2x1xi32>
  %se = arith.constant dense<[[[-2147483648], [5]]]> : tensor<1x2x1xi32>
  check.expect_eq %s, %se : tensor<1x2x1xi32>, tensor<1x2x1xi32>
  return
}

func.func @pads() {
  %x = arith.constant dense<[1, 2, 3]> : tensor<3xi32>
  %c = nn.pad constant %x low [1] high [2] {value = 7.0 : f64} : tensor<3xi32> -> tensor<6xi32>
  %ce = arith.constant dense<[7, 1, 2, 3, 7, 7]> : tensor<6xi32>
  check.expect_eq %c, %ce : tensor<6xi32>, tensor<6xi32>
  %r = nn.pad reflect %x low [4] high [2] : tensor<3xi32> -> tensor<9xi32>
  %re = arith.constant dense<[1, 2, 3, 2, 1, 2, 3, 2, 1]> : tensor<9xi32>
  check.expect_eq %r, %re : tensor<9xi32>, tensor<9xi32>
  %e = nn.pad edge %x low [1] high [2] : tensor<3xi32> -> tensor<6xi32>
  %ee = arith.constant dense<[1, 1, 2, 3, 3, 3]> : tensor<6xi32>
  check.expect_eq %e, %ee : tensor<6xi32>, tensor<6xi32>
  %w = nn.pad wrap %x low [1] high [4] : tensor<3xi32> -> tensor<8xi32>
  %we = arith.constant dense<[3, 1, 2, 3, 1, 2, 3, 1]> : tensor<8xi32>
  check.expect_eq %w, %we : tensor<8xi32>, tensor<8xi32>
  return
}

// -----

func.func @small(%unused: tensor<1xf32>) {
  return
}

func.func @main() {
  %s = arith.constant dense<[1, -1, 1]> : tensor<3xi64>
  %v = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %x = nn.reshape %v, %s : tensor<2xf32>, tensor<3xi64> -> tensor<1x?x1xf32>
  %w = arith.constant dense<1.0> : tensor<1x3x1xf32>
  // expected-error @below {{spatial dimension 0 of size 2 with its pads is smaller than the span 3 of its kernel}}
  %y = nn.conv %x, %w kernel [3] strides [1] dilations [1] pads [0, 0] groups 1 : tensor<1x?x1xf32>, tensor<1x3x1xf32> -> tensor<1x?x1xf32>
  return
}
