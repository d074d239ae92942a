// RUN: quant-opt %s -split-input-file -qt-integerize | FileCheck %s
// RUN: quant-opt %s -split-input-file -qt-integerize -qt-split | FileCheck %s --check-prefix=SPLIT

#byte = #qt.encoding<absmax, -127..127>
!image = !qt.block<[1, ?, ?, ?], s8, scale = f32>
!w8 = !qt.block<[1, ?, ?], s8, scale = f32>

// An image that is a single position has 14 bits: the sum of two left operands.
// CHECK-LABEL: func @gate
// CHECK: %[[X:.*]] = qt.rescale half_up %{{.*}} -> tensor<?x1x1x64x!qt.block<[1, ?, ?, ?], s14, scale = exp<8>>>
// CHECK: nn.conv %[[X]], %{{.*}} -> tensor<?x1x1x8x!qt.block<[1, ?, ?, ?], s32, scale = exp<32>>>
// SPLIT-LABEL: func @gate
// SPLIT: %[[M:.*]] = nn.cast %{{.*}} : tensor<?x1x1x64xi16> to tensor<?x1x1x64xi32>
// SPLIT-NEXT: %[[SEVEN:.*]] = arith.constant dense<7> : tensor<i32>
// SPLIT-NEXT: %[[H:.*]] = nn.binary rshift %[[M]], %[[SEVEN]]
// SPLIT-NEXT: %[[BACK:.*]] = arith.constant dense<-7> : tensor<i32>
// SPLIT-NEXT: %[[U:.*]] = nn.binary rshift %[[H]], %[[BACK]]
// SPLIT-NEXT: nn.binary sub %[[M]], %[[U]]
// SPLIT-COUNT-2: qt.contract lhs(%{{.*}} : tensor<?x1x1x64xi8>, tensor<?x1x1x2xi8>, tensor<?x1x1x1xi8>)
// SPLIT-NOT: qt.contract
// SPLIT: return
func.func @gate(%x: tensor<?x5x5x64xf32>) -> tensor<?x1x1x8xf32> {
  %w = arith.constant dense<1.0> : tensor<8x1x64xf32>
  %0 = nn.reduce mean %x axes [1, 2] keepdims : tensor<?x5x5x64xf32> -> tensor<?x1x1x64xf32>
  %q = qt.quantize %0 {encoding = #byte} : tensor<?x1x1x64xf32> -> tensor<?x1x1x64x!image>
  %wq = qt.quantize %w {encoding = #byte} : tensor<8x1x64xf32> -> tensor<8x1x64x!w8>
  %1 = nn.conv %q, %wq kernel [1, 1] strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1 : tensor<?x1x1x64x!image>, tensor<8x1x64x!w8> -> tensor<?x1x1x8xf32>
  return %1 : tensor<?x1x1x8xf32>
}

// -----

#byte = #qt.encoding<absmax, -127..127>
!act8 = !qt.block<[1, ?], s8, scale = f32>

// A product shows no positions: the pool does, whatever the size of its images,
// and what follows keeps an example one row.
// CHECK-LABEL: func @head
// CHECK: nn.matmul %{{.*}} : tensor<?x64x!qt.block<[1, ?], s14, scale = exp<8>>>, {{.*}} -> tensor<?x32x!qt.block<[1, ?], s32, scale = exp<32>>>
// CHECK: nn.matmul %{{.*}} : tensor<?x32x!qt.block<[1, ?], s14, scale = exp<8>>>, {{.*}} -> tensor<?x8x!qt.block<[1, ?], s32, scale = exp<32>>>
func.func @head(%x: tensor<?x?x?x64xf32>) -> tensor<?x8xf32> {
  %s = arith.constant dense<[-1, 64]> : tensor<2xi64>
  %w = arith.constant dense<1.0> : tensor<32x64xf32>
  %v = arith.constant dense<1.0> : tensor<8x32xf32>
  %b = arith.constant dense<0.5> : tensor<32xf32>
  %0 = nn.reduce max %x axes [1, 2] keepdims : tensor<?x?x?x64xf32> -> tensor<?x1x1x64xf32>
  %1 = nn.reshape %0, %s : tensor<?x1x1x64xf32>, tensor<2xi64> -> tensor<?x64xf32>
  %q = qt.quantize %1 {encoding = #byte} : tensor<?x64xf32> -> tensor<?x64x!act8>
  %wq = qt.quantize %w {encoding = #byte} : tensor<32x64xf32> -> tensor<32x64x!act8>
  %2 = nn.matmul %q, %wq : tensor<?x64x!act8>, tensor<32x64x!act8> -> tensor<?x32xf32>
  %3 = nn.binary add %2, %b : tensor<?x32xf32>, tensor<32xf32> -> tensor<?x32xf32>
  %4 = nn.unary relu %3 : tensor<?x32xf32>
  %r = qt.quantize %4 {encoding = #byte} : tensor<?x32xf32> -> tensor<?x32x!act8>
  %vq = qt.quantize %v {encoding = #byte} : tensor<8x32xf32> -> tensor<8x32x!act8>
  %5 = nn.matmul %r, %vq : tensor<?x32x!act8>, tensor<8x32x!act8> -> tensor<?x8xf32>
  return %5 : tensor<?x8xf32>
}

// -----

#byte = #qt.encoding<absmax, -127..127>
!act8 = !qt.block<[1, ?], s8, scale = f32>
!seq8 = !qt.block<[1, 1, ?], s8, scale = f32>
!image = !qt.block<[1, ?, ?, ?], s8, scale = f32>
!w8 = !qt.block<[1, ?, ?], s8, scale = f32>

// Several positions, and rows that may be positions, have 8 bits: of one
// dimension that is reduced two are left, a sum of a pooled row and one that is
// none, images of two positions, and of as many as there are at run time.
// CHECK-LABEL: func @several
// CHECK-NOT: s14
// CHECK: return
func.func @several(%x: tensor<?x5x7x64xf32>, %y: tensor<?x64xf32>, %i: tensor<?x1x2x64xf32>, %j: tensor<?x1x?x64xf32>) -> (tensor<?x7x8xf32>, tensor<?x8xf32>, tensor<?x1x2x8xf32>, tensor<?x1x?x8xf32>) {
  %w = arith.constant dense<1.0> : tensor<8x64xf32>
  %v = arith.constant dense<1.0> : tensor<8x1x64xf32>
  %wq = qt.quantize %w {encoding = #byte} : tensor<8x64xf32> -> tensor<8x64x!act8>
  %vq = qt.quantize %v {encoding = #byte} : tensor<8x1x64xf32> -> tensor<8x1x64x!w8>
  %0 = nn.reduce mean %x axes [1] : tensor<?x5x7x64xf32> -> tensor<?x7x64xf32>
  %q = qt.quantize %0 {encoding = #byte} : tensor<?x7x64xf32> -> tensor<?x7x64x!seq8>
  %1 = nn.matmul %q, %wq : tensor<?x7x64x!seq8>, tensor<8x64x!act8> -> tensor<?x7x8xf32>
  %2 = nn.reduce mean %x axes [1, 2] : tensor<?x5x7x64xf32> -> tensor<?x64xf32>
  %3 = nn.binary add %2, %y : tensor<?x64xf32>, tensor<?x64xf32> -> tensor<?x64xf32>
  %r = qt.quantize %3 {encoding = #byte} : tensor<?x64xf32> -> tensor<?x64x!act8>
  %4 = nn.matmul %r, %wq : tensor<?x64x!act8>, tensor<8x64x!act8> -> tensor<?x8xf32>
  %s = qt.quantize %i {encoding = #byte} : tensor<?x1x2x64xf32> -> tensor<?x1x2x64x!image>
  %5 = nn.conv %s, %vq kernel [1, 1] strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1 : tensor<?x1x2x64x!image>, tensor<8x1x64x!w8> -> tensor<?x1x2x8xf32>
  %t = qt.quantize %j {encoding = #byte} : tensor<?x1x?x64xf32> -> tensor<?x1x?x64x!image>
  %6 = nn.conv %t, %vq kernel [1, 1] strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1 : tensor<?x1x?x64x!image>, tensor<8x1x64x!w8> -> tensor<?x1x?x8xf32>
  return %1, %4, %5, %6 : tensor<?x7x8xf32>, tensor<?x8xf32>, tensor<?x1x2x8xf32>, tensor<?x1x?x8xf32>
}

// -----

#byte = #qt.encoding<absmax, -127..127>
!image = !qt.block<[1, ?, ?, ?], s8, scale = f32>
!w8 = !qt.block<[1, ?, ?], s8, scale = f32>

// The largest magnitude of an image of one channel is that of a row, too.
// SPLIT-LABEL: func @one_channel
// SPLIT: qt.contract
// SPLIT: nn.reduce max %{{.*}} axes [1] keepdims : tensor<?x?xi32> -> tensor<?x1xi32>
func.func @one_channel(%x: tensor<?x?x?x64xf32>) -> tensor<?x?x?x1xf32> {
  %w = arith.constant dense<1.0> : tensor<1x1x64xf32>
  %q = qt.quantize %x {encoding = #byte} : tensor<?x?x?x64xf32> -> tensor<?x?x?x64x!image>
  %wq = qt.quantize %w {encoding = #byte} : tensor<1x1x64xf32> -> tensor<1x1x64x!w8>
  %1 = nn.conv %q, %wq kernel [1, 1] strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1 : tensor<?x?x?x64x!image>, tensor<1x1x64x!w8> -> tensor<?x?x?x1xf32>
  %2 = nn.unary sigmoid %1 : tensor<?x?x?x1xf32>
  return %2 : tensor<?x?x?x1xf32>
}
