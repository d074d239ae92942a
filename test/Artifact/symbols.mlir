// An artefact exports one function, needs the C library only, has no
// executable stack, and is the same for any number of threads.
// RUN: quantc compile %s -o %t.so --recipe=f32 --mcpu=x86-64 --triple=x86_64-unknown-linux-gnu --threads=1
// RUN: llvm-readelf --dyn-syms %t.so | FileCheck %s --check-prefix=SYMBOLS
// RUN: llvm-readelf -d %t.so | FileCheck %s --check-prefix=NEEDED
// RUN: llvm-readelf -lW %t.so | FileCheck %s --check-prefix=STACK
// RUN: quantc compile %s -o %t.again.so --recipe=f32 --mcpu=x86-64 --triple=x86_64-unknown-linux-gnu --threads=3
// RUN: cmp %t.so %t.again.so
// RUN: quantc compile %s -o %t.named.so --recipe=f32 --name=mine
// RUN: llvm-readelf --dyn-syms %t.named.so | FileCheck %s --check-prefix=NAMED
// RUN: quantc compile %s -o %t.arm.so --recipe=f32 --mcpu=cortex-a76 --triple=aarch64-unknown-linux-gnu
// RUN: llvm-readelf -h %t.arm.so | FileCheck %s --check-prefix=ARM

// SYMBOLS-COUNT-1: FUNC GLOBAL DEFAULT {{[0-9]+}} quantc_model
// NEEDED-COUNT-1: (NEEDED) Shared library: [libc.so.6]
// NEEDED-NOT: (NEEDED)
// STACK: GNU_STACK {{.*}} RW 0x0
// NAMED: FUNC GLOBAL DEFAULT {{[0-9]+}} mine_model
// ARM: Machine: AArch64

func.func @main(%x: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>)
    attributes {qt.dim_names = ["batch"], qt.arg_names = ["x"], qt.result_names = ["y", "z"],
                qt.arg_shapes = [affine_map<()[s0] -> (s0, 4)>]} {
  %w = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %y = nn.binary add %x, %w : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  return %y, %y : tensor<?x4xf32>, tensor<?x4xf32>
}
