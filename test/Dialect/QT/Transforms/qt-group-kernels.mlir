// RUN: quant-opt %s -split-input-file -qt-group-kernels | FileCheck %s
// What is printed has no part in which kernels are equal.
// RUN: quant-opt %s -split-input-file -qt-group-kernels -mlir-elide-elementsattrs-if-larger=2 | FileCheck %s

// Two equal layers are one kernel, launched twice with other weights.
// CHECK-LABEL: func.func @layers
// CHECK: qt.launch @[[K:[a-z_0-9]+]](%{{.*}}, %[[A:.*]]) sizes
// CHECK: qt.launch @[[K]](%{{.*}}, %[[B:.*]]) sizes
// CHECK: func.func private @[[K]](%{{.*}}: tensor<?x8xf32>, %{{.*}}: tensor<8x8xf32>)
// CHECK-SAME: qt.kernel
// CHECK-NOT: func.func
qt.global @a : tensor<8x8xf32> {
  %0 = arith.constant dense<1.0> : tensor<8x8xf32>
  qt.yield %0 : tensor<8x8xf32>
}
qt.global @b : tensor<8x8xf32> {
  %0 = arith.constant dense<2.0> : tensor<8x8xf32>
  qt.yield %0 : tensor<8x8xf32>
}
func.func @layers(%x: tensor<?x8xf32>) -> tensor<?x8xf32>
    attributes {qt.dim_names = ["n"], qt.arg_shapes = [affine_map<()[s0] -> (s0, 8)>]} {
  %a = qt.global_ref @a : tensor<8x8xf32>
  %b = qt.global_ref @b : tensor<8x8xf32>
  %0 = qt.contract lhs(%x : tensor<?x8xf32>) rhs(%a : tensor<8x8xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} -> tensor<?x8xf32>
  %1 = qt.contract lhs(%0 : tensor<?x8xf32>) rhs(%b : tensor<8x8xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} -> tensor<?x8xf32>
  return %1 : tensor<?x8xf32>
}

// -----

// Ops on the rows of one tensor are one kernel, the quantisation with them.
// CHECK-LABEL: func.func @rows
// CHECK: %[[R:.*]]:2 = qt.launch @[[K:[a-z_0-9]+]](
// CHECK-NOT: qt.launch
// CHECK: func.func private @[[K]](
// CHECK: nn.unary relu
// CHECK: nn.softmax
// CHECK: qt.quantize
func.func @rows(%x: tensor<?x8xf32>) -> (tensor<?x8xi8>, tensor<?x1xf32>)
    attributes {qt.dim_names = ["n"], qt.arg_shapes = [affine_map<()[s0] -> (s0, 8)>]} {
  %0 = nn.unary relu %x : tensor<?x8xf32>
  %1 = nn.softmax %0 {axis = 1 : i64} : tensor<?x8xf32>
  %2:2 = qt.quantize %1 {encoding = #qt.encoding<absmax, -127..127>, format = !qt.block<[1, ?], s8, scale = f32>} : tensor<?x8xf32> -> tensor<?x8xi8>, tensor<?x1xf32>
  return %2#0, %2#1 : tensor<?x8xi8>, tensor<?x1xf32>
}

// -----

// A contraction in between keeps its neighbours apart: the residual may not
// wait in a kernel for what is computed from it.
// CHECK-LABEL: func.func @between
// CHECK-COUNT-3: qt.launch
// CHECK-NOT: qt.launch
// CHECK: return
func.func @between(%x: tensor<?x8xf32>, %w: tensor<8x8xf32>) -> tensor<?x8xf32>
    attributes {qt.dim_names = ["n"], qt.arg_shapes = [affine_map<()[s0] -> (s0, 8)>, affine_map<()[s0] -> (8, 8)>]} {
  %0 = nn.unary relu %x : tensor<?x8xf32>
  %1 = qt.contract lhs(%0 : tensor<?x8xf32>) rhs(%w : tensor<8x8xf32>) {acc = f32, geometry = #qt.matmul, lhs_format = f32, rhs_format = f32} -> tensor<?x8xf32>
  %2 = nn.binary add %0, %1 : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  return %2 : tensor<?x8xf32>
}

// -----

// A reshape moves nothing.
// CHECK-LABEL: func.func @reshape
// CHECK-NOT: qt.launch
// CHECK: %[[Y:.*]] = qt.alias %{{.*}} : tensor<?x8xf32> to tensor<?x2x4xf32>
// CHECK: return %[[Y]]
func.func @reshape(%x: tensor<?x8xf32>) -> tensor<?x2x4xf32>
    attributes {qt.dim_names = ["n"], qt.arg_shapes = [affine_map<()[s0] -> (s0, 8)>]} {
  %s = arith.constant dense<[-1, 2, 4]> : tensor<3xi64>
  %0 = nn.reshape %x, %s : tensor<?x8xf32>, tensor<3xi64> -> tensor<?x2x4xf32>
  return %0 : tensor<?x2x4xf32>
}

// -----

// Kernels that differ in a constant are two, however little of it is printed.
// CHECK-LABEL: func.func @constants
// CHECK: qt.launch @[[A:[a-z_0-9]+]](
// CHECK-NOT: qt.launch @[[A]](
// CHECK: return
func.func @constants(%x: tensor<2x8xf32>) -> (tensor<2x8xf32>, tensor<2x8xf32>) {
  %b = arith.constant dense<[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]> : tensor<8xf32>
  %c = arith.constant dense<[9.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]> : tensor<8xf32>
  %0 = nn.softmax %x {axis = 0 : i64} : tensor<2x8xf32>
  %1 = nn.binary add %x, %b : tensor<2x8xf32>, tensor<8xf32> -> tensor<2x8xf32>
  %2 = nn.binary add %0, %c : tensor<2x8xf32>, tensor<8xf32> -> tensor<2x8xf32>
  return %1, %2 : tensor<2x8xf32>, tensor<2x8xf32>
}

// -----

// A function of a kernel's name keeps it.
// CHECK-LABEL: func.func @binary_0
// CHECK: qt.launch @[[K:[a-z_0-9]+]](
// CHECK: func.func private @[[K]](
func.func @binary_0(%x: tensor<4x8xf32>, %z: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = nn.binary add %x, %z : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// -----

// Several dynamic sizes are stated: a reshape may change their order.
// CHECK: #[[$MAP:.*]] = affine_map<()[s0, s1] -> (s1, s0)>
// CHECK-LABEL: func.func @turned
// CHECK: qt.alias %{{.*}} sizes #[[$MAP]] : tensor<?x?xf32> to tensor<?x?xf32>
func.func @turned(%x: tensor<?x?xf32>) -> tensor<?x?xf32>
    attributes {qt.dim_names = ["n", "m"], qt.arg_shapes = [affine_map<()[s0, s1] -> (s0, s1)>]} {
  %n = nn.shape %x {start = 0 : i64, end = 1 : i64} : tensor<?x?xf32> -> tensor<1xi64>
  %m = nn.shape %x {start = 1 : i64, end = 2 : i64} : tensor<?x?xf32> -> tensor<1xi64>
  %s = nn.concat %m, %n {axis = 0 : i64} : tensor<1xi64>, tensor<1xi64> -> tensor<2xi64>
  %0 = nn.reshape %x, %s : tensor<?x?xf32>, tensor<2xi64> -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}

// -----

// What brings an image to 16 bits is in the kernel that encodes it, whoever else
// reads the 16 bits.
// CHECK-LABEL: func.func @image
// CHECK: %[[R:.*]]:4 = qt.launch @[[K:[a-z_0-9]+]](
// CHECK-NOT: qt.launch
// CHECK: func.func private @[[K]](
// CHECK: nn.binary rshift
// CHECK: qt.quantize
!blk8 = !qt.block<[1, 1, 1, 32], s8, scale = shift<3>, outer = exp<8>[1, ?, ?, ?]>
func.func @image(%w: tensor<?x4x4x32xi32>, %e: tensor<?x1x1x1xi32>, %most: tensor<?x1x1x1xi32>) -> (tensor<?x6x6x32xi8>, tensor<?x6x6x1xi8>, tensor<?x1x1x1xi8>, tensor<?x4x4x32xi16>)
    attributes {qt.dim_names = ["n"], qt.arg_shapes = [affine_map<()[s0] -> (s0, 4, 4, 32)>, affine_map<()[s0] -> (s0, 1, 1, 1)>, affine_map<()[s0] -> (s0, 1, 1, 1)>]} {
  %c32 = arith.constant dense<32> : tensor<i32>
  %bits = arith.constant dense<-15> : tensor<i32>
  %zero = arith.constant dense<0> : tensor<i32>
  %least = arith.constant dense<-100> : tensor<i32>
  %n = nn.unary clz %most : tensor<?x1x1x1xi32>
  %l = nn.binary sub %c32, %n : tensor<i32>, tensor<?x1x1x1xi32> -> tensor<?x1x1x1xi32>
  %s = nn.binary add %l, %bits : tensor<?x1x1x1xi32>, tensor<i32> -> tensor<?x1x1x1xi32>
  %shifted = nn.binary rshift %w, %s : tensor<?x4x4x32xi32>, tensor<?x1x1x1xi32> -> tensor<?x4x4x32xi32>
  %limited = nn.clip %shifted min -3.276700e+04 max 3.276700e+04 : tensor<?x4x4x32xi32>
  %sum = nn.binary add %e, %s : tensor<?x1x1x1xi32>, tensor<?x1x1x1xi32> -> tensor<?x1x1x1xi32>
  %is = nn.compare eq %most, %zero : tensor<?x1x1x1xi32>, tensor<i32> -> tensor<?x1x1x1xi1>
  %own = nn.select %is, %least, %sum : tensor<?x1x1x1xi1>, tensor<i32>, tensor<?x1x1x1xi32> -> tensor<?x1x1x1xi32>
  %kept = nn.clip %own min -1.280000e+02 max 1.270000e+02 : tensor<?x1x1x1xi32>
  %e8 = nn.cast %kept : tensor<?x1x1x1xi32> to tensor<?x1x1x1xi8>
  %m = nn.cast %limited : tensor<?x4x4x32xi32> to tensor<?x4x4x32xi16>
  %q, %k, %x = qt.quantize %m exponent %e8 : tensor<?x1x1x1xi8> {encoding = #qt.encoding<norm, -127..127>, format = !blk8, layout = #qt.layout<b32, panel = 16, rows = 4, bias = 0>, halo = #qt.halo<pads = [1, 1, 1, 1], groups = 1>, qt.normalised} : tensor<?x4x4x32xi16> -> tensor<?x6x6x32xi8>, tensor<?x6x6x1xi8>, tensor<?x1x1x1xi8>
  return %q, %k, %x, %m : tensor<?x6x6x32xi8>, tensor<?x6x6x1xi8>, tensor<?x1x1x1xi8>, tensor<?x4x4x32xi16>
}

// -----

// Where a type states a size that run time computes, both have to be equal.
// CHECK: #[[$PAIR:.*]] = affine_map<()[s0] -> (s0, 5)>
// CHECK-LABEL: func.func @stated
// CHECK-SAME: qt.equal_sizes = [#[[$PAIR]]]
func.func @stated(%x: tensor<?x4xf32>) -> tensor<4x5xf32>
    attributes {qt.dim_names = ["n"], qt.arg_shapes = [affine_map<()[s0] -> (s0, 4)>]} {
  %0 = nn.transpose %x perm [1, 0] : tensor<?x4xf32> -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

// -----

// Weights of an op of which only the size was asked go with it.
// CHECK-NOT: qt.global
// CHECK-LABEL: func.func @size
// CHECK-NOT: matmul
qt.global @w : tensor<4x4xf32> {
  %0 = arith.constant dense<1.0> : tensor<4x4xf32>
  qt.yield %0 : tensor<4x4xf32>
}
func.func @size(%x: tensor<?x4xf32>) -> tensor<?xi64>
    attributes {qt.dim_names = ["n"], qt.arg_shapes = [affine_map<()[s0] -> (s0, 4)>]} {
  %w = qt.global_ref @w : tensor<4x4xf32>
  %0 = nn.matmul %x, %w : tensor<?x4xf32>, tensor<4x4xf32> -> tensor<?x4xf32>
  %1 = nn.shape %0 {start = 0 : i64, end = 1 : i64} : tensor<?x4xf32> -> tensor<1xi64>
  %2 = nn.iota %1 : tensor<1xi64> -> tensor<?xi64>
  return %2 : tensor<?xi64>
}

// -----

// A reshape to the sizes that are there is nothing, and keeps no kernels apart.
// CHECK-LABEL: func.func @same_sizes
// CHECK-COUNT-1: qt.launch
// CHECK-NOT: qt.launch
// CHECK-NOT: qt.alias
// CHECK: return
func.func @same_sizes(%x: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>)
    attributes {qt.dim_names = ["n"], qt.arg_shapes = [affine_map<()[s0] -> (s0, 8)>]} {
  %s = arith.constant dense<[-1, 8]> : tensor<2xi64>
  %0 = nn.unary relu %x : tensor<?x8xf32>
  %1 = nn.reshape %0, %s : tensor<?x8xf32>, tensor<2xi64> -> tensor<?x8xf32>
  %2 = nn.unary exp %1 : tensor<?x8xf32>
  return %0, %2 : tensor<?x8xf32>, tensor<?x8xf32>
}

// -----

// An alias names what a kernel has made: its users are in another one, though
// they compute on the same rows.
// CHECK-LABEL: func.func @alias_between
// CHECK: %[[A:.*]] = qt.launch
// CHECK: %[[B:.*]] = qt.alias %[[A]]
// CHECK: qt.launch @{{.*}}(%[[B]], %[[A]])
func.func @alias_between(%x: tensor<?x8xf32>) -> tensor<?x8xf32>
    attributes {qt.dim_names = ["n"], qt.arg_shapes = [affine_map<()[s0] -> (s0, 8)>]} {
  %s = arith.constant dense<[-1, 8]> : tensor<2xi64>
  %0 = nn.unary relu %x : tensor<?x8xf32>
  %1 = nn.reshape %0, %s : tensor<?x8xf32>, tensor<2xi64> -> tensor<?x?xf32>
  %2 = nn.unary exp %1 : tensor<?x?xf32>
  %3 = nn.binary add %0, %2 : tensor<?x8xf32>, tensor<?x?xf32> -> tensor<?x8xf32>
  return %3 : tensor<?x8xf32>
}

// -----

// Rows of one element: what is computed for each is no exponent of a row.
// CHECK-LABEL: func.func @single_elements
// CHECK-COUNT-3: qt.launch
// CHECK-NOT: qt.launch
// CHECK: return
func.func @single_elements(%x: tensor<?x1xi32>) -> (tensor<?x1xi8>, tensor<?x1xi8>, tensor<?x1xi8>)
    attributes {qt.dim_names = ["n"], qt.arg_shapes = [affine_map<()[s0] -> (s0, 1)>]} {
  %0 = nn.cast %x : tensor<?x1xi32> to tensor<?x1xi16>
  %1 = nn.cast %x : tensor<?x1xi32> to tensor<?x1xi8>
  %2:3 = qt.quantize %0 exponent %1 : tensor<?x1xi8> {encoding = #qt.encoding<norm, -127..127>, format = !qt.block<[1, 32], s8, scale = shift<3>, outer = exp<8>>} : tensor<?x1xi16> -> tensor<?x1xi8>, tensor<?x1xi8>, tensor<?x1xi8>
  return %2#0, %2#1, %2#2 : tensor<?x1xi8>, tensor<?x1xi8>, tensor<?x1xi8>
}

// -----

// Magnitudes are found by the kernel that makes their parts, or by one of their
// own.
// CHECK-LABEL: func.func @magnitudes
// CHECK: %[[Y:.*]]:2 = qt.launch @[[C:contract[a-z_0-9]*]](
// CHECK-NEXT: %[[M:.*]] = qt.launch @[[K:magnitudes[a-z_0-9]*]](%[[Y]]#0)
// CHECK-NEXT: return %[[Y]]#0, %[[Y]]#1, %[[M]]
!image8 = !qt.block<[1, ?, ?, ?], s8, scale = f32>
!w8 = !qt.block<[1, ?, ?], s8, scale = f32>
func.func @magnitudes(%c: tensor<?x5x70x8xi8>, %s: tensor<?x1x1x1xf32>, %w: tensor<1280xi8>) -> (tensor<?x3x68x12xf32>, tensor<?x6xf32>, tensor<?x3xf32>)
    attributes {qt.dim_names = ["n"], qt.arg_shapes = [affine_map<()[s0] -> (s0, 5, 70, 8)>, affine_map<()[s0] -> (s0, 1, 1, 1)>, affine_map<()[s0] -> (1280)>]} {
  %y = qt.contract lhs(%c, %s : tensor<?x5x70x8xi8>, tensor<?x1x1x1xf32>) rhs(%w : tensor<1280xi8>) {acc = f32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0], groups = 1, k = 7>, layout = #qt.layout<s8, panel = 16, rows = 4>, lhs_format = !image8, rhs_format = !w8} -> tensor<?x3x68x12xf32>
  %m = qt.magnitudes %y {part = #qt.part<line = 68, lines = 1, run = 64, channels = 12>} : tensor<?x3x68x12xf32> -> tensor<?x6xf32>
  %other = qt.magnitudes %y {part = #qt.part<line = 68, lines = 1, run = 68, channels = 12>} : tensor<?x3x68x12xf32> -> tensor<?x3xf32>
  return %y, %m, %other : tensor<?x3x68x12xf32>, tensor<?x6xf32>, tensor<?x3xf32>
}

// -----

// An image is encoded by the depthwise convolution that reads it, where its
// magnitudes are known.
// CHECK-LABEL: func.func @encoder
// CHECK: %[[Y:.*]] = qt.launch @contract_{{[0-9]+}}(%arg0, %arg1, %arg2)
// CHECK-NEXT: %[[C:.*]]:2 = qt.launch @quantize
// CHECK-NEXT: qt.launch @contract_{{[0-9]+}}(%[[C]]#0, %[[C]]#1, %arg2)
// CHECK: func.func private @contract
// CHECK: qt.quantize
// CHECK-NEXT: qt.contract
#s8 = #qt.layout<s8, panel = 16, rows = 4>
#byte = #qt.encoding<absmax, -127..127>
#each = #qt.halo<pads = [1, 1, 1, 1], groups = 16>
!channel8 = !qt.block<[1, ?, ?, 1], s8, scale = f32>
!w8 = !qt.block<[1, ?, ?], s8, scale = f32>
func.func @encoder(%x: tensor<?x4x4x16xf32>, %m: tensor<?x32xf32>, %w: tensor<208xi8>) -> (tensor<?x4x4x16xf32>, tensor<?x4x4x16xf32>)
    attributes {qt.dim_names = ["n"], qt.arg_shapes = [affine_map<()[s0] -> (s0, 4, 4, 16)>, affine_map<()[s0] -> (s0, 32)>, affine_map<()[s0] -> (208)>]} {
  %c, %s = qt.quantize %x largest %m : tensor<?x32xf32> {encoding = #byte, format = !channel8, layout = #s8, halo = #each} : tensor<?x4x4x16xf32> -> tensor<?x6x6x16xi8>, tensor<?x1x1x16xf32>
  %y = qt.contract lhs(%c, %s : tensor<?x6x6x16xi8>, tensor<?x1x1x16xf32>) rhs(%w : tensor<208xi8>) {acc = f32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0], groups = 16, k = 16>, layout = #s8, lhs_format = !channel8, rhs_format = !w8} -> tensor<?x4x4x16xf32>
  %p, %ps = qt.quantize %x {encoding = #byte, format = !channel8, layout = #s8, halo = #each} : tensor<?x4x4x16xf32> -> tensor<?x6x6x16xi8>, tensor<?x1x1x16xf32>
  %z = qt.contract lhs(%p, %ps : tensor<?x6x6x16xi8>, tensor<?x1x1x16xf32>) rhs(%w : tensor<208xi8>) {acc = f32, geometry = #qt.conv<taps = [3, 3], strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0], groups = 16, k = 16>, layout = #s8, lhs_format = !channel8, rhs_format = !w8} -> tensor<?x4x4x16xf32>
  return %y, %z : tensor<?x4x4x16xf32>, tensor<?x4x4x16xf32>
}

// -----

// A reduction along other axes than rows takes in what makes its elements, if
// nothing else reads them.
// CHECK-LABEL: func.func @channels
// CHECK-COUNT-3: qt.launch
// CHECK-NOT: qt.launch
// CHECK: func.func private @reduce
// CHECK: nn.unary abs
// CHECK-NEXT: nn.reduce max
func.func @channels(%x: tensor<?x4x5x48xi32>) -> (tensor<?x1x1x48xi32>, tensor<?x4x5x48xi32>, tensor<?x1x1x48xi32>) {
  %0 = nn.unary abs %x : tensor<?x4x5x48xi32>
  %1 = nn.reduce max %0 axes [1, 2] keepdims : tensor<?x4x5x48xi32> -> tensor<?x1x1x48xi32>
  %2 = nn.unary neg %x : tensor<?x4x5x48xi32>
  %3 = nn.reduce max %2 axes [1, 2] keepdims : tensor<?x4x5x48xi32> -> tensor<?x1x1x48xi32>
  return %1, %2, %3 : tensor<?x1x1x48xi32>, tensor<?x4x5x48xi32>, tensor<?x1x1x48xi32>
}
