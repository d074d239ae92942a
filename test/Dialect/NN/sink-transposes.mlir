// RUN: quant-opt %s -canonicalize | FileCheck %s

// A residual block as it is imported: nothing but its ends is transposed.
// CHECK-LABEL: func @block
// CHECK-SAME: (%[[X:.*]]: tensor<?x8x8x4xf32>
// CHECK-NOT: nn.transpose
// CHECK: nn.conv
// CHECK-NOT: nn.transpose
// CHECK: nn.slice {{.*}} : tensor<?x8x8x4xf32>
// CHECK-NOT: nn.transpose
// CHECK: %[[Y:.*]] = nn.unary relu
// CHECK: nn.transpose %[[Y]] perm [0, 3, 1, 2]
// CHECK-NEXT: return
func.func @block(%x: tensor<?x8x8x4xf32>, %w: tensor<6x9x4xf32>) -> tensor<?x6x4x4xf32> {
  %b = arith.constant dense<[[[1.0]], [[2.0]], [[3.0]], [[4.0]], [[5.0]], [[6.0]]]> : tensor<6x1x1xf32>
  %zero = arith.constant dense<0> : tensor<2xi64>
  %end = arith.constant dense<8> : tensor<2xi64>
  %axes = arith.constant dense<[2, 3]> : tensor<2xi64>
  %two = arith.constant dense<2> : tensor<2xi64>
  %n = nn.transpose %x perm [0, 3, 1, 2] : tensor<?x8x8x4xf32> -> tensor<?x4x8x8xf32>
  %l = nn.transpose %n perm [0, 2, 3, 1] : tensor<?x4x8x8xf32> -> tensor<?x8x8x4xf32>
  %c = nn.conv %l, %w kernel [3, 3] strides [2, 2] dilations [1, 1] pads [1, 1, 1, 1] groups 1 : tensor<?x8x8x4xf32>, tensor<6x9x4xf32> -> tensor<?x4x4x6xf32>
  %t = nn.transpose %c perm [0, 3, 1, 2] : tensor<?x4x4x6xf32> -> tensor<?x6x4x4xf32>
  %a = nn.binary add %t, %b : tensor<?x6x4x4xf32>, tensor<6x1x1xf32> -> tensor<?x6x4x4xf32>
  %s = nn.slice %n, %zero, %end, %axes, %two : tensor<?x4x8x8xf32>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64> -> tensor<?x4x4x4xf32>
  %p = nn.pad constant %s low [0, 1, 0, 0] high [0, 1, 0, 0] : tensor<?x4x4x4xf32> -> tensor<?x6x4x4xf32>
  %r = nn.binary add %a, %p : tensor<?x6x4x4xf32>, tensor<?x6x4x4xf32> -> tensor<?x6x4x4xf32>
  %y = nn.unary relu %r : tensor<?x6x4x4xf32>
  return %y : tensor<?x6x4x4xf32>
}

// Reductions keep the order of what is left.
// CHECK-LABEL: func @reduce
// CHECK: nn.reduce mean %{{.*}} axes [1, 2] : tensor<?x8x8x4xf32> -> tensor<?x4xf32>
// CHECK-NEXT: return
func.func @reduce(%x: tensor<?x8x8x4xf32>) -> tensor<?x4xf32> {
  %t = nn.transpose %x perm [0, 3, 1, 2] : tensor<?x8x8x4xf32> -> tensor<?x4x8x8xf32>
  %y = nn.reduce mean %t axes [2, 3] : tensor<?x4x8x8xf32> -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// A gate moves no data, whatever made it; what is done to it is done where it
// is made.
// CHECK-LABEL: func @gates
// CHECK: %[[S:.*]] = nn.unary sigmoid %{{.*}} : tensor<?x1x1x4xf32>
// CHECK: %[[M:.*]] = nn.binary mul %{{.*}}, %[[S]] : tensor<?x8x8x4xf32>
// CHECK: %[[G:.*]] = nn.reshape %{{.*}} : tensor<?x4x1x1xf32>, tensor<4xi64> -> tensor<?x1x1x4xf32>
// CHECK: %[[N:.*]] = nn.binary mul %[[M]], %[[G]] : tensor<?x8x8x4xf32>
// CHECK: %[[Y:.*]] = nn.transpose %[[N]]
// CHECK-NEXT: return %[[Y]]
func.func @gates(%x: tensor<?x8x8x4xf32>, %g: tensor<?x4x1x1xf32>) -> tensor<?x4x8x8xf32> {
  %t = nn.transpose %x perm [0, 3, 1, 2] : tensor<?x8x8x4xf32> -> tensor<?x4x8x8xf32>
  %p = nn.reduce mean %t axes [2, 3] keepdims : tensor<?x4x8x8xf32> -> tensor<?x4x1x1xf32>
  %s = nn.unary sigmoid %p : tensor<?x4x1x1xf32>
  %m = nn.binary mul %t, %s : tensor<?x4x8x8xf32>, tensor<?x4x1x1xf32> -> tensor<?x4x8x8xf32>
  %n = nn.binary mul %m, %g : tensor<?x4x8x8xf32>, tensor<?x4x1x1xf32> -> tensor<?x4x8x8xf32>
  return %n : tensor<?x4x8x8xf32>
}

// Beside an image that is channels-first a gate is left so, too.
// CHECK-LABEL: func @other_image
// CHECK: nn.binary mul %{{.*}} : tensor<?x4x8x8xf32>, tensor<?x4x1x1xf32>
func.func @other_image(%x: tensor<?x1x1x4xf32>, %z: tensor<?x4x8x8xf32>) -> tensor<?x4x8x8xf32> {
  %t = nn.transpose %x perm [0, 3, 1, 2] : tensor<?x1x1x4xf32> -> tensor<?x4x1x1xf32>
  %m = nn.binary mul %z, %t : tensor<?x4x8x8xf32>, tensor<?x4x1x1xf32> -> tensor<?x4x8x8xf32>
  return %m : tensor<?x4x8x8xf32>
}

// CHECK-LABEL: func @concat
// CHECK: nn.concat {{.*}} {axis = 3 : i64} : tensor<?x8x8x4xf32>, tensor<?x8x8x2xf32> -> tensor<?x8x8x6xf32>
func.func @concat(%x: tensor<?x8x8x4xf32>, %z: tensor<?x8x8x2xf32>) -> tensor<?x6x8x8xf32> {
  %t = nn.transpose %x perm [0, 3, 1, 2] : tensor<?x8x8x4xf32> -> tensor<?x4x8x8xf32>
  %u = nn.transpose %z perm [0, 3, 1, 2] : tensor<?x8x8x2xf32> -> tensor<?x2x8x8xf32>
  %y = nn.concat %t, %u {axis = 1 : i64} : tensor<?x4x8x8xf32>, tensor<?x2x8x8xf32> -> tensor<?x6x8x8xf32>
  return %y : tensor<?x6x8x8xf32>
}

// The sides of a matrix stay where they are.
// CHECK-LABEL: func @matrix
// CHECK: nn.transpose
// CHECK-NEXT: nn.unary
func.func @matrix(%x: tensor<?x8x4xf32>) -> tensor<?x4x8xf32> {
  %t = nn.transpose %x perm [0, 2, 1] : tensor<?x8x4xf32> -> tensor<?x4x8xf32>
  %y = nn.unary relu %t : tensor<?x4x8xf32>
  return %y : tensor<?x4x8xf32>
}

// A transpose whose types do not know the same sizes stays where it is: what
// works on it would have two types.
// CHECK-LABEL: func @open_sizes
// CHECK: nn.transpose
// CHECK-NEXT: nn.unary relu %{{.*}} : tensor<?x4x8x8xf32>
// CHECK-NEXT: return
func.func @open_sizes(%x: tensor<2x8x8x4xf32>) -> tensor<?x4x8x8xf32> {
  %t = nn.transpose %x perm [0, 3, 1, 2] : tensor<2x8x8x4xf32> -> tensor<?x4x8x8xf32>
  %y = nn.unary relu %t : tensor<?x4x8x8xf32>
  return %y : tensor<?x4x8x8xf32>
}
// CHECK-LABEL: func @open_conversion
// CHECK: nn.transpose
// CHECK-NEXT: nn.cast
// CHECK-NEXT: return
func.func @open_conversion(%x: tensor<2x8x8x4xf32>) -> tensor<?x4x8x8xi32> {
  %t = nn.transpose %x perm [0, 3, 1, 2] : tensor<2x8x8x4xf32> -> tensor<?x4x8x8xf32>
  %y = nn.cast %t : tensor<?x4x8x8xf32> to tensor<?x4x8x8xi32>
  return %y : tensor<?x4x8x8xi32>
}
