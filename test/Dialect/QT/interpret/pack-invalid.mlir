// RUN: quant-opt %s -interpret -verify-diagnostics
// 32 bits must hold every sum of a packed contraction.

!rows8 = !qt.block<[1, ?], s8, scale = f32>

func.func @wide() {
  %c = arith.constant dense<-128> : tensor<1x131072xi8>
  %s = arith.constant dense<1.0> : tensor<1x1xf32>
  // expected-error @below {{sums of 131072 products with these weights reach 2147483648, more than 32 bits hold; blocks of 32 have no such limit}}
  %p = qt.pack %c, %s {format = !rows8, layout = #qt.layout<s8, panel = 4, rows = 4, bias = 128>} : tensor<1x131072xi8>, tensor<1x1xf32> -> tensor<?xi8>
  return
}
