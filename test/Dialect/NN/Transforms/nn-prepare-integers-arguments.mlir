// RUN: quant-opt %s -nn-prepare-integers | FileCheck %s

// What is far out takes no bits of the others of a row; once for functions of the same limits.
// CHECK-LABEL: func @results
// CHECK: %[[S:.*]] = nn.binary add %arg0, %arg1
// CHECK-DAG: %[[L:.*]] = nn.clip %[[S]] min -3.100000e+01 max 3.100000e+01 {qt.own_exponent}
// CHECK-DAG: %[[E:.*]] = nn.clip %[[S]] min -1.270000e+02 max 0x7FF0000000000000 {qt.own_exponent}
// CHECK: nn.unary sigmoid %[[L]]
// CHECK: nn.unary tanh %[[L]]
// CHECK: nn.unary erf %[[L]]
// CHECK: nn.unary exp %[[E]]
// CHECK: nn.unary softplus %[[S]]
func.func @results(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) {
  %s = nn.binary add %x, %y : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %0 = nn.unary sigmoid %s : tensor<?x4xf32>
  %1 = nn.unary tanh %s : tensor<?x4xf32>
  %2 = nn.unary erf %s : tensor<?x4xf32>
  %3 = nn.unary exp %s : tensor<?x4xf32>
  %4 = nn.unary softplus %s : tensor<?x4xf32>
  return %0, %1, %2, %3, %4 : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>
}

// Rows of 16 bits have lost the bits before.
// CHECK-LABEL: func @rows
// CHECK-NOT: nn.clip
func.func @rows(%x: tensor<2x4xf32>, %y: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) {
  %0 = nn.unary sigmoid %x : tensor<2x4xf32>
  %1 = nn.binary div %x, %y : tensor<2x4xf32>, tensor<2x4xf32> -> tensor<2x4xf32>
  %2 = nn.unary tanh %1 : tensor<2x4xf32>
  %3 = nn.unary erf %2 : tensor<2x4xf32>
  return %0, %2, %3 : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>
}

// Rows that are picked from results have the bits of these.
// CHECK-LABEL: func @picked
// CHECK: %[[P:.*]] = nn.gather
// CHECK: %[[L:.*]] = nn.clip %[[P]] min -3.100000e+01 max 3.100000e+01 {qt.own_exponent}
// CHECK: nn.unary sigmoid %[[L]]
func.func @picked(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>, %i: tensor<?xi64>) -> tensor<?x4xf32> {
  %0 = nn.binary add %x, %y : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %1 = nn.gather %0, %i {axis = 0 : i64} : tensor<?x4xf32>, tensor<?xi64> -> tensor<?x4xf32>
  %2 = nn.unary sigmoid %1 : tensor<?x4xf32>
  return %2 : tensor<?x4xf32>
}
