// RUN: quant-opt %s -nn-prepare-integers | FileCheck %s

// What a sigmoid leaves of one is a sigmoid, and its logarithm a softplus.
// CHECK-LABEL: func @odds
// CHECK-DAG: %[[N:.*]] = nn.unary neg %arg0
// CHECK-DAG: nn.unary softplus %[[N]]
// CHECK-DAG: nn.unary softplus
// CHECK-NOT: nn.unary sigmoid
// CHECK-NOT: nn.binary div
// CHECK: return
func.func @odds(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %one = arith.constant dense<1.0> : tensor<f32>
  %p = nn.unary sigmoid %x : tensor<?x4xf32>
  %q = nn.binary sub %one, %p : tensor<f32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %o = nn.binary div %p, %q : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %r = nn.unary log %o : tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}

// What is only multiplied, as in a gate, has the sigmoid's own unit.
// CHECK-LABEL: func @gate
// CHECK: %[[P:.*]] = nn.unary sigmoid %arg0
// CHECK: %[[Q:.*]] = nn.binary sub %{{.*}}, %[[P]]
// CHECK: nn.binary mul %[[Q]], %arg0
func.func @gate(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %one = arith.constant dense<1.0> : tensor<f32>
  %p = nn.unary sigmoid %x : tensor<?x4xf32>
  %q = nn.binary sub %one, %p : tensor<f32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %y = nn.binary mul %q, %x : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// Nor has what is added to it or limited behind that.
// CHECK-LABEL: func @gates
// CHECK: nn.unary sigmoid
// CHECK-NOT: nn.unary sigmoid
// CHECK: return
func.func @gates(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %one = arith.constant dense<1.0> : tensor<f32>
  %z = nn.unary sigmoid %x : tensor<?x4xf32>
  %r = nn.binary sub %one, %z : tensor<f32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %0 = nn.binary mul %r, %y : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %1 = nn.binary mul %z, %x : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %2 = nn.binary add %0, %1 : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %3 = nn.clip %2 min -1.0 max 1.0 : tensor<?x4xf32>
  return %3 : tensor<?x4xf32>
}

// The likelihood of a label: a choice, or products, of both, whose logarithm is found.
// CHECK-LABEL: func @label
// CHECK: %[[N:.*]] = nn.unary neg %arg0
// CHECK: %[[Q:.*]] = nn.unary sigmoid %[[N]]
// CHECK: nn.select %arg1, %{{.*}}, %[[Q]]
// CHECK-NOT: nn.binary sub
// CHECK: return
func.func @label(%x: tensor<?x4xf32>, %is: tensor<?x4xi1>, %w: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %one = arith.constant dense<1.0> : tensor<f32>
  %p = nn.unary sigmoid %x : tensor<?x4xf32>
  %q = nn.binary sub %one, %p : tensor<f32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %0 = nn.select %is, %p, %q : tensor<?x4xi1>, tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %1 = nn.unary log %0 : tensor<?x4xf32>
  %2 = nn.binary mul %p, %w : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %3 = nn.binary add %2, %q : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %4 = nn.unary sqrt %3 : tensor<?x4xf32>
  return %1, %4 : tensor<?x4xf32>, tensor<?x4xf32>
}

// Powers that are functions with a form for results of 31 bits.
// CHECK-LABEL: func @powers
// CHECK: nn.unary reciprocal %arg0
// CHECK: nn.unary rsqrt %arg0
// CHECK: nn.binary pow %arg0
func.func @powers(%x: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) {
  %m = arith.constant dense<-1.0> : tensor<f32>
  %h = arith.constant dense<-0.5> : tensor<4xf32>
  %s = arith.constant dense<[-1.0, -1.0, -1.0, 2.0]> : tensor<4xf32>
  %0 = nn.binary pow %x, %m : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  %1 = nn.binary pow %x, %h : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  %2 = nn.binary pow %x, %s : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  return %0, %1, %2 : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>
}
