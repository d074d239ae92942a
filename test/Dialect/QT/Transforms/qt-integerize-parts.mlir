// RUN: quant-opt %s -split-input-file -qt-integerize | FileCheck %s
// RUN: quant-opt %s -split-input-file -qt-integerize -qt-split | FileCheck %s --check-prefix=SPLIT

#byte = #qt.encoding<absmax, -127..127>
!act8 = !qt.block<[1, ?], s8, scale = f32>
!seq8 = !qt.block<[1, 1, ?], s8, scale = f32>

// Sums that do not fit 32 bits are those of parts, cut where blocks end, each
// with codes of its own.
// CHECK-LABEL: func @long
// CHECK: nn.matmul %{{.*}} : tensor<?x3x8416x!qt.block<[1, 1, ?], s16, scale = exp<8>>>, {{.*}} -> tensor<?x3x4x!qt.block<[1, 1, ?], s32, scale = exp<32>>>
// SPLIT-LABEL: func @long
// SPLIT: %[[W0:.*]] = nn.slice {{.*}} : tensor<4x8416xi8>, {{.*}} -> tensor<4x4224xi8>
// SPLIT: %[[X0:.*]] = nn.slice {{.*}} : tensor<?x3x8416xi16>, {{.*}} -> tensor<?x3x4224xi16>
// SPLIT: %[[Q0:.*]]:3 = qt.quantize %[[X0]] exponent %[[E:[^ ]*]]
// SPLIT: qt.contract lhs(%[[Q0]]#0, %[[Q0]]#1, %[[Q0]]#2 : {{.*}}) rhs(%[[W0]],
// SPLIT: %[[W1:.*]] = nn.slice {{.*}} : tensor<4x8416xi8>, {{.*}} -> tensor<4x4192xi8>
// SPLIT: %[[X1:.*]] = nn.slice {{.*}} : tensor<?x3x8416xi16>, {{.*}} -> tensor<?x3x4192xi16>
// SPLIT: %[[Q1:.*]]:3 = qt.quantize %[[X1]] exponent %[[E]]
// SPLIT: qt.contract lhs(%[[Q1]]#0, %[[Q1]]#1, %[[Q1]]#2 : {{.*}}) rhs(%[[W1]],
// SPLIT-NOT: qt.contract
// SPLIT: return
func.func @long(%x: tensor<?x3x8416xf32>) -> tensor<?x3x4xf32> {
  %w = arith.constant dense<1.0> : tensor<4x8416xf32>
  %q = qt.quantize %x {encoding = #byte} : tensor<?x3x8416xf32> -> tensor<?x3x8416x!seq8>
  %wq = qt.quantize %w {encoding = #byte} : tensor<4x8416xf32> -> tensor<4x8416x!act8>
  %0 = nn.matmul %q, %wq : tensor<?x3x8416x!seq8>, tensor<4x8416x!act8> -> tensor<?x3x4xf32>
  return %0 : tensor<?x3x4xf32>
}

// -----

#byte = #qt.encoding<absmax, -127..127>
!act8 = !qt.block<[1, ?], s8, scale = f32>
!seq8 = !qt.block<[1, 1, ?], s8, scale = f32>

// As many products of small weights fit.
// SPLIT-LABEL: func @sparse
// SPLIT-NOT: nn.slice
// SPLIT-COUNT-1: qt.contract
// SPLIT-NOT: qt.contract
// SPLIT: return
func.func @sparse(%x: tensor<?x3x8416xf32>) -> tensor<?x3x4xf32> {
  %c = arith.constant dense<1.0> : tensor<4x1xf32>
  %s = arith.constant dense<0.0> : tensor<4x8415xf32>
  %w = nn.concat %c, %s {axis = 1 : i64} : tensor<4x1xf32>, tensor<4x8415xf32> -> tensor<4x8416xf32>
  %q = qt.quantize %x {encoding = #byte} : tensor<?x3x8416xf32> -> tensor<?x3x8416x!seq8>
  %wq = qt.quantize %w {encoding = #byte} : tensor<4x8416xf32> -> tensor<4x8416x!act8>
  %0 = nn.matmul %q, %wq : tensor<?x3x8416x!seq8>, tensor<4x8416x!act8> -> tensor<?x3x4xf32>
  return %0 : tensor<?x3x4xf32>
}
