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

// -----

!blk8 = !qt.block<[1, 1, 1, 32], s8, scale = shift<3>, outer = exp<8>[1, ?, ?, ?]>
!w4 = !qt.block<[1, 1, 32], s4, scale = s8, outer = exp<8>[1, ?, ?]>
func.func @multipliers(%m: tensor<?x4x4x32xi16>, %e: tensor<?x1x1x1xi8>) -> tensor<?x4x4x4xi32> {
  %q, %k, %x = qt.quantize %m exponent %e : tensor<?x1x1x1xi8> {encoding = #qt.encoding<norm, -127..127>, format = !blk8} : tensor<?x4x4x32xi16> -> tensor<?x4x4x32xi8>, tensor<?x4x4x1xi8>, tensor<?x1x1x1xi8>
  %c = arith.constant dense<51> : tensor<4x1x8xi8>
  %u = arith.constant dense<100> : tensor<4x1x1xi8>
  %ce = arith.constant dense<0> : tensor<4x1x1xi8>
  // expected-error @below {{over groups of 16 channels has a multiplier of 100; supported there: products with codes of 4 bits that fit 8}}
  %0 = qt.contract lhs(%q, %k, %x : tensor<?x4x4x32xi8>, tensor<?x4x4x1xi8>, tensor<?x1x1x1xi8>) rhs(%c, %u, %ce : tensor<4x1x8xi8>, tensor<4x1x1xi8>, tensor<4x1x1xi8>) {acc = i32, geometry = #qt.conv<taps = [1, 1], strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0], groups = 2>, lhs_format = !blk8, rhs_format = !w4} -> tensor<?x4x4x4xi32>
  return %0 : tensor<?x4x4x4xi32>
}
