// RUN: quant-opt %s -split-input-file -test-print-symbolic-shapes -verify-diagnostics

// expected-remark @below {{sizes (s0, 98, 40)}}
func.func @import(%x: tensor<?x98x40xf32>) attributes {
    qt.dim_names = ["batch"], qt.arg_shapes = [affine_map<()[s0] -> (s0, 98, 40)>]} {
  // expected-remark @below {{sizes (3) elements (s0, 98, 40)}}
  %0 = nn.shape %x {start = 0 : i64, end = 3 : i64} : tensor<?x98x40xf32> -> tensor<3xi64>
  // expected-remark @below {{sizes () elements (0)}}
  %1 = arith.constant dense<0> : tensor<i64>
  // expected-remark @below {{sizes () elements (s0)}}
  %2 = nn.gather %0, %1 {axis = 0 : i64} : tensor<3xi64>, tensor<i64> -> tensor<i64>
  // expected-remark @below {{sizes (1) elements (1)}}
  %3 = arith.constant dense<1> : tensor<1xi64>
  // expected-remark @below {{sizes (1) elements (s0)}}
  %4 = nn.reshape %2, %3 : tensor<i64>, tensor<1xi64> -> tensor<1xi64>
  // expected-remark @below {{sizes (2) elements (-1, 20)}}
  %5 = arith.constant dense<[-1, 20]> : tensor<2xi64>
  // expected-remark @below {{sizes (3) elements (s0, -1, 20)}}
  %6 = nn.concat %4, %5 {axis = 0 : i64} : tensor<1xi64>, tensor<2xi64> -> tensor<3xi64>
  // expected-remark @below {{sizes (s0, 196, 20)}}
  %7 = nn.reshape %x, %6 : tensor<?x98x40xf32>, tensor<3xi64> -> tensor<?x?x?xf32>
  return
}

// -----

// Without attributes every dynamic size has a symbol of its own.
// expected-remark @below {{sizes (s0, 4)}}
// expected-remark @below {{sizes (s1, 4)}}
func.func @fresh(%a: tensor<?x4xf32>, %b: tensor<?x4xf32>) {
  // expected-remark @below {{sizes (s2, 4)}}
  %0 = nn.binary add %a, %b : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  // expected-remark @below {{sizes (s0 + s1, 4)}}
  %1 = nn.concat %a, %b {axis = 0 : i64} : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  // expected-remark @below {{sizes (s0 + s1, 4)}}
  %2 = nn.concat %b, %a {axis = 0 : i64} : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  return
}

// -----

// Several symbols cancel, and so does a sum as a whole.
// expected-remark @below {{sizes (s0, s1, 64)}}
func.func @cancel(%x: tensor<?x?x64xf32>) attributes {
    qt.dim_names = ["b", "t"], qt.arg_shapes = [affine_map<()[s0, s1] -> (s0, s1, 64)>]} {
  // expected-remark @below {{sizes (s0, s1 * 2, 64)}}
  %0 = nn.concat %x, %x {axis = 1 : i64} : tensor<?x?x64xf32>, tensor<?x?x64xf32> -> tensor<?x?x64xf32>
  // expected-remark @below {{sizes (2) elements (-1, 64)}}
  %1 = arith.constant dense<[-1, 64]> : tensor<2xi64>
  // expected-remark @below {{sizes ((s0 * s1) * 2, 64)}}
  %2 = nn.reshape %0, %1 : tensor<?x?x64xf32>, tensor<2xi64> -> tensor<?x64xf32>
  // expected-remark @below {{sizes (2) elements (s0, s1)}}
  %3 = nn.shape %x {start = 0 : i64, end = 2 : i64} : tensor<?x?x64xf32> -> tensor<2xi64>
  // expected-remark @below {{sizes (4) elements (s0, s1, -1, 64)}}
  %4 = nn.concat %3, %1 {axis = 0 : i64} : tensor<2xi64>, tensor<2xi64> -> tensor<4xi64>
  // expected-remark @below {{sizes (s0, s1, 2, 64)}}
  %5 = nn.reshape %2, %4 : tensor<?x64xf32>, tensor<4xi64> -> tensor<?x?x?x?xf32>
  // expected-remark @below {{sizes (s0, s1, 2, 64)}}
  %6 = nn.unary exp %5 : tensor<?x?x?x?xf32>
  // expected-remark @below {{sizes () elements (s0 * s1)}}
  %7 = nn.reduce prod %3 axes [0] : tensor<2xi64> -> tensor<i64>
  return
}

// -----

// Sizes in a matrix: what comes to each place along an axis.
// expected-remark @below {{sizes (s0, s1)}}
func.func @matrix(%x: tensor<?x?xf32>) attributes {
    qt.dim_names = ["b", "t"], qt.arg_shapes = [affine_map<()[s0, s1] -> (s0, s1)>]} {
  // expected-remark @below {{sizes (2) elements (s0, s1)}}
  %0 = nn.shape %x {start = 0 : i64, end = 2 : i64} : tensor<?x?xf32> -> tensor<2xi64>
  // expected-remark @below {{sizes (2) elements (1, 2)}}
  %1 = arith.constant dense<[1, 2]> : tensor<2xi64>
  // expected-remark @below {{sizes (1, 2) elements (s0, s1)}}
  %2 = nn.reshape %0, %1 : tensor<2xi64>, tensor<2xi64> -> tensor<1x2xi64>
  // expected-remark @below {{sizes (2, 2) elements (s0, s1, s0, s1)}}
  %3 = nn.concat %2, %2 {axis = 0 : i64} : tensor<1x2xi64>, tensor<1x2xi64> -> tensor<2x2xi64>
  // expected-remark @below {{sizes (2) elements (s0 * s0, s1 * s1)}}
  %4 = nn.reduce prod %3 axes [0] : tensor<2x2xi64> -> tensor<2xi64>
  // expected-remark @below {{sizes (2, 1) elements (s0 + s1, s0 + s1)}}
  %5 = nn.reduce sum %3 axes [1] keepdims : tensor<2x2xi64> -> tensor<2x1xi64>
  // expected-remark @below {{sizes (2) elements (s0, s1)}}
  %6 = nn.reduce max %3 axes [0] : tensor<2x2xi64> -> tensor<2xi64>
  // expected-remark @below {{sizes (2, 2) elements (s0 * 2, s1 * 2, s0 * 2, s1 * 2)}}
  %7 = nn.binary add %3, %3 : tensor<2x2xi64>, tensor<2x2xi64> -> tensor<2x2xi64>
  // A column meets every column of a matrix: that is not read by place.
  // expected-remark @below {{sizes (2, 2)}}
  %8 = nn.binary add %3, %5 : tensor<2x2xi64>, tensor<2x1xi64> -> tensor<2x2xi64>
  // expected-remark @below {{sizes (4, 2) elements (s0, s1, s0, s1, s0, s1, s0, s1)}}
  %9 = nn.concat %3, %3 {axis = 0 : i64} : tensor<2x2xi64>, tensor<2x2xi64> -> tensor<4x2xi64>
  // expected-remark @below {{sizes (2, 3) elements (s0, s1, s0 + s1, s0, s1, s0 + s1)}}
  %10 = nn.concat %3, %5 {axis = 1 : i64} : tensor<2x2xi64>, tensor<2x1xi64> -> tensor<2x3xi64>
  // No mean is a size.
  // expected-remark @below {{sizes (2)}}
  %11 = nn.reduce mean %3 axes [0] : tensor<2x2xi64> -> tensor<2xi64>
  return
}

// -----

// What exporters write for nn.expand: ones where the target is -1.
// expected-remark @below {{sizes (s0, 1)}}
func.func @expand(%x: tensor<?x1xf32>) attributes {
    qt.dim_names = ["b"], qt.arg_shapes = [affine_map<()[s0] -> (s0, 1)>]} {
  // expected-remark @below {{sizes (2) elements (s0, 1)}}
  %0 = nn.shape %x {start = 0 : i64, end = 2 : i64} : tensor<?x1xf32> -> tensor<2xi64>
  // expected-remark @below {{elements (-1)}}
  %1 = arith.constant dense<-1> : tensor<i64>
  // expected-remark @below {{elements (7)}}
  %2 = arith.constant dense<7> : tensor<i64>
  // expected-remark @below {{sizes (2) elements (0, 0)}}
  %3 = nn.compare eq %0, %1 : tensor<2xi64>, tensor<i64> -> tensor<2xi1>
  // expected-remark @below {{sizes (2) elements (s0, 1)}}
  %4 = nn.select %3, %2, %0 : tensor<2xi1>, tensor<i64>, tensor<2xi64> -> tensor<2xi64>
  // expected-remark @below {{sizes (2) elements (s0 * 7, 7)}}
  %5 = nn.binary mul %4, %2 : tensor<2xi64>, tensor<i64> -> tensor<2xi64>
  // expected-remark @below {{sizes (2) elements (s0 + 7, 8)}}
  %6 = nn.binary add %4, %2 : tensor<2xi64>, tensor<i64> -> tensor<2xi64>
  // expected-remark @below {{sizes (2) elements (s0 + 7, 8)}}
  %7 = nn.binary max %6, %2 : tensor<2xi64>, tensor<i64> -> tensor<2xi64>
  // expected-remark @below {{sizes (2) elements (s0, 1)}}
  %8 = nn.binary div %5, %2 : tensor<2xi64>, tensor<i64> -> tensor<2xi64>
  // expected-remark @below {{sizes (s0, 1)}}
  %9 = nn.expand %x, %4 : tensor<?x1xf32>, tensor<2xi64> -> tensor<?x?xf32>
  return
}

// -----

// expected-remark @below {{sizes (s0, 10)}}
func.func @slice(%x: tensor<?x10xf32>) attributes {
    qt.dim_names = ["b"], qt.arg_shapes = [affine_map<()[s0] -> (s0, 10)>]} {
  // expected-remark @below {{elements (0, 9)}}
  %starts = arith.constant dense<[0, 9]> : tensor<2xi64>
  // expected-remark @below {{elements (9223372036854775807, -9223372036854775808)}}
  %ends = arith.constant dense<[9223372036854775807, -9223372036854775808]> : tensor<2xi64>
  // expected-remark @below {{elements (0, 1)}}
  %axes = arith.constant dense<[0, 1]> : tensor<2xi64>
  // expected-remark @below {{elements (1, -3)}}
  %steps = arith.constant dense<[1, -3]> : tensor<2xi64>
  // expected-remark @below {{sizes (s0, 4)}}
  %0 = nn.slice %x, %starts, %ends, %axes, %steps : tensor<?x10xf32>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64> -> tensor<?x?xf32>
  // expected-remark @below {{elements (1)}}
  %one = arith.constant dense<1> : tensor<1xi64>
  // expected-remark @below {{elements (0)}}
  %zero = arith.constant dense<0> : tensor<1xi64>
  // expected-remark @below {{sizes (0, 10)}}
  %1 = nn.slice %x, %one, %one, %zero, %one : tensor<?x10xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<?x?xf32>
  return
}

// -----

// Maps of another rank than their argument's are ignored, and so is what is
// missing.
// expected-remark @below {{sizes (s0, 4)}}
// expected-remark @below {{sizes (s1)}}
func.func @odd(%x: tensor<?x4xf32>, %y: tensor<?xf32>) attributes {
    qt.arg_shapes = [affine_map<() -> (4, 4, 4)>]} {
  return
}

// -----

// What may be too small for the windows counts as if it were not: the entry
// states that no run may be so (nn-resolve-shapes).
// expected-remark @below {{sizes (s0, s1, 4)}}
func.func @windows(%x: tensor<?x?x4xf32>) attributes {qt.dim_names = ["batch", "length"], qt.arg_shapes = [affine_map<()[s0, s1] -> (s0, s1, 4)>]} {
  // expected-remark @below {{sizes (2, 3, 4)}}
  %w = arith.constant dense<1.0> : tensor<2x3x4xf32>
  // expected-remark @below {{sizes (s0, s1, 2)}}
  %0 = nn.conv %x, %w kernel [3] strides [1] dilations [1] pads [1, 1] groups 1 : tensor<?x?x4xf32>, tensor<2x3x4xf32> -> tensor<?x?x2xf32>
  // expected-remark @below {{sizes (s0, (s1 - 3) floordiv 2 + 1, 2)}}
  %1 = nn.conv %x, %w kernel [3] strides [2] dilations [1] pads [0, 0] groups 1 : tensor<?x?x4xf32>, tensor<2x3x4xf32> -> tensor<?x?x2xf32>
  // expected-remark @below {{sizes (s0, s1 + 3, 4)}}
  %2 = nn.pad constant %x low [0, 1, 0] high [0, 2, 0] : tensor<?x?x4xf32> -> tensor<?x?x4xf32>
  return
}

// -----

// TensorFlow's exporter writes a round number for "to the end".
// expected-remark @below {{sizes (s0, 4)}}
func.func @to_the_end(%x: tensor<?x4xf32>) attributes {qt.dim_names = ["batch"], qt.arg_shapes = [affine_map<()[s0] -> (s0, 4)>]} {
  // expected-remark @below {{sizes (1) elements (0)}}
  %zero = arith.constant dense<0> : tensor<1xi64>
  // expected-remark @below {{sizes (1) elements (1000000000)}}
  %far = arith.constant dense<1000000000> : tensor<1xi64>
  // expected-remark @below {{sizes (1) elements (1)}}
  %one = arith.constant dense<1> : tensor<1xi64>
  // expected-remark @below {{sizes (s0, 4)}}
  %0 = nn.slice %x, %zero, %far, %zero, %one : tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<?x4xf32>
  return
}

// -----

// Numbers are divided as ONNX does it, to zero, and may be below it; remainders
// have the sign of the divisor.
// expected-remark @below {{sizes (s0)}}
func.func @below_zero(%x: tensor<?xf32>) attributes {
    qt.dim_names = ["n"], qt.arg_shapes = [affine_map<()[s0] -> (s0)>]} {
  // expected-remark @below {{sizes (1) elements (s0)}}
  %n = nn.shape %x {start = 0 : i64, end = 1 : i64} : tensor<?xf32> -> tensor<1xi64>
  // expected-remark @below {{sizes (1) elements (2)}}
  %two = arith.constant dense<2> : tensor<1xi64>
  // expected-remark @below {{sizes (1) elements (5)}}
  %five = arith.constant dense<5> : tensor<1xi64>
  // expected-remark @below {{sizes (1) elements (s0 - 5)}}
  %less = nn.binary sub %n, %five : tensor<1xi64>, tensor<1xi64> -> tensor<1xi64>
  // expected-remark @below {{floordiv 2 - (}}
  %div = nn.binary div %less, %two : tensor<1xi64>, tensor<1xi64> -> tensor<1xi64>
  // expected-remark @below {{sizes (1) elements ((s0 - 5) mod 2)}}
  %mod = nn.binary mod %less, %two : tensor<1xi64>, tensor<1xi64> -> tensor<1xi64>
  // expected-remark @below {{sizes (1) elements (s0 + 5)}}
  %more = nn.binary add %n, %five : tensor<1xi64>, tensor<1xi64> -> tensor<1xi64>
  // expected-remark @below {{sizes (1) elements ((s0 + 5) floordiv 2)}}
  %half = nn.binary div %more, %two : tensor<1xi64>, tensor<1xi64> -> tensor<1xi64>
  // expected-remark @below {{sizes (1) elements (-3)}}
  %three = arith.constant dense<-3> : tensor<1xi64>
  // expected-remark @below {{sizes (1) elements (-1)}}
  %number = nn.binary div %three, %two : tensor<1xi64>, tensor<1xi64> -> tensor<1xi64>
  return
}
