// RUN: quant-opt %s -split-input-file -interpret -verify-diagnostics

func.func @iota() {
  %n = arith.constant dense<4> : tensor<1xi64>
  %y = nn.iota %n : tensor<1xi64> -> tensor<?xi64>
  %e = arith.constant dense<[0, 1, 2, 3]> : tensor<4xi64>
  check.expect_eq %y, %e : tensor<?xi64>, tensor<4xi64>
  return
}

// Features j and j + 2 are a pair; the second row's angles differ within one.
func.func @rotary() {
  %x = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]> : tensor<2x4xf32>
  %c = arith.constant dense<[[1.0, 0.0, 1.0, 0.0], [0.5, 1.0, 0.25, 1.0]]> : tensor<2x4xf32>
  %s = arith.constant dense<[[0.0, 1.0, 0.0, 1.0], [2.0, 0.0, 1.0, 0.0]]> : tensor<2x4xf32>
  %y = nn.rotary %x, %c, %s : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32> -> tensor<2x4xf32>
  %e = arith.constant dense<[[1.0, -4.0, 3.0, 2.0], [-11.5, 6.0, 6.75, 8.0]]> : tensor<2x4xf32>
  check.expect_eq %y, %e : tensor<2x4xf32>, tensor<2x4xf32>
  return
}

// Features 2j and 2j + 1 are a pair; angles broadcast.
func.func @rotary_interleaved() {
  %x = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]> : tensor<2x4xf32>
  %c = arith.constant dense<[1.0, 1.0, 0.0, 0.0]> : tensor<4xf32>
  %s = arith.constant dense<[0.0, 0.0, 1.0, 1.0]> : tensor<4xf32>
  %y = nn.rotary %x, %c, %s {interleaved} : tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32> -> tensor<2x4xf32>
  %e = arith.constant dense<[[1.0, 2.0, -4.0, 3.0], [5.0, 6.0, -8.0, 7.0]]> : tensor<2x4xf32>
  check.expect_eq %y, %e : tensor<2x4xf32>, tensor<2x4xf32>
  return
}

// The mean square of 1, 7 is 25.
func.func @rms_norm() {
  %x = arith.constant dense<[[1.0, 7.0], [0.0, 0.0]]> : tensor<2x2xf32>
  %g = arith.constant dense<[5.0, 10.0]> : tensor<2xf32>
  %y = nn.rms_norm %x, %g {axis = 1 : i64, epsilon = 1.0 : f32} : tensor<2x2xf32>, tensor<2xf32>
  %e = arith.constant dense<[[0.980580688, 13.7281294], [0.0, 0.0]]> : tensor<2x2xf32>
  check.expect_eq %y, %e : tensor<2x2xf32>, tensor<2x2xf32>
  return
}
