// RUN: quant-opt %s -qt-group-kernels -split-input-file | FileCheck %s

// What brings channels with an exponent each to 8 bits is in the kernel that
// encodes the image of them, which has the least exponent.
// CHECK-LABEL: func.func @channels
// CHECK: qt.launch @[[K:[a-z_0-9]+]](
// CHECK-NOT: qt.launch
// CHECK: func.func private @[[K]](
// CHECK: nn.binary rshift
// CHECK: qt.quantize
!blk8 = !qt.block<[1, 1, 1, 32], s8, scale = shift<3>, outer = exp<8>[1, ?, ?, ?]>
func.func @channels(%w: tensor<?x4x4x32xi32>, %places: tensor<?x1x1x32xi32>, %e: tensor<?x1x1x1xi8>) -> (tensor<?x6x6x32xi8>, tensor<?x6x6x1xi8>, tensor<?x1x1x1xi8>)
    attributes {qt.dim_names = ["n"], qt.arg_shapes = [affine_map<()[s0] -> (s0, 4, 4, 32)>, affine_map<()[s0] -> (s0, 1, 1, 32)>, affine_map<()[s0] -> (s0, 1, 1, 1)>]} {
  %left = arith.constant dense<-8> : tensor<i32>
  %shifted = nn.binary rshift %w, %places : tensor<?x4x4x32xi32>, tensor<?x1x1x32xi32> -> tensor<?x4x4x32xi32>
  %limited = nn.clip %shifted min -127.0 max 127.0 : tensor<?x4x4x32xi32>
  %upper = nn.binary rshift %limited, %left : tensor<?x4x4x32xi32>, tensor<i32> -> tensor<?x4x4x32xi32>
  %m = nn.cast %upper : tensor<?x4x4x32xi32> to tensor<?x4x4x32xi16>
  %q, %k, %x = qt.quantize %m exponent %e : tensor<?x1x1x1xi8> {encoding = #qt.encoding<norm, -127..127>, format = !blk8, layout = #qt.layout<b32, panel = 16, rows = 4, bias = 0>, halo = #qt.halo<pads = [1, 1, 1, 1], groups = 32>, qt.least_exponent} : tensor<?x4x4x32xi16> -> tensor<?x6x6x32xi8>, tensor<?x6x6x1xi8>, tensor<?x1x1x1xi8>
  return %q, %k, %x : tensor<?x6x6x32xi8>, tensor<?x6x6x1xi8>, tensor<?x1x1x1xi8>
}

// -----

// Of fewer channels than a vector has lanes it is a kernel of its own.
// CHECK-LABEL: func.func @few
// CHECK: qt.launch
// CHECK: qt.launch
!blk8 = !qt.block<[1, 1, 1, 32], s8, scale = shift<3>, outer = exp<8>[1, ?, ?, ?]>
func.func @few(%w: tensor<?x4x4x8xi32>, %places: tensor<?x1x1x8xi32>, %e: tensor<?x1x1x1xi8>) -> (tensor<?x6x6x8xi8>, tensor<?x6x6x1xi8>, tensor<?x1x1x1xi8>)
    attributes {qt.dim_names = ["n"], qt.arg_shapes = [affine_map<()[s0] -> (s0, 4, 4, 8)>, affine_map<()[s0] -> (s0, 1, 1, 8)>, affine_map<()[s0] -> (s0, 1, 1, 1)>]} {
  %shifted = nn.binary rshift %w, %places : tensor<?x4x4x8xi32>, tensor<?x1x1x8xi32> -> tensor<?x4x4x8xi32>
  %m = nn.cast %shifted : tensor<?x4x4x8xi32> to tensor<?x4x4x8xi16>
  %q, %k, %x = qt.quantize %m exponent %e : tensor<?x1x1x1xi8> {encoding = #qt.encoding<norm, -127..127>, format = !blk8, layout = #qt.layout<b32, panel = 16, rows = 4, bias = 0>, halo = #qt.halo<pads = [1, 1, 1, 1], groups = 8>, qt.least_exponent} : tensor<?x4x4x8xi16> -> tensor<?x6x6x8xi8>, tensor<?x6x6x1xi8>, tensor<?x1x1x1xi8>
  return %q, %k, %x : tensor<?x6x6x8xi8>, tensor<?x6x6x1xi8>, tensor<?x1x1x1xi8>
}
