// RUN: quant-opt %s -nn-prepare-integers | FileCheck %s

// Nothing is infinite among integers: what is asked is whether there is a quotient by 0.
// CHECK-LABEL: func @degrees
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : tensor<f32>
// CHECK: %[[Y:.*]] = nn.unary rsqrt %arg0
// CHECK: %[[IS:.*]] = nn.compare eq %arg0, %[[ZERO]]
// CHECK: nn.select %[[IS]], %{{.*}}, %[[Y]]
func.func @degrees(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %p = arith.constant dense<-0.5> : tensor<f32>
  %inf = arith.constant dense<0x7F800000> : tensor<f32>
  %none = arith.constant dense<0.0> : tensor<f32>
  %0 = nn.binary pow %x, %p : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %1 = nn.compare eq %0, %inf : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xi1>
  %2 = nn.select %1, %none, %0 : tensor<?x8xi1>, tensor<f32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}

// Of either sign, behind a factor; a divisor of 0 has a quotient of the other sign.
// CHECK-LABEL: func @quotients
// CHECK: %[[A:.*]] = nn.compare eq %arg1, %
// CHECK: %[[B:.*]] = nn.compare ne %arg0, %
// CHECK: %[[C:.*]] = nn.binary and %[[A]], %[[B]]
// CHECK: %[[D:.*]] = nn.compare eq %arg1, %
// CHECK: %[[E:.*]] = nn.compare lt %arg0, %
// CHECK: %[[F:.*]] = nn.binary and %[[D]], %[[E]]
// CHECK: return %[[C]], %[[F]]
func.func @quotients(%x: tensor<?x8xf32>, %d: tensor<?x1xf32>) -> (tensor<?x8xi1>, tensor<?x8xi1>) {
  %inf = arith.constant dense<0x7F800000> : tensor<f32>
  %f = arith.constant dense<-2.0> : tensor<f32>
  %0 = nn.binary div %x, %d : tensor<?x8xf32>, tensor<?x1xf32> -> tensor<?x8xf32>
  %1 = nn.unary abs %0 : tensor<?x8xf32>
  %2 = nn.compare eq %1, %inf : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xi1>
  %3 = nn.binary mul %0, %f : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %4 = nn.compare eq %3, %inf : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xi1>
  return %2, %4 : tensor<?x8xi1>, tensor<?x8xi1>
}

// Where a function is not defined.
// CHECK-LABEL: func @undefined
// CHECK: %[[A:.*]] = nn.compare lt %arg0, %
// CHECK: %[[B:.*]] = nn.compare eq %arg0, %
// CHECK: %[[C:.*]] = nn.compare eq %arg1, %
// CHECK: %[[D:.*]] = nn.binary and %[[B]], %[[C]]
// CHECK: return %[[A]], %[[D]]
func.func @undefined(%x: tensor<?x8xf32>, %d: tensor<?x1xf32>) -> (tensor<?x8xi1>, tensor<?x8xi1>) {
  %0 = nn.unary log %x : tensor<?x8xf32>
  %1 = nn.compare ne %0, %0 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xi1>
  %2 = nn.binary div %x, %d : tensor<?x8xf32>, tensor<?x1xf32> -> tensor<?x8xf32>
  %3 = nn.compare ne %2, %2 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xi1>
  return %1, %3 : tensor<?x8xi1>, tensor<?x8xi1>
}

// An input is what it is.
// CHECK-LABEL: func @input
// CHECK: nn.compare ne %arg0, %arg0
func.func @input(%x: tensor<?x8xf32>) -> tensor<?x8xi1> {
  %0 = nn.compare ne %x, %x : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xi1>
  return %0 : tensor<?x8xi1>
}

// A constant that is added changes neither, and what it is less the sign; an infinity does, and so may what is computed.
// CHECK-LABEL: func @sums
// CHECK: %[[A:.*]] = nn.compare eq %arg0, %
// CHECK: %[[B:.*]] = nn.compare eq %arg1, %
// CHECK: %[[C:.*]] = nn.compare lt %arg0, %
// CHECK: %[[D:.*]] = nn.binary and %[[B]], %[[C]]
// CHECK: %[[E:.*]] = nn.compare lt %arg0, %
// CHECK: %[[F:.*]] = nn.binary add %{{.*}}, %arg0
// CHECK: %[[G:.*]] = nn.compare eq %[[F]], %
// CHECK: return %[[A]], %[[D]], %[[E]], %[[G]]
func.func @sums(%x: tensor<?x8xf32>, %d: tensor<?x1xf32>) -> (tensor<?x8xi1>, tensor<?x8xi1>, tensor<?x8xi1>, tensor<?x8xi1>) {
  %inf = arith.constant dense<0x7F800000> : tensor<f32>
  %one = arith.constant dense<1.0> : tensor<f32>
  %0 = nn.unary reciprocal %x : tensor<?x8xf32>
  %1 = nn.binary add %0, %one : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %2 = nn.compare eq %1, %inf : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xi1>
  %3 = nn.binary div %x, %d : tensor<?x8xf32>, tensor<?x1xf32> -> tensor<?x8xf32>
  %4 = nn.binary sub %one, %3 : tensor<f32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %5 = nn.compare eq %4, %inf : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xi1>
  %6 = nn.unary log %x : tensor<?x8xf32>
  %7 = nn.binary sub %one, %6 : tensor<f32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %8 = nn.compare ne %7, %7 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xi1>
  %9 = nn.binary add %0, %x : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %10 = nn.compare eq %9, %inf : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xi1>
  return %2, %5, %8, %10 : tensor<?x8xi1>, tensor<?x8xi1>, tensor<?x8xi1>, tensor<?x8xi1>
}
