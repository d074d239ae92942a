// RUN: quant-opt %s -split-input-file -interpret -verify-diagnostics

// Parts of 2 lines by 2 of 3 channels; a run of 2 of 3 positions. A NaN is
// larger than any number.
func.func @parts() {
  %x = arith.constant dense<[[[[1.0, -2.0, 0.5], [0.0, 1.0, -9.0], [3.0, 0.0, 0.0]],
                              [[0.0, -4.0, 0.0], [0.0, 0.0, 0.25], [-3.5, 1.0, 0.0]],
                              [[6.0, 7.0, -8.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0x7FC00000]]]]> : tensor<1x3x3x3xf32>
  %e = arith.constant dense<[[4.0, 9.0, 7.0, 0x7FC00000]]> : tensor<1x4xf32>
  %m = qt.magnitudes %x {part = #qt.part<line = 3, lines = 2, run = 3, channels = 2>} : tensor<1x3x3x3xf32> -> tensor<1x4xf32>
  check.expect_eq %m, %e : tensor<1x4xf32>, tensor<1x4xf32>
  %re = arith.constant dense<[[9.0, 3.0, 4.0, 3.5, 8.0, 0x7FC00000]]> : tensor<1x6xf32>
  %r = qt.magnitudes %x {part = #qt.part<line = 3, lines = 1, run = 2, channels = 3>} : tensor<1x3x3x3xf32> -> tensor<1x6xf32>
  check.expect_eq %r, %re : tensor<1x6xf32>, tensor<1x6xf32>
  return
}

// Integers.
func.func @integers() {
  %x = arith.constant dense<[[[1, -2147483647], [5, 4]], [[0, 0], [-25, 7]]]> : tensor<2x2x2xi32>
  %e = arith.constant dense<[[2147483647, 5], [0, 25]]> : tensor<2x2xi32>
  %m = qt.magnitudes %x {part = #qt.part<line = 2, lines = 1, run = 1, channels = 2>} : tensor<2x2x2xi32> -> tensor<2x2xi32>
  check.expect_eq %m, %e : tensor<2x2xi32>, tensor<2x2xi32>
  return
}

// The parts are the same with and without.
!image8 = !qt.block<[1, ?, ?], s8, scale = f32>
func.func @quantize() {
  %x = arith.constant dense<[[[1.0, -2.0], [0.5, 4.0]], [[0.0, 0.0], [-0.25, 0.0]]]> : tensor<2x2x2xf32>
  %m = qt.magnitudes %x {part = #qt.part<line = 2, lines = 1, run = 1, channels = 2>} : tensor<2x2x2xf32> -> tensor<2x2xf32>
  %a, %as = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>, format = !image8, layout = #qt.layout<s8, panel = 16, rows = 4>, halo = #qt.halo<pads = [1, 0], groups = 1>} : tensor<2x2x2xf32> -> tensor<2x3x4xi8>, tensor<2x1x1xf32>
  %b, %bs = qt.quantize %x largest %m : tensor<2x2xf32> {encoding = #qt.encoding<absmax, -127..127>, format = !image8, layout = #qt.layout<s8, panel = 16, rows = 4>, halo = #qt.halo<pads = [1, 0], groups = 1>} : tensor<2x2x2xf32> -> tensor<2x3x4xi8>, tensor<2x1x1xf32>
  check.expect_eq %a, %b : tensor<2x3x4xi8>, tensor<2x3x4xi8>
  check.expect_eq %as, %bs : tensor<2x1x1xf32>, tensor<2x1x1xf32>
  return
}

// -----

!image8 = !qt.block<[1, ?, ?], s8, scale = f32>
func.func @wrong() {
  %x = arith.constant dense<[[[1.0, -2.0], [0.5, 4.0]]]> : tensor<1x2x2xf32>
  %m = arith.constant dense<[[1.0, 3.0]]> : tensor<1x2xf32>
  // expected-error @below {{largest magnitude of image 0 is 4.000000e+00, not 3.000000e+00}}
  %b, %bs = qt.quantize %x largest %m : tensor<1x2xf32> {encoding = #qt.encoding<absmax, -127..127>, format = !image8, layout = #qt.layout<s8, panel = 16, rows = 4>, halo = #qt.halo<pads = [1, 0], groups = 1>} : tensor<1x2x2xf32> -> tensor<1x3x4xi8>, tensor<1x1x1xf32>
  return
}

// -----

!channel8 = !qt.block<[1, ?, 1], s8, scale = f32>
func.func @channels() {
  %x = arith.constant dense<[[[1.0, -2.0], [0.5, 4.0]], [[0.0, 0.0], [-0.25, 0.0]]]> : tensor<2x2x2xf32>
  %m = qt.magnitudes %x {part = #qt.part<line = 2, lines = 1, run = 1, channels = 1>} : tensor<2x2x2xf32> -> tensor<2x4xf32>
  %a, %as = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>, format = !channel8, layout = #qt.layout<s8, panel = 16, rows = 4>, halo = #qt.halo<pads = [1, 0], groups = 2>} : tensor<2x2x2xf32> -> tensor<2x3x2xi8>, tensor<2x1x2xf32>
  %b, %bs = qt.quantize %x largest %m : tensor<2x4xf32> {encoding = #qt.encoding<absmax, -127..127>, format = !channel8, layout = #qt.layout<s8, panel = 16, rows = 4>, halo = #qt.halo<pads = [1, 0], groups = 2>} : tensor<2x2x2xf32> -> tensor<2x3x2xi8>, tensor<2x1x2xf32>
  check.expect_eq %a, %b : tensor<2x3x2xi8>, tensor<2x3x2xi8>
  check.expect_eq %as, %bs : tensor<2x1x2xf32>, tensor<2x1x2xf32>
  return
}

// -----

!channel8 = !qt.block<[1, ?, 1], s8, scale = f32>
func.func @wrong_channel() {
  %x = arith.constant dense<[[[1.0, -2.0], [0.5, 4.0]]]> : tensor<1x2x2xf32>
  %m = arith.constant dense<[[1.0, 3.0]]> : tensor<1x2xf32>
  // expected-error @below {{largest magnitude of image 0, channel 1, is 4.000000e+00, not 3.000000e+00}}
  %b, %bs = qt.quantize %x largest %m : tensor<1x2xf32> {encoding = #qt.encoding<absmax, -127..127>, format = !channel8, layout = #qt.layout<s8, panel = 16, rows = 4>, halo = #qt.halo<pads = [1, 0], groups = 2>} : tensor<1x2x2xf32> -> tensor<1x3x2xi8>, tensor<1x1x2xf32>
  return
}
