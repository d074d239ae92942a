// RUN: quant-opt %s -split-input-file '-qt-quantize-contractions=recipe=w8a8' | FileCheck %s --check-prefixes=CHECK,W8A8
// RUN: quant-opt %s -split-input-file '-qt-quantize-contractions=recipe=w4a8' | FileCheck %s --check-prefixes=CHECK,W4A8
// RUN: quant-opt %s -split-input-file '-qt-quantize-contractions=recipe=w8a8g32' | FileCheck %s --check-prefixes=CHECK,G32
// RUN: quant-opt %s -split-input-file '-qt-quantize-contractions=recipe=f32' | FileCheck %s --check-prefix=F32

// RUN: quant-opt %s -split-input-file '-qt-quantize-contractions=recipe=w4a8+e8' | FileCheck %s --check-prefixes=CHECK,W4A8,E8

// A float recipe changes nothing.
// F32-NOT: qt.quantize

// First and last contraction keep 8 bits where the ones between have 4.
// CHECK-LABEL: func @three
// W8A8-COUNT-6: s8, scale = f32>>{{$}}
// G32-COUNT-6: !qt.block<[1, 32], s8, scale = f32>>{{$}}
// W4A8: qt.quantize %cst{{.*}} -> tensor<8x64x!qt.block<[1, ?], s8, scale = f32>>
// W4A8: nn.matmul
// W4A8: qt.quantize %cst{{.*}} {encoding = #qt.encoding<search, -8..7>} : {{.*}} -> tensor<64x8x!qt.block<[1, 32], s4, scale = s8, outer = f32>>
// W4A8: nn.matmul
// W4A8: qt.quantize %cst{{.*}} -> tensor<8x64x!qt.block<[1, ?], s8, scale = f32>>
// W4A8: nn.matmul
func.func @three(%x: tensor<?x64xf32>) -> tensor<?x8xf32> {
  %w = arith.constant dense<1.0> : tensor<8x64xf32>
  %v = arith.constant dense<1.0> : tensor<64x8xf32>
  %0 = nn.matmul %x, %w : tensor<?x64xf32>, tensor<8x64xf32> -> tensor<?x8xf32>
  %1 = nn.matmul %0, %v : tensor<?x8xf32>, tensor<64x8xf32> -> tensor<?x64xf32>
  %2 = nn.matmul %1, %w : tensor<?x64xf32>, tensor<8x64xf32> -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}

// -----

// Without constant weights a product stays in float, whatever the recipe.
// CHECK-LABEL: func @activations
// CHECK-NOT: qt.quantize
func.func @activations(%x: tensor<?x64xf32>, %y: tensor<8x64xf32>) -> tensor<?x8xf32> {
  %0 = nn.matmul %x, %y : tensor<?x64xf32>, tensor<8x64xf32> -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// -----

// Attention has rules of its own: 8 bits per token and head in every recipe.
// CHECK-LABEL: func @attention
// CHECK-COUNT-3: qt.quantize {{.*}} -> tensor<2x4x9x16x!qt.block<[1, 1, {{1, \?|\?, 1}}], s8, scale = f32>>
// CHECK: nn.attention
func.func @attention(%q: tensor<2x4x9x16xf32>) -> tensor<2x4x9x16xf32> {
  %0 = nn.attention %q, %q, %q {scale = 0.25 : f32} : tensor<2x4x9x16xf32>, tensor<2x4x9x16xf32>, tensor<2x4x9x16xf32> -> tensor<2x4x9x16xf32>
  return %0 : tensor<2x4x9x16xf32>
}

// -----

// What is no contraction is left alone.
// CHECK-LABEL: func @elementwise
// CHECK-NOT: qt.
func.func @elementwise(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %0 = nn.unary relu %x : tensor<?x64xf32>
  return %0 : tensor<?x64xf32>
}

// -----

// Rows that are looked up: only the rules for embeddings concern them, and only
// constant tables. They are no contraction, so the product is first and last.
// CHECK-LABEL: func @lookup
// W4A8-SAME: %[[IDS:[^:]*]]: tensor<?xi64>
// E8: %[[T:.*]] = qt.quantize %cst{{.*}} {encoding = #qt.encoding<absmax, -127..127>} : tensor<99x64xf32> -> tensor<99x64x!qt.block<[1, ?], s8, scale = f32>>
// E8: nn.gather %[[T]], %[[IDS]] {axis = 0 : i64} : tensor<99x64x!qt.block<[1, ?], s8, scale = f32>>, tensor<?xi64> -> tensor<?x64xf32>
// CHECK: nn.gather %arg1, %{{.*}} : tensor<9x64xf32>
// W4A8: qt.quantize %{{.*}} -> tensor<8x64x!qt.block<[1, ?], s8, scale = f32>>
func.func @lookup(%ids: tensor<?xi64>, %given: tensor<9x64xf32>) -> tensor<?x8xf32> {
  %t = arith.constant dense<1.0> : tensor<99x64xf32>
  %w = arith.constant dense<1.0> : tensor<8x64xf32>
  %0 = nn.gather %t, %ids {axis = 0 : i64} : tensor<99x64xf32>, tensor<?xi64> -> tensor<?x64xf32>
  %1 = nn.gather %given, %ids {axis = 0 : i64} : tensor<9x64xf32>, tensor<?xi64> -> tensor<?x64xf32>
  %2 = nn.binary add %0, %1 : tensor<?x64xf32>, tensor<?x64xf32> -> tensor<?x64xf32>
  %3 = nn.matmul %2, %w : tensor<?x64xf32>, tensor<8x64xf32> -> tensor<?x8xf32>
  return %3 : tensor<?x8xf32>
}

// -----

// What constants alone are computed to is evaluated as it is.
// CHECK-LABEL: func @constants
// CHECK-NOT: qt.quantize
func.func @constants() -> tensor<4x8xf32> {
  %x = arith.constant dense<1.0> : tensor<4x64xf32>
  %w = arith.constant dense<1.0> : tensor<8x64xf32>
  %0 = nn.matmul %x, %w : tensor<4x64xf32>, tensor<8x64xf32> -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}
