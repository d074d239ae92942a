// RUN: quant-opt %s -qt-lower-kernels | FileCheck %s

// The layout has 16 columns by 4 rows, 64 sums. Without vectors registers hold
// those of one row, here two vectors of eight: tiles have no more.
// CHECK: func.func @contract
// CHECK: scf.for {{.*}} iter_args({{.*}}) -> (vector<8xi32>, vector<8xi32>) {
// CHECK-NOT: -> (vector<8xi32>, vector<8xi32>, vector<8xi32>
module attributes {qt.target = {triple = "riscv32-unknown-none-elf", cpu = "generic-rv32", features = "+m"}} {
  func.func private @contract(%codes: tensor<4x64xi8>, %scales: tensor<4x1xf32>, %packed: tensor<1152xi8>) -> tensor<4x16xf32>
      attributes {qt.kernel,
        qt.arg_shapes = [affine_map<() -> (4, 64)>, affine_map<() -> (4, 1)>, affine_map<() -> (1152)>],
        qt.result_shapes = [affine_map<() -> (4, 16)>]} {
    %0 = qt.contract lhs(%codes, %scales : tensor<4x64xi8>, tensor<4x1xf32>) rhs(%packed : tensor<1152xi8>) {acc = f32, geometry = #qt.matmul<k = 64>, layout = #qt.layout<s8, panel = 16, rows = 4>, lhs_format = !qt.block<[1, ?], s8, scale = f32>, rhs_format = !qt.block<[1, ?], s8, scale = f32>} {
    ^bb0(%acc: f32):
      qt.yield %acc : f32
    } -> tensor<4x16xf32>
    return %0 : tensor<4x16xf32>
  }
}
