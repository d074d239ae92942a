// RUN: quant-opt %s -nn-recompose=report -split-input-file 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < %t

// CHECK-LABEL: @table(
// CHECK-SAME: %[[T:.*]]: tensor<4x8xf32>, %[[N:.*]]: tensor<1xi64>
// CHECK: %[[P:.*]] = nn.slice %[[T]], %{{.*}}, %[[N]], %{{.*}} -> tensor<?x8xf32>
// CHECK: nn.reshape %[[P]], %{{.*}} -> tensor<1x?x8xf32>
// REMARK: found position table
func.func @table(%t: tensor<4x8xf32>, %n: tensor<1xi64>) -> tensor<1x?x8xf32> {
  %ids = arith.constant dense<[[0, 1, 2, 3]]> : tensor<1x4xi64>
  %zero = arith.constant dense<0> : tensor<1xi64>
  %one = arith.constant dense<1> : tensor<1xi64>
  %0 = nn.slice %ids, %zero, %n, %one, %one : tensor<1x4xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<1x?xi64>
  %1 = nn.gather %t, %0 {axis = 0 : i64} : tensor<4x8xf32>, tensor<1x?xi64> -> tensor<1x?x8xf32>
  return %1 : tensor<1x?x8xf32>
}

// -----

// Near misses: other numbers, and a table with more rows than there are ids.
// CHECK-LABEL: @others(
// CHECK-COUNT-2: nn.gather
func.func @others(%t: tensor<4x8xf32>, %long: tensor<5x8xf32>, %n: tensor<1xi64>) -> (tensor<1x?x8xf32>, tensor<1x?x8xf32>) {
  %ids = arith.constant dense<[[0, 1, 3, 2]]> : tensor<1x4xi64>
  %few = arith.constant dense<[[0, 1, 2, 3]]> : tensor<1x4xi64>
  %zero = arith.constant dense<0> : tensor<1xi64>
  %one = arith.constant dense<1> : tensor<1xi64>
  %0 = nn.slice %ids, %zero, %n, %one, %one : tensor<1x4xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<1x?xi64>
  %1 = nn.gather %t, %0 {axis = 0 : i64} : tensor<4x8xf32>, tensor<1x?xi64> -> tensor<1x?x8xf32>
  %2 = nn.slice %few, %zero, %n, %one, %one : tensor<1x4xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<1x?xi64>
  %3 = nn.gather %long, %2 {axis = 0 : i64} : tensor<5x8xf32>, tensor<1x?xi64> -> tensor<1x?x8xf32>
  return %1, %3 : tensor<1x?x8xf32>, tensor<1x?x8xf32>
}
