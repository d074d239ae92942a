// RUN: sed s/FEATURES/+avx512bw,+avx512f,+avx512vl,+avx2,+avx/ %s | quant-opt -qt-shift-lanes | FileCheck %s --check-prefixes=CHECK,FULL
// RUN: sed s/FEATURES/+avx512f,+avx2,+avx/ %s | quant-opt -qt-shift-lanes | FileCheck %s --check-prefixes=CHECK,FEW
// RUN: sed s/FEATURES/+avx2,+avx/ %s | quant-opt -qt-shift-lanes | FileCheck %s --check-prefixes=CHECK,NONE

module attributes {qt.target = {triple = "x86_64-unknown-linux-gnu", cpu = "x86-64", features = "FEATURES"}} {

// CHECK-LABEL: func @left
// CHECK: %[[N:.*]] = vector.broadcast
// FULL: llvm.call_intrinsic "llvm.x86.avx512.psllv.d.512"(%arg0, %[[N]])
// FEW: llvm.call_intrinsic "llvm.x86.avx512.psllv.d.512"(%arg0, %[[N]])
// NONE: arith.shli %arg0, %[[N]]
func.func @left(%x: vector<16xi32>, %n: i32) -> vector<16xi32> {
  %s = vector.broadcast %n : i32 to vector<16xi32>
  %r = arith.shli %x, %s : vector<16xi32>
  return %r : vector<16xi32>
}

// CHECK-LABEL: func @signed
// FULL: "llvm.x86.avx512.psrav.q.512"
// FULL: "llvm.x86.avx512.psrav.q.256"
// FULL: "llvm.x86.avx2.psrav.d.256"
// FULL: "llvm.x86.avx512.psrav.w.512"
// FEW: "llvm.x86.avx512.psrav.q.512"
// FEW: arith.shrsi
// FEW: "llvm.x86.avx2.psrav.d.256"
// FEW: arith.shrsi
// NONE-COUNT-4: arith.shrsi
func.func @signed(%a: vector<8xi64>, %b: vector<4xi64>, %c: vector<8xi32>, %d: vector<32xi16>, %n: i64, %m: i32, %k: i16)
    -> (vector<8xi64>, vector<4xi64>, vector<8xi32>, vector<32xi16>) {
  %an = vector.broadcast %n : i64 to vector<8xi64>
  %bn = vector.broadcast %n : i64 to vector<4xi64>
  %cn = vector.broadcast %m : i32 to vector<8xi32>
  %dn = vector.broadcast %k : i16 to vector<32xi16>
  %ar = arith.shrsi %a, %an : vector<8xi64>
  %br = arith.shrsi %b, %bn : vector<4xi64>
  %cr = arith.shrsi %c, %cn : vector<8xi32>
  %dr = arith.shrsi %d, %dn : vector<32xi16>
  return %ar, %br, %cr, %dr : vector<8xi64>, vector<4xi64>, vector<8xi32>, vector<32xi16>
}

// CHECK-LABEL: func @unsigned
// FULL: "llvm.x86.avx512.psrlv.q.512"
// FULL: "llvm.x86.avx2.psrlv.q.256"
// FEW: "llvm.x86.avx512.psrlv.q.512"
// FEW: "llvm.x86.avx2.psrlv.q.256"
// NONE-COUNT-2: arith.shrui
func.func @unsigned(%a: vector<8xi64>, %b: vector<4xi64>, %n: i64) -> (vector<8xi64>, vector<4xi64>) {
  %an = vector.broadcast %n : i64 to vector<8xi64>
  %bn = vector.broadcast %n : i64 to vector<4xi64>
  %ar = arith.shrui %a, %an : vector<8xi64>
  %br = arith.shrui %b, %bn : vector<4xi64>
  return %ar, %br : vector<8xi64>, vector<4xi64>
}

// An amount that is computed in all lanes alike is one amount.
// CHECK-LABEL: func @computed
// FULL: "llvm.x86.avx512.psllv.d.512"(%arg0, %{{.*}})
// FEW: "llvm.x86.avx512.psllv.d.512"(%arg0, %{{.*}})
// NONE: arith.shli
func.func @computed(%x: vector<16xi32>, %n: i32) -> vector<16xi32> {
  %c = arith.constant dense<31> : vector<16xi32>
  %s = vector.broadcast %n : i32 to vector<16xi32>
  %m = arith.minsi %s, %c : vector<16xi32>
  %r = arith.shli %x, %m : vector<16xi32>
  return %r : vector<16xi32>
}

// Several registers. A limit that leaves nothing but signs is the
// instruction's own; others stay.
// CHECK-LABEL: func @registers
// FULL: %[[L:.*]] = arith.minsi %arg1, %c20
// FULL: %[[A:.*]] = vector.broadcast %arg1
// FULL: vector.extract_strided_slice %arg0 {offsets = [0]
// FULL: %[[S:.*]] = vector.extract_strided_slice %[[A]] {offsets = [0]
// FULL: "llvm.x86.avx512.psrav.d.512"(%{{.*}}, %[[S]])
// FULL: vector.extract_strided_slice %arg0 {offsets = [16]
// FULL: "llvm.x86.avx512.psrav.d.512"
// FULL: %[[B:.*]] = vector.broadcast %[[L]]
// FULL: "llvm.x86.avx512.psrav.d.512"(%arg2, %[[B]])
// NONE-COUNT-2: arith.shrsi
func.func @registers(%x: vector<32xi32>, %n: i32, %y: vector<16xi32>) -> (vector<32xi32>, vector<16xi32>) {
  %c31 = arith.constant 31 : i32
  %c20 = arith.constant 20 : i32
  %m = arith.minsi %n, %c31 : i32
  %l = arith.minsi %n, %c20 : i32
  %s = vector.broadcast %m : i32 to vector<32xi32>
  %r = arith.shrsi %x, %s : vector<32xi32>
  %t = vector.broadcast %l : i32 to vector<16xi32>
  %u = arith.shrsi %y, %t : vector<16xi32>
  return %r, %u : vector<32xi32>, vector<16xi32>
}

// Constants, amounts of the lanes, registers of other widths and scalars stay.
// CHECK-LABEL: func @others
// CHECK-NOT: call_intrinsic
func.func @others(%x: vector<16xi32>, %n: vector<16xi32>, %y: vector<4xi32>, %m: i32) -> (vector<16xi32>, vector<16xi32>, vector<4xi32>, i32) {
  %c = arith.constant dense<3> : vector<16xi32>
  %s = vector.broadcast %m : i32 to vector<4xi32>
  %p = arith.shli %x, %c : vector<16xi32>
  %q = arith.shli %x, %n : vector<16xi32>
  %r = arith.shli %y, %s : vector<4xi32>
  %t = arith.shli %m, %m : i32
  return %p, %q, %r, %t : vector<16xi32>, vector<16xi32>, vector<4xi32>, i32
}

}
