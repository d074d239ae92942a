// Equal types are no equal shapes where sizes are open, and constants that
// become known may be wrong ones.
// RUN: quant-opt %s -canonicalize -split-input-file | FileCheck %s

// Another operand may have more elements.
// CHECK-LABEL: @select_condition
// CHECK: nn.select
func.func @select_condition(%c: tensor<?xi1>, %a: tensor<?xf32>) -> tensor<?xf32> {
  %r = nn.select %c, %a, %a : tensor<?xi1>, tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
  return %r : tensor<?xf32>
}

// CHECK-LABEL: @select_other
// CHECK: nn.select
func.func @select_other(%a: tensor<?xf32>, %b: tensor<?xf32>) -> tensor<?xf32> {
  %c = arith.constant dense<true> : tensor<1xi1>
  %r = nn.select %c, %a, %b : tensor<1xi1>, tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
  return %r : tensor<?xf32>
}

// CHECK-LABEL: @add
// CHECK: nn.binary add
func.func @add(%a: tensor<?xf32>) -> tensor<?xf32> {
  %c = arith.constant dense<-0.0> : tensor<4xf32>
  %r = nn.binary add %a, %c : tensor<?xf32>, tensor<4xf32> -> tensor<?xf32>
  return %r : tensor<?xf32>
}

// CHECK-LABEL: @add_one
// CHECK-NOT: nn.binary
// CHECK: return %arg0
func.func @add_one(%a: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c = arith.constant dense<-0.0> : tensor<1x4xf32>
  %r = nn.binary add %a, %c : tensor<?x4xf32>, tensor<1x4xf32> -> tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}

// CHECK-LABEL: @select_static
// CHECK-NOT: nn.select
// CHECK: return %arg1
func.func @select_static(%c: tensor<?xi1>, %a: tensor<4xf32>) -> tensor<4xf32> {
  %r = nn.select %c, %a, %a : tensor<?xi1>, tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// A size of zero tells nothing of the other one.
// CHECK-LABEL: @reshape_empty
// CHECK: nn.reshape
func.func @reshape_empty(%a: tensor<?x0xf32>) -> tensor<?x0xf32> {
  %s = arith.constant dense<[5, 0]> : tensor<2xi64>
  %1 = nn.reshape %a, %s : tensor<?x0xf32>, tensor<2xi64> -> tensor<?x0xf32>
  return %1 : tensor<?x0xf32>
}

// Types that contradict each other across an open one stay apart.
// CHECK-LABEL: @transposes
// CHECK-COUNT-2: nn.transpose
func.func @transposes(%a: tensor<2x3xf32>) -> tensor<5x7xf32> {
  %0 = nn.transpose %a perm [1, 0] : tensor<2x3xf32> -> tensor<?x?xf32>
  %1 = nn.transpose %0 perm [1, 0] : tensor<?x?xf32> -> tensor<5x7xf32>
  return %1 : tensor<5x7xf32>
}

// CHECK-LABEL: @reshapes
// CHECK-COUNT-2: nn.reshape
func.func @reshapes(%a: tensor<2x3xf32>, %s: tensor<1xi64>) -> tensor<5x7xf32> {
  %t = arith.constant dense<[5, 7]> : tensor<2xi64>
  %m = arith.constant dense<-1> : tensor<1xi64>
  %0 = nn.reshape %a, %m : tensor<2x3xf32>, tensor<1xi64> -> tensor<?xf32>
  %1 = nn.reshape %0, %t : tensor<?xf32>, tensor<2xi64> -> tensor<5x7xf32>
  return %1 : tensor<5x7xf32>
}

// CHECK-LABEL: @concats
// CHECK-COUNT-2: nn.concat
func.func @concats(%a: tensor<2x3xf32>, %b: tensor<2x4xf32>) -> tensor<2x8xf32> {
  %0 = nn.concat %a, %a {axis = 1 : i64} : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x?xf32>
  %1 = nn.concat %0, %b {axis = 1 : i64} : tensor<2x?xf32>, tensor<2x4xf32> -> tensor<2x8xf32>
  return %1 : tensor<2x8xf32>
}
