// RUN: quant-opt %s -nn-recompose | FileCheck %s

// CHECK-LABEL: func @log_softmax
// CHECK: %[[M:.*]] = nn.reduce max %arg0 axes [1] keepdims : tensor<?x4x3xf32> -> tensor<?x1x3xf32>
// CHECK: %[[S:.*]] = nn.binary sub %arg0, %[[M]]
// CHECK: %[[E:.*]] = nn.unary exp %[[S]]
// CHECK: %[[T:.*]] = nn.reduce sum %[[E]] axes [1] keepdims : tensor<?x4x3xf32> -> tensor<?x1x3xf32>
// CHECK: %[[L:.*]] = nn.unary log %[[T]]
// CHECK: %[[Y:.*]] = nn.binary sub %[[S]], %[[L]]
// CHECK: return %[[Y]]
func.func @log_softmax(%x: tensor<?x4x3xf32>) -> tensor<?x4x3xf32> {
  %0 = nn.softmax %x {axis = 1 : i64} : tensor<?x4x3xf32>
  %1 = nn.unary log %0 : tensor<?x4x3xf32>
  return %1 : tensor<?x4x3xf32>
}

// Who else needs the probabilities keeps them, along an open axis as well.
// CHECK-LABEL: func @both
// CHECK-DAG: %[[P:.*]] = nn.softmax %arg0
// CHECK-DAG: nn.reduce sum %{{.*}} axes [1] keepdims : tensor<2x?xf32> -> tensor<2x1xf32>
// CHECK: return %[[P]]
func.func @both(%x: tensor<2x?xf32>) -> (tensor<2x?xf32>, tensor<2x?xf32>) {
  %0 = nn.softmax %x {axis = 1 : i64} : tensor<2x?xf32>
  %1 = nn.unary log %0 : tensor<2x?xf32>
  return %0, %1 : tensor<2x?xf32>, tensor<2x?xf32>
}

// A sum has no such form.
// CHECK-LABEL: func @shifted
// CHECK: nn.softmax
// CHECK: nn.binary add
// CHECK: nn.unary log
func.func @shifted(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %e = arith.constant dense<1.0e-9> : tensor<f32>
  %0 = nn.softmax %x {axis = 1 : i64} : tensor<2x4xf32>
  %1 = nn.binary add %0, %e : tensor<2x4xf32>, tensor<f32> -> tensor<2x4xf32>
  %2 = nn.unary log %1 : tensor<2x4xf32>
  return %2 : tensor<2x4xf32>
}
