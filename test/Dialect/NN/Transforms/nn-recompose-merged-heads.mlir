// RUN: quant-opt %s -nn-recompose=explain -canonicalize -split-input-file 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < %t

#q = affine_map<()[b, s] -> (b, 4, s, 8)>
#m = affine_map<()[b, s] -> (b, 1, s, s)>

// Batch and heads are one dim of the products, two where the mask is added.
// CHECK-LABEL: @merged(
// CHECK-SAME: %[[Q:.*]]: tensor<?x4x?x8xf32>, %[[K:.*]]: tensor<?x4x?x8xf32>, %[[V:.*]]: tensor<?x4x?x8xf32>, %[[M:.*]]: tensor<?x1x?x?xf32>
// CHECK: %[[Y:.*]] = nn.attention %[[Q]], %[[K]], %[[V]] mask(%[[M]] : tensor<?x1x?x?xf32>) {scale = 2.500000e-01 : f32}
// CHECK: nn.reshape %[[Y]]
// REMARK: found attention, masked
func.func @merged(%q: tensor<?x4x?x8xf32>, %k: tensor<?x4x?x8xf32>, %v: tensor<?x4x?x8xf32>, %m: tensor<?x1x?x?xf32>) -> tensor<?x?x8xf32> attributes {
    qt.dim_names = ["b", "s"], qt.arg_shapes = [#q, #q, #q, #m]} {
  %quarter = arith.constant dense<0.25> : tensor<f32>
  %four = arith.constant dense<4> : tensor<1xi64>
  %eight = arith.constant dense<8> : tensor<1xi64>
  %b = nn.shape %q {start = 0 : i64, end = 1 : i64} : tensor<?x4x?x8xf32> -> tensor<1xi64>
  %s = nn.shape %q {start = 2 : i64, end = 3 : i64} : tensor<?x4x?x8xf32> -> tensor<1xi64>
  %n = nn.binary mul %b, %four : tensor<1xi64>, tensor<1xi64> -> tensor<1xi64>
  %nsd = nn.concat %n, %s, %eight {axis = 0 : i64} : tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<3xi64>
  %nss = nn.concat %n, %s, %s {axis = 0 : i64} : tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<3xi64>
  %bhss = nn.concat %b, %four, %s, %s {axis = 0 : i64} : tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<4xi64>
  %q0 = nn.binary mul %q, %quarter : tensor<?x4x?x8xf32>, tensor<f32> -> tensor<?x4x?x8xf32>
  %q1 = nn.reshape %q0, %nsd : tensor<?x4x?x8xf32>, tensor<3xi64> -> tensor<?x?x8xf32>
  %k1 = nn.reshape %k, %nsd : tensor<?x4x?x8xf32>, tensor<3xi64> -> tensor<?x?x8xf32>
  %v1 = nn.reshape %v, %nsd : tensor<?x4x?x8xf32>, tensor<3xi64> -> tensor<?x?x8xf32>
  %v2 = nn.transpose %v1 perm [0, 2, 1] : tensor<?x?x8xf32> -> tensor<?x8x?xf32>
  %0 = nn.matmul %q1, %k1 : tensor<?x?x8xf32>, tensor<?x?x8xf32> -> tensor<?x?x?xf32>
  %1 = nn.reshape %0, %bhss : tensor<?x?x?xf32>, tensor<4xi64> -> tensor<?x4x?x?xf32>
  %2 = nn.binary add %1, %m : tensor<?x4x?x?xf32>, tensor<?x1x?x?xf32> -> tensor<?x4x?x?xf32>
  %3 = nn.reshape %2, %nss : tensor<?x4x?x?xf32>, tensor<3xi64> -> tensor<?x?x?xf32>
  %4 = nn.softmax %3 {axis = 2 : i64} : tensor<?x?x?xf32>
  %5 = nn.matmul %4, %v2 : tensor<?x?x?xf32>, tensor<?x8x?xf32> -> tensor<?x?x8xf32>
  return %5 : tensor<?x?x8xf32>
}

// -----

// Near miss: nobody knows of two dims.
// CHECK-LABEL: @one_dim(
// CHECK-NOT: nn.attention
// REMARK: not attention: batch and heads are one dim that was not made of two
func.func @one_dim(%q: tensor<6x5x8xf32>, %v: tensor<6x8x5xf32>) -> tensor<6x5x8xf32> {
  %0 = nn.matmul %q, %q : tensor<6x5x8xf32>, tensor<6x5x8xf32> -> tensor<6x5x5xf32>
  %1 = nn.softmax %0 {axis = 2 : i64} : tensor<6x5x5xf32>
  %2 = nn.matmul %1, %v : tensor<6x5x5xf32>, tensor<6x8x5xf32> -> tensor<6x5x8xf32>
  return %2 : tensor<6x5x8xf32>
}

// -----

// Near miss: the softmax is over the rows.
// CHECK-LABEL: @rows(
// CHECK-NOT: nn.attention
// REMARK: not attention: the softmax is not over the keys
func.func @rows(%q: tensor<1x6x5x8xf32>, %v: tensor<1x6x8x5xf32>) -> tensor<1x6x5x8xf32> {
  %0 = nn.matmul %q, %q : tensor<1x6x5x8xf32>, tensor<1x6x5x8xf32> -> tensor<1x6x5x5xf32>
  %1 = nn.softmax %0 {axis = 2 : i64} : tensor<1x6x5x5xf32>
  %2 = nn.matmul %1, %v : tensor<1x6x5x5xf32>, tensor<1x6x8x5xf32> -> tensor<1x6x5x8xf32>
  return %2 : tensor<1x6x5x8xf32>
}

// -----

// Near miss: weights that are transposed on their way to the values.
// CHECK-LABEL: @turned(
// CHECK-NOT: nn.attention
func.func @turned(%q: tensor<1x6x5x8xf32>, %v: tensor<1x6x8x5xf32>) -> tensor<1x6x5x8xf32> {
  %0 = nn.matmul %q, %q : tensor<1x6x5x8xf32>, tensor<1x6x5x8xf32> -> tensor<1x6x5x5xf32>
  %1 = nn.softmax %0 {axis = 3 : i64} : tensor<1x6x5x5xf32>
  %2 = nn.transpose %1 perm [0, 1, 3, 2] : tensor<1x6x5x5xf32> -> tensor<1x6x5x5xf32>
  %3 = nn.matmul %2, %v : tensor<1x6x5x5xf32>, tensor<1x6x8x5xf32> -> tensor<1x6x5x8xf32>
  return %3 : tensor<1x6x5x8xf32>
}

// -----

// Near miss: where scores are replaced by a small number, keys stay visible.
// CHECK-LABEL: @small_fill(
// CHECK-NOT: nn.attention
// REMARK: not attention: scores are replaced by a number above -1e9, which hides nothing
func.func @small_fill(%q: tensor<1x6x5x8xf32>, %v: tensor<1x6x8x5xf32>, %c: tensor<5x5xi1>) -> tensor<1x6x5x8xf32> {
  %fill = arith.constant dense<-1.0> : tensor<f32>
  %0 = nn.matmul %q, %q : tensor<1x6x5x8xf32>, tensor<1x6x5x8xf32> -> tensor<1x6x5x5xf32>
  %m = nn.select %c, %fill, %0 : tensor<5x5xi1>, tensor<f32>, tensor<1x6x5x5xf32> -> tensor<1x6x5x5xf32>
  %1 = nn.softmax %m {axis = 3 : i64} : tensor<1x6x5x5xf32>
  %3 = nn.matmul %1, %v : tensor<1x6x5x5xf32>, tensor<1x6x8x5xf32> -> tensor<1x6x5x8xf32>
  return %3 : tensor<1x6x5x8xf32>
}

// -----

// Near miss: one softmax over all rows and keys of a head.
// CHECK-LABEL: @whole_map(
// CHECK-NOT: nn.attention
// REMARK: not attention: scores are reshaped to other dims than batch, head, row and key
func.func @whole_map(%q: tensor<1x2x4x8xf32>, %k: tensor<1x2x6x8xf32>, %v: tensor<1x2x8x6xf32>) -> tensor<1x2x4x8xf32> {
  %flat = arith.constant dense<[1, 2, 24]> : tensor<3xi64>
  %map = arith.constant dense<[1, 2, 4, 6]> : tensor<4xi64>
  %0 = nn.matmul %q, %k : tensor<1x2x4x8xf32>, tensor<1x2x6x8xf32> -> tensor<1x2x4x6xf32>
  %1 = nn.reshape %0, %flat : tensor<1x2x4x6xf32>, tensor<3xi64> -> tensor<1x2x24xf32>
  %2 = nn.softmax %1 {axis = 2 : i64} : tensor<1x2x24xf32>
  %3 = nn.reshape %2, %map : tensor<1x2x24xf32>, tensor<4xi64> -> tensor<1x2x4x6xf32>
  %4 = nn.matmul %3, %v : tensor<1x2x4x6xf32>, tensor<1x2x8x6xf32> -> tensor<1x2x4x8xf32>
  return %4 : tensor<1x2x4x8xf32>
}

// -----

// Near miss: heads and rows as one dim, where a mask is added.
// CHECK-LABEL: @merged_rows(
// CHECK-NOT: nn.attention
// REMARK: not attention: scores are reshaped to other dims than batch, head, row and key
func.func @merged_rows(%q: tensor<1x2x4x8xf32>, %k: tensor<1x2x6x8xf32>, %v: tensor<1x2x8x6xf32>, %m: tensor<8x1xf32>) -> tensor<1x2x4x8xf32> {
  %rows = arith.constant dense<[8, 6]> : tensor<2xi64>
  %map = arith.constant dense<[1, 2, 4, 6]> : tensor<4xi64>
  %0 = nn.matmul %q, %k : tensor<1x2x4x8xf32>, tensor<1x2x6x8xf32> -> tensor<1x2x4x6xf32>
  %1 = nn.reshape %0, %rows : tensor<1x2x4x6xf32>, tensor<2xi64> -> tensor<8x6xf32>
  %2 = nn.binary add %1, %m : tensor<8x6xf32>, tensor<8x1xf32> -> tensor<8x6xf32>
  %3 = nn.softmax %2 {axis = 1 : i64} : tensor<8x6xf32>
  %4 = nn.reshape %3, %map : tensor<8x6xf32>, tensor<4xi64> -> tensor<1x2x4x6xf32>
  %5 = nn.matmul %4, %v : tensor<1x2x4x6xf32>, tensor<1x2x8x6xf32> -> tensor<1x2x4x8xf32>
  return %5 : tensor<1x2x4x8xf32>
}

// -----

// Near miss: batch and heads exchanged where a mask of one of them is added.
// CHECK-LABEL: @regrouped(
// CHECK-NOT: nn.attention
// REMARK: not attention: scores are reshaped to other dims than batch, head, row and key
func.func @regrouped(%q: tensor<2x3x4x8xf32>, %k: tensor<2x3x6x8xf32>, %v: tensor<2x3x6x8xf32>, %m: tensor<3x1x1x6xf32>) -> tensor<6x4x8xf32> {
  %sq = arith.constant dense<[6, 4, 8]> : tensor<3xi64>
  %sk = arith.constant dense<[6, 6, 8]> : tensor<3xi64>
  %s4 = arith.constant dense<[3, 2, 4, 6]> : tensor<4xi64>
  %s3 = arith.constant dense<[6, 4, 6]> : tensor<3xi64>
  %q1 = nn.reshape %q, %sq : tensor<2x3x4x8xf32>, tensor<3xi64> -> tensor<6x4x8xf32>
  %k1 = nn.reshape %k, %sk : tensor<2x3x6x8xf32>, tensor<3xi64> -> tensor<6x6x8xf32>
  %v1 = nn.reshape %v, %sk : tensor<2x3x6x8xf32>, tensor<3xi64> -> tensor<6x6x8xf32>
  %v2 = nn.transpose %v1 perm [0, 2, 1] : tensor<6x6x8xf32> -> tensor<6x8x6xf32>
  %0 = nn.matmul %q1, %k1 : tensor<6x4x8xf32>, tensor<6x6x8xf32> -> tensor<6x4x6xf32>
  %1 = nn.reshape %0, %s4 : tensor<6x4x6xf32>, tensor<4xi64> -> tensor<3x2x4x6xf32>
  %2 = nn.binary add %1, %m : tensor<3x2x4x6xf32>, tensor<3x1x1x6xf32> -> tensor<3x2x4x6xf32>
  %3 = nn.reshape %2, %s3 : tensor<3x2x4x6xf32>, tensor<3xi64> -> tensor<6x4x6xf32>
  %4 = nn.softmax %3 {axis = 2 : i64} : tensor<6x4x6xf32>
  %5 = nn.matmul %4, %v2 : tensor<6x4x6xf32>, tensor<6x8x6xf32> -> tensor<6x4x8xf32>
  return %5 : tensor<6x4x8xf32>
}

// -----

// A mask of batch and heads in one dim, which is two of the product.
// CHECK-LABEL: @mask_of_both(
// CHECK-SAME: %[[M:[^ ]*]]: tensor<4x4x6xf32>)
// CHECK: %[[S:.*]] = nn.reshape %[[M]], %{{.*}} -> tensor<2x2x4x6xf32>
// CHECK: nn.attention {{.*}} mask(%[[S]] : tensor<2x2x4x6xf32>)
// REMARK: found attention, masked
func.func @mask_of_both(%q: tensor<2x2x4x8xf32>, %k: tensor<2x2x6x8xf32>, %v: tensor<2x2x8x6xf32>, %m: tensor<4x4x6xf32>) -> tensor<2x2x4x8xf32> {
  %s3 = arith.constant dense<[4, 4, 6]> : tensor<3xi64>
  %s4 = arith.constant dense<[2, 2, 4, 6]> : tensor<4xi64>
  %0 = nn.matmul %q, %k : tensor<2x2x4x8xf32>, tensor<2x2x6x8xf32> -> tensor<2x2x4x6xf32>
  %1 = nn.reshape %0, %s3 : tensor<2x2x4x6xf32>, tensor<3xi64> -> tensor<4x4x6xf32>
  %2 = nn.binary add %1, %m : tensor<4x4x6xf32>, tensor<4x4x6xf32> -> tensor<4x4x6xf32>
  %3 = nn.softmax %2 {axis = 2 : i64} : tensor<4x4x6xf32>
  %4 = nn.reshape %3, %s4 : tensor<4x4x6xf32>, tensor<4xi64> -> tensor<2x2x4x6xf32>
  %5 = nn.matmul %4, %v : tensor<2x2x4x6xf32>, tensor<2x2x8x6xf32> -> tensor<2x2x4x8xf32>
  return %5 : tensor<2x2x4x8xf32>
}

// -----

// Of a single batch that dim is the heads.
// CHECK-LABEL: @single_batch(
// CHECK-SAME: %[[M:[^ ]*]]: tensor<2x4x6xf32>)
// CHECK: nn.attention {{.*}} mask(%[[M]] : tensor<2x4x6xf32>)
// REMARK: found attention, masked
func.func @single_batch(%q: tensor<1x2x4x8xf32>, %k: tensor<1x2x6x8xf32>, %v: tensor<1x2x8x6xf32>, %m: tensor<2x4x6xf32>) -> tensor<1x2x4x8xf32> {
  %s3 = arith.constant dense<[2, 4, 6]> : tensor<3xi64>
  %s4 = arith.constant dense<[1, 2, 4, 6]> : tensor<4xi64>
  %0 = nn.matmul %q, %k : tensor<1x2x4x8xf32>, tensor<1x2x6x8xf32> -> tensor<1x2x4x6xf32>
  %1 = nn.reshape %0, %s3 : tensor<1x2x4x6xf32>, tensor<3xi64> -> tensor<2x4x6xf32>
  %2 = nn.binary add %1, %m : tensor<2x4x6xf32>, tensor<2x4x6xf32> -> tensor<2x4x6xf32>
  %3 = nn.softmax %2 {axis = 2 : i64} : tensor<2x4x6xf32>
  %4 = nn.reshape %3, %s4 : tensor<2x4x6xf32>, tensor<4xi64> -> tensor<1x2x4x6xf32>
  %5 = nn.matmul %4, %v : tensor<1x2x4x6xf32>, tensor<1x2x8x6xf32> -> tensor<1x2x4x8xf32>
  return %5 : tensor<1x2x4x8xf32>
}
