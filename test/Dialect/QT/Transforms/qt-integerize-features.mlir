// RUN: quant-opt %s -qt-integerize | FileCheck %s
// RUN: quant-opt %s -qt-integerize -qt-split -qt-verify-integer-only -qt-verify-ranges

// Inputs are limited, and chosen by conditions on them, before they are scaled and quantised.
// CHECK-LABEL: func @imputed
// CHECK: [[M:%.*]] = nn.compare ne %arg0, %arg0 : tensor<?x4xf32>
// CHECK: [[I:%.*]] = nn.select [[M]], %{{.*}}, %arg0 : {{.*}} -> tensor<?x4xf32>
// CHECK: [[L:%.*]] = nn.binary max [[I]], %{{.*}} -> tensor<?x4xf32>
// CHECK: [[D:%.*]] = nn.binary sub [[L]], %{{.*}} -> tensor<?x4xf32>
// CHECK: qt.quantize [[D]] {{.*}} s31
func.func @imputed(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %mean = arith.constant dense<[1.0e7, 1.0e-6, 3.0, 4.0]> : tensor<4xf32>
  %low = arith.constant dense<[1.0e6, 1.0e-7, 0.0, 0.0]> : tensor<4xf32>
  %missing = nn.compare ne %x, %x : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xi1>
  %i = nn.select %missing, %mean, %x : tensor<?x4xi1>, tensor<4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %l = nn.binary max %i, %low : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  %d = nn.binary sub %l, %mean : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  %r = nn.unary relu %d : tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}

// A choice that is not scaled is one of integers, also by a condition on inputs, as is one by a condition on integers.
// CHECK-LABEL: func @chosen
// CHECK: nn.compare lt %arg0, {{.*}} : tensor<?x4xf32>
// CHECK: nn.select {{.*}} s31
// CHECK: nn.select {{.*}} s31
func.func @chosen(%x: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %mean = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %c = nn.compare lt %x, %mean : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xi1>
  %i = nn.select %c, %mean, %x : tensor<?x4xi1>, tensor<4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %r = nn.unary relu %i : tensor<?x4xf32>
  %t = nn.unary tanh %x : tensor<?x4xf32>
  %e = nn.compare lt %t, %mean : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xi1>
  %j = nn.select %e, %mean, %x : tensor<?x4xi1>, tensor<4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %s = nn.binary sub %j, %mean : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  return %r, %s : tensor<?x4xf32>, tensor<?x4xf32>
}
