// RUN: quant-opt %s -split-input-file -verify-diagnostics

// expected-error @below {{of type 'tensor<?xi8>'; supported: a static tensor of numbers}}
qt.global @w0 : tensor<?xi8> {
  %w = qt.weight #qt.blob<"0x01"> : tensor<1xi8>
  %a = qt.alias %w : tensor<1xi8> to tensor<?xi8>
  qt.yield %a : tensor<?xi8>
}

// -----

// expected-error @below {{is of type 'tensor<2xi8>', yields ('tensor<1xi8>')}}
qt.global @w0 : tensor<2xi8> {
  %w = qt.weight #qt.blob<"0x01"> : tensor<1xi8>
  qt.yield %w : tensor<1xi8>
}

// -----

func.func @f() {
  // expected-error @below {{@w1 is no qt.global}}
  %w = qt.global_ref @w1 : tensor<2xi8>
  return
}

// -----

qt.global @w0 : tensor<1xi8> {
  %w = qt.weight #qt.blob<"0x01"> : tensor<1xi8>
  qt.yield %w : tensor<1xi8>
}
func.func @f() {
  // expected-error @below {{@w0 is of type 'tensor<1xi8>', not 'tensor<2xi8>'}}
  %w = qt.global_ref @w0 : tensor<2xi8>
  return
}

// -----

func.func @f(%x: tensor<?x4xf32>) {
  // expected-error @below {{@k0 is not defined}}
  %y = qt.launch @k0(%x) sizes affine_map<()[s0] -> (s0)> : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func private @k0(tensor<?x4xf32>) -> tensor<?x4xf32>
func.func @f(%x: tensor<?x4xf32>) {
  // expected-error @below {{@k0 is no function with qt.kernel}}
  %y = qt.launch @k0(%x) sizes affine_map<()[s0] -> (s0)> : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func private @k0(tensor<?x4xf32>) -> tensor<?x4xf32> attributes {qt.kernel}
func.func @f(%x: tensor<?x4xf32>) {
  // expected-error @below {{@k0 is of type ('tensor<?x4xf32>') -> ('tensor<?x4xf32>'), launched as ('tensor<?x4xf32>') -> ('tensor<?x5xf32>')}}
  %y = qt.launch @k0(%x) sizes affine_map<()[s0] -> (s0)> : (tensor<?x4xf32>) -> tensor<?x5xf32>
  return
}

// -----

func.func private @k0(tensor<?x4xf32>) -> tensor<?x4xf32> attributes {qt.kernel, qt.arg_shapes = [affine_map<()[s0, s1] -> (s0, s1)>]}
func.func @f(%x: tensor<?x4xf32>) {
  // expected-error @below {{@k0 has 2 symbols, sizes gives 1}}
  %y = qt.launch @k0(%x) sizes affine_map<()[s0] -> (s0)> : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func private @k0(tensor<?x4xf32>) -> tensor<?x4xf32> attributes {qt.kernel}
func.func @f(%x: tensor<?x4xf32>) {
  // expected-error @below {{has 1 dimensions; supported: symbols}}
  %y = qt.launch @k0(%x) sizes affine_map<(d0) -> (d0)> : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

func.func @f(%x: tensor<4x4xf32>) {
  // expected-error @below {{changes the number of elements from 16 to 15}}
  %y = qt.alias %x : tensor<4x4xf32> to tensor<15xf32>
  return
}

// -----

func.func @f(%x: tensor<4x4xf32>) {
  // expected-error @below {{changes the element type}}
  %y = qt.alias %x : tensor<4x4xf32> to tensor<16xi32>
  return
}

// -----

func.func @f(%x: tensor<?x?xf32>) {
  // expected-error @below {{does not tell its dynamic sizes; supported: one, or sizes in terms of the function's symbols}}
  %y = qt.alias %x : tensor<?x?xf32> to tensor<?x?xf32>
  return
}

// -----

func.func @f(%x: tensor<?x4xf32>) {
  // expected-error @below {{supported: symbols, and a size a dimension}}
  %y = qt.alias %x sizes affine_map<()[s0] -> (s0)> : tensor<?x4xf32> to tensor<?x2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<?x4xf32>) {
  // expected-error @below {{contradict the result's type}}
  %y = qt.alias %x sizes affine_map<()[s0] -> (s0, 3)> : tensor<?x4xf32> to tensor<?x4xf32>
  return
}

// -----

// What reads itself has no value.
qt.global @g : tensor<4xf32> {
  // expected-error @below {{stands in a qt.global, which computes its bytes from constants alone}}
  %0 = qt.global_ref @g : tensor<4xf32>
  qt.yield %0 : tensor<4xf32>
}

// -----

func.func private @k(%x: tensor<4xf32>) -> tensor<4xf32> attributes {qt.kernel} {
  // expected-error @below {{stands in a kernel, which launches no other}}
  %0 = qt.launch @k(%x) sizes affine_map<() -> ()> : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
