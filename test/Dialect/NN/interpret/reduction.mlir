// RUN: quant-opt %s -split-input-file -interpret -verify-diagnostics

func.func @layer_norm() {
  %x = arith.constant dense<[[1.0, 2.0, 3.0, 6.0], [0.0, 0.0, 0.0, 0.0]]> : tensor<2x4xf32>
  %g = arith.constant dense<[1.0, 1.0, 2.0, 1.0]> : tensor<4xf32>
  %b = arith.constant dense<[0.0, 1.0, 0.0, 0.5]> : tensor<4xf32>
  %y = nn.layer_norm %x, %g, %b {axis = 1 : i64, epsilon = 0.5 : f32} : tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>
  // Variance 3.5: division by 2.
  %e = arith.constant dense<[[-1.0, 0.5, 0.0, 2.0], [0.0, 1.0, 0.0, 0.5]]> : tensor<2x4xf32>
  check.expect_eq %y, %e : tensor<2x4xf32>, tensor<2x4xf32>
  %one = arith.constant dense<1.0> : tensor<f32>
  %all = nn.layer_norm %x, %one {axis = 0 : i64, epsilon = 0.0 : f32} : tensor<2x4xf32>, tensor<f32>
  %all_e = arith.constant dense<[[-0.25, 0.25, 0.75, 2.25], [-0.75, -0.75, -0.75, -0.75]]> : tensor<2x4xf32>
  check.expect_eq %all, %all_e : tensor<2x4xf32>, tensor<2x4xf32>
  return
}

func.func @softmax() {
  %x = arith.constant dense<[[0.0, 0.69314718, 0xFF800000], [0xFF800000, 0xFF800000, 0xFF800000], [1000.0, 1000.0, 0.0], [0.0, 0x7FC00000, 1.0]]> : tensor<4x3xf32>
  %y = nn.softmax %x {axis = 1 : i64} : tensor<4x3xf32>
  %e = arith.constant dense<[[0.33333333, 0.66666667, 0.0], [0.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0x7FC00000, 0x7FC00000, 0x7FC00000]]> : tensor<4x3xf32>
  check.expect_almost %y, %e : tensor<4x3xf32>, tensor<4x3xf32>
  %z = arith.constant dense<[[0.0, 1.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %columns = nn.softmax %z {axis = 0 : i64} : tensor<2x2xf32>
  %columns_e = arith.constant dense<0.5> : tensor<2x2xf32>
  check.expect_eq %columns, %columns_e : tensor<2x2xf32>, tensor<2x2xf32>
  return
}

func.func @topk() {
  %x = arith.constant dense<[[3.0, 0x7FC00000, 5.0, 3.0, -1.0], [0x7FC00000, 0.0, 0xFF800000, 2.0, 2.0]]> : tensor<2x5xf32>
  %largest = nn.topk %x {axis = 1 : i64, k = 5 : i64} : tensor<2x5xf32> -> tensor<2x5xi64>
  // Of equal ones the first; NaN last.
  %largest_e = arith.constant dense<[[2, 0, 3, 4, 1], [3, 4, 1, 2, 0]]> : tensor<2x5xi64>
  check.expect_eq %largest, %largest_e : tensor<2x5xi64>, tensor<2x5xi64>
  %least = nn.topk %x {axis = 1 : i64, k = 3 : i64, smallest} : tensor<2x5xf32> -> tensor<2x3xi64>
  %least_e = arith.constant dense<[[4, 0, 3], [2, 1, 3]]> : tensor<2x3xi64>
  check.expect_eq %least, %least_e : tensor<2x3xi64>, tensor<2x3xi64>
  %i = arith.constant dense<[[1, 7], [5, 2], [1, 9]]> : tensor<3x2xi32>
  %rows = nn.topk %i {axis = 0 : i64, k = 2 : i64} : tensor<3x2xi32> -> tensor<2x2xi64>
  %rows_e = arith.constant dense<[[1, 2], [0, 0]]> : tensor<2x2xi64>
  check.expect_eq %rows, %rows_e : tensor<2x2xi64>, tensor<2x2xi64>
  return
}

func.func @reduce() {
  %x = arith.constant dense<[[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]]> : tensor<2x3xf32>
  %sum = nn.reduce sum %x axes [1] : tensor<2x3xf32> -> tensor<2xf32>
  %sum_e = arith.constant dense<[2.0, 3.0]> : tensor<2xf32>
  check.expect_eq %sum, %sum_e : tensor<2xf32>, tensor<2xf32>
  %mean = nn.reduce mean %x axes [0] keepdims : tensor<2x3xf32> -> tensor<1x3xf32>
  %mean_e = arith.constant dense<[[2.5, 1.5, -1.5]]> : tensor<1x3xf32>
  check.expect_eq %mean, %mean_e : tensor<1x3xf32>, tensor<1x3xf32>
  %max = nn.reduce max %x axes [0, 1] : tensor<2x3xf32> -> tensor<f32>
  %max_e = arith.constant dense<5.0> : tensor<f32>
  check.expect_eq %max, %max_e : tensor<f32>, tensor<f32>
  %min = nn.reduce min %x axes [1] keepdims : tensor<2x3xf32> -> tensor<2x1xf32>
  %min_e = arith.constant dense<[[-2.0], [-6.0]]> : tensor<2x1xf32>
  check.expect_eq %min, %min_e : tensor<2x1xf32>, tensor<2x1xf32>
  %prod = nn.reduce prod %x axes [1] : tensor<2x3xf32> -> tensor<2xf32>
  %prod_e = arith.constant dense<[-6.0, -120.0]> : tensor<2xf32>
  check.expect_eq %prod, %prod_e : tensor<2xf32>, tensor<2xf32>
  %sumsq = nn.reduce sumsq %x axes [1] : tensor<2x3xf32> -> tensor<2xf32>
  %sumsq_e = arith.constant dense<[14.0, 77.0]> : tensor<2xf32>
  check.expect_eq %sumsq, %sumsq_e : tensor<2xf32>, tensor<2xf32>
  %l1 = nn.reduce l1 %x axes [1] : tensor<2x3xf32> -> tensor<2xf32>
  %l1_e = arith.constant dense<[6.0, 15.0]> : tensor<2xf32>
  check.expect_eq %l1, %l1_e : tensor<2xf32>, tensor<2xf32>
  %l2 = nn.reduce l2 %x axes [1] : tensor<2x3xf32> -> tensor<2xf32>
  %l2_e = arith.constant dense<[3.74165739, 8.77496439]> : tensor<2xf32>
  check.expect_almost %l2, %l2_e : tensor<2xf32>, tensor<2xf32>
  %same = nn.reduce max %x axes [] : tensor<2x3xf32> -> tensor<2x3xf32>
  check.expect_eq %same, %x : tensor<2x3xf32>, tensor<2x3xf32>
  return
}

func.func @reduce_integers() {
  %x = arith.constant dense<[2147483647, 1, -5]> : tensor<3xi32>
  %sum = nn.reduce sum %x axes [0] : tensor<3xi32> -> tensor<i32>
  %sum_e = arith.constant dense<2147483643> : tensor<i32>
  check.expect_eq %sum, %sum_e : tensor<i32>, tensor<i32>
  %l1 = nn.reduce l1 %x axes [0] : tensor<3xi32> -> tensor<i32>
  %l1_e = arith.constant dense<-2147483643> : tensor<i32>
  check.expect_eq %l1, %l1_e : tensor<i32>, tensor<i32>
  %mean = nn.reduce mean %x axes [0] keepdims : tensor<3xi32> -> tensor<1xi32>
  %mean_e = arith.constant dense<715827881> : tensor<1xi32>
  check.expect_eq %mean, %mean_e : tensor<1xi32>, tensor<1xi32>
  return
}

func.func @reduce_empty() {
  %x = arith.constant dense<> : tensor<2x0xf32>
  %sum = nn.reduce sum %x axes [1] : tensor<2x0xf32> -> tensor<2xf32>
  %sum_e = arith.constant dense<0.0> : tensor<2xf32>
  check.expect_eq %sum, %sum_e : tensor<2xf32>, tensor<2xf32>
  %prod = nn.reduce prod %x axes [1] : tensor<2x0xf32> -> tensor<2xf32>
  %prod_e = arith.constant dense<1.0> : tensor<2xf32>
  check.expect_eq %prod, %prod_e : tensor<2xf32>, tensor<2xf32>
  %max = nn.reduce max %x axes [1] : tensor<2x0xf32> -> tensor<2xf32>
  %max_e = arith.constant dense<0xFF800000> : tensor<2xf32>
  check.expect_eq %max, %max_e : tensor<2xf32>, tensor<2xf32>
  %mean = nn.reduce mean %x axes [1] : tensor<2x0xf32> -> tensor<2xf32>
  %mean_e = arith.constant dense<0x7FC00000> : tensor<2xf32>
  check.expect_eq %mean, %mean_e : tensor<2xf32>, tensor<2xf32>
  %i = arith.constant dense<> : tensor<0xi32>
  %imin = nn.reduce min %i axes [0] : tensor<0xi32> -> tensor<i32>
  %imin_e = arith.constant dense<2147483647> : tensor<i32>
  check.expect_eq %imin, %imin_e : tensor<i32>, tensor<i32>
  return
}

// A sum begins with +0, whether it is folded or not.
func.func @sum_of_negative_zero() {
  %x = arith.constant dense<-0.0> : tensor<1xf32>
  %s = nn.reduce sum %x axes [0] keepdims : tensor<1xf32> -> tensor<1xf32>
  %zero = arith.constant dense<0.0> : tensor<1xf32>
  check.expect_eq %s, %zero : tensor<1xf32>, tensor<1xf32>
  %m = nn.reduce mean %x axes [0] keepdims : tensor<1xf32> -> tensor<1xf32>
  check.expect_eq %m, %zero : tensor<1xf32>, tensor<1xf32>
  return
}

// Integers wrap.
func.func @cumsum() {
  %x = arith.constant dense<[[1, 2, 3], [2147483647, 1, 5]]> : tensor<2x3xi32>
  %a = nn.cumsum %x {axis = 1 : i64} : tensor<2x3xi32>
  %a_e = arith.constant dense<[[1, 3, 6], [2147483647, -2147483648, -2147483643]]> : tensor<2x3xi32>
  check.expect_eq %a, %a_e : tensor<2x3xi32>, tensor<2x3xi32>
  %b = nn.cumsum %x {axis = 1 : i64, exclusive, reverse} : tensor<2x3xi32>
  %b_e = arith.constant dense<[[5, 3, 0], [6, 5, 0]]> : tensor<2x3xi32>
  check.expect_eq %b, %b_e : tensor<2x3xi32>, tensor<2x3xi32>
  %f = arith.constant dense<[[0.5, 1.0], [2.0, -1.0]]> : tensor<2x2xf32>
  %c = nn.cumsum %f {axis = 0 : i64, reverse} : tensor<2x2xf32>
  %c_e = arith.constant dense<[[2.5, 0.0], [2.0, -1.0]]> : tensor<2x2xf32>
  check.expect_eq %c, %c_e : tensor<2x2xf32>, tensor<2x2xf32>
  %none = arith.constant dense<> : tensor<2x0xf32>
  %d = nn.cumsum %none {axis = 1 : i64} : tensor<2x0xf32>
  check.expect_eq %d, %none : tensor<2x0xf32>, tensor<2x0xf32>
  return
}
