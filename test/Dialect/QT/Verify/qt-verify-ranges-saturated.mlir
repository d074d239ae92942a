// RUN: quant-opt %s -split-input-file -verify-diagnostics -pass-pipeline="builtin.module(func.func(qt-verify-ranges))"

!wide = !qt.block<[1, ?], s31, scale = exp<32>>

// What is limited to (2^30 - 1) >> p fits times 2^p, and may be doubled.
func.func @saturated(%x: tensor<1x4xf32>) -> (tensor<1x4xi32>, tensor<1x4xi32>) {
  %q:2 = qt.quantize %x {encoding = #qt.encoding<norm, -1073741823..1073741823>, format = !wide} : tensor<1x4xf32> -> tensor<1x4xi32>, tensor<1x1xi32>
  %zero = arith.constant dense<0> : tensor<i32>
  %one = arith.constant dense<1> : tensor<i32>
  %all = arith.constant dense<1073741823> : tensor<i32>
  %places = nn.clip %q#1 min 0.0 max 29.0 : tensor<1x1xi32>
  %limit = nn.binary shr %all, %places : tensor<i32>, tensor<1x1xi32> -> tensor<1x1xi32>
  %back = nn.binary sub %zero, %places : tensor<i32>, tensor<1x1xi32> -> tensor<1x1xi32>
  %low = nn.binary sub %zero, %limit : tensor<i32>, tensor<1x1xi32> -> tensor<1x1xi32>
  %unit = nn.binary rshift %one, %back : tensor<i32>, tensor<1x1xi32> -> tensor<1x1xi32>
  %below = nn.binary min %q#0, %limit : tensor<1x4xi32>, tensor<1x1xi32> -> tensor<1x4xi32>
  %between = nn.binary max %below, %low : tensor<1x4xi32>, tensor<1x1xi32> -> tensor<1x4xi32>
  %y = nn.binary mul %between, %unit : tensor<1x4xi32>, tensor<1x1xi32> -> tensor<1x4xi32>
  %twice = nn.binary add %y, %y : tensor<1x4xi32>, tensor<1x4xi32> -> tensor<1x4xi32>
  %positive = nn.binary max %below, %zero : tensor<1x4xi32>, tensor<i32> -> tensor<1x4xi32>
  %z = nn.binary mul %positive, %unit : tensor<1x4xi32>, tensor<1x1xi32> -> tensor<1x4xi32>
  return %twice, %z : tensor<1x4xi32>, tensor<1x4xi32>
}

// -----

!wide = !qt.block<[1, ?], s31, scale = exp<32>>

// On one side only, by other places, and by what may be less than none.
func.func @not_saturated(%x: tensor<1x4xf32>) -> (tensor<1x4xi32>, tensor<1x4xi32>, tensor<1x4xi32>) {
  %q:2 = qt.quantize %x {encoding = #qt.encoding<norm, -1073741823..1073741823>, format = !wide} : tensor<1x4xf32> -> tensor<1x4xi32>, tensor<1x1xi32>
  %zero = arith.constant dense<0> : tensor<i32>
  %one = arith.constant dense<1> : tensor<i32>
  %all = arith.constant dense<1073741823> : tensor<i32>
  %places = nn.clip %q#1 min 0.0 max 29.0 : tensor<1x1xi32>
  %limit = nn.binary shr %all, %places : tensor<i32>, tensor<1x1xi32> -> tensor<1x1xi32>
  %back = nn.binary sub %zero, %places : tensor<i32>, tensor<1x1xi32> -> tensor<1x1xi32>
  %unit = nn.binary rshift %one, %back : tensor<i32>, tensor<1x1xi32> -> tensor<1x1xi32>
  %below = nn.binary min %q#0, %limit : tensor<1x4xi32>, tensor<1x1xi32> -> tensor<1x4xi32>
  // expected-error @below {{'nn.binary' op 'mul' may reach -576460751766552576..576460751766552576 for some input}}
  %a = nn.binary mul %below, %unit : tensor<1x4xi32>, tensor<1x1xi32> -> tensor<1x4xi32>
  %positive = nn.binary max %below, %zero : tensor<1x4xi32>, tensor<i32> -> tensor<1x4xi32>
  %fewer = nn.clip %q#1 min 0.0 max 28.0 : tensor<1x1xi32>
  %forth = nn.binary sub %zero, %fewer : tensor<i32>, tensor<1x1xi32> -> tensor<1x1xi32>
  %other = nn.binary rshift %one, %forth : tensor<i32>, tensor<1x1xi32> -> tensor<1x1xi32>
  // expected-error @below {{'nn.binary' op 'mul' may reach 0..288230375883276288 for some input}}
  %b = nn.binary mul %positive, %other : tensor<1x4xi32>, tensor<1x1xi32> -> tensor<1x4xi32>
  %any = nn.clip %q#1 min -1.0 max 29.0 : tensor<1x1xi32>
  %least = nn.binary shr %all, %any : tensor<i32>, tensor<1x1xi32> -> tensor<1x1xi32>
  %most = nn.binary min %q#0, %least : tensor<1x4xi32>, tensor<1x1xi32> -> tensor<1x4xi32>
  %above = nn.binary max %most, %zero : tensor<1x4xi32>, tensor<i32> -> tensor<1x4xi32>
  %there = nn.binary sub %zero, %any : tensor<i32>, tensor<1x1xi32> -> tensor<1x1xi32>
  %part = nn.binary rshift %one, %there : tensor<i32>, tensor<1x1xi32> -> tensor<1x1xi32>
  // expected-error @below {{'nn.binary' op 'mul' may reach 0..576460751766552576 for some input}}
  %c = nn.binary mul %above, %part : tensor<1x4xi32>, tensor<1x1xi32> -> tensor<1x4xi32>
  return %a, %b, %c : tensor<1x4xi32>, tensor<1x4xi32>, tensor<1x4xi32>
}
