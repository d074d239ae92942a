// RUN: quant-opt %s -nn-fold-scales | FileCheck %s

// A batch normalisation behind a convolution with a bias: one bias is left.
// CHECK-LABEL: func @conv
// CHECK-SAME: (%[[X:.*]]: tensor<?x8x4xf32>)
// CHECK: %[[W:.*]] = nn.binary mul %{{.*}}, %{{.*}} : tensor<2x3x4xf32>, tensor<2x1x1xf32> -> tensor<2x3x4xf32>
// CHECK: %[[Y:.*]] = nn.conv %[[X]], %[[W]]
// CHECK-NOT: tensor<?x6x2xf32>, tensor<2xf32>
// CHECK: %[[R:.*]] = nn.binary add %[[Y]], %{{.*}} : tensor<?x6x2xf32>
// CHECK-NEXT: return %[[R]]
func.func @conv(%x: tensor<?x8x4xf32>) -> tensor<?x6x2xf32> {
  %w = arith.constant dense<2.0> : tensor<2x3x4xf32>
  %b = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %s = arith.constant dense<[[[3.0, 4.0]]]> : tensor<1x1x2xf32>
  %t = arith.constant dense<[[[5.0, 6.0]]]> : tensor<1x1x2xf32>
  %0 = nn.conv %x, %w kernel [3] strides [1] dilations [1] pads [0, 0] groups 1 : tensor<?x8x4xf32>, tensor<2x3x4xf32> -> tensor<?x6x2xf32>
  %1 = nn.binary add %0, %b : tensor<?x6x2xf32>, tensor<2xf32> -> tensor<?x6x2xf32>
  %2 = nn.binary mul %1, %s : tensor<?x6x2xf32>, tensor<1x1x2xf32> -> tensor<?x6x2xf32>
  %3 = nn.binary add %2, %t : tensor<?x6x2xf32>, tensor<1x1x2xf32> -> tensor<?x6x2xf32>
  return %3 : tensor<?x6x2xf32>
}

// What is taken off is added as its negation, and a divisor multiplies.
// CHECK-LABEL: func @standardised
// CHECK-SAME: (%[[X:.*]]: tensor<?x4xf32>)
// CHECK: %[[R:.*]] = nn.binary div %{{.*}}, %{{.*}} : tensor<f32>, tensor<2xf32> -> tensor<2xf32>
// CHECK: %[[W:.*]] = nn.binary mul %{{.*}}, %{{.*}} : tensor<2x4xf32>, tensor<2x1xf32> -> tensor<2x4xf32>
// CHECK: %[[Y:.*]] = nn.matmul %[[X]], %[[W]]
// CHECK-NEXT: %[[Z:.*]] = nn.binary add %[[Y]], %{{.*}} : tensor<?x2xf32>
// CHECK-NEXT: return %[[Z]]
func.func @standardised(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %w = arith.constant dense<2.0> : tensor<2x4xf32>
  %m = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %s = arith.constant dense<[3.0, 4.0]> : tensor<2xf32>
  %0 = nn.matmul %x, %w : tensor<?x4xf32>, tensor<2x4xf32> -> tensor<?x2xf32>
  %1 = nn.binary sub %0, %m : tensor<?x2xf32>, tensor<2xf32> -> tensor<?x2xf32>
  %2 = nn.binary div %1, %s : tensor<?x2xf32>, tensor<2xf32> -> tensor<?x2xf32>
  return %2 : tensor<?x2xf32>
}

// Divisors without a reciprocal stay (0, a denormal, what has a denormal one),
// and so does that of codes.
// CHECK-LABEL: func @divided
// CHECK-COUNT-4: nn.binary div {{.*}} tensor<?x2xf32>
func.func @divided(%x: tensor<?x4xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>) {
  %w = arith.constant dense<2.0> : tensor<2x4xf32>
  %zero = arith.constant dense<[1.0, 0.0]> : tensor<2xf32>
  %denormal = arith.constant dense<1.0e-40> : tensor<f32>
  %huge = arith.constant dense<3.0e+38> : tensor<f32>
  %step = arith.constant dense<0.5> : tensor<f32>
  %0 = nn.matmul %x, %w : tensor<?x4xf32>, tensor<2x4xf32> -> tensor<?x2xf32>
  %1 = nn.binary div %0, %zero : tensor<?x2xf32>, tensor<2xf32> -> tensor<?x2xf32>
  %2 = nn.matmul %x, %w : tensor<?x4xf32>, tensor<2x4xf32> -> tensor<?x2xf32>
  %3 = nn.binary div %2, %denormal : tensor<?x2xf32>, tensor<f32> -> tensor<?x2xf32>
  %4 = nn.matmul %x, %w : tensor<?x4xf32>, tensor<2x4xf32> -> tensor<?x2xf32>
  %5 = nn.binary div %4, %huge : tensor<?x2xf32>, tensor<f32> -> tensor<?x2xf32>
  %6 = nn.matmul %x, %w : tensor<?x4xf32>, tensor<2x4xf32> -> tensor<?x2xf32>
  %7 = nn.binary div %6, %step : tensor<?x2xf32>, tensor<f32> -> tensor<?x2xf32>
  %8 = nn.unary round %7 : tensor<?x2xf32>
  return %1, %3, %5, %8 : tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>
}

// Weights that would overflow or lose their bits stay, those of an output that
// has nothing left anyway do not.
// CHECK-LABEL: func @limits
// CHECK-COUNT-2: nn.binary mul {{.*}} tensor<?x2xf32>, tensor<{{.*}}f32> -> tensor<?x2xf32>
// CHECK-NOT: tensor<?x2xf32>, tensor<2xf32> -> tensor<?x2xf32>
// CHECK: return
func.func @limits(%x: tensor<?x4xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>) {
  %w = arith.constant dense<[[2.0, 0.0, 1.0e-3, 1.0], [500.0, 2.0, 0.0, 0.0]]> : tensor<2x4xf32>
  %huge = arith.constant dense<1.0e+36> : tensor<f32>
  %tiny = arith.constant dense<[1.0, 1.0e-37]> : tensor<2xf32>
  %small = arith.constant dense<1.0e-3> : tensor<2x4xf32>
  %denormal = arith.constant dense<[1.0, 1.0e-40]> : tensor<2xf32>
  %0 = nn.matmul %x, %w : tensor<?x4xf32>, tensor<2x4xf32> -> tensor<?x2xf32>
  %1 = nn.binary mul %0, %huge : tensor<?x2xf32>, tensor<f32> -> tensor<?x2xf32>
  %2 = nn.matmul %x, %small : tensor<?x4xf32>, tensor<2x4xf32> -> tensor<?x2xf32>
  %3 = nn.binary mul %2, %tiny : tensor<?x2xf32>, tensor<2xf32> -> tensor<?x2xf32>
  %4 = nn.matmul %x, %w : tensor<?x4xf32>, tensor<2x4xf32> -> tensor<?x2xf32>
  %5 = nn.binary mul %4, %denormal : tensor<?x2xf32>, tensor<2xf32> -> tensor<?x2xf32>
  return %1, %3, %5 : tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>
}

// A factor of rows is none of columns, and a result with another user stays.
// CHECK-LABEL: func @kept
// CHECK-COUNT-2: nn.binary mul {{.*}} tensor<?x2xf32>
func.func @kept(%x: tensor<?x4xf32>, %rows: tensor<?x1xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>) {
  %w = arith.constant dense<2.0> : tensor<2x4xf32>
  %s = arith.constant dense<[3.0, 4.0]> : tensor<2xf32>
  %0 = nn.matmul %x, %w : tensor<?x4xf32>, tensor<2x4xf32> -> tensor<?x2xf32>
  %1 = nn.binary mul %0, %s : tensor<?x2xf32>, tensor<2xf32> -> tensor<?x2xf32>
  %2 = nn.matmul %x, %w : tensor<?x4xf32>, tensor<2x4xf32> -> tensor<?x2xf32>
  %3 = nn.binary mul %2, %rows : tensor<?x2xf32>, tensor<?x1xf32> -> tensor<?x2xf32>
  return %0, %1, %3 : tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>
}

// A chain of any length comes to one factor.
// CHECK-LABEL: func @chain
// CHECK-NOT: tensor<?x2xf32>, tensor<f32>
// CHECK: nn.matmul %arg0
// CHECK-NEXT: return
func.func @chain(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %w = arith.constant dense<2.0> : tensor<2x4xf32>
  %s = arith.constant dense<3.0> : tensor<f32>
  %0 = nn.matmul %x, %w : tensor<?x4xf32>, tensor<2x4xf32> -> tensor<?x2xf32>
  %1 = nn.binary mul %0, %s : tensor<?x2xf32>, tensor<f32> -> tensor<?x2xf32>
  %2 = nn.binary mul %1, %s : tensor<?x2xf32>, tensor<f32> -> tensor<?x2xf32>
  %3 = nn.binary mul %2, %s : tensor<?x2xf32>, tensor<f32> -> tensor<?x2xf32>
  %4 = nn.binary mul %3, %s : tensor<?x2xf32>, tensor<f32> -> tensor<?x2xf32>
  %5 = nn.binary mul %4, %s : tensor<?x2xf32>, tensor<f32> -> tensor<?x2xf32>
  %6 = nn.binary mul %5, %s : tensor<?x2xf32>, tensor<f32> -> tensor<?x2xf32>
  %7 = nn.binary mul %6, %s : tensor<?x2xf32>, tensor<f32> -> tensor<?x2xf32>
  %8 = nn.binary mul %7, %s : tensor<?x2xf32>, tensor<f32> -> tensor<?x2xf32>
  %9 = nn.binary mul %8, %s : tensor<?x2xf32>, tensor<f32> -> tensor<?x2xf32>
  %10 = nn.binary mul %9, %s : tensor<?x2xf32>, tensor<f32> -> tensor<?x2xf32>
  %11 = nn.binary mul %10, %s : tensor<?x2xf32>, tensor<f32> -> tensor<?x2xf32>
  %12 = nn.binary mul %11, %s : tensor<?x2xf32>, tensor<f32> -> tensor<?x2xf32>
  %13 = nn.binary mul %12, %s : tensor<?x2xf32>, tensor<f32> -> tensor<?x2xf32>
  %14 = nn.binary mul %13, %s : tensor<?x2xf32>, tensor<f32> -> tensor<?x2xf32>
  return %14 : tensor<?x2xf32>
}
