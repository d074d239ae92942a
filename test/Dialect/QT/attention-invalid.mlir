// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @f(%q: tensor<?x4x9x16xf32>, %k: tensor<?x4x9x16xf32>, %v: tensor<?x4x9x16xf32>) {
  // expected-error @below {{widths of v and the result differ: 16 and 8}}
  %o = qt.attention q(%q : tensor<?x4x9x16xf32>) k(%k : tensor<?x4x9x16xf32>) v(%v : tensor<?x4x9x16xf32>) {scale = 0.25 : f32} -> tensor<?x4x9x8xf32>
  return
}

// -----

func.func @f(%q: tensor<?x4x9x16xf32>, %k: tensor<?x4x9x16xf32>, %v: tensor<?x4x9x16xf32>) {
  // expected-error @below {{heads of q and the result differ: 4 and 9}}
  %o = qt.attention q(%q : tensor<?x4x9x16xf32>) k(%k : tensor<?x4x9x16xf32>) v(%v : tensor<?x4x9x16xf32>) {scale = 0.25 : f32, result_order = #qt.order<bshd>} -> tensor<?x4x9x16xf32>
  return
}

// -----

func.func @f(%q: tensor<?x4x9x16xf32>, %k: tensor<?x3x9x16xf32>) {
  // expected-error @below {{3 key heads do not divide 4 query heads}}
  %o = qt.attention q(%q : tensor<?x4x9x16xf32>) k(%k : tensor<?x3x9x16xf32>) v(%k : tensor<?x3x9x16xf32>) {scale = 0.25 : f32} -> tensor<?x4x9x16xf32>
  return
}

// -----

func.func @f(%q: tensor<?x4x9x16xf32>, %k: tensor<?x4x8x16xf32>, %v: tensor<?x4x9x16xf32>) {
  // expected-error @below {{tokens of k and v differ: 8 and 9}}
  %o = qt.attention q(%q : tensor<?x4x9x16xf32>) k(%k : tensor<?x4x8x16xf32>) v(%v : tensor<?x4x9x16xf32>) {scale = 0.25 : f32} -> tensor<?x4x9x16xf32>
  return
}

// -----

func.func @f(%q: tensor<?x4x9x16xf32>, %k: tensor<?x9x16xf32>, %v: tensor<?x4x9x16xf32>) {
  // expected-error @below {{k has rank 3, attention takes 4}}
  %o = qt.attention q(%q : tensor<?x4x9x16xf32>) k(%k : tensor<?x9x16xf32>) v(%v : tensor<?x4x9x16xf32>) {scale = 0.25 : f32} -> tensor<?x4x9x16xf32>
  return
}

// -----

func.func @f(%q: tensor<?x4x9x16xf32>, %k: tensor<?x4x9x16xf32>, %v: tensor<?x4x9x16xf32>, %m: tensor<?x1x9x8xf32>) {
  // expected-error @below {{mask of type 'tensor<?x1x9x8xf32>' does not broadcast to the scores 'tensor<?x4x9x9xf32>'}}
  %o = qt.attention q(%q : tensor<?x4x9x16xf32>) k(%k : tensor<?x4x9x16xf32>) v(%v : tensor<?x4x9x16xf32>) mask(%m : tensor<?x1x9x8xf32>) {scale = 0.25 : f32} -> tensor<?x4x9x16xf32>
  return
}

// -----

func.func @f(%q: tensor<3x4x9x16xf32>, %n: tensor<2xi64>) {
  // expected-error @below {{lengths of 2 elements for a batch of 3; supported: one, or one for each item}}
  %o = qt.attention q(%q : tensor<3x4x9x16xf32>) k(%q : tensor<3x4x9x16xf32>) v(%q : tensor<3x4x9x16xf32>) lengths(%n : tensor<2xi64>) {scale = 0.25 : f32} -> tensor<3x4x9x16xf32>
  return
}

// -----

!head8 = !qt.block<[1, 1, 1, ?], s8, scale = f32>
func.func @f(%q: tensor<?x4x9x16xf32>, %k: tensor<?x4x9x16xf32>, %v: tensor<?x4x9x16xf32>) {
  // expected-error @below {{q and k: one is quantised, the other is not}}
  %o = qt.attention q(%q : tensor<?x4x9x16xf32>) k(%k : tensor<?x4x9x16xf32>) v(%v : tensor<?x4x9x16xf32>) {scale = 0.25 : f32, q_format = !head8, encoding = #qt.encoding<absmax, -127..127>} -> tensor<?x4x9x16xf32>
  return
}

// -----

!head8 = !qt.block<[1, 1, 1, ?], s8, scale = f32>
func.func @f(%q: tensor<?x4x9x16xf32>, %k: tensor<?x4x9x16xf32>, %v: tensor<?x4x9x16xf32>) {
  // expected-error @below {{v and P: one is quantised, the other is not}}
  %o = qt.attention q(%q : tensor<?x4x9x16xf32>) k(%k : tensor<?x4x9x16xf32>) v(%v : tensor<?x4x9x16xf32>) {scale = 0.25 : f32, v_format = !head8, encoding = #qt.encoding<absmax, -127..127>} -> tensor<?x4x9x16xf32>
  return
}

// -----

!head8 = !qt.block<[1, 1, 1, ?], s8, scale = f32>
func.func @f(%q: tensor<?x4x9x16xf32>, %k: tensor<?x4x9x16xf32>, %v: tensor<?x4x9x16xf32>) {
  // expected-error @below {{has to encode an operand and has no encoding}}
  %o = qt.attention q(%q : tensor<?x4x9x16xf32>) k(%k : tensor<?x4x9x16xf32>) v(%v : tensor<?x4x9x16xf32>) {scale = 0.25 : f32, q_format = !head8, k_format = !head8} -> tensor<?x4x9x16xf32>
  return
}

// -----

!head8 = !qt.block<[1, 1, 1, ?], s8, scale = f32>
func.func @f(%q: tensor<?x4x9x16xf32>, %k: tensor<?x4x9x16xf32>, %v: tensor<?x4x9x16xf32>) {
  // expected-error @below {{p_format '!qt.block<[1, 1, ?, ?], u8, scale = f32>'; supported: one block per row, [1, 1, 1, ?]}}
  %o = qt.attention q(%q : tensor<?x4x9x16xf32>) k(%k : tensor<?x4x9x16xf32>) v(%v : tensor<?x4x9x16xf32>) {scale = 0.25 : f32, v_format = !head8, p_format = !qt.block<[1, 1, ?, ?], u8, scale = f32>, encoding = #qt.encoding<absmax, -127..127>} -> tensor<?x4x9x16xf32>
  return
}

// -----

!head8 = !qt.block<[1, 1, 1, ?], s8, scale = f32>
func.func @f(%q: tensor<?x4x9x16xf32>, %k: tensor<?x4x9x16xf32>, %v: tensor<?x4x9x16xf32>) {
  // expected-error @below {{v_format '!qt.block<[1, 1, 1, 8], s8, scale = f32>'; supported: one scale for every token and head}}
  %o = qt.attention q(%q : tensor<?x4x9x16xf32>) k(%k : tensor<?x4x9x16xf32>) v(%v : tensor<?x4x9x16xf32>) {scale = 0.25 : f32, v_format = !qt.block<[1, 1, 1, 8], s8, scale = f32>, p_format = !qt.block<[1, 1, 1, ?], u8, scale = f32>, encoding = #qt.encoding<absmax, -127..127>} -> tensor<?x4x9x16xf32>
  return
}

// -----

!head8 = !qt.block<[1, 1, 1, ?], s8, scale = f32>
func.func @f(%q: tensor<?x4x9x16xf32>, %k: tensor<?x4x9x16xi8>, %s: tensor<?x4x9x1xf32>, %v: tensor<?x4x9x16xf32>) {
  // expected-error @below {{k of 'tensor<?x4x9x16xi8>', 'tensor<?x4x9x1xf32>' has no format; without one it is one f32 tensor}}
  %o = qt.attention q(%q : tensor<?x4x9x16xf32>) k(%k, %s : tensor<?x4x9x16xi8>, tensor<?x4x9x1xf32>) v(%v : tensor<?x4x9x16xf32>) {scale = 0.25 : f32} -> tensor<?x4x9x16xf32>
  return
}

// -----

func.func @f(%x: tensor<?x9x12x16xf32>) {
  // expected-error @below {{v: head 12 of a tensor of 12 heads}}
  %o = qt.attention q(%x : tensor<?x9x12x16xf32>) k(%x : tensor<?x9x12x16xf32>) v(%x : tensor<?x9x12x16xf32>)
      {scale = 0.25 : f32, q_order = #qt.order<bshd>, k_order = #qt.order<bshd>, v_order = #qt.order<bshd>, q_heads = #qt.heads<first = 0, count = 4>,
       k_heads = #qt.heads<first = 4, count = 4>, v_heads = #qt.heads<first = 9, count = 4>} -> tensor<?x4x9x16xf32>
  return
}

// -----

// expected-error @below {{2 heads from 0 with step 0; supported: at least one, step at least 1}}
#none = #qt.heads<first = 0, count = 2, step = 0>
