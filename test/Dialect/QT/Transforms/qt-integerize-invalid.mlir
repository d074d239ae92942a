// RUN: quant-opt %s -split-input-file -qt-integerize -verify-diagnostics

// All ops without a form are named.
// expected-error @below {{ops without an integer-only form (2): qt.hadamard 'first', qt.hadamard 'second'}}
func.func @all(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = qt.hadamard 4 %x : tensor<?x4xf32> loc("first")
  %1 = qt.hadamard 4 %0 : tensor<?x4xf32> loc("second")
  return %1 : tensor<?x4xf32>
}

// -----

func.func @kind(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // expected-error @below {{'floor' has no integer-only form; supported: relu, neg, abs, sigmoid, tanh, erf, sqrt, rsqrt, reciprocal, exp, log, and cos and sin of multiples of integer positions}}
  %0 = nn.unary floor %x : tensor<?x4xf32>
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

// -----

func.func @powers(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  // expected-error @below {{'pow' has no integer-only form; supported: add, sub, mul, div, max, min, and pow of a constant exponent}}
  %0 = nn.binary pow %x, %x : tensor<?x2xf32>, tensor<?x2xf32> -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}
