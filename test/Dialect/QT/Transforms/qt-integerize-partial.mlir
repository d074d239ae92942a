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
// CHECK: nn.softmax %{{.*}} : tensor<?x4xf32>
// CHECK: nn.binary mul %arg0, %{{.*}} : tensor<?x4xf32>, tensor<1xf32> -> tensor<?x4xf32>
func.func @constants(%x: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %zero = arith.constant dense<[1.0, 0.0, 1.0, 1.0]> : tensor<4xf32> loc("zero")
  %nan = arith.constant dense<0x7FC00000> : tensor<1xf32> loc("nan")
  %0 = nn.unary relu %x : tensor<?x4xf32>
  // expected-remark @below {{stays in float: 'nn.binary' op constant 'zero' is 0 at [1]; supported: divisors other than 0}}
  %1 = nn.binary div %0, %zero : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  // expected-remark @below {{stays in float: 'nn.softmax' op is of values}}
  %2 = nn.softmax %1 {axis = 1 : i64} : tensor<?x4xf32>
  // expected-remark @below {{stays in float: 'nn.binary' op constant 'nan' is NaN at [0]; supported: numbers}}
  %3 = nn.binary mul %x, %nan : tensor<?x4xf32>, tensor<1xf32> -> tensor<?x4xf32>
  return %2, %3 : tensor<?x4xf32>, tensor<?x4xf32>
}

// Beside infinities rows have no bits: what is chosen in their place is chosen
// in float.
// CHECK-LABEL: func @infinities
// CHECK: %[[D:.*]] = nn.binary div
// CHECK: %[[C:.*]] = nn.compare eq %[[D]]
// CHECK: %[[S:.*]] = nn.select %[[C]], %{{.*}}, %[[D]] : tensor<?x4xi1>, tensor<1xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
// CHECK: %[[L:.*]] = nn.clip %[[S]] {{.*}} : tensor<?x4xf32>
// CHECK: %[[Q:.*]] = qt.quantize %[[L]]
// CHECK: nn.unary relu %[[Q]]
func.func @infinities(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %zero = arith.constant dense<0.0> : tensor<1xf32> loc("zero")
  %far = arith.constant dense<0x7F800000> : tensor<1xf32>
  %0 = nn.unary relu %x : tensor<?x4xf32>
  // expected-remark @below {{constant 'zero' is 0 at [0]}}
  %1 = nn.binary div %0, %zero : tensor<?x4xf32>, tensor<1xf32> -> tensor<?x4xf32>
  // expected-remark @below {{stays in float: 'nn.compare' op is of values that constants before it make infinite, or no numbers}}
  %2 = nn.compare eq %1, %far : tensor<?x4xf32>, tensor<1xf32> -> tensor<?x4xi1>
  // expected-remark @below {{stays in float: 'nn.select' op is of values}}
  %3 = nn.select %2, %zero, %1 : tensor<?x4xi1>, tensor<1xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  // expected-remark @below {{stays in float: 'nn.clip' op is of values}}
  %4 = nn.clip %3 min -1.0 max 1.0 : tensor<?x4xf32>
  %5 = nn.unary relu %4 : tensor<?x4xf32>
  return %5 : tensor<?x4xf32>
}

// So is what has them beside others, or beyond a single limit; sizes and
// conditions have none.
// CHECK-LABEL: func @beside
// CHECK: nn.concat %{{.*}}, %{{.*}} {{.*}} : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x8xf32>
// CHECK: nn.pad constant %{{.*}} : tensor<?x8xf32> -> tensor<?x9xf32>
// CHECK: nn.silu %{{.*}} : tensor<?x9xf32>
// CHECK: nn.gelu erf %{{.*}} : tensor<?x9xf32>
// CHECK: nn.reduce sum %{{.*}} : tensor<?x9xf32> -> tensor<?x1xf32>
// CHECK: nn.clip %{{.*}} : tensor<?x1xf32>
// CHECK: nn.unary sigmoid %{{.*}} : tensor<?x1xf32>
// CHECK: nn.unary relu %{{.*}}!qt.block
// CHECK: nn.select %{{.*}}, %{{.*}}, %{{.*}} : tensor<?x4xi1>, tensor<?x4x!qt.block
func.func @beside(%x: tensor<?x4xf32>) -> (tensor<?x1xf32>, tensor<?x4xf32>) {
  %zero = arith.constant dense<0.0> : tensor<1xf32> loc("zero")
  %0 = nn.unary relu %x : tensor<?x4xf32>
  // expected-remark @below {{constant 'zero' is 0 at [0]}}
  %1 = nn.binary div %0, %zero : tensor<?x4xf32>, tensor<1xf32> -> tensor<?x4xf32>
  // expected-remark @below {{stays in float: 'nn.concat' op is of values}}
  %2 = nn.concat %1, %0 {axis = 1 : i64} : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x8xf32>
  // expected-remark @below {{stays in float: 'nn.pad' op is of values}}
  %3 = nn.pad constant %2 low [0, 1] high [0, 0] : tensor<?x8xf32> -> tensor<?x9xf32>
  // expected-remark @below {{stays in float: 'nn.silu' op is of values}}
  %4 = nn.silu %3 : tensor<?x9xf32>
  // expected-remark @below {{stays in float: 'nn.gelu' op is of values}}
  %5 = nn.gelu erf %4 : tensor<?x9xf32>
  // expected-remark @below {{stays in float: 'nn.reduce' op is of values}}
  %6 = nn.reduce sum %5 axes [1] keepdims : tensor<?x9xf32> -> tensor<?x1xf32>
  // expected-remark @below {{stays in float: 'nn.clip' op is of values}}
  %7 = nn.clip %6 min -1.0 max 0x7FF0000000000000 : tensor<?x1xf32>
  // expected-remark @below {{stays in float: 'nn.unary' op is of values}}
  %8 = nn.unary sigmoid %7 : tensor<?x1xf32>
  %9 = nn.unary relu %8 : tensor<?x1xf32>
  // expected-remark @below {{stays in float: 'nn.compare' op is of values}}
  %10 = nn.compare gt %1, %zero : tensor<?x4xf32>, tensor<1xf32> -> tensor<?x4xi1>
  %11 = nn.select %10, %x, %0 : tensor<?x4xi1>, tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  return %9, %11 : tensor<?x1xf32>, tensor<?x4xf32>
}
