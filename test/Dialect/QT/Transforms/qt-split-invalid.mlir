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
