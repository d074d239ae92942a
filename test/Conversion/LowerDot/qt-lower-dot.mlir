// Which instruction a dot becomes, by the features of the module around it.
// RUN: sed s/FEATURES/+avx512bw,+avx512vl,+avx512vnni,+avx2,+avx/ %s | quant-opt -qt-lower-dot | FileCheck %s --check-prefixes=CHECK,VNNI
// RUN: sed s/FEATURES/+avxvnni,+avx2,+avx/ %s | quant-opt -qt-lower-dot | FileCheck %s --check-prefixes=CHECK,AVXVNNI
// RUN: sed s/FEATURES/+avx2,+avx/ %s | quant-opt -qt-lower-dot | FileCheck %s --check-prefixes=CHECK,AVX2
// RUN: sed s/FEATURES/+sse2/ %s | quant-opt -qt-lower-dot | FileCheck %s --check-prefixes=CHECK,PLAIN

module attributes {qt.target = {triple = "x86_64-unknown-linux-gnu", cpu = "x86-64", features = "FEATURES"}} {

// A pair of full-range products does not fit 16 bits: no vpmaddubsw.
// CHECK-LABEL: func @rows
// VNNI: "llvm.x86.avx512.vpdpbusd.256"(%arg2, %arg0, %arg1)
// AVXVNNI: "llvm.x86.avx512.vpdpbusd.256"(%arg2, %arg0, %arg1)
// AVX2-NOT: call_intrinsic
// PLAIN-NOT: call_intrinsic
// PLAIN: arith.extui
// PLAIN: arith.extsi
func.func @rows(%a: vector<32xi8>, %w: vector<32xi8>, %acc: vector<8xi32>) -> vector<8xi32> {
  %r = qt.dot 4, %a, %w, %acc {bound = #qt.bound<lhs = 0..255, rhs = -127..127, chain = 16>} : vector<32xi8>, vector<32xi8>, vector<8xi32>
  return %r : vector<8xi32>
}

// CHECK-LABEL: func @rows512
// VNNI: "llvm.x86.avx512.vpdpbusd.512"(%arg2, %arg0, %arg1)
// AVXVNNI-NOT: call_intrinsic
// AVX2-NOT: call_intrinsic
func.func @rows512(%a: vector<64xi8>, %w: vector<64xi8>, %acc: vector<16xi32>) -> vector<16xi32> {
  %r = qt.dot 4, %a, %w, %acc {bound = #qt.bound<lhs = 0..255, rhs = -127..127, chain = 16>} : vector<64xi8>, vector<64xi8>, vector<16xi32>
  return %r : vector<16xi32>
}

// With activations of 7 bits a pair fits.
// CHECK-LABEL: func @seven_bits
// AVX2: %[[P:.*]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.ub.sw"(%arg0, %arg1)
// AVX2: %[[S:.*]] = llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"(%[[P]], %{{.*}})
// AVX2: arith.addi %[[S]], %arg2
func.func @seven_bits(%a: vector<32xi8>, %w: vector<32xi8>, %acc: vector<8xi32>) -> vector<8xi32> {
  %r = qt.dot 4, %a, %w, %acc {bound = #qt.bound<lhs = 0..127, rhs = -127..127, chain = 16>} : vector<32xi8>, vector<32xi8>, vector<8xi32>
  return %r : vector<8xi32>
}

// The packer's proof of a lane stands for the ranges of its elements.
// CHECK-LABEL: func @matched
// VNNI: "llvm.x86.avx2.pmadd.ub.sw"
// AVX2: "llvm.x86.avx2.pmadd.ub.sw"(%arg0, %arg1)
// AVX2-NOT: call_intrinsic
// PLAIN-NOT: call_intrinsic
func.func @matched(%a: vector<32xi8>, %w: vector<32xi8>, %acc: vector<16xi16>) -> vector<16xi16> {
  %r = qt.dot 2, %a, %w, %acc {bound = #qt.bound<lhs = 0..255, rhs = -127..127, chain = 1, lane = -128..128>} : vector<32xi8>, vector<32xi8>, vector<16xi16>
  return %r : vector<16xi16>
}

// Weights of 4 bits need no proof: 255 * 8 * 2 fits.
// CHECK-LABEL: func @nibbles
// AVX2: "llvm.x86.avx2.pmadd.ub.sw"
func.func @nibbles(%a: vector<32xi8>, %w: vector<32xi8>, %acc: vector<16xi16>) -> vector<16xi16> {
  %r = qt.dot 2, %a, %w, %acc {bound = #qt.bound<lhs = 0..255, rhs = -8..7, chain = 8>} : vector<32xi8>, vector<32xi8>, vector<16xi16>
  return %r : vector<16xi16>
}

// Signed by signed: the weight takes the activation's sign.
// CHECK-LABEL: func @signs
// AVX2: %[[M:.*]] = math.absi %arg0
// AVX2: %[[W:.*]] = llvm.call_intrinsic "llvm.x86.avx2.psign.b"(%arg1, %arg0)
// AVX2: "llvm.x86.avx2.pmadd.ub.sw"(%[[M]], %[[W]])
// AVX2: "llvm.x86.avx2.pmadd.wd"

func.func @signs(%a: vector<32xi8>, %w: vector<32xi8>, %acc: vector<8xi32>) -> vector<8xi32> {
  %r = qt.dot 4, %a, %w, %acc {bound = #qt.bound<lhs = -127..127, rhs = -127..127, chain = 8>} : vector<32xi8>, vector<32xi8>, vector<8xi32>
  return %r : vector<8xi32>
}

// -128 has no magnitude of 8 bits.
// CHECK-LABEL: func @whole_range
// CHECK-NOT: call_intrinsic
// CHECK: arith.extsi
func.func @whole_range(%a: vector<32xi8>, %w: vector<32xi8>, %acc: vector<8xi32>) -> vector<8xi32> {
  %r = qt.dot 4, %a, %w, %acc {bound = #qt.bound<lhs = -128..127, rhs = -127..127, chain = 8>} : vector<32xi8>, vector<32xi8>, vector<8xi32>
  return %r : vector<8xi32>
}

// CHECK-LABEL: func @halves
// VNNI: "llvm.x86.avx2.pmadd.wd"(%arg0, %arg1)
// AVX2: "llvm.x86.avx2.pmadd.wd"(%arg0, %arg1)
// PLAIN-NOT: call_intrinsic
func.func @halves(%a: vector<16xi16>, %w: vector<16xi16>, %acc: vector<8xi32>) -> vector<8xi32> {
  %r = qt.dot 2, %a, %w, %acc {bound = #qt.bound<lhs = -32640..28560, rhs = -127..127, chain = 2>} : vector<16xi16>, vector<16xi16>, vector<8xi32>
  return %r : vector<8xi32>
}

// CHECK-LABEL: func @lookup
// AVX2: "llvm.x86.avx2.pshuf.b"
// PLAIN-COUNT-3: arith.select
func.func @lookup(%i: vector<32xi8>) -> vector<32xi8> {
  %v = qt.lookup %i in [-8, -7, -6, -5] : vector<32xi8>
  return %v : vector<32xi8>
}

// CHECK-LABEL: func @pick
// AVX2: %[[LOW:.*]] = vector.shuffle %arg0, %arg0 [0, 1, {{.*}}, 15, 0, 1, {{.*}}, 15]
// AVX2: %[[C112:.*]] = arith.constant dense<112> : vector<32xi8>
// AVX2: %[[FIRST:.*]] = arith.addi %arg2, %[[C112]]
// AVX2: %[[A:.*]] = llvm.call_intrinsic "llvm.x86.avx2.pshuf.b"(%[[LOW]], %[[FIRST]])
// AVX2: %[[HIGH:.*]] = vector.shuffle %arg1, %arg1
// AVX2: %[[C16:.*]] = arith.constant dense<-16> : vector<32xi8>
// AVX2: %[[SECOND:.*]] = arith.addi %arg2, %[[C16]]
// AVX2: %[[B:.*]] = llvm.call_intrinsic "llvm.x86.avx2.pshuf.b"(%[[HIGH]], %[[SECOND]])
// AVX2: arith.ori %[[A]], %[[B]]
// PLAIN: %[[ALL:.*]] = vector.shuffle %arg0, %arg1 [0, 1, {{.*}}, 31]
// PLAIN: vector.extract %arg2[16]
// PLAIN: vector.extract %[[ALL]]
// PLAIN: vector.insert {{.*}} [31]
func.func @pick(%low: vector<16xi8>, %high: vector<16xi8>, %places: vector<32xi8>) -> vector<32xi8> {
  %v = qt.pick %low, %high at %places : vector<16xi8>, vector<32xi8>
  return %v : vector<32xi8>
}
}
