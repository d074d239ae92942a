// RUN: quant-opt %s -verify-diagnostics -pass-pipeline="builtin.module(func.func(qt-verify-ranges{report print}))"

// expected-remark @below {{1 exponents saturate at 8 bits}}
func.func @saturates(%x: tensor<1x4xf32>) -> (tensor<1x1xi8>, tensor<1x1xi8>) {
  // expected-remark @below {{range -32767..32767}}
  // expected-remark @below {{range -128..127}}
  %q:2 = qt.quantize %x {encoding = #qt.encoding<norm, -32767..32767>, format = !qt.block<[1, ?], s16, scale = exp<8>>} : tensor<1x4xf32> -> tensor<1x4xi16>, tensor<1x1xi8>
  // expected-remark @below {{range -128..127}}
  %e = nn.cast %q#1 : tensor<1x1xi8> to tensor<1x1xi32>
  // expected-remark @below {{range 1}}
  %one = arith.constant dense<1> : tensor<i32>
  // expected-remark @below {{range -127..128}}
  %next = nn.binary add %e, %one : tensor<1x1xi32>, tensor<i32> -> tensor<1x1xi32>
  // expected-remark @below {{range -127..127}}
  %limited = nn.clip %next min -128.0 max 127.0 : tensor<1x1xi32>
  // expected-remark @below {{range -127..127}}
  %a = nn.cast %limited : tensor<1x1xi32> to tensor<1x1xi8>
  // expected-remark @below {{range -128..127}}
  %same = nn.clip %e min -128.0 max 127.0 : tensor<1x1xi32>
  // expected-remark @below {{range -128..127}}
  %b = nn.cast %same : tensor<1x1xi32> to tensor<1x1xi8>
  return %a, %b : tensor<1x1xi8>, tensor<1x1xi8>
}
