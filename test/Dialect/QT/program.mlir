// RUN: quant-opt %s | quant-opt | FileCheck %s

// CHECK: qt.global @w0 : tensor<8xi8> {
// CHECK: qt.yield %{{.*}} : tensor<8xi8>
qt.global @w0 : tensor<8xi8> {
  %w = qt.weight #qt.blob<"0x0102030405060708"> : tensor<8xi8>
  qt.yield %w : tensor<8xi8>
}

// CHECK-LABEL: func @main
func.func @main(%x: tensor<?x64xf32>) -> tensor<?x8x8xf32> attributes {qt.dim_names = ["batch"], qt.arg_shapes = [affine_map<()[s0] -> (s0, 64)>]} {
  // CHECK: %[[W:.*]] = qt.global_ref @w0 : tensor<8xi8>
  %w = qt.global_ref @w0 : tensor<8xi8>
  // CHECK: %[[Y:.*]] = qt.launch @k0(%{{.*}}, %[[W]]) sizes {{.*}} : (tensor<?x64xf32>, tensor<8xi8>) -> tensor<?x64xf32>
  %y = qt.launch @k0(%x, %w) sizes affine_map<()[s0] -> (s0)> : (tensor<?x64xf32>, tensor<8xi8>) -> tensor<?x64xf32>
  // CHECK: qt.alias %[[Y]] : tensor<?x64xf32> to tensor<?x8x8xf32>
  %z = qt.alias %y : tensor<?x64xf32> to tensor<?x8x8xf32>
  return %z : tensor<?x8x8xf32>
}

func.func private @k0(%x: tensor<?x64xf32>, %w: tensor<8xi8>) -> tensor<?x64xf32>
    attributes {qt.kernel, qt.arg_shapes = [affine_map<()[s0] -> (s0, 64)>, affine_map<()[s0] -> (8)>]} {
  return %x : tensor<?x64xf32>
}
