// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @f(%m: tensor<4xi32>, %e: tensor<3xi32>) {
  // expected-error @below {{operands do not broadcast: 'tensor<4xi32>', 'tensor<3xi32>'}}
  %y = qt.sigma erf %m, %e : tensor<4xi32>, tensor<3xi32> -> tensor<4xi32>
  return
}

// -----

func.func @f(%m: tensor<4xi32>, %e: tensor<1xi32>) {
  // expected-error @below {{result is of type 'tensor<1xi32>', expected 'tensor<4xi32>'}}
  %y = qt.sigma erf %m, %e : tensor<4xi32>, tensor<1xi32> -> tensor<1xi32>
  return
}

// -----

func.func @f(%m: tensor<4xi16>, %e: tensor<1xi32>) {
  // expected-error @below {{operand #0 must be a scalar, vector or ranked tensor of i32}}
  %y = qt.sigma erf %m, %e : tensor<4xi16>, tensor<1xi32> -> tensor<4xi32>
  return
}
