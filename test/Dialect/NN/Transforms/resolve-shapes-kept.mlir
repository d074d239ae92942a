// Types that something else than sizes decides stay as they are.
// RUN: quant-opt %s -nn-resolve-shapes -split-input-file | FileCheck %s

// CHECK-LABEL: func.func @branch
// CHECK: scf.if %{{.*}} -> (tensor<?xf32>)
// CHECK: nn.binary add {{.*}} -> tensor<?xf32>
func.func @branch(%a: tensor<?xf32>, %p: i1) -> tensor<?xf32> {
  %b = arith.constant dense<1.0> : tensor<4xf32>
  %r = scf.if %p -> tensor<?xf32> {
    %y = nn.binary add %a, %b : tensor<?xf32>, tensor<4xf32> -> tensor<?xf32>
    scf.yield %y : tensor<?xf32>
  } else {
    scf.yield %a : tensor<?xf32>
  }
  return %r : tensor<?xf32>
}

// -----

// What is passed on stays, and what has its type.
// CHECK-LABEL: func.func @call
// CHECK: nn.binary add {{.*}} -> tensor<?xf32>
// CHECK: nn.unary relu {{.*}} : tensor<?xf32>
// CHECK: call @callee
func.func private @callee(%a: tensor<?xf32>) -> tensor<?xf32>
func.func @call(%a: tensor<?xf32>) -> tensor<?xf32> {
  %b = arith.constant dense<1.0> : tensor<4xf32>
  %y = nn.binary add %a, %b : tensor<?xf32>, tensor<4xf32> -> tensor<?xf32>
  %z = nn.unary relu %y : tensor<?xf32>
  %r = call @callee(%z) : (tensor<?xf32>) -> tensor<?xf32>
  return %r : tensor<?xf32>
}

// -----

// CHECK-LABEL: func.func @called
// CHECK-SAME: -> tensor<?xf32>
func.func @called(%a: tensor<4xf32>) -> tensor<?xf32> {
  %s = arith.constant dense<-1> : tensor<1xi64>
  %y = nn.reshape %a, %s : tensor<4xf32>, tensor<1xi64> -> tensor<?xf32>
  return %y : tensor<?xf32>
}
func.func @caller(%a: tensor<4xf32>) -> tensor<?xf32> {
  %r = call @called(%a) : (tensor<4xf32>) -> tensor<?xf32>
  return %r : tensor<?xf32>
}

// -----

// CHECK-LABEL: func.func @blocks
// CHECK-SAME: (%{{.*}}: tensor<4xf32>) -> tensor<4xf32>
func.func @blocks(%a: tensor<4xf32>) -> tensor<4xf32> {
  cf.br ^bb2
^bb1:
  return %a : tensor<4xf32>
^bb2:
  cf.br ^bb1
}

// -----

// Arguments take what is stated of them, as their users do.
// CHECK-LABEL: func.func @argument
// CHECK-SAME: (%{{.*}}: tensor<4xf32>) -> tensor<4xf32>
// CHECK: nn.unary relu {{.*}} : tensor<4xf32>
func.func @argument(%a: tensor<?xf32>) -> tensor<?xf32> attributes {qt.arg_shapes = [affine_map<() -> (4)>]} {
  %y = nn.unary relu %a : tensor<?xf32>
  return %y : tensor<?xf32>
}

// -----

// A narrow type does not hold every size.
// CHECK-LABEL: func.func @narrow
// CHECK: %[[C:.*]] = nn.cast %{{.*}} : tensor<1xui8> to tensor<1xi64>
// CHECK: return %[[C]]
func.func @narrow(%x: tensor<300x2xf32>) -> tensor<1xi64> {
  %s = nn.shape %x {start = 0 : i64, end = 1 : i64} : tensor<300x2xf32> -> tensor<1xi64>
  %c = nn.cast %s : tensor<1xi64> to tensor<1xui8>
  %d = nn.cast %c : tensor<1xui8> to tensor<1xi64>
  return %d : tensor<1xi64>
}

// -----

// CHECK-LABEL: func.func @fits
// CHECK: %[[C:.*]] = arith.constant dense<200> : tensor<1xi64>
// CHECK: return %[[C]]
func.func @fits(%x: tensor<200x2xf32>) -> tensor<1xi64> {
  %s = nn.shape %x {start = 0 : i64, end = 1 : i64} : tensor<200x2xf32> -> tensor<1xi64>
  %c = nn.cast %s : tensor<1xi64> to tensor<1xui8>
  %d = nn.cast %c : tensor<1xui8> to tensor<1xi64>
  return %d : tensor<1xi64>
}
