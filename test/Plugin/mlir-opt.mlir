// A stock mlir-opt has our dialects and passes once it loads the library.
// RUN: mlir-opt %s --load-dialect-plugin=%quantc_library \
// RUN:   --load-pass-plugin=%quantc_library \
// RUN:   --pass-pipeline="builtin.module(nn-resolve-shapes, interpret)" | FileCheck %s

func.func @main() {
  // CHECK: arith.constant dense<2> : tensor<1xi64>
  // CHECK-NOT: nn.shape
  %x = arith.constant dense<-3.0> : tensor<2xf32>
  %y = nn.shape %x {start = 0 : i64, end = 1 : i64} : tensor<2xf32> -> tensor<1xi64>
  check.expect_eq %y, %y : tensor<1xi64>, tensor<1xi64>
  return
}
