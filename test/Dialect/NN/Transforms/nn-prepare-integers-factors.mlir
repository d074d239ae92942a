// RUN: quant-opt %s -nn-prepare-integers | FileCheck %s

// A factor of what is seen makes the limit larger: 5e4 is below 2^16, which 2^16 is multiplied by.
// CHECK-LABEL: func @scaled
// CHECK: %[[L:.*]] = arith.constant dense<-4.2949673E+9> : tensor<f32>
// CHECK: nn.select %arg1, %[[L]], %{{.*}}
func.func @scaled(%x: tensor<?x?x8xf32>, %is: tensor<?x?x1xi1>) -> tensor<?x8xf32> {
  %c = arith.constant dense<-1.0e20> : tensor<f32>
  %f = arith.constant dense<1.0e5> : tensor<f32>
  %y = nn.binary mul %x, %f : tensor<?x?x8xf32>, tensor<f32> -> tensor<?x?x8xf32>
  %0 = nn.select %is, %c, %y : tensor<?x?x1xi1>, tensor<f32>, tensor<?x?x8xf32> -> tensor<?x?x8xf32>
  %1 = nn.reduce max %0 axes [1] : tensor<?x?x8xf32> -> tensor<?x8xf32>
  return %1 : tensor<?x8xf32>
}

// So does a factor below a function that grows as its argument does, and a large weight: 2^22.
// CHECK-LABEL: func @functions
// CHECK-DAG: %[[A:.*]] = arith.constant dense<-4.2949673E+9> : tensor<f32>
// CHECK-DAG: %[[B:.*]] = arith.constant dense<0xCA800000> : tensor<f32>
// CHECK-DAG: nn.select %arg1, %[[A]], %{{.*}}
// CHECK-DAG: nn.select %arg1, %[[B]], %{{.*}}
func.func @functions(%x: tensor<?x2xf32>, %is: tensor<?x1xi1>) -> (tensor<?xf32>, tensor<?xf32>) {
  %c = arith.constant dense<-1.0e20> : tensor<f32>
  %f = arith.constant dense<1.0e5> : tensor<f32>
  %w = arith.constant dense<[[100.0, 0.5], [1.0, -3.0]]> : tensor<2x2xf32>
  %y = nn.binary mul %x, %f : tensor<?x2xf32>, tensor<f32> -> tensor<?x2xf32>
  %z = nn.unary relu %y : tensor<?x2xf32>
  %0 = nn.select %is, %c, %z : tensor<?x1xi1>, tensor<f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  %1 = nn.reduce max %0 axes [1] : tensor<?x2xf32> -> tensor<?xf32>
  %m = nn.matmul %x, %w : tensor<?x2xf32>, tensor<2x2xf32> -> tensor<?x2xf32>
  %2 = nn.select %is, %c, %m : tensor<?x1xi1>, tensor<f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  %3 = nn.reduce max %2 axes [1] : tensor<?x2xf32> -> tensor<?xf32>
  return %1, %3 : tensor<?xf32>, tensor<?xf32>
}

// An input of numbers is no mask, also of integers, however it is brought to the sum; one less it may be, and conditions are.
// CHECK-LABEL: func @factors
// CHECK-NOT: qt.own_exponent
// CHECK: nn.binary mul %arg2, %arg2
// CHECK-NOT: qt.own_exponent
// CHECK: nn.compare gt %arg2
// CHECK: %[[I:.*]] = nn.clip %{{.*}} min -6.553600e+04 max 0x7FF0000000000000 {qt.own_exponent}
// CHECK: nn.binary add %[[I]], %arg1
// CHECK: nn.binary sub %{{.*}}, %{{.*}} : tensor<f32>
// CHECK: %[[L:.*]] = nn.clip %{{.*}} min -6.553600e+04 max 0x7FF0000000000000 {qt.own_exponent}
// CHECK: nn.binary add %[[L]], %arg1
// CHECK-NOT: qt.own_exponent
func.func @factors(%x: tensor<4x8xf32>, %y: tensor<4x8xf32>, %i: tensor<4x1xi64>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %none = arith.constant dense<0> : tensor<i64>
  %high = arith.constant dense<1.0e5> : tensor<f32>
  %one = arith.constant dense<1.0> : tensor<f32>
  %two = arith.constant dense<2.0> : tensor<f32>
  %0 = nn.binary mul %x, %high : tensor<4x8xf32>, tensor<f32> -> tensor<4x8xf32>
  %1 = nn.binary add %0, %y : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %2 = nn.reduce max %1 axes [1] : tensor<4x8xf32> -> tensor<4xf32>
  %3 = nn.binary sub %x, %two : tensor<4x8xf32>, tensor<f32> -> tensor<4x8xf32>
  %4 = nn.cast %3 : tensor<4x8xf32> to tensor<4x8xi64>
  %5 = nn.cast %4 : tensor<4x8xi64> to tensor<4x8xf32>
  %6 = nn.binary mul %5, %high : tensor<4x8xf32>, tensor<f32> -> tensor<4x8xf32>
  %7 = nn.binary add %6, %y : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %8 = nn.reduce max %7 axes [1] : tensor<4x8xf32> -> tensor<4xf32>
  %9 = nn.binary mul %i, %i : tensor<4x1xi64>, tensor<4x1xi64> -> tensor<4x1xi64>
  %10 = nn.cast %9 : tensor<4x1xi64> to tensor<4x1xf32>
  %11 = nn.binary mul %10, %high : tensor<4x1xf32>, tensor<f32> -> tensor<4x1xf32>
  %12 = nn.binary add %11, %y : tensor<4x1xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %13 = nn.reduce max %12 axes [1] : tensor<4x8xf32> -> tensor<4xf32>
  %i0 = nn.compare gt %i, %none : tensor<4x1xi64>, tensor<i64> -> tensor<4x1xi1>
  %i1 = nn.cast %i0 : tensor<4x1xi1> to tensor<4x1xf32>
  %i2 = nn.binary mul %i1, %high : tensor<4x1xf32>, tensor<f32> -> tensor<4x1xf32>
  %i3 = nn.binary add %i2, %y : tensor<4x1xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %i4 = nn.reduce max %i3 axes [1] : tensor<4x8xf32> -> tensor<4xf32>
  %14 = nn.binary mul %x, %x : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %15 = nn.binary sub %one, %14 : tensor<f32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %16 = nn.binary mul %high, %15 : tensor<f32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %17 = nn.binary add %16, %y : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %18 = nn.reduce max %17 axes [1] : tensor<4x8xf32> -> tensor<4xf32>
  return %2, %8, %13, %i4, %18 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// Numbers that a table has for integers are no conditions; those of 0 and 1 are.
// CHECK-LABEL: func @tables
// CHECK: %[[P:.*]] = nn.binary mul
// CHECK-NEXT: nn.binary add %arg0, %[[P]]
// CHECK: %[[I:.*]] = nn.clip %{{.*}} min -6.553600e+04 max 0x7FF0000000000000 {qt.own_exponent}
// CHECK: nn.binary add %arg0, %[[I]]
func.func @tables(%x: tensor<4x8xf32>, %i: tensor<4x8xi64>) -> (tensor<4xf32>, tensor<4xf32>) {
  %far = arith.constant dense<-1.0e5> : tensor<f32>
  %t = arith.constant dense<[0.0, 1.0, 2.0, 3.0]> : tensor<4xf32>
  %u = arith.constant dense<[0.0, 1.0, 1.0, 0.0]> : tensor<4xf32>
  %0 = nn.gather %t, %i {axis = 0 : i64} : tensor<4xf32>, tensor<4x8xi64> -> tensor<4x8xf32>
  %1 = nn.binary mul %0, %far : tensor<4x8xf32>, tensor<f32> -> tensor<4x8xf32>
  %2 = nn.binary add %x, %1 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %3 = nn.reduce max %2 axes [1] : tensor<4x8xf32> -> tensor<4xf32>
  %4 = nn.gather %u, %i {axis = 0 : i64} : tensor<4xf32>, tensor<4x8xi64> -> tensor<4x8xf32>
  %5 = nn.binary mul %4, %far : tensor<4x8xf32>, tensor<f32> -> tensor<4x8xf32>
  %6 = nn.binary add %x, %5 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %7 = nn.reduce max %6 axes [1] : tensor<4x8xf32> -> tensor<4xf32>
  return %3, %7 : tensor<4xf32>, tensor<4xf32>
}

// Integers are conditions by a number beside which floats have no fraction.
// CHECK-LABEL: func @integers
// CHECK: %[[I:.*]] = nn.clip %{{.*}} min -6.553600e+04 max 0x7FF0000000000000 {qt.own_exponent}
// CHECK: nn.binary add %arg0, %[[I]]
func.func @integers(%x: tensor<4x8xf32>, %i: tensor<4x8xi64>) -> tensor<4xf32> {
  %far = arith.constant dense<-1.0e9> : tensor<f32>
  %0 = nn.cast %i : tensor<4x8xi64> to tensor<4x8xf32>
  %1 = nn.binary mul %0, %far : tensor<4x8xf32>, tensor<f32> -> tensor<4x8xf32>
  %2 = nn.binary add %x, %1 : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %3 = nn.reduce max %2 axes [1] : tensor<4x8xf32> -> tensor<4xf32>
  return %3 : tensor<4xf32>
}
