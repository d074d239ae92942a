// RUN: quant-opt %s -interpret

// (x * multiplier) / 2^shift in every rounding mode; saturated to 8 bits.
func.func @rounding() {
  %x = arith.constant dense<[5, -5, 6, -6, 7, 100000, -100000]> : tensor<7xi32>
  %m = arith.constant dense<2> : tensor<i32>
  %s = arith.constant dense<2> : tensor<i8>
  %up = qt.rescale half_up %x by %m, %s : tensor<7xi32>, tensor<i32>, tensor<i8> -> tensor<7xi8>
  %eup = arith.constant dense<[3, -2, 3, -3, 4, 127, -128]> : tensor<7xi8>
  check.expect_eq %up, %eup : tensor<7xi8>, tensor<7xi8>
  %even = qt.rescale half_even %x by %m, %s : tensor<7xi32>, tensor<i32>, tensor<i8> -> tensor<7xi8>
  %eeven = arith.constant dense<[2, -2, 3, -3, 4, 127, -128]> : tensor<7xi8>
  check.expect_eq %even, %eeven : tensor<7xi8>, tensor<7xi8>
  %away = qt.rescale half_away %x by %m, %s : tensor<7xi32>, tensor<i32>, tensor<i8> -> tensor<7xi8>
  %eaway = arith.constant dense<[3, -3, 3, -3, 4, 127, -128]> : tensor<7xi8>
  check.expect_eq %away, %eaway : tensor<7xi8>, tensor<7xi8>
  %floor = qt.rescale floor %x by %m, %s : tensor<7xi32>, tensor<i32>, tensor<i8> -> tensor<7xi8>
  %efloor = arith.constant dense<[2, -3, 3, -3, 3, 127, -128]> : tensor<7xi8>
  check.expect_eq %floor, %efloor : tensor<7xi8>, tensor<7xi8>
  return
}

// Multipliers of columns, shifts of rows, and one to the left; the product is
// exact beyond 64 bits.
func.func @broadcast() {
  %x = arith.constant dense<[[1, -3], [9223372036854775807, 2]]> : tensor<2x2xi64>
  %m = arith.constant dense<[9223372036854775807, 3]> : tensor<2xi64>
  %s = arith.constant dense<[[-1], [63]]> : tensor<2x1xi8>
  %y = qt.rescale floor %x by %m, %s : tensor<2x2xi64>, tensor<2xi64>, tensor<2x1xi8> -> tensor<2x2xi64>
  %e = arith.constant dense<[[9223372036854775807, -18], [9223372036854775806, 0]]> : tensor<2x2xi64>
  check.expect_eq %y, %e : tensor<2x2xi64>, tensor<2x2xi64>
  // Without a multiplier it saturates.
  %z = qt.rescale floor %x : tensor<2x2xi64> -> tensor<2x2xi8>
  %ez = arith.constant dense<[[1, -3], [127, 2]]> : tensor<2x2xi8>
  check.expect_eq %z, %ez : tensor<2x2xi8>, tensor<2x2xi8>
  return
}

// To the left it saturates however far it goes, and to the right it rounds
// products of all 127 bits.
func.func @far() {
  %x = arith.constant dense<[1, -1, 0, 3]> : tensor<4xi32>
  %m = arith.constant dense<1> : tensor<i32>
  %far = arith.constant dense<-65> : tensor<i8>
  %y = qt.rescale half_up %x by %m, %far : tensor<4xi32>, tensor<i32>, tensor<i8> -> tensor<4xi32>
  %e = arith.constant dense<[2147483647, -2147483648, 0, 2147483647]> : tensor<4xi32>
  check.expect_eq %y, %e : tensor<4xi32>, tensor<4xi32>
  %large = arith.constant dense<[-9223372036854775808, 9223372036854775807]> : tensor<2xi64>
  %least = arith.constant dense<-9223372036854775808> : tensor<i64>
  %left = arith.constant dense<-2> : tensor<i8>
  %z = qt.rescale half_up %large by %least, %left : tensor<2xi64>, tensor<i64>, tensor<i8> -> tensor<2xi64>
  %ez = arith.constant dense<[9223372036854775807, -9223372036854775808]> : tensor<2xi64>
  check.expect_eq %z, %ez : tensor<2xi64>, tensor<2xi64>
  %right = arith.constant dense<122> : tensor<i8>
  %w = qt.rescale half_up %large by %least, %right : tensor<2xi64>, tensor<i64>, tensor<i8> -> tensor<2xi64>
  %ew = arith.constant dense<[16, -16]> : tensor<2xi64>
  check.expect_eq %w, %ew : tensor<2xi64>, tensor<2xi64>
  %half = arith.constant dense<127> : tensor<i8>
  %v = qt.rescale half_up %large by %least, %half : tensor<2xi64>, tensor<i64>, tensor<i8> -> tensor<2xi64>
  %ev = arith.constant dense<[1, 0]> : tensor<2xi64>
  check.expect_eq %v, %ev : tensor<2xi64>, tensor<2xi64>
  return
}
