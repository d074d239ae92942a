// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @complex(%x: tensor<2xcomplex<f32>>) {
  // expected-error @below {{operand #0 must be a ranked tensor of f16, bf16, f32, f64, i1, integers of 8, 16, 32 or 64 bits, or quantised elements}}
  check.expect_eq %x, %x : tensor<2xcomplex<f32>>, tensor<2xcomplex<f32>>
  return
}

// -----

// HostValue has no such element.
func.func @odd(%x: tensor<2xi128>) {
  // expected-error @below {{operand #0 must be a ranked tensor of f16}}
  check.expect_eq %x, %x : tensor<2xi128>, tensor<2xi128>
  return
}
