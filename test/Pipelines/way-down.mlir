// Each pass of the way down, behind those before it.
// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(qt-quantize-contractions{recipe=w8a8}))' | FileCheck %s --check-prefix=QUANTIZE
// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(qt-quantize-contractions{recipe=w8a8}),func.func(qt-split))' | FileCheck %s --check-prefix=SPLIT
// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(qt-quantize-contractions{recipe=w8a8}),func.func(qt-split),func.func(qt-fuse-epilogues),canonicalize)' | FileCheck %s --check-prefix=FUSE
// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(qt-quantize-contractions{recipe=w8a8}),func.func(qt-split),func.func(qt-fuse-epilogues),canonicalize,func.func(qt-assign-layouts{cpu-layout=avx2}))' | FileCheck %s --check-prefix=LAYOUT
// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(qt-quantize-contractions{recipe=w8a8}),func.func(qt-split),func.func(qt-fuse-epilogues),canonicalize,func.func(qt-assign-layouts{cpu-layout=avx2}),cse,qt-outline-globals)' | FileCheck %s --check-prefix=GLOBALS
// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(qt-quantize-contractions{recipe=w8a8}),func.func(qt-split),func.func(qt-fuse-epilogues),canonicalize,func.func(qt-assign-layouts{cpu-layout=avx2}),cse,qt-outline-globals,qt-group-kernels)' | FileCheck %s --check-prefix=GROUP
// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(qt-quantize-contractions{recipe=w8a8}),func.func(qt-split),func.func(qt-fuse-epilogues),canonicalize,func.func(qt-assign-layouts{cpu-layout=avx2}),cse,qt-outline-globals,qt-group-kernels,qt-lower-kernels)' | FileCheck %s --check-prefix=LOWER
// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(qt-quantize-contractions{recipe=w8a8}),func.func(qt-split),func.func(qt-fuse-epilogues),canonicalize,func.func(qt-assign-layouts{cpu-layout=avx2}),cse,qt-outline-globals,qt-group-kernels,qt-lower-kernels,nn-expand-elementwise)' | FileCheck %s --check-prefix=EXPAND
// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(qt-quantize-contractions{recipe=w8a8}),func.func(qt-split),func.func(qt-fuse-epilogues),canonicalize,func.func(qt-assign-layouts{cpu-layout=avx2}),cse,qt-outline-globals,qt-group-kernels,qt-lower-kernels,nn-expand-elementwise,qt-lower-dot)' | FileCheck %s --check-prefix=DOT

// The matched code range of AVX2 for weights, the whole range for activations.
// QUANTIZE-LABEL: func.func @main
// QUANTIZE-DAG: qt.quantize {{.*}}-127..127{{.*}} -> tensor<4x64x!qt.block<[1, ?], s8, scale = f32>>
// QUANTIZE-DAG: qt.quantize {{.*}}-90..90{{.*}} -> tensor<16x64x!qt.block<[1, ?], s8, scale = f32>>
// QUANTIZE: nn.matmul
// QUANTIZE: nn.unary relu {{.*}} : tensor<4x16xf32>

// SPLIT-LABEL: func.func @main
// SPLIT-NOT: nn.matmul
// SPLIT: qt.contract lhs({{.*}} : tensor<4x64xi8>, tensor<4x1xf32>) rhs({{.*}} : tensor<16x64xi8>, tensor<16x1xf32>)
// SPLIT: nn.unary relu {{.*}} : tensor<4x16xf32>

// FUSE: qt.contract
// FUSE-NEXT: ^bb0
// FUSE-NEXT: nn.unary relu {{.*}} : f32
// FUSE-NEXT: qt.yield

// LAYOUT: qt.quantize {{.*}}layout = #qt.layout<s8
// LAYOUT: qt.pack {{.*}}#qt.layout<s8, panel = 16
// LAYOUT: qt.contract {{.*}}layout = #qt.layout<s8, panel = 16

// GLOBALS: qt.global @{{.*}} : tensor<
// GLOBALS: qt.pack
// GLOBALS: func.func @main
// GLOBALS-NOT: qt.pack
// GLOBALS: qt.global_ref @

// GROUP: func.func @main
// GROUP: qt.launch @{{.*}}(
// GROUP: qt.launch @{{.*}}(
// GROUP: func.func private @{{.*}}qt.kernel

// LOWER: module @{{.*}}qt.iterations
// LOWER: func.func @{{.*}}(%{{.*}}: i64, %{{.*}}: i64, %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr) -> i32
// LOWER: qt.dot

// EXPAND-NOT: nn.unary
// EXPAND: qt.dot

// DOT-NOT: qt.dot
// DOT: llvm.call_intrinsic "llvm.x86.avx2

module attributes {qt.target = {triple = "x86_64-unknown-linux-gnu", cpu = "znver3", features = "+avx,+avx2,+fma"}} {
  func.func @main(%x: tensor<4x64xf32>) -> tensor<4x16xf32> {
    %w = arith.constant dense<1.0> : tensor<16x64xf32>
    %y = nn.matmul %x, %w : tensor<4x64xf32>, tensor<16x64xf32> -> tensor<4x16xf32>
    %z = nn.unary relu %y : tensor<4x16xf32>
    return %z : tensor<4x16xf32>
  }
}
