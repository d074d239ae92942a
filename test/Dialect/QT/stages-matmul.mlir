// A matrix product at every stage, written by hand: 256 columns, K = 64, 4-bit
// weights with integer multipliers, bias and GELU behind it.
// RUN: quant-opt %s -split-input-file -qt-verify-types | quant-opt -split-input-file | FileCheck %s

!x8 = !qt.block<[1, 1, ?], s8, scale = f32>
!w4 = !qt.block<[1, 32], s4, scale = s8, outer = f32>
#absmax = #qt.encoding<absmax, -127..127>
#search = #qt.encoding<search, -8..7>
#w4i = #qt.layout<w4i, panel = 16, rows = 4, bias = 128>
#sizes = affine_map<()[s0] -> (s0)>

// CHECK-LABEL: func @import
func.func @import(%x: tensor<?x99x64xf32>, %w: tensor<256x64xf32>, %b: tensor<256xf32>) -> tensor<?x99x256xf32> {
  %0 = nn.matmul %x, %w : tensor<?x99x64xf32>, tensor<256x64xf32> -> tensor<?x99x256xf32>
  %1 = nn.binary add %0, %b : tensor<?x99x256xf32>, tensor<256xf32> -> tensor<?x99x256xf32>
  %2 = nn.gelu erf %1 : tensor<?x99x256xf32>
  return %2 : tensor<?x99x256xf32>
}

// Quantising changes types, not ops.
// CHECK-LABEL: func @quantize
// CHECK: nn.matmul {{.*}} tensor<?x99x64x!qt.block<[1, 1, ?], s8, scale = f32>>, tensor<256x64x!qt.block<[1, 32], s4, scale = s8, outer = f32>> -> tensor<?x99x256xf32>
func.func @quantize(%x: tensor<?x99x64xf32>, %w: tensor<256x64xf32>, %b: tensor<256xf32>) -> tensor<?x99x256xf32> {
  %xq = qt.quantize %x {encoding = #absmax} : tensor<?x99x64xf32> -> tensor<?x99x64x!x8>
  %wq = qt.quantize %w {encoding = #search} : tensor<256x64xf32> -> tensor<256x64x!w4>
  %0 = nn.matmul %xq, %wq : tensor<?x99x64x!x8>, tensor<256x64x!w4> -> tensor<?x99x256xf32>
  %1 = nn.binary add %0, %b : tensor<?x99x256xf32>, tensor<256xf32> -> tensor<?x99x256xf32>
  %2 = nn.gelu erf %1 : tensor<?x99x256xf32>
  return %2 : tensor<?x99x256xf32>
}

// CHECK-LABEL: func @split
func.func @split(%x: tensor<?x99x64xf32>, %w: tensor<256x64xf32>, %b: tensor<256xf32>) -> tensor<?x99x256xf32> {
  %xc, %xs = qt.quantize %x {encoding = #absmax, format = !x8} : tensor<?x99x64xf32> -> tensor<?x99x64xi8>, tensor<?x99x1xf32>
  %wc, %ws, %wo = qt.quantize %w {encoding = #search, format = !w4} : tensor<256x64xf32> -> tensor<256x32xi8>, tensor<256x2xi8>, tensor<256x1xf32>
  %0 = qt.contract lhs(%xc, %xs : tensor<?x99x64xi8>, tensor<?x99x1xf32>) rhs(%wc, %ws, %wo : tensor<256x32xi8>, tensor<256x2xi8>, tensor<256x1xf32>)
      epilogue(%b : tensor<256xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = !x8, rhs_format = !w4} {
  ^bb0(%acc: f32, %bias: f32):
    %1 = nn.binary add %acc, %bias : f32, f32 -> f32
    %2 = nn.gelu erf %1 : f32
    qt.yield %2 : f32
  } -> tensor<?x99x256xf32>
  return %0 : tensor<?x99x256xf32>
}

// CHECK-LABEL: func @layout
func.func @layout(%x: tensor<?x99x64xf32>, %w: tensor<256x64xf32>) -> tensor<?x99x256xf32> {
  %xc, %xs = qt.quantize %x {encoding = #absmax, format = !x8, layout = #w4i} : tensor<?x99x64xf32> -> tensor<?x99x64xi8>, tensor<?x99x1xf32>
  %wc, %ws, %wo = qt.quantize %w {encoding = #search, format = !w4} : tensor<256x64xf32> -> tensor<256x32xi8>, tensor<256x2xi8>, tensor<256x1xf32>
  %p = qt.pack %wc, %ws, %wo {format = !w4, layout = #w4i} : tensor<256x32xi8>, tensor<256x2xi8>, tensor<256x1xf32> -> tensor<12288xi8>
  %0 = qt.contract lhs(%xc, %xs : tensor<?x99x64xi8>, tensor<?x99x1xf32>) rhs(%p : tensor<12288xi8>)
      {acc = f32, geometry = #qt.matmul<k = 64>, layout = #w4i, lhs_format = !x8, rhs_format = !w4} -> tensor<?x99x256xf32>
  return %0 : tensor<?x99x256xf32>
}

// CHECK-LABEL: qt.global @w0
qt.global @w0 : tensor<12288xi8> {
  %z = arith.constant dense<1.0> : tensor<256x64xf32>
  %wc, %ws, %wo = qt.quantize %z {encoding = #search, format = !w4} : tensor<256x64xf32> -> tensor<256x32xi8>, tensor<256x2xi8>, tensor<256x1xf32>
  %p = qt.pack %wc, %ws, %wo {format = !w4, layout = #w4i} : tensor<256x32xi8>, tensor<256x2xi8>, tensor<256x1xf32> -> tensor<12288xi8>
  qt.yield %p : tensor<12288xi8>
}
// CHECK-LABEL: func @group
func.func @group(%x: tensor<?x99x64xf32>) -> tensor<?x99x256xf32> attributes {qt.dim_names = ["batch"], qt.arg_shapes = [affine_map<()[s0] -> (s0, 99, 64)>]} {
  %p = qt.global_ref @w0 : tensor<12288xi8>
  %xc, %xs = qt.launch @rows(%x) sizes #sizes : (tensor<?x99x64xf32>) -> (tensor<?x99x64xi8>, tensor<?x99x1xf32>)
  %y = qt.launch @product(%xc, %xs, %p) sizes #sizes : (tensor<?x99x64xi8>, tensor<?x99x1xf32>, tensor<12288xi8>) -> tensor<?x99x256xf32>
  return %y : tensor<?x99x256xf32>
}
func.func private @rows(%x: tensor<?x99x64xf32>) -> (tensor<?x99x64xi8>, tensor<?x99x1xf32>)
    attributes {qt.kernel, qt.arg_shapes = [affine_map<()[s0] -> (s0, 99, 64)>]} {
  %xc, %xs = qt.quantize %x {encoding = #absmax, format = !x8, layout = #w4i} : tensor<?x99x64xf32> -> tensor<?x99x64xi8>, tensor<?x99x1xf32>
  return %xc, %xs : tensor<?x99x64xi8>, tensor<?x99x1xf32>
}
func.func private @product(%xc: tensor<?x99x64xi8>, %xs: tensor<?x99x1xf32>, %p: tensor<12288xi8>) -> tensor<?x99x256xf32>
    attributes {qt.kernel, qt.arg_shapes = [affine_map<()[s0] -> (s0, 99, 64)>, affine_map<()[s0] -> (s0, 99, 1)>, affine_map<()[s0] -> (12288)>]} {
  %0 = qt.contract lhs(%xc, %xs : tensor<?x99x64xi8>, tensor<?x99x1xf32>) rhs(%p : tensor<12288xi8>)
      {acc = f32, geometry = #qt.matmul<k = 64>, layout = #w4i, lhs_format = !x8, rhs_format = !w4} -> tensor<?x99x256xf32>
  return %0 : tensor<?x99x256xf32>
}
