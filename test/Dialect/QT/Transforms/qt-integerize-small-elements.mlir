// RUN: quant-opt %s -qt-integerize | FileCheck %s
// RUN: quant-opt %s -qt-integerize -qt-split -qt-verify-integer-only -qt-verify-ranges

// A logarithm, and what passes all bits to it, reads an input with 31 bits for each element; what has no use for them 16.
// CHECK-LABEL: func @counts
// CHECK: qt.quantize %arg0 {{.*}} -> tensor<?x4x!qt.block<[1, 1], s31, scale = exp<32>>>
// CHECK: nn.unary relu {{.*}} s31
// CHECK: nn.unary log {{.*}} s31
// CHECK: nn.unary tanh {{.*}} s16
func.func @counts(%x: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %0 = nn.unary relu %x : tensor<?x4xf32>
  %1 = nn.unary log %0 : tensor<?x4xf32>
  %2 = nn.unary tanh %x : tensor<?x4xf32>
  return %1, %2 : tensor<?x4xf32>, tensor<?x4xf32>
}

// Roots, reciprocals and logarithms take results as they are.
// CHECK-LABEL: func @results
// CHECK: nn.unary sqrt {{.*}} s32
// CHECK: nn.unary rsqrt {{.*}} s32
// CHECK: nn.unary reciprocal {{.*}} s32
// CHECK: nn.unary log {{.*}} s32
func.func @results(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) {
  %0 = nn.binary add %x, %y : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %1 = nn.unary sqrt %0 : tensor<?x4xf32>
  %2 = nn.unary rsqrt %0 : tensor<?x4xf32>
  %3 = nn.unary reciprocal %0 : tensor<?x4xf32>
  %4 = nn.unary log %0 : tensor<?x4xf32>
  return %1, %2, %3, %4 : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>
}

// An exponential and a quotient keep an exponent an element for a logarithm, and for nothing else. An exponential reads all bits.
// CHECK-LABEL: func @chains
// CHECK: nn.unary exp %{{.*}} {qt.element_exponents} : tensor<?x4x!qt.block<[1, 1], s31, scale = exp<32>>>
// CHECK: nn.binary div {{.*}} {qt.element_exponents} : {{.*}} -> tensor<?x4x!qt.block<[1, 1], s16, scale = exp<8>>>
// CHECK: nn.unary exp %{{[^{]*}} : tensor<?x4x!qt.block<[1, ?], s31, scale = exp<32>>>
func.func @chains(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) {
  %c = arith.constant dense<0.5> : tensor<4xf32>
  %0 = nn.unary exp %x : tensor<?x4xf32>
  %1 = nn.binary add %0, %c : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  %2 = nn.unary log %1 : tensor<?x4xf32>
  %3 = nn.binary div %x, %y : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %4 = nn.unary log %3 : tensor<?x4xf32>
  %5 = nn.unary exp %y : tensor<?x4xf32>
  %end = nn.unary tanh %5 : tensor<?x4xf32>
  return %2, %4, %end : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>
}

// An input less its own mean, of columns with an exponent each: both with 31 bits, on one exponent where they meet.
// CHECK-LABEL: func @centred
// CHECK: %[[Q:.*]] = qt.quantize %arg0 {{.*}} -> tensor<?x6x4x!qt.block<[1, 1, ?], s31, scale = exp<32>>>
// CHECK: %[[X:.*]] = qt.rescale half_up %[[Q]] : {{.*}} -> tensor<?x6x4x!qt.block<[1, ?, ?], s31, scale = exp<32>>>
// CHECK: %[[M:.*]] = nn.reduce mean %{{.*}} axes [1] keepdims {qt.all_bits, qt.element_exponents} : tensor<?x6x4x!qt.block<[1, ?, 1], s31
// CHECK: %[[W:.*]] = qt.rescale half_up %[[M]] {{.*}} -> tensor<?x1x4x!qt.block<[1, ?, ?], s31, scale = exp<32>>>
// CHECK: nn.binary sub %[[X]], %[[W]]
func.func @centred(%x: tensor<?x6x4xf32>) -> tensor<?x6x4xf32> {
  %0 = nn.reduce mean %x axes [1] keepdims : tensor<?x6x4xf32> -> tensor<?x1x4xf32>
  %1 = nn.binary sub %x, %0 : tensor<?x6x4xf32>, tensor<?x1x4xf32> -> tensor<?x6x4xf32>
  %end = nn.unary tanh %1 : tensor<?x6x4xf32>
  return %end : tensor<?x6x4xf32>
}

// Over a size of run time, and the difference of two inputs.
// CHECK-LABEL: func @open
// CHECK: nn.reduce mean %{{.*}} axes [1] keepdims {qt.all_bits} : tensor<?x?x!qt.block<[1, ?], s31, scale = exp<32>>>
// CHECK: nn.binary sub %{{.*}}, %{{.*}} : tensor<?x?x!qt.block<[1, ?], s31, scale = exp<32>>>, tensor<?x?x!qt.block<[1, ?], s31, scale = exp<32>>>
func.func @open(%x: tensor<?x?xf32>, %y: tensor<?x?xf32>) -> (tensor<?x?xf32>, tensor<?x?xf32>) {
  %0 = nn.reduce mean %x axes [1] keepdims : tensor<?x?xf32> -> tensor<?x1xf32>
  %1 = nn.binary sub %x, %0 : tensor<?x?xf32>, tensor<?x1xf32> -> tensor<?x?xf32>
  %2 = nn.binary sub %x, %y : tensor<?x?xf32>, tensor<?x?xf32> -> tensor<?x?xf32>
  %end0 = nn.unary tanh %1 : tensor<?x?xf32>
  %end1 = nn.unary tanh %2 : tensor<?x?xf32>
  return %end0, %end1 : tensor<?x?xf32>, tensor<?x?xf32>
}

// A logarithm of a sum of inputs shows the small ones of these sums.
// CHECK-LABEL: func @sums
// CHECK: nn.reduce sum %{{.*}} axes [2] {qt.all_bits} : tensor<?x6x4x!qt.block<[1, 1, ?], s31, scale = exp<32>>>
// CHECK: nn.reduce sum %{{.*}} axes [2] {qt.all_bits} : tensor<?x6x?x
func.func @sums(%x: tensor<?x6x4xf32>, %y: tensor<?x6x?xf32>) -> (tensor<?x6xf32>, tensor<?x6xf32>) {
  %0 = nn.reduce sum %x axes [2] : tensor<?x6x4xf32> -> tensor<?x6xf32>
  %1 = nn.unary log %0 : tensor<?x6xf32>
  %2 = nn.reduce sum %y axes [2] : tensor<?x6x?xf32> -> tensor<?x6xf32>
  %3 = nn.unary log %2 : tensor<?x6xf32>
  return %1, %3 : tensor<?x6xf32>, tensor<?x6xf32>
}

// What is computed has the bits of rows in a mean, and a function's side of a difference takes none of an input.
// CHECK-LABEL: func @computed
// CHECK: qt.quantize %arg0 {{.*}} s16
// CHECK-NOT: qt.all_bits
func.func @computed(%x: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %0 = nn.unary tanh %x : tensor<?x4xf32>
  %1 = nn.reduce mean %0 axes [1] keepdims : tensor<?x4xf32> -> tensor<?x1xf32>
  %2 = nn.binary sub %0, %1 : tensor<?x4xf32>, tensor<?x1xf32> -> tensor<?x4xf32>
  %3 = nn.binary sub %x, %0 : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  return %2, %3 : tensor<?x4xf32>, tensor<?x4xf32>
}

// A quotient that a logarithm reads shows the elements of both sides, wherever among the ops what else reads them stands.
// CHECK-LABEL: func @early
// CHECK: nn.unary abs {{.*}} s31
// CHECK: nn.binary div {{.*}} {qt.element_exponents}
func.func @early(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %0 = nn.unary abs %x : tensor<?x4xf32>
  %1 = nn.binary div %x, %y : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %2 = nn.unary log %1 : tensor<?x4xf32>
  return %0, %2 : tensor<?x4xf32>, tensor<?x4xf32>
}
// CHECK-LABEL: func @late
// CHECK: nn.binary div {{.*}} {qt.element_exponents}
// CHECK: nn.unary abs {{.*}} s31
func.func @late(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %1 = nn.binary div %x, %y : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %2 = nn.unary log %1 : tensor<?x4xf32>
  %0 = nn.unary abs %x : tensor<?x4xf32>
  return %0, %2 : tensor<?x4xf32>, tensor<?x4xf32>
}

// However many ops lie between.
// CHECK-LABEL: func @far
// CHECK: qt.quantize %arg0 {{.*}} s31
// CHECK: nn.unary log {{.*}} s32
func.func @far(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = nn.unary abs %x : tensor<?x4xf32>
  %1 = nn.binary add %0, %0 : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %2 = nn.binary add %1, %1 : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %3 = nn.binary add %2, %2 : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %4 = nn.binary add %3, %3 : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %5 = nn.binary add %4, %4 : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %6 = nn.binary add %5, %5 : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %7 = nn.binary add %6, %6 : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %8 = nn.binary add %7, %7 : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %9 = nn.binary add %8, %8 : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %10 = nn.binary add %9, %9 : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %11 = nn.binary add %10, %10 : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %12 = nn.binary add %11, %11 : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %log = nn.unary log %12 : tensor<?x4xf32>
  return %log : tensor<?x4xf32>
}

// Picked rows have the bits of what they are picked from.
// CHECK-LABEL: func @picked
// CHECK: nn.unary relu {{.*}} s31
// CHECK: nn.gather {{.*}} s31
// CHECK: nn.unary log {{.*}} s31
func.func @picked(%x: tensor<?x4xf32>, %i: tensor<?xi64>) -> tensor<?x4xf32> {
  %0 = nn.unary relu %x : tensor<?x4xf32>
  %1 = nn.gather %0, %i {axis = 0 : i64} : tensor<?x4xf32>, tensor<?xi64> -> tensor<?x4xf32>
  %2 = nn.unary log %1 : tensor<?x4xf32>
  return %2 : tensor<?x4xf32>
}

// Sums and differences of roots of 31 bits fit 32.
// CHECK-LABEL: func @sums_of_roots
// CHECK: nn.binary sub {{.*}} s31{{.*}} s31{{.*}} s32
// CHECK: nn.binary add {{.*}} s31{{.*}} s31{{.*}} s32
func.func @sums_of_roots(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %a = nn.unary abs %x : tensor<?x4xf32>
  %b = nn.unary abs %y : tensor<?x4xf32>
  %v = nn.unary sqrt %a : tensor<?x4xf32>
  %w = nn.unary sqrt %b : tensor<?x4xf32>
  %d = nn.binary sub %v, %v : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %s = nn.binary add %v, %w : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  return %d, %s : tensor<?x4xf32>, tensor<?x4xf32>
}

// What arguments of exponentials are computed of has all bits, on one exponent for a row.
// CHECK-LABEL: func @arguments
// CHECK: qt.quantize %arg0 {{.*}} -> tensor<?x4x!qt.block<[1, ?], s31, scale = exp<32>>>
// CHECK: nn.binary mul {{.*}} {qt.all_bits} : {{.*}} -> tensor<?x4x!qt.block<[1, ?], s31, scale = exp<32>>>
// CHECK: nn.reduce sum {{.*}} {qt.all_bits} : tensor<?x4x!qt.block<[1, ?], s31, scale = exp<32>>>
// CHECK: nn.binary div {{.*}} {qt.all_bits} : {{.*}} -> tensor<?x1x!qt.block<[1, ?], s31, scale = exp<32>>>
// CHECK: nn.unary exp
// CHECK: nn.binary mul %{{[^{]*$}}
func.func @arguments(%x: tensor<?x4xf32>, %t: tensor<?x1xf32>) -> (tensor<?x1xf32>, tensor<?x1xf32>) {
  %0 = nn.binary mul %x, %x : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %1 = nn.reduce sum %0 axes [1] keepdims : tensor<?x4xf32> -> tensor<?x1xf32>
  %2 = nn.binary div %1, %t : tensor<?x1xf32>, tensor<?x1xf32> -> tensor<?x1xf32>
  %3 = nn.unary exp %2 : tensor<?x1xf32>
  %4 = nn.binary mul %3, %t : tensor<?x1xf32>, tensor<?x1xf32> -> tensor<?x1xf32>
  return %3, %4 : tensor<?x1xf32>, tensor<?x1xf32>
}
