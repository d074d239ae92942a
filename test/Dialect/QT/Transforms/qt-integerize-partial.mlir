// RUN: quant-opt %s -qt-integerize=partial -verify-diagnostics | FileCheck %s

// What has no integer-only form is fenced, and everything around it is not.
// CHECK-LABEL: func @fenced
// CHECK: %[[X:.*]] = qt.quantize %arg0
// CHECK: %[[R:.*]] = nn.unary relu %[[X]] : tensor<?x4x!qt.block<[1, ?], s16, scale = exp<8>>>
// CHECK: %[[D:.*]] = qt.dequantize %[[R]] : {{.*}} -> tensor<?x4xf32>
// CHECK: %[[F:.*]] = nn.unary tan %[[D]] : tensor<?x4xf32>
// CHECK: %[[Q:.*]] = qt.quantize %[[F]] {encoding = #qt.encoding<norm, -32767..32767>}
// CHECK: nn.unary sigmoid %[[Q]] : tensor<?x4x!qt.block<[1, ?], s16, scale = exp<8>>>
func.func @fenced(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = nn.unary relu %x : tensor<?x4xf32>
  // expected-remark @below {{stays in float: 'nn.unary' op 'tan' has no integer-only form}}
  %1 = nn.unary tan %0 : tensor<?x4xf32>
  %2 = nn.unary sigmoid %1 : tensor<?x4xf32>
  return %2 : tensor<?x4xf32>
}

// It is moved as it is, and is no input that would be scaled before integers.
// CHECK-LABEL: func @moved
// CHECK: %[[F:.*]] = nn.unary tan
// CHECK: %[[T:.*]] = nn.transpose %[[F]] {{.*}} : tensor<?x4xf32> -> tensor<4x?xf32>
// CHECK: %[[Q:.*]] = qt.quantize %[[T]]
// CHECK: nn.binary mul %[[Q]]
func.func @moved(%x: tensor<?x4xf32>) -> tensor<4x?xf32> {
  %c = arith.constant dense<3.0> : tensor<1xf32>
  // expected-remark @below {{stays in float: 'nn.unary' op 'tan' has no integer-only form}}
  %0 = nn.unary tan %x : tensor<?x4xf32>
  %1 = nn.transpose %0 perm [1, 0] : tensor<?x4xf32> -> tensor<4x?xf32>
  %2 = nn.binary mul %1, %c : tensor<4x?xf32>, tensor<1xf32> -> tensor<4x?xf32>
  return %2 : tensor<4x?xf32>
}

// So is what has constants that no integers stand for, behind the border and
// before it.
// CHECK-LABEL: func @constants
// CHECK: nn.unary relu %{{.*}}!qt.block
// CHECK: nn.binary div %{{.*}}, %{{.*}} : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
// CHECK: nn.unary sigmoid %{{.*}}!qt.block
// CHECK: nn.binary mul %arg0, %{{.*}} : tensor<?x4xf32>, tensor<1xf32> -> tensor<?x4xf32>
func.func @constants(%x: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %zero = arith.constant dense<[1.0, 0.0, 1.0, 1.0]> : tensor<4xf32> loc("zero")
  %nan = arith.constant dense<0x7FC00000> : tensor<1xf32> loc("nan")
  %0 = nn.unary relu %x : tensor<?x4xf32>
  // expected-remark @below {{stays in float: 'nn.binary' op constant 'zero' is 0 at [1]; supported: divisors other than 0}}
  %1 = nn.binary div %0, %zero : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  %2 = nn.unary sigmoid %1 : tensor<?x4xf32>
  // expected-remark @below {{stays in float: 'nn.binary' op constant 'nan' is NaN at [0]; supported: numbers}}
  %3 = nn.binary mul %x, %nan : tensor<?x4xf32>, tensor<1xf32> -> tensor<?x4xf32>
  return %2, %3 : tensor<?x4xf32>, tensor<?x4xf32>
}
