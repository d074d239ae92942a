// RUN: sed s/FEATURES/+avx512bw,+avx512f,+avx2,+avx/ %s | quant-opt -qt-narrow-lanes | FileCheck %s --check-prefixes=CHECK,BW
// RUN: sed s/FEATURES/+avx2,+avx/ %s | quant-opt -qt-narrow-lanes | FileCheck %s --check-prefixes=CHECK,NONE

module attributes {qt.target = {triple = "x86_64-unknown-linux-gnu", cpu = "x86-64", features = "FEATURES"}} {

// Two registers become one, and its limit is that of halves.
// CHECK-LABEL: func @pack
// BW: %[[A:.*]] = vector.extract_strided_slice %arg0 {offsets = [0]
// BW: %[[B:.*]] = vector.extract_strided_slice %arg0 {offsets = [16]
// BW: %[[P:.*]] = llvm.call_intrinsic "llvm.x86.avx512.packssdw.512"(%[[A]], %[[B]])
// BW: %[[Q:.*]] = vector.bitcast %[[P]]
// BW: %[[S:.*]] = vector.shuffle %[[Q]], %[[Q]] [0, 2, 4, 6, 1, 3, 5, 7]
// BW: %[[H:.*]] = vector.bitcast %[[S]]
// BW: %[[M:.*]] = arith.maxsi %[[H]], %{{.*}} : vector<32xi16>
// BW: return %[[M]]
// NONE: arith.trunci
func.func @pack(%x: vector<32xi32>) -> vector<32xi16> {
  %low = arith.constant dense<-32767> : vector<32xi32>
  %high = arith.constant dense<32767> : vector<32xi32>
  %l = arith.maxsi %x, %low : vector<32xi32>
  %h = arith.minsi %l, %high : vector<32xi32>
  %r = arith.trunci %h : vector<32xi32> to vector<32xi16>
  return %r : vector<32xi16>
}

// What a shift leaves needs no limit.
// CHECK-LABEL: func @shifted
// BW: "llvm.x86.avx512.packssdw.512"
// BW: "llvm.x86.avx512.packssdw.512"
// BW-NOT: arith.{{maxsi|minsi|trunci}}
// NONE: arith.trunci
// CHECK: return
func.func @shifted(%x: vector<64xi32>) -> vector<64xi16> {
  %places = arith.constant dense<17> : vector<64xi32>
  %s = arith.shrsi %x, %places : vector<64xi32>
  %r = arith.trunci %s : vector<64xi32> to vector<64xi16>
  return %r : vector<64xi16>
}

// One register: the limits of the type, then those that are wanted.
// CHECK-LABEL: func @codes
// BW: %[[L:.*]] = arith.maxsi %arg0, %{{.*}} : vector<32xi16>
// BW: %[[H:.*]] = arith.minsi %[[L]], %{{.*}} : vector<32xi16>
// BW: %[[T:.*]] = arith.trunci %[[H]]
// BW: %[[C:.*]] = arith.maxsi %[[T]], %{{.*}} : vector<32xi8>
// BW: arith.minsi %[[C]], %{{.*}} : vector<32xi8>
// NONE: arith.trunci
// NONE-NOT: vector<32xi8>, vector
func.func @codes(%x: vector<32xi16>) -> vector<32xi8> {
  %low = arith.constant dense<-127> : vector<32xi16>
  %high = arith.constant dense<100> : vector<32xi16>
  %h = arith.minsi %x, %high : vector<32xi16>
  %l = arith.maxsi %h, %low : vector<32xi16>
  %r = arith.trunci %l : vector<32xi16> to vector<32xi8>
  return %r : vector<32xi8>
}

// Nor does what has no sign need the lower one.
// CHECK-LABEL: func @unsigned
// BW: "llvm.x86.avx512.packssdw.512"
// BW: arith.minsi %{{.*}} : vector<32xi16>
// BW-NOT: arith.{{maxsi|trunci}}
// NONE: arith.trunci
// CHECK: return
func.func @unsigned(%x: vector<32xi32>) -> vector<32xi16> {
  %places = arith.constant dense<15> : vector<32xi32>
  %high = arith.constant dense<511> : vector<32xi32>
  %s = arith.shrui %x, %places : vector<32xi32>
  %h = arith.minsi %s, %high : vector<32xi32>
  %r = arith.trunci %h : vector<32xi32> to vector<32xi16>
  return %r : vector<32xi16>
}

// The lower halves of two registers, or the upper ones, by one instruction.
// CHECK-LABEL: func @halves
// BW: arith.constant dense<[0, 2, 4,
// BW: "llvm.x86.avx512.vpermi2var.hi.512"
// BW: arith.constant dense<[1, 3, 5,
// BW: "llvm.x86.avx512.vpermi2var.hi.512"
// NONE-COUNT-2: arith.trunci
func.func @halves(%x: vector<32xi32>) -> (vector<32xi16>, vector<32xi16>) {
  %places = arith.constant dense<16> : vector<32xi32>
  %l = arith.trunci %x : vector<32xi32> to vector<32xi16>
  %s = arith.shrsi %x, %places : vector<32xi32>
  %u = arith.trunci %s : vector<32xi32> to vector<32xi16>
  return %l, %u : vector<32xi16>, vector<32xi16>
}

// Half a register, words of 64 bits, bytes without limits: as they are.
// CHECK-LABEL: func @others
// CHECK-NOT: call_intrinsic
// CHECK-COUNT-3: arith.trunci
func.func @others(%x: vector<32xi64>, %y: vector<16xi32>, %z: vector<32xi16>) -> (vector<32xi16>, vector<16xi16>, vector<32xi8>) {
  %q = arith.trunci %x : vector<32xi64> to vector<32xi16>
  %s = arith.trunci %y : vector<16xi32> to vector<16xi16>
  %t = arith.trunci %z : vector<32xi16> to vector<32xi8>
  return %q, %s, %t : vector<32xi16>, vector<16xi16>, vector<32xi8>
}

}
