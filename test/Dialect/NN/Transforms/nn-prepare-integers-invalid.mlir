// RUN: quant-opt %s -nn-prepare-integers -split-input-file -verify-diagnostics

func.func @factor(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %c = arith.constant dense<[[1.0, 2.0], [0xFF800000, 3.0]]> : tensor<2x2xf32> loc("gain")
  // expected-error @below {{constant 'gain' is infinite at [1, 0]; supported: finite numbers}}
  %0 = nn.binary mul %x, %c : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}

// -----

// All at once.
func.func @none(%x: tensor<2x2xf32>, %c: tensor<2x2xi1>) -> (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xi1>) {
  %nan = arith.constant dense<[1.0, 0x7FC00000]> : tensor<2xf32> loc("shift")
  // expected-error @below {{constant 'shift' is NaN at [1]; supported: numbers}}
  %0 = nn.binary add %x, %nan : tensor<2x2xf32>, tensor<2xf32> -> tensor<2x2xf32>
  // expected-error @below {{limit 'min' is NaN; supported: numbers}}
  %1 = nn.clip %x min 0x7FF8000000000000 max 1.0 : tensor<2x2xf32>
  // expected-error @below {{constant 'shift' is NaN at [1]; supported: numbers}}
  %2 = nn.compare lt %x, %nan : tensor<2x2xf32>, tensor<2xf32> -> tensor<2x2xi1>
  return %0, %1, %2 : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xi1>
}

// -----

// What an infinity is chosen, compared or added for is there.
func.func @infinities(%x: tensor<2x2xf32>, %c: tensor<2x2xi1>) -> (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xi1>) {
  %far = arith.constant dense<0xFF800000> : tensor<1xf32>
  %0 = nn.select %c, %x, %far : tensor<2x2xi1>, tensor<2x2xf32>, tensor<1xf32> -> tensor<2x2xf32>
  %1 = nn.binary add %x, %far : tensor<2x2xf32>, tensor<1xf32> -> tensor<2x2xf32>
  %2 = nn.compare lt %x, %far : tensor<2x2xf32>, tensor<1xf32> -> tensor<2x2xi1>
  return %0, %1, %2 : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xi1>
}
