// RUN: quant-opt %s -pass-pipeline='builtin.module(func.func(qt-read-ranges{file=%S/Inputs/ranges.json}))' | FileCheck %s
// RUN: quant-opt %s -pass-pipeline='builtin.module(func.func(qt-read-ranges{file=%S/Inputs/ranges.json},qt-integerize{method=ibert}))' | FileCheck %s --check-prefix=STATIC

// One number is a range of both signs.
// CHECK: qt.ranges = {hidden = array<f64: -1.000000e+00, 2.540000e+00>, x = array<f64: -6.350000e+00, 6.350000e+00>, y = array<f64: 0.000000e+00, 1.270000e+00>}

// Codes of 8 bits of a constant scale, on which GELU is integer arithmetic of constants.
// STATIC-LABEL: func @sum
// STATIC: nn.clip %{{.*}} min -1.270000e+02 max 1.270000e+02
// STATIC: nn.cast %{{.*}} : tensor<2x4xi32> to tensor<2x4xi8>
// STATIC-NOT: nn.gelu
// STATIC: qt.dequantize
func.func @sum(%x: tensor<2x4xf32> loc("x")) -> tensor<2x4xf32> {
  %0 = nn.unary relu %x : tensor<2x4xf32> loc("hidden")
  %1 = nn.gelu erf %0 : tensor<2x4xf32> loc("y")
  return %1 : tensor<2x4xf32>
}
