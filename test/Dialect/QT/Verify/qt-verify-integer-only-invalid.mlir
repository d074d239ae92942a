// RUN: quant-opt %s -split-input-file -qt-verify-integer-only -verify-diagnostics

func.func @input(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  // expected-error @below {{'nn.unary' op computes on floats between the inputs' quantisation and the outputs' decoding}}
  %0 = nn.unary relu %x : tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// -----

!row16 = !qt.block<[1, ?], s16, scale = exp<8>>

func.func @between(%m: tensor<?x8xi16>, %e: tensor<?x1xi8>) -> tensor<?x8xf32> {
  // expected-error @below {{'qt.dequantize' op computes on floats}}
  %0 = qt.dequantize %m, %e {format = !row16} : tensor<?x8xi16>, tensor<?x1xi8> -> tensor<?x8xf32>
  // expected-error @below {{'nn.unary' op computes on floats}}
  %1 = nn.unary relu %0 : tensor<?x8xf32>
  return %1 : tensor<?x8xf32>
}

// -----

!rows = !qt.block<[1, ?], s8, scale = exp<8>>

func.func @epilogue(%m: tensor<4x8xi8>, %e: tensor<4x1xi8>) -> tensor<4x4xi32> {
  %0 = qt.contract lhs(%m, %e : tensor<4x8xi8>, tensor<4x1xi8>) rhs(%m, %e : tensor<4x8xi8>, tensor<4x1xi8>)
      {acc = i32, geometry = #qt.matmul, lhs_format = !rows, rhs_format = !rows} {
  ^bb0(%acc: i32):
    // expected-error @below {{'nn.cast' op computes on floats}}
    %1 = nn.cast %acc : i32 to f32
    // expected-error @below {{'nn.cast' op computes on floats}}
    %2 = nn.cast %1 : f32 to i32
    qt.yield %2 : i32
  } -> tensor<4x4xi32>
  return %0 : tensor<4x4xi32>
}
