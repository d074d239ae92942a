// RUN: quant-opt %s | quant-opt | FileCheck %s
// RUN: quant-opt %s --mlir-print-op-generic | quant-opt | FileCheck %s
// RUN: quant-opt %s --emit-bytecode | quant-opt | FileCheck %s

// CHECK-LABEL: func @elementwise
func.func @elementwise(%x: tensor<?x4xf32>, %b: tensor<4xf32>, %i: tensor<4xi64>,
                       %c: tensor<?x1xi1>) {
  // CHECK: nn.unary tanh %{{.*}} : tensor<?x4xf32>
  %0 = nn.unary tanh %x : tensor<?x4xf32>
  // CHECK: nn.unary not %{{.*}} : tensor<?x1xi1>
  %1 = nn.unary not %c : tensor<?x1xi1>
  // CHECK: nn.unary neg %{{.*}} : tensor<4xi64>
  %2 = nn.unary neg %i : tensor<4xi64>
  // CHECK: nn.binary add %{{.*}}, %{{.*}} : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  %3 = nn.binary add %x, %b : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  // CHECK: nn.compare lt %{{.*}}, %{{.*}} : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xi1>
  %4 = nn.compare lt %x, %b : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xi1>
  // CHECK: nn.select %{{.*}}, %{{.*}}, %{{.*}} : tensor<?x1xi1>, tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  %5 = nn.select %c, %x, %b : tensor<?x1xi1>, tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  // CHECK: nn.cast %{{.*}} : tensor<4xi64> to tensor<4xf32>
  %6 = nn.cast %i : tensor<4xi64> to tensor<4xf32>
  // CHECK: nn.clip %{{.*}} min 0.000000e+00 max 6.500000e+00 : tensor<?x4xf32>
  %7 = nn.clip %x min 0.0 max 6.5 : tensor<?x4xf32>
  // CHECK: nn.clip %{{.*}} min 0xFFF0000000000000 max 6.000000e+00 : tensor<?x4xf32>
  %10 = nn.clip %x min 0xFFF0000000000000 max 6.0 : tensor<?x4xf32>
  // CHECK: nn.gelu erf %{{.*}} : tensor<?x4xf32>
  %8 = nn.gelu erf %x : tensor<?x4xf32>
  // CHECK: nn.hard_sigmoid %{{.*}} slope 2.000000e-01 shift 5.000000e-01 : tensor<?x4xf32>
  %gate = nn.hard_sigmoid %x slope 0.2 shift 0.5 : tensor<?x4xf32>
  // CHECK: nn.hard_swish %{{.*}} slope 2.000000e-01 shift 5.000000e-01 : tensor<?x4xf32>
  %swish = nn.hard_swish %x slope 0.2 shift 0.5 : tensor<?x4xf32>
  // CHECK: nn.silu %{{.*}} : tensor<?x4xf32>
  %9 = nn.silu %x : tensor<?x4xf32>
  return
}

// CHECK-LABEL: func @scalars_and_vectors
func.func @scalars_and_vectors(%x: f32, %v: vector<16xf32>, %c: vector<16xi1>) {
  // CHECK: nn.gelu tanh %{{.*}} : f32
  %0 = nn.gelu tanh %x : f32
  // CHECK: nn.binary add %{{.*}}, %{{.*}} : f32, f32 -> f32
  %1 = nn.binary add %x, %0 : f32, f32 -> f32
  // CHECK: nn.unary erf %{{.*}} : vector<16xf32>
  %2 = nn.unary erf %v : vector<16xf32>
  // CHECK: nn.select %{{.*}}, %{{.*}}, %{{.*}} : vector<16xi1>, vector<16xf32>, vector<16xf32> -> vector<16xf32>
  %3 = nn.select %c, %v, %2 : vector<16xi1>, vector<16xf32>, vector<16xf32> -> vector<16xf32>
  // CHECK: nn.cast %{{.*}} : vector<16xf32> to vector<16xi32>
  %4 = nn.cast %v : vector<16xf32> to vector<16xi32>
  return
}

// CHECK-LABEL: func @contractions
func.func @contractions(%x: tensor<?x99x64xf32>, %w: tensor<256x64xf32>, %v: tensor<64xf32>,
                        %q: tensor<?x4x99x16xf32>, %k: tensor<?x2x50x16xf32>,
                        %m: tensor<?x1x1x50xf32>) {
  // CHECK: nn.matmul %{{.*}}, %{{.*}} : tensor<?x99x64xf32>, tensor<256x64xf32> -> tensor<?x99x256xf32>
  %0 = nn.matmul %x, %w : tensor<?x99x64xf32>, tensor<256x64xf32> -> tensor<?x99x256xf32>
  // CHECK: nn.matmul %{{.*}}, %{{.*}} : tensor<64xf32>, tensor<64xf32> -> tensor<f32>
  %1 = nn.matmul %v, %v : tensor<64xf32>, tensor<64xf32> -> tensor<f32>
  // CHECK: nn.attention %{{.*}}, %{{.*}}, %{{.*}} mask(%{{.*}} : tensor<?x1x1x50xf32>) {causal, scale = 1.250000e-01 : f32}
  %2 = nn.attention %q, %k, %k mask(%m : tensor<?x1x1x50xf32>) {causal, scale = 0.125 : f32}
    : tensor<?x4x99x16xf32>, tensor<?x2x50x16xf32>, tensor<?x2x50x16xf32> -> tensor<?x4x99x16xf32>
  return
}

// CHECK-LABEL: func @windows
func.func @windows(%q: tensor<?x4x99x16xf32>, %k: tensor<?x2x50x16xf32>, %m: tensor<?x1x1x50xf32>, %n: tensor<?xi64>, %o: tensor<1xi64>) {
  // CHECK: nn.attention %{{.*}}, %{{.*}}, %{{.*}} mask(%{{.*}} : tensor<?x1x1x50xf32>) lengths(%{{.*}} : tensor<?xi64>) offset(%{{.*}} : tensor<1xi64>) {causal, left_window = 8 : i64, scale = 1.250000e-01 : f32, softcap = 5.000000e+01 : f32} :
  %0 = nn.attention %q, %k, %k mask(%m : tensor<?x1x1x50xf32>) lengths(%n : tensor<?xi64>) offset(%o : tensor<1xi64>)
    {causal, left_window = 8 : i64, scale = 0.125 : f32, softcap = 50.0 : f32}
    : tensor<?x4x99x16xf32>, tensor<?x2x50x16xf32>, tensor<?x2x50x16xf32> -> tensor<?x4x99x16xf32>
  // CHECK: nn.attention %{{.*}}, %{{.*}}, %{{.*}} lengths(%{{.*}} : tensor<?xi64>) {right_window = 0 : i64, scale = 1.250000e-01 : f32} :
  %1 = nn.attention %q, %k, %k lengths(%n : tensor<?xi64>) {right_window = 0 : i64, scale = 0.125 : f32}
    : tensor<?x4x99x16xf32>, tensor<?x2x50x16xf32>, tensor<?x2x50x16xf32> -> tensor<?x4x99x16xf32>
  return
}

// CHECK-LABEL: func @reductions
func.func @reductions(%x: tensor<?x99x64xf32>, %g: tensor<64xf32>) {
  // CHECK: nn.layer_norm %{{.*}}, %{{.*}}, %{{.*}} {axis = 2 : i64, epsilon = 9.99999974E-6 : f32} : tensor<?x99x64xf32>, tensor<64xf32>, tensor<64xf32>
  %0 = nn.layer_norm %x, %g, %g {axis = 2 : i64, epsilon = 1.0e-5 : f32} : tensor<?x99x64xf32>, tensor<64xf32>, tensor<64xf32>
  // CHECK: nn.layer_norm %{{.*}}, %{{.*}} {axis = 2 : i64, epsilon = 0.000000e+00 : f32} : tensor<?x99x64xf32>, tensor<64xf32>
  %1 = nn.layer_norm %x, %g {axis = 2 : i64, epsilon = 0.0 : f32} : tensor<?x99x64xf32>, tensor<64xf32>
  // CHECK: nn.softmax %{{.*}} {axis = 1 : i64} : tensor<?x99x64xf32>
  %2 = nn.softmax %x {axis = 1 : i64} : tensor<?x99x64xf32>
  // CHECK: nn.cumsum %{{.*}} {axis = 1 : i64, exclusive, reverse} : tensor<?x99x64xf32>
  %sums = nn.cumsum %x {axis = 1 : i64, exclusive, reverse} : tensor<?x99x64xf32>
  // CHECK: nn.reduce mean %{{.*}} axes [1] keepdims : tensor<?x99x64xf32> -> tensor<?x1x64xf32>
  %3 = nn.reduce mean %x axes [1] keepdims : tensor<?x99x64xf32> -> tensor<?x1x64xf32>
  // CHECK: nn.topk %{{.*}} {axis = 1 : i64, k = 5 : i64, smallest} : tensor<?x99x64xf32> -> tensor<?x5x64xi64>
  %topk = nn.topk %x {axis = 1 : i64, k = 5 : i64, smallest} : tensor<?x99x64xf32> -> tensor<?x5x64xi64>
  // CHECK: nn.reduce l2 %{{.*}} axes [0, 2] : tensor<?x99x64xf32> -> tensor<99xf32>
  %4 = nn.reduce l2 %x axes [0, 2] : tensor<?x99x64xf32> -> tensor<99xf32>
  return
}

// CHECK-LABEL: func @movement
func.func @movement(%x: tensor<?x99x64xf32>, %s: tensor<4xi64>, %i: tensor<1xi64>, %p: tensor<i64>) {
  // CHECK: nn.reshape %{{.*}}, %{{.*}} : tensor<?x99x64xf32>, tensor<4xi64> -> tensor<?x99x4x16xf32>
  %0 = nn.reshape %x, %s : tensor<?x99x64xf32>, tensor<4xi64> -> tensor<?x99x4x16xf32>
  // CHECK: nn.transpose %{{.*}} perm [0, 2, 1, 3] : tensor<?x99x4x16xf32> -> tensor<?x4x99x16xf32>
  %1 = nn.transpose %0 perm [0, 2, 1, 3] : tensor<?x99x4x16xf32> -> tensor<?x4x99x16xf32>
  // CHECK: nn.slice %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<?x99x64xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<?x?x64xf32>
  %2 = nn.slice %x, %i, %i, %i, %i : tensor<?x99x64xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<?x?x64xf32>
  // CHECK: nn.concat %{{.*}}, %{{.*}} {axis = 1 : i64} : tensor<?x99x64xf32>, tensor<?x99x64xf32> -> tensor<?x198x64xf32>
  %3 = nn.concat %x, %x {axis = 1 : i64} : tensor<?x99x64xf32>, tensor<?x99x64xf32> -> tensor<?x198x64xf32>
  // CHECK: nn.expand %{{.*}}, %{{.*}} : tensor<?x99x64xf32>, tensor<4xi64> -> tensor<?x?x99x64xf32>
  %4 = nn.expand %x, %s : tensor<?x99x64xf32>, tensor<4xi64> -> tensor<?x?x99x64xf32>
  // CHECK: nn.gather %{{.*}}, %{{.*}} {axis = 1 : i64} : tensor<?x99x64xf32>, tensor<i64> -> tensor<?x64xf32>
  %5 = nn.gather %x, %p {axis = 1 : i64} : tensor<?x99x64xf32>, tensor<i64> -> tensor<?x64xf32>
  // CHECK: nn.shape %{{.*}} {end = 2 : i64, start = 0 : i64} : tensor<?x99x64xf32> -> tensor<2xi64>
  %6 = nn.shape %x {start = 0 : i64, end = 2 : i64} : tensor<?x99x64xf32> -> tensor<2xi64>
  return
}

// CHECK-LABEL: func @positions
func.func @positions(%x: tensor<?x4x?x16xf32>, %c: tensor<?x16xf32>, %n: tensor<1xi64>, %g: tensor<16xf32>) {
  // CHECK: nn.iota %{{.*}} : tensor<1xi64> -> tensor<?xi64>
  %0 = nn.iota %n : tensor<1xi64> -> tensor<?xi64>
  // CHECK: nn.rotary %{{.*}}, %{{.*}}, %{{.*}} : tensor<?x4x?x16xf32>, tensor<?x16xf32>, tensor<?x16xf32>
  %1 = nn.rotary %x, %c, %c : tensor<?x4x?x16xf32>, tensor<?x16xf32>, tensor<?x16xf32> -> tensor<?x4x?x16xf32>
  // CHECK: nn.rotary %{{.*}}, %{{.*}}, %{{.*}} {interleaved} : tensor<?x4x?x16xf32>
  %2 = nn.rotary %x, %c, %c {interleaved} : tensor<?x4x?x16xf32>, tensor<?x16xf32>, tensor<?x16xf32> -> tensor<?x4x?x16xf32>
  // CHECK: nn.rms_norm %{{.*}}, %{{.*}} {axis = 3 : i64, epsilon = {{.*}} : f32} : tensor<?x4x?x16xf32>, tensor<16xf32>
  %3 = nn.rms_norm %x, %g {axis = 3 : i64, epsilon = 1.0e-5 : f32} : tensor<?x4x?x16xf32>, tensor<16xf32>
  return
}

// CHECK-LABEL: func @integer_steps
func.func @integer_steps(%x: tensor<?x4xi32>, %s: tensor<?x1xi32>, %q: tensor<?xi64>, %m: tensor<?x4xi16>) {
  // CHECK: nn.binary rshift %{{.*}}, %{{.*}} : tensor<?x4xi32>, tensor<?x1xi32> -> tensor<?x4xi32>
  %0 = nn.binary rshift %x, %s : tensor<?x4xi32>, tensor<?x1xi32> -> tensor<?x4xi32>
  // CHECK: nn.binary mulh31
  %1 = nn.binary mulh31 %0, %x : tensor<?x4xi32>, tensor<?x4xi32> -> tensor<?x4xi32>
  // CHECK: nn.unary clz %{{.*}} : tensor<?x4xi32>
  %2 = nn.unary clz %1 : tensor<?x4xi32>
  // CHECK: nn.unary isqrt %{{.*}} : tensor<?xi64>
  %3 = nn.unary isqrt %q : tensor<?xi64>
  // CHECK: nn.unary recip61
  %4 = nn.unary recip61 %3 : tensor<?xi64>
  // CHECK: nn.transpose %{{.*}} perm [1, 0] : tensor<?x4xi16> -> tensor<4x?xi16>
  %5 = nn.transpose %m perm [1, 0] : tensor<?x4xi16> -> tensor<4x?xi16>
  return
}

// CHECK-LABEL: @angles
func.func @angles(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // CHECK: nn.unary tan %{{.*}} : tensor<?x4xf32>
  %0 = nn.unary tan %x : tensor<?x4xf32>
  // CHECK: nn.unary asin %{{.*}} : tensor<?x4xf32>
  %1 = nn.unary asin %0 : tensor<?x4xf32>
  // CHECK: nn.unary acos %{{.*}} : tensor<?x4xf32>
  %2 = nn.unary acos %1 : tensor<?x4xf32>
  // CHECK: nn.unary atan %{{.*}} : tensor<?x4xf32>
  %3 = nn.unary atan %2 : tensor<?x4xf32>
  // CHECK: nn.unary sinh %{{.*}} : tensor<?x4xf32>
  %4 = nn.unary sinh %3 : tensor<?x4xf32>
  // CHECK: nn.unary cosh %{{.*}} : tensor<?x4xf32>
  %5 = nn.unary cosh %4 : tensor<?x4xf32>
  // CHECK: nn.unary asinh %{{.*}} : tensor<?x4xf32>
  %6 = nn.unary asinh %5 : tensor<?x4xf32>
  // CHECK: nn.unary acosh %{{.*}} : tensor<?x4xf32>
  %7 = nn.unary acosh %6 : tensor<?x4xf32>
  // CHECK: nn.unary atanh %{{.*}} : tensor<?x4xf32>
  %8 = nn.unary atanh %7 : tensor<?x4xf32>
  return %8 : tensor<?x4xf32>
}

// CHECK-LABEL: @shr
func.func @shr(%x: tensor<?x4xi32>, %s: tensor<?x1xi32>) -> tensor<?x4xi32> {
  // CHECK: nn.binary shr %{{.*}}, %{{.*}} : tensor<?x4xi32>, tensor<?x1xi32> -> tensor<?x4xi32>
  %0 = nn.binary shr %x, %s : tensor<?x4xi32>, tensor<?x1xi32> -> tensor<?x4xi32>
  return %0 : tensor<?x4xi32>
}
