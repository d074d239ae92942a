// RUN: quant-opt %s -qt-find-magnitudes | FileCheck %s

!image8 = !qt.block<[1, ?, ?, ?], s8, scale = f32>
!w8 = !qt.block<[1, ?, ?], s8, scale = f32>
#byte = #qt.encoding<absmax, -127..127>
#halo = #qt.halo<pads = [1, 1, 1, 1], groups = 1>
#none = #qt.halo<pads = [0, 0, 0, 0], groups = 1>
#s8 = #qt.layout<s8, panel = 16, rows = 4>

// The parts of a convolution are 64 of the 68 rows of a line, then 4. Two that
// quantise one image have one op.
// CHECK-LABEL: func @behind
// CHECK: %[[Y:.*]] = qt.contract
// CHECK-NEXT: %[[M:.*]] = qt.magnitudes %[[Y]] {part = #qt.part<line = 68, lines = 1, run = 64, channels = 12>} : tensor<?x3x68x12xf32> -> tensor<?x6xf32>
// CHECK-NOT: qt.magnitudes
// CHECK: qt.quantize %[[Y]] largest %[[M]]
// CHECK: qt.quantize %[[Y]] largest %[[M]]
func.func @behind(%c: tensor<?x5x70x8xi8>, %s: tensor<?x1x1x1xf32>, %w: tensor<1280xi8>) -> (tensor<?x5x70x12xi8>, tensor<?x3x68x12xi8>) {
  %y = qt.contract lhs(%c, %s : tensor<?x5x70x8xi8>, tensor<?x1x1x1xf32>) rhs(%w : tensor<1280xi8>) {acc = f32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0], groups = 1, k = 7>, layout = #s8, lhs_format = !image8, rhs_format = !w8} -> tensor<?x3x68x12xf32>
  %a, %as = qt.quantize %y {encoding = #byte, format = !image8, layout = #s8, halo = #halo} : tensor<?x3x68x12xf32> -> tensor<?x5x70x12xi8>, tensor<?x1x1x1xf32>
  %b, %bs = qt.quantize %y {encoding = #byte, format = !image8, layout = #s8, halo = #none} : tensor<?x3x68x12xf32> -> tensor<?x3x68x12xi8>, tensor<?x1x1x1xf32>
  return %a, %b : tensor<?x5x70x12xi8>, tensor<?x3x68x12xi8>
}

// Who made an argument is not known: whole lines of some 8,192 elements.
// CHECK-LABEL: func @argument
// CHECK: qt.magnitudes %arg0 {part = #qt.part<line = 68, lines = 10, run = 68, channels = 12>} : tensor<?x99x68x12xf32> -> tensor<?x10xf32>
func.func @argument(%x: tensor<?x99x68x12xf32>) -> tensor<?x101x70x12xi8> {
  %a, %as = qt.quantize %x {encoding = #byte, format = !image8, layout = #s8, halo = #halo} : tensor<?x99x68x12xf32> -> tensor<?x101x70x12xi8>, tensor<?x1x1x1xf32>
  return %a : tensor<?x101x70x12xi8>
}

// Sizes of run time, blocks of channels, rows of a product.
// CHECK-LABEL: func @others
// CHECK-NOT: qt.magnitudes
// CHECK: return
func.func @others(%x: tensor<?x?x68x12xf32>, %y: tensor<?x4x40xf32>, %z: tensor<?x64xf32>) -> (tensor<?x?x70x12xi8>, tensor<?x7x64xi8>, tensor<?x64xi8>) {
  %a, %as = qt.quantize %x {encoding = #byte, format = !image8, layout = #s8, halo = #halo} : tensor<?x?x68x12xf32> -> tensor<?x?x70x12xi8>, tensor<?x1x1x1xf32>
  %b, %bs = qt.quantize %y {encoding = #byte, format = !qt.block<[1, 1, 32], s8, scale = f32>, layout = #qt.layout<b32, panel = 16, rows = 4>, halo = #qt.halo<pads = [1, 2], groups = 1>} : tensor<?x4x40xf32> -> tensor<?x7x64xi8>, tensor<?x7x2xf32>
  %c, %cs = qt.quantize %z {encoding = #byte, format = !qt.block<[1, ?], s8, scale = f32>, layout = #s8} : tensor<?x64xf32> -> tensor<?x64xi8>, tensor<?x1xf32>
  return %a, %b, %c : tensor<?x?x70x12xi8>, tensor<?x7x64xi8>, tensor<?x64xi8>
}

// A depthwise convolution that encodes its image needs those of channels; two
// that share codes do not encode them.
!channel8 = !qt.block<[1, ?, ?, 1], s8, scale = f32>
#each = #qt.halo<pads = [1, 1, 1, 1], groups = 16>
// CHECK-LABEL: func @channels
// CHECK: %[[M:.*]] = qt.magnitudes %arg0 {part = #qt.part<line = 4, lines = 4, run = 4, channels = 1>} : tensor<?x4x4x16xf32> -> tensor<?x16xf32>
// CHECK: qt.quantize %arg0 largest %[[M]]
// CHECK: qt.quantize %arg0 largest %[[M]]
// CHECK-NOT: qt.magnitudes
func.func @channels(%x: tensor<?x4x4x16xf32>, %o: tensor<?x4x4x16xf32>, %w: tensor<208xi8>) -> (tensor<?x4x4x16xf32>, tensor<?x4x4x16xi8>, tensor<?x6x6x16xi8>) {
  %c, %s = qt.quantize %x {encoding = #byte, format = !channel8, layout = #s8, halo = #each} : tensor<?x4x4x16xf32> -> tensor<?x6x6x16xi8>, tensor<?x1x1x16xf32>
  %y = qt.contract lhs(%c, %s : tensor<?x6x6x16xi8>, tensor<?x1x1x16xf32>) rhs(%w : tensor<208xi8>) {acc = f32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0], groups = 16, k = 16>, layout = #s8, lhs_format = !channel8, rhs_format = !w8} -> tensor<?x4x4x16xf32>
  %b, %bs = qt.quantize %x {encoding = #byte, format = !image8, layout = #s8, halo = #none} : tensor<?x4x4x16xf32> -> tensor<?x4x4x16xi8>, tensor<?x1x1x1xf32>
  %p, %ps = qt.quantize %o {encoding = #byte, format = !channel8, layout = #s8, halo = #each} : tensor<?x4x4x16xf32> -> tensor<?x6x6x16xi8>, tensor<?x1x1x16xf32>
  %z = qt.contract lhs(%p, %ps : tensor<?x6x6x16xi8>, tensor<?x1x1x16xf32>) rhs(%w : tensor<208xi8>) {acc = f32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0], groups = 16, k = 16>, layout = #s8, lhs_format = !channel8, rhs_format = !w8} -> tensor<?x4x4x16xf32>
  return %y, %b, %p : tensor<?x4x4x16xf32>, tensor<?x4x4x16xi8>, tensor<?x6x6x16xi8>
}

// Integers that are brought to 16 bits by the largest of their image: it is that
// of the parts, if a kernel makes the image part by part.
!blk8 = !qt.block<[1, 1, 1, 32], s8, scale = shift<3>, outer = exp<8>[1, ?, ?, ?]>
!e8 = !qt.block<[1, ?, ?], s8, scale = exp<8>>
#norm = #qt.encoding<norm, -127..127>
#b32 = #qt.layout<b32, panel = 16, rows = 4>
// CHECK-LABEL: func @integers
// CHECK: %[[Y:.*]] = qt.contract
// CHECK-NEXT: %[[M:.*]] = qt.magnitudes %[[Y]] {part = #qt.part<line = 16, lines = 1, run = 16, channels = 16>} : tensor<?x4x4x16xi32> -> tensor<?x1xi32>
// CHECK-NOT: nn.unary abs
// CHECK: nn.reduce max %[[M]] axes [1] keepdims : tensor<?x1xi32> -> tensor<?x1xi32>
// CHECK: nn.unary abs
// CHECK-NOT: qt.magnitudes
// CHECK: return
func.func @integers(%c: tensor<?x4x4x32xi8>, %s: tensor<?x4x4x1xi8>, %o: tensor<?x1x1x1xi8>, %w: tensor<640xi8>, %e: tensor<?x1x1x1xi32>, %wide: tensor<?x4x4x16xi32>) -> (tensor<?x6x6x32xi8>, tensor<?x6x6x32xi8>) {
  %c32 = arith.constant dense<32> : tensor<i32>
  %bits = arith.constant dense<-15> : tensor<i32>
  %zero = arith.constant dense<0> : tensor<i32>
  %least = arith.constant dense<-100> : tensor<i32>
  %flat = arith.constant dense<[-1, 256]> : tensor<2xi64>
  %ones = arith.constant dense<[-1, 1, 1, 1]> : tensor<4xi64>
  %y = qt.contract lhs(%c, %s, %o : tensor<?x4x4x32xi8>, tensor<?x4x4x1xi8>, tensor<?x1x1x1xi8>) rhs(%w : tensor<640xi8>) {acc = i32, geometry = #qt.conv<taps = [1, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0], groups = 1, k = 32>, layout = #b32, lhs_format = !blk8, rhs_format = !e8} -> tensor<?x4x4x16xi32>
  %row0 = nn.reshape %y, %flat : tensor<?x4x4x16xi32>, tensor<2xi64> -> tensor<?x256xi32>
  %magnitudes0 = nn.unary abs %row0 : tensor<?x256xi32>
  %largest0 = nn.reduce max %magnitudes0 axes [1] keepdims : tensor<?x256xi32> -> tensor<?x1xi32>
  %most0 = nn.reshape %largest0, %ones : tensor<?x1xi32>, tensor<4xi64> -> tensor<?x1x1x1xi32>
  %n0 = nn.unary clz %most0 : tensor<?x1x1x1xi32>
  %l0 = nn.binary sub %c32, %n0 : tensor<i32>, tensor<?x1x1x1xi32> -> tensor<?x1x1x1xi32>
  %s0 = nn.binary add %l0, %bits : tensor<?x1x1x1xi32>, tensor<i32> -> tensor<?x1x1x1xi32>
  %shifted0 = nn.binary rshift %y, %s0 : tensor<?x4x4x16xi32>, tensor<?x1x1x1xi32> -> tensor<?x4x4x16xi32>
  %limited0 = nn.clip %shifted0 min -3.276700e+04 max 3.276700e+04 : tensor<?x4x4x16xi32>
  %sum0 = nn.binary add %e, %s0 : tensor<?x1x1x1xi32>, tensor<?x1x1x1xi32> -> tensor<?x1x1x1xi32>
  %is0 = nn.compare eq %most0, %zero : tensor<?x1x1x1xi32>, tensor<i32> -> tensor<?x1x1x1xi1>
  %own0 = nn.select %is0, %least, %sum0 : tensor<?x1x1x1xi1>, tensor<i32>, tensor<?x1x1x1xi32> -> tensor<?x1x1x1xi32>
  %kept0 = nn.clip %own0 min -1.280000e+02 max 1.270000e+02 : tensor<?x1x1x1xi32>
  %x0 = nn.cast %kept0 : tensor<?x1x1x1xi32> to tensor<?x1x1x1xi8>
  %m0 = nn.cast %limited0 : tensor<?x4x4x16xi32> to tensor<?x4x4x16xi16>
  %q0, %k0, %eq0 = qt.quantize %m0 exponent %x0 : tensor<?x1x1x1xi8> {encoding = #norm, format = !blk8, halo = #halo, layout = #b32, qt.normalised} : tensor<?x4x4x16xi16> -> tensor<?x6x6x32xi8>, tensor<?x6x6x1xi8>, tensor<?x1x1x1xi8>
  %row1 = nn.reshape %wide, %flat : tensor<?x4x4x16xi32>, tensor<2xi64> -> tensor<?x256xi32>
  %magnitudes1 = nn.unary abs %row1 : tensor<?x256xi32>
  %largest1 = nn.reduce max %magnitudes1 axes [1] keepdims : tensor<?x256xi32> -> tensor<?x1xi32>
  %most1 = nn.reshape %largest1, %ones : tensor<?x1xi32>, tensor<4xi64> -> tensor<?x1x1x1xi32>
  %n1 = nn.unary clz %most1 : tensor<?x1x1x1xi32>
  %l1 = nn.binary sub %c32, %n1 : tensor<i32>, tensor<?x1x1x1xi32> -> tensor<?x1x1x1xi32>
  %s1 = nn.binary add %l1, %bits : tensor<?x1x1x1xi32>, tensor<i32> -> tensor<?x1x1x1xi32>
  %shifted1 = nn.binary rshift %wide, %s1 : tensor<?x4x4x16xi32>, tensor<?x1x1x1xi32> -> tensor<?x4x4x16xi32>
  %limited1 = nn.clip %shifted1 min -3.276700e+04 max 3.276700e+04 : tensor<?x4x4x16xi32>
  %sum1 = nn.binary add %e, %s1 : tensor<?x1x1x1xi32>, tensor<?x1x1x1xi32> -> tensor<?x1x1x1xi32>
  %is1 = nn.compare eq %most1, %zero : tensor<?x1x1x1xi32>, tensor<i32> -> tensor<?x1x1x1xi1>
  %own1 = nn.select %is1, %least, %sum1 : tensor<?x1x1x1xi1>, tensor<i32>, tensor<?x1x1x1xi32> -> tensor<?x1x1x1xi32>
  %kept1 = nn.clip %own1 min -1.280000e+02 max 1.270000e+02 : tensor<?x1x1x1xi32>
  %x1 = nn.cast %kept1 : tensor<?x1x1x1xi32> to tensor<?x1x1x1xi8>
  %m1 = nn.cast %limited1 : tensor<?x4x4x16xi32> to tensor<?x4x4x16xi16>
  %q1, %k1, %eq1 = qt.quantize %m1 exponent %x1 : tensor<?x1x1x1xi8> {encoding = #norm, format = !blk8, halo = #halo, layout = #b32, qt.normalised} : tensor<?x4x4x16xi16> -> tensor<?x6x6x32xi8>, tensor<?x6x6x1xi8>, tensor<?x1x1x1xi8>
  return %q0, %q1 : tensor<?x6x6x32xi8>, tensor<?x6x6x32xi8>
}
