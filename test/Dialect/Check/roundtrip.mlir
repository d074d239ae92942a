// RUN: quant-opt %s | quant-opt | FileCheck %s

// CHECK-LABEL: func @all
func.func @all(%a: tensor<?xf32>, %b: tensor<4xi64>) {
  // CHECK: check.expect_eq %{{.*}}, %{{.*}} : tensor<4xi64>, tensor<4xi64>
  check.expect_eq %b, %b : tensor<4xi64>, tensor<4xi64>
  // CHECK: check.expect_close %{{.*}} {absolute = 2.100000e-02 : f64}
  check.expect_close %a, %a {absolute = 0.021 : f64} : tensor<?xf32>, tensor<?xf32>
  // CHECK: check.expect_almost %{{.*}} {ulps = 2 : i64}
  check.expect_almost %a, %a {ulps = 2 : i64} : tensor<?xf32>, tensor<?xf32>
  return
}
