// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @small(%x: tensor<1x3x8x4xf32>, %w: tensor<4x25x4xf32>) {
  // expected-error @below {{spatial dimension 0 of size 3 with pads 0 and 1 is smaller than the span 5 of its kernel}}
  %0 = nn.conv %x, %w kernel [5, 5] strides [1, 1] dilations [1, 1] pads [0, 0, 1, 0] groups 1 : tensor<1x3x8x4xf32>, tensor<4x25x4xf32> -> tensor<1x0x4x4xf32>
  return
}

// -----

func.func @groups(%x: tensor<1x8x4xf32>, %w: tensor<3x3x4xf32>) {
  // expected-error @below {{groups 3 do not divide channels 4}}
  %0 = nn.conv %x, %w kernel [3] strides [1] dilations [1] pads [0, 0] groups 3 : tensor<1x8x4xf32>, tensor<3x3x4xf32> -> tensor<1x6x3xf32>
  return
}

// -----

func.func @depth(%x: tensor<1x8x4xf32>, %w: tensor<4x3x4xf32>) {
  // expected-error @below {{input has 4 channels in 2 groups, weights are for 4 channels a group}}
  %0 = nn.conv %x, %w kernel [3] strides [1] dilations [1] pads [0, 0] groups 2 : tensor<1x8x4xf32>, tensor<4x3x4xf32> -> tensor<1x6x4xf32>
  return
}

// -----

func.func @taps(%x: tensor<1x8x4xf32>, %w: tensor<4x5x4xf32>) {
  // expected-error @below {{weights have 5 taps, kernel [3] 3}}
  %0 = nn.conv %x, %w kernel [3] strides [1] dilations [1] pads [0, 0] groups 1 : tensor<1x8x4xf32>, tensor<4x5x4xf32> -> tensor<1x6x4xf32>
  return
}

// -----

func.func @weights(%x: tensor<1x8x4xf32>, %w: tensor<4x3x2x2xf32>) {
  // expected-error @below {{weights of rank 4; supported: [outputs, taps, channels / groups]}}
  %0 = nn.conv %x, %w kernel [3] strides [1] dilations [1] pads [0, 0] groups 1 : tensor<1x8x4xf32>, tensor<4x3x2x2xf32> -> tensor<1x6x4xf32>
  return
}

// -----

func.func @rank(%x: tensor<1x8x4xf32>, %w: tensor<4x9x4xf32>) {
  // expected-error @below {{input of rank 3, a kernel of 2 dimensions takes 4: batch, spatial dimensions, channels}}
  %0 = nn.conv %x, %w kernel [3, 3] strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] groups 1 : tensor<1x8x4xf32>, tensor<4x9x4xf32> -> tensor<1x6x4xf32>
  return
}

// -----

func.func @stride(%x: tensor<1x8x4xf32>, %w: tensor<4x3x4xf32>) {
  // expected-error @below {{strides [0] has an entry of 0; supported: 1 to 2147483647}}
  %0 = nn.conv %x, %w kernel [3] strides [0] dilations [1] pads [0, 0] groups 1 : tensor<1x8x4xf32>, tensor<4x3x4xf32> -> tensor<1x6x4xf32>
  return
}

// -----

func.func @result(%x: tensor<1x8x4xf32>, %w: tensor<4x3x4xf32>) {
  // expected-error @below {{result is of type 'tensor<1x5x4xf32>', expected 'tensor<1x6x4xf32>'}}
  %0 = nn.conv %x, %w kernel [3] strides [1] dilations [1] pads [0, 0] groups 1 : tensor<1x8x4xf32>, tensor<4x3x4xf32> -> tensor<1x5x4xf32>
  return
}

// -----

func.func @blocks(%x: tensor<1x8x64x!qt.block<[1, 2, 32], s8, scale = f32>>, %w: tensor<4x3x64x!qt.block<[1, 1, 32], s8, scale = f32>>) {
  // expected-error @below {{operand #0 has blocks of 2 along dimension 1 in '!qt.block<[1, 2, 32], s8, scale = f32>'; supported: blocks along channels, or of all positions}}
  %0 = nn.conv %x, %w kernel [3] strides [1] dilations [1] pads [0, 0] groups 1
    : tensor<1x8x64x!qt.block<[1, 2, 32], s8, scale = f32>>, tensor<4x3x64x!qt.block<[1, 1, 32], s8, scale = f32>> -> tensor<1x6x4xf32>
  return
}

// -----

func.func @count_pads(%x: tensor<1x8x4xf32>) {
  // expected-error @below {{counts pads; only an average does}}
  %0 = nn.pool max %x kernel [3] strides [1] dilations [1] pads [0, 0] count_pads : tensor<1x8x4xf32> -> tensor<1x6x4xf32>
  return
}

// -----

func.func @order(%x: tensor<1x8x4xf32>) {
  // expected-error @below {{has a norm of order 0; supported: 1 or more}}
  %0 = nn.pool lp %x kernel [3] strides [1] dilations [1] pads [0, 0] {p = 0 : i64} : tensor<1x8x4xf32> -> tensor<1x6x4xf32>
  return
}

// -----

func.func @negative(%x: tensor<2x8xf32>) {
  // expected-error @below {{pads [0, -1] have an entry of -1; supported: 0 to 2147483647}}
  %0 = nn.pad constant %x low [0, -1] high [0, 0] : tensor<2x8xf32> -> tensor<2x7xf32>
  return
}

// -----

func.func @nothing(%x: tensor<2x0xf32>) {
  // expected-error @below {{dimension 1 of 'tensor<2x0xf32>' has nothing to pad with}}
  %0 = nn.pad edge %x low [0, 1] high [0, 0] : tensor<2x0xf32> -> tensor<2x1xf32>
  return
}

// -----

func.func @pool_of_integers(%x: tensor<1x8x4xi32>) -> tensor<1x6x4xi32> {
  // expected-error@+1 {{'average' of 'tensor<1x8x4xi32>'; supported for integers: max, sum}}
  %0 = nn.pool average %x kernel [3] strides [1] dilations [1] pads [0, 0] : tensor<1x8x4xi32> -> tensor<1x6x4xi32>
  return %0 : tensor<1x6x4xi32>
}
