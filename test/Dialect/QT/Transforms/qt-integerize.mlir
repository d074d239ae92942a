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

// Vectors are what kernels compute on: no network.
// CHECK-LABEL: func @vectors
// CHECK: nn.unary relu %{{.*}} : vector<16xf32>
func.func @vectors(%x: vector<16xf32>) -> vector<16xf32> {
  %0 = nn.unary relu %x : vector<16xf32>
  return %0 : vector<16xf32>
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
  %end = nn.unary tanh %1 : tensor<?x?x1xf32>
  return %end : tensor<?x?x1xf32>
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
