// Integer-only types, written by hand: row16 in the residual stream, wide as
// the result of an operation, blk8 as left operand of a contraction.
// RUN: quant-opt %s -qt-verify-types | quant-opt | FileCheck %s

!row16 = !qt.block<[1, 1, ?], s16, scale = exp<8>>
!wide = !qt.block<[1, 1, ?], s32, scale = exp<32>>
!blk8 = !qt.block<[1, 1, 32], s8, scale = shift<3>, outer = exp<8>>
!w8 = !qt.block<[1, ?], s8, scale = exp<8>>
!head12 = !qt.block<[1, 1, 1, ?], s12, scale = exp<8>>
!head8 = !qt.block<[1, 1, 1, ?], s8, scale = exp<8>>
!headwide = !qt.block<[1, 1, 1, ?], s32, scale = exp<32>>
!image8 = !qt.block<[1, ?, ?, ?], s8, scale = exp<8>>
!output8 = !qt.block<[1, ?, ?], s8, scale = exp<8>>

// CHECK-LABEL: func private @matmul
func.func private @matmul(%x: tensor<?x99x64x!row16>, %w: tensor<256x64x!w8>) -> tensor<?x99x256x!row16> {
  %0 = qt.rescale half_up %x : tensor<?x99x64x!row16> -> tensor<?x99x64x!blk8>
  // CHECK: nn.matmul {{.*}} -> tensor<?x99x256x!qt.block<[1, 1, ?], s32, scale = exp<32>>>
  %1 = nn.matmul %0, %w : tensor<?x99x64x!blk8>, tensor<256x64x!w8> -> tensor<?x99x256x!wide>
  %2 = qt.rescale half_up %1 : tensor<?x99x256x!wide> -> tensor<?x99x256x!row16>
  return %2 : tensor<?x99x256x!row16>
}

// CHECK-LABEL: func private @attention
func.func private @attention(%q: tensor<?x4x99x16x!head12>, %k: tensor<?x4x99x16x!head12>, %v: tensor<?x4x99x16x!head8>) -> tensor<?x4x99x16x!headwide> {
  %o = nn.attention %q, %k, %v {scale = 0.25 : f32} : tensor<?x4x99x16x!head12>, tensor<?x4x99x16x!head12>, tensor<?x4x99x16x!head8> -> tensor<?x4x99x16x!headwide>
  return %o : tensor<?x4x99x16x!headwide>
}

// Split: shifts and exponents are integer tensors. The sum is in units of
// both operands' exponents, one for every row and column.
// CHECK-LABEL: func private @split
func.func private @split(%c: tensor<?x99x64xi8>, %k: tensor<?x99x2xi8>, %e: tensor<?x99x1xi8>, %wc: tensor<256x64xi8>, %we: tensor<256x1xi8>) -> tensor<?x99x256xi32> {
  // CHECK: qt.contract {{.*}} {acc = i32
  %y = qt.contract lhs(%c, %k, %e : tensor<?x99x64xi8>, tensor<?x99x2xi8>, tensor<?x99x1xi8>) rhs(%wc, %we : tensor<256x64xi8>, tensor<256x1xi8>)
      {acc = i32, geometry = #qt.matmul, lhs_format = !blk8, rhs_format = !w8} -> tensor<?x99x256xi32>
  return %y : tensor<?x99x256xi32>
}

// An image has one exponent; an epilogue of integers saturates to 8 bits.
// CHECK-LABEL: func private @conv
func.func private @conv(%c: tensor<?x32x32x64xi8>, %e: tensor<?x1x1x1xi8>, %wc: tensor<64x9x64xi8>, %we: tensor<64x1x1xi8>, %b: tensor<64xi32>) -> tensor<?x32x32x64xi32> {
  %y = qt.contract lhs(%c, %e : tensor<?x32x32x64xi8>, tensor<?x1x1x1xi8>) rhs(%wc, %we : tensor<64x9x64xi8>, tensor<64x1x1xi8>)
      epilogue(%b : tensor<64xi32>)
      {acc = i32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 1>, lhs_format = !image8, rhs_format = !output8} {
  ^bb0(%acc: i32, %bias: i32):
    %0 = nn.binary add %acc, %bias : i32, i32 -> i32
    %1 = nn.unary relu %0 : i32
    qt.yield %1 : i32
  } -> tensor<?x32x32x64xi32>
  return %y : tensor<?x32x32x64xi32>
}

// CHECK-LABEL: func private @renormalise
func.func private @renormalise(%y: tensor<?x99x256xi32>, %m: tensor<256xi32>, %s: tensor<?x99x1xi8>) -> tensor<?x99x256xi16> {
  %r = qt.rescale half_up %y by %m, %s : tensor<?x99x256xi32>, tensor<256xi32>, tensor<?x99x1xi8> -> tensor<?x99x256xi16>
  return %r : tensor<?x99x256xi16>
}
