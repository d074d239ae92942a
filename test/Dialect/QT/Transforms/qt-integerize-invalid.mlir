// RUN: quant-opt %s -split-input-file -qt-integerize -verify-diagnostics

// All ops without a form are named, each node once.
// expected-error @unknown {{'qt.hadamard' op has no integer-only form; supported: the ops of docs/integer-only.md with one result}}
func.func @all(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = qt.hadamard 4 %x : tensor<?x4xf32> loc("first")
  %1 = qt.hadamard 4 %0 : tensor<?x4xf32> loc("second")
  %2 = qt.hadamard 4 %1 : tensor<?x4xf32> loc("second")
  return %2 : tensor<?x4xf32>
}

// -----

func.func @kind(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // expected-error @below {{'tan' has no integer-only form; supported: relu, neg, abs, sign, sigmoid, tanh, erf, sqrt, rsqrt, reciprocal, exp, expm1, log, log1p, softplus, sin, cos, floor, ceil, round}}
  %0 = nn.unary tan %x : tensor<?x4xf32>
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

func.func @long(%x: tensor<2x4x133145xf32>) -> tensor<2x4x4xf32> {
  // expected-error @below {{over 133145 elements has no integer-only form; supported: up to 133144}}
  %0 = nn.matmul %x, %x : tensor<2x4x133145xf32>, tensor<2x4x133145xf32> -> tensor<2x4x4xf32>
  return %0 : tensor<2x4x4xf32>
}

// -----

func.func @vector(%x: tensor<4x6xf32>, %y: tensor<6xf32>) -> tensor<4xf32> {
  // expected-error @below {{supported: two sides of rank 2 or more, and weights of rank 2 on the right}}
  %0 = nn.matmul %x, %y : tensor<4x6xf32>, tensor<6xf32> -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @weights(%x: tensor<1x4x4x8xf32>, %w: tensor<8x1x8xf32>) -> tensor<1x4x4x8xf32> {
  // expected-error @below {{of weights that are computed has no integer-only form; supported: constant weights}}
  %0 = nn.conv %x, %w kernel [1, 1] strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1 : tensor<1x4x4x8xf32>, tensor<8x1x8xf32> -> tensor<1x4x4x8xf32>
  return %0 : tensor<1x4x4x8xf32>
}

// -----

func.func @scalar(%x: tensor<4x6xf32>) -> tensor<f32> {
  // expected-error @below {{to a scalar has no integer-only form; supported: results with a dimension}}
  %0 = nn.reduce sum %x axes [0, 1] : tensor<4x6xf32> -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

func.func @product(%x: tensor<4x6xf32>) -> tensor<4xf32> {
  // expected-error @below {{'prod' of this type has no integer-only form; supported: sum, mean, max, min, l1, l2, sumsq, and prod over sizes that are known, of 1 or more}}
  %0 = nn.reduce prod %x axes [1] : tensor<4x6xf32> -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @powers(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  // expected-error @below {{'pow' has no integer-only form; supported: add, sub, mul, div, mod, fmod, max, min, and pow of a constant exponent}}
  %0 = nn.binary pow %x, %x : tensor<?x2xf32>, tensor<?x2xf32> -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}

// -----

func.func @kept(%x: tensor<4x6xf32>) -> tensor<4x8xf32> {
  %w = arith.constant dense<1.0> : tensor<8x6xf32>
  // expected-error @below {{weights of type 'tensor<8x6xf32>', which the recipe keeps, have no integer-only form; supported: recipes that give them 8 or 4 bits, as w8a8g32 and w4a8 do}}
  %0 = nn.matmul %x, %w : tensor<4x6xf32>, tensor<8x6xf32> -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}
