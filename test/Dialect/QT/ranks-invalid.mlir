// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @f(%c: tensor<i8>, %s: tensor<i8>) {
  // expected-error @below {{block rank 1 of '!qt.block<[?], s4, scale = f32>' differs from tensor rank 0}}
  %q = qt.join %c, %s : tensor<i8>, tensor<i8> -> tensor<!qt.block<[?], s4, scale = f32>>
  return
}

// -----

func.func @f(%q: tensor<2x2x!qt.block<[?], s8, scale = f32>>) {
  // expected-error @below {{block rank 1 of '!qt.block<[?], s8, scale = f32>' differs from tensor rank 2}}
  %c, %s = qt.split %q : tensor<2x2x!qt.block<[?], s8, scale = f32>> -> tensor<2x2xi8>, tensor<2xf32>
  return
}

// -----

func.func @f() {
  // expected-error @below {{lhs has 0 parts, its format 'f32' 1}}
  %y = qt.contract lhs() rhs() {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} -> tensor<4xf32>
  return
}

// -----

func.func @f(%a: tensor<f32>, %w: tensor<4x4xf32>) {
  // expected-error @below {{lhs is a scalar}}
  %y = qt.contract lhs(%a : tensor<f32>) rhs(%w : tensor<4x4xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} -> tensor<4xf32>
  return
}

// -----

func.func @f(%a: tensor<4xf32>) {
  // expected-error @below {{rhs has rank 1}}
  %y = qt.contract lhs(%a : tensor<4xf32>) rhs(%a : tensor<4xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} -> tensor<4xf32>
  return
}

// -----

func.func @f() {
  // expected-error @below {{q has no parts}}
  %y = "qt.attention"() <{operandSegmentSizes = array<i32: 0, 0, 0, 0, 0, 0>, scale = 1.0 : f32}> : () -> tensor<1x1x1x1xf32>
  return
}

// -----

func.func @f() {
  // expected-error @below {{has no parts}}
  %p = "qt.pack"() <{format = f32, layout = #qt.layout<f32, panel = 16, rows = 4>}> : () -> tensor<4xi8>
  return
}

// -----

func.func @f() {
  // expected-error @below {{operand has 0 parts, its format '!qt.block<[?], s8, scale = f32>' 2}}
  %q = "qt.join"() : () -> tensor<4x!qt.block<[?], s8, scale = f32>>
  return
}

// -----

func.func @f(%w: tensor<1073741824x1073741824xf32>) {
  // Sizes that no memory holds are not multiplied.
  // expected-error @below {{result holds weights of shape [1073741824, 1073741824] in 1 groups, which do not fit the layout}}
  %p = qt.pack %w {format = f32, layout = #qt.layout<f32, panel = 16, rows = 4>} : tensor<1073741824x1073741824xf32> -> tensor<4xi8>
  return
}
