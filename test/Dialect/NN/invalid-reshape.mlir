// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @reshape_count(%x: tensor<4x8xf32>, %s: tensor<1xi64>) {
  // expected-error @below {{from 32 elements of 'tensor<4x8xf32>' to 33 of 'tensor<33xf32>'}}
  %0 = nn.reshape %x, %s : tensor<4x8xf32>, tensor<1xi64> -> tensor<33xf32>
  return
}

// -----

func.func @reshape_rank(%x: tensor<4x8xf32>, %s: tensor<1xi64>) {
  // expected-error @below {{shape has 1 sizes, the result rank 2}}
  %0 = nn.reshape %x, %s : tensor<4x8xf32>, tensor<1xi64> -> tensor<8x4xf32>
  return
}

// -----

func.func @reshape_shape_rank(%x: tensor<4xf32>, %s: tensor<1x1xi64>) {
  // expected-error @below {{operand #1 must be 1D tensor of i64, but got 'tensor<1x1xi64>'}}
  %0 = nn.reshape %x, %s : tensor<4xf32>, tensor<1x1xi64> -> tensor<4xf32>
  return
}

// -----

func.func @reshape_open(%x: tensor<?xf32>) {
  %s = arith.constant dense<-1> : tensor<2xi64>
  // expected-error @below {{shape [-1, -1] has more than one -1}}
  %0 = nn.reshape %x, %s : tensor<?xf32>, tensor<2xi64> -> tensor<?x?xf32>
  return
}

// -----

func.func @reshape_negative(%x: tensor<?xf32>) {
  %s = arith.constant dense<[4, -2]> : tensor<2xi64>
  // expected-error @below {{shape [4, -2] has a size of -2}}
  %0 = nn.reshape %x, %s : tensor<?xf32>, tensor<2xi64> -> tensor<?x?xf32>
  return
}

// -----

func.func @reshape_result(%x: tensor<?xf32>) {
  %s = arith.constant dense<[4, -1]> : tensor<2xi64>
  // expected-error @below {{shape [4, -1] and result 'tensor<5x?xf32>' differ}}
  %0 = nn.reshape %x, %s : tensor<?xf32>, tensor<2xi64> -> tensor<5x?xf32>
  return
}

// -----

func.func @reshape_element(%x: tensor<4xf32>, %s: tensor<1xi64>) {
  // expected-error @below {{result has elements of type 'i32', expected 'f32'}}
  %0 = nn.reshape %x, %s : tensor<4xf32>, tensor<1xi64> -> tensor<4xi32>
  return
}

// -----

func.func @transpose_range(%x: tensor<4x8xf32>) {
  // expected-error @below {{perm [2, 0] is no permutation of 2 dimensions}}
  %0 = nn.transpose %x perm [2, 0] : tensor<4x8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @transpose_twice(%x: tensor<4x4xf32>) {
  // expected-error @below {{perm [0, 0] is no permutation of 2 dimensions}}
  %0 = nn.transpose %x perm [0, 0] : tensor<4x4xf32> -> tensor<4x4xf32>
  return
}

// -----

func.func @stated(%x: tensor<2x3xf32>) -> tensor<?xf32> {
  %s = arith.constant dense<7> : tensor<1xi64>
  // expected-error @below {{from 6 elements of 'tensor<2x3xf32>' to 7 of 'tensor<7xf32>'}}
  %0 = nn.reshape %x, %s : tensor<2x3xf32>, tensor<1xi64> -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
