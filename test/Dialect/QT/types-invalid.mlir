// RUN: quant-opt %s -split-input-file -verify-diagnostics

// expected-error @below {{block extent 0 of dimension 1 is not positive; '?' is the whole}}
func.func private @f(!qt.block<[1, 0], s8, scale = f32>)

// -----

// expected-error @below {{block extent -3 of dimension 0 is not positive}}
func.func private @f(!qt.block<[-3, ?], s8, scale = f32>)

// -----

// expected-error @below {{block shape [] has no dimension}}
func.func private @f(!qt.block<[], s8, scale = f32>)

// -----

// expected-error @below {{unknown element format 's1'; supported: s2 to s32}}
func.func private @f(!qt.block<[1, ?], s1, scale = f32>)

// -----

// expected-error @below {{unknown element format 's33'}}
func.func private @f(!qt.block<[1, ?], s33, scale = f32>)

// -----

// expected-error @below {{unknown element format 'int<4>'}}
func.func private @f(!qt.block<[1, ?], int<4>, scale = f32>)

// -----

// expected-error @below {{unknown scale format 'f64'; supported: f32, f16}}
func.func private @f(!qt.block<[1, ?], s8, scale = f64>)

// -----

// expected-error @below {{unknown scale format 'shift<9>'}}
func.func private @f(!qt.block<[1, ?], s8, scale = shift<9>, outer = exp<8>>)

// -----

// expected-error @below {{scale format 'shift<3>' is relative to an outer scale, and there is none}}
func.func private @f(!qt.block<[1, 32], s8, scale = shift<3>>)

// -----

// expected-error @below {{outer scale format 's8' is itself relative to another scale}}
func.func private @f(!qt.block<[1, 32], s8, scale = f32, outer = s8>)

// -----

// expected-error @below {{outer block has 1 dimensions, the block 2}}
func.func private @f(!qt.block<[1, 32], s8, scale = s8, outer = f32[?]>)

// -----

// expected-error @below {{outer block extent 0 of dimension 1 is not positive}}
func.func private @f(!qt.block<[1, 32], s8, scale = s8, outer = f32[1, 0]>)

// -----

// expected-error @below {{outer block extent 48 of dimension 1 is no multiple of the block's 32}}
func.func private @f(!qt.block<[1, 32], s8, scale = s8, outer = f32[1, 48]>)

// -----

// expected-error @below {{outer block extent 64 of dimension 1 cuts a block of the whole dimension}}
func.func private @f(!qt.block<[1, ?], s8, scale = s8, outer = f32[1, 64]>)

// -----

// expected-error @below {{expected 'outer', or 'zero' before it, once each}}
func.func private @f(!qt.block<[1, ?], s8, scale = f32, zero = s8, zero = s8>)

// -----

// expected-error @below {{memref element type}}
func.func private @f(memref<4x!qt.block<[?], s8, scale = f32>>)

// -----

// expected-error @below {{VectorElementTypeInterface}}
func.func private @f(vector<4x!qt.block<[?], s8, scale = f32>>)
