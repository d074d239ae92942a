// RUN: quant-opt %s -interpret

qt.global @w0 : tensor<2x3xf32> {
  %w = qt.weight #qt.blob<"0x0000803F0000004000004040000080400000A0400000C040"> : tensor<2x3xf32>
  qt.yield %w : tensor<2x3xf32>
}

func.func private @k0(%x: tensor<?x3xf32>, %w: tensor<2x3xf32>) -> tensor<?x2xf32> attributes {qt.kernel, qt.arg_shapes = [affine_map<()[s0] -> (s0, 3)>]} {
  %y = nn.matmul %x, %w : tensor<?x3xf32>, tensor<2x3xf32> -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// A program behind the stage `group` means what it meant before.
func.func @main() {
  %x = arith.constant dense<[[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]]> : tensor<2x3xf32>
  %a = qt.alias %x : tensor<2x3xf32> to tensor<?x3xf32>
  %w = qt.global_ref @w0 : tensor<2x3xf32>
  %y = qt.launch @k0(%a, %w) sizes affine_map<()[s0] -> (s0)> : (tensor<?x3xf32>, tensor<2x3xf32>) -> tensor<?x2xf32>
  %b = qt.alias %y : tensor<?x2xf32> to tensor<?x1x2xf32>
  %e = arith.constant dense<[[[1.0, 4.0]], [[5.0, 11.0]]]> : tensor<2x1x2xf32>
  check.expect_eq %b, %e : tensor<?x1x2xf32>, tensor<2x1x2xf32>
  return
}
