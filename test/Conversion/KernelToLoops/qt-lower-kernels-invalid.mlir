// RUN: quant-opt %s -split-input-file -qt-lower-kernels -verify-diagnostics

// expected-error @below {{no code for a kernel of 'qt.split'}}
func.func private @joint(%x: tensor<4x64x!qt.block<[1, ?], s8, scale = f32>>) -> (tensor<4x64xi8>, tensor<4x1xf32>)
    attributes {qt.kernel, qt.arg_shapes = [affine_map<() -> (4, 64)>], qt.result_shapes = [affine_map<() -> (4, 64)>, affine_map<() -> (4, 1)>]} {
  %0:2 = qt.split %x : tensor<4x64x!qt.block<[1, ?], s8, scale = f32>> -> tensor<4x64xi8>, tensor<4x1xf32>
  return %0#0, %0#1 : tensor<4x64xi8>, tensor<4x1xf32>
}
