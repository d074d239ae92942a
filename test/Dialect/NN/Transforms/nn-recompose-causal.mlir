// RUN: quant-opt %s -nn-recompose=report -canonicalize -split-input-file 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < %t

// A triangle that is chosen by positions, added.
// CHECK-LABEL: @triangle(
// CHECK-NOT: nn.select
// CHECK: nn.attention %{{.*}}, %{{.*}}, %{{.*}} {causal, scale
// REMARK: found attention, causal
func.func @triangle(%q: tensor<?x4x?x16xf32>, %v: tensor<?x4x16x?xf32>, %m: tensor<?x?xi64>) -> tensor<?x4x?x16xf32> attributes {
    qt.dim_names = ["b", "s"],
    qt.arg_shapes = [affine_map<()[b, s] -> (b, 4, s, 16)>, affine_map<()[b, s] -> (b, 4, 16, s)>, affine_map<()[b, s] -> (b, s)>]} {
  %n = nn.shape %m {start = 1 : i64, end = 2 : i64} : tensor<?x?xi64> -> tensor<1xi64>
  %c = nn.iota %n : tensor<1xi64> -> tensor<?xi64>
  %shape = arith.constant dense<[-1, 1]> : tensor<2xi64>
  %r = nn.reshape %c, %shape : tensor<?xi64>, tensor<2xi64> -> tensor<?x1xi64>
  %zero = arith.constant dense<0.0> : tensor<f32>
  %low = arith.constant dense<-3.40282347E+38> : tensor<f32>
  %0 = nn.matmul %q, %q : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32> -> tensor<?x4x?x?xf32>
  %hidden = nn.compare gt %c, %r : tensor<?xi64>, tensor<?x1xi64> -> tensor<?x?xi1>
  %mask = nn.select %hidden, %low, %zero : tensor<?x?xi1>, tensor<f32>, tensor<f32> -> tensor<?x?xf32>
  %1 = nn.binary add %0, %mask : tensor<?x4x?x?xf32>, tensor<?x?xf32> -> tensor<?x4x?x?xf32>
  %p = nn.softmax %1 {axis = 3 : i64} : tensor<?x4x?x?xf32>
  %y = nn.matmul %p, %v : tensor<?x4x?x?xf32>, tensor<?x4x16x?xf32> -> tensor<?x4x?x16xf32>
  return %y : tensor<?x4x?x16xf32>
}

// -----

// A window of 9 keys, the own one with them: two conditions that have to hold, and a mask beside them.
// CHECK-LABEL: @window(
// CHECK-SAME: %[[A:[a-z0-9]+]]: tensor<?x1x1x?xf32>
// CHECK: nn.attention %{{.*}}, %{{.*}}, %{{.*}} mask(%[[A]] : tensor<?x1x1x?xf32>) {causal, left_window = 8 : i64, scale
// REMARK: found attention, causal, windowed, masked
func.func @window(%q: tensor<?x4x?x16xf32>, %v: tensor<?x4x16x?xf32>, %m: tensor<?x?xi64>, %a: tensor<?x1x1x?xf32>) -> tensor<?x4x?x16xf32> attributes {
    qt.dim_names = ["b", "s"],
    qt.arg_shapes = [affine_map<()[b, s] -> (b, 4, s, 16)>, affine_map<()[b, s] -> (b, 4, 16, s)>, affine_map<()[b, s] -> (b, s)>,
                     affine_map<()[b, s] -> (b, 1, 1, s)>]} {
  %n = nn.shape %m {start = 1 : i64, end = 2 : i64} : tensor<?x?xi64> -> tensor<1xi64>
  %c = nn.iota %n : tensor<1xi64> -> tensor<?xi64>
  %shape = arith.constant dense<[-1, 1]> : tensor<2xi64>
  %r = nn.reshape %c, %shape : tensor<?xi64>, tensor<2xi64> -> tensor<?x1xi64>
  %zero = arith.constant dense<0.0> : tensor<f32>
  %low = arith.constant dense<-3.40282347E+38> : tensor<f32>
  %nine = arith.constant dense<9> : tensor<i64>
  %0 = nn.matmul %q, %q : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32> -> tensor<?x4x?x?xf32>
  %first = nn.binary sub %r, %nine : tensor<?x1xi64>, tensor<i64> -> tensor<?x1xi64>
  %near = nn.compare gt %c, %first : tensor<?xi64>, tensor<?x1xi64> -> tensor<?x?xi1>
  %before = nn.compare le %c, %r : tensor<?xi64>, tensor<?x1xi64> -> tensor<?x?xi1>
  %seen = nn.binary and %near, %before : tensor<?x?xi1>, tensor<?x?xi1> -> tensor<?x?xi1>
  %mask = nn.select %seen, %zero, %low : tensor<?x?xi1>, tensor<f32>, tensor<f32> -> tensor<?x?xf32>
  %both = nn.binary add %mask, %a : tensor<?x?xf32>, tensor<?x1x1x?xf32> -> tensor<?x1x?x?xf32>
  %1 = nn.binary add %0, %both : tensor<?x4x?x?xf32>, tensor<?x1x?x?xf32> -> tensor<?x4x?x?xf32>
  %p = nn.softmax %1 {axis = 3 : i64} : tensor<?x4x?x?xf32>
  %y = nn.matmul %p, %v : tensor<?x4x?x?xf32>, tensor<?x4x16x?xf32> -> tensor<?x4x?x16xf32>
  return %y : tensor<?x4x?x16xf32>
}

// -----

// The same turned around: what is too far before is hidden.
// CHECK-LABEL: @far(
// CHECK: nn.attention %{{.*}}, %{{.*}}, %{{.*}} {left_window = 8 : i64, scale
func.func @far(%q: tensor<?x4x?x16xf32>, %v: tensor<?x4x16x?xf32>, %m: tensor<?x?xi64>) -> tensor<?x4x?x16xf32> attributes {
    qt.dim_names = ["b", "s"],
    qt.arg_shapes = [affine_map<()[b, s] -> (b, 4, s, 16)>, affine_map<()[b, s] -> (b, 4, 16, s)>, affine_map<()[b, s] -> (b, s)>]} {
  %n = nn.shape %m {start = 1 : i64, end = 2 : i64} : tensor<?x?xi64> -> tensor<1xi64>
  %c = nn.iota %n : tensor<1xi64> -> tensor<?xi64>
  %shape = arith.constant dense<[-1, 1]> : tensor<2xi64>
  %r = nn.reshape %c, %shape : tensor<?xi64>, tensor<2xi64> -> tensor<?x1xi64>
  %zero = arith.constant dense<0.0> : tensor<f32>
  %low = arith.constant dense<-3.40282347E+38> : tensor<f32>
  %nine = arith.constant dense<9> : tensor<i64>
  %0 = nn.matmul %q, %q : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32> -> tensor<?x4x?x?xf32>
  %distance = nn.binary sub %r, %c : tensor<?x1xi64>, tensor<?xi64> -> tensor<?x?xi64>
  %far = nn.compare ge %distance, %nine : tensor<?x?xi64>, tensor<i64> -> tensor<?x?xi1>
  %mask = nn.select %far, %low, %zero : tensor<?x?xi1>, tensor<f32>, tensor<f32> -> tensor<?x?xf32>
  %1 = nn.binary add %0, %mask : tensor<?x4x?x?xf32>, tensor<?x?xf32> -> tensor<?x4x?x?xf32>
  %p = nn.softmax %1 {axis = 3 : i64} : tensor<?x4x?x?xf32>
  %y = nn.matmul %p, %v : tensor<?x4x?x?xf32>, tensor<?x4x16x?xf32> -> tensor<?x4x?x16xf32>
  return %y : tensor<?x4x?x16xf32>
}

// -----

// As a product of a triangle and a comparison; the condition is turned around.
// CHECK-LABEL: @product(
// CHECK: nn.attention %{{.*}}, %{{.*}}, %{{.*}} {causal, scale
func.func @product(%q: tensor<?x4x?x16xf32>, %v: tensor<?x4x16x?xf32>, %m: tensor<?x?xi64>) -> tensor<?x4x?x16xf32> attributes {
    qt.dim_names = ["b", "s"],
    qt.arg_shapes = [affine_map<()[b, s] -> (b, 4, s, 16)>, affine_map<()[b, s] -> (b, 4, 16, s)>, affine_map<()[b, s] -> (b, s)>]} {
  %n = nn.shape %m {start = 1 : i64, end = 2 : i64} : tensor<?x?xi64> -> tensor<1xi64>
  %c = nn.iota %n : tensor<1xi64> -> tensor<?xi64>
  %shape = arith.constant dense<[-1, 1]> : tensor<2xi64>
  %r = nn.reshape %c, %shape : tensor<?xi64>, tensor<2xi64> -> tensor<?x1xi64>
  %zero = arith.constant dense<0.0> : tensor<f32>
  %low = arith.constant dense<-3.40282347E+38> : tensor<f32>
  %0 = nn.matmul %q, %q : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32> -> tensor<?x4x?x?xf32>
  %one = arith.constant dense<1> : tensor<i64>
  %r1 = nn.binary add %r, %one : tensor<?x1xi64>, tensor<i64> -> tensor<?x1xi64>
  %upper = nn.compare ge %c, %r1 : tensor<?xi64>, tensor<?x1xi64> -> tensor<?x?xi1>
  %triangle = nn.select %upper, %low, %zero : tensor<?x?xi1>, tensor<f32>, tensor<f32> -> tensor<?x?xf32>
  %seen = nn.compare ge %r, %c : tensor<?x1xi64>, tensor<?xi64> -> tensor<?x?xi1>
  %behind = nn.unary not %seen : tensor<?x?xi1>
  %factor = nn.cast %behind : tensor<?x?xi1> to tensor<?x?xf32>
  %mask = nn.binary mul %triangle, %factor : tensor<?x?xf32>, tensor<?x?xf32> -> tensor<?x?xf32>
  %1 = nn.binary add %0, %mask : tensor<?x4x?x?xf32>, tensor<?x?xf32> -> tensor<?x4x?x?xf32>
  %p = nn.softmax %1 {axis = 3 : i64} : tensor<?x4x?x?xf32>
  %y = nn.matmul %p, %v : tensor<?x4x?x?xf32>, tensor<?x4x16x?xf32> -> tensor<?x4x?x16xf32>
  return %y : tensor<?x4x?x16xf32>
}

// -----

// Or of a triangle and padding: padding is left.
// CHECK-LABEL: @padded(
// CHECK: %[[PAD:.*]] = nn.reshape %{{.*}} -> tensor<?x1x1x?xi1>
// CHECK: %[[M:.*]] = nn.select %[[PAD]], %{{.*}} -> tensor<?x1x1x?xf32>
// CHECK: nn.attention %{{.*}} mask(%[[M]] : tensor<?x1x1x?xf32>) {causal, scale
// REMARK: found attention, causal, masked
func.func @padded(%q: tensor<?x4x?x16xf32>, %v: tensor<?x4x16x?xf32>, %m: tensor<?x?xi64>) -> tensor<?x4x?x16xf32> attributes {
    qt.dim_names = ["b", "s"],
    qt.arg_shapes = [affine_map<()[b, s] -> (b, 4, s, 16)>, affine_map<()[b, s] -> (b, 4, 16, s)>, affine_map<()[b, s] -> (b, s)>]} {
  %n = nn.shape %m {start = 1 : i64, end = 2 : i64} : tensor<?x?xi64> -> tensor<1xi64>
  %c = nn.iota %n : tensor<1xi64> -> tensor<?xi64>
  %shape = arith.constant dense<[-1, 1]> : tensor<2xi64>
  %r = nn.reshape %c, %shape : tensor<?xi64>, tensor<2xi64> -> tensor<?x1xi64>
  %zero = arith.constant dense<0.0> : tensor<f32>
  %low = arith.constant dense<-3.40282347E+38> : tensor<f32>
  %0 = nn.matmul %q, %q : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32> -> tensor<?x4x?x?xf32>
  %none = arith.constant dense<0> : tensor<i64>
  %isPad = nn.compare eq %m, %none : tensor<?x?xi64>, tensor<i64> -> tensor<?x?xi1>
  %ps = nn.shape %m {start = 0 : i64, end = 1 : i64} : tensor<?x?xi64> -> tensor<1xi64>
  %ones = arith.constant dense<1> : tensor<2xi64>
  %four = nn.concat %ps, %ones, %n {axis = 0 : i64} : tensor<1xi64>, tensor<2xi64>, tensor<1xi64> -> tensor<4xi64>
  %pad = nn.reshape %isPad, %four : tensor<?x?xi1>, tensor<4xi64> -> tensor<?x1x1x?xi1>
  %hidden = nn.compare lt %r, %c : tensor<?x1xi64>, tensor<?xi64> -> tensor<?x?xi1>
  %both = nn.binary or %hidden, %pad : tensor<?x?xi1>, tensor<?x1x1x?xi1> -> tensor<?x1x?x?xi1>
  %mask = nn.select %both, %low, %zero : tensor<?x1x?x?xi1>, tensor<f32>, tensor<f32> -> tensor<?x1x?x?xf32>
  %1 = nn.binary add %0, %mask : tensor<?x4x?x?xf32>, tensor<?x1x?x?xf32> -> tensor<?x4x?x?xf32>
  %p = nn.softmax %1 {axis = 3 : i64} : tensor<?x4x?x?xf32>
  %y = nn.matmul %p, %v : tensor<?x4x?x?xf32>, tensor<?x4x16x?xf32> -> tensor<?x4x?x16xf32>
  return %y : tensor<?x4x?x16xf32>
}

// -----

// Scores replaced where a condition is false, and padding filled into the triangle.
// CHECK-LABEL: @filled(
// CHECK: %[[M:.*]] = nn.select %{{.*}} -> tensor<?x1x1x?xf32>
// CHECK: nn.attention %{{.*}} mask(%[[M]] : tensor<?x1x1x?xf32>) {causal, scale
func.func @filled(%q: tensor<?x4x?x16xf32>, %v: tensor<?x4x16x?xf32>, %m: tensor<?x?xi64>) -> tensor<?x4x?x16xf32> attributes {
    qt.dim_names = ["b", "s"],
    qt.arg_shapes = [affine_map<()[b, s] -> (b, 4, s, 16)>, affine_map<()[b, s] -> (b, 4, 16, s)>, affine_map<()[b, s] -> (b, s)>]} {
  %n = nn.shape %m {start = 1 : i64, end = 2 : i64} : tensor<?x?xi64> -> tensor<1xi64>
  %c = nn.iota %n : tensor<1xi64> -> tensor<?xi64>
  %shape = arith.constant dense<[-1, 1]> : tensor<2xi64>
  %r = nn.reshape %c, %shape : tensor<?xi64>, tensor<2xi64> -> tensor<?x1xi64>
  %zero = arith.constant dense<0.0> : tensor<f32>
  %low = arith.constant dense<-3.40282347E+38> : tensor<f32>
  %0 = nn.matmul %q, %q : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32> -> tensor<?x4x?x?xf32>
  %none = arith.constant dense<0> : tensor<i64>
  %isPad = nn.compare eq %m, %none : tensor<?x?xi64>, tensor<i64> -> tensor<?x?xi1>
  %ps = nn.shape %m {start = 0 : i64, end = 1 : i64} : tensor<?x?xi64> -> tensor<1xi64>
  %ones = arith.constant dense<1> : tensor<2xi64>
  %four = nn.concat %ps, %ones, %n {axis = 0 : i64} : tensor<1xi64>, tensor<2xi64>, tensor<1xi64> -> tensor<4xi64>
  %pad = nn.reshape %isPad, %four : tensor<?x?xi1>, tensor<4xi64> -> tensor<?x1x1x?xi1>
  %hidden = nn.compare lt %r, %c : tensor<?x1xi64>, tensor<?xi64> -> tensor<?x?xi1>
  %triangle = nn.select %hidden, %low, %zero : tensor<?x?xi1>, tensor<f32>, tensor<f32> -> tensor<?x?xf32>
  %mask = nn.select %pad, %low, %triangle : tensor<?x1x1x?xi1>, tensor<f32>, tensor<?x?xf32> -> tensor<?x1x?x?xf32>
  %1 = nn.binary add %0, %mask : tensor<?x4x?x?xf32>, tensor<?x1x?x?xf32> -> tensor<?x4x?x?xf32>
  %p = nn.softmax %1 {axis = 3 : i64} : tensor<?x4x?x?xf32>
  %y = nn.matmul %p, %v : tensor<?x4x?x?xf32>, tensor<?x4x16x?xf32> -> tensor<?x4x?x16xf32>
  return %y : tensor<?x4x?x16xf32>
}

// -----

// Scores are replaced, not added to.
// CHECK-LABEL: @replaced(
// CHECK: nn.attention %{{.*}}, %{{.*}}, %{{.*}} {causal, scale
func.func @replaced(%q: tensor<?x4x?x16xf32>, %v: tensor<?x4x16x?xf32>, %m: tensor<?x?xi64>) -> tensor<?x4x?x16xf32> attributes {
    qt.dim_names = ["b", "s"],
    qt.arg_shapes = [affine_map<()[b, s] -> (b, 4, s, 16)>, affine_map<()[b, s] -> (b, 4, 16, s)>, affine_map<()[b, s] -> (b, s)>]} {
  %n = nn.shape %m {start = 1 : i64, end = 2 : i64} : tensor<?x?xi64> -> tensor<1xi64>
  %c = nn.iota %n : tensor<1xi64> -> tensor<?xi64>
  %shape = arith.constant dense<[-1, 1]> : tensor<2xi64>
  %r = nn.reshape %c, %shape : tensor<?xi64>, tensor<2xi64> -> tensor<?x1xi64>
  %zero = arith.constant dense<0.0> : tensor<f32>
  %low = arith.constant dense<-3.40282347E+38> : tensor<f32>
  %0 = nn.matmul %q, %q : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32> -> tensor<?x4x?x?xf32>
  %seen = nn.compare le %c, %r : tensor<?xi64>, tensor<?x1xi64> -> tensor<?x?xi1>
  %1 = nn.select %seen, %0, %low : tensor<?x?xi1>, tensor<?x4x?x?xf32>, tensor<f32> -> tensor<?x4x?x?xf32>
  %p = nn.softmax %1 {axis = 3 : i64} : tensor<?x4x?x?xf32>
  %y = nn.matmul %p, %v : tensor<?x4x?x?xf32>, tensor<?x4x16x?xf32> -> tensor<?x4x?x16xf32>
  return %y : tensor<?x4x?x16xf32>
}

// -----

// The triangle of the other side: a window that ends at the query.
// CHECK-LABEL: @earlier(
// CHECK: nn.attention %{{.*}}, %{{.*}}, %{{.*}} {left_window = 0 : i64, scale
func.func @earlier(%q: tensor<?x4x?x16xf32>, %v: tensor<?x4x16x?xf32>, %m: tensor<?x?xi64>) -> tensor<?x4x?x16xf32> attributes {
    qt.dim_names = ["b", "s"],
    qt.arg_shapes = [affine_map<()[b, s] -> (b, 4, s, 16)>, affine_map<()[b, s] -> (b, 4, 16, s)>, affine_map<()[b, s] -> (b, s)>]} {
  %n = nn.shape %m {start = 1 : i64, end = 2 : i64} : tensor<?x?xi64> -> tensor<1xi64>
  %c = nn.iota %n : tensor<1xi64> -> tensor<?xi64>
  %shape = arith.constant dense<[-1, 1]> : tensor<2xi64>
  %r = nn.reshape %c, %shape : tensor<?xi64>, tensor<2xi64> -> tensor<?x1xi64>
  %zero = arith.constant dense<0.0> : tensor<f32>
  %low = arith.constant dense<-3.40282347E+38> : tensor<f32>
  %0 = nn.matmul %q, %q : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32> -> tensor<?x4x?x?xf32>
  %hidden = nn.compare lt %c, %r : tensor<?xi64>, tensor<?x1xi64> -> tensor<?x?xi1>
  %mask = nn.select %hidden, %low, %zero : tensor<?x?xi1>, tensor<f32>, tensor<f32> -> tensor<?x?xf32>
  %1 = nn.binary add %0, %mask : tensor<?x4x?x?xf32>, tensor<?x?xf32> -> tensor<?x4x?x?xf32>
  %p = nn.softmax %1 {axis = 3 : i64} : tensor<?x4x?x?xf32>
  %y = nn.matmul %p, %v : tensor<?x4x?x?xf32>, tensor<?x4x16x?xf32> -> tensor<?x4x?x16xf32>
  return %y : tensor<?x4x?x16xf32>
}

// -----

// Near misses: a triangle that hides the diagonal stays a mask,
// CHECK-LABEL: @strict(
// CHECK: nn.attention %{{.*}} mask(%{{.*}} : tensor<?x?xf32>) {scale
func.func @strict(%q: tensor<?x4x?x16xf32>, %v: tensor<?x4x16x?xf32>, %m: tensor<?x?xi64>) -> tensor<?x4x?x16xf32> attributes {
    qt.dim_names = ["b", "s"],
    qt.arg_shapes = [affine_map<()[b, s] -> (b, 4, s, 16)>, affine_map<()[b, s] -> (b, 4, 16, s)>, affine_map<()[b, s] -> (b, s)>]} {
  %n = nn.shape %m {start = 1 : i64, end = 2 : i64} : tensor<?x?xi64> -> tensor<1xi64>
  %c = nn.iota %n : tensor<1xi64> -> tensor<?xi64>
  %shape = arith.constant dense<[-1, 1]> : tensor<2xi64>
  %r = nn.reshape %c, %shape : tensor<?xi64>, tensor<2xi64> -> tensor<?x1xi64>
  %zero = arith.constant dense<0.0> : tensor<f32>
  %low = arith.constant dense<-3.40282347E+38> : tensor<f32>
  %0 = nn.matmul %q, %q : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32> -> tensor<?x4x?x?xf32>
  %hidden = nn.compare ge %c, %r : tensor<?xi64>, tensor<?x1xi64> -> tensor<?x?xi1>
  %mask = nn.select %hidden, %low, %zero : tensor<?x?xi1>, tensor<f32>, tensor<f32> -> tensor<?x?xf32>
  %1 = nn.binary add %0, %mask : tensor<?x4x?x?xf32>, tensor<?x?xf32> -> tensor<?x4x?x?xf32>
  %p = nn.softmax %1 {axis = 3 : i64} : tensor<?x4x?x?xf32>
  %y = nn.matmul %p, %v : tensor<?x4x?x?xf32>, tensor<?x4x16x?xf32> -> tensor<?x4x?x16xf32>
  return %y : tensor<?x4x?x16xf32>
}

// -----

// and one that only lowers the scores of later keys.
// CHECK-LABEL: @weak(
// CHECK: nn.attention %{{.*}} mask(%{{.*}} : tensor<?x?xf32>) {scale
func.func @weak(%q: tensor<?x4x?x16xf32>, %v: tensor<?x4x16x?xf32>, %m: tensor<?x?xi64>) -> tensor<?x4x?x16xf32> attributes {
    qt.dim_names = ["b", "s"],
    qt.arg_shapes = [affine_map<()[b, s] -> (b, 4, s, 16)>, affine_map<()[b, s] -> (b, 4, 16, s)>, affine_map<()[b, s] -> (b, s)>]} {
  %n = nn.shape %m {start = 1 : i64, end = 2 : i64} : tensor<?x?xi64> -> tensor<1xi64>
  %c = nn.iota %n : tensor<1xi64> -> tensor<?xi64>
  %shape = arith.constant dense<[-1, 1]> : tensor<2xi64>
  %r = nn.reshape %c, %shape : tensor<?xi64>, tensor<2xi64> -> tensor<?x1xi64>
  %zero = arith.constant dense<0.0> : tensor<f32>
  %low = arith.constant dense<-3.40282347E+38> : tensor<f32>
  %0 = nn.matmul %q, %q : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32> -> tensor<?x4x?x?xf32>
  %little = arith.constant dense<-5.0> : tensor<f32>
  %hidden = nn.compare gt %c, %r : tensor<?xi64>, tensor<?x1xi64> -> tensor<?x?xi1>
  %mask = nn.select %hidden, %little, %zero : tensor<?x?xi1>, tensor<f32>, tensor<f32> -> tensor<?x?xf32>
  %1 = nn.binary add %0, %mask : tensor<?x4x?x?xf32>, tensor<?x?xf32> -> tensor<?x4x?x?xf32>
  %p = nn.softmax %1 {axis = 3 : i64} : tensor<?x4x?x?xf32>
  %y = nn.matmul %p, %v : tensor<?x4x?x?xf32>, tensor<?x4x16x?xf32> -> tensor<?x4x?x16xf32>
  return %y : tensor<?x4x?x16xf32>
}

// -----

// A buffer of the longest triangle, cut to the lengths at hand: the last rows.
// CHECK-LABEL: @buffer(
// CHECK: nn.attention %{{.*}}, %{{.*}}, %{{.*}} {causal, scale
func.func @buffer(%q: tensor<1x2x?x4xf32>, %k: tensor<1x2x?x4xf32>, %v: tensor<1x2x4x?xf32>) -> tensor<1x2x?x4xf32> attributes {
    qt.dim_names = ["s", "p"],
    qt.arg_shapes = [affine_map<()[s, p] -> (1, 2, s, 4)>, affine_map<()[s, p] -> (1, 2, s + p, 4)>,
                     affine_map<()[s, p] -> (1, 2, 4, s + p)>]} {
  %buffer = arith.constant dense<[[[[1, 0, 0], [1, 1, 0], [1, 1, 1]]]]> : tensor<1x1x3x3xi1>
  %low = arith.constant dense<0xFF800000> : tensor<f32>
  %s = nn.shape %q {start = 2 : i64, end = 3 : i64} : tensor<1x2x?x4xf32> -> tensor<1xi64>
  %t = nn.shape %k {start = 2 : i64, end = 3 : i64} : tensor<1x2x?x4xf32> -> tensor<1xi64>
  %p = nn.binary sub %t, %s : tensor<1xi64>, tensor<1xi64> -> tensor<1xi64>
  %zero = arith.constant dense<0> : tensor<1xi64>
  %one = arith.constant dense<1> : tensor<1xi64>
  %two = arith.constant dense<2> : tensor<1xi64>
  %three = arith.constant dense<3> : tensor<1xi64>
  %rows = nn.slice %buffer, %p, %t, %two, %one : tensor<1x1x3x3xi1>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<1x1x?x3xi1>
  %seen = nn.slice %rows, %zero, %t, %three, %one : tensor<1x1x?x3xi1>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<1x1x?x?xi1>
  %0 = nn.matmul %q, %k : tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32> -> tensor<1x2x?x?xf32>
  %1 = nn.select %seen, %0, %low : tensor<1x1x?x?xi1>, tensor<1x2x?x?xf32>, tensor<f32> -> tensor<1x2x?x?xf32>
  %2 = nn.softmax %1 {axis = 3 : i64} : tensor<1x2x?x?xf32>
  %3 = nn.matmul %2, %v : tensor<1x2x?x?xf32>, tensor<1x2x4x?xf32> -> tensor<1x2x?x4xf32>
  return %3 : tensor<1x2x?x4xf32>
}

// -----

// Zeros for the past in front of a triangle for what is new.
// CHECK-LABEL: @past(
// CHECK: nn.attention %{{.*}}, %{{.*}}, %{{.*}} {causal, scale
func.func @past(%q: tensor<1x2x?x4xf32>, %k: tensor<1x2x?x4xf32>, %v: tensor<1x2x4x?xf32>, %past: tensor<?xf32>) -> tensor<1x2x?x4xf32> attributes {
    qt.dim_names = ["s", "p"],
    qt.arg_shapes = [affine_map<()[s, p] -> (1, 2, s, 4)>, affine_map<()[s, p] -> (1, 2, s + p, 4)>,
                     affine_map<()[s, p] -> (1, 2, 4, s + p)>, affine_map<()[s, p] -> (p)>]} {
  %low = arith.constant dense<-3.40282347E+38> : tensor<f32>
  %zero = arith.constant dense<0.0> : tensor<f32>
  %one = arith.constant dense<1> : tensor<i64>
  %column = arith.constant dense<[-1, 1]> : tensor<2xi64>
  %s = nn.shape %q {start = 2 : i64, end = 3 : i64} : tensor<1x2x?x4xf32> -> tensor<1xi64>
  %p = nn.shape %past {start = 0 : i64, end = 1 : i64} : tensor<?xf32> -> tensor<1xi64>
  %c = nn.iota %s : tensor<1xi64> -> tensor<?xi64>
  %c1 = nn.binary add %c, %one : tensor<?xi64>, tensor<i64> -> tensor<?xi64>
  %r = nn.reshape %c1, %column : tensor<?xi64>, tensor<2xi64> -> tensor<?x1xi64>
  %seen = nn.compare lt %c, %r : tensor<?xi64>, tensor<?x1xi64> -> tensor<?x?xi1>
  %triangle = nn.select %seen, %zero, %low : tensor<?x?xi1>, tensor<f32>, tensor<f32> -> tensor<?x?xf32>
  %sp = nn.concat %s, %p {axis = 0 : i64} : tensor<1xi64>, tensor<1xi64> -> tensor<2xi64>
  %zeros = nn.expand %zero, %sp : tensor<f32>, tensor<2xi64> -> tensor<?x?xf32>
  %mask = nn.concat %zeros, %triangle {axis = 1 : i64} : tensor<?x?xf32>, tensor<?x?xf32> -> tensor<?x?xf32>
  %0 = nn.matmul %q, %k : tensor<1x2x?x4xf32>, tensor<1x2x?x4xf32> -> tensor<1x2x?x?xf32>
  %1 = nn.binary add %0, %mask : tensor<1x2x?x?xf32>, tensor<?x?xf32> -> tensor<1x2x?x?xf32>
  %2 = nn.softmax %1 {axis = 3 : i64} : tensor<1x2x?x?xf32>
  %3 = nn.matmul %2, %v : tensor<1x2x?x?xf32>, tensor<1x2x4x?xf32> -> tensor<1x2x?x4xf32>
  return %3 : tensor<1x2x?x4xf32>
}

// -----

// One row sees all keys, its own being the last; a condition that never holds
// hides none.
// CHECK-LABEL: @one_row(
// CHECK: nn.attention %{{.*}}, %{{.*}}, %{{.*}} {causal, scale
// CHECK: nn.attention %{{.*}}, %{{.*}}, %{{.*}} {scale
func.func @one_row(%q: tensor<1x2x1x4xf32>, %k: tensor<1x2x?x4xf32>, %v: tensor<1x2x4x?xf32>) -> (tensor<1x2x1x4xf32>, tensor<1x2x1x4xf32>) attributes {
    qt.dim_names = ["t"],
    qt.arg_shapes = [affine_map<()[t] -> (1, 2, 1, 4)>, affine_map<()[t] -> (1, 2, t, 4)>, affine_map<()[t] -> (1, 2, 4, t)>]} {
  %low = arith.constant dense<-3.40282347E+38> : tensor<f32>
  %zero = arith.constant dense<0.0> : tensor<f32>
  %one = arith.constant dense<1> : tensor<1xi64>
  %never = arith.constant dense<false> : tensor<1x1x1x1xi1>
  %column = arith.constant dense<[1, 1]> : tensor<2xi64>
  %t = nn.shape %k {start = 2 : i64, end = 3 : i64} : tensor<1x2x?x4xf32> -> tensor<1xi64>
  %c = nn.iota %t : tensor<1xi64> -> tensor<?xi64>
  %last = nn.binary sub %t, %one : tensor<1xi64>, tensor<1xi64> -> tensor<1xi64>
  %r = nn.reshape %last, %column : tensor<1xi64>, tensor<2xi64> -> tensor<1x1xi64>
  %hidden = nn.compare gt %c, %r : tensor<?xi64>, tensor<1x1xi64> -> tensor<1x?xi1>
  %mask = nn.select %hidden, %low, %zero : tensor<1x?xi1>, tensor<f32>, tensor<f32> -> tensor<1x?xf32>
  %0 = nn.matmul %q, %k : tensor<1x2x1x4xf32>, tensor<1x2x?x4xf32> -> tensor<1x2x1x?xf32>
  %1 = nn.binary add %0, %mask : tensor<1x2x1x?xf32>, tensor<1x?xf32> -> tensor<1x2x1x?xf32>
  %2 = nn.softmax %1 {axis = 3 : i64} : tensor<1x2x1x?xf32>
  %3 = nn.matmul %2, %v : tensor<1x2x1x?xf32>, tensor<1x2x4x?xf32> -> tensor<1x2x1x4xf32>
  %4 = nn.matmul %q, %k : tensor<1x2x1x4xf32>, tensor<1x2x?x4xf32> -> tensor<1x2x1x?xf32>
  %5 = nn.select %never, %low, %4 : tensor<1x1x1x1xi1>, tensor<f32>, tensor<1x2x1x?xf32> -> tensor<1x2x1x?xf32>
  %6 = nn.softmax %5 {axis = 3 : i64} : tensor<1x2x1x?xf32>
  %7 = nn.matmul %6, %v : tensor<1x2x1x?xf32>, tensor<1x2x4x?xf32> -> tensor<1x2x1x4xf32>
  return %3, %7 : tensor<1x2x1x4xf32>, tensor<1x2x1x4xf32>
}

// -----

// The upper triangle of a constant, multiplied by whether a key is later than a row behind a past: the second implies the
// first. A condition that always holds is none.
// CHECK-LABEL: @product(
// CHECK: nn.attention %{{.*}}, %{{.*}}, %{{.*}} {causal, scale
// REMARK: found attention, causal
func.func @product(%q: tensor<?x4x?x16xf32>, %k: tensor<?x4x?x16xf32>, %v: tensor<?x4x16x?xf32>, %past: tensor<?xi1>) -> tensor<?x4x?x16xf32> attributes {
    qt.dim_names = ["b", "s", "p"],
    qt.arg_shapes = [affine_map<()[b, s, p] -> (b, 4, s, 16)>, affine_map<()[b, s, p] -> (b, 4, s + p, 16)>,
                     affine_map<()[b, s, p] -> (b, 4, 16, s + p)>, affine_map<()[b, s, p] -> (p)>]} {
  %s = nn.shape %q {start = 2 : i64, end = 3 : i64} : tensor<?x4x?x16xf32> -> tensor<1xi64>
  %t = nn.shape %k {start = 2 : i64, end = 3 : i64} : tensor<?x4x?x16xf32> -> tensor<1xi64>
  %p = nn.shape %past {start = 0 : i64, end = 1 : i64} : tensor<?xi1> -> tensor<1xi64>
  %column = arith.constant dense<[-1, 1]> : tensor<2xi64>
  %zero = arith.constant dense<0> : tensor<i64>
  %none = arith.constant dense<0.0> : tensor<f32>
  %low = arith.constant dense<-3.40282347E+38> : tensor<f32>
  %keys = nn.iota %t : tensor<1xi64> -> tensor<?xi64>
  %i = nn.iota %s : tensor<1xi64> -> tensor<?xi64>
  %rows = nn.reshape %i, %column : tensor<?xi64>, tensor<2xi64> -> tensor<?x1xi64>
  %at = nn.binary add %rows, %p : tensor<?x1xi64>, tensor<1xi64> -> tensor<?x1xi64>
  %above = nn.compare gt %keys, %rows : tensor<?xi64>, tensor<?x1xi64> -> tensor<?x?xi1>
  %tri = nn.select %above, %low, %none : tensor<?x?xi1>, tensor<f32>, tensor<f32> -> tensor<?x?xf32>
  %later = nn.compare gt %keys, %at : tensor<?xi64>, tensor<?x1xi64> -> tensor<?x?xi1>
  %always = nn.compare ge %rows, %zero : tensor<?x1xi64>, tensor<i64> -> tensor<?x1xi1>
  %both = nn.binary and %always, %later : tensor<?x1xi1>, tensor<?x?xi1> -> tensor<?x?xi1>
  %factor = nn.cast %both : tensor<?x?xi1> to tensor<?x?xf32>
  %mask = nn.binary mul %tri, %factor : tensor<?x?xf32>, tensor<?x?xf32> -> tensor<?x?xf32>
  %0 = nn.matmul %q, %k : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32> -> tensor<?x4x?x?xf32>
  %1 = nn.binary add %0, %mask : tensor<?x4x?x?xf32>, tensor<?x?xf32> -> tensor<?x4x?x?xf32>
  %2 = nn.softmax %1 {axis = 3 : i64} : tensor<?x4x?x?xf32>
  %3 = nn.matmul %2, %v : tensor<?x4x?x?xf32>, tensor<?x4x16x?xf32> -> tensor<?x4x?x16xf32>
  return %3 : tensor<?x4x?x16xf32>
}

// -----

// A band on both sides of the query, and the padding that is left.
// CHECK-LABEL: @band(
// CHECK-SAME: %[[A:[a-z0-9]+]]: tensor<?x1x1x?xi1>
// CHECK: %[[REST:.*]] = nn.select %[[A]]
// CHECK: nn.attention %{{.*}}, %{{.*}}, %{{.*}} mask(%[[REST]] : tensor<?x1x1x?xf32>) {left_window = 8 : i64, right_window = 8 : i64, scale
// REMARK: found attention, windowed, masked
func.func @band(%q: tensor<?x4x?x16xf32>, %v: tensor<?x4x16x?xf32>, %a: tensor<?x1x1x?xi1>) -> tensor<?x4x?x16xf32> attributes {
    qt.dim_names = ["b", "s"],
    qt.arg_shapes = [affine_map<()[b, s] -> (b, 4, s, 16)>, affine_map<()[b, s] -> (b, 4, 16, s)>, affine_map<()[b, s] -> (b, 1, 1, s)>]} {
  %n = nn.shape %q {start = 2 : i64, end = 3 : i64} : tensor<?x4x?x16xf32> -> tensor<1xi64>
  %c = nn.iota %n : tensor<1xi64> -> tensor<?xi64>
  %shape = arith.constant dense<[-1, 1]> : tensor<2xi64>
  %r = nn.reshape %c, %shape : tensor<?xi64>, tensor<2xi64> -> tensor<?x1xi64>
  %zero = arith.constant dense<0.0> : tensor<f32>
  %low = arith.constant dense<0xFF800000> : tensor<f32>
  %nine = arith.constant dense<9> : tensor<i64>
  %0 = nn.matmul %q, %q : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32> -> tensor<?x4x?x?xf32>
  %distance = nn.binary sub %r, %c : tensor<?x1xi64>, tensor<?xi64> -> tensor<?x?xi64>
  %far = nn.unary abs %distance : tensor<?x?xi64>
  %near = nn.compare lt %far, %nine : tensor<?x?xi64>, tensor<i64> -> tensor<?x?xi1>
  %seen = nn.binary and %near, %a : tensor<?x?xi1>, tensor<?x1x1x?xi1> -> tensor<?x1x?x?xi1>
  %mask = nn.select %seen, %zero, %low : tensor<?x1x?x?xi1>, tensor<f32>, tensor<f32> -> tensor<?x1x?x?xf32>
  %1 = nn.binary add %0, %mask : tensor<?x4x?x?xf32>, tensor<?x1x?x?xf32> -> tensor<?x4x?x?xf32>
  %p = nn.softmax %1 {axis = 3 : i64} : tensor<?x4x?x?xf32>
  %y = nn.matmul %p, %v : tensor<?x4x?x?xf32>, tensor<?x4x16x?xf32> -> tensor<?x4x?x16xf32>
  return %y : tensor<?x4x?x16xf32>
}

// -----

// Keys up to three behind the query: a window on the other side.
// CHECK-LABEL: @ahead(
// CHECK: nn.attention %{{.*}}, %{{.*}}, %{{.*}} {right_window = 3 : i64, scale
func.func @ahead(%q: tensor<?x4x?x16xf32>, %v: tensor<?x4x16x?xf32>) -> tensor<?x4x?x16xf32> attributes {
    qt.dim_names = ["b", "s"], qt.arg_shapes = [affine_map<()[b, s] -> (b, 4, s, 16)>, affine_map<()[b, s] -> (b, 4, 16, s)>]} {
  %n = nn.shape %q {start = 2 : i64, end = 3 : i64} : tensor<?x4x?x16xf32> -> tensor<1xi64>
  %c = nn.iota %n : tensor<1xi64> -> tensor<?xi64>
  %shape = arith.constant dense<[-1, 1]> : tensor<2xi64>
  %r = nn.reshape %c, %shape : tensor<?xi64>, tensor<2xi64> -> tensor<?x1xi64>
  %zero = arith.constant dense<0.0> : tensor<f32>
  %low = arith.constant dense<0xFF800000> : tensor<f32>
  %three = arith.constant dense<3> : tensor<i64>
  %0 = nn.matmul %q, %q : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32> -> tensor<?x4x?x?xf32>
  %ahead = nn.binary sub %c, %r : tensor<?xi64>, tensor<?x1xi64> -> tensor<?x?xi64>
  %far = nn.compare gt %ahead, %three : tensor<?x?xi64>, tensor<i64> -> tensor<?x?xi1>
  %mask = nn.select %far, %low, %zero : tensor<?x?xi1>, tensor<f32>, tensor<f32> -> tensor<?x?xf32>
  %1 = nn.binary add %0, %mask : tensor<?x4x?x?xf32>, tensor<?x?xf32> -> tensor<?x4x?x?xf32>
  %p = nn.softmax %1 {axis = 3 : i64} : tensor<?x4x?x?xf32>
  %y = nn.matmul %p, %v : tensor<?x4x?x?xf32>, tensor<?x4x16x?xf32> -> tensor<?x4x?x16xf32>
  return %y : tensor<?x4x?x16xf32>
}
