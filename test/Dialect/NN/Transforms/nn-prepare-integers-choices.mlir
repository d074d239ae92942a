// RUN: quant-opt %s -nn-prepare-integers | FileCheck %s

// What stands for the masked is chosen behind functions, as what these make of it.
// CHECK-LABEL: func @chain
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : tensor<f32>
// CHECK: %[[M:.*]] = nn.binary mul %arg0, %cst
// CHECK: %[[Y:.*]] = nn.unary relu %[[M]]
// CHECK: nn.select %arg1, %[[Y]], %[[ZERO]]
func.func @chain(%x: tensor<?x8xf32>, %is: tensor<?x1xi1>) -> tensor<?x8xf32> {
  %c = arith.constant dense<0xFF800000> : tensor<f32>
  %h = arith.constant dense<0.5> : tensor<f32>
  %0 = nn.select %is, %x, %c : tensor<?x1xi1>, tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %1 = nn.binary mul %0, %h : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %2 = nn.unary relu %1 : tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}

// CHECK-LABEL: func @limits
// CHECK-DAG: %[[LOW:.*]] = arith.constant dense<-5.000000e+00> : tensor<f32>
// CHECK-DAG: %[[TWO:.*]] = arith.constant dense<2.000000e+00> : tensor<f32>
// CHECK: %[[Y:.*]] = nn.clip %arg0 min -5.000000e+00 max 5.000000e+00
// CHECK: %[[A:.*]] = nn.select %arg1, %[[LOW]], %[[Y]]
// CHECK: %[[Z:.*]] = nn.binary max %arg0, %[[TWO]]
// CHECK: %[[B:.*]] = nn.select %arg1, %[[TWO]], %[[Z]]
// CHECK: return %[[A]], %[[B]]
func.func @limits(%x: tensor<?x8xf32>, %is: tensor<?x8xi1>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  %c = arith.constant dense<-1.0e9> : tensor<f32>
  %t = arith.constant dense<2.0> : tensor<f32>
  %0 = nn.select %is, %c, %x : tensor<?x8xi1>, tensor<f32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %1 = nn.clip %0 min -5.0 max 5.0 : tensor<?x8xf32>
  %2 = nn.binary max %0, %t : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  return %1, %2 : tensor<?x8xf32>, tensor<?x8xf32>
}

// A number near the others takes no bits of them; a function that is not defined of it stays.
// CHECK-LABEL: func @stays
// CHECK: %[[A:.*]] = nn.select %arg1, %arg0, %cst
// CHECK: %[[L:.*]] = nn.clip %[[A]]
// CHECK: nn.unary sigmoid %[[L]]
// CHECK: %[[B:.*]] = nn.select %arg1, %arg0, %cst
// CHECK: nn.silu %[[B]]
func.func @stays(%x: tensor<?x8xf32>, %is: tensor<?x8xi1>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  %c = arith.constant dense<-3.0> : tensor<f32>
  %d = arith.constant dense<0xFF800000> : tensor<f32>
  %0 = nn.select %is, %x, %c : tensor<?x8xi1>, tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %1 = nn.unary sigmoid %0 : tensor<?x8xf32>
  %2 = nn.select %is, %x, %d : tensor<?x8xi1>, tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %3 = nn.silu %2 : tensor<?x8xf32>
  return %1, %3 : tensor<?x8xf32>, tensor<?x8xf32>
}

// A mask that is added to an argument is limited; what moves all elements is not.
// CHECK-LABEL: func @added
// CHECK-DAG: %[[NEW:.*]] = arith.constant dense<[0.000000e+00, -6.553600e+04]> : tensor<2xf32>
// CHECK-DAG: %[[FAR:.*]] = arith.constant dense<-1.000000e+06> : tensor<f32>
// CHECK: %[[A:.*]] = nn.binary add %{{.*}}, %[[NEW]]
// CHECK: %[[B:.*]] = nn.clip %[[A]] min -1.270000e+02
// CHECK: nn.unary exp %[[B]]
// CHECK: %[[C:.*]] = nn.binary add %{{.*}}, %[[FAR]]
// CHECK: %[[D:.*]] = nn.clip %[[C]] min -1.270000e+02
// CHECK: nn.unary exp %[[D]]
func.func @added(%a: tensor<?x4xf32>, %w: tensor<2x4xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  %m = arith.constant dense<[0.0, 0xFF800000]> : tensor<2xf32>
  %c = arith.constant dense<-1.0e6> : tensor<f32>
  %x = nn.matmul %a, %w : tensor<?x4xf32>, tensor<2x4xf32> -> tensor<?x2xf32>
  %0 = nn.binary add %x, %m : tensor<?x2xf32>, tensor<2xf32> -> tensor<?x2xf32>
  %1 = nn.unary exp %0 : tensor<?x2xf32>
  %2 = nn.binary add %x, %c : tensor<?x2xf32>, tensor<f32> -> tensor<?x2xf32>
  %3 = nn.unary exp %2 : tensor<?x2xf32>
  return %1, %3 : tensor<?x2xf32>, tensor<?x2xf32>
}

// A choice by what is chosen, as in an ELU, is made of what is not masked.
// CHECK-LABEL: func @by_itself
// CHECK-DAG: %[[ONE:.*]] = arith.constant dense<-1.000000e+00> : tensor<f32>
// CHECK: %[[P:.*]] = nn.compare gt %arg0
// CHECK: %[[E:.*]] = nn.unary exp
// CHECK: %[[R:.*]] = nn.binary sub %[[E]]
// CHECK: %[[Y:.*]] = nn.select %[[P]], %arg0, %[[R]]
// CHECK: %[[Z:.*]] = nn.select %arg1, %[[Y]], %[[ONE]]
// CHECK: return %[[Z]]
func.func @by_itself(%x: tensor<?x8xf32>, %is: tensor<?x1xi1>) -> tensor<?x8xf32> {
  %c = arith.constant dense<0xFF800000> : tensor<f32>
  %zero = arith.constant dense<0.0> : tensor<f32>
  %one = arith.constant dense<1.0> : tensor<f32>
  %0 = nn.select %is, %x, %c : tensor<?x1xi1>, tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %1 = nn.clip %0 min 0xFFF0000000000000 max 0.0 : tensor<?x8xf32>
  %2 = nn.unary exp %1 : tensor<?x8xf32>
  %3 = nn.binary sub %2, %one : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %4 = nn.compare gt %0, %zero : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xi1>
  %5 = nn.select %4, %0, %3 : tensor<?x8xi1>, tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %5 : tensor<?x8xf32>
}

// Not where something else is read there.
// CHECK-LABEL: func @beside
// CHECK: %[[A:.*]] = nn.select %arg2, %arg0, %cst
// CHECK: nn.select %{{.*}}, %[[A]], %arg1
func.func @beside(%x: tensor<?x8xf32>, %y: tensor<?x8xf32>, %is: tensor<?x1xi1>) -> tensor<?x8xf32> {
  %c = arith.constant dense<-1.0e9> : tensor<f32>
  %zero = arith.constant dense<0.0> : tensor<f32>
  %0 = nn.select %is, %x, %c : tensor<?x1xi1>, tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %1 = nn.compare gt %0, %zero : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xi1>
  %2 = nn.select %1, %0, %y : tensor<?x8xi1>, tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}
