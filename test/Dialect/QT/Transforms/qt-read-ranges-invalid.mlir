// RUN: quant-opt %s -pass-pipeline='builtin.module(func.func(qt-read-ranges{file=%S/Inputs/wrong-ranges.json}))' -verify-diagnostics

// All that is wrong is said at once.
// expected-error @below {{no range of 'hidden', 'large', 'never', 'tiny', 'x'; supported: [lowest, highest] or the largest magnitude, which is 2^-80 to 2^80}}
// expected-error @below {{the model computes no value 'large', 'never', 'nobody', 'tiny'}}
func.func @sum(%x: tensor<2x4xf32> loc("x")) -> tensor<2x4xf32> {
  %0 = nn.unary relu %x : tensor<2x4xf32> loc("hidden")
  return %0 : tensor<2x4xf32>
}
