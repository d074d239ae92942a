// RUN: quant-opt %s -split-input-file -interpret -verify-diagnostics

func.func @floats() {
  %a = arith.constant dense<[[1.0], [-3.0]]> : tensor<2x1xf32>
  %b = arith.constant dense<[2.0, -2.0, 0.0]> : tensor<3xf32>
  %add = nn.binary add %a, %b : tensor<2x1xf32>, tensor<3xf32> -> tensor<2x3xf32>
  %add_e = arith.constant dense<[[3.0, -1.0, 1.0], [-1.0, -5.0, -3.0]]> : tensor<2x3xf32>
  check.expect_eq %add, %add_e : tensor<2x3xf32>, tensor<2x3xf32>
  %div = nn.binary div %a, %b : tensor<2x1xf32>, tensor<3xf32> -> tensor<2x3xf32>
  %div_e = arith.constant dense<[[0.5, -0.5, 0x7F800000], [-1.5, 1.5, 0xFF800000]]> : tensor<2x3xf32>
  check.expect_eq %div, %div_e : tensor<2x3xf32>, tensor<2x3xf32>
  %pow = nn.binary pow %a, %b : tensor<2x1xf32>, tensor<3xf32> -> tensor<2x3xf32>
  %pow_e = arith.constant dense<[[1.0, 1.0, 1.0], [9.0, 0.11111111, 1.0]]> : tensor<2x3xf32>
  check.expect_almost %pow, %pow_e : tensor<2x3xf32>, tensor<2x3xf32>
  %mod = nn.binary mod %a, %b : tensor<2x1xf32>, tensor<3xf32> -> tensor<2x3xf32>
  %mod_e = arith.constant dense<[[1.0, -1.0, 0x7FC00000], [1.0, -1.0, 0x7FC00000]]> : tensor<2x3xf32>
  check.expect_eq %mod, %mod_e : tensor<2x3xf32>, tensor<2x3xf32>
  %fmod = nn.binary fmod %a, %b : tensor<2x1xf32>, tensor<3xf32> -> tensor<2x3xf32>
  %fmod_e = arith.constant dense<[[1.0, 1.0, 0x7FC00000], [-1.0, -1.0, 0x7FC00000]]> : tensor<2x3xf32>
  check.expect_eq %fmod, %fmod_e : tensor<2x3xf32>, tensor<2x3xf32>
  %nan = arith.constant dense<0x7FC00000> : tensor<f32>
  %max = nn.binary max %a, %nan : tensor<2x1xf32>, tensor<f32> -> tensor<2x1xf32>
  %max_e = arith.constant dense<0x7FC00000> : tensor<2x1xf32>
  check.expect_eq %max, %max_e : tensor<2x1xf32>, tensor<2x1xf32>
  return
}

func.func @integers() {
  %a = arith.constant dense<[7, -7, 2147483647, -2147483648]> : tensor<4xi32>
  %b = arith.constant dense<[-2, 2, 1, -1]> : tensor<4xi32>
  %zero = arith.constant dense<0> : tensor<i32>
  %add = nn.binary add %a, %b : tensor<4xi32>, tensor<4xi32> -> tensor<4xi32>
  %add_e = arith.constant dense<[5, -5, -2147483648, 2147483647]> : tensor<4xi32>
  check.expect_eq %add, %add_e : tensor<4xi32>, tensor<4xi32>
  %div = nn.binary div %a, %b : tensor<4xi32>, tensor<4xi32> -> tensor<4xi32>
  %div_e = arith.constant dense<[-3, -3, 2147483647, -2147483648]> : tensor<4xi32>
  check.expect_eq %div, %div_e : tensor<4xi32>, tensor<4xi32>
  %div0 = nn.binary div %a, %zero : tensor<4xi32>, tensor<i32> -> tensor<4xi32>
  %div0_e = arith.constant dense<0> : tensor<4xi32>
  check.expect_eq %div0, %div0_e : tensor<4xi32>, tensor<4xi32>
  %mod = nn.binary mod %a, %b : tensor<4xi32>, tensor<4xi32> -> tensor<4xi32>
  %mod_e = arith.constant dense<[-1, 1, 0, 0]> : tensor<4xi32>
  check.expect_eq %mod, %mod_e : tensor<4xi32>, tensor<4xi32>
  %fmod = nn.binary fmod %a, %b : tensor<4xi32>, tensor<4xi32> -> tensor<4xi32>
  %fmod_e = arith.constant dense<[1, -1, 0, 0]> : tensor<4xi32>
  check.expect_eq %fmod, %fmod_e : tensor<4xi32>, tensor<4xi32>
  %pow = nn.binary pow %b, %b : tensor<4xi32>, tensor<4xi32> -> tensor<4xi32>
  %pow_e = arith.constant dense<[0, 4, 1, -1]> : tensor<4xi32>
  check.expect_eq %pow, %pow_e : tensor<4xi32>, tensor<4xi32>
  return
}

func.func @compare_and_select() {
  %a = arith.constant dense<[[1.0, 0x7FC00000, 3.0]]> : tensor<1x3xf32>
  %b = arith.constant dense<[[2.0], [1.0]]> : tensor<2x1xf32>
  %lt = nn.compare lt %a, %b : tensor<1x3xf32>, tensor<2x1xf32> -> tensor<2x3xi1>
  %lt_e = arith.constant dense<[[true, false, false], [false, false, false]]> : tensor<2x3xi1>
  check.expect_eq %lt, %lt_e : tensor<2x3xi1>, tensor<2x3xi1>
  %ne = nn.compare ne %a, %b : tensor<1x3xf32>, tensor<2x1xf32> -> tensor<2x3xi1>
  %ne_e = arith.constant dense<[[true, true, true], [false, true, true]]> : tensor<2x3xi1>
  check.expect_eq %ne, %ne_e : tensor<2x3xi1>, tensor<2x3xi1>
  %sel = nn.select %lt, %a, %b : tensor<2x3xi1>, tensor<1x3xf32>, tensor<2x1xf32> -> tensor<2x3xf32>
  %sel_e = arith.constant dense<[[1.0, 2.0, 2.0], [1.0, 1.0, 1.0]]> : tensor<2x3xf32>
  check.expect_eq %sel, %sel_e : tensor<2x3xf32>, tensor<2x3xf32>
  %xor = nn.binary xor %lt, %ne : tensor<2x3xi1>, tensor<2x3xi1> -> tensor<2x3xi1>
  %xor_e = arith.constant dense<[[false, true, true], [false, true, true]]> : tensor<2x3xi1>
  check.expect_eq %xor, %xor_e : tensor<2x3xi1>, tensor<2x3xi1>
  %not = nn.unary not %xor : tensor<2x3xi1>
  %and = nn.binary and %not, %lt : tensor<2x3xi1>, tensor<2x3xi1> -> tensor<2x3xi1>
  check.expect_eq %and, %lt : tensor<2x3xi1>, tensor<2x3xi1>
  return
}

func.func @empty() {
  %a = arith.constant dense<> : tensor<0x3xf32>
  %b = arith.constant dense<1.0> : tensor<1x3xf32>
  %add = nn.binary add %a, %b : tensor<0x3xf32>, tensor<1x3xf32> -> tensor<0x3xf32>
  check.expect_eq %add, %a : tensor<0x3xf32>, tensor<0x3xf32>
  return
}

// -----

func.func @sizes_at_run_time() {
  %x = arith.constant dense<1.0> : tensor<4xf32>
  %s = arith.constant dense<2> : tensor<2xi64>
  %a = nn.reshape %x, %s : tensor<4xf32>, tensor<2xi64> -> tensor<2x?xf32>
  %b = arith.constant dense<1.0> : tensor<3xf32>
  // expected-error @below {{sizes at run time do not broadcast}}
  %c = nn.binary add %a, %b : tensor<2x?xf32>, tensor<3xf32> -> tensor<2x3xf32>
  return
}
