// RUN: quant-opt %s -split-input-file -qt-integerize | FileCheck %s
// RUN: quant-opt %s -split-input-file -pass-pipeline="builtin.module(func.func(qt-integerize,qt-split,qt-verify-ranges,qt-verify-integer-only))"
// RUN: quant-opt %s -split-input-file -pass-pipeline="builtin.module(func.func(qt-integerize{partial},qt-split,qt-verify-ranges))"

// Floats that are integers from here on: limited to what these hold.
// CHECK-LABEL: func @unsigned
// CHECK: nn.clip %{{.*}} min 0.000000e+00 max 2.550000e+02 : tensor<?x4xi64>
// CHECK: %[[BYTES:.*]] = nn.cast %{{.*}} : tensor<?x4xi64> to tensor<?x4xui8>
// CHECK: nn.binary max %{{.*}} : tensor<?x4xi64>, tensor<i64>
// CHECK: %[[LONG:.*]] = nn.cast %{{.*}} : tensor<?x4xi64> to tensor<?x4xui64>
// CHECK: return %[[BYTES]], %[[LONG]]
func.func @unsigned(%x: tensor<?x4xf32>) -> (tensor<?x4xui8>, tensor<?x4xui64>) {
  %0 = nn.unary relu %x : tensor<?x4xf32>
  %1 = nn.cast %0 : tensor<?x4xf32> to tensor<?x4xui8>
  %2 = nn.cast %0 : tensor<?x4xf32> to tensor<?x4xui64>
  return %1, %2 : tensor<?x4xui8>, tensor<?x4xui64>
}

// -----

// What is computed from them wraps around, also behind what only moves or picks
// them; floats that they become again do not.
// CHECK-LABEL: func @arithmetic
// CHECK: %[[I:.*]] = nn.cast %{{.*}} : tensor<2x4xi64> to tensor<2x4xi32>
// CHECK: %[[SUM:.*]] = nn.binary add %[[I]], %{{.*}} {qt.wraps}
// CHECK: %[[TURNED:.*]] = nn.transpose %[[SUM]]
// CHECK: %[[BYTE:.*]] = nn.cast %[[TURNED]] {qt.wraps} : tensor<4x2xi32> to tensor<4x2xi8>
// CHECK: nn.compare lt %[[SUM]]
// CHECK-NOT: qt.wraps
func.func @arithmetic(%x: tensor<2x4xf32>) -> (tensor<4x2xi8>, tensor<2x4xi1>, tensor<2x4xf32>) {
  %one = arith.constant dense<1> : tensor<i32>
  %0 = nn.unary relu %x : tensor<2x4xf32>
  %1 = nn.cast %0 : tensor<2x4xf32> to tensor<2x4xi32>
  %2 = nn.binary add %1, %one : tensor<2x4xi32>, tensor<i32> -> tensor<2x4xi32>
  %3 = nn.transpose %2 perm [1, 0] : tensor<2x4xi32> -> tensor<4x2xi32>
  %4 = nn.cast %3 : tensor<4x2xi32> to tensor<4x2xi8>
  %5 = nn.compare lt %2, %one : tensor<2x4xi32>, tensor<i32> -> tensor<2x4xi1>
  %6 = nn.cast %2 : tensor<2x4xi32> to tensor<2x4xf32>
  %7 = nn.binary add %6, %0 : tensor<2x4xf32>, tensor<2x4xf32> -> tensor<2x4xf32>
  return %4, %5, %7 : tensor<4x2xi8>, tensor<2x4xi1>, tensor<2x4xf32>
}
