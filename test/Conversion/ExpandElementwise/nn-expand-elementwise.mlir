// RUN: quant-opt %s -nn-expand-elementwise -split-input-file | FileCheck %s

// CHECK-LABEL: func @relu
// CHECK-NOT: nn.
// CHECK: arith.select
func.func @relu(%x: vector<16xf32>) -> vector<16xf32> {
  %0 = nn.unary relu %x : vector<16xf32>
  return %0 : vector<16xf32>
}

// -----

// Functions are polynomials: nothing is left that libm computes.
// CHECK-LABEL: func @functions
// CHECK-NOT: nn.
// CHECK-NOT: math.{{exp|log|tanh|erf|sin|cos|powf}}
// CHECK: return
func.func @functions(%x: vector<8xf32>, %y: f32) -> (vector<8xf32>, f32) {
  %0 = nn.unary exp %x : vector<8xf32>
  %1 = nn.unary tanh %0 : vector<8xf32>
  %2 = nn.gelu erf %1 : vector<8xf32>
  %3 = nn.unary sin %2 : vector<8xf32>
  %4 = nn.unary log %y : f32
  %5 = nn.binary pow %4, %y : f32, f32 -> f32
  return %3, %5 : vector<8xf32>, f32
}

// -----

// A product and a sum stay two operations: fused, they would round once.
// CHECK-LABEL: func @product_and_sum
// CHECK-NOT: math.fma
// CHECK: arith.mulf
// CHECK: arith.addf
func.func @product_and_sum(%x: f32, %y: f32) -> f32 {
  %0 = nn.binary mul %x, %y : f32, f32 -> f32
  %1 = nn.binary add %0, %y : f32, f32 -> f32
  return %1 : f32
}

// -----

// A divisor of 0 or -1 neither traps nor overflows.
// CHECK-LABEL: func @integers
// CHECK: %[[SAFE:.*]] = arith.select %{{.*}}, %{{.*}}, %{{.*}} : vector<4xi1>, vector<4xi32>
// CHECK: arith.divsi %{{.*}}, %[[SAFE]] : vector<4xi32>
func.func @integers(%x: vector<4xi32>, %y: vector<4xi32>) -> vector<4xi32> {
  %0 = nn.binary div %x, %y : vector<4xi32>, vector<4xi32> -> vector<4xi32>
  return %0 : vector<4xi32>
}

// -----

// Tensors are the business of the kernel generators.
// CHECK-LABEL: func @tensors
// CHECK-NEXT: nn.unary relu %{{.*}} : tensor<?x4xf32>
func.func @tensors(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = nn.unary relu %x : tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

// To the right, half a unit goes first; the same places in all lanes are made
// ready as one number.
// CHECK-LABEL: func @right_shift
// CHECK-SAME: %[[X:.*]]: vector<4xi32>, %[[N:.*]]: i32
// CHECK: %[[PLACES:.*]] = arith.minsi %[[N]]
// CHECK: arith.shli {{.*}} : i32
// CHECK: %[[SUM:.*]] = arith.addi %[[X]], %{{.*}} : vector<4xi32>
// CHECK: %[[Y:.*]] = arith.shrsi %[[SUM]], %{{.*}} : vector<4xi32>
// CHECK: return %[[Y]]
func.func @right_shift(%x: vector<4xi32>, %n: i32) -> vector<4xi32> {
  %places = vector.broadcast %n : i32 to vector<4xi32>
  %y = nn.binary rshift %x, %places {qt.right} : vector<4xi32>, vector<4xi32> -> vector<4xi32>
  return %y : vector<4xi32>
}

// -----

// Either way by the same places in all lanes: half a unit, one shift to the
// right and one to the left, of which one is by no place.
// CHECK-LABEL: func @roomy_shift
// CHECK-SAME: %[[X:.*]]: vector<4xi32>, %[[N:.*]]: i32
// CHECK: arith.maxsi %[[N]]
// CHECK: %[[SUM:.*]] = arith.addi %[[X]], %{{.*}} : vector<4xi32>
// CHECK: %[[Y:.*]] = arith.shrsi %[[SUM]], %{{.*}} : vector<4xi32>
// CHECK: %[[Z:.*]] = arith.shli %[[Y]], %{{.*}} overflow<nsw> : vector<4xi32>
// CHECK: return %[[Z]]
module attributes {qt.target = {triple = "x86_64-unknown-linux-gnu", cpu = "znver5", features = "+avx2,+avx512f"}} {
  func.func @roomy_shift(%x: vector<4xi32>, %n: i32) -> vector<4xi32> {
    %places = vector.broadcast %n : i32 to vector<4xi32>
    %y = nn.binary rshift %x, %places {qt.roomy} : vector<4xi32>, vector<4xi32> -> vector<4xi32>
    return %y : vector<4xi32>
  }
}

// -----

// A product takes its factor's shift to the left, and another product its even
// and odd lanes before they are joined.
// CHECK-LABEL: func @products
// CHECK-SAME: %[[X:[^:]*]]: vector<4xi32>
// CHECK: arith.addi %[[X]], %{{.*}} : vector<4xi32>
// CHECK: arith.shrsi {{.*}} : vector<4xi32>
// CHECK-COUNT-2: arith.muli {{.*}} : vector<2xi64>
// CHECK: %[[EVEN:.*]] = arith.shrui {{.*}} : vector<2xi64>
// CHECK: %[[ODD:.*]] = arith.shrui {{.*}} : vector<2xi64>
// CHECK: arith.shli %[[EVEN]], %{{.*}} : vector<2xi64>
// CHECK: arith.shli %[[ODD]], %{{.*}} : vector<2xi64>
module attributes {qt.target = {triple = "x86_64-unknown-linux-gnu", cpu = "znver5", features = "+avx2,+avx512f"}} {
  func.func @products(%x: vector<4xi32>, %y: vector<4xi32>, %z: vector<4xi32>, %n: i32) -> vector<4xi32> {
    %places = vector.broadcast %n : i32 to vector<4xi32>
    %s = nn.binary rshift %x, %places {qt.roomy} : vector<4xi32>, vector<4xi32> -> vector<4xi32>
    %p = nn.binary mulh31 %s, %y : vector<4xi32>, vector<4xi32> -> vector<4xi32>
    %q = nn.binary mulh31 %p, %z : vector<4xi32>, vector<4xi32> -> vector<4xi32>
    return %q : vector<4xi32>
  }
}

// -----

// With AVX-512 a product is shifted once: by the places and what it leaves out.
// CHECK-LABEL: func @shifted_product
// CHECK-COUNT-2: arith.muli {{.*}} : vector<8xi64>
// CHECK-COUNT-2: arith.shrsi {{.*}} : vector<8xi64>
// CHECK-NOT: arith.shrsi
// CHECK: vector.shuffle {{.*}} : vector<16xi32>, vector<16xi32>
module attributes {qt.target = {triple = "x86_64-unknown-linux-gnu", cpu = "znver5", features = "+avx2,+avx512f"}} {
  func.func @shifted_product(%x: vector<16xi32>, %y: vector<16xi32>, %n: i32) -> vector<16xi32> {
    %places = vector.broadcast %n : i32 to vector<16xi32>
    %p = nn.binary mulh31 %x, %y : vector<16xi32>, vector<16xi32> -> vector<16xi32>
    %z = nn.binary rshift %p, %places {qt.right} : vector<16xi32>, vector<16xi32> -> vector<16xi32>
    return %z : vector<16xi32>
  }
}

// -----

// One place behind a product is a bit more that it leaves out, half up twice:
// 2^30 + 2^31.
// CHECK-LABEL: func @halved_product
// CHECK-COUNT-2: arith.muli {{.*}} : vector<8xi64>
// CHECK: %[[HALVES:.*]] = arith.constant dense<3221225472> : vector<8xi64>
// CHECK-COUNT-2: arith.addi %{{.*}}, %[[HALVES]] : vector<8xi64>
// CHECK-NOT: arith.addi {{.*}} : vector<16xi32>
// CHECK: vector.shuffle {{.*}} : vector<16xi32>, vector<16xi32>
module attributes {qt.target = {triple = "x86_64-unknown-linux-gnu", cpu = "znver5", features = "+avx2,+avx512f"}} {
  func.func @halved_product(%x: vector<16xi32>, %y: vector<16xi32>) -> vector<16xi32> {
    %one = arith.constant dense<1> : vector<16xi32>
    %p = nn.binary mulh31 %x, %y : vector<16xi32>, vector<16xi32> -> vector<16xi32>
    %z = nn.binary rshift %p, %one {qt.right} : vector<16xi32>, vector<16xi32> -> vector<16xi32>
    return %z : vector<16xi32>
  }
}

// -----

// AVX-512 shifts lanes of 64 bits by what each has, AVX2 none with a sign.
// CHECK-LABEL: func @wide_shift
// CHECK: llvm.call_intrinsic "llvm.x86.avx512.psllv.q.512"
// CHECK: llvm.call_intrinsic "llvm.x86.avx512.psrav.q.512"
// CHECK-LABEL: func @half_shift
// CHECK-NOT: llvm.call_intrinsic
module attributes {qt.target = {triple = "x86_64-unknown-linux-gnu", cpu = "znver5", features = "+avx2,+avx512f"}} {
  func.func @wide_shift(%x: vector<8xi64>, %n: vector<8xi64>) -> vector<8xi64> {
    %y = nn.binary rshift %x, %n : vector<8xi64>, vector<8xi64> -> vector<8xi64>
    return %y : vector<8xi64>
  }
  func.func @half_shift(%x: vector<4xi64>, %n: vector<4xi64>) -> vector<4xi64> {
    %y = nn.binary rshift %x, %n : vector<4xi64>, vector<4xi64> -> vector<4xi64>
    return %y : vector<4xi64>
  }
}

// -----

// A sum and a shift of 64 bits with numbers that are ready; three lanes have no
// pairs.
// CHECK-LABEL: func @mul_shift
// CHECK-SAME: vector<3xi32>, %[[ADDEND:[^:]*]]: i64, %[[PLACES:[^:]*]]: i64
// CHECK-COUNT-2: arith.muli {{.*}} : vector<8xi64>
// CHECK: %[[A:.*]] = vector.broadcast %[[ADDEND]] : i64 to vector<8xi64>
// CHECK: %[[SUM:.*]] = arith.addi %{{.*}}, %[[A]]
// CHECK: %[[P:.*]] = vector.broadcast %[[PLACES]] : i64 to vector<8xi64>
// CHECK: arith.shrsi %[[SUM]], %[[P]]
// CHECK: vector.shuffle {{.*}} : vector<16xi32>, vector<16xi32>
// CHECK: arith.muli {{.*}} : vector<3xi64>
// CHECK: arith.trunci {{.*}} : vector<3xi64> to vector<3xi32>
module attributes {qt.target = {triple = "x86_64-unknown-linux-gnu", cpu = "znver5", features = "+avx2,+avx512f"}} {
  func.func @mul_shift(%x: vector<16xi32>, %z: vector<3xi32>, %a: i64, %p: i64) -> (vector<16xi32>, vector<3xi32>) {
    %y = qt.mul_shift %x, %x plus %a by %p : vector<16xi32>
    %w = qt.mul_shift %z, %z plus %a by %p : vector<3xi32>
    return %y, %w : vector<16xi32>, vector<3xi32>
  }
}
