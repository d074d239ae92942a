// RUN: quant-opt %s -qt-integerize | FileCheck %s
// RUN: quant-opt %s -qt-integerize=method=ibert | FileCheck %s --check-prefix=RANGES
// RUN: quant-opt %s -qt-integerize -qt-split -qt-verify-integer-only | FileCheck %s --check-prefix=SPLIT

// What a model scales at once is scaled before it is quantised, with 30 bits; methods with ranges know that of a result.
// CHECK-LABEL: func @scaled
// CHECK: %[[S:.*]] = nn.binary sub %arg0, %{{.*}} : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
// CHECK: %[[T:.*]] = nn.transpose %[[S]] perm [1, 0] : tensor<?x4xf32> -> tensor<4x?xf32>
// CHECK: %[[D:.*]] = nn.binary div %[[T]], %{{.*}} -> tensor<4x?xf32>
// CHECK: %[[Q:.*]] = qt.quantize %[[D]] {encoding = #qt.encoding<norm, -1073741823..1073741823>} : tensor<4x?xf32> -> tensor<4x?x!qt.block<[1, ?], s31, scale = exp<32>>>
// CHECK: nn.unary relu %[[Q]]
// RANGES-LABEL: func @scaled
// RANGES: qt.quantize %arg0
// RANGES: nn.binary sub %{{.*}} -> tensor<?x4x!qt.block
// SPLIT-LABEL: func @scaled
// SPLIT: nn.binary div %{{.*}} -> tensor<4x?xf32>
// SPLIT: qt.quantize
func.func @scaled(%x: tensor<?x4xf32>) -> tensor<4x?xf32> {
  %m = arith.constant dense<[1.0, 100.0, 1.0e4, 1.0e6]> : tensor<4xf32>
  %s = arith.constant dense<[[1.0], [100.0], [1.0e4], [1.0e6]]> : tensor<4x1xf32>
  %0 = nn.binary sub %x, %m : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  %1 = nn.transpose %0 perm [1, 0] : tensor<?x4xf32> -> tensor<4x?xf32>
  %2 = nn.binary div %1, %s : tensor<4x?xf32>, tensor<4x1xf32> -> tensor<4x?xf32>
  %3 = nn.unary relu %2 : tensor<4x?xf32>
  %end = nn.unary tanh %3 : tensor<4x?xf32>
  return %end : tensor<4x?xf32>
}

// A constant on the left, of integers.
// CHECK-LABEL: func @left
// CHECK: %[[F:.*]] = nn.cast %arg0
// CHECK: %[[P:.*]] = nn.binary mul %{{.*}}, %[[F]] : tensor<4xf32>, tensor<2x4xf32> -> tensor<2x4xf32>
// CHECK: qt.quantize %[[P]]
func.func @left(%x: tensor<2x4xi64>) -> tensor<2x4xf32> {
  %m = arith.constant dense<[1.0, 100.0, 1.0e4, 1.0e6]> : tensor<4xf32>
  %0 = nn.cast %x : tensor<2x4xi64> to tensor<2x4xf32>
  %1 = nn.binary mul %m, %0 : tensor<4xf32>, tensor<2x4xf32> -> tensor<2x4xf32>
  %2 = nn.unary relu %1 : tensor<2x4xf32>
  return %2 : tensor<2x4xf32>
}

// Not the sum of two inputs, what a function gives, nor the quotient of a constant.
// CHECK-LABEL: func @inside
// CHECK-NOT: nn.binary {{.*}} -> tensor<2x4xf32>
// CHECK: return
func.func @inside(%x: tensor<2x4xf32>, %y: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) {
  %m = arith.constant dense<[1.0, 100.0, 1.0e4, 1.0e6]> : tensor<4xf32>
  %0 = nn.binary add %x, %y : tensor<2x4xf32>, tensor<2x4xf32> -> tensor<2x4xf32>
  %1 = nn.unary relu %x : tensor<2x4xf32>
  %2 = nn.binary mul %1, %m : tensor<2x4xf32>, tensor<4xf32> -> tensor<2x4xf32>
  %3 = nn.binary div %m, %x : tensor<4xf32>, tensor<2x4xf32> -> tensor<2x4xf32>
  return %0, %2, %3 : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>
}

// Integers that are made of integers with exponents have these again, though a method without ranges leaves them inputs.
// CHECK-LABEL: func @truncated
// CHECK: nn.cast %{{.*}} : tensor<?x4xi32> to tensor<?x4xf32>
// RANGES-LABEL: func @truncated
// RANGES-NOT: to tensor<?x4xf32>
// RANGES: nn.unary relu
func.func @truncated(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %s = arith.constant dense<3.0> : tensor<1xf32>
  %0 = nn.binary mul %x, %s : tensor<?x4xf32>, tensor<1xf32> -> tensor<?x4xf32>
  %1 = nn.cast %0 : tensor<?x4xf32> to tensor<?x4xi32>
  %2 = nn.cast %1 : tensor<?x4xi32> to tensor<?x4xf32>
  %3 = nn.unary relu %2 : tensor<?x4xf32>
  return %3 : tensor<?x4xf32>
}
