// RUN: quant-opt %s -qt-integerize | FileCheck %s
// RUN: quant-opt %s -qt-integerize=method=ibert | FileCheck %s
// RUN: quant-opt %s -qt-integerize=method=ivit | FileCheck %s
// RUN: quant-opt %s -qt-integerize -qt-split -qt-verify-integer-only

// The elements of a vector may be examples: each has an exponent, whether their number is known or not.
// CHECK-LABEL: func @times
// CHECK: %[[Q:.*]] = qt.quantize %arg0 {{.*}} : tensor<?xf32> -> tensor<?x!qt.block<[1], s16, scale = exp<8>>>
// CHECK: nn.unary tanh %[[Q]]
func.func @times(%t: tensor<?xf32>) -> tensor<?xf32> {
  %0 = nn.unary tanh %t : tensor<?xf32>
  return %0 : tensor<?xf32>
}

// CHECK-LABEL: func @fixed
// CHECK: %[[Q:.*]] = qt.quantize %arg0 {{.*}} : tensor<4xf32> -> tensor<4x!qt.block<[1], s16, scale = exp<8>>>
// CHECK: nn.unary tanh %[[Q]]
func.func @fixed(%t: tensor<4xf32>) -> tensor<4xf32> {
  %0 = nn.unary tanh %t : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// Integers are quantised by themselves, too, and what a logarithm has removed the units of does not become a row.
// CHECK-LABEL: func @steps
// CHECK-NOT: !qt.block<[?]
// CHECK: return
func.func @steps(%t: tensor<?xi64>, %s: tensor<?xf32>) -> (tensor<?xf32>, tensor<?xf32>) {
  %0 = nn.cast %t : tensor<?xi64> to tensor<?xf32>
  %1 = nn.unary sigmoid %0 : tensor<?xf32>
  %2 = nn.binary mul %s, %s : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
  %3 = nn.unary log %2 : tensor<?xf32>
  %4 = nn.unary relu %3 : tensor<?xf32>
  return %1, %4 : tensor<?xf32>, tensor<?xf32>
}

// What is picked or chosen among constants, neither.
// CHECK-LABEL: func @schedule
// CHECK-NOT: !qt.block<[?]
// CHECK: return
func.func @schedule(%t: tensor<?xi64>, %c: tensor<?xi1>) -> (tensor<?xf32>, tensor<?xf32>) {
  %table = arith.constant dense<[1.0, 0.5, 1.0e-3]> : tensor<3xf32>
  %one = arith.constant dense<1.0> : tensor<f32>
  %large = arith.constant dense<1.0e+9> : tensor<f32>
  %0 = nn.gather %table, %t {axis = 0 : i64} : tensor<3xf32>, tensor<?xi64> -> tensor<?xf32>
  %1 = nn.unary sqrt %0 : tensor<?xf32>
  %2 = nn.select %c, %large, %one : tensor<?xi1>, tensor<f32>, tensor<f32> -> tensor<?xf32>
  %3 = nn.unary tanh %2 : tensor<?xf32>
  return %1, %3 : tensor<?xf32>, tensor<?xf32>
}

// What takes a vector as a row gives it one exponent, right from the floats.
// CHECK-LABEL: func @row
// CHECK: %[[ROW:.*]] = qt.quantize %arg0 {{.*}} : tensor<8xf32> -> tensor<8x!qt.block<[?], s16, scale = exp<8>>>
// CHECK: nn.softmax %[[ROW]]
// CHECK: nn.binary add %{{.*}}, %[[ROW]]
func.func @row(%x: tensor<8xf32>, %y: tensor<?x8xf32>) -> (tensor<8xf32>, tensor<?x8xf32>) {
  %0 = nn.softmax %x {axis = 0 : i64} : tensor<8xf32>
  %1 = nn.binary add %y, %x : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x8xf32>
  %end = nn.unary tanh %1 : tensor<?x8xf32>
  return %0, %end : tensor<8xf32>, tensor<?x8xf32>
}
