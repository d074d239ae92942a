// RUN: quant-opt %s -split-input-file -qt-integerize | FileCheck %s
// RUN: quant-opt %s -split-input-file -qt-integerize -qt-split | FileCheck %s --check-prefix=SPLIT

#byte = #qt.encoding<absmax, -127..127>
!act8 = !qt.block<[1, ?], s8, scale = f32>
!w8 = !qt.block<[1, ?], s8, scale = f32>

// Of the recipe's formats those of activations give way to integer-only ones.
// CHECK-LABEL: func @linear
// CHECK: %[[X:.*]] = qt.quantize %arg0 {encoding = #qt.encoding<norm, -32767..32767>} : tensor<?x64xf32> -> tensor<?x64x!qt.block<[1, ?], s16, scale = exp<8>>>
// CHECK-NEXT: %[[Q:.*]] = qt.quantize %[[X]] {encoding = #qt.encoding<norm, -127..127>} : {{.*}} -> tensor<?x64x!qt.block<[1, 32], s8, scale = shift<3>, outer = exp<8>>>
// CHECK: %[[W:.*]] = qt.quantize %cst{{.*}} -> tensor<8x64x!qt.block<[1, ?], s8, scale = f32>>
// CHECK-NEXT: %[[Y:.*]] = nn.matmul %[[Q]], %[[W]] : {{.*}} -> tensor<?x8x!qt.block<[1, ?], s31, scale = exp<32>>>
// CHECK-NEXT: %[[B:.*]] = nn.binary add %[[Y]], %cst{{.*}} : {{.*}} -> tensor<?x8x!qt.block<[1, ?], s32, scale = exp<32>>>
// CHECK-NEXT: %[[R:.*]] = nn.unary relu %[[B]] : tensor<?x8x!qt.block<[1, ?], s32, scale = exp<32>>>
// CHECK-NEXT: %[[F:.*]] = qt.dequantize %[[R]] : {{.*}} -> tensor<?x8xf32>
// CHECK-NEXT: return %[[F]]
// SPLIT-LABEL: func @linear
// SPLIT: qt.contract lhs(%{{.*}}, %{{.*}}, %{{.*}} : tensor<?x64xi8>, tensor<?x2xi8>, tensor<?x1xi8>) rhs(%{{.*}}, %{{.*}} : tensor<8x64xi8>, tensor<8x1xi8>) {acc = i32
// SPLIT-SAME: -> tensor<?x8xi32>
// SPLIT: nn.binary mulh31 %{{.*}}, %{{.*}} : tensor<?x8xi32>, tensor<8xi32> -> tensor<?x8xi32>
func.func @linear(%x: tensor<?x64xf32>) -> tensor<?x8xf32> {
  %w = arith.constant dense<1.0> : tensor<8x64xf32>
  %b = arith.constant dense<0.5> : tensor<8xf32>
  %q = qt.quantize %x {encoding = #byte} : tensor<?x64xf32> -> tensor<?x64x!act8>
  %wq = qt.quantize %w {encoding = #byte} : tensor<8x64xf32> -> tensor<8x64x!w8>
  %0 = nn.matmul %q, %wq : tensor<?x64x!act8>, tensor<8x64x!w8> -> tensor<?x8xf32>
  %1 = nn.binary add %0, %b : tensor<?x8xf32>, tensor<8xf32> -> tensor<?x8xf32>
  %2 = nn.unary relu %1 : tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}

// -----

#byte = #qt.encoding<absmax, -127..127>
!act8 = !qt.block<[1, 32], s8, scale = f32>

// Weights in blocks with real scales have no multipliers: one scale an output.
// CHECK-LABEL: func @blocks
// CHECK: qt.quantize %cst{{.*}} -> tensor<8x64x!qt.block<[1, ?], s8, scale = f32>>
// CHECK-NOT: [1, 32], s8, scale = f32
// CHECK: return
func.func @blocks(%x: tensor<4x64xf32>) -> tensor<4x8xf32> {
  %w = arith.constant dense<1.0> : tensor<8x64xf32>
  %q = qt.quantize %x {encoding = #byte} : tensor<4x64xf32> -> tensor<4x64x!act8>
  %wq = qt.quantize %w {encoding = #byte} : tensor<8x64xf32> -> tensor<8x64x!act8>
  %0 = nn.matmul %q, %wq : tensor<4x64x!act8>, tensor<8x64x!act8> -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// -----

// Heads are split in wide form, with the exponent of their token, and joined on
// one exponent.
// CHECK-LABEL: func @heads
// CHECK: nn.reshape {{.*}} -> tensor<?x9x4x16x!qt.block<[1, 1, ?, ?], s16, scale = exp<8>>>
// CHECK: nn.transpose {{.*}} -> tensor<?x4x9x16x!qt.block<[1, ?, 1, ?], s16, scale = exp<8>>>
// CHECK: nn.transpose
// CHECK: nn.reshape {{.*}} -> tensor<?x9x64x!qt.block<[1, 1, ?], s16, scale = exp<8>>>
// CHECK: nn.layer_norm {{.*}} : tensor<?x9x64x!qt.block<[1, 1, ?], s16, scale = exp<8>>>, tensor<64xf32>, tensor<64xf32>
func.func @heads(%x: tensor<?x9x64xf32>) -> tensor<?x9x64xf32> {
  %s = arith.constant dense<[-1, 9, 4, 16]> : tensor<4xi64>
  %j = arith.constant dense<[-1, 9, 64]> : tensor<3xi64>
  %g = arith.constant dense<1.0> : tensor<64xf32>
  %0 = nn.gelu erf %x : tensor<?x9x64xf32>
  %1 = nn.reshape %0, %s : tensor<?x9x64xf32>, tensor<4xi64> -> tensor<?x9x4x16xf32>
  %2 = nn.transpose %1 perm [0, 2, 1, 3] : tensor<?x9x4x16xf32> -> tensor<?x4x9x16xf32>
  %3 = nn.unary tanh %2 : tensor<?x4x9x16xf32>
  %4 = nn.transpose %3 perm [0, 2, 1, 3] : tensor<?x4x9x16xf32> -> tensor<?x9x4x16xf32>
  %5 = nn.reshape %4, %j : tensor<?x9x4x16xf32>, tensor<3xi64> -> tensor<?x9x64xf32>
  %6 = nn.layer_norm %5, %g, %g {axis = 2 : i64, epsilon = 1.0e-5 : f32} : tensor<?x9x64xf32>, tensor<64xf32>, tensor<64xf32>
  return %6 : tensor<?x9x64xf32>
}

// -----

// What is moved and what is computed on indices stays as it is.
// CHECK-LABEL: func @untouched
// CHECK-SAME: attributes {qt.integer_only}
// CHECK-NOT: qt.
// CHECK: return
func.func @untouched(%x: tensor<?x8xf32>, %i: tensor<4xi64>) -> (tensor<8x?xf32>, tensor<4xi64>) {
  %0 = nn.transpose %x perm [1, 0] : tensor<?x8xf32> -> tensor<8x?xf32>
  %1 = nn.binary add %i, %i : tensor<4xi64>, tensor<4xi64> -> tensor<4xi64>
  return %0, %1 : tensor<8x?xf32>, tensor<4xi64>
}

// -----

// Angles of integer positions are phases in 64 bits, a turn is 2^64; nothing is
// left of the floats.
// CHECK-LABEL: func @positions
// CHECK: %[[F:.*]] = arith.constant dense<46116861{{[0-9]+}}> : tensor<1x2xi64>
// CHECK: %[[T:.*]] = nn.binary mul %{{.*}}, %[[F]] : tensor<?x1xi64>, tensor<1x2xi64> -> tensor<?x2xi64>
// CHECK: nn.binary rshift %[[T]], %{{.*}} : tensor<?x2xi64>, tensor<i64> -> tensor<?x2xi64>
// CHECK: %[[C:.*]] = qt.join %{{.*}}, %{{.*}} -> tensor<?x2x!qt.block<[1, ?], s16, scale = exp<8>>>
// CHECK: nn.rotary %{{.*}}, %[[C]], %{{.*}} -> tensor<?x2x!qt.block<[1, ?], s32, scale = exp<32>>>
// CHECK-NOT: nn.unary cos
func.func @positions(%x: tensor<?x2xf32>, %p: tensor<?x1xi64>) -> tensor<?x2xf32> {
  %f = arith.constant dense<[[1.57079633, 1.57079633]]> : tensor<1x2xf32>
  %0 = nn.cast %p : tensor<?x1xi64> to tensor<?x1xf32>
  %1 = nn.binary mul %0, %f : tensor<?x1xf32>, tensor<1x2xf32> -> tensor<?x2xf32>
  %c = nn.unary cos %1 : tensor<?x2xf32>
  %s = nn.unary sin %1 : tensor<?x2xf32>
  %2 = nn.rotary %x, %c, %s : tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32> -> tensor<?x2xf32>
  return %2 : tensor<?x2xf32>
}

// -----

// Codes of rows have all of their range, whatever a target's recipe leaves.
#reduced = #qt.encoding<absmax, -90..90>
!w8 = !qt.block<[1, ?], s8, scale = f32>
// CHECK-LABEL: func @reduced
// CHECK: qt.quantize %cst{{.*}} {encoding = #qt.encoding<absmax, -127..127>}
func.func @reduced(%x: tensor<?x64xf32>) -> tensor<?x8xf32> {
  %w = arith.constant dense<1.0> : tensor<8x64xf32>
  %q = qt.quantize %x {encoding = #reduced} : tensor<?x64xf32> -> tensor<?x64x!w8>
  %wq = qt.quantize %w {encoding = #reduced} : tensor<8x64xf32> -> tensor<8x64x!w8>
  %0 = nn.matmul %q, %wq : tensor<?x64x!w8>, tensor<8x64x!w8> -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// -----

// Vectors are what kernels compute on: no network.
// CHECK-LABEL: func @vectors
// CHECK: nn.unary relu %{{.*}} : vector<16xf32>
func.func @vectors(%x: vector<16xf32>) -> vector<16xf32> {
  %0 = nn.unary relu %x : vector<16xf32>
  return %0 : vector<16xf32>
}

// -----

#byte = #qt.encoding<absmax, -127..127>
!row8 = !qt.block<[1, ?], s8, scale = f32>

// Rows that the first user of a wide value needs come before the codes that
// another one makes of them.
// CHECK-LABEL: func @twice
// CHECK: %[[S:.*]] = nn.binary add
// CHECK: %[[R:.*]] = qt.rescale{{.*}} %[[S]]
// CHECK: qt.quantize %[[R]]
// CHECK: nn.binary mul %[[R]]
// CHECK: nn.matmul
func.func @twice(%x: tensor<4x64xf32>, %y: tensor<4x64xf32>) -> (tensor<4x64xf32>, tensor<4x8xf32>) {
  %c = arith.constant dense<1.5> : tensor<1x64xf32>
  %w = arith.constant dense<1.0> : tensor<8x64xf32>
  %s = nn.binary add %x, %y : tensor<4x64xf32>, tensor<4x64xf32> -> tensor<4x64xf32>
  %m = nn.binary mul %s, %c : tensor<4x64xf32>, tensor<1x64xf32> -> tensor<4x64xf32>
  %q = qt.quantize %s {encoding = #byte} : tensor<4x64xf32> -> tensor<4x64x!row8>
  %wq = qt.quantize %w {encoding = #byte} : tensor<8x64xf32> -> tensor<8x64x!row8>
  %0 = nn.matmul %q, %wq : tensor<4x64x!row8>, tensor<8x64x!row8> -> tensor<4x8xf32>
  return %m, %0 : tensor<4x64xf32>, tensor<4x8xf32>
}

// -----

// Which dims of run time come together in both shapes is noted.
// CHECK-LABEL: @reshape_cuts
func.func @reshape_cuts(%x: tensor<?x?xf32>) -> tensor<?x?x1xf32> attributes {
    qt.dim_names = ["n", "m"], qt.arg_shapes = [affine_map<()[n, m] -> (n, m)>]} {
  %one = arith.constant dense<1> : tensor<1xi64>
  %sizes = nn.shape %x {start = 0 : i64, end = 2 : i64} : tensor<?x?xf32> -> tensor<2xi64>
  %shape = nn.concat %sizes, %one {axis = 0 : i64} : tensor<2xi64>, tensor<1xi64> -> tensor<3xi64>
  %0 = nn.unary relu %x : tensor<?x?xf32>
  // CHECK: nn.reshape %{{.*}} {qt.reshape_cuts = array<i64: 1, 1>} : {{.*}} -> tensor<?x?x1x!qt.block<[1, ?, 1], s16, scale = exp<8>>>
  %1 = nn.reshape %0, %shape : tensor<?x?xf32>, tensor<3xi64> -> tensor<?x?x1xf32>
  return %1 : tensor<?x?x1xf32>
}

// -----

// An output of another width has it behind its decoding, beside one that has
// not; a value that is used again is no output's alone.
// CHECK-LABEL: func @halves
// CHECK: %[[R:.*]] = nn.unary relu
// CHECK: %[[F:.*]] = qt.dequantize %[[R]] : {{.*}} -> tensor<?x8xf32>
// CHECK: %[[H:.*]] = nn.cast %[[F]] : tensor<?x8xf32> to tensor<?x8xf16>
// CHECK: return %[[F]], %[[H]]
func.func @halves(%x: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf16>) {
  %y = nn.unary relu %x : tensor<?x8xf32>
  %h = nn.cast %y : tensor<?x8xf32> to tensor<?x8xf16>
  return %y, %h : tensor<?x8xf32>, tensor<?x8xf16>
}

// -----

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

// -----

// Beside what hides by its magnitude scores keep all their bits, on the exponent
// of the rows of the softmax; others are rows of 16 bits.
// CHECK-LABEL: func @masked
// CHECK: %[[S:.*]] = nn.select {{.*}} -> tensor<?x8x!qt.block<[1, ?], s31, scale = exp<32>>>
// CHECK: nn.softmax %[[S]] {axis = 1 : i64} : tensor<?x8x!qt.block<[1, ?], s31, scale = exp<32>>>
// CHECK: nn.softmax %{{.*}} {axis = 1 : i64} : tensor<?x8x!qt.block<[1, ?], s16, scale = exp<8>>>
func.func @masked(%x: tensor<?x8xf32>, %is: tensor<?x8xi1>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  %hidden = arith.constant dense<-1.0e4> : tensor<f32>
  %small = arith.constant dense<-1.0e2> : tensor<f32>
  %0 = nn.select %is, %x, %hidden : tensor<?x8xi1>, tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %1 = nn.softmax %0 {axis = 1 : i64} : tensor<?x8xf32>
  %2 = nn.select %is, %x, %small : tensor<?x8xi1>, tensor<?x8xf32>, tensor<f32> -> tensor<?x8xf32>
  %3 = nn.softmax %2 {axis = 1 : i64} : tensor<?x8xf32>
  return %1, %3 : tensor<?x8xf32>, tensor<?x8xf32>
}

// -----

#byte = #qt.encoding<absmax, -127..127>
!act8 = !qt.block<[1, ?], s8, scale = f32>
!seq8 = !qt.block<[1, 1, ?], s8, scale = f32>

// What is added keeps its bits on the blocks of the other side.
// CHECK-LABEL: func @blocks
// CHECK: %[[P:.*]] = nn.matmul {{.*}} -> tensor<?x5x4x!qt.block<[1, 1, ?], s31, scale = exp<32>>>
// CHECK-NEXT: %[[S:.*]] = qt.rescale half_up %[[P]] : {{.*}} -> tensor<?x5x4x!qt.block<[1, ?, ?], s31, scale = exp<32>>>
// CHECK: %[[M:.*]] = nn.reduce mean {{.*}} -> tensor<?x1x4x!qt.block<[1, ?, ?], s32, scale = exp<32>>>
// CHECK: nn.binary sub %[[S]], %[[M]]
func.func @blocks(%x: tensor<?x5x64xf32>) -> tensor<?x5x4xf32> {
  %w = arith.constant dense<1.0> : tensor<4x64xf32>
  %q = qt.quantize %x {encoding = #byte} : tensor<?x5x64xf32> -> tensor<?x5x64x!seq8>
  %wq = qt.quantize %w {encoding = #byte} : tensor<4x64xf32> -> tensor<4x64x!act8>
  %0 = nn.matmul %q, %wq : tensor<?x5x64x!seq8>, tensor<4x64x!act8> -> tensor<?x5x4xf32>
  %1 = nn.reduce mean %0 axes [1] keepdims : tensor<?x5x4xf32> -> tensor<?x1x4xf32>
  %2 = nn.binary sub %0, %1 : tensor<?x5x4xf32>, tensor<?x1x4xf32> -> tensor<?x5x4xf32>
  return %2 : tensor<?x5x4xf32>
}
