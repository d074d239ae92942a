// RUN: quant-opt %s -nn-fold-constants -verify-diagnostics

func.func @fails() -> tensor<1xf32> {
  %x = arith.constant dense<1.0> : tensor<3xf32>
  %i = arith.constant dense<3> : tensor<1xi64>
  %j = nn.unary neg %i : tensor<1xi64>
  %k = nn.binary sub %j, %i : tensor<1xi64>, tensor<1xi64> -> tensor<1xi64>
  // expected-error @below {{'nn.gather' op index -6 of a dimension of 3}}
  %y = nn.gather %x, %k {axis = 0 : i64} : tensor<3xf32>, tensor<1xi64> -> tensor<1xf32>
  return %y : tensor<1xf32>
}
