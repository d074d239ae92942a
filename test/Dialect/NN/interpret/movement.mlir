// RUN: quant-opt %s -split-input-file -interpret -verify-diagnostics

func.func @reshape_and_transpose() {
  %x = arith.constant dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi32>
  %s = arith.constant dense<[3, -1]> : tensor<2xi64>
  %r = nn.reshape %x, %s : tensor<2x3xi32>, tensor<2xi64> -> tensor<3x?xi32>
  %r_e = arith.constant dense<[[1, 2], [3, 4], [5, 6]]> : tensor<3x2xi32>
  check.expect_eq %r, %r_e : tensor<3x?xi32>, tensor<3x2xi32>
  %t = nn.transpose %x perm [1, 0] : tensor<2x3xi32> -> tensor<3x2xi32>
  %t_e = arith.constant dense<[[1, 4], [2, 5], [3, 6]]> : tensor<3x2xi32>
  check.expect_eq %t, %t_e : tensor<3x2xi32>, tensor<3x2xi32>
  %s3 = arith.constant dense<[1, 2, 3]> : tensor<3xi64>
  %x3 = nn.reshape %x, %s3 : tensor<2x3xi32>, tensor<3xi64> -> tensor<1x2x3xi32>
  %t3 = nn.transpose %x3 perm [2, 0, 1] : tensor<1x2x3xi32> -> tensor<3x1x2xi32>
  %t3_e = arith.constant dense<[[[1, 4]], [[2, 5]], [[3, 6]]]> : tensor<3x1x2xi32>
  check.expect_eq %t3, %t3_e : tensor<3x1x2xi32>, tensor<3x1x2xi32>
  %none = arith.constant dense<> : tensor<0xi64>
  %one = arith.constant dense<7> : tensor<1x1xi32>
  %scalar = nn.reshape %one, %none : tensor<1x1xi32>, tensor<0xi64> -> tensor<i32>
  %scalar_e = arith.constant dense<7> : tensor<i32>
  check.expect_eq %scalar, %scalar_e : tensor<i32>, tensor<i32>
  return
}

func.func @slice() {
  %x = arith.constant dense<[[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]> : tensor<2x5xi64>
  %axis = arith.constant dense<-1> : tensor<1xi64>
  %m1 = arith.constant dense<-1> : tensor<1xi64>
  %p1 = arith.constant dense<1> : tensor<1xi64>
  %p2 = arith.constant dense<2> : tensor<1xi64>
  %huge = arith.constant dense<9223372036854775807> : tensor<1xi64>
  %lowest = arith.constant dense<-9223372036854775808> : tensor<1xi64>
  %fwd = nn.slice %x, %p1, %huge, %axis, %p2 : tensor<2x5xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<2x2xi64>
  %fwd_e = arith.constant dense<[[1, 3], [6, 8]]> : tensor<2x2xi64>
  check.expect_eq %fwd, %fwd_e : tensor<2x2xi64>, tensor<2x2xi64>
  %rev = nn.slice %x, %m1, %lowest, %axis, %m1 : tensor<2x5xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<2x5xi64>
  %rev_e = arith.constant dense<[[4, 3, 2, 1, 0], [9, 8, 7, 6, 5]]> : tensor<2x5xi64>
  check.expect_eq %rev, %rev_e : tensor<2x5xi64>, tensor<2x5xi64>
  %jump = nn.slice %x, %huge, %lowest, %axis, %lowest : tensor<2x5xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<2x1xi64>
  %jump_e = arith.constant dense<[[4], [9]]> : tensor<2x1xi64>
  check.expect_eq %jump, %jump_e : tensor<2x1xi64>, tensor<2x1xi64>
  %far = nn.slice %x, %lowest, %huge, %axis, %huge : tensor<2x5xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<2x1xi64>
  %far_e = arith.constant dense<[[0], [5]]> : tensor<2x1xi64>
  check.expect_eq %far, %far_e : tensor<2x1xi64>, tensor<2x1xi64>
  %none = nn.slice %x, %p2, %p1, %axis, %p1 : tensor<2x5xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<2x?xi64>
  %none_e = arith.constant dense<> : tensor<2x0xi64>
  check.expect_eq %none, %none_e : tensor<2x?xi64>, tensor<2x0xi64>
  return
}

func.func @concat_expand_gather() {
  %a = arith.constant dense<[[1.0], [2.0]]> : tensor<2x1xf32>
  %b = arith.constant dense<[[3.0, 4.0], [5.0, 6.0]]> : tensor<2x2xf32>
  %e = arith.constant dense<> : tensor<2x0xf32>
  %c = nn.concat %a, %e, %b {axis = 1 : i64} : tensor<2x1xf32>, tensor<2x0xf32>, tensor<2x2xf32> -> tensor<2x3xf32>
  %c_e = arith.constant dense<[[1.0, 3.0, 4.0], [2.0, 5.0, 6.0]]> : tensor<2x3xf32>
  check.expect_eq %c, %c_e : tensor<2x3xf32>, tensor<2x3xf32>
  %s = arith.constant dense<[2, 1, 3]> : tensor<3xi64>
  %x = nn.expand %a, %s : tensor<2x1xf32>, tensor<3xi64> -> tensor<2x2x3xf32>
  %x_e = arith.constant dense<[[[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]], [[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]]> : tensor<2x2x3xf32>
  check.expect_eq %x, %x_e : tensor<2x2x3xf32>, tensor<2x2x3xf32>
  %i = arith.constant dense<[[2, -1], [0, -3]]> : tensor<2x2xi32>
  %g = nn.gather %c, %i {axis = 1 : i64} : tensor<2x3xf32>, tensor<2x2xi32> -> tensor<2x2x2xf32>
  %g_e = arith.constant dense<[[[4.0, 4.0], [1.0, 1.0]], [[6.0, 6.0], [2.0, 2.0]]]> : tensor<2x2x2xf32>
  check.expect_eq %g, %g_e : tensor<2x2x2xf32>, tensor<2x2x2xf32>
  %n = nn.shape %x {start = 1 : i64, end = 3 : i64} : tensor<2x2x3xf32> -> tensor<2xi64>
  %n_e = arith.constant dense<[2, 3]> : tensor<2xi64>
  check.expect_eq %n, %n_e : tensor<2xi64>, tensor<2xi64>
  return
}

// -----

func.func @gather_out_of_range() {
  %x = arith.constant dense<1.0> : tensor<3xf32>
  %i = arith.constant dense<2> : tensor<1xi64>
  %j = nn.binary add %i, %i : tensor<1xi64>, tensor<1xi64> -> tensor<1xi64>
  // expected-error @below {{'nn.gather' op index 4 of a dimension of 3}}
  %y = nn.gather %x, %j {axis = 0 : i64} : tensor<3xf32>, tensor<1xi64> -> tensor<1xf32>
  return
}

// -----

func.func @reshape_count() {
  %x = arith.constant dense<1.0> : tensor<6xf32>
  %i = arith.constant dense<2> : tensor<2xi64>
  %j = nn.binary add %i, %i : tensor<2xi64>, tensor<2xi64> -> tensor<2xi64>
  // expected-error @below {{'nn.reshape' op from 6 elements to the shape [4, 4]}}
  %y = nn.reshape %x, %j : tensor<6xf32>, tensor<2xi64> -> tensor<?x?xf32>
  return
}

// -----

func.func @reshape_overflow() {
  %x = arith.constant dense<1.0> : tensor<6xf32>
  %i = arith.constant dense<4294967296> : tensor<2xi64>
  %j = nn.binary add %i, %i : tensor<2xi64>, tensor<2xi64> -> tensor<2xi64>
  // expected-error @below {{from 6 elements to the shape [8589934592, 8589934592]}}
  %y = nn.reshape %x, %j : tensor<6xf32>, tensor<2xi64> -> tensor<?x?xf32>
  return
}

// -----

func.func @expand_too_large() {
  %x = arith.constant dense<1.0> : tensor<1xf32>
  %i = arith.constant dense<4294967296> : tensor<2xi64>
  // expected-error @below {{result of shape [4294967296, 4294967296] does not fit in memory}}
  %y = nn.expand %x, %i : tensor<1xf32>, tensor<2xi64> -> tensor<?x?xf32>
  return
}

// -----

func.func @stated_type() {
  %x = arith.constant dense<1.0> : tensor<6xf32>
  %i = arith.constant dense<[2, 3]> : tensor<2xi64>
  %j = nn.unary abs %i : tensor<2xi64>
  // expected-error @below {{gave a tensor of type 'tensor<2x3xf32>', stated is 'tensor<3x?xf32>'}}
  %y = nn.reshape %x, %j : tensor<6xf32>, tensor<2xi64> -> tensor<3x?xf32>
  return
}
