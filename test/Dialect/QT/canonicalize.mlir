// RUN: quant-opt %s -canonicalize | FileCheck %s

!rows8 = !qt.block<[1, ?], s8, scale = f32>

// CHECK-LABEL: func @split_of_join
// CHECK-SAME: (%[[C:.*]]: tensor<?x64xi8>, %[[S:.*]]: tensor<?x1xf32>)
// CHECK-NEXT: return %[[C]], %[[S]]
func.func @split_of_join(%c: tensor<?x64xi8>, %s: tensor<?x1xf32>) -> (tensor<?x64xi8>, tensor<?x1xf32>) {
  %q = qt.join %c, %s : tensor<?x64xi8>, tensor<?x1xf32> -> tensor<?x64x!rows8>
  %0, %1 = qt.split %q : tensor<?x64x!rows8> -> tensor<?x64xi8>, tensor<?x1xf32>
  return %0, %1 : tensor<?x64xi8>, tensor<?x1xf32>
}

// CHECK-LABEL: func @join_of_split
// CHECK-SAME: (%[[Q:.*]]: tensor<?x64x!qt.block
// CHECK-NEXT: return %[[Q]]
func.func @join_of_split(%q: tensor<?x64x!rows8>) -> tensor<?x64x!rows8> {
  %0, %1 = qt.split %q : tensor<?x64x!rows8> -> tensor<?x64xi8>, tensor<?x1xf32>
  %j = qt.join %0, %1 : tensor<?x64xi8>, tensor<?x1xf32> -> tensor<?x64x!rows8>
  return %j : tensor<?x64x!rows8>
}

// Parts of two values, or a part twice, are no value that was there.
// CHECK-LABEL: func @join_of_two
// CHECK: qt.join
func.func @join_of_two(%q: tensor<?x64x!rows8>, %r: tensor<?x64x!rows8>) -> tensor<?x64x!rows8> {
  %0, %1 = qt.split %q : tensor<?x64x!rows8> -> tensor<?x64xi8>, tensor<?x1xf32>
  %2, %3 = qt.split %r : tensor<?x64x!rows8> -> tensor<?x64xi8>, tensor<?x1xf32>
  %j = qt.join %0, %3 : tensor<?x64xi8>, tensor<?x1xf32> -> tensor<?x64x!rows8>
  return %j : tensor<?x64x!rows8>
}

// CHECK-LABEL: func @dequantize_of_join
// CHECK-NEXT: qt.dequantize %{{.*}}, %{{.*}} {format = !qt.block<[1, ?], s8, scale = f32>}
func.func @dequantize_of_join(%c: tensor<?x64xi8>, %s: tensor<?x1xf32>) -> tensor<?x64xf32> {
  %q = qt.join %c, %s : tensor<?x64xi8>, tensor<?x1xf32> -> tensor<?x64x!rows8>
  %d = qt.dequantize %q : tensor<?x64x!rows8> -> tensor<?x64xf32>
  return %d : tensor<?x64xf32>
}

// Quantisation rounds: it never cancels.
// CHECK-LABEL: func @dequantize_of_quantize
// CHECK: qt.quantize
// CHECK: qt.dequantize
func.func @dequantize_of_quantize(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %q = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>} : tensor<?x64xf32> -> tensor<?x64x!rows8>
  %d = qt.dequantize %q : tensor<?x64x!rows8> -> tensor<?x64xf32>
  return %d : tensor<?x64xf32>
}

// CHECK-LABEL: func @epilogue_operands
// CHECK-SAME: %[[B:[a-z0-9]*]]: tensor<8xf32>, %{{.*}}: tensor<8xf32>
// CHECK: qt.contract {{.*}} epilogue(%[[B]] : tensor<8xf32>)
// CHECK-NEXT: ^bb0(%[[ACC:.*]]: f32, %[[V:.*]]: f32):
// CHECK: nn.binary add %[[ACC]], %[[V]]
// CHECK: nn.binary mul %{{.*}}, %[[V]]
func.func @epilogue_operands(%a: tensor<?x4xf32>, %w: tensor<8x4xf32>, %b: tensor<8xf32>, %unused: tensor<8xf32>) -> tensor<?x8xf32> {
  %y = qt.contract lhs(%a : tensor<?x4xf32>) rhs(%w : tensor<8x4xf32>) epilogue(%b, %unused, %b : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>)
      {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} {
  ^bb0(%acc: f32, %0: f32, %1: f32, %2: f32):
    %3 = nn.binary add %acc, %0 : f32, f32 -> f32
    %4 = nn.binary mul %3, %2 : f32, f32 -> f32
    qt.yield %4 : f32
  } -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// CHECK-LABEL: func @alias
// CHECK-SAME: (%[[X:.*]]: tensor<?x64xf32>)
// CHECK-NEXT: %[[Y:.*]] = qt.alias %[[X]] : tensor<?x64xf32> to tensor<?x4x16xf32>
// CHECK-NEXT: return %[[X]], %[[Y]]
func.func @alias(%x: tensor<?x64xf32>) -> (tensor<?x64xf32>, tensor<?x4x16xf32>) {
  %0 = qt.alias %x : tensor<?x64xf32> to tensor<?x64xf32>
  %1 = qt.alias %x : tensor<?x64xf32> to tensor<?x8x8xf32>
  %2 = qt.alias %1 : tensor<?x8x8xf32> to tensor<?x4x16xf32>
  return %0, %2 : tensor<?x64xf32>, tensor<?x4x16xf32>
}

// Equal types of several dynamic sizes are no equal shapes, and neither are
// those of one beside a 0.
// CHECK-LABEL: func @no_alias
// CHECK-COUNT-2: qt.alias
func.func @no_alias(%x: tensor<?x?xf32>, %y: tensor<?x0xf32>) -> (tensor<?x?xf32>, tensor<?x0xf32>)
    attributes {qt.dim_names = ["n", "m"], qt.arg_shapes = [affine_map<()[s0, s1] -> (s0, s1)>, affine_map<()[s0, s1] -> (s0, 0)>]} {
  %0 = qt.alias %x sizes affine_map<()[s0, s1] -> (s1, s0)> : tensor<?x?xf32> to tensor<?x?xf32>
  %1 = qt.alias %y : tensor<?x0xf32> to tensor<?x0xf32>
  return %0, %1 : tensor<?x?xf32>, tensor<?x0xf32>
}

// Equal weights are one constant.
// CHECK-LABEL: func @weights
// CHECK: %[[W:.*]] = qt.weight
// CHECK-NEXT: return %[[W]], %[[W]]
func.func @weights() -> (tensor<2xf32>, tensor<2xf32>) {
  %0 = qt.weight #qt.blob<"0x0000803F00000040"> : tensor<2xf32>
  %1 = qt.weight #qt.blob<"0x0000803F00000040"> : tensor<2xf32>
  return %0, %1 : tensor<2xf32>, tensor<2xf32>
}
