// RUN: quant-opt %s -split-input-file -interpret -verify-diagnostics

// Below the layout stage there is only compiled code.
func.func @vectors() {
  // expected-error @below {{a constant of type 'vector<16xi8>' cannot be evaluated}}
  %a = arith.constant dense<1> : vector<16xi8>
  %r = qt.lookup %a in [3, 4] : vector<16xi8>
  return
}

// -----

func.func @index() {
  %x = arith.constant dense<1.0> : tensor<3xf32>
  %i = arith.constant dense<[0, 3]> : tensor<2xi64>
  // expected-error @below {{index 3 of a dimension of 3}}
  %y = nn.gather %x, %i {axis = 0 : i64} : tensor<3xf32>, tensor<2xi64> -> tensor<2xf32>
  return
}

// -----

func.func @huge() {
  // expected-error @below {{a constant of type 'tensor<10000000x10000000xf32>' does not fit in memory}}
  %x = arith.constant dense<1.0> : tensor<10000000x10000000xf32>
  %r = nn.reduce sum %x axes [0, 1] : tensor<10000000x10000000xf32> -> tensor<f32>
  return
}
