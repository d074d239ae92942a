// RUN: quant-opt %s -qt-integerize | FileCheck %s
// RUN: quant-opt %s -qt-integerize -qt-split -qt-verify-integer-only -qt-verify-ranges

// Squares are twice as many orders of magnitude apart as what they are made of: where a root or a logarithm shows small
// ones they have an exponent each, and so have sums of rows that are a row then.
// CHECK-LABEL: func @power
// CHECK: nn.concat {{.*}} {axis = 2 : i64, qt.all_bits} : {{.*}} -> tensor<?x5x2x!qt.block<[1, 1, ?], s31, scale = exp<32>>>
// CHECK: nn.binary mul {{.*}} {qt.element_exponents} : {{.*}}s31{{.*}} -> tensor<?x5x2x!qt.block<[1, 1, 1], s31, scale = exp<32>>>
// CHECK: nn.reduce sum {{.*}} axes [2] {qt.element_exponents} : tensor<?x5x2x!qt.block<[1, 1, ?], s16, scale = exp<8>>> -> tensor<?x5x!qt.block<[1, 1], s32, scale = exp<32>>>
// CHECK: nn.unary sqrt {{.*}} {qt.element_exponents}
// CHECK: nn.unary log
func.func @power(%x: tensor<?x5x1xf32>, %y: tensor<?x5x1xf32>) -> tensor<?x5xf32> {
  %u = nn.unary relu %x : tensor<?x5x1xf32>
  %v = nn.unary relu %y : tensor<?x5x1xf32>
  %t = nn.concat %u, %v {axis = 2 : i64} : tensor<?x5x1xf32>, tensor<?x5x1xf32> -> tensor<?x5x2xf32>
  %q = nn.binary mul %t, %t : tensor<?x5x2xf32>, tensor<?x5x2xf32> -> tensor<?x5x2xf32>
  %s = nn.reduce sum %q axes [2] : tensor<?x5x2xf32> -> tensor<?x5xf32>
  %r = nn.unary sqrt %s : tensor<?x5xf32>
  %l = nn.unary log %r : tensor<?x5xf32>
  return %l : tensor<?x5xf32>
}

// What is scaled by a constant on the way keeps its bits, too.
// CHECK-LABEL: func @scaled
// CHECK: nn.binary mul {{.*}} {qt.element_exponents} : tensor<?x4x!qt.block<[1, 1], s31, scale = exp<32>>>
// CHECK: nn.unary log
func.func @scaled(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c = arith.constant dense<3.0> : tensor<f32>
  %t = nn.unary relu %x : tensor<?x4xf32>
  %m = nn.binary mul %t, %c : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  %l = nn.unary log %m : tensor<?x4xf32>
  return %l : tensor<?x4xf32>
}

// The norm of a row is that of its large elements, and products that nothing shows are rows.
// CHECK-LABEL: func @norm
// CHECK-NOT: qt.element_exponents
func.func @norm(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %q = nn.binary mul %x, %x : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %s = nn.reduce sum %q axes [1] keepdims : tensor<?x4xf32> -> tensor<?x1xf32>
  %r = nn.unary sqrt %s : tensor<?x1xf32>
  %n = nn.binary div %x, %r : tensor<?x4xf32>, tensor<?x1xf32> -> tensor<?x4xf32>
  %p = nn.binary mul %x, %y : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %end0 = nn.unary tanh %n : tensor<?x4xf32>
  %end1 = nn.unary tanh %p : tensor<?x4xf32>
  return %end0, %end1 : tensor<?x4xf32>, tensor<?x4xf32>
}

// What is joined keeps exponents of elements where one side has them and small ones count; else it has those of rows.
// CHECK-LABEL: func @joined
// CHECK: nn.unary exp {{.*}} {qt.element_exponents}
// CHECK: nn.concat {{.*}} {axis = 1 : i64, qt.all_bits, qt.element_exponents} : {{.*}} -> tensor<?x8x!qt.block<[1, 1], s31, scale = exp<32>>>
// CHECK: nn.concat {{.*}} {axis = 1 : i64} : {{.*}} -> tensor<?x8x!qt.block<[1, ?], s31, scale = exp<32>>>
func.func @joined(%x: tensor<?x4xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  %0 = nn.unary exp %x : tensor<?x4xf32>
  %1 = nn.concat %x, %0 {axis = 1 : i64} : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x8xf32>
  %2 = nn.unary log %1 : tensor<?x8xf32>
  %3 = nn.gelu erf %x : tensor<?x4xf32>
  %4 = nn.concat %x, %3 {axis = 1 : i64} : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x8xf32>
  %end = nn.unary tanh %4 : tensor<?x8xf32>
  return %2, %end : tensor<?x8xf32>, tensor<?x8xf32>
}
