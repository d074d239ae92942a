// RUN: quant-opt %s -interpret
// The vectors of the method fixed.

func.func @rshift() {
  %x = arith.constant dense<[0, 1, -1, 2, -2, 3, -3, 5, -5, 6, -6, 7, -7, 100, -100, 1000003, -1000003, 1073741823, -1073741823, 12345, -12345, 96, -96, 2147483647, -2147483648, -2147483648, 1, 1]> : tensor<28xi32>
  %s = arith.constant dense<[3, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 3, 0, 0, 10, 10, 30, 30, -4, -4, 32, 6, 1, 31, 32, -31, -32]> : tensor<28xi32>
  %e = arith.constant dense<[0, 1, 0, 1, -1, 2, -1, 3, -2, 2, -1, 1, -1, 100, -100, 977, -977, 1, -1, 197520, -197520, 0, -1, 1073741824, -1, 0, -2147483648, 0]> : tensor<28xi32>
  %y = nn.binary rshift %x, %s : tensor<28xi32>, tensor<28xi32> -> tensor<28xi32>
  check.expect_eq %y, %e : tensor<28xi32>, tensor<28xi32>
  return
}

func.func @mulh31() {
  %x = arith.constant dense<[1073741824, -1073741824, 1, -1, 3, -3, 123456789, -123456789, 2147483647, -2147483647, 2147483647, 65536, -65536, 32768, -32768, 98304, 1000000007, -1000000007, 715827883, 5, -5, 46341, -2147483648]> : tensor<23xi32>
  %s = arith.constant dense<[1073741824, 1073741824, 1073741824, 1073741824, 1073741824, 1073741824, 987654321, 987654321, 2147483647, 2147483647, -2147483647, 32768, 32768, 32768, 32768, 32768, 1999999973, 1999999973, 1431655766, 1717986918, 1717986918, 46341, 2147483647]> : tensor<23xi32>
  %e = arith.constant dense<[536870912, -536870912, 1, 0, 2, -1, 56779306, -56779306, 2147483646, -2147483646, -2147483646, 1, -1, 1, 0, 2, 931322569, -931322569, 477218589, 4, -4, 1, -2147483647]> : tensor<23xi32>
  %y = nn.binary mulh31 %x, %s : tensor<23xi32>, tensor<23xi32> -> tensor<23xi32>
  check.expect_eq %y, %e : tensor<23xi32>, tensor<23xi32>
  return
}

func.func @isqrt() {
  %x = arith.constant dense<[0, 1, 2, 3, 4, 15, 16, 17, 99, 100, 65535, 65536, 1060921, 2147483647, 2147483648, 4294967295, 12345678, 1000000000000, 4503599627370497, 1152921504606846976, 4611686018427387903, 4611686014132420608, 4611686014132420609, -1, 4611686018427387904]> : tensor<25xi64>
  %e = arith.constant dense<[0, 1, 1, 1, 2, 3, 4, 4, 9, 10, 255, 256, 1030, 46340, 46340, 65535, 3513, 1000000, 67108864, 1073741824, 2147483647, 2147483646, 2147483647, 0, 0]> : tensor<25xi64>
  %y = nn.unary isqrt %x : tensor<25xi64>
  check.expect_eq %y, %e : tensor<25xi64>, tensor<25xi64>
  return
}

func.func @recip61() {
  %x = arith.constant dense<[1, 1073741824, 1073741825, 1402354454, 3298534883328, 2305843009213693952, 4611686018427387904, 0, -5]> : tensor<9xi64>
  %e = arith.constant dense<[2147483647, 2147483647, 2147483646, 1644265472, 699050, 1, 0, 0, 0]> : tensor<9xi64>
  %y = nn.unary recip61 %x : tensor<9xi64>
  check.expect_eq %y, %e : tensor<9xi64>, tensor<9xi64>
  return
}

func.func @clz() {
  %x = arith.constant dense<[0, 1, -1, 2147483647, 65536]> : tensor<5xi32>
  %e = arith.constant dense<[32, 31, 0, 1, 15]> : tensor<5xi32>
  %y = nn.unary clz %x : tensor<5xi32>
  check.expect_eq %y, %e : tensor<5xi32>, tensor<5xi32>
  %x64 = arith.constant dense<[0, 1, -1, 2147483647, 65536]> : tensor<5xi64>
  %e64 = arith.constant dense<[64, 63, 0, 33, 47]> : tensor<5xi64>
  %y64 = nn.unary clz %x64 : tensor<5xi64>
  check.expect_eq %y64, %e64 : tensor<5xi64>, tensor<5xi64>
  return
}

func.func @bits() {
  %x = arith.constant dense<[0, 12, -1]> : tensor<3xi32>
  %m = arith.constant dense<10> : tensor<i32>
  %and = nn.binary and %x, %m : tensor<3xi32>, tensor<i32> -> tensor<3xi32>
  %and_e = arith.constant dense<[0, 8, 10]> : tensor<3xi32>
  check.expect_eq %and, %and_e : tensor<3xi32>, tensor<3xi32>
  %or = nn.binary or %x, %m : tensor<3xi32>, tensor<i32> -> tensor<3xi32>
  %or_e = arith.constant dense<[10, 14, -1]> : tensor<3xi32>
  check.expect_eq %or, %or_e : tensor<3xi32>, tensor<3xi32>
  return
}
