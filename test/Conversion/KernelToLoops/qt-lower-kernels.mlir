// RUN: quant-opt %s -split-input-file -qt-lower-kernels | FileCheck %s

// A kernel becomes a module: units, scratch and grain by symbols, and a
// function of a span that reads its operands' addresses from slots.
// CHECK: #[[$UNITS:.*]] = affine_map<()[s0] -> ((s0 * 8) ceildiv {{[0-9]+}})>
// CHECK: module @rows attributes {{.*}}qt.iterations = #[[$UNITS]]
// CHECK-SAME: qt.scratch
// CHECK: func.func @rows(%{{.*}}: i64, %{{.*}}: i64, %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr) -> i32
// CHECK: nn.unary relu %{{.*}} : vector<
func.func private @rows(%x: tensor<?x8xf32>) -> tensor<?x8xf32>
    attributes {qt.kernel, qt.arg_shapes = [affine_map<()[s0] -> (s0, 8)>], qt.result_shapes = [affine_map<()[s0] -> (s0, 8)>]} {
  %0 = nn.unary relu %x : tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// -----

// Sizes that are numbers need no symbol.
// CHECK: #[[$ONE:.*]] = affine_map<() -> (1)>
// CHECK: module @fixed attributes {{.*}}qt.iterations = #[[$ONE]]
// CHECK: func.func @fixed(
func.func private @fixed(%x: tensor<3x8xf32>) -> tensor<3x8xf32>
    attributes {qt.kernel, qt.arg_shapes = [affine_map<() -> (3, 8)>], qt.result_shapes = [affine_map<() -> (3, 8)>]} {
  %0 = nn.unary relu %x : tensor<3x8xf32>
  return %0 : tensor<3x8xf32>
}

// -----

// Other functions are no kernels.
// CHECK-NOT: module @
// CHECK: func.func @entry
// CHECK-NEXT: return
func.func @entry(%x: tensor<3x8xf32>) -> tensor<3x8xf32> {
  return %x : tensor<3x8xf32>
}

// -----

// What has a number for each image has rows of whole images, by the chunk: a
// channel alone would be a row of one.
// CHECK-LABEL: func.func @images
// CHECK: %[[N:.*]] = arith.minui %c4096
// CHECK: arith.cmpi uge, %[[N]], %c16
// CHECK: scf.for %{{.*}} step %c16
// CHECK: nn.binary rshift %{{.*}} : vector<16xi32>, vector<16xi32>
module attributes {qt.target = {triple = "x86_64-unknown-linux-gnu", cpu = "x86-64", features = ""}} {
  func.func private @images(%x: tensor<?x?x1xi32>, %e: tensor<?x1x1xi32>) -> tensor<?x?x1xi32>
      attributes {qt.kernel, qt.arg_shapes = [affine_map<()[s0, s1] -> (s0, s1, 1)>, affine_map<()[s0, s1] -> (s0, 1, 1)>], qt.result_shapes = [affine_map<()[s0, s1] -> (s0, s1, 1)>]} {
    %0 = nn.binary rshift %x, %e : tensor<?x?x1xi32>, tensor<?x1x1xi32> -> tensor<?x?x1xi32>
    return %0 : tensor<?x?x1xi32>
  }
}
