// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @matmul_depth(%x: tensor<4x8xf32>, %w: tensor<16x9xf32>) {
  // expected-error @below {{no matrix product of 'tensor<4x8xf32>' and transposed 'tensor<16x9xf32>'}}
  %0 = nn.matmul %x, %w : tensor<4x8xf32>, tensor<16x9xf32> -> tensor<4x16xf32>
  return
}

// -----

func.func @matmul_rank(%x: tensor<f32>, %w: tensor<16x9xf32>) {
  // expected-error @below {{no matrix product of 'tensor<f32>' and transposed 'tensor<16x9xf32>'}}
  %0 = nn.matmul %x, %w : tensor<f32>, tensor<16x9xf32> -> tensor<16xf32>
  return
}

// -----

func.func @matmul_batch(%x: tensor<2x4x8xf32>, %w: tensor<3x16x8xf32>) {
  // expected-error @below {{no matrix product of 'tensor<2x4x8xf32>' and transposed 'tensor<3x16x8xf32>'}}
  %0 = nn.matmul %x, %w : tensor<2x4x8xf32>, tensor<3x16x8xf32> -> tensor<2x4x16xf32>
  return
}

// -----

func.func @matmul_element(%x: tensor<4x8xi32>, %w: tensor<16x8xi32>) {
  // expected-error @below {{operand #0 must be ranked tensor of f32 or quantised values, but got 'tensor<4x8xi32>'}}
  %0 = nn.matmul %x, %w : tensor<4x8xi32>, tensor<16x8xi32> -> tensor<4x16xf32>
  return
}

// -----

func.func @attention_rank(%x: tensor<4x8x16xf32>) {
  // expected-error @below {{operand of type 'tensor<4x8x16xf32>'; supported: rank 4}}
  %0 = nn.attention %x, %x, %x {scale = 1.0 : f32} : tensor<4x8x16xf32>, tensor<4x8x16xf32>, tensor<4x8x16xf32> -> tensor<4x8x16xf32>
  return
}

// -----

func.func @attention_features(%q: tensor<1x2x3x4xf32>, %k: tensor<1x2x3x5xf32>) {
  // expected-error @below {{query has 4 features, key 5}}
  %0 = nn.attention %q, %k, %q {scale = 1.0 : f32} : tensor<1x2x3x4xf32>, tensor<1x2x3x5xf32>, tensor<1x2x3x4xf32> -> tensor<1x2x3x4xf32>
  return
}

// -----

func.func @attention_heads(%q: tensor<1x4x3x4xf32>, %k: tensor<1x3x3x4xf32>) {
  // expected-error @below {{has 4 query heads and 3 key heads, which do not divide them}}
  %0 = nn.attention %q, %k, %k {scale = 1.0 : f32} : tensor<1x4x3x4xf32>, tensor<1x3x3x4xf32>, tensor<1x3x3x4xf32> -> tensor<1x4x3x4xf32>
  return
}

// -----

func.func @attention_batch(%q: tensor<2x4x3x4xf32>, %k: tensor<1x4x3x4xf32>) {
  // expected-error @below {{batches of query, key and value differ: 2, 1, 1}}
  %0 = nn.attention %q, %k, %k {scale = 1.0 : f32} : tensor<2x4x3x4xf32>, tensor<1x4x3x4xf32>, tensor<1x4x3x4xf32> -> tensor<2x4x3x4xf32>
  return
}

// -----

func.func @attention_keys(%q: tensor<1x4x3x4xf32>, %v: tensor<1x4x5x4xf32>) {
  // expected-error @below {{key is 'tensor<1x4x3x4xf32>', value 'tensor<1x4x5x4xf32>'}}
  %0 = nn.attention %q, %q, %v {scale = 1.0 : f32} : tensor<1x4x3x4xf32>, tensor<1x4x3x4xf32>, tensor<1x4x5x4xf32> -> tensor<1x4x3x4xf32>
  return
}

// -----

func.func @attention_mask(%q: tensor<1x4x3x4xf32>, %m: tensor<2x3x3xf32>) {
  // expected-error @below {{mask of type 'tensor<2x3x3xf32>' does not broadcast to the scores [1, 4, 3, 3]}}
  %0 = nn.attention %q, %q, %q mask(%m : tensor<2x3x3xf32>) {scale = 1.0 : f32} : tensor<1x4x3x4xf32>, tensor<1x4x3x4xf32>, tensor<1x4x3x4xf32> -> tensor<1x4x3x4xf32>
  return
}

// -----

func.func @attention_lengths(%q: tensor<3x4x5x4xf32>, %n: tensor<2xi64>) {
  // expected-error @below {{lengths of 2 elements for a batch of 3; supported: one, or one for each item}}
  %0 = nn.attention %q, %q, %q lengths(%n : tensor<2xi64>) {scale = 1.0 : f32} : tensor<3x4x5x4xf32>, tensor<3x4x5x4xf32>, tensor<3x4x5x4xf32> -> tensor<3x4x5x4xf32>
  return
}

// -----

func.func @attention_offset(%q: tensor<3x4x5x4xf32>, %o: tensor<3xi64>) {
  // expected-error @below {{has an offset, but neither causal nor a window that depends on it}}
  %0 = nn.attention %q, %q, %q offset(%o : tensor<3xi64>) {scale = 1.0 : f32} : tensor<3x4x5x4xf32>, tensor<3x4x5x4xf32>, tensor<3x4x5x4xf32> -> tensor<3x4x5x4xf32>
  return
}

// -----

func.func @attention_causal_window(%q: tensor<3x4x5x4xf32>) {
  // expected-error @below {{is causal, which is right_window = 0, and has right_window = 2}}
  %0 = nn.attention %q, %q, %q {scale = 1.0 : f32, causal, right_window = 2 : i64} : tensor<3x4x5x4xf32>, tensor<3x4x5x4xf32>, tensor<3x4x5x4xf32> -> tensor<3x4x5x4xf32>
  return
}

// -----

func.func @attention_window(%q: tensor<3x4x5x4xf32>) {
  // expected-error @below {{attribute 'left_window' failed to satisfy constraint}}
  %0 = nn.attention %q, %q, %q {scale = 1.0 : f32, left_window = -1 : i64} : tensor<3x4x5x4xf32>, tensor<3x4x5x4xf32>, tensor<3x4x5x4xf32> -> tensor<3x4x5x4xf32>
  return
}

// -----

func.func @attention_softcap(%q: tensor<3x4x5x4xf32>) {
  // expected-error @below {{softcap = 0.000000e+00 : f32; supported: finite numbers above 0}}
  %0 = nn.attention %q, %q, %q {scale = 1.0 : f32, softcap = 0.0 : f32} : tensor<3x4x5x4xf32>, tensor<3x4x5x4xf32>, tensor<3x4x5x4xf32> -> tensor<3x4x5x4xf32>
  return
}

// -----

func.func @layer_norm_axis(%x: tensor<4x8xf32>, %g: tensor<8xf32>) {
  // expected-error @below {{'nn.layer_norm' op axis 2 of a tensor of rank 2}}
  %0 = nn.layer_norm %x, %g {axis = 2 : i64, epsilon = 0.0 : f32} : tensor<4x8xf32>, tensor<8xf32>
  return
}

// -----

func.func @layer_norm_scale(%x: tensor<4x8xf32>, %g: tensor<4xf32>) {
  // expected-error @below {{operand of type 'tensor<4xf32>' does not broadcast to 'tensor<4x8xf32>'}}
  %0 = nn.layer_norm %x, %g {axis = 1 : i64, epsilon = 0.0 : f32} : tensor<4x8xf32>, tensor<4xf32>
  return
}

// -----

func.func @softmax_axis(%x: tensor<4x8xf32>) {
  // expected-error @below {{attribute 'axis' failed to satisfy constraint: 64-bit signless integer attribute whose value is non-negative}}
  %0 = nn.softmax %x {axis = -1 : i64} : tensor<4x8xf32>
  return
}

// -----

func.func @softmax_scalar(%x: tensor<f32>) {
  // expected-error @below {{'nn.softmax' op axis 0 of a tensor of rank 0}}
  %0 = nn.softmax %x {axis = 0 : i64} : tensor<f32>
  return
}

// -----

func.func @reduce_axis(%x: tensor<4x8xf32>) {
  // expected-error @below {{'nn.reduce' op axis 2 of a tensor of rank 2}}
  %0 = nn.reduce sum %x axes [2] : tensor<4x8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @reduce_order(%x: tensor<4x8xf32>) {
  // expected-error @below {{'nn.reduce' op axes [1, 0]; supported: rising ones}}
  %0 = nn.reduce sum %x axes [1, 0] : tensor<4x8xf32> -> tensor<f32>
  return
}

// -----

func.func @reduce_bool(%x: tensor<4xi1>) {
  // expected-error @below {{'nn.reduce' op elements of type i1; supported: f32, i32, i64}}
  %0 = nn.reduce max %x axes [0] : tensor<4xi1> -> tensor<i1>
  return
}

// -----

func.func @reduce_result(%x: tensor<4x8xf32>) {
  // expected-error @below {{result is of type 'tensor<4xf32>', expected 'tensor<4x1xf32>'}}
  %0 = nn.reduce sum %x axes [1] keepdims : tensor<4x8xf32> -> tensor<4xf32>
  return
}

// -----

func.func @cumsum_axis(%x: tensor<4x8xi64>) {
  // expected-error @below {{'nn.cumsum' op axis 2 of a tensor of rank 2}}
  %0 = nn.cumsum %x {axis = 2 : i64} : tensor<4x8xi64>
}

func.func @topk_few(%x: tensor<4x8xf32>) {
  // expected-error @below {{'nn.topk' op k = 9 of 8 elements}}
  %0 = nn.topk %x {axis = 1 : i64, k = 9 : i64} : tensor<4x8xf32> -> tensor<4x9xi64>
  return
}

// -----

func.func @cumsum_boolean(%x: tensor<4x8xi1>) {
  // expected-error @below {{'nn.cumsum' op elements of type i1; supported: f32, i32, i64}}
  %0 = nn.cumsum %x {axis = 0 : i64} : tensor<4x8xi1>
}

func.func @topk_axis(%x: tensor<4x8xf32>) {
  // expected-error @below {{'nn.topk' op axis 2 of a tensor of rank 2}}
  %0 = nn.topk %x {axis = 2 : i64, k = 1 : i64} : tensor<4x8xf32> -> tensor<4x1xi64>
  return
}

// -----

func.func @topk_none(%x: tensor<4x8xf32>) {
  // expected-error @below {{'nn.topk' op attribute 'k' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive}}
  %0 = nn.topk %x {axis = 1 : i64, k = 0 : i64} : tensor<4x8xf32> -> tensor<4x0xi64>
  return
}

// -----

func.func @topk_result(%x: tensor<4x8xf32>) {
  // expected-error @below {{'nn.topk' op result is of type 'tensor<4x3xi64>', expected 'tensor<4x2xi64>'}}
  %0 = nn.topk %x {axis = 1 : i64, k = 2 : i64} : tensor<4x8xf32> -> tensor<4x3xi64>
  return
}

// -----

func.func @topk_booleans(%x: tensor<4x8xi1>) {
  // expected-error @below {{'nn.topk' op elements of type i1; supported: f32, i32, i64}}
  %0 = nn.topk %x {axis = 1 : i64, k = 2 : i64} : tensor<4x8xi1> -> tensor<4x2xi64>
  return
}
