// What code generation makes of each form of qt.dot in the inner loop of its
// kernel, for CPUs that the machine at hand need not be: operands come straight
// from memory, sums stay in registers, nothing is widened.
// RUN: sed 's/FEATURES/+avx,+avx2,+avx512f,+avx512bw,+avx512vl,+avx512vnni/' %s | quant-opt %to_llvm | mlir-translate --mlir-to-llvmir --allow-unregistered-dialect | llc -mcpu=znver4 | FileCheck %s --check-prefixes=CHECK,VNNI
// RUN: sed 's/FEATURES/+avx,+avx2,+avxvnni/' %s | quant-opt %to_llvm | mlir-translate --mlir-to-llvmir --allow-unregistered-dialect | llc -mcpu=alderlake | FileCheck %s --check-prefixes=CHECK,AVXVNNI
// RUN: sed 's/FEATURES/+avx,+avx2,+avx512f,+avx512bw,+avx512vl/' %s | quant-opt %to_llvm | mlir-translate --mlir-to-llvmir --allow-unregistered-dialect | llc -mcpu=skylake-avx512 | FileCheck %s --check-prefixes=CHECK,AVX512BW
// RUN: sed 's/FEATURES/+avx,+avx2/' %s | quant-opt %to_llvm | mlir-translate --mlir-to-llvmir --allow-unregistered-dialect | llc -mcpu=znver3 | FileCheck %s --check-prefixes=CHECK,AVX2

module attributes {qt.target = {triple = "x86_64-unknown-linux-gnu", cpu = "x86-64", features = "FEATURES"}} {

// 8 bits by rows, 8 columns.
// CHECK-LABEL: rows8:
// VNNI: .LBB
// VNNI: vpbroadcastd (%{{.*}}), %[[X:ymm[0-9]+]]
// VNNI: vpdpbusd (%{{.*}}), %[[X]], %[[ACC:ymm[0-9]+]]
// VNNI-NOT: vpmovzx
// VNNI: j{{n?}}{{[elb]}}
// AVXVNNI: {vex} vpdpbusd {{.*}}(%{{.*}}), %ymm{{[0-9]+}}, %ymm{{[0-9]+}}
// AVXVNNI-NOT: vpmaddwd
// AVXVNNI: retq
func.func @rows8(%x: !llvm.ptr, %w: !llvm.ptr, %acc: vector<8xi32>, %n: index) -> vector<8xi32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %y = scf.for %i = %c0 to %n step %c1 iter_args(%s = %acc) -> vector<8xi32> {
    %k = arith.index_cast %i : index to i64
    %px = llvm.getelementptr %x[%k] : (!llvm.ptr, i64) -> !llvm.ptr, i32
    %pw = llvm.getelementptr %w[%k] : (!llvm.ptr, i64) -> !llvm.ptr, vector<32xi8>
    %word = llvm.load %px : !llvm.ptr -> i32
    %words = vector.broadcast %word : i32 to vector<8xi32>
    %a = vector.bitcast %words : vector<8xi32> to vector<32xi8>
    %b = llvm.load %pw {alignment = 32 : i64} : !llvm.ptr -> vector<32xi8>
    %r = qt.dot 4, %a, %b, %s {bound = #qt.bound<lhs = 0..255, rhs = -127..127, chain = 96>} : vector<32xi8>, vector<32xi8>, vector<8xi32>
    scf.yield %r : vector<8xi32>
  }
  return %y : vector<8xi32>
}

// 16 columns of AVX-512.
// CHECK-LABEL: rows16:
// VNNI: vpdpbusd (%{{.*}}), %zmm{{[0-9]+}}, %zmm{{[0-9]+}}
// VNNI: retq
func.func @rows16(%x: !llvm.ptr, %w: !llvm.ptr, %acc: vector<16xi32>, %n: index) -> vector<16xi32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %y = scf.for %i = %c0 to %n step %c1 iter_args(%s = %acc) -> vector<16xi32> {
    %k = arith.index_cast %i : index to i64
    %px = llvm.getelementptr %x[%k] : (!llvm.ptr, i64) -> !llvm.ptr, i32
    %pw = llvm.getelementptr %w[%k] : (!llvm.ptr, i64) -> !llvm.ptr, vector<64xi8>
    %word = llvm.load %px : !llvm.ptr -> i32
    %words = vector.broadcast %word : i32 to vector<16xi32>
    %a = vector.bitcast %words : vector<16xi32> to vector<64xi8>
    %b = llvm.load %pw {alignment = 64 : i64} : !llvm.ptr -> vector<64xi8>
    %r = qt.dot 4, %a, %b, %s {bound = #qt.bound<lhs = 0..255, rhs = -127..127, chain = 96>} : vector<64xi8>, vector<64xi8>, vector<16xi32>
    scf.yield %r : vector<16xi32>
  }
  return %y : vector<16xi32>
}

// 16-bit pairs of 16 columns where there is no vpdpbusd.
// CHECK-LABEL: pairs16:
// AVX512BW: vpmaddubsw (%{{.*}}), %zmm{{[0-9]+}}, %[[P:zmm[0-9]+]]
// AVX512BW: vpmaddwd {{.*}}%zmm{{[0-9]+}}
// AVX512BW: vpaddd
// AVX512BW: retq
func.func @pairs16(%x: !llvm.ptr, %w: !llvm.ptr, %acc: vector<16xi32>, %n: index) -> vector<16xi32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %y = scf.for %i = %c0 to %n step %c1 iter_args(%s = %acc) -> vector<16xi32> {
    %k = arith.index_cast %i : index to i64
    %px = llvm.getelementptr %x[%k] : (!llvm.ptr, i64) -> !llvm.ptr, vector<64xi8>
    %pw = llvm.getelementptr %w[%k] : (!llvm.ptr, i64) -> !llvm.ptr, vector<64xi8>
    %a = llvm.load %px {alignment = 64 : i64} : !llvm.ptr -> vector<64xi8>
    %b = llvm.load %pw {alignment = 64 : i64} : !llvm.ptr -> vector<64xi8>
    %r = qt.dot 4, %a, %b, %s {bound = #qt.bound<lhs = 0..127, rhs = -127..127, chain = 96>} : vector<64xi8>, vector<64xi8>, vector<16xi32>
    scf.yield %r : vector<16xi32>
  }
  return %y : vector<16xi32>
}

// Two matched steps share one widening.
// CHECK-LABEL: matched:
// AVX2: vpmaddubsw
// AVX2: vpmaddubsw
// AVX2: vpaddw
// AVX2: vpmaddwd
// AVX2: vpaddd
// AVX2-NOT: vpmovsx
// AVX2: retq
func.func @matched(%x: !llvm.ptr, %w: !llvm.ptr, %acc: vector<8xi32>, %n: index) -> vector<8xi32> {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %zero = arith.constant dense<0> : vector<16xi16>
  %ones = arith.constant dense<1> : vector<16xi16>
  %y = scf.for %i = %c0 to %n step %c2 iter_args(%s = %acc) -> vector<8xi32> {
    %k = arith.index_cast %i : index to i64
    %px = llvm.getelementptr %x[%k] : (!llvm.ptr, i64) -> !llvm.ptr, vector<32xi8>
    %pw = llvm.getelementptr %w[%k] : (!llvm.ptr, i64) -> !llvm.ptr, vector<32xi8>
    %qx = llvm.getelementptr %px[32] : (!llvm.ptr) -> !llvm.ptr, i8
    %qw = llvm.getelementptr %pw[32] : (!llvm.ptr) -> !llvm.ptr, i8
    %a = llvm.load %px {alignment = 32 : i64} : !llvm.ptr -> vector<32xi8>
    %b = llvm.load %pw {alignment = 32 : i64} : !llvm.ptr -> vector<32xi8>
    %a1 = llvm.load %qx {alignment = 32 : i64} : !llvm.ptr -> vector<32xi8>
    %b1 = llvm.load %qw {alignment = 32 : i64} : !llvm.ptr -> vector<32xi8>
    %p = qt.dot 2, %a, %b, %zero {bound = #qt.bound<lhs = 0..255, rhs = -127..127, chain = 2, lane = -128..128>} : vector<32xi8>, vector<32xi8>, vector<16xi16>
    %q = qt.dot 2, %a1, %b1, %p {bound = #qt.bound<lhs = 0..255, rhs = -127..127, chain = 2, lane = -128..128>} : vector<32xi8>, vector<32xi8>, vector<16xi16>
    %r = qt.dot 2, %q, %ones, %s {bound = #qt.bound<lhs = -32640..32640, rhs = 1..1, chain = 96>} : vector<16xi16>, vector<16xi16>, vector<8xi32>
    scf.yield %r : vector<8xi32>
  }
  return %y : vector<8xi32>
}

// 4 bits: nibbles to codes, sums in 16 bits, and the multiplier of the block in
// the widening step.
// CHECK-LABEL: multiplier:
// AVX2: vpand
// AVX2: vpmaddubsw
// AVX2: vpmaddwd {{.*}}(%{{.*}}), %ymm{{[0-9]+}}, %ymm{{[0-9]+}}
// AVX2-NOT: vpmulld
// AVX2-NOT: vpmovsx
// AVX2: retq
func.func @multiplier(%x: !llvm.ptr, %w: !llvm.ptr, %m: !llvm.ptr, %acc: vector<8xi32>, %n: index) -> vector<8xi32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant dense<0> : vector<16xi16>
  %mask = arith.constant dense<15> : vector<32xi8>
  %eight = arith.constant dense<8> : vector<32xi8>
  %y = scf.for %i = %c0 to %n step %c1 iter_args(%s = %acc) -> vector<8xi32> {
    %k = arith.index_cast %i : index to i64
    %px = llvm.getelementptr %x[%k] : (!llvm.ptr, i64) -> !llvm.ptr, vector<32xi8>
    %pw = llvm.getelementptr %w[%k] : (!llvm.ptr, i64) -> !llvm.ptr, vector<32xi8>
    %pm = llvm.getelementptr %m[%k] : (!llvm.ptr, i64) -> !llvm.ptr, vector<16xi16>
    %a = llvm.load %px {alignment = 32 : i64} : !llvm.ptr -> vector<32xi8>
    %both = llvm.load %pw {alignment = 32 : i64} : !llvm.ptr -> vector<32xi8>
    %low = arith.andi %both, %mask : vector<32xi8>
    %b = arith.subi %low, %eight : vector<32xi8>
    %p = qt.dot 2, %a, %b, %zero {bound = #qt.bound<lhs = 0..255, rhs = -8..7, chain = 8>} : vector<32xi8>, vector<32xi8>, vector<16xi16>
    %f = llvm.load %pm {alignment = 32 : i64} : !llvm.ptr -> vector<16xi16>
    %r = qt.dot 2, %p, %f, %s {bound = #qt.bound<lhs = -32640..28560, rhs = -127..127, chain = 96>} : vector<16xi16>, vector<16xi16>, vector<8xi32>
    scf.yield %r : vector<8xi32>
  }
  return %y : vector<8xi32>
}

// Signed by signed.
// CHECK-LABEL: signs:
// AVX2: vpabsb
// AVX2: vpsignb
// AVX2: vpmaddubsw
// AVX2: vpmaddwd
// AVX2: vpaddd
// AVX2-NOT: vpmovsx
// AVX2: retq
func.func @signs(%x: !llvm.ptr, %w: !llvm.ptr, %acc: vector<8xi32>, %n: index) -> vector<8xi32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %y = scf.for %i = %c0 to %n step %c1 iter_args(%s = %acc) -> vector<8xi32> {
    %k = arith.index_cast %i : index to i64
    %px = llvm.getelementptr %x[%k] : (!llvm.ptr, i64) -> !llvm.ptr, vector<32xi8>
    %pw = llvm.getelementptr %w[%k] : (!llvm.ptr, i64) -> !llvm.ptr, vector<32xi8>
    %a = llvm.load %px {alignment = 32 : i64} : !llvm.ptr -> vector<32xi8>
    %b = llvm.load %pw {alignment = 32 : i64} : !llvm.ptr -> vector<32xi8>
    %r = qt.dot 4, %a, %b, %s {bound = #qt.bound<lhs = -127..127, rhs = -127..127, chain = 96>} : vector<32xi8>, vector<32xi8>, vector<8xi32>
    scf.yield %r : vector<8xi32>
  }
  return %y : vector<8xi32>
}
}
