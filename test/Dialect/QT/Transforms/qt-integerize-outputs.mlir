// RUN: quant-opt %s -qt-integerize | FileCheck %s
// RUN: quant-opt %s -qt-integerize -qt-split -qt-verify-integer-only -qt-verify-ranges

// What brings the columns of an output apart, and what follows, keeps an exponent for each element.
// CHECK-LABEL: func @scaled
// CHECK: nn.binary mul {{.*}} {qt.element_exponents} : {{.*}} -> tensor<?x3x!qt.block<[1, 1], s31, scale = exp<32>>>
// CHECK: nn.binary add {{.*}} {qt.element_exponents} : {{.*}} -> tensor<?x3x!qt.block<[1, 1], s32, scale = exp<32>>>
func.func @scaled(%x: tensor<?x3xf32>) -> tensor<?x3xf32> {
  %deviation = arith.constant dense<[1.0e-3, 1.0, 1.0e3]> : tensor<3xf32>
  %mean = arith.constant dense<[1.0e-3, 2.0, 1.0e4]> : tensor<3xf32>
  %0 = nn.unary tanh %x : tensor<?x3xf32>
  %1 = nn.binary mul %0, %deviation : tensor<?x3xf32>, tensor<3xf32> -> tensor<?x3xf32>
  %2 = nn.binary add %1, %mean : tensor<?x3xf32>, tensor<3xf32> -> tensor<?x3xf32>
  return %2 : tensor<?x3xf32>
}

// Not what is close together, nor what something else than an output reads.
// CHECK-LABEL: func @rows
// CHECK-NOT: qt.element_exponents
func.func @rows(%x: tensor<?x3xf32>) -> (tensor<?x3xf32>, tensor<?x3xf32>) {
  %near = arith.constant dense<[1.0, 2.0, 200.0]> : tensor<3xf32>
  %far = arith.constant dense<[1.0e-3, 1.0, 1.0e3]> : tensor<3xf32>
  %0 = nn.unary tanh %x : tensor<?x3xf32>
  %1 = nn.binary mul %0, %near : tensor<?x3xf32>, tensor<3xf32> -> tensor<?x3xf32>
  %2 = nn.binary mul %0, %far : tensor<?x3xf32>, tensor<3xf32> -> tensor<?x3xf32>
  %3 = nn.softmax %2 {axis = 1 : i64} : tensor<?x3xf32>
  return %1, %3 : tensor<?x3xf32>, tensor<?x3xf32>
}

// What an output is put together from has units of its own, and so has an exponential, but no softmax that is written out.
// CHECK-LABEL: func @joined
// CHECK: nn.unary exp {{.*}} {qt.element_exponents}
// CHECK: nn.concat {{.*}} qt.element_exponents}
// CHECK: nn.unary exp %{{[^{]*$}}
// CHECK-NOT: qt.element_exponents
func.func @joined(%x: tensor<?x3xf32>, %y: tensor<?x3xf32>) -> (tensor<?x6xf32>, tensor<?x3xf32>) {
  %0 = nn.unary exp %x : tensor<?x3xf32>
  %1 = nn.unary tanh %x : tensor<?x3xf32>
  %2 = nn.concat %0, %1 {axis = 1 : i64} : tensor<?x3xf32>, tensor<?x3xf32> -> tensor<?x6xf32>
  %3 = nn.unary exp %y : tensor<?x3xf32>
  %4 = nn.reduce sum %3 axes [1] keepdims : tensor<?x3xf32> -> tensor<?x1xf32>
  %5 = nn.binary div %3, %4 : tensor<?x3xf32>, tensor<?x1xf32> -> tensor<?x3xf32>
  return %2, %5 : tensor<?x6xf32>, tensor<?x3xf32>
}

// An input that an output is computed with has its units there; in a sum farther away it has not.
// CHECK-LABEL: func @state
// CHECK: qt.quantize %arg0 {{.*}} -> tensor<?x3x!qt.block<[1, 1], s31, scale = exp<32>>>
// CHECK: nn.binary add {{.*}} {qt.element_exponents}
// CHECK: nn.binary add %{{[^{]*$}}
func.func @state(%x: tensor<?x3xf32>, %y: tensor<?x3xf32>) -> (tensor<?x3xf32>, tensor<?x3xf32>) {
  %0 = nn.unary tanh %x : tensor<?x3xf32>
  %1 = nn.binary add %x, %0 : tensor<?x3xf32>, tensor<?x3xf32> -> tensor<?x3xf32>
  %2 = nn.unary sigmoid %y : tensor<?x3xf32>
  %3 = nn.binary add %y, %2 : tensor<?x3xf32>, tensor<?x3xf32> -> tensor<?x3xf32>
  %4 = nn.unary tanh %3 : tensor<?x3xf32>
  %5 = nn.binary add %3, %4 : tensor<?x3xf32>, tensor<?x3xf32> -> tensor<?x3xf32>
  return %1, %5 : tensor<?x3xf32>, tensor<?x3xf32>
}

// What a mask leaves of an output has all its bits beside what it hides.
// CHECK-LABEL: func @masked
// CHECK: nn.select {{.*}} {qt.element_exponents}
func.func @masked(%x: tensor<?x3xf32>, %is: tensor<?x3xi1>) -> tensor<?x3xf32> {
  %hidden = arith.constant dense<-1.0e9> : tensor<f32>
  %0 = nn.unary tanh %x : tensor<?x3xf32>
  %1 = nn.select %is, %0, %hidden : tensor<?x3xi1>, tensor<?x3xf32>, tensor<f32> -> tensor<?x3xf32>
  return %1 : tensor<?x3xf32>
}

// What is cut into columns is a row of its own then, with the bits that it had.
// CHECK-LABEL: func @cut
// CHECK: nn.binary mul {{.*}} {qt.element_exponents}
// CHECK: %[[S:.*]] = nn.slice {{.*}} -> tensor<?x2x!qt.block<[1, 1], s31, scale = exp<32>>>
// CHECK: %[[R:.*]] = qt.rescale half_up %[[S]] : {{.*}} -> tensor<?x2x!qt.block<[1, ?], s31, scale = exp<32>>>
// CHECK: nn.softmax %[[R]]
func.func @cut(%x: tensor<?x3xf32>) -> tensor<?x2xf32> {
  %scale = arith.constant dense<[1.0, 1.0, 1.0e9]> : tensor<3xf32>
  %zero = arith.constant dense<0> : tensor<1xi64>
  %one = arith.constant dense<1> : tensor<1xi64>
  %two = arith.constant dense<2> : tensor<1xi64>
  %0 = nn.unary tanh %x : tensor<?x3xf32>
  %1 = nn.binary mul %0, %scale : tensor<?x3xf32>, tensor<3xf32> -> tensor<?x3xf32>
  %2 = nn.slice %1, %zero, %two, %one, %one : tensor<?x3xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<?x2xf32>
  %3 = nn.softmax %2 {axis = 1 : i64} : tensor<?x2xf32>
  return %3 : tensor<?x2xf32>
}
