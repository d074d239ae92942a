// RUN: quant-opt %s -nn-recompose -split-input-file | FileCheck %s

// CHECK-LABEL: @layer_norm
// CHECK-SAME: (%[[X:.*]]: tensor<?x8xf32>, %[[G:.*]]: tensor<8xf32>, %[[B:.*]]: tensor<8xf32>)
// CHECK-NEXT: %[[Y:.*]] = nn.layer_norm %[[X]], %[[G]], %[[B]] {axis = 1 : i64, epsilon = 9.99999974E-6 : f32} : tensor<?x8xf32>, tensor<8xf32>, tensor<8xf32>
// CHECK-NEXT: return %[[Y]]
func.func @layer_norm(%x: tensor<?x8xf32>, %g: tensor<8xf32>, %b: tensor<8xf32>) -> tensor<?x8xf32> {
  %two = arith.constant dense<2.0> : tensor<f32>
  %eps = arith.constant dense<1.0e-5> : tensor<f32>
  %0 = nn.reduce mean %x axes [1] keepdims : tensor<?x8xf32> -> tensor<?x1xf32>
  %1 = nn.binary sub %x, %0 : tensor<?x8xf32>, tensor<?x1xf32> -> tensor<?x8xf32>
  %2 = nn.binary pow %1, %two : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %3 = nn.reduce mean %2 axes [1] keepdims : tensor<?x8xf32> -> tensor<?x1xf32>
  %4 = nn.binary add %3, %eps : tensor<?x1xf32>, tensor<f32> -> tensor<?x1xf32>
  %5 = nn.unary sqrt %4 : tensor<?x1xf32>
  %6 = nn.binary div %1, %5 : tensor<?x8xf32>, tensor<?x1xf32> -> tensor<?x8xf32>
  %7 = nn.binary mul %6, %g : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x8xf32>
  %8 = nn.binary add %7, %b : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x8xf32>
  return %8 : tensor<?x8xf32>
}

// -----

// The square as a product, the mean subtracted twice, a reciprocal, no bias.
// CHECK-LABEL: @product
// CHECK: nn.layer_norm %{{.*}}, %{{.*}} {axis = 1 : i64, {{.*}}} : tensor<2x3x4xf32>, tensor<3x4xf32>
// CHECK-NEXT: return
func.func @product(%x: tensor<2x3x4xf32>, %g: tensor<3x4xf32>) -> tensor<2x3x4xf32> {
  %eps = arith.constant dense<1.0e-5> : tensor<f32>
  %0 = nn.reduce mean %x axes [1, 2] keepdims : tensor<2x3x4xf32> -> tensor<2x1x1xf32>
  %1 = nn.binary sub %x, %0 : tensor<2x3x4xf32>, tensor<2x1x1xf32> -> tensor<2x3x4xf32>
  %2 = nn.binary sub %x, %0 : tensor<2x3x4xf32>, tensor<2x1x1xf32> -> tensor<2x3x4xf32>
  %3 = nn.binary mul %2, %2 : tensor<2x3x4xf32>, tensor<2x3x4xf32> -> tensor<2x3x4xf32>
  %4 = nn.reduce mean %3 axes [1, 2] keepdims : tensor<2x3x4xf32> -> tensor<2x1x1xf32>
  %5 = nn.binary add %eps, %4 : tensor<f32>, tensor<2x1x1xf32> -> tensor<2x1x1xf32>
  %6 = nn.unary sqrt %5 : tensor<2x1x1xf32>
  %7 = nn.unary reciprocal %6 : tensor<2x1x1xf32>
  %8 = nn.binary mul %1, %7 : tensor<2x3x4xf32>, tensor<2x1x1xf32> -> tensor<2x3x4xf32>
  %9 = nn.binary mul %g, %8 : tensor<3x4xf32>, tensor<2x3x4xf32> -> tensor<2x3x4xf32>
  return %9 : tensor<2x3x4xf32>
}

// -----

// Means over another dim than the last, or over different dims.
// CHECK-LABEL: @other_axes
// CHECK-NOT: nn.layer_norm
func.func @other_axes(%x: tensor<8x8xf32>, %g: tensor<8xf32>) -> tensor<8x8xf32> {
  %eps = arith.constant dense<1.0e-5> : tensor<f32>
  %0 = nn.reduce mean %x axes [1] keepdims : tensor<8x8xf32> -> tensor<8x1xf32>
  %1 = nn.binary sub %x, %0 : tensor<8x8xf32>, tensor<8x1xf32> -> tensor<8x8xf32>
  %2 = nn.binary mul %1, %1 : tensor<8x8xf32>, tensor<8x8xf32> -> tensor<8x8xf32>
  %3 = nn.reduce mean %2 axes [0] keepdims : tensor<8x8xf32> -> tensor<1x8xf32>
  %4 = nn.binary add %3, %eps : tensor<1x8xf32>, tensor<f32> -> tensor<1x8xf32>
  %5 = nn.unary sqrt %4 : tensor<1x8xf32>
  %6 = nn.binary div %1, %5 : tensor<8x8xf32>, tensor<1x8xf32> -> tensor<8x8xf32>
  %7 = nn.binary mul %6, %g : tensor<8x8xf32>, tensor<8xf32> -> tensor<8x8xf32>
  return %7 : tensor<8x8xf32>
}

// -----

// The variance of another value; a scale per row.
// CHECK-LABEL: @other_value
// CHECK-NOT: nn.layer_norm
func.func @other_value(%x: tensor<2x8xf32>, %z: tensor<2x8xf32>, %g: tensor<8xf32>, %r: tensor<2x1xf32>)
    -> (tensor<2x8xf32>, tensor<2x8xf32>) {
  %eps = arith.constant dense<1.0e-5> : tensor<f32>
  %0 = nn.reduce mean %x axes [1] keepdims : tensor<2x8xf32> -> tensor<2x1xf32>
  %1 = nn.binary sub %x, %0 : tensor<2x8xf32>, tensor<2x1xf32> -> tensor<2x8xf32>
  %2 = nn.binary mul %z, %z : tensor<2x8xf32>, tensor<2x8xf32> -> tensor<2x8xf32>
  %3 = nn.reduce mean %2 axes [1] keepdims : tensor<2x8xf32> -> tensor<2x1xf32>
  %4 = nn.binary add %3, %eps : tensor<2x1xf32>, tensor<f32> -> tensor<2x1xf32>
  %5 = nn.unary sqrt %4 : tensor<2x1xf32>
  %6 = nn.binary div %1, %5 : tensor<2x8xf32>, tensor<2x1xf32> -> tensor<2x8xf32>
  %7 = nn.binary mul %6, %g : tensor<2x8xf32>, tensor<8xf32> -> tensor<2x8xf32>
  %8 = nn.binary mul %1, %1 : tensor<2x8xf32>, tensor<2x8xf32> -> tensor<2x8xf32>
  %9 = nn.reduce mean %8 axes [1] keepdims : tensor<2x8xf32> -> tensor<2x1xf32>
  %10 = nn.binary add %9, %eps : tensor<2x1xf32>, tensor<f32> -> tensor<2x1xf32>
  %11 = nn.unary sqrt %10 : tensor<2x1xf32>
  %12 = nn.binary div %1, %11 : tensor<2x8xf32>, tensor<2x1xf32> -> tensor<2x8xf32>
  %13 = nn.binary mul %12, %r : tensor<2x8xf32>, tensor<2x1xf32> -> tensor<2x8xf32>
  return %7, %13 : tensor<2x8xf32>, tensor<2x8xf32>
}

// -----

// The variance as a difference of means, along an axis that is not the last.
// CHECK-LABEL: func @fast_variance
// CHECK: %[[T:.*]] = nn.transpose %arg0 perm [0, 2, 1] : tensor<?x8x6xf32> -> tensor<?x6x8xf32>
// CHECK: %[[Y:.*]] = nn.layer_norm %[[T]], %{{.*}} {axis = 2 : i64, epsilon = 9.99999997E-7 : f32}
// CHECK: nn.transpose %[[Y]] perm [0, 2, 1] : tensor<?x6x8xf32> -> tensor<?x8x6xf32>
func.func @fast_variance(%x: tensor<?x8x6xf32>) -> tensor<?x8x6xf32> {
  %eighth = arith.constant dense<0.125> : tensor<f32>
  %zero = arith.constant dense<0.0> : tensor<f32>
  %eps = arith.constant dense<1.0e-6> : tensor<f32>
  %g = arith.constant dense<2.0> : tensor<1x8x1xf32>
  %kept = arith.constant dense<[-1, 1, 6]> : tensor<3xi64>
  %sum = nn.reduce sum %x axes [1] : tensor<?x8x6xf32> -> tensor<?x6xf32>
  %mean = nn.binary mul %sum, %eighth : tensor<?x6xf32>, tensor<f32> -> tensor<?x6xf32>
  %m = nn.reshape %mean, %kept : tensor<?x6xf32>, tensor<3xi64> -> tensor<?x1x6xf32>
  %c = nn.binary sub %x, %m : tensor<?x8x6xf32>, tensor<?x1x6xf32> -> tensor<?x8x6xf32>
  %xx = nn.binary mul %x, %x : tensor<?x8x6xf32>, tensor<?x8x6xf32> -> tensor<?x8x6xf32>
  %squares = nn.reduce sum %xx axes [1] : tensor<?x8x6xf32> -> tensor<?x6xf32>
  %meansq = nn.binary mul %squares, %eighth : tensor<?x6xf32>, tensor<f32> -> tensor<?x6xf32>
  %mm = nn.binary mul %mean, %mean : tensor<?x6xf32>, tensor<?x6xf32> -> tensor<?x6xf32>
  %d = nn.binary sub %meansq, %mm : tensor<?x6xf32>, tensor<?x6xf32> -> tensor<?x6xf32>
  %v = nn.binary max %zero, %d : tensor<f32>, tensor<?x6xf32> -> tensor<?x6xf32>
  %w = nn.reshape %v, %kept : tensor<?x6xf32>, tensor<3xi64> -> tensor<?x1x6xf32>
  %e = nn.binary add %w, %eps : tensor<?x1x6xf32>, tensor<f32> -> tensor<?x1x6xf32>
  %s = nn.unary sqrt %e : tensor<?x1x6xf32>
  %r = nn.unary reciprocal %s : tensor<?x1x6xf32>
  %rg = nn.binary mul %r, %g : tensor<?x1x6xf32>, tensor<1x8x1xf32> -> tensor<?x8x6xf32>
  %y = nn.binary mul %c, %rg : tensor<?x8x6xf32>, tensor<?x8x6xf32> -> tensor<?x8x6xf32>
  return %y : tensor<?x8x6xf32>
}
