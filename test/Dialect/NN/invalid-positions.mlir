// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @iota_size(%n: tensor<2xi64>) {
  // expected-error @below {{'nn.iota' op size of type 'tensor<2xi64>'; supported: one element}}
  %0 = nn.iota %n : tensor<2xi64> -> tensor<?xi64>
  return
}

// -----

func.func @iota_count() {
  %n = arith.constant dense<3> : tensor<1xi64>
  // expected-error @below {{result is of type 'tensor<4xi64>', expected 3 numbers}}
  %0 = nn.iota %n : tensor<1xi64> -> tensor<4xi64>
  return
}

// -----

func.func @iota_negative() {
  %n = arith.constant dense<-3> : tensor<1xi64>
  // expected-error @below {{'nn.iota' op has the size -3}}
  %0 = nn.iota %n : tensor<1xi64> -> tensor<?xi64>
  return
}

// -----

func.func @rotary_odd(%x: tensor<2x3xf32>) {
  // expected-error @below {{'nn.rotary' op input of type 'tensor<2x3xf32>'; supported: an even, known number of features}}
  %0 = nn.rotary %x, %x, %x : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x3xf32>
  return
}

// -----

func.func @rotary_half(%x: tensor<2x4xf32>, %c: tensor<2x1xf32>) {
  // expected-error @below {{operand of type 'tensor<2x1xf32>' has no angle for each of 4 features}}
  %0 = nn.rotary %x, %c, %x : tensor<2x4xf32>, tensor<2x1xf32>, tensor<2x4xf32> -> tensor<2x4xf32>
  return
}

// -----

func.func @rotary_broadcast(%x: tensor<2x4xf32>, %c: tensor<3x4xf32>) {
  // expected-error @below {{operand of type 'tensor<3x4xf32>' does not broadcast to 'tensor<2x4xf32>'}}
  %0 = nn.rotary %x, %c, %x : tensor<2x4xf32>, tensor<3x4xf32>, tensor<2x4xf32> -> tensor<2x4xf32>
  return
}

// -----

func.func @rotary_integers(%x: tensor<2x4xi16>, %c: tensor<2x4xf32>) {
  // expected-error @below {{of 'tensor<2x4xi16>', 'tensor<2x4xi16>', 'tensor<2x4xf32>' to 'tensor<2x4xi32>'; supported of integers: operands of i16 to i32}}
  %0 = nn.rotary %x, %x, %c : tensor<2x4xi16>, tensor<2x4xi16>, tensor<2x4xf32> -> tensor<2x4xi32>
  return
}

// -----

func.func @rotary_result(%x: tensor<2x4xf32>) {
  // expected-error @below {{result is of type 'tensor<1x4xf32>', its shape is not that of 'tensor<2x4xf32>'}}
  %0 = nn.rotary %x, %x, %x : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32> -> tensor<1x4xf32>
  return
}

// -----

func.func @rms_norm_scale(%x: tensor<2x4xf32>, %g: tensor<3xf32>) {
  // expected-error @below {{'nn.rms_norm' op operand of type 'tensor<3xf32>' does not broadcast to 'tensor<2x4xf32>'}}
  %0 = nn.rms_norm %x, %g {axis = 1 : i64, epsilon = 0.0 : f32} : tensor<2x4xf32>, tensor<3xf32>
  return
}
