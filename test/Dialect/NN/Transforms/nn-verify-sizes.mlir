// RUN: quant-opt %s -split-input-file -nn-verify-sizes -verify-diagnostics

// Sizes of sizes, and data that decides none.
func.func @fits(%x: tensor<?x4xf32>, %i: tensor<?xi64>) -> (tensor<4x?xf32>, tensor<?x4xf32>) {
  %minus = arith.constant dense<-1> : tensor<1xi64>
  %n = nn.shape %x {start = 0 : i64, end = 1 : i64} : tensor<?x4xf32> -> tensor<1xi64>
  %four = arith.constant dense<4> : tensor<1xi64>
  %shape = nn.concat %four, %n {axis = 0 : i64} : tensor<1xi64>, tensor<1xi64> -> tensor<2xi64>
  %0 = nn.reshape %x, %shape : tensor<?x4xf32>, tensor<2xi64> -> tensor<4x?xf32>
  %1 = nn.gather %x, %i {axis = 0 : i64} : tensor<?x4xf32>, tensor<?xi64> -> tensor<?x4xf32>
  return %0, %1 : tensor<4x?xf32>, tensor<?x4xf32>
}

// -----

func.func @reshape(%x: tensor<?x4xf32>, %s: tensor<2xi64> loc("s")) -> tensor<?x?xf32> {
  // expected-error @below {{'nn.reshape' op size of dim 0 depends on the data of operand #1, which comes from 's'; supported: sizes that follow from the sizes of the model's inputs}}
  %0 = nn.reshape %x, %s : tensor<?x4xf32>, tensor<2xi64> -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}

// -----

// By way of other ops, and once: what is made from it has no other fault.
func.func @slice(%x: tensor<?x4xf32>, %e: tensor<1xi32> loc("end")) -> tensor<?x4xf32> {
  %zero = arith.constant dense<0> : tensor<1xi64>
  %one = arith.constant dense<1> : tensor<1xi64>
  %end = nn.cast %e : tensor<1xi32> to tensor<1xi64> loc("end64")
  // expected-error @below {{'nn.slice' op size of dim 0 depends on the data of operand #2, which comes from 'end64'}}
  %0 = nn.slice %x, %zero, %end, %zero, %one : tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<?x4xf32>
  %1 = nn.unary neg %0 : tensor<?x4xf32>
  return %1 : tensor<?x4xf32>
}

// -----

// A number given beside a size: the size is not the cause, and what asks for
// the result's size has no other fault.
func.func @beside_a_size(%x: tensor<?x4xf32> loc("x"), %p: tensor<1xi64> loc("p")) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %four = arith.constant dense<4> : tensor<1xi64>
  %n = nn.shape %x {start = 0 : i64, end = 1 : i64} : tensor<?x4xf32> -> tensor<1xi64> loc("n")
  %sum = nn.binary add %n, %p : tensor<1xi64>, tensor<1xi64> -> tensor<1xi64> loc("sum")
  %shape = nn.concat %sum, %four {axis = 0 : i64} : tensor<1xi64>, tensor<1xi64> -> tensor<2xi64>
  %one = arith.constant dense<1.0> : tensor<1x1xf32>
  // expected-error @below {{'nn.expand' op size of dim 0 depends on the data of operand #1, which comes from 'sum'}}
  %0 = nn.expand %one, %shape : tensor<1x1xf32>, tensor<2xi64> -> tensor<?x4xf32>
  %m = nn.shape %0 {start = 0 : i64, end = 2 : i64} : tensor<?x4xf32> -> tensor<2xi64>
  %1 = nn.expand %one, %m : tensor<1x1xf32>, tensor<2xi64> -> tensor<?x4xf32>
  return %0, %1 : tensor<?x4xf32>, tensor<?x4xf32>
}
