// RUN: quant-opt %s -qt-verify-integer-only -verify-diagnostics

!row16 = !qt.block<[1, ?], s16, scale = exp<8>>
#norm = #qt.encoding<norm, -32767..32767>

// Inputs are moved, quantised, and decoded again.
func.func @border(%x: tensor<8x?xf32>, %i: tensor<?x8xi64>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  %t = nn.transpose %x perm [1, 0] : tensor<8x?xf32> -> tensor<?x8xf32>
  %m, %e = qt.quantize %t {encoding = #norm, format = !row16} : tensor<?x8xf32> -> tensor<?x8xi16>, tensor<?x1xi8>
  %y = qt.dequantize %m, %e {format = !row16} : tensor<?x8xi16>, tensor<?x1xi8> -> tensor<?x8xf32>
  %c = nn.cast %i : tensor<?x8xi64> to tensor<?x8xf32>
  %n, %f = qt.quantize %c {encoding = #norm, format = !row16} : tensor<?x8xf32> -> tensor<?x8xi16>, tensor<?x1xi8>
  %z = qt.dequantize %n, %f {format = !row16} : tensor<?x8xi16>, tensor<?x1xi8> -> tensor<?x8xf32>
  return %y, %z : tensor<?x8xf32>, tensor<?x8xf32>
}

// What is decoded has the width that an output asks for.
func.func @halves(%m: tensor<?x8xi16>, %e: tensor<?x1xi8>) -> tensor<?x8xf16> {
  %y = qt.dequantize %m, %e {format = !row16} : tensor<?x8xi16>, tensor<?x1xi8> -> tensor<?x8xf32>
  %h = nn.cast %y : tensor<?x8xf32> to tensor<?x8xf16>
  return %h : tensor<?x8xf16>
}

// What is computed from constants is computed by the compiler.
func.func @constants() -> tensor<4x8xi16> {
  %x = arith.constant dense<2.0> : tensor<4x8xf32>
  %y = nn.binary mul %x, %x : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %m, %e = qt.quantize %y {encoding = #norm, format = !row16} : tensor<4x8xf32> -> tensor<4x8xi16>, tensor<4x1xi8>
  return %m : tensor<4x8xi16>
}
