// RUN: quant-opt %s -interpret

// The vector of the method fixed, tokens before heads; the result has given up
// a bit.
func.func @order() {
  %q = arith.constant dense<[[[[82, 1538, 1365, -1574]], [[-127, 1288, 1974, -457]], [[198, 1100, -1674, 876]], [[-145, 131, 1563, 1117]], [[1570, -119, -1094, 731]]]]> : tensor<1x5x1x4xi16>
  %qe = arith.constant dense<[[[[-14]], [[-12]], [[-12]], [[-12]], [[-12]]]]> : tensor<1x5x1x1xi8>
  %k = arith.constant dense<[[[[-197, -1784, -1055, 89]], [[-1481, 489, 737, 1471]], [[42, -93, 1995, 656]], [[-1397, -633, -1573, -565]], [[-1596, -967, 203, -1750]]]]> : tensor<1x5x1x4xi16>
  %ke = arith.constant dense<[[[[-13]], [[-13]], [[-12]], [[-12]], [[-14]]]]> : tensor<1x5x1x1xi8>
  %v = arith.constant dense<[[[[-94, 53, -101, -39]], [[55, 53, -59, -73]], [[31, -17, -31, -111]], [[125, 50, -19, -89]], [[111, 48, -113, -78]]]]> : tensor<1x5x1x4xi8>
  %ve = arith.constant dense<[[[[-9]], [[-5]], [[-10]], [[-8]], [[-9]]]]> : tensor<1x5x1x1xi8>
  %y, %ye = qt.integer_attention q(%q, %qe : tensor<1x5x1x4xi16>, tensor<1x5x1x1xi8>) k(%k, %ke : tensor<1x5x1x4xi16>, tensor<1x5x1x1xi8>) v(%v, %ve : tensor<1x5x1x4xi8>, tensor<1x5x1x1xi8>)
      {scale = 0.5 : f32, q_order = #qt.order<bshd>, k_order = #qt.order<bshd>, v_order = #qt.order<bshd>, result_order = #qt.order<bshd>} -> tensor<1x5x1x4xi32>, tensor<1x5x1x1xi32>
  %m = arith.constant dense<[[[[60828035, 54588148, -63735749, -79684726]], [[61521699, 55004181, -64264564, -80618944]], [[62345832, 55543966, -64248282, -80831714]], [[61477980, 55507755, -64963656, -81164379]], [[60303807, 54348044, -63165310, -78961772]]]]> : tensor<1x5x1x4xi32>
  %me = arith.constant dense<[[[[-27]], [[-27]], [[-27]], [[-27]], [[-27]]]]> : tensor<1x5x1x1xi32>
  check.expect_eq %y, %m : tensor<1x5x1x4xi32>, tensor<1x5x1x4xi32>
  check.expect_eq %ye, %me : tensor<1x5x1x1xi32>, tensor<1x5x1x1xi32>
  return
}

// A query that sees no key.
func.func @hidden() {
  %q = arith.constant dense<[[[[82, 1538, 1365, -1574]]]]> : tensor<1x1x1x4xi16>
  %e = arith.constant dense<-12> : tensor<1x1x1x1xi8>
  %v = arith.constant dense<[[[[-94, 53, -101, -39]]]]> : tensor<1x1x1x4xi8>
  %mask = arith.constant dense<-1073741823> : tensor<1xi32>
  %y, %ye = qt.integer_attention q(%q, %e : tensor<1x1x1x4xi16>, tensor<1x1x1x1xi8>) k(%q, %e : tensor<1x1x1x4xi16>, tensor<1x1x1x1xi8>) v(%v, %e : tensor<1x1x1x4xi8>, tensor<1x1x1x1xi8>) mask(%mask : tensor<1xi32>)
      {scale = 0.5 : f32} -> tensor<1x1x1x4xi32>, tensor<1x1x1x1xi32>
  %m = arith.constant dense<0> : tensor<1x1x1x4xi32>
  %me = arith.constant dense<-100> : tensor<1x1x1x1xi32>
  check.expect_eq %y, %m : tensor<1x1x1x4xi32>, tensor<1x1x1x4xi32>
  check.expect_eq %ye, %me : tensor<1x1x1x1xi32>, tensor<1x1x1x1xi32>
  return
}
