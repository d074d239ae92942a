// RUN: quant-opt %s -nn-recompose=report -canonicalize -split-input-file 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < %t

// A floor of masked scores is one of the mask.
// CHECK-LABEL: @floor(
// CHECK-SAME: %[[Q:[a-z0-9]+]]: tensor<?x4x6x16xf32>, %[[V:[a-z0-9]+]]: tensor<?x4x16x6xf32>, %[[M:[a-z0-9]+]]: tensor<?x1x6x6xf32>
// CHECK: %[[LIMITED:.*]] = nn.binary max %[[M]], %{{.*}} : tensor<?x1x6x6xf32>
// CHECK: nn.attention %[[Q]], %[[Q]], %{{.*}} mask(%[[LIMITED]] : tensor<?x1x6x6xf32>) {scale = 1.000000e+00
// REMARK: found attention, masked
func.func @floor(%q: tensor<?x4x6x16xf32>, %v: tensor<?x4x16x6xf32>, %m: tensor<?x1x6x6xf32>) -> tensor<?x4x6x16xf32> attributes {
    qt.dim_names = ["b"],
    qt.arg_shapes = [affine_map<()[b] -> (b, 4, 6, 16)>, affine_map<()[b] -> (b, 4, 16, 6)>, affine_map<()[b] -> (b, 1, 6, 6)>]} {
  %low = arith.constant dense<-3.40282347E+38> : tensor<f32>
  %0 = nn.matmul %q, %q : tensor<?x4x6x16xf32>, tensor<?x4x6x16xf32> -> tensor<?x4x6x6xf32>
  %1 = nn.binary add %0, %m : tensor<?x4x6x6xf32>, tensor<?x1x6x6xf32> -> tensor<?x4x6x6xf32>
  %2 = nn.binary max %1, %low : tensor<?x4x6x6xf32>, tensor<f32> -> tensor<?x4x6x6xf32>
  %p = nn.softmax %2 {axis = 3 : i64} : tensor<?x4x6x6xf32>
  %y = nn.matmul %p, %v : tensor<?x4x6x6xf32>, tensor<?x4x16x6xf32> -> tensor<?x4x6x16xf32>
  return %y : tensor<?x4x6x16xf32>
}

// -----

// A floor that hides nothing stays.
// CHECK-LABEL: @low(
// CHECK-NOT: nn.attention
// CHECK: nn.binary max %{{.*}} : tensor<?x4x6x6xf32>
func.func @low(%q: tensor<?x4x6x16xf32>, %v: tensor<?x4x16x6xf32>, %m: tensor<?x1x6x6xf32>) -> tensor<?x4x6x16xf32> attributes {
    qt.dim_names = ["b"],
    qt.arg_shapes = [affine_map<()[b] -> (b, 4, 6, 16)>, affine_map<()[b] -> (b, 4, 16, 6)>, affine_map<()[b] -> (b, 1, 6, 6)>]} {
  %low = arith.constant dense<-3.0> : tensor<f32>
  %0 = nn.matmul %q, %q : tensor<?x4x6x16xf32>, tensor<?x4x6x16xf32> -> tensor<?x4x6x6xf32>
  %1 = nn.binary add %0, %m : tensor<?x4x6x6xf32>, tensor<?x1x6x6xf32> -> tensor<?x4x6x6xf32>
  %2 = nn.binary max %1, %low : tensor<?x4x6x6xf32>, tensor<f32> -> tensor<?x4x6x6xf32>
  %p = nn.softmax %2 {axis = 3 : i64} : tensor<?x4x6x6xf32>
  %y = nn.matmul %p, %v : tensor<?x4x6x6xf32>, tensor<?x4x16x6xf32> -> tensor<?x4x6x16xf32>
  return %y : tensor<?x4x6x16xf32>
}

// -----

// So does one that scores beside it are not lost in: rows hidden whole are uniform.
// CHECK-LABEL: @coarse(
// CHECK-NOT: nn.attention
// CHECK: nn.binary max %{{.*}} : tensor<?x4x6x6xf32>
func.func @coarse(%q: tensor<?x4x6x16xf32>, %v: tensor<?x4x16x6xf32>, %m: tensor<?x1x6x6xf32>) -> tensor<?x4x6x16xf32> attributes {
    qt.dim_names = ["b"],
    qt.arg_shapes = [affine_map<()[b] -> (b, 4, 6, 16)>, affine_map<()[b] -> (b, 4, 16, 6)>, affine_map<()[b] -> (b, 1, 6, 6)>]} {
  %low = arith.constant dense<-1.0e+09> : tensor<f32>
  %0 = nn.matmul %q, %q : tensor<?x4x6x16xf32>, tensor<?x4x6x16xf32> -> tensor<?x4x6x6xf32>
  %1 = nn.binary add %0, %m : tensor<?x4x6x6xf32>, tensor<?x1x6x6xf32> -> tensor<?x4x6x6xf32>
  %2 = nn.binary max %1, %low : tensor<?x4x6x6xf32>, tensor<f32> -> tensor<?x4x6x6xf32>
  %p = nn.softmax %2 {axis = 3 : i64} : tensor<?x4x6x6xf32>
  %y = nn.matmul %p, %v : tensor<?x4x6x6xf32>, tensor<?x4x16x6xf32> -> tensor<?x4x6x16xf32>
  return %y : tensor<?x4x6x16xf32>
}

// -----

// A scale that comes behind a bias is one of both.
// CHECK-LABEL: @bias(
// CHECK-SAME: %[[Q:[a-z0-9]+]]: tensor<?x4x6x16xf32>, %[[V:[a-z0-9]+]]: tensor<?x4x16x6xf32>, %[[B:[a-z0-9]+]]: tensor<?x4x1x6xf32>
// CHECK: %[[SCALED:.*]] = nn.binary mul %[[B]], %{{.*}} : tensor<?x4x1x6xf32>
// CHECK: nn.attention %[[Q]], %[[Q]], %{{.*}} mask(%[[SCALED]] : tensor<?x4x1x6xf32>) {scale = 2.500000e-01
// REMARK: found attention, masked
func.func @bias(%q: tensor<?x4x6x16xf32>, %v: tensor<?x4x16x6xf32>, %b: tensor<?x4x1x6xf32>) -> tensor<?x4x6x16xf32> attributes {
    qt.dim_names = ["b"],
    qt.arg_shapes = [affine_map<()[b] -> (b, 4, 6, 16)>, affine_map<()[b] -> (b, 4, 16, 6)>, affine_map<()[b] -> (b, 4, 1, 6)>]} {
  %quarter = arith.constant dense<0.25> : tensor<f32>
  %0 = nn.matmul %q, %q : tensor<?x4x6x16xf32>, tensor<?x4x6x16xf32> -> tensor<?x4x6x6xf32>
  %1 = nn.binary add %0, %b : tensor<?x4x6x6xf32>, tensor<?x4x1x6xf32> -> tensor<?x4x6x6xf32>
  %2 = nn.binary mul %1, %quarter : tensor<?x4x6x6xf32>, tensor<f32> -> tensor<?x4x6x6xf32>
  %p = nn.softmax %2 {axis = 3 : i64} : tensor<?x4x6x6xf32>
  %y = nn.matmul %p, %v : tensor<?x4x6x6xf32>, tensor<?x4x16x6xf32> -> tensor<?x4x6x16xf32>
  return %y : tensor<?x4x6x16xf32>
}

// -----

// A temperature of a classifier stays behind its bias.
// CHECK-LABEL: @head(
// CHECK: nn.binary add
// CHECK-NEXT: nn.binary mul
// CHECK-NEXT: nn.softmax
func.func @head(%x: tensor<6x16xf32>, %w: tensor<8x16xf32>, %b: tensor<8xf32>) -> tensor<6x8xf32> {
  %quarter = arith.constant dense<0.25> : tensor<f32>
  %0 = nn.matmul %x, %w : tensor<6x16xf32>, tensor<8x16xf32> -> tensor<6x8xf32>
  %1 = nn.binary add %0, %b : tensor<6x8xf32>, tensor<8xf32> -> tensor<6x8xf32>
  %2 = nn.binary mul %1, %quarter : tensor<6x8xf32>, tensor<f32> -> tensor<6x8xf32>
  %p = nn.softmax %2 {axis = 1 : i64} : tensor<6x8xf32>
  return %p : tensor<6x8xf32>
}
