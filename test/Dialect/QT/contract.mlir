// RUN: quant-opt %s | quant-opt | FileCheck %s
// RUN: quant-opt %s -mlir-print-op-generic | quant-opt | FileCheck %s

!rows8 = !qt.block<[1, 1, ?], s8, scale = f32>
!w4 = !qt.block<[1, 32], s4, scale = s8, outer = f32>

// CHECK-LABEL: func @matmul
func.func @matmul(%xc: tensor<?x99x64xi8>, %xs: tensor<?x99x1xf32>, %wc: tensor<256x32xi8>, %ws: tensor<256x2xi8>,
                  %wo: tensor<256x1xf32>, %bias: tensor<256xf32>, %res: tensor<?x99x256xf32>) -> tensor<?x99x256xf32> {
  // CHECK: qt.contract lhs(%{{.*}}, %{{.*}} : tensor<?x99x64xi8>, tensor<?x99x1xf32>) rhs(%{{.*}}, %{{.*}}, %{{.*}} : tensor<256x32xi8>, tensor<256x2xi8>, tensor<256x1xf32>) epilogue(%{{.*}}, %{{.*}} : tensor<256xf32>, tensor<?x99x256xf32>) {acc = f32, geometry = #qt.matmul,
  // CHECK-NEXT: ^bb0(%[[ACC:.*]]: f32, %[[B:.*]]: f32, %[[R:.*]]: f32):
  // CHECK: qt.yield
  // CHECK-NEXT: } -> tensor<?x99x256xf32>
  %y = qt.contract lhs(%xc, %xs : tensor<?x99x64xi8>, tensor<?x99x1xf32>)
                   rhs(%wc, %ws, %wo : tensor<256x32xi8>, tensor<256x2xi8>, tensor<256x1xf32>)
                   epilogue(%bias, %res : tensor<256xf32>, tensor<?x99x256xf32>)
      {acc = f32, geometry = #qt.matmul, lhs_format = !rows8, rhs_format = !w4} {
  ^bb0(%acc: f32, %b: f32, %r: f32):
    %0 = nn.binary add %acc, %b : f32, f32 -> f32
    %1 = nn.gelu erf %0 : f32
    %2 = nn.binary add %1, %r : f32, f32 -> f32
    qt.yield %2 : f32
  } -> tensor<?x99x256xf32>
  return %y : tensor<?x99x256xf32>
}

// CHECK-LABEL: func @packed
func.func @packed(%x: tensor<?x99x64xf32>, %w: tensor<256x64xf32>) -> tensor<?x99x256xf32> {
  %xc, %xs = qt.quantize %x {encoding = #qt.encoding<absmax, -127..127>, format = !rows8, layout = #qt.layout<w4i, panel = 16, rows = 4>} : tensor<?x99x64xf32> -> tensor<?x99x64xi8>, tensor<?x99x1xf32>
  %wc, %ws, %wo = qt.quantize %w {encoding = #qt.encoding<search, -8..7>, format = !w4} : tensor<256x64xf32> -> tensor<256x32xi8>, tensor<256x2xi8>, tensor<256x1xf32>
  // CHECK: %[[P:.*]] = qt.pack %{{.*}}#0, %{{.*}}#1, %{{.*}}#2 {format = !qt.block<[1, 32], s4, scale = s8, outer = f32>, layout = #qt.layout<w4i, panel = 16, rows = 4>} : tensor<256x32xi8>, tensor<256x2xi8>, tensor<256x1xf32> -> tensor<12288xi8>
  %p = qt.pack %wc, %ws, %wo {format = !w4, layout = #qt.layout<w4i, panel = 16, rows = 4>} : tensor<256x32xi8>, tensor<256x2xi8>, tensor<256x1xf32> -> tensor<12288xi8>
  // CHECK: qt.contract lhs(%{{.*}}#0, %{{.*}}#1 : tensor<?x99x64xi8>, tensor<?x99x1xf32>) rhs(%[[P]] : tensor<12288xi8>) {acc = f32, geometry = #qt.matmul<k = 64>, layout = #qt.layout<w4i, panel = 16, rows = 4>, {{.*}}} -> tensor<?x99x256xf32>
  %y = qt.contract lhs(%xc, %xs : tensor<?x99x64xi8>, tensor<?x99x1xf32>) rhs(%p : tensor<12288xi8>)
      {acc = f32, geometry = #qt.matmul<k = 64>, layout = #qt.layout<w4i, panel = 16, rows = 4>, lhs_format = !rows8, rhs_format = !w4}
      -> tensor<?x99x256xf32>
  return %y : tensor<?x99x256xf32>
}

// CHECK-LABEL: func @float
func.func @float(%a: tensor<?x4x99x16xf32>, %b: tensor<?x4x99x16xf32>) -> tensor<?x4x99x99xf32> {
  // CHECK: geometry = #qt.matmul<batched>, lhs_format = f32, rhs_format = f32} -> tensor<?x4x99x99xf32>
  %y = qt.contract lhs(%a : tensor<?x4x99x16xf32>) rhs(%b : tensor<?x4x99x16xf32>)
      {acc = f32, geometry = #qt.matmul<batched>, lhs_format = f32, rhs_format = f32} -> tensor<?x4x99x99xf32>
  return %y : tensor<?x4x99x99xf32>
}

// CHECK-LABEL: func @conv
func.func @conv(%x: tensor<?x32x32x3xf32>, %w: tensor<16x9x3xf32>) -> tensor<?x16x16x16xf32> {
  // CHECK: geometry = #qt.conv<taps = [3, 3], strides = [2, 2], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 1>
  %y = qt.contract lhs(%x : tensor<?x32x32x3xf32>) rhs(%w : tensor<16x9x3xf32>)
      {acc = f32, geometry = #qt.conv<taps = [3, 3], strides = [2, 2], dilations = [1, 1], pads = [1, 1, 1, 1], groups = 1>,
       lhs_format = f32, rhs_format = f32} -> tensor<?x16x16x16xf32>
  return %y : tensor<?x16x16x16xf32>
}

!head8 = !qt.block<[1, 1, 1, ?], s8, scale = f32>

// CHECK-LABEL: func @attention
func.func @attention(%q: tensor<?x99x4x16xf32>, %kc: tensor<?x4x99x16xi8>, %ks: tensor<?x4x99x1xf32>,
                     %m: tensor<?x1x1x99xf32>) -> tensor<?x99x4x16xf32> {
  // CHECK: qt.attention q(%{{.*}} : tensor<?x99x4x16xf32>) k(%{{.*}}, %{{.*}} : tensor<?x4x99x16xi8>, tensor<?x4x99x1xf32>) v(%{{.*}} : tensor<?x99x4x16xf32>) mask(%{{.*}} : tensor<?x1x1x99xf32>) {causal, encoding = {{.*}}, q_order = #qt.order<bshd>, result_order = #qt.order<bshd>, scale = 2.500000e-01 : f32, v_format = {{.*}}, v_order = #qt.order<bshd>} -> tensor<?x99x4x16xf32>
  %o = qt.attention q(%q : tensor<?x99x4x16xf32>) k(%kc, %ks : tensor<?x4x99x16xi8>, tensor<?x4x99x1xf32>)
                    v(%q : tensor<?x99x4x16xf32>) mask(%m : tensor<?x1x1x99xf32>)
      {scale = 0.25 : f32, causal, q_order = #qt.order<bshd>, v_order = #qt.order<bshd>, result_order = #qt.order<bshd>,
       q_format = !head8, k_format = !head8, v_format = !head8, p_format = !qt.block<[1, 1, 1, ?], u8, scale = f32>,
       encoding = #qt.encoding<absmax, -127..127>} -> tensor<?x99x4x16xf32>
  return %o : tensor<?x99x4x16xf32>
}
