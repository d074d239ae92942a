// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @slice_step(%x: tensor<4xf32>, %i: tensor<1xi64>) {
  %s = arith.constant dense<0> : tensor<1xi64>
  // expected-error @below {{steps [0] have a 0}}
  %0 = nn.slice %x, %i, %i, %i, %s : tensor<4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<?xf32>
  return
}

// -----

func.func @slice_axis(%x: tensor<4xf32>, %i: tensor<1xi64>) {
  %a = arith.constant dense<-2> : tensor<1xi64>
  // expected-error @below {{axis -2 of a tensor of rank 1}}
  %0 = nn.slice %x, %i, %i, %a, %i : tensor<4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<?xf32>
  return
}

// -----

func.func @slice_twice(%x: tensor<4x4xf32>, %i: tensor<2xi64>) {
  %a = arith.constant dense<[1, -1]> : tensor<2xi64>
  // expected-error @below {{axes [1, -1] name an axis twice}}
  %0 = nn.slice %x, %i, %i, %a, %i : tensor<4x4xf32>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64> -> tensor<?x?xf32>
  return
}

// -----

func.func @slice_lists(%x: tensor<4x4xf32>, %i: tensor<2xi64>, %j: tensor<1xi64>) {
  // expected-error @below {{lists of 2 and 1 entries}}
  %0 = nn.slice %x, %i, %i, %j, %i : tensor<4x4xf32>, tensor<2xi64>, tensor<2xi64>, tensor<1xi64>, tensor<2xi64> -> tensor<?x?xf32>
  return
}

// -----

func.func @slice_result(%x: tensor<4x4xf32>) {
  %a = arith.constant dense<1> : tensor<1xi64>
  %e = arith.constant dense<-1> : tensor<1xi64>
  // expected-error @below {{result is of type 'tensor<4x3xf32>', expected 'tensor<4x2xf32>'}}
  %0 = nn.slice %x, %a, %e, %a, %a : tensor<4x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<4x3xf32>
  return
}

// -----

func.func @concat_axis(%x: tensor<4xf32>) {
  // expected-error @below {{'nn.concat' op axis 1 of tensors of rank 1}}
  %0 = nn.concat %x, %x {axis = 1 : i64} : tensor<4xf32>, tensor<4xf32> -> tensor<8xf32>
  return
}

// -----

func.func @concat_shapes(%x: tensor<4x3xf32>, %y: tensor<4x5xf32>) {
  // expected-error @below {{'nn.concat' op concatenation of 'tensor<4x3xf32>', 'tensor<4x5xf32>' along axis 0}}
  %0 = nn.concat %x, %y {axis = 0 : i64} : tensor<4x3xf32>, tensor<4x5xf32> -> tensor<8x3xf32>
  return
}

// -----

func.func @expand_shapes(%x: tensor<4x3xf32>) {
  %s = arith.constant dense<[2, 3]> : tensor<2xi64>
  // expected-error @below {{from 'tensor<4x3xf32>' to the shape [2, 3]}}
  %0 = nn.expand %x, %s : tensor<4x3xf32>, tensor<2xi64> -> tensor<4x3xf32>
  return
}

// -----

func.func @expand_negative(%x: tensor<4x3xf32>) {
  %s = arith.constant dense<[4, -1]> : tensor<2xi64>
  // expected-error @below {{from 'tensor<4x3xf32>' to the shape [4, -1]}}
  %0 = nn.expand %x, %s : tensor<4x3xf32>, tensor<2xi64> -> tensor<4x3xf32>
  return
}

// -----

func.func @expand_rank(%x: tensor<4x3xf32>, %s: tensor<3xi64>) {
  // expected-error @below {{from rank 2 by 3 sizes to rank 2}}
  %0 = nn.expand %x, %s : tensor<4x3xf32>, tensor<3xi64> -> tensor<4x3xf32>
  return
}

// -----

func.func @gather_index(%x: tensor<4x3xf32>) {
  %i = arith.constant dense<[0, -5]> : tensor<2xi64>
  // expected-error @below {{index -5 of a dimension of 4}}
  %0 = nn.gather %x, %i {axis = 0 : i64} : tensor<4x3xf32>, tensor<2xi64> -> tensor<2x3xf32>
  return
}

// -----

func.func @gather_axis(%x: tensor<4x3xf32>, %i: tensor<2xi64>) {
  // expected-error @below {{'nn.gather' op axis 2 of a tensor of rank 2}}
  %0 = nn.gather %x, %i {axis = 2 : i64} : tensor<4x3xf32>, tensor<2xi64> -> tensor<2x3xf32>
  return
}

// -----

func.func @shape_range(%x: tensor<4x3xf32>) {
  // expected-error @below {{dimensions 1 to 3 of a tensor of rank 2}}
  %0 = nn.shape %x {start = 1 : i64, end = 3 : i64} : tensor<4x3xf32> -> tensor<2xi64>
  return
}

// -----

func.func @shape_rank(%x: tensor<4x3xf32>) {
  // expected-error @below {{'nn.shape' op result #0 must be 1D tensor of i64, but got 'tensor<i64>'}}
  %0 = "nn.shape"(%x) {start = 0 : i64, end = 1 : i64} : (tensor<4x3xf32>) -> tensor<i64>
  return
}

// -----

func.func @concat_nothing() {
  // expected-error @below {{'nn.concat' op concatenation of no tensors}}
  %0 = "nn.concat"() {axis = 0 : i64} : () -> tensor<4x8xf32>
  return
}

// -----

func.func @concat_overflow(%x: tensor<9223372036854775800xi64>) {
  // expected-error @below {{'nn.concat' op concatenation of}}
  %0 = nn.concat %x, %x {axis = 0 : i64} : tensor<9223372036854775800xi64>, tensor<9223372036854775800xi64> -> tensor<?xi64>
  return
}
