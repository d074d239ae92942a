// RUN: quant-opt %s -split-input-file '-qt-assign-layouts=cpu-layout=avx2' -verify-diagnostics
// RUN: not quant-opt %s -split-input-file '-qt-assign-layouts=cpu-layout=avx9' 2>&1 | FileCheck %s --check-prefix=CLASS

// CLASS: no class of target 'avx9'; supported: generic, avx2, avx512vnni

!x8 = !qt.block<[1, ?], s8, scale = f32>
func.func @given(%c: tensor<?x64xi8>, %s: tensor<?x1xf32>) -> tensor<?x8xf32> {
  %w = arith.constant dense<1> : tensor<8x64xi8>
  %ws = arith.constant dense<1.0> : tensor<8x1xf32>
  // expected-error @below {{lhs is no direct result of qt.quantize; supported: activations quantised at run time}}
  %0 = qt.contract lhs(%c, %s : tensor<?x64xi8>, tensor<?x1xf32>) rhs(%w, %ws : tensor<8x64xi8>, tensor<8x1xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = !x8, rhs_format = !x8} -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// -----

!x8 = !qt.block<[1, ?], s8, scale = f32>
!b8 = !qt.block<[1, 32], s8, scale = f32>
func.func @formats(%x: tensor<?x64xf32>) -> tensor<?x8xf32> {
  %w = arith.constant dense<1> : tensor<8x64xi8>
  %ws = arith.constant dense<1.0> : tensor<8x2xf32>
  %c, %s = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>, format = !x8} : tensor<?x64xf32> -> tensor<?x64xi8>, tensor<?x1xf32>
  // expected-error @below {{no packed layout for operands of '!qt.block<[1, ?], s8, scale = f32>' and '!qt.block<[1, 32], s8, scale = f32>' with acc = 'f32'; supported: f32 with f32}}
  %0 = qt.contract lhs(%c, %s : tensor<?x64xi8>, tensor<?x1xf32>) rhs(%w, %ws : tensor<8x64xi8>, tensor<8x2xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = !x8, rhs_format = !b8} -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// -----

func.func @open(%x: tensor<?x64xf32>) -> tensor<?x?xf32> {
  %w = arith.constant dense<1.0> : tensor<8x64xf32>
  // expected-error @below {{weights of type 'tensor<8x64xf32>' with a result of type 'tensor<?x?xf32>'; supported in a packed layout: static numbers}}
  %0 = qt.contract lhs(%x : tensor<?x64xf32>) rhs(%w : tensor<8x64xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}
