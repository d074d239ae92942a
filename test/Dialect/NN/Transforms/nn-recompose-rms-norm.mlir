// RUN: quant-opt %s -nn-recompose=explain -split-input-file 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < %t

// CHECK-LABEL: @reciprocal(
// CHECK: nn.rms_norm %{{.*}}, %{{.*}} {axis = 2 : i64, epsilon = 9.99999974E-6 : f32}
// CHECK-NEXT: return
// REMARK: found RMSNorm
func.func @reciprocal(%x: tensor<?x?x64xf32>, %g: tensor<64xf32>) -> tensor<?x?x64xf32> {
  %two = arith.constant dense<2.0> : tensor<f32>
  %one = arith.constant dense<1.0> : tensor<f32>
  %eps = arith.constant dense<1.0e-5> : tensor<f32>
  %0 = nn.binary pow %x, %two : tensor<?x?x64xf32>, tensor<f32> -> tensor<?x?x64xf32>
  %1 = nn.reduce mean %0 axes [2] keepdims : tensor<?x?x64xf32> -> tensor<?x?x1xf32>
  %2 = nn.binary add %1, %eps : tensor<?x?x1xf32>, tensor<f32> -> tensor<?x?x1xf32>
  %3 = nn.unary sqrt %2 : tensor<?x?x1xf32>
  %4 = nn.binary div %one, %3 : tensor<f32>, tensor<?x?x1xf32> -> tensor<?x?x1xf32>
  %5 = nn.binary mul %x, %4 : tensor<?x?x64xf32>, tensor<?x?x1xf32> -> tensor<?x?x64xf32>
  %6 = nn.binary mul %g, %5 : tensor<64xf32>, tensor<?x?x64xf32> -> tensor<?x?x64xf32>
  return %6 : tensor<?x?x64xf32>
}

// -----

// CHECK-LABEL: @power(
// CHECK: nn.rms_norm
func.func @power(%x: tensor<2x64xf32>, %g: tensor<64xf32>) -> tensor<2x64xf32> {
  %half = arith.constant dense<-0.5> : tensor<f32>
  %eps = arith.constant dense<1.0e-5> : tensor<f32>
  %0 = nn.binary mul %x, %x : tensor<2x64xf32>, tensor<2x64xf32> -> tensor<2x64xf32>
  %1 = nn.reduce mean %0 axes [1] keepdims : tensor<2x64xf32> -> tensor<2x1xf32>
  %2 = nn.binary add %eps, %1 : tensor<f32>, tensor<2x1xf32> -> tensor<2x1xf32>
  %3 = nn.binary pow %2, %half : tensor<2x1xf32>, tensor<f32> -> tensor<2x1xf32>
  %4 = nn.binary mul %3, %x : tensor<2x1xf32>, tensor<2x64xf32> -> tensor<2x64xf32>
  %5 = nn.binary mul %4, %g : tensor<2x64xf32>, tensor<64xf32> -> tensor<2x64xf32>
  return %5 : tensor<2x64xf32>
}

// -----

// Near misses. The mean only, its square nowhere:
// CHECK-LABEL: @mean_only(
// CHECK-NOT: norm
// REMARK: not a normalisation: the mean is not that of the squares of what is divided
func.func @mean_only(%x: tensor<2x64xf32>, %g: tensor<64xf32>) -> tensor<2x64xf32> {
  %eps = arith.constant dense<1.0e-5> : tensor<f32>
  %1 = nn.reduce mean %x axes [1] keepdims : tensor<2x64xf32> -> tensor<2x1xf32>
  %2 = nn.binary add %1, %eps : tensor<2x1xf32>, tensor<f32> -> tensor<2x1xf32>
  %3 = nn.unary sqrt %2 : tensor<2x1xf32>
  %4 = nn.binary div %x, %3 : tensor<2x64xf32>, tensor<2x1xf32> -> tensor<2x64xf32>
  %5 = nn.binary mul %4, %g : tensor<2x64xf32>, tensor<64xf32> -> tensor<2x64xf32>
  return %5 : tensor<2x64xf32>
}

// -----

// over another axis,
// CHECK-LABEL: @rows(
// CHECK-NOT: norm
// REMARK: not a normalisation: the mean is not over the last dims, which it keeps
func.func @rows(%x: tensor<2x64xf32>, %g: tensor<64xf32>) -> tensor<2x64xf32> {
  %eps = arith.constant dense<1.0e-5> : tensor<f32>
  %0 = nn.binary mul %x, %x : tensor<2x64xf32>, tensor<2x64xf32> -> tensor<2x64xf32>
  %1 = nn.reduce mean %0 axes [0] keepdims : tensor<2x64xf32> -> tensor<1x64xf32>
  %2 = nn.binary add %1, %eps : tensor<1x64xf32>, tensor<f32> -> tensor<1x64xf32>
  %3 = nn.unary sqrt %2 : tensor<1x64xf32>
  %4 = nn.binary div %x, %3 : tensor<2x64xf32>, tensor<1x64xf32> -> tensor<2x64xf32>
  %5 = nn.binary mul %4, %g : tensor<2x64xf32>, tensor<64xf32> -> tensor<2x64xf32>
  return %5 : tensor<2x64xf32>
}

// -----

// and the deviation of x under x itself, from which no mean was taken.
// CHECK-LABEL: @uncentred(
// CHECK-NOT: norm
func.func @uncentred(%x: tensor<2x64xf32>, %g: tensor<64xf32>) -> tensor<2x64xf32> {
  %eps = arith.constant dense<1.0e-5> : tensor<f32>
  %m = nn.reduce mean %x axes [1] keepdims : tensor<2x64xf32> -> tensor<2x1xf32>
  %d = nn.binary sub %x, %m : tensor<2x64xf32>, tensor<2x1xf32> -> tensor<2x64xf32>
  %0 = nn.binary mul %d, %d : tensor<2x64xf32>, tensor<2x64xf32> -> tensor<2x64xf32>
  %1 = nn.reduce mean %0 axes [1] keepdims : tensor<2x64xf32> -> tensor<2x1xf32>
  %2 = nn.binary add %1, %eps : tensor<2x1xf32>, tensor<f32> -> tensor<2x1xf32>
  %3 = nn.unary sqrt %2 : tensor<2x1xf32>
  %4 = nn.binary div %x, %3 : tensor<2x64xf32>, tensor<2x1xf32> -> tensor<2x64xf32>
  %5 = nn.binary mul %4, %g : tensor<2x64xf32>, tensor<64xf32> -> tensor<2x64xf32>
  return %5 : tensor<2x64xf32>
}
