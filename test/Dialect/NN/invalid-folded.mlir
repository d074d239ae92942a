// Constants that become known may be no axes and no indices. The folds leave
// such ops alone, and the verifier says what is wrong.
// RUN: quant-opt %s -canonicalize -split-input-file -verify-diagnostics

func.func @slice(%a: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %c3 = arith.constant dense<3> : tensor<1xi64>
  %c4 = arith.constant dense<4> : tensor<1xi64>
  %c1 = arith.constant dense<1> : tensor<1xi64>
  %c0 = arith.constant dense<0> : tensor<1xi64>
  %axes = arith.addi %c3, %c4 : tensor<1xi64>
  // expected-error @below {{'nn.slice' op axis 7 of a tensor of rank 2}}
  %r = nn.slice %a, %c0, %c4, %axes, %c1 : tensor<3x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<3x4xf32>
  return %r : tensor<3x4xf32>
}

// -----

func.func @gather(%a: tensor<3x4xf32>) -> tensor<4xf32> {
  %c3 = arith.constant dense<3> : tensor<i64>
  %c4 = arith.constant dense<4> : tensor<i64>
  %i = arith.addi %c3, %c4 : tensor<i64>
  // expected-error @below {{'nn.gather' op index 7 of a dimension of 3}}
  %r = nn.gather %a, %i {axis = 0 : i64} : tensor<3x4xf32>, tensor<i64> -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

func.func @sink(%a: tensor<1x4x4x8xf32>) -> tensor<1x8x4x4xf32> {
  %c3 = arith.constant dense<3> : tensor<1xi64>
  %c4 = arith.constant dense<4> : tensor<1xi64>
  %c1 = arith.constant dense<1> : tensor<1xi64>
  %c0 = arith.constant dense<0> : tensor<1xi64>
  %axes = arith.addi %c3, %c4 : tensor<1xi64>
  %t = nn.transpose %a perm [0, 3, 1, 2] : tensor<1x4x4x8xf32> -> tensor<1x8x4x4xf32>
  // expected-error @below {{'nn.slice' op axis 7 of a tensor of rank 4}}
  %r = nn.slice %t, %c0, %c4, %axes, %c1 : tensor<1x8x4x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<1x8x4x4xf32>
  return %r : tensor<1x8x4x4xf32>
}
