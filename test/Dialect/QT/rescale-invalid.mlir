// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @f(%x: tensor<4xi32>) {
  // expected-error @below {{result type 'tensor<5xi8>' has another shape than input 'tensor<4xi32>'}}
  %y = qt.rescale half_up %x : tensor<4xi32> -> tensor<5xi8>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // expected-error @below {{of 'tensor<4xf32>' to 'tensor<4xi8>'; supported: integers}}
  %y = qt.rescale half_up %x : tensor<4xf32> -> tensor<4xi8>
  return
}

// -----

func.func @f(%x: tensor<4xi32>, %m: tensor<3xi32>) {
  // expected-error @below {{multiplier or shift of type 'tensor<3xi32>' does not broadcast to 'tensor<4xi32>'}}
  %y = qt.rescale half_up %x by %m, %m : tensor<4xi32>, tensor<3xi32>, tensor<3xi32> -> tensor<4xi8>
  return
}

// -----

!rows8 = !qt.block<[1, ?], s8, scale = f32>
func.func @f(%x: tensor<4x4x!rows8>) {
  // expected-error @below {{of format '!qt.block<[1, ?], s8, scale = f32>', which is not integer-only}}
  %y = qt.rescale half_up %x : tensor<4x4x!rows8> -> tensor<4x4x!rows8>
  return
}

// -----

!rows8 = !qt.block<[1, ?], s8, scale = f32>
func.func @f(%x: tensor<4x4x!rows8>) {
  // expected-error @below {{supported: both integers, or both !qt.block}}
  %y = qt.rescale half_up %x : tensor<4x4x!rows8> -> tensor<4x4xi8>
  return
}

// -----

func.func @f(%x: tensor<4xi32>, %m: tensor<4xf32>) {
  // expected-error @below {{multiplier or shift of type 'tensor<4xf32>'; supported: integers}}
  %y = qt.rescale half_up %x by %m, %m : tensor<4xi32>, tensor<4xf32>, tensor<4xf32> -> tensor<4xi8>
  return
}

// -----

func.func @f(%x: tensor<?x60xf32>) {
  // expected-error @below {{attribute 'block' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive and whose value is a power of two > 0}}
  %y = qt.hadamard 48 %x : tensor<?x60xf32>
  return
}

// -----

func.func @f(%x: tensor<?x60xf32>) {
  // expected-error @below {{block 8 does not divide the last dimension of 'tensor<?x60xf32>'}}
  %y = qt.hadamard 8 %x : tensor<?x60xf32>
  return
}

// -----

func.func @f(%x: tensor<f32>) {
  // expected-error @below {{a scalar has no last dimension}}
  %y = qt.hadamard 8 %x : tensor<f32>
  return
}
