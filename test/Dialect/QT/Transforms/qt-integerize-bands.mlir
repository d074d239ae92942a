// RUN: quant-opt %s -qt-integerize | FileCheck %s
// RUN: quant-opt %s -qt-integerize -qt-split -qt-verify-integer-only -qt-verify-ranges

#byte = #qt.encoding<absmax, -127..127>
!row8 = !qt.block<[1, ?], s8, scale = f32>
!filter8 = !qt.block<[1, ?, ?], s8, scale = f32>

// A product whose logarithm is taken is the sum of those of the parts of its operand, of 8 bits each: of two for 16 bits.
// CHECK-LABEL: func @bands
// CHECK: [[X:%.*]] = qt.quantize %arg0 {{.*}} s16
// CHECK: [[HIGH:%.*]] = qt.rescale half_up [[X]] : {{.*}} -> tensor<?x40x!qt.block<[1, ?], s8, scale = exp<8>>>
// CHECK: [[PART:%.*]] = qt.rescale half_up [[HIGH]] : {{.*}} -> tensor<?x40x!qt.block<[1, ?], s16, scale = exp<8>>>
// CHECK: [[FIRST:%.*]] = nn.matmul
// CHECK: nn.binary sub [[X]], [[PART]] : {{.*}} -> tensor<?x40x!qt.block<[1, ?], s32, scale = exp<32>>>
// CHECK: [[SECOND:%.*]] = nn.matmul
// CHECK: nn.binary add [[FIRST]], [[SECOND]]
// CHECK: nn.unary log
func.func @bands(%x: tensor<?x40xf32>) -> tensor<?x5xf32> {
  %c = arith.constant dense<1.0e-5> : tensor<f32>
  %w = arith.constant dense<1.0> : tensor<5x40xf32>
  %q = qt.quantize %x {encoding = #byte} : tensor<?x40xf32> -> tensor<?x40x!row8>
  %wq = qt.quantize %w {encoding = #byte} : tensor<5x40xf32> -> tensor<5x40x!row8>
  %0 = nn.matmul %q, %wq : tensor<?x40x!row8>, tensor<5x40x!row8> -> tensor<?x5xf32>
  %1 = nn.binary add %0, %c : tensor<?x5xf32>, tensor<f32> -> tensor<?x5xf32>
  %2 = nn.unary log %1 : tensor<?x5xf32>
  return %2 : tensor<?x5xf32>
}

// Of three for what has more: squares. Convolutions are no different.
// CHECK-LABEL: func @powers
// CHECK-COUNT-3: nn.matmul
// CHECK-NOT: nn.matmul
// CHECK-COUNT-3: nn.conv
// CHECK-NOT: nn.conv
func.func @powers(%x: tensor<?x9x40xf32>) -> (tensor<?x9x5xf32>, tensor<?x9x5xf32>) {
  %w = arith.constant dense<1.0> : tensor<5x40xf32>
  %wq = qt.quantize %w {encoding = #byte} : tensor<5x40xf32> -> tensor<5x40x!row8>
  %f = arith.constant dense<1.0> : tensor<5x1x40xf32>
  %fq = qt.quantize %f {encoding = #byte} : tensor<5x1x40xf32> -> tensor<5x1x40x!filter8>
  %q = nn.binary mul %x, %x : tensor<?x9x40xf32>, tensor<?x9x40xf32> -> tensor<?x9x40xf32>
  %0 = nn.matmul %q, %wq : tensor<?x9x40xf32>, tensor<5x40x!row8> -> tensor<?x9x5xf32>
  %1 = nn.unary log %0 : tensor<?x9x5xf32>
  %2 = nn.conv %q, %fq kernel [1] strides [1] dilations [1] pads [0, 0] groups 1 : tensor<?x9x40xf32>, tensor<5x1x40x!filter8> -> tensor<?x9x5xf32>
  %3 = nn.unary log %2 : tensor<?x9x5xf32>
  return %1, %3 : tensor<?x9x5xf32>, tensor<?x9x5xf32>
}

// What is compared, or goes through another function or another sum before its logarithm, is one product, as is that of
// activations that are close together.
// CHECK-LABEL: func @others
// CHECK-COUNT-4: nn.matmul
// CHECK-NOT: nn.matmul
func.func @others(%x: tensor<?x40xf32>) -> (tensor<?x5xi1>, tensor<?x5xf32>, tensor<?x5xf32>, tensor<?x5xf32>) {
  %w = arith.constant dense<1.0> : tensor<5x40xf32>
  %wq = qt.quantize %w {encoding = #byte} : tensor<5x40xf32> -> tensor<5x40x!row8>
  %v = arith.constant dense<1.0> : tensor<5x5xf32>
  %vq = qt.quantize %v {encoding = #byte} : tensor<5x5xf32> -> tensor<5x5x!row8>
  %0 = nn.matmul %x, %wq : tensor<?x40xf32>, tensor<5x40x!row8> -> tensor<?x5xf32>
  %c = nn.compare lt %0, %0 : tensor<?x5xf32>, tensor<?x5xf32> -> tensor<?x5xi1>
  %s = nn.unary sigmoid %0 : tensor<?x5xf32>
  %l = nn.unary log %s : tensor<?x5xf32>
  %1 = nn.matmul %0, %vq : tensor<?x5xf32>, tensor<5x5x!row8> -> tensor<?x5xf32>
  %2 = nn.matmul %1, %vq : tensor<?x5xf32>, tensor<5x5x!row8> -> tensor<?x5xf32>
  %g = nn.gelu erf %x : tensor<?x40xf32>
  %3 = nn.matmul %g, %wq : tensor<?x40xf32>, tensor<5x40x!row8> -> tensor<?x5xf32>
  %4 = nn.unary relu %3 : tensor<?x5xf32>
  %k = nn.unary log %4 : tensor<?x5xf32>
  return %c, %l, %2, %k : tensor<?x5xi1>, tensor<?x5xf32>, tensor<?x5xf32>, tensor<?x5xf32>
}
