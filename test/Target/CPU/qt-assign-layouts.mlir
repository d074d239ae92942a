// RUN: quant-opt %s -split-input-file '-qt-assign-layouts=cpu-layout=avx2' | FileCheck %s --check-prefixes=CHECK,AVX2
// RUN: quant-opt %s -split-input-file '-qt-assign-layouts=cpu-layout=avx512vnni' | FileCheck %s --check-prefixes=CHECK,VNNI

!x8 = !qt.block<[1, ?], s8, scale = f32>

// Weights, activations and the contraction have one layout; the geometry keeps
// the K that bytes do not show. AVX2 wants activations unsigned where weights match.
// CHECK-LABEL: func @rows
// AVX2: %[[X:.*]]:2 = qt.quantize {{.*}}layout = #qt.layout<matched, panel = 16, rows = 4, bias = 128>} : tensor<?x33xf32> -> tensor<?x[[STRIDE:[0-9]+]]xi8>, tensor<?x1xf32>
// VNNI: %[[X:.*]]:2 = qt.quantize {{.*}}layout = #qt.layout<s8, panel = 32, rows = 8, bias = 128>} : tensor<?x33xf32> -> tensor<?x[[STRIDE:[0-9]+]]xi8>, tensor<?x1xf32>
// CHECK: %[[P:.*]] = qt.pack
// CHECK: qt.contract lhs(%[[X]]#0, %[[X]]#1 : tensor<?x[[STRIDE]]xi8>, {{.*}}) rhs(%[[P]] : tensor<{{[0-9]+}}xi8>) {{.*}}geometry = #qt.matmul<k = 33>
func.func @rows(%x: tensor<?x33xf32>) -> tensor<?x8xf32> {
  %w = arith.constant dense<1> : tensor<8x33xi8>
  %ws = arith.constant dense<1.0> : tensor<8x1xf32>
  %c, %s = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>, format = !x8} : tensor<?x33xf32> -> tensor<?x33xi8>, tensor<?x1xf32>
  %0 = qt.contract lhs(%c, %s : tensor<?x33xi8>, tensor<?x1xf32>) rhs(%w, %ws : tensor<8x33xi8>, tensor<8x1xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = !x8, rhs_format = !x8} -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// -----

// Who reads the plain codes keeps them.
!x8 = !qt.block<[1, ?], s8, scale = f32>
!w4 = !qt.block<[1, 32], s4, scale = s8, outer = f32>
// CHECK-LABEL: func @four
// CHECK-DAG: %[[PLAIN:.*]]:2 = qt.quantize {{.*}}format = !qt.block<[1, ?], s8, scale = f32>} : tensor<4x64xf32> -> tensor<4x64xi8>
// AVX2-DAG: qt.quantize {{.*}}layout = #qt.layout<[[FORM:w4i]]
// VNNI-DAG: qt.quantize {{.*}}layout = #qt.layout<[[FORM:w4s]]
// CHECK: qt.pack {{.*}}layout = #qt.layout<[[FORM]]
// CHECK: qt.contract {{.*}}layout = #qt.layout<[[FORM]]
// CHECK: return %{{.*}}, %[[PLAIN]]#0
func.func @four(%x: tensor<4x64xf32>) -> (tensor<4x8xf32>, tensor<4x64xi8>) {
  %w = arith.constant dense<1> : tensor<8x32xi8>
  %m = arith.constant dense<1> : tensor<8x2xi8>
  %o = arith.constant dense<1.0> : tensor<8x1xf32>
  %c, %s = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>, format = !x8} : tensor<4x64xf32> -> tensor<4x64xi8>, tensor<4x1xf32>
  %0 = qt.contract lhs(%c, %s : tensor<4x64xi8>, tensor<4x1xf32>) rhs(%w, %m, %o : tensor<8x32xi8>, tensor<8x2xi8>, tensor<8x1xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = !x8, rhs_format = !w4} -> tensor<4x8xf32>
  return %0, %c : tensor<4x8xf32>, tensor<4x64xi8>
}

// -----

// What the code range of an encoding, or else the values say: multipliers whose
// products with codes are no bytes, and codes of which two products are.
!x8 = !qt.block<[1, ?], s8, scale = f32>
!w4 = !qt.block<[1, 32], s4, scale = s8, outer = f32>
!b8 = !qt.block<[1, 32], s8, scale = f32>
// CHECK-LABEL: func @values
// CHECK: qt.pack {{.*}}layout = #qt.layout<w4i
// AVX2: qt.pack {{.*}}layout = #qt.layout<b32n, panel = 16, rows = 4, bias = 128>
// VNNI: qt.pack {{.*}}layout = #qt.layout<b32, panel = 32
// CHECK: qt.pack {{.*}}layout = #qt.layout<b32,
// AVX2: qt.pack {{.*}}layout = #qt.layout<b32n
// VNNI: qt.pack {{.*}}layout = #qt.layout<b32,
func.func @values(%x: tensor<4x64xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>) {
  %w = arith.constant dense<1> : tensor<8x32xi8>
  %m = arith.constant dense<16> : tensor<8x2xi8>
  %o = arith.constant dense<1.0> : tensor<8x1xf32>
  %c, %s = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>, format = !x8} : tensor<4x64xf32> -> tensor<4x64xi8>, tensor<4x1xf32>
  %0 = qt.contract lhs(%c, %s : tensor<4x64xi8>, tensor<4x1xf32>) rhs(%w, %m, %o : tensor<8x32xi8>, tensor<8x2xi8>, tensor<8x1xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = !x8, rhs_format = !w4} -> tensor<4x8xf32>
  %n = arith.constant dense<-64> : tensor<8x64xi8>
  %l = arith.constant dense<65> : tensor<8x64xi8>
  %ns = arith.constant dense<1.0> : tensor<8x2xf32>
  %f = arith.constant dense<1.0> : tensor<8x64xf32>
  %e, %es = qt.quantize %f {encoding = #qt.encoding<absmax, -63..63>, format = !b8} : tensor<8x64xf32> -> tensor<8x64xi8>, tensor<8x2xf32>
  %b, %bs = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>, format = !b8} : tensor<4x64xf32> -> tensor<4x64xi8>, tensor<4x2xf32>
  %1 = qt.contract lhs(%b, %bs : tensor<4x64xi8>, tensor<4x2xf32>) rhs(%n, %ns : tensor<8x64xi8>, tensor<8x2xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = !b8, rhs_format = !b8} -> tensor<4x8xf32>
  %2 = qt.contract lhs(%b, %bs : tensor<4x64xi8>, tensor<4x2xf32>) rhs(%l, %ns : tensor<8x64xi8>, tensor<8x2xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = !b8, rhs_format = !b8} -> tensor<4x8xf32>
  %3 = qt.contract lhs(%b, %bs : tensor<4x64xi8>, tensor<4x2xf32>) rhs(%e, %es : tensor<8x64xi8>, tensor<8x2xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = !b8, rhs_format = !b8} -> tensor<4x8xf32>
  return %0, %1, %2, %3 : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>
}

// -----

// Behind a ReLU no code is negative, in whatever way it comes there. Dot products
// of bytes in 32 bits gain nothing.
!x8 = !qt.block<[1, ?], s8, scale = f32>
// CHECK-LABEL: func @behind_relu
// AVX2: qt.quantize {{.*}}encoding = #qt.encoding<absmax, 0..127>, {{.*}}layout = #qt.layout<matched, panel = 16, rows = 8, low = 0>
// AVX2: qt.contract {{.*}}layout = #qt.layout<matched, panel = 16, rows = 8, low = 0>
// VNNI: qt.quantize {{.*}}encoding = #qt.encoding<absmax, -127..127>, {{.*}}layout = #qt.layout<s8, panel = 32, rows = 8, bias = 128>
// AVX2: qt.quantize {{.*}}encoding = #qt.encoding<absmax, -127..127>, {{.*}}bias = 128>
func.func @behind_relu(%x: tensor<2x33xf32>, %y: tensor<2x33xf32>) -> (tensor<2x8xf32>, tensor<2x8xf32>) {
  %w = arith.constant dense<1> : tensor<8x33xi8>
  %ws = arith.constant dense<1.0> : tensor<8x1xf32>
  %r = nn.unary relu %x : tensor<2x33xf32>
  %sum = nn.binary add %r, %r : tensor<2x33xf32>, tensor<2x33xf32> -> tensor<2x33xf32>
  %c, %s = qt.quantize %sum {encoding = #qt.encoding<absmax, -127..127>, format = !x8} : tensor<2x33xf32> -> tensor<2x33xi8>, tensor<2x1xf32>
  %0 = qt.contract lhs(%c, %s : tensor<2x33xi8>, tensor<2x1xf32>) rhs(%w, %ws : tensor<8x33xi8>, tensor<8x1xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = !x8, rhs_format = !x8} -> tensor<2x8xf32>
  %mixed = nn.binary add %r, %y : tensor<2x33xf32>, tensor<2x33xf32> -> tensor<2x33xf32>
  %d, %t = qt.quantize %mixed {encoding = #qt.encoding<absmax, -127..127>, format = !x8} : tensor<2x33xf32> -> tensor<2x33xi8>, tensor<2x1xf32>
  %1 = qt.contract lhs(%d, %t : tensor<2x33xi8>, tensor<2x1xf32>) rhs(%w, %ws : tensor<8x33xi8>, tensor<8x1xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = !x8, rhs_format = !x8} -> tensor<2x8xf32>
  return %0, %1 : tensor<2x8xf32>, tensor<2x8xf32>
}

// -----

// Nobody packs what a run computes.
// CHECK-LABEL: func @two_activations
// CHECK-NOT: layout
func.func @two_activations(%x: tensor<?x64xf32>, %w: tensor<8x64xf32>) -> tensor<?x8xf32> {
  %0 = qt.contract lhs(%x : tensor<?x64xf32>) rhs(%w : tensor<8x64xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// -----

// K is known to the weights where the activations leave it open.
!x8 = !qt.block<[1, ?], s8, scale = f32>
// CHECK-LABEL: func @open
// CHECK: qt.quantize {{.*}} : tensor<2x?xf32> -> tensor<2x[[STRIDE:[0-9]+]]xi8>, tensor<2x1xf32>
// CHECK: qt.contract lhs({{.*}} : tensor<2x[[STRIDE]]xi8>, {{.*}}geometry = #qt.matmul<k = 33>
func.func @open(%x: tensor<2x?xf32>) -> tensor<2x8xf32> {
  %w = arith.constant dense<1> : tensor<8x33xi8>
  %ws = arith.constant dense<1.0> : tensor<8x1xf32>
  %c, %s = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>, format = !x8} : tensor<2x?xf32> -> tensor<2x?xi8>, tensor<2x1xf32>
  %0 = qt.contract lhs(%c, %s : tensor<2x?xi8>, tensor<2x1xf32>) rhs(%w, %ws : tensor<8x33xi8>, tensor<8x1xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = !x8, rhs_format = !x8} -> tensor<2x8xf32>
  return %0 : tensor<2x8xf32>
}
