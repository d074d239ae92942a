// RUN: quant-opt %s -split-input-file -qt-lower-kernels | FileCheck %s

// Rows of integers, 16 at once: the pass that shifts them by what their largest
// magnitude says asks for the next 16, into the cache where these are short.
// CHECK-LABEL: func.func @short
// CHECK: scf.for %{{.*}} step %c16
// CHECK-NOT: memref.prefetch
// CHECK: nn.unary abs %{{.*}} : vector<
// CHECK-COUNT-4: memref.prefetch {{.*}} read, locality<3>, data
// CHECK-NOT: memref.prefetch
// CHECK: scf.for %{{.*}} step %c1
// CHECK-NOT: memref.prefetch
module attributes {qt.target = {triple = "x86_64-unknown-linux-gnu", cpu = "x86-64-v3", features = "+avx2"}} {
  func.func private @short(%x: tensor<?x64xi32>) -> tensor<?x64xi16>
      attributes {qt.kernel, qt.arg_shapes = [affine_map<()[s0] -> (s0, 64)>], qt.result_shapes = [affine_map<()[s0] -> (s0, 64)>]} {
    %c32 = arith.constant dense<32> : tensor<i32>
    %c-15 = arith.constant dense<-15> : tensor<i32>
    %0 = nn.unary abs %x : tensor<?x64xi32>
    %1 = nn.reduce max %0 axes [1] keepdims : tensor<?x64xi32> -> tensor<?x1xi32>
    %2 = nn.unary clz %1 : tensor<?x1xi32>
    %3 = nn.binary sub %c32, %2 : tensor<i32>, tensor<?x1xi32> -> tensor<?x1xi32>
    %4 = nn.binary add %3, %c-15 : tensor<?x1xi32>, tensor<i32> -> tensor<?x1xi32>
    %5 = nn.binary rshift %x, %4 : tensor<?x64xi32>, tensor<?x1xi32> -> tensor<?x64xi32>
    %6 = nn.clip %5 min -3.276700e+04 max 3.276700e+04 : tensor<?x64xi32>
    %7 = nn.cast %6 : tensor<?x64xi32> to tensor<?x64xi16>
    return %7 : tensor<?x64xi16>
  }
}

// -----

// CHECK-LABEL: func.func @long
// CHECK: memref.prefetch {{.*}} read, locality<2>, data
module attributes {qt.target = {triple = "x86_64-unknown-linux-gnu", cpu = "x86-64-v3", features = "+avx2"}} {
  func.func private @long(%x: tensor<?x1536xi32>) -> tensor<?x1536xi16>
      attributes {qt.kernel, qt.arg_shapes = [affine_map<()[s0] -> (s0, 1536)>], qt.result_shapes = [affine_map<()[s0] -> (s0, 1536)>]} {
    %c32 = arith.constant dense<32> : tensor<i32>
    %c-15 = arith.constant dense<-15> : tensor<i32>
    %0 = nn.unary abs %x : tensor<?x1536xi32>
    %1 = nn.reduce max %0 axes [1] keepdims : tensor<?x1536xi32> -> tensor<?x1xi32>
    %2 = nn.unary clz %1 : tensor<?x1xi32>
    %3 = nn.binary sub %c32, %2 : tensor<i32>, tensor<?x1xi32> -> tensor<?x1xi32>
    %4 = nn.binary add %3, %c-15 : tensor<?x1xi32>, tensor<i32> -> tensor<?x1xi32>
    %5 = nn.binary rshift %x, %4 : tensor<?x1536xi32>, tensor<?x1xi32> -> tensor<?x1536xi32>
    %6 = nn.clip %5 min -3.276700e+04 max 3.276700e+04 : tensor<?x1536xi32>
    %7 = nn.cast %6 : tensor<?x1536xi32> to tensor<?x1536xi16>
    return %7 : tensor<?x1536xi16>
  }
}

// -----

// A target without such registers takes rows one by one.
// CHECK-LABEL: func.func @generic
// CHECK-NOT: memref.prefetch
module attributes {qt.target = {triple = "x86_64-unknown-linux-gnu", cpu = "x86-64", features = ""}} {
  func.func private @generic(%x: tensor<?x64xi32>) -> tensor<?x64xi16>
      attributes {qt.kernel, qt.arg_shapes = [affine_map<()[s0] -> (s0, 64)>], qt.result_shapes = [affine_map<()[s0] -> (s0, 64)>]} {
    %c32 = arith.constant dense<32> : tensor<i32>
    %c-15 = arith.constant dense<-15> : tensor<i32>
    %0 = nn.unary abs %x : tensor<?x64xi32>
    %1 = nn.reduce max %0 axes [1] keepdims : tensor<?x64xi32> -> tensor<?x1xi32>
    %2 = nn.unary clz %1 : tensor<?x1xi32>
    %3 = nn.binary sub %c32, %2 : tensor<i32>, tensor<?x1xi32> -> tensor<?x1xi32>
    %4 = nn.binary add %3, %c-15 : tensor<?x1xi32>, tensor<i32> -> tensor<?x1xi32>
    %5 = nn.binary rshift %x, %4 : tensor<?x64xi32>, tensor<?x1xi32> -> tensor<?x64xi32>
    %6 = nn.clip %5 min -3.276700e+04 max 3.276700e+04 : tensor<?x64xi32>
    %7 = nn.cast %6 : tensor<?x64xi32> to tensor<?x64xi16>
    return %7 : tensor<?x64xi16>
  }
}

// -----

// Rows of one float, each with its own exponent, go 16 at once: what a row has
// of its largest magnitude, a lane has of itself.
// CHECK-LABEL: func.func @elements
// CHECK: scf.for %{{.*}} step %c16
// CHECK-NOT: scf.for
// CHECK: arith.bitcast %{{.*}} : vector<16xi32> to vector<16xf32>
// CHECK: vector.store %{{.*}} : memref<?xi32>, vector<16xi32>
// CHECK: vector.store %{{.*}} : memref<?xi32>, vector<16xi32>
module attributes {qt.target = {triple = "x86_64-unknown-linux-gnu", cpu = "x86-64-v3", features = "+avx2"}} {
  func.func private @elements(%x: tensor<?x512x1xf32>) -> (tensor<?x512x1xi32>, tensor<?x512x1xi32>)
      attributes {qt.kernel, qt.arg_shapes = [affine_map<()[s0] -> (s0, 512, 1)>], qt.result_shapes = [affine_map<()[s0] -> (s0, 512, 1)>, affine_map<()[s0] -> (s0, 512, 1)>]} {
    %0:2 = qt.quantize %x {encoding = #qt.encoding<norm, -1073741823..1073741823>, format = !qt.block<[1, 1, ?], s31, scale = exp<32>>} : tensor<?x512x1xf32> -> tensor<?x512x1xi32>, tensor<?x512x1xi32>
    return %0#0, %0#1 : tensor<?x512x1xi32>, tensor<?x512x1xi32>
  }
}

// -----

// Of differences that are shifted to the left and multiplied by a number of the
// row, which then meet a number of their column, one product with what is ready
// remains: rows that go to the right have all steps.
// CHECK-LABEL: func.func @deviations
// CHECK: arith.muli {{.*}} : vector<16xi64>
// CHECK: arith.subi {{.*}} : vector<16xi64>
// CHECK: arith.shrsi {{.*}} : vector<16xi64>
// CHECK: %[[RIGHT:.*]] = arith.cmpi sgt, %{{.*}} : i32
// CHECK: scf.if %[[RIGHT]] -> (vector<32xi32>)
// CHECK: nn.binary rshift {{.*}} {qt.roomy}
// CHECK-COUNT-2: nn.binary mulh31
// CHECK: } else {
// CHECK: %[[Y:.*]] = qt.mul_shift %{{.*}}, %{{.*}} plus %{{.*}} by %{{.*}} : vector<32xi32>
// CHECK-NEXT: nn.binary mulh31 %[[Y]]
module attributes {qt.target = {triple = "x86_64-unknown-linux-gnu", cpu = "znver4", features = "+avx2,+avx512f,+avx512bw,+avx512vl"}} {
  func.func private @deviations(%x: tensor<?x64xi32>, %g: tensor<64xi32>) -> tensor<?x64xi32>
      attributes {qt.kernel, qt.arg_shapes = [affine_map<()[s0] -> (s0, 64)>, affine_map<()[s0] -> (64)>], qt.result_shapes = [affine_map<()[s0] -> (s0, 64)>]} {
    %c32 = arith.constant dense<32> : tensor<i32>
    %c-15 = arith.constant dense<-15> : tensor<i32>
    %c64 = arith.constant dense<64> : tensor<i32>
    %0 = nn.unary abs %x : tensor<?x64xi32>
    %1 = nn.reduce max %0 axes [1] keepdims : tensor<?x64xi32> -> tensor<?x1xi32>
    %2 = nn.unary clz %1 : tensor<?x1xi32>
    %3 = nn.binary sub %c32, %2 : tensor<i32>, tensor<?x1xi32> -> tensor<?x1xi32>
    %4 = nn.binary add %3, %c-15 : tensor<?x1xi32>, tensor<i32> -> tensor<?x1xi32>
    %5 = nn.binary rshift %x, %4 : tensor<?x64xi32>, tensor<?x1xi32> -> tensor<?x64xi32>
    %6 = nn.clip %5 min -3.276700e+04 max 3.276700e+04 : tensor<?x64xi32>
    %7 = nn.cast %6 : tensor<?x64xi32> to tensor<?x64xi16>
    %8 = nn.cast %7 : tensor<?x64xi16> to tensor<?x64xi32>
    %sum = nn.reduce sum %8 axes [1] keepdims : tensor<?x64xi32> -> tensor<?x1xi32>
    %9 = nn.binary mul %8, %c64 : tensor<?x64xi32>, tensor<i32> -> tensor<?x64xi32>
    %10 = nn.binary sub %9, %sum : tensor<?x64xi32>, tensor<?x1xi32> -> tensor<?x64xi32>
    %11 = nn.binary rshift %10, %4 {qt.roomy} : tensor<?x64xi32>, tensor<?x1xi32> -> tensor<?x64xi32>
    %12 = nn.binary mulh31 %11, %3 : tensor<?x64xi32>, tensor<?x1xi32> -> tensor<?x64xi32>
    %13 = nn.binary mulh31 %12, %g : tensor<?x64xi32>, tensor<64xi32> -> tensor<?x64xi32>
    return %13 : tensor<?x64xi32>
  }
}
