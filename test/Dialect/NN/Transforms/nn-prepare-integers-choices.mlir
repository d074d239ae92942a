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

// Behind sums and powers, and what is made of the choice twice: a hard sigmoid's bounds, x / (1 + |x|). The function of
// an infinity is that of the largest float where it is no number.
// CHECK-LABEL: func @twice
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : tensor<f32>
// CHECK-DAG: %[[ONE:.*]] = arith.constant dense<-1.000000e+00> : tensor<f32>
// CHECK-DAG: %[[NONE:.*]] = arith.constant dense<-0.000000e+00> : tensor<f32>
// CHECK: %[[A:.*]] = nn.binary add %arg0
// CHECK: %[[C:.*]] = nn.clip %[[A]]
// CHECK: %[[U:.*]] = nn.select %arg1, %[[C]], %[[ZERO]]
// CHECK: %[[D:.*]] = nn.unary abs %arg0
// CHECK: %[[E:.*]] = nn.binary add %[[D]]
// CHECK: %[[Q:.*]] = nn.binary div %arg0, %[[E]]
// CHECK: %[[V:.*]] = nn.select %arg1, %[[Q]], %[[ONE]]
// CHECK: %[[S:.*]] = nn.silu %arg0
// CHECK: %[[W:.*]] = nn.select %arg1, %[[S]], %[[NONE]]
// CHECK: return %[[U]], %[[V]], %[[W]]
func.func @twice(%x: tensor<?x8xf32>, %is: tensor<?x8xi1>) -> (tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>) {
  %c = arith.constant dense<0xFF800000> : tensor<f32>
  %one = arith.constant dense<1.0> : tensor<f32>
  %0 = nn.select %is, %x, %c : tensor<?x8xi1>, tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %1 = nn.binary add %0, %one : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %2 = nn.clip %1 min 0.0 max 1.0 : tensor<?x8xf32>
  %3 = nn.unary abs %0 : tensor<?x8xf32>
  %4 = nn.binary add %3, %one : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %5 = nn.binary div %0, %4 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %6 = nn.silu %0 : tensor<?x8xf32>
  return %2, %5, %6 : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>
}

// A condition, too, and what it is a factor of; not a sum with what is chosen by another condition.
// CHECK-LABEL: func @conditions
// CHECK: %[[A:.*]] = nn.select %arg1, %arg0, %
// CHECK: %[[P:.*]] = nn.compare gt %arg0
// CHECK: %[[I:.*]] = nn.select %arg1, %[[P]], %{{.*}} : tensor<?x8xi1>, tensor<?x8xi1>, tensor<i1> -> tensor<?x8xi1>
// CHECK: %[[R:.*]] = nn.compare gt %arg0
// CHECK: %[[F:.*]] = nn.cast %[[R]]
// CHECK: %[[M:.*]] = nn.binary mul %arg0, %[[F]]
// CHECK: %[[Y:.*]] = nn.select %arg1, %[[M]], %
// CHECK: %[[B:.*]] = nn.select %arg2, %arg0, %
// CHECK: %[[S:.*]] = nn.binary add %[[A]], %[[B]]
// CHECK: return %[[I]], %[[Y]], %[[S]]
func.func @conditions(%x: tensor<?x8xf32>, %is: tensor<?x8xi1>, %other: tensor<?x8xi1>) -> (tensor<?x8xi1>, tensor<?x8xf32>, tensor<?x8xf32>) {
  %c = arith.constant dense<-1.0e9> : tensor<f32>
  %h = arith.constant dense<0.5> : tensor<f32>
  %0 = nn.select %is, %x, %c : tensor<?x8xi1>, tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %1 = nn.compare gt %0, %h : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xi1>
  %2 = nn.cast %1 : tensor<?x8xi1> to tensor<?x8xf32>
  %3 = nn.binary mul %0, %2 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %4 = nn.select %other, %x, %c : tensor<?x8xi1>, tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %5 = nn.binary add %0, %4 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %1, %3, %5 : tensor<?x8xi1>, tensor<?x8xf32>, tensor<?x8xf32>
}

// Nor as many constants as a mask has.
// CHECK-LABEL: func @masks
// CHECK: %[[A:.*]] = nn.select %arg1, %arg0, %
// CHECK: nn.binary mul %[[A]], %arg2
// CHECK: nn.binary add %[[A]], %
func.func @masks(%x: tensor<512x512xf32>, %is: tensor<512x512xi1>, %y: tensor<512x512xf32>) -> (tensor<512x512xf32>, tensor<512x512xf32>) {
  %c = arith.constant dense<-1.0e9> : tensor<f32>
  %row = arith.constant dense<[[0.0, 1.0e5]]> : tensor<1x2xf32>
  %sizes = arith.constant dense<[512, 256, 2]> : tensor<3xi64>
  %to = arith.constant dense<[512, 512]> : tensor<2xi64>
  %0 = nn.select %is, %x, %c : tensor<512x512xi1>, tensor<512x512xf32>, tensor<f32> -> tensor<512x512xf32>
  %1 = nn.binary mul %0, %y : tensor<512x512xf32>, tensor<512x512xf32> -> tensor<512x512xf32>
  %2 = nn.expand %row, %sizes : tensor<1x2xf32>, tensor<3xi64> -> tensor<512x256x2xf32>
  %3 = nn.reshape %2, %to : tensor<512x256x2xf32>, tensor<2xi64> -> tensor<512x512xf32>
  %4 = nn.binary add %0, %3 : tensor<512x512xf32>, tensor<512x512xf32> -> tensor<512x512xf32>
  return %1, %4 : tensor<512x512xf32>, tensor<512x512xf32>
}

// A number near the others takes no bits of them; a function that is not defined of it stays.
// CHECK-LABEL: func @stays
// CHECK: %[[A:.*]] = nn.select %arg1, %arg0, %cst
// CHECK: %[[L:.*]] = nn.clip %[[A]]
// CHECK: nn.unary sigmoid %[[L]]
// CHECK: %[[B:.*]] = nn.select %arg1, %arg0, %cst
// CHECK: nn.unary log %[[B]]
func.func @stays(%x: tensor<?x8xf32>, %is: tensor<?x8xi1>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  %c = arith.constant dense<-3.0> : tensor<f32>
  %d = arith.constant dense<-1.0e9> : tensor<f32>
  %0 = nn.select %is, %x, %c : tensor<?x8xi1>, tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %1 = nn.unary sigmoid %0 : tensor<?x8xf32>
  %2 = nn.select %is, %x, %d : tensor<?x8xi1>, tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %3 = nn.unary log %2 : tensor<?x8xf32>
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
// CHECK: %[[R:.*]] = nn.unary expm1
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

// Not where something else is read there, but for what asks.
// CHECK-LABEL: func @beside
// CHECK: %[[A:.*]] = nn.select %arg2, %arg0, %
// CHECK: %[[P:.*]] = nn.compare gt %arg0
// CHECK: %[[I:.*]] = nn.select %arg2, %[[P]]
// CHECK: nn.select %[[I]], %[[A]], %arg1
func.func @beside(%x: tensor<?x8xf32>, %y: tensor<?x8xf32>, %is: tensor<?x1xi1>) -> tensor<?x8xf32> {
  %c = arith.constant dense<-1.0e9> : tensor<f32>
  %zero = arith.constant dense<0.0> : tensor<f32>
  %0 = nn.select %is, %x, %c : tensor<?x1xi1>, tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %1 = nn.compare gt %0, %zero : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xi1>
  %2 = nn.select %1, %0, %y : tensor<?x8xi1>, tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}
