// RUN: quant-opt %s -qt-integerize | FileCheck %s
// RUN: quant-opt %s -qt-integerize -qt-split -qt-verify-integer-only -qt-verify-ranges

// What is not chosen may be all that is large in a row: both sides keep an exponent for each element until then.
// CHECK-LABEL: func @select
// CHECK: nn.unary exp {{.*}} {qt.element_exponents}
// CHECK: nn.binary sub {{.*}} {qt.element_exponents}
// CHECK: nn.select {{.*}} {qt.element_exponents} : {{.*}} -> tensor<?x4x!qt.block<[1, 1], s31, scale = exp<32>>>
func.func @select(%x: tensor<?x4xf32>, %i: tensor<?x4xi1>) -> tensor<?x4xf32> {
  %one = arith.constant dense<1.0> : tensor<f32>
  %e = nn.unary exp %x : tensor<?x4xf32>
  %d = nn.binary sub %e, %one : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  %r = nn.select %i, %x, %d : tensor<?x4xi1>, tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}

// CHECK-LABEL: func @bounds
// CHECK: nn.binary div {{.*}} {qt.element_exponents}
// CHECK: nn.binary min {{.*}} {qt.element_exponents}
// CHECK: nn.binary pow {{.*}} {qt.element_exponents}
// CHECK: nn.clip {{.*}} {qt.element_exponents}
func.func @bounds(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %four = arith.constant dense<4.0> : tensor<f32>
  %q = nn.binary div %x, %y : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %m = nn.binary min %q, %four : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  %p = nn.binary pow %x, %four : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  %c = nn.clip %p min 0.0 max 2.0 : tensor<?x4xf32>
  return %m, %c : tensor<?x4xf32>, tensor<?x4xf32>
}

// Choices of what has all its bits on the exponent of its row do not.
// CHECK-LABEL: func @rows
// CHECK-NOT: qt.element_exponents
func.func @rows(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>, %i: tensor<?x4xi1>) -> tensor<?x4xf32> {
  %s = nn.unary sigmoid %x : tensor<?x4xf32>
  %p = nn.binary mul %s, %y : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %r = nn.select %i, %p, %s : tensor<?x4xi1>, tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %m = nn.binary max %r, %s : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  return %m : tensor<?x4xf32>
}

// They do where a logarithm shows them, and so does all between it and a sigmoid.
// CHECK-LABEL: func @shown
// CHECK: nn.unary sigmoid {{.*}} {qt.element_exponents}
// CHECK: nn.binary mul {{.*}} {qt.element_exponents}
// CHECK: nn.select {{.*}} {qt.element_exponents}
// CHECK: nn.binary max {{.*}} {qt.element_exponents}
// CHECK: nn.clip {{.*}} {qt.element_exponents}
func.func @shown(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>, %i: tensor<?x4xi1>) -> tensor<?x4xf32> {
  %s = nn.unary sigmoid %x : tensor<?x4xf32>
  %p = nn.binary mul %s, %y : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %r = nn.select %i, %p, %s : tensor<?x4xi1>, tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %m = nn.binary max %r, %s : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %c = nn.clip %m min 1.0e-7 max 1.0 : tensor<?x4xf32>
  %l = nn.unary log %c : tensor<?x4xf32>
  return %l : tensor<?x4xf32>
}

// An extreme that is compared is one of its operands: rounded with no other exponent than that of its row.
// CHECK-LABEL: func @compared
// CHECK: nn.binary max {{.*}} {qt.element_exponents}
// CHECK: nn.binary max {{.*}} {qt.element_exponents} : {{.*}} -> tensor<?x4x!qt.block<[1, 1], s31, scale = exp<32>>>
// CHECK: nn.binary min {{[^{]*$}}
// CHECK: nn.compare eq {{.*}} : tensor<?x4x1x!qt.block<[1, 1, 1], s31, scale = exp<32>>>, tensor<?x4x1x!qt.block<[1, 1, 1], s31, scale = exp<32>>>
func.func @compared(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>, %z: tensor<?x4xf32>, %to: tensor<3xi64>) -> (tensor<?x4x1xi1>, tensor<?x4xf32>) {
  %xy = nn.binary max %x, %y : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %m = nn.binary max %xy, %z : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %n = nn.binary min %x, %y : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %xs = nn.reshape %x, %to : tensor<?x4xf32>, tensor<3xi64> -> tensor<?x4x1xf32>
  %ms = nn.reshape %m, %to : tensor<?x4xf32>, tensor<3xi64> -> tensor<?x4x1xf32>
  %e = nn.compare eq %xs, %ms : tensor<?x4x1xf32>, tensor<?x4x1xf32> -> tensor<?x4x1xi1>
  %end = nn.unary tanh %n : tensor<?x4xf32>
  return %e, %end : tensor<?x4x1xi1>, tensor<?x4xf32>
}

// So does a maximum of windows, beside results of 31 bits.
// CHECK-LABEL: func @peaks
// CHECK: nn.pool max {{.*}} {qt.all_bits} : tensor<1x6x6x4x!qt.block<[1, ?, ?, ?], s31, scale = exp<32>>>
// CHECK: nn.compare eq {{.*}}s31{{.*}}s31
// CHECK: nn.pool max {{.*}} : tensor<1x6x6x4x!qt.block<[1, ?, ?, ?], s16, scale = exp<8>>>
func.func @peaks(%x: tensor<1x6x6x4xf32>, %w: tensor<1x6x6x4xf32>) -> (tensor<1x6x6x4xi1>, tensor<1x6x6x4xf32>) {
  %h = nn.binary mul %x, %w : tensor<1x6x6x4xf32>, tensor<1x6x6x4xf32> -> tensor<1x6x6x4xf32>
  %m = nn.pool max %h kernel [3, 3] strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1] : tensor<1x6x6x4xf32> -> tensor<1x6x6x4xf32>
  %e = nn.compare eq %h, %m : tensor<1x6x6x4xf32>, tensor<1x6x6x4xf32> -> tensor<1x6x6x4xi1>
  %n = nn.pool max %h kernel [1, 3] strides [1, 1] dilations [1, 1] pads [0, 1, 0, 1] : tensor<1x6x6x4xf32> -> tensor<1x6x6x4xf32>
  return %e, %n : tensor<1x6x6x4xi1>, tensor<1x6x6x4xf32>
}

// A comparison shows what is small, but not where it asks for NaN and infinities.
// CHECK-LABEL: func @conditions
// CHECK: nn.unary exp %{{.*}} {qt.element_exponents}
// CHECK: nn.compare gt {{.*}}!qt.block<[1, 1], s31
// CHECK: nn.unary exp %{{[^{]*$}}
// CHECK: nn.compare ne
// CHECK: nn.compare eq
func.func @conditions(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> (tensor<?x4xi1>, tensor<?x4xi1>, tensor<?x4xi1>) {
  %zero = arith.constant dense<0.0> : tensor<f32>
  %inf = arith.constant dense<0x7F800000> : tensor<f32>
  %0 = nn.unary exp %x : tensor<?x4xf32>
  %1 = nn.compare gt %0, %zero : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xi1>
  %2 = nn.unary exp %y : tensor<?x4xf32>
  %3 = nn.compare ne %2, %2 : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xi1>
  %4 = nn.compare eq %2, %inf : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xi1>
  return %1, %3, %4 : tensor<?x4xi1>, tensor<?x4xi1>, tensor<?x4xi1>
}

// The largest of a row is compared with the very integers that it has been found in, whatever exponents these had.
// CHECK-LABEL: func @largest
// CHECK: %[[S:.*]] = nn.reduce sum {{.*}} -> tensor<?x6x!qt.block<[1, 1], s32, scale = exp<32>>>
// CHECK: %[[R:.*]] = qt.rescale half_up %[[S]] {{.*}} -> tensor<?x6x!qt.block<[1, ?], s31, scale = exp<32>>>
// CHECK: %[[M:.*]] = nn.reduce max %[[R]]
// CHECK: nn.compare lt %[[R]], %[[M]]
func.func @largest(%x: tensor<?x6x4xf32>, %y: tensor<?x6x4xf32>) -> tensor<?x6xi1> {
  %0 = nn.binary sub %x, %y : tensor<?x6x4xf32>, tensor<?x6x4xf32> -> tensor<?x6x4xf32>
  %1 = nn.binary mul %0, %0 : tensor<?x6x4xf32>, tensor<?x6x4xf32> -> tensor<?x6x4xf32>
  %2 = nn.reduce sum %1 axes [2] : tensor<?x6x4xf32> -> tensor<?x6xf32>
  %3 = nn.reduce max %2 axes [1] keepdims : tensor<?x6xf32> -> tensor<?x1xf32>
  %4 = nn.compare lt %2, %3 : tensor<?x6xf32>, tensor<?x1xf32> -> tensor<?x6xi1>
  return %4 : tensor<?x6xi1>
}
