// RUN: quant-opt %s '-qt-assign-layouts=cpu-layout=avx512vnni' | FileCheck %s

// Images of channels with exponents of their own have the least exponent
// themselves, which their quantisation knows; of others it does not.
// CHECK-LABEL: func @depthwise
// CHECK: qt.quantize {{.*}}qt.least_exponent} : tensor<?x4x4x32xi16>
// CHECK-NOT: qt.least_exponent
// CHECK-NOT: qt.even_shifts
// CHECK: return
!blk8 = !qt.block<[1, 1, 1, 32], s8, scale = shift<3>, outer = exp<8>[1, ?, ?, ?]>
!w8 = !qt.block<[1, ?, ?], s8, scale = exp<8>>
func.func @depthwise(%m: tensor<?x4x4x32xi16>, %other: tensor<?x1x1x1xi8>, %sizes: tensor<4xi64>) -> (tensor<?x4x4x32xi32>, tensor<?x4x4x32xi32>) {
  %least = arith.constant dense<-128> : tensor<i8>
  %e = nn.expand %least, %sizes : tensor<i8>, tensor<4xi64> -> tensor<?x1x1x1xi8>
  %d = arith.constant dense<1> : tensor<32x9x1xi8>
  %de = arith.constant dense<0> : tensor<32x1x1xi8>
  %q, %k, %x = qt.quantize %m exponent %e : tensor<?x1x1x1xi8> {encoding = #qt.encoding<norm, -127..127>, format = !blk8} : tensor<?x4x4x32xi16> -> tensor<?x4x4x32xi8>, tensor<?x4x4x1xi8>, tensor<?x1x1x1xi8>
  %0 = qt.contract lhs(%q, %k, %x : tensor<?x4x4x32xi8>, tensor<?x4x4x1xi8>, tensor<?x1x1x1xi8>) rhs(%d, %de : tensor<32x9x1xi8>, tensor<32x1x1xi8>) {acc = i32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 32>, lhs_format = !blk8, rhs_format = !w8} -> tensor<?x4x4x32xi32>
  %oq, %ok, %ox = qt.quantize %m exponent %other : tensor<?x1x1x1xi8> {encoding = #qt.encoding<norm, -127..127>, format = !blk8} : tensor<?x4x4x32xi16> -> tensor<?x4x4x32xi8>, tensor<?x4x4x1xi8>, tensor<?x1x1x1xi8>
  %1 = qt.contract lhs(%oq, %ok, %ox : tensor<?x4x4x32xi8>, tensor<?x4x4x1xi8>, tensor<?x1x1x1xi8>) rhs(%d, %de : tensor<32x9x1xi8>, tensor<32x1x1xi8>) {acc = i32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 32>, lhs_format = !blk8, rhs_format = !w8} -> tensor<?x4x4x32xi32>
  return %0, %1 : tensor<?x4x4x32xi32>, tensor<?x4x4x32xi32>
}

// Codes of 8 bits as integers of 16 are held at the largest shift, by which all
// products of their channels are shifted at once.
// CHECK-LABEL: func @even
// CHECK: qt.quantize {{.*}}qt.even_shifts{{.*}} : tensor<?x4x4x32xi16>
// CHECK: qt.contract {{.*}}qt.even_shifts
func.func @even(%c: tensor<?x4x4x32xi8>, %sizes: tensor<4xi64>) -> tensor<?x4x4x32xi32> {
  %left = arith.constant dense<-8> : tensor<i32>
  %least = arith.constant dense<-128> : tensor<i8>
  %w = nn.cast %c : tensor<?x4x4x32xi8> to tensor<?x4x4x32xi32>
  %s = nn.binary rshift %w, %left : tensor<?x4x4x32xi32>, tensor<i32> -> tensor<?x4x4x32xi32>
  %m = nn.cast %s : tensor<?x4x4x32xi32> to tensor<?x4x4x32xi16>
  %e = nn.expand %least, %sizes : tensor<i8>, tensor<4xi64> -> tensor<?x1x1x1xi8>
  %d = arith.constant dense<1> : tensor<32x9x1xi8>
  %de = arith.constant dense<0> : tensor<32x1x1xi8>
  %q, %k, %x = qt.quantize %m exponent %e : tensor<?x1x1x1xi8> {encoding = #qt.encoding<norm, -127..127>, format = !blk8} : tensor<?x4x4x32xi16> -> tensor<?x4x4x32xi8>, tensor<?x4x4x1xi8>, tensor<?x1x1x1xi8>
  %0 = qt.contract lhs(%q, %k, %x : tensor<?x4x4x32xi8>, tensor<?x4x4x1xi8>, tensor<?x1x1x1xi8>) rhs(%d, %de : tensor<32x9x1xi8>, tensor<32x1x1xi8>) {acc = i32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 32>, lhs_format = !blk8, rhs_format = !w8} -> tensor<?x4x4x32xi32>
  return %0 : tensor<?x4x4x32xi32>
}
