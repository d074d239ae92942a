// RUN: quant-opt %s -interpret -verify-diagnostics
// 32 bits must hold every sum of a packed contraction, and forms what they are
// made for.

!rows8 = !qt.block<[1, ?], s8, scale = f32>

func.func @wide() {
  %c = arith.constant dense<-128> : tensor<1x131072xi8>
  %s = arith.constant dense<1.0> : tensor<1x1xf32>
  // expected-error @below {{sums of 131072 products with these weights reach 2147483648, more than 32 bits hold; blocks of 32 have no such limit}}
  %p = qt.pack %c, %s {format = !rows8, layout = #qt.layout<s8, panel = 4, rows = 4, bias = 128>} : tensor<1x131072xi8>, tensor<1x1xf32> -> tensor<?xi8>
  return
}

func.func @multipliers() {
  %w = arith.constant dense<1> : tensor<1x32xi8>
  %m = arith.constant dense<[[15, -16]]> : tensor<1x2xi8>
  %o = arith.constant dense<1.0> : tensor<1x1xf32>
  // expected-error @below {{multipliers reach beyond 15, more than the layout 'w4s' holds; the layout 'w4i' has no such limit}}
  %p = qt.pack %w, %m, %o {format = !qt.block<[1, 32], s4, scale = s8, outer = f32>, layout = #qt.layout<w4s, panel = 8, rows = 4, bias = 128>} : tensor<1x32xi8>, tensor<1x2xi8>, tensor<1x1xf32> -> tensor<?xi8>
  return
}

func.func @narrow() {
  %w = arith.constant dense<[[64, -65]]> : tensor<1x2xi8>
  %s = arith.constant dense<1.0> : tensor<1x1xf32>
  // expected-error @below {{codes reach beyond 64, more than the layout 'b32n' holds; the layout 'b32' has no such limit}}
  %p = qt.pack %w, %s {format = !qt.block<[1, 32], s8, scale = f32>, layout = #qt.layout<b32n, panel = 8, rows = 4, bias = 128>} : tensor<1x2xi8>, tensor<1x1xf32> -> tensor<?xi8>
  return
}

func.func @lowest() {
  %w = arith.constant dense<[[64, -128]]> : tensor<1x2xi8>
  %s = arith.constant dense<0> : tensor<1x1xi8>
  // expected-error @below {{codes reach -128, which the layout 'chained' does not hold; the layout 'b32' does}}
  %p = qt.pack %w, %s {format = !qt.block<[1, ?], s8, scale = exp<8>>, layout = #qt.layout<chained, panel = 16, rows = 4, bias = 128>} : tensor<1x2xi8>, tensor<1x1xi8> -> tensor<?xi8>
  return
}
