// RUN: quant-opt %s -interpret
// Rows of a table in split form, and of the same table in joint form.

!row = !qt.block<[1, ?], s8, scale = f32>

func.func @rows() {
  %c = arith.constant dense<[[1, -2], [127, 0], [-127, 5]]> : tensor<3x2xi8>
  %s = arith.constant dense<[[1.0], [0.5], [2.0]]> : tensor<3x1xf32>
  %i = arith.constant dense<[[2, 0], [-1, 1]]> : tensor<2x2xi64>
  %y = qt.gather %i of %c, %s {format = !row} : tensor<2x2xi64> of tensor<3x2xi8>, tensor<3x1xf32> -> tensor<2x2x2xf32>
  %e = arith.constant dense<[[[-254.0, 10.0], [1.0, -2.0]], [[-254.0, 10.0], [63.5, 0.0]]]> : tensor<2x2x2xf32>
  check.expect_eq %y, %e : tensor<2x2x2xf32>, tensor<2x2x2xf32>
  %j = qt.join %c, %s : tensor<3x2xi8>, tensor<3x1xf32> -> tensor<3x2x!row>
  %z = nn.gather %j, %i {axis = 0 : i64} : tensor<3x2x!row>, tensor<2x2xi64> -> tensor<2x2x2xf32>
  check.expect_eq %z, %e : tensor<2x2x2xf32>, tensor<2x2x2xf32>
  return
}

func.func @i32_and_empty() {
  %c = arith.constant dense<[[1, -2], [127, 0]]> : tensor<2x2xi8>
  %s = arith.constant dense<[[1.0], [0.5]]> : tensor<2x1xf32>
  %i = arith.constant dense<[1, -2]> : tensor<2xi32>
  %y = qt.gather %i of %c, %s {format = !row} : tensor<2xi32> of tensor<2x2xi8>, tensor<2x1xf32> -> tensor<2x2xf32>
  %e = arith.constant dense<[[63.5, 0.0], [1.0, -2.0]]> : tensor<2x2xf32>
  check.expect_eq %y, %e : tensor<2x2xf32>, tensor<2x2xf32>
  %n = arith.constant dense<> : tensor<0xi64>
  %z = qt.gather %n of %c, %s {format = !row} : tensor<0xi64> of tensor<2x2xi8>, tensor<2x1xf32> -> tensor<0x2xf32>
  %f = arith.constant dense<> : tensor<0x2xf32>
  check.expect_eq %z, %f : tensor<0x2xf32>, tensor<0x2xf32>
  return
}
