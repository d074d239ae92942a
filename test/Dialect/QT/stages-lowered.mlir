// Kernels behind the stage `lower`, written by hand: a module each, with loops
// over panels, accumulators in registers and qt.dot on vectors.
// RUN: quant-opt %s | quant-opt | FileCheck %s

func.func @main(%xc: tensor<?x64xi8>, %p: tensor<6144xi8>) -> tensor<?x8xi32> attributes {qt.dim_names = ["rows"]} {
  // A lowered kernel is a module; the entry launches it as before.
  // CHECK: qt.launch @k0(%{{.*}}, %{{.*}}) sizes
  %y = qt.launch @k0(%xc, %p) sizes affine_map<()[s0] -> (s0)> : (tensor<?x64xi8>, tensor<6144xi8>) -> tensor<?x8xi32>
  return %y : tensor<?x8xi32>
}

// CHECK: module @k0 attributes {qt.grain = 4 : i64, qt.iterations
module @k0 attributes {qt.grain = 4 : i64, qt.iterations = affine_map<()[s0] -> (s0)>, qt.scratch = affine_map<()[s0] -> (0)>} {
  func.func @k0(%begin: i64, %end: i64, %args: !llvm.ptr, %scratch: !llvm.ptr) -> i32 {
    %ok = arith.constant 0 : i32
    return %ok : i32
  }

  // A row times a panel of 8 columns: the 8-bit form of whole rows.
  // CHECK-LABEL: func private @row8
  // CHECK: qt.dot 4, %{{.*}}, %{{.*}}, %{{.*}} {bound = #qt.bound<lhs = 0..255, rhs = -127..127, chain = 16, init = -1040384..1040384>}
  func.func private @row8(%x: memref<?xi8>, %w: memref<?xi8>, %start: vector<8xi32>) -> vector<8xi32> {
    %c0 = arith.constant 0 : index
    %c4 = arith.constant 4 : index
    %c8 = arith.constant 8 : index
    %c64 = arith.constant 64 : index
    %y = scf.for %k = %c0 to %c64 step %c4 iter_args(%acc = %start) -> vector<8xi32> {
      %four = vector.load %x[%k] : memref<?xi8>, vector<4xi8>
      %word = vector.bitcast %four : vector<4xi8> to vector<1xi32>
      %scalar = vector.extract %word[0] : i32 from vector<1xi32>
      %words = vector.broadcast %scalar : i32 to vector<8xi32>
      %a = vector.bitcast %words : vector<8xi32> to vector<32xi8>
      %at = arith.muli %k, %c8 : index
      %b = vector.load %w[%at] : memref<?xi8>, vector<32xi8>
      %next = qt.dot 4, %a, %b, %acc {bound = #qt.bound<lhs = 0..255, rhs = -127..127, chain = 16, init = -1040384..1040384>}
        : vector<32xi8>, vector<32xi8>, vector<8xi32>
      scf.yield %next : vector<8xi32>
    }
    return %y : vector<8xi32>
  }

  // Two matched steps in 16 bits, widened by ones.
  // CHECK-LABEL: func private @matched
  func.func private @matched(%a: vector<32xi8>, %b: vector<32xi8>, %w0: vector<32xi8>, %w1: vector<32xi8>, %acc: vector<8xi32>) -> vector<8xi32> {
    %zero = arith.constant dense<0> : vector<16xi16>
    %ones = arith.constant dense<1> : vector<16xi16>
    %0 = qt.dot 2, %a, %w0, %zero {bound = #qt.bound<lhs = 0..255, rhs = -127..127, chain = 2, lane = -128..128>} : vector<32xi8>, vector<32xi8>, vector<16xi16>
    %1 = qt.dot 2, %b, %w1, %0 {bound = #qt.bound<lhs = 0..255, rhs = -127..127, chain = 2, lane = -128..128>} : vector<32xi8>, vector<32xi8>, vector<16xi16>
    %2 = qt.dot 2, %1, %ones, %acc {bound = #qt.bound<lhs = -32640..32640, rhs = 1..1, chain = 8>} : vector<16xi16>, vector<16xi16>, vector<8xi32>
    return %2 : vector<8xi32>
  }

  // A block of 32 with an integer multiplier: 8 steps in 16 bits.
  // CHECK-LABEL: func private @multiplier
  // CHECK: qt.lookup %{{.*}} in [-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7] : vector<32xi8>
  func.func private @multiplier(%a: vector<32xi8>, %nibbles: vector<32xi8>, %sum: vector<16xi16>, %m: vector<16xi16>, %acc: vector<8xi32>) -> vector<8xi32> {
    %w = qt.lookup %nibbles in [-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7] : vector<32xi8>
    %0 = qt.dot 2, %a, %w, %sum {bound = #qt.bound<lhs = 0..255, rhs = -8..7, chain = 8>} : vector<32xi8>, vector<32xi8>, vector<16xi16>
    %1 = qt.dot 2, %0, %m, %acc {bound = #qt.bound<lhs = -32640..28560, rhs = -127..127, chain = 2>} : vector<16xi16>, vector<16xi16>, vector<8xi32>
    return %1 : vector<8xi32>
  }
}
