// RUN: quant-opt %s -split-input-file -verify-diagnostics

// What functions and modules carry is verified, so that passes can rely on it.

// expected-error @below {{attribute 'qt.result_shapes' = [1] on 'func.func'; supported: an array of affine maps without dimensions}}
func.func private @f(tensor<?xf32>) -> tensor<?xf32> attributes {qt.result_shapes = [1 : i64]}

// -----

// expected-error @below {{attribute 'qt.arg_shapes' = [affine_map<(d0) -> (d0)>] on 'func.func'; supported: an array of affine maps without dimensions}}
func.func private @f(tensor<?xf32>) attributes {qt.arg_shapes = [affine_map<(d0) -> (d0)>]}

// -----

// expected-error @below {{attribute 'qt.dim_names' = [1] on 'func.func'; supported: an array of distinct strings on a function}}
func.func private @f() attributes {qt.dim_names = [1 : i64]}

// -----

// expected-error @below {{supported: an array of distinct strings on a function}}
func.func private @f() attributes {qt.dim_names = ["n", "n"]}

// -----

// expected-error @below {{attribute 'qt.dim_bounds' = {n = array<i64: 4, 1>} on 'func.func'; supported: a dictionary of array<i64: lowest, highest> on a function}}
func.func private @f() attributes {qt.dim_bounds = {n = array<i64: 4, 1>}}

// -----

// expected-error @below {{attribute 'qt.equal_sizes' = [affine_map<() -> (5)>] on 'func.func'; supported: an array of affine maps without dimensions and with two results on a function}}
func.func private @pairs() attributes {qt.equal_sizes = [affine_map<() -> (5)>]}

// -----

// expected-error @below {{attribute 'qt.arg_dim_names' = ["b"] on 'func.func'; supported: an array of arrays of strings on a function}}
func.func private @f() attributes {qt.arg_dim_names = ["b"]}

// -----

// expected-error @below {{attribute 'qt.arg_names' = "x" on 'func.func'; supported: an array of strings on a function}}
func.func private @f() attributes {qt.arg_names = "x"}

// -----

// expected-error @below {{attribute 'qt.kernel' = true on 'func.func'; supported: a unit attribute on a function}}
func.func private @f() attributes {qt.kernel = true}

// -----

// expected-error @below {{attribute 'qt.kernel' = unit on 'builtin.module'; supported: a unit attribute on a function}}
module attributes {qt.kernel} {
}

// -----

// expected-error @below {{attribute 'qt.stage' = 1 : i64 on 'builtin.module'; supported: a string on a module}}
module attributes {qt.stage = 1} {
}

// -----

// expected-error @below {{attribute 'qt.grain' = 0 : i64 on 'builtin.module'; supported: a positive i64 on the module of a kernel}}
module attributes {qt.grain = 0} {
}

// -----

// expected-error @below {{supported: an affine map without dimensions and with one result on the module of a kernel}}
module attributes {qt.iterations = affine_map<()[s0] -> (s0, s0)>} {
}

// -----

// expected-error @below {{attribute 'qt.normalised' = unit on 'func.func'; supported: a unit attribute on qt.quantize}}
func.func private @f() attributes {qt.normalised}

// -----

// expected-error @below {{attribute 'qt.least_exponent' = unit on 'func.func'; supported: a unit attribute on qt.quantize}}
func.func private @f() attributes {qt.least_exponent}

// -----

// expected-error @below {{attribute 'qt.even_shifts' = unit on 'func.func'; supported: a unit attribute on qt.quantize or qt.contract}}
func.func private @f() attributes {qt.even_shifts}

// -----

// expected-error @below {{attribute 'qt.right' = unit on 'func.func'; supported: a unit attribute on nn.binary rshift}}
func.func private @f() attributes {qt.right}

// -----

// expected-error @below {{unknown attribute 'qt.dims'; supported: qt.dim_names, qt.dim_bounds}}
func.func private @f() attributes {qt.dims = 1}

// -----

// expected-error @below {{attribute 'qt.integer_only' = true on 'func.func'; supported: a unit attribute on a function}}
func.func private @f() attributes {qt.integer_only = true}

// -----

func.func @method(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{attribute 'qt.method' = "ibert" on 'nn.softmax'; supported: #qt<integer_method fixed>, ibert or ivit on an op with an integer-only form}}
  %0 = nn.softmax %x {axis = 0 : i64, qt.method = "ibert"} : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @input_scale(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{attribute 'qt.input_scale' = 2.000000e+00 : f64 on 'nn.softmax'; supported: an f64 from 2^-14 to 1 on an op with an integer-only form}}
  %0 = nn.softmax %x {axis = 0 : i64, qt.input_scale = 2.0 : f64} : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @result_scale(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{attribute 'qt.result_scale' = 0.000000e+00 : f64 on 'nn.clip'; supported: an f64 from 2^-100 to 2^100 on nn.clip}}
  %0 = nn.clip %x min -1.0 max 1.0 {qt.result_scale = 0.0 : f64} : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// expected-error @below {{attribute 'qt.ranges' = {x = array<f64: 1.000000e+00, -1.000000e+00>} on 'func.func'; supported: a dictionary of array<f64: lowest, highest>, the larger magnitude from 2^-80 to 2^80, on a function}}
func.func private @f() attributes {qt.ranges = {x = array<f64: 1.0, -1.0>}}

// -----

func.func @reshape_cuts(%x: tensor<?x?xf32>, %s: tensor<3xi64>) -> tensor<?x?x1xf32> {
  // expected-error @below {{attribute 'qt.reshape_cuts' = array<i64: 1> on 'nn.reshape'; supported: an array<i64> of pairs of positive numbers on nn.reshape}}
  %0 = nn.reshape %x, %s {qt.reshape_cuts = array<i64: 1>} : tensor<?x?xf32>, tensor<3xi64> -> tensor<?x?x1xf32>
  return %0 : tensor<?x?x1xf32>
}

// -----

func.func @own_exponent(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{attribute 'qt.own_exponent' = unit on 'nn.softmax'; supported: a unit attribute on nn.clip}}
  %0 = nn.softmax %x {axis = 0 : i64, qt.own_exponent} : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @wraps(%x: tensor<4xi32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %0 = nn.unary abs %x {qt.wraps} : tensor<4xi32>
  // expected-error @below {{attribute 'qt.wraps' = unit on 'nn.unary'; supported: a unit attribute on nn.binary, nn.unary, nn.cast, nn.reduce or nn.cumsum of integers of more than one bit}}
  %1 = nn.unary abs %y {qt.wraps} : tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

func.func @element_exponents(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{attribute 'qt.element_exponents' = unit on 'nn.gelu'; supported: a unit attribute on nn.unary, nn.binary, nn.softmax, nn.reduce, nn.select, nn.clip or nn.concat}}
  %0 = nn.gelu erf %x {qt.element_exponents} : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @most(%x: tensor<?xf32>) -> tensor<?xf32> {
  // expected-error @below {{attribute 'qt.most_elements' = 0 : i64 on 'nn.softmax'; supported: a positive i64 on nn.matmul, nn.softmax, nn.attention or nn.reduce}}
  %0 = nn.softmax %x {axis = 0 : i64, qt.most_elements = 0 : i64} : tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

func.func @has_hidden(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{attribute 'qt.has_hidden' = unit on 'nn.gelu'; supported: a unit attribute on nn.softmax}}
  %0 = nn.gelu erf %x {qt.has_hidden} : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @all_bits(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{attribute 'qt.all_bits' = unit on 'nn.softmax'; supported: a unit attribute on nn.concat, nn.reduce, nn.pool or nn.binary}}
  %0 = nn.softmax %x {axis = 0 : i64, qt.all_bits} : tensor<4xf32>
  return %0 : tensor<4xf32>
}
