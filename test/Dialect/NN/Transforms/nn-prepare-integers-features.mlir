// RUN: quant-opt %s -split-input-file -nn-prepare-integers | FileCheck %s

// A product whose outputs are multiples of one feature each picks those of an input, also behind what scales it.
// CHECK-LABEL: func @picked
// CHECK-DAG: [[I:%.*]] = arith.constant dense<[2, 0, 0]> : tensor<3xi64>
// CHECK-DAG: [[F:%.*]] = arith.constant dense<[1.000000e+00, -2.000000e+00, 0.000000e+00]> : tensor<3xf32>
// CHECK: [[D:%.*]] = nn.binary sub %arg0
// CHECK: [[G:%.*]] = nn.gather [[D]], [[I]] {axis = 1 : i64} : tensor<?x3xf32>, tensor<3xi64> -> tensor<?x3xf32>
// CHECK: [[M:%.*]] = nn.binary mul [[G]], [[F]] : tensor<?x3xf32>, tensor<3xf32>
// CHECK: return [[M]]
func.func @picked(%x: tensor<?x3xf32>) -> tensor<?x3xf32> {
  %mean = arith.constant dense<[1.0e7, 1.0e-6, 3.0]> : tensor<3xf32>
  %w = arith.constant dense<[[0.0, 0.0, 1.0], [-2.0, 0.0, 0.0], [0.0, 0.0, 0.0]]> : tensor<3x3xf32>
  %d = nn.binary sub %x, %mean : tensor<?x3xf32>, tensor<3xf32> -> tensor<?x3xf32>
  %y = nn.matmul %d, %w : tensor<?x3xf32>, tensor<3x3xf32> -> tensor<?x3xf32>
  return %y : tensor<?x3xf32>
}

// -----

// Also the first features in order; those of a diagonal are in place.
// CHECK-LABEL: func @ordered
// CHECK-DAG: [[I:%.*]] = arith.constant dense<[0, 1]> : tensor<2xi64>
// CHECK-DAG: [[F:%.*]] = arith.constant dense<[3.000000e+00, 2.000000e+00, 1.000000e+00]> : tensor<3xf32>
// CHECK-NOT: nn.matmul
// CHECK: [[G:%.*]] = nn.gather %arg0, [[I]] {axis = 1 : i64} : tensor<?x3xf32>, tensor<2xi64> -> tensor<?x2xf32>
// CHECK-NEXT: [[M:%.*]] = nn.binary mul %arg0, [[F]] : tensor<?x3xf32>, tensor<3xf32>
// CHECK-NEXT: return [[G]], [[M]], %arg0
func.func @ordered(%x: tensor<?x3xf32>) -> (tensor<?x2xf32>, tensor<?x3xf32>, tensor<?x3xf32>) {
  %first = arith.constant dense<[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]> : tensor<2x3xf32>
  %diagonal = arith.constant dense<[[3.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 1.0]]> : tensor<3x3xf32>
  %one = arith.constant dense<[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]> : tensor<3x3xf32>
  %a = nn.matmul %x, %first : tensor<?x3xf32>, tensor<2x3xf32> -> tensor<?x2xf32>
  %b = nn.matmul %x, %diagonal : tensor<?x3xf32>, tensor<3x3xf32> -> tensor<?x3xf32>
  %c = nn.matmul %x, %one : tensor<?x3xf32>, tensor<3x3xf32> -> tensor<?x3xf32>
  return %a, %b, %c : tensor<?x2xf32>, tensor<?x3xf32>, tensor<?x3xf32>
}

// -----

// Constants on the left pick columns, or elements of a vector.
// CHECK-LABEL: func @left
// CHECK-DAG: [[I:%.*]] = arith.constant dense<[2, 0]> : tensor<2xi64>
// CHECK-DAG: [[F:%.*]] = arith.constant dense<[1.000000e+00, -2.000000e+00]> : tensor<2xf32>
// CHECK-NOT: nn.matmul
// CHECK: [[G:%.*]] = nn.gather %arg0, [[I]] {axis = 2 : i64} : tensor<?x4x3xf32>, tensor<2xi64> -> tensor<?x4x2xf32>
// CHECK: [[M:%.*]] = nn.binary mul [[G]], [[F]]
// CHECK: [[T:%.*]] = nn.transpose [[M]] perm [0, 2, 1] : tensor<?x4x2xf32> -> tensor<?x2x4xf32>
// CHECK: [[V:%.*]] = nn.gather %arg1, [[I]] {axis = 0 : i64} : tensor<3xf32>, tensor<2xi64> -> tensor<2xf32>
// CHECK: [[N:%.*]] = nn.binary mul [[V]], [[F]]
// CHECK: return [[T]], [[N]]
func.func @left(%x: tensor<?x4x3xf32>, %v: tensor<3xf32>) -> (tensor<?x2x4xf32>, tensor<2xf32>) {
  %w = arith.constant dense<[[0.0, 0.0, 1.0], [-2.0, 0.0, 0.0]]> : tensor<2x3xf32>
  %a = nn.matmul %w, %x : tensor<2x3xf32>, tensor<?x4x3xf32> -> tensor<?x2x4xf32>
  %b = nn.matmul %w, %v : tensor<2x3xf32>, tensor<3xf32> -> tensor<2xf32>
  return %a, %b : tensor<?x2x4xf32>, tensor<2xf32>
}

// -----

// What is no number is refused as a weight.
// CHECK-LABEL: func @infinite
// CHECK-COUNT-2: nn.matmul
// CHECK-NOT: nn.gather
func.func @infinite(%x: tensor<?x2xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  %nan = arith.constant dense<[[0x7FC00000, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %inf = arith.constant dense<[[1.0, 0.0], [0.0, 0xFF800000]]> : tensor<2x2xf32>
  %a = nn.matmul %x, %nan : tensor<?x2xf32>, tensor<2x2xf32> -> tensor<?x2xf32>
  %b = nn.matmul %x, %inf : tensor<?x2xf32>, tensor<2x2xf32> -> tensor<?x2xf32>
  return %a, %b : tensor<?x2xf32>, tensor<?x2xf32>
}

// -----

// Sums and products of what is computed stay.
// CHECK-LABEL: func @products
// CHECK-COUNT-2: nn.matmul
// CHECK-NOT: nn.gather
func.func @products(%x: tensor<?x2xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  %sum = arith.constant dense<[[1.0, 1.0], [1.0, 0.0]]> : tensor<2x2xf32>
  %turn = arith.constant dense<[[0.0, 1.0], [1.0, 0.0]]> : tensor<2x2xf32>
  %a = nn.matmul %x, %sum : tensor<?x2xf32>, tensor<2x2xf32> -> tensor<?x2xf32>
  %r = nn.unary relu %x : tensor<?x2xf32>
  %b = nn.matmul %r, %turn : tensor<?x2xf32>, tensor<2x2xf32> -> tensor<?x2xf32>
  return %a, %b : tensor<?x2xf32>, tensor<?x2xf32>
}

// -----

// Counts of conditions are compared between two of them.
// CHECK-LABEL: func @counts
// CHECK-DAG: [[H:%.*]] = arith.constant dense<5.000000e-01> : tensor<f32>
// CHECK: [[C:%.*]] = nn.matmul
// CHECK: [[S:%.*]] = nn.binary sub [[C]], [[N:%.*]] : tensor<?x2xf32>, tensor<2xf32>
// CHECK: [[A:%.*]] = nn.unary abs [[S]]
// CHECK: nn.compare lt [[A]], [[H]]
// CHECK: [[U:%.*]] = nn.binary add [[N]], [[H]]
// CHECK: nn.compare gt [[C]], [[U]]
func.func @counts(%x: tensor<?x2xi1>) -> (tensor<?x2xi1>, tensor<?x2xi1>) {
  %w = arith.constant dense<[[1.0, -1.0], [1.0, 1.0]]> : tensor<2x2xf32>
  %n = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %f = nn.cast %x : tensor<?x2xi1> to tensor<?x2xf32>
  %c = nn.matmul %f, %w : tensor<?x2xf32>, tensor<2x2xf32> -> tensor<?x2xf32>
  %e = nn.compare eq %c, %n : tensor<?x2xf32>, tensor<2xf32> -> tensor<?x2xi1>
  %g = nn.compare gt %c, %n : tensor<?x2xf32>, tensor<2xf32> -> tensor<?x2xi1>
  return %e, %g : tensor<?x2xi1>, tensor<?x2xi1>
}

// -----

// Other sums are compared as they are.
// CHECK-LABEL: func @sums
// CHECK: [[C:%.*]] = nn.matmul
// CHECK: nn.compare eq [[C]], %{{.*}} : tensor<?x2xf32>, tensor<2xf32>
func.func @sums(%x: tensor<?x2xi1>) -> tensor<?x2xi1> {
  %w = arith.constant dense<[[1.0, 0.25], [1.0, 1.0]]> : tensor<2x2xf32>
  %n = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %f = nn.cast %x : tensor<?x2xi1> to tensor<?x2xf32>
  %c = nn.matmul %f, %w : tensor<?x2xf32>, tensor<2x2xf32> -> tensor<?x2xf32>
  %e = nn.compare eq %c, %n : tensor<?x2xf32>, tensor<2xf32> -> tensor<?x2xi1>
  return %e : tensor<?x2xi1>
}

// -----

// Nothing is halfway between large numbers and infinities.
// CHECK-LABEL: func @large
// CHECK: [[C:%.*]] = nn.matmul
// CHECK-NOT: nn.binary
// CHECK: nn.compare eq [[C]], %{{.*}} : tensor<?x2xf32>, tensor<f32>
// CHECK: nn.compare lt [[C]], %{{.*}} : tensor<?x2xf32>, tensor<f32>
// CHECK: nn.compare gt [[C]], %{{.*}} : tensor<?x2xf32>, tensor<f32>
// CHECK: nn.compare le [[C]], %{{.*}} : tensor<?x2xf32>, tensor<2xf32>
func.func @large(%x: tensor<?x2xi1>) -> (tensor<?x2xi1>, tensor<?x2xi1>, tensor<?x2xi1>, tensor<?x2xi1>) {
  %w = arith.constant dense<[[1.0, -1.0], [1.0, 1.0]]> : tensor<2x2xf32>
  %inf = arith.constant dense<0x7F800000> : tensor<f32>
  %many = arith.constant dense<3.0e8> : tensor<f32>
  %even = arith.constant dense<16777216.0> : tensor<f32>
  %some = arith.constant dense<[1.0, 0x7F800000]> : tensor<2xf32>
  %f = nn.cast %x : tensor<?x2xi1> to tensor<?x2xf32>
  %c = nn.matmul %f, %w : tensor<?x2xf32>, tensor<2x2xf32> -> tensor<?x2xf32>
  %a = nn.compare eq %c, %inf : tensor<?x2xf32>, tensor<f32> -> tensor<?x2xi1>
  %b = nn.compare lt %c, %many : tensor<?x2xf32>, tensor<f32> -> tensor<?x2xi1>
  %g = nn.compare gt %c, %even : tensor<?x2xf32>, tensor<f32> -> tensor<?x2xi1>
  %l = nn.compare le %c, %some : tensor<?x2xf32>, tensor<2xf32> -> tensor<?x2xi1>
  return %a, %b, %g, %l : tensor<?x2xi1>, tensor<?x2xi1>, tensor<?x2xi1>, tensor<?x2xi1>
}

// -----

// A declaration has no ops.
// CHECK: func.func private @declared
func.func private @declared(tensor<2x2xf32>) -> tensor<2x2xf32>
