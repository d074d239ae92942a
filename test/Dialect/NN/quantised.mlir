// RUN: quant-opt %s -split-input-file -verify-diagnostics

// Contractions take joint values; blocks lie along the contraction.
func.func @matmul(%x: tensor<?x64x!qt.block<[1, ?], s8, scale = f32>>,
                  %w: tensor<16x64x!qt.block<[1, 32], s4, scale = f32>>) -> tensor<?x16xf32> {
  %y = nn.matmul %x, %w : tensor<?x64x!qt.block<[1, ?], s8, scale = f32>>,
    tensor<16x64x!qt.block<[1, 32], s4, scale = f32>> -> tensor<?x16xf32>
  return %y : tensor<?x16xf32>
}

!token = !qt.block<[1, 1, 1, ?], s8, scale = f32>
func.func @attention(%q: tensor<?x4x9x16x!token>, %k: tensor<?x2x7x16x!token>) -> tensor<?x4x9x16xf32> {
  %y = nn.attention %q, %k, %k {scale = 0.25 : f32} : tensor<?x4x9x16x!token>,
    tensor<?x2x7x16x!token>, tensor<?x2x7x16x!token> -> tensor<?x4x9x16xf32>
  return %y : tensor<?x4x9x16xf32>
}

// -----

!rows = !qt.block<[1, 32], s8, scale = f32>
!columns = !qt.block<[32, 1], s8, scale = f32>
func.func @across(%x: tensor<64x64x!rows>, %w: tensor<64x64x!columns>) {
  // expected-error @below {{operand #1 has blocks of 32 along dimension 0 in '!qt.block<[32, 1], s8, scale = f32>'; supported: blocks along the contraction (dimension 1)}}
  %y = nn.matmul %x, %w : tensor<64x64x!rows>, tensor<64x64x!columns> -> tensor<64x64xf32>
  return
}

// -----

// Weights may be quantised alone, activations may not.
!rows = !qt.block<[1, 32], s8, scale = f32>
func.func @mixed(%x: tensor<64x64x!rows>, %w: tensor<64x64xf32>, %v: tensor<64x64x!rows>, %a: tensor<64x64xf32>) {
  %y = nn.matmul %a, %v : tensor<64x64xf32>, tensor<64x64x!rows> -> tensor<64x64xf32>
  // expected-error @below {{has 1 quantised and 1 float operands; supported: all of them quantised, none, or the weights alone}}
  %z = nn.matmul %x, %w : tensor<64x64x!rows>, tensor<64x64xf32> -> tensor<64x64xf32>
  return
}

// -----

!rows = !qt.block<[1, 1, 32], s8, scale = f32>
func.func @rank(%x: tensor<64x64x!rows>) {
  // expected-error @below {{operand #0: }}
  %y = nn.matmul %x, %x : tensor<64x64x!rows>, tensor<64x64x!rows> -> tensor<64x64xf32>
  return
}

// -----

!block = !qt.block<[1, 1, 1, 8], s8, scale = f32>
func.func @attention_blocks(%q: tensor<1x4x9x16x!block>) {
  // expected-error @below {{operand #0 is quantised as '!qt.block<[1, 1, 1, 8], s8, scale = f32>'; supported: one scale per token and head, [1, 1, 1, ?]}}
  %y = nn.attention %q, %q, %q {scale = 0.25 : f32} : tensor<1x4x9x16x!block>,
    tensor<1x4x9x16x!block>, tensor<1x4x9x16x!block> -> tensor<1x4x9x16xf32>
  return
}

// -----

// Every other op computes on builtin elements alone.
!rows = !qt.block<[1, 32], s8, scale = f32>
func.func @elementwise(%x: tensor<64x64x!rows>) {
  // expected-error @below {{has no integer-only form here; supported: signed integers with an exponent for whole dimensions}}
  %y = nn.unary relu %x : tensor<64x64x!rows>
  return
}

// -----

!rows = !qt.block<[1, 32], s8, scale = f32>
func.func @movement(%x: tensor<64x64x!rows>) {
  // expected-error @below {{has no integer-only form here; supported: signed integers with an exponent for whole dimensions}}
  %y = nn.transpose %x perm [1, 0] : tensor<64x64x!rows> -> tensor<64x64x!rows>
  return
}

// -----

// Rows of a table are decoded where they are picked, along its first dimension
// and with one scale each.
!embedding = !qt.block<[1, ?], s8, scale = f32>
func.func @embedding(%t: tensor<99x64x!embedding>, %i: tensor<?xi64>) -> tensor<?x64xf32> {
  %y = nn.gather %t, %i {axis = 0 : i64} : tensor<99x64x!embedding>, tensor<?xi64> -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

!embedding32 = !qt.block<[1, 32], s8, scale = f32>
func.func @embedding_blocks(%t: tensor<99x64x!embedding32>, %i: tensor<?xi64>) {
  // expected-error @below {{table is quantised as '!qt.block<[1, 32], s8, scale = f32>'; supported: one scale a row, [1, ?]}}
  %y = nn.gather %t, %i {axis = 0 : i64} : tensor<99x64x!embedding32>, tensor<?xi64> -> tensor<?x64xf32>
  return
}

// -----

!embedding = !qt.block<[1, ?], s8, scale = f32>
func.func @embedding_columns(%t: tensor<99x64x!embedding>, %i: tensor<3xi64>) {
  // expected-error @below {{along axis 1 has no integer-only form; supported: rows of a matrix}}
  %y = nn.gather %t, %i {axis = 1 : i64} : tensor<99x64x!embedding>, tensor<3xi64> -> tensor<99x3xf32>
  return
}
