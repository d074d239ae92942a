// A stock mlir-opt has our dialects and passes once it loads the library.
// RUN: mlir-opt %s --load-dialect-plugin=%quantc_library \
// RUN:   --load-pass-plugin=%quantc_library \
// RUN:   --pass-pipeline="builtin.module(func.func(nn-fold-constants), interpret)" | FileCheck %s

func.func @main() {
  // CHECK: arith.constant dense<3.000000e+00> : tensor<2xf32>
  // CHECK-NOT: nn.unary
  %x = arith.constant dense<-3.0> : tensor<2xf32>
  %y = nn.unary abs %x : tensor<2xf32>
  check.expect_eq %y, %y : tensor<2xf32>, tensor<2xf32>
  return
}
