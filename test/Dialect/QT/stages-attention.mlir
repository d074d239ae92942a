// Attention at every stage, written by hand: 4 heads of 16 features, a scale
// for every token and head.
// RUN: quant-opt %s -qt-verify-types | quant-opt | FileCheck %s

!head8 = !qt.block<[1, 1, 1, ?], s8, scale = f32>
!row8u = !qt.block<[1, 1, 1, ?], u8, scale = f32>
!t = tensor<?x4x99x16xf32>
!tq = tensor<?x4x99x16x!head8>
#absmax = #qt.encoding<absmax, -127..127>
#sizes = affine_map<()[s0] -> (s0)>

// CHECK-LABEL: func @import
func.func @import(%q: !t, %k: !t, %v: !t, %m: tensor<?x1x1x99xf32>) -> !t {
  %o = nn.attention %q, %k, %v mask(%m : tensor<?x1x1x99xf32>) {scale = 0.25 : f32} : !t, !t, !t -> !t
  return %o : !t
}

// CHECK-LABEL: func @quantize
func.func @quantize(%q: !t, %k: !t, %v: !t, %m: tensor<?x1x1x99xf32>) -> !t {
  %qq = qt.quantize %q {encoding = #absmax} : !t -> !tq
  %kq = qt.quantize %k {encoding = #absmax} : !t -> !tq
  %vq = qt.quantize %v {encoding = #absmax} : !t -> !tq
  %o = nn.attention %qq, %kq, %vq mask(%m : tensor<?x1x1x99xf32>) {scale = 0.25 : f32} : !tq, !tq, !tq -> !t
  return %o : !t
}

// CHECK-LABEL: func @split
func.func @split(%q: !t, %k: !t, %v: !t, %m: tensor<?x1x1x99xf32>) -> !t {
  %qc, %qs = qt.quantize %q {encoding = #absmax, format = !head8} : !t -> tensor<?x4x99x16xi8>, tensor<?x4x99x1xf32>
  %kc, %ks = qt.quantize %k {encoding = #absmax, format = !head8} : !t -> tensor<?x4x99x16xi8>, tensor<?x4x99x1xf32>
  %vc, %vs = qt.quantize %v {encoding = #absmax, format = !head8} : !t -> tensor<?x4x99x16xi8>, tensor<?x4x99x1xf32>
  %o = qt.attention q(%qc, %qs : tensor<?x4x99x16xi8>, tensor<?x4x99x1xf32>) k(%kc, %ks : tensor<?x4x99x16xi8>, tensor<?x4x99x1xf32>)
      v(%vc, %vs : tensor<?x4x99x16xi8>, tensor<?x4x99x1xf32>) mask(%m : tensor<?x1x1x99xf32>)
      {scale = 0.25 : f32, q_format = !head8, k_format = !head8, v_format = !head8, p_format = !row8u} -> !t
  return %o : !t
}

// As a kernel: heads are read where the projection left them, and encoded by
// the op itself.
// CHECK-LABEL: func @group
func.func @group(%q: tensor<?x99x4x16xf32>, %k: tensor<?x99x4x16xf32>, %v: tensor<?x99x4x16xf32>) -> tensor<?x99x4x16xf32>
    attributes {qt.dim_names = ["batch"], qt.arg_shapes = [affine_map<()[s0] -> (s0, 99, 4, 16)>, affine_map<()[s0] -> (s0, 99, 4, 16)>, affine_map<()[s0] -> (s0, 99, 4, 16)>]} {
  %o = qt.launch @heads(%q, %k, %v) sizes #sizes : (tensor<?x99x4x16xf32>, tensor<?x99x4x16xf32>, tensor<?x99x4x16xf32>) -> tensor<?x99x4x16xf32>
  return %o : tensor<?x99x4x16xf32>
}
func.func private @heads(%q: tensor<?x99x4x16xf32>, %k: tensor<?x99x4x16xf32>, %v: tensor<?x99x4x16xf32>) -> tensor<?x99x4x16xf32> attributes {qt.kernel} {
  // CHECK: qt.attention {{.*}} q_order = #qt.order<bshd>
  %o = qt.attention q(%q : tensor<?x99x4x16xf32>) k(%k : tensor<?x99x4x16xf32>) v(%v : tensor<?x99x4x16xf32>)
      {scale = 0.25 : f32, encoding = #absmax, q_format = !head8, k_format = !head8, v_format = !head8, p_format = !row8u,
       q_order = #qt.order<bshd>, k_order = #qt.order<bshd>, v_order = #qt.order<bshd>, result_order = #qt.order<bshd>} -> tensor<?x99x4x16xf32>
  return %o : tensor<?x99x4x16xf32>
}
