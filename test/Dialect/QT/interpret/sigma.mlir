// RUN: quant-opt %s -interpret

// From ../shared/reference/integer-only.md: mantissas at the exponent -12.
func.func @gelu() {
  %m = arith.constant dense<[0, 1, -1, 100, -100, 8191, -8192, 16384, -32767]> : tensor<9xi32>
  %e = arith.constant dense<-12> : tensor<1xi32>
  %erf = qt.sigma gelu_erf %m, %e : tensor<9xi32>, tensor<1xi32> -> tensor<9xi32>
  %e0 = arith.constant dense<[16384, 16387, 16381, 16703, 16065, 32022, 745, 32767, 0]> : tensor<9xi32>
  check.expect_eq %erf, %e0 : tensor<9xi32>, tensor<9xi32>
  %tanh = qt.sigma gelu_tanh %m, %e : tensor<9xi32>, tensor<1xi32> -> tensor<9xi32>
  %e1 = arith.constant dense<[16384, 16387, 16381, 16703, 16065, 32024, 744, 32767, 0]> : tensor<9xi32>
  check.expect_eq %tanh, %e1 : tensor<9xi32>, tensor<9xi32>
  %sigmoid = qt.sigma sigmoid %m, %e : tensor<9xi32>, tensor<1xi32> -> tensor<9xi32>
  %e2 = arith.constant dense<[16384, 16386, 16382, 16584, 16184, 28861, 3906, 32179, 11]> : tensor<9xi32>
  check.expect_eq %sigmoid, %e2 : tensor<9xi32>, tensor<9xi32>
  return
}
