// RUN: quant-opt %s -qt-fold-heads -split-input-file | FileCheck %s

// Orders instead of transposes, on both sides.
// CHECK-LABEL: func @transposes
func.func @transposes(%q: tensor<?x9x4x16xf32>, %k: tensor<?x9x2x16xf32>, %v: tensor<?x2x9x16xf32>) -> tensor<?x9x4x16xf32> {
  // CHECK-NOT: nn.transpose
  // CHECK: %[[O:.*]] = qt.attention q(%arg0 : tensor<?x9x4x16xf32>) k(%arg1 : tensor<?x9x2x16xf32>) v(%arg2 : tensor<?x2x9x16xf32>)
  // CHECK-SAME: k_order = #qt.order<bshd>, q_order = #qt.order<bshd>, result_order = #qt.order<bshd>, scale
  // CHECK-SAME: -> tensor<?x9x4x16xf32>
  // CHECK-NEXT: return %[[O]]
  %1 = nn.transpose %q perm [0, 2, 1, 3] : tensor<?x9x4x16xf32> -> tensor<?x4x9x16xf32>
  %2 = nn.transpose %k perm [0, 2, 1, 3] : tensor<?x9x2x16xf32> -> tensor<?x2x9x16xf32>
  %3 = qt.attention q(%1 : tensor<?x4x9x16xf32>) k(%2 : tensor<?x2x9x16xf32>) v(%v : tensor<?x2x9x16xf32>) {scale = 0.25 : f32} -> tensor<?x4x9x16xf32>
  %4 = nn.transpose %3 perm [0, 2, 1, 3] : tensor<?x4x9x16xf32> -> tensor<?x9x4x16xf32>
  return %4 : tensor<?x9x4x16xf32>
}

// -----

// Columns of one projection, sizes known at run time only: two query heads to
// each of the two key heads.
// CHECK-LABEL: func @columns
func.func @columns(%x: tensor<?x?x64xf32>) -> tensor<?x4x?x8xf32>
    attributes {qt.dim_names = ["b", "s"], qt.arg_shapes = [affine_map<()[s0, s1] -> (s0, s1, 64)>]} {
  %z = arith.constant dense<0> : tensor<1xi64>
  %a = arith.constant dense<32> : tensor<1xi64>
  %b = arith.constant dense<48> : tensor<1xi64>
  %c = arith.constant dense<64> : tensor<1xi64>
  %two = arith.constant dense<2> : tensor<1xi64>
  %one = arith.constant dense<1> : tensor<1xi64>
  %lead = nn.shape %x {start = 0 : i64, end = 2 : i64} : tensor<?x?x64xf32> -> tensor<2xi64>
  %four8 = arith.constant dense<[4, 8]> : tensor<2xi64>
  %two8 = arith.constant dense<[2, 8]> : tensor<2xi64>
  %sq = nn.concat %lead, %four8 {axis = 0 : i64} : tensor<2xi64>, tensor<2xi64> -> tensor<4xi64>
  %sk = nn.concat %lead, %two8 {axis = 0 : i64} : tensor<2xi64>, tensor<2xi64> -> tensor<4xi64>
  // CHECK-DAG: %[[Q:.*]] = nn.reshape %arg0, %{{.*}} -> tensor<?x?x8x8xf32>
  // CHECK-DAG: %[[K:.*]] = nn.reshape %arg0, %{{.*}} -> tensor<?x?x8x8xf32>
  // CHECK-DAG: %[[V:.*]] = nn.reshape %arg0, %{{.*}} -> tensor<?x?x8x8xf32>
  // CHECK: qt.attention q(%[[Q]] : tensor<?x?x8x8xf32>) k(%[[K]] : tensor<?x?x8x8xf32>) v(%[[V]] : tensor<?x?x8x8xf32>)
  // CHECK-SAME: k_heads = #qt.heads<first = 4, count = 2>
  // CHECK-SAME: q_heads = #qt.heads<first = 0, count = 4>
  // CHECK-SAME: v_heads = #qt.heads<first = 6, count = 2>
  %q0 = nn.slice %x, %z, %a, %two, %one : tensor<?x?x64xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<?x?x32xf32>
  %k0 = nn.slice %x, %a, %b, %two, %one : tensor<?x?x64xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<?x?x16xf32>
  %v0 = nn.slice %x, %b, %c, %two, %one : tensor<?x?x64xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<?x?x16xf32>
  %q1 = nn.reshape %q0, %sq : tensor<?x?x32xf32>, tensor<4xi64> -> tensor<?x?x4x8xf32>
  %k1 = nn.reshape %k0, %sk : tensor<?x?x16xf32>, tensor<4xi64> -> tensor<?x?x2x8xf32>
  %v1 = nn.reshape %v0, %sk : tensor<?x?x16xf32>, tensor<4xi64> -> tensor<?x?x2x8xf32>
  %q = nn.transpose %q1 perm [0, 2, 1, 3] : tensor<?x?x4x8xf32> -> tensor<?x4x?x8xf32>
  %k = nn.transpose %k1 perm [0, 2, 1, 3] : tensor<?x?x2x8xf32> -> tensor<?x2x?x8xf32>
  %v = nn.transpose %v1 perm [0, 2, 1, 3] : tensor<?x?x2x8xf32> -> tensor<?x2x?x8xf32>
  %o = qt.attention q(%q : tensor<?x4x?x8xf32>) k(%k : tensor<?x2x?x8xf32>) v(%v : tensor<?x2x?x8xf32>) {scale = 0.25 : f32} -> tensor<?x4x?x8xf32>
  return %o : tensor<?x4x?x8xf32>
}

// -----

// The three operands in a dim of their own: in front of the heads for q and k,
// as vision transformers spell it; behind them for v.
// CHECK-LABEL: func @stacked
func.func @stacked(%x: tensor<?x9x48xf32>) -> tensor<?x2x9x8xf32>
    attributes {qt.dim_names = ["b"], qt.arg_shapes = [affine_map<()[s0] -> (s0, 9, 48)>]} {
  %zero = arith.constant dense<0> : tensor<1xi64>
  %one = arith.constant dense<1> : tensor<1xi64>
  %two = arith.constant dense<2> : tensor<1xi64>
  %three = arith.constant dense<3> : tensor<1xi64>
  %s = arith.constant dense<[-1, 9, 3, 2, 8]> : tensor<5xi64>
  %t = arith.constant dense<[-1, 9, 2, 3, 8]> : tensor<5xi64>
  %d = arith.constant dense<[-1, 2, 9, 8]> : tensor<4xi64>
  // CHECK-NOT: nn.transpose
  // CHECK: qt.attention
  // CHECK-SAME: k_heads = #qt.heads<first = 2, count = 2>
  // CHECK-SAME: q_heads = #qt.heads<first = 0, count = 2>
  // CHECK-SAME: v_heads = #qt.heads<first = 2, count = 2, step = 3>
  %r = nn.reshape %x, %s : tensor<?x9x48xf32>, tensor<5xi64> -> tensor<?x9x3x2x8xf32>
  %a = nn.transpose %r perm [2, 0, 3, 1, 4] : tensor<?x9x3x2x8xf32> -> tensor<3x?x2x9x8xf32>
  %u = nn.reshape %x, %t : tensor<?x9x48xf32>, tensor<5xi64> -> tensor<?x9x2x3x8xf32>
  %b = nn.transpose %u perm [3, 0, 2, 1, 4] : tensor<?x9x2x3x8xf32> -> tensor<3x?x2x9x8xf32>
  %q0 = nn.slice %a, %zero, %one, %zero, %one : tensor<3x?x2x9x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<1x?x2x9x8xf32>
  %k0 = nn.slice %a, %one, %two, %zero, %one : tensor<3x?x2x9x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<1x?x2x9x8xf32>
  %v0 = nn.slice %b, %two, %three, %zero, %one : tensor<3x?x2x9x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<1x?x2x9x8xf32>
  %q = nn.reshape %q0, %d : tensor<1x?x2x9x8xf32>, tensor<4xi64> -> tensor<?x2x9x8xf32>
  %k = nn.reshape %k0, %d : tensor<1x?x2x9x8xf32>, tensor<4xi64> -> tensor<?x2x9x8xf32>
  %v = nn.reshape %v0, %d : tensor<1x?x2x9x8xf32>, tensor<4xi64> -> tensor<?x2x9x8xf32>
  %o = qt.attention q(%q : tensor<?x2x9x8xf32>) k(%k : tensor<?x2x9x8xf32>) v(%v : tensor<?x2x9x8xf32>) {scale = 0.25 : f32} -> tensor<?x2x9x8xf32>
  return %o : tensor<?x2x9x8xf32>
}

// -----

// Queries are rotated as they lie; keys, which others read too, are not. A
// reshape to the same sizes is none.
// CHECK-LABEL: func @rotary
func.func @rotary(%x: tensor<?x?x4x8xf32>, %y: tensor<?x?x4x8xf32>, %c: tensor<?x1x?x8xf32>, %s: tensor<?x1x?x8xf32>)
    -> (tensor<?x?x4x8xf32>, tensor<?x4x?x8xf32>)
    attributes {qt.dim_names = ["b", "s"], qt.arg_shapes = [
      affine_map<()[s0, s1] -> (s0, s1, 4, 8)>, affine_map<()[s0, s1] -> (s0, s1, 4, 8)>,
      affine_map<()[s0, s1] -> (s0, 1, s1, 8)>, affine_map<()[s0, s1] -> (s0, 1, s1, 8)>]} {
  // CHECK: %[[T:.*]] = nn.transpose %arg1 perm [0, 2, 1, 3]
  // CHECK: %[[C:.*]] = nn.transpose %arg2 perm [0, 2, 1, 3] : tensor<?x1x?x8xf32> -> tensor<?x?x1x8xf32>
  // CHECK: %[[S:.*]] = nn.transpose %arg3 perm [0, 2, 1, 3]
  // CHECK: %[[Q:.*]] = nn.rotary %arg0, %[[C]], %[[S]] {interleaved} : tensor<?x?x4x8xf32>
  // CHECK: %[[K:.*]] = nn.rotary %[[T]], %arg2, %arg3
  // CHECK: qt.attention q(%[[Q]] : {{.*}}) k(%[[K]] : {{.*}}) v(%arg1 : {{.*}})
  // CHECK-SAME: {causal, q_order = #qt.order<bshd>, result_order = #qt.order<bshd>, scale = 2.500000e-01 : f32, v_order = #qt.order<bshd>}
  %lead = nn.shape %x {start = 0 : i64, end = 2 : i64} : tensor<?x?x4x8xf32> -> tensor<2xi64>
  %rest = arith.constant dense<[4, 8]> : tensor<2xi64>
  %same = nn.concat %lead, %rest {axis = 0 : i64} : tensor<2xi64>, tensor<2xi64> -> tensor<4xi64>
  %xt = nn.transpose %x perm [0, 2, 1, 3] : tensor<?x?x4x8xf32> -> tensor<?x4x?x8xf32>
  %yt = nn.transpose %y perm [0, 2, 1, 3] : tensor<?x?x4x8xf32> -> tensor<?x4x?x8xf32>
  %y1 = nn.reshape %y, %same : tensor<?x?x4x8xf32>, tensor<4xi64> -> tensor<?x?x4x8xf32>
  %v = nn.transpose %y1 perm [0, 2, 1, 3] : tensor<?x?x4x8xf32> -> tensor<?x4x?x8xf32>
  %q = nn.rotary %xt, %c, %s {interleaved} : tensor<?x4x?x8xf32>, tensor<?x1x?x8xf32>, tensor<?x1x?x8xf32> -> tensor<?x4x?x8xf32>
  %k = nn.rotary %yt, %c, %s {interleaved} : tensor<?x4x?x8xf32>, tensor<?x1x?x8xf32>, tensor<?x1x?x8xf32> -> tensor<?x4x?x8xf32>
  %q1 = nn.transpose %q perm [0, 2, 1, 3] : tensor<?x4x?x8xf32> -> tensor<?x?x4x8xf32>
  %q2 = nn.reshape %q1, %same : tensor<?x?x4x8xf32>, tensor<4xi64> -> tensor<?x?x4x8xf32>
  %q3 = nn.transpose %q2 perm [0, 2, 1, 3] : tensor<?x?x4x8xf32> -> tensor<?x4x?x8xf32>
  %o = qt.attention q(%q3 : tensor<?x4x?x8xf32>) k(%k : tensor<?x4x?x8xf32>) v(%v : tensor<?x4x?x8xf32>) {scale = 0.25 : f32, causal} -> tensor<?x4x?x8xf32>
  %p = nn.transpose %o perm [0, 2, 1, 3] : tensor<?x4x?x8xf32> -> tensor<?x?x4x8xf32>
  return %p, %k : tensor<?x?x4x8xf32>, tensor<?x4x?x8xf32>
}

// -----

// Columns that do not begin at a head, tokens that are mixed with heads, and a
// result that others read too stay as they are.
// CHECK-LABEL: func @kept
func.func @kept(%x: tensor<2x9x40xf32>, %y: tensor<2x4x9x8xf32>) -> (tensor<2x9x4x8xf32>, tensor<2x4x9x8xf32>) {
  %four = arith.constant dense<4> : tensor<1xi64>
  %end = arith.constant dense<36> : tensor<1xi64>
  %two = arith.constant dense<2> : tensor<1xi64>
  %one = arith.constant dense<1> : tensor<1xi64>
  %s = arith.constant dense<[2, 9, 4, 8]> : tensor<4xi64>
  // CHECK: %[[S:.*]] = nn.slice %arg0
  // CHECK: %[[R:.*]] = nn.reshape %[[S]]
  // CHECK: %[[T:.*]] = nn.transpose %arg1 perm [0, 1, 3, 2]
  // CHECK: %[[O:.*]] = qt.attention q(%[[R]] : tensor<2x9x4x8xf32>) k(%arg1 : tensor<2x4x9x8xf32>) v(%{{.*}} : tensor<2x4x9x8xf32>)
  // CHECK-SAME: {q_order = #qt.order<bshd>, scale = 2.500000e-01 : f32}
  // CHECK: nn.transpose %[[O]]
  %0 = nn.slice %x, %four, %end, %two, %one : tensor<2x9x40xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<2x9x32xf32>
  %1 = nn.reshape %0, %s : tensor<2x9x32xf32>, tensor<4xi64> -> tensor<2x9x4x8xf32>
  %q = nn.transpose %1 perm [0, 2, 1, 3] : tensor<2x9x4x8xf32> -> tensor<2x4x9x8xf32>
  %2 = nn.transpose %y perm [0, 1, 3, 2] : tensor<2x4x9x8xf32> -> tensor<2x4x8x9xf32>
  %t = arith.constant dense<[2, 4, 9, 8]> : tensor<4xi64>
  %v = nn.reshape %2, %t : tensor<2x4x8x9xf32>, tensor<4xi64> -> tensor<2x4x9x8xf32>
  %o = qt.attention q(%q : tensor<2x4x9x8xf32>) k(%y : tensor<2x4x9x8xf32>) v(%v : tensor<2x4x9x8xf32>) {scale = 0.25 : f32} -> tensor<2x4x9x8xf32>
  %p = nn.transpose %o perm [0, 2, 1, 3] : tensor<2x4x9x8xf32> -> tensor<2x9x4x8xf32>
  return %p, %o : tensor<2x9x4x8xf32>, tensor<2x4x9x8xf32>
}

// -----

// Codes and exponents together; those of k have nothing in common.
// CHECK-LABEL: func @integers
func.func @integers(%q: tensor<?x9x4x16xi16>, %qe: tensor<?x9x4x1xi8>, %k: tensor<?x9x4x16xi16>, %ke: tensor<?x4x9x1xi8>, %v: tensor<?x4x9x16xi8>) -> (tensor<?x9x4x16xi32>, tensor<?x9x4x1xi32>) {
  // CHECK: %[[K:.*]] = nn.transpose %arg2
  // CHECK: %[[O:.*]], %[[E:.*]] = qt.integer_attention q(%arg0, %arg1 : tensor<?x9x4x16xi16>, tensor<?x9x4x1xi8>) k(%[[K]], %arg3 :
  // CHECK-SAME: {q_order = #qt.order<bshd>, result_order = #qt.order<bshd>, scale
  // CHECK-SAME: -> tensor<?x9x4x16xi32>, tensor<?x9x4x1xi32>
  // CHECK-NEXT: return %[[O]], %[[E]]
  %0 = nn.transpose %q perm [0, 2, 1, 3] : tensor<?x9x4x16xi16> -> tensor<?x4x9x16xi16>
  %1 = nn.transpose %qe perm [0, 2, 1, 3] : tensor<?x9x4x1xi8> -> tensor<?x4x9x1xi8>
  %2 = nn.transpose %k perm [0, 2, 1, 3] : tensor<?x9x4x16xi16> -> tensor<?x4x9x16xi16>
  %y, %ye = qt.integer_attention q(%0, %1 : tensor<?x4x9x16xi16>, tensor<?x4x9x1xi8>) k(%2, %ke : tensor<?x4x9x16xi16>, tensor<?x4x9x1xi8>) v(%v, %ke : tensor<?x4x9x16xi8>, tensor<?x4x9x1xi8>)
      {scale = 0.25 : f32} -> tensor<?x4x9x16xi32>, tensor<?x4x9x1xi32>
  %3 = nn.transpose %y perm [0, 2, 1, 3] : tensor<?x4x9x16xi32> -> tensor<?x9x4x16xi32>
  %4 = nn.transpose %ye perm [0, 2, 1, 3] : tensor<?x4x9x1xi32> -> tensor<?x9x4x1xi32>
  return %3, %4 : tensor<?x9x4x16xi32>, tensor<?x9x4x1xi32>
}

// -----

// CHECK-LABEL: func private @declared
func.func private @declared(tensor<4xf32>) -> tensor<4xf32>
