// RUN: quant-opt %s -nn-prepare-integers | FileCheck %s

// The angle of the smaller side by the larger one.
// CHECK-LABEL: func @arctangent
// CHECK: nn.binary min
// CHECK: nn.binary max
// CHECK: nn.binary div
// CHECK: nn.select
// CHECK-NOT: nn.unary atan
func.func @arctangent(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = nn.unary atan %x : tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// What is small is not what one leaves of it.
// CHECK-LABEL: func @rises
// CHECK: %[[UP:.*]] = nn.unary expm1 %arg0
// CHECK: %[[OTHER:.*]] = nn.unary expm1 %arg0
// CHECK: %[[DOWN:.*]] = nn.unary neg %[[OTHER]]
// CHECK: nn.unary expm1
// CHECK: nn.unary expm1
// CHECK: %[[LOG:.*]] = nn.unary log1p %arg0
// CHECK: return %[[UP]], %[[DOWN]], %{{.*}}, %[[LOG]]
func.func @rises(%x: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) {
  %one = arith.constant dense<1.0> : tensor<f32>
  %e = nn.unary exp %x : tensor<?x4xf32>
  %0 = nn.binary sub %e, %one : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  %1 = nn.binary sub %one, %e : tensor<f32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %2 = nn.unary sinh %x : tensor<?x4xf32>
  %s = nn.binary add %x, %one : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  %3 = nn.unary log %s : tensor<?x4xf32>
  return %0, %1, %2, %3 : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>
}

// 2 sigmoid(x) - 1; what is taken off is no half; a half, which a weight of one
// number says for each column, less sigmoid(x).
// CHECK-LABEL: func @centred
// CHECK: %[[FACTOR:.*]] = arith.constant dense<-5.000000e-01>
// CHECK: %[[SIGMOID:.*]] = nn.unary sigmoid %arg0
// CHECK: nn.binary mul %arg0
// CHECK: %[[TANH:.*]] = nn.unary tanh
// CHECK: %[[REST:.*]] = nn.binary sub %[[SIGMOID]]
// CHECK: nn.binary mul %arg0
// CHECK: %[[OWN:.*]] = nn.unary tanh
// CHECK: %[[LESS:.*]] = nn.binary mul %[[OWN]], %[[FACTOR]]
// CHECK: return %[[TANH]], %[[REST]], %[[LESS]]
func.func @centred(%x: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) {
  %half = qt.weight #qt.blob<"0x0000003F0000003F0000003F0000003F"> : tensor<4xf32>
  %one = arith.constant dense<1.0> : tensor<f32>
  %two = arith.constant dense<2.0> : tensor<f32>
  %s = nn.unary sigmoid %x : tensor<?x4xf32>
  %d = nn.binary mul %s, %two : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  %0 = nn.binary sub %d, %one : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  %1 = nn.binary sub %s, %one : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  %2 = nn.binary sub %half, %s : tensor<4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  return %0, %1, %2 : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>
}

// CHECK-LABEL: func @product
// CHECK-COUNT-2: nn.slice
// CHECK: nn.binary mul {{.*}} {qt.element_exponents}
// CHECK-NOT: nn.reduce prod
func.func @product(%x: tensor<?x4xf32>) -> tensor<?x1xf32> {
  %0 = nn.reduce prod %x axes [1] keepdims : tensor<?x4xf32> -> tensor<?x1xf32>
  return %0 : tensor<?x1xf32>
}

// A scalar is a row of one element, until it is an output.
// CHECK-LABEL: func @scalar
// CHECK: nn.reduce mean %{{.*}} axes [0, 1] : tensor<?x4x1xf32> -> tensor<1xf32>
// CHECK: nn.unary sqrt %{{.*}} : tensor<1xf32>
// CHECK: nn.reshape %{{.*}} : tensor<1xf32>, tensor<0xi64> -> tensor<f32>
// CHECK: nn.binary mul %arg0, %{{.*}} : tensor<?x4xf32>, tensor<1xf32>
func.func @scalar(%x: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<f32>) {
  %0 = nn.reduce mean %x axes [0, 1] : tensor<?x4xf32> -> tensor<f32>
  %1 = nn.unary sqrt %0 : tensor<f32>
  %2 = nn.binary mul %x, %1 : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  return %2, %1 : tensor<?x4xf32>, tensor<f32>
}

// Means of windows by how many elements they have.
// CHECK-LABEL: func @windows
// CHECK: %[[S:.*]] = nn.pool sum %arg0
// CHECK: %[[C:.*]] = nn.pool sum %{{.*}} : tensor<1x?x?x1xf32>
// CHECK: nn.binary div %[[S]], %[[C]]
func.func @windows(%x: tensor<1x?x?x4xf32>) -> tensor<1x?x?x4xf32> {
  %0 = nn.pool average %x kernel [3, 3] strides [1, 1] dilations [1, 1] pads [1, 1, 1, 1] : tensor<1x?x?x4xf32> -> tensor<1x?x?x4xf32>
  return %0 : tensor<1x?x?x4xf32>
}

// Counts that include pads: of ones in their place, of which as many windows
// are kept as there are of the input.
// CHECK-LABEL: func @counted
// CHECK: %[[S:.*]] = nn.pool sum %arg0 {{.*}} pads [1, 1, 1, 1] ceil : tensor<1x?x7x4xf32> -> tensor<1x?x4x4xf32>
// CHECK: %[[ONES:.*]] = nn.expand {{.*}} -> tensor<1x?x9x1xf32>
// CHECK: %[[C:.*]] = nn.pool sum %[[ONES]] {{.*}} pads [0, 0, 0, 0] ceil
// CHECK: %[[ENDS:.*]] = nn.shape %[[S]] {end = 3 : i64, start = 1 : i64}
// CHECK: %[[KEPT:.*]] = nn.slice %[[C]], %{{.*}}, %[[ENDS]]{{.*}} -> tensor<1x?x4x1xf32>
// CHECK: nn.binary div %[[S]], %[[KEPT]]
func.func @counted(%x: tensor<1x?x7x4xf32>) -> tensor<1x?x4x4xf32> {
  %0 = nn.pool average %x kernel [2, 2] strides [2, 2] dilations [1, 1] pads [1, 1, 1, 1] ceil count_pads : tensor<1x?x7x4xf32> -> tensor<1x?x4x4xf32>
  return %0 : tensor<1x?x4x4xf32>
}

// Norms of windows by powers; windows that round up are counted, too.
// CHECK-LABEL: func @norms
// CHECK: %[[A:.*]] = nn.unary abs %arg0
// CHECK: %[[P:.*]] = nn.binary pow %[[A]]
// CHECK: %[[S:.*]] = nn.pool sum %[[P]]
// CHECK: nn.binary pow %[[S]]
// CHECK: nn.binary div
func.func @norms(%x: tensor<1x?x?x4xf32>) -> (tensor<1x?x?x4xf32>, tensor<1x?x?x4xf32>) {
  %0 = nn.pool lp %x kernel [2, 2] strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] {p = 3 : i64} : tensor<1x?x?x4xf32> -> tensor<1x?x?x4xf32>
  %1 = nn.pool average %x kernel [2, 2] strides [2, 2] dilations [1, 1] pads [0, 0, 0, 0] ceil : tensor<1x?x?x4xf32> -> tensor<1x?x?x4xf32>
  return %0, %1 : tensor<1x?x?x4xf32>, tensor<1x?x?x4xf32>
}

// A pair of quantising ops is a limit with a scale.
// CHECK-LABEL: func @pair
// CHECK: nn.clip %arg0 min -6.4{{0*}}e+01 max 6.35{{0*}}e+01 {qt.result_scale = 5.000000e-01 : f64}
func.func @pair(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %s = arith.constant dense<0.5> : tensor<f32>
  %0 = nn.binary div %x, %s : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  %1 = nn.unary round %0 : tensor<?x4xf32>
  %2 = nn.clip %1 min -128.0 max 127.0 : tensor<?x4xf32>
  %3 = nn.binary mul %2, %s : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  return %3 : tensor<?x4xf32>
}

// The base of constant exponents has the shape of the result.
// CHECK-LABEL: func @wider_power
// CHECK: %[[B:.*]] = nn.binary add %arg0, %{{.*}} : tensor<?x1xf32>, tensor<4xf32> -> tensor<?x4xf32>
// CHECK: nn.binary pow %[[B]]
// CHECK-NOT: nn.unary
func.func @wider_power(%x: tensor<?x1xf32>) -> tensor<?x4xf32> {
  %p = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %y = nn.binary pow %x, %p : tensor<?x1xf32>, tensor<4xf32> -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// Sums of more elements than 32 bits hold: of the image, and along one dimension after the other. A maximum has no such limit.
// CHECK-LABEL: func @large_windows
// CHECK: nn.reduce mean {{.*}} : tensor<?x300x300x2xf32> -> tensor<?x1x1x2xf32>
// CHECK: nn.pool average {{.*}} kernel [260, 1] strides [2, 1] dilations [1, 1] pads [2, 0, 1, 0] ceil :
// CHECK: nn.pool average {{.*}} kernel [1, 257] strides [1, 3] dilations [1, 1] pads [0, 0, 0, 0] ceil :
// CHECK: nn.pool max {{.*}} kernel [300, 300]
func.func @large_windows(%x: tensor<?x300x300x2xf32>) -> (tensor<?x1x1x2xf32>, tensor<?x23x16x2xf32>, tensor<?x1x1x2xf32>) {
  %mean = nn.pool average %x kernel [300, 300] strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] : tensor<?x300x300x2xf32> -> tensor<?x1x1x2xf32>
  %part = nn.pool average %x kernel [260, 257] strides [2, 3] dilations [1, 1] pads [2, 0, 1, 0] ceil : tensor<?x300x300x2xf32> -> tensor<?x23x16x2xf32>
  %most = nn.pool max %x kernel [300, 300] strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] : tensor<?x300x300x2xf32> -> tensor<?x1x1x2xf32>
  return %mean, %part, %most : tensor<?x1x1x2xf32>, tensor<?x23x16x2xf32>, tensor<?x1x1x2xf32>
}

// Squares less a product by constants are those of differences, and what the constants come to beside.
// CHECK-LABEL: func @distances
// CHECK: %[[X:.*]] = nn.reshape %arg0, %{{.*}} -> tensor<?x1x4xf32>
// CHECK: %[[D:.*]] = nn.binary add %[[X]], %[[C:.*]] : tensor<?x1x4xf32>, tensor<3x4xf32> -> tensor<?x3x4xf32>
// CHECK: %[[Q:.*]] = nn.binary mul %[[D]], %[[D]]
// CHECK: %[[S:.*]] = nn.reduce sum %[[Q]] axes [2] : tensor<?x3x4xf32> -> tensor<?x3xf32>
// CHECK: nn.binary mul %[[C]], %[[C]]
// CHECK: nn.binary add %[[S]], %{{.*}} : tensor<?x3xf32>, tensor<3xf32>
// CHECK-NOT: nn.matmul
// CHECK-LABEL: func @others
func.func @distances(%x: tensor<?x4xf32>) -> tensor<?x3xf32> {
  %w = arith.constant dense<0.5> : tensor<3x4xf32>
  %c = arith.constant dense<0.25> : tensor<3xf32>
  %two = arith.constant dense<2.0> : tensor<f32>
  %0 = nn.reduce sumsq %x axes [1] keepdims : tensor<?x4xf32> -> tensor<?x1xf32>
  %1 = nn.matmul %x, %w : tensor<?x4xf32>, tensor<3x4xf32> -> tensor<?x3xf32>
  %2 = nn.binary mul %1, %two : tensor<?x3xf32>, tensor<f32> -> tensor<?x3xf32>
  %3 = nn.binary sub %0, %2 : tensor<?x1xf32>, tensor<?x3xf32> -> tensor<?x3xf32>
  %4 = nn.binary add %3, %c : tensor<?x3xf32>, tensor<3xf32> -> tensor<?x3xf32>
  return %4 : tensor<?x3xf32>
}

// Of another value than the product's.
// CHECK: nn.matmul
func.func @others(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> tensor<?x3xf32> {
  %w = arith.constant dense<0.5> : tensor<3x4xf32>
  %0 = nn.reduce sumsq %y axes [1] keepdims : tensor<?x4xf32> -> tensor<?x1xf32>
  %1 = nn.matmul %x, %w : tensor<?x4xf32>, tensor<3x4xf32> -> tensor<?x3xf32>
  %2 = nn.binary sub %0, %1 : tensor<?x1xf32>, tensor<?x3xf32> -> tensor<?x3xf32>
  return %2 : tensor<?x3xf32>
}
