// RUN: quant-opt %s -nn-prepare-integers | FileCheck %s

// What hides tokens from a maximum is limited for the maximum; what else sees it does not change.
// CHECK-LABEL: func @choice
// CHECK-DAG: %[[OLD:.*]] = arith.constant dense<-1.000000e+09> : tensor<f32>
// CHECK-DAG: %[[NEW:.*]] = arith.constant dense<-6.553600e+04> : tensor<f32>
// CHECK-DAG: %[[Y:.*]] = nn.select %arg1, %[[OLD]], %arg0
// CHECK-DAG: %[[L:.*]] = nn.select %arg1, %[[NEW]], %arg0
// CHECK-DAG: %[[M:.*]] = nn.reduce max %[[L]] axes [1]
// CHECK: return %[[M]], %[[Y]]
func.func @choice(%x: tensor<?x?x8xf32>, %is: tensor<?x?x1xi1>) -> (tensor<?x8xf32>, tensor<?x?x8xf32>) {
  %c = arith.constant dense<-1.0e9> : tensor<f32>
  %0 = nn.select %is, %c, %x : tensor<?x?x1xi1>, tensor<f32>, tensor<?x?x8xf32> -> tensor<?x?x8xf32>
  %1 = nn.reduce max %0 axes [1] : tensor<?x?x8xf32> -> tensor<?x8xf32>
  return %1, %0 : tensor<?x8xf32>, tensor<?x?x8xf32>
}

// A number within the limit stays.
// CHECK-LABEL: func @within
// CHECK: %[[Y:.*]] = nn.select %arg1, %cst{{.*}}, %arg0
// CHECK-NOT: nn.select
// CHECK: nn.reduce max %[[Y]] axes [1]
func.func @within(%x: tensor<2x3x8xf32>, %is: tensor<2x3x1xi1>) -> tensor<2x8xf32> {
  %c = arith.constant dense<-1.0e4> : tensor<f32>
  %0 = nn.select %is, %c, %x : tensor<2x3x1xi1>, tensor<f32>, tensor<2x3x8xf32> -> tensor<2x3x8xf32>
  %1 = nn.reduce max %0 axes [1] : tensor<2x3x8xf32> -> tensor<2x8xf32>
  return %1 : tensor<2x8xf32>
}

// A number that is taken off all elements hides none of them.
// CHECK-LABEL: func @offset
// CHECK: %[[Y:.*]] = nn.binary sub %arg0, %cst
// CHECK-NOT: nn.binary
// CHECK: nn.reduce max %[[Y]] axes [1]
func.func @offset(%x: tensor<2x3x8xf32>) -> tensor<2x8xf32> {
  %c = arith.constant dense<7.0e4> : tensor<f32>
  %0 = nn.binary sub %x, %c : tensor<2x3x8xf32>, tensor<f32> -> tensor<2x3x8xf32>
  %1 = nn.reduce max %0 axes [1] : tensor<2x3x8xf32> -> tensor<2x8xf32>
  return %1 : tensor<2x8xf32>
}

// What is added by a mask is limited below, what is taken off before a minimum too.
// CHECK-LABEL: func @sum
// CHECK: %[[P:.*]] = nn.binary mul
// CHECK-DAG: %[[D:.*]] = nn.clip %[[P]] min -6.553600e+04 max 0x7FF0000000000000 {qt.own_exponent}
// CHECK-DAG: %[[C:.*]] = nn.clip %[[P]] min -6.553600e+04 max 0x7FF0000000000000 {qt.own_exponent}
// CHECK-DAG: %[[A:.*]] = nn.binary add %arg0, %[[C]]
// CHECK-DAG: nn.reduce max %[[A]] axes [1]
// CHECK-DAG: %[[B:.*]] = nn.binary sub %arg0, %[[D]]
// CHECK-DAG: nn.reduce min %[[B]] axes [1]
func.func @sum(%x: tensor<?x?x8xf32>, %m: tensor<?x?x1xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  %one = arith.constant dense<1.0> : tensor<f32>
  %c = arith.constant dense<1.0e9> : tensor<f32>
  %0 = nn.binary sub %m, %one : tensor<?x?x1xf32>, tensor<f32> -> tensor<?x?x1xf32>
  %1 = nn.binary mul %0, %c : tensor<?x?x1xf32>, tensor<f32> -> tensor<?x?x1xf32>
  %2 = nn.binary add %x, %1 : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %3 = nn.reduce max %2 axes [1] : tensor<?x?x8xf32> -> tensor<?x8xf32>
  %4 = nn.binary sub %x, %1 : tensor<?x?x8xf32>, tensor<?x?x1xf32> -> tensor<?x?x8xf32>
  %5 = nn.reduce min %4 axes [1] : tensor<?x?x8xf32> -> tensor<?x8xf32>
  return %3, %5 : tensor<?x8xf32>, tensor<?x8xf32>
}

// What is compared with the maximum, or has it taken off, is what it was found in.
// CHECK-LABEL: func @place
// CHECK-DAG: %[[L:.*]] = nn.select %arg1, %arg0, %{{.*}} : tensor<?x8xi1>
// CHECK-DAG: %[[M:.*]] = nn.reduce max %[[L]] axes [1] keepdims
// CHECK-DAG: nn.compare lt %[[L]], %[[M]]
// CHECK-DAG: nn.binary sub %[[L]], %[[M]]
func.func @place(%x: tensor<?x8xf32>, %is: tensor<?x8xi1>) -> (tensor<?x8xi1>, tensor<?x8xf32>) {
  %c = arith.constant dense<-1.0e9> : tensor<f32>
  %0 = nn.select %is, %x, %c : tensor<?x8xi1>, tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %1 = nn.reduce max %0 axes [1] keepdims : tensor<?x8xf32> -> tensor<?x1xf32>
  %2 = nn.compare lt %0, %1 : tensor<?x8xf32>, tensor<?x1xf32> -> tensor<?x8xi1>
  %3 = nn.binary sub %0, %1 : tensor<?x8xf32>, tensor<?x1xf32> -> tensor<?x8xf32>
  return %2, %3 : tensor<?x8xi1>, tensor<?x8xf32>
}

// A maximum sees what is large, a sum sees everything, and a product is no mask.
// CHECK-LABEL: func @seen
// CHECK-NOT: 6.553600e+04
// CHECK-NOT: qt.own_exponent
func.func @seen(%x: tensor<2x8xf32>, %is: tensor<2x8xi1>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
  %high = arith.constant dense<1.0e9> : tensor<f32>
  %low = arith.constant dense<-1.0e9> : tensor<f32>
  %0 = nn.select %is, %high, %x : tensor<2x8xi1>, tensor<f32>, tensor<2x8xf32> -> tensor<2x8xf32>
  %1 = nn.reduce max %0 axes [1] : tensor<2x8xf32> -> tensor<2xf32>
  %2 = nn.select %is, %low, %x : tensor<2x8xi1>, tensor<f32>, tensor<2x8xf32> -> tensor<2x8xf32>
  %3 = nn.reduce sum %2 axes [1] : tensor<2x8xf32> -> tensor<2xf32>
  %4 = nn.binary mul %x, %high : tensor<2x8xf32>, tensor<f32> -> tensor<2x8xf32>
  %5 = nn.reduce max %4 axes [1] : tensor<2x8xf32> -> tensor<2xf32>
  return %1, %3, %5 : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
}

// Windows, of which a sum sees everything.
// CHECK-LABEL: func @windows
// CHECK-DAG: %[[L:.*]] = arith.constant dense<-6.553600e+04>
// CHECK-DAG: %[[H:.*]] = arith.constant dense<-1.000000e+09>
// CHECK-DAG: %[[S:.*]] = nn.select %arg1, %arg0, %[[L]]
// CHECK-DAG: %[[A:.*]] = nn.select %arg1, %arg0, %[[H]]
// CHECK-DAG: nn.pool max %[[S]]
// CHECK-DAG: nn.pool sum %[[A]]
func.func @windows(%x: tensor<?x8x8x4xf32>, %is: tensor<?x8x8x1xi1>) -> (tensor<?x7x7x4xf32>, tensor<?x7x7x4xf32>) {
  %c = arith.constant dense<-1.0e9> : tensor<f32>
  %0 = nn.select %is, %x, %c : tensor<?x8x8x1xi1>, tensor<?x8x8x4xf32>, tensor<f32> -> tensor<?x8x8x4xf32>
  %1 = nn.pool max %0 kernel [2, 2] strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] : tensor<?x8x8x4xf32> -> tensor<?x7x7x4xf32>
  %2 = nn.pool sum %0 kernel [2, 2] strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] : tensor<?x8x8x4xf32> -> tensor<?x7x7x4xf32>
  return %1, %2 : tensor<?x7x7x4xf32>, tensor<?x7x7x4xf32>
}

// Also in front of elements that are picked.
// CHECK-LABEL: func @picked
// CHECK: %[[NEW:.*]] = arith.constant dense<-6.553600e+04> : tensor<f32>
// CHECK: %[[L:.*]] = nn.select %arg1, %[[NEW]], %arg0
// CHECK: %[[P:.*]] = nn.gather %[[L]], %arg2
// CHECK: nn.reduce max %[[P]] axes [1]
func.func @picked(%x: tensor<3x8xf32>, %is: tensor<3x1xi1>, %i: tensor<2xi64>) -> tensor<2xf32> {
  %c = arith.constant dense<-1.0e9> : tensor<f32>
  %0 = nn.select %is, %c, %x : tensor<3x1xi1>, tensor<f32>, tensor<3x8xf32> -> tensor<3x8xf32>
  %1 = nn.gather %0, %i {axis = 0 : i64} : tensor<3x8xf32>, tensor<2xi64> -> tensor<2x8xf32>
  %2 = nn.reduce max %1 axes [1] : tensor<2x8xf32> -> tensor<2xf32>
  return %2 : tensor<2xf32>
}
