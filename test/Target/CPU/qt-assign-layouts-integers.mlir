// RUN: quant-opt %s -split-input-file '-qt-assign-layouts=cpu-layout=avx2' | FileCheck %s --check-prefixes=CHECK,AVX2
// RUN: quant-opt %s -split-input-file '-qt-assign-layouts=cpu-layout=avx512vnni' | FileCheck %s --check-prefixes=CHECK,VNNI

// Integers alone: nibbles against blocks with shifts.
!blk8 = !qt.block<[1, 32], s8, scale = shift<3>, outer = exp<8>>
!n4 = !qt.block<[1, 32], s4, scale = s8, outer = exp<8>>
// CHECK-LABEL: func @integer_four
// CHECK: qt.quantize {{.*}}layout = #qt.layout<w4i
// CHECK: qt.pack {{.*}}layout = #qt.layout<w4i
// CHECK: qt.contract {{.*}}acc = i32{{.*}}layout = #qt.layout<w4i
func.func @integer_four(%x: tensor<4x64xi16>, %e: tensor<4x1xi8>) -> tensor<4x8xi32> {
  %w = arith.constant dense<1> : tensor<8x32xi8>
  %m = arith.constant dense<1> : tensor<8x2xi8>
  %o = arith.constant dense<0> : tensor<8x1xi8>
  %q, %k, %eq = qt.quantize %x exponent %e : tensor<4x1xi8> {encoding = #qt.encoding<norm, -127..127>, format = !blk8} : tensor<4x64xi16> -> tensor<4x64xi8>, tensor<4x2xi8>, tensor<4x1xi8>
  %0 = qt.contract lhs(%q, %k, %eq : tensor<4x64xi8>, tensor<4x2xi8>, tensor<4x1xi8>) rhs(%w, %m, %o : tensor<8x32xi8>, tensor<8x2xi8>, tensor<8x1xi8>) {acc = i32, geometry = #qt.matmul, lhs_format = !blk8, rhs_format = !n4} -> tensor<4x8xi32>
  return %0 : tensor<4x8xi32>
}

// -----

// Steps are chained where weights are small together, and where all that read
// the same activations may be.
!blk8 = !qt.block<[1, 32], s8, scale = shift<3>, outer = exp<8>>
!w8 = !qt.block<[1, ?], s8, scale = exp<8>>
// CHECK-LABEL: func @chains
// AVX2: qt.quantize {{.*}}layout = #qt.layout<chained, panel = 16, rows = 4, bias = 128>
// AVX2: qt.contract {{.*}}layout = #qt.layout<chained
// AVX2-COUNT-2: qt.contract {{.*}}layout = #qt.layout<b32, panel = 16, rows = 4>
// VNNI-COUNT-3: qt.contract {{.*}}layout = #qt.layout<b32, panel = 32
func.func @chains(%x: tensor<?x64xi16>, %e: tensor<?x1xi8>, %z: tensor<?x64xi16>) -> (tensor<?x8xi32>, tensor<?x8xi32>, tensor<?x8xi32>) {
  %w = arith.constant dense<40> : tensor<8x64xi8>
  %h = arith.constant dense<100> : tensor<8x64xi8>
  %o = arith.constant dense<0> : tensor<8x1xi8>
  %q, %k, %eq = qt.quantize %x exponent %e : tensor<?x1xi8> {encoding = #qt.encoding<norm, -127..127>, format = !blk8} : tensor<?x64xi16> -> tensor<?x64xi8>, tensor<?x2xi8>, tensor<?x1xi8>
  %r, %l, %er = qt.quantize %z exponent %e : tensor<?x1xi8> {encoding = #qt.encoding<norm, -127..127>, format = !blk8} : tensor<?x64xi16> -> tensor<?x64xi8>, tensor<?x2xi8>, tensor<?x1xi8>
  %0 = qt.contract lhs(%q, %k, %eq : tensor<?x64xi8>, tensor<?x2xi8>, tensor<?x1xi8>) rhs(%w, %o : tensor<8x64xi8>, tensor<8x1xi8>) {acc = i32, geometry = #qt.matmul, lhs_format = !blk8, rhs_format = !w8} -> tensor<?x8xi32>
  %1 = qt.contract lhs(%r, %l, %er : tensor<?x64xi8>, tensor<?x2xi8>, tensor<?x1xi8>) rhs(%w, %o : tensor<8x64xi8>, tensor<8x1xi8>) {acc = i32, geometry = #qt.matmul, lhs_format = !blk8, rhs_format = !w8} -> tensor<?x8xi32>
  %2 = qt.contract lhs(%r, %l, %er : tensor<?x64xi8>, tensor<?x2xi8>, tensor<?x1xi8>) rhs(%h, %o : tensor<8x64xi8>, tensor<8x1xi8>) {acc = i32, geometry = #qt.matmul, lhs_format = !blk8, rhs_format = !w8} -> tensor<?x8xi32>
  return %0, %1, %2 : tensor<?x8xi32>, tensor<?x8xi32>, tensor<?x8xi32>
}

// -----

// Not of integers that may wrap around: squares and sums of the model's own, and
// shifts to the left. What is limited before does not, and has codes without a
// sign where all that read its weights have.
!blk8 = !qt.block<[1, 1, 1, 32], s8, scale = shift<3>, outer = exp<8>[1, ?, ?, ?]>
!x8 = !qt.block<[1, ?], s8, scale = f32>
!w8 = !qt.block<[1, ?, ?], s8, scale = exp<8>>
// CHECK-LABEL: func @integers_that_wrap
// AVX2-NOT: low = 0
// AVX2: nn.clip {{.*}}max 1.000000e+09
// AVX2: qt.quantize {{.*}}encoding = #qt.encoding<norm, 0..127>, {{.*}}layout = #qt.layout<chained, panel = 16, rows = 4, low = 0>
// AVX2: qt.contract {{.*}}layout = #qt.layout<chained, panel = 16, rows = 4, low = 0>
// AVX2-NOT: low = 0
// AVX2: return
func.func @integers_that_wrap(%x: tensor<?x4x4x64xi32>, %y: tensor<?x64xi32>, %n: tensor<i32>, %e: tensor<?x1x1x1xi8>) -> (tensor<?x8xf32>, tensor<?x4x4x32xi32>, tensor<?x4x4x32xi32>, tensor<?x4x4x32xi32>, tensor<?x4x4x32xi32>, tensor<?x4x4x32xi32>, tensor<?x4x4x32xi32>) {
  %w = arith.constant dense<40> : tensor<32x9x64xi8>
  %v = arith.constant dense<41> : tensor<32x9x64xi8>
  %u = arith.constant dense<42> : tensor<32x9x64xi8>
  %t = arith.constant dense<43> : tensor<32x9x64xi8>
  %s = arith.constant dense<44> : tensor<32x9x64xi8>
  %o = arith.constant dense<0> : tensor<32x1x1xi8>
  %f = arith.constant dense<1> : tensor<8x64xi8>
  %fs = arith.constant dense<1.0> : tensor<8x1xf32>
  %r = nn.unary relu %x : tensor<?x4x4x64xi32>
  %square = nn.binary mul %y, %y : tensor<?x64xi32>, tensor<?x64xi32> -> tensor<?x64xi32>
  %float = nn.cast %square : tensor<?x64xi32> to tensor<?x64xf32>
  %q0, %s0 = qt.quantize %float {encoding = #qt.encoding<absmax, -127..127>, format = !x8} : tensor<?x64xf32> -> tensor<?x64xi8>, tensor<?x1xf32>
  %0 = qt.contract lhs(%q0, %s0 : tensor<?x64xi8>, tensor<?x1xf32>) rhs(%f, %fs : tensor<8x64xi8>, tensor<8x1xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = !x8, rhs_format = !x8} -> tensor<?x8xf32>
  %v1 = nn.binary mul %x, %x : tensor<?x4x4x64xi32>, tensor<?x4x4x64xi32> -> tensor<?x4x4x64xi32>
  %l1 = nn.clip %v1 min -3.276700e+04 max 3.276700e+04 : tensor<?x4x4x64xi32>
  %h1 = nn.cast %l1 : tensor<?x4x4x64xi32> to tensor<?x4x4x64xi16>
  %q1, %s1, %e1 = qt.quantize %h1 exponent %e : tensor<?x1x1x1xi8> {encoding = #qt.encoding<norm, -127..127>, format = !blk8} : tensor<?x4x4x64xi16> -> tensor<?x4x4x64xi8>, tensor<?x4x4x2xi8>, tensor<?x1x1x1xi8>
  %1 = qt.contract lhs(%q1, %s1, %e1 : tensor<?x4x4x64xi8>, tensor<?x4x4x2xi8>, tensor<?x1x1x1xi8>) rhs(%w, %o : tensor<32x9x64xi8>, tensor<32x1x1xi8>) {acc = i32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 1>, lhs_format = !blk8, rhs_format = !w8} -> tensor<?x4x4x32xi32>
  %v2 = nn.binary add %r, %r : tensor<?x4x4x64xi32>, tensor<?x4x4x64xi32> -> tensor<?x4x4x64xi32>
  %l2 = nn.clip %v2 min -3.276700e+04 max 3.276700e+04 : tensor<?x4x4x64xi32>
  %h2 = nn.cast %l2 : tensor<?x4x4x64xi32> to tensor<?x4x4x64xi16>
  %q2, %s2, %e2 = qt.quantize %h2 exponent %e : tensor<?x1x1x1xi8> {encoding = #qt.encoding<norm, -127..127>, format = !blk8} : tensor<?x4x4x64xi16> -> tensor<?x4x4x64xi8>, tensor<?x4x4x2xi8>, tensor<?x1x1x1xi8>
  %2 = qt.contract lhs(%q2, %s2, %e2 : tensor<?x4x4x64xi8>, tensor<?x4x4x2xi8>, tensor<?x1x1x1xi8>) rhs(%v, %o : tensor<32x9x64xi8>, tensor<32x1x1xi8>) {acc = i32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 1>, lhs_format = !blk8, rhs_format = !w8} -> tensor<?x4x4x32xi32>
  %v3 = nn.binary rshift %r, %n : tensor<?x4x4x64xi32>, tensor<i32> -> tensor<?x4x4x64xi32>
  %l3 = nn.clip %v3 min -3.276700e+04 max 3.276700e+04 : tensor<?x4x4x64xi32>
  %h3 = nn.cast %l3 : tensor<?x4x4x64xi32> to tensor<?x4x4x64xi16>
  %q3, %s3, %e3 = qt.quantize %h3 exponent %e : tensor<?x1x1x1xi8> {encoding = #qt.encoding<norm, -127..127>, format = !blk8} : tensor<?x4x4x64xi16> -> tensor<?x4x4x64xi8>, tensor<?x4x4x2xi8>, tensor<?x1x1x1xi8>
  %3 = qt.contract lhs(%q3, %s3, %e3 : tensor<?x4x4x64xi8>, tensor<?x4x4x2xi8>, tensor<?x1x1x1xi8>) rhs(%u, %o : tensor<32x9x64xi8>, tensor<32x1x1xi8>) {acc = i32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 1>, lhs_format = !blk8, rhs_format = !w8} -> tensor<?x4x4x32xi32>
  %c = nn.clip %r min 0.0 max 1.0e9 : tensor<?x4x4x64xi32>
  %v4 = nn.binary add %c, %c : tensor<?x4x4x64xi32>, tensor<?x4x4x64xi32> -> tensor<?x4x4x64xi32>
  %l4 = nn.clip %v4 min -3.276700e+04 max 3.276700e+04 : tensor<?x4x4x64xi32>
  %h4 = nn.cast %l4 : tensor<?x4x4x64xi32> to tensor<?x4x4x64xi16>
  %q4, %s4, %e4 = qt.quantize %h4 exponent %e : tensor<?x1x1x1xi8> {encoding = #qt.encoding<norm, -127..127>, format = !blk8} : tensor<?x4x4x64xi16> -> tensor<?x4x4x64xi8>, tensor<?x4x4x2xi8>, tensor<?x1x1x1xi8>
  %4 = qt.contract lhs(%q4, %s4, %e4 : tensor<?x4x4x64xi8>, tensor<?x4x4x2xi8>, tensor<?x1x1x1xi8>) rhs(%t, %o : tensor<32x9x64xi8>, tensor<32x1x1xi8>) {acc = i32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 1>, lhs_format = !blk8, rhs_format = !w8} -> tensor<?x4x4x32xi32>
  // Weights have one form for all that read them.
  %q5, %s5, %e5 = qt.quantize %h4 exponent %e : tensor<?x1x1x1xi8> {encoding = #qt.encoding<norm, -127..127>, format = !blk8} : tensor<?x4x4x64xi16> -> tensor<?x4x4x64xi8>, tensor<?x4x4x2xi8>, tensor<?x1x1x1xi8>
  %5 = qt.contract lhs(%q5, %s5, %e5 : tensor<?x4x4x64xi8>, tensor<?x4x4x2xi8>, tensor<?x1x1x1xi8>) rhs(%s, %o : tensor<32x9x64xi8>, tensor<32x1x1xi8>) {acc = i32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 1>, lhs_format = !blk8, rhs_format = !w8} -> tensor<?x4x4x32xi32>
  %6 = qt.contract lhs(%q1, %s1, %e1 : tensor<?x4x4x64xi8>, tensor<?x4x4x2xi8>, tensor<?x1x1x1xi8>) rhs(%s, %o : tensor<32x9x64xi8>, tensor<32x1x1xi8>) {acc = i32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 1>, lhs_format = !blk8, rhs_format = !w8} -> tensor<?x4x4x32xi32>
  return %0, %1, %2, %3, %4, %5, %6 : tensor<?x8xf32>, tensor<?x4x4x32xi32>, tensor<?x4x4x32xi32>, tensor<?x4x4x32xi32>, tensor<?x4x4x32xi32>, tensor<?x4x4x32xi32>, tensor<?x4x4x32xi32>
}
