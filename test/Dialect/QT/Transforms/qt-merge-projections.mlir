// RUN: quant-opt %s -qt-merge-projections -split-input-file | FileCheck %s

!row = !qt.block<[1, 1, ?], s8, scale = f32>
!channel = !qt.block<[1, ?], s8, scale = f32>
#absmax = #qt.encoding<absmax, -127..127>

// Two query heads share a key head; weights and biases are joined, the product
// of the queries is of the same activation.
// CHECK-LABEL: func @quantised
func.func @quantised(%xc: tensor<?x9x16xi8>, %xs: tensor<?x9x1xf32>) -> tensor<?x9x4x8xf32>
    attributes {qt.dim_names = ["b"], qt.arg_shapes = [affine_map<()[s0] -> (s0, 9, 16)>, affine_map<()[s0] -> (s0, 9, 1)>]} {
  %wq = arith.constant dense<1.0> : tensor<32x16xf32>
  %wk = arith.constant dense<2.0> : tensor<16x16xf32>
  %wv = arith.constant dense<3.0> : tensor<16x16xf32>
  %bq = arith.constant dense<1.0> : tensor<32xf32>
  %bk = arith.constant dense<2.0> : tensor<16xf32>
  %bv = arith.constant dense<3.0> : tensor<16xf32>
  %sq = arith.constant dense<[-1, 9, 4, 8]> : tensor<4xi64>
  %sk = arith.constant dense<[-1, 9, 2, 8]> : tensor<4xi64>
  // CHECK: %[[W:.*]] = nn.concat %{{.*}}, %{{.*}}, %{{.*}} {axis = 0 : i64} : tensor<32x16xf32>, tensor<16x16xf32>, tensor<16x16xf32> -> tensor<64x16xf32>
  // CHECK: %[[C:.*]]:2 = qt.quantize %[[W]] {{.*}} -> tensor<64x16xi8>, tensor<64x1xf32>
  // CHECK: %[[B:.*]] = nn.concat %{{.*}} -> tensor<64xf32>
  // CHECK: %[[P:.*]] = qt.contract lhs(%arg0, %arg1 : {{.*}}) rhs(%[[C]]#0, %[[C]]#1 : {{.*}}) epilogue(%[[B]] : tensor<64xf32>)
  // CHECK: -> tensor<?x9x64xf32>
  // CHECK-NOT: qt.contract
  // CHECK: %[[H:.*]] = nn.reshape %[[P]], %{{.*}} -> tensor<?x9x8x8xf32>
  // CHECK: qt.attention q(%[[H]] : {{.*}}) k(%[[H]] : {{.*}}) v(%[[H]] : {{.*}})
  // CHECK-SAME: k_heads = #qt.heads<first = 4, count = 2>
  // CHECK-SAME: q_heads = #qt.heads<first = 0, count = 4>
  // CHECK-SAME: v_heads = #qt.heads<first = 6, count = 2>
  %qc, %qs = qt.quantize %wq {encoding = #absmax, format = !channel} : tensor<32x16xf32> -> tensor<32x16xi8>, tensor<32x1xf32>
  %kc, %ks = qt.quantize %wk {encoding = #absmax, format = !channel} : tensor<16x16xf32> -> tensor<16x16xi8>, tensor<16x1xf32>
  %vc, %vs = qt.quantize %wv {encoding = #absmax, format = !channel} : tensor<16x16xf32> -> tensor<16x16xi8>, tensor<16x1xf32>
  %q0 = qt.contract lhs(%xc, %xs : tensor<?x9x16xi8>, tensor<?x9x1xf32>) rhs(%qc, %qs : tensor<32x16xi8>, tensor<32x1xf32>) epilogue(%bq : tensor<32xf32>)
      {acc = f32, geometry = #qt.matmul, lhs_format = !row, rhs_format = !channel} {
  ^bb0(%acc: f32, %b: f32):
    %s = nn.binary add %acc, %b : f32, f32 -> f32
    qt.yield %s : f32
  } -> tensor<?x9x32xf32>
  %k0 = qt.contract lhs(%xc, %xs : tensor<?x9x16xi8>, tensor<?x9x1xf32>) rhs(%kc, %ks : tensor<16x16xi8>, tensor<16x1xf32>) epilogue(%bk : tensor<16xf32>)
      {acc = f32, geometry = #qt.matmul, lhs_format = !row, rhs_format = !channel} {
  ^bb0(%acc: f32, %b: f32):
    %s = nn.binary add %acc, %b : f32, f32 -> f32
    qt.yield %s : f32
  } -> tensor<?x9x16xf32>
  %v0 = qt.contract lhs(%xc, %xs : tensor<?x9x16xi8>, tensor<?x9x1xf32>) rhs(%vc, %vs : tensor<16x16xi8>, tensor<16x1xf32>) epilogue(%bv : tensor<16xf32>)
      {acc = f32, geometry = #qt.matmul, lhs_format = !row, rhs_format = !channel} {
  ^bb0(%acc: f32, %b: f32):
    %s = nn.binary add %acc, %b : f32, f32 -> f32
    qt.yield %s : f32
  } -> tensor<?x9x16xf32>
  %q = nn.reshape %q0, %sq : tensor<?x9x32xf32>, tensor<4xi64> -> tensor<?x9x4x8xf32>
  %k = nn.reshape %k0, %sk : tensor<?x9x16xf32>, tensor<4xi64> -> tensor<?x9x2x8xf32>
  %v = nn.reshape %v0, %sk : tensor<?x9x16xf32>, tensor<4xi64> -> tensor<?x9x2x8xf32>
  %o = qt.attention q(%q : tensor<?x9x4x8xf32>) k(%k : tensor<?x9x2x8xf32>) v(%v : tensor<?x9x2x8xf32>)
      {scale = 0.25 : f32, q_order = #qt.order<bshd>, k_order = #qt.order<bshd>, v_order = #qt.order<bshd>, result_order = #qt.order<bshd>} -> tensor<?x9x4x8xf32>
  return %o : tensor<?x9x4x8xf32>
}

// -----

// Keys and values of another activation than the queries, in floats, with
// sizes that only run time knows.
// CHECK-LABEL: func @cross
func.func @cross(%x: tensor<?x?x16xf32>, %y: tensor<?x?x16xf32>) -> tensor<?x2x?x8xf32>
    attributes {qt.dim_names = ["b", "s", "t"], qt.arg_shapes = [affine_map<()[s0, s1, s2] -> (s0, s1, 16)>, affine_map<()[s0, s1, s2] -> (s0, s2, 16)>]} {
  %wq = arith.constant dense<1.0> : tensor<16x16xf32>
  %wk = arith.constant dense<2.0> : tensor<16x16xf32>
  %wv = arith.constant dense<3.0> : tensor<16x16xf32>
  %heads = arith.constant dense<[2, 8]> : tensor<2xi64>
  %lx = nn.shape %x {start = 0 : i64, end = 2 : i64} : tensor<?x?x16xf32> -> tensor<2xi64>
  %ly = nn.shape %y {start = 0 : i64, end = 2 : i64} : tensor<?x?x16xf32> -> tensor<2xi64>
  %sx = nn.concat %lx, %heads {axis = 0 : i64} : tensor<2xi64>, tensor<2xi64> -> tensor<4xi64>
  %sy = nn.concat %ly, %heads {axis = 0 : i64} : tensor<2xi64>, tensor<2xi64> -> tensor<4xi64>
  // CHECK-DAG: qt.contract lhs(%arg0 : {{.*}} -> tensor<?x?x16xf32>
  // CHECK-DAG: qt.contract lhs(%arg1 : {{.*}} -> tensor<?x?x32xf32>
  // CHECK: qt.attention q(%{{.*}} : tensor<?x?x2x8xf32>) k(%[[H:.*]] : tensor<?x?x4x8xf32>) v(%[[H]] : tensor<?x?x4x8xf32>)
  // CHECK-SAME: k_heads = #qt.heads<first = 0, count = 2>
  // CHECK-SAME: v_heads = #qt.heads<first = 2, count = 2>
  %q0 = qt.contract lhs(%x : tensor<?x?x16xf32>) rhs(%wq : tensor<16x16xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} -> tensor<?x?x16xf32>
  %k0 = qt.contract lhs(%y : tensor<?x?x16xf32>) rhs(%wk : tensor<16x16xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} -> tensor<?x?x16xf32>
  %v0 = qt.contract lhs(%y : tensor<?x?x16xf32>) rhs(%wv : tensor<16x16xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} -> tensor<?x?x16xf32>
  %q = nn.reshape %q0, %sx : tensor<?x?x16xf32>, tensor<4xi64> -> tensor<?x?x2x8xf32>
  %k = nn.reshape %k0, %sy : tensor<?x?x16xf32>, tensor<4xi64> -> tensor<?x?x2x8xf32>
  %v = nn.reshape %v0, %sy : tensor<?x?x16xf32>, tensor<4xi64> -> tensor<?x?x2x8xf32>
  %o = qt.attention q(%q : tensor<?x?x2x8xf32>) k(%k : tensor<?x?x2x8xf32>) v(%v : tensor<?x?x2x8xf32>)
      {scale = 0.25 : f32, q_order = #qt.order<bshd>, k_order = #qt.order<bshd>, v_order = #qt.order<bshd>} -> tensor<?x2x?x8xf32>
  return %o : tensor<?x2x?x8xf32>
}

// -----

// Exporters ask the product itself for its sizes.
// CHECK-LABEL: func @shapes
func.func @shapes(%x: tensor<?x?x16xf32>) -> tensor<?x2x?x8xf32>
    attributes {qt.dim_names = ["b", "s"], qt.arg_shapes = [affine_map<()[s0, s1] -> (s0, s1, 16)>]} {
  %wq = arith.constant dense<1.0> : tensor<16x16xf32>
  %wk = arith.constant dense<2.0> : tensor<16x16xf32>
  %heads = arith.constant dense<[2, 8]> : tensor<2xi64>
  %zero = arith.constant dense<0> : tensor<1xi64>
  %two = arith.constant dense<2> : tensor<1xi64>
  %one = arith.constant dense<1> : tensor<1xi64>
  // CHECK: nn.shape %arg0 {end = 2 : i64, start = 0 : i64}
  // CHECK: %[[P:.*]] = qt.contract lhs(%arg0 : {{.*}} -> tensor<?x?x32xf32>
  // CHECK: nn.reshape %[[P]], %{{.*}} -> tensor<?x?x4x8xf32>
  %q0 = qt.contract lhs(%x : tensor<?x?x16xf32>) rhs(%wq : tensor<16x16xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} -> tensor<?x?x16xf32>
  %k0 = qt.contract lhs(%x : tensor<?x?x16xf32>) rhs(%wk : tensor<16x16xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} -> tensor<?x?x16xf32>
  %a = nn.shape %q0 {start = 0 : i64, end = 3 : i64} : tensor<?x?x16xf32> -> tensor<3xi64>
  %b = nn.slice %a, %zero, %two, %zero, %one : tensor<3xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<2xi64>
  %c = nn.shape %k0 {start = 0 : i64, end = 2 : i64} : tensor<?x?x16xf32> -> tensor<2xi64>
  %sq = nn.concat %b, %heads {axis = 0 : i64} : tensor<2xi64>, tensor<2xi64> -> tensor<4xi64>
  %sk = nn.concat %c, %heads {axis = 0 : i64} : tensor<2xi64>, tensor<2xi64> -> tensor<4xi64>
  %q = nn.reshape %q0, %sq : tensor<?x?x16xf32>, tensor<4xi64> -> tensor<?x?x2x8xf32>
  %k = nn.reshape %k0, %sk : tensor<?x?x16xf32>, tensor<4xi64> -> tensor<?x?x2x8xf32>
  %v = nn.unary tanh %x : tensor<?x?x16xf32>
  %v1 = nn.reshape %v, %sk : tensor<?x?x16xf32>, tensor<4xi64> -> tensor<?x?x2x8xf32>
  %o = qt.attention q(%q : tensor<?x?x2x8xf32>) k(%k : tensor<?x?x2x8xf32>) v(%v1 : tensor<?x?x2x8xf32>)
      {scale = 0.25 : f32, q_order = #qt.order<bshd>, k_order = #qt.order<bshd>, v_order = #qt.order<bshd>} -> tensor<?x2x?x8xf32>
  return %o : tensor<?x2x?x8xf32>
}

// -----

// Another epilogue, and a product that others read.
// CHECK-LABEL: func @kept
// CHECK-COUNT-3: qt.contract
// CHECK: qt.attention
// CHECK-NOT: _heads
func.func @kept(%x: tensor<2x9x16xf32>) -> (tensor<2x2x9x8xf32>, tensor<2x9x16xf32>) {
  %wq = arith.constant dense<1.0> : tensor<16x16xf32>
  %wk = arith.constant dense<2.0> : tensor<16x16xf32>
  %wv = arith.constant dense<3.0> : tensor<16x16xf32>
  %s = arith.constant dense<[2, 9, 2, 8]> : tensor<4xi64>
  %q0 = qt.contract lhs(%x : tensor<2x9x16xf32>) rhs(%wq : tensor<16x16xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} {
  ^bb0(%acc: f32):
    %t = nn.unary tanh %acc : f32
    qt.yield %t : f32
  } -> tensor<2x9x16xf32>
  %k0 = qt.contract lhs(%x : tensor<2x9x16xf32>) rhs(%wk : tensor<16x16xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} -> tensor<2x9x16xf32>
  %v0 = qt.contract lhs(%x : tensor<2x9x16xf32>) rhs(%wv : tensor<16x16xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} -> tensor<2x9x16xf32>
  %q = nn.reshape %q0, %s : tensor<2x9x16xf32>, tensor<4xi64> -> tensor<2x9x2x8xf32>
  %k = nn.reshape %k0, %s : tensor<2x9x16xf32>, tensor<4xi64> -> tensor<2x9x2x8xf32>
  %v = nn.reshape %v0, %s : tensor<2x9x16xf32>, tensor<4xi64> -> tensor<2x9x2x8xf32>
  %o = qt.attention q(%q : tensor<2x9x2x8xf32>) k(%k : tensor<2x9x2x8xf32>) v(%v : tensor<2x9x2x8xf32>)
      {scale = 0.25 : f32, q_order = #qt.order<bshd>, k_order = #qt.order<bshd>, v_order = #qt.order<bshd>} -> tensor<2x2x9x8xf32>
  return %o, %v0 : tensor<2x2x9x8xf32>, tensor<2x9x16xf32>
}

// -----

// A factor for each token, which all three share: it is no column's.
// CHECK-LABEL: func @token_factor
// CHECK-COUNT-2: qt.contract
// CHECK: qt.attention
// CHECK-NOT: _heads
func.func @token_factor(%x: tensor<?x9x16xf32>, %m: tensor<?x9x1xf32>) -> tensor<?x2x9x8xf32>
    attributes {qt.dim_names = ["b"], qt.arg_shapes = [affine_map<()[s0] -> (s0, 9, 16)>, affine_map<()[s0] -> (s0, 9, 1)>]} {
  %wq = arith.constant dense<1.0> : tensor<16x16xf32>
  %wk = arith.constant dense<2.0> : tensor<16x16xf32>
  %s = arith.constant dense<[-1, 9, 2, 8]> : tensor<4xi64>
  %q0 = qt.contract lhs(%x : tensor<?x9x16xf32>) rhs(%wq : tensor<16x16xf32>) epilogue(%m : tensor<?x9x1xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} {
  ^bb0(%acc: f32, %f: f32):
    %t = nn.binary mul %acc, %f : f32, f32 -> f32
    qt.yield %t : f32
  } -> tensor<?x9x16xf32>
  %k0 = qt.contract lhs(%x : tensor<?x9x16xf32>) rhs(%wk : tensor<16x16xf32>) epilogue(%m : tensor<?x9x1xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} {
  ^bb0(%acc: f32, %f: f32):
    %t = nn.binary mul %acc, %f : f32, f32 -> f32
    qt.yield %t : f32
  } -> tensor<?x9x16xf32>
  %q = nn.reshape %q0, %s : tensor<?x9x16xf32>, tensor<4xi64> -> tensor<?x9x2x8xf32>
  %k = nn.reshape %k0, %s : tensor<?x9x16xf32>, tensor<4xi64> -> tensor<?x9x2x8xf32>
  %v = nn.reshape %x, %s : tensor<?x9x16xf32>, tensor<4xi64> -> tensor<?x9x2x8xf32>
  %o = qt.attention q(%q : tensor<?x9x2x8xf32>) k(%k : tensor<?x9x2x8xf32>) v(%v : tensor<?x9x2x8xf32>)
      {scale = 0.25 : f32, q_order = #qt.order<bshd>, k_order = #qt.order<bshd>, v_order = #qt.order<bshd>} -> tensor<?x2x9x8xf32>
  return %o : tensor<?x2x9x8xf32>
}

// -----

// CHECK-LABEL: func private @declared
func.func private @declared(tensor<4xf32>) -> tensor<4xf32>
