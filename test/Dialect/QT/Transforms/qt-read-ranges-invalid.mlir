// RUN: quant-opt %s -pass-pipeline='builtin.module(func.func(qt-read-ranges{file=%S/Inputs/wrong-ranges.json}))' -verify-diagnostics

// All that is wrong is said at once.
// expected-error @below {{no range of 'hidden', 'never', 'x'; supported: [lowest, highest], finite, not both 0, or the largest magnitude, above 0}}
// expected-error @below {{the model computes no value 'never', 'nobody'}}
func.func @sum(%x: tensor<2x4xf32> loc("x")) -> tensor<2x4xf32> {
  %0 = nn.unary relu %x : tensor<2x4xf32> loc("hidden")
  return %0 : tensor<2x4xf32>
}
