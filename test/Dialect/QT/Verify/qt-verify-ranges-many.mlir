// RUN: quant-opt %s -qt-integerize -qt-split -qt-verify-ranges

// What comes to the largest of many exponents is never shifted to the left.
func.func @joined(%x0: tensor<?x4xf32>, %x1: tensor<?x4xf32>, %x2: tensor<?x4xf32>, %x3: tensor<?x4xf32>, %x4: tensor<?x4xf32>, %x5: tensor<?x4xf32>, %x6: tensor<?x4xf32>, %x7: tensor<?x4xf32>, %x8: tensor<?x4xf32>, %x9: tensor<?x4xf32>, %x10: tensor<?x4xf32>, %x11: tensor<?x4xf32>, %x12: tensor<?x4xf32>, %x13: tensor<?x4xf32>, %x14: tensor<?x4xf32>, %x15: tensor<?x4xf32>, %k: tensor<4x4xf32>) -> tensor<?x64xf32> {
  %p0 = nn.matmul %x0, %k : tensor<?x4xf32>, tensor<4x4xf32> -> tensor<?x4xf32>
  %p1 = nn.matmul %x1, %k : tensor<?x4xf32>, tensor<4x4xf32> -> tensor<?x4xf32>
  %p2 = nn.matmul %x2, %k : tensor<?x4xf32>, tensor<4x4xf32> -> tensor<?x4xf32>
  %p3 = nn.matmul %x3, %k : tensor<?x4xf32>, tensor<4x4xf32> -> tensor<?x4xf32>
  %p4 = nn.matmul %x4, %k : tensor<?x4xf32>, tensor<4x4xf32> -> tensor<?x4xf32>
  %p5 = nn.matmul %x5, %k : tensor<?x4xf32>, tensor<4x4xf32> -> tensor<?x4xf32>
  %p6 = nn.matmul %x6, %k : tensor<?x4xf32>, tensor<4x4xf32> -> tensor<?x4xf32>
  %p7 = nn.matmul %x7, %k : tensor<?x4xf32>, tensor<4x4xf32> -> tensor<?x4xf32>
  %p8 = nn.matmul %x8, %k : tensor<?x4xf32>, tensor<4x4xf32> -> tensor<?x4xf32>
  %p9 = nn.matmul %x9, %k : tensor<?x4xf32>, tensor<4x4xf32> -> tensor<?x4xf32>
  %p10 = nn.matmul %x10, %k : tensor<?x4xf32>, tensor<4x4xf32> -> tensor<?x4xf32>
  %p11 = nn.matmul %x11, %k : tensor<?x4xf32>, tensor<4x4xf32> -> tensor<?x4xf32>
  %p12 = nn.matmul %x12, %k : tensor<?x4xf32>, tensor<4x4xf32> -> tensor<?x4xf32>
  %p13 = nn.matmul %x13, %k : tensor<?x4xf32>, tensor<4x4xf32> -> tensor<?x4xf32>
  %p14 = nn.matmul %x14, %k : tensor<?x4xf32>, tensor<4x4xf32> -> tensor<?x4xf32>
  %p15 = nn.matmul %x15, %k : tensor<?x4xf32>, tensor<4x4xf32> -> tensor<?x4xf32>
  %y = nn.concat %p0, %p1, %p2, %p3, %p4, %p5, %p6, %p7, %p8, %p9, %p10, %p11, %p12, %p13, %p14, %p15 {axis = 1 : i64} : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}
