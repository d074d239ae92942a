// RUN: quant-opt %s -split-input-file -qt-integerize -verify-diagnostics

// What has a form for other shapes, kinds and values says which, and names its operands.

func.func @heads(%q: tensor<1x?x4x8xf32>) -> tensor<1x?x4x8xf32> {
  // expected-error @below {{'nn.attention' op of an open number of heads has no integer-only form; supported: static numbers of heads}}
  %0 = nn.attention %q, %q, %q {scale = 0.5 : f32} : tensor<1x?x4x8xf32>, tensor<1x?x4x8xf32>, tensor<1x?x4x8xf32> -> tensor<1x?x4x8xf32>
  return %0 : tensor<1x?x4x8xf32>
}

// -----

func.func @large_heads(%q: tensor<1x1x4x8192xf32>) -> tensor<1x1x4x8192xf32> {
  // expected-error @below {{of heads of 8192 elements has no integer-only form; supported: a static size of up to 512}}
  %0 = nn.attention %q, %q, %q {scale = 0.5 : f32} : tensor<1x1x4x8192xf32>, tensor<1x1x4x8192xf32>, tensor<1x1x4x8192xf32> -> tensor<1x1x4x8192xf32>
  return %0 : tensor<1x1x4x8192xf32>
}

// -----

func.func @keys(%q: tensor<1x1x1x8xf32>, %k: tensor<1x1x70000x8xf32>) -> tensor<1x1x1x8xf32> {
  // expected-error @below {{over 70000 keys has no integer-only form; supported: up to 65793}}
  %0 = nn.attention %q, %k, %k {scale = 0.5 : f32} : tensor<1x1x1x8xf32>, tensor<1x1x70000x8xf32>, tensor<1x1x70000x8xf32> -> tensor<1x1x1x8xf32>
  return %0 : tensor<1x1x1x8xf32>
}

// -----

func.func @scalar(%x: tensor<4xi64>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %r = nn.unary relu %y : tensor<4xf32>
  %n = nn.reduce sum %x axes [0] : tensor<4xi64> -> tensor<i64>
  // expected-error @below {{'nn.cast' op from 'tensor<i64>' to 'tensor<f32>' has no integer-only form; supported: of inputs, of integers that have a dimension, and of floats to integers}}
  %0 = nn.cast %n : tensor<i64> to tensor<f32>
  %1 = nn.binary mul %r, %0 : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

func.func @axis(%x: tensor<4x6xf32>) -> tensor<4x6xf32> {
  // expected-error @below {{'nn.softmax' op along axis 0 has no integer-only form; supported: the last one}}
  %0 = nn.softmax %x {axis = 0 : i64} : tensor<4x6xf32>
  return %0 : tensor<4x6xf32>
}

// -----

func.func @pad(%x: tensor<4x6xf32>) -> tensor<4x8xf32> {
  %r = nn.unary relu %x : tensor<4x6xf32>
  // expected-error @below {{'nn.pad' op 'constant' with 2.000000e+00 has no integer-only form; supported: zeros, what lies below or above all others, and the other modes}}
  %0 = nn.pad constant %r low [0, 1] high [0, 1] {value = 2.0 : f64} : tensor<4x6xf32> -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// -----

func.func @norm(%x: tensor<2x40000xf32>) -> tensor<2x40000xf32> {
  %g = arith.constant dense<1.0> : tensor<1xf32>
  // expected-error @below {{'nn.rms_norm' op over 40000 elements has no integer-only form; supported: 1 to 32768}}
  %0 = nn.rms_norm %x, %g {axis = 1 : i64, epsilon = 1.0e-5 : f32} : tensor<2x40000xf32>, tensor<1xf32>
  return %0 : tensor<2x40000xf32>
}

// -----

func.func @windows(%x: tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32> {
  // expected-error @below {{'lp' with these windows has no integer-only form}}
  %0 = nn.pool lp %x kernel [1, 1] strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] {p = 3 : i64} : tensor<1x4x4x2xf32> -> tensor<1x4x4x2xf32>
  return %0 : tensor<1x4x4x2xf32>
}

// -----

func.func @to_scalar(%x: tensor<1xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %s = arith.constant dense<> : tensor<0xi64>
  %r = nn.unary relu %x : tensor<1xf32>
  // expected-error @below {{'nn.reshape' op from 'tensor<1xf32>' to 'tensor<f32>' has no integer-only form; supported: shapes of at least one dimension}}
  %0 = nn.reshape %r, %s : tensor<1xf32>, tensor<0xi64> -> tensor<f32>
  %1 = nn.binary mul %y, %0 : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  return %1 : tensor<4xf32>
}
