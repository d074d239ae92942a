// RUN: quant-opt %s -nn-separate-units | FileCheck %s

// Outputs that are more than 2^12 apart have a power of two behind them; what is 0 has none.
// CHECK-LABEL: func @outputs
// CHECK-SAME: (%[[X:.*]]: tensor<?x2xf32>)
// CHECK: %[[D:.*]] = arith.constant dense<{{\[\[}}1.024000e+03], [1.000000e+00], [4.8828125E-4{{\]\]}}> : tensor<3x1xf32>
// CHECK: %[[W:.*]] = nn.binary mul %{{.*}}, %[[D]] : tensor<3x2xf32>, tensor<3x1xf32> -> tensor<3x2xf32>
// CHECK: %[[P:.*]] = nn.matmul %[[X]], %[[W]]
// CHECK: %[[U:.*]] = arith.constant dense<[9.765625E-4, 1.000000e+00, 2.048000e+03]> : tensor<3xf32>
// CHECK: %[[Y:.*]] = nn.binary mul %[[P]], %[[U]] : tensor<?x3xf32>, tensor<3xf32> -> tensor<?x3xf32>
// CHECK: %[[Z:.*]] = nn.binary add %[[Y]], %{{.*}}
// CHECK: return %[[Z]]
func.func @outputs(%x: tensor<?x2xf32>) -> tensor<?x3xf32> {
  %w = arith.constant dense<[[0.001, 0.0015], [0.0, 0.0], [1000.0, -3000.0]]> : tensor<3x2xf32>
  %b = arith.constant dense<[0.001, 0.0, 1.0e4]> : tensor<3xf32>
  %0 = nn.matmul %x, %w : tensor<?x2xf32>, tensor<3x2xf32> -> tensor<?x3xf32>
  %1 = nn.binary add %0, %b : tensor<?x3xf32>, tensor<3xf32> -> tensor<?x3xf32>
  return %1 : tensor<?x3xf32>
}

// So have channels of a convolution, and what is cut into columns.
// CHECK-LABEL: func @cut
// CHECK: nn.conv
// CHECK: nn.binary mul {{.*}} : tensor<?x4x2xf32>, tensor<2xf32> -> tensor<?x4x2xf32>
// CHECK: nn.slice
func.func @cut(%x: tensor<?x6x1xf32>) -> tensor<?x4x1xf32> {
  %w = arith.constant dense<[[[0.001], [0.0015], [0.001]], [[1000.0], [-3000.0], [1.0]]]> : tensor<2x3x1xf32>
  %zero = arith.constant dense<0> : tensor<1xi64>
  %one = arith.constant dense<1> : tensor<1xi64>
  %two = arith.constant dense<2> : tensor<1xi64>
  %0 = nn.conv %x, %w kernel [3] strides [1] dilations [1] pads [0, 0] groups 1 : tensor<?x6x1xf32>, tensor<2x3x1xf32> -> tensor<?x4x2xf32>
  %1 = nn.slice %0, %zero, %one, %two, %one : tensor<?x4x2xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<?x4x1xf32>
  %2 = nn.unary tanh %1 : tensor<?x4x1xf32>
  return %2 : tensor<?x4x1xf32>
}

// Inputs whose weights are more than 2^8 apart are scaled first, also before a convolution; what is computed is not.
// CHECK-LABEL: func @inputs
// CHECK-SAME: (%[[X:[^:]*]]: tensor<?x2xf32>, %[[I:[^:]*]]: tensor<?x3x2xf32>)
// CHECK: %[[D:.*]] = nn.binary sub %[[X]]
// CHECK: %[[W:.*]] = nn.binary mul %{{.*}}, %{{.*}} : tensor<1x2xf32>, tensor<2xf32> -> tensor<1x2xf32>
// CHECK: %[[U:.*]] = arith.constant dense<[9.765625E-4, 1.024000e+03]> : tensor<2xf32>
// CHECK: %[[S:.*]] = nn.binary mul %[[D]], %[[U]] : tensor<?x2xf32>, tensor<2xf32> -> tensor<?x2xf32>
// CHECK: nn.matmul %[[S]], %[[W]]
// CHECK: %[[J:.*]] = nn.binary mul %[[I]], %{{.*}} : tensor<?x3x2xf32>, tensor<2xf32> -> tensor<?x3x2xf32>
// CHECK: nn.conv %[[J]]
// CHECK: %[[T:.*]] = nn.unary tanh
// CHECK: nn.matmul %[[T]], %cst
func.func @inputs(%x: tensor<?x2xf32>, %i: tensor<?x3x2xf32>) -> (tensor<?x1xf32>, tensor<?x3x1xf32>, tensor<?x1xf32>) {
  %mean = arith.constant dense<[1.0e3, 1.0e-3]> : tensor<2xf32>
  %w = arith.constant dense<[[0.001, -1500.0]]> : tensor<1x2xf32>
  %k = arith.constant dense<[[[0.001, -1500.0]]]> : tensor<1x1x2xf32>
  %0 = nn.binary sub %x, %mean : tensor<?x2xf32>, tensor<2xf32> -> tensor<?x2xf32>
  %1 = nn.matmul %0, %w : tensor<?x2xf32>, tensor<1x2xf32> -> tensor<?x1xf32>
  %2 = nn.conv %i, %k kernel [1] strides [1] dilations [1] pads [0, 0] groups 1 : tensor<?x3x2xf32>, tensor<1x1x2xf32> -> tensor<?x3x1xf32>
  %3 = nn.unary tanh %x : tensor<?x2xf32>
  %4 = nn.matmul %3, %w : tensor<?x2xf32>, tensor<1x2xf32> -> tensor<?x1xf32>
  return %1, %2, %4 : tensor<?x1xf32>, tensor<?x3x1xf32>, tensor<?x1xf32>
}

// Not what is close together, and not what comes to a row.
// CHECK-LABEL: func @kept
// CHECK-NOT: nn.binary
func.func @kept(%x: tensor<?x2xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  %near = arith.constant dense<[[1.0, 1.0], [4096.0, 256.0]]> : tensor<2x2xf32>
  %far = arith.constant dense<[[1.0, 1.0], [8192.0, 256.0]]> : tensor<2x2xf32>
  %0 = nn.matmul %x, %near : tensor<?x2xf32>, tensor<2x2xf32> -> tensor<?x2xf32>
  %1 = nn.matmul %x, %far : tensor<?x2xf32>, tensor<2x2xf32> -> tensor<?x2xf32>
  %2 = nn.softmax %1 {axis = 1 : i64} : tensor<?x2xf32>
  return %0, %2 : tensor<?x2xf32>, tensor<?x2xf32>
}
