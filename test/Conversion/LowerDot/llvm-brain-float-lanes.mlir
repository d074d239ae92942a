// RUN: quant-opt %s -llvm-brain-float-lanes | FileCheck %s

// CHECK-LABEL: llvm.func @lanes
// CHECK: %[[N:.*]] = llvm.bitcast %arg0 : vector<16xbf16> to vector<16xi16>
// CHECK: %[[E:.*]] = llvm.extractelement %[[N]][%arg1 : i64] : vector<16xi16>
// CHECK: %[[X:.*]] = llvm.bitcast %[[E]] : i16 to bf16
// CHECK: %[[M:.*]] = llvm.bitcast %arg0 : vector<16xbf16> to vector<16xi16>
// CHECK: %[[L:.*]] = llvm.bitcast %[[X]] : bf16 to i16
// CHECK: %[[I:.*]] = llvm.insertelement %[[L]], %[[M]][%arg1 : i64] : vector<16xi16>
// CHECK: %[[Y:.*]] = llvm.bitcast %[[I]] : vector<16xi16> to vector<16xbf16>
// CHECK: llvm.return %[[Y]]
llvm.func @lanes(%v: vector<16xbf16>, %i: i64) -> vector<16xbf16> {
  %x = llvm.extractelement %v[%i : i64] : vector<16xbf16>
  %y = llvm.insertelement %x, %v[%i : i64] : vector<16xbf16>
  llvm.return %y : vector<16xbf16>
}

// CHECK-LABEL: llvm.func @masks
// CHECK: %[[N:.*]] = llvm.bitcast %arg0 : vector<16xbf16> to vector<16xi16>
// CHECK: %[[L:.*]] = llvm.intr.masked.load %arg1, %arg2, %[[N]] {alignment = 2 : i32} {{.*}} -> vector<16xi16>
// CHECK: %[[F:.*]] = llvm.bitcast %[[L]] : vector<16xi16> to vector<16xbf16>
// CHECK: %[[I:.*]] = llvm.bitcast %[[F]] : vector<16xbf16> to vector<16xi16>
// CHECK: llvm.intr.masked.store %[[I]], %arg1, %arg2 {{.*}} : vector<16xi16>
llvm.func @masks(%v: vector<16xbf16>, %p: !llvm.ptr, %mask: vector<16xi1>) {
  %x = llvm.intr.masked.load %p, %mask, %v {alignment = 2 : i32} : (!llvm.ptr, vector<16xi1>, vector<16xbf16>) -> vector<16xbf16>
  llvm.intr.masked.store %x, %p, %mask {alignment = 2 : i32} : vector<16xbf16>, vector<16xi1> into !llvm.ptr
  llvm.return
}

// Other floats have instructions.
// CHECK-LABEL: llvm.func @others
// CHECK-NOT: llvm.bitcast
llvm.func @others(%v: vector<16xf16>, %i: i64) -> f16 {
  %x = llvm.extractelement %v[%i : i64] : vector<16xf16>
  llvm.return %x : f16
}
