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
