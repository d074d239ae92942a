// RUN: quant-opt %s -nn-prepare-integers | FileCheck %s

// However they are spelt.
// CHECK-LABEL: func @swish
// CHECK: %[[X:.*]] = nn.matmul
// CHECK-NOT: nn.{{binary|clip|unary}}
// CHECK: %[[A:.*]] = nn.hard_swish %[[X]] slope 0.16666666666666666 shift 5.000000e-01
// CHECK-NOT: nn.{{binary|clip|unary}}
// CHECK: %[[B:.*]] = nn.hard_swish %[[X]] slope 0.16666666666666666 shift 5.000000e-01
// CHECK-NOT: nn.{{binary|clip|unary}}
// CHECK: %[[C:.*]] = nn.hard_swish %[[X]] slope 1.250000e-01 shift 5.000000e-01
// CHECK-NOT: nn.{{binary|clip|unary}}
// CHECK: return %[[A]], %[[B]], %[[C]]
func.func @swish(%i: tensor<?x8xf32>, %w: tensor<8x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>) {
  %three = arith.constant dense<3.0> : tensor<f32>
  %six = arith.constant dense<6.0> : tensor<f32>
  %sixth = arith.constant dense<0.166666672> : tensor<f32>
  %eighth = arith.constant dense<0.125> : tensor<f32>
  %half = arith.constant dense<0.5> : tensor<f32>
  %x = nn.matmul %i, %w : tensor<?x8xf32>, tensor<8x8xf32> -> tensor<?x8xf32>
  %0 = nn.binary add %x, %three : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %1 = nn.clip %0 min 0.0 max 6.0 : tensor<?x8xf32>
  %2 = nn.binary mul %x, %1 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %a = nn.binary div %2, %six : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %3 = nn.binary add %three, %x : tensor<f32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %4 = nn.unary relu %3 : tensor<?x8xf32>
  %5 = nn.binary min %4, %six : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %6 = nn.binary mul %sixth, %5 : tensor<f32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %b = nn.binary mul %6, %x : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %7 = nn.binary mul %x, %eighth : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %8 = nn.binary add %7, %half : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %9 = nn.clip %8 min 0.0 max 1.0 : tensor<?x8xf32>
  %c = nn.binary mul %x, %9 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %a, %b, %c : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>
}

// A difference is a sum, and one from a constant has the slope's sign turned.
// CHECK-LABEL: func @differences
// CHECK: %[[X:.*]] = nn.matmul
// CHECK-NOT: nn.{{binary|clip|unary}}
// CHECK: %[[A:.*]] = nn.hard_sigmoid %[[X]] slope 2.500000e-01 shift 7.500000e-01
// CHECK-NOT: nn.{{binary|clip|unary}}
// CHECK: %[[B:.*]] = nn.hard_swish %[[X]] slope -2.500000e-01 shift 7.500000e-01
// CHECK-NEXT: return %[[A]], %[[B]]
func.func @differences(%i: tensor<?x8xf32>, %w: tensor<8x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  %minus = arith.constant dense<-3.0> : tensor<f32>
  %three = arith.constant dense<3.0> : tensor<f32>
  %quarter = arith.constant dense<0.25> : tensor<f32>
  %x = nn.matmul %i, %w : tensor<?x8xf32>, tensor<8x8xf32> -> tensor<?x8xf32>
  %0 = nn.binary sub %x, %minus : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %1 = nn.clip %0 min 0.0 max 4.0 : tensor<?x8xf32>
  %a = nn.binary mul %1, %quarter : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %2 = nn.binary sub %three, %x : tensor<f32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %3 = nn.clip %2 min 0.0 max 4.0 : tensor<?x8xf32>
  %4 = nn.binary mul %3, %quarter : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %b = nn.binary mul %x, %4 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %a, %b : tensor<?x8xf32>, tensor<?x8xf32>
}

// Of another value a gate is a factor by itself.
// CHECK-LABEL: func @gate
// CHECK: %[[X:.*]] = nn.matmul
// CHECK: %[[G:.*]] = nn.hard_sigmoid %[[X]] slope 0.16666666666666666 shift 5.000000e-01
// CHECK: nn.binary mul %arg2, %[[G]]
func.func @gate(%i: tensor<?x8xf32>, %w: tensor<8x8xf32>, %z: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %three = arith.constant dense<3.0> : tensor<f32>
  %six = arith.constant dense<6.0> : tensor<f32>
  %x = nn.matmul %i, %w : tensor<?x8xf32>, tensor<8x8xf32> -> tensor<?x8xf32>
  %0 = nn.binary add %x, %three : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %1 = nn.clip %0 min 0.0 max 6.0 : tensor<?x8xf32>
  %2 = nn.binary div %1, %six : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %3 = nn.binary mul %z, %2 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %3 : tensor<?x8xf32>
}

// What is limited elsewhere than to 0, shifted beyond it, another height, steeper than a float, or computed of inputs.
// CHECK-LABEL: func @none
// CHECK-NOT: nn.hard
// CHECK: return
func.func @none(%i: tensor<?x8xf32>, %w: tensor<8x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>) {
  %three = arith.constant dense<3.0> : tensor<f32>
  %seven = arith.constant dense<7.0> : tensor<f32>
  %x = nn.matmul %i, %w : tensor<?x8xf32>, tensor<8x8xf32> -> tensor<?x8xf32>
  %0 = nn.binary add %x, %three : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %a = nn.clip %0 min 0.5 max 6.0 : tensor<?x8xf32>
  %1 = nn.clip %0 min 0.0 max 6.0 : tensor<?x8xf32>
  %b = nn.binary mul %x, %1 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %2 = nn.binary add %x, %seven : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %c = nn.clip %2 min 0.0 max 1.0 : tensor<?x8xf32>
  %3 = nn.binary add %i, %three : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %d = nn.clip %3 min 0.0 max 3.0 : tensor<?x8xf32>
  %steep = arith.constant dense<1.0e+30> : tensor<f32>
  %half = arith.constant dense<0.5> : tensor<f32>
  %4 = nn.binary mul %x, %steep : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %5 = nn.binary mul %4, %steep : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %6 = nn.binary add %5, %half : tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %e = nn.clip %6 min 0.0 max 1.0 : tensor<?x8xf32>
  return %a, %b, %c, %d, %e : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>
}
