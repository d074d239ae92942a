// RUN: quant-opt %s -interpret
// RUN: quant-opt %s -qt-split -interpret
// Keys that lengths and windows hide are as if there were none, though their scores are beyond 2^24.

!head8 = !qt.block<[1, 1, 1, ?], s8, scale = exp<8>>
!heads = !qt.block<[1, 1, 1, ?], s32, scale = exp<32>>

func.func @ibert() {
  %qm = arith.constant dense<[[[[100, -30]]]]> : tensor<1x1x1x2xi8>
  %qe = arith.constant dense<-5> : tensor<1x1x1x1xi8>
  %q = qt.join %qm, %qe : tensor<1x1x1x2xi8>, tensor<1x1x1x1xi8> -> tensor<1x1x1x2x!head8>
  %km = arith.constant dense<[[[[100, 3], [95, 49], [64, 64]]]]> : tensor<1x1x3x2xi8>
  %ke = arith.constant dense<[[[[-7], [-7], [20]]]]> : tensor<1x1x3x1xi8>
  %k = qt.join %km, %ke : tensor<1x1x3x2xi8>, tensor<1x1x3x1xi8> -> tensor<1x1x3x2x!head8>
  %vm = arith.constant dense<[[[[100, -64], [-127, 1], [127, 127]]]]> : tensor<1x1x3x2xi8>
  %ve = arith.constant dense<[[[[-7], [-8], [9]]]]> : tensor<1x1x3x1xi8>
  %v = qt.join %vm, %ve : tensor<1x1x3x2xi8>, tensor<1x1x3x1xi8> -> tensor<1x1x3x2x!head8>
  %km2 = arith.constant dense<[[[[100, 3], [95, 49]]]]> : tensor<1x1x2x2xi8>
  %ke2 = arith.constant dense<-7> : tensor<1x1x2x1xi8>
  %k2 = qt.join %km2, %ke2 : tensor<1x1x2x2xi8>, tensor<1x1x2x1xi8> -> tensor<1x1x2x2x!head8>
  %vm2 = arith.constant dense<[[[[100, -64], [-127, 1]]]]> : tensor<1x1x2x2xi8>
  %ve2 = arith.constant dense<[[[[-7], [-8]]]]> : tensor<1x1x2x1xi8>
  %v2 = qt.join %vm2, %ve2 : tensor<1x1x2x2xi8>, tensor<1x1x2x1xi8> -> tensor<1x1x2x2x!head8>
  %n = arith.constant dense<2> : tensor<1xi64>
  %first = arith.constant dense<0> : tensor<1xi64>
  %e = nn.attention %q, %k2, %v2 {scale = 0.5 : f32, qt.method = #qt<integer_method ibert>} : tensor<1x1x1x2x!head8>, tensor<1x1x2x2x!head8>, tensor<1x1x2x2x!head8> -> tensor<1x1x1x2x!heads>
  %em, %ee = qt.split %e : tensor<1x1x1x2x!heads> -> tensor<1x1x1x2xi32>, tensor<1x1x1x1xi32>
  %a = nn.attention %q, %k, %v lengths(%n : tensor<1xi64>) {scale = 0.5 : f32, qt.method = #qt<integer_method ibert>} : tensor<1x1x1x2x!head8>, tensor<1x1x3x2x!head8>, tensor<1x1x3x2x!head8> -> tensor<1x1x1x2x!heads>
  %am, %ae = qt.split %a : tensor<1x1x1x2x!heads> -> tensor<1x1x1x2xi32>, tensor<1x1x1x1xi32>
  check.expect_eq %am, %em : tensor<1x1x1x2xi32>, tensor<1x1x1x2xi32>
  check.expect_eq %ae, %ee : tensor<1x1x1x1xi32>, tensor<1x1x1x1xi32>
  %b = nn.attention %q, %k, %v offset(%first : tensor<1xi64>) {scale = 0.5 : f32, right_window = 1 : i64, qt.method = #qt<integer_method ibert>} : tensor<1x1x1x2x!head8>, tensor<1x1x3x2x!head8>, tensor<1x1x3x2x!head8> -> tensor<1x1x1x2x!heads>
  %bm, %be = qt.split %b : tensor<1x1x1x2x!heads> -> tensor<1x1x1x2xi32>, tensor<1x1x1x1xi32>
  check.expect_eq %bm, %em : tensor<1x1x1x2xi32>, tensor<1x1x1x2xi32>
  check.expect_eq %be, %ee : tensor<1x1x1x1xi32>, tensor<1x1x1x1xi32>
  return
}

func.func @ivit() {
  %qm = arith.constant dense<[[[[100, -30]]]]> : tensor<1x1x1x2xi8>
  %qe = arith.constant dense<-5> : tensor<1x1x1x1xi8>
  %q = qt.join %qm, %qe : tensor<1x1x1x2xi8>, tensor<1x1x1x1xi8> -> tensor<1x1x1x2x!head8>
  %km = arith.constant dense<[[[[100, 3], [95, 49], [64, 64]]]]> : tensor<1x1x3x2xi8>
  %ke = arith.constant dense<[[[[-7], [-7], [20]]]]> : tensor<1x1x3x1xi8>
  %k = qt.join %km, %ke : tensor<1x1x3x2xi8>, tensor<1x1x3x1xi8> -> tensor<1x1x3x2x!head8>
  %vm = arith.constant dense<[[[[100, -64], [-127, 1], [127, 127]]]]> : tensor<1x1x3x2xi8>
  %ve = arith.constant dense<[[[[-7], [-8], [9]]]]> : tensor<1x1x3x1xi8>
  %v = qt.join %vm, %ve : tensor<1x1x3x2xi8>, tensor<1x1x3x1xi8> -> tensor<1x1x3x2x!head8>
  %km2 = arith.constant dense<[[[[100, 3], [95, 49]]]]> : tensor<1x1x2x2xi8>
  %ke2 = arith.constant dense<-7> : tensor<1x1x2x1xi8>
  %k2 = qt.join %km2, %ke2 : tensor<1x1x2x2xi8>, tensor<1x1x2x1xi8> -> tensor<1x1x2x2x!head8>
  %vm2 = arith.constant dense<[[[[100, -64], [-127, 1]]]]> : tensor<1x1x2x2xi8>
  %ve2 = arith.constant dense<[[[[-7], [-8]]]]> : tensor<1x1x2x1xi8>
  %v2 = qt.join %vm2, %ve2 : tensor<1x1x2x2xi8>, tensor<1x1x2x1xi8> -> tensor<1x1x2x2x!head8>
  %n = arith.constant dense<2> : tensor<1xi64>
  %first = arith.constant dense<0> : tensor<1xi64>
  %e = nn.attention %q, %k2, %v2 {scale = 0.5 : f32, qt.method = #qt<integer_method ivit>} : tensor<1x1x1x2x!head8>, tensor<1x1x2x2x!head8>, tensor<1x1x2x2x!head8> -> tensor<1x1x1x2x!heads>
  %em, %ee = qt.split %e : tensor<1x1x1x2x!heads> -> tensor<1x1x1x2xi32>, tensor<1x1x1x1xi32>
  %a = nn.attention %q, %k, %v lengths(%n : tensor<1xi64>) {scale = 0.5 : f32, qt.method = #qt<integer_method ivit>} : tensor<1x1x1x2x!head8>, tensor<1x1x3x2x!head8>, tensor<1x1x3x2x!head8> -> tensor<1x1x1x2x!heads>
  %am, %ae = qt.split %a : tensor<1x1x1x2x!heads> -> tensor<1x1x1x2xi32>, tensor<1x1x1x1xi32>
  check.expect_eq %am, %em : tensor<1x1x1x2xi32>, tensor<1x1x1x2xi32>
  check.expect_eq %ae, %ee : tensor<1x1x1x1xi32>, tensor<1x1x1x1xi32>
  %b = nn.attention %q, %k, %v offset(%first : tensor<1xi64>) {scale = 0.5 : f32, right_window = 1 : i64, qt.method = #qt<integer_method ivit>} : tensor<1x1x1x2x!head8>, tensor<1x1x3x2x!head8>, tensor<1x1x3x2x!head8> -> tensor<1x1x1x2x!heads>
  %bm, %be = qt.split %b : tensor<1x1x1x2x!heads> -> tensor<1x1x1x2xi32>, tensor<1x1x1x1xi32>
  check.expect_eq %bm, %em : tensor<1x1x1x2xi32>, tensor<1x1x1x2xi32>
  check.expect_eq %be, %ee : tensor<1x1x1x1xi32>, tensor<1x1x1x1xi32>
  return
}
