// RUN: quant-opt %s -split-input-file -qt-integerize -verify-diagnostics

// All ops without a form are named.
// expected-error @below {{ops without an integer-only form (2): nn.compare 'first', nn.select 'second'}}
func.func @all(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = nn.compare lt %x, %x : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xi1> loc("first")
  %1 = nn.select %0, %x, %x : tensor<?x4xi1>, tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32> loc("second")
  return %1 : tensor<?x4xf32>
}

// -----

func.func @kind(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // expected-error @below {{'exp' has no integer-only form; supported: relu, neg, abs, sigmoid, tanh, erf}}
  %0 = nn.unary exp %x : tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

func.func @dynamic_row(%x: tensor<4x?xf32>) -> tensor<4x?xf32> {
  %g = arith.constant dense<1.0> : tensor<1xf32>
  // expected-error @below {{over dimension 1 of 'tensor<4x?xf32>' has no integer-only form; supported: static sizes}}
  %0 = nn.rms_norm %x, %g {axis = 1 : i64, epsilon = 1.0e-5 : f32} : tensor<4x?xf32>, tensor<1xf32>
  return %0 : tensor<4x?xf32>
}

// -----

func.func @examples(%x: tensor<4x6xf32>) -> tensor<24xf32> {
  %s = arith.constant dense<[24]> : tensor<1xi64>
  %0 = nn.unary relu %x : tensor<4x6xf32>
  // expected-error @below {{would give several examples one exponent; supported: shapes with the same first dimension}}
  %1 = nn.reshape %0, %s : tensor<4x6xf32>, tensor<1xi64> -> tensor<24xf32>
  return %1 : tensor<24xf32>
}

// -----

func.func @computed(%x: tensor<4x6xf32>) -> tensor<4x4xf32> {
  // expected-error @below {{product of two values that are computed has no integer-only form; supported: constant weights}}
  %0 = nn.matmul %x, %x : tensor<4x6xf32>, tensor<4x6xf32> -> tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}

// -----

func.func @softcap(%q: tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
  // expected-error @below {{with softcap = 3.000000e+01 : f32 has no integer-only form; supported: a scale, a mask, lengths, an offset, causal and windows, and no softcap}}
  %0 = nn.attention %q, %q, %q {scale = 0.5 : f32, softcap = 30.0 : f32} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  return %0 : tensor<1x2x3x4xf32>
}
