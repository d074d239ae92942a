// RUN: quant-opt %s -split-input-file -verify-diagnostics -pass-pipeline="builtin.module(func.func(qt-verify-ranges))"

// The sum of 16 * 127 * 127 products with weights of 127: 8321 of them are below
// 2^31, one more is not.
func.func @products_fit(%x: tensor<1x8321xi16>, %e: tensor<1x1xi8>) -> tensor<1x1xi32> {
  %w = arith.constant dense<127> : tensor<1x8321xi8>
  %we = arith.constant dense<0> : tensor<1x1xi8>
  %q:3 = qt.quantize %x exponent %e : tensor<1x1xi8> {encoding = #qt.encoding<norm, -127..127>, format = !qt.block<[1, 32], s8, scale = shift<3>, outer = exp<8>>} : tensor<1x8321xi16> -> tensor<1x8321xi8>, tensor<1x261xi8>, tensor<1x1xi8>
  %y = qt.contract lhs(%q#0, %q#1, %q#2 : tensor<1x8321xi8>, tensor<1x261xi8>, tensor<1x1xi8>) rhs(%w, %we : tensor<1x8321xi8>, tensor<1x1xi8>) {acc = i32, geometry = #qt.matmul, lhs_format = !qt.block<[1, 32], s8, scale = shift<3>, outer = exp<8>>, rhs_format = !qt.block<[1, ?], s8, scale = exp<8>>} -> tensor<1x1xi32>
  return %y : tensor<1x1xi32>
}

// -----

func.func @products_overflow(%x: tensor<1x8322xi16>, %e: tensor<1x1xi8>) -> tensor<1x1xi32> {
  %w = arith.constant dense<127> : tensor<1x8322xi8>
  %we = arith.constant dense<0> : tensor<1x1xi8>
  %q:3 = qt.quantize %x exponent %e : tensor<1x1xi8> {encoding = #qt.encoding<norm, -127..127>, format = !qt.block<[1, 32], s8, scale = shift<3>, outer = exp<8>>} : tensor<1x8322xi16> -> tensor<1x8322xi8>, tensor<1x261xi8>, tensor<1x1xi8>
  // expected-error @below {{'qt.contract' op sum of products may reach -2147608608..2147608608 for some input, which 'i32' does not hold}}
  %y = qt.contract lhs(%q#0, %q#1, %q#2 : tensor<1x8322xi8>, tensor<1x261xi8>, tensor<1x1xi8>) rhs(%w, %we : tensor<1x8322xi8>, tensor<1x1xi8>) {acc = i32, geometry = #qt.matmul, lhs_format = !qt.block<[1, 32], s8, scale = shift<3>, outer = exp<8>>, rhs_format = !qt.block<[1, ?], s8, scale = exp<8>>} -> tensor<1x1xi32>
  return %y : tensor<1x1xi32>
}

// -----

// Each output has the bound of its own weights, and of its own multiplier.
func.func @outputs(%x: tensor<1x2xi16>, %e: tensor<1x1xi8>) -> tensor<1x2xi32> {
  %w = arith.constant dense<[[127, 127], [1, 0]]> : tensor<2x2xi8>
  %we = arith.constant dense<0> : tensor<2x1xi8>
  %m = arith.constant dense<[4, 1000]> : tensor<2xi32>
  %q:3 = qt.quantize %x exponent %e : tensor<1x1xi8> {encoding = #qt.encoding<norm, -127..127>, format = !qt.block<[1, 32], s8, scale = shift<3>, outer = exp<8>>} : tensor<1x2xi16> -> tensor<1x2xi8>, tensor<1x1xi8>, tensor<1x1xi8>
  %acc = qt.contract lhs(%q#0, %q#1, %q#2 : tensor<1x2xi8>, tensor<1x1xi8>, tensor<1x1xi8>) rhs(%w, %we : tensor<2x2xi8>, tensor<2x1xi8>) {acc = i32, geometry = #qt.matmul, lhs_format = !qt.block<[1, 32], s8, scale = shift<3>, outer = exp<8>>, rhs_format = !qt.block<[1, ?], s8, scale = exp<8>>} -> tensor<1x2xi32>
  %y = nn.binary mul %acc, %m : tensor<1x2xi32>, tensor<2xi32> -> tensor<1x2xi32>
  %k = arith.constant dense<[1000, 1000]> : tensor<2xi32>
  %z = nn.binary mul %y, %k : tensor<1x2xi32>, tensor<2xi32> -> tensor<1x2xi32>
  // expected-error @below {{'nn.binary' op 'mul' may reach -2032000000000..2032000000000}}
  %over = nn.binary mul %z, %m : tensor<1x2xi32>, tensor<2xi32> -> tensor<1x2xi32>
  return %over : tensor<1x2xi32>
}

// -----

// 65538 * 32767 is 2^31 - 2.
func.func @sums(%x: tensor<1x65538xf32>, %z: tensor<1x65539xf32>) -> (tensor<1x1xi32>, tensor<1x1xi32>) {
  %q:2 = qt.quantize %x {encoding = #qt.encoding<norm, -32767..32767>, format = !qt.block<[1, ?], s16, scale = exp<8>>} : tensor<1x65538xf32> -> tensor<1x65538xi16>, tensor<1x1xi8>
  %m = nn.cast %q#0 : tensor<1x65538xi16> to tensor<1x65538xi32>
  %sum = nn.reduce sum %m axes [1] keepdims : tensor<1x65538xi32> -> tensor<1x1xi32>
  %r:2 = qt.quantize %z {encoding = #qt.encoding<norm, -32767..32767>, format = !qt.block<[1, ?], s16, scale = exp<8>>} : tensor<1x65539xf32> -> tensor<1x65539xi16>, tensor<1x1xi8>
  %n = nn.cast %r#0 : tensor<1x65539xi16> to tensor<1x65539xi32>
  // expected-error @below {{'nn.reduce' op 'sum' may reach -2147516413..2147516413}}
  %over = nn.reduce sum %n axes [1] keepdims : tensor<1x65539xi32> -> tensor<1x1xi32>
  return %sum, %over : tensor<1x1xi32>, tensor<1x1xi32>
}

// -----

// A dimension that is not known may be as large as memory: 64 bits hold its sum.
func.func @dynamic_sums(%x: tensor<1x?xf32>) -> (tensor<1x1xi64>, tensor<1x1xi32>) {
  %q:2 = qt.quantize %x {encoding = #qt.encoding<norm, -32767..32767>, format = !qt.block<[1, ?], s16, scale = exp<8>>} : tensor<1x?xf32> -> tensor<1x?xi16>, tensor<1x1xi8>
  %long = nn.cast %q#0 : tensor<1x?xi16> to tensor<1x?xi64>
  %fits = nn.reduce sum %long axes [1] keepdims : tensor<1x?xi64> -> tensor<1x1xi64>
  %m = nn.cast %q#0 : tensor<1x?xi16> to tensor<1x?xi32>
  // expected-error @below {{'nn.reduce' op 'sum' may reach}}
  %over = nn.reduce sum %m axes [1] keepdims : tensor<1x?xi32> -> tensor<1x1xi32>
  return %fits, %over : tensor<1x1xi64>, tensor<1x1xi32>
}

// -----

// Products of two values, and chains of exponents.
func.func @chains(%x: tensor<1x4xf32>) -> (tensor<1x4xi32>, tensor<1x1xi32>) {
  %q:2 = qt.quantize %x {encoding = #qt.encoding<norm, -32767..32767>, format = !qt.block<[1, ?], s16, scale = exp<8>>} : tensor<1x4xf32> -> tensor<1x4xi16>, tensor<1x1xi8>
  %m = nn.cast %q#0 : tensor<1x4xi16> to tensor<1x4xi32>
  %square = nn.binary mul %m, %m : tensor<1x4xi32>, tensor<1x4xi32> -> tensor<1x4xi32>
  %twice = nn.binary add %square, %square : tensor<1x4xi32>, tensor<1x4xi32> -> tensor<1x4xi32>
  // expected-error @below {{'nn.binary' op 'add' may reach 0..3221028867}}
  %thrice = nn.binary add %twice, %square : tensor<1x4xi32>, tensor<1x4xi32> -> tensor<1x4xi32>
  %e = nn.cast %q#1 : tensor<1x1xi8> to tensor<1x1xi32>
  %k = arith.constant dense<16777216> : tensor<i32>
  %least = nn.binary mul %e, %k : tensor<1x1xi32>, tensor<i32> -> tensor<1x1xi32>
  %one = arith.constant dense<1> : tensor<i32>
  // expected-error @below {{'nn.binary' op 'sub' may reach -2147483649..2130706431}}
  %less = nn.binary sub %least, %one : tensor<1x1xi32>, tensor<i32> -> tensor<1x1xi32>
  return %thrice, %less : tensor<1x4xi32>, tensor<1x1xi32>
}

// -----

// Aligned to the larger exponent nothing is shifted to the left; to the smaller
// one it is.
func.func @align(%x: tensor<1x4xf32>, %y: tensor<1x4xf32>) -> (tensor<1x4xi32>, tensor<1x4xi32>) {
  %q:2 = qt.quantize %x {encoding = #qt.encoding<norm, -32767..32767>, format = !qt.block<[1, ?], s16, scale = exp<8>>} : tensor<1x4xf32> -> tensor<1x4xi16>, tensor<1x1xi8>
  %r:2 = qt.quantize %y {encoding = #qt.encoding<norm, -32767..32767>, format = !qt.block<[1, ?], s16, scale = exp<8>>} : tensor<1x4xf32> -> tensor<1x4xi16>, tensor<1x1xi8>
  %m = nn.cast %q#0 : tensor<1x4xi16> to tensor<1x4xi32>
  %e = nn.cast %q#1 : tensor<1x1xi8> to tensor<1x1xi32>
  %f = nn.cast %r#1 : tensor<1x1xi8> to tensor<1x1xi32>
  %most = nn.binary max %e, %f : tensor<1x1xi32>, tensor<1x1xi32> -> tensor<1x1xi32>
  %right = nn.binary sub %most, %e : tensor<1x1xi32>, tensor<1x1xi32> -> tensor<1x1xi32>
  %ok = nn.binary rshift %m, %right : tensor<1x4xi32>, tensor<1x1xi32> -> tensor<1x4xi32>
  %least = nn.binary min %e, %f : tensor<1x1xi32>, tensor<1x1xi32> -> tensor<1x1xi32>
  %left = nn.binary sub %least, %e : tensor<1x1xi32>, tensor<1x1xi32> -> tensor<1x1xi32>
  // expected-error @below {{'nn.binary' op 'rshift' may reach}}
  %over = nn.binary rshift %m, %left : tensor<1x4xi32>, tensor<1x1xi32> -> tensor<1x4xi32>
  return %ok, %over : tensor<1x4xi32>, tensor<1x4xi32>
}

// -----

// By its own leading zeros less one an integer fits; by one more it does not,
// nor by those of another.
func.func @lengths(%x: tensor<1x4xf32>, %y: tensor<1x4xf32>) -> (tensor<1x4xi32>, tensor<1x4xi32>, tensor<1x4xi32>) {
  %q:2 = qt.quantize %x {encoding = #qt.encoding<norm, -32767..32767>, format = !qt.block<[1, ?], s16, scale = exp<8>>} : tensor<1x4xf32> -> tensor<1x4xi16>, tensor<1x1xi8>
  %r:2 = qt.quantize %y {encoding = #qt.encoding<norm, -32767..32767>, format = !qt.block<[1, ?], s16, scale = exp<8>>} : tensor<1x4xf32> -> tensor<1x4xi16>, tensor<1x1xi8>
  %m = nn.cast %q#0 : tensor<1x4xi16> to tensor<1x4xi32>
  %n = nn.cast %r#0 : tensor<1x4xi16> to tensor<1x4xi32>
  %a = nn.unary abs %m : tensor<1x4xi32>
  %most = nn.reduce max %a axes [1] keepdims : tensor<1x4xi32> -> tensor<1x1xi32>
  %zeros = nn.unary clz %most : tensor<1x1xi32>
  %one = arith.constant dense<1> : tensor<i32>
  %left = nn.binary sub %one, %zeros : tensor<i32>, tensor<1x1xi32> -> tensor<1x1xi32>
  %ok = nn.binary rshift %m, %left : tensor<1x4xi32>, tensor<1x1xi32> -> tensor<1x4xi32>
  %zero = arith.constant dense<0> : tensor<i32>
  %more = nn.binary sub %zero, %zeros : tensor<i32>, tensor<1x1xi32> -> tensor<1x1xi32>
  // expected-error @below {{'nn.binary' op 'rshift' may reach -4294967295..4294967295}}
  %over = nn.binary rshift %m, %more : tensor<1x4xi32>, tensor<1x1xi32> -> tensor<1x4xi32>
  // expected-error @below {{'nn.binary' op 'rshift' may reach}}
  %other = nn.binary rshift %n, %left : tensor<1x4xi32>, tensor<1x1xi32> -> tensor<1x4xi32>
  return %ok, %over, %other : tensor<1x4xi32>, tensor<1x4xi32>, tensor<1x4xi32>
}

// -----

// What is stored has the width of its type.
func.func @stored(%x: tensor<1x4xf32>) -> (tensor<1x1xi8>, tensor<1x1xi8>) {
  %q:2 = qt.quantize %x {encoding = #qt.encoding<norm, -32767..32767>, format = !qt.block<[1, ?], s16, scale = exp<8>>} : tensor<1x4xf32> -> tensor<1x4xi16>, tensor<1x1xi8>
  %e = nn.cast %q#1 : tensor<1x1xi8> to tensor<1x1xi32>
  %one = arith.constant dense<1> : tensor<i32>
  %next = nn.binary add %e, %one : tensor<1x1xi32>, tensor<i32> -> tensor<1x1xi32>
  %limited = nn.clip %next min -128.0 max 127.0 : tensor<1x1xi32>
  %ok = nn.cast %limited : tensor<1x1xi32> to tensor<1x1xi8>
  // expected-error @below {{'nn.cast' op result may reach -127..128 for some input, which 'i8' does not hold; supported: results that the ranges of operands show to fit. A bound on open sizes (--dim=NAME=MIN..MAX), or a product or a function between sums, may make them less; without --integer-only they are floats}}
  %over = nn.cast %next : tensor<1x1xi32> to tensor<1x1xi8>
  return %ok, %over : tensor<1x1xi8>, tensor<1x1xi8>
}

// -----

// Integers of the model itself wrap around, as the model's format says.
func.func @indices(%i: tensor<4xi64>) -> tensor<4xi64> {
  %y = nn.binary mul %i, %i : tensor<4xi64>, tensor<4xi64> -> tensor<4xi64>
  return %y : tensor<4xi64>
}

// -----

// Windows of 256 by 256 elements of 15 bits, and one column more.
func.func @windows(%x: tensor<1x300x300x1xf32>) -> (tensor<1x45x45x1xi32>, tensor<1x45x44x1xi32>) {
  %q:2 = qt.quantize %x {encoding = #qt.encoding<norm, -32767..32767>, format = !qt.block<[1, ?, ?, ?], s16, scale = exp<8>>} : tensor<1x300x300x1xf32> -> tensor<1x300x300x1xi16>, tensor<1x1x1x1xi8>
  %m = nn.cast %q#0 : tensor<1x300x300x1xi16> to tensor<1x300x300x1xi32>
  %ok = nn.pool sum %m kernel [256, 256] strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] : tensor<1x300x300x1xi32> -> tensor<1x45x45x1xi32>
  // expected-error @below {{'nn.pool' op result may reach -2155806464..2155806464}}
  %over = nn.pool sum %m kernel [256, 257] strides [1, 1] dilations [1, 1] pads [0, 0, 0, 0] : tensor<1x300x300x1xi32> -> tensor<1x45x44x1xi32>
  return %ok, %over : tensor<1x45x45x1xi32>, tensor<1x45x44x1xi32>
}

// -----

// A remainder is what Newton's steps see of d alone: as ranges they leave 32
// bits, cut into pieces they do not.
func.func @pieces(%x: tensor<1x4xf32>) -> tensor<1x4xi32> {
  %q:2 = qt.quantize %x {encoding = #qt.encoding<norm, -32767..32767>, format = !qt.block<[1, ?], s16, scale = exp<8>>} : tensor<1x4xf32> -> tensor<1x4xi16>, tensor<1x1xi8>
  %m = nn.cast %q#0 : tensor<1x4xi16> to tensor<1x4xi32>
  %cm = arith.constant dense<32768> : tensor<i32>
  %c = arith.constant dense<1000000000> : tensor<i32>
  %d = nn.binary mul %m, %cm : tensor<1x4xi32>, tensor<i32> -> tensor<1x4xi32>
  %less = nn.binary sub %c, %d : tensor<i32>, tensor<1x4xi32> -> tensor<1x4xi32>
  %sum = nn.binary add %d, %less : tensor<1x4xi32>, tensor<1x4xi32> -> tensor<1x4xi32>
  return %sum : tensor<1x4xi32>
}

// -----

// Of constant matrices in a batch each row is summed by itself: 2 of 600 in each.
func.func @batch_of_constants(%x: tensor<2x1x2xi16>, %e: tensor<2x1x1xi8>) -> tensor<2x1x600xi32> {
  %w = arith.constant dense<2047> : tensor<2x600x2xi16>
  %we = arith.constant dense<0> : tensor<2x600x1xi8>
  %wide = nn.cast %x : tensor<2x1x2xi16> to tensor<2x1x2xi32>
  %c = nn.clip %wide min -2047.0 max 2047.0 : tensor<2x1x2xi32>
  %q = nn.cast %c : tensor<2x1x2xi32> to tensor<2x1x2xi16>
  %y = qt.contract lhs(%q, %e : tensor<2x1x2xi16>, tensor<2x1x1xi8>) rhs(%w, %we : tensor<2x600x2xi16>, tensor<2x600x1xi8>) {acc = i32, geometry = #qt.matmul<batched>, lhs_format = !qt.block<[1, 1, ?], s12, scale = exp<8>>, rhs_format = !qt.block<[1, 1, ?], s12, scale = exp<8>>} -> tensor<2x1x600xi32>
  return %y : tensor<2x1x600xi32>
}

// -----

// A row of a tensor times its length is a place in it, which 64 bits hold
// however long both are.
func.func @places(%x: tensor<?x?xf32>) -> tensor<?x5xi64> {
  %q:2 = qt.quantize %x {encoding = #qt.encoding<norm, -32767..32767>, format = !qt.block<[1, ?], s16, scale = exp<8>>} : tensor<?x?xf32> -> tensor<?x?xi16>, tensor<?x1xi8>
  %m = nn.cast %q#0 : tensor<?x?xi16> to tensor<?x?xi32>
  %top = nn.topk %m {axis = 1 : i64, k = 5 : i64} : tensor<?x?xi32> -> tensor<?x5xi64>
  %rows = nn.shape %x {end = 1 : i64, start = 0 : i64} : tensor<?x?xf32> -> tensor<1xi64>
  %length = nn.shape %m {end = 2 : i64, start = 1 : i64} : tensor<?x?xi32> -> tensor<1xi64>
  %row = nn.iota %rows : tensor<1xi64> -> tensor<?xi64>
  %column = arith.constant dense<[-1, 1]> : tensor<2xi64>
  %own = nn.reshape %row, %column : tensor<?xi64>, tensor<2xi64> -> tensor<?x1xi64>
  %first = nn.binary mul %own, %length : tensor<?x1xi64>, tensor<1xi64> -> tensor<?x1xi64>
  %place = nn.binary add %first, %top : tensor<?x1xi64>, tensor<?x5xi64> -> tensor<?x5xi64>
  return %place : tensor<?x5xi64>
}

// -----

// No tensor has the rows of one and the length of another.
func.func @no_place(%x: tensor<?x?xf32>, %y: tensor<?xf32>) -> tensor<?x5xi64> {
  %q:2 = qt.quantize %x {encoding = #qt.encoding<norm, -32767..32767>, format = !qt.block<[1, ?], s16, scale = exp<8>>} : tensor<?x?xf32> -> tensor<?x?xi16>, tensor<?x1xi8>
  %m = nn.cast %q#0 : tensor<?x?xi16> to tensor<?x?xi32>
  %top = nn.topk %m {axis = 1 : i64, k = 5 : i64} : tensor<?x?xi32> -> tensor<?x5xi64>
  %rows = nn.shape %x {end = 1 : i64, start = 0 : i64} : tensor<?x?xf32> -> tensor<1xi64>
  %length = nn.shape %y {end = 1 : i64, start = 0 : i64} : tensor<?xf32> -> tensor<1xi64>
  %row = nn.iota %rows : tensor<1xi64> -> tensor<?xi64>
  %column = arith.constant dense<[-1, 1]> : tensor<2xi64>
  %own = nn.reshape %row, %column : tensor<?xi64>, tensor<2xi64> -> tensor<?x1xi64>
  %first = nn.binary mul %own, %length : tensor<?x1xi64>, tensor<1xi64> -> tensor<?x1xi64>
  // expected-error @below {{'nn.binary' op 'add' may reach}}
  %place = nn.binary add %first, %top : tensor<?x1xi64>, tensor<?x5xi64> -> tensor<?x5xi64>
  return %place : tensor<?x5xi64>
}
