// RUN: quant-opt %s -split-input-file -interpret -verify-diagnostics

func.func @holds() {
  %a = arith.constant dense<[1.0, 0x7FC00000, 2.0]> : tensor<3xf32>
  %b = arith.constant dense<[1.0, 0xFFC00001, 2.0]> : tensor<3xf32>
  %c = arith.constant dense<[1.01, 0x7FC00000, 2.02]> : tensor<3xf32>
  %d = arith.constant dense<[0x3F800001, 0x7FC00000, 0x40000001]> : tensor<3xf32>
  check.expect_eq %a, %b : tensor<3xf32>, tensor<3xf32>
  check.expect_close %a, %c {relative = 0.011 : f64} : tensor<3xf32>, tensor<3xf32>
  check.expect_close %a, %c {absolute = 0.021 : f64} : tensor<3xf32>, tensor<3xf32>
  check.expect_almost %a, %d : tensor<3xf32>, tensor<3xf32>
  return
}

// -----

func.func @eq() {
  %a = arith.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi64>
  %b = arith.constant dense<[[1, 2], [5, 5]]> : tensor<2x2xi64>
  // expected-error @below {{'check.expect_eq' op element [1, 0]: got 3, expected 5; 2 of 4 differ}}
  check.expect_eq %a, %b : tensor<2x2xi64>, tensor<2x2xi64>
  return
}

// -----

func.func @eq_zero() {
  %a = arith.constant dense<0.0> : tensor<f32>
  %b = arith.constant dense<-0.0> : tensor<f32>
  // expected-error @below {{element []: got 0, expected -0; 1 of 1 differ}}
  check.expect_eq %a, %b : tensor<f32>, tensor<f32>
  return
}

// -----

func.func @close() {
  %a = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %b = arith.constant dense<[1.0, 2.5]> : tensor<2xf32>
  // expected-error @below {{element [1]: got 2, expected 2.5; 1 of 2 differ}}
  check.expect_close %a, %b {absolute = 0.4 : f64} : tensor<2xf32>, tensor<2xf32>
  return
}

// -----

func.func @close_nan() {
  %a = arith.constant dense<0x7FC00000> : tensor<1xf32>
  %b = arith.constant dense<0x7F800000> : tensor<1xf32>
  // expected-error @below {{element [0]: got NaN, expected +Inf; 1 of 1 differ}}
  check.expect_close %a, %b {absolute = 0.4 : f64} : tensor<1xf32>, tensor<1xf32>
  return
}

// -----

func.func @almost() {
  %a = arith.constant dense<1.0> : tensor<1xf32>
  %b = arith.constant dense<0x3F800003> : tensor<1xf32>
  // expected-error @below {{1 of 1 differ}}
  check.expect_almost %a, %b {ulps = 2 : i64} : tensor<1xf32>, tensor<1xf32>
  return
}

// -----

func.func @invalid(%a: tensor<2xf32>, %b: tensor<3xf32>) {
  // expected-error @below {{'check.expect_eq' op never equal: 'tensor<2xf32>' and 'tensor<3xf32>'}}
  check.expect_eq %a, %b : tensor<2xf32>, tensor<3xf32>
  return
}

// -----

func.func @almost_type(%a: tensor<2xi32>) {
  // expected-error @below {{elements of type 'i32'; supported: f32}}
  check.expect_almost %a, %a : tensor<2xi32>, tensor<2xi32>
  return
}
