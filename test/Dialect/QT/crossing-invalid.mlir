// RUN: quant-opt %s -split-input-file -verify-diagnostics

!rows8 = !qt.block<[1, ?], s8, scale = f32>
func.func @f(%x: tensor<?x64xf32>) {
  // expected-error @below {{result type 'tensor<?x32x!qt.block<[1, ?], s8, scale = f32>>' has another shape than input 'tensor<?x64xf32>'}}
  %q = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>} : tensor<?x64xf32> -> tensor<?x32x!rows8>
  return
}

// -----

!rows8 = !qt.block<[1, ?], s8, scale = f32>
func.func @f(%x: tensor<?x4x64xf32>) {
  // expected-error @below {{block rank 2 of '!qt.block<[1, ?], s8, scale = f32>' differs from tensor rank 3}}
  %q = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>} : tensor<?x4x64xf32> -> tensor<?x4x64x!rows8>
  return
}

// -----

!blocks8 = !qt.block<[1, 32], s8, scale = f32>
func.func @f(%x: tensor<?x?xf32>) {
  // expected-error @below {{block extent 32 cuts dimension 1, whose size is dynamic}}
  %q = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>} : tensor<?x?xf32> -> tensor<?x?x!blocks8>
  return
}

// -----

!rows8 = !qt.block<[1, ?], s8, scale = f32>
func.func @f(%x: tensor<?x64xf32>) {
  // expected-error @below {{code range -128..200 exceeds that of 's8', -128..127}}
  %q = qt.quantize %x {encoding = #qt.encoding<absmax, -128..200>} : tensor<?x64xf32> -> tensor<?x64x!rows8>
  return
}

// -----

!rows8 = !qt.block<[1, ?], s8, scale = f32>
func.func @f(%x: tensor<?x64xf32>) {
  // expected-error @below {{without a format attribute has one result of !qt.block elements, not ('tensor<?x64xi8>')}}
  %q = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>} : tensor<?x64xf32> -> tensor<?x64xi8>
  return
}

// -----

!rows8 = !qt.block<[1, ?], s8, scale = f32>
func.func @f(%x: tensor<?x64xf32>) {
  // expected-error @below {{a layout needs the split form}}
  %q = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>, layout = #qt.layout<s8, panel = 16, rows = 4>} : tensor<?x64xf32> -> tensor<?x64x!rows8>
  return
}

// -----

!rows8 = !qt.block<[1, ?], s8, scale = f32>
func.func @f(%x: tensor<?x64xi32>) {
  // expected-error @below {{input of type 'tensor<?x64xi32>'; supported: f32 or !qt.block elements}}
  %q = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>} : tensor<?x64xi32> -> tensor<?x64x!rows8>
  return
}

// -----

!rows8 = !qt.block<[1, ?], s8, scale = f32>
func.func @f(%x: tensor<?x64xf32>) {
  // expected-error @below {{result has 3 parts, its format '!qt.block<[1, ?], s8, scale = f32>' 2}}
  %q:3 = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>, format = !rows8} : tensor<?x64xf32> -> tensor<?x64xi8>, tensor<?x1xf32>, tensor<?x1xf32>
  return
}

// -----

!rows8 = !qt.block<[1, ?], s8, scale = f32>
func.func @f(%x: tensor<?x64xf32>) {
  // expected-error @below {{result: scales are of type 'tensor<?x2xf32>', expected 'tensor<?x1xf32>' for the format}}
  %q:2 = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>, format = !rows8} : tensor<?x64xf32> -> tensor<?x64xi8>, tensor<?x2xf32>
  return
}

// -----

!w4 = !qt.block<[1, 32], s4, scale = s8, outer = f32>
func.func @f(%x: tensor<8x64xf32>) {
  // expected-error @below {{result: codes are of type 'tensor<8x64xi8>', expected 'tensor<8x32xi8>'}}
  %q:3 = qt.quantize %x {encoding = #qt.encoding<search, -8..7>, format = !w4} : tensor<8x64xf32> -> tensor<8x64xi8>, tensor<8x2xi8>, tensor<8x1xf32>
  return
}

// -----

!rows8 = !qt.block<[1, ?], s8, scale = f32>
func.func @f(%x: tensor<?x65xf32>) {
  // expected-error @below {{codes are of type 'tensor<?x65xi8>', expected 'tensor<?x128xi8>' for the layout}}
  %q:2 = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>, format = !rows8, layout = #qt.layout<s8, panel = 16, rows = 4>} : tensor<?x65xf32> -> tensor<?x65xi8>, tensor<?x1xf32>
  return
}

// -----

!rows8 = !qt.block<[1, ?], s8, scale = f32>
func.func @f(%x: tensor<?x64xf32>) {
  // expected-error @below {{layout form 'f32' has no codes}}
  %q:2 = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>, format = !rows8, layout = #qt.layout<f32, panel = 16, rows = 4>} : tensor<?x64xf32> -> tensor<?x64xi8>, tensor<?x1xf32>
  return
}

// -----

!rows8 = !qt.block<[1, ?], s8, scale = f32>
func.func @f(%q: tensor<?x64x!rows8>) {
  // expected-error @below {{result type 'tensor<?x32xf32>' has another shape}}
  %x = qt.dequantize %q : tensor<?x64x!rows8> -> tensor<?x32xf32>
  return
}

// -----

!rows8 = !qt.block<[1, ?], s8, scale = f32>
func.func @f(%c: tensor<?x64xi8>) {
  // expected-error @below {{without a format attribute has one operand of !qt.block elements, not 1}}
  %x = qt.dequantize %c : tensor<?x64xi8> -> tensor<?x64xf32>
  return
}

// -----

!rows8 = !qt.block<[1, ?], s8, scale = f32>
func.func @f(%c: tensor<?x64xi8>, %s: tensor<?x1xf32>) {
  // expected-error @below {{operand: codes are of type 'tensor<?x64xi8>', expected 'tensor<?x32xi8>'}}
  %x = qt.join %c, %s : tensor<?x64xi8>, tensor<?x1xf32> -> tensor<?x32x!rows8>
  return
}

// -----

!rows8 = !qt.block<[1, ?], s8, scale = f32>
func.func @f(%q: tensor<?x64x!rows8>) {
  // expected-error @below {{'qt.split' op result has 1 parts, its format}}
  %c = qt.split %q : tensor<?x64x!rows8> -> tensor<?x64xi8>
  return
}

// -----

!image8 = !qt.block<[1, ?, ?], s8, scale = f32>
func.func @f(%x: tensor<1x8x6xf32>) {
  // expected-error @below {{input of type 'tensor<1x8x6xf32>' for the halo #qt.halo<pads = [1, 1], groups = 4>}}
  %c, %s = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>, format = !image8, layout = #qt.layout<s8, panel = 16, rows = 4>,
                           halo = #qt.halo<pads = [1, 1], groups = 4>} : tensor<1x8x6xf32> -> tensor<1x10x8xi8>, tensor<1x1x1xf32>
  return
}

// -----

!image8 = !qt.block<[1, ?, ?], s8, scale = f32>
func.func @f(%x: tensor<1x8x6xf32>) {
  // expected-error @below {{codes are of type 'tensor<1x8x8xi8>', expected 'tensor<1x10x8xi8>'}}
  %c, %s = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>, format = !image8, layout = #qt.layout<s8, panel = 16, rows = 4>,
                           halo = #qt.halo<pads = [1, 1], groups = 1>} : tensor<1x8x6xf32> -> tensor<1x8x8xi8>, tensor<1x1x1xf32>
  return
}

// -----

// expected-error @below {{pads has 3 entries; supported: 2 for each of 1 to 3 dimensions}}
func.func @f() attributes {a = #qt.halo<pads = [1, 1, 1], groups = 1>} {
  return
}

// -----

func.func @exponent_of_floats(%x: tensor<4x8xf32>, %e: tensor<4x1xi8>) {
  // expected-error @below {{with an exponent; supported: i16 to a format with an outer exponent, by the rule 'norm', in split form}}
  %q, %s = qt.quantize %x exponent %e : tensor<4x1xi8> {encoding = #qt.encoding<norm, -127..127>, format = !qt.block<[1, ?], s8, scale = exp<8>>} : tensor<4x8xf32> -> tensor<4x8xi8>, tensor<4x1xi8>
  return
}

// -----

func.func @exponent_shape(%x: tensor<4x8xi16>, %e: tensor<4x8xi8>) {
  // expected-error @below {{exponent is of type 'tensor<4x8xi8>', expected 'tensor<4x1xi8>' for the format}}
  %q, %s, %o = qt.quantize %x exponent %e : tensor<4x8xi8> {encoding = #qt.encoding<norm, -127..127>, format = !qt.block<[1, 8], s8, scale = shift<3>, outer = exp<8>>} : tensor<4x8xi16> -> tensor<4x8xi8>, tensor<4x1xi8>, tensor<4x1xi8>
  return
}

// -----

func.func @gather_format(%i: tensor<3xi64>, %c: tensor<9x32xi8>, %s: tensor<9x2xf32>) {
  // expected-error @below {{of the format '!qt.block<[1, 16], s8, scale = f32>'; supported: !qt.block<[1, ?], s8, scale = f32>}}
  %y = qt.gather %i of %c, %s {format = !qt.block<[1, 16], s8, scale = f32>} : tensor<3xi64> of tensor<9x32xi8>, tensor<9x2xf32> -> tensor<3x32xf32>
  return
}

// -----

func.func @gather_shape(%i: tensor<3xi64>, %c: tensor<9x32xi8>, %s: tensor<9x1xf32>) {
  // expected-error @below {{result is of type 'tensor<4x32xf32>', expected [3, 32]}}
  %y = qt.gather %i of %c, %s {format = !qt.block<[1, ?], s8, scale = f32>} : tensor<3xi64> of tensor<9x32xi8>, tensor<9x1xf32> -> tensor<4x32xf32>
  return
}

// -----

func.func @gather_rank(%i: tensor<3xi64>, %c: tensor<9x2x32xi8>, %s: tensor<9x1xf32>) {
  // expected-error @below {{codes of type 'tensor<9x2x32xi8>' are no matrix}}
  %y = qt.gather %i of %c, %s {format = !qt.block<[1, ?], s8, scale = f32>} : tensor<3xi64> of tensor<9x2x32xi8>, tensor<9x1xf32> -> tensor<3x32xf32>
  return
}

// -----

func.func @gather_scales(%i: tensor<3xi64>, %c: tensor<9x32xi8>, %s: tensor<8x1xf32>) {
  // expected-error @below {{scales}}
  %y = qt.gather %i of %c, %s {format = !qt.block<[1, ?], s8, scale = f32>} : tensor<3xi64> of tensor<9x32xi8>, tensor<8x1xf32> -> tensor<3x32xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>) {
  // expected-error @below {{rule 'floor' finds powers of two, scales are of format 'f32'; supported: e8m0, exp<N>, shift<N>}}
  %q = qt.quantize %x {encoding = #qt.encoding<floor, -127..127>} : tensor<4x8xf32> -> tensor<4x8x!qt.block<[1, ?], s8, scale = f32>>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>) {
  // expected-error @below {{rule 'absmax' finds numbers of any mantissa, scales are of format 'exp<8>'; supported: floats, and multiples of an outer scale}}
  %q = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>} : tensor<4x8xf32> -> tensor<4x8x!qt.block<[1, ?], s8, scale = exp<8>>>
  return
}

// -----

// Codes have whole bytes however long a row is.
func.func @f(%a: tensor<4x4611686018427387904x!qt.block<[1,?], s4, scale = f32>>) {
  // expected-error @below {{expected 'tensor<4x2305843009213693952xi8>'}}
  %c, %s = qt.split %a : tensor<4x4611686018427387904x!qt.block<[1,?], s4, scale = f32>> -> tensor<4x0xi8>, tensor<4x1xf32>
  return
}

// -----

func.func @f(%a: tensor<4x8xi3>) {
  // expected-error @below {{operand #0 must be variadic of a ranked tensor of f16, bf16, f32, f64, i1 or integers of 8, 16, 32 or 64 bits}}
  %c = qt.join %a, %a : tensor<4x8xi3>, tensor<4x8xi3> -> tensor<4x8x!qt.block<[1, ?], s8, scale = f32>>
  return
}

// -----

func.func @f(%x: tensor<?x?x6x40xf32>) {
  // expected-error @below {{of images of type 'tensor<?x?x6x40xf32>'; supported: [B, spatial..., C] with known sizes of an image, none of them 0}}
  %m = qt.magnitudes %x {part = #qt.part<line = 6, lines = 3, run = 6, channels = 32>} : tensor<?x?x6x40xf32> -> tensor<?x4xf32>
  return
}

// -----

func.func @f(%x: tensor<?x4x6x40xf32>) {
  // expected-error @below {{parts #qt.part<line = 5, lines = 1, run = 5, channels = 32> of an image of 24 positions and 40 channels}}
  %m = qt.magnitudes %x {part = #qt.part<line = 5, lines = 1, run = 5, channels = 32>} : tensor<?x4x6x40xf32> -> tensor<?x4xf32>
  return
}

// -----

func.func @f(%x: tensor<?x4x6x40xf32>) {
  // expected-error @below {{result is of type 'tensor<?x5xf32>', expected 4 parts}}
  %m = qt.magnitudes %x {part = #qt.part<line = 6, lines = 3, run = 6, channels = 32>} : tensor<?x4x6x40xf32> -> tensor<?x5xf32>
  return
}

// -----

func.func @f(%x: tensor<?x64xf32>, %m: tensor<?x1xf32>) {
  // expected-error @below {{with largest magnitudes of parts; supported: floats with a halo, by the rule 'absmax', and one scale for an image, or one for each of its channels where each is a group}}
  %c, %s = qt.quantize %x largest %m : tensor<?x1xf32> {encoding = #qt.encoding<absmax, -127..127>, format = !qt.block<[1, ?], s8, scale = f32>} : tensor<?x64xf32> -> tensor<?x64xi8>, tensor<?x1xf32>
  return
}

// -----

!image8 = !qt.block<[1, ?, ?], s8, scale = f32>
func.func @f(%x: tensor<2x8x8xf32>, %m: tensor<3x4xf32>) {
  // expected-error @below {{largest magnitudes are of type 'tensor<3x4xf32>' for images 'tensor<2x8x8xf32>'; supported: [B, parts] with a known number of parts}}
  %c, %s = qt.quantize %x largest %m : tensor<3x4xf32> {encoding = #qt.encoding<absmax, -127..127>, format = !image8, layout = #qt.layout<s8, panel = 16, rows = 4>,
                           halo = #qt.halo<pads = [0, 0], groups = 1>} : tensor<2x8x8xf32> -> tensor<2x8x8xi8>, tensor<2x1x1xf32>
  return
}

// -----

!channel8 = !qt.block<[1, ?, 1], s8, scale = f32>
func.func @f(%x: tensor<2x8x8xf32>, %m: tensor<2x12xf32>) {
  // expected-error @below {{has largest magnitudes of 12 parts for 8 channels; supported: as many for each channel}}
  %c, %s = qt.quantize %x largest %m : tensor<2x12xf32> {encoding = #qt.encoding<absmax, -127..127>, format = !channel8, layout = #qt.layout<s8, panel = 16, rows = 4>,
                           halo = #qt.halo<pads = [0, 0], groups = 8>} : tensor<2x8x8xf32> -> tensor<2x8x8xi8>, tensor<2x1x8xf32>
  return
}

// -----

!rows8 = !qt.block<[1, ?], s8, scale = f32>
func.func @negative_codes(%x: tensor<?x64xf32>) -> tensor<?x128xi8> {
  // expected-error @below {{code range -127..127 for the layout #qt.layout<matched, panel = 16, rows = 8, low = 0>}}
  %q:2 = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>, format = !rows8, layout = #qt.layout<matched, panel = 16, rows = 8, low = 0>} : tensor<?x64xf32> -> tensor<?x128xi8>, tensor<?x1xf32>
  return %q#0 : tensor<?x128xi8>
}
