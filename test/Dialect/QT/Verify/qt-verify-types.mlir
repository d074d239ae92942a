// RUN: quant-opt %s -split-input-file -qt-verify-types -verify-diagnostics

!rows8 = !qt.block<[1, ?], s8, scale = f32>
func.func private @fine(%q: tensor<?x64x!rows8>) -> tensor<?x64x!rows8> {
  %0 = func.call @fine(%q) : (tensor<?x64x!rows8>) -> tensor<?x64x!rows8>
  return %0 : tensor<?x64x!rows8>
}

// -----

!rows8 = !qt.block<[1, ?], s8, scale = f32>
// expected-error @below {{argument #0: block rank 2 of '!qt.block<[1, ?], s8, scale = f32>' differs from tensor rank 3}}
func.func private @rank(%q: tensor<?x4x64x!rows8>)

// -----

!blocks = !qt.block<[1, 32], s8, scale = f32>
// expected-error @below {{argument #1: block extent 32 cuts dimension 1, whose size is dynamic}}
func.func private @dynamic(%x: f32, %q: tensor<?x?x!blocks>)

// -----

!rows8 = !qt.block<[1, ?], s8, scale = f32>
// expected-error @below {{argument #0: type '!qt.block<[1, ?], s8, scale = f32>' uses a quantised type other than as the element of a ranked tensor}}
func.func private @alone(%q: !rows8)

// -----

!rows8 = !qt.block<[1, ?], s8, scale = f32>
// expected-error @below {{public function 'main' has the type 'tensor<?x64x!qt.block<[1, ?], s8, scale = f32>>' in its signature}}
func.func @main(%q: tensor<?x64x!rows8>) {
  return
}

// -----

!rows8 = !qt.block<[1, ?], s8, scale = f32>
func.func private @user(%q: tensor<4x64x!rows8>, %c: i1) {
  // expected-error @below {{'arith.select' takes or gives the joint value of type 'tensor<4x64x!qt.block<[1, ?], s8, scale = f32>>'; only nn and qt ops may use one}}
  %0 = arith.select %c, %q, %q : tensor<4x64x!rows8>
  return
}
