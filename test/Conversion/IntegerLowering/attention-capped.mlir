// RUN: quant-opt %s -interpret
// RUN: quant-opt %s -qt-split -interpret

// Of scores that are limited: more keys than 32 bits hold the sum of their powers, which run time alone knows. They are
// equal, and so is the mean to one of them, but for the 30 bits of a reciprocal.
!head12 = !qt.block<[1, 1, 1, ?], s12, scale = exp<8>>
!head8 = !qt.block<[1, 1, 1, ?], s8, scale = exp<8>>
!heads = !qt.block<[1, 1, 1, ?], s31, scale = exp<32>>
func.func @many_keys() {
  %rows = arith.constant dense<[1, 1, 66000, 4]> : tensor<4xi64>
  %ones = arith.constant dense<[1, 1, 66000, 1]> : tensor<4xi64>
  %m = arith.constant dense<[[[[96, -32, 64, 127]]]]> : tensor<1x1x1x4xi16>
  %v = arith.constant dense<[[[[96, -32, 64, 127]]]]> : tensor<1x1x1x4xi8>
  %e = arith.constant dense<-7> : tensor<1x1x1x1xi8>
  %ms = nn.expand %m, %rows : tensor<1x1x1x4xi16>, tensor<4xi64> -> tensor<1x1x?x4xi16>
  %vs = nn.expand %v, %rows : tensor<1x1x1x4xi8>, tensor<4xi64> -> tensor<1x1x?x4xi8>
  %es = nn.expand %e, %ones : tensor<1x1x1x1xi8>, tensor<4xi64> -> tensor<1x1x?x1xi8>
  %q = qt.join %m, %e : tensor<1x1x1x4xi16>, tensor<1x1x1x1xi8> -> tensor<1x1x1x4x!head12>
  %k = qt.join %ms, %es : tensor<1x1x?x4xi16>, tensor<1x1x?x1xi8> -> tensor<1x1x?x4x!head12>
  %w = qt.join %vs, %es : tensor<1x1x?x4xi8>, tensor<1x1x?x1xi8> -> tensor<1x1x?x4x!head8>
  %y = nn.attention %q, %k, %w {scale = 0.5 : f32, softcap = 2.0 : f32} : tensor<1x1x1x4x!head12>, tensor<1x1x?x4x!head12>, tensor<1x1x?x4x!head8> -> tensor<1x1x1x4x!heads>
  %f = qt.dequantize %y : tensor<1x1x1x4x!heads> -> tensor<1x1x1x4xf32>
  %f_e = arith.constant dense<[[[[0.75, -0.25, 0.5, 0.9921875]]]]> : tensor<1x1x1x4xf32>
  check.expect_close %f, %f_e {absolute = 1.0e-8 : f64} : tensor<1x1x1x4xf32>, tensor<1x1x1x4xf32>
  return
}

// A key that is not seen, however large: nothing is left of it, neither in the powers nor in what they are relative to. The
// two keys that are seen have scores 2 tanh(±1/4), so weights 1 and exp(-4 tanh(1/4)) of their sum: 0.7270 and 0.2730. Two
// weights of 8 bits leave 2^-8 of the values' 2.
!rows12 = !qt.block<[1, 1, 1, ?], s12, scale = exp<8>>
!rows8 = !qt.block<[1, 1, 1, ?], s8, scale = exp<8>>
func.func @hidden() {
  %n = arith.constant dense<2> : tensor<1xi64>
  %mask = arith.constant dense<[[[[0.0, 0.0, 0xFF800000]]]]> : tensor<1x1x1x3xf32>
  %mq = arith.constant dense<[[[[64]]]]> : tensor<1x1x1x1xi16>
  %mk = arith.constant dense<[[[[64], [-64], [127]]]]> : tensor<1x1x3x1xi16>
  %mv = arith.constant dense<[[[[64], [-64], [127]]]]> : tensor<1x1x3x1xi8>
  %eq = arith.constant dense<-6> : tensor<1x1x1x1xi8>
  %e = arith.constant dense<[[[[-6], [-6], [40]]]]> : tensor<1x1x3x1xi8>
  %q = qt.join %mq, %eq : tensor<1x1x1x1xi16>, tensor<1x1x1x1xi8> -> tensor<1x1x1x1x!rows12>
  %k = qt.join %mk, %e : tensor<1x1x3x1xi16>, tensor<1x1x3x1xi8> -> tensor<1x1x3x1x!rows12>
  %v = qt.join %mv, %e : tensor<1x1x3x1xi8>, tensor<1x1x3x1xi8> -> tensor<1x1x3x1x!rows8>
  %y_e = arith.constant dense<0.4541> : tensor<1x1x1x1xf32>
  %y = nn.attention %q, %k, %v lengths(%n : tensor<1xi64>) {scale = 0.5 : f32, softcap = 2.0 : f32} : tensor<1x1x1x1x!rows12>, tensor<1x1x3x1x!rows12>, tensor<1x1x3x1x!rows8> -> tensor<1x1x1x1x!heads>
  %f = qt.dequantize %y : tensor<1x1x1x1x!heads> -> tensor<1x1x1x1xf32>
  check.expect_close %f, %y_e {absolute = 0.008 : f64} : tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>
  // By a mask the same.
  %z = nn.attention %q, %k, %v mask(%mask : tensor<1x1x1x3xf32>) {scale = 0.5 : f32, softcap = 2.0 : f32} : tensor<1x1x1x1x!rows12>, tensor<1x1x3x1x!rows12>, tensor<1x1x3x1x!rows8> -> tensor<1x1x1x1x!heads>
  %g = qt.dequantize %z : tensor<1x1x1x1x!heads> -> tensor<1x1x1x1xf32>
  check.expect_close %g, %f {absolute = 0.0 : f64} : tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>
  return
}
