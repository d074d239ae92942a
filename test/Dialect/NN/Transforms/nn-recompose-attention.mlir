// RUN: quant-opt %s -nn-recompose -split-input-file | FileCheck %s

// CHECK-LABEL: @attention
// CHECK-SAME: (%[[Q:.*]]: tensor<?x4x9x16xf32>, %[[K:.*]]: tensor<?x4x9x16xf32>, %[[V:.*]]: tensor<?x4x8x9xf32>)
// CHECK: %[[T:.*]] = nn.transpose %[[V]] perm [0, 1, 3, 2]
// CHECK: nn.attention %[[Q]], %[[K]], %[[T]] {scale = 2.500000e-01 : f32}
// CHECK-SAME: -> tensor<?x4x9x8xf32>
// CHECK-NEXT: return
func.func @attention(%q: tensor<?x4x9x16xf32>, %k: tensor<?x4x9x16xf32>, %v: tensor<?x4x8x9xf32>) -> tensor<?x4x9x8xf32> attributes {
    qt.dim_names = ["b"], qt.arg_shapes = [affine_map<()[b] -> (b, 4, 9, 16)>, affine_map<()[b] -> (b, 4, 9, 16)>,
                                           affine_map<()[b] -> (b, 4, 8, 9)>]} {
  %four = arith.constant dense<4.0> : tensor<f32>
  %0 = nn.matmul %q, %k : tensor<?x4x9x16xf32>, tensor<?x4x9x16xf32> -> tensor<?x4x9x9xf32>
  %1 = nn.binary div %0, %four : tensor<?x4x9x9xf32>, tensor<f32> -> tensor<?x4x9x9xf32>
  %2 = nn.softmax %1 {axis = 3 : i64} : tensor<?x4x9x9xf32>
  %3 = nn.matmul %2, %v : tensor<?x4x9x9xf32>, tensor<?x4x8x9xf32> -> tensor<?x4x9x8xf32>
  return %3 : tensor<?x4x9x8xf32>
}

// -----

// A mask, the root of the scale on either side, run-time lengths.
// CHECK-LABEL: @masked
// CHECK-SAME: (%[[Q:.*]]: tensor<?x4x?x16xf32>, %[[K:.*]]: tensor<?x4x?x16xf32>, %{{.*}}, %[[M:.*]]: tensor<?x1x1x?xf32>)
// CHECK: nn.attention %[[Q]], %[[K]], %{{.*}} mask(%[[M]] : tensor<?x1x1x?xf32>) {scale = 2.500000e-01 : f32}
func.func @masked(%q: tensor<?x4x?x16xf32>, %k: tensor<?x4x?x16xf32>, %v: tensor<?x4x16x?xf32>, %m: tensor<?x1x1x?xf32>)
    -> tensor<?x4x?x16xf32> attributes {
    qt.dim_names = ["b", "s", "t"],
    qt.arg_shapes = [affine_map<()[b, s, t] -> (b, 4, s, 16)>, affine_map<()[b, s, t] -> (b, 4, t, 16)>,
                     affine_map<()[b, s, t] -> (b, 4, 16, t)>, affine_map<()[b, s, t] -> (b, 1, 1, t)>]} {
  %half = arith.constant dense<0.5> : tensor<f32>
  %q1 = nn.binary mul %q, %half : tensor<?x4x?x16xf32>, tensor<f32> -> tensor<?x4x?x16xf32>
  %k1 = nn.binary mul %k, %half : tensor<?x4x?x16xf32>, tensor<f32> -> tensor<?x4x?x16xf32>
  %0 = nn.matmul %q1, %k1 : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32> -> tensor<?x4x?x?xf32>
  %1 = nn.binary add %m, %0 : tensor<?x1x1x?xf32>, tensor<?x4x?x?xf32> -> tensor<?x4x?x?xf32>
  %2 = nn.softmax %1 {axis = 3 : i64} : tensor<?x4x?x?xf32>
  %3 = nn.matmul %2, %v : tensor<?x4x?x?xf32>, tensor<?x4x16x?xf32> -> tensor<?x4x?x16xf32>
  return %3 : tensor<?x4x?x16xf32>
}

// -----

// A soft cap between scale and mask: 30 tanh(x / 4 / 30).
// CHECK-LABEL: @capped
// CHECK-SAME: (%[[Q:.*]]: tensor<2x4x9x16xf32>, %{{.*}}, %[[M:.*]]: tensor<9x9xf32>)
// CHECK: nn.attention %[[Q]], %[[Q]], %{{.*}} mask(%[[M]] : tensor<9x9xf32>) {scale = 2.500000e-01 : f32, softcap = 3.000000e+01 : f32}
// CHECK-NEXT: return
func.func @capped(%q: tensor<2x4x9x16xf32>, %v: tensor<2x4x16x9xf32>, %m: tensor<9x9xf32>) -> tensor<2x4x9x16xf32> {
  %four = arith.constant dense<4.0> : tensor<f32>
  %cap = arith.constant dense<30.0> : tensor<f32>
  %0 = nn.matmul %q, %q : tensor<2x4x9x16xf32>, tensor<2x4x9x16xf32> -> tensor<2x4x9x9xf32>
  %1 = nn.binary div %0, %four : tensor<2x4x9x9xf32>, tensor<f32> -> tensor<2x4x9x9xf32>
  %2 = nn.binary div %1, %cap : tensor<2x4x9x9xf32>, tensor<f32> -> tensor<2x4x9x9xf32>
  %3 = nn.unary tanh %2 : tensor<2x4x9x9xf32>
  %4 = nn.binary mul %3, %cap : tensor<2x4x9x9xf32>, tensor<f32> -> tensor<2x4x9x9xf32>
  %5 = nn.binary add %4, %m : tensor<2x4x9x9xf32>, tensor<9x9xf32> -> tensor<2x4x9x9xf32>
  %6 = nn.softmax %5 {axis = 3 : i64} : tensor<2x4x9x9xf32>
  %7 = nn.matmul %6, %v : tensor<2x4x9x9xf32>, tensor<2x4x16x9xf32> -> tensor<2x4x9x16xf32>
  return %7 : tensor<2x4x9x16xf32>
}

// -----

// A mask that is capped itself hides nothing.
// CHECK-LABEL: @capped_mask
// CHECK-NOT: nn.attention
func.func @capped_mask(%q: tensor<2x4x9x16xf32>, %v: tensor<2x4x16x9xf32>, %m: tensor<9x9xf32>) -> tensor<2x4x9x16xf32> {
  %0 = nn.matmul %q, %q : tensor<2x4x9x16xf32>, tensor<2x4x9x16xf32> -> tensor<2x4x9x9xf32>
  %1 = nn.binary add %0, %m : tensor<2x4x9x9xf32>, tensor<9x9xf32> -> tensor<2x4x9x9xf32>
  %2 = nn.unary tanh %1 : tensor<2x4x9x9xf32>
  %3 = nn.softmax %2 {axis = 3 : i64} : tensor<2x4x9x9xf32>
  %4 = nn.matmul %3, %v : tensor<2x4x9x9xf32>, tensor<2x4x16x9xf32> -> tensor<2x4x9x16xf32>
  return %4 : tensor<2x4x9x16xf32>
}

// -----

// Nobody says that the batches are the same: one could be broadcast.
// CHECK-LABEL: @batches
// CHECK-NOT: nn.attention
func.func @batches(%q: tensor<?x4x9x16xf32>, %k: tensor<?x4x9x16xf32>, %v: tensor<?x4x8x9xf32>) -> tensor<?x4x9x8xf32> {
  %0 = nn.matmul %q, %k : tensor<?x4x9x16xf32>, tensor<?x4x9x16xf32> -> tensor<?x4x9x9xf32>
  %1 = nn.softmax %0 {axis = 3 : i64} : tensor<?x4x9x9xf32>
  %2 = nn.matmul %1, %v : tensor<?x4x9x9xf32>, tensor<?x4x8x9xf32> -> tensor<?x4x9x8xf32>
  return %2 : tensor<?x4x9x8xf32>
}

// -----

// The probabilities are returned too.
// CHECK-LABEL: @shared
// CHECK-NOT: nn.attention
func.func @shared(%q: tensor<1x4x9x16xf32>, %v: tensor<1x4x16x9xf32>) -> (tensor<1x4x9x16xf32>, tensor<1x4x9x9xf32>) {
  %0 = nn.matmul %q, %q : tensor<1x4x9x16xf32>, tensor<1x4x9x16xf32> -> tensor<1x4x9x9xf32>
  %1 = nn.softmax %0 {axis = 3 : i64} : tensor<1x4x9x9xf32>
  %2 = nn.matmul %1, %v : tensor<1x4x9x9xf32>, tensor<1x4x16x9xf32> -> tensor<1x4x9x16xf32>
  return %2, %1 : tensor<1x4x9x16xf32>, tensor<1x4x9x9xf32>
}

// -----

// Softmax over the rows; and keys that one head broadcasts to all.
// CHECK-LABEL: @other_axis
// CHECK-NOT: nn.attention
func.func @other_axis(%q: tensor<1x4x9x16xf32>, %k: tensor<1x1x9x16xf32>, %v: tensor<1x4x16x9xf32>)
    -> (tensor<1x4x9x16xf32>, tensor<1x4x9x16xf32>) {
  %0 = nn.matmul %q, %q : tensor<1x4x9x16xf32>, tensor<1x4x9x16xf32> -> tensor<1x4x9x9xf32>
  %1 = nn.softmax %0 {axis = 2 : i64} : tensor<1x4x9x9xf32>
  %2 = nn.matmul %1, %v : tensor<1x4x9x9xf32>, tensor<1x4x16x9xf32> -> tensor<1x4x9x16xf32>
  %3 = nn.matmul %q, %k : tensor<1x4x9x16xf32>, tensor<1x1x9x16xf32> -> tensor<1x4x9x9xf32>
  %4 = nn.softmax %3 {axis = 3 : i64} : tensor<1x4x9x9xf32>
  %5 = nn.matmul %4, %v : tensor<1x4x9x9xf32>, tensor<1x4x16x9xf32> -> tensor<1x4x9x16xf32>
  return %2, %5 : tensor<1x4x9x16xf32>, tensor<1x4x9x16xf32>
}

// -----

// A scale of each head goes into the query.
// CHECK-LABEL: @head_scale
// CHECK: %[[Q:.*]] = nn.binary mul %{{.*}}, %{{.*}} : tensor<1x4x9x16xf32>, tensor<4x1x1xf32>
// CHECK: nn.attention %[[Q]]
func.func @head_scale(%q: tensor<1x4x9x16xf32>, %v: tensor<1x4x16x9xf32>, %s: tensor<4x1x1xf32>) -> tensor<1x4x9x16xf32> {
  %0 = nn.matmul %q, %q : tensor<1x4x9x16xf32>, tensor<1x4x9x16xf32> -> tensor<1x4x9x9xf32>
  %1 = nn.binary mul %0, %s : tensor<1x4x9x9xf32>, tensor<4x1x1xf32> -> tensor<1x4x9x9xf32>
  %2 = nn.softmax %1 {axis = 3 : i64} : tensor<1x4x9x9xf32>
  %3 = nn.matmul %2, %v : tensor<1x4x9x9xf32>, tensor<1x4x16x9xf32> -> tensor<1x4x9x16xf32>
  return %3 : tensor<1x4x9x16xf32>
}

// -----

// Near misses: a scale of each key, and a bias below the scale.
// CHECK-LABEL: @tensor_scale
// CHECK-NOT: nn.attention
func.func @tensor_scale(%q: tensor<1x4x9x16xf32>, %v: tensor<1x4x16x9xf32>, %s: tensor<4x1x9xf32>, %h: tensor<4x1x1xf32>, %b: tensor<9x9xf32>)
    -> (tensor<1x4x9x16xf32>, tensor<1x4x9x16xf32>) {
  %0 = nn.matmul %q, %q : tensor<1x4x9x16xf32>, tensor<1x4x9x16xf32> -> tensor<1x4x9x9xf32>
  %1 = nn.binary mul %0, %s : tensor<1x4x9x9xf32>, tensor<4x1x9xf32> -> tensor<1x4x9x9xf32>
  %2 = nn.softmax %1 {axis = 3 : i64} : tensor<1x4x9x9xf32>
  %3 = nn.matmul %2, %v : tensor<1x4x9x9xf32>, tensor<1x4x16x9xf32> -> tensor<1x4x9x16xf32>
  %4 = nn.matmul %q, %q : tensor<1x4x9x16xf32>, tensor<1x4x9x16xf32> -> tensor<1x4x9x9xf32>
  %5 = nn.binary add %4, %b : tensor<1x4x9x9xf32>, tensor<9x9xf32> -> tensor<1x4x9x9xf32>
  %6 = nn.binary mul %5, %h : tensor<1x4x9x9xf32>, tensor<4x1x1xf32> -> tensor<1x4x9x9xf32>
  %7 = nn.softmax %6 {axis = 3 : i64} : tensor<1x4x9x9xf32>
  %8 = nn.matmul %7, %v : tensor<1x4x9x9xf32>, tensor<1x4x16x9xf32> -> tensor<1x4x9x16xf32>
  return %3, %8 : tensor<1x4x9x16xf32>, tensor<1x4x9x16xf32>
}

// -----

// Keys transposed as matrices of one dim for batch and heads, scaled between, and a softmax that is guarded against
// rows of -inf.
// CHECK-LABEL: @guarded(
// CHECK-NOT: nn.reshape
// CHECK: nn.attention %arg0, %arg1, %{{.*}} {scale = 2.500000e-01 : f32}
func.func @guarded(%q: tensor<?x4x?x16xf32>, %k: tensor<?x4x?x16xf32>, %v: tensor<?x4x16x?xf32>) -> tensor<?x4x?x16xf32> attributes {
    qt.dim_names = ["b", "s"],
    qt.arg_shapes = [affine_map<()[b, s] -> (b, 4, s, 16)>, affine_map<()[b, s] -> (b, 4, s, 16)>, affine_map<()[b, s] -> (b, 4, 16, s)>]} {
  %b = nn.shape %k {start = 0 : i64, end = 1 : i64} : tensor<?x4x?x16xf32> -> tensor<1xi64>
  %s = nn.shape %k {start = 2 : i64, end = 3 : i64} : tensor<?x4x?x16xf32> -> tensor<1xi64>
  %open = arith.constant dense<-1> : tensor<1xi64>
  %four = arith.constant dense<4> : tensor<1xi64>
  %size = arith.constant dense<16> : tensor<1xi64>
  %zero = arith.constant dense<0.0> : tensor<f32>
  %root = arith.constant dense<0.5> : tensor<1xf32>
  %merged = nn.concat %open, %s, %size {axis = 0 : i64} : tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<3xi64>
  %split = nn.concat %b, %four, %size, %s {axis = 0 : i64} : tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<4xi64>
  %k0 = nn.reshape %k, %merged : tensor<?x4x?x16xf32>, tensor<3xi64> -> tensor<?x?x16xf32>
  %k1 = nn.transpose %k0 perm [0, 2, 1] : tensor<?x?x16xf32> -> tensor<?x16x?xf32>
  %k2 = nn.reshape %k1, %split : tensor<?x16x?xf32>, tensor<4xi64> -> tensor<?x4x16x?xf32>
  %k3 = nn.binary mul %k2, %root : tensor<?x4x16x?xf32>, tensor<1xf32> -> tensor<?x4x16x?xf32>
  %k4 = nn.transpose %k3 perm [0, 1, 3, 2] : tensor<?x4x16x?xf32> -> tensor<?x4x?x16xf32>
  %q0 = nn.binary mul %q, %root : tensor<?x4x?x16xf32>, tensor<1xf32> -> tensor<?x4x?x16xf32>
  %0 = nn.matmul %q0, %k4 : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32> -> tensor<?x4x?x?xf32>
  %1 = nn.softmax %0 {axis = 3 : i64} : tensor<?x4x?x?xf32>
  %2 = nn.compare ne %1, %1 : tensor<?x4x?x?xf32>, tensor<?x4x?x?xf32> -> tensor<?x4x?x?xi1>
  %3 = nn.select %2, %zero, %1 : tensor<?x4x?x?xi1>, tensor<f32>, tensor<?x4x?x?xf32> -> tensor<?x4x?x?xf32>
  %4 = nn.matmul %3, %v : tensor<?x4x?x?xf32>, tensor<?x4x16x?xf32> -> tensor<?x4x?x16xf32>
  return %4 : tensor<?x4x?x16xf32>
}

// -----

// A guard that puts another number there, and one of something else than a softmax.
// CHECK-LABEL: @other_guards(
// CHECK-COUNT-2: nn.select
func.func @other_guards(%x: tensor<4x9xf32>) -> (tensor<4x9xf32>, tensor<4x9xf32>) {
  %zero = arith.constant dense<0.0> : tensor<f32>
  %one = arith.constant dense<1.0> : tensor<f32>
  %0 = nn.softmax %x {axis = 1 : i64} : tensor<4x9xf32>
  %1 = nn.compare ne %0, %0 : tensor<4x9xf32>, tensor<4x9xf32> -> tensor<4x9xi1>
  %2 = nn.select %1, %one, %0 : tensor<4x9xi1>, tensor<f32>, tensor<4x9xf32> -> tensor<4x9xf32>
  %3 = nn.compare ne %x, %x : tensor<4x9xf32>, tensor<4x9xf32> -> tensor<4x9xi1>
  %4 = nn.select %3, %zero, %x : tensor<4x9xi1>, tensor<f32>, tensor<4x9xf32> -> tensor<4x9xf32>
  return %2, %4 : tensor<4x9xf32>, tensor<4x9xf32>
}
