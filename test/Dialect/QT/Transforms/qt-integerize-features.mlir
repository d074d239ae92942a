// RUN: quant-opt %s -qt-integerize | FileCheck %s
// RUN: quant-opt %s -qt-integerize -qt-split -qt-verify-integer-only -qt-verify-ranges

// Inputs are limited, and chosen by conditions on them, before they are scaled and quantised.
// CHECK-LABEL: func @imputed
// CHECK: [[M:%.*]] = nn.compare ne %arg0, %arg0 : tensor<?x4xf32>
// CHECK: [[I:%.*]] = nn.select [[M]], %{{.*}}, %arg0 : {{.*}} -> tensor<?x4xf32>
// CHECK: [[L:%.*]] = nn.binary max [[I]], %{{.*}} -> tensor<?x4xf32>
// CHECK: [[D:%.*]] = nn.binary sub [[L]], %{{.*}} -> tensor<?x4xf32>
// CHECK: qt.quantize [[D]] {{.*}} s31
func.func @imputed(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %mean = arith.constant dense<[1.0e7, 1.0e-6, 3.0, 4.0]> : tensor<4xf32>
  %low = arith.constant dense<[1.0e6, 1.0e-7, 0.0, 0.0]> : tensor<4xf32>
  %missing = nn.compare ne %x, %x : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xi1>
  %i = nn.select %missing, %mean, %x : tensor<?x4xi1>, tensor<4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %l = nn.binary max %i, %low : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  %d = nn.binary sub %l, %mean : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  %r = nn.unary relu %d : tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}

// A choice that is not scaled is one of integers, also by a condition on inputs, as is one by a condition on integers.
// CHECK-LABEL: func @chosen
// CHECK: nn.compare lt %arg0, {{.*}} : tensor<?x4xf32>
// CHECK: nn.select {{.*}} s31
// CHECK: nn.select {{.*}} s31
func.func @chosen(%x: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %mean = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %c = nn.compare lt %x, %mean : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xi1>
  %i = nn.select %c, %mean, %x : tensor<?x4xi1>, tensor<4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %r = nn.unary relu %i : tensor<?x4xf32>
  %t = nn.unary tanh %x : tensor<?x4xf32>
  %e = nn.compare lt %t, %mean : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xi1>
  %j = nn.select %e, %mean, %x : tensor<?x4xi1>, tensor<4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %s = nn.binary sub %j, %mean : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  return %r, %s : tensor<?x4xf32>, tensor<?x4xf32>
}

// What is joined, cast or limited of inputs is one of them.
// CHECK-LABEL: func @joined
// CHECK: [[C:%.*]] = nn.cast %arg1 : tensor<?x2xi64> to tensor<?x2xf32>
// CHECK: [[L:%.*]] = nn.clip [[C]] {{.*}} : tensor<?x2xf32>
// CHECK: [[J:%.*]] = nn.concat %arg0, [[L]]
// CHECK: [[M:%.*]] = nn.compare ne [[J]], [[J]] : tensor<?x4xf32>
// CHECK: [[I:%.*]] = nn.select [[M]], %{{.*}}, [[J]] : {{.*}} -> tensor<?x4xf32>
// CHECK: [[D:%.*]] = nn.binary sub [[I]], %{{.*}} -> tensor<?x4xf32>
// CHECK: qt.quantize [[D]]
func.func @joined(%x: tensor<?x2xf32>, %n: tensor<?x2xi64>) -> tensor<?x4xf32> {
  %mean = arith.constant dense<[1.0e7, 1.0e-6, 3.0, 4.0]> : tensor<4xf32>
  %c = nn.cast %n : tensor<?x2xi64> to tensor<?x2xf32>
  %l = nn.clip %c min 0.0 max 9.0 : tensor<?x2xf32>
  %j = nn.concat %x, %l {axis = 1 : i64} : tensor<?x2xf32>, tensor<?x2xf32> -> tensor<?x4xf32>
  %missing = nn.compare ne %j, %j : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xi1>
  %i = nn.select %missing, %mean, %j : tensor<?x4xi1>, tensor<4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %d = nn.binary sub %i, %mean : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  %r = nn.unary relu %d : tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}

// A maximum of windows of an input stays one where it is compared with integers.
// CHECK-LABEL: func @peaks
// CHECK: [[M:%.*]] = nn.pool max %arg0 {{.*}} : tensor<?x4x4x1xf32>
// CHECK: [[Q:%.*]] = qt.quantize [[M]]
// CHECK: nn.compare ge [[Q]]
func.func @peaks(%x: tensor<?x4x4x1xf32>) -> tensor<?x4x4x1xi1> {
  %m = nn.pool max %x kernel [3, 3] strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1] : tensor<?x4x4x1xf32> -> tensor<?x4x4x1xf32>
  %t = nn.unary tanh %x : tensor<?x4x4x1xf32>
  %c = nn.compare ge %m, %t : tensor<?x4x4x1xf32>, tensor<?x4x4x1xf32> -> tensor<?x4x4x1xi1>
  return %c : tensor<?x4x4x1xi1>
}

// What is computed of features one by one keeps an exponent for each, from the border to what scales each by its own.
// CHECK-LABEL: func @units
// CHECK: qt.quantize %arg0 {{.*}} -> tensor<?x4x!qt.block<[1, 1], s31, scale = exp<32>>>
// CHECK: nn.binary mul {{.*}} {qt.element_exponents} : {{.*}} -> tensor<?x4x!qt.block<[1, 1], s31, scale = exp<32>>>
// CHECK: nn.binary sub {{.*}} {qt.element_exponents} : {{.*}} -> tensor<?x4x!qt.block<[1, 1], s32, scale = exp<32>>>
// CHECK: nn.binary div {{.*}} -> tensor<?x4x!qt.block<[1, 1], s31, scale = exp<32>>>
// CHECK: nn.unary tanh {{.*}} : tensor<?x4x!qt.block<[1, ?], s16, scale = exp<8>>>
func.func @units(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %mean = arith.constant dense<[1.0e14, 1.0e-12, 3.0, 4.0]> : tensor<4xf32>
  %scale = arith.constant dense<[1.0e13, 1.0e-12, 3.0, 4.0]> : tensor<4xf32>
  %q = nn.binary mul %x, %x : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %d = nn.binary sub %q, %mean : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  %s = nn.binary div %d, %scale : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  %t = nn.unary tanh %s : tensor<?x4xf32>
  return %t : tensor<?x4xf32>
}

// Scales that are not far apart leave rows what they are, and so does a factor for a whole row.
// CHECK-LABEL: func @alike
// CHECK-NOT: element_exponents
// CHECK-NOT: block<[1, 1]
func.func @alike(%x: tensor<?x4xf32>, %y: tensor<?x1xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>) {
  %scale = arith.constant dense<[1.0, 2.0, 200.0, 0.0]> : tensor<4xf32>
  %a = nn.unary abs %x : tensor<?x4xf32>
  %s = nn.binary mul %a, %scale : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  %q = nn.binary div %a, %y : tensor<?x4xf32>, tensor<?x1xf32> -> tensor<?x4xf32>
  %end0 = nn.unary tanh %s : tensor<?x4xf32>
  %end1 = nn.unary tanh %q : tensor<?x4xf32>
  return %end0, %end1 : tensor<?x4xf32>, tensor<?x4xf32>
}

// What is found along columns of an input has their units, which a quotient removes, also beside one weight a position.
// CHECK-LABEL: func @columns
// CHECK: %[[X:.*]] = qt.quantize %arg0 {{.*}} -> tensor<?x6x4x!qt.block<[1, 1, 1], s31, scale = exp<32>>>
// CHECK: %[[C:.*]] = qt.rescale half_up %[[X]] {{.*}} -> tensor<?x6x4x!qt.block<[1, ?, 1], s16, scale = exp<8>>>
// CHECK: nn.reduce l2 %[[C]] axes [1] keepdims {qt.element_exponents}
// CHECK: nn.binary mul {{.*}} {qt.element_exponents} : {{.*}} -> tensor<?x6x4x!qt.block<[1, 1, 1], s31, scale = exp<32>>>
// CHECK: nn.reduce sum {{.*}} {qt.all_bits, qt.element_exponents} : tensor<?x6x4x!qt.block<[1, ?, 1], s31, scale = exp<32>>>
// CHECK: nn.binary div {{.*}} {qt.element_exponents}
func.func @columns(%x: tensor<?x6x4xf32>, %w: tensor<?x6x1xf32>) -> tensor<?x1x4xf32> {
  %n = nn.reduce l2 %x axes [1] keepdims : tensor<?x6x4xf32> -> tensor<?x1x4xf32>
  %m = nn.binary mul %x, %w : tensor<?x6x4xf32>, tensor<?x6x1xf32> -> tensor<?x6x4xf32>
  %s = nn.reduce sum %m axes [1] keepdims : tensor<?x6x4xf32> -> tensor<?x1x4xf32>
  %y = nn.binary div %s, %n : tensor<?x1x4xf32>, tensor<?x1x4xf32> -> tensor<?x1x4xf32>
  return %y : tensor<?x1x4xf32>
}
