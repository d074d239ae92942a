// RUN: quant-opt %s | quant-opt | FileCheck %s
// RUN: quant-opt %s --emit-bytecode | quant-opt | FileCheck %s

!rows8 = !qt.block<[1, ?], s8, scale = f32>
!w4 = !qt.block<[1, 32], s4, scale = s8, outer = f32>

// CHECK-LABEL: func @weights
func.func @weights() -> tensor<2xf32> {
  // CHECK: qt.weight #qt.blob<"0x0000803F00000040"> : tensor<2xf32>
  %w = qt.weight #qt.blob<"0x0000803F00000040"> : tensor<2xf32>
  return %w : tensor<2xf32>
}

// CHECK-LABEL: func @images
func.func @images(%x: tensor<?x4x6x40xf32>) {
  // CHECK: qt.magnitudes %{{.*}} {part = #qt.part<line = 6, lines = 3, run = 6, channels = 32>} : tensor<?x4x6x40xf32> -> tensor<?x4xf32>
  %m = qt.magnitudes %x {part = #qt.part<line = 6, lines = 3, run = 6, channels = 32>} : tensor<?x4x6x40xf32> -> tensor<?x4xf32>
  // CHECK: qt.quantize %{{.*}} largest %{{.*}} : tensor<?x4xf32> {encoding = {{.*}}} : tensor<?x4x6x40xf32> -> tensor<?x6x8x40xi8>, tensor<?x1x1x1xf32>
  %c, %s = qt.quantize %x largest %m : tensor<?x4xf32> {encoding = #qt.encoding<absmax, -127..127>, format = !qt.block<[1, ?, ?, ?], s8, scale = f32>, layout = #qt.layout<s8, panel = 16, rows = 4>, halo = #qt.halo<pads = [1, 1, 1, 1], groups = 1>} : tensor<?x4x6x40xf32> -> tensor<?x6x8x40xi8>, tensor<?x1x1x1xf32>
  return
}

// CHECK-LABEL: func @table
func.func @table(%i: tensor<?x9xi64>, %c: tensor<99x64xi8>, %s: tensor<99x1xf32>) -> tensor<?x9x64xf32> {
  // CHECK: qt.gather %{{.*}} of %{{.*}}, %{{.*}} {format = !qt.block<[1, ?], s8, scale = f32>} : tensor<?x9xi64> of tensor<99x64xi8>, tensor<99x1xf32> -> tensor<?x9x64xf32>
  %y = qt.gather %i of %c, %s {format = !rows8} : tensor<?x9xi64> of tensor<99x64xi8>, tensor<99x1xf32> -> tensor<?x9x64xf32>
  return %y : tensor<?x9x64xf32>
}

// CHECK-LABEL: func @quantize
func.func @quantize(%x: tensor<?x64xf32>, %w: tensor<256x64xf32>) {
  // CHECK: qt.quantize %{{.*}} {encoding = #qt.encoding<absmax, -127..127>} : tensor<?x64xf32> -> tensor<?x64x!qt.block<[1, ?], s8, scale = f32>>
  %q = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>} : tensor<?x64xf32> -> tensor<?x64x!rows8>
  // CHECK: qt.quantize %{{.*}} {encoding = #qt.encoding<search, -8..7>, format = !qt.block<[1, 32], s4, scale = s8, outer = f32>} : tensor<256x64xf32> -> tensor<256x32xi8>, tensor<256x2xi8>, tensor<256x1xf32>
  %wc, %ws, %wo = qt.quantize %w {encoding = #qt.encoding<search, -8..7>, format = !w4} : tensor<256x64xf32> -> tensor<256x32xi8>, tensor<256x2xi8>, tensor<256x1xf32>
  // CHECK: layout = #qt.layout<s8, panel = 16, rows = 4>} : tensor<?x64xf32> -> tensor<?x64xi8>, tensor<?x1xf32>
  %pc, %ps = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>, format = !rows8, layout = #qt.layout<s8, panel = 16, rows = 4>} : tensor<?x64xf32> -> tensor<?x64xi8>, tensor<?x1xf32>
  // CHECK: %[[P:.*]]:2 = qt.split %[[Q:.*]] : tensor<?x64x!qt.block<[1, ?], s8, scale = f32>> -> tensor<?x64xi8>, tensor<?x1xf32>
  %c, %s = qt.split %q : tensor<?x64x!rows8> -> tensor<?x64xi8>, tensor<?x1xf32>
  // CHECK: qt.join %[[P]]#0, %[[P]]#1 : tensor<?x64xi8>, tensor<?x1xf32> -> tensor<?x64x!qt.block<[1, ?], s8, scale = f32>>
  %j = qt.join %c, %s : tensor<?x64xi8>, tensor<?x1xf32> -> tensor<?x64x!rows8>
  // CHECK: qt.dequantize %{{.*}} : tensor<?x64x!qt.block<[1, ?], s8, scale = f32>> -> tensor<?x64xf32>
  %d = qt.dequantize %j : tensor<?x64x!rows8> -> tensor<?x64xf32>
  // CHECK: qt.dequantize %{{.*}} {format = !qt.block<[1, ?], s8, scale = f32>} : tensor<?x64xi8>, tensor<?x1xf32> -> tensor<?x64xf32>
  %e = qt.dequantize %c, %s {format = !rows8} : tensor<?x64xi8>, tensor<?x1xf32> -> tensor<?x64xf32>
  // CHECK: qt.hadamard 64 %{{.*}} : tensor<?x64xf32>
  %h = qt.hadamard 64 %x : tensor<?x64xf32>
  return
}

// CHECK-LABEL: func @sigma
func.func @sigma(%m: tensor<?x64xi32>, %e: tensor<?x1xi32>, %s: i32) {
  // CHECK: qt.sigma gelu_erf %{{.*}}, %{{.*}} : tensor<?x64xi32>, tensor<?x1xi32> -> tensor<?x64xi32>
  %0 = qt.sigma gelu_erf %m, %e : tensor<?x64xi32>, tensor<?x1xi32> -> tensor<?x64xi32>
  // CHECK: qt.sigma sigmoid %{{.*}}, %{{.*}} : i32, i32 -> i32
  %1 = qt.sigma sigmoid %s, %s : i32, i32 -> i32
  return
}

// CHECK-LABEL: func @integer_attention
func.func @integer_attention(%q: tensor<?x9x4x16xi16>, %qe: tensor<?x9x4x1xi8>, %k: tensor<?x2x9x16xi16>, %v: tensor<?x2x9x8xi8>, %e: tensor<?x2x9x1xi8>, %m: tensor<9xi32>) {
  // CHECK: qt.integer_attention q(%{{.*}}, %{{.*}} : tensor<?x9x4x16xi16>, tensor<?x9x4x1xi8>) k({{.*}}) v({{.*}}) mask(%{{.*}} : tensor<9xi32>)
  // CHECK-SAME: {causal, q_order = #qt.order<bshd>, scale = 2.500000e-01 : f32} -> tensor<?x4x9x8xi32>, tensor<?x4x9x1xi32>
  %y, %ye = qt.integer_attention q(%q, %qe : tensor<?x9x4x16xi16>, tensor<?x9x4x1xi8>) k(%k, %e : tensor<?x2x9x16xi16>, tensor<?x2x9x1xi8>) v(%v, %e : tensor<?x2x9x8xi8>, tensor<?x2x9x1xi8>) mask(%m : tensor<9xi32>)
      {causal, q_order = #qt.order<bshd>, scale = 0.25 : f32} -> tensor<?x4x9x8xi32>, tensor<?x4x9x1xi32>
  return
}

// CHECK-LABEL: func @rescale
func.func @rescale(%x: tensor<?x64xi32>, %m: tensor<64xi32>, %s: tensor<64xi8>, %w: tensor<?x64x!qt.block<[1, ?], s32, scale = exp<32>>>) {
  // CHECK: qt.rescale half_up %{{.*}} by %{{.*}}, %{{.*}} : tensor<?x64xi32>, tensor<64xi32>, tensor<64xi8> -> tensor<?x64xi8>
  %y = qt.rescale half_up %x by %m, %s : tensor<?x64xi32>, tensor<64xi32>, tensor<64xi8> -> tensor<?x64xi8>
  // CHECK: qt.rescale half_up %{{.*}} : tensor<?x64x!qt.block<[1, ?], s32, scale = exp<32>>> -> tensor<?x64x!qt.block<[1, ?], s16, scale = exp<8>>>
  %r = qt.rescale half_up %w : tensor<?x64x!qt.block<[1, ?], s32, scale = exp<32>>> -> tensor<?x64x!qt.block<[1, ?], s16, scale = exp<8>>>
  return
}

// CHECK-LABEL: func @target
func.func @target(%a: vector<32xi8>, %half: vector<16xi8>, %w: vector<32xi8>, %i32: vector<8xi32>, %i16: vector<16xi16>, %i64: i64) {
  // CHECK: qt.dot 4, %{{.*}}, %{{.*}}, %{{.*}} {bound = #qt.bound<lhs = 0..255, rhs = -127..127, chain = 96>} : vector<32xi8>, vector<32xi8>, vector<8xi32>
  %0 = qt.dot 4, %a, %w, %i32 {bound = #qt.bound<lhs = 0..255, rhs = -127..127, chain = 96>} : vector<32xi8>, vector<32xi8>, vector<8xi32>
  // CHECK: qt.dot 2, {{.*}} {bound = #qt.bound<lhs = 0..255, rhs = -128..127, chain = 2, lane = -128..128, init = -7..3>} : vector<32xi8>, vector<32xi8>, vector<16xi16>
  %1 = qt.dot 2, %a, %w, %i16 {bound = #qt.bound<lhs = 0..255, rhs = -128..127, chain = 2, lane = -128..128, init = -7..3>} : vector<32xi8>, vector<32xi8>, vector<16xi16>
  // CHECK: qt.lookup %{{.*}} in [-8, -7, -6, -5] : vector<32xi8>
  %2 = qt.lookup %a in [-8, -7, -6, -5] : vector<32xi8>
  // CHECK: qt.pick %{{.*}}, %{{.*}} at %{{.*}} : vector<16xi8>, vector<32xi8>
  %3 = qt.pick %half, %half at %w : vector<16xi8>, vector<32xi8>
  // CHECK: qt.mul_shift %{{.*}}, %{{.*}} plus %{{.*}} by %{{.*}} : vector<8xi32>
  %4 = qt.mul_shift %i32, %i32 plus %i64 by %i64 : vector<8xi32>
  return
}
