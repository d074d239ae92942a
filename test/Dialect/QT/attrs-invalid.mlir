// RUN: quant-opt %s -split-input-file -verify-diagnostics

// expected-error @below {{unknown scale rule 'mean'; supported: absmax, search, floor, ceil, rceil, even, norm}}
func.func private @f() attributes {a = #qt.encoding<mean, -127..127>}

// -----

// expected-error @below {{code range 7..7; supported: one that holds 0 and a positive number}}
func.func private @f() attributes {a = #qt.encoding<absmax, 7..7>}

// -----

// expected-error @below {{expected '<rule, lo..hi>'}}
func.func private @f() attributes {a = #qt.encoding<absmax, 127>}

// -----

// expected-error @below {{panel 0 is not in 1..256}}
func.func private @f() attributes {a = #qt.layout<s8, panel = 0, rows = 4>}

// -----

// expected-error @below {{rows 65 is not in 1..64}}
func.func private @f() attributes {a = #qt.layout<s8, panel = 16, rows = 65>}

// -----

// expected-error @below {{bias 64; supported: 0 and 128}}
func.func private @f() attributes {a = #qt.layout<s8, panel = 16, rows = 4, bias = 64>}

// -----

// expected-error @below {{k = -1 is negative}}
func.func private @f() attributes {a = #qt.matmul<k = -1>}

// -----

// expected-error @below {{4 spatial dimensions; supported: 1 to 3}}
func.func private @f() attributes {a = #qt.conv<taps = [1, 1, 1, 1], strides = [1, 1, 1, 1], dilations = [1, 1, 1, 1], pads = [0, 0, 0, 0, 0, 0, 0, 0], groups = 1>}

// -----

// expected-error @below {{pads has 1 entries, expected 2}}
func.func private @f() attributes {a = #qt.conv<taps = [3], strides = [1], dilations = [1], pads = [0], groups = 1>}

// -----

// expected-error @below {{strides entry 0 is not in 1..2147483647}}
func.func private @f() attributes {a = #qt.conv<taps = [3], strides = [0], dilations = [1], pads = [0, 0], groups = 1>}

// -----

// expected-error @below {{groups = 0 is not positive}}
func.func private @f() attributes {a = #qt.conv<taps = [3], strides = [1], dilations = [1], pads = [0, 0], groups = 0>}

// -----

// expected-error @below {{expected the range of rhs}}
func.func private @f() attributes {a = #qt.bound<lhs = 0..255, chain = 1>}

// -----

// expected-error @below {{cannot read 'rhs = 3'}}
func.func private @f() attributes {a = #qt.bound<lhs = 0..255, rhs = 3, chain = 1>}

// -----

// expected-error @below {{lhs range 5..-5 is no range of 32-bit integers}}
func.func private @f() attributes {a = #qt.bound<lhs = 5..-5, rhs = 0..1, chain = 1>}

// -----

// expected-error @below {{chain 0 is not in 1..16777216}}
func.func private @f() attributes {a = #qt.bound<lhs = 0..1, rhs = 0..1, chain = 0>}

// -----

// expected-error @below {{lane range 1..5 of sums of negative and of positive elements has to hold 0}}
func.func private @f() attributes {a = #qt.bound<lhs = 0..1, rhs = 0..1, chain = 1, lane = 1..5>}

// -----

// Zero would get the code 5.
// expected-error @below {{code range 5..100; supported: one that holds 0 and a positive number}}
func.func private @f() attributes {a = #qt.encoding<absmax, 5..100>}

// -----

// The scale is largest magnitude / 0.
// expected-error @below {{code range -127..0; supported: one that holds 0 and a positive number}}
func.func private @f() attributes {a = #qt.encoding<absmax, -127..0>}

// -----

// expected-error @below {{'rhs' is given twice}}
func.func private @f() attributes {a = #qt.bound<lhs = 0..1, rhs = 0..1, rhs = 0..2, chain = 1>}

// -----

// expected-error @below {{unknown layout form 's9'; supported: f32, s8, matched, w4i, w4s, b32, b32n, chained, s8f, b32f, w4f}}
func.func private @f() attributes {a = #qt.layout<s9, panel = 16, rows = 4>}

// -----

// expected-error @below {{form 'matched' with bias = 0; supported: bias = 128, or low = 0}}
func.func private @f() attributes {a = #qt.layout<matched, panel = 16, rows = 4>}

// -----

// expected-error @below {{form 'chained' with panel = 32; supported: panel = 16}}
func.func private @f() attributes {a = #qt.layout<chained, panel = 32, rows = 4, bias = 128>}

// -----

// expected-error @below {{low -7; supported: 0 and -128}}
func.func private @f() attributes {a = #qt.layout<s8, panel = 16, rows = 4, low = -7>}

// -----

// expected-error @below {{form 'matched' with bias = 128 and low = 0; supported: bias = 0, and forms with codes of activations}}
func.func private @f() attributes {a = #qt.layout<matched, panel = 16, rows = 4, bias = 128, low = 0>}

// -----

// expected-error @below {{form 'f32' with bias = 0 and low = 0; supported: bias = 0, and forms with codes of activations}}
func.func private @f() attributes {a = #qt.layout<f32, panel = 16, rows = 4, low = 0>}

// -----

// expected-error @below {{form 'f32' with bias = 128; supported: bias = 0}}
func.func private @f() attributes {a = #qt.layout<f32, panel = 16, rows = 4, bias = 128>}

// -----

// expected-error @below {{lines = 0 is not positive}}
func.func private @f() attributes {a = #qt.part<line = 6, lines = 0, run = 6, channels = 32>}

// -----

// expected-error @below {{run = 3 of lines of 6; supported: whole lines, or runs of one line}}
func.func private @f() attributes {a = #qt.part<line = 6, lines = 2, run = 3, channels = 32>}
