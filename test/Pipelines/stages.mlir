// Every stage of the compiler, behind those before it.
// RUN: quant-opt %s --quantc-recompose -o %t.recompose && FileCheck %s --check-prefix=RECOMPOSE < %t.recompose
// RUN: quant-opt %t.recompose --quantc-quantize=recipe=w8a8 -o %t.quantize && FileCheck %s --check-prefix=QUANTIZE < %t.quantize
// RUN: quant-opt %t.quantize --quantc-split -o %t.split && FileCheck %s --check-prefix=SPLIT < %t.split
// RUN: quant-opt %t.split --quantc-layout=cpu-layout=avx2 -o %t.layout && FileCheck %s --check-prefix=LAYOUT < %t.layout
// RUN: quant-opt %t.layout --quantc-group -o %t.group && FileCheck %s --check-prefix=GROUP < %t.group
// RUN: quant-opt %t.group --quantc-lower -o %t.lower && FileCheck %s --check-prefix=LOWER < %t.lower
// RUN: quant-opt %t.lower --quantc-llvm | FileCheck %s --check-prefix=LLVM

// RECOMPOSE: nn.silu

// The matched code range of AVX2 for weights, the whole range for activations.
// QUANTIZE-DAG: qt.quantize {{.*}}-127..127{{.*}} -> tensor<4x64x!qt.block<[1, ?], s8, scale = f32>>
// QUANTIZE-DAG: qt.quantize {{.*}}-90..90{{.*}} -> tensor<16x64x!qt.block<[1, ?], s8, scale = f32>>
// QUANTIZE: nn.matmul

// SPLIT-NOT: nn.matmul
// SPLIT: qt.contract
// SPLIT-NEXT: ^bb0
// SPLIT-NEXT: nn.silu {{.*}} : f32

// LAYOUT: qt.pack {{.*}}#qt.layout<
// LAYOUT: qt.contract {{.*}}layout = #qt.layout<

// GROUP: qt.global @
// GROUP: func.func @main
// GROUP-COUNT-2: qt.launch @
// GROUP: func.func private @{{.*}}qt.kernel

// LOWER: module @{{.*}}qt.iterations
// LOWER: qt.dot

// LLVM-NOT: qt.dot
// LLVM: llvm.func @
// LLVM: llvm.call_intrinsic "llvm.x86.avx2

module attributes {qt.target = {triple = "x86_64-unknown-linux-gnu", cpu = "znver3", features = "+avx,+avx2,+fma"}} {
  func.func @main(%x: tensor<4x64xf32>) -> tensor<4x16xf32> {
    %w = arith.constant dense<1.0> : tensor<16x64xf32>
    %y = nn.matmul %x, %w : tensor<4x64xf32>, tensor<16x64xf32> -> tensor<4x16xf32>
    %s = nn.unary sigmoid %y : tensor<4x16xf32>
    %z = nn.binary mul %y, %s : tensor<4x16xf32>, tensor<4x16xf32> -> tensor<4x16xf32>
    return %z : tensor<4x16xf32>
  }
}
