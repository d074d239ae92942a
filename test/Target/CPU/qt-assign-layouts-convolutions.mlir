// RUN: quant-opt %s -split-input-file '-qt-assign-layouts=cpu-layout=avx2' | FileCheck %s --check-prefixes=CHECK,AVX2
// RUN: quant-opt %s -split-input-file '-qt-assign-layouts=cpu-layout=avx512vnni' | FileCheck %s --check-prefixes=CHECK,VNNI
// RUN: quant-opt %s -split-input-file '-qt-assign-layouts=cpu-layout=avx2 direct' | FileCheck %s --check-prefix=DIRECT

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
