// RUN: quant-opt %s '-nn-bind-dims=dims=n=8,m=1..32' -split-input-file | FileCheck %s

// A fixed dim is a number everywhere; a bounded one stays a symbol, renumbered.
// CHECK: #[[$X:.*]] = affine_map<()[s0, s1] -> (8, s1)>
// CHECK: #[[$Y:.*]] = affine_map<()[s0, s1] -> (s0, 8)>
// CHECK-LABEL: @both
// CHECK-SAME: tensor<8x?xf32>, %{{.*}}: tensor<?x8xf32>) -> tensor<8x?xf32>
// CHECK-SAME: qt.arg_shapes = [#[[$X]], #[[$Y]]]
// CHECK-SAME: qt.dim_bounds = {m = array<i64: 1, 32>}
// CHECK-SAME: qt.dim_names = ["k", "m"]
// CHECK: nn.unary relu %{{.*}} : tensor<8x?xf32>
func.func @both(%x: tensor<?x?xf32>, %y: tensor<?x?xf32>) -> tensor<?x?xf32>
    attributes {qt.dim_names = ["n", "k", "m"],
                qt.arg_shapes = [affine_map<()[s0, s1, s2] -> (s0, s2)>, affine_map<()[s0, s1, s2] -> (s1, s0)>]} {
  %0 = nn.unary relu %x : tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}

// -----

// Pairs that have to be equal speak of what is left, and go where they are.
// CHECK: #[[$PAIR:.*]] = affine_map<()[s0, s1] -> (0, (s0 - 3) floordiv 281474976710656)>
// CHECK-LABEL: @pairs
// CHECK-SAME: qt.dim_names = ["k", "m"], qt.equal_sizes = [#[[$PAIR]]]
func.func @pairs(%x: tensor<?x?xf32>, %y: tensor<?x?xf32>) -> tensor<?x?xf32>
    attributes {qt.dim_names = ["n", "k", "m"],
                qt.arg_shapes = [affine_map<()[s0, s1, s2] -> (s0, s2)>, affine_map<()[s0, s1, s2] -> (s1, s0)>],
                qt.equal_sizes = [affine_map<()[s0, s1, s2] -> (0, (s1 - 3) floordiv 281474976710656)>,
                                  affine_map<()[s0, s1, s2] -> (0, (s0 - 3) floordiv 281474976710656)>]} {
  %0 = nn.unary relu %x : tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}
