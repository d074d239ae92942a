// RUN: quant-opt %s -interpret
// The expected values come from an independent model of the definition.

!head8 = !qt.block<[1, 1, 1, ?], s8, scale = f32>
!row8u = !qt.block<[1, 1, 1, ?], u8, scale = f32>
#range = #qt.encoding<absmax, -127..127>

// Two query heads share one key head; queries are the last of the keys.
func.func @quantized() {
  %q = arith.constant dense<[[[[0x3FE4F1C7, 0x3EDF7E38, 0x3DC5A077, 0xBFEE86EE], [0xBE8E05D4, 0xBEB5A2F8, 0xBDA9745E, 0xBF20831E]], [[0xBD337AAE, 0xBEF455EC, 0xBFA82CB8, 0x3F62769D], [0x3F619E0F, 0x3FDAD34A, 0x3D4CF014, 0xBECF31E1]]]]> : tensor<1x2x2x4xf32>
  %k = arith.constant dense<[[[[0xBF0B9CB6, 0xBFC5F2F8, 0x3F7B7C6F, 0xBF8CEFC9], [0xBF97AF9B, 0xBE5295E3, 0x3FBE3A1C, 0x3E7265C0], [0xBF830B64, 0xBF3686B9, 0x3F20100E, 0xBE245D9D]]]]> : tensor<1x1x3x4xf32>
  %v = arith.constant dense<[[[[0xBF44D276, 0xBE6B8D2C, 0x3F3EBC02, 0x3FFCF133], [0xBF9F3F6F, 0xBF205CDC, 0xBF4DC39D, 0xC01AD242], [0xBF6C7DA2, 0xBF830E5C, 0x3F8FDE82, 0xBE071486]]]]> : tensor<1x1x3x4xf32>
  %e = arith.constant dense<[[[[0xBF59FE3C, 0xBE9D2B48, 0x3EEBE810, 0x3F94DCB6], [0xBF6D7949, 0xBF135D12, 0x3EF6E423, 0x3E76D97D]], [[0xBF7EC103, 0xBEDA897F, 0xBC302D90, 0xBE34BF4A], [0xBF82DE59, 0xBF2A1956, 0x3E453D8F, 0xBF22074D]]]]> : tensor<1x2x2x4xf32>
  %kc, %ks = qt.quantize %k {encoding = #range, format = !head8} : tensor<1x1x3x4xf32> -> tensor<1x1x3x4xi8>, tensor<1x1x3x1xf32>
  %y = qt.attention q(%q : tensor<1x2x2x4xf32>) k(%kc, %ks : tensor<1x1x3x4xi8>, tensor<1x1x3x1xf32>) v(%v : tensor<1x1x3x4xf32>)
      {scale = 0.5 : f32, causal, q_format = !head8, k_format = !head8, v_format = !head8, p_format = !row8u, encoding = #range} -> tensor<1x2x2x4xf32>
  check.expect_close %y, %e {relative = 1.0e-6 : f64} : tensor<1x2x2x4xf32>, tensor<1x2x2x4xf32>
  return
}

// Float attention is nn's; the order of dimensions is only that.
func.func @float() {
  %q = arith.constant dense<[[[[0x3FE4F1C7, 0x3EDF7E38, 0x3DC5A077, 0xBFEE86EE], [0xBE8E05D4, 0xBEB5A2F8, 0xBDA9745E, 0xBF20831E]], [[0xBD337AAE, 0xBEF455EC, 0xBFA82CB8, 0x3F62769D], [0x3F619E0F, 0x3FDAD34A, 0x3D4CF014, 0xBECF31E1]]]]> : tensor<1x2x2x4xf32>
  %k = arith.constant dense<[[[[0xBF0B9CB6, 0xBFC5F2F8, 0x3F7B7C6F, 0xBF8CEFC9], [0xBF97AF9B, 0xBE5295E3, 0x3FBE3A1C, 0x3E7265C0], [0xBF830B64, 0xBF3686B9, 0x3F20100E, 0xBE245D9D]]]]> : tensor<1x1x3x4xf32>
  %v = arith.constant dense<[[[[0xBF44D276, 0xBE6B8D2C, 0x3F3EBC02, 0x3FFCF133], [0xBF9F3F6F, 0xBF205CDC, 0xBF4DC39D, 0xC01AD242], [0xBF6C7DA2, 0xBF830E5C, 0x3F8FDE82, 0xBE071486]]]]> : tensor<1x1x3x4xf32>
  %m = arith.constant dense<[[[[0.0, -1.0, 0xFF800000]]]]> : tensor<1x1x1x3xf32>
  %e = nn.attention %q, %k, %v mask(%m : tensor<1x1x1x3xf32>) {scale = 0.5 : f32} : tensor<1x2x2x4xf32>, tensor<1x1x3x4xf32>, tensor<1x1x3x4xf32> -> tensor<1x2x2x4xf32>
  %y = qt.attention q(%q : tensor<1x2x2x4xf32>) k(%k : tensor<1x1x3x4xf32>) v(%v : tensor<1x1x3x4xf32>) mask(%m : tensor<1x1x1x3xf32>) {scale = 0.5 : f32} -> tensor<1x2x2x4xf32>
  check.expect_eq %y, %e : tensor<1x2x2x4xf32>, tensor<1x2x2x4xf32>
  %qt = nn.transpose %q perm [0, 2, 1, 3] : tensor<1x2x2x4xf32> -> tensor<1x2x2x4xf32>
  %kt = nn.transpose %k perm [0, 2, 1, 3] : tensor<1x1x3x4xf32> -> tensor<1x3x1x4xf32>
  %vt = nn.transpose %v perm [0, 2, 1, 3] : tensor<1x1x3x4xf32> -> tensor<1x3x1x4xf32>
  %yt = qt.attention q(%qt : tensor<1x2x2x4xf32>) k(%kt : tensor<1x3x1x4xf32>) v(%vt : tensor<1x3x1x4xf32>) mask(%m : tensor<1x1x1x3xf32>)
      {scale = 0.5 : f32, q_order = #qt.order<bshd>, k_order = #qt.order<bshd>, v_order = #qt.order<bshd>, result_order = #qt.order<bshd>} -> tensor<1x2x2x4xf32>
  %et = nn.transpose %e perm [0, 2, 1, 3] : tensor<1x2x2x4xf32> -> tensor<1x2x2x4xf32>
  check.expect_eq %yt, %et : tensor<1x2x2x4xf32>, tensor<1x2x2x4xf32>
  // Keys and values in one tensor.
  %kv = nn.concat %vt, %kt {axis = 2 : i64} : tensor<1x3x1x4xf32>, tensor<1x3x1x4xf32> -> tensor<1x3x2x4xf32>
  %yr = qt.attention q(%q : tensor<1x2x2x4xf32>) k(%kv : tensor<1x3x2x4xf32>) v(%kv : tensor<1x3x2x4xf32>) mask(%m : tensor<1x1x1x3xf32>)
      {scale = 0.5 : f32, k_order = #qt.order<bshd>, v_order = #qt.order<bshd>, k_heads = #qt.heads<first = 1, count = 1>, v_heads = #qt.heads<first = 0, count = 1>} -> tensor<1x2x2x4xf32>
  check.expect_eq %yr, %e : tensor<1x2x2x4xf32>, tensor<1x2x2x4xf32>
  return
}

// What depends on positions is nn's, too, in floats; quantised, a mask that hides the same keys gives the same.
func.func @windows() {
  %q = arith.constant dense<[[[[0x3FE4F1C7, 0x3EDF7E38, 0x3DC5A077, 0xBFEE86EE], [0xBE8E05D4, 0xBEB5A2F8, 0xBDA9745E, 0xBF20831E]], [[0xBD337AAE, 0xBEF455EC, 0xBFA82CB8, 0x3F62769D], [0x3F619E0F, 0x3FDAD34A, 0x3D4CF014, 0xBECF31E1]]]]> : tensor<1x2x2x4xf32>
  %k = arith.constant dense<[[[[0xBF0B9CB6, 0xBFC5F2F8, 0x3F7B7C6F, 0xBF8CEFC9], [0xBF97AF9B, 0xBE5295E3, 0x3FBE3A1C, 0x3E7265C0], [0xBF830B64, 0xBF3686B9, 0x3F20100E, 0xBE245D9D]]]]> : tensor<1x1x3x4xf32>
  %v = arith.constant dense<[[[[0xBF44D276, 0xBE6B8D2C, 0x3F3EBC02, 0x3FFCF133], [0xBF9F3F6F, 0xBF205CDC, 0xBF4DC39D, 0xC01AD242], [0xBF6C7DA2, 0xBF830E5C, 0x3F8FDE82, 0xBE071486]]]]> : tensor<1x1x3x4xf32>
  %n = arith.constant dense<2> : tensor<1xi64>
  %o = arith.constant dense<1> : tensor<1xi64>
  %e = nn.attention %q, %k, %v lengths(%n : tensor<1xi64>) offset(%o : tensor<1xi64>) {scale = 0.5 : f32, softcap = 0.7 : f32, left_window = 0 : i64, right_window = 1 : i64}
    : tensor<1x2x2x4xf32>, tensor<1x1x3x4xf32>, tensor<1x1x3x4xf32> -> tensor<1x2x2x4xf32>
  %y = qt.attention q(%q : tensor<1x2x2x4xf32>) k(%k : tensor<1x1x3x4xf32>) v(%v : tensor<1x1x3x4xf32>) lengths(%n : tensor<1xi64>) offset(%o : tensor<1xi64>)
      {scale = 0.5 : f32, softcap = 0.7 : f32, left_window = 0 : i64, right_window = 1 : i64} -> tensor<1x2x2x4xf32>
  check.expect_eq %y, %e : tensor<1x2x2x4xf32>, tensor<1x2x2x4xf32>
  // The first query sees key 1, the second none.
  %m = arith.constant dense<[[0xFF800000, 0.0, 0xFF800000], [0xFF800000, 0xFF800000, 0xFF800000]]> : tensor<2x3xf32>
  %qy = qt.attention q(%q : tensor<1x2x2x4xf32>) k(%k : tensor<1x1x3x4xf32>) v(%v : tensor<1x1x3x4xf32>) lengths(%n : tensor<1xi64>) offset(%o : tensor<1xi64>)
      {scale = 0.5 : f32, softcap = 0.7 : f32, left_window = 0 : i64, right_window = 1 : i64, q_format = !head8, k_format = !head8, v_format = !head8, p_format = !row8u, encoding = #range} -> tensor<1x2x2x4xf32>
  %qe = qt.attention q(%q : tensor<1x2x2x4xf32>) k(%k : tensor<1x1x3x4xf32>) v(%v : tensor<1x1x3x4xf32>) mask(%m : tensor<2x3xf32>)
      {scale = 0.5 : f32, softcap = 0.7 : f32, q_format = !head8, k_format = !head8, v_format = !head8, p_format = !row8u, encoding = #range} -> tensor<1x2x2x4xf32>
  check.expect_eq %qy, %qe : tensor<1x2x2x4xf32>, tensor<1x2x2x4xf32>
  return
}
