// RUN: quant-opt %s -interpret
// nn ops on joint values mean what their split form means.

!x8 = !qt.block<[1, 1, ?], s8, scale = f32>
!w4 = !qt.block<[1, 2], s4, scale = s8, outer = f32>
!head8 = !qt.block<[1, 1, 1, ?], s8, scale = f32>
#absmax = #qt.encoding<absmax, -127..127>
#search = #qt.encoding<search, -8..7>

func.func @matmul() {
  %x = arith.constant dense<[[[0x3EE1E892, 0xBEA967D0, 0x401B91C1, 0xBE811238, 0x3DE07B20], [0x3FCA8EBE, 0xBF68C374, 0xBF177580, 0x3E401B0F, 0xBEA8E4B7], [0xBF98AC83, 0xBE51CB26, 0xBEB7B86E, 0x3F1A7D1D, 0xBFD517CA]], [[0xBF333EEF, 0x3F9360C8, 0x3FEDBD06, 0xBFC16E55, 0x3F2514BA], [0xBF7B091E, 0xBF5B5ABA, 0xBF5F3379, 0xBED852F6, 0x3F7F16AE], [0x3F36613E, 0x3D72413C, 0xBEBA03E2, 0x3B5789A1, 0xBDD8F20F]]]> : tensor<2x3x5xf32>
  %w = arith.constant dense<[[0x3F4B058B, 0xBF21AEAE, 0xBBCAFEA9, 0xBDCEFC89, 0xBD564112], [0x3E7F32EA, 0x3E4A6768, 0x3FAADC51, 0xBDB1EBD6, 0x3FC7E04A], [0xBE9C98C4, 0xBEF49936, 0x3DCE4FD3, 0x3EB5FC08, 0x3E8A0AA3], [0x3FA55F0E, 0x3F91D5FE, 0x3EFD274B, 0xBEAC3444, 0xBDCE0EE5]]> : tensor<4x5xf32>
  %xq = qt.quantize %x {encoding = #absmax} : tensor<2x3x5xf32> -> tensor<2x3x5x!x8>
  %wq = qt.quantize %w {encoding = #search} : tensor<4x5xf32> -> tensor<4x5x!w4>
  %y = nn.matmul %xq, %wq : tensor<2x3x5x!x8>, tensor<4x5x!w4> -> tensor<2x3x4xf32>
  %xc, %xs = qt.split %xq : tensor<2x3x5x!x8> -> tensor<2x3x5xi8>, tensor<2x3x1xf32>
  %wc, %ws, %wo = qt.split %wq : tensor<4x5x!w4> -> tensor<4x3xi8>, tensor<4x3xi8>, tensor<4x1xf32>
  %e = qt.contract lhs(%xc, %xs : tensor<2x3x5xi8>, tensor<2x3x1xf32>) rhs(%wc, %ws, %wo : tensor<4x3xi8>, tensor<4x3xi8>, tensor<4x1xf32>)
      {acc = f32, geometry = #qt.matmul, lhs_format = !x8, rhs_format = !w4} -> tensor<2x3x4xf32>
  check.expect_eq %y, %e : tensor<2x3x4xf32>, tensor<2x3x4xf32>
  return
}

func.func @batched() {
  %x = arith.constant dense<[[[0x3EE1E892, 0xBEA967D0, 0x401B91C1, 0xBE811238, 0x3DE07B20], [0x3FCA8EBE, 0xBF68C374, 0xBF177580, 0x3E401B0F, 0xBEA8E4B7], [0xBF98AC83, 0xBE51CB26, 0xBEB7B86E, 0x3F1A7D1D, 0xBFD517CA]], [[0xBF333EEF, 0x3F9360C8, 0x3FEDBD06, 0xBFC16E55, 0x3F2514BA], [0xBF7B091E, 0xBF5B5ABA, 0xBF5F3379, 0xBED852F6, 0x3F7F16AE], [0x3F36613E, 0x3D72413C, 0xBEBA03E2, 0x3B5789A1, 0xBDD8F20F]]]> : tensor<2x3x5xf32>
  %b = arith.constant dense<[[[0x3FB4EA3A, 0x3E629071, 0xBFA7C76A, 0xBF308759, 0xBF13D7E8], [0x3F937B72, 0xBDDB78CB, 0x4010A597, 0x3F281837, 0x3DFF9AB9], [0xBEDF1496, 0x3F78E0BE, 0xBE767CFB, 0xBF52F9C1, 0x3F117125], [0x3C510842, 0x3F983324, 0xBD96B818, 0xC0370521, 0x3F4A13EB]], [[0xBFF059D0, 0x3FC4F5F6, 0x3FE9227B, 0xBEDAA3DC, 0xBF9514F4], [0xBFB2D352, 0x3F5F664B, 0xBE4EF811, 0xBF192E1E, 0xBE794304], [0x4005AA3A, 0x3EB19F69, 0x3F3EE7F6, 0x3F46E36A, 0x3F825BA0], [0x3F87DA5D, 0xBF35E121, 0xBE5C5A31, 0xBF42C130, 0xBF360ECB]]]> : tensor<2x4x5xf32>
  %xq = qt.quantize %x {encoding = #absmax} : tensor<2x3x5xf32> -> tensor<2x3x5x!x8>
  %bq = qt.quantize %b {encoding = #absmax} : tensor<2x4x5xf32> -> tensor<2x4x5x!x8>
  %y = nn.matmul %xq, %bq : tensor<2x3x5x!x8>, tensor<2x4x5x!x8> -> tensor<2x3x4xf32>
  %xd = qt.dequantize %xq : tensor<2x3x5x!x8> -> tensor<2x3x5xf32>
  %bd = qt.dequantize %bq : tensor<2x4x5x!x8> -> tensor<2x4x5xf32>
  %e = nn.matmul %xd, %bd : tensor<2x3x5xf32>, tensor<2x4x5xf32> -> tensor<2x3x4xf32>
  check.expect_close %y, %e {relative = 1.0e-5 : f64, absolute = 1.0e-5 : f64} : tensor<2x3x4xf32>, tensor<2x3x4xf32>
  return
}

func.func @attention() {
  %q = arith.constant dense<[[[[0x3F921CED, 0xBF00730D, 0xBDA21A1C, 0xBF315D11], [0xBF17E93E, 0x3F49C9F6, 0xBEE40F66, 0xBEF6D875], [0x3EFCB397, 0x3F001FF0, 0x3F4ADC35, 0x3E2EDCE0]], [[0xBFE07A95, 0x3F215B1C, 0x3EFF2502, 0x3F825255], [0xBF58B22B, 0x402154EA, 0xBF9DBED4, 0x3F3A199C], [0x3D3C3B8C, 0xBEF96973, 0x3F50EE0D, 0xBE90179C]]]]> : tensor<1x2x3x4xf32>
  %j = qt.quantize %q {encoding = #absmax} : tensor<1x2x3x4xf32> -> tensor<1x2x3x4x!head8>
  %y = nn.attention %j, %j, %j {scale = 0.5 : f32} : tensor<1x2x3x4x!head8>, tensor<1x2x3x4x!head8>, tensor<1x2x3x4x!head8> -> tensor<1x2x3x4xf32>
  %e = qt.attention q(%q : tensor<1x2x3x4xf32>) k(%q : tensor<1x2x3x4xf32>) v(%q : tensor<1x2x3x4xf32>)
      {scale = 0.5 : f32, encoding = #absmax, q_format = !head8, k_format = !head8, v_format = !head8, p_format = !head8} -> tensor<1x2x3x4xf32>
  check.expect_eq %y, %e : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>
  return
}

func.func @attention_windows() {
  %q = arith.constant dense<[[[[0x3F921CED, 0xBF00730D, 0xBDA21A1C, 0xBF315D11], [0xBF17E93E, 0x3F49C9F6, 0xBEE40F66, 0xBEF6D875], [0x3EFCB397, 0x3F001FF0, 0x3F4ADC35, 0x3E2EDCE0]], [[0xBFE07A95, 0x3F215B1C, 0x3EFF2502, 0x3F825255], [0xBF58B22B, 0x402154EA, 0xBF9DBED4, 0x3F3A199C], [0x3D3C3B8C, 0xBEF96973, 0x3F50EE0D, 0xBE90179C]]]]> : tensor<1x2x3x4xf32>
  %n = arith.constant dense<2> : tensor<1xi64>
  %o = arith.constant dense<1> : tensor<1xi64>
  %j = qt.quantize %q {encoding = #absmax} : tensor<1x2x3x4xf32> -> tensor<1x2x3x4x!head8>
  %y = nn.attention %j, %j, %j lengths(%n : tensor<1xi64>) offset(%o : tensor<1xi64>) {scale = 0.5 : f32, softcap = 0.7 : f32, left_window = 1 : i64}
    : tensor<1x2x3x4x!head8>, tensor<1x2x3x4x!head8>, tensor<1x2x3x4x!head8> -> tensor<1x2x3x4xf32>
  %e = qt.attention q(%q : tensor<1x2x3x4xf32>) k(%q : tensor<1x2x3x4xf32>) v(%q : tensor<1x2x3x4xf32>) lengths(%n : tensor<1xi64>) offset(%o : tensor<1xi64>)
      {scale = 0.5 : f32, softcap = 0.7 : f32, left_window = 1 : i64, encoding = #absmax, q_format = !head8, k_format = !head8, v_format = !head8, p_format = !head8} -> tensor<1x2x3x4xf32>
  check.expect_eq %y, %e : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>
  return
}
