// RUN: quant-opt %s -test-print-symbolic-shapes -verify-diagnostics

!rows8 = !qt.block<[1, 1, ?], s8, scale = f32>
!w8 = !qt.block<[1, ?], s8, scale = f32>

// expected-remark @below {{sizes (s0, 99, s1)}}
// expected-remark @below {{sizes (8, s1)}}
// expected-remark @below {{sizes (s1, 4, 9, 16)}}
// expected-remark @below {{sizes (s0, s1, 1)}}
func.func @main(%x: tensor<?x99x?xf32>, %w: tensor<8x?xf32>, %q: tensor<?x4x9x16xf32>, %im: tensor<?x?x1xf32>) attributes {
    qt.dim_names = ["batch", "width"],
    qt.arg_shapes = [affine_map<()[s0, s1] -> (s0, 99, s1)>, affine_map<()[s0, s1] -> (8, s1)>, affine_map<()[s0, s1] -> (s1, 4, 9, 16)>, affine_map<()[s0, s1] -> (s0, s1, 1)>]} {
  // expected-remark @below {{sizes (s0, 99, s1)}}
  %j = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>} : tensor<?x99x?xf32> -> tensor<?x99x?x!rows8>
  // expected-remark @below {{sizes (s0, 99, s1)}}
  // expected-remark @below {{sizes (s0, 99, 1)}}
  %c, %s = qt.split %j : tensor<?x99x?x!rows8> -> tensor<?x99x?xi8>, tensor<?x99x1xf32>
  // expected-remark @below {{sizes (8, s1)}}
  // expected-remark @below {{sizes (8, 1)}}
  %wc, %ws = qt.quantize %w {encoding = #qt.encoding<absmax, -127..127>, format = !w8} : tensor<8x?xf32> -> tensor<8x?xi8>, tensor<8x1xf32>
  // expected-remark @below {{sizes (s0, 99, 8)}}
  %y = qt.contract lhs(%c, %s : tensor<?x99x?xi8>, tensor<?x99x1xf32>) rhs(%wc, %ws : tensor<8x?xi8>, tensor<8x1xf32>)
      {acc = f32, geometry = #qt.matmul, lhs_format = !rows8, rhs_format = !w8} -> tensor<?x99x8xf32>
  // expected-remark @below {{sizes (s0, 99, 2, 4)}}
  %a = qt.alias %y : tensor<?x99x8xf32> to tensor<?x99x2x4xf32>
  // expected-remark @below {{sizes (s0 * 99, 8)}}
  %b = qt.alias %y : tensor<?x99x8xf32> to tensor<?x8xf32>
  // Batches broadcast, columns are those of rhs.
  // expected-remark @below {{sizes (s0, 99, 99)}}
  %z = qt.contract lhs(%x : tensor<?x99x?xf32>) rhs(%x : tensor<?x99x?xf32>)
      {acc = f32, geometry = #qt.matmul<batched>, lhs_format = f32, rhs_format = f32} -> tensor<?x99x99xf32>
  // expected-remark @below {{sizes (s1, 9, 4, 16)}}
  %o = qt.attention q(%q : tensor<?x4x9x16xf32>) k(%q : tensor<?x4x9x16xf32>) v(%q : tensor<?x4x9x16xf32>)
      {scale = 1.0 : f32, result_order = #qt.order<bshd>} -> tensor<?x9x4x16xf32>
  %ic = nn.cast %q : tensor<?x4x9x16xf32> to tensor<?x4x9x16xi16> // expected-remark {{sizes (s1, 4, 9, 16)}}
  %iv = nn.cast %q : tensor<?x4x9x16xf32> to tensor<?x4x9x16xi8> // expected-remark {{sizes (s1, 4, 9, 16)}}
  %largest = nn.reduce max %q axes [3] keepdims : tensor<?x4x9x16xf32> -> tensor<?x4x9x1xf32> // expected-remark {{sizes (s1, 4, 9, 1)}}
  %ie = nn.cast %largest : tensor<?x4x9x1xf32> to tensor<?x4x9x1xi8> // expected-remark {{sizes (s1, 4, 9, 1)}}
  // expected-remark @below {{sizes (s1, 9, 4, 16)}}
  // expected-remark @below {{sizes (s1, 9, 4, 1)}}
  %io, %ioe = qt.integer_attention q(%ic, %ie : tensor<?x4x9x16xi16>, tensor<?x4x9x1xi8>) k(%ic, %ie : tensor<?x4x9x16xi16>, tensor<?x4x9x1xi8>) v(%iv, %ie : tensor<?x4x9x16xi8>, tensor<?x4x9x1xi8>)
      {scale = 1.0 : f32, result_order = #qt.order<bshd>} -> tensor<?x9x4x16xi32>, tensor<?x9x4x1xi32>
  // Sizes of a launch are the kernel's in terms of the caller's.
  // expected-remark @below {{sizes (s1 * 2, s0)}}
  %k = qt.launch @k0(%x) sizes affine_map<()[s0, s1] -> (s1, s0)> : (tensor<?x99x?xf32>) -> tensor<?x?xf32>
  // A convolution's positions follow from the padded size.
  %cw = qt.weight #qt.blob<"0x000000000000000000000000"> : tensor<1x3x1xf32> // expected-remark {{sizes (1, 3, 1)}}
  // expected-remark @below {{sizes (s0, (s1 - 1) floordiv 2 + 1, 1)}}
  %v = qt.contract lhs(%im : tensor<?x?x1xf32>) rhs(%cw : tensor<1x3x1xf32>)
      {acc = f32, geometry = #qt.conv<taps = [3], strides = [2], dilations = [1], pads = [1, 1], groups = 1>, lhs_format = f32, rhs_format = f32} -> tensor<?x?x1xf32>
  return
}

func.func private @k0(tensor<?x99x?xf32>) -> tensor<?x?xf32> attributes {qt.kernel, qt.result_shapes = [affine_map<()[s0, s1] -> (s0 * 2, s1)>]}
