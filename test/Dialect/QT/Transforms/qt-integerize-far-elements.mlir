// RUN: quant-opt %s -qt-integerize | FileCheck %s
// RUN: quant-opt %s -qt-integerize -qt-split -qt-verify-integer-only -qt-verify-ranges

// A divisor for each element of a row: sums and products of exponentials keep an exponent for each element on the way.
// CHECK-LABEL: func @means
// CHECK-COUNT-2: nn.unary exp {{.*}} {qt.element_exponents}
// CHECK: nn.binary mul {{.*}} {qt.element_exponents} : {{.*}} -> tensor<?x4x!qt.block<[1, 1], s31, scale = exp<32>>>
// CHECK: nn.binary add {{.*}} {qt.element_exponents} : {{.*}} -> tensor<?x4x!qt.block<[1, 1], s32, scale = exp<32>>>
// CHECK: nn.binary div {{.*}} {qt.element_exponents}
func.func @means(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>, %v: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %e = nn.unary exp %x : tensor<?x4xf32>
  %f = nn.unary exp %y : tensor<?x4xf32>
  %p = nn.binary mul %e, %v : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %s = nn.binary add %e, %f : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %r = nn.binary div %p, %s : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}

// One divisor for a row shows nothing of what is small in it, and neither does one that is no exponential, nor of inputs.
// CHECK-LABEL: func @rows
// CHECK-NOT: qt.element_exponents
func.func @rows(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %e = nn.unary exp %x : tensor<?x4xf32>
  %s = nn.reduce sum %e axes [1] keepdims : tensor<?x4xf32> -> tensor<?x1xf32>
  %r = nn.binary div %e, %s : tensor<?x4xf32>, tensor<?x1xf32> -> tensor<?x4xf32>
  %u = nn.unary tanh %y : tensor<?x4xf32>
  %t = nn.unary abs %u : tensor<?x4xf32>
  %q = nn.binary div %u, %t : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %end = nn.unary tanh %q : tensor<?x4xf32>
  return %r, %end : tensor<?x4xf32>, tensor<?x4xf32>
}

// A sum over another axis than rows has the exponents of what it sums alone.
// CHECK-LABEL: func @columns
// CHECK: nn.unary exp {{.*}} {qt.element_exponents}
// CHECK: nn.reduce sum {{.*}} axes [1] {qt.element_exponents} : tensor<?x6x4x!qt.block<[1, ?, 1], s16, scale = exp<8>>> -> tensor<?x4x!qt.block<[1, 1], s32, scale = exp<32>>>
// CHECK: nn.unary log
func.func @columns(%x: tensor<?x6x4xf32>) -> tensor<?x4xf32> {
  %e = nn.unary exp %x : tensor<?x6x4xf32>
  %s = nn.reduce sum %e axes [1] : tensor<?x6x4xf32> -> tensor<?x4xf32>
  %l = nn.unary log %s : tensor<?x4xf32>
  return %l : tensor<?x4xf32>
}

// A sum over rows shows their largest, and has an exponent of its own.
// CHECK-LABEL: func @whole
// CHECK-NOT: qt.element_exponents
func.func @whole(%x: tensor<?x6x4xf32>) -> tensor<?x6x1xf32> {
  %e = nn.unary exp %x : tensor<?x6x4xf32>
  %s = nn.reduce sum %e axes [2] keepdims : tensor<?x6x4xf32> -> tensor<?x6x1xf32>
  %l = nn.unary log %s : tensor<?x6x1xf32>
  return %l : tensor<?x6x1xf32>
}

// A product whose rows are the columns of a softmax; not one whose rows are its own.
// CHECK-LABEL: func @turned
// CHECK: nn.softmax {{.*}}, qt.element_exponents} : tensor<?x6x4x!qt.block<[1, 1, 1], s16, scale = exp<8>>>
// CHECK: nn.softmax %{{[^,]*}} {axis = 2 : i64} : tensor<?x6x4x!qt.block<[1, 1, ?], s16, scale = exp<8>>>
func.func @turned(%x: tensor<?x6x4xf32>, %v: tensor<?x5x6xf32>, %w: tensor<?x5x4xf32>) -> (tensor<?x4x5xf32>, tensor<?x6x5xf32>) {
  %s = nn.softmax %x {axis = 2 : i64} : tensor<?x6x4xf32>
  %t = nn.transpose %s perm [0, 2, 1] : tensor<?x6x4xf32> -> tensor<?x4x6xf32>
  %m = nn.matmul %t, %v : tensor<?x4x6xf32>, tensor<?x5x6xf32> -> tensor<?x4x5xf32>
  %o = nn.softmax %x {axis = 2 : i64} : tensor<?x6x4xf32>
  %n = nn.matmul %o, %w : tensor<?x6x4xf32>, tensor<?x5x4xf32> -> tensor<?x6x5xf32>
  return %m, %n : tensor<?x4x5xf32>, tensor<?x6x5xf32>
}

// Also where other shapes lie between.
// CHECK-LABEL: func @views
// CHECK: nn.softmax {{.*}}, qt.element_exponents} : tensor<?x6x4x!qt.block<[1, 1, 1], s16, scale = exp<8>>>
// CHECK: nn.reshape
// CHECK: nn.matmul
func.func @views(%x: tensor<?x6x4xf32>, %v: tensor<?x2x5x6xf32>) -> tensor<?x2x2x5xf32> {
  %shape = arith.constant dense<[-1, 2, 2, 6]> : tensor<4xi64>
  %s = nn.softmax %x {axis = 2 : i64} : tensor<?x6x4xf32>
  %t = nn.transpose %s perm [0, 2, 1] : tensor<?x6x4xf32> -> tensor<?x4x6xf32>
  %r = nn.reshape %t, %shape : tensor<?x4x6xf32>, tensor<4xi64> -> tensor<?x2x2x6xf32>
  %m = nn.matmul %r, %v : tensor<?x2x2x6xf32>, tensor<?x2x5x6xf32> -> tensor<?x2x2x5xf32>
  return %m : tensor<?x2x2x5xf32>
}

// Columns that are divided by what is found in them may have units of their own: what leads there keeps exponents.
// CHECK-LABEL: func @standardised
// CHECK: nn.reduce mean {{.*}} axes [1] keepdims {qt.all_bits, qt.element_exponents} : tensor<?x6x4x!qt.block<[1, ?, 1], s31, scale = exp<32>>>
// CHECK: nn.binary sub {{.*}} {qt.element_exponents} : {{.*}} -> tensor<?x6x4x!qt.block<[1, 1, 1], s32, scale = exp<32>>>
// CHECK: nn.binary mul {{.*}} {qt.element_exponents} : {{.*}} -> tensor<?x6x4x!qt.block<[1, 1, 1], s31, scale = exp<32>>>
// CHECK: nn.reduce mean {{.*}} {qt.all_bits, qt.element_exponents} : tensor<?x6x4x!qt.block<[1, ?, 1], s31, scale = exp<32>>>
// CHECK: nn.binary add {{.*}} {qt.element_exponents}
// CHECK: nn.unary sqrt {{.*}} {qt.element_exponents}
// CHECK: nn.binary div {{.*}} {qt.element_exponents}
func.func @standardised(%x: tensor<?x6x4xf32>, %y: tensor<?x6x4xf32>) -> tensor<?x6x4xf32> {
  %c = arith.constant dense<1.0e-5> : tensor<f32>
  %h = nn.binary add %x, %y : tensor<?x6x4xf32>, tensor<?x6x4xf32> -> tensor<?x6x4xf32>
  %m = nn.reduce mean %h axes [1] keepdims : tensor<?x6x4xf32> -> tensor<?x1x4xf32>
  %d = nn.binary sub %h, %m : tensor<?x6x4xf32>, tensor<?x1x4xf32> -> tensor<?x6x4xf32>
  %q = nn.binary mul %d, %d : tensor<?x6x4xf32>, tensor<?x6x4xf32> -> tensor<?x6x4xf32>
  %v = nn.reduce mean %q axes [1] keepdims : tensor<?x6x4xf32> -> tensor<?x1x4xf32>
  %e = nn.binary add %v, %c : tensor<?x1x4xf32>, tensor<f32> -> tensor<?x1x4xf32>
  %s = nn.unary sqrt %e : tensor<?x1x4xf32>
  %r = nn.binary div %d, %s : tensor<?x6x4xf32>, tensor<?x1x4xf32> -> tensor<?x6x4xf32>
  return %r : tensor<?x6x4xf32>
}

// The squares of columns, and a factor that is what one divides by, scaled.
// CHECK-LABEL: func @by_inverse
// CHECK: nn.binary mul {{.*}} {qt.element_exponents} : {{.*}} -> tensor<?x6x4x!qt.block<[1, 1, 1], s31, scale = exp<32>>>
// CHECK: nn.reduce sum {{.*}} {qt.all_bits, qt.element_exponents}
// CHECK: nn.unary rsqrt {{.*}} {qt.element_exponents}
// CHECK-COUNT-2: nn.binary mul {{.*}} {qt.element_exponents}
func.func @by_inverse(%x: tensor<?x6x4xf32>) -> tensor<?x6x4xf32> {
  %c = arith.constant dense<[1.0, 2.0, 0.5, 3.0]> : tensor<4xf32>
  %q = nn.binary mul %x, %x : tensor<?x6x4xf32>, tensor<?x6x4xf32> -> tensor<?x6x4xf32>
  %v = nn.reduce sum %q axes [1] keepdims : tensor<?x6x4xf32> -> tensor<?x1x4xf32>
  %s = nn.unary rsqrt %v : tensor<?x1x4xf32>
  %g = nn.binary mul %s, %c : tensor<?x1x4xf32>, tensor<4xf32> -> tensor<?x1x4xf32>
  %r = nn.binary mul %x, %g : tensor<?x6x4xf32>, tensor<?x1x4xf32> -> tensor<?x6x4xf32>
  return %r : tensor<?x6x4xf32>
}

// What is divided by an input for each element; not a mean of positions by how many there are, which is one for all columns.
// CHECK-LABEL: func @by_inputs
// CHECK: nn.binary div {{.*}} {qt.element_exponents}
// CHECK-NOT: qt.element_exponents
func.func @by_inputs(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>, %mask: tensor<?x6x1xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %shape = arith.constant dense<[1, 6, 4]> : tensor<3xi64>
  %d = nn.binary sub %x, %y : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %r = nn.binary div %d, %y : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %t = nn.unary tanh %mask : tensor<?x6x1xf32>
  %e = nn.expand %t, %shape : tensor<?x6x1xf32>, tensor<3xi64> -> tensor<?x6x4xf32>
  %n = nn.reduce sum %e axes [1] : tensor<?x6x4xf32> -> tensor<?x4xf32>
  %q = nn.binary div %x, %n : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %end = nn.unary tanh %q : tensor<?x4xf32>
  return %r, %end : tensor<?x4xf32>, tensor<?x4xf32>
}
