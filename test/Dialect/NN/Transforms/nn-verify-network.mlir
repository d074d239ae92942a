// RUN: quant-opt %s -nn-verify-network -split-input-file -verify-diagnostics

func.func @not_a_number(%x: tensor<?x3xf32>) -> tensor<?x2xf32> {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [0x7FC00000, 0x7FC00000]]> : tensor<3x2xf32> loc("w")
  %t = nn.transpose %w perm [1, 0] : tensor<3x2xf32> -> tensor<2x3xf32>
  // expected-error @below {{'nn.matmul' op weight 'w' is NaN at [2, 0]; supported: finite numbers}}
  %y = nn.matmul %x, %t : tensor<?x3xf32>, tensor<2x3xf32> -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// -----

func.func @infinite(%x: tensor<?x5x2xf32>) -> tensor<?x5x1xf32> {
  %w = arith.constant dense<[[[1.0, 0xFF800000]]]> : tensor<1x1x2xf32> loc("kernel")
  // expected-error @below {{'nn.conv' op weight 'kernel' is infinite at [0, 0, 1]}}
  %y = nn.conv %x, %w kernel [1] strides [1] dilations [1] pads [0, 0] groups 1 : tensor<?x5x2xf32>, tensor<1x1x2xf32> -> tensor<?x5x1xf32>
  return %y : tensor<?x5x1xf32>
}

// -----

func.func @too_large(%x: tensor<?x2xf32>) -> tensor<?x1xf32> {
  %w = arith.constant dense<[[1.0, 1.0e300]]> : tensor<1x2xf64> loc("wide")
  %c = nn.cast %w : tensor<1x2xf64> to tensor<1x2xf32>
  // expected-error @below {{weight 'wide' is beyond float32 at [0, 1]}}
  %y = nn.matmul %x, %c : tensor<?x2xf32>, tensor<1x2xf32> -> tensor<?x1xf32>
  return %y : tensor<?x1xf32>
}

// -----

// A mask is no weight.
func.func @mask(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = arith.constant dense<1.0> : tensor<2x2xf32>
  %m = arith.constant dense<[0.0, 0xFF800000]> : tensor<2xf32>
  %y = nn.matmul %x, %w : tensor<?x2xf32>, tensor<2x2xf32> -> tensor<?x2xf32>
  %z = nn.binary add %y, %m : tensor<?x2xf32>, tensor<2xf32> -> tensor<?x2xf32>
  return %z : tensor<?x2xf32>
}

// -----

func.func @no_weights(%x: tensor<?x2xf32>) -> tensor<?x0xf32> {
  %w = arith.constant dense<> : tensor<0x2xf32> loc("w")
  // expected-error @below {{weight 'w' of type 'tensor<0x2xf32>' has no elements}}
  %y = nn.matmul %x, %w : tensor<?x2xf32>, tensor<0x2xf32> -> tensor<?x0xf32>
  return %y : tensor<?x0xf32>
}

// -----

func.func @no_depth(%x: tensor<?x3xf32>, %s: tensor<2xi64>, %w: tensor<4x?xf32>) -> tensor<?x4xf32> {
  %e = nn.reshape %x, %s : tensor<?x3xf32>, tensor<2xi64> -> tensor<?x0xf32>
  // expected-error @below {{contracts no elements: operand #0 is of type 'tensor<?x0xf32>'}}
  %y = nn.matmul %e, %w : tensor<?x0xf32>, tensor<4x?xf32> -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// expected-error @unknown {{input 'x' of a network has the size 0 in dim 0}}
func.func @no_input(%x: tensor<0x2xf32> loc("x")) -> tensor<0x2xf32> {
  %w = arith.constant dense<1.0> : tensor<2x2xf32>
  %y = nn.matmul %x, %w : tensor<0x2xf32>, tensor<2x2xf32> -> tensor<0x2xf32>
  return %y : tensor<0x2xf32>
}

// -----

// Without a contraction there is no network.
func.func @no_network(%x: tensor<0x2xf32>) -> tensor<2xf32> {
  %y = nn.reduce sum %x axes [0] : tensor<0x2xf32> -> tensor<2xf32>
  return %y : tensor<2xf32>
}
