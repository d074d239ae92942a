// RUN: quant-opt %s -split-input-file -interpret -verify-diagnostics

func.func @unary_integers() {
  %x = arith.constant dense<[-3, 0, 7, -9223372036854775808]> : tensor<4xi64>
  %neg = nn.unary neg %x : tensor<4xi64>
  %neg_e = arith.constant dense<[3, 0, -7, -9223372036854775808]> : tensor<4xi64>
  check.expect_eq %neg, %neg_e : tensor<4xi64>, tensor<4xi64>
  %abs = nn.unary abs %x : tensor<4xi64>
  %abs_e = arith.constant dense<[3, 0, 7, -9223372036854775808]> : tensor<4xi64>
  check.expect_eq %abs, %abs_e : tensor<4xi64>, tensor<4xi64>
  %sign = nn.unary sign %x : tensor<4xi64>
  %sign_e = arith.constant dense<[-1, 0, 1, -1]> : tensor<4xi64>
  check.expect_eq %sign, %sign_e : tensor<4xi64>, tensor<4xi64>
  %relu = nn.unary relu %x : tensor<4xi64>
  %relu_e = arith.constant dense<[0, 0, 7, 0]> : tensor<4xi64>
  check.expect_eq %relu, %relu_e : tensor<4xi64>, tensor<4xi64>
  return
}

func.func @unary_exact() {
  %x = arith.constant dense<[-2.5, -0.5, 0.5, 1.5, 4.0, 0x7FC00000]> : tensor<6xf32>
  %floor = nn.unary floor %x : tensor<6xf32>
  %floor_e = arith.constant dense<[-3.0, -1.0, 0.0, 1.0, 4.0, 0x7FC00000]> : tensor<6xf32>
  check.expect_eq %floor, %floor_e : tensor<6xf32>, tensor<6xf32>
  %ceil = nn.unary ceil %x : tensor<6xf32>
  %ceil_e = arith.constant dense<[-2.0, -0.0, 1.0, 2.0, 4.0, 0x7FC00000]> : tensor<6xf32>
  check.expect_eq %ceil, %ceil_e : tensor<6xf32>, tensor<6xf32>
  %round = nn.unary round %x : tensor<6xf32>
  %round_e = arith.constant dense<[-2.0, -0.0, 0.0, 2.0, 4.0, 0x7FC00000]> : tensor<6xf32>
  check.expect_eq %round, %round_e : tensor<6xf32>, tensor<6xf32>
  %sqrt = nn.unary sqrt %x : tensor<6xf32>
  %sqrt_e = arith.constant dense<[0x7FC00000, 0x7FC00000, 0.70710678, 1.22474487, 2.0, 0x7FC00000]> : tensor<6xf32>
  check.expect_eq %sqrt, %sqrt_e : tensor<6xf32>, tensor<6xf32>
  %relu = nn.unary relu %x : tensor<6xf32>
  %relu_e = arith.constant dense<[0.0, 0.0, 0.5, 1.5, 4.0, 0x7FC00000]> : tensor<6xf32>
  check.expect_eq %relu, %relu_e : tensor<6xf32>, tensor<6xf32>
  %rec = nn.unary reciprocal %x : tensor<6xf32>
  %rec_e = arith.constant dense<[-0.4, -2.0, 2.0, 0.66666666, 0.25, 0x7FC00000]> : tensor<6xf32>
  check.expect_eq %rec, %rec_e : tensor<6xf32>, tensor<6xf32>
  return
}

func.func @unary_transcendental() {
  %x = arith.constant dense<[-1.0, 0.5, 2.0]> : tensor<3xf32>
  %exp = nn.unary exp %x : tensor<3xf32>
  %exp_e = arith.constant dense<[0.36787944, 1.64872127, 7.38905609]> : tensor<3xf32>
  check.expect_almost %exp, %exp_e : tensor<3xf32>, tensor<3xf32>
  %log = nn.unary log %x : tensor<3xf32>
  %log_e = arith.constant dense<[0x7FC00000, -0.69314718, 0.69314718]> : tensor<3xf32>
  check.expect_almost %log, %log_e : tensor<3xf32>, tensor<3xf32>
  %tanh = nn.unary tanh %x : tensor<3xf32>
  %tanh_e = arith.constant dense<[-0.76159416, 0.46211716, 0.96402758]> : tensor<3xf32>
  check.expect_almost %tanh, %tanh_e : tensor<3xf32>, tensor<3xf32>
  %erf = nn.unary erf %x : tensor<3xf32>
  %erf_e = arith.constant dense<[-0.84270079, 0.52049988, 0.99532227]> : tensor<3xf32>
  check.expect_almost %erf, %erf_e : tensor<3xf32>, tensor<3xf32>
  %sigmoid = nn.unary sigmoid %x : tensor<3xf32>
  %sigmoid_e = arith.constant dense<[0.26894142, 0.62245933, 0.88079708]> : tensor<3xf32>
  check.expect_almost %sigmoid, %sigmoid_e : tensor<3xf32>, tensor<3xf32>
  %softplus = nn.unary softplus %x : tensor<3xf32>
  %softplus_e = arith.constant dense<[0.31326169, 0.97407698, 2.12692801]> : tensor<3xf32>
  check.expect_almost %softplus, %softplus_e : tensor<3xf32>, tensor<3xf32>
  %sin = nn.unary sin %x : tensor<3xf32>
  %sin_e = arith.constant dense<[-0.84147098, 0.47942554, 0.90929743]> : tensor<3xf32>
  check.expect_almost %sin, %sin_e : tensor<3xf32>, tensor<3xf32>
  %cos = nn.unary cos %x : tensor<3xf32>
  %cos_e = arith.constant dense<[0.54030231, 0.87758256, -0.41614684]> : tensor<3xf32>
  check.expect_almost %cos, %cos_e : tensor<3xf32>, tensor<3xf32>
  %rsqrt = nn.unary rsqrt %x : tensor<3xf32>
  %rsqrt_e = arith.constant dense<[0x7FC00000, 1.41421356, 0.70710678]> : tensor<3xf32>
  check.expect_almost %rsqrt, %rsqrt_e : tensor<3xf32>, tensor<3xf32>
  %gelu = nn.gelu erf %x : tensor<3xf32>
  %gelu_e = arith.constant dense<[-0.15865525, 0.34573123, 1.95449974]> : tensor<3xf32>
  check.expect_almost %gelu, %gelu_e : tensor<3xf32>, tensor<3xf32>
  %gelu_tanh = nn.gelu tanh %x : tensor<3xf32>
  %gelu_tanh_e = arith.constant dense<[-0.15880801, 0.34571401, 1.95459769]> : tensor<3xf32>
  check.expect_almost %gelu_tanh, %gelu_tanh_e {ulps = 2 : i64} : tensor<3xf32>, tensor<3xf32>
  %gelu_sigmoid = nn.gelu sigmoid %x : tensor<3xf32>
  %gelu_sigmoid_e = arith.constant dense<[-0.15420423, 0.35038844, 1.93565862]> : tensor<3xf32>
  check.expect_almost %gelu_sigmoid, %gelu_sigmoid_e {ulps = 2 : i64} : tensor<3xf32>, tensor<3xf32>
  %silu = nn.silu %x : tensor<3xf32>
  %silu_e = arith.constant dense<[-0.26894142, 0.31122967, 1.76159416]> : tensor<3xf32>
  check.expect_almost %silu, %silu_e : tensor<3xf32>, tensor<3xf32>
  return
}

func.func @pieces() {
  %x = arith.constant dense<[-8.0, -2.0, 0.0, 1.0, 8.0, 0x7FC00000]> : tensor<6xf32>
  %gate = nn.hard_sigmoid %x slope 0.25 shift 0.5 : tensor<6xf32>
  %gate_e = arith.constant dense<[0.0, 0.0, 0.5, 0.75, 1.0, 0x7FC00000]> : tensor<6xf32>
  check.expect_eq %gate, %gate_e : tensor<6xf32>, tensor<6xf32>
  %swish = nn.hard_swish %x slope 0.25 shift 0.75 : tensor<6xf32>
  %swish_e = arith.constant dense<[-0.0, -0.5, 0.0, 1.0, 8.0, 0x7FC00000]> : tensor<6xf32>
  check.expect_eq %swish, %swish_e : tensor<6xf32>, tensor<6xf32>
  return
}

func.func @saturated() {
  // No overflow on the way where the result is finite.
  %x = arith.constant dense<[-200.0, 200.0]> : tensor<2xf32>
  %sigmoid = nn.unary sigmoid %x : tensor<2xf32>
  %sigmoid_e = arith.constant dense<[0.0, 1.0]> : tensor<2xf32>
  check.expect_eq %sigmoid, %sigmoid_e : tensor<2xf32>, tensor<2xf32>
  %softplus = nn.unary softplus %x : tensor<2xf32>
  %softplus_e = arith.constant dense<[0.0, 200.0]> : tensor<2xf32>
  check.expect_eq %softplus, %softplus_e : tensor<2xf32>, tensor<2xf32>
  return
}

func.func @clip_and_cast() {
  %x = arith.constant dense<[-1.5, 2.9, 3.0e9, 0x7FC00000, 0x7F800000]> : tensor<5xf32>
  %clip = nn.clip %x min 0.0 max 6.0 : tensor<5xf32>
  %clip_e = arith.constant dense<[0.0, 2.9, 6.0, 0x7FC00000, 6.0]> : tensor<5xf32>
  check.expect_eq %clip, %clip_e : tensor<5xf32>, tensor<5xf32>
  %i32 = nn.cast %x : tensor<5xf32> to tensor<5xi32>
  %i32_e = arith.constant dense<[-1, 2, 2147483647, 0, 2147483647]> : tensor<5xi32>
  check.expect_eq %i32, %i32_e : tensor<5xi32>, tensor<5xi32>
  %i1 = nn.cast %x : tensor<5xf32> to tensor<5xi1>
  %i1_e = arith.constant dense<true> : tensor<5xi1>
  check.expect_eq %i1, %i1_e : tensor<5xi1>, tensor<5xi1>
  // 2^53 + 1 and 2^32 + 2: one rounding to f32, and the low bits in i32.
  %big = arith.constant dense<[9007199254740993, 4294967298]> : tensor<2xi64>
  %f = nn.cast %big : tensor<2xi64> to tensor<2xf32>
  %f_e = arith.constant dense<[9007199254740992.0, 4294967296.0]> : tensor<2xf32>
  check.expect_eq %f, %f_e : tensor<2xf32>, tensor<2xf32>
  %low = nn.cast %big : tensor<2xi64> to tensor<2xi32>
  %low_e = arith.constant dense<[1, 2]> : tensor<2xi32>
  check.expect_eq %low, %low_e : tensor<2xi32>, tensor<2xi32>
  return
}

// Bounds of integers are exact, and may lie outside of the type.
func.func @clip_integers() {
  %x = arith.constant dense<[-9223372036854775807, 9007199254740993, 5]> : tensor<3xi64>
  %all = nn.clip %x min 0xFFF0000000000000 max 1.0e30 : tensor<3xi64>
  check.expect_eq %all, %x : tensor<3xi64>, tensor<3xi64>
  %some = nn.clip %x min -2.5 max 4.5 : tensor<3xi64>
  %some_e = arith.constant dense<[-2, 4, 4]> : tensor<3xi64>
  check.expect_eq %some, %some_e : tensor<3xi64>, tensor<3xi64>
  return
}

// Inverse and hyperbolic functions, as the C library gives them.
func.func @angles() {
  %x = arith.constant dense<[-0.75, 0.25, 0.5]> : tensor<3xf32>
  %tan = nn.unary tan %x : tensor<3xf32>
  %tan_e = arith.constant dense<[-0.9315964579582214, 0.25534191727638245, 0.5463024973869324]> : tensor<3xf32>
  check.expect_almost %tan, %tan_e : tensor<3xf32>, tensor<3xf32>
  %asin = nn.unary asin %x : tensor<3xf32>
  %asin_e = arith.constant dense<[-0.8480620980262756, 0.252680242061615, 0.5235987901687622]> : tensor<3xf32>
  check.expect_almost %asin, %asin_e : tensor<3xf32>, tensor<3xf32>
  %acos = nn.unary acos %x : tensor<3xf32>
  %acos_e = arith.constant dense<[2.418858289718628, 1.3181160688400269, 1.0471975803375244]> : tensor<3xf32>
  check.expect_almost %acos, %acos_e : tensor<3xf32>, tensor<3xf32>
  %atan = nn.unary atan %x : tensor<3xf32>
  %atan_e = arith.constant dense<[-0.6435011029243469, 0.244978666305542, 0.46364760398864746]> : tensor<3xf32>
  check.expect_almost %atan, %atan_e : tensor<3xf32>, tensor<3xf32>
  %sinh = nn.unary sinh %x : tensor<3xf32>
  %sinh_e = arith.constant dense<[-0.8223167061805725, 0.25261232256889343, 0.5210952758789062]> : tensor<3xf32>
  check.expect_almost %sinh, %sinh_e : tensor<3xf32>, tensor<3xf32>
  %cosh = nn.unary cosh %x : tensor<3xf32>
  %cosh_e = arith.constant dense<[1.2946833372116089, 1.0314130783081055, 1.1276259422302246]> : tensor<3xf32>
  check.expect_almost %cosh, %cosh_e : tensor<3xf32>, tensor<3xf32>
  %expm1 = nn.unary expm1 %x : tensor<3xf32>
  %expm1_e = arith.constant dense<[-0.5276334285736084, 0.2840254306793213, 0.6487212777137756]> : tensor<3xf32>
  check.expect_almost %expm1, %expm1_e : tensor<3xf32>, tensor<3xf32>
  %log1p = nn.unary log1p %x : tensor<3xf32>
  %log1p_e = arith.constant dense<[-1.3862943649291992, 0.2231435477733612, 0.40546509623527527]> : tensor<3xf32>
  check.expect_almost %log1p, %log1p_e : tensor<3xf32>, tensor<3xf32>
  %asinh = nn.unary asinh %x : tensor<3xf32>
  %asinh_e = arith.constant dense<[-0.6931471824645996, 0.24746645987033844, 0.4812118113040924]> : tensor<3xf32>
  check.expect_almost %asinh, %asinh_e : tensor<3xf32>, tensor<3xf32>
  %atanh = nn.unary atanh %x : tensor<3xf32>
  %atanh_e = arith.constant dense<[-0.972955048084259, 0.2554128170013428, 0.5493061542510986]> : tensor<3xf32>
  check.expect_almost %atanh, %atanh_e : tensor<3xf32>, tensor<3xf32>
  %b = arith.constant dense<[1.0, 1.5, 40.0]> : tensor<3xf32>
  %acosh = nn.unary acosh %b : tensor<3xf32>
  %acosh_e = arith.constant dense<[0.0, 0.9624236226081848, 4.381870269775391]> : tensor<3xf32>
  check.expect_almost %acosh, %acosh_e : tensor<3xf32>, tensor<3xf32>
  return
}

// At the ends of their domains, and beyond: NaN differs from itself.
func.func @ends_of_domains() {
  %x = arith.constant dense<[1.0, -1.0]> : tensor<2xf32>
  %atanh = nn.unary atanh %x : tensor<2xf32>
  %infinite = arith.constant dense<[0x7F800000, 0xFF800000]> : tensor<2xf32>
  check.expect_eq %atanh, %infinite : tensor<2xf32>, tensor<2xf32>
  %sinh = nn.unary sinh %infinite : tensor<2xf32>
  check.expect_eq %sinh, %infinite : tensor<2xf32>, tensor<2xf32>
  %beyond = arith.constant dense<[1.5, -1.5]> : tensor<2xf32>
  %asin = nn.unary asin %beyond : tensor<2xf32>
  %differs = nn.compare ne %asin, %asin : tensor<2xf32>, tensor<2xf32> -> tensor<2xi1>
  %true = arith.constant dense<true> : tensor<2xi1>
  check.expect_eq %differs, %true : tensor<2xi1>, tensor<2xi1>
  return
}

// Zeros come in from the left, and are all that is left of too many places.
func.func @shr() {
  %x = arith.constant dense<[-1, 5, 5, 5, -8]> : tensor<5xi32>
  %s = arith.constant dense<[28, 1, 32, -1, 0]> : tensor<5xi32>
  %y = nn.binary shr %x, %s : tensor<5xi32>, tensor<5xi32> -> tensor<5xi32>
  %e = arith.constant dense<[15, 2, 0, 0, -8]> : tensor<5xi32>
  check.expect_eq %y, %e : tensor<5xi32>, tensor<5xi32>
  return
}
