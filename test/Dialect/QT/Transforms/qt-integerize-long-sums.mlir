// RUN: quant-opt %s -qt-integerize | FileCheck %s
// RUN: quant-opt %s -qt-integerize -qt-split -qt-verify-integer-only -qt-verify-ranges

// Every sum gives up a bit of its operands: behind eight of them a row takes all bits of its largest element again.
// CHECK-LABEL: func @sums
// CHECK-COUNT-8: nn.binary add {{.*}} -> tensor<?x4x!qt.block<[1, ?], s32, scale = exp<32>>>
// CHECK-NEXT: %[[ROW:.*]] = qt.rescale half_up {{.*}} -> tensor<?x4x!qt.block<[1, ?], s31, scale = exp<32>>>
// CHECK-NEXT: nn.binary add %[[ROW]], %{{.*}}
// CHECK-NOT: qt.rescale
// CHECK: return
func.func @sums(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %t = nn.unary sigmoid %x : tensor<?x4xf32>
  %s0 = nn.binary add %t, %t : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %s1 = nn.binary add %s0, %t : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %s2 = nn.binary add %s1, %t : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %s3 = nn.binary add %s2, %t : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %s4 = nn.binary add %s3, %t : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %s5 = nn.binary add %s4, %t : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %s6 = nn.binary add %s5, %t : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %s7 = nn.binary add %s6, %t : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %s8 = nn.binary add %s7, %t : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %s9 = nn.binary add %s8, %t : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  return %s9 : tensor<?x4xf32>
}

// The bits that a choice gave up count beside a sum, through what moves them.
// CHECK-LABEL: func @passes
// CHECK-COUNT-3: nn.binary add
// CHECK: nn.binary max
// CHECK: nn.reshape
// CHECK-NOT: qt.rescale
// CHECK-COUNT-4: nn.binary add
// CHECK: qt.rescale {{.*}} -> tensor<3x2x2x!qt.block<[1, ?, ?], s31
// CHECK: nn.binary add
func.func @passes(%x: tensor<3x4xf32>) -> tensor<3x2x2xf32> {
  %t = nn.unary sigmoid %x : tensor<3x4xf32>
  %shape = arith.constant dense<[3, 2, 2]> : tensor<3xi64>
  %0 = nn.binary add %t, %t : tensor<3x4xf32>, tensor<3x4xf32> -> tensor<3x4xf32>
  %1 = nn.binary add %0, %t : tensor<3x4xf32>, tensor<3x4xf32> -> tensor<3x4xf32>
  %2 = nn.binary add %1, %t : tensor<3x4xf32>, tensor<3x4xf32> -> tensor<3x4xf32>
  %3 = nn.binary max %2, %t : tensor<3x4xf32>, tensor<3x4xf32> -> tensor<3x4xf32>
  %4 = nn.reshape %3, %shape : tensor<3x4xf32>, tensor<3xi64> -> tensor<3x2x2xf32>
  %5 = nn.binary add %4, %4 : tensor<3x2x2xf32>, tensor<3x2x2xf32> -> tensor<3x2x2xf32>
  %6 = nn.binary add %5, %5 : tensor<3x2x2xf32>, tensor<3x2x2xf32> -> tensor<3x2x2xf32>
  %7 = nn.binary add %6, %6 : tensor<3x2x2xf32>, tensor<3x2x2xf32> -> tensor<3x2x2xf32>
  %8 = nn.binary add %7, %7 : tensor<3x2x2xf32>, tensor<3x2x2xf32> -> tensor<3x2x2xf32>
  %9 = nn.binary add %8, %8 : tensor<3x2x2xf32>, tensor<3x2x2xf32> -> tensor<3x2x2xf32>
  return %9 : tensor<3x2x2xf32>
}

// Results of 31 bits give up none where others are chosen in their place.
// CHECK-LABEL: func @extremes
// CHECK-COUNT-9: nn.binary max
// CHECK-NOT: qt.rescale
// CHECK: return
func.func @extremes(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %m0 = nn.binary mul %x, %x : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %p = nn.binary mul %x, %y : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %m1 = nn.binary max %m0, %p : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %m2 = nn.binary max %m1, %p : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %m3 = nn.binary max %m2, %p : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %m4 = nn.binary max %m3, %p : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %m5 = nn.binary max %m4, %p : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %m6 = nn.binary max %m5, %p : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %m7 = nn.binary max %m6, %p : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %m8 = nn.binary max %m7, %p : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %m9 = nn.binary max %m8, %p : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  return %m9 : tensor<?x4xf32>
}
