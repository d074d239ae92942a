// RUN: quant-opt %s -nn-prepare-integers | FileCheck %s

// CHECK-LABEL: func @softmax
// CHECK: %[[T:.*]] = nn.transpose %arg0 perm [0, 2, 1] : tensor<?x3x4xf32> -> tensor<?x4x3xf32>
// CHECK: %[[S:.*]] = nn.softmax %[[T]] {axis = 2 : i64}
// CHECK: nn.transpose %[[S]]
func.func @softmax(%x: tensor<?x3x4xf32>) -> tensor<?x3x4xf32> {
  %0 = nn.softmax %x {axis = 1 : i64} : tensor<?x3x4xf32>
  return %0 : tensor<?x3x4xf32>
}

// One scale a row: a product behind the normalisation, also where there are as many as elements. Inputs are far from 0.
// CHECK-LABEL: func @norm
// CHECK: %[[C:.*]] = nn.reduce mean %arg0 axes [2] keepdims
// CHECK: %[[X:.*]] = nn.binary sub %arg0, %[[C]]
// CHECK: %[[N:.*]] = nn.layer_norm %[[X]], %{{.*}} {axis = 2 : i64, epsilon = {{.*}} : f32} : tensor<?x4x4xf32>, tensor<1xf32>
// CHECK: %[[M:.*]] = nn.binary mul %[[N]], %{{.*}} : tensor<?x4x4xf32>, tensor<4x1xf32>
// CHECK: nn.binary add %[[M]]
func.func @norm(%x: tensor<?x4x4xf32>) -> tensor<?x4x4xf32> {
  %g = arith.constant dense<[[1.0], [2.0], [3.0], [4.0]]> : tensor<4x1xf32>
  %0 = nn.layer_norm %x, %g, %g {axis = 2 : i64, epsilon = 1.0e-5 : f32} : tensor<?x4x4xf32>, tensor<4x1xf32>, tensor<4x1xf32>
  return %0 : tensor<?x4x4xf32>
}

// One for each element stays.
// CHECK-LABEL: func @norm_kept
// CHECK-NOT: nn.binary
func.func @norm_kept(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %g = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %0 = nn.rms_norm %x, %g {axis = 1 : i64, epsilon = 1.0e-5 : f32} : tensor<?x4xf32>, tensor<4xf32>
  return %0 : tensor<?x4xf32>
}

// CHECK-LABEL: func @norm_of_many
// CHECK: nn.reduce mean %arg0 axes [1] keepdims
// CHECK: nn.unary rsqrt
func.func @norm_of_many(%x: tensor<2x?xf32>) -> tensor<2x?xf32> {
  %g = arith.constant dense<1.0> : tensor<1xf32>
  %0 = nn.layer_norm %x, %g {axis = 1 : i64, epsilon = 1.0e-5 : f32} : tensor<2x?xf32>, tensor<1xf32>
  return %0 : tensor<2x?xf32>
}

// Parameters that know more of the sizes than the op does leave it its type.
// CHECK-LABEL: func @known_parameters
// CHECK: %[[Y:.*]] = nn.binary mul %{{.*}} : tensor<2x?xf32>, tensor<4xf32> -> tensor<2x4xf32>
// CHECK: %[[S:.*]] = nn.shape %arg0
// CHECK: nn.expand %[[Y]], %[[S]] : tensor<2x4xf32>, tensor<2xi64> -> tensor<2x?xf32>
func.func @known_parameters(%x: tensor<2x?xf32>) -> tensor<2x?xf32> {
  %g = arith.constant dense<2.0> : tensor<4xf32>
  %0 = nn.layer_norm %x, %g {axis = 1 : i64, epsilon = 1.0e-5 : f32} : tensor<2x?xf32>, tensor<4xf32>
  return %0 : tensor<2x?xf32>
}

// CHECK-LABEL: func @left
// CHECK: %[[Y:.*]] = nn.matmul %arg0, %{{.*}} : tensor<?x5x3xf32>, tensor<2x3xf32> -> tensor<?x5x2xf32>
// CHECK: nn.transpose %[[Y]] perm [0, 2, 1]
func.func @left(%x: tensor<?x5x3xf32>) -> tensor<?x2x5xf32> {
  %w = arith.constant dense<1.5> : tensor<2x3xf32>
  %0 = nn.matmul %w, %x : tensor<2x3xf32>, tensor<?x5x3xf32> -> tensor<?x2x5xf32>
  return %0 : tensor<?x2x5xf32>
}

// CHECK-LABEL: func @magnitudes
// CHECK: %[[A:.*]] = nn.unary abs %arg0
// CHECK: nn.reduce sum %[[A]] axes [1]
func.func @magnitudes(%x: tensor<?x3xf32>) -> tensor<?xf32> {
  %0 = nn.reduce l1 %x axes [1] : tensor<?x3xf32> -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// CHECK-LABEL: func @pads
// CHECK: %[[S:.*]] = nn.binary sub %arg0
// CHECK: %[[P:.*]] = nn.pad constant %[[S]] low [0, 1] high [0, 1] : tensor
// CHECK: %[[Y:.*]] = nn.binary add %[[P]]
// CHECK: %[[Z:.*]] = nn.pad constant %arg0 {{.*}}value = 0xFFF0000000000000
func.func @pads(%x: tensor<?x3xf32>) -> (tensor<?x5xf32>, tensor<?x5xf32>) {
  %0 = nn.pad constant %x low [0, 1] high [0, 1] {value = 2.0 : f64} : tensor<?x3xf32> -> tensor<?x5xf32>
  %1 = nn.pad constant %x low [0, 1] high [0, 1] {value = 0xFFF0000000000000 : f64} : tensor<?x3xf32> -> tensor<?x5xf32>
  return %0, %1 : tensor<?x5xf32>, tensor<?x5xf32>
}

// CHECK-LABEL: func @powers
// CHECK: %[[L:.*]] = nn.unary log %arg0
// CHECK: %[[P:.*]] = nn.binary mul %[[L]], %arg1
// CHECK: %[[C:.*]] = nn.clip %[[P]] min -1.270000e+02 max 0x7FF0000000000000 {qt.own_exponent}
// CHECK: %[[E:.*]] = nn.unary exp %[[C]]
// CHECK: nn.select %{{.*}}, %[[E]]
// CHECK: nn.unary sin
// CHECK: nn.unary cos
// CHECK: nn.binary div
// CHECK-NOT: sinh
// CHECK-NOT: cosh
// CHECK: return
func.func @powers(%x: tensor<?x3xf32>, %y: tensor<?x3xf32>) -> (tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x3xf32>) {
  %0 = nn.binary pow %x, %y : tensor<?x3xf32>, tensor<?x3xf32> -> tensor<?x3xf32>
  %1 = nn.unary tan %x : tensor<?x3xf32>
  %2 = nn.unary sinh %x : tensor<?x3xf32>
  %3 = nn.unary cosh %x : tensor<?x3xf32>
  %4 = nn.unary asinh %x : tensor<?x3xf32>
  %5 = nn.unary acosh %x : tensor<?x3xf32>
  %6 = nn.unary atanh %x : tensor<?x3xf32>
  return %0, %1, %2, %3, %4, %5, %6 : tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x3xf32>
}

// What hides keys is limited where it comes from: a constant, an input, a factor of integers, a choice.
// CHECK-LABEL: func @masks
// CHECK-DAG: %[[G:.*]] = nn.clip %arg1 min -6.553600e+04 max 6.553600e+04
// CHECK-DAG: arith.constant dense<-6.553600e+04> : tensor<f32>
// CHECK-DAG: arith.constant dense<{{.*}}-6.553600e+04, 1.000000e+00{{.*}}> : tensor<1x1x1x2xf32>
// CHECK-NOT: 0xFF800000
// CHECK: nn.attention %arg0, %arg0, %arg0 mask
func.func @masks(%q: tensor<1x1x2x4xf32>, %given: tensor<1x1x2x2xf32>, %seen: tensor<1x1x1x2xi64>, %is: tensor<1x1x2x2xi1>) -> tensor<1x1x2x4xf32> {
  %one = arith.constant dense<1.0> : tensor<f32>
  %lowest = arith.constant dense<-3.4028235e38> : tensor<f32>
  %infinity = arith.constant dense<0xFF800000> : tensor<f32>
  %bias = arith.constant dense<[[[[0xFF800000, 1.0]]]]> : tensor<1x1x1x2xf32>
  %0 = nn.cast %seen : tensor<1x1x1x2xi64> to tensor<1x1x1x2xf32>
  %1 = nn.binary sub %one, %0 : tensor<f32>, tensor<1x1x1x2xf32> -> tensor<1x1x1x2xf32>
  %2 = nn.binary mul %1, %lowest : tensor<1x1x1x2xf32>, tensor<f32> -> tensor<1x1x1x2xf32>
  %3 = nn.binary add %2, %bias : tensor<1x1x1x2xf32>, tensor<1x1x1x2xf32> -> tensor<1x1x1x2xf32>
  %4 = nn.binary add %3, %given : tensor<1x1x1x2xf32>, tensor<1x1x2x2xf32> -> tensor<1x1x2x2xf32>
  %5 = nn.select %is, %4, %infinity : tensor<1x1x2x2xi1>, tensor<1x1x2x2xf32>, tensor<f32> -> tensor<1x1x2x2xf32>
  %6 = nn.attention %q, %q, %q mask(%5 : tensor<1x1x2x2xf32>) {scale = 0.5 : f32} : tensor<1x1x2x4xf32>, tensor<1x1x2x4xf32>, tensor<1x1x2x4xf32> -> tensor<1x1x2x4xf32>
  return %6 : tensor<1x1x2x4xf32>
}

// Of a softmax that stands alone as well; its scores stay as they are for others.
// CHECK-LABEL: func @scores
// CHECK-DAG: %[[SMALL:.*]] = arith.constant dense<-6.553600e+04>
// CHECK-DAG: %[[X:.*]] = nn.clip %arg0
// CHECK-DAG: %[[GIVEN:.*]] = nn.select %arg1, %arg0, %
// CHECK-DAG: %[[LIMITED:.*]] = nn.select %arg1, %[[X]], %[[SMALL]]
// CHECK: %[[Y:.*]] = nn.softmax %[[LIMITED]] {axis = 1 : i64, qt.has_hidden}
// CHECK: return %[[Y]], %[[GIVEN]]
func.func @scores(%x: tensor<?x8xf32>, %is: tensor<?x8xi1>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  %hidden = arith.constant dense<-1.0e9> : tensor<f32>
  %0 = nn.select %is, %x, %hidden : tensor<?x8xi1>, tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %1 = nn.softmax %0 {axis = 1 : i64} : tensor<?x8xf32>
  return %1, %0 : tensor<?x8xf32>, tensor<?x8xf32>
}

// Biases of an input are no masks, nor is an input by itself.
// CHECK-LABEL: func @biases
// CHECK-NOT: nn.clip
func.func @biases(%x: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  %b = arith.constant dense<3.0> : tensor<8xf32>
  %0 = nn.binary add %x, %b : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x8xf32>
  %1 = nn.softmax %0 {axis = 1 : i64} : tensor<?x8xf32>
  %2 = nn.softmax %x {axis = 1 : i64} : tensor<?x8xf32>
  return %1, %2 : tensor<?x8xf32>, tensor<?x8xf32>
}

// CHECK-LABEL: func @negative_scale
// CHECK: %[[Q:.*]] = nn.unary neg %arg0
// CHECK: nn.attention %[[Q]], %arg0, %arg0 {scale = 5.000000e-01 : f32}
func.func @negative_scale(%q: tensor<1x1x2x4xf32>) -> tensor<1x1x2x4xf32> {
  %0 = nn.attention %q, %q, %q {scale = -0.5 : f32} : tensor<1x1x2x4xf32>, tensor<1x1x2x4xf32>, tensor<1x1x2x4xf32> -> tensor<1x1x2x4xf32>
  return %0 : tensor<1x1x2x4xf32>
}

// CHECK-LABEL: func @expanded
// CHECK-DAG: %[[O:.*]] = arith.constant dense<1> : tensor<1xi64>
// CHECK-DAG: %[[S:.*]] = arith.constant dense<[1, 3, 4]> : tensor<3xi64>
// CHECK: nn.expand %arg0, %[[S]]
// CHECK: %[[T:.*]] = nn.concat {{.*}}%[[O]], %arg1
// CHECK: nn.expand %arg0, %[[T]]
func.func @expanded(%x: tensor<2x1x4xf32>, %s: tensor<2xi64>) -> (tensor<2x3x4xf32>, tensor<2x?x4xf32>) {
  %c = arith.constant dense<[3, 4]> : tensor<2xi64>
  %0 = nn.expand %x, %c : tensor<2x1x4xf32>, tensor<2xi64> -> tensor<2x3x4xf32>
  %1 = nn.expand %x, %s : tensor<2x1x4xf32>, tensor<2xi64> -> tensor<2x?x4xf32>
  return %0, %1 : tensor<2x3x4xf32>, tensor<2x?x4xf32>
}
