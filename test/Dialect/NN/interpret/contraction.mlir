// RUN: quant-opt %s -split-input-file -interpret -verify-diagnostics
// RUN: quant-opt %s -split-input-file -interpret=threads=3 -verify-diagnostics

func.func @matmul() {
  %x = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32>
  %w = arith.constant dense<[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, -1.0], [0.5, 0.0]]> : tensor<5x2xf32>
  %y = nn.matmul %x, %w : tensor<3x2xf32>, tensor<5x2xf32> -> tensor<3x5xf32>
  %e = arith.constant dense<[[1.0, 2.0, 3.0, 0.0, 0.5], [3.0, 4.0, 7.0, 2.0, 1.5], [5.0, 6.0, 11.0, 4.0, 2.5]]> : tensor<3x5xf32>
  check.expect_eq %y, %e : tensor<3x5xf32>, tensor<3x5xf32>
  return
}

func.func @vectors() {
  %v = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %w = arith.constant dense<[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]> : tensor<3x2xf32>
  %vw = nn.matmul %v, %w : tensor<2xf32>, tensor<3x2xf32> -> tensor<3xf32>
  %vw_e = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  check.expect_eq %vw, %vw_e : tensor<3xf32>, tensor<3xf32>
  %wv = nn.matmul %w, %v : tensor<3x2xf32>, tensor<2xf32> -> tensor<3xf32>
  check.expect_eq %wv, %vw_e : tensor<3xf32>, tensor<3xf32>
  %vv = nn.matmul %v, %v : tensor<2xf32>, tensor<2xf32> -> tensor<f32>
  %vv_e = arith.constant dense<5.0> : tensor<f32>
  check.expect_eq %vv, %vv_e : tensor<f32>, tensor<f32>
  return
}

func.func @batches() {
  %x = arith.constant dense<[[[1.0], [2.0]], [[3.0], [4.0]]]> : tensor<2x2x1xf32>
  %w = arith.constant dense<[[[[1.0]]], [[[10.0]]], [[[100.0]]]]> : tensor<3x1x1x1xf32>
  %y = nn.matmul %x, %w : tensor<2x2x1xf32>, tensor<3x1x1x1xf32> -> tensor<3x2x2x1xf32>
  %e = arith.constant dense<[[[[1.0], [2.0]], [[3.0], [4.0]]], [[[10.0], [20.0]], [[30.0], [40.0]]], [[[100.0], [200.0]], [[300.0], [400.0]]]]> : tensor<3x2x2x1xf32>
  check.expect_eq %y, %e : tensor<3x2x2x1xf32>, tensor<3x2x2x1xf32>
  return
}

func.func @empty() {
  %x = arith.constant dense<> : tensor<2x0xf32>
  %w = arith.constant dense<> : tensor<3x0xf32>
  %y = nn.matmul %x, %w : tensor<2x0xf32>, tensor<3x0xf32> -> tensor<2x3xf32>
  %e = arith.constant dense<0.0> : tensor<2x3xf32>
  check.expect_eq %y, %e : tensor<2x3xf32>, tensor<2x3xf32>
  %rows = arith.constant dense<> : tensor<0x3xf32>
  %none = nn.matmul %rows, %e : tensor<0x3xf32>, tensor<2x3xf32> -> tensor<0x2xf32>
  %none_e = arith.constant dense<> : tensor<0x2xf32>
  check.expect_eq %none, %none_e : tensor<0x2xf32>, tensor<0x2xf32>
  return
}

// Two query heads share one key head; scores are 0 and ln 3 for query 1.
func.func @attention() {
  %q = arith.constant dense<[[[[0.0], [1.0]], [[1.0], [2.0]]]]> : tensor<1x2x2x1xf32>
  %k = arith.constant dense<[[[[0.0], [2.19722458]]]]> : tensor<1x1x2x1xf32>
  %v = arith.constant dense<[[[[4.0, 0.0], [8.0, 1.0]]]]> : tensor<1x1x2x2xf32>
  %y = nn.attention %q, %k, %v {scale = 0.5 : f32} : tensor<1x2x2x1xf32>, tensor<1x1x2x1xf32>, tensor<1x1x2x2xf32> -> tensor<1x2x2x2xf32>
  %e = arith.constant dense<[[[[6.0, 0.5], [7.0, 0.75]], [[7.0, 0.75], [7.6, 0.9]]]]> : tensor<1x2x2x2xf32>
  check.expect_close %y, %e {absolute = 1.0e-6 : f64} : tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>
  %causal = nn.attention %q, %k, %v {scale = 0.5 : f32, causal} : tensor<1x2x2x1xf32>, tensor<1x1x2x1xf32>, tensor<1x1x2x2xf32> -> tensor<1x2x2x2xf32>
  %causal_e = arith.constant dense<[[[[4.0, 0.0], [7.0, 0.75]], [[4.0, 0.0], [7.6, 0.9]]]]> : tensor<1x2x2x2xf32>
  check.expect_close %causal, %causal_e {absolute = 1.0e-6 : f64} : tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>
  // Query 0 sees nothing, query 1 the second key.
  %m = arith.constant dense<[[0xFF800000, 0xFF800000], [0xFF800000, 0.0]]> : tensor<2x2xf32>
  %masked = nn.attention %q, %k, %v mask(%m : tensor<2x2xf32>) {scale = 0.5 : f32} : tensor<1x2x2x1xf32>, tensor<1x1x2x1xf32>, tensor<1x1x2x2xf32> -> tensor<1x2x2x2xf32>
  %masked_e = arith.constant dense<[[[[0.0, 0.0], [8.0, 1.0]], [[0.0, 0.0], [8.0, 1.0]]]]> : tensor<1x2x2x2xf32>
  check.expect_eq %masked, %masked_e : tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>
  return
}

// All scores are 0, so that a row is the mean of the values it sees: 1, 2, 4, 8, 16.
func.func @attention_windows() {
  %q = arith.constant dense<0.0> : tensor<2x1x3x1xf32>
  %k = arith.constant dense<0.0> : tensor<2x1x5x1xf32>
  %v = arith.constant dense<[[[[1.0], [2.0], [4.0], [8.0], [16.0]]], [[[1.0], [2.0], [4.0], [8.0], [16.0]]]]> : tensor<2x1x5x1xf32>
  // Queries stand at keys 2, 3, 4.
  %a = nn.attention %q, %k, %v {scale = 1.0 : f32, causal, left_window = 1 : i64} : tensor<2x1x3x1xf32>, tensor<2x1x5x1xf32>, tensor<2x1x5x1xf32> -> tensor<2x1x3x1xf32>
  %ae = arith.constant dense<[[[[3.0], [6.0], [12.0]]], [[[3.0], [6.0], [12.0]]]]> : tensor<2x1x3x1xf32>
  check.expect_eq %a, %ae : tensor<2x1x3x1xf32>, tensor<2x1x3x1xf32>
  // At keys 0, 1, 2 of the first item and -2, -1, 0 of the second.
  %o = arith.constant dense<[0, -2]> : tensor<2xi64>
  %b = nn.attention %q, %k, %v offset(%o : tensor<2xi64>) {scale = 1.0 : f32, right_window = 1 : i64} : tensor<2x1x3x1xf32>, tensor<2x1x5x1xf32>, tensor<2x1x5x1xf32> -> tensor<2x1x3x1xf32>
  %be = arith.constant dense<[[[[1.5], [2.3333333], [3.75]]], [[[0.0], [1.0], [1.5]]]]> : tensor<2x1x3x1xf32>
  check.expect_close %b, %be {relative = 1.0e-6 : f64} : tensor<2x1x3x1xf32>, tensor<2x1x3x1xf32>
  // One length for all is that of each; neither more keys than there are nor fewer than none.
  %n = arith.constant dense<[2, 9]> : tensor<2xi64>
  %c = nn.attention %q, %k, %v lengths(%n : tensor<2xi64>) {scale = 1.0 : f32} : tensor<2x1x3x1xf32>, tensor<2x1x5x1xf32>, tensor<2x1x5x1xf32> -> tensor<2x1x3x1xf32>
  %ce = arith.constant dense<[[[[1.5], [1.5], [1.5]]], [[[6.2], [6.2], [6.2]]]]> : tensor<2x1x3x1xf32>
  check.expect_close %c, %ce {relative = 1.0e-6 : f64} : tensor<2x1x3x1xf32>, tensor<2x1x3x1xf32>
  %one = arith.constant dense<-1> : tensor<1xi64>
  %d = nn.attention %q, %k, %v lengths(%one : tensor<1xi64>) {scale = 1.0 : f32} : tensor<2x1x3x1xf32>, tensor<2x1x5x1xf32>, tensor<2x1x5x1xf32> -> tensor<2x1x3x1xf32>
  %de = arith.constant dense<0.0> : tensor<2x1x3x1xf32>
  check.expect_eq %d, %de : tensor<2x1x3x1xf32>, tensor<2x1x3x1xf32>
  // The largest numbers there are hide nothing, and everything.
  %far = arith.constant dense<[0x7FFFFFFFFFFFFFFF, 0x8000000000000000]> : tensor<2xi64>
  %e = nn.attention %q, %k, %v offset(%far : tensor<2xi64>) {scale = 1.0 : f32, causal} : tensor<2x1x3x1xf32>, tensor<2x1x5x1xf32>, tensor<2x1x5x1xf32> -> tensor<2x1x3x1xf32>
  %ee = arith.constant dense<[[[[6.2], [6.2], [6.2]]], [[[0.0], [0.0], [0.0]]]]> : tensor<2x1x3x1xf32>
  check.expect_close %e, %ee {relative = 1.0e-6 : f64} : tensor<2x1x3x1xf32>, tensor<2x1x3x1xf32>
  %f = nn.attention %q, %k, %v {scale = 1.0 : f32, left_window = 9223372036854775807 : i64, right_window = 9223372036854775807 : i64} : tensor<2x1x3x1xf32>, tensor<2x1x5x1xf32>, tensor<2x1x5x1xf32> -> tensor<2x1x3x1xf32>
  %fe = arith.constant dense<6.2> : tensor<2x1x3x1xf32>
  check.expect_close %f, %fe {relative = 1.0e-6 : f64} : tensor<2x1x3x1xf32>, tensor<2x1x3x1xf32>
  return
}

// Scores 0 and 2 become 0 and 2 tanh 1 = 1.5231883 before the mask adds ln 3 - 1.5231883.
func.func @attention_softcap() {
  %q = arith.constant dense<1.0> : tensor<1x1x1x1xf32>
  %k = arith.constant dense<[[[[0.0], [2.0]]]]> : tensor<1x1x2x1xf32>
  %v = arith.constant dense<[[[[4.0], [8.0]]]]> : tensor<1x1x2x1xf32>
  %m = arith.constant dense<[0.0, -0.42457602]> : tensor<2xf32>
  %y = nn.attention %q, %k, %v mask(%m : tensor<2xf32>) {scale = 1.0 : f32, softcap = 2.0 : f32} : tensor<1x1x1x1xf32>, tensor<1x1x2x1xf32>, tensor<1x1x2x1xf32> -> tensor<1x1x1x1xf32>
  %e = arith.constant dense<7.0> : tensor<1x1x1x1xf32>
  check.expect_close %y, %e {relative = 1.0e-6 : f64} : tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>
  return
}

func.func @attention_without_keys() {
  %q = arith.constant dense<1.0> : tensor<1x1x2x1xf32>
  %k = arith.constant dense<> : tensor<1x1x0x1xf32>
  %y = nn.attention %q, %k, %k {scale = 0.5 : f32} : tensor<1x1x2x1xf32>, tensor<1x1x0x1xf32>, tensor<1x1x0x1xf32> -> tensor<1x1x2x1xf32>
  %e = arith.constant dense<0.0> : tensor<1x1x2x1xf32>
  check.expect_eq %y, %e : tensor<1x1x2x1xf32>, tensor<1x1x2x1xf32>
  return
}

// -----

func.func @sizes_at_run_time() {
  %x = arith.constant dense<1.0> : tensor<4xf32>
  %s = arith.constant dense<[2, -1]> : tensor<2xi64>
  %a = nn.reshape %x, %s : tensor<4xf32>, tensor<2xi64> -> tensor<2x?xf32>
  %w = arith.constant dense<1.0> : tensor<5x3xf32>
  // expected-error @below {{no matrix product of 'tensor<2x2xf32>' and transposed 'tensor<5x3xf32>'}}
  %c = nn.matmul %a, %w : tensor<2x?xf32>, tensor<5x3xf32> -> tensor<2x5xf32>
  return
}
