// RUN: quant-opt %s -nn-recompose=explain -split-input-file 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < %t

// Half of the features turned, as a whole.
// CHECK-LABEL: @halves(
// CHECK-SAME: %[[X:.*]]: tensor<1x2x3x8xf32>, %[[C:.*]]: tensor<3x8xf32>, %[[S:.*]]: tensor<3x8xf32>
// CHECK: nn.rotary %[[X]], %[[C]], %[[S]] : tensor<1x2x3x8xf32>
// CHECK-NEXT: return
// REMARK: found rotary embedding
func.func @halves(%x: tensor<1x2x3x8xf32>, %c: tensor<3x8xf32>, %s: tensor<3x8xf32>) -> tensor<1x2x3x8xf32> {
  %axis = arith.constant dense<3> : tensor<1xi64>
  %zero = arith.constant dense<0> : tensor<1xi64>
  %one = arith.constant dense<1> : tensor<1xi64>
  %two = arith.constant dense<2> : tensor<1xi64>
  %four = arith.constant dense<4> : tensor<1xi64>
  %end = arith.constant dense<9223372036854775807> : tensor<1xi64>
  %a = nn.slice %x, %zero, %four, %axis, %one : tensor<1x2x3x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<1x2x3x4xf32>
  %b = nn.slice %x, %four, %end, %axis, %one : tensor<1x2x3x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<1x2x3x4xf32>
  %n = nn.unary neg %b : tensor<1x2x3x4xf32>
  %t = nn.concat %n, %a {axis = 3 : i64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x8xf32>
  %0 = nn.binary mul %x, %c : tensor<1x2x3x8xf32>, tensor<3x8xf32> -> tensor<1x2x3x8xf32>
  %1 = nn.binary mul %t, %s : tensor<1x2x3x8xf32>, tensor<3x8xf32> -> tensor<1x2x3x8xf32>
  %2 = nn.binary add %0, %1 : tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32> -> tensor<1x2x3x8xf32>
  return %2 : tensor<1x2x3x8xf32>
}

// -----

// Neighbours turned, joined feature by feature.
// CHECK-LABEL: @neighbours(
// CHECK: nn.rotary %{{.*}} {interleaved} : tensor<1x2x3x8xf32>
// CHECK-NEXT: return
func.func @neighbours(%x: tensor<1x2x3x8xf32>, %c: tensor<3x8xf32>, %s: tensor<3x8xf32>) -> tensor<1x2x3x8xf32> {
  %axis = arith.constant dense<3> : tensor<1xi64>
  %zero = arith.constant dense<0> : tensor<1xi64>
  %one = arith.constant dense<1> : tensor<1xi64>
  %two = arith.constant dense<2> : tensor<1xi64>
  %four = arith.constant dense<4> : tensor<1xi64>
  %end = arith.constant dense<9223372036854775807> : tensor<1xi64>
  %a = nn.slice %x, %zero, %end, %axis, %two : tensor<1x2x3x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<1x2x3x4xf32>
  %b = nn.slice %x, %one, %end, %axis, %two : tensor<1x2x3x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<1x2x3x4xf32>
  %n = nn.unary neg %b : tensor<1x2x3x4xf32>
  %col = arith.constant dense<[1, 2, 3, 4, 1]> : tensor<5xi64>
  %whole = arith.constant dense<[1, 2, 3, 8]> : tensor<4xi64>
  %l = nn.reshape %n, %col : tensor<1x2x3x4xf32>, tensor<5xi64> -> tensor<1x2x3x4x1xf32>
  %r = nn.reshape %a, %col : tensor<1x2x3x4xf32>, tensor<5xi64> -> tensor<1x2x3x4x1xf32>
  %j = nn.concat %l, %r {axis = 4 : i64} : tensor<1x2x3x4x1xf32>, tensor<1x2x3x4x1xf32> -> tensor<1x2x3x4x2xf32>
  %t = nn.reshape %j, %whole : tensor<1x2x3x4x2xf32>, tensor<4xi64> -> tensor<1x2x3x8xf32>
  %0 = nn.binary mul %x, %c : tensor<1x2x3x8xf32>, tensor<3x8xf32> -> tensor<1x2x3x8xf32>
  %1 = nn.binary mul %t, %s : tensor<1x2x3x8xf32>, tensor<3x8xf32> -> tensor<1x2x3x8xf32>
  %2 = nn.binary add %0, %1 : tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32> -> tensor<1x2x3x8xf32>
  return %2 : tensor<1x2x3x8xf32>
}

// -----

// The members of a pair, each by itself; angles for half of the features.
// CHECK-LABEL: @members(
// CHECK-DAG: %[[C:.*]] = nn.concat %arg1, %arg1 {axis = 1 : i64}
// CHECK-DAG: %[[S:.*]] = nn.concat %arg2, %arg2 {axis = 1 : i64}
// CHECK: nn.rotary %arg0, %[[C]], %[[S]] : tensor<1x2x3x8xf32>
func.func @members(%x: tensor<1x2x3x8xf32>, %c: tensor<3x4xf32>, %s: tensor<3x4xf32>) -> tensor<1x2x3x8xf32> {
  %axis = arith.constant dense<3> : tensor<1xi64>
  %zero = arith.constant dense<0> : tensor<1xi64>
  %one = arith.constant dense<1> : tensor<1xi64>
  %two = arith.constant dense<2> : tensor<1xi64>
  %four = arith.constant dense<4> : tensor<1xi64>
  %end = arith.constant dense<9223372036854775807> : tensor<1xi64>
  %a = nn.slice %x, %zero, %four, %axis, %one : tensor<1x2x3x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<1x2x3x4xf32>
  %b = nn.slice %x, %four, %end, %axis, %one : tensor<1x2x3x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<1x2x3x4xf32>
  %ac = nn.binary mul %a, %c : tensor<1x2x3x4xf32>, tensor<3x4xf32> -> tensor<1x2x3x4xf32>
  %bs = nn.binary mul %s, %b : tensor<3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  %bc = nn.binary mul %b, %c : tensor<1x2x3x4xf32>, tensor<3x4xf32> -> tensor<1x2x3x4xf32>
  %as = nn.binary mul %a, %s : tensor<1x2x3x4xf32>, tensor<3x4xf32> -> tensor<1x2x3x4xf32>
  %left = nn.binary sub %ac, %bs : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  %right = nn.binary add %as, %bc : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  %y = nn.concat %left, %right {axis = 3 : i64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x8xf32>
  return %y : tensor<1x2x3x8xf32>
}

// -----

// CHECK-LABEL: @member_neighbours(
// CHECK: nn.rotary %arg0, %{{.*}}, %{{.*}} {interleaved} : tensor<1x2x3x8xf32>
func.func @member_neighbours(%x: tensor<1x2x3x8xf32>, %c: tensor<3x4xf32>, %s: tensor<3x4xf32>) -> tensor<1x2x3x8xf32> {
  %axis = arith.constant dense<3> : tensor<1xi64>
  %zero = arith.constant dense<0> : tensor<1xi64>
  %one = arith.constant dense<1> : tensor<1xi64>
  %two = arith.constant dense<2> : tensor<1xi64>
  %four = arith.constant dense<4> : tensor<1xi64>
  %end = arith.constant dense<9223372036854775807> : tensor<1xi64>
  %a = nn.slice %x, %zero, %end, %axis, %two : tensor<1x2x3x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<1x2x3x4xf32>
  %b = nn.slice %x, %one, %end, %axis, %two : tensor<1x2x3x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<1x2x3x4xf32>
  %ac = nn.binary mul %a, %c : tensor<1x2x3x4xf32>, tensor<3x4xf32> -> tensor<1x2x3x4xf32>
  %bs = nn.binary mul %s, %b : tensor<3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  %bc = nn.binary mul %b, %c : tensor<1x2x3x4xf32>, tensor<3x4xf32> -> tensor<1x2x3x4xf32>
  %as = nn.binary mul %a, %s : tensor<1x2x3x4xf32>, tensor<3x4xf32> -> tensor<1x2x3x4xf32>
  %left = nn.binary sub %ac, %bs : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  %right = nn.binary add %as, %bc : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  %col = arith.constant dense<[1, 2, 3, 4, 1]> : tensor<5xi64>
  %whole = arith.constant dense<[1, 2, 3, 8]> : tensor<4xi64>
  %l = nn.reshape %left, %col : tensor<1x2x3x4xf32>, tensor<5xi64> -> tensor<1x2x3x4x1xf32>
  %r = nn.reshape %right, %col : tensor<1x2x3x4xf32>, tensor<5xi64> -> tensor<1x2x3x4x1xf32>
  %j = nn.concat %l, %r {axis = 4 : i64} : tensor<1x2x3x4x1xf32>, tensor<1x2x3x4x1xf32> -> tensor<1x2x3x4x2xf32>
  %y = nn.reshape %j, %whole : tensor<1x2x3x4x2xf32>, tensor<4xi64> -> tensor<1x2x3x8xf32>
  return %y : tensor<1x2x3x8xf32>
}

// -----

// Near misses: the other half is negated,
// CHECK-LABEL: @backwards(
// CHECK-NOT: nn.rotary
func.func @backwards(%x: tensor<1x2x3x8xf32>, %c: tensor<3x8xf32>, %s: tensor<3x8xf32>) -> tensor<1x2x3x8xf32> {
  %axis = arith.constant dense<3> : tensor<1xi64>
  %zero = arith.constant dense<0> : tensor<1xi64>
  %one = arith.constant dense<1> : tensor<1xi64>
  %two = arith.constant dense<2> : tensor<1xi64>
  %four = arith.constant dense<4> : tensor<1xi64>
  %end = arith.constant dense<9223372036854775807> : tensor<1xi64>
  %a = nn.slice %x, %zero, %four, %axis, %one : tensor<1x2x3x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<1x2x3x4xf32>
  %b = nn.slice %x, %four, %end, %axis, %one : tensor<1x2x3x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<1x2x3x4xf32>
  %n = nn.unary neg %a : tensor<1x2x3x4xf32>
  %t = nn.concat %b, %n {axis = 3 : i64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x8xf32>
  %0 = nn.binary mul %x, %c : tensor<1x2x3x8xf32>, tensor<3x8xf32> -> tensor<1x2x3x8xf32>
  %1 = nn.binary mul %t, %s : tensor<1x2x3x8xf32>, tensor<3x8xf32> -> tensor<1x2x3x8xf32>
  %2 = nn.binary add %0, %1 : tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32> -> tensor<1x2x3x8xf32>
  return %2 : tensor<1x2x3x8xf32>
}

// -----

// neighbours are turned but joined as halves,
// CHECK-LABEL: @mixed(
// CHECK-NOT: nn.rotary
func.func @mixed(%x: tensor<1x2x3x8xf32>, %c: tensor<3x8xf32>, %s: tensor<3x8xf32>) -> tensor<1x2x3x8xf32> {
  %axis = arith.constant dense<3> : tensor<1xi64>
  %zero = arith.constant dense<0> : tensor<1xi64>
  %one = arith.constant dense<1> : tensor<1xi64>
  %two = arith.constant dense<2> : tensor<1xi64>
  %four = arith.constant dense<4> : tensor<1xi64>
  %end = arith.constant dense<9223372036854775807> : tensor<1xi64>
  %a = nn.slice %x, %zero, %end, %axis, %two : tensor<1x2x3x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<1x2x3x4xf32>
  %b = nn.slice %x, %one, %end, %axis, %two : tensor<1x2x3x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<1x2x3x4xf32>
  %n = nn.unary neg %b : tensor<1x2x3x4xf32>
  %t = nn.concat %n, %a {axis = 3 : i64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x8xf32>
  %0 = nn.binary mul %x, %c : tensor<1x2x3x8xf32>, tensor<3x8xf32> -> tensor<1x2x3x8xf32>
  %1 = nn.binary mul %t, %s : tensor<1x2x3x8xf32>, tensor<3x8xf32> -> tensor<1x2x3x8xf32>
  %2 = nn.binary add %0, %1 : tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32> -> tensor<1x2x3x8xf32>
  return %2 : tensor<1x2x3x8xf32>
}

// -----

// and another tensor is turned than stays.
// CHECK-LABEL: @two_tensors(
// CHECK-NOT: nn.rotary
// REMARK: not a rotary embedding: what is turned is not what stays
func.func @two_tensors(%x: tensor<1x2x3x8xf32>, %c: tensor<3x8xf32>, %s: tensor<3x8xf32>) -> tensor<1x2x3x8xf32> {
  %axis = arith.constant dense<3> : tensor<1xi64>
  %zero = arith.constant dense<0> : tensor<1xi64>
  %one = arith.constant dense<1> : tensor<1xi64>
  %two = arith.constant dense<2> : tensor<1xi64>
  %four = arith.constant dense<4> : tensor<1xi64>
  %end = arith.constant dense<9223372036854775807> : tensor<1xi64>
  %a = nn.slice %x, %zero, %four, %axis, %one : tensor<1x2x3x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<1x2x3x4xf32>
  %b = nn.slice %x, %four, %end, %axis, %one : tensor<1x2x3x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<1x2x3x4xf32>
  %n = nn.unary neg %b : tensor<1x2x3x4xf32>
  %t = nn.concat %n, %a {axis = 3 : i64} : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x8xf32>
  %x2 = nn.unary abs %x : tensor<1x2x3x8xf32>
  %0 = nn.binary mul %x2, %c : tensor<1x2x3x8xf32>, tensor<3x8xf32> -> tensor<1x2x3x8xf32>
  %1 = nn.binary mul %t, %s : tensor<1x2x3x8xf32>, tensor<3x8xf32> -> tensor<1x2x3x8xf32>
  %2 = nn.binary add %0, %1 : tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32> -> tensor<1x2x3x8xf32>
  return %2 : tensor<1x2x3x8xf32>
}
