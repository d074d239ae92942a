// RUN: not quant-opt %s '-qt-quantize-contractions=recipe=absent' 2>&1 | FileCheck %s --check-prefix=ABSENT
// RUN: not quant-opt %s '-qt-quantize-contractions=recipe=%S/Inputs/absent.json' 2>&1 | FileCheck %s --check-prefix=FILE
// RUN: not quant-opt %s '-qt-quantize-contractions=recipe=%S/Inputs/float-weights.json' 2>&1 | FileCheck %s --check-prefix=KEPT

// ABSENT: error: no recipe 'absent'; there are e8, f32, {{.*}}w8a8
// FILE: absent.json': No such file

// Every contraction that cannot take its formats is told, not the first one.
// KEPT-COUNT-2: error: recipe 'float-weights' keeps 1 of its 2 operands in float; supported:
func.func @f(%x: tensor<?x64xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  %w = arith.constant dense<1.0> : tensor<8x64xf32>
  %0 = nn.matmul %x, %w : tensor<?x64xf32>, tensor<8x64xf32> -> tensor<?x8xf32>
  %1 = nn.matmul %x, %w : tensor<?x64xf32>, tensor<8x64xf32> -> tensor<?x8xf32>
  return %0, %1 : tensor<?x8xf32>, tensor<?x8xf32>
}
