// RUN: quant-opt %s -split-input-file -verify-diagnostics -pass-pipeline="builtin.module(func.func(qt-verify-ranges))"

// A model's own integers wrap around; what is computed from them is no sum of
// theirs, and anything else that they are made to has to fit.
func.func @own(%x: tensor<1x4xf32>) -> (tensor<1x4xi32>, tensor<1x4xi8>, tensor<1x4xi32>) {
  %q:2 = qt.quantize %x {encoding = #qt.encoding<norm, -32767..32767>, format = !qt.block<[1, ?], s16, scale = exp<8>>} : tensor<1x4xf32> -> tensor<1x4xi16>, tensor<1x1xi8>
  %most = arith.constant dense<2147483647> : tensor<i32>
  %m = nn.cast %q#0 : tensor<1x4xi16> to tensor<1x4xi32>
  %sum = nn.binary add %m, %most {qt.wraps} : tensor<1x4xi32>, tensor<i32> -> tensor<1x4xi32>
  %low = nn.cast %sum {qt.wraps} : tensor<1x4xi32> to tensor<1x4xi8>
  // expected-error @below {{'nn.binary' op 'sub' may reach -4294967295..0 for some input}}
  %back = nn.binary sub %sum, %most : tensor<1x4xi32>, tensor<i32> -> tensor<1x4xi32>
  return %sum, %low, %back : tensor<1x4xi32>, tensor<1x4xi8>, tensor<1x4xi32>
}

// -----

// Integers without a sign hold no negative ones, and twice as many others.
func.func @unsigned(%x: tensor<1x4xf32>) -> (tensor<1x4xui8>, tensor<1x4xui8>) {
  %q:2 = qt.quantize %x {encoding = #qt.encoding<norm, -32767..32767>, format = !qt.block<[1, ?], s16, scale = exp<8>>} : tensor<1x4xf32> -> tensor<1x4xi16>, tensor<1x1xi8>
  %m = nn.cast %q#0 : tensor<1x4xi16> to tensor<1x4xi32>
  %all = nn.clip %m min 0.0 max 255.0 : tensor<1x4xi32>
  %fits = nn.cast %all : tensor<1x4xi32> to tensor<1x4xui8>
  %less = nn.clip %m min -1.0 max 127.0 : tensor<1x4xi32>
  // expected-error @below {{'nn.cast' op result may reach -1..127 for some input}}
  %over = nn.cast %less : tensor<1x4xi32> to tensor<1x4xui8>
  return %fits, %over : tensor<1x4xui8>, tensor<1x4xui8>
}
