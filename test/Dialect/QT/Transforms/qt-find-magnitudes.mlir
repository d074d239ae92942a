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
