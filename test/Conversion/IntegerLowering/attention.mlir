// RUN: quant-opt %s -interpret
// RUN: quant-opt %s -qt-split -interpret
// The vectors of the method fixed; results have given up a bit for their alignment.

!row16 = !qt.block<[1, ?], s16, scale = exp<8>>
!row31 = !qt.block<[1, ?], s31, scale = exp<32>>
!row32 = !qt.block<[1, ?], s32, scale = exp<32>>
!head12 = !qt.block<[1, 1, 1, ?], s12, scale = exp<8>>
!head8 = !qt.block<[1, 1, 1, ?], s8, scale = exp<8>>
!mask16 = !qt.block<[1, 1, 1, ?], s16, scale = exp<8>>
!heads = !qt.block<[1, 1, 1, ?], s31, scale = exp<32>>

func.func @attention() {
  %qm = arith.constant dense<[[[[82, 1538, 1365, -1574], [-127, 1288, 1974, -457], [198, 1100, -1674, 876], [-145, 131, 1563, 1117], [1570, -119, -1094, 731]]]]> : tensor<1x1x5x4xi16>
  %qe = arith.constant dense<[[[[-14], [-12], [-12], [-12], [-12]]]]> : tensor<1x1x5x1xi8>
  %q = qt.join %qm, %qe : tensor<1x1x5x4xi16>, tensor<1x1x5x1xi8> -> tensor<1x1x5x4x!head12>
  %km = arith.constant dense<[[[[-197, -1784, -1055, 89], [-1481, 489, 737, 1471], [42, -93, 1995, 656], [-1397, -633, -1573, -565], [-1596, -967, 203, -1750]]]]> : tensor<1x1x5x4xi16>
  %ke = arith.constant dense<[[[[-13], [-13], [-12], [-12], [-14]]]]> : tensor<1x1x5x1xi8>
  %k = qt.join %km, %ke : tensor<1x1x5x4xi16>, tensor<1x1x5x1xi8> -> tensor<1x1x5x4x!head12>
  %vm = arith.constant dense<[[[[-94, 53, -101, -39], [55, 53, -59, -73], [31, -17, -31, -111], [125, 50, -19, -89], [111, 48, -113, -78]]]]> : tensor<1x1x5x4xi8>
  %ve = arith.constant dense<[[[[-9], [-5], [-10], [-8], [-9]]]]> : tensor<1x1x5x1xi8>
  %v = qt.join %vm, %ve : tensor<1x1x5x4xi8>, tensor<1x1x5x1xi8> -> tensor<1x1x5x4x!head8>
  %y = nn.attention %q, %k, %v {scale = 0.5 : f32} : tensor<1x1x5x4x!head12>, tensor<1x1x5x4x!head12>, tensor<1x1x5x4x!head8> -> tensor<1x1x5x4x!heads>
  %ym_e = arith.constant dense<[[[[60828035, 54588148, -63735749, -79684726], [61521699, 55004181, -64264564, -80618944], [62345832, 55543966, -64248282, -80831714], [61477980, 55507755, -64963656, -81164379], [60303807, 54348044, -63165310, -78961772]]]]> : tensor<1x1x5x4xi32>
  %ye_e = arith.constant dense<[[[[-27], [-27], [-27], [-27], [-27]]]]> : tensor<1x1x5x1xi32>
  %y_m, %y_x = qt.split %y : tensor<1x1x5x4x!heads> -> tensor<1x1x5x4xi32>, tensor<1x1x5x1xi32>
  check.expect_eq %y_m, %ym_e : tensor<1x1x5x4xi32>, tensor<1x1x5x4xi32>
  check.expect_eq %y_x, %ye_e : tensor<1x1x5x1xi32>, tensor<1x1x5x1xi32>
  return
}

func.func @attention_causal() {
  %qm = arith.constant dense<[[[[82, 1538, 1365, -1574], [-127, 1288, 1974, -457], [198, 1100, -1674, 876], [-145, 131, 1563, 1117], [1570, -119, -1094, 731]]]]> : tensor<1x1x5x4xi16>
  %qe = arith.constant dense<[[[[-14], [-12], [-12], [-12], [-12]]]]> : tensor<1x1x5x1xi8>
  %q = qt.join %qm, %qe : tensor<1x1x5x4xi16>, tensor<1x1x5x1xi8> -> tensor<1x1x5x4x!head12>
  %km = arith.constant dense<[[[[-197, -1784, -1055, 89], [-1481, 489, 737, 1471], [42, -93, 1995, 656], [-1397, -633, -1573, -565], [-1596, -967, 203, -1750]]]]> : tensor<1x1x5x4xi16>
  %ke = arith.constant dense<[[[[-13], [-13], [-12], [-12], [-14]]]]> : tensor<1x1x5x1xi8>
  %k = qt.join %km, %ke : tensor<1x1x5x4xi16>, tensor<1x1x5x1xi8> -> tensor<1x1x5x4x!head12>
  %vm = arith.constant dense<[[[[-94, 53, -101, -39], [55, 53, -59, -73], [31, -17, -31, -111], [125, 50, -19, -89], [111, 48, -113, -78]]]]> : tensor<1x1x5x4xi8>
  %ve = arith.constant dense<[[[[-9], [-5], [-10], [-8], [-9]]]]> : tensor<1x1x5x1xi8>
  %v = qt.join %vm, %ve : tensor<1x1x5x4xi8>, tensor<1x1x5x1xi8> -> tensor<1x1x5x4x!head8>
  %y = nn.attention %q, %k, %v {scale = 0.5 : f32, causal} : tensor<1x1x5x4x!head12>, tensor<1x1x5x4x!head12>, tensor<1x1x5x4x!head8> -> tensor<1x1x5x4x!heads>
  %ym_e = arith.constant dense<[[[[-197132288, 111149056, -211812352, -81788928], [54186215, 61466883, -71131487, -82471289], [72059489, 80579005, -95479671, -113231491], [34698692, 32990113, -36802606, -47990162], [60303807, 54348044, -63165310, -78961772]]]]> : tensor<1x1x5x4xi32>
  %ye_e = arith.constant dense<[[[[-30], [-26], [-27], [-26], [-27]]]]> : tensor<1x1x5x1xi32>
  %y_m, %y_x = qt.split %y : tensor<1x1x5x4x!heads> -> tensor<1x1x5x4xi32>, tensor<1x1x5x1xi32>
  check.expect_eq %y_m, %ym_e : tensor<1x1x5x4xi32>, tensor<1x1x5x4xi32>
  check.expect_eq %y_x, %ye_e : tensor<1x1x5x1xi32>, tensor<1x1x5x1xi32>
  return
}

// A mask below what a score can be hides keys as if there were none.
func.func @masked() {
  %qm = arith.constant dense<[[[[82, 1538, 1365, -1574], [-127, 1288, 1974, -457], [198, 1100, -1674, 876], [-145, 131, 1563, 1117], [1570, -119, -1094, 731]]]]> : tensor<1x1x5x4xi16>
  %qe = arith.constant dense<[[[[-14], [-12], [-12], [-12], [-12]]]]> : tensor<1x1x5x1xi8>
  %q = qt.join %qm, %qe : tensor<1x1x5x4xi16>, tensor<1x1x5x1xi8> -> tensor<1x1x5x4x!head12>
  %km = arith.constant dense<[[[[-197, -1784, -1055, 89], [-1481, 489, 737, 1471], [42, -93, 1995, 656], [-1397, -633, -1573, -565], [-1596, -967, 203, -1750]]]]> : tensor<1x1x5x4xi16>
  %ke = arith.constant dense<[[[[-13], [-13], [-12], [-12], [-14]]]]> : tensor<1x1x5x1xi8>
  %k = qt.join %km, %ke : tensor<1x1x5x4xi16>, tensor<1x1x5x1xi8> -> tensor<1x1x5x4x!head12>
  %vm = arith.constant dense<[[[[-94, 53, -101, -39], [55, 53, -59, -73], [31, -17, -31, -111], [125, 50, -19, -89], [111, 48, -113, -78]]]]> : tensor<1x1x5x4xi8>
  %ve = arith.constant dense<[[[[-9], [-5], [-10], [-8], [-9]]]]> : tensor<1x1x5x1xi8>
  %v = qt.join %vm, %ve : tensor<1x1x5x4xi8>, tensor<1x1x5x1xi8> -> tensor<1x1x5x4x!head8>
  %k3m = arith.constant dense<[[[[-197, -1784, -1055, 89], [-1481, 489, 737, 1471], [42, -93, 1995, 656]]]]> : tensor<1x1x3x4xi16>
  %k3e = arith.constant dense<[[[[-13], [-13], [-12]]]]> : tensor<1x1x3x1xi8>
  %k3 = qt.join %k3m, %k3e : tensor<1x1x3x4xi16>, tensor<1x1x3x1xi8> -> tensor<1x1x3x4x!head12>
  %v3m = arith.constant dense<[[[[-94, 53, -101, -39], [55, 53, -59, -73], [31, -17, -31, -111]]]]> : tensor<1x1x3x4xi8>
  %v3e = arith.constant dense<[[[[-9], [-5], [-10]]]]> : tensor<1x1x3x1xi8>
  %v3 = qt.join %v3m, %v3e : tensor<1x1x3x4xi8>, tensor<1x1x3x1xi8> -> tensor<1x1x3x4x!head8>
  %mask = arith.constant dense<[[[[0.0, 0.0, 0.0, -1.0e9, -1.0e9]]]]> : tensor<1x1x1x5xf32>
  %mq = qt.quantize %mask {encoding = #qt.encoding<norm, -32767..32767>} : tensor<1x1x1x5xf32> -> tensor<1x1x1x5x!mask16>
  %y = nn.attention %q, %k, %v mask(%mq : tensor<1x1x1x5x!mask16>) {scale = 0.5 : f32} : tensor<1x1x5x4x!head12>, tensor<1x1x5x4x!head12>, tensor<1x1x5x4x!head8> -> tensor<1x1x5x4x!heads>
  %z = nn.attention %q, %k3, %v3 {scale = 0.5 : f32} : tensor<1x1x5x4x!head12>, tensor<1x1x3x4x!head12>, tensor<1x1x3x4x!head8> -> tensor<1x1x5x4x!heads>
  %ym, %ye = qt.split %y : tensor<1x1x5x4x!heads> -> tensor<1x1x5x4xi32>, tensor<1x1x5x1xi32>
  %zm, %ze = qt.split %z : tensor<1x1x5x4x!heads> -> tensor<1x1x5x4xi32>, tensor<1x1x5x1xi32>
  check.expect_eq %ym, %zm : tensor<1x1x5x4xi32>, tensor<1x1x5x4xi32>
  check.expect_eq %ye, %ze : tensor<1x1x5x1xi32>, tensor<1x1x5x1xi32>
  return
}

// Two query heads on one key head.
func.func @shared_heads() {
  %qm = arith.constant dense<[[[[82, 1538, 1365, -1574], [-127, 1288, 1974, -457], [198, 1100, -1674, 876], [-145, 131, 1563, 1117], [1570, -119, -1094, 731]], [[1570, -119, -1094, 731], [-145, 131, 1563, 1117], [198, 1100, -1674, 876], [-127, 1288, 1974, -457], [82, 1538, 1365, -1574]]]]> : tensor<1x2x5x4xi16>
  %qe = arith.constant dense<[[[[-14], [-12], [-12], [-12], [-12]], [[-12], [-12], [-12], [-12], [-14]]]]> : tensor<1x2x5x1xi8>
  %q = qt.join %qm, %qe : tensor<1x2x5x4xi16>, tensor<1x2x5x1xi8> -> tensor<1x2x5x4x!head12>
  %km = arith.constant dense<[[[[-197, -1784, -1055, 89], [-1481, 489, 737, 1471], [42, -93, 1995, 656], [-1397, -633, -1573, -565], [-1596, -967, 203, -1750]]]]> : tensor<1x1x5x4xi16>
  %ke = arith.constant dense<[[[[-13], [-13], [-12], [-12], [-14]]]]> : tensor<1x1x5x1xi8>
  %k = qt.join %km, %ke : tensor<1x1x5x4xi16>, tensor<1x1x5x1xi8> -> tensor<1x1x5x4x!head12>
  %vm = arith.constant dense<[[[[-94, 53, -101, -39], [55, 53, -59, -73], [31, -17, -31, -111], [125, 50, -19, -89], [111, 48, -113, -78]]]]> : tensor<1x1x5x4xi8>
  %ve = arith.constant dense<[[[[-9], [-5], [-10], [-8], [-9]]]]> : tensor<1x1x5x1xi8>
  %v = qt.join %vm, %ve : tensor<1x1x5x4xi8>, tensor<1x1x5x1xi8> -> tensor<1x1x5x4x!head8>
  %y = nn.attention %q, %k, %v {scale = 0.5 : f32} : tensor<1x2x5x4x!head12>, tensor<1x1x5x4x!head12>, tensor<1x1x5x4x!head8> -> tensor<1x2x5x4x!heads>
  %ym_e = arith.constant dense<[[[[60828035, 54588148, -63735749, -79684726], [61521699, 55004181, -64264564, -80618944], [62345832, 55543966, -64248282, -80831714], [61477980, 55507755, -64963656, -81164379], [60303807, 54348044, -63165310, -78961772]], [[60303807, 54348044, -63165310, -78961772], [61477980, 55507755, -64963656, -81164379], [62345832, 55543966, -64248282, -80831714], [61521699, 55004181, -64264564, -80618944], [60828035, 54588148, -63735749, -79684726]]]]> : tensor<1x2x5x4xi32>
  %ye_e = arith.constant dense<[[[[-27], [-27], [-27], [-27], [-27]], [[-27], [-27], [-27], [-27], [-27]]]]> : tensor<1x2x5x1xi32>
  %y_m, %y_x = qt.split %y : tensor<1x2x5x4x!heads> -> tensor<1x2x5x4xi32>, tensor<1x2x5x1xi32>
  check.expect_eq %y_m, %ym_e : tensor<1x2x5x4xi32>, tensor<1x2x5x4xi32>
  check.expect_eq %y_x, %ye_e : tensor<1x2x5x1xi32>, tensor<1x2x5x1xi32>
  return
}

// Keys that are hidden by their positions are as if there were none: lengths, and the keys 1 to 3 that the query at
// key 2 sees.
func.func @windows() {
  %qm = arith.constant dense<[[[[82, 1538, 1365, -1574]]]]> : tensor<1x1x1x4xi16>
  %qe = arith.constant dense<[[[[-14]]]]> : tensor<1x1x1x1xi8>
  %q = qt.join %qm, %qe : tensor<1x1x1x4xi16>, tensor<1x1x1x1xi8> -> tensor<1x1x1x4x!head12>
  %km = arith.constant dense<[[[[-197, -1784, -1055, 89], [-1481, 489, 737, 1471], [42, -93, 1995, 656], [-1397, -633, -1573, -565], [-1596, -967, 203, -1750]]]]> : tensor<1x1x5x4xi16>
  %ke = arith.constant dense<[[[[-13], [-13], [-12], [-12], [-14]]]]> : tensor<1x1x5x1xi8>
  %k = qt.join %km, %ke : tensor<1x1x5x4xi16>, tensor<1x1x5x1xi8> -> tensor<1x1x5x4x!head12>
  %vm = arith.constant dense<[[[[-94, 53, -101, -39], [55, 53, -59, -73], [31, -17, -31, -111], [125, 50, -19, -89], [111, 48, -113, -78]]]]> : tensor<1x1x5x4xi8>
  %ve = arith.constant dense<[[[[-9], [-5], [-10], [-8], [-9]]]]> : tensor<1x1x5x1xi8>
  %v = qt.join %vm, %ve : tensor<1x1x5x4xi8>, tensor<1x1x5x1xi8> -> tensor<1x1x5x4x!head8>
  %km2 = arith.constant dense<[[[[-197, -1784, -1055, 89], [-1481, 489, 737, 1471]]]]> : tensor<1x1x2x4xi16>
  %ke2 = arith.constant dense<[[[[-13], [-13]]]]> : tensor<1x1x2x1xi8>
  %k2 = qt.join %km2, %ke2 : tensor<1x1x2x4xi16>, tensor<1x1x2x1xi8> -> tensor<1x1x2x4x!head12>
  %vm2 = arith.constant dense<[[[[-94, 53, -101, -39], [55, 53, -59, -73]]]]> : tensor<1x1x2x4xi8>
  %ve2 = arith.constant dense<[[[[-9], [-5]]]]> : tensor<1x1x2x1xi8>
  %v2 = qt.join %vm2, %ve2 : tensor<1x1x2x4xi8>, tensor<1x1x2x1xi8> -> tensor<1x1x2x4x!head8>
  %km3 = arith.constant dense<[[[[-1481, 489, 737, 1471], [42, -93, 1995, 656], [-1397, -633, -1573, -565]]]]> : tensor<1x1x3x4xi16>
  %ke3 = arith.constant dense<[[[[-13], [-12], [-12]]]]> : tensor<1x1x3x1xi8>
  %k3 = qt.join %km3, %ke3 : tensor<1x1x3x4xi16>, tensor<1x1x3x1xi8> -> tensor<1x1x3x4x!head12>
  %vm3 = arith.constant dense<[[[[55, 53, -59, -73], [31, -17, -31, -111], [125, 50, -19, -89]]]]> : tensor<1x1x3x4xi8>
  %ve3 = arith.constant dense<[[[[-5], [-10], [-8]]]]> : tensor<1x1x3x1xi8>
  %v3 = qt.join %vm3, %ve3 : tensor<1x1x3x4xi8>, tensor<1x1x3x1xi8> -> tensor<1x1x3x4x!head8>
  %n = arith.constant dense<2> : tensor<1xi64>
  %a = nn.attention %q, %k, %v lengths(%n : tensor<1xi64>) {scale = 0.5 : f32} : tensor<1x1x1x4x!head12>, tensor<1x1x5x4x!head12>, tensor<1x1x5x4x!head8> -> tensor<1x1x1x4x!heads>
  %ae = nn.attention %q, %k2, %v2 {scale = 0.5 : f32} : tensor<1x1x1x4x!head12>, tensor<1x1x2x4x!head12>, tensor<1x1x2x4x!head8> -> tensor<1x1x1x4x!heads>
  %a_m, %a_x = qt.split %a : tensor<1x1x1x4x!heads> -> tensor<1x1x1x4xi32>, tensor<1x1x1x1xi32>
  %ae_m, %ae_x = qt.split %ae : tensor<1x1x1x4x!heads> -> tensor<1x1x1x4xi32>, tensor<1x1x1x1xi32>
  check.expect_eq %a_m, %ae_m : tensor<1x1x1x4xi32>, tensor<1x1x1x4xi32>
  check.expect_eq %a_x, %ae_x : tensor<1x1x1x1xi32>, tensor<1x1x1x1xi32>
  %b = nn.attention %q, %k, %v offset(%n : tensor<1xi64>) {scale = 0.5 : f32, left_window = 1 : i64, right_window = 1 : i64} : tensor<1x1x1x4x!head12>, tensor<1x1x5x4x!head12>, tensor<1x1x5x4x!head8> -> tensor<1x1x1x4x!heads>
  %be = nn.attention %q, %k3, %v3 {scale = 0.5 : f32} : tensor<1x1x1x4x!head12>, tensor<1x1x3x4x!head12>, tensor<1x1x3x4x!head8> -> tensor<1x1x1x4x!heads>
  %b_m, %b_x = qt.split %b : tensor<1x1x1x4x!heads> -> tensor<1x1x1x4xi32>, tensor<1x1x1x1xi32>
  %be_m, %be_x = qt.split %be : tensor<1x1x1x4x!heads> -> tensor<1x1x1x4xi32>, tensor<1x1x1x1xi32>
  check.expect_eq %b_m, %be_m : tensor<1x1x1x4xi32>, tensor<1x1x1x4xi32>
  check.expect_eq %b_x, %be_x : tensor<1x1x1x1xi32>, tensor<1x1x1x1xi32>
  return
}
