// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @f(%a: tensor<2x3x4xf32>, %w: tensor<5x6x4xf32>) {
  // expected-error @below {{batch dimensions [2] and [5] do not broadcast}}
  %y = qt.contract lhs(%a : tensor<2x3x4xf32>) rhs(%w : tensor<5x6x4xf32>) {acc = f32, geometry = #qt.matmul<batched>, lhs_format = f32, rhs_format = f32} -> tensor<5x3x6xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3x4xf32>, %w: tensor<5x6x4xf32>) {
  // expected-error @below {{rhs has rank 3, #qt.matmul takes [N, K]}}
  %y = qt.contract lhs(%a : tensor<2x3x4xf32>) rhs(%w : tensor<5x6x4xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} -> tensor<2x3x6xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3x4xf32>, %w: tensor<6x4xf32>) {
  // expected-error @below {{lhs contracts 4 elements, rhs 5}}
  %y = qt.contract lhs(%a : tensor<2x3x4xf32>) rhs(%w : tensor<6x4xf32>) {acc = f32, geometry = #qt.matmul<k = 5>, lhs_format = f32, rhs_format = f32} -> tensor<2x3x6xf32>
  return
}

// -----

func.func @f(%a: tensor<2x8x4xf32>, %w: tensor<6x9x4xf32>) {
  // expected-error @below {{lhs has rank 3, a convolution over 2 dimensions takes 4}}
  %y = qt.contract lhs(%a : tensor<2x8x4xf32>) rhs(%w : tensor<6x9x4xf32>) {acc = f32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 1>, lhs_format = f32, rhs_format = f32} -> tensor<2x8x8x6xf32>
  return
}

// -----

func.func @f(%a: tensor<2x8x8x4xf32>, %w: tensor<6x4x4xf32>) {
  // expected-error @below {{rhs has 4 taps, the geometry 9}}
  %y = qt.contract lhs(%a : tensor<2x8x8x4xf32>) rhs(%w : tensor<6x4x4xf32>) {acc = f32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 1>, lhs_format = f32, rhs_format = f32} -> tensor<2x8x8x6xf32>
  return
}

// -----

func.func @f(%a: tensor<2x8x8x4xf32>, %w: tensor<6x4xf32>) {
  // expected-error @below {{rhs has rank 2; supported: [outputs, taps, channels]}}
  %y = qt.contract lhs(%a : tensor<2x8x8x4xf32>) rhs(%w : tensor<6x4xf32>) {acc = f32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 1>, lhs_format = f32, rhs_format = f32} -> tensor<2x8x8x6xf32>
  return
}

// -----

func.func @f(%a: tensor<2x8x8x4xf32>, %w: tensor<6x9x4xf32>) {
  // expected-error @below {{result is of type 'tensor<2x7x8x6xf32>', expected 'tensor<2x8x8x6xf32>'}}
  %y = qt.contract lhs(%a : tensor<2x8x8x4xf32>) rhs(%w : tensor<6x9x4xf32>) {acc = f32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 1>, lhs_format = f32, rhs_format = f32} -> tensor<2x7x8x6xf32>
  return
}

// -----

func.func @f(%a: tensor<2x1x8x4xf32>, %w: tensor<6x9x4xf32>) {
  // expected-error @below {{spatial dimension 0 of size 1 with its pads is smaller than the span of the taps}}
  %y = qt.contract lhs(%a : tensor<2x1x8x4xf32>) rhs(%w : tensor<6x9x4xf32>) {acc = f32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0], groups = 1>, lhs_format = f32, rhs_format = f32} -> tensor<2x1x6x6xf32>
  return
}

// -----

func.func @f(%a: tensor<2x8x8x4xf32>, %w: tensor<5x9x2xf32>) {
  // expected-error @below {{5 outputs are not divided by groups 2}}
  %y = qt.contract lhs(%a : tensor<2x8x8x4xf32>) rhs(%w : tensor<5x9x2xf32>) {acc = f32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 2>, lhs_format = f32, rhs_format = f32} -> tensor<2x8x8x5xf32>
  return
}

// -----

!rows8 = !qt.block<[1, ?], s8, scale = f32>
func.func @f(%c: tensor<?x64xi8>, %s: tensor<?x1xf32>, %p: tensor<100xi8>) {
  // expected-error @below {{no type shows the size of the contraction; the geometry has to state it, as in #qt.matmul<k = 64>}}
  %y = qt.contract lhs(%c, %s : tensor<?x64xi8>, tensor<?x1xf32>) rhs(%p : tensor<100xi8>) {acc = f32, geometry = #qt.matmul, lhs_format = !rows8, rhs_format = !rows8, layout = #qt.layout<s8, panel = 16, rows = 4>} -> tensor<?x8xf32>
  return
}

// -----

!rows8 = !qt.block<[1, ?], s8, scale = f32>
func.func @f(%c: tensor<?x64xi8>, %s: tensor<?x1xf32>, %p: tensor<100xi8>) {
  // expected-error @below {{lhs: codes are of type 'tensor<?x64xi8>', expected rows of 128 bytes of i8 for k = 65}}
  %y = qt.contract lhs(%c, %s : tensor<?x64xi8>, tensor<?x1xf32>) rhs(%p : tensor<100xi8>) {acc = f32, geometry = #qt.matmul<k = 65>, lhs_format = !rows8, rhs_format = !rows8, layout = #qt.layout<s8, panel = 16, rows = 4>} -> tensor<?x8xf32>
  return
}

// -----

!rows8 = !qt.block<[1, ?], s8, scale = f32>
func.func @f(%c: tensor<?x64xi8>, %s: tensor<?x1xf32>, %p: tensor<8x64xi8>) {
  // expected-error @below {{with a layout rhs is one tensor<?xi8> of qt.pack, not 1 parts of 'tensor<8x64xi8>'}}
  %y = qt.contract lhs(%c, %s : tensor<?x64xi8>, tensor<?x1xf32>) rhs(%p : tensor<8x64xi8>) {acc = f32, geometry = #qt.matmul<k = 64>, lhs_format = !rows8, rhs_format = !rows8, layout = #qt.layout<s8, panel = 16, rows = 4>} -> tensor<?x8xf32>
  return
}

// -----

!rows8 = !qt.block<[1, ?], s8, scale = f32>
func.func @f(%c: tensor<?x64xi8>, %s: tensor<?x1xf32>, %p: tensor<100xi8>) {
  // expected-error @below {{rhs: format '!qt.block<[1, ?], s8, scale = f32>' in the layout #qt.layout<w4i, panel = 16, rows = 4>; supported: !qt.block<[1, 32], s4, scale = s8, outer = f32 or exp<8>>}}
  %y = qt.contract lhs(%c, %s : tensor<?x64xi8>, tensor<?x1xf32>) rhs(%p : tensor<100xi8>) {acc = f32, geometry = #qt.matmul<k = 64>, lhs_format = !rows8, rhs_format = !rows8, layout = #qt.layout<w4i, panel = 16, rows = 4>} -> tensor<?x8xf32>
  return
}

// -----

!rows8 = !qt.block<[1, ?], s8, scale = f32>
func.func @f(%c: tensor<8x64xi8>, %s: tensor<8x1xf32>) {
  // expected-error @below {{result has 99 bytes, weights of shape [8, 64] take 1152 in the layout}}
  %p = qt.pack %c, %s {format = !rows8, layout = #qt.layout<s8, panel = 16, rows = 4>} : tensor<8x64xi8>, tensor<8x1xf32> -> tensor<99xi8>
  return
}

// -----

func.func @f(%c: tensor<64xf32>) {
  // expected-error @below {{of rank 1; supported: [N, K] or [O, taps, C/groups]}}
  %p = qt.pack %c {format = f32, layout = #qt.layout<f32, panel = 16, rows = 4>} : tensor<64xf32> -> tensor<99xi8>
  return
}

// -----

func.func @f(%a: tensor<2x8x8x4xf32>, %w: tensor<2048xi8>) {
  // expected-error @below {{strides = [2, 2]}}
  %y = qt.contract lhs(%a : tensor<2x8x8x4xf32>) rhs(%w : tensor<2048xi8>) {acc = f32, geometry = #qt.conv<taps = [3, 3], strides = [2, 2], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 1, k = 4>, layout = #qt.layout<winograd, panel = 8, rows = 6>, lhs_format = f32, rhs_format = f32} -> tensor<2x4x4x6xf32>
  return
}

// -----

func.func @f(%a: tensor<2x4xf32>, %w: tensor<2048xi8>) {
  // expected-error @below {{in the layout #qt.layout<winograd, panel = 8, rows = 6>; supported: taps = [3, 3] with strides and dilations of 1 in one group}}
  %y = qt.contract lhs(%a : tensor<2x4xf32>) rhs(%w : tensor<2048xi8>) {acc = f32, geometry = #qt.matmul, layout = #qt.layout<winograd, panel = 8, rows = 6>, lhs_format = f32, rhs_format = f32} -> tensor<2x6xf32>
  return
}

// -----

func.func @f(%w: tensor<6x4xf32>) {
  // expected-error @below {{holds weights of shape [6, 4] in 1 groups, which do not fit the layout #qt.layout<winograd, panel = 8, rows = 6>}}
  %p = qt.pack %w {format = f32, layout = #qt.layout<winograd, panel = 8, rows = 6>} : tensor<6x4xf32> -> tensor<?xi8>
  return
}

// -----

// The code reads no pads: sizes are open.
func.func @f(%a: tensor<2x?x8x8xf32>, %w: tensor<512xi8>) {
  // expected-error @below {{pads = [1, 1, 1, 1]}}
  %y = qt.contract lhs(%a : tensor<2x?x8x8xf32>) rhs(%w : tensor<512xi8>) {acc = f32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 8, k = 8>, layout = #qt.layout<f32, panel = 8, rows = 6>, lhs_format = f32, rhs_format = f32} -> tensor<2x?x8x8xf32>
  return
}
