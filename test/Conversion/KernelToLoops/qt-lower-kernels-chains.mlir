// RUN: quant-opt %s -qt-lower-kernels | FileCheck %s

// Chains with a start. Rows are brought into the panel's order without a loop:
// two blocks of four rows. Each of four rows loads starts for itself.
// CHECK-LABEL: func.func @contract
// CHECK-COUNT-8: qt.pick
// CHECK-NOT: qt.pick
// CHECK: scf.for
// CHECK-COUNT-3: llvm.inline_asm "", "=r,0"
// CHECK-NOT: llvm.inline_asm
// CHECK: scf.yield
module attributes {qt.target = {triple = "x86_64-unknown-linux-gnu", cpu = "x86-64-v3", features = "+avx2,+fma"}} {
  func.func private @contract(%codes: tensor<?x64xi8>, %shifts: tensor<?x2xi8>, %exponents: tensor<?x1xi8>, %packed: tensor<1728xi8>) -> tensor<?x16xi32>
      attributes {qt.kernel,
        qt.arg_shapes = [affine_map<()[s0] -> (s0, 64)>, affine_map<()[s0] -> (s0, 2)>, affine_map<()[s0] -> (s0, 1)>, affine_map<()[s0] -> (1728)>],
        qt.result_shapes = [affine_map<()[s0] -> (s0, 16)>]} {
    %0 = qt.contract lhs(%codes, %shifts, %exponents : tensor<?x64xi8>, tensor<?x2xi8>, tensor<?x1xi8>) rhs(%packed : tensor<1728xi8>) {acc = i32, geometry = #qt.matmul<k = 64>, layout = #qt.layout<chained, panel = 16, rows = 4, bias = 128>, lhs_format = !qt.block<[1, 32], s8, scale = shift<3>, outer = exp<8>>, rhs_format = !qt.block<[1, ?], s8, scale = exp<8>>} {
    ^bb0(%acc: i32):
      qt.yield %acc : i32
    } -> tensor<?x16xi32>
    return %0 : tensor<?x16xi32>
  }
}
