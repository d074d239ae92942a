// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @unary_int(%x: tensor<4xi32>) {
  // expected-error @below {{'nn.unary' op 'exp' on elements of type 'i32'; supported: f32}}
  %0 = nn.unary exp %x : tensor<4xi32>
  return
}

// -----

func.func @unary_bool(%x: tensor<4xi1>) {
  // expected-error @below {{'nn.unary' op 'neg' on elements of type 'i1'; supported: f32, i32, i64}}
  %0 = nn.unary neg %x : tensor<4xi1>
  return
}

// -----

func.func @unary_not(%x: tensor<4xf32>) {
  // expected-error @below {{'nn.unary' op 'not' on elements of type 'f32'; supported: i1}}
  %0 = nn.unary not %x : tensor<4xf32>
  return
}

// -----

func.func @unary_f16(%x: tensor<4xf16>) {
  // expected-error @below {{operand #0 must be scalar, vector or ranked tensor of f32, i32, i64 or i1, but got 'tensor<4xf16>'}}
  %0 = nn.unary exp %x : tensor<4xf16>
  return
}

// -----

func.func @unary_unranked(%x: tensor<*xf32>) {
  // expected-error @below {{but got 'tensor<*xf32>'}}
  %0 = nn.unary exp %x : tensor<*xf32>
  return
}

// -----

func.func @gelu(%x: tensor<4xi64>) {
  // expected-error @below {{'nn.gelu' op elements of type 'i64'; supported: f32}}
  %0 = nn.gelu erf %x : tensor<4xi64>
  return
}

// -----

func.func @hard_sigmoid(%x: i32) {
  // expected-error @below {{'nn.hard_sigmoid' op elements of type 'i32'; supported: f32}}
  %0 = nn.hard_sigmoid %x slope 0.2 shift 0.5 : i32
  return
}

// -----

func.func @hard_swish_slope(%x: f32) {
  // expected-error @below {{'nn.hard_swish' op slope is 0.000000e+00; supported: finite ones other than 0}}
  %0 = nn.hard_swish %x slope 0.0 shift 0.5 : f32
  return
}

// -----

func.func @hard_swish_shift(%x: f32) {
  // expected-error @below {{'nn.hard_swish' op shift is 1.500000e+00; supported: 0 to 1}}
  %0 = nn.hard_swish %x slope 1.0 shift 1.5 : f32
  return
}

// -----

func.func @silu(%x: i32) {
  // expected-error @below {{'nn.silu' op elements of type 'i32'; supported: f32}}
  %0 = nn.silu %x : i32
  return
}

// -----

func.func @clip(%x: tensor<4xi1>) {
  // expected-error @below {{'nn.clip' op elements of type i1; supported: f32, i32, i64}}
  %0 = nn.clip %x min 0.0 max 1.0 : tensor<4xi1>
  return
}

// -----

func.func @binary_kinds(%x: tensor<4xf32>) {
  // expected-error @below {{'nn.binary' op 'and' on elements of type 'f32'; supported: i1, i32, i64}}
  %0 = nn.binary and %x, %x : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return
}

// -----

func.func @binary_elements(%x: tensor<4xf32>, %y: tensor<4xi32>) {
  // expected-error @below {{operands have elements of types 'f32' and 'i32'; supported: equal ones}}
  %0 = nn.binary add %x, %y : tensor<4xf32>, tensor<4xi32> -> tensor<4xf32>
  return
}

// -----

func.func @binary_shapes(%x: tensor<4xf32>, %y: tensor<3xf32>) {
  // expected-error @below {{operands do not broadcast: 'tensor<4xf32>', 'tensor<3xf32>'}}
  %0 = nn.binary add %x, %y : tensor<4xf32>, tensor<3xf32> -> tensor<4xf32>
  return
}

// -----

func.func @binary_result(%x: tensor<4x1xf32>, %y: tensor<3xf32>) {
  // expected-error @below {{result is of type 'tensor<4x4xf32>', expected 'tensor<4x3xf32>'}}
  %0 = nn.binary add %x, %y : tensor<4x1xf32>, tensor<3xf32> -> tensor<4x4xf32>
  return
}

// -----

// Vectors and scalars do not broadcast.
func.func @binary_vectors(%x: vector<4xf32>, %y: f32) {
  // expected-error @below {{operands do not broadcast: 'vector<4xf32>', 'f32'}}
  %0 = nn.binary add %x, %y : vector<4xf32>, f32 -> vector<4xf32>
  return
}

// -----

func.func @compare_result(%x: tensor<4xf32>) {
  // expected-error @below {{result is of type 'tensor<4xf32>', expected 'tensor<4xi1>'}}
  %0 = nn.compare lt %x, %x : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return
}

// -----

func.func @select_condition(%x: tensor<4xf32>) {
  // expected-error @below {{'nn.select' op condition has elements of type 'f32'; supported: i1}}
  %0 = nn.select %x, %x, %x : tensor<4xf32>, tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return
}

// -----

func.func @cast_shape(%x: tensor<4xf32>) {
  // expected-error @below {{result is of type 'tensor<3xi32>', expected the shape of 'tensor<4xf32>'}}
  %0 = nn.cast %x : tensor<4xf32> to tensor<3xi32>
  return
}

// -----

func.func @kind(%x: tensor<4xf32>) {
  // expected-error @below {{expected ::quantc::nn::UnaryKind to be one of}}
  // expected-error @below {{failed to parse NN_UnaryKindAttr parameter 'value'}}
  %0 = nn.unary arctan %x : tensor<4xf32>
  return
}

// -----

func.func @steps_of_floats(%x: tensor<4xf32>) {
  // expected-error @below {{'nn.binary' op 'rshift' on elements of type 'f32'; supported: i32, i64}}
  %0 = nn.binary rshift %x, %x : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return
}

// -----

func.func @products_of_i64(%x: tensor<4xi64>) {
  // expected-error @below {{'nn.binary' op 'mulh31' on elements of type 'i64'; supported: i32}}
  %0 = nn.binary mulh31 %x, %x : tensor<4xi64>, tensor<4xi64> -> tensor<4xi64>
  return
}

// -----

func.func @roots_of_i32(%x: tensor<4xi32>) {
  // expected-error @below {{'nn.unary' op 'isqrt' on elements of type 'i32'; supported: i64}}
  %0 = nn.unary isqrt %x : tensor<4xi32>
  return
}

// -----

func.func @zeros_of_floats(%x: tensor<4xf32>) {
  // expected-error @below {{'nn.unary' op 'clz' on elements of type 'f32'; supported: i32, i64}}
  %0 = nn.unary clz %x : tensor<4xf32>
  return
}

// -----

func.func @joint_without_a_form(%x: tensor<4x!qt.block<[?], s8, scale = f32>>) {
  // expected-error @below {{has no integer-only form here; supported: signed integers with an exponent for whole dimensions}}
  %0 = nn.select %x, %x, %x : tensor<4x!qt.block<[?], s8, scale = f32>>, tensor<4x!qt.block<[?], s8, scale = f32>>, tensor<4x!qt.block<[?], s8, scale = f32>> -> tensor<4x!qt.block<[?], s8, scale = f32>>
  return
}

// -----

func.func @tan_of_integers(%x: tensor<4xi32>) {
  // expected-error @below {{'nn.unary' op 'tan' on elements of type 'i32'; supported: f32}}
  %0 = nn.unary tan %x : tensor<4xi32>
  return
}

// -----

func.func @shr_of_floats(%x: tensor<4xf32>) {
  // expected-error @below {{'nn.binary' op 'shr' on elements of type 'f32'; supported: i32, i64}}
  %0 = nn.binary shr %x, %x : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return
}

// -----

func.func @rank(%x: tensor<1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1xf32>) {
  // expected-error @below {{'nn.silu' op has a tensor of rank 17; supported: 16}}
  %0 = nn.silu %x : tensor<1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1x1xf32>
  return
}
