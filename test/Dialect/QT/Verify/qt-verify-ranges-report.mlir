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

// Of an open size there may be one element, or none.
func.func @sums(%x: tensor<?x4xi8>) -> (tensor<4xi64>, tensor<?xi64>) {
  // expected-remark @below {{range -128..127}}
  %w = nn.cast %x : tensor<?x4xi8> to tensor<?x4xi64>
  // expected-remark @below {{range 3..100}}
  %c = nn.clip %w min 3.0 max 100.0 : tensor<?x4xi64>
  // expected-remark @below {{range 0..109951162777600}}
  %s = nn.reduce sum %c axes [0] : tensor<?x4xi64> -> tensor<4xi64>
  // expected-remark @below {{range 12..400}}
  %r = nn.reduce sum %c axes [1] : tensor<?x4xi64> -> tensor<?xi64>
  return %s, %r : tensor<4xi64>, tensor<?xi64>
}
