// RUN: quant-opt %s -pass-pipeline="builtin.module(func.func(qt-verify-ranges))" | FileCheck %s

// A row on the larger of two exponents goes to the right; by an exponent of any
// sign it may go to the left, by more places than a word has if the exponent is
// any, and of 31 bits there is no room for half a unit.
// CHECK-LABEL: func @shifts
// CHECK: %[[X:.*]] = nn.cast %{{.*}}#0
// CHECK: %[[PLACES:.*]] = nn.binary sub
// CHECK: nn.binary rshift %[[X]], %[[PLACES]] {qt.right}
// CHECK: %[[SOME:.*]] = nn.clip
// CHECK: nn.binary rshift %[[X]], %[[SOME]] {qt.roomy}
// CHECK: %[[FAR:.*]] = nn.clip
// CHECK: nn.binary rshift %{{.*}}, %[[FAR]] :
// CHECK: %[[LARGE:.*]] = nn.binary rshift %[[X]], %{{.*}} :
// CHECK: nn.binary rshift %[[LARGE]], %[[PLACES]] :
func.func @shifts(%x: tensor<1x4xf32>) -> (tensor<1x4xi32>, tensor<1x4xi32>, tensor<1x4xi32>, tensor<1x4xi32>) {
  %zero = arith.constant dense<0> : tensor<i32>
  %left = arith.constant dense<-16> : tensor<i32>
  %q:2 = qt.quantize %x {encoding = #qt.encoding<norm, -32767..32767>, format = !qt.block<[1, ?], s16, scale = exp<8>>} : tensor<1x4xf32> -> tensor<1x4xi16>, tensor<1x1xi8>
  %m = nn.cast %q#0 : tensor<1x4xi16> to tensor<1x4xi32>
  %e = nn.cast %q#1 : tensor<1x1xi8> to tensor<1x1xi32>
  %common = nn.binary max %e, %zero : tensor<1x1xi32>, tensor<i32> -> tensor<1x1xi32>
  %places = nn.binary sub %common, %e : tensor<1x1xi32>, tensor<1x1xi32> -> tensor<1x1xi32>
  %a = nn.binary rshift %m, %places : tensor<1x4xi32>, tensor<1x1xi32> -> tensor<1x4xi32>
  %some = nn.clip %e min -2.0 max 5.0 : tensor<1x1xi32>
  %b = nn.binary rshift %m, %some : tensor<1x4xi32>, tensor<1x1xi32> -> tensor<1x4xi32>
  %far = nn.clip %e min -31.0 max 5.0 : tensor<1x1xi32>
  %small = nn.clip %m min 0.0 max 0.0 : tensor<1x4xi32>
  %f = nn.binary rshift %small, %far : tensor<1x4xi32>, tensor<1x1xi32> -> tensor<1x4xi32>
  %large = nn.binary rshift %m, %left : tensor<1x4xi32>, tensor<i32> -> tensor<1x4xi32>
  %c = nn.binary rshift %large, %places : tensor<1x4xi32>, tensor<1x1xi32> -> tensor<1x4xi32>
  return %a, %b, %c, %f : tensor<1x4xi32>, tensor<1x4xi32>, tensor<1x4xi32>, tensor<1x4xi32>
}
