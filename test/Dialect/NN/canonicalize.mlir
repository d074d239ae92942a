// RUN: quant-opt %s -canonicalize | FileCheck %s

// CHECK-LABEL: func @neutral
// CHECK-SAME: (%[[X:.*]]: tensor<?x4xf32>, %[[I:.*]]: tensor<4xi64>, %[[C:.*]]: tensor<4xi1>)
func.func @neutral(%x: tensor<?x4xf32>, %i: tensor<4xi64>, %c: tensor<4xi1>)
    -> (tensor<?x4xf32>, tensor<4xi64>, tensor<4xi1>) {
  // CHECK-NEXT: return %[[X]], %[[I]], %[[C]]
  %one = arith.constant dense<1.0> : tensor<4xf32>
  %zero = arith.constant dense<0.0> : tensor<f32>
  %minus = arith.constant dense<-0.0> : tensor<f32>
  %0 = nn.binary mul %x, %one : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  %1 = nn.binary mul %one, %0 : tensor<4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %2 = nn.binary sub %1, %zero : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  %3 = nn.binary add %minus, %2 : tensor<f32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %4 = nn.binary div %3, %one : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  %5 = nn.binary pow %4, %one : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  %izero = arith.constant dense<0> : tensor<4xi64>
  %6 = nn.binary add %i, %izero : tensor<4xi64>, tensor<4xi64> -> tensor<4xi64>
  %true = arith.constant dense<true> : tensor<4xi1>
  %false = arith.constant dense<false> : tensor<i1>
  %7 = nn.binary and %c, %true : tensor<4xi1>, tensor<4xi1> -> tensor<4xi1>
  %8 = nn.binary or %false, %7 : tensor<i1>, tensor<4xi1> -> tensor<4xi1>
  return %5, %6, %8 : tensor<?x4xf32>, tensor<4xi64>, tensor<4xi1>
}

// Adding 0 changes -0, and a broadcast changes the shape.
// CHECK-LABEL: func @not_neutral
func.func @not_neutral(%x: tensor<4xf32>, %y: tensor<1xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  // CHECK: nn.binary add
  // CHECK: nn.binary sub
  // CHECK: nn.binary mul
  %zero = arith.constant dense<0.0> : tensor<f32>
  %minus = arith.constant dense<-0.0> : tensor<f32>
  %one = arith.constant dense<1.0> : tensor<4xf32>
  %0 = nn.binary add %x, %zero : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %1 = nn.binary sub %x, %minus : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %2 = nn.binary mul %y, %one : tensor<1xf32>, tensor<4xf32> -> tensor<4xf32>
  return %0, %1, %2 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: func @elementwise
// CHECK-SAME: (%[[X:.*]]: tensor<4xf32>, %[[I:.*]]: tensor<4xi32>, %[[C:.*]]: tensor<4xi1>)
func.func @elementwise(%x: tensor<4xf32>, %i: tensor<4xi32>, %c: tensor<4xi1>)
    -> (tensor<4xf32>, tensor<4xf32>, tensor<4xi32>, tensor<4xi32>, tensor<4xf32>, tensor<4xf32>) {
  // CHECK-NEXT: %[[ABS:.*]] = nn.unary abs %[[X]]
  // CHECK-NEXT: %[[F:.*]] = nn.cast %[[I]] : tensor<4xi32> to tensor<4xf32>
  // CHECK-NEXT: %[[B:.*]] = nn.cast %[[F]] : tensor<4xf32> to tensor<4xi32>
  // CHECK-NEXT: return %[[X]], %[[ABS]], %[[I]], %[[B]], %[[X]], %[[X]]
  %0 = nn.unary neg %x : tensor<4xf32>
  %1 = nn.unary neg %0 : tensor<4xf32>
  %2 = nn.unary abs %x : tensor<4xf32>
  %3 = nn.unary abs %2 : tensor<4xf32>
  %4 = nn.cast %i : tensor<4xi32> to tensor<4xi64>
  %5 = nn.cast %4 : tensor<4xi64> to tensor<4xi32>
  %6 = nn.cast %i : tensor<4xi32> to tensor<4xf32>
  %7 = nn.cast %6 : tensor<4xf32> to tensor<4xi32>
  %8 = nn.select %c, %x, %x : tensor<4xi1>, tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %true = arith.constant dense<true> : tensor<4xi1>
  %9 = nn.select %true, %x, %3 : tensor<4xi1>, tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return %1, %3, %5, %7, %8, %9 : tensor<4xf32>, tensor<4xf32>, tensor<4xi32>, tensor<4xi32>, tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: func @transpose
// CHECK-SAME: (%[[X:.*]]: tensor<?x4x8xf32>, %[[Y:.*]]: tensor<?x1x8xf32>, %[[Z:.*]]: tensor<?x1x?xf32>)
func.func @transpose(%x: tensor<?x4x8xf32>, %y: tensor<?x1x8xf32>, %z: tensor<?x1x?xf32>)
    -> (tensor<?x4x8xf32>, tensor<8x?x4xf32>, tensor<1x?x8xf32>, tensor<1x?x?xf32>) {
  // CHECK-DAG: %[[S:.*]] = arith.constant dense<[1, -1, 8]> : tensor<3xi64>
  // CHECK-DAG: %[[T:.*]] = nn.transpose %[[X]] perm [2, 0, 1]
  // CHECK-DAG: %[[R:.*]] = nn.reshape %[[Y]], %[[S]] : tensor<?x1x8xf32>, tensor<3xi64> -> tensor<1x?x8xf32>
  // CHECK-DAG: %[[D:.*]] = nn.transpose %[[Z]] perm [1, 0, 2]
  // CHECK: return %[[X]], %[[T]], %[[R]], %[[D]]
  %0 = nn.transpose %x perm [0, 2, 1] : tensor<?x4x8xf32> -> tensor<?x8x4xf32>
  %1 = nn.transpose %0 perm [0, 2, 1] : tensor<?x8x4xf32> -> tensor<?x4x8xf32>
  %2 = nn.transpose %0 perm [1, 0, 2] : tensor<?x8x4xf32> -> tensor<8x?x4xf32>
  %3 = nn.transpose %y perm [1, 0, 2] : tensor<?x1x8xf32> -> tensor<1x?x8xf32>
  %4 = nn.transpose %z perm [1, 0, 2] : tensor<?x1x?xf32> -> tensor<1x?x?xf32>
  return %1, %2, %3, %4 : tensor<?x4x8xf32>, tensor<8x?x4xf32>, tensor<1x?x8xf32>, tensor<1x?x?xf32>
}

// CHECK-LABEL: func @reshape
// CHECK-SAME: (%[[X:.*]]: tensor<?x4x8xf32>, %[[S:.*]]: tensor<2xi64>, %[[Z:.*]]: tensor<0x?xf32>)
func.func @reshape(%x: tensor<?x4x8xf32>, %s: tensor<2xi64>, %z: tensor<0x?xf32>)
    -> (tensor<?x32xf32>, tensor<?x4x8xf32>, tensor<0x?xf32>) {
  // CHECK-DAG: %[[C:.*]] = arith.constant dense<[-1, 32]> : tensor<2xi64>
  // CHECK-DAG: %[[R:.*]] = nn.reshape %[[X]], %[[C]] : tensor<?x4x8xf32>, tensor<2xi64> -> tensor<?x32xf32>
  // CHECK-DAG: %[[E:.*]] = nn.reshape %[[Z]]
  // CHECK: return %[[R]], %[[X]], %[[E]]
  %shape = arith.constant dense<[-1, 16]> : tensor<2xi64>
  %0 = nn.reshape %x, %shape : tensor<?x4x8xf32>, tensor<2xi64> -> tensor<?x16xf32>
  %1 = nn.reshape %0, %s : tensor<?x16xf32>, tensor<2xi64> -> tensor<?x32xf32>
  %same = arith.constant dense<[-1, 4, 8]> : tensor<3xi64>
  %2 = nn.reshape %x, %same : tensor<?x4x8xf32>, tensor<3xi64> -> tensor<?x4x8xf32>
  %3 = nn.reshape %z, %s : tensor<0x?xf32>, tensor<2xi64> -> tensor<0x?xf32>
  return %1, %2, %3 : tensor<?x32xf32>, tensor<?x4x8xf32>, tensor<0x?xf32>
}

// CHECK-LABEL: @shift_by_nothing(
// CHECK-NEXT: return %arg0
func.func @shift_by_nothing(%x: tensor<?x4xi32>) -> tensor<?x4xi32> {
  %s = arith.constant dense<0> : tensor<4xi32>
  %0 = nn.binary shr %x, %s : tensor<?x4xi32>, tensor<4xi32> -> tensor<?x4xi32>
  return %0 : tensor<?x4xi32>
}

// The infinity that every value is on the same side of.
// CHECK-LABEL: func @infinite_limits
// CHECK-NEXT: return %arg0
func.func @infinite_limits(%x: tensor<4xf32>) -> tensor<4xf32> {
  %low = arith.constant dense<0xFF800000> : tensor<f32>
  %high = arith.constant dense<0x7F800000> : tensor<f32>
  %0 = nn.binary max %low, %x : tensor<f32>, tensor<4xf32> -> tensor<4xf32>
  %1 = nn.binary min %0, %high : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  return %1 : tensor<4xf32>
}
