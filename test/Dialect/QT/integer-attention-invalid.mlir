// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @exponents(%x: tensor<1x2x5x8xi16>, %e: tensor<1x2x1x1xi8>, %g: tensor<1x2x5x1xi8>, %v: tensor<1x2x5x8xi8>) {
  // expected-error @below {{k of type 'tensor<1x2x5x8xi16>' has exponents of type 'tensor<1x2x1x1xi8>'; supported: one for every token and head}}
  %y, %ye = qt.integer_attention q(%x, %g : tensor<1x2x5x8xi16>, tensor<1x2x5x1xi8>) k(%x, %e : tensor<1x2x5x8xi16>, tensor<1x2x1x1xi8>) v(%v, %g : tensor<1x2x5x8xi8>, tensor<1x2x5x1xi8>) {scale = 1.0 : f32} -> tensor<1x2x5x8xi32>, tensor<1x2x5x1xi32>
  return
}

// -----

func.func @tokens(%x: tensor<1x2x5x8xi16>, %g: tensor<1x2x5x1xi8>, %v: tensor<1x2x6x8xi8>, %e: tensor<1x2x6x1xi8>) {
  // expected-error @below {{tokens of k and v differ: 5 and 6}}
  %y, %ye = qt.integer_attention q(%x, %g : tensor<1x2x5x8xi16>, tensor<1x2x5x1xi8>) k(%x, %g : tensor<1x2x5x8xi16>, tensor<1x2x5x1xi8>) v(%v, %e : tensor<1x2x6x8xi8>, tensor<1x2x6x1xi8>) {scale = 1.0 : f32} -> tensor<1x2x5x8xi32>, tensor<1x2x5x1xi32>
  return
}

// -----

func.func @heads(%q: tensor<1x3x5x8xi16>, %qe: tensor<1x3x5x1xi8>, %x: tensor<1x2x5x8xi16>, %g: tensor<1x2x5x1xi8>, %v: tensor<1x2x5x8xi8>) {
  // expected-error @below {{2 key heads do not divide 3 query heads}}
  %y, %ye = qt.integer_attention q(%q, %qe : tensor<1x3x5x8xi16>, tensor<1x3x5x1xi8>) k(%x, %g : tensor<1x2x5x8xi16>, tensor<1x2x5x1xi8>) v(%v, %g : tensor<1x2x5x8xi8>, tensor<1x2x5x1xi8>) {scale = 1.0 : f32} -> tensor<1x3x5x8xi32>, tensor<1x3x5x1xi32>
  return
}

// -----

func.func @order(%x: tensor<1x2x5x8xi16>, %g: tensor<1x2x5x1xi8>, %v: tensor<1x2x5x8xi8>) {
  // expected-error @below {{heads of q and the result differ: 2 and 5}}
  %y, %ye = qt.integer_attention q(%x, %g : tensor<1x2x5x8xi16>, tensor<1x2x5x1xi8>) k(%x, %g : tensor<1x2x5x8xi16>, tensor<1x2x5x1xi8>) v(%v, %g : tensor<1x2x5x8xi8>, tensor<1x2x5x1xi8>) {scale = 1.0 : f32, result_order = #qt.order<bshd>} -> tensor<1x2x5x8xi32>, tensor<1x2x5x1xi32>
  return
}

// -----

func.func @features(%x: tensor<1x2x5x513xi16>, %g: tensor<1x2x5x1xi8>, %v: tensor<1x2x5x8xi8>) {
  // expected-error @below {{heads of 513 features; supported: up to 512}}
  %y, %ye = qt.integer_attention q(%x, %g : tensor<1x2x5x513xi16>, tensor<1x2x5x1xi8>) k(%x, %g : tensor<1x2x5x513xi16>, tensor<1x2x5x1xi8>) v(%v, %g : tensor<1x2x5x8xi8>, tensor<1x2x5x1xi8>) {scale = 1.0 : f32} -> tensor<1x2x5x8xi32>, tensor<1x2x5x1xi32>
  return
}

// -----

func.func @keys(%q: tensor<1x1x5x8xi16>, %qe: tensor<1x1x5x1xi8>, %x: tensor<1x1x70000x8xi16>, %g: tensor<1x1x70000x1xi8>, %v: tensor<1x1x70000x8xi8>) {
  // expected-error @below {{70000 keys; supported: up to 65793}}
  %y, %ye = qt.integer_attention q(%q, %qe : tensor<1x1x5x8xi16>, tensor<1x1x5x1xi8>) k(%x, %g : tensor<1x1x70000x8xi16>, tensor<1x1x70000x1xi8>) v(%v, %g : tensor<1x1x70000x8xi8>, tensor<1x1x70000x1xi8>) {scale = 1.0 : f32} -> tensor<1x1x5x8xi32>, tensor<1x1x5x1xi32>
  return
}

// -----

func.func @mask(%x: tensor<1x2x5x8xi16>, %g: tensor<1x2x5x1xi8>, %v: tensor<1x2x5x8xi8>, %m: tensor<3x5xi32>) {
  // expected-error @below {{mask of type 'tensor<3x5xi32>' does not broadcast to the scores 'tensor<1x2x5x5xi32>'}}
  %y, %ye = qt.integer_attention q(%x, %g : tensor<1x2x5x8xi16>, tensor<1x2x5x1xi8>) k(%x, %g : tensor<1x2x5x8xi16>, tensor<1x2x5x1xi8>) v(%v, %g : tensor<1x2x5x8xi8>, tensor<1x2x5x1xi8>) mask(%m : tensor<3x5xi32>) {scale = 1.0 : f32} -> tensor<1x2x5x8xi32>, tensor<1x2x5x1xi32>
  return
}
