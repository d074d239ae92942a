// RUN: quant-opt %s -split-input-file -qt-verify-split -verify-diagnostics

// Formats are attributes behind the split.
func.func @fine(%c: tensor<?x64xi8>, %s: tensor<?x1xf32>) -> tensor<?x64xf32> {
  %d = qt.dequantize %c, %s {format = !qt.block<[1, ?], s8, scale = f32>} : tensor<?x64xi8>, tensor<?x1xf32> -> tensor<?x64xf32>
  return %d : tensor<?x64xf32>
}

// -----

!rows8 = !qt.block<[1, ?], s8, scale = f32>
func.func @result(%x: tensor<?x64xf32>) {
  // expected-error @below {{result #0 of 'qt.quantize' is in joint form behind the split: 'tensor<?x64x!qt.block<[1, ?], s8, scale = f32>>'}}
  %q = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>} : tensor<?x64xf32> -> tensor<?x64x!rows8>
  return
}

// -----

!rows8 = !qt.block<[1, ?], s8, scale = f32>
// expected-error @below {{argument #0 of 'func.func' is in joint form}}
func.func private @argument(tensor<?x64x!rows8>)
