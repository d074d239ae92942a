// RUN: quant-opt %s -qt-integerize -split-input-file -verify-diagnostics

// Before the border, where inputs are scaled in floats.
func.func @factor(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %c = arith.constant dense<[[1.0, 2.0], [0xFF800000, 3.0]]> : tensor<2x2xf32> loc("gain")
  // expected-error @below {{constant 'gain' is infinite at [1, 0]; supported: finite numbers}}
  %0 = nn.binary mul %x, %c : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}

// -----

// All at once, with the weights.
func.func @none(%x: tensor<2x2xf32>, %c: tensor<2x2xi1>) -> (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xi1>, tensor<2x2xf32>) {
  %nan = arith.constant dense<[1.0, 0x7FC00000]> : tensor<2xf32> loc("shift")
  // expected-error @below {{constant 'shift' is NaN at [1]; supported: numbers}}
  %0 = nn.binary add %x, %nan : tensor<2x2xf32>, tensor<2xf32> -> tensor<2x2xf32>
  // expected-error @below {{limit 'min' is NaN; supported: numbers}}
  %1 = nn.clip %x min 0x7FF8000000000000 max 1.0 : tensor<2x2xf32>
  // expected-error @below {{constant 'shift' is NaN at [1]; supported: numbers}}
  %2 = nn.compare lt %x, %nan : tensor<2x2xf32>, tensor<2xf32> -> tensor<2x2xi1>
  %w = arith.constant dense<[[1.0, 0x7FC00000], [1.0, 1.0]]> : tensor<2x2xf32> loc("w")
  %wq = qt.quantize %w {encoding = #qt.encoding<absmax, -127..127>} : tensor<2x2xf32> -> tensor<2x2x!qt.block<[1, ?], s8, scale = f32>>
  // expected-error @below {{weight 'w' is NaN at [0, 1]; supported: finite numbers}}
  %3 = nn.matmul %x, %wq : tensor<2x2xf32>, tensor<2x2x!qt.block<[1, ?], s8, scale = f32>> -> tensor<2x2xf32>
  return %0, %1, %2, %3 : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xi1>, tensor<2x2xf32>
}

// -----

// What an infinity is chosen, compared or added for is there, and floats have
// quotients by 0.
func.func @infinities(%x: tensor<2x2xf32>, %c: tensor<2x2xi1>) -> (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xi1>, tensor<2x2xf32>) {
  %far = arith.constant dense<0xFF800000> : tensor<1xf32>
  %zero = arith.constant dense<0.0> : tensor<1xf32>
  %0 = nn.select %c, %x, %far : tensor<2x2xi1>, tensor<2x2xf32>, tensor<1xf32> -> tensor<2x2xf32>
  %1 = nn.binary add %x, %far : tensor<2x2xf32>, tensor<1xf32> -> tensor<2x2xf32>
  %2 = nn.compare lt %x, %far : tensor<2x2xf32>, tensor<1xf32> -> tensor<2x2xi1>
  %3 = nn.binary div %x, %zero : tensor<2x2xf32>, tensor<1xf32> -> tensor<2x2xf32>
  return %0, %1, %2, %3 : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xi1>, tensor<2x2xf32>
}

// -----

// Behind it integers have neither.
func.func @behind(%x: tensor<2x2xf32>) -> (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>) {
  %far = arith.constant dense<[0.0, 0xFF800000]> : tensor<2xf32> loc("far")
  %zero = arith.constant dense<[[1.0, 1.0], [0.0, 0.0]]> : tensor<2x2xf32> loc("zero")
  %y = nn.unary relu %x : tensor<2x2xf32>
  // expected-error @below {{constant 'far' is infinite at [1]; supported: finite numbers}}
  %0 = nn.binary add %y, %far : tensor<2x2xf32>, tensor<2xf32> -> tensor<2x2xf32>
  // expected-error @below {{constant 'zero' is 0 at [1, 0]; supported: divisors other than 0}}
  %1 = nn.binary div %y, %zero : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32>
  // expected-error @below {{constant 'far' is infinite at [1]; supported: finite numbers}}
  %2 = nn.rms_norm %y, %far {axis = 1 : i64, epsilon = 1.0e-5 : f32} : tensor<2x2xf32>, tensor<2xf32>
  // expected-error @below {{constant 'zero' is 0 at [1, 0]; supported: divisors other than 0}}
  %3 = nn.binary fmod %y, %zero : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32>
  %4 = nn.binary div %zero, %y : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32>
  return %0, %1, %2, %3, %4 : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>
}

// -----

// One node's constants that are wrong in the same way are so once.
// expected-error @unknown {{'nn.binary' op constant that its parameters make is NaN at [1]; supported: numbers}}
func.func @once(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %nan = arith.constant dense<[1.0, 0x7FC00000]> : tensor<2xf32> loc("norm")
  %0 = nn.binary mul %x, %nan : tensor<2x2xf32>, tensor<2xf32> -> tensor<2x2xf32> loc("norm")
  %1 = nn.binary add %0, %nan : tensor<2x2xf32>, tensor<2xf32> -> tensor<2x2xf32> loc("norm")
  return %1 : tensor<2x2xf32>
}

// -----

// A number that has no name, or several.
func.func @numbers(%x: tensor<2x2xf32>) -> (tensor<2x2xf32>, tensor<2x2xf32>) {
  %none = arith.constant dense<0x7FC00000> : tensor<f32> loc(unknown)
  // expected-error @below {{'nn.binary' op constant that its parameters make is NaN; supported: numbers}}
  %0 = nn.binary max %x, %none : tensor<2x2xf32>, tensor<f32> -> tensor<2x2xf32>
  %both = arith.constant dense<0x7FC00000> : tensor<f32> loc(fused["low", "high"])
  // expected-error @below {{'nn.binary' op constant 'low' or 'high' is NaN; supported: numbers}}
  %1 = nn.binary min %both, %x : tensor<f32>, tensor<2x2xf32> -> tensor<2x2xf32>
  return %0, %1 : tensor<2x2xf32>, tensor<2x2xf32>
}

// -----

#byte = #qt.encoding<absmax, -127..127>
!w8 = !qt.block<[1, ?, ?], s8, scale = f32>

// Whether sums fit depends on the weights: a row of several groups is not cut.
func.func @groups(%x: tensor<1x300x64xf32>) -> (tensor<1x1x2xf32>, tensor<1x1x2xf32>) {
  %ones = arith.constant dense<1.0> : tensor<2x300x32xf32>
  %w = qt.quantize %ones {encoding = #byte} : tensor<2x300x32xf32> -> tensor<2x300x32x!w8>
  // expected-error @below {{sums of output 0 over 32 channels may reach 2477414400 for some input}}
  %0 = nn.conv %x, %w kernel [300] strides [1] dilations [1] pads [0, 0] groups 2 : tensor<1x300x64xf32>, tensor<2x300x32x!w8> -> tensor<1x1x2xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x300x32xf32>
  %z = qt.quantize %zeros {encoding = #byte} : tensor<2x300x32xf32> -> tensor<2x300x32x!w8>
  %1 = nn.conv %x, %z kernel [300] strides [1] dilations [1] pads [0, 0] groups 2 : tensor<1x300x64xf32>, tensor<2x300x32x!w8> -> tensor<1x1x2xf32>
  return %0, %1 : tensor<1x1x2xf32>, tensor<1x1x2xf32>
}
