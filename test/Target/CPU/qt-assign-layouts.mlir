// RUN: quant-opt %s -split-input-file '-qt-assign-layouts=cpu-layout=avx2' | FileCheck %s --check-prefixes=CHECK,AVX2
// RUN: quant-opt %s -split-input-file '-qt-assign-layouts=cpu-layout=avx512vnni' | FileCheck %s --check-prefixes=CHECK,VNNI
// RUN: quant-opt %s -split-input-file '-qt-assign-layouts=cpu-layout=avx2 direct' | FileCheck %s --check-prefix=DIRECT

!x8 = !qt.block<[1, ?], s8, scale = f32>

// Weights, activations and the contraction have one layout; the geometry keeps
// the K that bytes do not show. AVX2 wants activations unsigned where weights match.
// CHECK-LABEL: func @rows
// AVX2: %[[X:.*]]:2 = qt.quantize {{.*}}layout = #qt.layout<matched, panel = 16, rows = 4, bias = 128>} : tensor<?x33xf32> -> tensor<?x[[STRIDE:[0-9]+]]xi8>, tensor<?x1xf32>
// VNNI: %[[X:.*]]:2 = qt.quantize {{.*}}layout = #qt.layout<s8, panel = 32, rows = 8, bias = 128>} : tensor<?x33xf32> -> tensor<?x[[STRIDE:[0-9]+]]xi8>, tensor<?x1xf32>
// CHECK: %[[P:.*]] = qt.pack
// CHECK: qt.contract lhs(%[[X]]#0, %[[X]]#1 : tensor<?x[[STRIDE]]xi8>, {{.*}}) rhs(%[[P]] : tensor<{{[0-9]+}}xi8>) {{.*}}geometry = #qt.matmul<k = 33>
func.func @rows(%x: tensor<?x33xf32>) -> tensor<?x8xf32> {
  %w = arith.constant dense<1> : tensor<8x33xi8>
  %ws = arith.constant dense<1.0> : tensor<8x1xf32>
  %c, %s = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>, format = !x8} : tensor<?x33xf32> -> tensor<?x33xi8>, tensor<?x1xf32>
  %0 = qt.contract lhs(%c, %s : tensor<?x33xi8>, tensor<?x1xf32>) rhs(%w, %ws : tensor<8x33xi8>, tensor<8x1xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = !x8, rhs_format = !x8} -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// -----

// Who reads the plain codes keeps them.
!x8 = !qt.block<[1, ?], s8, scale = f32>
!w4 = !qt.block<[1, 32], s4, scale = s8, outer = f32>
// CHECK-LABEL: func @four
// CHECK-DAG: %[[PLAIN:.*]]:2 = qt.quantize {{.*}}format = !qt.block<[1, ?], s8, scale = f32>} : tensor<4x64xf32> -> tensor<4x64xi8>
// AVX2-DAG: qt.quantize {{.*}}layout = #qt.layout<[[FORM:w4i]]
// VNNI-DAG: qt.quantize {{.*}}layout = #qt.layout<[[FORM:w4s]]
// CHECK: qt.pack {{.*}}layout = #qt.layout<[[FORM]]
// CHECK: qt.contract {{.*}}layout = #qt.layout<[[FORM]]
// CHECK: return %{{.*}}, %[[PLAIN]]#0
func.func @four(%x: tensor<4x64xf32>) -> (tensor<4x8xf32>, tensor<4x64xi8>) {
  %w = arith.constant dense<1> : tensor<8x32xi8>
  %m = arith.constant dense<1> : tensor<8x2xi8>
  %o = arith.constant dense<1.0> : tensor<8x1xf32>
  %c, %s = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>, format = !x8} : tensor<4x64xf32> -> tensor<4x64xi8>, tensor<4x1xf32>
  %0 = qt.contract lhs(%c, %s : tensor<4x64xi8>, tensor<4x1xf32>) rhs(%w, %m, %o : tensor<8x32xi8>, tensor<8x2xi8>, tensor<8x1xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = !x8, rhs_format = !w4} -> tensor<4x8xf32>
  return %0, %c : tensor<4x8xf32>, tensor<4x64xi8>
}

// -----

// What the code range of an encoding, or else the values say: multipliers whose
// products with codes are no bytes, and codes of which two products are.
!x8 = !qt.block<[1, ?], s8, scale = f32>
!w4 = !qt.block<[1, 32], s4, scale = s8, outer = f32>
!b8 = !qt.block<[1, 32], s8, scale = f32>
// CHECK-LABEL: func @values
// CHECK: qt.pack {{.*}}layout = #qt.layout<w4i
// AVX2: qt.pack {{.*}}layout = #qt.layout<b32n, panel = 16, rows = 4, bias = 128>
// VNNI: qt.pack {{.*}}layout = #qt.layout<b32, panel = 32
// CHECK: qt.pack {{.*}}layout = #qt.layout<b32,
// AVX2: qt.pack {{.*}}layout = #qt.layout<b32n
// VNNI: qt.pack {{.*}}layout = #qt.layout<b32,
func.func @values(%x: tensor<4x64xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>) {
  %w = arith.constant dense<1> : tensor<8x32xi8>
  %m = arith.constant dense<16> : tensor<8x2xi8>
  %o = arith.constant dense<1.0> : tensor<8x1xf32>
  %c, %s = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>, format = !x8} : tensor<4x64xf32> -> tensor<4x64xi8>, tensor<4x1xf32>
  %0 = qt.contract lhs(%c, %s : tensor<4x64xi8>, tensor<4x1xf32>) rhs(%w, %m, %o : tensor<8x32xi8>, tensor<8x2xi8>, tensor<8x1xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = !x8, rhs_format = !w4} -> tensor<4x8xf32>
  %n = arith.constant dense<-64> : tensor<8x64xi8>
  %l = arith.constant dense<65> : tensor<8x64xi8>
  %ns = arith.constant dense<1.0> : tensor<8x2xf32>
  %f = arith.constant dense<1.0> : tensor<8x64xf32>
  %e, %es = qt.quantize %f {encoding = #qt.encoding<absmax, -63..63>, format = !b8} : tensor<8x64xf32> -> tensor<8x64xi8>, tensor<8x2xf32>
  %b, %bs = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>, format = !b8} : tensor<4x64xf32> -> tensor<4x64xi8>, tensor<4x2xf32>
  %1 = qt.contract lhs(%b, %bs : tensor<4x64xi8>, tensor<4x2xf32>) rhs(%n, %ns : tensor<8x64xi8>, tensor<8x2xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = !b8, rhs_format = !b8} -> tensor<4x8xf32>
  %2 = qt.contract lhs(%b, %bs : tensor<4x64xi8>, tensor<4x2xf32>) rhs(%l, %ns : tensor<8x64xi8>, tensor<8x2xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = !b8, rhs_format = !b8} -> tensor<4x8xf32>
  %3 = qt.contract lhs(%b, %bs : tensor<4x64xi8>, tensor<4x2xf32>) rhs(%e, %es : tensor<8x64xi8>, tensor<8x2xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = !b8, rhs_format = !b8} -> tensor<4x8xf32>
  return %0, %1, %2, %3 : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>
}

// -----

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

// Behind a ReLU no code is negative, in whatever way it comes there. Dot products
// of bytes in 32 bits gain nothing.
!x8 = !qt.block<[1, ?], s8, scale = f32>
// CHECK-LABEL: func @behind_relu
// AVX2: qt.quantize {{.*}}encoding = #qt.encoding<absmax, 0..127>, {{.*}}layout = #qt.layout<matched, panel = 16, rows = 8, low = 0>
// AVX2: qt.contract {{.*}}layout = #qt.layout<matched, panel = 16, rows = 8, low = 0>
// VNNI: qt.quantize {{.*}}encoding = #qt.encoding<absmax, -127..127>, {{.*}}layout = #qt.layout<s8, panel = 32, rows = 8, bias = 128>
// AVX2: qt.quantize {{.*}}encoding = #qt.encoding<absmax, -127..127>, {{.*}}bias = 128>
func.func @behind_relu(%x: tensor<2x33xf32>, %y: tensor<2x33xf32>) -> (tensor<2x8xf32>, tensor<2x8xf32>) {
  %w = arith.constant dense<1> : tensor<8x33xi8>
  %ws = arith.constant dense<1.0> : tensor<8x1xf32>
  %r = nn.unary relu %x : tensor<2x33xf32>
  %sum = nn.binary add %r, %r : tensor<2x33xf32>, tensor<2x33xf32> -> tensor<2x33xf32>
  %c, %s = qt.quantize %sum {encoding = #qt.encoding<absmax, -127..127>, format = !x8} : tensor<2x33xf32> -> tensor<2x33xi8>, tensor<2x1xf32>
  %0 = qt.contract lhs(%c, %s : tensor<2x33xi8>, tensor<2x1xf32>) rhs(%w, %ws : tensor<8x33xi8>, tensor<8x1xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = !x8, rhs_format = !x8} -> tensor<2x8xf32>
  %mixed = nn.binary add %r, %y : tensor<2x33xf32>, tensor<2x33xf32> -> tensor<2x33xf32>
  %d, %t = qt.quantize %mixed {encoding = #qt.encoding<absmax, -127..127>, format = !x8} : tensor<2x33xf32> -> tensor<2x33xi8>, tensor<2x1xf32>
  %1 = qt.contract lhs(%d, %t : tensor<2x33xi8>, tensor<2x1xf32>) rhs(%w, %ws : tensor<8x33xi8>, tensor<8x1xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = !x8, rhs_format = !x8} -> tensor<2x8xf32>
  return %0, %1 : tensor<2x8xf32>, tensor<2x8xf32>
}

// -----

// Nobody packs what a run computes.
// CHECK-LABEL: func @two_activations
// CHECK-NOT: layout
func.func @two_activations(%x: tensor<?x64xf32>, %w: tensor<8x64xf32>) -> tensor<?x8xf32> {
  %0 = qt.contract lhs(%x : tensor<?x64xf32>) rhs(%w : tensor<8x64xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// -----

// K is known to the weights where the activations leave it open.
!x8 = !qt.block<[1, ?], s8, scale = f32>
// CHECK-LABEL: func @open
// CHECK: qt.quantize {{.*}} : tensor<2x?xf32> -> tensor<2x[[STRIDE:[0-9]+]]xi8>, tensor<2x1xf32>
// CHECK: qt.contract lhs({{.*}} : tensor<2x[[STRIDE]]xi8>, {{.*}}geometry = #qt.matmul<k = 33>
func.func @open(%x: tensor<2x?xf32>) -> tensor<2x8xf32> {
  %w = arith.constant dense<1> : tensor<8x33xi8>
  %ws = arith.constant dense<1.0> : tensor<8x1xf32>
  %c, %s = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>, format = !x8} : tensor<2x?xf32> -> tensor<2x?xi8>, tensor<2x1xf32>
  %0 = qt.contract lhs(%c, %s : tensor<2x?xi8>, tensor<2x1xf32>) rhs(%w, %ws : tensor<8x33xi8>, tensor<8x1xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = !x8, rhs_format = !x8} -> tensor<2x8xf32>
  return %0 : tensor<2x8xf32>
}

// -----

// Integers that the largest magnitude of their image brings to 16 bits: their
// quantisation knows. Blocks of 32 channels reach over both groups, which are
// one then.
// CHECK-LABEL: func @image
// CHECK: %[[Q:.*]]:3 = qt.quantize {{.*}}halo = #qt.halo<pads = [1, 1, 1, 1], groups = 1>, {{.*}}qt.normalised} : tensor<?x4x4x32xi16> -> tensor<?x6x6x32xi8>, tensor<?x6x6x1xi8>, tensor<?x1x1x1xi8>
// CHECK: qt.pack {{.*}} : tensor<8x9x32xi8>, tensor<8x1x1xi8>
// CHECK: qt.contract lhs(%[[Q]]#0, {{.*}}groups = 1, k = 32>
// Nothing is known of others.
// CHECK-NOT: qt.normalised
!blk8 = !qt.block<[1, 1, 1, 32], s8, scale = shift<3>, outer = exp<8>[1, ?, ?, ?]>
!w8 = !qt.block<[1, ?, ?], s8, scale = exp<8>>
func.func @image(%w: tensor<?x4x4x32xi32>, %e: tensor<?x1x1x1xi32>, %other: tensor<?x4x4x32xi16>) -> (tensor<?x4x4x8xi32>, tensor<?x4x4x32xi32>) {
  %c32 = arith.constant dense<32> : tensor<i32>
  %bits = arith.constant dense<-15> : tensor<i32>
  %zero = arith.constant dense<0> : tensor<i32>
  %least = arith.constant dense<-100> : tensor<i32>
  %flat = arith.constant dense<[-1, 512]> : tensor<2xi64>
  %ones = arith.constant dense<[-1, 1, 1, 1]> : tensor<4xi64>
  %row = nn.reshape %w, %flat : tensor<?x4x4x32xi32>, tensor<2xi64> -> tensor<?x512xi32>
  %magnitudes = nn.unary abs %row : tensor<?x512xi32>
  %largest = nn.reduce max %magnitudes axes [1] keepdims : tensor<?x512xi32> -> tensor<?x1xi32>
  %most = nn.reshape %largest, %ones : tensor<?x1xi32>, tensor<4xi64> -> tensor<?x1x1x1xi32>
  %n = nn.unary clz %most : tensor<?x1x1x1xi32>
  %l = nn.binary sub %c32, %n : tensor<i32>, tensor<?x1x1x1xi32> -> tensor<?x1x1x1xi32>
  %s = nn.binary add %l, %bits : tensor<?x1x1x1xi32>, tensor<i32> -> tensor<?x1x1x1xi32>
  %shifted = nn.binary rshift %w, %s : tensor<?x4x4x32xi32>, tensor<?x1x1x1xi32> -> tensor<?x4x4x32xi32>
  %limited = nn.clip %shifted min -3.276700e+04 max 3.276700e+04 : tensor<?x4x4x32xi32>
  %sum = nn.binary add %e, %s : tensor<?x1x1x1xi32>, tensor<?x1x1x1xi32> -> tensor<?x1x1x1xi32>
  %is = nn.compare eq %most, %zero : tensor<?x1x1x1xi32>, tensor<i32> -> tensor<?x1x1x1xi1>
  %own = nn.select %is, %least, %sum : tensor<?x1x1x1xi1>, tensor<i32>, tensor<?x1x1x1xi32> -> tensor<?x1x1x1xi32>
  %kept = nn.clip %own min -1.280000e+02 max 1.270000e+02 : tensor<?x1x1x1xi32>
  %e8 = nn.cast %kept : tensor<?x1x1x1xi32> to tensor<?x1x1x1xi8>
  %m = nn.cast %limited : tensor<?x4x4x32xi32> to tensor<?x4x4x32xi16>
  %q, %k, %x = qt.quantize %m exponent %e8 : tensor<?x1x1x1xi8> {encoding = #qt.encoding<norm, -127..127>, format = !blk8} : tensor<?x4x4x32xi16> -> tensor<?x4x4x32xi8>, tensor<?x4x4x1xi8>, tensor<?x1x1x1xi8>
  %c = arith.constant dense<1> : tensor<8x9x16xi8>
  %ce = arith.constant dense<0> : tensor<8x1x1xi8>
  %0 = qt.contract lhs(%q, %k, %x : tensor<?x4x4x32xi8>, tensor<?x4x4x1xi8>, tensor<?x1x1x1xi8>) rhs(%c, %ce : tensor<8x9x16xi8>, tensor<8x1x1xi8>) {acc = i32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 2>, lhs_format = !blk8, rhs_format = !w8} -> tensor<?x4x4x8xi32>
  %oq, %ok, %ox = qt.quantize %other exponent %e8 : tensor<?x1x1x1xi8> {encoding = #qt.encoding<norm, -127..127>, format = !blk8} : tensor<?x4x4x32xi16> -> tensor<?x4x4x32xi8>, tensor<?x4x4x1xi8>, tensor<?x1x1x1xi8>
  %d = arith.constant dense<1> : tensor<32x9x1xi8>
  %de = arith.constant dense<0> : tensor<32x1x1xi8>
  %1 = qt.contract lhs(%oq, %ok, %ox : tensor<?x4x4x32xi8>, tensor<?x4x4x1xi8>, tensor<?x1x1x1xi8>) rhs(%d, %de : tensor<32x9x1xi8>, tensor<32x1x1xi8>) {acc = i32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 32>, lhs_format = !blk8, rhs_format = !w8} -> tensor<?x4x4x32xi32>
  return %0, %1 : tensor<?x4x4x8xi32>, tensor<?x4x4x32xi32>
}

// -----

// 4 bits and their multipliers become 8 where groups are joined, for blocks of
// a group of 16 begin elsewhere.
// CHECK-LABEL: func.func @narrow_groups
// CHECK: %[[W:.*]] = arith.constant dense<15> : tensor<4x1x16xi8>
// CHECK: qt.contract {{.*}}groups = 1, k = 32>{{.*}}rhs_format = !qt.block<[1, ?, ?], s8, scale = exp<8>>
!blk8 = !qt.block<[1, 1, 1, 32], s8, scale = shift<3>, outer = exp<8>[1, ?, ?, ?]>
!w4 = !qt.block<[1, 1, 32], s4, scale = s8, outer = exp<8>[1, ?, ?]>
func.func @narrow_groups(%m: tensor<?x4x4x32xi16>, %e: tensor<?x1x1x1xi8>) -> tensor<?x4x4x4xi32> {
  %q, %k, %x = qt.quantize %m exponent %e : tensor<?x1x1x1xi8> {encoding = #qt.encoding<norm, -127..127>, format = !blk8} : tensor<?x4x4x32xi16> -> tensor<?x4x4x32xi8>, tensor<?x4x4x1xi8>, tensor<?x1x1x1xi8>
  // Both nibbles are 3.
  %c = arith.constant dense<51> : tensor<4x1x8xi8>
  %u = arith.constant dense<5> : tensor<4x1x1xi8>
  %ce = arith.constant dense<0> : tensor<4x1x1xi8>
  %0 = qt.contract lhs(%q, %k, %x : tensor<?x4x4x32xi8>, tensor<?x4x4x1xi8>, tensor<?x1x1x1xi8>) rhs(%c, %u, %ce : tensor<4x1x8xi8>, tensor<4x1x1xi8>, tensor<4x1x1xi8>) {acc = i32, geometry = #qt.conv<taps = [1, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0], groups = 2>, lhs_format = !blk8, rhs_format = !w4} -> tensor<?x4x4x4xi32>
  return %0 : tensor<?x4x4x4xi32>
}

// -----

// Tiles of windows, where they need so many products less that it pays; pads
// stay with the geometry then.
// CHECK-LABEL: func @windows
// CHECK-NOT: nn.pad
// AVX2: qt.pack {{.*}}layout = #qt.layout<winograd, panel = 16, rows = 6>} : tensor<16x9x16xf32> -> tensor<16384xi8>
// VNNI: qt.pack {{.*}}layout = #qt.layout<winograd, panel = 16, rows = 28>} : tensor<16x9x16xf32> -> tensor<16384xi8>
// CHECK: qt.contract lhs(%arg0 : tensor<?x9x?x16xf32>) {{.*}}pads = [1, 1, 1, 1], groups = 1, k = 16>, layout = #qt.layout<winograd
// An image of 3 x 3 is not worth it, nor are strides, nor some few channels.
// CHECK: nn.pad
// CHECK: qt.contract {{.*}}pads = [0, 0, 0, 0], {{.*}}layout = #qt.layout<f32
// CHECK: nn.pad
// CHECK: qt.contract {{.*}}layout = #qt.layout<f32
// CHECK: nn.pad
// CHECK: qt.contract {{.*}}layout = #qt.layout<f32
// DIRECT-LABEL: func @windows
// DIRECT-NOT: winograd
func.func @windows(%x: tensor<?x9x?x16xf32>, %s: tensor<?x3x3x16xf32>, %f: tensor<?x9x9x4xf32>) -> (tensor<?x9x?x16xf32>, tensor<?x3x3x16xf32>, tensor<?x5x?x16xf32>, tensor<?x9x9x16xf32>) {
  %w = arith.constant dense<1.0> : tensor<16x9x16xf32>
  %v = arith.constant dense<1.0> : tensor<16x9x4xf32>
  %0 = qt.contract lhs(%x : tensor<?x9x?x16xf32>) rhs(%w : tensor<16x9x16xf32>) {acc = f32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 1>, lhs_format = f32, rhs_format = f32} -> tensor<?x9x?x16xf32>
  %1 = qt.contract lhs(%s : tensor<?x3x3x16xf32>) rhs(%w : tensor<16x9x16xf32>) {acc = f32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 1>, lhs_format = f32, rhs_format = f32} -> tensor<?x3x3x16xf32>
  %2 = qt.contract lhs(%x : tensor<?x9x?x16xf32>) rhs(%w : tensor<16x9x16xf32>) {acc = f32, geometry = #qt.conv<taps = [3, 3], strides = [2, 2], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 1>, lhs_format = f32, rhs_format = f32} -> tensor<?x5x?x16xf32>
  %3 = qt.contract lhs(%f : tensor<?x9x9x4xf32>) rhs(%v : tensor<16x9x4xf32>) {acc = f32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 1>, lhs_format = f32, rhs_format = f32} -> tensor<?x9x9x16xf32>
  return %0, %1, %2, %3 : tensor<?x9x?x16xf32>, tensor<?x3x3x16xf32>, tensor<?x5x?x16xf32>, tensor<?x9x9x16xf32>
}

// -----

// Of integers behind a ReLU as well, which are read where they lie: a
// convolution's steps are chained. Two groups have no table of their own, and
// products of bytes in 32 bits gain nothing.
!blk8 = !qt.block<[1, 1, 1, 32], s8, scale = shift<3>, outer = exp<8>[1, ?, ?, ?]>
!w8 = !qt.block<[1, ?, ?], s8, scale = exp<8>>
// CHECK-LABEL: func @integers_behind_relu
// AVX2: qt.quantize {{.*}}encoding = #qt.encoding<norm, 0..127>, {{.*}}layout = #qt.layout<chained, panel = 16, rows = 4, low = 0>
// AVX2: qt.quantize {{.*}}encoding = #qt.encoding<norm, 0..127>, {{.*}}layout = #qt.layout<b32, panel = 16, rows = 4, low = 0>
// AVX2: qt.quantize {{.*}}encoding = #qt.encoding<norm, -127..127>, {{.*}}layout = #qt.layout<b32, panel = 16, rows = 4>
// AVX2: qt.contract {{.*}}layout = #qt.layout<chained, panel = 16, rows = 4, low = 0>
// AVX2: qt.contract {{.*}}layout = #qt.layout<b32, panel = 16, rows = 4, low = 0>
// AVX2: qt.contract {{.*}}layout = #qt.layout<b32, panel = 16, rows = 4>
// VNNI-COUNT-3: qt.contract {{.*}}layout = #qt.layout<b32, {{.*}}bias = 128>
func.func @integers_behind_relu(%x: tensor<?x4x4x64xi16>, %wide: tensor<?x4x4x64xi32>, %e: tensor<?x1x1x1xi8>) -> (tensor<?x4x4x32xi32>, tensor<?x4x4x32xi32>, tensor<?x4x4x32xi32>) {
  %w = arith.constant dense<40> : tensor<32x9x64xi8>
  %v = arith.constant dense<41> : tensor<32x9x64xi8>
  %g = arith.constant dense<40> : tensor<32x9x32xi8>
  %o = arith.constant dense<0> : tensor<32x1x1xi8>
  %positive = nn.unary relu %wide : tensor<?x4x4x64xi32>
  %limited = nn.clip %positive min -3.276700e+04 max 3.276700e+04 : tensor<?x4x4x64xi32>
  %r = nn.cast %limited : tensor<?x4x4x64xi32> to tensor<?x4x4x64xi16>
  %q, %k, %eq = qt.quantize %r exponent %e : tensor<?x1x1x1xi8> {encoding = #qt.encoding<norm, -127..127>, format = !blk8} : tensor<?x4x4x64xi16> -> tensor<?x4x4x64xi8>, tensor<?x4x4x2xi8>, tensor<?x1x1x1xi8>
  %g8, %gk, %eg = qt.quantize %r exponent %e : tensor<?x1x1x1xi8> {encoding = #qt.encoding<norm, -127..127>, format = !blk8} : tensor<?x4x4x64xi16> -> tensor<?x4x4x64xi8>, tensor<?x4x4x2xi8>, tensor<?x1x1x1xi8>
  %p, %l, %ep = qt.quantize %x exponent %e : tensor<?x1x1x1xi8> {encoding = #qt.encoding<norm, -127..127>, format = !blk8} : tensor<?x4x4x64xi16> -> tensor<?x4x4x64xi8>, tensor<?x4x4x2xi8>, tensor<?x1x1x1xi8>
  %0 = qt.contract lhs(%q, %k, %eq : tensor<?x4x4x64xi8>, tensor<?x4x4x2xi8>, tensor<?x1x1x1xi8>) rhs(%w, %o : tensor<32x9x64xi8>, tensor<32x1x1xi8>) {acc = i32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 1>, lhs_format = !blk8, rhs_format = !w8} -> tensor<?x4x4x32xi32>
  %1 = qt.contract lhs(%g8, %gk, %eg : tensor<?x4x4x64xi8>, tensor<?x4x4x2xi8>, tensor<?x1x1x1xi8>) rhs(%g, %o : tensor<32x9x32xi8>, tensor<32x1x1xi8>) {acc = i32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 2>, lhs_format = !blk8, rhs_format = !w8} -> tensor<?x4x4x32xi32>
  %2 = qt.contract lhs(%p, %l, %ep : tensor<?x4x4x64xi8>, tensor<?x4x4x2xi8>, tensor<?x1x1x1xi8>) rhs(%v, %o : tensor<32x9x64xi8>, tensor<32x1x1xi8>) {acc = i32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 1>, lhs_format = !blk8, rhs_format = !w8} -> tensor<?x4x4x32xi32>
  return %0, %1, %2 : tensor<?x4x4x32xi32>, tensor<?x4x4x32xi32>, tensor<?x4x4x32xi32>
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
