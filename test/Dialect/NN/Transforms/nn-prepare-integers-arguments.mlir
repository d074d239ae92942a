// RUN: quant-opt %s -nn-prepare-integers | FileCheck %s

// What is far out takes no bits of the others of a row; once for functions of the same limits.
// CHECK-LABEL: func @results
// CHECK: %[[S:.*]] = nn.binary add %arg0, %arg1
// CHECK-DAG: %[[L:.*]] = nn.clip %[[S]] min -3.100000e+01 max 3.100000e+01 {qt.own_exponent}
// CHECK-DAG: %[[E:.*]] = nn.clip %[[S]] min -1.270000e+02 max 0x7FF0000000000000 {qt.own_exponent}
// CHECK: nn.unary sigmoid %[[L]]
// CHECK: nn.unary tanh %[[L]]
// CHECK: nn.unary erf %[[L]]
// CHECK: nn.unary exp %[[E]]
// CHECK: nn.unary softplus %[[S]]
func.func @results(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) {
  %s = nn.binary add %x, %y : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %0 = nn.unary sigmoid %s : tensor<?x4xf32>
  %1 = nn.unary tanh %s : tensor<?x4xf32>
  %2 = nn.unary erf %s : tensor<?x4xf32>
  %3 = nn.unary exp %s : tensor<?x4xf32>
  %4 = nn.unary softplus %s : tensor<?x4xf32>
  return %0, %1, %2, %3, %4 : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>
}

// Rows of 16 bits have lost the bits before.
// CHECK-LABEL: func @rows
// CHECK-NOT: nn.clip
func.func @rows(%x: tensor<2x4xf32>, %y: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) {
  %0 = nn.unary sigmoid %x : tensor<2x4xf32>
  %1 = nn.binary div %x, %y : tensor<2x4xf32>, tensor<2x4xf32> -> tensor<2x4xf32>
  %2 = nn.unary tanh %1 : tensor<2x4xf32>
  %3 = nn.unary erf %2 : tensor<2x4xf32>
  return %0, %2, %3 : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>
}

// Rows that are picked from results have the bits of these.
// CHECK-LABEL: func @picked
// CHECK: %[[P:.*]] = nn.gather
// CHECK: %[[L:.*]] = nn.clip %[[P]] min -3.100000e+01 max 3.100000e+01 {qt.own_exponent}
// CHECK: nn.unary sigmoid %[[L]]
func.func @picked(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>, %i: tensor<?xi64>) -> tensor<?x4xf32> {
  %0 = nn.binary add %x, %y : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %1 = nn.gather %0, %i {axis = 0 : i64} : tensor<?x4xf32>, tensor<?xi64> -> tensor<?x4xf32>
  %2 = nn.unary sigmoid %1 : tensor<?x4xf32>
  return %2 : tensor<?x4xf32>
}

// Masks are limited to what is beyond what they are added to: 2^35 where that is multiplied by 10^6, and by their sign.
// CHECK-LABEL: func @masks
// CHECK-DAG: %[[S:.*]] = arith.constant dense<[0.000000e+00, -3.43597384E+10]> : tensor<2xf32>
// CHECK-DAG: %[[C:.*]] = arith.constant dense<-6.553600e+04> : tensor<f32>
// CHECK-DAG: %[[D:.*]] = arith.constant dense<[0.000000e+00, -6.553600e+04]> : tensor<2xf32>
// CHECK: nn.binary add %{{.*}}, %[[S]]
// CHECK: %[[P:.*]] = nn.binary mul %{{.*}}, %[[C]]
// CHECK: %[[Q:.*]] = nn.binary add %{{.*}}, %[[P]]
// CHECK: nn.binary add %[[Q]], %[[D]]
func.func @masks(%x: tensor<?x2xf32>, %i: tensor<?x2xi1>) -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  %m = arith.constant dense<[0.0, 0xFF800000]> : tensor<2xf32>
  %k = arith.constant dense<1.0e6> : tensor<f32>
  %one = arith.constant dense<1.0> : tensor<f32>
  %far = arith.constant dense<-1.0e9> : tensor<f32>
  %0 = nn.binary mul %x, %k : tensor<?x2xf32>, tensor<f32> -> tensor<?x2xf32>
  %1 = nn.binary add %0, %m : tensor<?x2xf32>, tensor<2xf32> -> tensor<?x2xf32>
  %2 = nn.unary sigmoid %1 : tensor<?x2xf32>
  %3 = nn.cast %i : tensor<?x2xi1> to tensor<?x2xf32>
  %4 = nn.binary sub %one, %3 : tensor<f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  %5 = nn.binary mul %4, %far : tensor<?x2xf32>, tensor<f32> -> tensor<?x2xf32>
  %6 = nn.binary add %x, %5 : tensor<?x2xf32>, tensor<?x2xf32> -> tensor<?x2xf32>
  %7 = nn.binary add %6, %m : tensor<?x2xf32>, tensor<2xf32> -> tensor<?x2xf32>
  %8 = nn.unary tanh %7 : tensor<?x2xf32>
  return %2, %8 : tensor<?x2xf32>, tensor<?x2xf32>
}

// None is where what is beside may be as large: an offset of all, also by a choice, a mask of the other sign, a power, integers.
// CHECK-LABEL: func @beside
// CHECK-NOT: 6.553600e+04
// CHECK: return
func.func @beside(%x: tensor<?x2xf32>, %i: tensor<?x2xi1>, %v: tensor<?x2xi64>) -> (tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>) {
  %far = arith.constant dense<1.0e5> : tensor<f32>
  %far2 = arith.constant dense<3.0e5> : tensor<f32>
  %m = arith.constant dense<[0.0, -1.0e9]> : tensor<2xf32>
  %p = arith.constant dense<[0.0, 1.0e7]> : tensor<2xf32>
  %0 = nn.binary min %x, %far : tensor<?x2xf32>, tensor<f32> -> tensor<?x2xf32>
  %1 = nn.binary sub %0, %far : tensor<?x2xf32>, tensor<f32> -> tensor<?x2xf32>
  %2 = nn.unary sigmoid %1 : tensor<?x2xf32>
  %3 = nn.select %i, %far, %far2 : tensor<?x2xi1>, tensor<f32>, tensor<f32> -> tensor<?x2xf32>
  %4 = nn.binary sub %0, %3 : tensor<?x2xf32>, tensor<?x2xf32> -> tensor<?x2xf32>
  %5 = nn.unary sigmoid %4 : tensor<?x2xf32>
  %6 = nn.binary add %x, %m : tensor<?x2xf32>, tensor<2xf32> -> tensor<?x2xf32>
  %7 = nn.binary add %6, %p : tensor<?x2xf32>, tensor<2xf32> -> tensor<?x2xf32>
  %8 = nn.unary tanh %7 : tensor<?x2xf32>
  %9 = nn.unary exp %x : tensor<?x2xf32>
  %10 = nn.binary add %9, %m : tensor<?x2xf32>, tensor<2xf32> -> tensor<?x2xf32>
  %11 = nn.unary erf %10 : tensor<?x2xf32>
  %12 = nn.cast %v : tensor<?x2xi64> to tensor<?x2xf32>
  %13 = nn.binary mul %12, %far : tensor<?x2xf32>, tensor<f32> -> tensor<?x2xf32>
  %14 = nn.binary sub %x, %13 : tensor<?x2xf32>, tensor<?x2xf32> -> tensor<?x2xf32>
  %15 = nn.unary exp %14 : tensor<?x2xf32>
  return %2, %5, %8, %11, %15 : tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>
}
