// RUN: quant-opt %s -qt-describe-layers | FileCheck %s

// The parts of a product's weights, what was fused into it, and a table that is
// gathered from; sums with few constants are no layers, and what constants are
// computed from counts once.

// CHECK: module attributes {qt.layers = [
// CHECK-SAME: {bytes = 4608 : i64, formats = {lhs = "f32", rhs = "f32"}, name = "y", nodes = ["y", "fc.bias"], op = "contract", shape = [32, 32]},
// CHECK-SAME: {bytes = 8192 : i64, formats = {}, name = "e", nodes = ["e"], op = "gather", shape = [64, 32]},
// CHECK-SAME: {bytes = 0 : i64, formats = {lhs = "f32", rhs = "f32"}, name = "z", nodes = ["z"], op = "contract", shape = [32, 32]}]}
func.func @main(%x: tensor<4x32xf32>, %ids: tensor<4xi64>) -> (tensor<4x32xf32>, tensor<4x32xf32>, tensor<4x32xf32>) {
  %w = arith.constant dense<0.5> : tensor<32x32xf32>
  %b = arith.constant dense<0.5> : tensor<4x32xf32>
  %t = arith.constant dense<0.5> : tensor<64x32xf32>
  %y = qt.contract lhs(%x : tensor<4x32xf32>) rhs(%w : tensor<32x32xf32>) epilogue(%b : tensor<4x32xf32>)
      {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} {
  ^bb0(%acc: f32, %c: f32):
    %s = nn.binary add %acc, %c : f32, f32 -> f32
    qt.yield %s : f32
  } -> tensor<4x32xf32> loc(fused["y", "fc.bias"])
  %e = nn.gather %t, %ids {axis = 0 : i64} : tensor<64x32xf32>, tensor<4xi64> -> tensor<4x32xf32> loc("e")
  %sum = nn.binary add %e, %b : tensor<4x32xf32>, tensor<4x32xf32> -> tensor<4x32xf32>
  %z = qt.contract lhs(%sum : tensor<4x32xf32>) rhs(%w : tensor<32x32xf32>)
      {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} -> tensor<4x32xf32> loc("z")
  return %y, %e, %z : tensor<4x32xf32>, tensor<4x32xf32>, tensor<4x32xf32>
}
