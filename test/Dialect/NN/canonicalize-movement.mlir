// RUN: quant-opt %s -canonicalize | FileCheck %s

// CHECK-LABEL: func @slice
// CHECK-SAME: (%[[X:.*]]: tensor<?x10xf32>)
func.func @slice(%x: tensor<?x10xf32>) -> (tensor<?x10xf32>, tensor<?x10xf32>, tensor<?x10xf32>) {
  // CHECK: %[[R:.*]] = nn.slice
  // CHECK: %[[D:.*]] = nn.slice
  // CHECK: return %[[X]], %[[R]], %[[D]]
  %zero = arith.constant dense<0> : tensor<1xi64>
  %one = arith.constant dense<1> : tensor<1xi64>
  %minus = arith.constant dense<-1> : tensor<1xi64>
  %end = arith.constant dense<9223372036854775807> : tensor<1xi64>
  %begin = arith.constant dense<-9223372036854775808> : tensor<1xi64>
  %0 = nn.slice %x, %zero, %end, %one, %one : tensor<?x10xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<?x10xf32>
  // Backwards is another order, and a dynamic size may have changed.
  %1 = nn.slice %x, %minus, %begin, %one, %minus : tensor<?x10xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<?x10xf32>
  %2 = nn.slice %x, %one, %end, %zero, %one : tensor<?x10xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<?x10xf32>
  return %0, %1, %2 : tensor<?x10xf32>, tensor<?x10xf32>, tensor<?x10xf32>
}

// CHECK-LABEL: func @concat
// CHECK-SAME: (%[[X:.*]]: tensor<?x1xf32>, %[[E:.*]]: tensor<?x0xf32>)
func.func @concat(%x: tensor<?x1xf32>, %e: tensor<?x0xf32>) -> (tensor<?x4xf32>, tensor<?x1xf32>, tensor<?x0xf32>) {
  // CHECK: %[[C:.*]] = nn.concat %[[X]], %[[X]], %[[X]], %[[X]] {axis = 1 : i64}
  // CHECK: return %[[C]], %[[X]], %[[E]]
  %0 = nn.concat %x, %e, %x {axis = 1 : i64} : tensor<?x1xf32>, tensor<?x0xf32>, tensor<?x1xf32> -> tensor<?x2xf32>
  %1 = nn.concat %0, %0 {axis = 1 : i64} : tensor<?x2xf32>, tensor<?x2xf32> -> tensor<?x4xf32>
  %2 = nn.concat %x {axis = 1 : i64} : tensor<?x1xf32> -> tensor<?x1xf32>
  %3 = nn.concat %e, %e {axis = 1 : i64} : tensor<?x0xf32>, tensor<?x0xf32> -> tensor<?x0xf32>
  return %1, %2, %3 : tensor<?x4xf32>, tensor<?x1xf32>, tensor<?x0xf32>
}

// CHECK-LABEL: func @gather
// CHECK-SAME: (%[[X:.*]]: tensor<4x99xf32>, %[[D:.*]]: tensor<4x?xf32>)
func.func @gather(%x: tensor<4x99xf32>, %d: tensor<4x?xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  // CHECK: %[[S:.*]] = nn.slice %[[X]], %{{.*}} -> tensor<4x1xf32>
  // CHECK: %[[R:.*]] = nn.reshape %[[S]], %{{.*}} -> tensor<4xf32>
  // CHECK: %[[G:.*]] = nn.gather %[[D]]
  // CHECK: return %[[R]], %[[G]]
  %i = arith.constant dense<-1> : tensor<i64>
  %0 = nn.gather %x, %i {axis = 1 : i64} : tensor<4x99xf32>, tensor<i64> -> tensor<4xf32>
  // A dynamic size is checked at run time.
  %1 = nn.gather %d, %i {axis = 1 : i64} : tensor<4x?xf32>, tensor<i64> -> tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: func @shapes
// CHECK-SAME: (%[[X:.*]]: tensor<?x4x8xf32>)
func.func @shapes(%x: tensor<?x4x8xf32>) -> (tensor<2xi64>, tensor<1xi64>, tensor<?x4x8xf32>, tensor<4x8xf32>) {
  // CHECK-DAG: %[[C:.*]] = arith.constant dense<[4, 8]> : tensor<2xi64>
  // CHECK-DAG: %[[S:.*]] = nn.shape %[[X]] {end = 1 : i64, start = 0 : i64}
  // CHECK: %[[L2:.*]] = nn.reduce l2
  // CHECK: return %[[C]], %[[S]], %{{.*}}, %[[L2]]
  %0 = nn.shape %x {start = 1 : i64, end = 3 : i64} : tensor<?x4x8xf32> -> tensor<2xi64>
  %1 = nn.shape %x {start = 0 : i64, end = 1 : i64} : tensor<?x4x8xf32> -> tensor<1xi64>
  %2 = nn.reduce max %x axes [] : tensor<?x4x8xf32> -> tensor<?x4x8xf32>
  %3 = nn.reduce l2 %x axes [0] : tensor<?x4x8xf32> -> tensor<4x8xf32>
  return %0, %1, %2, %3 : tensor<2xi64>, tensor<1xi64>, tensor<?x4x8xf32>, tensor<4x8xf32>
}

// CHECK-LABEL: func @single
// CHECK-SAME: (%[[X:.*]]: tensor<3x1xf32>)
func.func @single(%x: tensor<3x1xf32>) -> (tensor<3x1xf32>, tensor<3x1xf32>, tensor<3x1xf32>, tensor<3x1xf32>) {
  // CHECK: %[[SQ:.*]] = nn.reduce sumsq
  // A sum of floats makes 0 of -0.
  // CHECK: %[[SUM:.*]] = nn.reduce sum %
  // CHECK: return %[[X]], %[[SQ]], %[[X]], %[[SUM]]
  %0 = nn.reduce max %x axes [1] keepdims : tensor<3x1xf32> -> tensor<3x1xf32>
  %1 = nn.reduce sumsq %x axes [1] keepdims : tensor<3x1xf32> -> tensor<3x1xf32>
  %s = arith.constant dense<[3, 1]> : tensor<2xi64>
  %2 = nn.expand %x, %s : tensor<3x1xf32>, tensor<2xi64> -> tensor<3x1xf32>
  %3 = nn.reduce sum %x axes [1] keepdims : tensor<3x1xf32> -> tensor<3x1xf32>
  return %0, %1, %2, %3 : tensor<3x1xf32>, tensor<3x1xf32>, tensor<3x1xf32>, tensor<3x1xf32>
}
