// RUN: quant-opt %s -split-input-file -qt-split -verify-diagnostics

!x8 = !qt.block<[1, 1, 1, ?], s8, scale = f32>
func.func private @attention(%q: tensor<2x4x9x16x!x8>) -> tensor<2x4x9x16xf32> {
  // expected-error @below {{'nn.attention' op operand of type 'tensor<2x4x9x16x!qt.block<[1, 1, 1, ?], s8, scale = f32>>' is quantised elsewhere; supported: a direct result of qt.quantize on floats}}
  %0 = nn.attention %q, %q, %q {scale = 0.25 : f32} : tensor<2x4x9x16x!x8>, tensor<2x4x9x16x!x8>, tensor<2x4x9x16x!x8> -> tensor<2x4x9x16xf32>
  return %0 : tensor<2x4x9x16xf32>
}

// -----

!x8 = !qt.block<[1, ?], s8, scale = f32>
func.func @foreign(%x: tensor<4x16xf32>, %y: tensor<4x16xf32>, %c: i1) -> tensor<4x16xf32> {
  %q = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>} : tensor<4x16xf32> -> tensor<4x16x!x8>
  %p = qt.quantize %y {encoding = #qt.encoding<absmax, -127..127>} : tensor<4x16xf32> -> tensor<4x16x!x8>
  // expected-error @below {{failed to legalize operation 'arith.select'}}
  %0 = arith.select %c, %q, %p : tensor<4x16x!x8>
  %d = qt.dequantize %0 : tensor<4x16x!x8> -> tensor<4x16xf32>
  return %d : tensor<4x16xf32>
}

// -----

!x8 = !qt.block<[?], s8, scale = f32>
!m8 = !qt.block<[1, ?], s8, scale = f32>
func.func private @vector(%x: tensor<4x16x!m8>, %w: tensor<16x!x8>) -> tensor<4xf32> {
  // expected-error @below {{supported with quantised operands: matrices on the right, and on the left beside a batch of them}}
  %0 = nn.matmul %x, %w : tensor<4x16x!m8>, tensor<16x!x8> -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

!t = !qt.block<[1, ?], s8, scale = f32, zero = s8>
func.func @table(%w: tensor<8x4x!t>, %i: tensor<3xi64>) -> tensor<3x4xf32> {
  // expected-error @below {{table in the format '!qt.block<[1, ?], s8, scale = f32, zero = s8>'; supported: !qt.block<[1, ?], s8, scale = f32>}}
  %y = nn.gather %w, %i {axis = 0 : i64} : tensor<8x4x!t>, tensor<3xi64> -> tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}

// -----

#byte = #qt.encoding<absmax, -127..127>
!w8 = !qt.block<[1, ?, ?], s8, scale = f32>
!image = !qt.block<[1, 1, 32], s8, scale = shift<3>, outer = exp<8>[1, ?, ?]>
!wide = !qt.block<[1, ?, ?], s31, scale = exp<32>>

// A row is not cut where it is several groups.
func.func @groups(%x: tensor<1x300x64x!image>) -> tensor<1x1x2x!wide> {
  %w = arith.constant dense<1.0> : tensor<2x300x32xf32>
  %wq = qt.quantize %w {encoding = #byte} : tensor<2x300x32xf32> -> tensor<2x300x32x!w8>
  // expected-error @below {{sums of output 0 over 32 channels may reach 2477414400 for some input and do not fit 32 bits; supported: less than 2147483647, as of fewer channels in a group, of a smaller kernel, or of weights that are not all as large}}
  %0 = nn.conv %x, %wq kernel [300] strides [1] dilations [1] pads [0, 0] groups 2 : tensor<1x300x64x!image>, tensor<2x300x32x!w8> -> tensor<1x1x2x!wide>
  return %0 : tensor<1x1x2x!wide>
}

// -----

#byte = #qt.encoding<absmax, -127..127>
!w8 = !qt.block<[1, ?, ?], s8, scale = f32>
!row = !qt.block<[1, ?, ?], s16, scale = exp<8>>
!wider = !qt.block<[1, ?, ?], s32, scale = exp<32>>

// Blocks of 32 channels are not cut.
func.func @taps(%x: tensor<1x300x64x!row>) -> tensor<1x1x2x!wider> {
  %w = arith.constant dense<1.0> : tensor<2x300x64xf32>
  %wq = qt.quantize %w {encoding = #byte} : tensor<2x300x64xf32> -> tensor<2x300x64x!w8>
  // expected-error @below {{sums of output 0 over 32 channels may reach 2477414400 for some input and do not fit 32 bits; supported: less than 2147483647, as of fewer channels in a group, of a smaller kernel, or of weights that are not all as large}}
  %0 = nn.conv %x, %wq kernel [300] strides [1] dilations [1] pads [0, 0] groups 1 : tensor<1x300x64x!row>, tensor<2x300x64x!w8> -> tensor<1x1x2x!wider>
  return %0 : tensor<1x1x2x!wider>
}

// -----

!row = !qt.block<[1, ?], s16, scale = exp<8>>
!wide = !qt.block<[1, ?], s31, scale = exp<32>>

// All reasons at once, and nothing else.
func.func @several(%x: tensor<1x2x!row>) -> tensor<1x2x!wide> {
  %c = arith.constant dense<[0x7F800000, 1.0]> : tensor<2xf32>
  %z = arith.constant dense<[0.0, 1.0]> : tensor<2xf32>
  // expected-error @below {{is infinite at [0], which no integer stands for; supported: finite numbers}}
  %0 = nn.binary mul %x, %c : tensor<1x2x!row>, tensor<2xf32> -> tensor<1x2x!wide>
  %1 = qt.rescale half_up %0 : tensor<1x2x!wide> -> tensor<1x2x!row>
  // expected-error @below {{by a constant with an element 0 has no integer-only form}}
  %2 = nn.binary div %1, %z : tensor<1x2x!row>, tensor<2xf32> -> tensor<1x2x!wide>
  return %2 : tensor<1x2x!wide>
}
