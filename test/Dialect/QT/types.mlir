// RUN: quant-opt %s | quant-opt | FileCheck %s

// Per tensor, per row, blocks along the last and the first dimension.
// CHECK: func private @blocks(tensor<4x64x!qt.block<[?, ?], s8, scale = f32>>, tensor<4x64x!qt.block<[1, ?], s8, scale = f32>>, tensor<4x64x!qt.block<[1, 32], s8, scale = f16>>, tensor<64x4x!qt.block<[32, 1], s4, scale = bf16>>)
func.func private @blocks(tensor<4x64x!qt.block<[?, ?], s8, scale = f32>>, tensor<4x64x!qt.block<[1, ?], s8, scale = f32>>, tensor<4x64x!qt.block<[1, 32], s8, scale = f16>>, tensor<64x4x!qt.block<[32, 1], s4, scale = bf16>>)

// Element formats.
// CHECK: func private @elements(!qt.block<[?], u1, scale = f32>, !qt.block<[?], s2, scale = f32>, !qt.block<[?], s32, scale = f32>, !qt.block<[?], u16, scale = f32>, !qt.block<[?], f4E2M1, scale = e8m0>, !qt.block<[?], f6E2M3, scale = e8m0>, !qt.block<[?], f6E3M2, scale = e8m0>, !qt.block<[?], f8E4M3, scale = e8m0>, !qt.block<[?], f8E5M2, scale = e8m0>, !qt.block<[?], nf4, scale = f16>)
func.func private @elements(!qt.block<[?], u1, scale = f32>, !qt.block<[?], s2, scale = f32>, !qt.block<[?], s32, scale = f32>, !qt.block<[?], u16, scale = f32>, !qt.block<[?], f4E2M1, scale = e8m0>, !qt.block<[?], f6E2M3, scale = e8m0>, !qt.block<[?], f6E3M2, scale = e8m0>, !qt.block<[?], f8E4M3, scale = e8m0>, !qt.block<[?], f8E5M2, scale = e8m0>, !qt.block<[?], nf4, scale = f16>)

// Families of formats; equal ones have one spelling.
// CHECK: func private @families(!qt.block<[?], float<3, 4>, scale = f32>, !qt.block<[?], f4E2M1, scale = f32>, !qt.block<[?], float<4, 3, bias = 2, implicit = 0>, scale = f32>, !qt.block<[?], log<4>, scale = exp<8>>, !qt.block<[?], dint<4>, scale = f32>, !qt.block<[1, 16], sdr<4>, scale = shift<3>, outer = f32>, !qt.block<[?], ternary, scale = f32>, !qt.block<[?], binary, scale = f32>)
func.func private @families(!qt.block<[?], float<3, 4>, scale = f32>, !qt.block<[?], float<2, 1>, scale = f32>, !qt.block<[?], float<4, 3, bias = 2, implicit = 0>, scale = f32>, !qt.block<[?], log<4>, scale = exp<8>>, !qt.block<[?], dint<4>, scale = f32>, !qt.block<[1, 16], sdr<4>, scale = shift<3>, outer = f32>, !qt.block<[?], ternary, scale = f32>, !qt.block<[?], binary, scale = f32>)

// Zero points and second-level scales; the default blocks of an outer scale
// are not printed.
// CHECK: func private @scales(!qt.block<[1, 32], u4, scale = f16, zero = u4>, !qt.block<[1, 32], s4, scale = s8, outer = f32>, !qt.block<[1, 32], s4, scale = s8, outer = f32>, !qt.block<[1, 16], f4E2M1, scale = e4m3, outer = f32[?, ?]>, !qt.block<[1, 32], u4, scale = u6, zero = u6, outer = f16[1, 256]>)
func.func private @scales(!qt.block<[1, 32], u4, scale = f16, zero = u4>, !qt.block<[1, 32], s4, scale = s8, outer = f32>, !qt.block<[1, 32], s4, scale = s8, outer = f32[1, ?]>, !qt.block<[1, 16], f4E2M1, scale = e4m3, outer = f32[?, ?]>, !qt.block<[1, 32], u4, scale = u6, zero = u6, outer = f16[1, 256]>)

// Integer-only types.
// CHECK: func private @integer(!qt.block<[1, ?], s16, scale = exp<8>>, !qt.block<[1, ?], s32, scale = exp<32>>, !qt.block<[1, 32], s8, scale = shift<3>, outer = exp<8>>)
func.func private @integer(!qt.block<[1, ?], s16, scale = exp<8>>, !qt.block<[1, ?], s32, scale = exp<32>>, !qt.block<[1, 32], s8, scale = shift<3>, outer = exp<8>>)

// Attributes that stand alone.
// CHECK: func private @attributes() attributes {
// CHECK-SAME: a0 = #qt.element<s8>
// CHECK-SAME: a1 = #qt.scale<exp<8>>
// CHECK-SAME: a2 = #qt.encoding<rceil, -7..7>
// CHECK-SAME: a3 = #qt.layout<matched, panel = 16, rows = 4, bias = 128>
// CHECK-SAME: a4 = [#qt.layout<b32, panel = 16, rows = 4>, #qt.layout<matched, panel = 16, rows = 8, low = 0>, #qt.layout<chained, panel = 16, rows = 4, bias = 128>]
// CHECK-SAME: a5 = [#qt.matmul, #qt.matmul<batched>, #qt.matmul<k = 64>, #qt.matmul<batched, k = 64>]
// CHECK-SAME: a6 = #qt.conv<taps = [3], strides = [1], dilations = [2], pads = [0, 1], groups = 2, k = 8>
// CHECK-SAME: a7 = #qt.order<bshd>
func.func private @attributes() attributes {
  a0 = #qt.element<s8>, a1 = #qt.scale<exp<8>>, a2 = #qt.encoding<rceil, -7..7>,
  a3 = #qt.layout<matched, panel = 16, rows = 4, bias = 128>,
  a4 = [#qt.layout<b32, panel = 16, rows = 4>, #qt.layout<matched, panel = 16, rows = 8, low = 0>,
        #qt.layout<chained, panel = 16, rows = 4, bias = 128>],
  a5 = [#qt.matmul, #qt.matmul<batched>, #qt.matmul<k = 64>, #qt.matmul<batched, k = 64>],
  a6 = #qt.conv<taps = [3], strides = [1], dilations = [2], pads = [0, 1], groups = 2, k = 8>,
  a7 = #qt.order<bshd>}
