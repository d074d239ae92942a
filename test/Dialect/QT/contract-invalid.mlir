// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @f(%a: tensor<?x64xf32>, %w: tensor<8x64xf32>, %b: tensor<8xf32>) {
  // expected-error @below {{rhs has 8 columns, the result 9}}
  %y = qt.contract lhs(%a : tensor<?x64xf32>) rhs(%w : tensor<8x64xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} -> tensor<?x9xf32>
  return
}

// -----

func.func @f(%a: tensor<?x64xf32>, %w: tensor<8x64xf32>, %b: tensor<8xf32>) {
  // expected-error @below {{result is of type 'tensor<4x5x8xf32>', expected 'tensor<?x8xf32>'}}
  %y = qt.contract lhs(%a : tensor<?x64xf32>) rhs(%w : tensor<8x64xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} -> tensor<4x5x8xf32>
  return
}

// -----

func.func @f(%a: tensor<?x60xf32>, %w: tensor<8x64xf32>) {
  // expected-error @below {{lhs contracts 60 elements, rhs 64}}
  %y = qt.contract lhs(%a : tensor<?x60xf32>) rhs(%w : tensor<8x64xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} -> tensor<?x8xf32>
  return
}

// -----

!rows8 = !qt.block<[1, ?], s8, scale = f32>
func.func @f(%a: tensor<?x64xf32>, %w: tensor<8x64xf32>, %b: tensor<8xf32>) {
  // expected-error @below {{formats '!qt.block<[1, ?], s8, scale = f32>' and 'f32'; supported: a float lhs, or both quantised}}
  %y = qt.contract lhs(%a : tensor<?x64xf32>) rhs(%w : tensor<8x64xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = !rows8, rhs_format = f32} -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%a: tensor<?x64xf32>, %w: tensor<8x64xf32>, %b: tensor<8xf32>) {
  // expected-error @below {{lhs is of type 'tensor<?x64xf32>', its format is 'f16'}}
  %y = qt.contract lhs(%a : tensor<?x64xf32>) rhs(%w : tensor<8x64xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f16, rhs_format = f32} -> tensor<?x8xf32>
  return
}

// -----

!rows8 = !qt.block<[1, ?], s8, scale = f32>
func.func @f(%c: tensor<?x64xi8>, %s: tensor<?x1xf32>, %w: tensor<8x64xi8>, %v: tensor<8x1xf32>) {
  // expected-error @below {{lhs has 1 parts, its format '!qt.block<[1, ?], s8, scale = f32>' 2}}
  %y = qt.contract lhs(%c : tensor<?x64xi8>) rhs(%w, %v : tensor<8x64xi8>, tensor<8x1xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = !rows8, rhs_format = !rows8} -> tensor<?x8xf32>
  return
}

// -----

!rows8 = !qt.block<[1, ?], s8, scale = f32>
!blocks8 = !qt.block<[1, 32], s8, scale = f32>
func.func @f(%c: tensor<?x64xi8>, %s: tensor<?x1xf32>, %w: tensor<8x64xi8>, %v: tensor<8x1xf32>) {
  // expected-error @below {{lhs: scales are of type 'tensor<?x1xf32>', expected 'tensor<?x2xf32>'}}
  %y = qt.contract lhs(%c, %s : tensor<?x64xi8>, tensor<?x1xf32>) rhs(%w, %v : tensor<8x64xi8>, tensor<8x1xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = !blocks8, rhs_format = !rows8} -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%a: tensor<?x64xf32>, %w: tensor<8x64xf32>, %b: tensor<8xf32>) {
  // expected-error @below {{acc = i32 of float operands}}
  %y = qt.contract lhs(%a : tensor<?x64xf32>) rhs(%w : tensor<8x64xf32>) {acc = i32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} -> tensor<?x8xi32>
  return
}

// -----

!rows8 = !qt.block<[1, ?], s8, scale = f32>
!blocks8 = !qt.block<[1, 32], s8, scale = f32>
func.func @f(%c: tensor<?x64xi8>, %s: tensor<?x2xf32>, %w: tensor<8x64xi8>, %v: tensor<8x1xf32>) {
  // expected-error @below {{acc = i32 with format '!qt.block<[1, 32], s8, scale = f32>', whose scales differ along the contraction}}
  %y = qt.contract lhs(%c, %s : tensor<?x64xi8>, tensor<?x2xf32>) rhs(%w, %v : tensor<8x64xi8>, tensor<8x1xf32>) {acc = i32, geometry = #qt.matmul, lhs_format = !blocks8, rhs_format = !rows8} -> tensor<?x8xi32>
  return
}

// -----

func.func @f(%a: tensor<?x64xf32>, %w: tensor<8x64xf32>, %b: tensor<8xf32>) {
  // expected-error @below {{without an epilogue gives 'f32', its result has elements of 'i32'}}
  %y = qt.contract lhs(%a : tensor<?x64xf32>) rhs(%w : tensor<8x64xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} -> tensor<?x8xi32>
  return
}

// -----

func.func @f(%a: tensor<?x64xf32>, %w: tensor<8x64xf32>, %b: tensor<8xf32>) {
  // expected-error @below {{epilogue operand of type 'tensor<?x64xf32>' does not broadcast to 'tensor<?x8xf32>'}}
  %y = qt.contract lhs(%a : tensor<?x64xf32>) rhs(%w : tensor<8x64xf32>) epilogue(%a : tensor<?x64xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} {
  ^bb0(%x: f32, %z: f32):
    qt.yield %x : f32
  } -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%a: tensor<?x64xf32>, %w: tensor<8x64xf32>, %b: tensor<8xf32>) {
  // expected-error @below {{epilogue takes ('f32'), expected ('f32', 'f32')}}
  %y = qt.contract lhs(%a : tensor<?x64xf32>) rhs(%w : tensor<8x64xf32>) epilogue(%b : tensor<8xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} {
  ^bb0(%x: f32):
    qt.yield %x : f32
  } -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%a: tensor<?x64xf32>, %w: tensor<8x64xf32>, %b: tensor<8xf32>) {
  // expected-error @below {{has epilogue operands and no epilogue}}
  %y = qt.contract lhs(%a : tensor<?x64xf32>) rhs(%w : tensor<8x64xf32>) epilogue(%b : tensor<8xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%a: tensor<?x64xf32>, %w: tensor<8x64xf32>, %b: tensor<8xf32>) {
  // expected-error @below {{epilogue has to yield one 'f32'}}
  %y = qt.contract lhs(%a : tensor<?x64xf32>) rhs(%w : tensor<8x64xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} {
  ^bb0(%x: f32):
    qt.yield %x, %x : f32, f32
  } -> tensor<?x8xf32>
  return
}

// -----

func.func @f(%a: tensor<?x64xf32>, %w: tensor<8x64xf32>, %b: tensor<8xf32>) {
  // expected-error @below {{result is of type 'tensor<3x?x8xf32>', expected 'tensor<?x8xf32>'}}
  %y = qt.contract lhs(%a : tensor<?x64xf32>) rhs(%w : tensor<8x64xf32>) {acc = f32, geometry = #qt.matmul<batched>, lhs_format = f32, rhs_format = f32} -> tensor<3x?x8xf32>
  return
}

// -----

// The kernel reads as many bytes of packed weights as the sizes say.
func.func @f(%x: tensor<4x8xf32>, %p: tensor<64xi8>) {
  // expected-error @below {{rhs has 64 bytes, weights of shape [1000000, 8] take 32000000 in the layout #qt.layout<f32, panel = 16, rows = 4>}}
  %y = qt.contract lhs(%x : tensor<4x8xf32>) rhs(%p : tensor<64xi8>) {acc = f32, geometry = #qt.matmul<k = 8>, layout = #qt.layout<f32, panel = 16, rows = 4>, lhs_format = f32, rhs_format = f32} -> tensor<4x1000000xf32>
  return
}

// -----

func.func @f(%x: tensor<4x64xi8>, %s: tensor<4x1xf32>, %p: tensor<64xi8>) {
  // expected-error @below {{rhs has 64 bytes, weights of shape [8, 64] take at least 256 in the layout}}
  %y = qt.contract lhs(%x, %s : tensor<4x64xi8>, tensor<4x1xf32>) rhs(%p : tensor<64xi8>) {acc = f32, geometry = #qt.matmul<k = 64>, layout = #qt.layout<matched, panel = 16, rows = 4, bias = 128>, lhs_format = !qt.block<[1, ?], s8, scale = f32>, rhs_format = !qt.block<[1, ?], s8, scale = f32>} -> tensor<4x8xf32>
  return
}
